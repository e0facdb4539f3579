//! The handshake (RFC 5246 §7.3): which message may come when, and whose turn it is.
//!
//! ```text
//!   full                                        resumed
//!   ClientHello            ─►                   ClientHello            ─►
//!                          ◄─  ServerHello                             ◄─  ServerHello
//!                          ◄─  Certificate                             ◄─ (NewSessionTicket)
//!                          ◄─ (CertificateRequest)                     ◄─  ChangeCipherSpec
//!                          ◄─  ServerHelloDone                         ◄─  Finished
//!  (Certificate)           ─►                   ChangeCipherSpec       ─►
//!   ClientKeyExchange      ─►                   Finished               ─►
//!  (CertificateVerify)     ─►
//!   ChangeCipherSpec       ─►
//!   Finished               ─►
//!                          ◄─ (NewSessionTicket)
//!                          ◄─  ChangeCipherSpec
//!                          ◄─  Finished
//! ```
//!
//! One file per message; `order` is the one table of what a server may send when. A message is read when it is whole. Certificate and
//! CertificateRequest are worked off in pieces, so that they may be larger than the receive buffer.
//!
//! Two things must be shown, not claimed: that the chain was verified, and that the server's Finished was right ([`crate::proof`]).
//!
//! What reads and writes a message is not inlined, so that each of them finds the stack that the others have used.
//!
//! Deliberately absent: ServerKeyExchange (these suites have none), renegotiation.

mod certificate;
mod certificate_request;
mod certificate_verify;
mod change_cipher_spec;
mod client_hello;
mod client_key_exchange;
mod finished;
mod hello_request;
mod new_session_ticket;
mod order;
mod phase;
mod resumption;
mod server_hello;
mod server_hello_done;

use accel::{Accel, Job};
use status::{Alert, Cause, Error, Step, ssl};
use zeroize::Zeroize;

use crate::Suite;
use crate::config::{Config, MaxFragmentLength, Peer};
use crate::failure::Failure;
use crate::input::{Input, window_too_small};
use crate::output::Output;
use crate::proof::FinishedVerified;
use crate::record::Idle;
use crate::schedule::{HandshakeSecret, Randoms};
use crate::session::ServerSeen;
use crate::transcript::Transcript;
use crate::trust::{Verdict, Verification};
use crate::wire::u24;

use certificate_request::CertificateRequest;
use client_hello::SessionId;
use order::{MessageType, State, allowed, out_of_order};
use phase::Phase;
use resumption::Store;
use server_hello::Parameters;

/// The client's side of one handshake, and what is left of it afterwards.
pub(crate) struct Handshake<'b> {
    config: &'b Config<'b>,
    peer: Peer<'b>,
    state: State,
    randoms: Randoms,
    /// What the ClientHello said: the session's id, or one that tells whether a ticket was accepted.
    offered_id: SessionId,
    /// What the ServerHello decided.
    parameters: Option<Parameters<'b>>,
    transcript: Transcript,
    /// The message that is being read.
    message: Option<Message>,
    phase: Phase,
    /// What is known of the server's certificate, from this handshake or from the session that is resumed.
    server: ServerSeen,
    request: Option<CertificateRequest>,
    job: Option<Job<'b>>,
    secret: HandshakeSecret,
    store: Store<'b>,
}

/// How far a turn has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Progress {
    /// Something was done; there may be more to do.
    Made,
    /// Nothing more can be done without the socket or the application.
    Waits,
    /// One slice of a long computation was done.
    Busy,
}

/// A message whose header has been read.
#[derive(Clone, Copy)]
struct Message {
    message_type: MessageType,
    /// Bytes of its body that have not been taken yet.
    left: usize,
    /// Its header has been taken already, and its body is worked off in pieces.
    in_pieces: bool,
}

/// What became of the first bytes of a message's body that is worked off in pieces.
enum Piece {
    /// So many bytes were taken.
    Taken(usize),
    /// So many bytes must be there before it goes on.
    Needs(usize),
    /// A slice of a computation was done on them.
    Busy,
}

