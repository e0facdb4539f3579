//! PEM text (RFC 7468) as Mbed TLS 2.28 reads it, and base64 in constant time (RFC 4648 §4).
//!
//! Any text may stand around a block. Since private keys are decoded here, the time of decoding depends on the lengths of a block's lines, but not on
//! their content.

use status::{Error, base64, pem};
use zeroize::Zeroize;

/// The largest PEM file of a device, in bytes (application note §1).
pub const MAX_FILE_LENGTH: usize = 4096;
/// Bytes that the DER of a PEM file of the largest size can have: what to lend to [`crate::Bundle`] and [`crate::PrivateKey`].
pub const MAX_DER_LENGTH: usize = der_length(MAX_FILE_LENGTH);

/// Bytes that the DER of a PEM file of so many bytes can have at most.
#[must_use]
pub const fn der_length(file: usize) -> usize {
    (file / 4).saturating_mul(3)
}

/// The two lines around a block.
pub(crate) struct Label {
    begin: &'static [u8],
    end: &'static [u8],
}

macro_rules! labels {
    ($($name:ident = $text:literal;)*) => {
        $(pub(crate) const $name: Label = Label {
            begin: concat!("-----BEGIN ", $text, "-----").as_bytes(),
            end: concat!("-----END ", $text, "-----").as_bytes(),
        };)*
    };
}

labels! {
    CERTIFICATE = "CERTIFICATE";
    RSA_PRIVATE_KEY = "RSA PRIVATE KEY";
    EC_PRIVATE_KEY = "EC PRIVATE KEY";
    PRIVATE_KEY = "PRIVATE KEY";
    ENCRYPTED_PRIVATE_KEY = "ENCRYPTED PRIVATE KEY";
}

impl Label {
    /// Whether the first line of such a block stands anywhere in the text.
    pub(crate) fn begins_in(&self, text: &[u8]) -> bool {
        position(text, self.begin).is_some()
    }

    /// The first such block, and the text after it. Nothing if a line of it is missing or in the wrong place: then Mbed TLS does
    /// not look any further either.
    pub(crate) fn find<'t>(&self, text: &'t [u8]) -> Option<(PemBlock<'t>, &'t [u8])> {
        let begin = position(text, self.begin)?;
        // The first last line in the whole text counts: it may share hyphens with the first line behind it.
        let (before, after) = text.split_at_checked(position(text, self.end)?)?;
        let before = before.get(begin..)?;
        let body = before.strip_prefix(self.begin)?;
        // The line end may only stand before the block's last line.
        let body = line_end(body)?;
        let after = after.get(self.end.len()..)?;
        Some((PemBlock { body }, line_end(after).unwrap_or(after)))
    }
}

/// What stands between the two lines of a block.
pub(crate) struct PemBlock<'t> {
    body: &'t [u8],
}

impl PemBlock<'_> {
    /// Decodes the block to the head of `out` and says how many bytes it has.
    ///
    /// # Errors
    /// `pem::INVALID_DATA` plus cause; `pem::PASSWORD_REQUIRED` for an encrypted block, or `pem::UNKNOWN_ENC_ALG` and
    /// `pem::INVALID_ENC_IV`; `x509::ALLOC_FAILED` when `out` is too small. `out` is wiped then.
    pub(crate) fn decode(&self, out: &mut [u8]) -> Result<usize, Error> {
        let (body, is_encrypted) = match self.body.strip_prefix(b"Proc-Type: 4,ENCRYPTED") {
            Some(rest) => (encryption(rest)?, true),
            None => (self.body, false),
        };
        if body.is_empty() {
            return Err(pem::INVALID_DATA);
        }
        let mut decoded = decode_base64(body, out);
        if is_encrypted && decoded.is_ok() {
            decoded = Err(pem::PASSWORD_REQUIRED);
        }
        if decoded.is_err() {
            out.zeroize();
        }
        decoded
    }
}

