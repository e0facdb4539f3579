//! HTML in which nothing from outside can be markup: what is a literal of this program is written as it is, everything else escaped.
//!
//! Deliberately absent: a way to write a text that is not `'static` without escaping it. The same escaping serves text and quoted
//! attribute values; nothing from outside stands anywhere else.

use core::fmt::{self, Display, Write};

/// Where a page is written to.
pub struct Html<'w>(&'w mut dyn Write);

impl<'w> Html<'w> {
    /// Writes to `out`.
    pub fn new(out: &'w mut dyn Write) -> Self {
        Self(out)
    }

    /// Writes markup of this program.
    ///
    /// # Errors
    /// Those of the output.
    pub fn raw(&mut self, markup: &'static str) -> fmt::Result {
        self.0.write_str(markup)
    }

    /// Writes markup of this program, with a value, escaped, in the place of each `$`.
    ///
    /// # Errors
    /// Those of the output.
    pub fn fill(&mut self, template: &'static str, values: &[&dyn Display]) -> fmt::Result {
        let mut values = values.iter();
        for (index, markup) in template.split('$').enumerate() {
            if index > 0
                && let Some(value) = values.next()
            {
                self.text(value)?;
            }
            self.raw(markup)?;
        }
        Ok(())
    }

    /// Writes a text, or a value between double quotation marks, with everything escaped that could be markup.
    ///
    /// # Errors
    /// Those of the output.
    pub fn text(&mut self, text: &dyn Display) -> fmt::Result {
        write!(Escaped(self.0), "{text}")
    }
}

struct Escaped<'w>(&'w mut dyn Write);

impl Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for part in text.split_inclusive(['&', '<', '>', '"', '\'']) {
            let (plain, escape) = match part.char_indices().next_back() {
                Some((at, '&')) => (part.get(..at), "&amp;"),
                Some((at, '<')) => (part.get(..at), "&lt;"),
                Some((at, '>')) => (part.get(..at), "&gt;"),
                Some((at, '"')) => (part.get(..at), "&quot;"),
                Some((at, '\'')) => (part.get(..at), "&#39;"),
                _ => (Some(part), ""),
            };
            self.0.write_str(plain.unwrap_or_default())?;
            self.0.write_str(escape)?;
        }
        Ok(())
    }
}