impl<'b> Handshake<'b> {
    pub(crate) fn new(config: &'b Config<'b>, peer: Peer<'b>, session: &'b mut [u8]) -> Self {
        Self {
            config,
            peer,
            state: State::ClientHello,
            randoms: Randoms { client: [0; 32], server: [0; 32] },
            offered_id: SessionId::EMPTY,
            parameters: None,
            transcript: Transcript::new(),
            message: None,
            phase: Phase::new(),
            server: ServerSeen::NOTHING,
            request: None,
            job: None,
            secret: HandshakeSecret::NONE,
            store: Store::new(session),
        }
    }

    /// Makes it the first handshake of another connection to the same server; the session that is kept will be offered.
    pub(crate) fn restart(&mut self, now: u64) {
        // What a server that has proved nothing has sent is not offered to anybody.
        if !self.is_over() && !matches!(self.state, State::ClientHello | State::ServerHello) {
            self.store.forget();
        }
        let store = self.store.restart();
        let peer = Peer { now, session: &[], ..self.peer };
        let mut next = Self::new(self.config, peer, &mut []);
        next.store = store;
        *self = next;
    }

    /// Whether the next message is ours.
    pub(crate) const fn is_our_turn(&self) -> bool {
        self.state.is_our_turn()
    }

    /// Whether both Finished messages have been exchanged.
    pub(crate) const fn is_over(&self) -> bool {
        self.finished().is_some()
    }

    /// The proof without which no application data passes.
    pub(crate) const fn finished(&self) -> Option<FinishedVerified> {
        match self.state {
            State::Traffic(proof) => Some(proof),
            _ => None,
        }
    }

    pub(crate) const fn step(&self) -> Step {
        self.state.step()
    }

    #[cfg(feature = "key-log")]
    pub(crate) fn key_log(&self, out: &mut impl core::fmt::Write) -> core::fmt::Result {
        let line = |master| crate::key_log::write_line(out, &self.randoms.client, master);
        self.secret.master().map_or(Ok(()), line)
    }

    /// Reads what has come of the next message.
    pub(crate) fn read<A: Accel>(
        &mut self,
        input: &mut Input<'b>,
        output: &mut Output<'b>,
        idle: &mut Idle,
        accel: &mut A,
    ) -> Result<Progress, Failure> {
        let Some(message) = self.message else { return self.read_header(input, accel) };
        if message.in_pieces {
            return self.read_piece(message, input, output, accel);
        }
        let whole = message.left.saturating_add(HEADER_LENGTH);
        let Some(bytes) = input.handshake().get(..whole) else { return Ok(Progress::Waits) };
        if message.message_type == MessageType::HELLO_REQUEST {
            hello_request::answer(output, self.write_state(), idle, accel)?;
        } else {
            self.read_whole(message.message_type, bytes, output, accel)?;
            self.hash_message(accel, bytes)?;
        }
        input.take(whole);
        self.message = None;
        self.settle(input, output)?;
        Ok(Progress::Made)
    }

    /// Writes the next message, or a part of it.
    pub(crate) fn write<A: Accel>(
        &mut self,
        input: &mut Input<'b>,
        output: &mut Output<'b>,
        accel: &mut A,
    ) -> Result<Progress, Failure> {
        match self.state {
            State::ClientHello => self.write_client_hello(output, accel),
            State::ClientCertificate { .. } if self.job.is_none() => {
                self.start_key_exchange(input, output, accel)
            }
            State::ClientCertificate { sent } => self.write_certificate(sent, output, accel),
            State::ClientKeyExchange => self.write_client_key_exchange(input, output, accel),
            State::CertificateVerify => self.write_certificate_verify(input, output, accel),
            State::ClientFinished(servers) => self.write_finished(servers, output, accel),
            _ => Ok(Progress::Waits),
        }
    }

