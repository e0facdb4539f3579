//! NewSessionTicket (RFC 5077 §3.3): the ticket for the next connection.
//!
//! ```text
//!   uint32 ticket_lifetime_hint
//!   opaque ticket<0..2^16-1>                  empty when the server has changed its mind
//! ```
//!
//! A ticket that does not fit into the receive buffer is hashed and skipped; the session is then kept by its id, if it has one.

use accel::Accel;
use status::{Alert, ssl};

use super::order::NextMessage;
use super::phase::{Common, Protected};
use crate::failure::Failure;
use crate::wire::Reader;

impl<'b> Protected<'b> {
    #[inline(never)]
    pub(super) fn read_new_session_ticket<A: Accel>(
        &self,
        common: &mut Common<'b>,
        body: &[u8],
        accel: &mut A,
    ) -> Result<(), Failure> {
        let mut reader = Reader::new(body);
        let (lifetime_hint, ticket) = (reader.u32(), reader.vector16());
        if !reader.is_whole() {
            return Err(Failure::new(ssl::BAD_HS_NEW_SESSION_TICKET, Alert::DECODE_ERROR));
        }
        if !ticket.is_empty() {
            self.keep_session(common, ticket, lifetime_hint, accel)?;
        }
        common.next = NextMessage::ServerChangeCipherSpec;
        Ok(())
    }
}
