//! What only one half of a connection's life needs, in one place of memory.
//!
//! Until the first ChangeCipherSpec there are the server's chain and the hashes to sign with; from then on there are the keys of both
//! directions. Never both: that saves 1.2 KB, and nothing of the first half is left over in the second.

use accel::{Accel, Digest, Direction, Hash, HashAlgorithm};
use status::{Error, Flags, ssl};

use super::Handshake;
use super::certificate::ServerCertificate;
use crate::failure::Failure;
use crate::record::Protection;
use crate::schedule::{KeyBlock, MasterKey, Side};
use crate::transcript::SigningHashes;

/// One of the two.
#[allow(
    clippy::large_enum_variant,
    reason = "one place for both is what it is for; which is larger depends on the backends"
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

/// Of the second half: both keys are expanded at once, before the first of them is used.
pub(super) struct Directions {
    read: Option<Protection>,
    write: Option<Protection>,
    is_reading: bool,
    is_writing: bool,
    /// What Finished is computed with.
    key: MasterKey,
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
        self.phase.directions().filter(|directions| directions.is_reading)?.read.as_mut()
    }

    /// The write state; none while nothing is protected.
    pub(crate) fn write_state(&mut self) -> Option<&mut Protection> {
        self.phase.directions().filter(|directions| directions.is_writing)?.write.as_mut()
    }

    /// Why the server's chain was not accepted, and the place in it.
    pub(crate) const fn verdict(&self) -> (Flags, u8) {
        match &self.phase {
            Phase::Exchange(exchange) => exchange.server.verdict(),
            Phase::Protected(_) => (Flags::NONE, 0),
        }
    }

    /// RFC 5246 §7.1: from the next record on, what `side` sends is protected.
    ///
    /// # Errors
    /// Those of the accelerator.
    pub(super) fn protect<A: Accel>(&mut self, side: Side, accel: &mut A) -> Result<(), Failure> {
        if let Phase::Exchange(_) = self.phase {
            let block = self.expand(accel)?;
            self.load(Side::Server, &block, accel)?;
            self.load(Side::Client, &block, accel)?;
        }
        let directions = self.phase.directions().ok_or(ssl::INTERNAL_ERROR)?;
        match side {
            Side::Client => directions.is_writing = true,
            Side::Server => directions.is_reading = true,
        }
        Ok(())
    }

    /// Begins the second half: the key for Finished, and the key block.
    #[inline(never)]
    fn expand<A: Accel>(&mut self, accel: &mut A) -> Result<KeyBlock, Failure> {
        let suite = self.parameters.as_ref().ok_or(ssl::INTERNAL_ERROR)?.suite;
        let master = self.master.as_ref().ok_or(ssl::INTERNAL_ERROR)?;
        let key = master.key(accel, suite.prf())?;
        let block = key.key_block(accel, suite, &self.randoms)?;
        self.phase = Phase::Protected(Directions {
            read: None,
            write: None,
            is_reading: false,
            is_writing: false,
            key,
        });
        Ok(block)
    }

    #[inline(never)]
    fn load<A: Accel>(&mut self, side: Side, block: &KeyBlock, accel: &mut A) -> Result<(), Failure> {
        let etm = self.parameters.as_ref().ok_or(ssl::INTERNAL_ERROR)?.encrypt_then_mac;
        let directions = self.phase.directions().ok_or(ssl::INTERNAL_ERROR)?;
        let (slot, direction) = match side {
            Side::Client => (&mut directions.write, Direction::Encrypt),
            Side::Server => (&mut directions.read, Direction::Decrypt),
        };
        Protection::load(slot, accel, &block.keys(side), direction, etm)
    }

    /// What Finished is computed with.
    ///
    /// # Errors
    /// `ssl::INTERNAL_ERROR` (-0x6C00) in the first half.
    pub(super) const fn master_key(&self) -> Result<&MasterKey, Error> {
        match &self.phase {
            Phase::Exchange(_) => Err(ssl::INTERNAL_ERROR),
            Phase::Protected(directions) => Ok(&directions.key),
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