    /// What the ServerHello has decided.
    ///
    /// # Errors
    /// `ssl::INTERNAL_ERROR` (-0x6C00) before it: every state that asks comes behind it.
    fn parameters(&self) -> Result<&Parameters<'b>, Error> {
        self.parameters.as_ref().ok_or(ssl::INTERNAL_ERROR)
    }

    /// The suite that was agreed on.
    pub(crate) const fn suite(&self) -> Option<Suite> {
        match &self.parameters {
            Some(parameters) => Some(parameters.suite),
            None => None,
        }
    }

    /// Whether the server resumes the session that was offered.
    pub(crate) const fn is_resumed(&self) -> bool {
        match &self.parameters {
            Some(parameters) => parameters.resumed,
            None => false,
        }
    }

    /// Whether the master secret is the extended one.
    pub(crate) const fn has_extended_master_secret(&self) -> bool {
        match &self.parameters {
            Some(parameters) => parameters.extended_master_secret,
            None => false,
        }
    }

    /// Whether records of CBC suites are encrypted before their MAC is made.
    pub(crate) const fn encrypts_then_macs(&self) -> bool {
        match &self.parameters {
            Some(parameters) => parameters.encrypt_then_mac,
            None => false,
        }
    }

    /// The limit on records that was agreed on.
    pub(crate) const fn max_fragment_length(&self) -> Option<MaxFragmentLength> {
        match &self.parameters {
            Some(parameters) => parameters.max_fragment_length,
            None => None,
        }
    }

    /// What is known of the server's certificate; nothing before it has come, and been verified.
    pub(crate) const fn server(&self) -> Option<&ServerSeen> {
        match self.state {
            State::ClientHello | State::ServerHello | State::ServerCertificate => None,
            _ => Some(&self.server),
        }
    }

    /// What verification has found, if there was one.
    pub(crate) fn verdict(&self) -> Option<Verdict> {
        let is_verified = self.config.verification != Verification::None;
        self.server().filter(|_| is_verified).map(|server| server.verdict)
    }

    /// The application protocol that was agreed on.
    pub(crate) const fn alpn(&self) -> Option<&'b [u8]> {
        match &self.parameters {
            Some(parameters) => parameters.alpn,
            None => None,
        }
    }

    /// A job has ended, or will not go on. Wiped in place: to write `None` over it leaves what is there.
    fn end_job(&mut self) {
        if let Some(job) = &mut self.job {
            job.zeroize();
        }
        self.job = None;
    }

    /// What a message that has just been read changes for the buffers.
    fn settle(&self, input: &mut Input<'b>, output: &mut Output<'b>) -> Result<(), Failure> {
        // RFC 5246 §7.3: when it is our turn nothing more can be under way.
        if self.is_our_turn() && !input.is_between_records() {
            return Err(Failure::new(ssl::UNEXPECTED_MESSAGE, Alert::UNEXPECTED_MESSAGE));
        }
        if let Some(limit) = self.parameters.as_ref().and_then(|parameters| parameters.max_fragment_length) {
            input.limit(limit.bytes());
            output.limit(limit.bytes());
        }
        Ok(())
    }

    /// RFC 5246 §7.4: type and length.
    fn read_header<A: Accel>(&mut self, input: &mut Input<'b>, accel: &mut A) -> Result<Progress, Failure> {
        let Some(header @ [message_type, a, b, c]) = input.handshake().first_chunk().copied() else {
            return Ok(Progress::Waits);
        };
        let message_type = MessageType(message_type);
        if !allowed(self.state, message_type) {
            return Err(out_of_order(self.state));
        }
        let left = u24([a, b, c]);
        if left > MAX_MESSAGE_LENGTH {
            let failure = Failure::new(ssl::BAD_INPUT_DATA, Alert::ILLEGAL_PARAMETER);
            return Err(failure.with(Cause::MessageTooLong));
        }
        // RFC 5246 §7.4.1.1: empty; Mbed TLS takes anything longer for another message.
        if message_type == MessageType::HELLO_REQUEST && left > 0 {
            return Err(out_of_order(self.state));
        }
        let fits = input.can_hold(left.saturating_add(HEADER_LENGTH));
        let in_pieces = match message_type {
            MessageType::CERTIFICATE | MessageType::CERTIFICATE_REQUEST => true,
            MessageType::NEW_SESSION_TICKET => !fits,
            _ if fits => false,
            _ => return Err(window_too_small()),
        };
        if in_pieces {
            self.hash_message(accel, &header)?;
            input.take(HEADER_LENGTH);
            input.inside_message(true);
        }
        self.message = Some(Message { message_type, left, in_pieces });
        Ok(Progress::Made)
    }

    fn read_whole<A: Accel>(
        &mut self,
        message_type: MessageType,
        bytes: &[u8],
        output: &mut Output<'b>,
        accel: &mut A,
    ) -> Result<(), Failure> {
        let body = bytes.get(HEADER_LENGTH..).unwrap_or_default();
        match message_type {
            MessageType::SERVER_HELLO => self.read_server_hello(body, output, accel),
            MessageType::SERVER_HELLO_DONE => self.read_server_hello_done(body),
            MessageType::NEW_SESSION_TICKET => self.read_new_session_ticket(body, accel),
            MessageType::FINISHED => self.read_finished(body, accel),
            _ => Err(out_of_order(self.state)),
        }
    }

    fn read_piece<A: Accel>(
        &mut self,
        message: Message,
        input: &mut Input<'b>,
        output: &mut Output<'b>,
        accel: &mut A,
    ) -> Result<Progress, Failure> {
        let available = input.handshake();
        let available = available.get(..message.left).unwrap_or(available);
        let piece = match message.message_type {
            MessageType::CERTIFICATE => self.read_certificate(available, message.left, output, accel)?,
            MessageType::CERTIFICATE_REQUEST => self.read_certificate_request(available, message.left)?,
            _ => skip(available),
        };
        let taken = match piece {
            Piece::Busy => return Ok(Progress::Busy),
            Piece::Needs(bytes) if !input.can_hold(bytes) => {
                if message.message_type != MessageType::CERTIFICATE {
                    return Err(window_too_small());
                }
                self.skip_certificate(bytes)?;
                return Ok(Progress::Made);
            }
            Piece::Needs(_) => return Ok(Progress::Waits),
            Piece::Taken(taken) => taken,
        };
        self.hash_message(accel, available.get(..taken).unwrap_or_default())?;
        input.take(taken);
        let left = message.left.saturating_sub(taken);
        self.message = (left > 0).then_some(Message { left, ..message });
        if left == 0 {
            input.inside_message(false);
            self.end_of_pieces(message.message_type)?;
        }
        Ok(if taken > LONG_PIECE { Progress::Busy } else { Progress::Made })
    }

    fn end_of_pieces(&mut self, message_type: MessageType) -> Result<(), Failure> {
        match message_type {
            MessageType::CERTIFICATE => self.end_of_certificate(),
            MessageType::CERTIFICATE_REQUEST => self.end_of_certificate_request(),
            _ => {
                self.end_of_new_session_ticket();
                Ok(())
            }
        }
    }
}

