//! JSON (RFC 8259) in which nothing from outside can be structure: literals of this program as they are, everything else as a
//! quoted and escaped string, a number or a truth value.

use core::fmt::{self, Display, Write};

/// Where an answer is written to.
pub struct Json<'w>(&'w mut dyn Write);

impl<'w> Json<'w> {
    /// Writes to `out`.
    pub fn new(out: &'w mut dyn Write) -> Self {
        Self(out)
    }

    /// Writes structure of this program.
    ///
    /// # Errors
    /// Those of the output.
    pub fn raw(&mut self, structure: &'static str) -> fmt::Result {
        self.0.write_str(structure)
    }

    /// Writes a string with its quotation marks.
    ///
    /// # Errors
    /// Those of the output.
    pub fn string(&mut self, text: &dyn Display) -> fmt::Result {
        self.0.write_char('"')?;
        write!(Escaped(self.0), "{text}")?;
        self.0.write_char('"')
    }

    /// Writes a string, or null.
    ///
    /// # Errors
    /// Those of the output.
    pub fn optional_string(&mut self, text: Option<&dyn Display>) -> fmt::Result {
        match text {
            Some(text) => self.string(text),
            None => self.0.write_str("null"),
        }
    }

    /// Writes a number, or null.
    ///
    /// # Errors
    /// Those of the output.
    pub fn number(&mut self, number: Option<i64>) -> fmt::Result {
        match number {
            Some(number) => write!(self.0, "{number}"),
            None => self.0.write_str("null"),
        }
    }

    /// Writes a truth value.
    ///
    /// # Errors
    /// Those of the output.
    pub fn truth(&mut self, truth: bool) -> fmt::Result {
        self.0.write_str(if truth { "true" } else { "false" })
    }
}

struct Escaped<'w>(&'w mut dyn Write);

impl Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|character| match character {
            '"' | '\\' => {
                self.0.write_char('\\')?;
                self.0.write_char(character)
            }
            '\n' => self.0.write_str("\\n"),
            control if control < ' ' => write!(self.0, "\\u{:04x}", u32::from(control)),
            other => self.0.write_char(other),
        })
    }
}
