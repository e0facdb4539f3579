//! ECDSA verification (FIPS 186-4 §6.4.2) on P-256, P-384 and P-521 as a job: one verifier for all three. Not constant-time:
//! key, digest and signature are public.
//!
//! ```text
//!   w = s^-1 mod n    u1 = digest * w    u2 = r * w    (x, y) = u1 * G + u2 * Q    valid if x mod n = r
//! ```
//! Both multiples are computed in one pass over the bits, with odd digits. There is no division by Z^2: r * Z^2 is compared with X.
//!
//! Lent memory, in registers of the field's length:
//! ```text
//!   product 2 | prime 1 | sum 3 | temporary 4 | addend 3 | r 1 | Q times 1, 3, 5, 7: 12 | digits of u1 and u2
//! ```
//!
//! Deliberately absent: signing, key agreement, any other curve.

mod curves;
mod der;
mod field;
mod inverse;
mod point;
mod recode;
#[cfg(test)]
mod tests;

use status::{Error, ecp};

use self::{
    field::{CurveParameters, PRIME, PrimeField},
    inverse::{Inversion, OddModulus},
    point::{ADDEND_X, ADDEND_Y, ADDEND_Z, FREE_OF_POINTS, MULTIPLICATIONS, SUM_X, SUM_Z, T0, T1, T2, T3},
};
use super::{
    bignum::{
        Modulus, cost_of_product,
        kernel::{Formula, Register, multiply, subtract},
        limbs,
    },
    slice::{Advance, take_inlined},
};
use crate::{Curve, EcPublicKey};

#[cfg(test)]
pub(crate) use tests::generator;

/// r of the signature.
const R: Register = Register(FREE_OF_POINTS);
// Until the first point is added, the registers of points hold these.
/// u of the inversion: s.
const S: Register = T2;
/// v of the inversion: the order.
const ORDER: Register = T3;
/// x of the inversion: at its end w = s^-1.
const S_INVERSE: Register = ADDEND_X;
/// y of the inversion.
const INVERSION_Y: Register = ADDEND_Y;
/// What G is multiplied by: the digest, then u1 = digest * w.
const GENERATOR_SCALAR: Register = T0;
/// What Q is multiplied by: u2 = r * w.
const KEY_SCALAR: Register = T1;

/// The first register of the table of multiples of Q.
const TABLE: usize = FREE_OF_POINTS as usize + 1;
/// Coordinates of a point.
const COORDINATES: usize = 3;
/// All registers, the product included.
const REGISTERS: usize = TABLE + COORDINATES * recode::MULTIPLES;

/// What additions and copies cost beside each multiplication, for each limb, in limb products: as much as the products of a short
/// field, or more.
const LINEAR: usize = 28;

/// The most doublings in one operation: as many multiplications as in two additions.
const DOUBLINGS: usize = 4;

/// Limbs of lent memory.
pub(crate) const fn memory(curve: Curve) -> usize {
    let parameters = curves::parameters(curve);
    let numbers = parameters.length.saturating_mul(REGISTERS);
    numbers.saturating_add(digit_limbs(parameters).saturating_mul(2))
}

/// A verification in progress.
pub(crate) struct EcdsaVerification {
    parameters: &'static CurveParameters,
    phase: VerificationPhase,
}

enum VerificationPhase {
    /// Computes w = s^-1 modulo the order.
    Invert(Inversion),
    /// Computes u1 and u2, and their digits.
    Scalars,
    /// Computes the multiple of Q of this number. Meanwhile 2 Q stands where the last multiple will be.
    FillTable(usize),
    /// Doubles the sum, at this many bits above the lowest; then its digit of u1 is added, then its digit of u2.
    Double(usize),
    AddGenerator(usize),
    AddKey(usize),
    /// Compares x of the sum with r.
    Compare,
    Finished,
}

