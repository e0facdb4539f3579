//! Our client against the scripted server, in memory: bytes go back and forth in pieces of any size until both sides wait.
#![allow(clippy::arithmetic_side_effects, clippy::expect_used, reason = "test support")]

use accel::Accel;
use accel::rustcrypto::RustCrypto;
use status::{Alert, AlertSeen, Cause, Error};
use tls12::{Config, Connection, Identity, Peer, Want};
use x509::{Bundle, PrivateKey};

use crate::entropy::InsecureSeeded;
use crate::server::Server;
use crate::throwaway;

/// How the stream is cut on its way, in both directions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pieces {
    /// As much as there is.
    Whole,
    /// Byte by byte.
    Bytes,
    /// At random places, 1 to 64 bytes apart.
    Random(u64),
}

impl Pieces {
    /// One of each kind.
    pub const ALL: [Self; 3] = [Self::Whole, Self::Bytes, Self::Random(0x5EED)];

    fn next(&mut self) -> usize {
        match self {
            Self::Whole => usize::MAX,
            Self::Bytes => 1,
            Self::Random(state) => 1 + usize::try_from(xorshift(state) % 64).unwrap_or_default(),
        }
    }
}

/// A random number generator for tests: the next number of a sequence that follows from its start, which must not be 0.
pub fn xorshift(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

/// Sizes of the buffers that are lent to a connection.
#[derive(Clone, Copy, Debug)]
pub struct Buffers {
    /// The receive buffer.
    pub rx: usize,
    /// The send buffer.
    pub tx: usize,
    /// The session buffer.
    pub session: usize,
}

impl Default for Buffers {
    fn default() -> Self {
        Self { rx: 17 * 1024, tx: 8 * 1024, session: 2048 }
    }
}

/// A client at one end of the stream. What it is lent is never given back: tests are short.
pub struct Client<A> {
    /// The connection.
    pub connection: Connection<'static>,
    /// Its accelerator.
    pub accel: A,
    /// The application data that has arrived.
    pub data: Vec<u8>,
    /// How the stream is cut.
    pub pieces: Pieces,
}

/// The second backend, which computes with public keys faster in tests.
pub fn fast() -> RustCrypto<InsecureSeeded> {
    RustCrypto::new(InsecureSeeded::new(1))
}

/// The server that everybody talks to.
pub fn peer() -> Peer<'static> {
    Peer { host: "localhost", now: throwaway::NOW, session: &[] }
}

impl Client<RustCrypto<InsecureSeeded>> {
    /// A client with this configuration, and everything else as usual.
    pub fn new(config: Config<'static>) -> Self {
        Self::with(fast(), config, peer(), Buffers::default())
    }

    /// A client that offers a session.
    pub fn resuming(config: Config<'static>, session: &[u8]) -> Self {
        let session = Vec::leak(session.to_vec());
        Self::with(fast(), config, Peer { session, ..peer() }, Buffers::default())
    }
}

impl<A: Accel> Client<A> {
    /// A client in every detail.
    ///
    /// # Panics
    /// When the connection refuses its configuration.
    pub fn with(accel: A, config: Config<'static>, peer: Peer<'static>, buffers: Buffers) -> Self {
        let lend = |length: usize| Vec::leak(vec![0; length]);
        let (rx, tx, session) = (lend(buffers.rx), lend(buffers.tx), lend(buffers.session));
        let config = Box::leak(Box::new(config));
        let connection = Connection::new(config, peer, rx, tx, session).expect("a good configuration");
        Self { connection, accel, data: Vec::new(), pieces: Pieces::Whole }
    }

    /// Cuts the stream like this.
    #[must_use]
    pub fn cut(self, pieces: Pieces) -> Self {
        Self { pieces, ..self }
    }

