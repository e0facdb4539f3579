//! The connection and its functions.
//!
//! Two buffers are lent for the life of a connection: records are opened in `rx` and sealed in `tx`. Public-key jobs work in their memory while
//! nothing passes through them. `want` says which functions may be called now; the others return an empty slice or do nothing. A length that is
//! too large is clamped. Nothing panics.
//!
//! A failure is final. Its alert is sent after the records that are sealed already, as the peer could not open it before them. Every other port
//! is empty, and `poll` repeats the error.

mod advance;

use accel::Accel;
use status::{Alert, Error, Status, Step};

use crate::config::{Config, MaxFragmentLength, Peer};
use crate::failure::Stop;
use crate::handshake::Handshake;
use crate::input::Input;
use crate::memory::LentMemory;
use crate::output::Output;
use crate::record::Idle;
use crate::setup::SetupError;
use crate::suite::Suite;
use crate::trust::Verdict;
use crate::want::Want;

/// One connection to one server: a client's side of TLS 1.2 (RFC 5246), without I/O.
///
/// One turn of a loop over a socket; `tls12::io` has it for the usual kinds of sockets:
///
/// ```
/// use std::io::{Error, Read, Write};
/// use accel::Accel;
/// use tls12::{Connection, Want};
///
/// fn turn<A: Accel>(tls: &mut Connection<'_>, accel: &mut A, socket: &mut (impl Read + Write)) -> Result<Want, Error> {
///     let want = tls.poll(accel).map_err(Error::other)?;
///     if want.contains(Want::SEND) {
///         let sent = socket.write(tls.send_bytes())?;
///         tls.sent(sent);
///     } else if want.contains(Want::RECV) {
///         match socket.read(tls.recv_space())? {
///             0 => tls.recv_closed(),
///             received => tls.received(received),
///         }
///     }
///     Ok(want)
/// }
/// ```
///
/// Its lifetime is the shortest of what it is lent: configuration, host and buffers may live longer, each as it likes.
///
/// Has no Debug: it is full of secrets. They are wiped when it is dropped, in all lent buffers too:
/// [`Connection::session`] is copied before.
pub struct Connection<'b> {
    input: Input<'b>,
    output: Output<'b>,
    handshake: Handshake<'b>,
    idle: Idle,
    /// The next `poll` goes on without the socket.
    is_busy: bool,
    end: End,
    /// The alert that has come: what ended the connection.
    alert_received: Option<Alert>,
    status: Option<Status>,
}

/// Which close_notify alerts were sent and received (RFC 5246 §7.2.1). The buffers know whether the streams have ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// None.
    Open,
    /// The next `poll` sends ours.
    Due,
    /// The next `poll` sends ours, as the answer to the peer's.
    AnswerDue,
    /// Ours was sent. What the peer still sends can be read.
    Said,
    /// Both were sent.
    Mutual,
    /// Ours was sent during the handshake, which is abandoned.
    Abandoned,
    /// The connection has failed; the status says why.
    Failed,
}

impl End {
    /// Whether our close_notify has been queued.
    const fn is_said(self) -> bool {
        matches!(self, Self::Said | Self::Mutual | Self::Abandoned)
    }

    /// Whether the peer's close_notify has come.
    const fn is_heard(self) -> bool {
        matches!(self, Self::AnswerDue | Self::Mutual)
    }
}

impl<'b> Connection<'b> {
    /// Prepares a connection. Nothing is computed and nothing is sent before the first [`Connection::poll`].
    ///
    /// `rx` receives records ([`Connection::SMALL_RX`], [`Connection::FULL_RX`]), `tx` sends them ([`Connection::GOOD_TX`]), and
    /// `session` keeps what a later connection resumes from ([`Connection::GOOD_SESSION`], or empty for never). With an
    /// identity, `rx` is also the workspace of its signature: `accel::rsa_private_workspace` of its modulus.
    ///
    /// # Errors
    /// A [`SetupError`], which says which buffer is too short and what is needed: -0x6A00, -0x7100 or -0x5E80.
    pub fn new(
        config: &'b Config<'b>,
        peer: Peer<'b>,
        rx: &'b mut [u8],
        tx: &'b mut [u8],
        session: &'b mut [u8],
    ) -> Result<Self, SetupError> {
        config.check(&peer, rx.len(), tx.len())?;
        Ok(Self {
            input: Input::new(LentMemory::new(rx)),
            output: Output::new(LentMemory::new(tx)),
            handshake: Handshake::new(config, peer, session),
            idle: Idle::new(),
            is_busy: true,
            end: End::Open,
            alert_received: None,
            status: None,
        })
    }

