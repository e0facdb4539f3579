//! A connection as a stream: over blocking sockets (feature `embedded-io`), asynchronous ones (`embedded-io-async`), and `nb`.
//!
//! A [`Stream`] bundles a connection, the accelerator and a socket for as long as the caller needs them together. The three adapters are
//! the same loop: ask `Connection::poll` what it wants, do that with the socket, and repeat until the goal is reached. The adapters have
//! no state. The connection has always recorded what the socket took or gave, so an asynchronous operation may be dropped at any await: no
//! byte is lost or sent twice.
//!
//! **End of stream.** It is the end only after close_notify, the server's or our own. Otherwise reading fails with `ssl::CONN_EOF`
//! (-0x7280). After our close_notify has been sent, any end of the stream is the end.
//!
//! **Writing.** Written data waits in the connection's buffer until a flush, or until the next read sends it. After a failure, the alert
//! is sent before the error is returned.
//!
//! **A socket that cannot write.** A server that closes usually sends the reason first, but a client that is writing sees its socket fail
//! before it has read that reason. So when a write fails, what has already arrived is read: an alert becomes the failure, a close_notify
//! the end. The socket's own error is returned if the server has sent neither, or if the application must read its data first. A time-out
//! or an interruption (`ErrorKind::TimedOut`, `Interrupted`) is returned at once, and the operation can be repeated.
//!
//! Deliberately absent: time-outs (the socket has them), and reading and writing at the same time from two tasks.

#[cfg(feature = "embedded-io-async")]
mod asynchronous;
#[cfg(feature = "embedded-io")]
mod blocking;
pub mod nonblocking;

use core::fmt;

use accel::Accel;
use status::{net, ssl};

use crate::wire::copy;
use crate::{Connection, Want};

/// A connection together with its accelerator and socket. It borrows the three; drop it to use them again.
///
/// ```
/// use accel::Accel;
/// use tls12::{Connection, io::{Error, Stream, nonblocking}};
///
/// /// Over a socket that never waits; called again while it answers `WouldBlock`.
/// fn say<A: Accel, S: nonblocking::Socket>(tls: &mut Connection<'_>, accel: &mut A, socket: &mut S) -> nb::Result<usize, Error<S::Error>> {
///     let mut stream = Stream { connection: tls, accel, socket };
///     nonblocking::write(&mut stream, b"hello")
/// }
/// ```
///
/// With the feature of that crate, it implements `Read`, `BufRead` and `Write` of `embedded-io` and `embedded-io-async` if the socket
/// implements the same crate's `Read` and `Write`.
pub struct Stream<'s, 'b, A, S> {
    /// The connection.
    pub connection: &'s mut Connection<'b>,
    /// The accelerator.
    pub accel: &'s mut A,
    /// A connected socket.
    pub socket: &'s mut S,
}

/// Why a stream failed.
///
/// ```
/// use tls12::io::Error;
///
/// // A socket's own error stays what it is.
/// let error: Error<&str> = Error::Socket("cable pulled");
/// assert_eq!(error.to_string(), "\"cable pulled\"");
/// let error: Error<&str> = Error::Tls(status::ssl::CONN_EOF);
/// assert_eq!(error, Error::Tls(status::ssl::CONN_EOF));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Error<E> {
    /// TLS failed; the connection's status has the details. If an alert was due, it has been sent.
    Tls(status::Error),
    /// The socket failed.
    Socket(E),
}

impl<E: fmt::Debug> fmt::Display for Error<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tls(error) => error.fmt(f),
            Self::Socket(error) => error.fmt(f),
        }
    }
}

impl<E: fmt::Debug> core::error::Error for Error<E> {}

/// What an operation waits for.
#[derive(Clone, Copy)]
enum Goal {
    /// The handshake is complete.
    Connected,
    /// There is data to read, or the end is reached.
    Readable,
    /// There is room to write.
    Writable,
    /// Everything has been sent.
    Sent,
}

/// The next step towards the goal.
enum Next {
    Reached,
    Send,
    Receive,
    /// Poll again: one slice of a long computation is done.
    Yield,
}

impl Goal {
    const fn is_reached(self, want: Want) -> bool {
        let over = want.contains(Want::CLOSED);
        match self {
            Self::Connected => over || want.contains(Want::READ) || want.contains(Want::WRITE),
            Self::Readable => over || want.contains(Want::READ),
            Self::Writable => want.contains(Want::WRITE),
            Self::Sent => !want.contains(Want::SEND),
        }
    }
}

