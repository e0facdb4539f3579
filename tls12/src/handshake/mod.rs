//! The handshake (RFC 5246 §7.3): reads and writes its messages in order.
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
//! - Each message has a file, with reading and writing side by side. The server's Finished is checked in `finished`.
//! - `order` has the table of what may come next.
//! - `phase` has the three phases and the data that each owns.
//! - [`crate::proof`] has the proofs that the chain and the server's Finished were verified.
//!
//! A message is read when it is whole. Certificate, CertificateRequest and a ticket that is too long are read in pieces, so that they may be
//! larger than the receive buffer.
//!
//! The functions that read and write messages are not inlined, so that they use the same stack one after the other.
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
mod protected;
mod resumption;
mod server_hello;
mod server_hello_done;

use accel::Accel;
use status::{Alert, Cause, Error, Step, ssl};
use zeroize::Zeroize;

use crate::Suite;
use crate::config::{Config, MaxFragmentLength, Peer};
use crate::failure::{Failure, Stop};
use crate::input::{Input, window_too_small};
use crate::output::Output;
use crate::proof::FinishedVerified;
use crate::record::{Idle, Protection};
use crate::schedule::Randoms;
use crate::session::ServerSeen;
use crate::trust::{Verdict, Verification};
use crate::wire::{copy, u24};

use client_hello::SessionId;
use order::{MessageType, NextMessage, allowed, out_of_order};
use phase::{Agreed, Common, HandshakePhase, Work};
use resumption::Store;

/// The client's side of one handshake, and what is left of it afterwards.
pub(crate) struct Handshake<'b> {
    common: Common<'b>,
    /// The message that is being read.
    message: Option<PendingMessage>,
    phase: HandshakePhase<'b>,
}

/// A message of which the header has been read, and not yet all of the body.
#[derive(Clone, Copy)]
struct PendingMessage {
    message_type: MessageType,
    /// Bytes of the body that have not been read.
    left: usize,
    /// The header has left the buffer, and the body is read in pieces.
    in_pieces: bool,
}

/// What was done with the bytes at hand of a message that is read in pieces.
enum Piece {
    /// This many bytes were read.
    Taken(usize),
    /// Nothing was read: this many bytes must be at hand.
    Needs(usize),
}

impl<'b> Handshake<'b> {
    pub(crate) fn new(config: &'b Config<'b>, peer: Peer<'b>, session: &'b mut [u8]) -> Self {
        Self {
            common: Common {
                config,
                peer,
                next: NextMessage::ClientHello,
                randoms: Randoms { client: [0; 32], server: [0; 32] },
                store: Store::new(session),
                work: Work::none(),
            },
            message: None,
            phase: HandshakePhase::hello(SessionId::EMPTY),
        }
    }

    /// Starts the handshake of another connection to the same server, which offers the session that is kept. Jobs must have been abandoned
    /// before.
    pub(crate) fn restart(&mut self, now: u64) {
        // A session of a server that was not authenticated is not offered.
        if !self.is_over() && !matches!(self.phase, HandshakePhase::Hello(..)) {
            self.common.store.forget();
        }
        let store = self.common.store.restart();
        let peer = Peer { now, session: &[], ..self.common.peer };
        let mut next = Self::new(self.common.config, peer, &mut []);
        next.common.store = store;
        *self = next;
    }

    /// Whether the next message is ours.
    pub(crate) const fn is_our_turn(&self) -> bool {
        self.common.next.is_our_turn()
    }

    /// Whether both Finished messages have been exchanged.
    pub(crate) const fn is_over(&self) -> bool {
        self.finished().is_some()
    }

    /// The proof that application data needs.
    pub(crate) const fn finished(&self) -> Option<FinishedVerified> {
        match self.common.next {
            NextMessage::ApplicationData(proof) => Some(proof),
            _ => None,
        }
    }

    pub(crate) const fn step(&self) -> Step {
        self.common.next.step()
    }

    #[cfg(feature = "key-log")]
    pub(crate) fn key_log(&self, out: &mut impl core::fmt::Write) -> core::fmt::Result {
        match &self.phase {
            HandshakePhase::Protected(protected, _) => {
                crate::key_log::write_line(out, &self.common.randoms.client, &protected.master)
            }
            _ => Ok(()),
        }
    }

    /// The read state; none while the server's records are not protected.
    pub(crate) fn read_state(&mut self) -> Option<&mut Protection> {
        match &mut self.phase {
            HandshakePhase::Protected(protected, _) => protected.read_state(),
            _ => None,
        }
    }

