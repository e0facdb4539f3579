//! ECDSA verification (FIPS 186-4 §6.4.2) on P-256, P-384 and P-521 as a job: one verifier for all three. Not constant-time:
//! key, digest and signature are public.
//!
//! ```text
//!   w = s^-1 mod n    u1 = digest * w    u2 = r * w    (x, y) = u1 * G + u2 * Q    valid if x mod n = r
//! ```
//! Both multiples are taken in one pass over the bits, with odd digits; x is never divided: r * Z^2 is compared with X.
//!
//! Lent memory, in numbers of the field's length:
//! ```text
//!   product 2 | prime 1 | sum 3 | temporary 7 | r 1 | Q times 1, 3, 5, 7: 12 | digits of u1 and u2
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
    field::{Field, PRIME, Parameters},
    inverse::{Inversion, Odd, Step},
    point::{A, B, C, D, E, F, FREE_OF_POINTS, G, MULTIPLICATIONS, X, Z},
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

const R: Register = Register(FREE_OF_POINTS);
/// The first register of the table of multiples of Q.
const TABLE: usize = FREE_OF_POINTS as usize + 1;
/// Coordinates of a point.
const COORDINATES: usize = 3;
/// All registers, and the product.
const REGISTERS: usize = TABLE + COORDINATES * recode::MULTIPLES;

/// What sums and copies cost with each multiplication, for each limb, in limb products: no less than the products of a short
/// field.
const LINEAR: usize = 28;

/// Doublings in one step at most: as many multiplications as two sums.
const DOUBLINGS: usize = 4;

/// Limbs of lent memory.
pub(crate) const fn memory(curve: Curve) -> usize {
    let parameters = curves::parameters(curve);
    let numbers = parameters.length.saturating_mul(REGISTERS);
    numbers.saturating_add(digit_limbs(parameters).saturating_mul(2))
}

/// A verification in progress.
pub(crate) struct Verification {
    parameters: &'static Parameters,
    phase: Phase,
}

enum Phase {
    /// s^-1 modulo the order.
    Invert(Inversion),
    /// u1 and u2, and their digits.
    Scalars,
    /// This multiple of Q; the double of Q in the place of the last one.
    Table(usize),
    /// The sum, at so many bits above the last; then the digit of u1, then that of u2.
    Double(usize),
    AddGenerator(usize),
    AddKey(usize),
    Compare,
    Finished,
}

