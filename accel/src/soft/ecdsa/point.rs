//! Points of y^2 = x^3 - 3x + b in Jacobian coordinates, as formulas over fixed registers; not constant-time.
//!
//! (X, Y, Z) is the point (X / Z^2, Y / Z^3); Z = 0 is the point at infinity.

use super::{
    super::bignum::kernel::{Formula, Register, add, halve, multiply, subtract},
    field::{FREE, Field, Parameters},
};

/// The sum.
pub(super) const X: Register = Register(FREE);
pub(super) const Y: Register = Register(FREE + 1);
pub(super) const Z: Register = Register(FREE + 2);
/// Registers that a sum or a double destroys.
pub(super) const A: Register = Register(FREE + 3);
pub(super) const B: Register = Register(FREE + 4);
pub(super) const C: Register = Register(FREE + 5);
pub(super) const D: Register = Register(FREE + 6);
pub(super) const E: Register = Register(FREE + 7);
pub(super) const F: Register = Register(FREE + 8);
/// The Z of what is added; its X and Y are in E and F.
pub(super) const G: Register = Register(FREE + 9);
/// The first register that is free.
pub(super) const FREE_OF_POINTS: u8 = FREE + 10;

/// Multiplications in a sum, the longest operation.
pub(super) const MULTIPLICATIONS: usize = 16;

/// Whether E and F, in Montgomery form, are a point of the curve.
pub(super) fn is_on_curve(field: &mut Field<'_>, parameters: &Parameters) -> bool {
    field.load(B, parameters.b);
    field.run(EQUATION);
    field.is_zero(A)
}

/// A = x^3 - 3x + b - y^2, with b in B.
static EQUATION: Formula = Formula::new(&[
    multiply(A, E, E),
    multiply(A, A, E),
    subtract(A, A, E),
    subtract(A, A, E),
    subtract(A, A, E),
    add(A, A, B),
    multiply(B, F, F),
    subtract(A, A, B),
]);

/// Doubles the sum: four products and four squares.
pub(super) static DOUBLE: Formula = Formula::new(&[
    // From here on Y is 2Y; Z = 2YZ.
    multiply(A, Z, Z),
    add(Y, Y, Y),
    multiply(Z, Y, Z),
    multiply(B, Y, Y),
    // C = 4 X Y^2.
    multiply(C, X, B),
    // D = 3 (X - Z^2) (X + Z^2), the slope's numerator as a = -3.
    add(D, X, A),
    subtract(A, X, A),
    multiply(A, D, A),
    add(D, A, A),
    add(D, D, A),
    // X = D^2 - 2C; Y = D (C - X) - 8 Y^4.
    multiply(X, D, D),
    subtract(X, X, C),
    subtract(X, X, C),
    subtract(C, C, X),
    multiply(Y, D, C),
    multiply(B, B, B),
    halve(B),
    subtract(Y, Y, B),
]);

/// Adds the point E, F, G to the sum, for any sum: infinity, the point itself and its negative too; it is not infinity. Where it
/// is `affine`, G is 1.
pub(super) fn add_to_sum(field: &mut Field<'_>, affine: bool) {
    if field.is_zero(Z) {
        field.copy_point(X, E);
        return;
    }
    field.run(if affine { UNSCALED } else { SCALED });
    field.run(DIFFERENCE);
    if field.is_zero(E) {
        if field.is_zero(F) {
            field.run(DOUBLE);
        } else {
            field.load(Z, &[]);
        }
        return;
    }
    if !affine {
        field.run(RESCALE);
    }
    field.run(SUM);
}

/// The sum's x and y on the common denominator, in C and D.
static SCALED: Formula =
    Formula::new(&[multiply(B, G, G), multiply(C, X, B), multiply(D, Y, G), multiply(D, D, B)]);

/// The same where G is 1: D, which is not in use yet, becomes 0.
static UNSCALED: Formula = Formula::new(&[subtract(D, D, D), add(C, X, D), add(D, Y, D)]);

/// What is added on the common denominator, less the sum's x and y: in E and F.
static DIFFERENCE: Formula = Formula::new(&[
    multiply(A, Z, Z),
    multiply(E, E, A),
    multiply(F, F, Z),
    multiply(F, F, A),
    subtract(E, E, C),
    subtract(F, F, D),
]);

/// The sum's Z also on the Z of what is added.
static RESCALE: Formula = Formula::new(&[multiply(Z, Z, G)]);

static SUM: Formula = Formula::new(&[
    multiply(Z, Z, E),
    multiply(A, E, E),
    multiply(B, A, E),
    multiply(C, C, A),
    // X = F^2 - E^3 - 2 C E^2; Y = F (C E^2 - X) - D E^3.
    multiply(X, F, F),
    subtract(X, X, B),
    subtract(X, X, C),
    subtract(X, X, C),
    subtract(C, C, X),
    multiply(Y, F, C),
    multiply(D, D, B),
    subtract(Y, Y, D),
]);