impl EcdsaVerification {
    /// Checks the form of key and signature, and copies the numbers.
    pub(crate) fn start(
        key: &EcPublicKey<'_>,
        digest: &[u8],
        signature: &[u8],
        memory: &mut [u32],
    ) -> Result<Self, Error> {
        let parameters = curves::parameters(key.curve);
        if digest.is_empty() {
            return Err(ecp::BAD_INPUT_DATA);
        }
        let VerificationMemory { mut field, .. } = VerificationMemory::split(parameters, memory);
        field.load_prime();
        load_key(&mut field, parameters, key.point)?;
        let (r, s) = der::parse(signature).ok_or(ecp::VERIFY_FAILED)?;
        for (register, number) in [(R, r), (S, s)] {
            let register = field.at_mut(register);
            let fits = limbs::import(register, number);
            if !fits || limbs::is_zero_vartime(register) || limbs::less(register, parameters.order) == 0 {
                return Err(ecp::VERIFY_FAILED);
            }
        }
        field.load(ORDER, parameters.order);
        field.load(S_INVERSE, parameters.order_one);
        field.load(INVERSION_Y, &[]);
        // FIPS 186-4 §6.4: the leftmost bits of the digest, as many as the order has; a multiple of eight, or all.
        let length = digest.len().min(parameters.bits.div_ceil(8));
        limbs::import(field.at_mut(GENERATOR_SCALAR), digest.get(..length).unwrap_or_default());
        Ok(Self { parameters, phase: VerificationPhase::Invert(Inversion::new()) })
    }

    /// The largest cost of one operation.
    pub(crate) const fn largest_cost(&self) -> usize {
        let length = self.parameters.length;
        let multiplication = cost_of_product(length).saturating_add(length.saturating_mul(LINEAR));
        multiplication.saturating_mul(2 * MULTIPLICATIONS)
    }

    /// Does one operation.
    pub(crate) fn advance(&mut self, memory: &mut [u32]) -> Result<Advance, Error> {
        let parameters = self.parameters;
        let largest_cost = self.largest_cost();
        let VerificationMemory { mut field, generator_digits, key_digits } =
            VerificationMemory::split(parameters, memory);
        let (cost, next) = match &mut self.phase {
            VerificationPhase::Invert(inversion) => {
                let [_, u, v, x, y] = field.product_and_four([S, ORDER, S_INVERSE, INVERSION_Y]);
                match inversion.advance([u, v, x, y], order(parameters)).ok_or(ecp::VERIFY_FAILED)? {
                    Advance::More(cost) => (cost, None),
                    Advance::Done => (0, Some(VerificationPhase::Scalars)),
                }
            }
            VerificationPhase::Scalars => {
                scalars(&mut field, parameters);
                recode::recode(generator_digits, field.at(GENERATOR_SCALAR));
                recode::recode(key_digits, field.at(KEY_SCALAR));
                (largest_cost, Some(VerificationPhase::FillTable(0)))
            }
            VerificationPhase::FillTable(number) => {
                (largest_cost, Some(fill(&mut field, parameters, *number)))
            }
            VerificationPhase::Double(0) => (0, Some(VerificationPhase::Compare)),
            VerificationPhase::Double(left) => {
                let is_zero = |bit| digit(generator_digits, bit) == 0 && digit(key_digits, bit) == 0;
                let mut bit = *left;
                for _ in 0..DOUBLINGS {
                    field.run(point::DOUBLE);
                    bit = bit.saturating_sub(1);
                    if bit == 0 || !is_zero(bit) {
                        break;
                    }
                }
                let cost = (largest_cost / DOUBLINGS).saturating_mul(left.saturating_sub(bit));
                (cost, Some(after_doublings(generator_digits, key_digits, bit)))
            }
            VerificationPhase::AddGenerator(bit) => {
                add_generator(&mut field, parameters, digit(generator_digits, *bit));
                let next = if digit(key_digits, *bit) == 0 {
                    VerificationPhase::Double(*bit)
                } else {
                    VerificationPhase::AddKey(*bit)
                };
                (largest_cost / 2, Some(next))
            }
            VerificationPhase::AddKey(bit) => {
                add_key(&mut field, digit(key_digits, *bit));
                (largest_cost / 2, Some(VerificationPhase::Double(*bit)))
            }
            VerificationPhase::Compare => {
                if !matches(&mut field, parameters) {
                    return Err(ecp::VERIFY_FAILED);
                }
                (largest_cost, Some(VerificationPhase::Finished))
            }
            VerificationPhase::Finished => return Ok(Advance::Done),
        };
        if let Some(next) = next {
            self.phase = next;
        }
        Ok(Advance::More(cost))
    }
}

