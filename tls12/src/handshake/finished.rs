//! Finished (RFC 5246 §7.4.9): each side proves that it has the keys and saw the same messages. The server's is checked here.
//!
//! ```text
//!   opaque verify_data[12]
//! ```

use accel::Accel;
use status::{Alert, ssl};
use zeroize::Zeroize;

use super::order::NextMessage;
use super::phase::{Common, Protected};
use super::{HEADER_LENGTH, MessageType, frame};
use crate::failure::{Failure, Stop};
use crate::output::Output;
use crate::proof::FinishedVerified;
use crate::record::MAX_OVERHEAD;
use crate::schedule::{Side, VERIFY_DATA_LENGTH, VerifyData};
use crate::wire::copy;

impl<'b> Protected<'b> {
    /// Checks the server's Finished.
    #[inline(never)]
    pub(super) fn read_finished<A: Accel>(
        &mut self,
        common: &mut Common<'b>,
        body: &[u8],
        accel: &mut A,
    ) -> Result<(), Failure> {
        if body.len() != VERIFY_DATA_LENGTH {
            return Err(Failure::new(ssl::BAD_HS_FINISHED, Alert::DECODE_ERROR));
        }
        let wrong = Failure::new(ssl::BAD_HS_FINISHED, Alert::DECRYPT_ERROR);
        let expected = self.verify_data(Side::Server, accel)?;
        let proof = FinishedVerified::compare(&expected, body).ok_or(wrong)?;
        if self.agreed.parameters.resumed {
            common.next = NextMessage::ClientFinished(Some(proof));
            Ok(())
        } else {
            self.end(common, proof, accel)
        }
    }

    /// Writes our ChangeCipherSpec, and at the next call our Finished. `servers` is the proof of the server's, if that came first.
    #[inline(never)]
    pub(super) fn write_finished<A: Accel>(
        &mut self,
        common: &mut Common<'b>,
        servers: Option<FinishedVerified>,
        output: &mut Output<'b>,
        accel: &mut A,
    ) -> Result<(), Stop> {
        if self.write_state().is_none() {
            if output.space(None).len() < ROOM {
                let is_waiting = !output.pending().is_empty();
                return if is_waiting { Err(Stop::WAITS) } else { Err(ssl::BUFFER_TOO_SMALL.into()) };
            }
            self.write_change_cipher_spec(common, output, accel)?;
            // The key block was a slice.
            return Err(Stop::BUSY);
        }
        let verify_data = self.verify_data(Side::Client, accel)?;
        let message = output.message_space(self.write_state());
        let body = message.get_mut(HEADER_LENGTH..LENGTH).ok_or(ssl::BUFFER_TOO_SMALL)?;
        copy(body, verify_data.as_bytes());
        let whole = frame(MessageType::FINISHED, message, VERIFY_DATA_LENGTH)?;
        self.agreed.transcript.update(accel, message.get(..whole).unwrap_or_default())?;
        output.seal_message(self.write_state(), accel, whole)?;
        if let Some(proof) = servers {
            self.end(common, proof, accel)?;
        } else {
            common.next = if self.agreed.parameters.ticket {
                NextMessage::NewSessionTicket
            } else {
                NextMessage::ServerChangeCipherSpec
            };
        }
        Ok(())
    }

    #[inline(never)]
    fn verify_data<A: Accel>(&self, side: Side, accel: &mut A) -> Result<VerifyData, Failure> {
        let hash = self.agreed.transcript.hash(accel)?;
        Ok(self.key.verify_data(accel, side, hash.as_bytes())?)
    }

    /// Both Finished are exchanged. Keeps a session by its id if no ticket came, and wipes what only the handshake needed.
    fn end<A: Accel>(
        &mut self,
        common: &mut Common<'b>,
        proof: FinishedVerified,
        accel: &mut A,
    ) -> Result<(), Failure> {
        if common.store.is_empty() {
            self.keep_session(common, &[], 0, accel)?;
        }
        self.agreed.transcript.end();
        // Only a key log needs it after this.
        if !cfg!(feature = "key-log") {
            self.master.zeroize();
        }
        self.key.zeroize();
        common.next = NextMessage::ApplicationData(proof);
        Ok(())
    }
}

/// The whole message.
const LENGTH: usize = HEADER_LENGTH + VERIFY_DATA_LENGTH;
/// Enough for ChangeCipherSpec and Finished, protected.
const ROOM: usize = 2 * MAX_OVERHEAD + LENGTH;
