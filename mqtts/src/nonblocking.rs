//! For a loop that must never block: the client over non-blocking sockets, in the terms of `nb` 1.1.
//!
//! Implement [`Network`] for your sockets and call [`Session::next`] from the loop that has other things to do:
//!
//! ```text
//!   loop {
//!       match session.next() {
//!           Ok(Some(Event::Message(received))) => …,
//!           Ok(_) => {}                              // something was moved: call again
//!           Err(WouldBlock) => other_things(),       // or wait for the socket, and until client.next_deadline()
//!           Err(Other(status)) => log(status),       // the connection has ended; it is tried again by itself
//!       }
//!   }
//! ```
//!
//! Each call moves bytes in both directions, so a peer that sends without reading cannot block us. No operation is left half done between
//! two calls: you may stop calling at any time and for any length of time, and no byte is lost.

use core::num::NonZeroU16;

use accel::Accel;
use mqtt::{Event, Message};
use nb::Error::{Other, WouldBlock};
use status::{Error, Status};
use tls12::Want;

use crate::Client;

/// The sockets and clocks of your platform: one connection at a time, and no function may block.
pub trait Network {
    /// Connects to the server. The first call after [`Network::disconnect`] begins a new connection, further calls continue it.
    ///
    /// # Errors
    /// `WouldBlock` while the connection is being made; `net::UNKNOWN_HOST` (-0x0052), `net::CONNECT_FAILED` (-0x0044), `ssl::TIMEOUT`
    /// (-0x6800) or another code that says why it failed.
    fn connect(&mut self) -> nb::Result<(), Error>;

    /// Closes the connection after everything written has been sent, or gives up one that is still being made.
    fn disconnect(&mut self);

    /// Reads at least one byte into `buffer`, which is not empty. Returns 0 at the end of the stream.
    ///
    /// # Errors
    /// `WouldBlock` while there is nothing to read; `net::CONN_RESET` (-0x0050), `net::RECV_FAILED` (-0x004C).
    fn read(&mut self, buffer: &mut [u8]) -> nb::Result<usize, Error>;

    /// Writes at least one byte of `bytes`, which is not empty.
    ///
    /// # Errors
    /// `WouldBlock` while nothing can be written; `net::CONN_RESET` (-0x0050), `net::SEND_FAILED` (-0x004E).
    fn write(&mut self, bytes: &[u8]) -> nb::Result<usize, Error>;

    /// Milliseconds of a monotonic clock.
    fn now(&self) -> u64;

    /// The time for checking certificates, in seconds since 1970.
    fn unix_time(&self) -> u64;
}

/// A client together with its accelerator and its network.
///
/// ```
/// # use mqtts::{accel, status::Error};
/// # struct Fixed;
/// # impl accel::Entropy for Fixed {
/// #     fn entropy(&mut self, out: &mut [u8]) -> Result<(), Error> {
/// #         out.fill(0x5A);
/// #         Ok(())
/// #     }
/// # }
/// use mqtts::nonblocking::{Network, Session};
/// use mqtts::{Client, Memory, Security, Settings, status::net};
/// use nb::Error::{Other, WouldBlock};
///
/// /// A network without anybody in it.
/// struct Nobody;
/// impl Network for Nobody {
///     fn connect(&mut self) -> nb::Result<(), Error> {
///         Err(Other(net::CONNECT_FAILED))
///     }
///     fn disconnect(&mut self) {}
///     fn read(&mut self, _: &mut [u8]) -> nb::Result<usize, Error> {
///         Err(WouldBlock)
///     }
///     fn write(&mut self, bytes: &[u8]) -> nb::Result<usize, Error> {
///         Ok(bytes.len())
///     }
///     fn now(&self) -> u64 {
///         0
///     }
///     fn unix_time(&self) -> u64 {
///         1_800_000_000
///     }
/// }
///
/// let mut memory = Memory::<256, 1024>::new();
/// let mut client = Client::new(Settings::new(Security::Plain, "kitchen"), memory.lend())?;
/// let mut accel = accel::soft::Soft::new(Fixed);
/// let mut session = Session::new(&mut client, &mut accel, Nobody);
/// // The first attempt fails; the next one is not due yet.
/// assert!(matches!(session.next(), Err(Other(status)) if status.error == net::CONNECT_FAILED));
/// assert!(matches!(session.next(), Err(WouldBlock)));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
pub struct Session<'c, 'b, A, N> {
    /// The client.
    pub client: &'c mut Client<'b>,
    /// The accelerator.
    pub accel: &'c mut A,
    /// The network.
    pub network: N,
    /// Why the socket can no longer be read or written.
    broken: Option<Error>,
}

/// What one turn has achieved.
enum Turn {
    /// Bytes were moved, or one slice of a long computation is done.
    Moved,
    /// Nothing could be moved.
    Blocked,
    /// There is an event to read.
    Readable,
    /// The application has disconnected.
    Left,
}

impl<'c, 'b, A: Accel, N: Network> Session<'c, 'b, A, N> {
    /// Bundles the three for as long as the caller needs them together.
    #[must_use]
    pub const fn new(client: &'c mut Client<'b>, accel: &'c mut A, network: N) -> Self {
        Self { client, accel, network, broken: None }
    }

