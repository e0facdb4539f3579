//! Non-blocking sockets: `nb`. After `WouldBlock`, call again from your own loop.

use accel::Accel;
use nb::Error::{Other, WouldBlock};

use status::ssl;

use super::{Error, Goal, Next, Stream};

/// A connected non-blocking socket.
pub trait Socket {
    /// The socket's error.
    type Error;

    /// Reads at least one byte into `out`, which is not empty. Returns 0 at the end of the stream.
    ///
    /// # Errors
    /// `WouldBlock` while there is nothing to read.
    fn read(&mut self, out: &mut [u8]) -> nb::Result<usize, Self::Error>;

    /// Writes at least one byte of `data`, which is not empty.
    ///
    /// # Errors
    /// `WouldBlock` while nothing can be written.
    fn write(&mut self, data: &[u8]) -> nb::Result<usize, Self::Error>;
}

/// Completes the handshake. [`read`] and [`write()`] do so too; call this to learn early whether it succeeds.
///
/// # Errors
/// `WouldBlock` while it continues, at the latest after each slice of a long computation; [`Error::Tls`] with the handshake's code,
/// [`Error::Socket`] with the socket's.
pub fn handshake<A: Accel, S: Socket>(stream: &mut Stream<'_, '_, A, S>) -> nb::Result<(), Error<S::Error>> {
    run(stream, Goal::Connected)
}

/// Reads application data. Returns 0 after the server's close_notify.
///
/// # Errors
/// As [`handshake`].
pub fn read<A: Accel, S: Socket>(
    stream: &mut Stream<'_, '_, A, S>,
    out: &mut [u8],
) -> nb::Result<usize, Error<S::Error>> {
    if out.is_empty() {
        return Ok(0);
    }
    run(stream, Goal::Readable)?;
    Ok(stream.copy_out(out))
}

/// Encrypts at most one record. The next [`flush`] or [`read`] sends it.
///
/// # Errors
/// As [`handshake`].
pub fn write<A: Accel, S: Socket>(
    stream: &mut Stream<'_, '_, A, S>,
    data: &[u8],
) -> nb::Result<usize, Error<S::Error>> {
    if data.is_empty() {
        return Ok(0);
    }
    run(stream, Goal::Writable)?;
    stream.copy_in(data).or_else(|error| fail(stream, error))
}

/// Sends what is pending.
///
/// # Errors
/// As [`handshake`].
pub fn flush<A: Accel, S: Socket>(stream: &mut Stream<'_, '_, A, S>) -> nb::Result<(), Error<S::Error>> {
    run(stream, Goal::Sent)
}

/// Sends what is pending, then close_notify. What the server still sends can be read until the end.
///
/// # Errors
/// As [`handshake`].
pub fn close<A: Accel, S: Socket>(stream: &mut Stream<'_, '_, A, S>) -> nb::Result<(), Error<S::Error>> {
    stream.connection.close();
    flush(stream)
}

fn run<A: Accel, S: Socket>(
    stream: &mut Stream<'_, '_, A, S>,
    goal: Goal,
) -> nb::Result<(), Error<S::Error>> {
    loop {
        match stream.next(goal) {
            Ok(Next::Reached) => return Ok(()),
            Ok(Next::Send) => send(stream, goal)?,
            Ok(Next::Receive) => {
                let received = match stream.socket.read(stream.connection.recv_space()) {
                    // After our close_notify, any end of the stream is the end.
                    Err(Other(_)) if stream.is_done() => 0,
                    received => received.map_err(socket)?,
                };
                stream.received(received);
            }
            Ok(Next::Yield) => return Err(WouldBlock),
            Err(error) => return fail(stream, error),
        }
    }
}

fn send<A: Accel, S: Socket>(
    stream: &mut Stream<'_, '_, A, S>,
    goal: Goal,
) -> nb::Result<(), Error<S::Error>> {
    match stream.socket.write(stream.connection.send_bytes()) {
        // A socket that takes no bytes now never will.
        Ok(0) => hear_out(stream, goal, Error::Tls(ssl::CONN_EOF)),
        Ok(sent) => {
            stream.connection.sent(sent);
            Ok(())
        }
        Err(WouldBlock) => Err(WouldBlock),
        Err(Other(error)) => hear_out(stream, goal, Error::Socket(error)),
    }
}

/// The socket has failed with `error`. Reads what has already arrived: if the server has sent a reason, that is returned instead. Does not
/// wait for more, since no more will come.
fn hear_out<A: Accel, S: Socket>(
    stream: &mut Stream<'_, '_, A, S>,
    goal: Goal,
    error: Error<S::Error>,
) -> nb::Result<(), Error<S::Error>> {
    loop {
        match stream.listen(goal).map_err(|error| Other(Error::Tls(error)))? {
            Some(Next::Reached) => return Ok(()),
            Some(Next::Receive) => match stream.socket.read(stream.connection.recv_space()) {
                Ok(0) | Err(_) => return Err(Other(error)),
                Ok(received) => stream.received(received),
            },
            Some(Next::Yield | Next::Send) => {}
            None => return Err(Other(error)),
        }
    }
}

/// Sends the alert before the failure is returned: `WouldBlock` until the socket has taken it.
fn fail<T, A: Accel, S: Socket>(
    stream: &mut Stream<'_, '_, A, S>,
    error: status::Error,
) -> nb::Result<T, Error<S::Error>> {
    while !stream.connection.send_bytes().is_empty() {
        match stream.socket.write(stream.connection.send_bytes()) {
            Ok(sent @ 1..) => stream.connection.sent(sent),
            Err(WouldBlock) => return Err(WouldBlock),
            Ok(0) | Err(Other(_)) => break,
        }
    }
    Err(Other(Error::Tls(error)))
}

fn socket<E>(error: nb::Error<E>) -> nb::Error<Error<E>> {
    error.map(Error::Socket)
}
