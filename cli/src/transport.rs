//! A connected socket with or without TLS: bytes in, bytes out, and never a wait that nobody asked for.
//!
//! The socket does not block. [`Transport::turn`] moves whatever can be moved in both directions; only if nothing could be
//! moved does it wait for the socket, and at most as long as it is told. Nothing here knows MQTT, except that the trace is
//! shown the plaintext.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpStream},
    time::{Duration, Instant},
};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use status::{Alert, AlertSeen, Error, Status, net};
use tls12::Want;

use crate::{
    failure::Failure,
    layer::Layer,
    trace::{Direction, Trace},
};

/// The socket, what protects it, and who watches.
pub(crate) struct Transport<'b> {
    socket: TcpStream,
    layer: Layer<'b>,
    trace: Trace,
    want: Want,
    announced: bool,
}

impl<'b> Transport<'b> {
    /// Takes a connected socket.
    ///
    /// # Errors
    /// `net::CONNECT_FAILED` (-0x0044) if it is no longer usable.
    pub(crate) fn new(socket: TcpStream, layer: Layer<'b>, trace: Trace) -> Result<Self, Failure> {
        let prepared = socket.set_nonblocking(true).and_then(|()| socket.set_nodelay(true));
        let address =
            prepared.and_then(|()| socket.peer_addr()).map_err(|_| Failure::from(net::CONNECT_FAILED))?;
        trace.line(format_args!("tcp  = {address}"));
        Ok(Self { socket, layer, trace, want: Want::default(), announced: false })
    }

    /// Advances the protocol and moves bytes both ways; if there was nothing to move, waits up to `wait` and tries once more.
    /// A signal ends the wait early.
    ///
    /// # Errors
    /// The failure of TLS with all its circumstances, after its alert has been offered to the socket; the codes of `net` when
    /// the socket fails.
    pub(crate) fn turn(&mut self, wait: Duration) -> Result<(), Failure> {
        if !self.exchange()? {
            self.wait(wait);
            self.exchange()?;
        }
        Ok(())
    }

    /// What has arrived for the application.
    pub(crate) fn plaintext(&self) -> &[u8] {
        self.layer.plaintext()
    }

    /// The application is done with the first `count` bytes of [`Transport::plaintext`].
    pub(crate) fn consume(&mut self, count: usize) {
        self.trace.mqtt(Direction::Received, self.layer.plaintext().get(..count).unwrap_or_default());
        self.layer.consume(count);
    }

    /// Where the application writes next; empty while it may not.
    pub(crate) fn write_space(&mut self) -> &mut [u8] {
        self.layer.write_space()
    }

    /// The application has written `count` bytes to the beginning of [`Transport::write_space`].
    ///
    /// # Errors
    /// What TLS fails with, such as an exhausted sequence number.
    pub(crate) fn wrote(&mut self, count: usize) -> Result<(), Failure> {
        self.trace.mqtt(Direction::Sent, self.layer.write_space().get(..count).unwrap_or_default());
        Ok(self.layer.wrote(count)?)
    }

    /// Why the connection is over, once everything that came before its end has been read.
    pub(crate) fn ended(&self) -> Option<Status> {
        self.layer.ended()
    }

    /// Whether something still has to be sent.
    pub(crate) fn has_output(&self) -> bool {
        !self.layer.send_bytes().is_empty()
    }

    /// Sends what is left, then close_notify (RFC 5246 §7.2.1), for as long as `patience` lasts, and ends our stream.
    ///
    /// The server's own close_notify is not waited for: MQTT has already said goodbye (MQTT 3.1.1 §3.14).
    pub(crate) fn close(&mut self, patience: Duration) {
        self.layer.close();
        let start = Instant::now();
        while self.exchange().is_ok() && self.has_output() && start.elapsed() < patience {
            self.wait(patience.saturating_sub(start.elapsed()));
        }
        // The server may be gone already; then there is nobody to tell.
        let _ = self.socket.shutdown(Shutdown::Write);
    }

    /// The bytes to resume from; empty without TLS, and when the server offered none.
    pub(crate) fn session(&self) -> &[u8] {
        self.layer.connection().map_or(&[], |connection| connection.session())
    }

