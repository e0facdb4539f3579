//! Blocking sockets: `embedded-io`.

use accel::Accel;
use embedded_io::{BufRead, Read, Write};

use super::{Error, Goal, Next, Stream};

impl<A: Accel, S: Read + Write> Stream<'_, '_, A, S> {
    /// Completes the handshake. Reading and writing do so too; this is for whoever wants to know early.
    ///
    /// # Errors
    /// [`Error::Tls`] with the handshake's code, [`Error::Socket`] with the socket's.
    pub fn handshake(&mut self) -> Result<(), Error<S::Error>> {
        self.run(Goal::Connected)
    }

    /// Sends what is pending and close_notify. What the server still sends can be read until the end.
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
                Ok(Next::Send) => self.send()?,
                Ok(Next::Receive) => self.receive()?,
                Ok(Next::Yield) => {}
                Err(error) => return Err(self.fail(error)),
            }
        }
    }

    fn send(&mut self) -> Result<(), Error<S::Error>> {
        let sent = self.socket.write(self.connection.send_bytes()).map_err(Error::Socket)?;
        self.sent(sent)
    }

    fn receive(&mut self) -> Result<(), Error<S::Error>> {
        let received = self.socket.read(self.connection.recv_space()).map_err(Error::Socket)?;
        self.received(received);
        Ok(())
    }

    /// Sends the alert, if the socket still takes it.
    fn fail(&mut self, error: status::Error) -> Error<S::Error> {
        while !self.connection.send_bytes().is_empty() && self.send().is_ok() {}
        // An alert that the socket refuses is no news.
        let _ = self.socket.flush();
        Error::Tls(error)
    }
}

/// Reads application data; 0 is the end that the server has announced.
impl<A: Accel, S: Read + Write> Read for Stream<'_, '_, A, S> {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize, Self::Error> {
        if buf.is_empty() {
            return Ok(0);
        }
        self.run(Goal::Readable)?;
        Ok(self.copy_out(buf))
    }
}

/// Reads application data where it was decrypted, without a copy.
impl<A: Accel, S: Read + Write> BufRead for Stream<'_, '_, A, S> {
    fn fill_buf(&mut self) -> Result<&[u8], Self::Error> {
        self.run(Goal::Readable)?;
        Ok(self.connection.plaintext())
    }

    fn consume(&mut self, amt: usize) {
        self.connection.consume(amt);
    }
}

/// Seals at most one record; it leaves with the next flush or read.
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
        self.socket.flush().map_err(Error::Socket)
    }
}
