//! RSA verification and encryption as a job.
//!
//! ```text
//!   lent memory, in limbs:  digest 16 | modulus n | input n | base n | accumulator n | product 2n
//! ```

use status::{Error, rsa};

use super::{
    super::{
        bignum::{Division, Modulus, SquaredRadix, cost_of_product, limbs, negated_inverse},
        slice::{Advance, take},
    },
    CheckedKey, DIGEST_LIMBS, PublicExponentiation, padding,
};
use crate::{HashAlgorithm, Rng, RsaPublicKey};

/// Registers of the modulus' length in lent memory; the product counts as two.
const REGISTERS: usize = 6;

/// Limbs of lent memory for a modulus of so many limbs.
pub(crate) const fn memory(length: usize) -> usize {
    DIGEST_LIMBS.saturating_add(REGISTERS.saturating_mul(length))
}

/// A verification or an encryption in progress.
pub(crate) struct PublicOperation {
    purpose: PublicPurpose,
    bits: usize,
    inverse: u32,
    phase: PublicPhase,
}

#[derive(Clone, Copy)]
enum PublicPurpose {
    /// The digest's algorithm.
    Verify(HashAlgorithm),
    Encrypt,
}

enum PublicPhase {
    /// The signature has the wrong length or is not below the modulus: the first step fails.
    Refused,
    /// Brings the signature in `base` into Montgomery form.
    Divide(Division, u64),
    /// Computes R^2 in `base`: for a message, which is secret, and for a modulus that does not fill its limbs.
    SquareRadix(SquaredRadix, u64),
    /// Brings the input into Montgomery form: `base` times R^2.
    Convert(u64),
    Exponentiate(PublicExponentiation),
    Finished,
}

impl PublicOperation {
    /// Starts a verification: copies its input. The first step refuses a signature that is not as long as the modulus.
    pub(crate) fn verify(
        key: &RsaPublicKey<'_>,
        algorithm: HashAlgorithm,
        digest: &[u8],
        signature: &[u8],
        memory: &mut [u32],
    ) -> Result<Self, Error> {
        let key = CheckedKey::new(key)?;
        if digest.len() != algorithm.digest_length() {
            return Err(rsa::BAD_INPUT_DATA);
        }
        let registers = PublicRegisters::split(memory, key.length());
        limbs::import(registers.digest, digest);
        limbs::import(registers.modulus, key.modulus);
        limbs::import(registers.input, signature);
        // RFC 8017 §8.2.2 step 1 and §5.2.2 step 1: the length is exact, the number is below the modulus.
        let valid =
            signature.len() == key.modulus.len() && limbs::less(registers.input, registers.modulus) == 1;
        limbs::copy(registers.base, registers.input);
        let phase = match Division::by(key.bits) {
            _ if !valid => PublicPhase::Refused,
            Some(division) => PublicPhase::Divide(division, key.exponent),
            None => PublicPhase::SquareRadix(SquaredRadix::of_public(), key.exponent),
        };
        let inverse = negated_inverse(registers.modulus);
        Ok(Self { purpose: PublicPurpose::Verify(algorithm), bits: key.bits, inverse, phase })
    }

    /// Starts an encryption of at most modulus - 11 bytes: pads the message.
    pub(crate) fn encrypt(
        key: &RsaPublicKey<'_>,
        message: &[u8],
        memory: &mut [u32],
        rng: &mut impl Rng,
    ) -> Result<Self, Error> {
        let key = CheckedKey::new(key)?;
        let length = key.modulus.len();
        if message.len() > padding::max_message(length) {
            return Err(rsa::BAD_INPUT_DATA);
        }
        let registers = PublicRegisters::split(memory, key.length());
        limbs::import(registers.modulus, key.modulus);
        let scratch = bytemuck::cast_slice_mut(registers.product);
        padding::encryption(registers.input, length, message, scratch, rng)?;
        let inverse = negated_inverse(registers.modulus);
        let phase = PublicPhase::SquareRadix(SquaredRadix::of_public(), key.exponent);
        Ok(Self { purpose: PublicPurpose::Encrypt, bits: key.bits, inverse, phase })
    }