    /// Makes it a new connection to the same server, with the same configuration and buffers, at another time (Unix seconds): nothing is
    /// left of the one before but its session, which is offered as it lies in its buffer. What the socket still has of the one
    /// before must not be given to this one.
    ///
    /// A session is not offered again after a failure: RFC 5246 §7.2.2 says so of fatal alerts, and a server that hangs up over a
    /// session would do so for ever.
    pub fn restart(&mut self, now: u64) {
        self.handshake.abandon_jobs(&mut self.input, &mut self.output);
        self.input.restart();
        self.output.restart();
        self.handshake.restart(now);
        self.idle = Idle::new();
        (self.is_busy, self.end) = (true, End::Open);
        (self.alert_received, self.status) = (None, None);
    }

    /// Offers a session that [`Connection::session`] returned on an earlier connection, perhaps before a reset: it is copied into the
    /// session's buffer, in the place of what is kept there. Bytes that are too long for it, or do not fit the configuration, the host
    /// or the time, are not offered. To be called before the first [`Connection::poll`], or before [`Connection::restart`].
    pub fn offer(&mut self, session: &[u8]) {
        self.handshake.offer(session);
    }

    /// Advances the protocol as far as it goes without the socket and the application, and says what is needed next.
    ///
    /// Public-key work is done in slices: with [`Want::BUSY`], poll again when everything else has had its turn.
    ///
    /// # Errors
    /// Any failure of the connection, again at every call; [`Connection::status`] tells all about it. What
    /// [`Connection::send_bytes`] still offers should be sent.
    pub fn poll<A: Accel>(&mut self, accel: &mut A) -> Result<Want, Error> {
        if self.end != End::Failed {
            let stop = self.advance(accel);
            self.is_busy = stop == Stop::BUSY;
            if let Some(failure) = stop.failure() {
                self.fail(failure, accel);
            }
        }
        match self.status {
            Some(status) if self.end == End::Failed => Err(status.error),
            _ => Ok(self.want()),
        }
    }

    /// Where the socket's next bytes go: a header, then exactly the rest of its record.
    #[must_use]
    pub fn recv_space(&mut self) -> &mut [u8] {
        if self.is_listening() { self.input.space() } else { &mut [] }
    }

    /// `n` bytes from the socket are in the space.
    pub fn received(&mut self, n: usize) {
        if self.is_listening() {
            self.input.received(n);
        }
    }

    /// The socket has no more bytes for us. After the peer's close_notify that is as it should be; without one the status
    /// will say that the stream was cut off ([`status::Cause::Truncated`]).
    pub fn recv_closed(&mut self) {
        self.input.end();
    }

    /// What is to be sent through the socket.
    #[must_use]
    pub fn send_bytes(&self) -> &[u8] {
        self.output.pending()
    }

    /// The socket has taken `n` bytes.
    pub fn sent(&mut self, n: usize) {
        self.output.sent(n);
    }

    /// The socket takes no more bytes: what waits is given up, and nothing is sent any more. What the server has sent before it left
    /// can still be received, an alert above all, so that the status says why: poll and receive as before. A stream that ends
    /// with nothing of the kind in it is `net::SEND_FAILED` (-0x004E).
    pub fn send_closed(&mut self) {
        self.output.close();
        if self.end.is_heard() {
            self.note_close();
        }
    }

    /// Authenticated bytes for the application: what is left of one record.
    #[must_use]
    pub fn plaintext(&self) -> &[u8] {
        self.input.plaintext()
    }

    /// The application has read `n` bytes.
    pub fn consume(&mut self, n: usize) {
        self.input.consume(n);
    }

    /// Where the application writes: as many bytes as one record holds. They are sealed in place by [`Connection::wrote`].
    #[must_use]
    pub fn write_space(&mut self) -> &mut [u8] {
        if self.is_writing() { self.output.space(self.handshake.write_state()) } else { &mut [] }
    }

    /// Seals the first `n` bytes of the space as a record. Zero does nothing. Without space, as after [`Connection::close`],
    /// nothing is written.
    ///
    /// # Errors
    /// `ssl::COUNTER_WRAPPING` (-0x6B80) when all sequence numbers have been used (RFC 5246 §6.1), or the accelerator's own
    /// code. The connection has failed then.
    pub fn wrote<A: Accel>(&mut self, n: usize, accel: &mut A) -> Result<(), Error> {
        let n = n.min(self.write_space().len());
        // The space is empty before both Finished messages, so that there always is a proof here.
        let Some(proof) = self.handshake.finished().filter(|_| n > 0) else { return Ok(()) };
        let state = self.handshake.write_state();
        if let Err(failure) = self.output.seal_application_data(state, accel, n, proof) {
            self.fail(failure, accel);
            return Err(failure.error());
        }
        Ok(())
    }

