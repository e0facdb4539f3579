//! PKCS#1 v1.5 blocks (RFC 8017 §7.2.1, §9.2), written straight into limbs.

use status::{Error, rsa};

use super::super::bignum::limbs;
use crate::{HashAlgorithm, Rng};

/// Bytes of a block that are neither message nor padding string: 00, the block type, and 00 between the two.
const FRAME: usize = 3;
/// The shortest padding string.
const MIN_PADDING: usize = 8;
/// Random bytes drawn beyond those needed: one in 256 is zero and is rejected.
const SPARE: usize = 16;
/// Draws before a generator is declared broken; with a key of 2048 bits the second is needed less than once in 2^50 encryptions.
const MAX_DRAWS: usize = 4;

/// The longest message that a block of so many bytes takes.
pub(crate) const fn max_message(length: usize) -> usize {
    length.saturating_sub(FRAME.saturating_add(MIN_PADDING))
}

/// EMSA-PKCS1-v1_5: the block of `length` bytes for a digest, with NULL as the algorithm's parameters.
pub(crate) fn signature(out: &mut [u32], length: usize, algorithm: HashAlgorithm, digest: &[u8]) {
    let prefix = digest_info(algorithm);
    limbs::import(out, digest);
    limbs::place(out, digest.len(), prefix);
    let ones = digest.len().saturating_add(prefix.len()).saturating_add(1);
    let end = length.saturating_sub(2);
    for place in ones..end {
        limbs::place(out, place, &[0xFF]);
    }
    limbs::place(out, end, &[1]);
}

/// EME-PKCS1-v1_5: the block of `length` bytes for a message, its padding drawn into `scratch` in bulk. Constant-time with
/// respect to the message and the padding that is kept; what is rejected shows nothing of either.
pub(crate) fn encryption(
    out: &mut [u32],
    length: usize,
    message: &[u8],
    scratch: &mut [u8],
    rng: &mut impl Rng,
) -> Result<(), Error> {
    let wanted = length.saturating_sub(FRAME.saturating_add(message.len()));
    let scratch = scratch.get_mut(..wanted.saturating_add(SPARE)).ok_or(rsa::BAD_INPUT_DATA)?;
    for _ in 0..MAX_DRAWS {
        rng.fill(scratch).map_err(|cause| rsa::RNG_FAILED.because(cause))?;
        let Some(padding) = without_zeros(scratch).get(..wanted) else { continue };
        limbs::import(out, message);
        let above = message.len().saturating_add(1);
        limbs::place(out, above, padding);
        limbs::place(out, above.saturating_add(wanted), &[2]);
        return Ok(());
    }
    Err(rsa::RNG_FAILED)
}

/// The bytes that are not zero, moved to the front.
fn without_zeros(bytes: &mut [u8]) -> &[u8] {
    let mut kept = 0_usize;
    for index in 0..bytes.len() {
        let byte = bytes.get(index).copied().unwrap_or_default();
        if let Some(to) = bytes.get_mut(kept) {
            *to = byte;
        }
        kept = kept.saturating_add(usize::from(byte != 0));
    }
    bytes.get(..kept).unwrap_or_default()
}

/// What stands before a digest in a DigestInfo: the sequence, the algorithm with NULL parameters, the octet string's head
/// (RFC 8017 §9.2 note 1; RFC 3447 for MD5).
const fn digest_info(algorithm: HashAlgorithm) -> &'static [u8] {
    match algorithm {
        HashAlgorithm::Md5 => &[
            0x30, 0x20, 0x30, 0x0C, 0x06, 0x08, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x02, 0x05, 0x05, 0x00,
            0x04, 0x10,
        ],
        HashAlgorithm::Sha1 => {
            &[0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2B, 0x0E, 0x03, 0x02, 0x1A, 0x05, 0x00, 0x04, 0x14]
        }
        HashAlgorithm::Sha224 => const { &sha2(0x04, 28) },
        HashAlgorithm::Sha256 => const { &sha2(0x01, 32) },
        HashAlgorithm::Sha384 => const { &sha2(0x02, 48) },
        HashAlgorithm::Sha512 => const { &sha2(0x03, 64) },
    }
}

/// The SHA-2 family differs in the identifier's last number and the digest's length.
const fn sha2(identifier: u8, length: u8) -> [u8; 19] {
    let total = length.saturating_add(17);
    [
        0x30, total, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, identifier,
        0x05, 0x00, 0x04, length,
    ]
}
