//! Resumption (RFC 5246 §7.3, RFC 5077): which session may be offered, and what is kept of this one.

use accel::Accel;
use status::Error;
use zeroize::Zeroize;

use super::Handshake;
use crate::config::{Config, Peer, Verification};
use crate::session::{Binding, Session};

/// The lent memory in which a session is kept for the next connection.
pub(super) struct Store<'b> {
    buffer: &'b mut [u8],
    length: usize,
    binding: Option<Binding>,
}

impl<'b> Store<'b> {
    pub(super) const fn new(buffer: &'b mut [u8]) -> Self {
        Self { buffer, length: 0, binding: None }
    }

    pub(super) const fn bind(&mut self, binding: Binding) {
        self.binding = Some(binding);
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
        Ok(())
    }

    /// Wipes what is kept.
    pub(super) fn forget(&mut self) {
        self.buffer.zeroize();
        self.length = 0;
    }

    fn bytes(&self) -> &[u8] {
        self.buffer.get(..self.length).unwrap_or_default()
    }
}

/// Whoever wants to resume has copied the session by now.
impl Drop for Store<'_> {
    fn drop(&mut self) {
        self.buffer.zeroize();
    }
}

/// A digest over everything that decides whom the server was taken for: a session resumes nothing else.
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
    };
    // All of it by name: a rule that is new does not compile before it is bound too.
    let x509::Policy { sha1, md5, minimum_rsa_bits } = config.policy;
    let [high, low] = minimum_rsa_bits.to_be_bytes();
    let rules = [verification, u8::from(sha1), u8::from(md5), high, low];
    let anchors = config.anchors.map_or(&[][..], |anchors| anchors.der());
    let identity = config.identity.map_or(&[][..], |identity| identity.chain.der());
    Binding::new(accel, [peer.host.as_bytes(), &rules, anchors, identity])
}

impl<'b> Handshake<'b> {
    /// The session to offer: whole, bound to this configuration and host, and with something to resume by.
    #[inline(never)]
    pub(super) fn offered_session<A: Accel>(&self, accel: &mut A) -> Result<Option<Session<'b>>, Error> {
        let Some(binding) = self.store.binding else { return Ok(None) };
        let mut session = Session::decode(accel, self.peer.session, &binding, self.peer.now)?;
        let is_usable = session.as_mut().is_some_and(|session| {
            if !self.config.session_tickets {
                session.ticket = &[];
            }
            let limit = session.max_fragment_length;
            self.config.suites.contains(session.suite)
                // RFC 6066 §4: the limit belongs to the session, so it must be asked for again.
                && (limit.is_none() || limit == self.config.max_fragment_length)
                && !(session.ticket.is_empty() && session.id.is_empty())
        });
        Ok(if is_usable { session } else { None })
    }

    /// What to keep of this connection, with a ticket that has just come or none.
    #[inline(never)]
    pub(super) fn keep_session<A: Accel>(
        &mut self,
        ticket: &[u8],
        lifetime_hint: u32,
        accel: &mut A,
    ) -> Result<(), Error> {
        let (Some(parameters), Some(master), Some(binding)) =
            (&self.parameters, &self.master, self.store.binding)
        else {
            return Ok(());
        };
        let resumed = if parameters.resumed { self.offered_session(accel)? } else { None };
        // A session does not grow younger by being resumed, and its certificate does not live longer.
        let (created, not_after) = match &resumed {
            Some(session) => (session.created, session.not_after),
            None => (self.peer.now, self.not_after),
        };
        let (ticket, lifetime_hint) = match &resumed {
            Some(session) if ticket.is_empty() => (session.ticket, session.lifetime_hint),
            _ => (ticket, lifetime_hint),
        };
        let id = match &resumed {
            Some(session) if !session.ticket.is_empty() => session.id,
            _ => parameters.session_id.as_bytes(),
        };
        let session = Session {
            binding,
            suite: parameters.suite,
            master: master.clone(),
            extended_master_secret: parameters.extended_master_secret,
            max_fragment_length: parameters.max_fragment_length,
            created,
            not_after,
            lifetime_hint,
            id,
            ticket,
        };
        self.store.keep(&session, accel)
    }

    /// The bytes that were kept, once the handshake is over.
    pub(crate) fn session(&self) -> &[u8] {
        if self.is_over() { self.store.bytes() } else { &[] }
    }

    /// RFC 5246 §7.2.2: nothing of this connection may be resumed.
    pub(crate) fn forget(&mut self) {
        self.job = None;
        self.premaster = None;
        self.master = None;
        self.store.forget();
    }
}