    /// Says close_notify behind everything that has been written, at the next [`Connection::poll`]. What the peer still
    /// sends can be read until it says close_notify too. During a handshake, it is over at once.
    pub fn close(&mut self) {
        if self.end == End::Open {
            self.end = End::Due;
        }
    }

    /// What [`Peer::session`] needs to resume this session: secret bytes, to be kept as such. Empty before the handshake is over,
    /// after a failure, and when there is nothing to resume from.
    #[must_use]
    pub fn session(&self) -> &[u8] {
        if self.end == End::Failed { &[] } else { self.handshake.session() }
    }

    /// Whether [`Connection::session`] is another than the one that was offered, and worth keeping anew: after a full handshake, or with a
    /// new ticket after a resumed one.
    #[must_use]
    pub const fn has_new_session(&self) -> bool {
        !matches!(self.end, End::Failed) && self.handshake.has_new_session()
    }

    /// What verification has found, once the server's certificate has been verified; in a session that is resumed, when it was. Flags can only
    /// be in it with [`crate::Verification::Optional`]: everywhere else they end the handshake. None without verification, and before.
    #[must_use]
    pub fn verdict(&self) -> Option<Verdict> {
        self.handshake.verdict()
    }

    /// SHA-256 of the server's certificate (the whole DER), once it has come; in a session that is resumed, of the one that came then. None
    /// without [`crate::Config::pins`] and without an [`crate::Config::observer`], which sees the certificate itself: it is hashed only
    /// where somebody asks for it.
    #[must_use]
    pub fn server_certificate(&self) -> Option<&[u8; 32]> {
        self.handshake.server()?.certificate.as_ref()
    }

    /// The suite that was agreed on, once the ServerHello has come.
    #[must_use]
    pub const fn suite(&self) -> Option<Suite> {
        self.handshake.suite()
    }

    /// Whether the server has resumed the session that was offered.
    #[must_use]
    pub const fn resumed(&self) -> bool {
        self.handshake.is_resumed()
    }

    /// Whether the master secret is bound to the whole handshake (RFC 7627), once the ServerHello has come.
    #[must_use]
    pub const fn extended_master_secret(&self) -> bool {
        self.handshake.has_extended_master_secret()
    }

    /// Whether the server has agreed to encrypt-then-MAC (RFC 7366), once the ServerHello has come; only suites with CBC have it.
    #[must_use]
    pub const fn encrypt_then_mac(&self) -> bool {
        self.handshake.encrypts_then_macs()
    }

    /// The limit on records that the server has agreed to, or that the resumed session has (RFC 6066 §4).
    #[must_use]
    pub const fn max_fragment_length(&self) -> Option<MaxFragmentLength> {
        self.handshake.max_fragment_length()
    }

    /// The application protocol that the server has chosen among [`Config::alpn`].
    #[must_use]
    pub const fn alpn(&self) -> Option<&'b [u8]> {
        self.handshake.alpn()
    }

    /// Writes this connection's line of a key log, from our ClientKeyExchange (or the server's ServerHello, when it resumes) on
    /// until the connection fails, otherwise nothing. This line decrypts the whole connection.
    ///
    /// # Errors
    /// Those of `out`.
    #[cfg(feature = "key-log")]
    pub fn key_log(&self, out: &mut impl core::fmt::Write) -> core::fmt::Result {
        // Then the master secret is wiped.
        if matches!(self.end, End::Failed | End::Abandoned) { Ok(()) } else { self.handshake.key_log(out) }
    }

    /// How far the handshake has come.
    #[must_use]
    pub const fn step(&self) -> Step {
        if self.end.is_said() || self.end.is_heard() { Step::Closed } else { self.handshake.step() }
    }

    /// What has ended the connection: the failure, or the peer's close_notify (`ssl::PEER_CLOSE_NOTIFY`, -0x7880), or the end of its
    /// stream without one (`ssl::CONN_EOF`, -0x7280, with [`status::Cause::Truncated`]), or that of a socket that took nothing any more
    /// (`net::SEND_FAILED`, -0x004E). None while it lives, and when we closed it and everything was sent.
    #[must_use]
    pub const fn status(&self) -> Option<Status> {
        self.status
    }

    /// Whether both Finished messages have been exchanged.
    pub(crate) const fn is_connected(&self) -> bool {
        self.handshake.is_over()
    }

    /// Whether our close_notify has been queued.
    pub(crate) const fn says_goodbye(&self) -> bool {
        self.end.is_said()
    }

    /// Whether the peer's close_notify has come.
    pub(crate) const fn heard_goodbye(&self) -> bool {
        self.end.is_heard()
    }

    /// Whether application data waits to be sent, or never will be.
    pub(crate) const fn has_unsent_data(&self) -> bool {
        self.output.has_unsent_data()
    }
}