impl<A: Accel, S> Stream<'_, '_, A, S> {
    /// Advances the protocol and returns the next step. All three adapters decide here.
    fn next(&mut self, goal: Goal) -> Result<Next, status::Error> {
        let want = self.connection.poll(self.accel)?;
        let ended = want.contains(Want::CLOSED) && !want.contains(Want::READ);
        let cut_off = self.connection.status().map(|status| status.error).filter(is_cut_off);
        // RFC 5246 §7.2.1: an end without close_notify may be an attacker's.
        if let Some(error) = cut_off.filter(|_| ended) {
            Err(error)
        } else if goal.is_reached(want) {
            let is_lost = matches!(goal, Goal::Sent) && self.connection.has_unsent_data();
            if is_lost { Err(ssl::PEER_CLOSE_NOTIFY) } else { Ok(Next::Reached) }
        } else if want.contains(Want::SEND) {
            Ok(Next::Send)
        } else if want.contains(Want::BUSY) {
            Ok(Next::Yield)
        } else if want.contains(Want::RECV) {
            Ok(Next::Receive)
        } else if want.contains(Want::CLOSED) {
            Err(ssl::PEER_CLOSE_NOTIFY)
        } else {
            // The application has to read first.
            Err(ssl::WANT_READ)
        }
    }

    /// The socket cannot send. Returns the step that reveals the server's reason. None if there is nothing to learn, so that the socket's
    /// own error counts.
    fn listen(&mut self, goal: Goal) -> Result<Option<Next>, status::Error> {
        // Without sending, the handshake cannot continue.
        if !self.connection.is_connected() {
            self.connection.send_closed();
        }
        let want = self.connection.poll(self.accel)?;
        let is_readable = want.contains(Want::READ);
        // If only our close_notify could not be sent, that is no failure.
        let is_only_goodbye = self.connection.says_goodbye() && !self.connection.has_unsent_data();
        if self.connection.heard_goodbye() || (is_readable && is_only_goodbye) {
            self.connection.send_closed();
            Ok(Some(Next::Reached))
        } else if is_readable {
            Ok(matches!(goal, Goal::Readable).then_some(Next::Reached))
        } else if want.contains(Want::BUSY) {
            Ok(Some(Next::Yield))
        } else {
            Ok(want.contains(Want::RECV).then_some(Next::Receive))
        }
    }

    /// A flush has failed after everything was written: reports the server's reason, if it has ended the connection.
    #[cfg(any(feature = "embedded-io", feature = "embedded-io-async"))]
    fn last_word(&self) -> Result<(), status::Error> {
        self.connection.status().map_or(Ok(()), |status| Err(status.error))
    }

    /// Whether we have asked for the end of the stream.
    const fn is_done(&self) -> bool {
        self.connection.says_goodbye()
    }

    /// Records what the socket gave; 0 is the end of the stream.
    fn received(&mut self, length: usize) {
        match length {
            0 => self.connection.recv_closed(),
            _ => self.connection.received(length),
        }
    }

    fn copy_out(&mut self, out: &mut [u8]) -> usize {
        let plaintext = self.connection.plaintext();
        let length = plaintext.len().min(out.len());
        copy(out, plaintext);
        self.connection.consume(length);
        length
    }

    fn copy_in(&mut self, data: &[u8]) -> Result<usize, status::Error> {
        let space = self.connection.write_space();
        let length = space.len().min(data.len());
        copy(space, data);
        self.connection.wrote(length, self.accel)?;
        Ok(length)
    }
}

/// Whether the stream has ended without close_notify.
fn is_cut_off(error: &status::Error) -> bool {
    [ssl::CONN_EOF, net::SEND_FAILED].contains(error)
}

/// Whether a socket may work again after this error.
#[cfg(any(feature = "embedded-io", feature = "embedded-io-async"))]
fn is_passing(error: &impl embedded_io::Error) -> bool {
    use embedded_io::ErrorKind::{Interrupted, TimedOut};
    matches!(error.kind(), Interrupted | TimedOut)
}

#[cfg(any(feature = "embedded-io", feature = "embedded-io-async"))]
impl<E: embedded_io::Error> embedded_io::Error for Error<E> {
    fn kind(&self) -> embedded_io::ErrorKind {
        match *self {
            Self::Socket(ref error) => error.kind(),
            Self::Tls(ssl::CONN_EOF | net::SEND_FAILED) => embedded_io::ErrorKind::ConnectionAborted,
            Self::Tls(ssl::PEER_CLOSE_NOTIFY) => embedded_io::ErrorKind::BrokenPipe,
            Self::Tls(_) => embedded_io::ErrorKind::InvalidData,
        }
    }
}

#[cfg(any(feature = "embedded-io", feature = "embedded-io-async"))]
impl<A, S: embedded_io::ErrorType> embedded_io::ErrorType for Stream<'_, '_, A, S> {
    type Error = Error<S::Error>;
}