impl Verification {
    /// Copies what is needed, and checks key and signature for form.
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
        let Memory { mut field, .. } = Memory::split(parameters, memory);
        field.load_prime();
        load_key(&mut field, parameters, key.point)?;
        let (r, s) = der::parse(signature).ok_or(ecp::VERIFY_FAILED)?;
        for (register, number) in [(R, r), (C, s)] {
            let register = field.at_mut(register);
            let fits = limbs::import(register, number);
            if !fits || limbs::is_zero_vartime(register) || limbs::less(register, parameters.order) == 0 {
                return Err(ecp::VERIFY_FAILED);
            }
        }
        field.load(D, parameters.order);
        field.load(E, parameters.order_one);
        field.load(F, &[]);
        // FIPS 186-4 §6.4: the leftmost bits of the digest, as many as the order has; a multiple of eight, or all.
        let length = digest.len().min(parameters.bits.div_ceil(8));
        limbs::import(field.at_mut(A), digest.get(..length).unwrap_or_default());
        Ok(Self { parameters, phase: Phase::Invert(Inversion::new()) })
    }

    /// The largest cost of an advance.
    pub(crate) const fn unit(&self) -> usize {
        let length = self.parameters.length;
        let multiplication = cost_of_product(length).saturating_add(length.saturating_mul(LINEAR));
        multiplication.saturating_mul(2 * MULTIPLICATIONS)
    }

    /// Does one operation.
    pub(crate) fn advance(&mut self, memory: &mut [u32]) -> Result<Advance, Error> {
        let parameters = self.parameters;
        let unit = self.unit();
        let Memory { mut field, generator_digits, key_digits } = Memory::split(parameters, memory);
        let (cost, next) = match &mut self.phase {
            Phase::Invert(inversion) => {
                let [_, u, v, x, y] = field.product_and_four([C, D, E, F]);
                match inversion.advance([u, v, x, y], order(parameters)) {
                    Step::More(cost) => (cost, None),
                    Step::Done => (0, Some(Phase::Scalars)),
                    Step::Failed => return Err(ecp::VERIFY_FAILED),
                }
            }
            Phase::Scalars => {
                scalars(&mut field, parameters);
                recode::recode(generator_digits, field.at(A));
                recode::recode(key_digits, field.at(B));
                (unit, Some(Phase::Table(0)))
            }
            Phase::Table(number) => (unit, Some(fill(&mut field, parameters, *number))),
            Phase::Double(0) => (0, Some(Phase::Compare)),
            Phase::Double(left) => {
                let is_zero = |bit| digit(generator_digits, bit) == 0 && digit(key_digits, bit) == 0;
                let mut bit = *left;
                for _ in 0..DOUBLINGS {
                    field.run(point::DOUBLE);
                    bit = bit.saturating_sub(1);
                    if bit == 0 || !is_zero(bit) {
                        break;
                    }
                }
                let cost = (unit / DOUBLINGS).saturating_mul(left.saturating_sub(bit));
                (cost, Some(after_doublings(generator_digits, key_digits, bit)))
            }
            Phase::AddGenerator(bit) => {
                add_generator(&mut field, parameters, digit(generator_digits, *bit));
                let next =
                    if digit(key_digits, *bit) == 0 { Phase::Double(*bit) } else { Phase::AddKey(*bit) };
                (unit / 2, Some(next))
            }
            Phase::AddKey(bit) => {
                add_key(&mut field, digit(key_digits, *bit));
                (unit / 2, Some(Phase::Double(*bit)))
            }
            Phase::Compare => {
                if !matches(&mut field, parameters) {
                    return Err(ecp::VERIFY_FAILED);
                }
                (unit, Some(Phase::Finished))
            }
            Phase::Finished => return Ok(Advance::Done),
        };
        if let Some(next) = next {
            self.phase = next;
        }
        Ok(Advance::More(cost))
    }
}

/// Q into the table, in Montgomery form, if it is a point of the curve (SEC 1 §3.2.2.1; the cofactor is 1).
fn load_key(field: &mut Field<'_>, parameters: &Parameters, point: &[u8]) -> Result<(), Error> {
    let length = parameters.bits.div_ceil(8);
    let (form, coordinates) = point.split_first().ok_or(ecp::INVALID_KEY)?;
    let (x, y) = coordinates.split_at_checked(length).ok_or(ecp::INVALID_KEY)?;
    if *form != UNCOMPRESSED || y.len() != length {
        return Err(ecp::INVALID_KEY);
    }
    field.load(A, parameters.square);
    for (register, number) in [(E, x), (F, y)] {
        let out = field.at_mut(register);
        limbs::import(out, number);
        if limbs::less(out, parameters.prime) == 0 {
            return Err(ecp::INVALID_KEY);
        }
    }
    field.run(INTO_MONTGOMERY_FORM);
    field.load(G, parameters.one);
    field.copy_point(multiple(0), E);
    if point::is_on_curve(field, parameters) { Ok(()) } else { Err(ecp::INVALID_KEY) }
}

/// E and F, with R^2 in A.
static INTO_MONTGOMERY_FORM: Formula = Formula::new(&[multiply(E, E, A), multiply(F, F, A)]);

/// The order, for halving modulo it.
const fn order(parameters: &Parameters) -> Odd<'static> {
    Odd { limbs: parameters.order, inverse: parameters.order_inverse }
}

/// The form of a point with both coordinates (SEC 1 §2.3.3).
const UNCOMPRESSED: u8 = 0x04;

/// u1 into A and u2 into B, from the digest in A, r, and s^-1 in Montgomery form in E.
fn scalars(field: &mut Field<'_>, parameters: &Parameters) {
    let [product, u1, u2, inverse, r] = field.product_and_four([A, B, E, R]);
    limbs::copy(u2, r);
    let mut order = Modulus::new(parameters.order, parameters.order_inverse, product);
    for scalar in [u1, u2] {
        order.multiply_by(scalar, inverse);
        limbs::reduce_once(scalar, parameters.order);
    }
}