    /// The write state; none while our records are not protected.
    pub(crate) fn write_state(&mut self) -> Option<&mut Protection> {
        match &mut self.phase {
            HandshakePhase::Protected(protected, _) => protected.write_state(),
            _ => None,
        }
    }

    /// Reads the server's next message as far as it has been received.
    pub(crate) fn read<A: Accel>(
        &mut self,
        input: &mut Input<'b>,
        output: &mut Output<'b>,
        idle: &mut Idle,
        accel: &mut A,
    ) -> Result<(), Stop> {
        let Some(message) = self.message else { return self.read_header(input, accel) };
        if message.in_pieces {
            return self.read_piece(message, input, accel);
        }
        let whole = message.left.saturating_add(HEADER_LENGTH);
        let Some(bytes) = input.handshake().get(..whole) else { return Err(Stop::WAITS) };
        if message.message_type == MessageType::HELLO_REQUEST {
            hello_request::answer(output, self.write_state(), idle, accel)?;
        } else {
            self.read_whole(message.message_type, bytes, output, accel)?;
            self.phase.hash_message(accel, bytes)?;
        }
        input.take(whole);
        self.message = None;
        self.settle(input, output)?;
        Ok(())
    }

    /// Writes our next message, or a part of it.
    pub(crate) fn write<A: Accel>(
        &mut self,
        input: &mut Input<'b>,
        output: &mut Output<'b>,
        accel: &mut A,
    ) -> Result<(), Stop> {
        let Self { common, phase, .. } = self;
        match (common.next, phase) {
            (NextMessage::ClientHello, HandshakePhase::Hello(hello, _)) => {
                hello.write_client_hello(common, output, accel)
            }
            (_, HandshakePhase::KeyExchange(exchange)) if common.work.job.is_none() => {
                exchange.start_encryption(common, output, accel)
            }
            (NextMessage::ClientCertificate { sent }, HandshakePhase::KeyExchange(exchange)) => {
                exchange.write_certificate(common, sent, output, accel)
            }
            (NextMessage::ClientKeyExchange, phase) => {
                phase.write_client_key_exchange(common, input, output, accel)
            }
            (NextMessage::CertificateVerify(algorithm), HandshakePhase::Protected(protected, _)) => {
                protected.write_certificate_verify(common, algorithm, input, output, accel)
            }
            (NextMessage::ClientFinished(servers), HandshakePhase::Protected(protected, _)) => {
                protected.write_finished(common, servers, output, accel)
            }
            _ => Err(Stop::WAITS),
        }
    }

