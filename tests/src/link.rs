//! A wire between a connection under test and the scripted server, which carries bytes in pieces of any size.
//!
//! At every turn it holds the promise of `Want` against the ports: a bit is set exactly where a port lends or offers bytes.

#![allow(clippy::unreachable, reason = "a connection that never comes to rest ends the test")]

use accel::Accel;
use status::Error;
use tls12::{Connection, Want};

use crate::random::Random;
use crate::server::Server;

/// How the bytes are carried.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pieces {
    /// As many as both ends take.
    Whole,
    /// One at a time.
    Bytes,
    /// Between one and 300, from a seed.
    Random(u32),
}

/// Says how long the next piece is.
pub struct Cutter {
    pieces: Pieces,
    random: Random,
}

impl Cutter {
    /// A cutter at its first piece.
    pub fn new(pieces: Pieces) -> Self {
        let seed = if let Pieces::Random(seed) = pieces { seed } else { 0 };
        Self { pieces, random: Random(u64::from(seed)) }
    }

    /// The length of the next piece of so many bytes.
    pub fn piece(&mut self, available: usize) -> usize {
        let most = match self.pieces {
            Pieces::Whole => available,
            Pieces::Bytes => 1,
            Pieces::Random(_) => self.random.below(MAX_PIECE).saturating_add(1),
        };
        available.min(most)
    }
}

/// The wire, with the server at its other end.
pub struct Link {
    /// The server.
    pub server: Server,
    cutter: Cutter,
}

impl Link {
    /// A wire to `server`.
    pub fn new(server: Server, pieces: Pieces) -> Self {
        Self { server, cutter: Cutter::new(pieces) }
    }

    /// Polls and carries until the connection waits for its application, for a server that has nothing to say, or has ended.
    ///
    /// # Errors
    /// The connection's own; its alert has been carried to the server then.
    ///
    /// # Panics
    /// When `Want` does not keep its promise, or there is no end to it.
    pub fn run<A: Accel>(&mut self, connection: &mut Connection<'_>, accel: &mut A) -> Result<Want, Error> {
        for _ in 0..TURNS {
            let want = match connection.poll(accel) {
                Ok(want) => want,
                Err(error) => {
                    self.fail(connection, accel, error);
                    return Err(error);
                }
            };
            hold_promise(connection, want);
            if want.contains(Want::SEND) {
                self.carry_out(connection);
            } else if want.contains(Want::BUSY) {
                assert!(!want.contains(Want::RECV), "nothing is received into a workspace");
            } else {
                let is_at_rest = want.contains(Want::READ) || !want.contains(Want::RECV);
                if is_at_rest || !self.carry_in(connection) {
                    return Ok(want);
                }
            }
        }
        unreachable!("no end after {TURNS} turns");
    }

    fn carry_out(&mut self, connection: &mut Connection<'_>) {
        let length = self.cutter.piece(connection.send_bytes().len());
        let bytes = connection.send_bytes().get(..length).unwrap_or_default().to_vec();
        connection.sent(length);
        self.server.receive(&bytes);
    }

    /// Whether there was anything to carry: bytes, or the end of the stream.
    fn carry_in(&mut self, connection: &mut Connection<'_>) -> bool {
        if self.server.is_silent() {
            if self.server.ended {
                connection.recv_closed();
            }
            return self.server.ended;
        }
        let most = self.cutter.piece(connection.recv_space().len());
        let bytes = self.server.take_output(most);
        for (to, from) in connection.recv_space().iter_mut().zip(&bytes) {
            *to = *from;
        }
        connection.received(bytes.len());
        true
    }

    fn fail<A: Accel>(&mut self, connection: &mut Connection<'_>, accel: &mut A, error: Error) {
        assert!(connection.recv_space().is_empty() && connection.write_space().is_empty());
        assert!(connection.plaintext().is_empty() && connection.session().is_empty());
        while !connection.send_bytes().is_empty() {
            self.carry_out(connection);
        }
        assert_eq!(connection.poll(accel), Err(error), "a failure is final");
        assert_eq!(connection.status().map(|status| status.error), Some(error));
    }
}

/// A bit is set exactly where a port is not empty.
fn hold_promise(connection: &mut Connection<'_>, want: Want) {
    assert_eq!(want.contains(Want::RECV), !connection.recv_space().is_empty(), "{want:?}");
    assert_eq!(want.contains(Want::SEND), !connection.send_bytes().is_empty(), "{want:?}");
    assert_eq!(want.contains(Want::READ), !connection.plaintext().is_empty(), "{want:?}");
    assert_eq!(want.contains(Want::WRITE), !connection.write_space().is_empty(), "{want:?}");
}

/// More than a handshake of single bytes takes.
const TURNS: usize = 1_000_000;
/// The longest piece of random length, in bytes.
const MAX_PIECE: usize = 300;
