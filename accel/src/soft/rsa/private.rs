//! The RSA signature as a job: CRT, blinded, constant-time, and checked with the public key before it leaves.
//!
//! ```text
//!   y = m * r^(e-1)      x = y * r                      r random; m the padded digest; all modulo n
//!   s_q = x^(dq-1) mod q      s_p = x^(dp-1) mod p      fixed windows, selected from the whole table by masks
//!   s' = s_q + q * ((s_p - s_q) * coefficient mod p)
//!   s  = s' * y mod n                                   leaves only if s^e = m
//! ```
//!
//! As x = m * r^e, x^d = s * r, and x^(d-1) * y = x^d * y / x = s: the blinding needs no inverse of r. What is raised to a private
//! exponent, and both CRT halves until they are recombined, are multiplied by powers of an unknown r. dp and dq are odd, as p - 1 and
//! q - 1 are even: subtracting one clears their lowest bit. The exponents need no blinding, as no branch and no index depends on them.
//!
//! Constant-time: the time depends on the lengths in bits of n, p and q, on e, and on the size of the lent memory, which are no
//! secrets. If the parts of a key do not belong together (even if p = q), the signature does not verify: `PRIVATE_FAILED`.
//!
//! Lent memory, in limbs; n is the length of the modulus, h that of the longer prime:
//! ```text
//!   digest 16 | signature n | residue n | s_q | modulus h | accumulator h | factor h | product 2h | table h * 2^window
//!   digest 16 | signature n | residue n | modulus n | accumulator n | product 2n
//! ```
//! The first row holds while the work is modulo a prime (`crt_half.rs`), the second while it is modulo n. What the registers hold there:
//! ```text
//!   phase                  signature   residue                   accumulator
//!   Blind                  y           r in Montgomery form, x   m
//!   ModuloQ .. Recombine   y           x, at the end s'          in use by crt_half.rs and recombination.rs
//!   ConvertResidue         y           s'                        R^2
//!   Unblind                s           s' in Montgomery form     R^2
//!   ConvertSignature       s           s in Montgomery form      R^2
//!   Check                  s           s in Montgomery form      s^e
//! ```

use status::{Error, rsa};

use super::{
    super::{
        bignum::{
            Modulus, SquaredRadix, cost_of_product, kernel,
            limbs::{self, limbs_for},
            negated_inverse,
        },
        slice::{Advance, take},
    },
    CheckedKey, DIGEST_LIMBS, PublicExponentiation,
    crt_half::{self, CrtHalf},
    padding,
    recombination::Recombination,
};
use crate::{HashAlgorithm, Rng, RsaPrivateKey};

/// A prime has at least one in this many of the modulus' bits. Factoring methods find a shorter one, whatever the modulus.
const MIN_PRIME_PART: usize = 4;

/// Limbs of lent memory for a modulus of so many limbs: enough for the most unequal primes. The long prime takes 7 numbers of at
/// most 3/4 with a window of one bit, the short one 1/4, and each is rounded up to whole rows.
pub(crate) const fn memory(length: usize) -> usize {
    DIGEST_LIMBS.saturating_add(length.saturating_mul(8)).saturating_add(8 * kernel::ROWS)
}

/// The least memory, in limbs, and the most that is of use: that of the widest window.
pub(crate) const fn memory_range(length: usize) -> (usize, usize) {
    let least = memory(length);
    (least, least.saturating_add(crt_half::table(length)))
}

/// A signature in progress.
pub(crate) struct Signing<'k> {
    key: RsaPrivateKey<'k>,
    checked: CheckedKey<'k>,
    algorithm: HashAlgorithm,
    /// The primes' lengths in bits.
    bits_p: usize,
    bits_q: usize,
    window: usize,
    /// -n^-1 mod 2^32.
    inverse: u32,
    phase: SigningPhase<'k>,
}

