//! The hash of all handshake messages (RFC 5246 §7.4.9), and the hashes that our signature may need (§7.4.8).
//!
//! The ServerHello names the hash of Finished, and only the CertificateRequest names the one to sign with. With an identity all candidate hashes
//! run until then: five states of about 200 bytes each. Keeping the messages instead would take thousands.

use accel::{Digest, Hash, HashAlgorithm, HashState};
use status::Error;
use zeroize::Zeroize;

/// The hash of all handshake messages so far, with the suite's algorithm.
#[derive(Clone)]
pub(crate) struct Transcript(HashState);

impl Transcript {
    /// A place for one. No accelerator accepts it as its own, so it cannot be used before `start`.
    pub(crate) const fn none() -> Self {
        Self(HashState::new(HashAlgorithm::Sha256))
    }

    /// Starts the suite's hash.
    ///
    /// # Errors
    /// Those of [`Hash`].
    pub(crate) fn start<A: Hash>(&mut self, accel: &mut A, algorithm: HashAlgorithm) -> Result<(), Error> {
        self.0 = accel.hash_start(algorithm)?;
        Ok(())
    }

    /// Adds bytes of a message.
    ///
    /// # Errors
    /// Those of [`Hash`].
    pub(crate) fn update<A: Hash>(&mut self, accel: &mut A, bytes: &[u8]) -> Result<(), Error> {
        accel.hash_update(&mut self.0, bytes)
    }

    /// The hash of all messages so far.
    ///
    /// # Errors
    /// Those of [`Hash`].
    pub(crate) fn hash<A: Hash>(&self, accel: &mut A) -> Result<Digest, Error> {
        finish(accel, &self.0)
    }

    /// Nothing is hashed any more.
    pub(crate) fn end(&mut self) {
        self.0.zeroize();
    }
}

/// The other hashes that a signature of ours may need.
pub(crate) struct SigningHashes([Option<HashState>; SIGNING_HASHES]);

impl SigningHashes {
    pub(crate) const fn new() -> Self {
        Self([const { None }; SIGNING_HASHES])
    }

    /// Starts every hash that RSA signatures are offered with, except the transcript's own.
    ///
    /// # Errors
    /// Those of [`Hash`].
    pub(crate) fn start<A: Hash>(&mut self, accel: &mut A, running: HashAlgorithm) -> Result<(), Error> {
        let mut slots = self.0.iter_mut();
        for algorithm in ALGORITHMS {
            if algorithm != running
                && let Some(slot) = slots.next()
            {
                *slot = Some(accel.hash_start(algorithm)?);
            }
        }
        Ok(())
    }

    /// As [`Transcript::update`].
    ///
    /// # Errors
    /// Those of [`Hash`].
    pub(crate) fn update<A: Hash>(&mut self, accel: &mut A, bytes: &[u8]) -> Result<(), Error> {
        self.0.iter_mut().flatten().try_for_each(|state| accel.hash_update(state, bytes))
    }

    /// Wipes all hashes but the one to sign with.
    pub(crate) fn keep(&mut self, algorithm: Option<HashAlgorithm>) {
        for slot in &mut self.0 {
            if slot.as_ref().map(HashState::algorithm) != algorithm {
                *slot = None;
            }
        }
    }

    /// The hash to sign of all messages so far, with one of the algorithms that run here or with the transcript's.
    ///
    /// # Errors
    /// Those of [`Hash`].
    pub(crate) fn hash<A: Hash>(
        &self,
        transcript: &Transcript,
        accel: &mut A,
        algorithm: HashAlgorithm,
    ) -> Result<Digest, Error> {
        let mut states = self.0.iter().flatten();
        finish(accel, states.find(|state| state.algorithm() == algorithm).unwrap_or(&transcript.0))
    }
}

/// Ends a copy, so that the hash itself goes on.
// Not inlined: the copy is gone when the digest is used.
#[inline(never)]
fn finish<A: Hash>(accel: &mut A, state: &HashState) -> Result<Digest, Error> {
    accel.hash_finish_in_place(&mut state.clone())
}

/// What RSA signatures are offered with.
const ALGORITHMS: [HashAlgorithm; 5] = [
    HashAlgorithm::Sha512,
    HashAlgorithm::Sha384,
    HashAlgorithm::Sha256,
    HashAlgorithm::Sha224,
    HashAlgorithm::Sha1,
];
/// The suite's hash is one of them.
const SIGNING_HASHES: usize = ALGORITHMS.len() - 1;

#[cfg(test)]
mod tests {
    use super::ALGORITHMS;
    use crate::signature_algorithm::{SignatureAlgorithm, SignatureKey};

    #[test]
    fn every_hash_of_an_offered_rsa_signature_runs() {
        let offered =
            SignatureAlgorithm::OFFERED.into_iter().filter_map(|algorithm| match algorithm.parts() {
                Some((SignatureKey::Rsa, hash)) => Some(hash),
                _ => None,
            });
        assert!(offered.eq(ALGORITHMS));
    }
}