    const fn agreed(&self) -> Option<&Agreed<'b>> {
        self.phase.agreed()
    }

    /// The negotiated suite.
    pub(crate) const fn suite(&self) -> Option<Suite> {
        match self.agreed() {
            Some(agreed) => Some(agreed.parameters.suite),
            None => None,
        }
    }

    /// Whether the server resumes the session that was offered.
    pub(crate) const fn is_resumed(&self) -> bool {
        matches!(self.agreed(), Some(agreed) if agreed.parameters.resumed)
    }

    /// Whether the master secret is the extended one.
    pub(crate) const fn has_extended_master_secret(&self) -> bool {
        matches!(self.agreed(), Some(agreed) if agreed.parameters.extended_master_secret)
    }

    /// Whether records of CBC suites are encrypted before their MAC is made.
    pub(crate) const fn encrypts_then_macs(&self) -> bool {
        matches!(self.agreed(), Some(agreed) if agreed.parameters.encrypt_then_mac)
    }

    /// The negotiated max_fragment_length.
    pub(crate) const fn max_fragment_length(&self) -> Option<MaxFragmentLength> {
        match self.agreed() {
            Some(agreed) => agreed.parameters.max_fragment_length,
            None => None,
        }
    }

    /// What is known of the server's certificate, once its chain was verified.
    pub(crate) fn server(&self) -> Option<&ServerSeen> {
        let agreed = self.agreed().filter(|_| self.common.next != NextMessage::ServerCertificate)?;
        Some(&agreed.server)
    }

    /// The verdict on the server's chain, unless verification is off.
    pub(crate) fn verdict(&self) -> Option<Verdict> {
        let is_verified = self.common.config.verification != Verification::None;
        self.server().filter(|_| is_verified).map(|server| server.verdict)
    }

    /// The flags for which the server's chain was refused; a failure's hint names them.
    pub(crate) fn objection(&self) -> Verdict {
        let agreed = self.agreed().filter(|_| self.common.next == NextMessage::ServerCertificate);
        agreed.map(|agreed| agreed.server.verdict).unwrap_or_default()
    }

    /// The negotiated application protocol.
    pub(crate) const fn alpn(&self) -> Option<&'b [u8]> {
        match self.agreed() {
            Some(agreed) => agreed.parameters.alpn,
            None => None,
        }
    }

    /// Ends public-key jobs before they are done, wipes them and their memory, and gives the memory back to the buffers.
    pub(crate) fn abandon_jobs(&mut self, input: &mut Input<'b>, output: &mut Output<'b>) {
        let Self { common: Common { work, .. }, phase, .. } = self;
        work.end();
        work.memory.zeroize();
        input.memory().restore(&mut work.memory);
        if let HandshakePhase::KeyExchange(exchange) = phase {
            exchange.send_memory.zeroize();
            output.memory().restore(&mut exchange.send_memory);
        }
    }

    /// RFC 5246 §7.2.2: wipes the session and the secrets that it could be resumed with. The keys stay for the alert.
    pub(crate) fn forget(&mut self) {
        self.phase.forget();
        self.common.store.forget();
    }

    /// Wipes the keys.
    pub(crate) fn forget_keys(&mut self) {
        if let HandshakePhase::Protected(protected, _) = &mut self.phase {
            protected.forget_keys();
        }
    }

    /// Adjusts the buffers after a message has been read.
    fn settle(&mut self, input: &mut Input<'b>, output: &mut Output<'b>) -> Result<(), Failure> {
        // RFC 5246 §7.3: the server sends nothing more until we have answered.
        if self.is_our_turn() && !input.is_between_records() {
            return Err(Failure::new(ssl::UNEXPECTED_MESSAGE, Alert::UNEXPECTED_MESSAGE));
        }
        if self.is_our_turn() && matches!(self.phase, HandshakePhase::KeyExchange(_)) {
            self.common.work.memory = input.memory().take();
        }
        if let Some(limit) = self.max_fragment_length() {
            input.limit(limit.bytes());
            output.limit(limit.bytes());
        }
        Ok(())
    }

    /// RFC 5246 §7.4: type and length.
    fn read_header<A: Accel>(&mut self, input: &mut Input<'b>, accel: &mut A) -> Result<(), Stop> {
        let Some(header @ [message_type, a, b, c]) = input.handshake().first_chunk().copied() else {
            return Err(Stop::WAITS);
        };
        let message_type = MessageType(message_type);
        if !allowed(self.common.next, message_type) {
            return Err(out_of_order(self.common.next).into());
        }
        let left = u24([a, b, c]);
        if left > MAX_MESSAGE_LENGTH {
            let failure = Failure::new(ssl::BAD_INPUT_DATA, Alert::ILLEGAL_PARAMETER);
            return Err(failure.with(Cause::MessageTooLong).into());
        }
        // RFC 5246 §7.4.1.1: empty; Mbed TLS takes anything longer for another message.
        if message_type == MessageType::HELLO_REQUEST && left > 0 {
            return Err(out_of_order(self.common.next).into());
        }
        let fits = input.can_hold(left.saturating_add(HEADER_LENGTH));
        let in_pieces = match message_type {
            MessageType::CERTIFICATE | MessageType::CERTIFICATE_REQUEST => true,
            MessageType::NEW_SESSION_TICKET => !fits,
            _ if fits => false,
            _ => return Err(window_too_small().into()),
        };
        if in_pieces {
            self.phase.hash_message(accel, &header)?;
            input.take(HEADER_LENGTH);
            input.inside_message(true);
        }
        self.message = Some(PendingMessage { message_type, left, in_pieces });
        Ok(())
    }

    fn read_whole<A: Accel>(
        &mut self,
        message_type: MessageType,
        bytes: &[u8],
        output: &mut Output<'b>,
        accel: &mut A,
    ) -> Result<(), Failure> {
        let body = bytes.get(HEADER_LENGTH..).unwrap_or_default();
        let Self { common, phase, .. } = self;
        match (message_type, phase) {
            (MessageType::SERVER_HELLO, phase) => phase.read_server_hello(common, body, output, accel),
            (MessageType::SERVER_HELLO_DONE, HandshakePhase::KeyExchange(exchange)) => {
                exchange.read_server_hello_done(common, body)
            }
            (MessageType::NEW_SESSION_TICKET, HandshakePhase::Protected(protected, _)) => {
                protected.read_new_session_ticket(common, body, accel)
            }
            (MessageType::FINISHED, HandshakePhase::Protected(protected, _)) => {
                protected.read_finished(common, body, accel)
            }
            _ => Err(out_of_order(common.next)),
        }
    }

    fn read_piece<A: Accel>(
        &mut self,
        message: PendingMessage,
        input: &mut Input<'b>,
        accel: &mut A,
    ) -> Result<(), Stop> {
        let available = input.handshake();
        let available = available.get(..message.left).unwrap_or(available);
        let Self { common, phase, .. } = self;
        let piece = match (message.message_type, phase) {
            (MessageType::CERTIFICATE, HandshakePhase::KeyExchange(exchange)) => {
                exchange.read_certificate(common, available, message.left, accel)?
            }
            (MessageType::CERTIFICATE_REQUEST, HandshakePhase::KeyExchange(exchange)) => {
                exchange.read_certificate_request(available, message.left)?
            }
            _ => skip(available),
        };
        let taken = match piece {
            Piece::Needs(bytes) if !input.can_hold(bytes) => {
                return match &mut self.phase {
                    HandshakePhase::KeyExchange(exchange)
                        if message.message_type == MessageType::CERTIFICATE =>
                    {
                        exchange.certificate.skip(bytes)
                    }
                    _ => Err(window_too_small().into()),
                };
            }
            Piece::Needs(_) => return Err(Stop::WAITS),
            Piece::Taken(taken) => taken,
        };
        self.phase.hash_message(accel, available.get(..taken).unwrap_or_default())?;
        input.take(taken);
        let left = message.left.saturating_sub(taken);
        self.message = (left > 0).then_some(PendingMessage { left, ..message });
        if left == 0 {
            input.inside_message(false);
            self.end_of_pieces(message.message_type)?;
        }
        if taken > LONG_PIECE { Err(Stop::BUSY) } else { Ok(()) }
    }

    fn end_of_pieces(&mut self, message_type: MessageType) -> Result<(), Failure> {
        let Self { common, phase, .. } = self;
        match (message_type, phase) {
            (MessageType::CERTIFICATE, HandshakePhase::KeyExchange(exchange)) => {
                exchange.end_of_certificate(common)
            }
            (MessageType::CERTIFICATE_REQUEST, HandshakePhase::KeyExchange(exchange)) => {
                exchange.end_of_certificate_request(common)
            }
            // A ticket that is too long for the receive buffer was skipped.
            _ => {
                common.next = NextMessage::ServerChangeCipherSpec;
                Ok(())
            }
        }
    }
}

