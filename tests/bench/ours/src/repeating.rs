//! "Entropy" that repeats exactly: the recorder on the PC and the benchmark on the microcontroller must draw the same bytes. For
//! benchmarks only.

use accel::{Entropy, Rng, soft::Soft};
use status::Error;

/// A linear congruential generator, always from the same start.
#[derive(Debug)]
pub struct Repeating(u32);

impl Repeating {
    /// Always the same.
    pub const fn new() -> Self {
        Self(0x1234_5678)
    }

    /// An accelerator whose source has passed the tests at its start, which a device makes once and not for each connection.
    pub fn started() -> Soft<Self> {
        let mut accel = Soft::new(Self::new());
        let started = accel.fill(&mut [0; 1]);
        debug_assert!(started.is_ok(), "this source is good");
        accel
    }
}

impl Default for Repeating {
    fn default() -> Self {
        Self::new()
    }
}

impl Entropy for Repeating {
    fn entropy(&mut self, out: &mut [u8]) -> Result<(), Error> {
        for byte in out {
            self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *byte = self.0.to_be_bytes()[0];
        }
        Ok(())
    }
}
