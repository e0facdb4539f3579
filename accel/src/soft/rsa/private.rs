//! The RSA signature as a job: CRT, blinded, constant-time, and checked with the public key before it leaves.
//!
//! ```text
//!   y = m * r^(e-1)      x = y * r                      r random; m the padded digest; all modulo n
//!   s_q = x^(dq-1) mod q      s_p = x^(dp-1) mod p      fixed windows, selected from the whole table by masks
//!   s' = s_q + q * ((s_p - s_q) * coefficient mod p)
//!   s  = s' * y mod n                                   leaves only if s^e = m
//! ```
//!
//! As x = m * r^e, x^d = s * r, and x^(d-1) * y = x^d * y / x = s: the blinding needs no inverse of r. Whatever is raised to a
//! private exponent, and both halves until they are joined, are multiplied by powers of an unknown r. dp and dq are odd, as
//! p - 1 and q - 1 are even: subtracting one clears their lowest bit. The exponents need no blinding, as neither a branch nor an
//! index depends on them.
//!
//! Constant-time: the time depends on the lengths in bits of n, p and q, on e, and on the size of the lent memory, which are no
//! secrets. Parts that do not belong together, even p = q, end in a signature that does not verify: `PRIVATE_FAILED`.
//!
//! Lent memory, in limbs; y is in `a`, x in `b`, h is the longer prime's length:
//! ```text
//!   digest 16 | a n | b n | s_q | modulus h | power h | factor h | product 2h | table h * 2^window     (half.rs)
//!   digest 16 | a n | b n | modulus n | power n | product 2n
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
    Bounds, DIGEST_LIMBS, Power,
    half::{self, Half},
    join::Join,
    padding,
};
use crate::{HashAlgorithm, Rng, RsaPrivateKey};

/// A prime is at least this part of the modulus, in bits. A shorter one is found by factoring methods that a modulus of this
/// size is meant to withstand.
const MIN_PRIME_PART: usize = 4;

/// Limbs of lent memory for a modulus of so many limbs: enough for the most unequal primes. The long prime takes 7 numbers of at
/// most 3/4 with a window of one bit, the short one 1/4, and each is rounded up to whole rows.
pub(crate) const fn memory(length: usize) -> usize {
    DIGEST_LIMBS.saturating_add(length.saturating_mul(8)).saturating_add(8 * kernel::ROWS)
}

/// The least and the most that is of use: a wider window than the widest gains nothing.
pub(crate) const fn memory_range(length: usize) -> (usize, usize) {
    let least = memory(length);
    (least, least.saturating_add(half::table(length)))
}

/// A signature in progress.
pub(crate) struct Private<'k> {
    key: RsaPrivateKey<'k>,
    bounds: Bounds<'k>,
    algorithm: HashAlgorithm,
    /// The primes' lengths in bits.
    bits_p: usize,
    bits_q: usize,
    window: usize,
    /// Of n.
    inverse: u32,
    phase: Phase<'k>,
}

