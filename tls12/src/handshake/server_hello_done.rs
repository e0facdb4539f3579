//! ServerHelloDone (RFC 5246 §7.4.5): empty; it is our turn.

use status::{Alert, ssl};

use super::{Handshake, State};
use crate::failure::Failure;

impl Handshake<'_> {
    pub(super) fn read_server_hello_done(&mut self, body: &[u8]) -> Result<(), Failure> {
        if !body.is_empty() {
            return Err(Failure::new(ssl::BAD_HS_SERVER_HELLO_DONE, Alert::DECODE_ERROR));
        }
        self.state = match self.request {
            Some(_) => State::ClientCertificate { sent: 0 },
            None => {
                self.phase.exchange()?.signing.keep(None);
                State::ClientKeyExchange
            }
        };
        Ok(())
    }
}
