//! Blocking sockets: `embedded-io`.

use accel::Accel;
use embedded_io::{BufRead, Read, Write};
use status::ssl;

use super::{Error, Goal, Next, Stream, is_passing};

impl<A: Accel, S: Read + Write> Stream<'_, '_, A, S> {
    /// Completes the handshake. Reading and writing do so too; call this to learn early whether it succeeds.
    ///
    /// # Errors
    /// [`Error::Tls`] with the handshake's code, [`Error::Socket`] with the socket's.
    pub fn handshake(&mut self) -> Result<(), Error<S::Error>> {
        self.run(Goal::Connected)
    }

    /// Sends what is pending, then close_notify. What the server still sends can be read until the end.
    ///
    /// # Errors
    /// As [`Stream::handshake`].
    pub fn close(&mut self) -> Result<(), Error<S::Error>> {
        self.connection.close();
        self.flush()
    }

    fn run(&mut self, goal: Goal) -> Result<(), Error<S::Error>> {
        loop {
            match self.next(goal) {
                Ok(Next::Reached) => return Ok(()),
                Ok(Next::Send) => self.send(goal)?,
                Ok(Next::Receive) => self.receive()?,
                Ok(Next::Yield) => {}
                Err(error) => return Err(self.fail(error)),
            }
        }
    }

    fn send(&mut self, goal: Goal) -> Result<(), Error<S::Error>> {
        match self.socket.write(self.connection.send_bytes()) {
            // A socket that takes no bytes now never will.
            Ok(0) => self.hear_out(goal, Error::Tls(ssl::CONN_EOF)),
            Ok(sent) => {
                self.connection.sent(sent);
                Ok(())
            }
            Err(error) if is_passing(&error) => Err(Error::Socket(error)),
            Err(error) => self.hear_out(goal, Error::Socket(error)),
        }
    }

    fn receive(&mut self) -> Result<(), Error<S::Error>> {
        let received = match self.socket.read(self.connection.recv_space()) {
            Err(error) if is_passing(&error) || !self.is_done() => return Err(Error::Socket(error)),
            received => received.unwrap_or(0),
        };
        self.received(received);
        Ok(())
    }

    /// The socket has failed with `error`. Reads what has already arrived: if the server has sent a reason, that is returned instead.
    fn hear_out(&mut self, goal: Goal, error: Error<S::Error>) -> Result<(), Error<S::Error>> {
        loop {
            match self.listen(goal).map_err(Error::Tls)? {
                Some(Next::Reached) => return Ok(()),
                Some(Next::Receive) => match self.socket.read(self.connection.recv_space()) {
                    Ok(0) | Err(_) => return Err(error),
                    Ok(received) => self.received(received),
                },
                Some(Next::Yield | Next::Send) => {}
                None => return Err(error),
            }
        }
    }

    /// Sends the alert, if the socket still takes it, and returns the failure.
    fn fail(&mut self, error: status::Error) -> Error<S::Error> {
        // If the socket refuses the alert, the original failure still counts.
        while !self.connection.send_bytes().is_empty() {
            match self.socket.write(self.connection.send_bytes()) {
                Ok(sent @ 1..) => self.connection.sent(sent),
                Ok(0) | Err(_) => break,
            }
        }
        let _ = self.socket.flush();
        Error::Tls(error)
    }
}

/// Reads application data. Returns 0 after the server's close_notify.
impl<A: Accel, S: Read + Write> Read for Stream<'_, '_, A, S> {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize, Self::Error> {
        if buf.is_empty() {
            return Ok(0);
        }
        self.run(Goal::Readable)?;
        Ok(self.copy_out(buf))
    }
}

/// Lends application data where it was decrypted, without a copy.
impl<A: Accel, S: Read + Write> BufRead for Stream<'_, '_, A, S> {
    fn fill_buf(&mut self) -> Result<&[u8], Self::Error> {
        self.run(Goal::Readable)?;
        Ok(self.connection.plaintext())
    }

    fn consume(&mut self, amt: usize) {
        self.connection.consume(amt);
    }
}

/// Encrypts at most one record. The next flush or read sends it.
impl<A: Accel, S: Read + Write> Write for Stream<'_, '_, A, S> {
    fn write(&mut self, buf: &[u8]) -> Result<usize, Self::Error> {
        if buf.is_empty() {
            return Ok(0);
        }
        self.run(Goal::Writable)?;
        self.copy_in(buf).map_err(|error| self.fail(error))
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        self.run(Goal::Sent)?;
        match self.socket.flush() {
            Ok(()) => Ok(()),
            Err(error) if is_passing(&error) => Err(Error::Socket(error)),
            Err(error) => {
                self.hear_out(Goal::Sent, Error::Socket(error))?;
                self.last_word().map_err(Error::Tls)
            }
        }
    }
}
