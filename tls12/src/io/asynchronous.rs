//! Asynchronous sockets: `embedded-io-async`.
//!
//! Every future may be dropped at any await, if the socket's own `read` and `write` allow that: bytes are handed over only after the last
//! await.

use core::future::poll_fn;
use core::task::Poll;

use accel::Accel;
use embedded_io_async::{BufRead, Read, Write};
use status::ssl;

use super::{Error, Goal, Next, Stream, is_passing};

impl<A: Accel, S: Read + Write> Stream<'_, '_, A, S> {
    /// Completes the handshake. Reading and writing do so too; call this to learn early whether it succeeds.
    ///
    /// # Errors
    /// [`Error::Tls`] with the handshake's code, [`Error::Socket`] with the socket's.
    pub async fn handshake_async(&mut self) -> Result<(), Error<S::Error>> {
        self.run_async(Goal::Connected).await
    }

    /// Sends what is pending, then close_notify. What the server still sends can be read until the end.
    ///
    /// # Errors
    /// As [`Stream::handshake_async`].
    pub async fn close_async(&mut self) -> Result<(), Error<S::Error>> {
        self.connection.close();
        self.flush().await
    }

    async fn run_async(&mut self, goal: Goal) -> Result<(), Error<S::Error>> {
        loop {
            match self.next(goal) {
                Ok(Next::Reached) => return Ok(()),
                Ok(Next::Send) => self.send_async(goal).await?,
                Ok(Next::Receive) => self.receive_async().await?,
                Ok(Next::Yield) => yield_now().await,
                Err(error) => return Err(self.fail_async(error).await),
            }
        }
    }

    async fn send_async(&mut self, goal: Goal) -> Result<(), Error<S::Error>> {
        match self.socket.write(self.connection.send_bytes()).await {
            // A socket that takes no bytes now never will.
            Ok(0) => self.hear_out_async(goal, Error::Tls(ssl::CONN_EOF)).await,
            Ok(sent) => {
                self.connection.sent(sent);
                Ok(())
            }
            Err(error) if is_passing(&error) => Err(Error::Socket(error)),
            Err(error) => self.hear_out_async(goal, Error::Socket(error)).await,
        }
    }

    async fn receive_async(&mut self) -> Result<(), Error<S::Error>> {
        let received = match self.socket.read(self.connection.recv_space()).await {
            Err(error) if is_passing(&error) || !self.is_done() => return Err(Error::Socket(error)),
            received => received.unwrap_or(0),
        };
        self.received(received);
        Ok(())
    }

    /// The socket has failed with `error`. Reads what has already arrived: if the server has sent a reason, that is returned instead.
    async fn hear_out_async(&mut self, goal: Goal, error: Error<S::Error>) -> Result<(), Error<S::Error>> {
        loop {
            match self.listen(goal).map_err(Error::Tls)? {
                Some(Next::Reached) => return Ok(()),
                Some(Next::Receive) => match self.socket.read(self.connection.recv_space()).await {
                    Ok(0) | Err(_) => return Err(error),
                    Ok(received) => self.received(received),
                },
                Some(Next::Yield | Next::Send) => {}
                None => return Err(error),
            }
        }
    }

    /// Sends the alert, if the socket still takes it, and returns the failure.
    async fn fail_async(&mut self, error: status::Error) -> Error<S::Error> {
        // If the socket refuses the alert, the original failure still counts.
        while !self.connection.send_bytes().is_empty() {
            match self.socket.write(self.connection.send_bytes()).await {
                Ok(sent @ 1..) => self.connection.sent(sent),
                Ok(0) | Err(_) => break,
            }
        }
        let _ = self.socket.flush().await;
        Error::Tls(error)
    }
}

/// Reads application data. Returns 0 after the server's close_notify.
impl<A: Accel, S: Read + Write> Read for Stream<'_, '_, A, S> {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, Self::Error> {
        if buf.is_empty() {
            return Ok(0);
        }
        self.run_async(Goal::Readable).await?;
        Ok(self.copy_out(buf))
    }
}

/// Lends application data where it was decrypted, without a copy.
impl<A: Accel, S: Read + Write> BufRead for Stream<'_, '_, A, S> {
    async fn fill_buf(&mut self) -> Result<&[u8], Self::Error> {
        self.run_async(Goal::Readable).await?;
        Ok(self.connection.plaintext())
    }

    fn consume(&mut self, amt: usize) {
        self.connection.consume(amt);
    }
}

/// Encrypts at most one record. The next flush or read sends it.
impl<A: Accel, S: Read + Write> Write for Stream<'_, '_, A, S> {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, Self::Error> {
        if buf.is_empty() {
            return Ok(0);
        }
        self.run_async(Goal::Writable).await?;
        // No await follows a successful copy: a dropped future never leaves a record behind that the caller does not know of.
        match self.copy_in(buf) {
            Ok(length) => Ok(length),
            Err(error) => Err(self.fail_async(error).await),
        }
    }

    async fn flush(&mut self) -> Result<(), Self::Error> {
        self.run_async(Goal::Sent).await?;
        match self.socket.flush().await {
            Ok(()) => Ok(()),
            Err(error) if is_passing(&error) => Err(Error::Socket(error)),
            Err(error) => {
                self.hear_out_async(Goal::Sent, Error::Socket(error)).await?;
                self.last_word().map_err(Error::Tls)
            }
        }
    }
}

/// Lets all other tasks run once.
async fn yield_now() {
    let mut yielded = false;
    poll_fn(|context| {
        if yielded {
            return Poll::Ready(());
        }
        yielded = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
