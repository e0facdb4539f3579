//! Writes a text that is longer than memory, without a heap: the text is written several times, and each time a window keeps the next part.
//!
//! So a page is one function that writes to a [`Write`], without an await, and tests can call it directly. It must write the same text each time:
//! it works on a copy of what it shows.

use core::fmt::{self, Write};

/// Writes the whole text.
pub type Text<'a> = dyn Fn(&mut dyn Write) -> fmt::Result + 'a;

/// Keeps what follows the first `skip` bytes, as far as there is room; then it answers with an error.
pub struct Window<'b> {
    buffer: &'b mut [u8],
    skip: usize,
    used: usize,
}

impl<'b> Window<'b> {
    /// A window into `buffer` that begins after `skip` bytes of the text.
    pub const fn new(buffer: &'b mut [u8], skip: usize) -> Self {
        Self { buffer, skip, used: 0 }
    }

    /// How many bytes stand in the buffer.
    pub const fn used(&self) -> usize {
        self.used
    }

    /// Adds bytes to what is written.
    ///
    /// # Errors
    /// When not all of them have room.
    pub fn write(&mut self, bytes: &[u8]) -> fmt::Result {
        let skipped = self.skip.min(bytes.len());
        self.skip = self.skip.saturating_sub(skipped);
        let rest = bytes.get(skipped..).unwrap_or_default();
        let free = self.buffer.get_mut(self.used..).unwrap_or_default();
        let count = rest.len().min(free.len());
        if let (Some(free), Some(rest)) = (free.get_mut(..count), rest.get(..count)) {
            free.copy_from_slice(rest);
        }
        self.used = self.used.saturating_add(count);
        if count < rest.len() { Err(fmt::Error) } else { Ok(()) }
    }
}

impl Write for Window<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.write(text.as_bytes())
    }
}
