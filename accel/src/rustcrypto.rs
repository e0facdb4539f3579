//! The same traits over the RustCrypto crates: the tests' oracle, and a choice for a gateway with a heap.
//!
//! Nothing that [`crate::soft`] computes is used here: the modes, the hashes' buffering, RSA and the curves are those crates'
//! own, so that a mistake in one backend shows as a difference between the two. Public-key work is done at the start, and
//! `step` only hands out the result. Random numbers come straight from the source of entropy.
//!
//! The crate `rsa` refuses public exponents over 2^33 - 1, and the curves' crates take signatures in strict DER only.

mod cipher;
mod hash;
mod public_key;

use status::Error;

use crate::{Compose, Entropy, Rng, health::Tested};

pub use cipher::Ciphers;
pub use hash::{Hasher, hmac};
pub use public_key::PublicKeys;

/// The accelerator over a source of entropy.
pub type RustCrypto<E> = Compose<Hasher, Ciphers, PublicKeys, Source<E>>;

impl<E: Entropy> RustCrypto<E> {
    /// Makes an accelerator. Nothing is drawn from `entropy` before the first random number is needed.
    pub const fn new(entropy: E) -> Self {
        Self { hash: Hasher, cipher: Ciphers, public_key: PublicKeys, rng: Source(Tested::new(entropy)) }
    }
}

/// A source of entropy whose bytes are the random numbers.
pub struct Source<E>(Tested<E>);

impl<E: Entropy> Rng for Source<E> {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), Error> {
        self.0.entropy(out)
    }
}
