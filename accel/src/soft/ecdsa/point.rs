//! Points of y^2 = x^3 - 3x + b in Jacobian coordinates; not constant-time.
//!
//! (X, Y, Z) is the point (X / Z^2, Y / Z^3); Z = 0 is the point at infinity.

use super::field::{Field, Parameters, Register};

/// Registers of a point.
#[derive(Clone, Copy)]
pub(super) struct Point {
    pub(super) x: Register,
    pub(super) y: Register,
    pub(super) z: Register,
}

/// What is added: a point whose Z is 1 where it has none. Never the point at infinity.
#[derive(Clone, Copy)]
pub(super) struct Summand {
    pub(super) x: Register,
    pub(super) y: Register,
    pub(super) z: Option<Register>,
}

/// Registers that a sum or a double destroys.
pub(super) const A: Register = Register(4);
pub(super) const B: Register = Register(5);
pub(super) const C: Register = Register(6);
pub(super) const D: Register = Register(7);
pub(super) const E: Register = Register(8);
pub(super) const F: Register = Register(9);

/// Multiplications in a sum, the longest operation.
pub(super) const MULTIPLICATIONS: usize = 16;

/// Whether x and y, in Montgomery form, are on the curve.
pub(super) fn is_on_curve(field: &mut Field<'_>, parameters: &Parameters, x: Register, y: Register) -> bool {
    field.square(A, x);
    field.multiply(A, A, x);
    for _ in 0..3 {
        field.subtract(A, A, x);
    }
    field.load(B, parameters.b);
    field.add(A, A, B);
    field.square(B, y);
    field.is_equal(A, B)
}

/// `p = 2p`: four products and four squares.
pub(super) fn double(field: &mut Field<'_>, p: Point) {
    let Point { x, y, z } = p;
    // From here on y is 2Y; z = 2YZ.
    field.square(A, z);
    field.add(y, y, y);
    field.multiply(z, y, z);
    field.square(B, y);
    // C = 4 X Y^2.
    field.multiply(C, x, B);
    // D = 3 (X - Z^2) (X + Z^2), the slope's numerator as a = -3.
    field.add(D, x, A);
    field.subtract(A, x, A);
    field.multiply(A, D, A);
    field.add(D, A, A);
    field.add(D, D, A);
    // X = D^2 - 2C; Y = D (C - X) - 8 Y^4.
    field.square(x, D);
    field.subtract(x, x, C);
    field.subtract(x, x, C);
    field.subtract(C, C, x);
    field.multiply(y, D, C);
    field.square(B, B);
    field.halve(B);
    field.subtract(y, y, B);
}

/// `p = p + q`, for any p: infinity, q itself and its negative too.
pub(super) fn add(field: &mut Field<'_>, parameters: &Parameters, p: Point, q: Summand) {
    let Point { x, y, z } = p;
    if field.is_zero(z) {
        field.copy(x, q.x);
        field.copy(y, q.y);
        match q.z {
            Some(q) => field.copy(z, q),
            None => field.load(z, parameters.one),
        }
        return;
    }
    scale(field, p, q);
    // C, D: p's x and y, and E, F: q's less p's, on the common denominator.
    field.subtract(E, E, C);
    field.subtract(F, F, D);
    if field.is_zero(E) {
        if field.is_zero(F) {
            double(field, p);
        } else {
            field.load(z, &[]);
        }
        return;
    }
    field.multiply(z, z, E);
    if let Some(q) = q.z {
        field.multiply(z, z, q);
    }
    field.square(A, E);
    field.multiply(B, A, E);
    field.multiply(C, C, A);
    // X = F^2 - E^3 - 2 C E^2; Y = F (C E^2 - X) - D E^3.
    field.square(x, F);
    field.subtract(x, x, B);
    field.subtract(x, x, C);
    field.subtract(x, x, C);
    field.subtract(C, C, x);
    field.multiply(y, F, C);
    field.multiply(D, D, B);
    field.subtract(y, y, D);
}

/// Both points' x and y on a common denominator: p's into C and D, q's into E and F.
fn scale(field: &mut Field<'_>, p: Point, q: Summand) {
    match q.z {
        Some(q) => {
            field.square(B, q);
            field.multiply(C, p.x, B);
            field.multiply(D, p.y, q);
            field.multiply(D, D, B);
        }
        None => {
            field.copy(C, p.x);
            field.copy(D, p.y);
        }
    }
    field.square(A, p.z);
    field.multiply(E, q.x, A);
    field.multiply(F, q.y, p.z);
    field.multiply(F, F, A);
}
