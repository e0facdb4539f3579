//! A session as bytes: what one connection leaves for the next one to the same server, so that it can resume by ticket (RFC 5077) or by
//! session id (RFC 5246 §7.3).
//!
//! **The bytes are secret**: they hold the master secret. Store and wipe them as carefully as a private key. **Whoever can change them can
//! act as your server**: their digest detects damage, not forgery, and a resumed session is not verified again.
//!
//! A session resumes only under the settings that it was made with. One digest covers everything that was decided about the server
//! (`Binding` in `stored`): host, sent name, verification, pins, anchors, policy and own certificate. Bytes that are damaged, of another
//! version, that do not match exactly, or that lack the certificate's digest under an observer cause no error, but a full handshake.
//!
//! Deliberately absent: the application protocol, which is negotiated again (RFC 7301 §3.1).

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

/// The content of saved session bytes, without the secrets.
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
    /// The suite; resumption keeps it.
    pub suite: Suite,
    /// Whether the master secret is the extended one (RFC 7627).
    pub extended_master_secret: bool,
    /// The limit on records, which must be requested again (RFC 6066 §4).
    pub max_fragment_length: Option<MaxFragmentLength>,
    /// When the full handshake took place, in Unix seconds.
    pub created: u64,
    /// The last moment at which the session is offered, in Unix seconds. It is offered for as long as the server's hint says, or for a
    /// day, and never after the server's certificate has expired.
    pub expires: u64,
    /// For how many seconds the server accepts the ticket, as it says (RFC 5077 §3.3); 0 when it does not say.
    pub lifetime_hint: u32,
    /// The length of the session id; 0 for none.
    pub id_length: usize,
    /// The length of the ticket; 0 for none.
    pub ticket_length: usize,
    /// SHA-256 of the server's certificate, if pins or an observer needed it.
    pub certificate: Option<[u8; DIGEST_LENGTH]>,
    /// The verdict of the full handshake.
    pub verdict: Verdict,
}

/// Describes the bytes that [`crate::Connection::session`] returned. None if they are damaged, of another version, or no session.
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
