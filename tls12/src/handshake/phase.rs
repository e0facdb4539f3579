//! The three phases of a handshake. Each is a value that owns its data; the next phase is made from it, in the same memory.
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
//! Sharing the memory saves more than 1 KB. Each phase is as long as the longest, so that all of the memory is overwritten: otherwise secrets
//! of the phase before could stay, or old bytes of the stack be copied there.

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

/// What all phases need.
pub(super) struct Common<'b> {
    pub(super) config: &'b Config<'b>,
    pub(super) peer: Peer<'b>,
    pub(super) next: NextMessage,
    pub(super) randoms: Randoms,
    pub(super) store: Store<'b>,
    pub(super) work: Work<'b>,
}

/// The public-key job that runs: a signature of the server's chain, the encryption of the premaster secret, or our signature.
pub(super) struct Work<'b> {
    pub(super) job: Option<Job<'b>>,
    /// The memory of the receive buffer while our turn of the key exchange lasts; otherwise empty.
    pub(super) memory: LentMemory<'b>,
}

/// The current phase. The array fills the shared memory up.
pub(super) enum HandshakePhase<'b> {
    Hello(Hello, #[expect(dead_code, reason = "it is there to be written")] [u8; HELLO_REST]),
    KeyExchange(KeyExchange<'b>),
    Protected(Protected<'b>, #[expect(dead_code, reason = "it is there to be written")] [u8; PROTECTED_REST]),
}

/// The phase until the ServerHello.
pub(super) struct Hello {
    /// The session id in our ClientHello: the session's own, or a random one beside a ticket. The server echoes it if it resumes.
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

/// The phase of a full handshake from the ServerHello to the ClientKeyExchange.
pub(super) struct KeyExchange<'b> {
    pub(super) agreed: Agreed<'b>,
    pub(super) certificate: ServerCertificate,
    pub(super) signing: SigningHashes,
    pub(super) request: Option<CertificateRequest>,
    pub(super) premaster: PremasterSecret,
    /// The memory of the send buffer: the chain is verified in it. The server's modulus stays at its end until the encryption begins.
    pub(super) send_memory: LentMemory<'b>,
}

const HELLO_REST: usize = size_of::<KeyExchange<'_>>() - size_of::<Hello>();
const PROTECTED_REST: usize = size_of::<KeyExchange<'_>>() - size_of::<Protected<'_>>();

impl<'b> HandshakePhase<'b> {
    pub(super) const fn hello(offered_id: SessionId) -> Self {
        Self::Hello(Hello { offered_id }, [0; HELLO_REST])
    }

    // Not inlined, like the next: the phase is built on the stack, which must be free again when something is computed.
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

    /// Adds bytes of a message to all running hashes.
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

    /// Wipes the secrets, but not the keys, which the alert needs.
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

    /// Wipes the job, which is done or abandoned. Writing `None` over it would leave its bytes.
    pub(super) fn end(&mut self) {
        if let Some(job) = &mut self.job {
            job.zeroize();
        }
        self.job = None;
    }
}
