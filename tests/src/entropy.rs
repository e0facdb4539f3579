//! Sources of entropy for tests.

use accel::{Entropy, Hash, HashAlgorithm, soft::Hasher};
use status::{Error, entropy};

/// A counter hashed with SHA-256: the same bytes for the same seed. INSECURE, for tests that must be repeatable.
#[derive(Clone, Debug)]
pub struct InsecureSeeded {
    seed: u64,
    counter: u64,
}

impl InsecureSeeded {
    /// The stream of `seed`.
    pub const fn new(seed: u64) -> Self {
        Self { seed, counter: 0 }
    }
}

impl Entropy for InsecureSeeded {
    fn entropy(&mut self, out: &mut [u8]) -> Result<(), Error> {
        for part in out.chunks_mut(32) {
            let input = [self.seed.to_be_bytes(), self.counter.to_be_bytes()];
            let digest = Hasher.hash(HashAlgorithm::Sha256, &[input.as_flattened()])?;
            for (to, from) in part.iter_mut().zip(digest.as_bytes()) {
                *to = *from;
            }
            self.counter = self.counter.wrapping_add(1);
        }
        Ok(())
    }
}

/// The operating system's random numbers.
#[derive(Clone, Copy, Default, Debug)]
pub struct OperatingSystem;

impl Entropy for OperatingSystem {
    fn entropy(&mut self, out: &mut [u8]) -> Result<(), Error> {
        getrandom::fill(out).map_err(|_| entropy::SOURCE_FAILED)
    }
}
