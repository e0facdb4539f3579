//! Any executor: the client over asynchronous sockets of `embedded-io-async` 0.7.
//!
//! ```text
//!   loop {
//!       match select(session.next(), ticker.next()).await {
//!           First(Ok(Some(Event::Message(received)))) => …,
//!           First(_) => {}                           // nothing for the application, or an end that is tried again
//!           Second(()) => session.publish(&message)?,
//!       }
//!   }
//! ```
//!
//! [`Session::next`] may be dropped at any point where it waits, as `select` does: what the socket has given or taken is noted before the
//! next wait. That holds as far as the socket's own futures lose nothing when they are dropped, as those of `embassy-net` do.

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

/// A socket that can be connected again: what it reads and writes is one connection after the other.
pub trait Connect {
    /// Makes a new connection to the server; one that there was is dropped.
    ///
    /// # Errors
    /// `net::UNKNOWN_HOST` (-0x0052), `net::CONNECT_FAILED` (-0x0044), `ssl::TIMEOUT` (-0x6800) or whatever says why.
    async fn connect(&mut self) -> Result<(), Error>;

    /// Ends the connection, behind what was written.
    async fn disconnect(&mut self);
}

/// The clocks.
pub trait Clock {
    /// Milliseconds of a clock that never goes back.
    fn now(&self) -> u64;

    /// Seconds since 1970, by which certificates are judged.
    fn unix_time(&self) -> u64;

    /// Waits until [`Clock::now`] has come so far.
    async fn wait_until(&self, milliseconds: u64);
}

/// A client with what it needs to move.
pub struct Session<'c, 'b, A, S, C> {
    /// The client.
    pub client: &'c mut Client<'b>,
    /// The accelerator.
    pub accel: &'c mut A,
    /// The socket.
    pub socket: S,
    /// The clocks.
    pub clock: C,
    /// Everything is written, and the socket has not been told to send it.
    is_flush_due: bool,
}

/// What comes next.
enum Turn {
    Moved,
    Readable,
    Left,
}

impl<'c, 'b, A: Accel, S: Connect + Read + Write, C: Clock> Session<'c, 'b, A, S, C> {
    /// Bundles them for as long as they are needed together.
    pub const fn new(client: &'c mut Client<'b>, accel: &'c mut A, socket: S, clock: C) -> Self {
        Self { client, accel, socket, clock, is_flush_due: false }
    }

    /// Connects when that is due, moves bytes, and gives what has happened; sometimes nothing has.
    ///
    /// # Errors
    /// What has ended the connection, once; the next call goes on to the next attempt, after its pause.
    pub async fn next(&mut self) -> Result<Option<Event<'_>>, Status> {
        loop {
            match self.turn().await {
                Ok(Turn::Moved) => {}
                Ok(Turn::Readable) => break,
                Ok(Turn::Left) => return self.hang_up(None).await.map_or(Ok(None), Err),
                Err(reason) => return self.hang_up(reason).await.map_or(Ok(None), Err),
            }
        }
        self.client.event(self.clock.now())
    }

    /// Publishes a message; see [`Client::publish`]. It leaves with the next [`Session::next`].
    ///
    /// # Errors
    /// As [`Client::publish`].
    pub fn publish(&mut self, message: &Message<'_>) -> Result<Option<NonZeroU16>, Error> {
        self.client.publish(message, self.accel, self.clock.now())
    }

    /// Leaves in order: everything that is due is sent, DISCONNECT and close_notify too.
    pub async fn disconnect(&mut self) {
        self.client.disconnect();
        while self.client.retry_at().is_none() {
            if !matches!(self.turn().await, Ok(Turn::Moved | Turn::Readable)) {
                break;
            }
        }
        self.hang_up(None).await;
    }

    /// One step. An error without a reason is an end that the client knows of.
    async fn turn(&mut self) -> Result<Turn, Option<Error>> {
        let now = self.clock.now();
        if let Some(at) = self.client.retry_at() {
            self.clock.wait_until(at).await;
            self.socket.connect().await.map_err(Some)?;
            self.client.connected(self.clock.unix_time());
            self.is_flush_due = false;
            return Ok(Turn::Moved);
        }
        let polled = self.client.poll(self.accel, now);
        if !self.client.send_bytes().is_empty() {
            // After a failure, too: the alert.
            match self.socket.write(self.client.send_bytes()).await {
                Ok(sent @ 1..) => self.client.sent(sent),
                _ if polled.is_ok() => self.client.send_closed(),
                _ => return Err(None),
            }
            self.is_flush_due = true;
            return Ok(Turn::Moved);
        }
        if self.is_flush_due {
            // Nothing is lost by a flush that fails: the next write or read will.
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
            // Everything else has its turn between two slices of a long computation.
            yield_now().await;
        } else if want.contains(Want::RECV) {
            self.receive().await?;
        }
        Ok(Turn::Moved)
    }

    /// Waits for the socket or for the moment when the client has to be polled.
    async fn receive(&mut self) -> Result<(), Option<Error>> {
        let due = self.client.next_deadline();
        let Self { client, socket, clock, .. } = self;
        let read = socket.read(client.recv_space());
        let received = match due {
            Some(due) => either(read, clock.wait_until(due)).await,
            None => Some(read.await),
        };
        match received {
            None => {}
            Some(Ok(0)) => self.client.recv_closed(),
            Some(Ok(received)) => self.client.received(received),
            Some(Err(error)) => {
                self.client.recv_closed();
                return Err(Some(reason(error.kind())));
            }
        }
        Ok(())
    }

    /// The connection is over: what ended it.
    async fn hang_up(&mut self, reason: Option<Error>) -> Option<Status> {
        self.socket.disconnect().await;
        self.client.ended(reason, self.accel, self.clock.now())
    }
}

/// A reset has a code of its own, as in Mbed TLS's `net_sockets`.
fn reason(kind: ErrorKind) -> Error {
    match kind {
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted => net::CONN_RESET,
        _ => net::RECV_FAILED,
    }
}

/// What `first` gives, or nothing when `second` is there before it.
async fn either<T>(first: impl Future<Output = T>, second: impl Future<Output = ()>) -> Option<T> {
    let (mut first, mut second) = (pin!(first), pin!(second));
    poll_fn(|context| match first.as_mut().poll(context) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => second.as_mut().poll(context).map(|()| None),
    })
    .await
}

/// Lets the executor go on with other tasks once.
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