    /// The largest cost of one operation.
    pub(crate) const fn largest_cost(&self) -> usize {
        cost_of_product(limbs::limbs_for(self.bits))
    }

    /// Does one operation.
    pub(crate) fn advance(&mut self, memory: &mut [u32]) -> Result<Advance, Error> {
        let PublicRegisters { modulus, input, base, accumulator, product, .. } =
            PublicRegisters::split(memory, limbs::limbs_for(self.bits));
        let mut modulus = Modulus::new(modulus, self.inverse, product);
        let cost = match &mut self.phase {
            PublicPhase::Refused => return Err(rsa::VERIFY_FAILED),
            PublicPhase::Finished => return Ok(Advance::Done),
            PublicPhase::Divide(division, exponent) => {
                let cost = division.advance(&modulus, base);
                if cost.is_none() {
                    self.phase = PublicPhase::Exponentiate(PublicExponentiation::new(*exponent));
                }
                cost.unwrap_or(0)
            }
            PublicPhase::SquareRadix(radix, exponent) => {
                let cost = radix.advance(&mut modulus, self.bits, base);
                if cost.is_none() {
                    self.phase = PublicPhase::Convert(*exponent);
                }
                cost.unwrap_or(0)
            }
            PublicPhase::Convert(exponent) => {
                modulus.multiply_by(base, input);
                self.phase = PublicPhase::Exponentiate(PublicExponentiation::new(*exponent));
                self.largest_cost()
            }
            PublicPhase::Exponentiate(power) => {
                let cost = power.advance(&mut modulus, accumulator, base, input);
                if cost.is_none() {
                    limbs::reduce_once(accumulator, modulus.limbs());
                    self.phase = PublicPhase::Finished;
                }
                cost.unwrap_or(0)
            }
        };
        Ok(Advance::More(cost))
    }

    /// Compares the block, or writes the ciphertext: the bytes written.
    pub(crate) fn finish(&self, memory: &mut [u32], output: &mut [u8]) -> Result<usize, Error> {
        let length = self.bits.div_ceil(8);
        let registers = PublicRegisters::split(memory, limbs::limbs_for(self.bits));
        match self.purpose {
            PublicPurpose::Verify(algorithm) => {
                // RFC 8017 §8.2.2 steps 3 and 4: the whole block is built anew, nothing of the received one is parsed.
                let mut digest = [0; crate::MAX_DIGEST_LENGTH];
                let digest = digest.get_mut(..algorithm.digest_length()).unwrap_or_default();
                limbs::export(digest, registers.digest);
                padding::signature(registers.base, length, algorithm, digest);
                let same = limbs::equal(registers.base, registers.accumulator) == 1;
                if same { Ok(0) } else { Err(rsa::VERIFY_FAILED) }
            }
            PublicPurpose::Encrypt => {
                let output = output.get_mut(..length).ok_or(rsa::OUTPUT_TOO_LARGE)?;
                limbs::export(output, registers.accumulator);
                Ok(length)
            }
        }
    }
}

struct PublicRegisters<'w> {
    digest: &'w mut [u32],
    modulus: &'w mut [u32],
    input: &'w mut [u32],
    base: &'w mut [u32],
    accumulator: &'w mut [u32],
    product: &'w mut [u32],
}

impl<'w> PublicRegisters<'w> {
    fn split(memory: &'w mut [u32], length: usize) -> Self {
        let mut rest = memory;
        Self {
            digest: take(&mut rest, DIGEST_LIMBS),
            modulus: take(&mut rest, length),
            input: take(&mut rest, length),
            base: take(&mut rest, length),
            accumulator: take(&mut rest, length),
            product: take(&mut rest, length.saturating_mul(2)),
        }
    }
}
