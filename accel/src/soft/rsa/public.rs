//! RSA verification and encryption as a job.
//!
//! ```text
//!   lent memory, in limbs:  digest 16 | modulus n | input n | base n | power n | product 2n
//! ```

use status::{Error, rsa};

use super::{
    super::{
        bignum::{Division, Modulus, SquaredRadix, cost_of_product, limbs, negated_inverse},
        slice::{Advance, take},
    },
    Bounds, DIGEST_LIMBS, Power, padding,
};
use crate::{HashAlgorithm, Rng, RsaPublicKey};

/// Numbers of the modulus' length in lent memory.
const NUMBERS: usize = 6;

/// Limbs of lent memory for a modulus of so many limbs.
pub(crate) const fn memory(length: usize) -> usize {
    DIGEST_LIMBS.saturating_add(NUMBERS.saturating_mul(length))
}

/// A verification or an encryption in progress.
pub(crate) struct Public {
    purpose: Purpose,
    bits: usize,
    inverse: u32,
    phase: Phase,
}

#[derive(Clone, Copy)]
enum Purpose {
    /// The digest's algorithm.
    Verify(HashAlgorithm),
    Encrypt,
}

enum Phase {
    /// The signature is not one of this key: fails at once.
    Refused,
    /// A signature's number in `base` into Montgomery form.
    Divide(Division, u64),
    /// R^2 into `base`, for a message, which is a secret, and for a modulus that does not fill its limbs.
    Radix(SquaredRadix, u64),
    /// `base` from R^2 to the input in Montgomery form.
    Convert(u64),
    Power(Power),
    Finished,
}

impl Public {
    /// Copies what a verification needs. A signature that is not as long as the modulus is refused by the first step.
    pub(crate) fn verify(
        key: &RsaPublicKey<'_>,
        algorithm: HashAlgorithm,
        digest: &[u8],
        signature: &[u8],
        memory: &mut [u32],
    ) -> Result<Self, Error> {
        let key = Bounds::check(key)?;
        if digest.len() != algorithm.digest_length() {
            return Err(rsa::BAD_INPUT_DATA);
        }
        let numbers = Numbers::split(memory, key.length());
        limbs::import(numbers.digest, digest);
        limbs::import(numbers.modulus, key.modulus);
        limbs::import(numbers.input, signature);
        // RFC 8017 §8.2.2 step 1 and §5.2.2 step 1: the length is exact, the number is below the modulus.
        let valid = signature.len() == key.modulus.len() && limbs::less(numbers.input, numbers.modulus) == 1;
        limbs::copy(numbers.base, numbers.input);
        let phase = match Division::by(key.bits) {
            _ if !valid => Phase::Refused,
            Some(division) => Phase::Divide(division, key.exponent),
            None => Phase::Radix(SquaredRadix::of_public(), key.exponent),
        };
        let inverse = negated_inverse(numbers.modulus);
        Ok(Self { purpose: Purpose::Verify(algorithm), bits: key.bits, inverse, phase })
    }

    /// Pads a message of at most modulus - 11 bytes.
    pub(crate) fn encrypt(
        key: &RsaPublicKey<'_>,
        message: &[u8],
        memory: &mut [u32],
        rng: &mut impl Rng,
    ) -> Result<Self, Error> {
        let key = Bounds::check(key)?;
        let length = key.modulus.len();
        if message.len() > padding::max_message(length) {
            return Err(rsa::BAD_INPUT_DATA);
        }
        let numbers = Numbers::split(memory, key.length());
        limbs::import(numbers.modulus, key.modulus);
        let scratch = bytemuck::cast_slice_mut(numbers.product);
        padding::encryption(numbers.input, length, message, scratch, rng)?;
        let inverse = negated_inverse(numbers.modulus);
        let phase = Phase::Radix(SquaredRadix::of_public(), key.exponent);
        Ok(Self { purpose: Purpose::Encrypt, bits: key.bits, inverse, phase })
    }

    /// The largest cost of an advance.
    pub(crate) const fn unit(&self) -> usize {
        cost_of_product(limbs::limbs_for(self.bits))
    }

    /// Does one operation.
    pub(crate) fn advance(&mut self, memory: &mut [u32]) -> Result<Advance, Error> {
        let Numbers { modulus, input, base, power, product, .. } =
            Numbers::split(memory, limbs::limbs_for(self.bits));
        let mut modulus = Modulus::new(modulus, self.inverse, product);
        let cost = match &mut self.phase {
            Phase::Refused => return Err(rsa::VERIFY_FAILED),
            Phase::Finished => return Ok(Advance::Done),
            Phase::Divide(division, exponent) => {
                let cost = division.advance(&modulus, base);
                if cost.is_none() {
                    self.phase = Phase::Power(Power::new(*exponent));
                }
                cost.unwrap_or(0)
            }
            Phase::Radix(radix, exponent) => {
                let cost = radix.advance(&mut modulus, self.bits, base);
                if cost.is_none() {
                    self.phase = Phase::Convert(*exponent);
                }
                cost.unwrap_or(0)
            }
            Phase::Convert(exponent) => {
                modulus.multiply_by(base, input);
                self.phase = Phase::Power(Power::new(*exponent));
                self.unit()
            }
            Phase::Power(state) => {
                let cost = state.advance(&mut modulus, power, base, input);
                if cost.is_none() {
                    limbs::reduce_once(power, modulus.limbs());
                    self.phase = Phase::Finished;
                }
                cost.unwrap_or(0)
            }
        };
        Ok(Advance::More(cost))
    }

    /// Compares the block, or writes the ciphertext: the bytes written.
    pub(crate) fn finish(&self, memory: &mut [u32], output: &mut [u8]) -> Result<usize, Error> {
        let length = self.bits.div_ceil(8);
        let numbers = Numbers::split(memory, limbs::limbs_for(self.bits));
        match self.purpose {
            Purpose::Verify(algorithm) => {
                // RFC 8017 §8.2.2 steps 3 and 4: the whole block is built anew, nothing of the received one is parsed.
                let mut digest = [0; crate::MAX_DIGEST_LENGTH];
                let digest = digest.get_mut(..algorithm.digest_length()).unwrap_or_default();
                limbs::export(digest, numbers.digest);
                padding::signature(numbers.base, length, algorithm, digest);
                let same = limbs::equal(numbers.base, numbers.power) == 1;
                if same { Ok(0) } else { Err(rsa::VERIFY_FAILED) }
            }
            Purpose::Encrypt => {
                let output = output.get_mut(..length).ok_or(rsa::OUTPUT_TOO_LARGE)?;
                limbs::export(output, numbers.power);
                Ok(length)
            }
        }
    }
}

struct Numbers<'w> {
    digest: &'w mut [u32],
    modulus: &'w mut [u32],
    input: &'w mut [u32],
    base: &'w mut [u32],
    power: &'w mut [u32],
    product: &'w mut [u32],
}

impl<'w> Numbers<'w> {
    fn split(memory: &'w mut [u32], length: usize) -> Self {
        let mut rest = memory;
        Self {
            digest: take(&mut rest, DIGEST_LIMBS),
            modulus: take(&mut rest, length),
            input: take(&mut rest, length),
            base: take(&mut rest, length),
            power: take(&mut rest, length),
            product: take(&mut rest, length.saturating_mul(2)),
        }
    }
}
