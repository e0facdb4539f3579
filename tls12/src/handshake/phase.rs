//! The phases of a handshake. Each is a value that owns what only it needs, and the next one is made from it, in its place.
//!
//! ```text
//!   Hello ──ServerHello──► KeyExchange ──ClientKeyExchange──► Protected        full handshake
//!     └──────ServerHello, which resumes a session────────────────►┘            resumed handshake
//! ```
//!
//! - [`Hello`]: nothing has been agreed on.
//! - [`KeyExchange`]: what the ServerHello decided, the server's chain, the hashes to sign with, the premaster secret.
//! - [`Protected`]: the master secret, the keys of both directions.
//!
//! They share one place in memory: that saves more than 1 KB. Every phase writes all of the place, so that nothing of the phase before is
//! left in it, and nothing that stands on the stack is copied to it.

use accel::{Accel, Job};
use status::Error;
use zeroize::Zeroize;

use super::certificate::ServerCertificate;
use super::certificate_request::CertificateRequest;
use super::client_hello::SessionId;
use super::order::NextMessage;
use super::resumption::Store;
use super::server_hello::Parameters;
use crate::config::{Config, Peer};
use crate::memory::LentMemory;
use crate::schedule::{PremasterSecret, Randoms};
use crate::session::ServerSeen;
use crate::transcript::{SigningHashes, Transcript};

pub(super) use super::protected::Protected;

/// What all phases work with.
pub(super) struct Common<'b> {
    pub(super) config: &'b Config<'b>,
    pub(super) peer: Peer<'b>,
    pub(super) next: NextMessage,
    pub(super) randoms: Randoms,
    pub(super) store: Store<'b>,
    pub(super) work: Work<'b>,
}

/// The computation that is under way: a signature of the server's chain, the encryption of the premaster secret, or our signature.
pub(super) struct Work<'b> {
    pub(super) job: Option<Job<'b>>,
    /// The receive buffer's memory, in our turn.
    pub(super) memory: LentMemory<'b>,
}

/// One of the phases. The array is the rest of the place that they share.
pub(super) enum HandshakePhase<'b> {
    Hello(Hello, #[expect(dead_code, reason = "it is there to be written")] [u8; HELLO_REST]),
    KeyExchange(KeyExchange<'b>),
    Protected(Protected<'b>, #[expect(dead_code, reason = "it is there to be written")] [u8; PROTECTED_REST]),
}

/// Until the ServerHello.
pub(super) struct Hello {
    /// The session id of the ClientHello: the session's, or one whose echo tells that the ticket was accepted.
    pub(super) offered_id: SessionId,
}

/// What both sides know from the ServerHello on.
#[derive(Clone)]
pub(super) struct Agreed<'b> {
    pub(super) parameters: Parameters<'b>,
    pub(super) transcript: Transcript,
    /// What is known of the server's certificate, from this handshake or from the session that is resumed.
    pub(super) server: ServerSeen,
}

/// From the ServerHello of a full handshake to the ClientKeyExchange.
pub(super) struct KeyExchange<'b> {
    pub(super) agreed: Agreed<'b>,
    pub(super) certificate: ServerCertificate,
    pub(super) signing: SigningHashes,
    pub(super) request: Option<CertificateRequest>,
    pub(super) premaster: PremasterSecret,
    /// The send buffer's memory: the chain is verified in it, and the server's key stays at its end until the encryption begins.
    pub(super) send_memory: LentMemory<'b>,
}

const HELLO_REST: usize = size_of::<KeyExchange<'_>>() - size_of::<Hello>();
const PROTECTED_REST: usize = size_of::<KeyExchange<'_>>() - size_of::<Protected<'_>>();

impl<'b> HandshakePhase<'b> {
    pub(super) const fn hello(offered_id: SessionId) -> Self {
        Self::Hello(Hello { offered_id }, [0; HELLO_REST])
    }

    // What makes a phase is not inlined: its stack is free again when something is computed.
    #[inline(never)]
    pub(super) fn begin_key_exchange(&mut self, parameters: &Parameters<'b>) {
        *self = Self::KeyExchange(KeyExchange::new(Agreed::new(*parameters)));
    }

    #[inline(never)]
    pub(super) fn begin_protection(&mut self, parameters: &Parameters<'b>) {
        *self = Self::Protected(Protected::new(Agreed::new(*parameters)), [0; PROTECTED_REST]);
    }

    /// As [`HandshakePhase::agreed`].
    pub(super) const fn agreed_mut(&mut self) -> Option<&mut Agreed<'b>> {
        match self {
            Self::Hello(..) => None,
            Self::KeyExchange(exchange) => Some(&mut exchange.agreed),
            Self::Protected(protected, _) => Some(&mut protected.agreed),
        }
    }

    /// What was agreed on, once the ServerHello has come.
    pub(super) const fn agreed(&self) -> Option<&Agreed<'b>> {
        match self {
            Self::Hello(..) => None,
            Self::KeyExchange(exchange) => Some(&exchange.agreed),
            Self::Protected(protected, _) => Some(&protected.agreed),
        }
    }

    /// Adds bytes of a message to every hash that runs.
    ///
    /// # Errors
    /// Those of [`accel::Hash`].
    pub(super) fn hash_message<A: Accel>(&mut self, accel: &mut A, bytes: &[u8]) -> Result<(), Error> {
        match self {
            Self::Hello(..) => Ok(()),
            Self::KeyExchange(exchange) => exchange.hash_message(accel, bytes),
            Self::Protected(protected, _) => protected.agreed.transcript.update(accel, bytes),
        }
    }

    /// Wipes the secrets, but not what protects the last alert.
    pub(super) fn forget(&mut self) {
        match self {
            Self::Hello(..) => {}
            Self::KeyExchange(exchange) => exchange.premaster.zeroize(),
            Self::Protected(protected, _) => protected.forget_master_secret(),
        }
    }
}

impl<'b> Agreed<'b> {
    const fn new(parameters: Parameters<'b>) -> Self {
        Self { parameters, transcript: Transcript::none(), server: ServerSeen::NOTHING }
    }
}

impl<'b> KeyExchange<'b> {
    pub(super) const fn new(agreed: Agreed<'b>) -> Self {
        Self {
            agreed,
            certificate: ServerCertificate::new(),
            signing: SigningHashes::new(),
            request: None,
            premaster: PremasterSecret::none(),
            send_memory: LentMemory::none(),
        }
    }

    /// As [`HandshakePhase::hash_message`].
    ///
    /// # Errors
    /// Those of [`accel::Hash`].
    pub(super) fn hash_message<A: Accel>(&mut self, accel: &mut A, bytes: &[u8]) -> Result<(), Error> {
        self.agreed.transcript.update(accel, bytes)?;
        self.signing.update(accel, bytes)
    }
}

impl Work<'_> {
    pub(super) const fn none() -> Self {
        Self { job: None, memory: LentMemory::none() }
    }

    /// The job has ended, or will not go on. Wiped in place: to write `None` over it leaves what is there.
    pub(super) fn end(&mut self) {
        if let Some(job) = &mut self.job {
            job.zeroize();
        }
        self.job = None;
    }
}