/// The text up to the first NUL, which is where C ends it.
pub(crate) fn until_nul(text: &[u8]) -> &[u8] {
    text.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// Where a pattern begins for the first time.
pub(crate) fn position(text: &[u8], pattern: &[u8]) -> Option<usize> {
    let first = pattern.first()?;
    let mut rest = text;
    loop {
        // Most bytes are not even the first one.
        let skipped = rest.iter().position(|byte| byte == first)?;
        rest = rest.get(skipped..)?;
        if rest.starts_with(pattern) {
            return text.len().checked_sub(rest.len());
        }
        rest = rest.get(1..)?;
    }
}

/// What follows an optional space, an optional CR and a LF.
fn line_end(text: &[u8]) -> Option<&[u8]> {
    let text = text.strip_prefix(b" ").unwrap_or(text);
    text.strip_prefix(b"\r").unwrap_or(text).strip_prefix(b"\n")
}

/// Checks the header lines of an encrypted block (RFC 1421 §4.6.1) and gives what follows them.
fn encryption(text: &[u8]) -> Result<&[u8], Error> {
    let text = text.strip_prefix(b"\r").unwrap_or(text).strip_prefix(b"\n").ok_or(pem::INVALID_DATA)?;
    let (_, digits) = *CIPHERS.iter().find(|(line, _)| text.starts_with(line)).ok_or(pem::UNKNOWN_ENC_ALG)?;
    let iv = text.iter().position(|byte| *byte == b',').and_then(|comma| text.get(comma.saturating_add(1)..));
    let (iv, rest) = iv.and_then(|iv| iv.split_at_checked(digits)).ok_or(pem::INVALID_ENC_IV)?;
    if !iv.iter().all(u8::is_ascii_hexdigit) {
        return Err(pem::INVALID_ENC_IV);
    }
    rest.strip_prefix(b"\r").unwrap_or(rest).strip_prefix(b"\n").ok_or(pem::INVALID_DATA)
}

/// The ciphers that Mbed TLS knows here, and how many hexadecimal digits their initialisation vectors have.
const CIPHERS: [(&[u8], usize); 5] = [
    (b"DEK-Info: DES-EDE3-CBC,", 16),
    (b"DEK-Info: DES-CBC,", 16),
    (b"DEK-Info: AES-128-CBC,", 32),
    (b"DEK-Info: AES-192-CBC,", 32),
    (b"DEK-Info: AES-256-CBC,", 32),
];

/// Decodes base64 in lines. Digits that do not fill a group of four at the end are dropped, as 2.28 does.
pub(crate) fn decode_base64(text: &[u8], out: &mut [u8]) -> Result<usize, Error> {
    const INVALID: Error = pem::INVALID_DATA.because(base64::INVALID_CHARACTER);
    let whole = out.len();
    let mut out = out;
    let (mut padding, mut count, mut group) = (0_u8, 0_u8, 0_u32);
    let mut is_invalid = 0_u8;
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        if count == 0
            && padding == 0
            && let Some((digits, behind)) = rest.split_first_chunk()
            && let Some(group) = four_digits(*digits)
        {
            rest = behind;
            let [_, bytes @ ..] = group.to_be_bytes();
            let place;
            (place, out) = out.split_first_chunk_mut().ok_or(status::x509::ALLOC_FAILED)?;
            *place = bytes;
            continue;
        }
        rest = tail;
        let digit = match byte {
            b'\n' => continue,
            b'\r' if tail.first() == Some(&b'\n') => continue,
            b' ' => {
                rest = skip_spaces(tail).ok_or(INVALID)?;
                continue;
            }
            b'=' if padding < 2 => {
                padding = padding.saturating_add(1);
                0
            }
            _ if padding > 0 => return Err(INVALID),
            _ => digit(byte),
        };
        is_invalid |= digit & INVALID_DIGIT;
        group = group.wrapping_shl(6) | u32::from(digit & 0x3F);
        count = count.saturating_add(1);
        if count == 4 {
            out = put(out, group, 3_usize.saturating_sub(padding.into()))?;
            (count, group) = (0, 0);
        }
    }
    if is_invalid != 0 { Err(INVALID) } else { Ok(whole.saturating_sub(out.len())) }
}

/// Writes the first `length` bytes of a group, of three, and gives what is behind them.
fn put(out: &mut [u8], group: u32, length: usize) -> Result<&mut [u8], Error> {
    let [_, bytes @ ..] = group.to_be_bytes();
    let (place, rest) = out.split_at_mut_checked(length).ok_or(status::x509::ALLOC_FAILED)?;
    for (to, from) in place.iter_mut().zip(bytes) {
        *to = from;
    }
    Ok(rest)
}

