//! Sockets that never wait: `nb`. Call again after `WouldBlock`, from a loop that has other things to do.

use accel::Accel;
use nb::Error::{Other, WouldBlock};

use super::{Error, Goal, Next, Stream};

/// A connected socket that never waits.
pub trait Socket {
    /// What can go wrong with it.
    type Error;

    /// Reads at least one byte into `out`, which is not empty; 0 is the end of the stream.
    ///
    /// # Errors
    /// `WouldBlock` while there is none.
    fn read(&mut self, out: &mut [u8]) -> nb::Result<usize, Self::Error>;

    /// Takes at least one byte of `data`, which is not empty.
    ///
    /// # Errors
    /// `WouldBlock` while it can take none.
    fn write(&mut self, data: &[u8]) -> nb::Result<usize, Self::Error>;
}

/// Completes the handshake. [`read`] and [`write()`] do so too; this is for whoever wants to know early.
///
/// # Errors
/// `WouldBlock` while it goes on, at the latest after each slice of a long computation; [`Error::Tls`] with the handshake's
/// code, [`Error::Socket`] with the socket's.
pub fn handshake<A: Accel, S: Socket>(stream: &mut Stream<'_, '_, A, S>) -> nb::Result<(), Error<S::Error>> {
    run(stream, Goal::Connected)
}

/// Reads application data; 0 is the end that the server has announced.
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

/// Seals at most one record; it leaves with [`flush`] or [`read`].
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

/// Sends what is pending and close_notify. What the server still sends can be read until the end.
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
            Ok(Next::Send) => send(stream)?,
            Ok(Next::Receive) => {
                let received = stream.socket.read(stream.connection.recv_space()).map_err(socket)?;
                stream.received(received);
            }
            Ok(Next::Yield) => return Err(WouldBlock),
            Err(error) => return fail(stream, error),
        }
    }
}

fn send<A: Accel, S: Socket>(stream: &mut Stream<'_, '_, A, S>) -> nb::Result<(), Error<S::Error>> {
    let sent = stream.socket.write(stream.connection.send_bytes()).map_err(socket)?;
    stream.sent(sent).map_err(Other)
}

/// Sends the alert before the error is told: `WouldBlock` until the socket has taken it.
fn fail<T, A: Accel, S: Socket>(
    stream: &mut Stream<'_, '_, A, S>,
    error: status::Error,
) -> nb::Result<T, Error<S::Error>> {
    while !stream.connection.send_bytes().is_empty() {
        match send(stream) {
            Ok(()) => {}
            Err(WouldBlock) => return Err(WouldBlock),
            Err(Other(_)) => break,
        }
    }
    Err(Other(Error::Tls(error)))
}

fn socket<E>(error: nb::Error<E>) -> nb::Error<Error<E>> {
    error.map(Error::Socket)
}