    /// Moves bytes until neither side has any left to move.
    ///
    /// # Errors
    /// What [`Connection::poll`] says; what was left to send has been delivered then.
    pub fn run(&mut self, server: &mut Server) -> Result<Want, Error> {
        loop {
            let want = match self.connection.poll(&mut self.accel) {
                Ok(want) => want,
                Err(error) => {
                    assert!(
                        self.connection.plaintext().is_empty() && self.connection.recv_space().is_empty()
                    );
                    while self.send(server) {}
                    return Err(error);
                }
            };
            assert_eq!(want.contains(Want::RECV), !self.connection.recv_space().is_empty());
            assert_eq!(want.contains(Want::SEND), !self.connection.send_bytes().is_empty());
            assert_eq!(want.contains(Want::READ), !self.connection.plaintext().is_empty());
            assert_eq!(want.contains(Want::WRITE), !self.connection.write_space().is_empty());
            let read = self.read();
            let moved = self.send(server) | self.receive(server) | read;
            if !moved && !want.contains(Want::BUSY) {
                return Ok(want);
            }
        }
    }

    /// Writes application data and moves it.
    ///
    /// # Errors
    /// As [`Client::run`].
    pub fn write(&mut self, mut data: &[u8], server: &mut Server) -> Result<Want, Error> {
        while !data.is_empty() {
            let space = self.connection.write_space();
            let length = space.len().min(data.len());
            let (now, later) = data.split_at(length);
            space.iter_mut().zip(now).for_each(|(to, from)| *to = *from);
            data = later;
            self.connection.wrote(length, &mut self.accel)?;
            let want = self.run(server)?;
            assert!(want.contains(Want::WRITE) || data.is_empty(), "no room to write: {want:?}");
        }
        self.run(server)
    }

    /// The failure as a test expects it: code, alert that was sent, cause.
    pub fn failure(&self) -> Option<(Error, Option<Alert>, Cause)> {
        let status = self.connection.status()?;
        let sent = match status.alert {
            Some(AlertSeen::Sent(alert)) => Some(alert),
            _ => None,
        };
        Some((status.error, sent, status.cause))
    }

    fn read(&mut self) -> bool {
        let length = self.connection.plaintext().len().min(self.pieces.next());
        self.data.extend(self.connection.plaintext().iter().take(length));
        self.connection.consume(length);
        length > 0
    }

    fn send(&mut self, server: &mut Server) -> bool {
        let bytes = self.connection.send_bytes();
        let bytes = bytes.get(..self.pieces.next()).unwrap_or(bytes).to_vec();
        self.connection.sent(bytes.len());
        server.receive(&bytes);
        !bytes.is_empty()
    }

    fn receive(&mut self, server: &mut Server) -> bool {
        let space = self.connection.recv_space();
        if space.is_empty() {
            return false;
        }
        let bytes = server.take_output(space.len().min(self.pieces.next()));
        space.iter_mut().zip(&bytes).for_each(|(to, from)| *to = *from);
        self.connection.received(bytes.len());
        let ends = server.ended && bytes.is_empty();
        if ends {
            self.connection.recv_closed();
        }
        !bytes.is_empty() || ends
    }
}

/// A bundle of one file.
///
/// # Panics
/// When the file is damaged.
pub fn bundle(name: &str) -> Bundle<'static> {
    let text = throwaway::text(name);
    let storage = Vec::leak(vec![0; text.len()]);
    Bundle::from_pem(&text, storage).expect("a certificate file")
}

/// The identity whose client key has so many bits: 1024, 2048 or 4096.
///
/// # Panics
/// When the files are damaged.
pub fn identity(bits: usize) -> Identity<'static> {
    let text = throwaway::text(&format!("client-{bits}.key"));
    let storage = Vec::leak(vec![0; text.len()]);
    let key = PrivateKey::from_pem(&text, storage).expect("a key file");
    Identity { chain: bundle(&format!("client-{bits}.pem")), key: Box::leak(Box::new(key)) }
}

/// A configuration that trusts the throw-away authority.
pub fn config() -> Config<'static> {
    Config { anchors: Some(bundle("ca.pem")), ..Config::default() }
}