/// One entry of the table of multiples of Q; the next phase.
fn fill(field: &mut Field<'_>, parameters: &Parameters, number: usize) -> Phase {
    let last = multiple(recode::MULTIPLES.saturating_sub(1));
    match number.checked_sub(1) {
        None => {
            field.copy_point(X, multiple(0));
            field.run(point::DOUBLE);
            field.copy_point(last, X);
            field.copy_point(X, multiple(0));
        }
        Some(_) => {
            field.copy_point(E, last);
            point::add_to_sum(field, false);
            field.copy_point(multiple(number), X);
        }
    }
    let next = number.saturating_add(1);
    if next < recode::MULTIPLES {
        return Phase::Table(next);
    }
    field.load(Z, &[]);
    Phase::Double(parameters.bits.saturating_add(1))
}

/// What follows on doublings up to a bit.
fn after_doublings(generator_digits: &[i8], key_digits: &[i8], bit: usize) -> Phase {
    if digit(generator_digits, bit) != 0 {
        Phase::AddGenerator(bit)
    } else if digit(key_digits, bit) != 0 {
        Phase::AddKey(bit)
    } else {
        Phase::Double(bit)
    }
}

/// Adds a digit times the generator.
fn add_generator(field: &mut Field<'_>, parameters: &Parameters, digit: i8) {
    let Some((x, y)) = recode::multiple(digit).and_then(|number| parameters.generator.get(number)) else {
        return;
    };
    field.load(E, x);
    field.load(F, y);
    field.load(G, parameters.one);
    add_signed(field, digit, true);
}

/// Adds a digit times Q.
fn add_key(field: &mut Field<'_>, digit: i8) {
    let Some(number) = recode::multiple(digit) else { return };
    field.copy_point(E, multiple(number));
    add_signed(field, digit, false);
}

/// Adds the point in E, F and G, or its negative.
fn add_signed(field: &mut Field<'_>, digit: i8, affine: bool) {
    if digit < 0 {
        field.run(NEGATE);
    }
    point::add_to_sum(field, affine);
}

/// A point's y.
static NEGATE: Formula = Formula::new(&[subtract(F, PRIME, F)]);

/// Whether the sum's x modulo the order is r: x is r, or r plus the order where that is below the prime.
fn matches(field: &mut Field<'_>, parameters: &Parameters) -> bool {
    if field.is_zero(Z) {
        return false;
    }
    field.load(C, parameters.square);
    field.run(SQUARED_DENOMINATOR);
    loop {
        field.run(DIFFERENCE);
        if field.is_zero(B) {
            return true;
        }
        let r = field.at_mut(R);
        let carry = limbs::add_if(r, parameters.order, 1);
        if carry == 1 || limbs::less(r, parameters.prime) == 0 {
            return false;
        }
    }
}

/// A = Z^2, once more in Montgomery form: a product with a number that is not in it is in it. R^2 is in C.
static SQUARED_DENOMINATOR: Formula = Formula::new(&[multiply(A, Z, Z), multiply(A, A, C)]);

/// B = r * Z^2 - X.
static DIFFERENCE: Formula = Formula::new(&[multiply(B, R, A), subtract(B, B, X)]);

/// The first register of an odd multiple of Q.
fn multiple(number: usize) -> Register {
    let first = TABLE.saturating_add(number.saturating_mul(COORDINATES));
    Register(u8::try_from(first).unwrap_or_default())
}

fn digit(digits: &[i8], bit: usize) -> i8 {
    digits.get(bit).copied().unwrap_or(0)
}

/// Limbs for a scalar's digits: a byte for each bit and one more.
const fn digit_limbs(parameters: &Parameters) -> usize {
    parameters.bits.saturating_add(1).div_ceil(4)
}

struct Memory<'w> {
    field: Field<'w>,
    generator_digits: &'w mut [i8],
    key_digits: &'w mut [i8],
}

impl<'w> Memory<'w> {
    fn split(parameters: &'static Parameters, memory: &'w mut [u32]) -> Self {
        let (mut rest, length) = (memory, parameters.length);
        let file = take_inlined(&mut rest, length.saturating_mul(REGISTERS));
        Self {
            field: Field::new(parameters, file),
            generator_digits: bytemuck::cast_slice_mut(take_inlined(&mut rest, digit_limbs(parameters))),
            key_digits: bytemuck::cast_slice_mut(take_inlined(&mut rest, digit_limbs(parameters))),
        }
    }
}
