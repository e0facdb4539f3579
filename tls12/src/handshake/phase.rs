//! What only one half of a connection's life needs, in one place of memory.
//!
//! Until the first ChangeCipherSpec there are the server's chain and the hashes to sign with; from then on there are the keys of both
//! directions. Never both: that saves 1.2 KB, and nothing of the first half is left over in the second. Both write all of the place:
//! where one did not, what stands on the stack could be copied to it.

use accel::{Accel, Digest, Direction, Hash, HashAlgorithm};
use status::{Error, ssl};
use zeroize::Zeroize;

use super::certificate::ServerCertificate;
use super::{Handshake, State};
use crate::failure::Failure;
use crate::record::Protection;
use crate::schedule::{KeyBlock, MasterKey, Side};
use crate::transcript::SigningHashes;
use crate::trust::Verdict;

/// One of the two.
#[allow(
    clippy::large_enum_variant,
    reason = "one place for both is what it is for; which is larger depends on the backends"
)]
pub(super) enum Phase {
    /// Nothing is protected yet.
    Exchange(Exchange),
    /// At least one direction is protected.
    Protected(Directions, #[expect(dead_code, reason = "it is there to be written")] [u8; REST]),
}

/// Of the first half.
pub(super) struct Exchange {
    pub(super) server: ServerCertificate,
    pub(super) signing: SigningHashes,
}

/// Of the second half: both keys are expanded at once, before the first of them is used.
pub(super) struct Directions {
    read: Protection,
    write: Protection,
    is_reading: bool,
    is_writing: bool,
    /// What Finished is computed with, until both have been exchanged.
    key: MasterKey,
    has_key: bool,
}

/// What the first half takes more than the second.
const REST: usize = size_of::<Exchange>().saturating_sub(size_of::<Directions>());

impl Phase {
    pub(super) const fn new() -> Self {
        Self::Exchange(Exchange { server: ServerCertificate::new(), signing: SigningHashes::new() })
    }

    /// The first half's data.
    ///
    /// # Errors
    /// `ssl::INTERNAL_ERROR` (-0x6C00) in the second half.
    pub(super) const fn exchange(&mut self) -> Result<&mut Exchange, Error> {
        match self {
            Self::Exchange(exchange) => Ok(exchange),
            Self::Protected(..) => Err(ssl::INTERNAL_ERROR),
        }
    }

    /// The second half, without keys yet.
    pub(super) fn begin_protection(&mut self) {
        let (read, write) = (Protection::empty(), Protection::empty());
        let key = MasterKey::none();
        let directions =
            Directions { read, write, is_reading: false, is_writing: false, key, has_key: false };
        *self = Self::Protected(directions, [0; REST]);
    }

    /// Nothing is protected any more.
    pub(super) fn forget(&mut self) {
        if let Self::Protected(directions, _) = self {
            directions.read = Protection::empty();
            directions.write = Protection::empty();
            (directions.is_reading, directions.is_writing) = (false, false);
        }
        self.forget_master_key();
    }

    /// Finished has been computed for the last time.
    pub(super) fn forget_master_key(&mut self) {
        if let Self::Protected(directions, _) = self {
            directions.key.zeroize();
            directions.has_key = false;
        }
    }

    /// The second half's data.
    ///
    /// # Errors
    /// `ssl::INTERNAL_ERROR` (-0x6C00) in the first half.
    const fn directions(&mut self) -> Result<&mut Directions, Error> {
        match self {
            Self::Exchange(_) => Err(ssl::INTERNAL_ERROR),
            Self::Protected(directions, _) => Ok(directions),
        }
    }
}

impl Handshake<'_> {
    /// The read state; none while nothing is protected.
    pub(crate) fn read_state(&mut self) -> Option<&mut Protection> {
        let directions = self.phase.directions().ok().filter(|directions| directions.is_reading)?;
        Some(&mut directions.read)
    }

    /// The write state; none while nothing is protected.
    pub(crate) fn write_state(&mut self) -> Option<&mut Protection> {
        let directions = self.phase.directions().ok().filter(|directions| directions.is_writing)?;
        Some(&mut directions.write)
    }

    /// Why the server's chain was not accepted.
    pub(crate) fn objection(&self) -> Verdict {
        if self.state == State::ServerCertificate { self.server.verdict } else { Verdict::default() }
    }

    /// RFC 5246 §7.1: from the next record on, what `side` sends is protected.
    ///
    /// # Errors
    /// Those of the accelerator.
    pub(super) fn protect<A: Accel>(&mut self, side: Side, accel: &mut A) -> Result<(), Failure> {
        if let Phase::Exchange(_) = self.phase {
            self.begin(accel)?;
            // Used in the place where it is made: a copy is 130 bytes of stack.
            let block = self.expand(accel);
            let block = block.as_ref().map_err(|error| *error)?;
            self.load(Side::Server, block, accel)?;
            self.load(Side::Client, block, accel)?;
        }
        let directions = self.phase.directions()?;
        match side {
            Side::Client => directions.is_writing = true,
            Side::Server => directions.is_reading = true,
        }
        Ok(())
    }

    /// Begins the second half: the key for Finished.
    // Neither of these is inlined: the stack of one is free again for the next.
    #[inline(never)]
    fn begin<A: Accel>(&mut self, accel: &mut A) -> Result<(), Failure> {
        let suite = self.parameters()?.suite;
        self.phase.begin_protection();
        let directions = self.phase.directions()?;
        directions.key = self.secret.master()?.key(accel, suite.prf())?;
        directions.has_key = true;
        Ok(())
    }

    /// The key block of the second half.
    #[inline(never)]
    fn expand<A: Accel>(&mut self, accel: &mut A) -> Result<KeyBlock, Error> {
        let suite = self.parameters()?.suite;
        self.master_key()?.key_block(accel, suite, &self.randoms)
    }

    #[inline(never)]
    fn load<A: Accel>(&mut self, side: Side, block: &KeyBlock, accel: &mut A) -> Result<(), Failure> {
        let etm = self.parameters()?.encrypt_then_mac;
        let directions = self.phase.directions()?;
        let (state, direction) = match side {
            Side::Client => (&mut directions.write, Direction::Encrypt),
            Side::Server => (&mut directions.read, Direction::Decrypt),
        };
        state.load(accel, &block.keys(side), direction, etm)
    }

    /// What Finished is computed with.
    ///
    /// # Errors
    /// `ssl::INTERNAL_ERROR` (-0x6C00) in the first half, and when both Finished have been exchanged.
    pub(super) fn master_key(&self) -> Result<&MasterKey, Error> {
        match &self.phase {
            Phase::Protected(directions, _) if directions.has_key => Ok(&directions.key),
            _ => Err(ssl::INTERNAL_ERROR),
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
            Phase::Protected(..) => Ok(()),
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
            self.phase.exchange()?.signing.hash(accel, algorithm)
        }
    }
}
