//! What only one half of a connection's life needs, in one place of memory.
//!
//! Until the first ChangeCipherSpec there are the server's chain and the hashes to sign with; from then on there are the keys of both
//! directions. Never both: that saves 1.5 KB, and nothing of the first half is left over in the second.

use accel::{Accel, Digest, Hash, HashAlgorithm};
use status::{Error, Flags, ssl};

use super::Handshake;
use super::certificate::ServerCertificate;
use crate::record::Protection;
use crate::schedule::Side;
use crate::transcript::SigningHashes;

/// One of the two.
#[expect(
    clippy::large_enum_variant,
    reason = "one place for both is what it is for; there is no heap to box anything on"
)]
pub(super) enum Phase {
    /// Nothing is protected yet.
    Exchange(Exchange),
    /// At least one direction is protected.
    Protected(Directions),
}

/// Of the first half.
pub(super) struct Exchange {
    pub(super) server: ServerCertificate,
    pub(super) signing: SigningHashes,
}

/// Of the second half.
pub(super) struct Directions {
    read: Protection,
    write: Protection,
}

impl Phase {
    pub(super) const fn new() -> Self {
        Self::Exchange(Exchange { server: ServerCertificate::new(), signing: SigningHashes::new() })
    }

    fn directions(&mut self) -> Option<&mut Directions> {
        match self {
            Self::Exchange(_) => None,
            Self::Protected(directions) => Some(directions),
        }
    }
}

impl Handshake<'_> {
    /// The read state; none while nothing is protected.
    pub(crate) fn read_state(&mut self) -> Option<&mut Protection> {
        self.phase.directions().map(|directions| &mut directions.read)
    }

    /// The write state; none while nothing is protected.
    pub(crate) fn write_state(&mut self) -> Option<&mut Protection> {
        self.phase.directions().map(|directions| &mut directions.write)
    }

    /// Why the server's chain was not accepted, and the place in it.
    pub(crate) const fn verdict(&self) -> (Flags, u8) {
        match &self.phase {
            Phase::Exchange(exchange) => exchange.server.verdict(),
            Phase::Protected(_) => (Flags::NONE, 0),
        }
    }

    /// RFC 5246 §7.1: from the next record on, this is the state of what `side` sends.
    pub(super) fn protect(&mut self, side: Side, protection: Protection) {
        if let Phase::Exchange(_) = self.phase {
            self.phase = Phase::Protected(Directions { read: Protection::none(), write: Protection::none() });
        }
        if let Some(directions) = self.phase.directions() {
            match side {
                Side::Client => directions.write = protection,
                Side::Server => directions.read = protection,
            }
        }
    }

    /// The first half's data.
    ///
    /// # Errors
    /// `ssl::INTERNAL_ERROR` (-0x6C00) in the second half.
    pub(super) const fn exchange(&mut self) -> Result<&mut Exchange, Error> {
        match &mut self.phase {
            Phase::Exchange(exchange) => Ok(exchange),
            Phase::Protected(_) => Err(ssl::INTERNAL_ERROR),
        }
    }

    /// Adds bytes of a handshake message to every hash that runs.
    ///
    /// # Errors
    /// Those of [`Hash`].
    pub(super) fn hash_message<A: Accel>(&mut self, accel: &mut A, bytes: &[u8]) -> Result<(), Error> {
        self.transcript.update(accel, bytes)?;
        match &mut self.phase {
            Phase::Exchange(exchange) => exchange.signing.update(accel, bytes),
            Phase::Protected(_) => Ok(()),
        }
    }

    /// The hash to sign of all messages so far.
    ///
    /// # Errors
    /// Those of [`Hash`]; `ssl::INTERNAL_ERROR` (-0x6C00) when this one does not run.
    pub(super) fn hash_to_sign<A: Hash>(
        &mut self,
        accel: &mut A,
        algorithm: HashAlgorithm,
    ) -> Result<Digest, Error> {
        if self.transcript.algorithm() == Some(algorithm) {
            self.transcript.hash(accel)
        } else {
            self.exchange()?.signing.hash(accel, algorithm)
        }
    }
}
