//! Models of three units of the STM32F439 at their registers: CRYP (version 2), HASH (version 2) and RNG (version 1).
//!
//! They are written from the register descriptions of the reference manual (RM0090 chapters 23, 24 and 25) and know nothing
//! of the drivers in `accel`, which they test on a PC; the virtual board binds the same models to its bus. The mathematics
//! are RustCrypto's. Each file's head says what its model covers and what it leaves out.
//!
//! ```text
//!   driver ──► read(offset), write(offset, value) ──► model ──► interrupt()
//!                                                       ▲
//!      test ──► set_latency, fail, ..  ─────────────────┘ ──► counters(), touched()
//! ```
//!
//! Time passes when a status or control register is read, or by `tick`. A unit answers late by a number of such ticks that is
//! drawn from a repeatable stream, so that a driver that does not wait gets what silicon would give it: nothing of use.
//! What the manual forbids is carried out in a way that spoils the result, and counted in [`Counters::misuse`].
#![no_std]
#![forbid(unsafe_code)]
#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "every index is masked or bounded by a register's layout; a model that overflows should stop its test"
)]

mod cryp;
mod fault;
mod hash;
mod latency;
mod rng;
mod swap;

pub use cryp::Cryp;
pub use hash::Hash;
pub use latency::Latency;
pub use rng::{Rng, RngFault};

/// What is wrong with a unit.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Fault {
    /// Nothing.
    #[default]
    None,
    /// What is started never ends: flags stay as they are.
    Silent,
    /// It ends in time, with one bit of the result wrong.
    Wrong,
}

/// What was done to a unit since it was made, or since the counters were cleared.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Counters {
    /// Reads of a register.
    pub reads: u64,
    /// Writes to a register.
    pub writes: u64,
    /// Blocks processed; for the RNG words that were handed out.
    pub blocks: u64,
    /// Accesses that the manual forbids or leaves undefined, or that lost data.
    pub misuse: u64,
}

impl Counters {
    /// Reads and writes together.
    pub const fn accesses(&self) -> u64 {
        self.reads.wrapping_add(self.writes)
    }
}
