//! JSON (RFC 8259), written piece by piece to any text output, without a heap.
//!
//! Commas are set and texts escaped here, so that whoever calls can only get the nesting wrong. Deliberately absent: reading, and
//! numbers with a fraction.

use core::fmt::{self, Display, Write};

/// A document being written.
pub struct Json<'w> {
    out: &'w mut dyn Write,
    /// A comma comes before the next value.
    is_next: bool,
}

impl<'w> Json<'w> {
    /// An empty document.
    pub fn new(out: &'w mut dyn Write) -> Self {
        Self { out, is_next: false }
    }

    /// Writes an object: `members` writes its [names](Self::name), each followed by a value.
    ///
    /// # Errors
    /// Those of the output, as everywhere here.
    pub fn object(&mut self, members: impl FnOnce(&mut Self) -> fmt::Result) -> fmt::Result {
        self.begin('{')?;
        members(self)?;
        self.end('}')
    }

    /// Writes an array: `items` writes its values.
    ///
    /// # Errors
    /// Those of the output.
    pub fn array(&mut self, items: impl FnOnce(&mut Self) -> fmt::Result) -> fmt::Result {
        self.begin('[')?;
        items(self)?;
        self.end(']')
    }

    /// Writes the name of an object's member; its value must follow.
    ///
    /// # Errors
    /// Those of the output.
    pub fn name(&mut self, name: &str) -> Result<&mut Self, fmt::Error> {
        self.text(name)?;
        self.out.write_char(':')?;
        self.is_next = false;
        Ok(self)
    }

    /// Writes a text.
    ///
    /// # Errors
    /// Those of the output.
    pub fn text(&mut self, text: &str) -> fmt::Result {
        self.display(&text)
    }

    /// Writes what `text` displays, as a text.
    ///
    /// # Errors
    /// Those of the output.
    pub fn display(&mut self, text: &dyn Display) -> fmt::Result {
        self.separate()?;
        self.out.write_char('"')?;
        write!(Escaped(self.out), "{text}")?;
        self.out.write_char('"')
    }

    /// Writes a whole number.
    ///
    /// # Errors
    /// Those of the output.
    pub fn number(&mut self, number: u64) -> fmt::Result {
        self.separate()?;
        write!(self.out, "{number}")
    }

    /// Writes `true` or `false`.
    ///
    /// # Errors
    /// Those of the output.
    pub fn boolean(&mut self, value: bool) -> fmt::Result {
        self.separate()?;
        self.out.write_str(if value { "true" } else { "false" })
    }

    /// Writes `null`.
    ///
    /// # Errors
    /// Those of the output.
    pub fn null(&mut self) -> fmt::Result {
        self.separate()?;
        self.out.write_str("null")
    }
}

impl Json<'_> {
    fn separate(&mut self) -> fmt::Result {
        let is_next = core::mem::replace(&mut self.is_next, true);
        if is_next { self.out.write_char(',') } else { Ok(()) }
    }

    fn begin(&mut self, bracket: char) -> fmt::Result {
        self.separate()?;
        self.is_next = false;
        self.out.write_char(bracket)
    }

    fn end(&mut self, bracket: char) -> fmt::Result {
        self.is_next = true;
        self.out.write_char(bracket)
    }
}

/// The inside of a text: quotation marks, backslashes and control characters are escaped (RFC 8259 §7).
struct Escaped<'w>(&'w mut dyn Write);

impl Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|character| self.write_char(character))
    }

    fn write_char(&mut self, character: char) -> fmt::Result {
        match character {
            '"' => self.0.write_str("\\\""),
            '\\' => self.0.write_str("\\\\"),
            '\0'..='\x1f' => write!(self.0, "\\u{:04x}", u32::from(character)),
            _ => self.0.write_char(character),
        }
    }
}
