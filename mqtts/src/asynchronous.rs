//! For any executor: the client over asynchronous sockets of `embedded-io-async` 0.7.
//!
//! ```text
//!   loop {
//!       match select(session.next(), ticker.next()).await {
//!           First(Ok(Some(Event::Message(received)))) => …,
//!           First(_) => {}                           // bytes were moved, or an end that is tried again
//!           Second(()) => session.publish(&message)?,
//!       }
//!   }
//! ```
//!
//! The future of [`Session::next`] may be dropped at any await, as `select` does: before each await the session has recorded what the
//! socket took or gave. This needs a socket whose own futures lose nothing when they are dropped, such as `embassy-net`'s.

#![allow(
    async_fn_in_trait,
    reason = "executors of microcontrollers have one thread; what a future may do is the implementor's"
)]

use core::{
    future::{Future, poll_fn},
    num::NonZeroU16,
    pin::pin,
    task::Poll,
};

use accel::Accel;
use embedded_io_async::{Error as _, ErrorKind, Read, Write};
use mqtt::{Event, Message};
use status::{Error, Status, net};
use tls12::Want;

use crate::Client;

/// A socket that can connect again and again. Reads and writes go to the present connection.
///
/// ```
/// use mqtts::{asynchronous::Connect, status::Error};
///
/// /// A modem's channel.
/// struct Modem { is_open: bool }
///
/// impl Connect for Modem {
///     async fn connect(&mut self) -> Result<(), Error> {
///         // Its commands; an error says why, such as status::net::CONNECT_FAILED.
///         self.is_open = true;
///         Ok(())
///     }
///
///     async fn disconnect(&mut self) {
///         self.is_open = false;
///     }
/// }
/// ```
pub trait Connect {
    /// Connects to the server, after dropping the previous connection.
    ///
    /// # Errors
    /// `net::UNKNOWN_HOST` (-0x0052), `net::CONNECT_FAILED` (-0x0044), `ssl::TIMEOUT` (-0x6800) or another code that says why it failed.
    async fn connect(&mut self) -> Result<(), Error>;

    /// Closes the connection after everything written has been sent.
    async fn disconnect(&mut self);
}

/// Time and date.
///
/// ```
/// use mqtts::asynchronous::Clock;
///
/// /// With the timers of embassy these three are one line each.
/// struct Ticks { now: u64, started: u64 }
///
/// impl Clock for Ticks {
///     fn now(&self) -> u64 {
///         self.now
///     }
///
///     fn unix_time(&self) -> u64 {
///         self.started + self.now / 1_000
///     }
///
///     async fn wait_until(&self, milliseconds: u64) {
///         // embassy_time::Timer::at(Instant::from_millis(milliseconds)).await
///         let _ = milliseconds;
///     }
/// }
/// ```
pub trait Clock {
    /// Milliseconds of a monotonic clock.
    fn now(&self) -> u64;

    /// The time for checking certificates, in seconds since 1970.
    fn unix_time(&self) -> u64;

    /// Waits until [`Clock::now`] reaches `milliseconds`.
    async fn wait_until(&self, milliseconds: u64);
}

/// Owns the accelerator and lends it for one call at a time. Between two calls other tasks may use it.
///
/// `&mut A` lends an accelerator that nothing else uses. If another task shares it, implement this for a cell around it.
///
/// ```
/// use core::cell::RefCell;
/// use mqtts::{accel::Accel, asynchronous::Lend};
///
/// /// One accelerator for several tasks of one executor: each call has it, and nobody waits while it has.
/// struct Shared<'a, A>(&'a RefCell<A>);
///
/// impl<A: Accel> Lend for Shared<'_, A> {
///     type Accel = A;
///
///     fn lend<T>(&mut self, use_it: impl FnOnce(&mut A) -> T) -> T {
///         use_it(&mut self.0.borrow_mut())
///     }
/// }
/// ```
pub trait Lend {
    /// The accelerator.
    type Accel: Accel;

    /// Calls `use_it` with the accelerator, and returns its result.
    fn lend<T>(&mut self, use_it: impl FnOnce(&mut Self::Accel) -> T) -> T;
}