    /// Whether a fatal alert has ended the session, whoever sent it.
    pub(crate) fn has_failed(&self) -> bool {
        let status = self.layer.connection().and_then(|connection| connection.status());
        status.and_then(|status| status.alert).is_some_and(|alert| {
            !matches!(alert, AlertSeen::Received(Alert::CLOSE_NOTIFY) | AlertSeen::Sent(Alert::CLOSE_NOTIFY))
        })
    }

    /// Polls, sends and receives; whether anything moved.
    fn exchange(&mut self) -> Result<bool, Failure> {
        self.poll()?;
        let moved = self.send()? | self.receive()?;
        if moved {
            self.poll()?;
        }
        Ok(moved || self.want.contains(Want::BUSY))
    }

    fn poll(&mut self) -> Result<(), Failure> {
        match self.layer.poll() {
            Ok(want) => self.want = want,
            Err(status) => {
                // The alert is owed to the peer; whether it still listens does not change the failure.
                let _ = self.send();
                return Err(status.into());
            }
        }
        self.announce();
        Ok(())
    }

    /// One write.
    fn send(&mut self) -> Result<bool, Failure> {
        let bytes = self.layer.send_bytes();
        if bytes.is_empty() {
            return Ok(false);
        }
        match self.socket.write(bytes) {
            Ok(count) => {
                if self.layer.connection().is_some() {
                    self.trace.tls(Direction::Sent, bytes.get(..count).unwrap_or_default());
                }
                self.layer.sent(count);
                Ok(true)
            }
            Err(error) if is_pause(&error) => Ok(false),
            Err(error) => self.last_words(&error),
        }
    }

    /// One read.
    fn receive(&mut self) -> Result<bool, Failure> {
        let protected = self.layer.connection().is_some();
        let space = self.layer.recv_space();
        if space.is_empty() {
            return Ok(false);
        }
        match self.socket.read(space) {
            Ok(0) => self.layer.recv_closed(),
            Ok(count) => {
                if protected {
                    self.trace.tls(Direction::Received, space.get(..count).unwrap_or_default());
                }
                self.layer.received(count);
            }
            Err(error) if is_pause(&error) => return Ok(false),
            Err(error) => return Err(broken(&error, net::RECV_FAILED)),
        }
        Ok(true)
    }

    /// The socket takes nothing any more. If the server has said why before it hung up, that is the failure: TLS listens
    /// again once nothing is left to be computed and sent.
    fn last_words(&mut self, error: &io::Error) -> Result<bool, Failure> {
        loop {
            self.layer.sent(self.layer.send_bytes().len());
            self.want = self.layer.poll()?;
            let listens = !self.want.contains(Want::BUSY) && !self.has_output();
            if listens && !self.receive().is_ok_and(|received| received) {
                return Err(broken(error, net::SEND_FAILED));
            }
        }
    }

    /// Sleeps until the socket is ready for what is wanted of it, or a signal comes, or `wait` is over.
    fn wait(&mut self, wait: Duration) {
        let mut flags = PollFlags::empty();
        flags.set(PollFlags::IN, !self.layer.recv_space().is_empty());
        flags.set(PollFlags::OUT, self.has_output());
        let timeout = Timespec::try_from(wait).ok();
        // Whatever the outcome, the next exchange finds out what the socket can do.
        let _ = poll(&mut [PollFd::new(&self.socket, flags)], timeout.as_ref());
    }

    fn announce(&mut self) {
        let Some(connection) = self.layer.connection().filter(|_| !self.announced) else { return };
        if self.want.contains(Want::WRITE) {
            self.announced = true;
            let suite = connection.suite().map_or("", tls12::Suite::name);
            let how = if connection.resumed() { "resumed" } else { "full handshake" };
            self.trace.line(format_args!("tls  = {suite}, {how}"));
        }
    }
}

/// Not a failure: nothing can be moved now.
fn is_pause(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

/// A reset has a code of its own in either direction, as in Mbed TLS's `net_sockets`.
fn broken(error: &io::Error, otherwise: Error) -> Failure {
    let is_reset = matches!(error.kind(), io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe);
    Failure::from(if is_reset { net::CONN_RESET } else { otherwise })
}
