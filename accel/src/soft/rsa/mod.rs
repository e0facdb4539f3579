//! RSA with PKCS#1 v1.5 (RFC 8017): the check of a public key, and exponentiation with a public exponent.
//!
//! ```text
//!   public.rs     verification and encryption
//!   private.rs    signature: blinding, two exponentiations (crt_half.rs), recombination.rs, a check with the public key
//!   padding.rs    the padded blocks
//! ```
//!
//! Verification works on public data and is not constant-time. Encryption is constant-time with respect to message and padding. A
//! signature is constant-time throughout.
//!
//! Deliberately absent: decryption, PSS, OAEP, multi-prime keys.

mod crt_half;
mod padding;
pub(crate) mod private;
pub(crate) mod public;
mod recombination;

use status::{Error, rsa};

use super::bignum::{Modulus, cost_of_product, limbs};
use crate::{MAX_MODULUS_LENGTH, MIN_MODULUS_LENGTH, RsaPublicKey};

/// Limbs that a digest takes in lent memory.
pub(crate) const DIGEST_LIMBS: usize = crate::MAX_DIGEST_LENGTH / 4;
/// The longest public exponent, in bytes.
const MAX_EXPONENT_LENGTH: usize = 8;
/// The least public exponent.
const MIN_EXPONENT: u64 = 3;

/// A public key that has been checked.
#[derive(Clone, Copy)]
pub(crate) struct CheckedKey<'a> {
    /// The modulus without leading zeros: odd, 1024 to 4096 bits.
    pub(crate) modulus: &'a [u8],
    /// The modulus' length in bits.
    pub(crate) bits: usize,
    /// The exponent: odd, at least 3.
    pub(crate) exponent: u64,
}

impl<'a> CheckedKey<'a> {
    /// Checks a key. Not constant-time: a public key is no secret.
    pub(crate) fn new(key: &RsaPublicKey<'a>) -> Result<Self, Error> {
        let modulus = limbs::trim_vartime(key.modulus);
        let bits = limbs::bit_length(modulus);
        let exponent = limbs::trim_vartime(key.exponent);
        let allowed = MIN_MODULUS_LENGTH.saturating_mul(8)..=MAX_MODULUS_LENGTH.saturating_mul(8);
        if !allowed.contains(&bits) || limbs::bit(modulus, 0) == 0 || exponent.len() > MAX_EXPONENT_LENGTH {
            return Err(rsa::BAD_INPUT_DATA);
        }
        let exponent = exponent.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
        if exponent < MIN_EXPONENT || exponent & 1 == 0 {
            return Err(rsa::BAD_INPUT_DATA);
        }
        Ok(Self { modulus, bits, exponent })
    }

    /// The modulus' length in limbs.
    pub(crate) const fn length(&self) -> usize {
        limbs::limbs_for(self.bits)
    }
}

/// x^e with a public exponent: square and multiply from the left, one product in each step, with a branch on the exponent's bits.
///
/// As e is odd, the last product's factor can be chosen. x itself, not in Montgomery form, gives x^e out of Montgomery form; another
/// factor m gives m * x^(e - 1).
pub(crate) struct PublicExponentiation {
    exponent: u64,
    /// The bit to be squared for next; `None` at the very start.
    bit: Option<u32>,
    multiply: bool,
}

impl PublicExponentiation {
    pub(crate) const fn new(exponent: u64) -> Self {
        Self { exponent, bit: None, multiply: false }
    }

    /// `out = base^(e - 1) * last`, `base` in Montgomery form, `last` and the result not; the cost, or `None` at the end. The
    /// result is below twice the modulus where `last` is below it.
    pub(crate) fn advance(
        &mut self,
        modulus: &mut Modulus<'_>,
        out: &mut [u32],
        base: &[u32],
        last: &[u32],
    ) -> Option<usize> {
        let Some(bit) = self.bit else {
            limbs::copy(out, base);
            self.bit = Some(self.exponent.checked_ilog2().unwrap_or_default());
            return Some(0);
        };
        if self.multiply {
            modulus.multiply_by(out, if bit == 0 { last } else { base });
            self.multiply = false;
        } else {
            self.bit = Some(bit.checked_sub(1)?);
            modulus.square(out);
            self.multiply = self.exponent >> bit.saturating_sub(1) & 1 == 1;
        }
        Some(cost_of_product(out.len()))
    }
}
