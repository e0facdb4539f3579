//! The prime field of a curve, over numbered registers in lent memory; not constant-time.
//!
//! A register holds a residue in Montgomery form: any residue that fits its limbs, or the 521 bits of P-521. Before a comparison it is
//! reduced to the least one.
#![expect(clippy::arithmetic_side_effects, reason = "register numbers and lengths are small constants")]

use core::cmp::Ordering;

use super::super::bignum::{
    kernel::{self, Formula, Prime, Register},
    limbs,
};

/// A curve's numbers. Everything of the field but the prime is in Montgomery form.
pub(crate) struct CurveParameters {
    /// Bits of the prime and of the order.
    pub(super) bits: usize,
    /// Their length in limbs.
    pub(super) length: usize,
    pub(super) prime: &'static [u32],
    pub(super) order: &'static [u32],
    /// -order^-1 mod 2^32.
    pub(super) order_inverse: u32,
    /// R modulo the prime.
    pub(super) one: &'static [u32],
    /// R^2 modulo the prime.
    pub(super) square: &'static [u32],
    /// R modulo the order.
    pub(super) order_one: &'static [u32],
    /// The curve's constant b.
    pub(super) b: &'static [u32],
    pub(super) name: Prime,
    /// The generator times 1, 3, 5 and 7, as affine points.
    pub(super) generator: &'static [(&'static [u32], &'static [u32])],
}

/// A curve and its registers.
pub(super) struct PrimeField<'w> {
    parameters: &'static CurveParameters,
    registers: kernel::FieldRegisters<'w>,
}

/// The register that holds the prime.
pub(super) const PRIME: Register = Register(2);
/// The first register that is free.
pub(super) const FREE: u8 = 3;

impl<'w> PrimeField<'w> {
    /// Lays out the registers; [`PrimeField::load_prime`] loads the prime.
    pub(super) fn new(parameters: &'static CurveParameters, registers: &'w mut [u32]) -> Self {
        Self { parameters, registers: kernel::FieldRegisters::new(registers, parameters.length) }
    }

    pub(super) fn at(&self, register: Register) -> &[u32] {
        self.registers.at(register.0)
    }

    pub(super) fn at_mut(&mut self, register: Register) -> &mut [u32] {
        self.registers.at_mut(register.0)
    }

    /// Loads the prime: once, before the first formula.
    pub(super) fn load_prime(&mut self) {
        self.load(PRIME, self.parameters.prime);
    }

    /// Copies a number into a register.
    #[inline(never)]
    pub(super) fn load(&mut self, out: Register, number: &[u32]) {
        limbs::copy(self.at_mut(out), number);
    }

    /// Copies a point: three registers that follow each other.
    #[inline(never)]
    pub(super) fn copy_point(&mut self, Register(out): Register, Register(from): Register) {
        let length = self.parameters.length;
        let place = |number| usize::from(number) * length;
        let ranges = [out, from].map(|number| place(number)..place(number) + 3 * length);
        if let Ok([out, from]) = self.registers.limbs().get_disjoint_mut(ranges) {
            limbs::copy(out, from);
        }
    }

    /// Works through a formula.
    pub(super) fn run(&mut self, formula: Formula) {
        kernel::run(&mut self.registers, self.parameters.name, formula);
    }

    /// Whether a register is 0. Reduces it to the least residue.
    #[inline(never)]
    pub(super) fn is_zero(&mut self, a: Register) -> bool {
        self.canonical(a);
        limbs::is_zero_vartime(self.at(a))
    }

    /// The memory for a product, and four registers, all different.
    #[inline(never)]
    pub(super) fn product_and_four(&mut self, registers: [Register; 4]) -> [&mut [u32]; 5] {
        let length = self.parameters.length;
        let [a, b, c, d] = registers.map(|Register(number)| {
            let place = usize::from(number) * length;
            place..place + length
        });
        self.registers.limbs().get_disjoint_mut([0..2 * length, a, b, c, d]).unwrap_or_default()
    }

    /// Reduces a register to the least residue: every residue that fits is below twice the prime.
    fn canonical(&mut self, a: Register) {
        let register = self.registers.at_mut(a.0);
        if limbs::compare_vartime(register, self.parameters.prime) != Ordering::Less {
            limbs::subtract_if(register, self.parameters.prime, 1);
        }
    }
}