enum Phase<'k> {
    /// The parts cannot belong together: fails at once.
    Refused,
    /// y and x.
    Blind(Power),
    /// s_q.
    First(Half<'k>),
    /// s_p.
    Second(Half<'k>),
    /// s'.
    Join(Join<'k>),
    /// n again.
    Import,
    /// R^2 modulo n.
    Radix(SquaredRadix),
    /// s' in Montgomery form.
    Convert,
    /// s.
    Unblind,
    /// s in Montgomery form.
    ConvertBack,
    /// s^e.
    Check(Power),
    Finished,
}

impl<'k> Private<'k> {
    /// Copies the digest and draws the blinding factor.
    pub(crate) fn sign(
        key: &RsaPrivateKey<'k>,
        algorithm: HashAlgorithm,
        digest: &[u8],
        memory: &mut [u32],
        rng: &mut impl Rng,
    ) -> Result<Self, Error> {
        let bounds = Bounds::check(&key.public)?;
        if digest.len() != algorithm.digest_length() {
            return Err(rsa::BAD_INPUT_DATA);
        }
        let bits_p = prime_bits(key.prime1, &bounds)?;
        let bits_q = prime_bits(key.prime2, &bounds)?;
        let window = {
            let (p, q) = (limbs_for(bits_p), limbs_for(bits_q));
            let before = bounds.length().saturating_mul(2).saturating_add(DIGEST_LIMBS).saturating_add(q);
            half::window(memory.len().saturating_sub(before), p.max(q))
        };
        let numbers = Whole::split(memory, bounds.length());
        limbs::import(numbers.digest, digest);
        limbs::import(numbers.modulus, bounds.modulus);
        padding::signature(numbers.power, bounds.modulus.len(), algorithm, digest);
        draw(numbers.b, bounds.bits, rng)?;
        let inverse = negated_inverse(numbers.modulus);
        // A product is as long as its two factors together, or one bit shorter.
        let sum = bits_p.saturating_add(bits_q);
        let fits = sum == bounds.bits || sum == bounds.bits.saturating_add(1);
        let phase = if fits { Phase::Blind(Power::new(bounds.exponent)) } else { Phase::Refused };
        Ok(Self { key: without_signs(key), bounds, algorithm, bits_p, bits_q, window, inverse, phase })
    }

    /// The largest cost of an advance.
    pub(crate) fn unit(&self) -> usize {
        let prime = limbs_for(self.bits_p.max(self.bits_q));
        cost_of_product(self.bounds.length()).max(half::unit(prime))
    }

    /// Does one operation.
    pub(crate) fn advance(&mut self, memory: &mut [u32]) -> Result<Advance, Error> {
        match self.phase {
            Phase::Refused => Err(rsa::PRIVATE_FAILED),
            Phase::Finished => Ok(Advance::Done),
            Phase::First(_) | Phase::Second(_) | Phase::Join(_) => {
                Ok(Advance::More(self.advance_prime(memory)?))
            }
            _ => Ok(Advance::More(self.advance_whole(memory))),
        }
    }

    /// Checks the signature and writes it: the bytes written.
    pub(crate) fn finish(&self, memory: &mut [u32], output: &mut [u8]) -> Result<usize, Error> {
        let length = self.bounds.modulus.len();
        let numbers = Whole::split(memory, self.bounds.length());
        let mut digest = [0; crate::MAX_DIGEST_LENGTH];
        let digest = digest.get_mut(..self.algorithm.digest_length()).unwrap_or_default();
        limbs::export(digest, numbers.digest);
        padding::signature(numbers.b, length, self.algorithm, digest);
        if limbs::equal(numbers.b, numbers.power) == 0 {
            return Err(rsa::PRIVATE_FAILED);
        }
        let output = output.get_mut(..length).ok_or(rsa::OUTPUT_TOO_LARGE)?;
        limbs::export(output, numbers.a);
        Ok(length)
    }

    /// An operation modulo a prime.
    fn advance_prime(&mut self, memory: &mut [u32]) -> Result<usize, Error> {
        let mut rest = memory;
        let n = self.bounds.length();
        take(&mut rest, DIGEST_LIMBS.saturating_add(n));
        let x = take(&mut rest, n);
        let half_q = take(&mut rest, limbs_for(self.bits_q));
        let key = &self.key;
        let (cost, next) = match &mut self.phase {
            Phase::First(half) => match half.advance(x, rest) {
                Some(cost) => (cost, None),
                None => {
                    half.copy_result(half_q, rest);
                    let second = Half::new(key.prime1, key.exponent1, self.bits_p, self.window);
                    (0, Some(Phase::Second(second)))
                }
            },
            Phase::Second(half) => match half.advance(x, rest) {
                Some(cost) => (cost, None),
                None => (0, Some(Phase::Join(Join::new(half, key.coefficient, key.prime2)))),
            },
            Phase::Join(join) => match join.advance(half_q, rest)? {
                Some(cost) => (cost, None),
                None => {
                    join.copy_result(x, half_q, rest);
                    (0, Some(Phase::Import))
                }
            },
            _ => (0, None),
        };
        if let Some(next) = next {
            self.phase = next;
        }
        Ok(cost)
    }

    /// An operation modulo n.
    fn advance_whole(&mut self, memory: &mut [u32]) -> usize {
        let (unit, exponent) = (self.unit(), self.bounds.exponent);
        let Whole { a, b, modulus, power, product, .. } = Whole::split(memory, self.bounds.length());
        if let Phase::Import = self.phase {
            limbs::import(modulus, self.bounds.modulus);
        }
        let mut modulus = Modulus::new(modulus, self.inverse, product);
        let (cost, next) = match &mut self.phase {
            // `a` becomes y; `power` is m; `b` is r in Montgomery form, and becomes x.
            Phase::Blind(state) => match state.advance(&mut modulus, a, b, power) {
                Some(cost) => (cost, None),
                None => {
                    modulus.multiply_by(b, a);
                    let first = Half::new(self.key.prime2, self.key.exponent2, self.bits_q, self.window);
                    (unit, Some(Phase::First(first)))
                }
            },
            // Not by division, though n is public: the same instructions for every key.
            Phase::Import => (0, Some(Phase::Radix(SquaredRadix::default()))),
            Phase::Radix(radix) => match radix.advance(&mut modulus, self.bounds.bits, power) {
                Some(cost) => (cost, None),
                None => (0, Some(Phase::Convert)),
            },
            // `power` is R^2, `b` is s'.
            Phase::Convert => {
                modulus.multiply_by(b, power);
                limbs::reduce_once(b, modulus.limbs());
                (unit, Some(Phase::Unblind))
            }
            Phase::Unblind => {
                modulus.multiply_by(a, b);
                limbs::reduce_once(a, modulus.limbs());
                (unit, Some(Phase::ConvertBack))
            }
            Phase::ConvertBack => {
                limbs::copy(b, a);
                modulus.multiply_by(b, power);
                (unit, Some(Phase::Check(Power::new(exponent))))
            }
            // `a` is s, `b` is s in Montgomery form.
            Phase::Check(state) => match state.advance(&mut modulus, power, b, a) {
                Some(cost) => (cost, None),
                None => {
                    limbs::reduce_once(power, modulus.limbs());
                    (0, Some(Phase::Finished))
                }
            },
            _ => (0, None),
        };
        if let Some(next) = next {
            self.phase = next;
        }
        cost
    }
}

/// The same key, whose parts have no byte in front that only tells their sign in DER: whether there is one depends on a secret bit, and
/// no instruction may.
fn without_signs<'k>(key: &RsaPrivateKey<'k>) -> RsaPrivateKey<'k> {
    let unsigned = |number: &'k [u8]| {
        let signs = number.first().map_or(0, |first| usize::from(*first == 0));
        number.get(signs..).unwrap_or_default()
    };
    RsaPrivateKey {
        exponent1: unsigned(key.exponent1),
        exponent2: unsigned(key.exponent2),
        coefficient: unsigned(key.coefficient),
        ..*key
    }
}

/// The length in bits of a prime: odd and not too short. Lengths are no secrets.
fn prime_bits(prime: &[u8], bounds: &Bounds<'_>) -> Result<usize, Error> {
    let bits = limbs::bit_length(limbs::trim_vartime(prime));
    let shortest = bounds.bits.div_ceil(MIN_PRIME_PART);
    if limbs::bit(prime, 0) == 0 || !(shortest..=bounds.bits).contains(&bits) {
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

/// The lent memory while the work is modulo n.
struct Whole<'w> {
    digest: &'w mut [u32],
    a: &'w mut [u32],
    b: &'w mut [u32],
    modulus: &'w mut [u32],
    power: &'w mut [u32],
    product: &'w mut [u32],
}

impl<'w> Whole<'w> {
    fn split(memory: &'w mut [u32], length: usize) -> Self {
        let mut rest = memory;
        Self {
            digest: take(&mut rest, DIGEST_LIMBS),
            a: take(&mut rest, length),
            b: take(&mut rest, length),
            modulus: take(&mut rest, length),
            power: take(&mut rest, length),
            product: take(&mut rest, length.saturating_mul(2)),
        }
    }
}