/// A message's type and length.
const HEADER_LENGTH: usize = 4;
/// To hash more than that with every function that a signature may need is a slice of work of its own.
const LONG_PIECE: usize = 256;
/// No message that this client reads is longer; Mbed TLS stops at 16 KB, real chains do before.
const MAX_MESSAGE_LENGTH: usize = 1 << 16;

/// Takes whatever is there.
fn skip(available: &[u8]) -> Piece {
    match available.len() {
        0 => Piece::Needs(1),
        length => Piece::Taken(length),
    }
}

/// Puts type and length before a body of `length` bytes that stands behind them already, and returns the whole message's length.
///
/// # Errors
/// `ssl::BUFFER_TOO_SMALL` (-0x6A00) when `message` is shorter than that.
fn frame(message_type: MessageType, message: &mut [u8], length: usize) -> Result<usize, Error> {
    let whole = length.saturating_add(HEADER_LENGTH);
    let [zero, a, b, c] = u32::try_from(length).map_err(|_| ssl::BUFFER_TOO_SMALL)?.to_be_bytes();
    if message.len() < whole || zero != 0 {
        return Err(ssl::BUFFER_TOO_SMALL);
    }
    let header = message.first_chunk_mut().ok_or(ssl::BUFFER_TOO_SMALL)?;
    *header = [message_type.0, a, b, c];
    Ok(whole)
}
