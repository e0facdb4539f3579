//! The last phase of a handshake: from the master secret to the end of the connection.

use accel::{Accel, Direction};
use status::Error;
use zeroize::Zeroize;

use super::phase::Agreed;
use crate::failure::Failure;
use crate::record::Protection;
use crate::schedule::{KeyBlock, MasterKey, MasterSecret, Randoms, Side};

/// The phase from the master secret on. The first ChangeCipherSpec, ours or the server's, loads the keys of both directions; each direction is
/// protected after its own.
pub(super) struct Protected<'b> {
    pub(super) agreed: Agreed<'b>,
    pub(super) master: MasterSecret,
    /// The master secret as the PRF's key, from the first ChangeCipherSpec to the last Finished.
    pub(super) key: MasterKey,
    read: Protection,
    write: Protection,
    is_reading: bool,
    is_writing: bool,
}

impl<'b> Protected<'b> {
    /// The phase without its secrets, which are written in place.
    pub(super) fn new(agreed: Agreed<'b>) -> Self {
        Self {
            agreed,
            master: MasterSecret::none(),
            key: MasterKey::none(),
            read: Protection::empty(),
            write: Protection::empty(),
            is_reading: false,
            is_writing: false,
        }
    }

    /// The read state; none while the server's records are not protected.
    pub(super) fn read_state(&mut self) -> Option<&mut Protection> {
        self.is_reading.then_some(&mut self.read)
    }

    /// The write state; none while our records are not protected.
    pub(super) fn write_state(&mut self) -> Option<&mut Protection> {
        self.is_writing.then_some(&mut self.write)
    }

    /// RFC 5246 §7.1: from the next record on, what `side` sends is protected.
    ///
    /// # Errors
    /// Those of the accelerator.
    pub(super) fn protect<A: Accel>(
        &mut self,
        side: Side,
        randoms: &Randoms,
        accel: &mut A,
    ) -> Result<(), Failure> {
        if !self.is_reading && !self.is_writing {
            self.load_key(accel)?;
            // Borrowed: `?` would copy 130 bytes on the stack.
            let block = self.expand(randoms, accel);
            let block = block.as_ref().map_err(|error| *error)?;
            self.load(Side::Server, block, accel)?;
            self.load(Side::Client, block, accel)?;
        }
        match side {
            Side::Client => self.is_writing = true,
            Side::Server => self.is_reading = true,
        }
        Ok(())
    }

    // These three are not inlined, so that they use the same stack one after the other.
    #[inline(never)]
    fn load_key<A: Accel>(&mut self, accel: &mut A) -> Result<(), Error> {
        self.key = self.master.key(accel, self.agreed.parameters.suite.prf())?;
        Ok(())
    }

    #[inline(never)]
    fn expand<A: Accel>(&self, randoms: &Randoms, accel: &mut A) -> Result<KeyBlock, Error> {
        self.key.key_block(accel, self.agreed.parameters.suite, randoms)
    }

    #[inline(never)]
    fn load<A: Accel>(&mut self, side: Side, block: &KeyBlock, accel: &mut A) -> Result<(), Failure> {
        let (state, direction) = match side {
            Side::Client => (&mut self.write, Direction::Encrypt),
            Side::Server => (&mut self.read, Direction::Decrypt),
        };
        state.load(accel, &block.keys(side), direction, self.agreed.parameters.encrypt_then_mac)
    }

    /// Wipes what the connection could be resumed or logged with.
    pub(super) fn forget_master_secret(&mut self) {
        self.master.zeroize();
        self.key.zeroize();
    }

    /// Wipes the keys of both directions.
    pub(super) fn forget_keys(&mut self) {
        (self.is_reading, self.is_writing) = (false, false);
        self.read = Protection::empty();
        self.write = Protection::empty();
    }
}
