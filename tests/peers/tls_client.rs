//! A connection over a socket, driven by the nine verbs alone.

use std::{
    io::{ErrorKind, Read, Write},
    net::{Ipv4Addr, TcpStream},
    time::{Duration, Instant},
};

use accel::{Entropy, soft::Soft};
use status::{Error, Status};
use tls12::{Config, Connection, Peer, Want};
use xtask::pki::HOST;

use crate::files::{lend, now};

/// How long one step of a test may take: long, so that a busy machine fails no test, but not for ever.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Room for a session whose ticket holds a chain of ours.
const SESSION: usize = 8192;

/// The operating system's random numbers.
pub(crate) struct System;

impl Entropy for System {
    fn entropy(&mut self, out: &mut [u8]) -> Result<(), Error> {
        getrandom::fill(out).map_err(|_| status::entropy::SOURCE_FAILED)
    }
}

/// How a client connects; the same for many connections.
#[derive(Clone)]
pub(crate) struct Client {
    /// What is offered and trusted.
    pub config: &'static Config<'static>,
    /// The name or address that the server's certificate must have.
    pub host: &'static str,
    /// The receive buffer's length.
    pub window: usize,
    /// At most so many bytes are read from and written to the socket at once.
    pub piece: usize,
    /// A session to resume.
    pub session: Vec<u8>,
}

impl Client {
    /// A client with room for every record.
    pub(crate) fn new(config: Config<'static>) -> Self {
        Self {
            config: Box::leak(Box::new(config)),
            host: HOST,
            window: Connection::FULL_RX,
            piece: usize::MAX,
            session: Vec::new(),
        }
    }

    /// The same client, resuming what `tls` has.
    pub(crate) fn resuming(&self, tls: &Tls) -> Self {
        Self { session: tls.connection.session().to_vec(), ..self.clone() }
    }

    /// Connects and does the handshake.
    pub(crate) fn connect(&self, port: u16) -> Result<Tls, Status> {
        let mut tls = self.dial(port);
        tls.until("the handshake", |_, want| want.contains(Want::WRITE))?;
        Ok(tls)
    }

    /// Connects the socket only.
    pub(crate) fn dial(&self, port: u16) -> Tls {
        let socket = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        socket.set_write_timeout(Some(PATIENCE)).unwrap();
        socket.set_nodelay(true).unwrap();
        let peer = Peer { host: self.host, now: now(), session: self.session.clone().leak() };
        let (rx, tx, session) = (lend(self.window), lend(Connection::GOOD_TX), lend(SESSION));
        let connection = Connection::new(self.config, peer, rx, tx, session).unwrap();
        Tls { connection, accel: Soft::new(System), socket, piece: self.piece }
    }
}

/// A connection, its accelerator and its socket.
pub(crate) struct Tls {
    pub connection: Connection<'static>,
    pub accel: Soft<System>,
    socket: TcpStream,
    piece: usize,
}

impl Tls {
    /// Turns until `done`, or the connection fails.
    pub(crate) fn until(
        &mut self,
        what: &str,
        done: impl Fn(&Connection<'static>, Want) -> bool,
    ) -> Result<Want, Status> {
        let begun = Instant::now();
        loop {
            let want = self.turn()?;
            if done(&self.connection, want) && !want.contains(Want::SEND) {
                return Ok(want);
            }
            assert!(
                begun.elapsed() < PATIENCE,
                "{what} takes too long: {want:?}, {:?}",
                self.connection.step()
            );
        }
    }

    /// Advances the protocol and moves bytes once each way; waits for the socket only where nothing else is to be done.
    pub(crate) fn turn(&mut self) -> Result<Want, Status> {
        let polled = self.connection.poll(&mut self.accel);
        // After a failure too: the alert.
        let sent = self.send();
        let Ok(want) = polled else { return Err(self.connection.status().unwrap()) };
        if !sent && want.contains(Want::RECV) && !want.contains(Want::READ) && !want.contains(Want::BUSY) {
            self.receive();
        }
        Ok(want)
    }

    /// Hands application data over and sends it.
    pub(crate) fn write(&mut self, mut bytes: &[u8]) -> Result<(), Status> {
        while !bytes.is_empty() {
            self.until("room to write", |_, want| want.contains(Want::WRITE))?;
            let space = self.connection.write_space();
            let length = space.len().min(bytes.len());
            space[..length].copy_from_slice(&bytes[..length]);
            self.wrote(length)?;
            bytes = &bytes[length..];
        }
        Ok(())
    }

    /// Seals and sends what stands in the write space.
    pub(crate) fn wrote(&mut self, length: usize) -> Result<(), Status> {
        if self.connection.wrote(length, &mut self.accel).is_err() {
            return Err(self.connection.status().unwrap());
        }
        while self.send() {}
        Ok(())
    }

    /// Reads so many bytes of application data.
    pub(crate) fn read(&mut self, length: usize) -> Result<Vec<u8>, Status> {
        let mut bytes = Vec::new();
        while bytes.len() < length {
            self.until("application data", |_, want| want.contains(Want::READ))?;
            let part = self.connection.plaintext();
            let taken = part.len().min(length - bytes.len());
            bytes.extend_from_slice(&part[..taken]);
            self.connection.consume(taken);
        }
        Ok(bytes)
    }

    /// Reads application data until both sides are closed; the data, and what ended the connection.
    pub(crate) fn read_to_end(&mut self) -> (Vec<u8>, Option<Status>) {
        let mut bytes = Vec::new();
        loop {
            let ready = |_: &Connection<'static>, want: Want| {
                want.contains(Want::READ) || want.contains(Want::CLOSED)
            };
            match self.until("the end of the stream", ready) {
                Ok(want) if want.contains(Want::READ) => {
                    let part = self.connection.plaintext();
                    bytes.extend_from_slice(part);
                    let length = part.len();
                    self.connection.consume(length);
                }
                Ok(_) => return (bytes, self.connection.status()),
                Err(status) => return (bytes, Some(status)),
            }
        }
    }

    /// Says close_notify and waits until it is sent.
    pub(crate) fn close(&mut self) {
        self.connection.close();
        let begun = Instant::now();
        while !self.turn().is_ok_and(|want| want.contains(Want::CLOSED)) && begun.elapsed() < PATIENCE {
            if self.connection.send_bytes().is_empty() {
                break;
            }
        }
    }

    /// Writes one piece; whether there was one.
    fn send(&mut self) -> bool {
        let bytes = self.connection.send_bytes();
        let piece = &bytes[..bytes.len().min(self.piece)];
        if piece.is_empty() {
            return false;
        }
        match self.socket.write(piece) {
            Ok(length) => self.connection.sent(length),
            // The server has gone; what it said before may still be read.
            Err(_) => self.connection.send_closed(),
        }
        true
    }

    /// Reads one piece, if one comes soon.
    fn receive(&mut self) {
        let space = self.connection.recv_space();
        let length = space.len().min(self.piece);
        match self.socket.read(&mut space[..length]) {
            Ok(0) => self.connection.recv_closed(),
            Ok(length) => self.connection.received(length),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => self.connection.recv_closed(),
        }
    }
}
