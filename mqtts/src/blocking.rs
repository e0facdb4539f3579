//! For a blocking thread: the client over sockets that wait, each time up to a limit.
//!
//! Implement [`Network`] for your sockets (six functions) and call [`Session::next`] in a loop:
//!
//! ```text
//!   loop {
//!       match session.next(1_000) {
//!           Ok(Some(Event::Message(received))) => …,
//!           Ok(_) => {}                              // nothing for the application, or the second is over
//!           Err(status) => log(status),              // the connection has ended; it is tried again by itself
//!       }
//!       session.publish(&message)?;
//!   }
//! ```

use core::num::NonZeroU16;

use accel::Accel;
use mqtt::{Event, Message};
use status::{Error, Status};
use tls12::Want;

use crate::Client;

/// The sockets and clocks of your platform, with one connection at a time.
pub trait Network {
    /// Connects to the server, after dropping the previous connection.
    ///
    /// # Errors
    /// `net::UNKNOWN_HOST` (-0x0052), `net::CONNECT_FAILED` (-0x0044), `ssl::TIMEOUT` (-0x6800) or another code that says why it failed.
    fn connect(&mut self) -> Result<(), Error>;

    /// Closes the connection after everything written has been sent.
    fn disconnect(&mut self);

    /// Reads at least one byte into `buffer`, which is not empty. Waits at most `patience` milliseconds and then returns `None`. Returns 0
    /// at the end of the stream.
    ///
    /// # Errors
    /// `net::CONN_RESET` (-0x0050), `net::RECV_FAILED` (-0x004C).
    fn read(&mut self, buffer: &mut [u8], patience: u64) -> Result<Option<usize>, Error>;

    /// Writes at least one byte of `bytes`; blocks until it can.
    ///
    /// # Errors
    /// `net::CONN_RESET` (-0x0050), `net::SEND_FAILED` (-0x004E).
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Error>;

    /// Milliseconds of a monotonic clock.
    fn now(&self) -> u64;

    /// The time for checking certificates, in seconds since 1970.
    fn unix_time(&self) -> u64;

    /// Sleeps for this many milliseconds.
    fn sleep(&mut self, milliseconds: u64);
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
/// use mqtts::blocking::{Network, Session};
/// use mqtts::{Client, Memory, Security, Settings, status::net};
///
/// /// A network without anybody in it, and a clock that moves when somebody sleeps.
/// struct Nobody(u64);
/// impl Network for Nobody {
///     fn connect(&mut self) -> Result<(), Error> {
///         Err(net::CONNECT_FAILED)
///     }
///     fn disconnect(&mut self) {}
///     fn read(&mut self, _: &mut [u8], _: u64) -> Result<Option<usize>, Error> {
///         Ok(None)
///     }
///     fn write(&mut self, bytes: &[u8]) -> Result<usize, Error> {
///         Ok(bytes.len())
///     }
///     fn now(&self) -> u64 {
///         self.0
///     }
///     fn unix_time(&self) -> u64 {
///         1_800_000_000
///     }
///     fn sleep(&mut self, milliseconds: u64) {
///         self.0 += milliseconds;
///     }
/// }
///
/// let mut memory = Memory::<256, 1024>::new();
/// let mut client = Client::new(Settings::new(Security::Plain, "kitchen"), memory.lend())?;
/// let (mut accel, mut network) = (accel::soft::Soft::new(Fixed), Nobody(0));
/// let mut session = Session::new(&mut client, &mut accel, &mut network);
/// // The first attempt fails, and the second one after its pause.
/// assert_eq!(session.next(60_000).unwrap_err().error, net::CONNECT_FAILED);
/// assert_eq!(session.next(60_000).unwrap_err().error, net::CONNECT_FAILED);
/// assert!(network.0 > 0);
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
pub struct Session<'c, 'b, A, N> {
    /// The client.
    pub client: &'c mut Client<'b>,
    /// The accelerator.
    pub accel: &'c mut A,
    /// The network.
    pub network: &'c mut N,
    /// Why the socket can no longer be written.
    broken: Option<Error>,
}

/// Why [`Session::turn`] has returned.
enum Turn {
    /// Bytes were moved, or one slice of a long computation is done.
    Moved,
    /// There is an event to read.
    Readable,
    /// The application has disconnected.
    Left,
}

impl<'c, 'b, A: Accel, N: Network> Session<'c, 'b, A, N> {
    /// Bundles the three for as long as the caller needs them together.
    pub const fn new(client: &'c mut Client<'b>, accel: &'c mut A, network: &'c mut N) -> Self {
        Self { client, accel, network, broken: None }
    }