impl<A: Accel> Lend for &mut A {
    type Accel = A;

    fn lend<T>(&mut self, use_it: impl FnOnce(&mut A) -> T) -> T {
        use_it(self)
    }
}

/// A client together with its accelerator, socket and clock.
///
/// ```
/// use mqtts::asynchronous::{Clock, Connect, Lend, Session};
/// use mqtts::mqtt::{Event, Message, QoS};
/// use embedded_io_async::{Read, Write};
///
/// /// The life of a device, over any socket, clock and accelerator.
/// async fn run<L: Lend, S: Connect + Read + Write, C: Clock>(mut session: Session<'_, '_, L, S, C>) -> ! {
///     loop {
///         match session.next().await {
///             Ok(Some(Event::Connected { .. })) => {
///                 let hello = Message::new("kitchen/state", b"here", QoS::AtLeastOnce);
///                 // It is kept until the broker has it.
///                 let _ = session.publish(&hello);
///             }
///             Ok(Some(Event::Message(received))) => { /* what it says */ let _ = received; }
///             Ok(_) => {}
///             Err(status) => { /* why the connection has ended; it is made again by itself */ let _ = status; }
///         }
///     }
/// }
/// ```
pub struct Session<'c, 'b, L, S, C> {
    /// The client.
    pub client: &'c mut Client<'b>,
    /// The accelerator, or what lends it.
    pub accel: L,
    /// The socket.
    pub socket: S,
    /// The clocks.
    pub clock: C,
    /// Everything is written, but the socket is not flushed yet.
    is_flush_due: bool,
    /// After a failure: how long to wait until the peer has taken the alert.
    goodbye_until: Option<u64>,
    /// Why the socket can no longer be written.
    broken: Option<Error>,
}

/// What one turn has achieved.
enum Turn {
    Moved,
    Readable,
    Left,
}

impl<'c, 'b, L: Lend, S: Connect + Read + Write, C: Clock> Session<'c, 'b, L, S, C> {
    /// Bundles them for as long as the caller needs them together.
    pub const fn new(client: &'c mut Client<'b>, accel: L, socket: S, clock: C) -> Self {
        Self { client, accel, socket, clock, is_flush_due: false, goodbye_until: None, broken: None }
    }

