//! The memory of a buffer. Public-key jobs work in it while nothing passes through the buffer.
//!
//! ```text
//!   Input ──lend──►  job  ──restore──►  Input          our turn: nothing may arrive
//!   Output ─lend──►  job  ──restore──►  Output         the server's turn: nothing is sent
//! ```
//!
//! It moves: while a job has it, the buffer is empty, so nothing can overwrite what the job computes.

use core::mem;
use core::ops::{Deref, DerefMut};

use zeroize::Zeroize;

/// The bytes of a buffer. They are wiped when the connection is dropped.
#[derive(Default)]
pub(crate) struct LentMemory<'b>(&'b mut [u8]);

impl<'b> LentMemory<'b> {
    pub(crate) const fn new(bytes: &'b mut [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn none() -> Self {
        Self(&mut [])
    }

    /// Moves the bytes out, and leaves it empty.
    pub(crate) fn take(&mut self) -> Self {
        mem::take(self)
    }

    /// Moves the bytes back that were lent; nothing happens if none were.
    pub(crate) fn restore(&mut self, lent: &mut Self) {
        if self.is_empty() {
            mem::swap(self, lent);
        }
    }
}

impl Deref for LentMemory<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.0
    }
}

impl DerefMut for LentMemory<'_> {
    fn deref_mut(&mut self) -> &mut [u8] {
        self.0
    }
}

impl Drop for LentMemory<'_> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}
