//! HTML. Values from outside cannot become markup: only templates of this program are written as they are, everything else is escaped.
//!
//! The same escaping serves text and quoted attribute values; a value stands nowhere else. Deliberately absent: a way to write another
//! text without escaping.

use core::fmt::{self, Display, Write};

use crate::template::{self, Template};

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
    pub fn raw(&mut self, markup: Template<0>) -> fmt::Result {
        self.fill(markup, &[])
    }

    /// Writes markup of this program, with a value, escaped, in the place of each `$`.
    ///
    /// # Errors
    /// Those of the output.
    pub fn fill<const N: usize>(&mut self, markup: Template<N>, values: &[&dyn Display; N]) -> fmt::Result {
        self.fill_text(markup.text(), values)
    }

    fn fill_text(&mut self, markup: &str, values: &[&dyn Display]) -> fmt::Result {
        let mut values = values.iter();
        template::fill(markup, self.0, &mut |out| match values.next() {
            Some(value) => write!(Escaped(out), "{value}"),
            None => Ok(()),
        })
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
        text.chars().try_for_each(|character| match character {
            '&' => self.0.write_str("&amp;"),
            '<' => self.0.write_str("&lt;"),
            '>' => self.0.write_str("&gt;"),
            '"' => self.0.write_str("&quot;"),
            '\'' => self.0.write_str("&#39;"),
            other => self.0.write_char(other),
        })
    }
}
