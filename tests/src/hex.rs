//! Hexadecimal digits, as vectors and expected packets are written.

/// Decodes digits; spaces between them are passed over.
///
/// # Panics
/// When there is an odd number of them, or something else.
#[expect(clippy::unwrap_used, reason = "a damaged vector ends the test")]
pub fn hex(digits: &str) -> Vec<u8> {
    let digits: Vec<u8> = digits.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let (pairs, rest) = digits.as_chunks::<2>();
    assert!(rest.is_empty(), "odd number of digits");
    pairs.iter().map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}
