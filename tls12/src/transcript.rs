//! The hash of all handshake messages (RFC 5246 §7.4.9), and for a while those that a client's signature may need (§7.4.8).
//!
//! Only the ServerHello names the hash of Finished, and only a CertificateRequest names the one to sign with. So with an identity
//! every hash that we could sign with runs until then: five states of about 200 bytes each. Keeping the messages instead would take
//! thousands.

use accel::{Digest, Hash, HashAlgorithm, HashState};
use status::{Error, ssl};

use crate::signature_algorithm::{SignatureAlgorithm, SignatureKey};

/// The running hashes. Empty until the ServerHello has come.
pub(crate) struct Transcript {
    main: Option<HashState>,
    signing: [Option<HashState>; SIGNING_HASHES],
}

impl Transcript {
    pub(crate) const fn new() -> Self {
        Self { main: None, signing: [const { None }; SIGNING_HASHES] }
    }

    /// Starts the suite's hash, and with `may_sign` every other one that RSA signatures are offered with.
    ///
    /// # Errors
    /// Those of [`Hash`].
    pub(crate) fn start<A: Hash>(
        &mut self,
        accel: &mut A,
        main: HashAlgorithm,
        may_sign: bool,
    ) -> Result<(), Error> {
        self.main = Some(accel.hash_start(main)?);
        let others = signing_hashes().filter(|algorithm| may_sign && *algorithm != main);
        for (slot, algorithm) in self.signing.iter_mut().zip(others) {
            *slot = Some(accel.hash_start(algorithm)?);
        }
        Ok(())
    }

    /// Adds bytes of a message; nothing before the start.
    ///
    /// # Errors
    /// Those of [`Hash`].
    pub(crate) fn update<A: Hash>(&mut self, accel: &mut A, bytes: &[u8]) -> Result<(), Error> {
        for state in self.main.iter_mut().chain(self.signing.iter_mut().flatten()) {
            accel.hash_update(state, bytes)?;
        }
        Ok(())
    }

    /// It is known now with which hash will be signed, if at all: the others are wiped.
    pub(crate) fn keep(&mut self, algorithm: Option<HashAlgorithm>) {
        for slot in &mut self.signing {
            if slot.as_ref().map(HashState::algorithm) != algorithm {
                *slot = None;
            }
        }
    }

    /// The suite's hash of all messages so far.
    ///
    /// # Errors
    /// Those of [`Hash`]; `ssl::INTERNAL_ERROR` (-0x6C00) before the start.
    pub(crate) fn hash<A: Hash>(&self, accel: &mut A) -> Result<Digest, Error> {
        let state = self.main.clone().ok_or(ssl::INTERNAL_ERROR)?;
        accel.hash_finish(state)
    }

    /// The hash of all messages so far to sign.
    ///
    /// # Errors
    /// Those of [`Hash`]; `ssl::INTERNAL_ERROR` (-0x6C00) when this hash does not run.
    pub(crate) fn hash_to_sign<A: Hash>(
        &self,
        accel: &mut A,
        algorithm: HashAlgorithm,
    ) -> Result<Digest, Error> {
        let mut states = self.main.iter().chain(self.signing.iter().flatten());
        let state =
            states.find(|state| state.algorithm() == algorithm).cloned().ok_or(ssl::INTERNAL_ERROR)?;
        accel.hash_finish(state)
    }
}

/// RSA signatures are offered with five hashes, and the suite's is one of them.
const SIGNING_HASHES: usize = 4;

fn signing_hashes() -> impl Iterator<Item = HashAlgorithm> {
    SignatureAlgorithm::OFFERED.into_iter().filter_map(|algorithm| match algorithm.parts() {
        Some((SignatureKey::Rsa, hash)) => Some(hash),
        _ => None,
    })
}
