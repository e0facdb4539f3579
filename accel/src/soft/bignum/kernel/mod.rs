//! The inner loops: six functions that multiply limbs, in one file per architecture.
//!
//! Numbers are little-endian slices of 32-bit limbs whose length is a multiple of [`ROWS`], so that a kernel may keep four rows
//! of the multiplier in registers. No function here branches on or indexes by the value of a limb.

mod formula;
#[cfg(any(test, not(umaal)))]
mod portable;
mod registers;
// Set by the build script for every ARMv7E-M target.
#[cfg(umaal)]
mod umaal;

#[cfg(not(any(test, umaal)))]
pub(crate) use portable::{mul, reduce, run, select, sqr, subtract_product};
#[cfg(umaal)]
pub(crate) use umaal::{mul, reduce, run, select, sqr, subtract_product};

#[cfg(test)]
pub(crate) use counted::{mul, products, reduce, run, sqr};
#[cfg(test)]
pub(crate) use portable::{select, subtract_product};

pub(crate) use formula::{Formula, Prime, Register, add, halve, multiply, subtract};
pub(crate) use registers::FieldRegisters;

/// Rows that are worked on at a time; the length of every number is a multiple of it.
pub(crate) const ROWS: usize = 4;

/// The tests' view of the same functions: how many limb products a slice of work has cost.
#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "a count in a test")]
mod counted {
    extern crate std;

    use core::cell::Cell;

    use super::{FieldRegisters, Formula, Prime, portable};

    std::thread_local! {
        static PRODUCTS: Cell<usize> = const { Cell::new(0) };
    }

    /// Limb products since the last call in this thread.
    pub(crate) fn products() -> usize {
        PRODUCTS.with(|count| count.replace(0))
    }

    fn count(products: usize) {
        PRODUCTS.with(|count| count.set(count.get() + products));
    }

    pub(crate) fn mul(out: &mut [u32], a: &[u32], b: &[u32]) {
        assert_eq!(a.len(), b.len(), "a kernel may rely on it");
        count(a.len() * b.len());
        portable::mul(out, a, b);
    }

    pub(crate) fn sqr(out: &mut [u32], a: &[u32]) {
        count(a.len() * (a.len() + 1) / 2);
        portable::sqr(out, a);
    }

    pub(crate) fn run(registers: &mut FieldRegisters<'_>, prime: Prime, formula: Formula) {
        count(formula.multiplications() * 2 * registers.length() * registers.length());
        portable::run(registers, prime, formula);
    }

    pub(crate) fn reduce(out: &mut [u32], wide: &mut [u32], modulus: &[u32], inverse: u32) {
        count(modulus.len() * modulus.len());
        portable::reduce(out, wide, modulus, inverse);
    }
}
