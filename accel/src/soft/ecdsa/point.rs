//! Points of y^2 = x^3 - 3x + b in Jacobian coordinates, as formulas over fixed registers; not constant-time.
//!
//! (X, Y, Z) is the point (X / Z^2, Y / Z^3); Z = 0 is the point at infinity.

use super::{
    super::bignum::kernel::{Formula, Register, add, halve, multiply, subtract},
    field::{CurveParameters, FREE, PrimeField},
};

/// The sum: the point that a verification adds up.
pub(super) const SUM_X: Register = Register(FREE);
pub(super) const SUM_Y: Register = Register(FREE + 1);
pub(super) const SUM_Z: Register = Register(FREE + 2);
/// Temporary registers: an addition and a doubling overwrite them.
pub(super) const T0: Register = Register(FREE + 3);
pub(super) const T1: Register = Register(FREE + 4);
pub(super) const T2: Register = Register(FREE + 5);
pub(super) const T3: Register = Register(FREE + 6);
/// The addend: the point that is added to the sum. An addition overwrites it.
pub(super) const ADDEND_X: Register = Register(FREE + 7);
pub(super) const ADDEND_Y: Register = Register(FREE + 8);
pub(super) const ADDEND_Z: Register = Register(FREE + 9);
/// The first register that is free.
pub(super) const FREE_OF_POINTS: u8 = FREE + 10;

/// Multiplications in an addition, the longest operation.
pub(super) const MULTIPLICATIONS: usize = 16;

/// Whether the addend's x and y, in Montgomery form, are a point of the curve.
pub(super) fn is_on_curve(field: &mut PrimeField<'_>, parameters: &CurveParameters) -> bool {
    field.load(T1, parameters.b);
    field.run(EQUATION);
    field.is_zero(T0)
}

/// T0 = x^3 - 3x + b - y^2, with b in T1.
static EQUATION: Formula = Formula::new(&[
    multiply(T0, ADDEND_X, ADDEND_X),
    multiply(T0, T0, ADDEND_X),
    subtract(T0, T0, ADDEND_X),
    subtract(T0, T0, ADDEND_X),
    subtract(T0, T0, ADDEND_X),
    add(T0, T0, T1),
    multiply(T1, ADDEND_Y, ADDEND_Y),
    subtract(T0, T0, T1),
]);

/// Doubles the sum: four products and four squares.
///
/// ```text
///   alpha = 3 (X - Z^2) (X + Z^2)    the slope's numerator, as a = -3
///   beta  = 4 X Y^2
///   X' = alpha^2 - 2 beta    Y' = alpha (beta - X') - 8 Y^4    Z' = 2 Y Z
/// ```
pub(super) static DOUBLE: Formula = {
    const DELTA: Register = T0;
    const GAMMA: Register = T1;
    const BETA: Register = T2;
    const ALPHA: Register = T3;
    Formula::new(&[
        multiply(DELTA, SUM_Z, SUM_Z),
        // From here on the register of Y holds 2Y, and gamma is 4 Y^2.
        add(SUM_Y, SUM_Y, SUM_Y),
        multiply(SUM_Z, SUM_Y, SUM_Z),
        multiply(GAMMA, SUM_Y, SUM_Y),
        multiply(BETA, SUM_X, GAMMA),
        add(ALPHA, SUM_X, DELTA),
        subtract(DELTA, SUM_X, DELTA),
        multiply(DELTA, ALPHA, DELTA),
        add(ALPHA, DELTA, DELTA),
        add(ALPHA, ALPHA, DELTA),
        multiply(SUM_X, ALPHA, ALPHA),
        subtract(SUM_X, SUM_X, BETA),
        subtract(SUM_X, SUM_X, BETA),
        subtract(BETA, BETA, SUM_X),
        multiply(SUM_Y, ALPHA, BETA),
        // gamma^2 / 2 = 8 Y^4.
        multiply(GAMMA, GAMMA, GAMMA),
        halve(GAMMA),
        subtract(SUM_Y, SUM_Y, GAMMA),
    ])
};

/// Adds the addend, which is not infinity, to any sum: also to infinity, the addend itself and its negative. If it is `affine`, its Z is
/// 1.
pub(super) fn add_to_sum(field: &mut PrimeField<'_>, affine: bool) {
    if field.is_zero(SUM_Z) {
        field.copy_point(SUM_X, ADDEND_X);
        return;
    }
    field.run(if affine { SUM_UNSCALED } else { SUM_SCALED });
    field.run(DIFFERENCE);
    if field.is_zero(H) {
        if field.is_zero(SLOPE) {
            field.run(DOUBLE);
        } else {
            field.load(SUM_Z, &[]);
        }
        return;
    }
    if !affine {
        field.run(RESCALE);
    }
    field.run(ADD);
}

// The formulas of an addition, of (X1, Y1, Z1), the sum, and (X2, Y2, Z2), the addend.

/// X1 Z2^2 and Y1 Z2^3: the sum's coordinates on the common denominator.
const U1: Register = T2;
const S1: Register = T3;
/// X2 Z1^2 - X1 Z2^2: how far the points are apart in x.
const H: Register = ADDEND_X;
/// Y2 Z1^3 - Y1 Z2^3: the slope's numerator.
const SLOPE: Register = ADDEND_Y;

static SUM_SCALED: Formula = {
    const Z2_SQUARED: Register = T1;
    Formula::new(&[
        multiply(Z2_SQUARED, ADDEND_Z, ADDEND_Z),
        multiply(U1, SUM_X, Z2_SQUARED),
        multiply(S1, SUM_Y, ADDEND_Z),
        multiply(S1, S1, Z2_SQUARED),
    ])
};

/// The same where Z2 is 1. S1, which is not in use yet, is the zero that is added to copy X1.
static SUM_UNSCALED: Formula = Formula::new(&[subtract(S1, S1, S1), add(U1, SUM_X, S1), add(S1, SUM_Y, S1)]);

/// H and the slope's numerator, in place of the addend's x and y.
static DIFFERENCE: Formula = {
    const Z1_SQUARED: Register = T0;
    Formula::new(&[
        multiply(Z1_SQUARED, SUM_Z, SUM_Z),
        multiply(H, ADDEND_X, Z1_SQUARED),
        multiply(SLOPE, ADDEND_Y, SUM_Z),
        multiply(SLOPE, SLOPE, Z1_SQUARED),
        subtract(H, H, U1),
        subtract(SLOPE, SLOPE, S1),
    ])
};

/// Z1 Z2, where Z2 is not 1.
static RESCALE: Formula = Formula::new(&[multiply(SUM_Z, SUM_Z, ADDEND_Z)]);

/// ```text
///   X' = slope^2 - H^3 - 2 U1 H^2    Y' = slope (U1 H^2 - X') - S1 H^3    Z' = Z1 Z2 H
/// ```
static ADD: Formula = {
    const H_SQUARED: Register = T0;
    const H_CUBED: Register = T1;
    Formula::new(&[
        multiply(SUM_Z, SUM_Z, H),
        multiply(H_SQUARED, H, H),
        multiply(H_CUBED, H_SQUARED, H),
        // From here on the register of U1 holds U1 H^2.
        multiply(U1, U1, H_SQUARED),
        multiply(SUM_X, SLOPE, SLOPE),
        subtract(SUM_X, SUM_X, H_CUBED),
        subtract(SUM_X, SUM_X, U1),
        subtract(SUM_X, SUM_X, U1),
        subtract(U1, U1, SUM_X),
        multiply(SUM_Y, SLOPE, U1),
        multiply(S1, S1, H_CUBED),
        subtract(SUM_Y, SUM_Y, S1),
    ])
};
