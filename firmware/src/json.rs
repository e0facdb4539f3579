//! JSON (RFC 8259). Values from outside cannot become structure: only literals of this program are written as they are; a value is a quoted and
//! escaped string, or of a type that is a number or a truth value.

use core::fmt::{self, Display, Write};

use crate::template::{self, Template};

/// Where an answer is written to.
pub struct Json<'w>(&'w mut dyn Write);

/// A value.
#[derive(Clone, Copy)]
pub enum Value<'a> {
    /// A string, to be quoted and escaped.
    Text(&'a dyn Display),
    /// Something that JSON has as it is written.
    Plain(&'a dyn Plain),
}

/// What JSON has as it is written.
pub trait Plain: Display {}

impl Plain for bool {}
impl Plain for u32 {}

/// A number, or `null`.
pub struct Number<T>(pub Option<T>);

impl Plain for Number<u64> {}
impl Plain for Number<i64> {}

impl<T: Display> Display for Number<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(number) => number.fmt(f),
            None => f.write_str("null"),
        }
    }
}

impl<'a> Value<'a> {
    /// A string, or `null`.
    pub fn optional<T: Display>(text: Option<&'a T>) -> Self {
        text.map_or(Self::Plain(&Number::<u64>(None)), |text| Self::Text(text))
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
    pub fn raw(&mut self, structure: Template<0>) -> fmt::Result {
        self.fill(structure, &[])
    }

    /// Writes structure of this program, with a value in the place of each `$`.
    ///
    /// # Errors
    /// Those of the output.
    pub fn fill<const N: usize>(&mut self, structure: Template<N>, values: &[Value<'_>; N]) -> fmt::Result {
        self.fill_text(structure.text(), values)
    }

    fn fill_text(&mut self, structure: &str, values: &[Value<'_>]) -> fmt::Result {
        let mut values = values.iter();
        template::fill(structure, self.0, &mut |out| match values.next() {
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
        Value::Plain(plain) => write!(out, "{plain}"),
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