    /// Connects when an attempt is due, moves bytes, and returns the next event. `None` means that something was moved but nothing
    /// happened: call again at once.
    ///
    /// # Errors
    /// - `WouldBlock`: nothing can be done until the socket is ready for what [`Session::wants`] names, or until
    ///   [`Client::next_deadline`]. If that deadline has passed already, a connection is being made: wait for the socket only.
    /// - Otherwise the reason why the connection ended, reported once. The next call continues with the next attempt, after its pause.
    #[expect(
        clippy::should_implement_trait,
        reason = "what it gives is borrowed from the session, as no iterator can"
    )]
    pub fn next(&mut self) -> nb::Result<Option<Event<'_>>, Status> {
        match self.turn() {
            Ok(Turn::Moved) => Ok(None),
            Ok(Turn::Blocked) => Err(WouldBlock),
            // If this fails, the next turn sends the goodbye and then reports the failure.
            Ok(Turn::Readable) => Ok(self.client.event(self.network.now()).unwrap_or_default()),
            Ok(Turn::Left) => self.hang_up().map_or(Ok(None), |status| Err(Other(status))),
            Err(reason) => {
                self.broken = self.broken.or(reason);
                self.hang_up().map_or(Ok(None), |status| Err(Other(status)))
            }
        }
    }

    /// What to wait for at the socket: whether to wait until it can be read, and until it can be written.
    #[must_use]
    pub fn wants(&mut self) -> (bool, bool) {
        let is_open = self.client.retry_at().is_none();
        let reads = is_open && self.broken.is_none() && !self.client.recv_space().is_empty();
        (reads, is_open && !self.client.send_bytes().is_empty())
    }

    /// Publishes a message; see [`Client::publish`]. The next [`Session::next`] sends it.
    ///
    /// # Errors
    /// As [`Client::publish`].
    pub fn publish(&mut self, message: &Message<'_>) -> Result<Option<NonZeroU16>, Error> {
        self.client.publish(message, self.accel, self.network.now())
    }

    /// Disconnects in order: sends everything that is due, then DISCONNECT and close_notify. If the server does not take it in time, end
    /// the connection with [`Session::hang_up`].
    ///
    /// # Errors
    /// `WouldBlock` until everything is sent; no other error.
    pub fn disconnect(&mut self) -> nb::Result<(), Error> {
        if self.client.retry_at().is_some() {
            // There is no connection; an attempt in progress is given up.
            self.network.disconnect();
            return Ok(());
        }
        self.client.disconnect();
        while self.client.retry_at().is_none() {
            match self.turn() {
                Ok(Turn::Moved | Turn::Readable) => {}
                Ok(Turn::Blocked) => return Err(WouldBlock),
                Ok(Turn::Left) | Err(_) => break,
            }
        }
        self.hang_up();
        Ok(())
    }

    /// Closes the network connection, or gives up an attempt to make one, at once. Returns why it had ended, if there was a reason. The
    /// next attempt follows after its pause.
    pub fn hang_up(&mut self) -> Option<Status> {
        self.network.disconnect();
        let now = self.network.now();
        self.client.ended(self.broken.take(), self.accel, now)
    }

    /// Does one step. `Err(None)` is an end whose reason the client has already recorded.
    fn turn(&mut self) -> Result<Turn, Option<Error>> {
        let now = self.network.now();
        if let Some(at) = self.client.retry_at() {
            if at > now {
                return Ok(Turn::Blocked);
            }
            return match self.network.connect() {
                Ok(()) => {
                    self.client.connected(self.network.unix_time());
                    Ok(Turn::Moved)
                }
                Err(WouldBlock) => Ok(Turn::Blocked),
                Err(Other(error)) => Err(Some(error)),
            };
        }
        let polled = self.client.poll(self.accel, now);
        // Send after a failure as well, since the alert is waiting. Whether it still reaches the server does not change the failure.
        let has_sent = self.send();
        // Sending has made room in the buffer: poll again.
        let polled = if has_sent { self.client.poll(self.accel, now) } else { polled };
        let want = polled.map_err(|_| None)?;
        if want.contains(Want::READ) {
            return Ok(Turn::Readable);
        }
        if want.contains(Want::CLOSED) {
            return Ok(Turn::Left);
        }
        let has_received = self.receive();
        Ok(if has_sent || has_received || want.contains(Want::BUSY) { Turn::Moved } else { Turn::Blocked })
    }

    /// Writes once. Returns whether anything has changed.
    fn send(&mut self) -> bool {
        if self.client.send_bytes().is_empty() {
            return false;
        }
        match self.network.write(self.client.send_bytes()) {
            Ok(sent @ 1..) => self.client.sent(sent),
            Err(WouldBlock) => return false,
            // Keep receiving: the server may have sent the reason before it closed.
            failed => {
                self.broken = self.broken.or(failed.err().and_then(reason));
                self.client.send_closed();
            }
        }
        true
    }

    /// Reads once. Returns whether anything has changed.
    fn receive(&mut self) -> bool {
        if self.client.recv_space().is_empty() {
            return false;
        }
        match self.network.read(self.client.recv_space()) {
            Ok(received @ 1..) => self.client.received(received),
            // After a failed write, do not wait for more.
            Err(WouldBlock) if self.broken.is_none() => return false,
            ended => {
                self.broken = self.broken.or(ended.err().and_then(reason));
                self.client.recv_closed();
            }
        }
        true
    }
}

/// The socket's error, if it is one.
fn reason(error: nb::Error<Error>) -> Option<Error> {
    match error {
        Other(error) => Some(error),
        WouldBlock => None,
    }
}
