//! Forms as browsers send them: `application/x-www-form-urlencoded` (WHATWG URL §5.1), decoded where they stand, to be read more than
//! once: when a form is refused, its page shows again what was typed.
//!
//! Deliberately absent: what a lenient decoder does with a per cent sign without two digits, or with bytes that are not UTF-8. Both
//! are refused, and so are the two control characters that separate fields here.

use crate::ascii::{cut_text, hexadecimal};

/// Behind each field, and between its name and its value.
const END: &str = "\0";
const EQUALS: &str = "\x01";

/// The fields of a form, in their order.
#[derive(Clone, Copy, Default)]
pub struct Form<'a> {
    text: &'a str,
}

/// A form that cannot be decoded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Malformed;

impl<'a> Form<'a> {
    /// Decodes a whole body in place: the result is never longer, and stands at its beginning.
    ///
    /// # Errors
    /// [`Malformed`]; the body is of no use then.
    pub fn decode(body: &'a mut [u8]) -> Result<Self, Malformed> {
        let (mut from, mut to) = (0_usize, 0_usize);
        let mut is_name = true;
        while let Some(byte) = body.get(from).copied() {
            let (byte, length) = match byte {
                b'+' => (b' ', 1),
                b'&' => {
                    is_name = true;
                    (0, 1)
                }
                // An equals sign in a value stands for itself.
                b'=' if is_name => {
                    is_name = false;
                    (1, 1)
                }
                b'%' => {
                    let digits = body.get(from.saturating_add(1)..from.saturating_add(3)).unwrap_or_default();
                    let mut byte = [0];
                    hexadecimal(digits, &mut byte).ok_or(Malformed)?;
                    let [byte] = byte;
                    (content(byte)?, 3)
                }
                other => (content(other)?, 1),
            };
            if let Some(place) = body.get_mut(to) {
                *place = byte;
            }
            from = from.saturating_add(length);
            to = to.saturating_add(1);
        }
        let text = core::str::from_utf8(body.get(..to).unwrap_or_default()).map_err(|_| Malformed)?;
        // A character that a separator tears apart is none.
        Ok(Self { text })
    }

    /// A form that was decoded before: what [`Self::decode`] left in the first [`Self::length`] bytes.
    #[must_use]
    pub fn decoded(bytes: &'a [u8]) -> Self {
        Self { text: core::str::from_utf8(bytes).unwrap_or_default() }
    }

    /// How many bytes it takes.
    #[must_use]
    pub const fn length(self) -> usize {
        self.text.len()
    }

    /// The value of the last field of this name.
    #[must_use]
    pub fn value(self, name: &str) -> Option<&'a str> {
        self.filter(|(found, _)| *found == name).map(|(_, value)| value).last()
    }
}

impl<'a> Iterator for Form<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        // As many turns as the body has bytes, at most.
        while !self.text.is_empty() {
            let (field, rest) = cut_text(self.text, END).unwrap_or((self.text, ""));
            self.text = rest;
            if !field.is_empty() {
                return Some(cut_text(field, EQUALS).unwrap_or((field, "")));
            }
        }
        None
    }
}

/// A byte of a name or a value.
const fn content(byte: u8) -> Result<u8, Malformed> {
    if byte > 1 { Ok(byte) } else { Err(Malformed) }
}
