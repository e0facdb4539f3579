//! The field of a curve, over numbered registers in lent memory; not constant-time.
//!
//! A register holds a residue in Montgomery form: any that fits its limbs, but for P-521, whose limbs have bits to spare, the
//! least one. Before a register is compared it is made the least.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "register numbers and lengths are small constants, and sums of limbs fit in 64 bits"
)]

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
    pub(super) reduction: Reduction,
    /// The generator times 1, 3, 5 and 7, as affine points.
    pub(super) generator: &'static [(&'static [u32], &'static [u32])],
}

/// Which way a product is reduced; all are a Montgomery reduction.
#[derive(Clone, Copy)]
pub(super) enum Reduction {
    P256,
    P384,
    P521,
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

/// The register that holds the prime.
const PRIME: Register = Register(0);
/// The first register that is free.
pub(super) const FREE: usize = 1;

impl<'w> Field<'w> {
    /// `product` of twice the length, and registers, the first one for the prime, which [`Field::load_prime`] loads.
    pub(super) fn new(
        parameters: &'static Parameters,
        product: &'w mut [u32],
        registers: &'w mut [u32],
    ) -> Self {
        Self { parameters, product, registers }
    }

    pub(super) fn at(&self, register: Register) -> &[u32] {
        number(self.registers, register, self.parameters.length)
    }

    pub(super) fn at_mut(&mut self, register: Register) -> &mut [u32] {
        number_mut(self.registers, register, self.parameters.length)
    }

    /// Once, before anything is added.
    pub(super) fn load_prime(&mut self) {
        self.load(PRIME, self.parameters.prime);
    }

    /// Sets a register.
    #[inline(never)]
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
        let length = self.parameters.length;
        kernel::mul(self.product, number(self.registers, a, length), number(self.registers, b, length));
        self.reduce(out);
    }

    /// `out = a * a`; both may be the same.
    pub(super) fn square(&mut self, out: Register, a: Register) {
        kernel::sqr(self.product, number(self.registers, a, self.parameters.length));
        self.reduce(out);
    }

    /// `out = a * factor`.
    pub(super) fn multiply_constant(&mut self, out: Register, a: Register, factor: &[u32]) {
        kernel::mul(self.product, number(self.registers, a, self.parameters.length), factor);
        self.reduce(out);
    }

    /// `out = a + b`; any of them may be the same.
    pub(super) fn add(&mut self, out: Register, a: Register, b: Register) {
        let mut carry = self.add_limbs(out, a, b);
        while carry == 1 {
            carry -= self.subtract_limbs(out, out, PRIME);
        }
        self.settle(out);
    }

    /// `out = a - b`; any of them may be the same.
    pub(super) fn subtract(&mut self, out: Register, a: Register, b: Register) {
        let mut borrow = self.subtract_limbs(out, a, b);
        while borrow == 1 {
            borrow -= self.add_limbs(out, out, PRIME);
        }
    }

    /// `a = a / 2`.
    pub(super) fn halve(&mut self, a: Register) {
        let odd = self.at(a).first().is_some_and(|low| low & 1 == 1);
        let carry = if odd { self.add_limbs(a, a, PRIME) } else { 0 };
        limbs::halve(self.at_mut(a), carry);
    }

    /// `out = -a`, for an `a` that is not 0; both may be the same.
    pub(super) fn negate(&mut self, out: Register, a: Register) {
        self.subtract(out, PRIME, a);
    }

    /// Whether a register is 0; makes it the least residue.
    pub(super) fn is_zero(&mut self, a: Register) -> bool {
        self.canonical(a);
        limbs::is_zero_vartime(self.at(a))
    }

    /// Whether two registers are the same; makes both the least residues.
    pub(super) fn is_equal(&mut self, a: Register, b: Register) -> bool {
        self.canonical(a);
        self.canonical(b);
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
        let Parameters { prime, prime_inverse, length, .. } = self.parameters;
        let number = number_mut(self.registers, out, *length);
        match self.parameters.reduction {
            Reduction::P256 => kernel::reduce_p256(number, self.product, prime, prime_inverse),
            Reduction::P384 => kernel::reduce_p384(number, self.product, prime, prime_inverse),
            Reduction::P521 => reduce_p521(number, self.product),
        }
        self.settle(out);
    }

    /// Keeps a sum or a product within bounds where no carry tells that it left them.
    fn settle(&mut self, a: Register) {
        if let Reduction::P521 = self.parameters.reduction {
            self.canonical(a);
        }
    }

    /// The least residue: all that fit the limbs are below twice the prime.
    fn canonical(&mut self, a: Register) {
        if limbs::compare_vartime(self.at(a), self.parameters.prime) != Ordering::Less {
            self.subtract_limbs(a, a, PRIME);
        }
    }

    /// `out = a + b` without reduction: the carry.
    fn add_limbs(&mut self, out: Register, a: Register, b: Register) -> u32 {
        kernel::add(self.registers, self.places(out, a, b), self.parameters.length)
    }

    /// `out = a - b` without reduction: the borrow.
    fn subtract_limbs(&mut self, out: Register, a: Register, b: Register) -> u32 {
        kernel::subtract(self.registers, self.places(out, a, b), self.parameters.length)
    }

    fn places(&self, out: Register, a: Register, b: Register) -> [usize; 3] {
        [out, a, b].map(|register| register.0 * self.parameters.length)
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

/// One register's limbs. In two steps: that a range does not wrap needs no check.
#[inline(always)]
fn number(registers: &[u32], register: Register, length: usize) -> &[u32] {
    let rest = registers.get(register.0 * length..).unwrap_or_default();
    rest.get(..length).unwrap_or_default()
}

/// The same to write to.
#[inline(always)]
fn number_mut(registers: &mut [u32], register: Register, length: usize) -> &mut [u32] {
    let rest = registers.get_mut(register.0 * length..).unwrap_or_default();
    rest.get_mut(..length).unwrap_or_default()
}

/// Montgomery reduction by p = 2^521 - 1 for R = 2^640: below 2p for a product of numbers below p.
///
/// Not inlined, as its registers would be saved for the other curves too.
///
/// As 2^521 is 1, dividing by 2^640 is rotating. The product is H * 2^640 + M * 2^119 + L with H < 2^402, M < 2^521 and
/// L < 2^119: the quotient is M + (L * 2^402 + H), where the latter two do not overlap.
#[inline(never)]
fn reduce_p521(out: &mut [u32], product: &[u32]) {
    let [low, middle] = [product.get(..4), product.get(3..21)].map(Option::unwrap_or_default);
    let (Some(&[l0, l1, l2, l3]), Some(high)) = (low.first_chunk(), product.get(20..32)) else { return };
    let Some(top) = product.get(32) else { return };
    let l3 = l3 & 0x7F_FFFF;
    let joint = [top | l0 << 18, l0 >> 14 | l1 << 18, l1 >> 14 | l2 << 18, l2 >> 14 | l3 << 18, l3 >> 14];
    let rotated = high.iter().copied().chain(joint);
    let mut carry = 0;
    for ((out, pair), other) in out.iter_mut().zip(middle.windows(2)).zip(rotated) {
        let &[lower, upper] = pair else { return };
        let sum = u64::from(lower >> 23 | upper << 9) + u64::from(other) + carry;
        *out = sum as u32;
        carry = sum >> 32;
    }
    // The last limb of M ends with the product's limb 19.
    if let (Some(out), Some(above)) = (out.get_mut(16), product.get(20)) {
        *out = out.wrapping_sub(above << 9);
    }
    out.get_mut(17..).unwrap_or_default().fill(0);
}
