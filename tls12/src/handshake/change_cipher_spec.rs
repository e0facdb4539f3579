//! ChangeCipherSpec (RFC 5246 §7.1): one byte, 1, in a record of its own; from here on the new keys hold.
//!
//! Before ours stands everything that we say in the clear; before the server's, so does everything that it said: no handshake
//! byte may wait across a change of keys, and nothing but Finished may follow.

use accel::{Accel, Direction};
use status::{Alert, ssl};

use super::{Handshake, State};
use crate::failure::Failure;
use crate::output::Output;
use crate::record::{ContentType, Protection};
use crate::schedule::{KeyBlock, Side};

impl<'b> Handshake<'b> {
    /// The server's.
    pub(crate) fn read_change_cipher_spec<A: Accel>(
        &mut self,
        content: &[u8],
        accel: &mut A,
    ) -> Result<(), Failure> {
        if self.state != State::ChangeCipherSpec || self.message.is_some() {
            return Err(Failure::new(ssl::UNEXPECTED_MESSAGE, Alert::UNEXPECTED_MESSAGE));
        }
        if content != CONTENT {
            return Err(Failure::new(ssl::INVALID_RECORD, Alert::DECODE_ERROR));
        }
        let protection = self.protection(Side::Server, accel)?;
        self.protect(Side::Server, protection);
        self.state = State::ServerFinished;
        Ok(())
    }

    /// Ours.
    pub(super) fn write_change_cipher_spec<A: Accel>(
        &mut self,
        output: &mut Output<'b>,
        accel: &mut A,
    ) -> Result<(), Failure> {
        let space = output.space(self.write_state()).get_mut(..CONTENT.len()).ok_or(ssl::BUFFER_TOO_SMALL)?;
        space.copy_from_slice(CONTENT);
        output.seal(self.write_state(), accel, ContentType::CHANGE_CIPHER_SPEC, CONTENT.len())?;
        let protection = self.protection(Side::Client, accel)?;
        self.protect(Side::Client, protection);
        Ok(())
    }

    /// The keys are expanded anew for each side: cheaper than keeping them (RFC 5246 §6.3).
    fn protection<A: Accel>(&self, side: Side, accel: &mut A) -> Result<Protection, Failure> {
        let parameters = self.parameters.as_ref().ok_or(ssl::INTERNAL_ERROR)?;
        let master = self.master.as_ref().ok_or(ssl::INTERNAL_ERROR)?;
        let block = KeyBlock::derive(accel, parameters.suite, master, &self.randoms)?;
        let direction = match side {
            Side::Client => Direction::Encrypt,
            Side::Server => Direction::Decrypt,
        };
        Protection::new(accel, &block.keys(side), direction, parameters.encrypt_then_mac)
    }
}

const CONTENT: &[u8] = &[1];