/// A message's type and length.
const HEADER_LENGTH: usize = 4;
/// After hashing more bytes than this, with up to five hashes, `poll` returns BUSY.
const LONG_PIECE: usize = 256;
/// The longest message that is read. Mbed TLS stops at 16 KB; real chains are shorter.
const MAX_MESSAGE_LENGTH: usize = 1 << 16;

/// Reads all bytes at hand, and ignores them.
fn skip(available: &[u8]) -> Piece {
    match available.len() {
        0 => Piece::Needs(1),
        length => Piece::Taken(length),
    }
}

/// Writes the header of a message whose body of `length` bytes is in place, and returns the length of the message.
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

/// Steps the job whose result ends a message, and returns the message when the job is done.
///
/// ```text
///   type  length  fields  length of the result (two bytes)  result
/// ```
///
/// # Errors
/// Those of [`accel::PublicKey::step`]; `ssl::BUFFER_TOO_SMALL` (-0x6A00) when the send buffer is too small for the message.
#[inline(never)]
fn compute<'o, A: Accel>(
    work: &mut Work<'_>,
    message_type: MessageType,
    fields: &[u8],
    output: &'o mut Output<'_>,
    accel: &mut A,
) -> Result<&'o [u8], Stop> {
    let is_waiting = !output.pending().is_empty();
    let message = output.message_space(None);
    if message.len() < MAX_COMPUTED_LENGTH && is_waiting {
        return Err(Stop::WAITS);
    }
    let Work { job: Some(job), memory } = work else { return Err(Stop::WAITS) };
    let body = message.get_mut(HEADER_LENGTH..).unwrap_or_default();
    let (head, rest) = body.split_at_mut_checked(fields.len()).unwrap_or_default();
    let (length, result) = rest.split_first_chunk_mut().ok_or(ssl::BUFFER_TOO_SMALL)?;
    let written = accel.step(job, memory, result).map_err(Stop::of_job)?;
    copy(head, fields);
    let [.., high, low] = written.to_be_bytes();
    *length = [high, low];
    let before = fields.len().saturating_add(length.len());
    let whole = frame(message_type, message, written.saturating_add(before))?;
    Ok(message.get(..whole).unwrap_or_default())
}

/// CertificateVerify with a key of 4096 bits.
const MAX_COMPUTED_LENGTH: usize = HEADER_LENGTH + 4 + accel::MAX_MODULUS_LENGTH;
