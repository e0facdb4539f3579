//! The inner loops: everything that multiplies limbs, behind eight functions, one file per architecture.
//!
//! Numbers are little-endian slices of 32-bit limbs whose length is a multiple of [`ROWS`], so that a kernel may keep four rows
//! of the multiplier in registers. No function here branches on or indexes by the value of a limb.

mod file;
#[cfg(any(test, not(umaal)))]
mod portable;
// Set by the build script for every ARMv7E-M target.
#[cfg(umaal)]
mod umaal;

#[cfg(not(any(test, umaal)))]
pub(crate) use portable::{
    add, mul, product, reduce, reduce_product as reduce_p256, reduce_product as reduce_p384, select, sqr,
    subtract,
};
#[cfg(umaal)]
pub(crate) use umaal::{add, mul, product, reduce, reduce_p256, reduce_p384, select, sqr, subtract};

#[cfg(test)]
pub(crate) use counted::{
    mul, product, products, reduce, reduce_product as reduce_p256, reduce_product as reduce_p384, sqr,
};
#[cfg(test)]
pub(crate) use portable::{add, select, subtract};

pub(crate) use file::File;

/// Rows that are worked on at a time; the length of every number is a multiple of it.
pub(crate) const ROWS: usize = 4;

/// The tests' view of the same functions: how many limb products a slice of work has cost.
#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "a count in a test")]
mod counted {
    extern crate std;

    use core::cell::Cell;

    use super::{File, portable};

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

    pub(crate) fn product(file: &mut File<'_>, factors: [u8; 2]) {
        count(file.length() * file.length());
        portable::product(file, factors);
    }

    pub(crate) fn reduce_product(file: &mut File<'_>, out: u8, modulus: &[u32], inverse: &[u32; 4]) {
        count(modulus.len() * modulus.len());
        portable::reduce_product(file, out, modulus, inverse);
    }

    pub(crate) fn reduce(out: &mut [u32], wide: &mut [u32], modulus: &[u32], inverse: &[u32; 4]) {
        count(modulus.len() * modulus.len());
        portable::reduce(out, wide, modulus, inverse);
    }
}