enum SigningPhase<'k> {
    /// The lengths of the primes and of n do not fit: the first step fails.
    Refused,
    /// Computes y and x.
    Blind(PublicExponentiation),
    /// Computes s_q.
    ModuloQ(CrtHalf<'k>),
    /// Computes s_p.
    ModuloP(CrtHalf<'k>),
    /// Computes s'.
    Recombine(Recombination<'k>),
    /// Loads n again.
    LoadModulus,
    /// Computes R^2 modulo n.
    SquareRadix(SquaredRadix),
    /// Brings s' into Montgomery form.
    ConvertResidue,
    /// Computes s.
    Unblind,
    /// Brings s into Montgomery form.
    ConvertSignature,
    /// Computes s^e.
    Check(PublicExponentiation),
    Finished,
}

impl<'k> Signing<'k> {
    /// Copies the digest and draws the blinding factor.
    pub(crate) fn start(
        key: &RsaPrivateKey<'k>,
        algorithm: HashAlgorithm,
        digest: &[u8],
        memory: &mut [u32],
        rng: &mut impl Rng,
    ) -> Result<Self, Error> {
        let checked = CheckedKey::new(&key.public)?;
        if digest.len() != algorithm.digest_length() {
            return Err(rsa::BAD_INPUT_DATA);
        }
        let bits_p = prime_bits(key.prime1, &checked)?;
        let bits_q = prime_bits(key.prime2, &checked)?;
        let window = {
            let (p, q) = (limbs_for(bits_p), limbs_for(bits_q));
            let before = checked.length().saturating_mul(2).saturating_add(DIGEST_LIMBS).saturating_add(q);
            crt_half::window(memory.len().saturating_sub(before), p.max(q))
        };
        let registers = SigningRegisters::split(memory, checked.length());
        limbs::import(registers.digest, digest);
        limbs::import(registers.modulus, checked.modulus);
        padding::signature(registers.accumulator, checked.modulus.len(), algorithm, digest);
        draw(registers.residue, checked.bits, rng)?;
        let inverse = negated_inverse(registers.modulus);
        // A product is as long as its two factors together, or one bit shorter.
        let sum = bits_p.saturating_add(bits_q);
        let fits = sum == checked.bits || sum == checked.bits.saturating_add(1);
        let phase = if fits {
            SigningPhase::Blind(PublicExponentiation::new(checked.exponent))
        } else {
            SigningPhase::Refused
        };
        Ok(Self { key: without_sign(key), checked, algorithm, bits_p, bits_q, window, inverse, phase })
    }

    /// The largest cost of one operation.
    pub(crate) fn largest_cost(&self) -> usize {
        let prime = limbs_for(self.bits_p.max(self.bits_q));
        cost_of_product(self.checked.length()).max(crt_half::largest_cost(prime))
    }

    /// Does one operation.
    pub(crate) fn advance(&mut self, memory: &mut [u32]) -> Result<Advance, Error> {
        match self.phase {
            SigningPhase::Refused => Err(rsa::PRIVATE_FAILED),
            SigningPhase::Finished => Ok(Advance::Done),
            SigningPhase::ModuloQ(_) | SigningPhase::ModuloP(_) | SigningPhase::Recombine(_) => {
                Ok(Advance::More(self.advance_modulo_prime(memory)?))
            }
            _ => Ok(Advance::More(self.advance_modulo_n(memory))),
        }
    }

    /// Checks the signature and writes it: the bytes written.
    pub(crate) fn finish(&self, memory: &mut [u32], output: &mut [u8]) -> Result<usize, Error> {
        let length = self.checked.modulus.len();
        let registers = SigningRegisters::split(memory, self.checked.length());
        let mut digest = [0; crate::MAX_DIGEST_LENGTH];
        let digest = digest.get_mut(..self.algorithm.digest_length()).unwrap_or_default();
        limbs::export(digest, registers.digest);
        padding::signature(registers.residue, length, self.algorithm, digest);
        if limbs::equal(registers.residue, registers.accumulator) == 0 {
            return Err(rsa::PRIVATE_FAILED);
        }
        let output = output.get_mut(..length).ok_or(rsa::OUTPUT_TOO_LARGE)?;
        limbs::export(output, registers.signature);
        Ok(length)
    }

    /// Does one operation modulo a prime, or of the recombination; its cost.
    fn advance_modulo_prime(&mut self, memory: &mut [u32]) -> Result<usize, Error> {
        let mut rest = memory;
        let n = self.checked.length();
        take(&mut rest, DIGEST_LIMBS.saturating_add(n));
        let residue = take(&mut rest, n);
        let residue_q = take(&mut rest, limbs_for(self.bits_q));
        let key = &self.key;
        let (cost, next) = match &mut self.phase {
            SigningPhase::ModuloQ(half) => match half.advance(residue, rest) {
                Some(cost) => (cost, None),
                None => {
                    half.copy_result(residue_q, rest);
                    let second = CrtHalf::new(key.prime1, key.exponent1, self.bits_p, self.window);
                    (0, Some(SigningPhase::ModuloP(second)))
                }
            },
            SigningPhase::ModuloP(half) => match half.advance(residue, rest) {
                Some(cost) => (cost, None),
                None => {
                    (0, Some(SigningPhase::Recombine(Recombination::new(half, key.coefficient, key.prime2))))
                }
            },
            SigningPhase::Recombine(recombination) => match recombination.advance(residue_q, rest)? {
                Some(cost) => (cost, None),
                None => {
                    recombination.copy_result(residue, residue_q, rest);
                    (0, Some(SigningPhase::LoadModulus))
                }
            },
            _ => (0, None),
        };
        if let Some(next) = next {
            self.phase = next;
        }
        Ok(cost)
    }

    /// Does one operation modulo n; its cost.
    fn advance_modulo_n(&mut self, memory: &mut [u32]) -> usize {
        let (largest_cost, exponent) = (self.largest_cost(), self.checked.exponent);
        let SigningRegisters { signature, residue, modulus, accumulator, product, .. } =
            SigningRegisters::split(memory, self.checked.length());
        if let SigningPhase::LoadModulus = self.phase {
            limbs::import(modulus, self.checked.modulus);
        }
        let mut modulus = Modulus::new(modulus, self.inverse, product);
        let (cost, next) = match &mut self.phase {
            SigningPhase::Blind(power) => {
                match power.advance(&mut modulus, signature, residue, accumulator) {
                    Some(cost) => (cost, None),
                    None => {
                        modulus.multiply_by(residue, signature);
                        let first =
                            CrtHalf::new(self.key.prime2, self.key.exponent2, self.bits_q, self.window);
                        (largest_cost, Some(SigningPhase::ModuloQ(first)))
                    }
                }
            }
            // Not by division, although n is public: every key takes the same instructions.
            SigningPhase::LoadModulus => (0, Some(SigningPhase::SquareRadix(SquaredRadix::default()))),
            SigningPhase::SquareRadix(radix) => {
                match radix.advance(&mut modulus, self.checked.bits, accumulator) {
                    Some(cost) => (cost, None),
                    None => (0, Some(SigningPhase::ConvertResidue)),
                }
            }
            SigningPhase::ConvertResidue => {
                modulus.multiply_by(residue, accumulator);
                limbs::reduce_once(residue, modulus.limbs());
                (largest_cost, Some(SigningPhase::Unblind))
            }
            SigningPhase::Unblind => {
                modulus.multiply_by(signature, residue);
                limbs::reduce_once(signature, modulus.limbs());
                (largest_cost, Some(SigningPhase::ConvertSignature))
            }
            SigningPhase::ConvertSignature => {
                limbs::copy(residue, signature);
                modulus.multiply_by(residue, accumulator);
                (largest_cost, Some(SigningPhase::Check(PublicExponentiation::new(exponent))))
            }
            SigningPhase::Check(power) => {
                match power.advance(&mut modulus, accumulator, residue, signature) {
                    Some(cost) => (cost, None),
                    None => {
                        limbs::reduce_once(accumulator, modulus.limbs());
                        (0, Some(SigningPhase::Finished))
                    }
                }
            }
            _ => (0, None),
        };
        if let Some(next) = next {
            self.phase = next;
        }
        cost
    }
}

/// The same key, whose coefficient is without the zero byte that DER puts before a number whose top bit is set: that bit is secret, and
/// the instructions of the import must not depend on it. Those of the exponents do not.
fn without_sign<'k>(key: &RsaPrivateKey<'k>) -> RsaPrivateKey<'k> {
    let sign = key.coefficient.first().map_or(0, |first| usize::from(*first == 0));
    RsaPrivateKey { coefficient: key.coefficient.get(sign..).unwrap_or_default(), ..*key }
}

