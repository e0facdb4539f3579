//! The nine verbs of TLS, with TLS or without: what speaks MQTT does not know which.
//!
//! `Plain` does in the same buffers what `tls12::Connection` does, but for the cryptography. Deliberately absent: the socket.

use accel::Accel;
use status::{Error, Status, Step, ssl};
use tls12::{Connection, Suite, Want};

/// A connection's bytes, in clear or in records.
#[expect(clippy::large_enum_variant, reason = "there is one, and no heap to put the larger variant on")]
pub(super) enum Transport<'b> {
    /// "standard mode"
    Plain(Plain<'b>),
    /// "TLSv1.2 mode"
    Tls(Connection<'b>),
}

impl Transport<'_> {
    pub(super) fn poll<A: Accel>(&mut self, accel: &mut A) -> Result<Want, Error> {
        match self {
            Self::Plain(plain) => Ok(plain.want()),
            Self::Tls(tls) => tls.poll(accel),
        }
    }

    pub(super) fn recv_space(&mut self) -> &mut [u8] {
        match self {
            Self::Plain(plain) => plain.recv_space(),
            Self::Tls(tls) => tls.recv_space(),
        }
    }

    /// The socket gave so many bytes; none is its end.
    pub(super) fn received(&mut self, n: usize) {
        match self {
            Self::Plain(plain) if n == 0 => plain.is_over = true,
            Self::Plain(plain) => plain.input.end = plain.input.end.saturating_add(n).min(plain.rx.len()),
            Self::Tls(tls) if n == 0 => tls.recv_closed(),
            Self::Tls(tls) => tls.received(n),
        }
    }

    pub(super) fn send_bytes(&self) -> &[u8] {
        match self {
            Self::Plain(plain) => plain.output.of(plain.tx),
            Self::Tls(tls) => tls.send_bytes(),
        }
    }

    pub(super) fn sent(&mut self, n: usize) {
        match self {
            Self::Plain(plain) => plain.output.advance(n),
            Self::Tls(tls) => tls.sent(n),
        }
    }

    pub(super) fn plaintext(&self) -> &[u8] {
        match self {
            Self::Plain(plain) => plain.input.of(plain.rx),
            Self::Tls(tls) => tls.plaintext(),
        }
    }

    pub(super) fn consume(&mut self, n: usize) {
        match self {
            Self::Plain(plain) => plain.input.advance(n),
            Self::Tls(tls) => tls.consume(n),
        }
    }

    pub(super) fn write_space(&mut self) -> &mut [u8] {
        match self {
            Self::Plain(plain) => plain.write_space(),
            Self::Tls(tls) => tls.write_space(),
        }
    }

    pub(super) fn wrote<A: Accel>(&mut self, n: usize, accel: &mut A) -> Result<(), Error> {
        match self {
            Self::Plain(plain) => {
                plain.output.end = plain.output.end.saturating_add(n).min(plain.tx.len());
                Ok(())
            }
            Self::Tls(tls) => tls.wrote(n, accel),
        }
    }

    pub(super) fn close(&mut self) {
        match self {
            Self::Plain(plain) => plain.is_closing = true,
            Self::Tls(tls) => tls.close(),
        }
    }

    /// What has ended the connection, if something did.
    pub(super) fn status(&self) -> Option<Status> {
        match self {
            Self::Plain(plain) => plain.is_over.then(|| Status::new(ssl::CONN_EOF)),
            Self::Tls(tls) => tls.status(),
        }
    }

    /// How far the handshake has come.
    pub(super) fn step(&self) -> Step {
        match self {
            Self::Plain(_) => Step::Traffic,
            Self::Tls(tls) => tls.step(),
        }
    }

    pub(super) fn suite(&self) -> Option<Suite> {
        match self {
            Self::Plain(_) => None,
            Self::Tls(tls) => tls.suite(),
        }
    }

    pub(super) fn resumed(&self) -> bool {
        matches!(self, Self::Tls(tls) if tls.resumed())
    }

    /// What a later connection can resume from.
    pub(super) fn session(&self) -> &[u8] {
        match self {
            Self::Plain(_) => &[],
            Self::Tls(tls) => tls.session(),
        }
    }
}

/// MQTT without TLS.
pub(super) struct Plain<'b> {
    rx: &'b mut [u8],
    tx: &'b mut [u8],
    input: Span,
    output: Span,
    is_over: bool,
    is_closing: bool,
}

impl<'b> Plain<'b> {
    pub(super) fn new(rx: &'b mut [u8], tx: &'b mut [u8]) -> Self {
        Self { rx, tx, input: Span::default(), output: Span::default(), is_over: false, is_closing: false }
    }

    fn want(&self) -> Want {
        let mut want = Want::default();
        let is_sent = self.output.is_empty();
        for (bit, is_wanted) in [
            (Want::SEND, !is_sent),
            (Want::READ, !self.input.is_empty()),
            (Want::RECV, self.input.is_empty() && !self.is_over),
            (Want::WRITE, is_sent && !self.is_over && !self.is_closing),
            (Want::CLOSED, self.is_over || (self.is_closing && is_sent)),
        ] {
            if is_wanted {
                want |= bit;
            }
        }
        want
    }

    fn recv_space(&mut self) -> &mut [u8] {
        if !self.input.is_empty() || self.is_over {
            return &mut [];
        }
        self.input = Span::default();
        self.rx
    }

    fn write_space(&mut self) -> &mut [u8] {
        if !self.output.is_empty() || self.is_over || self.is_closing {
            return &mut [];
        }
        self.output = Span::default();
        self.tx
    }
}

/// A part of a buffer.
#[derive(Clone, Copy, Default)]
struct Span {
    start: usize,
    end: usize,
}

impl Span {
    const fn is_empty(self) -> bool {
        self.start >= self.end
    }

    fn of(self, buffer: &[u8]) -> &[u8] {
        buffer.get(self.start..self.end).unwrap_or_default()
    }

    fn advance(&mut self, n: usize) {
        self.start = self.start.saturating_add(n).min(self.end);
    }
}
