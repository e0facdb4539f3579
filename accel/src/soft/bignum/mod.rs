//! Montgomery arithmetic in lent memory, for moduli of up to 4096 bits.
//!
//! Numbers are little-endian slices of 32-bit limbs. What multiplies is in [`kernel`], one file per architecture; what is
//! linear is in [`limbs`]; here is the modulus that both work for. Nothing branches on a value unless its name says `vartime`.
//!
//! With R = 2^(32 * length), a number x is kept as x * R mod modulus while it is worked on ("in Montgomery form"), and any
//! residue below R will do, not only the one below the modulus: that saves a comparison per multiplication.
//! [`Modulus::canonical`] makes the least one at the end.
//!
//! Deliberately absent: division, and numbers that own memory.

pub(crate) mod kernel;
pub(crate) mod limbs;
mod modulus;
#[cfg(test)]
mod tests;

pub(crate) use modulus::{Division, Modulus, SquaredRadix, cost_of_product, negated_inverse};
