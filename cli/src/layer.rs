//! What lies between the socket and the application: TLS, or nothing; the same nine verbs for both.

use status::{Error, Status, mqtt};
use tls12::{Connection, Want};

use accel::soft::Soft;

use crate::random::OperatingSystem;

/// TLS or nothing.
pub(crate) enum Layer<'b> {
    /// The bytes pass as they are.
    Plain(Box<Plain>),
    /// The bytes are protected.
    Tls(Box<Tls<'b>>),
}

/// A connection and what it draws its random numbers and its cryptography from.
pub(crate) struct Tls<'b> {
    connection: Connection<'b>,
    accel: Soft<OperatingSystem>,
}

impl<'b> Layer<'b> {
    /// Nothing in between.
    pub(crate) fn plain() -> Self {
        Self::Plain(Box::default())
    }

    /// TLS in between.
    pub(crate) fn tls(connection: Connection<'b>, accel: Soft<OperatingSystem>) -> Self {
        Self::Tls(Box::new(Tls { connection, accel }))
    }

    /// Why the connection is over, once everything that came before its end has been read.
    ///
    /// `ssl::PEER_CLOSE_NOTIFY` (-0x7880) or `ssl::CONN_EOF` (-0x7280) with TLS, `mqtt::CONNECTION_CLOSED` (-0x9700) without.
    pub(crate) fn ended(&self) -> Option<Status> {
        if !self.plaintext().is_empty() {
            return None;
        }
        match self {
            Self::Plain(plain) => plain.ended.then_some(Status::new(mqtt::CONNECTION_CLOSED)),
            Self::Tls(tls) => tls.connection.status(),
        }
    }

    /// The connection, if there is TLS.
    pub(crate) const fn connection(&self) -> Option<&Connection<'b>> {
        match self {
            Self::Plain(_) => None,
            Self::Tls(tls) => Some(&tls.connection),
        }
    }

    /// Advances the protocol.
    pub(crate) fn poll(&mut self) -> Result<Want, Status> {
        match self {
            Self::Plain(_) => Ok(Want::default()),
            Self::Tls(tls) => tls.connection.poll(&mut tls.accel).map_err(|error| tls.status(error)),
        }
    }

    /// Where the next bytes from the socket go; empty while there is no room.
    pub(crate) fn recv_space(&mut self) -> &mut [u8] {
        match self {
            Self::Plain(plain) if plain.ended => &mut [],
            Self::Plain(plain) => plain.input.space(),
            Self::Tls(tls) => tls.connection.recv_space(),
        }
    }

    /// So many bytes came from the socket.
    pub(crate) fn received(&mut self, count: usize) {
        match self {
            Self::Plain(plain) => plain.input.filled(count),
            Self::Tls(tls) => tls.connection.received(count),
        }
    }

    /// The socket's stream has ended.
    pub(crate) fn recv_closed(&mut self) {
        match self {
            Self::Plain(plain) => plain.ended = true,
            Self::Tls(tls) => tls.connection.recv_closed(),
        }
    }

    /// What the socket is to send next.
    pub(crate) fn send_bytes(&self) -> &[u8] {
        match self {
            Self::Plain(plain) => plain.output.bytes(),
            Self::Tls(tls) => tls.connection.send_bytes(),
        }
    }

    /// So many of them are sent.
    pub(crate) fn sent(&mut self, count: usize) {
        match self {
            Self::Plain(plain) => plain.output.drained(count),
            Self::Tls(tls) => tls.connection.sent(count),
        }
    }

    /// What the application is to read next.
    pub(crate) fn plaintext(&self) -> &[u8] {
        match self {
            Self::Plain(plain) => plain.input.bytes(),
            Self::Tls(tls) => tls.connection.plaintext(),
        }
    }

    /// The application has read so many of them.
    pub(crate) fn consume(&mut self, count: usize) {
        match self {
            Self::Plain(plain) => plain.input.drained(count),
            Self::Tls(tls) => tls.connection.consume(count),
        }
    }

    /// Where the application writes next; empty while it may not.
    pub(crate) fn write_space(&mut self) -> &mut [u8] {
        match self {
            Self::Plain(plain) => plain.output.space(),
            Self::Tls(tls) => tls.connection.write_space(),
        }
    }

    /// The application has written so many bytes there.
    pub(crate) fn wrote(&mut self, count: usize) -> Result<(), Status> {
        match self {
            Self::Plain(plain) => plain.output.filled(count),
            Self::Tls(tls) => {
                tls.connection.wrote(count, &mut tls.accel).map_err(|error| tls.status(error))?;
            }
        }
        Ok(())
    }

    /// Says goodbye behind everything that was written.
    pub(crate) fn close(&mut self) {
        if let Self::Tls(tls) = self {
            tls.connection.close();
        }
    }
}

impl Tls<'_> {
    /// Everything that is known about a failure.
    fn status(&self, error: Error) -> Status {
        self.connection.status().unwrap_or(Status::new(error))
    }
}

/// Two buffers: from the socket, and to it.
#[derive(Default)]
pub(crate) struct Plain {
    input: Queue,
    output: Queue,
    ended: bool,
}

/// Bytes that are filled in at the end and taken from the beginning.
struct Queue {
    buffer: Box<[u8]>,
    end: usize,
}

impl Default for Queue {
    fn default() -> Self {
        Self { buffer: vec![0; PLAIN_BUFFER].into_boxed_slice(), end: 0 }
    }
}

impl Queue {
    fn bytes(&self) -> &[u8] {
        self.buffer.get(..self.end).unwrap_or_default()
    }

    fn space(&mut self) -> &mut [u8] {
        self.buffer.get_mut(self.end..).unwrap_or_default()
    }

    fn filled(&mut self, count: usize) {
        self.end = self.end.saturating_add(count).min(self.buffer.len());
    }

    /// What is left moves to the front, so that the room behind it never shrinks for good.
    fn drained(&mut self, count: usize) {
        let start = count.min(self.end);
        self.buffer.copy_within(start..self.end, 0);
        self.end = self.end.saturating_sub(start);
    }
}

/// One direction's buffer without TLS, in bytes: as much as a TLS record can carry.
const PLAIN_BUFFER: usize = 16_384;
