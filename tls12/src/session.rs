//! Sessions as bytes: what a connection leaves behind so that the next one to the same server can be resumed, by ticket
//! (RFC 5077) or by session id (RFC 5246 §7.3).
//!
//! **The bytes are secret**: they hold the master secret. Keep them as carefully as a private key, and wipe them with it. **Whoever
//! can write them is your server**: their digest finds damage, not forgery, and a resumed session is not verified again.
//!
//! A session only resumes what it was made for. Everything that was decided about the server is bound into it by one digest
//! (`Binding` in `stored`): host, name that is sent, verification, pins, anchors, policy and own certificate. Bytes that are damaged, of another version, or that do
//! not match exactly are no error: the handshake is a full one.
//!
//! Deliberately absent: the application protocol, which is negotiated afresh (RFC 7301 §3.1).

mod stored;

#[cfg(feature = "internals")]
pub use stored::{Binding, ServerSeen, Session};
#[cfg(not(feature = "internals"))]
pub(crate) use stored::{Binding, ServerSeen, Session};

pub use stored::{MAX_AGE, MAX_LENGTH_WITHOUT_TICKET};

use accel::Hash;
use status::Error;

use crate::trust::{DIGEST_LENGTH, Verdict};
use crate::{MaxFragmentLength, Suite};

/// What session bytes say, without what is secret in them.
///
/// ```
/// # struct Fixed(u64);
/// # impl accel::Entropy for Fixed {
/// #     fn entropy(&mut self, out: &mut [u8]) -> Result<(), status::Error> {
/// #         out.fill_with(|| {
/// #             self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
/// #             (self.0 >> 56) as u8
/// #         });
/// #         Ok(())
/// #     }
/// # }
/// use accel::soft::Soft;
/// use tls12::session::{self, Summary};
///
/// /// For how long a session that was saved is still good.
/// fn left(saved: &[u8], now: u64) -> Option<u64> {
///     let summary: Summary = session::inspect(&mut Soft::new(Fixed(1)), saved).ok()??;
///     summary.expires.checked_sub(now)
/// }
/// assert_eq!(left(b"no session", 1_800_000_000), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Summary {
    /// The suite, which resumption keeps.
    pub suite: Suite,
    /// Whether the master secret is the extended one (RFC 7627).
    pub extended_master_secret: bool,
    /// The limit on records, which must be asked for again (RFC 6066 §4).
    pub max_fragment_length: Option<MaxFragmentLength>,
    /// When the full handshake was, in Unix seconds.
    pub created: u64,
    /// The last moment at which it is offered, in Unix seconds: after what the server has hinted at or a day, and never after its
    /// certificate's end.
    pub expires: u64,
    /// For how many seconds the ticket is good, says the server (RFC 5077 §3.3); 0 when it does not say.
    pub lifetime_hint: u32,
    /// The bytes of the session id; 0 for none.
    pub id_length: usize,
    /// The bytes of the ticket; 0 for none.
    pub ticket_length: usize,
    /// SHA-256 of the server's certificate, where pins or an observer asked for it.
    pub certificate: Option<[u8; DIGEST_LENGTH]>,
    /// What verification has found in the full handshake.
    pub verdict: Verdict,
}

/// Looks at what [`crate::Connection::session`] has given. Nothing for bytes that are damaged, of another version, or no session.
///
/// ```
/// use accel::soft::Hasher;
/// use tls12::session;
///
/// /// Whether it is worth keeping for so many seconds more.
/// fn is_good_for(kept: &[u8], now: u64, seconds: u64) -> bool {
///     let summary = session::inspect(&mut Hasher, kept).ok().flatten();
///     summary.is_some_and(|session| now + seconds <= session.expires)
/// }
/// assert!(!is_good_for(b"no session", 1_800_000_000, 60));
/// ```
///
/// # Errors
/// Those of [`Hash`].
pub fn inspect<A: Hash + ?Sized>(accel: &mut A, bytes: &[u8]) -> Result<Option<Summary>, Error> {
    Ok(Session::undamaged(accel, bytes)?.map(|session| Summary {
        suite: session.suite,
        extended_master_secret: session.extended_master_secret,
        max_fragment_length: session.max_fragment_length,
        created: session.created,
        expires: session.expires(),
        lifetime_hint: session.lifetime_hint,
        id_length: session.id.len(),
        ticket_length: session.ticket.len(),
        certificate: session.server.certificate,
        verdict: session.server.verdict,
    }))
}
