//! JSON (RFC 8259) in which nothing from outside can be structure: literals of this program as they are, everything else as a
//! quoted and escaped string, a number or a truth value.

use core::fmt::{self, Display, Write};

use crate::packed::Packed;

/// Where an answer is written to.
pub struct Json<'w>(&'w mut dyn Write);

/// A value.
#[derive(Clone, Copy)]
pub enum Value<'a> {
    /// A string, to be quoted and escaped.
    Text(&'a dyn Display),
    /// A number.
    Number(i64),
    /// A truth value.
    Truth(bool),
    /// `null`.
    Null,
}

impl Value<'_> {
    /// A number, or `null`.
    pub fn number(number: Option<u64>) -> Self {
        number.map_or(Self::Null, |number| Self::Number(i64::try_from(number).unwrap_or(i64::MAX)))
    }
}

impl<'w> Json<'w> {
    /// Writes to `out`.
    pub fn new(out: &'w mut dyn Write) -> Self {
        Self(out)
    }

    /// Writes structure of this program.
    ///
    /// # Errors
    /// Those of the output.
    pub fn raw(&mut self, structure: Packed) -> fmt::Result {
        self.fill(structure, &[])
    }

    /// Writes structure of this program, with a value in the place of each `$`.
    ///
    /// # Errors
    /// Those of the output.
    pub fn fill(&mut self, structure: Packed, values: &[Value<'_>]) -> fmt::Result {
        let mut values = values.iter();
        structure.fill(self.0, &mut |out| match values.next() {
            Some(value) => write(*value, out),
            None => Ok(()),
        })
    }

    /// Writes a value.
    ///
    /// # Errors
    /// Those of the output.
    pub fn value(&mut self, value: Value<'_>) -> fmt::Result {
        write(value, self.0)
    }
}

fn write(value: Value<'_>, out: &mut dyn Write) -> fmt::Result {
    match value {
        Value::Text(text) => {
            out.write_char('"')?;
            write!(Escaped(out), "{text}")?;
            out.write_char('"')
        }
        Value::Number(number) => write!(out, "{number}"),
        Value::Truth(truth) => out.write_str(if truth { "true" } else { "false" }),
        Value::Null => out.write_str("null"),
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
