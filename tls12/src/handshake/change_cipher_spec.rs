//! ChangeCipherSpec (RFC 5246 §7.1): one byte, 1, in a record of its own. The sender's next record is protected.
//!
//! No part of a handshake message may be waiting when the keys change, and only Finished may follow.

use accel::Accel;
use status::{Alert, ssl};

use super::Handshake;
use super::order::NextMessage;
use super::phase::{Common, HandshakePhase, Protected};
use crate::failure::Failure;
use crate::output::Output;
use crate::record::ContentType;
use crate::schedule::Side;
use crate::wire::copy;

impl<'b> Handshake<'b> {
    /// The server's.
    pub(crate) fn read_change_cipher_spec<A: Accel>(
        &mut self,
        content: &[u8],
        accel: &mut A,
    ) -> Result<(), Failure> {
        let unexpected = Failure::new(ssl::UNEXPECTED_MESSAGE, Alert::UNEXPECTED_MESSAGE);
        let HandshakePhase::Protected(protected, _) = &mut self.phase else { return Err(unexpected) };
        if self.common.next != NextMessage::ServerChangeCipherSpec || self.message.is_some() {
            return Err(unexpected);
        }
        if content != CONTENT {
            return Err(Failure::new(ssl::INVALID_RECORD, Alert::DECODE_ERROR));
        }
        protected.protect(Side::Server, &self.common.randoms, accel)?;
        self.common.next = NextMessage::ServerFinished;
        Ok(())
    }
}

impl<'b> Protected<'b> {
    /// Ours.
    pub(super) fn write_change_cipher_spec<A: Accel>(
        &mut self,
        common: &Common<'b>,
        output: &mut Output<'b>,
        accel: &mut A,
    ) -> Result<(), Failure> {
        // The keys first: if they cannot be made, the alert must still be in the clear, as the server expects it.
        self.protect(Side::Client, &common.randoms, accel)?;
        let space = output.space(None).get_mut(..CONTENT.len()).ok_or(ssl::BUFFER_TOO_SMALL)?;
        copy(space, CONTENT);
        output.seal(None, accel, ContentType::CHANGE_CIPHER_SPEC, CONTENT.len())
    }
}

const CONTENT: &[u8] = &[1];
