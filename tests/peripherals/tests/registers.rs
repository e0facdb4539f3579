//! The models, driven at their registers by the recipes of the reference manual, against RustCrypto's modes; and what they do
//! to a driver that does not keep to the recipes.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "tests")]

#[path = "registers/cryp.rs"]
mod cryp;
#[path = "registers/hash.rs"]
mod hash;
#[path = "registers/rng.rs"]
mod rng;

/// Counting bytes that are not all alike.
fn message(length: usize) -> Vec<u8> {
    (0..length).map(|at| at.wrapping_mul(167).wrapping_add(at >> 8).to_le_bytes()[0]).collect()
}
