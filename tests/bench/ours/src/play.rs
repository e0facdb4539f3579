//! Plays what a recorded server said to a client, and counts every verb of the connection.

use accel::soft::Soft;
use status::Error;
use tls12::{Config, Connection, Peer, Want};

use crate::{Counter, Repeating, Stack, fail};

/// A send buffer for windows of 4 KB; a chain of keys of 4096 bits needs more, [`Connection::GOOD_TX`].
pub const SEND: usize = 4096;

/// The time at which the flights were recorded.
const NOW: u64 = 1_795_305_600;

/// What a handshake has cost.
#[derive(Default)]
pub struct Cost {
    /// Instructions.
    pub total: u64,
    /// Instructions of the longest call.
    pub longest: u64,
}

impl Cost {
    fn count<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let counter = Counter::start();
        let result = work();
        let cost = counter.instructions();
        self.total += cost;
        self.longest = self.longest.max(cost);
        result
    }
}

/// What a connection has needed besides its buffers, in bytes.
#[derive(Clone, Copy, Default)]
pub struct Lent {
    /// The deepest stack.
    pub stack: usize,
    /// The session.
    pub session: usize,
}

/// A handshake in buffers for windows of 4 KB, and what follows it.
pub struct Play<'b, 's> {
    name: &'b str,
    /// The connection.
    pub connection: Connection<'b>,
    accel: Soft<Repeating>,
    said: &'s [u8],
}

impl<'b, 's> Play<'b, 's> {
    /// Plays a handshake to its end.
    #[inline(never)]
    pub fn handshake(
        name: &'b str,
        config: &'b Config<'b>,
        said: &'s [u8],
        session: &'b [u8],
        [rx, tx, kept]: [&'b mut [u8]; 3],
    ) -> (Self, Cost, Lent) {
        let mut cost = Cost::default();
        let stack = Stack::paint();
        let peer = Peer { host: "localhost", now: NOW, session };
        let made = cost.count(|| Connection::new(config, peer, rx, tx, kept));
        let connection = check(name, made.map_err(Error::from));
        let mut play = Self { name, connection, accel: Repeating::started(), said };
        while !play.turn(&mut cost).contains(Want::WRITE) {}
        let lent = Lent { stack: stack.used(), session: play.connection.session().len() };
        (play, cost, lent)
    }

    /// Plays it once more in the same connection, with the same configuration and buffers.
    pub fn again(&mut self, said: &'s [u8]) -> Cost {
        let mut cost = Cost::default();
        (self.accel, self.said) = (Repeating::started(), said);
        cost.count(|| self.connection.restart(NOW));
        while !self.turn(&mut cost).contains(Want::WRITE) {}
        cost
    }

    /// Writes a record: instructions.
    pub fn write(&mut self, length: usize) -> u64 {
        check(self.name, self.connection.poll(&mut self.accel));
        let mut cost = Cost::default();
        assert!(self.connection.write_space().len() >= length);
        check(self.name, cost.count(|| self.connection.wrote(length, &mut self.accel)));
        cost.count(|| self.connection.sent(usize::MAX));
        cost.total
    }

    /// Reads the next record that was recorded: instructions.
    pub fn read(&mut self) -> u64 {
        let mut cost = Cost::default();
        while !self.turn(&mut cost).contains(Want::READ) {}
        cost.count(|| self.connection.consume(usize::MAX));
        cost.total
    }

    /// One turn: polls, sends, receives.
    fn turn(&mut self, cost: &mut Cost) -> Want {
        let want = check(self.name, cost.count(|| self.connection.poll(&mut self.accel)));
        cost.count(|| self.connection.sent(usize::MAX));
        let space = self.connection.recv_space();
        let length = space.len().min(self.said.len());
        let (now, later) = self.said.split_at(length);
        space[..length].copy_from_slice(now);
        self.said = later;
        cost.count(|| self.connection.received(length));
        want
    }
}

/// Ends the program where something that must succeed does not.
pub fn check<T>(what: &str, result: Result<T, Error>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => fail(what, error),
    }
}
