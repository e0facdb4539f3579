//! The random number generator: SHA-256 in counter mode with fast key erasure over a board's entropy.
//!
//! Every request makes a stream of SHA-256(key, 0), SHA-256(key, 1) and so on, the counter of eight bytes. The first digest is the
//! next key, the others are the answer, so that what was answered cannot be computed from what is kept. The state is the key, never
//! buffered output. Hash_DRBG makes its output in the same way (NIST SP 800-90A §10.1.1.4), but adds digests to its state.
//!
//! The first request seeds it with 32 bytes of entropy, behind the start-up of the source's tests. Fresh entropy is mixed in before the request that follows
//! [`RESEED_REQUESTS`] requests or [`RESEED_BYTES`] bytes. When the source fails, or a health test (`health.rs`) does, the request fails with the source's code,
//! the answer is zeroed, the key is wiped, and each later request asks the source again: no output ever follows a failure
//! without fresh entropy.

use status::Error;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::Hasher;
use crate::health::Tested;
use crate::{Digest, Entropy, Hash, HashAlgorithm, Rng};

/// So many requests are answered from one seed.
pub const RESEED_REQUESTS: u32 = 1024;
/// So many bytes are given from one seed; a single request may exceed it.
pub const RESEED_BYTES: usize = 65_536;

/// The length of a seed and of the key, in bytes.
const KEY_LENGTH: usize = 32;

/// The generator over its source of entropy. Its key is wiped when it is dropped.
#[derive(ZeroizeOnDrop)]
pub struct Drbg<E> {
    #[zeroize(skip)]
    entropy: Tested<E>,
    key: [u8; KEY_LENGTH],
    /// What is left of this seed; nothing before the first one and after a failure.
    requests: u32,
    bytes: usize,
}

impl<E: Entropy> Drbg<E> {
    /// Makes a generator that asks for its seed when it is first used.
    pub const fn new(entropy: E) -> Self {
        Self { entropy: Tested::new(entropy), key: [0; KEY_LENGTH], requests: 0, bytes: 0 }
    }

    /// Mixes fresh entropy into the key. Xor suffices, as the source does not know the key.
    fn reseed(&mut self) -> Result<(), Error> {
        let mut seed = Zeroizing::new([0; KEY_LENGTH]);
        self.entropy.entropy(seed.as_mut_slice())?;
        for (key, seed) in self.key.iter_mut().zip(seed.iter()) {
            *key ^= seed;
        }
        self.requests = RESEED_REQUESTS;
        self.bytes = RESEED_BYTES;
        Ok(())
    }

    /// So many digests into the stream.
    fn stream(&self, counter: u64) -> Result<Digest, Error> {
        Hasher.hash(HashAlgorithm::Sha256, &[&self.key, &counter.to_be_bytes()])
    }
}

impl<E: Entropy> Rng for Drbg<E> {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), Error> {
        if self.requests == 0 || self.bytes == 0 {
            let seeded = self.reseed();
            if seeded.is_err() {
                self.key.zeroize();
                self.requests = 0;
                out.zeroize();
                return seeded;
            }
        }
        let next = self.stream(0)?;
        for (counter, part) in (1..).zip(out.chunks_mut(KEY_LENGTH)) {
            copy(part, self.stream(counter)?.as_bytes());
        }
        copy(&mut self.key, next.as_bytes());
        self.requests = self.requests.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(out.len());
        Ok(())
    }
}

fn copy(to: &mut [u8], from: &[u8]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
}