/// Puts Q into the table, in Montgomery form, if it is a point of the curve (SEC 1 §3.2.2.1; the cofactor is 1).
fn load_key(field: &mut PrimeField<'_>, parameters: &CurveParameters, point: &[u8]) -> Result<(), Error> {
    let length = parameters.bits.div_ceil(8);
    let (form, coordinates) = point.split_first().ok_or(ecp::INVALID_KEY)?;
    let (x, y) = coordinates.split_at_checked(length).ok_or(ecp::INVALID_KEY)?;
    if *form != UNCOMPRESSED || y.len() != length {
        return Err(ecp::INVALID_KEY);
    }
    field.load(RADIX_SQUARED, parameters.square);
    for (register, number) in [(ADDEND_X, x), (ADDEND_Y, y)] {
        let out = field.at_mut(register);
        limbs::import(out, number);
        if limbs::less(out, parameters.prime) == 0 {
            return Err(ecp::INVALID_KEY);
        }
    }
    field.run(INTO_MONTGOMERY_FORM);
    field.load(ADDEND_Z, parameters.one);
    field.copy_point(multiple(0), ADDEND_X);
    if point::is_on_curve(field, parameters) { Ok(()) } else { Err(ecp::INVALID_KEY) }
}

/// R^2 modulo the prime, while the key is loaded.
const RADIX_SQUARED: Register = T0;

static INTO_MONTGOMERY_FORM: Formula =
    Formula::new(&[multiply(ADDEND_X, ADDEND_X, RADIX_SQUARED), multiply(ADDEND_Y, ADDEND_Y, RADIX_SQUARED)]);

/// The order, for halving modulo it.
const fn order(parameters: &CurveParameters) -> OddModulus<'static> {
    OddModulus { limbs: parameters.order, inverse: parameters.order_inverse }
}

/// The form of a point with both coordinates (SEC 1 §2.3.3).
const UNCOMPRESSED: u8 = 0x04;

/// Computes u1 and u2 from the digest, r and w, which is in Montgomery form.
fn scalars(field: &mut PrimeField<'_>, parameters: &CurveParameters) {
    let [product, u1, u2, inverse, r] = field.product_and_four([GENERATOR_SCALAR, KEY_SCALAR, S_INVERSE, R]);
    limbs::copy(u2, r);
    let mut order = Modulus::new(parameters.order, parameters.order_inverse, product);
    for scalar in [u1, u2] {
        order.multiply_by(scalar, inverse);
        limbs::reduce_once(scalar, parameters.order);
    }
}

/// One entry of the table of multiples of Q; the next phase.
fn fill(field: &mut PrimeField<'_>, parameters: &CurveParameters, number: usize) -> VerificationPhase {
    let last = multiple(recode::MULTIPLES.saturating_sub(1));
    match number.checked_sub(1) {
        None => {
            field.copy_point(SUM_X, multiple(0));
            field.run(point::DOUBLE);
            field.copy_point(last, SUM_X);
            field.copy_point(SUM_X, multiple(0));
        }
        Some(_) => {
            field.copy_point(ADDEND_X, last);
            point::add_to_sum(field, false);
            field.copy_point(multiple(number), SUM_X);
        }
    }
    let next = number.saturating_add(1);
    if next < recode::MULTIPLES {
        return VerificationPhase::FillTable(next);
    }
    field.load(SUM_Z, &[]);
    VerificationPhase::Double(parameters.bits.saturating_add(1))
}

/// The phase that follows on doublings down to `bit`.
fn after_doublings(generator_digits: &[i8], key_digits: &[i8], bit: usize) -> VerificationPhase {
    if digit(generator_digits, bit) != 0 {
        VerificationPhase::AddGenerator(bit)
    } else if digit(key_digits, bit) != 0 {
        VerificationPhase::AddKey(bit)
    } else {
        VerificationPhase::Double(bit)
    }
}

