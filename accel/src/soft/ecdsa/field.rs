//! The field of a curve, over numbered registers in lent memory; not constant-time. A formula is data: a list of steps.
//!
//! A register holds a residue in Montgomery form: any that fits its limbs, but for P-521, whose limbs have bits to spare, the
//! least one. Before a register is compared it is made the least.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "register numbers and lengths are small constants, and sums of limbs fit in 64 bits"
)]

use core::cmp::Ordering;

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
pub(super) struct Register(pub(super) u8);

/// One operation of a formula; any of its registers may be the same.
#[derive(Clone, Copy)]
pub(super) struct Step {
    operation: Operation,
    /// The result's register, then those of the operands.
    numbers: [u8; 3],
}

#[derive(Clone, Copy)]
enum Operation {
    Multiply,
    Add,
    Subtract,
    Halve,
}

/// `out = a * b`.
pub(super) const fn multiply(out: Register, a: Register, b: Register) -> Step {
    Step { operation: Operation::Multiply, numbers: [out.0, a.0, b.0] }
}

/// `out = a + b`.
pub(super) const fn add(out: Register, a: Register, b: Register) -> Step {
    Step { operation: Operation::Add, numbers: [out.0, a.0, b.0] }
}

/// `out = a - b`.
pub(super) const fn subtract(out: Register, a: Register, b: Register) -> Step {
    Step { operation: Operation::Subtract, numbers: [out.0, a.0, b.0] }
}

/// `a = a / 2`.
pub(super) const fn halve(a: Register) -> Step {
    Step { operation: Operation::Halve, numbers: [a.0; 3] }
}

/// Registers.
pub(super) struct Field<'w> {
    parameters: &'static Parameters,
    file: kernel::File<'w>,
}

/// The register that holds the prime.
pub(super) const PRIME: Register = Register(2);
/// The first register that is free.
pub(super) const FREE: u8 = 3;

impl<'w> Field<'w> {
    /// With room for all registers; [`Field::load_prime`] loads the prime.
    pub(super) fn new(parameters: &'static Parameters, file: &'w mut [u32]) -> Self {
        Self { parameters, file: kernel::File::new(file, parameters.length) }
    }

    pub(super) fn at(&self, register: Register) -> &[u32] {
        self.file.at(register.0)
    }

    pub(super) fn at_mut(&mut self, register: Register) -> &mut [u32] {
        self.file.at_mut(register.0)
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

    /// Copies three registers that follow each other.
    #[inline(never)]
    pub(super) fn copy_point(&mut self, Register(out): Register, Register(from): Register) {
        let length = self.parameters.length;
        let place = |number| usize::from(number) * length;
        let ranges = [out, from].map(|number| place(number)..place(number) + 3 * length);
        if let Ok([out, from]) = self.file.limbs().get_disjoint_mut(ranges) {
            limbs::copy(out, from);
        }
    }

    /// Works through a formula.
    #[inline(never)]
    pub(super) fn run(&mut self, steps: &[Step]) {
        for Step { operation, numbers } in steps {
            let [out, a, b] = *numbers;
            match operation {
                Operation::Multiply => {
                    kernel::product(&mut self.file, [a, b]);
                    self.reduce(Register(out));
                }
                Operation::Add => {
                    let mut carry = kernel::add(&mut self.file, *numbers);
                    while carry == 1 {
                        carry -= self.subtract_prime(out);
                    }
                    self.settle(Register(out));
                }
                Operation::Subtract => {
                    let mut borrow = kernel::subtract(&mut self.file, *numbers);
                    while borrow == 1 {
                        borrow -= self.add_prime(out);
                    }
                }
                Operation::Halve => {
                    let odd = self.at(Register(a)).first().is_some_and(|low| low & 1 == 1);
                    let carry = if odd { self.add_prime(a) } else { 0 };
                    limbs::halve(self.at_mut(Register(a)), carry);
                }
            }
        }
    }

    /// Whether a register is 0; makes it the least residue.
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
        self.file.limbs().get_disjoint_mut([0..2 * length, a, b, c, d]).unwrap_or_default()
    }

    fn reduce(&mut self, out: Register) {
        let Parameters { prime, prime_inverse, .. } = self.parameters;
        match self.parameters.reduction {
            Reduction::P256 => kernel::reduce_p256(&mut self.file, out.0, prime, prime_inverse),
            Reduction::P384 => kernel::reduce_p384(&mut self.file, out.0, prime, prime_inverse),
            Reduction::P521 => {
                let (product, number) = self.file.split(out.0, 1);
                reduce_p521(number, product);
                self.canonical(out);
            }
        }
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
            self.subtract_prime(a.0);
        }
    }

    /// The carry.
    #[inline(never)]
    fn add_prime(&mut self, a: u8) -> u32 {
        kernel::add(&mut self.file, [a, a, PRIME.0])
    }

    /// The borrow.
    #[inline(never)]
    fn subtract_prime(&mut self, a: u8) -> u32 {
        kernel::subtract(&mut self.file, [a, a, PRIME.0])
    }
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