/// The 24 bits of four base64 digits, looked at all at once without a table of digits; none when a byte is no digit, which is all
/// that the branch tells.
fn four_digits(bytes: [u8; 4]) -> Option<u32> {
    let text = u32::from_be_bytes(bytes);
    let low = text & !HIGH;
    let (mut offsets, mut known) = (0, 0);
    for &[first, last, offset] in &FOUR_RANGES {
        // In each byte the high bit is set where it is not below the first, and not above the last: nothing borrows from the next.
        let inside = (low | HIGH).wrapping_sub(first) & last.wrapping_sub(low) & HIGH;
        known |= inside;
        // 0x7F where it is inside: enough, as only the lower bits of the sum count.
        offsets |= inside.wrapping_sub(inside >> 7) & offset;
    }
    if known != HIGH || text & HIGH != 0 {
        return None;
    }
    let digits = low.wrapping_add(offsets) & repeated(0x3F);
    let pairs = (digits & 0x003F_003F) | (digits & 0x3F00_3F00) >> 2;
    Some((pairs & 0xFFF) | (pairs >> 16) << 12)
}

/// The high bit of each byte.
const HIGH: u32 = repeated(0x80);

/// [`RANGES`] for four bytes at once: the first digit, the last one with its high bit set, and what makes a digit its value.
const FOUR_RANGES: [[u32; 3]; 5] = {
    let [a, b, c, d, e] = RANGES;
    [four(a), four(b), four(c), four(d), four(e)]
};

const fn four((first, last, start): (u8, u8, u8)) -> [u32; 3] {
    [repeated(first), repeated(last | 0x80), repeated(start.wrapping_sub(first) & 0x7F)]
}

/// A word of four equal bytes.
const fn repeated(byte: u8) -> u32 {
    u32::from_be_bytes([byte; 4])
}

/// First and last digit of a run, and the value of the first.
const RANGES: [(u8, u8, u8); 5] =
    [(b'A', b'Z', 0), (b'a', b'z', 26), (b'0', b'9', 52), (b'+', b'+', 62), (b'/', b'/', 63)];

/// Spaces are only allowed at the end of a line.
fn skip_spaces(text: &[u8]) -> Option<&[u8]> {
    let spaces = text.iter().take_while(|byte| **byte == b' ').count();
    let rest = text.get(spaces..)?;
    matches!(rest, [] | [b'\n', ..] | [b'\r', b'\n', ..]).then_some(rest)
}

/// Set in the result of [`digit`] for a byte that is none.
const INVALID_DIGIT: u8 = 0x80;

/// The value of a base64 digit, without a branch or a table.
fn digit(byte: u8) -> u8 {
    let mut value = INVALID_DIGIT;
    for (first, last, start) in RANGES {
        let mask = in_range(byte, first, last);
        value = (value & !mask) | (byte.wrapping_sub(first).wrapping_add(start) & mask);
    }
    value
}

/// 0xFF where first <= byte <= last, 0 elsewhere.
fn in_range(byte: u8, first: u8, last: u8) -> u8 {
    let (byte, first, last) = (u16::from(byte), u16::from(first), u16::from(last));
    let outside = byte.wrapping_sub(first) | last.wrapping_sub(byte);
    // The high byte of a difference is 0xFF below zero and 0 above.
    let [high, _] = outside.to_be_bytes();
    !high
}

#[cfg(test)]
mod tests {
    use super::{INVALID_DIGIT, digit, four_digits};

    /// Every byte in every place, beside digits and beside what is none.
    #[test]
    fn four_digits_are_four_times_one() {
        for place in 0..4_usize {
            for byte in 0..=u8::MAX {
                for others in [b'A', b'z', b'9', b'+', b'/', b'Z', b'=', 0x80, 0xFF] {
                    let bytes: [u8; 4] = core::array::from_fn(|at| if at == place { byte } else { others });
                    let one_by_one = bytes.iter().try_fold(0_u32, |group, byte| {
                        let digit = digit(*byte);
                        (digit & INVALID_DIGIT == 0).then_some(group << 6 | u32::from(digit))
                    });
                    assert_eq!(four_digits(bytes), one_by_one, "{bytes:02X?}");
                }
            }
        }
    }
}
