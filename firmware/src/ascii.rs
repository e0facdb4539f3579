//! Small functions that search, read and write ASCII text. The whole firmware shares them.
//!
//! Own code, because `core` has a searcher for each kind of pattern and a number parser for each width: 5 KB of flash together with its
//! parser for addresses, in whose place stands that of `x509`. Deliberately absent: text that is not ASCII.

use core::{
    fmt::{self, Write},
    net::Ipv4Addr,
};

/// Where `pattern` begins in `text`.
pub fn find(text: &[u8], pattern: &[u8]) -> Option<usize> {
    (0..text.len()).find(|at| text.get(*at..).is_some_and(|rest| rest.starts_with(pattern)))
}

/// What stands before the first `separator`, and what behind it.
pub fn cut<'a>(text: &'a [u8], separator: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let (before, rest) = text.split_at_checked(find(text, separator)?)?;
    Some((before, rest.get(separator.len()..)?))
}

/// [`cut`] for a text.
pub fn cut_text<'a>(text: &'a str, separator: &str) -> Option<(&'a str, &'a str)> {
    let (before, rest) = text.split_at_checked(find(text.as_bytes(), separator.as_bytes())?)?;
    Some((before, rest.get(separator.len()..)?))
}

/// A number of decimal digits and nothing else.
pub fn decimal(text: &[u8]) -> Option<u32> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u32, |number, digit| {
        let digit = digit.checked_sub(b'0').filter(|digit| *digit < 10)?;
        number.checked_mul(10)?.checked_add(digit.into())
    })
}

/// Bytes of two hexadecimal digits each: as many as `out` has.
pub fn hexadecimal(text: &[u8], out: &mut [u8]) -> Option<()> {
    let (pairs, rest) = text.as_chunks::<2>();
    if pairs.len() != out.len() || !rest.is_empty() {
        return None;
    }
    for (byte, pair) in out.iter_mut().zip(pairs) {
        let [high, low] = pair.map(|digit| char::from(digit).to_digit(16));
        *byte = u8::try_from(high?.checked_mul(16)?.checked_add(low?)?).ok()?;
    }
    Some(())
}

/// An IPv4 address as four decimal numbers.
pub fn address(text: &[u8]) -> Option<Ipv4Addr> {
    let octets: [u8; 4] = x509::Address::parse(text)?.as_bytes().try_into().ok()?;
    Some(octets.into())
}

/// Writes the bytes in hexadecimal digits.
///
/// # Errors
/// Those of `out`.
pub fn write_hexadecimal(bytes: &[u8], out: &mut dyn Write) -> fmt::Result {
    let digit = |digit| out.write_char(char::from_digit(digit, 16).unwrap_or_default());
    bytes.iter().flat_map(|byte| [u32::from(byte >> 4), u32::from(byte & 0xF)]).try_for_each(digit)
}

/// Writes the address.
///
/// # Errors
/// Those of `out`.
pub fn write_address(address: Ipv4Addr, out: &mut dyn Write) -> fmt::Result {
    for (index, octet) in address.octets().into_iter().enumerate() {
        out.write_str(if index == 0 { "" } else { "." })?;
        write!(out, "{octet}")?;
    }
    Ok(())
}