/// Adds a digit times the generator.
fn add_generator(field: &mut PrimeField<'_>, parameters: &CurveParameters, digit: i8) {
    let Some((x, y)) = recode::multiple(digit).and_then(|number| parameters.generator.get(number)) else {
        return;
    };
    field.load(ADDEND_X, x);
    field.load(ADDEND_Y, y);
    field.load(ADDEND_Z, parameters.one);
    add_signed(field, digit, true);
}

/// Adds a digit times Q.
fn add_key(field: &mut PrimeField<'_>, digit: i8) {
    let Some(number) = recode::multiple(digit) else { return };
    field.copy_point(ADDEND_X, multiple(number));
    add_signed(field, digit, false);
}

/// Adds the addend, or its negative if the digit is negative.
fn add_signed(field: &mut PrimeField<'_>, digit: i8, affine: bool) {
    if digit < 0 {
        field.run(NEGATE);
    }
    point::add_to_sum(field, affine);
}

static NEGATE: Formula = Formula::new(&[subtract(ADDEND_Y, PRIME, ADDEND_Y)]);

/// Whether the sum's x modulo the order is r: x is r, or r plus the order where that is below the prime.
fn matches(field: &mut PrimeField<'_>, parameters: &CurveParameters) -> bool {
    if field.is_zero(SUM_Z) {
        return false;
    }
    field.load(COMPARE_RADIX_SQUARED, parameters.square);
    field.run(SQUARED_DENOMINATOR);
    loop {
        field.run(DIFFERENCE);
        if field.is_zero(COMPARED) {
            return true;
        }
        let r = field.at_mut(R);
        let carry = limbs::add_if(r, parameters.order, 1);
        if carry == 1 || limbs::less(r, parameters.prime) == 0 {
            return false;
        }
    }
}

/// Z^2 with the factor R^2 of Montgomery form, so that its product with r, which is not in Montgomery form, is in Montgomery form.
const DENOMINATOR: Register = T0;
const COMPARED: Register = T1;
const COMPARE_RADIX_SQUARED: Register = T2;
static SQUARED_DENOMINATOR: Formula = Formula::new(&[
    multiply(DENOMINATOR, SUM_Z, SUM_Z),
    multiply(DENOMINATOR, DENOMINATOR, COMPARE_RADIX_SQUARED),
]);

/// r * Z^2 - X.
static DIFFERENCE: Formula =
    Formula::new(&[multiply(COMPARED, R, DENOMINATOR), subtract(COMPARED, COMPARED, SUM_X)]);

/// The first register of an odd multiple of Q.
fn multiple(number: usize) -> Register {
    let first = TABLE.saturating_add(number.saturating_mul(COORDINATES));
    Register(u8::try_from(first).unwrap_or_default())
}

fn digit(digits: &[i8], bit: usize) -> i8 {
    digits.get(bit).copied().unwrap_or(0)
}

/// Limbs for a scalar's digits: a byte for each bit and one more.
const fn digit_limbs(parameters: &CurveParameters) -> usize {
    parameters.bits.saturating_add(1).div_ceil(4)
}

struct VerificationMemory<'w> {
    field: PrimeField<'w>,
    generator_digits: &'w mut [i8],
    key_digits: &'w mut [i8],
}

impl<'w> VerificationMemory<'w> {
    fn split(parameters: &'static CurveParameters, memory: &'w mut [u32]) -> Self {
        let (mut rest, length) = (memory, parameters.length);
        let registers = take_inlined(&mut rest, length.saturating_mul(REGISTERS));
        Self {
            field: PrimeField::new(parameters, registers),
            generator_digits: bytemuck::cast_slice_mut(take_inlined(&mut rest, digit_limbs(parameters))),
            key_digits: bytemuck::cast_slice_mut(take_inlined(&mut rest, digit_limbs(parameters))),
        }
    }
}
