//! A loop of your own that never waits: the client over sockets that never do, in the words of `nb` 1.1.
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
//! Both directions move in each call, so that a peer that sends while it does not read holds nothing up. Nothing is ever under way
//! between two calls: leaving off after any of them, for as long as it may be, loses no byte.

use core::num::NonZeroU16;

use accel::Accel;
use mqtt::{Event, Message};
use nb::Error::{Other, WouldBlock};
use status::{Error, Status};
use tls12::Want;

use crate::Client;

/// A network with one connection at a time, none of whose functions waits, and the clocks.
pub trait Network {
    /// Makes a new connection to the server, begun by the first call after [`Network::disconnect`] and gone on with by the next ones.
    ///
    /// # Errors
    /// `WouldBlock` while it is being made; `net::UNKNOWN_HOST` (-0x0052), `net::CONNECT_FAILED` (-0x0044), `ssl::TIMEOUT` (-0x6800) or
    /// whatever says why none was made.
    fn connect(&mut self) -> nb::Result<(), Error>;

    /// Drops the connection, behind what was written; or gives up the one that is being made.
    fn disconnect(&mut self);

    /// Reads at least one byte into `buffer`, which is not empty; 0 is the end of the stream.
    ///
    /// # Errors
    /// `WouldBlock` while there is none; `net::CONN_RESET` (-0x0050), `net::RECV_FAILED` (-0x004C).
    fn read(&mut self, buffer: &mut [u8]) -> nb::Result<usize, Error>;

    /// Takes at least one byte of `bytes`, which is not empty.
    ///
    /// # Errors
    /// `WouldBlock` while it can take none; `net::CONN_RESET` (-0x0050), `net::SEND_FAILED` (-0x004E).
    fn write(&mut self, bytes: &[u8]) -> nb::Result<usize, Error>;

    /// Milliseconds of a clock that never goes back.
    fn now(&self) -> u64;

    /// Seconds since 1970, by which certificates are judged.
    fn unix_time(&self) -> u64;
}

/// A client with what it needs to move.
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
    /// The socket takes nothing any more, or gives nothing any more, since this happened.
    broken: Option<Error>,
}

/// How far a turn has come.
enum Turn {
    /// Something was moved, or a slice of a computation is done.
    Moved,
    /// Nothing could be moved.
    Blocked,
    /// There is something to read.
    Readable,
    /// The application has left.
    Left,
}

impl<'c, 'b, A: Accel, N: Network> Session<'c, 'b, A, N> {
    /// Bundles them for as long as they are needed together.
    #[must_use]
    pub const fn new(client: &'c mut Client<'b>, accel: &'c mut A, network: N) -> Self {
        Self { client, accel, network, broken: None }
    }

    /// Connects when that is due, moves what can be moved, and gives what has happened. Where that is nothing although something was
    /// moved, it should be called again at once.
    ///
    /// # Errors
    /// `WouldBlock` when nothing can be moved before the socket is ready for what [`Session::wants`] names, or the time of
    /// [`Client::next_deadline`] has come: where it had come before the call, a connection is being made, and the socket alone is waited
    /// for; what has ended the connection, once: the next call goes on to the next attempt, after its
    /// pause.
    #[expect(
        clippy::should_implement_trait,
        reason = "what it gives is borrowed from the session, as no iterator can"
    )]
    pub fn next(&mut self) -> nb::Result<Option<Event<'_>>, Status> {
        match self.turn() {
            Ok(Turn::Moved) => Ok(None),
            Ok(Turn::Blocked) => Err(WouldBlock),
            // A failure is the next turn's, which says goodbye before it tells.
            Ok(Turn::Readable) => Ok(self.client.event(self.network.now()).unwrap_or_default()),
            Ok(Turn::Left) => self.hang_up().map_or(Ok(None), |status| Err(Other(status))),
            Err(reason) => {
                self.broken = self.broken.or(reason);
                self.hang_up().map_or(Ok(None), |status| Err(Other(status)))
            }
        }
    }

    /// What the socket is waited for: whether it gives something, and whether it takes something.
    #[must_use]
    pub fn wants(&mut self) -> (bool, bool) {
        let is_open = self.client.retry_at().is_none();
        let reads = is_open && self.broken.is_none() && !self.client.recv_space().is_empty();
        (reads, is_open && !self.client.send_bytes().is_empty())
    }

    /// Publishes a message; see [`Client::publish`]. It leaves with the next [`Session::next`].
    ///
    /// # Errors
    /// As [`Client::publish`].
    pub fn publish(&mut self, message: &Message<'_>) -> Result<Option<NonZeroU16>, Error> {
        self.client.publish(message, self.accel, self.network.now())
    }

    /// Leaves in order: everything that is due is sent, DISCONNECT and close_notify too. Where the server does not take that in time,
    /// [`Session::hang_up`] ends it.
    ///
    /// # Errors
    /// `WouldBlock` until all of it is sent; nothing else.
    pub fn disconnect(&mut self) -> nb::Result<(), Error> {
        if self.client.retry_at().is_some() {
            // Nothing is connected; what is being connected is given up.
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

    /// Ends the network connection, or the attempt to make one, at once: what ended it, if anything did. The next attempt comes after its
    /// pause.
    pub fn hang_up(&mut self) -> Option<Status> {
        self.network.disconnect();
        let now = self.network.now();
        self.client.ended(self.broken.take(), self.accel, now)
    }

    /// One step. An error without a reason is an end that the client knows of.
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
        // After a failure, too: the alert. Whether it still reaches the server does not change the failure.
        let has_sent = self.send();
        // What was sent has made room.
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

    /// One write; whether anything has changed.
    fn send(&mut self) -> bool {
        if self.client.send_bytes().is_empty() {
            return false;
        }
        match self.network.write(self.client.send_bytes()) {
            Ok(sent @ 1..) => self.client.sent(sent),
            Err(WouldBlock) => return false,
            // What the server has said before is still received.
            failed => {
                self.broken = self.broken.or(failed.err().and_then(reason));
                self.client.send_closed();
            }
        }
        true
    }

    /// One read; whether anything has changed.
    fn receive(&mut self) -> bool {
        if self.client.recv_space().is_empty() {
            return false;
        }
        match self.network.read(self.client.recv_space()) {
            Ok(received @ 1..) => self.client.received(received),
            // Behind a failed write nothing more is waited for.
            Err(WouldBlock) if self.broken.is_none() => return false,
            ended => {
                self.broken = self.broken.or(ended.err().and_then(reason));
                self.client.recv_closed();
            }
        }
        true
    }
}

/// What the socket said.
fn reason(error: nb::Error<Error>) -> Option<Error> {
    match error {
        Other(error) => Some(error),
        WouldBlock => None,
    }
}
