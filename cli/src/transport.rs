//! A connected socket with or without TLS: bytes in, bytes out, and never a wait that nobody asked for.
//!
//! The socket does not block. [`Transport::turn`] moves whatever can be moved in both directions; only if nothing could be
//! moved does it wait for the socket, and at most as long as it is told. What the server said counts more than what the socket
//! says: when a write fails, everything that has arrived is still read and handed over, and only behind that the connection
//! has ended, with the server's reason if it gave one. Nothing here knows MQTT, except that the trace is shown the plaintext.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpStream},
    os::fd::BorrowedFd,
    time::{Duration, Instant},
};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use status::{Alert, AlertSeen, Error, Status, net, ssl};
use tls12::Want;

use crate::{
    failure::Failure,
    hint::{self, Circumstances},
    layer::Layer,
    trace::{Direction, Trace},
};

/// Something else to wait for beside the socket: that it becomes ready for this.
pub(crate) type Watched = (BorrowedFd<'static>, PollFlags);

/// The socket, what protects it, and who watches.
pub(crate) struct Transport<'b> {
    socket: TcpStream,
    layer: Layer<'b>,
    trace: Trace,
    want: Want,
    announced: bool,
    /// The socket takes nothing any more, or gives nothing any more, since this happened.
    broken: Option<Error>,
    /// Everything that the socket had has been read.
    exhausted: bool,
    /// The first bytes that the server sent.
    heard: Vec<u8>,
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
        Ok(Self {
            socket,
            layer,
            trace,
            want: Want::default(),
            announced: false,
            broken: None,
            exhausted: false,
            heard: Vec::new(),
        })
    }

    /// Advances the protocol and moves bytes both ways; if there was nothing to move, waits up to `wait`, or until something of
    /// `also` is ready, and tries once more. A signal ends the wait early.
    ///
    /// # Errors
    /// The failure of TLS with all its circumstances, after its alert has been offered to the socket.
    pub(crate) fn turn(&mut self, wait: Duration, also: &[Watched]) -> Result<(), Failure> {
        if !self.exchange()? {
            self.wait(wait, also);
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
    pub(crate) fn ended(&self) -> Option<Failure> {
        self.layer.ended().map(|status| self.reason(status))
    }

    /// Prints a line of the trace.
    pub(crate) fn note(&self, text: std::fmt::Arguments<'_>) {
        self.trace.line(text);
    }

    /// Whether something still has to be sent.
    pub(crate) fn has_output(&self) -> bool {
        !self.layer.send_bytes().is_empty()
    }

    /// Sends what is left, then close_notify (RFC 5246 §7.2.1), ends our stream, and reads the server's to its end; all until
    /// `end`. What is read then is for nobody: MQTT has already said goodbye (MQTT 3.1.1 §3.14).
    pub(crate) fn close(&mut self, end: Instant) {
        let left = || end.saturating_duration_since(Instant::now());
        self.layer.close();
        while self.layer.poll().is_ok() && self.has_output() && self.broken.is_none() && !left().is_zero() {
            if !self.send() {
                self.wait_for(PollFlags::OUT, left(), &[]);
            }
        }
        // The server may be gone already; then there is nobody to tell.
        let is_open = self.socket.shutdown(Shutdown::Write).is_ok() && !self.exhausted;
        let mut scrap = [0; 4096];
        while is_open && !left().is_zero() {
            match self.socket.read(&mut scrap) {
                Ok(0) => return,
                Ok(_) => {}
                Err(error) if is_pause(&error) => self.wait_for(PollFlags::IN, left(), &[]),
                Err(_) => return,
            }
        }
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

    /// Adds to a failure of this connection what usually causes it.
    pub(crate) fn explain(&self, failure: Failure, has_certificate: bool) -> Failure {
        let Failure::Status { mut status, place, hint } = failure else { return failure };
        let step = self.layer.connection().map(tls12::Connection::step);
        let circumstances = Circumstances {
            step: step.map(|step| if status.step == status::Step::Start { step } else { status.step }),
            heard: &self.heard,
            certificate_requested: self.trace.certificate_requested(),
            has_certificate,
        };
        if let (true, Some(step)) = (status.step == status::Step::Start, step) {
            status.step = step;
        }
        let hint = if hint.is_empty() { hint::of(&status, &circumstances) } else { hint };
        Failure::Status { status, place, hint }
    }

    /// Polls, sends and receives; whether anything moved.
    fn exchange(&mut self) -> Result<bool, Failure> {
        self.poll()?;
        let moved = self.send() | self.receive();
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
                self.send();
                return Err(self.reason(status));
            }
        }
        self.announce();
        Ok(())
    }

    /// One write. Once the socket is broken nothing is sent any more; but the protocol goes on as if it were, up to the point
    /// where it listens again.
    fn send(&mut self) -> bool {
        let bytes = self.layer.send_bytes();
        if bytes.is_empty() {
            return false;
        }
        let length = bytes.len();
        match self.socket.write(bytes) {
            _ if self.broken.is_some() => self.layer.sent(length),
            Ok(count) => {
                if self.layer.connection().is_some() {
                    self.trace.tls(Direction::Sent, bytes.get(..count).unwrap_or_default());
                }
                self.layer.sent(count);
            }
            Err(error) if is_pause(&error) => return false,
            Err(error) => self.broken = Some(code(&error, net::SEND_FAILED)),
        }
        true
    }

    /// One read.
    fn receive(&mut self) -> bool {
        let protected = self.layer.connection().is_some();
        let space = self.layer.recv_space();
        if space.is_empty() || self.exhausted {
            return false;
        }
        match self.socket.read(space) {
            Ok(count @ 1..) => {
                let bytes = space.get(..count).unwrap_or_default();
                let missing = HEARD.saturating_sub(self.heard.len());
                self.heard.extend(bytes.iter().take(missing));
                if protected {
                    self.trace.tls(Direction::Received, bytes);
                }
                self.layer.received(count);
                return true;
            }
            Ok(0) => {}
            // Behind a failed write nothing more is waited for.
            Err(error) if is_pause(&error) && self.broken.is_none() => return false,
            Err(error) => self.broken = self.broken.or(Some(code(&error, net::RECV_FAILED))),
        }
        self.exhausted = true;
        self.layer.recv_closed();
        true
    }

    /// The server's reason, or the socket's where the server gave none.
    fn reason(&self, status: Status) -> Failure {
        let is_silent = status.error == ssl::CONN_EOF || status.error == status::mqtt::CONNECTION_CLOSED;
        match self.broken.filter(|_| is_silent) {
            Some(error) => {
                let mut broken = Status::new(error);
                broken.step = status.step;
                broken.into()
            }
            None => status.into(),
        }
    }

    /// Sleeps until the socket is ready for what is wanted of it, or something else is, or a signal comes, or `wait` is over.
    fn wait(&mut self, wait: Duration, also: &[Watched]) {
        let mut flags = PollFlags::empty();
        flags.set(PollFlags::IN, !self.layer.recv_space().is_empty() && !self.exhausted);
        flags.set(PollFlags::OUT, self.has_output());
        self.wait_for(flags, wait, also);
    }

    fn wait_for(&self, flags: PollFlags, wait: Duration, also: &[Watched]) {
        let mut all = vec![PollFd::new(&self.socket, flags)];
        all.extend(also.iter().map(|(other, flags)| PollFd::from_borrowed_fd(*other, *flags)));
        // Whatever the outcome, the next exchange finds out what the socket can do.
        let _ = poll(&mut all, Timespec::try_from(wait).ok().as_ref());
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
fn code(error: &io::Error, otherwise: Error) -> Error {
    let is_reset = matches!(error.kind(), io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe);
    if is_reset { net::CONN_RESET } else { otherwise }
}

/// Enough to tell protocols apart, in bytes.
const HEARD: usize = 16;
