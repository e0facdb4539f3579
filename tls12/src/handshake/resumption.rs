//! Resumption (RFC 5246 §7.3, RFC 5077): which session may be offered, and what is kept of this one.

use core::mem;

use accel::Accel;
use status::Error;
use x509::Bundle;
use zeroize::Zeroize;

use super::Handshake;
use super::client_hello::SessionId;
use super::phase::{Common, Protected};
use crate::config::{Config, Peer};
use crate::session::{Binding, Session};
use crate::trust::{DIGEST_LENGTH, Verification};
use crate::wire::copy;

/// The caller's memory in which the session for the next connection is kept.
pub(super) struct Store<'b> {
    buffer: &'b mut [u8],
    length: usize,
    binding: Option<Binding>,
    /// This connection has written the session; otherwise an earlier one did.
    is_new: bool,
}

impl<'b> Store<'b> {
    pub(super) const fn new(buffer: &'b mut [u8]) -> Self {
        Self { buffer, length: 0, binding: None, is_new: false }
    }

    pub(super) const fn bind(&mut self, binding: Binding) {
        self.binding = Some(binding);
    }

    /// Whether the binding has been computed.
    pub(super) const fn is_bound(&self) -> bool {
        self.binding.is_some()
    }

    /// The same memory with its session for the next connection. The binding stays, as server and configuration do.
    pub(super) fn restart(&mut self) -> Self {
        Self { buffer: mem::take(&mut self.buffer), is_new: false, ..*self }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Keeps `session`, without its ticket if that does not fit.
    ///
    /// # Errors
    /// Those of [`accel::Hash`].
    pub(super) fn keep<A: Accel>(&mut self, session: &Session<'_>, accel: &mut A) -> Result<(), Error> {
        self.length = session.encode(accel, self.buffer)?;
        self.is_new = self.length > 0;
        Ok(())
    }

    /// Copies the bytes of a session.
    fn copy(&mut self, bytes: &[u8]) {
        self.forget();
        if let Some(place) = self.buffer.get_mut(..bytes.len()) {
            copy(place, bytes);
            self.length = bytes.len();
        }
    }

    /// Wipes the session.
    pub(super) fn forget(&mut self) {
        if self.length > 0 {
            self.buffer.zeroize();
            self.length = 0;
        }
    }

    fn bytes(&self) -> &[u8] {
        self.buffer.get(..self.length).unwrap_or_default()
    }
}

/// A program that wants to resume after this has copied the session.
impl Drop for Store<'_> {
    fn drop(&mut self) {
        self.buffer.zeroize();
    }
}

/// The digest of everything that decided whether to trust the server. A session is only resumed under the same.
///
/// # Errors
/// Those of [`accel::Hash`].
#[inline(never)]
pub(super) fn binding<A: Accel>(
    config: &Config<'_>,
    peer: &Peer<'_>,
    accel: &mut A,
) -> Result<Binding, Error> {
    let verification = match config.verification {
        Verification::None => 0,
        Verification::Required => 1,
        Verification::ChainOnly => 2,
        Verification::Pinned => 3,
        Verification::Optional => 4,
    };
    // All fields by name, so that a new rule does not compile before it is in the digest.
    let x509::Policy { sha1, md5, minimum_rsa_bits } = config.policy;
    let [high, low] = minimum_rsa_bits.to_be_bytes();
    let rules = [verification, u8::from(sha1), u8::from(md5), high, low];
    let mut digests = [[0; DIGEST_LENGTH]; 2];
    let [anchors, identity] = &mut digests;
    let anchors = digest(config.anchors, anchors, accel)?;
    let identity = digest(config.identity.map(|identity| identity.chain), identity, accel)?;
    // RFC 6066 §3: a session belongs to the name that was sent.
    let name = config.server_name.of(peer.host).unwrap_or_default();
    let parts = [peer.host.as_bytes(), &rules, anchors, identity, name.as_bytes()];
    Binding::new(accel, &parts, config.pins)
}

