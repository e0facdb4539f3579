//! Montgomery arithmetic in lent memory, for moduli of up to 4096 bits.
//!
//! Numbers are little-endian slices of 32-bit limbs. Multiplications are in [`kernel`], one file per architecture; linear operations are in
//! [`limbs`]; the modulus is in `modulus.rs`. No function branches on a value unless its name says `vartime`.
//!
//! With R = 2^(32 * length), a computation keeps a number x as x * R mod modulus ("in Montgomery form"). Any residue below R is allowed, not
//! only the one below the modulus, which saves a comparison in each multiplication. [`Modulus::canonical`] computes the least one at the end.
//!
//! Deliberately absent: division, and numbers that own memory.

pub(crate) mod kernel;
pub(crate) mod limbs;
mod modulus;
#[cfg(test)]
mod tests;

pub(crate) use modulus::{Division, Modulus, SquaredRadix, cost_of_product, negated_inverse};
