//! Forms as browsers send them: `application/x-www-form-urlencoded` (WHATWG URL §5.1), decoded where they stand.
//!
//! Deliberately absent: what a lenient decoder does with a per cent sign without two digits, or with bytes that are not UTF-8. Both
//! are refused.

use crate::ascii::hexadecimal;

/// The fields of a form, in their order. After the first fault there is nothing more.
pub struct Form<'a> {
    rest: Option<&'a mut [u8]>,
}

/// A field that cannot be decoded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Malformed;

impl<'a> Form<'a> {
    /// The fields of a whole body.
    pub fn new(body: &'a mut [u8]) -> Self {
        Self { rest: Some(body) }
    }
}

impl<'a> Iterator for Form<'a> {
    type Item = Result<(&'a str, &'a str), Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        // As many turns as the body has bytes, at most.
        loop {
            let (pair, rest) = cut(self.rest.take()?, b'&');
            self.rest = rest;
            if pair.is_empty() {
                continue;
            }
            let (name, value) = cut(pair, b'=');
            let pair = decode(name).and_then(|name| Ok((name, decode(value.unwrap_or_default())?)));
            if pair.is_err() {
                self.rest = None;
            }
            return Some(pair);
        }
    }
}

/// What stands before the first `separator`, and what after it.
fn cut(text: &mut [u8], separator: u8) -> (&mut [u8], Option<&mut [u8]>) {
    let Some(at) = text.iter().position(|byte| *byte == separator) else { return (text, None) };
    match text.split_at_mut_checked(at) {
        Some((before, after)) => (before, after.get_mut(1..)),
        None => (&mut [], None),
    }
}

/// Decodes in place: the result is never longer.
fn decode(text: &mut [u8]) -> Result<&str, Malformed> {
    let (mut from, mut to) = (0_usize, 0_usize);
    while let Some(byte) = text.get(from).copied() {
        let (byte, length) = match byte {
            b'+' => (b' ', 1),
            b'%' => {
                let digits = text.get(from.saturating_add(1)..from.saturating_add(3)).unwrap_or_default();
                let mut byte = [0];
                hexadecimal(digits, &mut byte).ok_or(Malformed)?;
                let [byte] = byte;
                (byte, 3)
            }
            other => (other, 1),
        };
        if let Some(place) = text.get_mut(to) {
            *place = byte;
        }
        from = from.saturating_add(length);
        to = to.saturating_add(1);
    }
    core::str::from_utf8(text.get(..to).unwrap_or_default()).map_err(|_| Malformed)
}
