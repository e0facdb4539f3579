//! ServerHelloDone (RFC 5246 §7.4.5): an empty message, which ends the server's turn.

use status::{Alert, ssl};

use super::order::NextMessage;
use super::phase::{Common, KeyExchange};
use crate::failure::Failure;

impl<'b> KeyExchange<'b> {
    pub(super) fn read_server_hello_done(
        &mut self,
        common: &mut Common<'b>,
        body: &[u8],
    ) -> Result<(), Failure> {
        if !body.is_empty() {
            return Err(Failure::new(ssl::BAD_HS_SERVER_HELLO_DONE, Alert::DECODE_ERROR));
        }
        common.next = if self.request.is_some() {
            NextMessage::ClientCertificate { sent: 0 }
        } else {
            self.signing.keep(None);
            NextMessage::ClientKeyExchange
        };
        Ok(())
    }
}