    /// Connects when an attempt is due, moves bytes, and returns the next event. Returns `None` when bytes were moved or one slice of a
    /// computation is done: there may now be room for the next [`Client::chunk`], and the handshake may have advanced.
    ///
    /// # Errors
    /// Why the connection has ended, reported once. The next call continues with the next attempt, after its pause.
    pub async fn next(&mut self) -> Result<Option<Event<'_>>, Status> {
        match self.turn().await {
            Ok(Turn::Moved) => Ok(None),
            // If this fails, the next call closes the connection and reports the failure.
            Ok(Turn::Readable) => Ok(self.client.event(self.clock.now()).unwrap_or_default()),
            Ok(Turn::Left) => self.hang_up(None).await.map_or(Ok(None), Err),
            Err(reason) => self.hang_up(reason).await.map_or(Ok(None), Err),
        }
    }

    /// Publishes a message; see [`Client::publish`]. The next [`Session::next`] sends it.
    ///
    /// # Errors
    /// As [`Client::publish`].
    pub fn publish(&mut self, message: &Message<'_>) -> Result<Option<NonZeroU16>, Error> {
        let (client, now) = (&mut *self.client, self.clock.now());
        self.accel.lend(|accel| client.publish(message, accel, now))
    }

    /// Disconnects in order: sends everything that is due, then DISCONNECT and close_notify.
    pub async fn disconnect(&mut self) {
        self.client.disconnect();
        while self.client.retry_at().is_none() {
            if !matches!(self.turn().await, Ok(Turn::Moved | Turn::Readable)) {
                break;
            }
        }
        self.hang_up(None).await;
    }

    /// Does one step. `Err(None)` is an end whose reason the client has already recorded.
    async fn turn(&mut self) -> Result<Turn, Option<Error>> {
        let now = self.clock.now();
        if let Some(at) = self.client.retry_at() {
            self.clock.wait_until(at).await;
            self.socket.connect().await.map_err(Some)?;
            self.client.connected(self.clock.unix_time());
            (self.is_flush_due, self.goodbye_until) = (false, None);
            return Ok(Turn::Moved);
        }
        let client = &mut *self.client;
        let polled = self.accel.lend(|accel| client.poll(accel, now));
        if !self.client.send_bytes().is_empty() {
            // Send after a failure as well, since the alert is waiting.
            let until = match polled {
                Ok(_) => self.patience(),
                Err(_) => Some(*self.goodbye_until.get_or_insert(now.saturating_add(GOODBYE))),
            };
            let Self { client, socket, clock, .. } = self;
            match either(socket.write(client.send_bytes()), until, clock).await {
                Some(Ok(sent @ 1..)) => self.client.sent(sent),
                None if polled.is_ok() => {}
                // Keep receiving: the server may have sent the reason before it closed.
                Some(failed) if polled.is_ok() => {
                    let failed = failed.err().map(|error| reason(error.kind(), net::SEND_FAILED));
                    self.broken = self.broken.or(failed);
                    self.client.send_closed();
                }
                _ => return Err(None),
            }
            self.is_flush_due = true;
            return Ok(Turn::Moved);
        }
        if self.is_flush_due {
            // A failed flush may be ignored: the next write or read fails as well.
            let _ = self.socket.flush().await;
            self.is_flush_due = false;
        }
        let want = polled.map_err(|_| None)?;
        if want.contains(Want::READ) {
            return Ok(Turn::Readable);
        }
        if want.contains(Want::CLOSED) {
            return Ok(Turn::Left);
        }
        if want.contains(Want::BUSY) {
            // Let other tasks run between two slices of a long computation.
            yield_now().await;
        } else if want.contains(Want::RECV) {
            self.receive().await?;
        }
        Ok(Turn::Moved)
    }

    /// Waits for bytes, or for the client's next deadline.
    async fn receive(&mut self) -> Result<(), Option<Error>> {
        let until = self.patience();
        let Self { client, socket, clock, .. } = self;
        let received = either(socket.read(client.recv_space()), until, clock).await;
        match received {
            None => {}
            Some(Ok(0)) => self.client.recv_closed(),
            Some(Ok(received)) => self.client.received(received),
            Some(Err(error)) => {
                self.client.recv_closed();
                return Err(Some(reason(error.kind(), net::RECV_FAILED)));
            }
        }
        Ok(())
    }

    /// How long to wait for the socket. If something is due but has no room, a short pause keeps this from being a busy loop.
    fn patience(&self) -> Option<u64> {
        let soonest = self.clock.now().saturating_add(PAUSE);
        self.client.next_deadline().map(|due| due.max(soonest))
    }

    /// Closes the connection and returns why it ended.
    async fn hang_up(&mut self, reason: Option<Error>) -> Option<Status> {
        self.socket.disconnect().await;
        let reason = self.broken.take().or(reason);
        let (client, now) = (&mut *self.client, self.clock.now());
        self.accel.lend(|accel| client.ended(reason, accel, now))
    }
}

/// A connection reset has its own code, as in Mbed TLS's `net_sockets`.
fn reason(kind: ErrorKind, otherwise: Error) -> Error {
    match kind {
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted => net::CONN_RESET,
        _ => otherwise,
    }
}

/// The result of `first`, or none if `until` comes earlier.
async fn either<T>(first: impl Future<Output = T>, until: Option<u64>, clock: &impl Clock) -> Option<T> {
    let Some(until) = until else { return Some(first.await) };
    let (mut first, mut second) = (pin!(first), pin!(clock.wait_until(until)));
    poll_fn(|context| match first.as_mut().poll(context) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => second.as_mut().poll(context).map(|()| None),
    })
    .await
}

/// Yields once, so that the executor runs other tasks.
async fn yield_now() {
    let mut has_yielded = false;
    poll_fn(|context| {
        if core::mem::replace(&mut has_yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// The shortest wait when something is due but has no room, in milliseconds.
const PAUSE: u64 = 20;
/// How long to wait until the peer has taken an alert, in milliseconds.
const GOODBYE: u64 = 2_000;
