//! ECDSA-Sig-Value (RFC 3279 §2.2.3): a sequence of two integers, in DER and nothing else.
//!
//! Mbed TLS also takes longer forms of lengths and integers; a signature that can be rewritten without the key is refused here.

/// The two integers of a signature as big-endian bytes, neither negative nor with more leading zeros than DER wants; `None` for
/// anything else, data after either end included.
pub(super) fn parse(signature: &[u8]) -> Option<(&[u8], &[u8])> {
    let (body, rest) = element(signature, SEQUENCE)?;
    let (r, after) = integer(body)?;
    let (s, end) = integer(after)?;
    (rest.is_empty() && end.is_empty()).then_some((r, s))
}

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
/// The first length that takes a byte of its own.
const LONG: u8 = 0x80;

fn integer(input: &[u8]) -> Option<(&[u8], &[u8])> {
    let (value, rest) = element(input, INTEGER)?;
    let minimal = match value {
        [] => false,
        [0, next, ..] => *next >= 0x80,
        [first, ..] => *first < 0x80,
    };
    minimal.then_some((value, rest))
}

/// An element's content, and what follows it. Nothing in a signature is longer than 255 bytes.
fn element(input: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (first, rest) = input.split_first()?;
    let (length, rest) = match rest.split_first()? {
        (&0x81, rest) => rest.split_first().filter(|(length, _)| **length >= LONG)?,
        (length, rest) if *length < LONG => (length, rest),
        _ => return None,
    };
    if *first != tag {
        return None;
    }
    rest.split_at_checked(usize::from(*length))
}