/// The length in bits of a prime: odd and not too short. Lengths are no secrets.
fn prime_bits(prime: &[u8], checked: &CheckedKey<'_>) -> Result<usize, Error> {
    let bits = limbs::bit_length(limbs::trim_vartime(prime));
    let shortest = checked.bits.div_ceil(MIN_PRIME_PART);
    if limbs::bit(prime, 0) == 0 || !(shortest..=checked.bits).contains(&bits) {
        return Err(rsa::BAD_INPUT_DATA);
    }
    Ok(bits)
}

/// Draws a number that is not zero and one bit shorter than a modulus of `bits` bits, so that it is below it.
fn draw(out: &mut [u32], bits: usize, rng: &mut impl Rng) -> Result<(), Error> {
    rng.fill(bytemuck::cast_slice_mut(out)).map_err(|cause| rsa::RNG_FAILED.because(cause))?;
    limbs::truncate(out, bits.saturating_sub(1));
    if let Some(low) = out.first_mut() {
        *low |= 1;
    }
    Ok(())
}

/// The lent memory while the work is modulo n; the head of this file says what stands where in which phase.
struct SigningRegisters<'w> {
    digest: &'w mut [u32],
    /// y, which unblinds; then the signature.
    signature: &'w mut [u32],
    /// The number that is worked on.
    residue: &'w mut [u32],
    modulus: &'w mut [u32],
    accumulator: &'w mut [u32],
    product: &'w mut [u32],
}

impl<'w> SigningRegisters<'w> {
    fn split(memory: &'w mut [u32], length: usize) -> Self {
        let mut rest = memory;
        Self {
            digest: take(&mut rest, DIGEST_LIMBS),
            signature: take(&mut rest, length),
            residue: take(&mut rest, length),
            modulus: take(&mut rest, length),
            accumulator: take(&mut rest, length),
            product: take(&mut rest, length.saturating_mul(2)),
        }
    }
}