/// The digest of a bundle, in `place`; nothing where there is none.
#[inline(never)]
fn digest<'p, A: Accel>(
    bundle: Option<Bundle<'_>>,
    place: &'p mut [u8; DIGEST_LENGTH],
    accel: &mut A,
) -> Result<&'p [u8], Error> {
    let Some(bundle) = bundle else { return Ok(&[]) };
    *place = bundle.digest(accel)?;
    Ok(place)
}

impl<'b> Common<'b> {
    /// The session to offer: undamaged, for this configuration and host, with an id or a ticket.
    #[inline(never)]
    pub(super) fn offered_session<A: Accel>(&self, accel: &mut A) -> Result<Option<Session<'_>>, Error> {
        let is_good = self.store.is_bound() && Session::is_undamaged(accel, self.brought_session())?;
        Ok(if is_good { self.resumed_session() } else { None })
    }

    /// The offered session again, when the server resumes it. Its bytes are borrowed or ours, so they are still undamaged.
    pub(super) fn resumed_session(&self) -> Option<Session<'_>> {
        self.usable_session(self.brought_session(), self.store.binding.as_ref()?)
    }

    /// The bytes from the caller, or those that the connection before has kept.
    fn brought_session(&self) -> &[u8] {
        if self.peer.session.is_empty() { self.store.bytes() } else { self.peer.session }
    }

    /// The session in these undamaged bytes, if it may be offered.
    // Not inlined: its stack is free while the digest is computed.
    #[inline(never)]
    fn usable_session<'s>(&self, bytes: &'s [u8], binding: &Binding) -> Option<Session<'s>> {
        let mut session = Session::decode(bytes, binding, self.peer.now);
        let is_usable = session.as_mut().is_some_and(|session| {
            if !self.config.session_tickets {
                session.ticket = &[];
            }
            let limit = session.max_fragment_length;
            self.config.suites.contains(session.suite)
                // RFC 6066 §4: the limit belongs to the session, so it must be asked for again.
                && (limit.is_none() || limit == self.config.max_fragment_length)
                // An observer wants to know the certificate, so a session without its digest is not resumed. Pins are in the binding.
                && (self.config.observer.is_none() || session.server.certificate.is_some())
                && !(session.ticket.is_empty() && session.id.is_empty())
        });
        if is_usable { session } else { None }
    }
}

impl<'b> Protected<'b> {
    /// Keeps the session, with the ticket that has just come or with none.
    #[inline(never)]
    pub(super) fn keep_session<A: Accel>(
        &self,
        common: &mut Common<'b>,
        ticket: &[u8],
        lifetime_hint: u32,
        accel: &mut A,
    ) -> Result<(), Error> {
        let Some(binding) = common.store.binding else { return Ok(()) };
        let parameters = &self.agreed.parameters;
        // Resuming a session does not extend its life.
        let mut created = common.peer.now;
        let mut id = parameters.session_id;
        if parameters.resumed {
            if ticket.is_empty() {
                common.store.copy(common.peer.session);
                return Ok(());
            }
            if let Some(session) = &common.resumed_session() {
                created = session.created;
                if !session.ticket.is_empty() {
                    id = SessionId::new(session.id).unwrap_or(SessionId::EMPTY);
                }
            }
        }
        let session = Session {
            binding,
            suite: parameters.suite,
            master: self.master.as_bytes(),
            extended_master_secret: parameters.extended_master_secret,
            max_fragment_length: parameters.max_fragment_length,
            created,
            server: self.agreed.server,
            lifetime_hint,
            id: id.as_bytes(),
            ticket,
        };
        common.store.keep(&session, accel)
    }
}

impl Handshake<'_> {
    /// Keeps the bytes of an earlier session for the next hello.
    pub(crate) fn offer(&mut self, session: &[u8]) {
        self.common.store.copy(session);
    }

    /// The bytes that were kept, once the handshake is over.
    pub(crate) fn session(&self) -> &[u8] {
        if self.is_over() { self.common.store.bytes() } else { &[] }
    }

    /// Whether they are another session than the one that was offered.
    pub(crate) const fn has_new_session(&self) -> bool {
        self.is_over() && self.common.store.is_new
    }
}