    /// Connects when an attempt is due, moves bytes, and returns the next event. Returns `None` when nothing has happened within
    /// `patience` milliseconds, and sometimes earlier.
    ///
    /// # Errors
    /// Why the connection has ended, reported once. The next call continues with the next attempt, after its pause.
    pub fn next(&mut self, patience: u64) -> Result<Option<Event<'_>>, Status> {
        let until = self.network.now().saturating_add(patience);
        loop {
            let turn = match self.turn(until) {
                Ok(turn) => turn,
                Err(status) => return self.hang_up(status).map_or(Ok(None), Err),
            };
            match turn {
                Turn::Readable => break,
                Turn::Left => {
                    let _ = self.hang_up(None);
                    return Ok(None);
                }
                Turn::Moved if self.network.now() >= until => return Ok(None),
                Turn::Moved => {}
            }
        }
        let now = self.network.now();
        // If this fails, the next call closes the connection and reports the failure.
        Ok(self.client.event(now).unwrap_or_default())
    }

    /// Publishes a message; see [`Client::publish`]. The next [`Session::next`] sends it.
    ///
    /// # Errors
    /// As [`Client::publish`].
    pub fn publish(&mut self, message: &Message<'_>) -> Result<Option<NonZeroU16>, Error> {
        self.client.publish(message, self.accel, self.network.now())
    }

    /// Disconnects in order, within `patience` milliseconds: sends everything that is due, then DISCONNECT and close_notify.
    pub fn disconnect(&mut self, patience: u64) {
        self.client.disconnect();
        let until = self.network.now().saturating_add(patience);
        while self.client.retry_at().is_none() && self.network.now() < until {
            match self.turn(until) {
                Ok(Turn::Left) | Err(_) => break,
                Ok(_) => {}
            }
        }
        let _ = self.hang_up(None);
    }

    /// Does one step. `Err(None)` is an end whose reason is already recorded.
    fn turn(&mut self, until: u64) -> Result<Turn, Option<Error>> {
        let now = self.network.now();
        if let Some(at) = self.client.retry_at() {
            if at > now {
                self.network.sleep(at.min(until).saturating_sub(now));
                return Ok(Turn::Moved);
            }
            self.network.connect().map_err(Some)?;
            self.client.connected(self.network.unix_time());
            return Ok(Turn::Moved);
        }
        let polled = self.client.poll(self.accel, now);
        if !self.client.send_bytes().is_empty() {
            // Send after a failure as well, since the alert is waiting.
            match self.network.write(self.client.send_bytes()) {
                Ok(sent) => self.client.sent(sent),
                // Keep receiving: the server may have sent the reason before it closed.
                Err(error) if polled.is_ok() => {
                    self.broken = self.broken.or(Some(error));
                    self.client.send_closed();
                }
                Err(error) => return Err(Some(error)),
            }
            return Ok(Turn::Moved);
        }
        let want = polled.map_err(|_| None)?;
        if want.contains(Want::READ) {
            return Ok(Turn::Readable);
        }
        if want.contains(Want::CLOSED) {
            return Ok(Turn::Left);
        }
        if want.contains(Want::RECV) && !want.contains(Want::BUSY) {
            let due = self.client.next_deadline().map_or(until, |due| due.min(until));
            match self.network.read(self.client.recv_space(), due.saturating_sub(now)) {
                Ok(Some(0)) => self.client.recv_closed(),
                Ok(Some(received)) => self.client.received(received),
                Ok(None) => {}
                Err(error) => {
                    self.client.recv_closed();
                    return Err(Some(error));
                }
            }
        }
        Ok(Turn::Moved)
    }

    /// Closes the connection and returns why it ended.
    fn hang_up(&mut self, reason: Option<Error>) -> Option<Status> {
        self.network.disconnect();
        let now = self.network.now();
        let reason = self.broken.take().or(reason);
        self.client.ended(reason, self.accel, now)
    }
}
