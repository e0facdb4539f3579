//! "Entropy" that repeats exactly: the recorder on the PC and the benchmark on the microcontroller must draw the same bytes. For
//! benchmarks only.

use accel::Entropy;
use status::Error;

/// A linear congruential generator, always from the same start.
#[derive(Debug)]
pub struct Repeating(u32);

impl Repeating {
    /// Always the same.
    pub const fn new() -> Self {
        Self(0x1234_5678)
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
