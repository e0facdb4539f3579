//! The operating system's random numbers, which seed the software backend.

use accel::Entropy;
use status::{Error, entropy};

/// The operating system as the source of entropy.
pub(crate) struct OperatingSystem;

impl Entropy for OperatingSystem {
    fn entropy(&mut self, out: &mut [u8]) -> Result<(), Error> {
        getrandom::fill(out).map_err(|_| entropy::SOURCE_FAILED)
    }
}
