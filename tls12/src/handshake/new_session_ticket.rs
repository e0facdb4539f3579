//! NewSessionTicket (RFC 5077 §3.3): what to resume from next time.
//!
//! ```text
//!   uint32 ticket_lifetime_hint
//!   opaque ticket<0..2^16-1>                  empty when the server has changed its mind
//! ```
//!
//! One that does not fit the receive buffer is skipped: it is hashed, and the session is kept by its id, if it has one.

use accel::Accel;
use status::{Alert, ssl};

use super::{Handshake, State};
use crate::failure::Failure;
use crate::wire::Reader;

impl<'b> Handshake<'b> {
    #[inline(never)]
    pub(super) fn read_new_session_ticket<A: Accel>(
        &mut self,
        body: &[u8],
        accel: &mut A,
    ) -> Result<(), Failure> {
        let mut reader = Reader::new(body);
        let (lifetime_hint, ticket) = (reader.u32(), reader.vector16());
        if !reader.is_whole() {
            return Err(Failure::new(ssl::BAD_HS_NEW_SESSION_TICKET, Alert::DECODE_ERROR));
        }
        if !ticket.is_empty() {
            self.keep_session(ticket, lifetime_hint, accel)?;
        }
        self.end_of_new_session_ticket();
        Ok(())
    }

    pub(super) fn end_of_new_session_ticket(&mut self) {
        self.state = State::ChangeCipherSpec;
    }
}
