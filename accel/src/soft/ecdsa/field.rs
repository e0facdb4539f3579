//! The field of a curve, over numbered registers in lent memory; not constant-time.
//!
//! A register holds the least residue in Montgomery form, so that comparing with zero and with each other is plain.
#![expect(clippy::arithmetic_side_effects, reason = "register numbers and lengths are small constants")]

use core::{cmp::Ordering, ops::Range};

use super::super::bignum::{kernel, limbs};

/// A curve's numbers. Everything of the field but the prime is in Montgomery form.
pub(crate) struct Parameters {
    /// Bits of the prime and of the order.
    pub(super) bits: usize,
    /// Their length in limbs.
    pub(super) length: usize,
    pub(super) prime: &'static [u32],
    /// -prime^-1 mod 2^128.
    pub(super) prime_inverse: [u32; 4],
    pub(super) order: &'static [u32],
    /// -order^-1 mod 2^128.
    pub(super) order_inverse: [u32; 4],
    /// R modulo the prime.
    pub(super) one: &'static [u32],
    /// R^2 modulo the prime.
    pub(super) square: &'static [u32],
    /// R modulo the order.
    pub(super) order_one: &'static [u32],
    /// The curve's constant b.
    pub(super) b: &'static [u32],
    /// The generator times 1, 3, 5 and 7, as affine points.
    pub(super) generator: &'static [(&'static [u32], &'static [u32])],
}

/// The number of a register.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Register(pub(super) usize);

/// Registers, and memory for a product.
pub(super) struct Field<'w> {
    parameters: &'static Parameters,
    product: &'w mut [u32],
    registers: &'w mut [u32],
}

impl<'w> Field<'w> {
    /// `product` of twice the length, and registers.
    pub(super) fn new(
        parameters: &'static Parameters,
        product: &'w mut [u32],
        registers: &'w mut [u32],
    ) -> Self {
        Self { parameters, product, registers }
    }

    pub(super) fn at(&self, register: Register) -> &[u32] {
        self.registers.get(self.range(register)).unwrap_or_default()
    }

    pub(super) fn at_mut(&mut self, register: Register) -> &mut [u32] {
        let range = self.range(register);
        self.registers.get_mut(range).unwrap_or_default()
    }

    /// Sets a register.
    pub(super) fn load(&mut self, out: Register, number: &[u32]) {
        limbs::copy(self.at_mut(out), number);
    }

    /// `out = a`, for an `a` that is another register.
    pub(super) fn copy(&mut self, out: Register, a: Register) {
        if let Some((out, a)) = self.two(out, a) {
            limbs::copy(out, a);
        }
    }

    /// `out = a * b`; any of them may be the same.
    pub(super) fn multiply(&mut self, out: Register, a: Register, b: Register) {
        let (a, b) = (self.range(a), self.range(b));
        let a = self.registers.get(a).unwrap_or_default();
        let b = self.registers.get(b).unwrap_or_default();
        kernel::mul(self.product, a, b);
        self.reduce(out);
    }

    /// `out = a * a`; both may be the same.
    pub(super) fn square(&mut self, out: Register, a: Register) {
        let a = self.range(a);
        kernel::sqr(self.product, self.registers.get(a).unwrap_or_default());
        self.reduce(out);
    }

    /// `out = a * number`.
    pub(super) fn multiply_constant(&mut self, out: Register, a: Register, number: &[u32]) {
        let a = self.range(a);
        kernel::mul(self.product, self.registers.get(a).unwrap_or_default(), number);
        self.reduce(out);
    }

    /// `a = a + b`.
    pub(super) fn add(&mut self, a: Register, b: Register) {
        let prime = self.parameters.prime;
        let Some((a, b)) = self.two(a, b) else { return };
        let carry = limbs::add_if(a, b, 1);
        if carry == 1 || limbs::compare_vartime(a, prime) != Ordering::Less {
            limbs::subtract_if(a, prime, 1);
        }
    }

    /// `a = 2 * a`.
    pub(super) fn double(&mut self, a: Register) {
        let prime = self.parameters.prime;
        let a = self.at_mut(a);
        let carry = limbs::shift_left(a);
        if carry == 1 || limbs::compare_vartime(a, prime) != Ordering::Less {
            limbs::subtract_if(a, prime, 1);
        }
    }

    /// `a = a - b`.
    pub(super) fn subtract(&mut self, a: Register, b: Register) {
        let prime = self.parameters.prime;
        let Some((a, b)) = self.two(a, b) else { return };
        if limbs::subtract_if(a, b, 1) == 1 {
            limbs::add_if(a, prime, 1);
        }
    }

    /// `out = -a`, for an `a` that is another register.
    pub(super) fn negate(&mut self, out: Register, a: Register) {
        self.at_mut(out).fill(0);
        self.subtract(out, a);
    }

    pub(super) fn is_zero(&self, a: Register) -> bool {
        limbs::is_zero_vartime(self.at(a))
    }

    pub(super) fn is_equal(&self, a: Register, b: Register) -> bool {
        self.at(a) == self.at(b)
    }

    /// Four registers, all different.
    pub(super) fn four(&mut self, registers: [Register; 4]) -> [&mut [u32]; 4] {
        self.product_and_four(registers).1
    }

    /// The memory for a product, and four registers, all different.
    pub(super) fn product_and_four(&mut self, registers: [Register; 4]) -> (&mut [u32], [&mut [u32]; 4]) {
        let ranges = registers.map(|register| self.range(register));
        (self.product, self.registers.get_disjoint_mut(ranges).unwrap_or_default())
    }

    fn reduce(&mut self, out: Register) {
        let (prime, range) = (self.parameters.prime, self.range(out));
        let out = self.registers.get_mut(range).unwrap_or_default();
        kernel::reduce(out, self.product, prime, &self.parameters.prime_inverse);
        if limbs::compare_vartime(out, prime) != Ordering::Less {
            limbs::subtract_if(out, prime, 1);
        }
    }

    fn two(&mut self, a: Register, b: Register) -> Option<(&mut [u32], &[u32])> {
        let ranges = [self.range(a), self.range(b)];
        let [a, b] = self.registers.get_disjoint_mut(ranges).ok()?;
        Some((a, b))
    }

    const fn range(&self, register: Register) -> Range<usize> {
        let start = register.0 * self.parameters.length;
        start..start + self.parameters.length
    }
}
