//! The operating system's sockets for the client. There is one connection at a time, and only [`Wire::wait`] blocks, and `disconnect`
//! until the server closes, for two seconds at most.
//!
//! The trace sees all bytes. The first bytes from the server are kept, because they show which protocol it speaks. Nothing here knows
//! MQTT.

use std::{
    io::{self, Read, Write},
    net::Shutdown,
    os::fd::BorrowedFd,
    sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError},
    time::{Duration, Instant},
};

use mqtts::nonblocking::Network;
use nb::Error::{Other, WouldBlock};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use socket2::Socket;
use status::{Error, net};

use crate::{
    connect::{self, Target},
    endpoint::now,
    failure::CommandFailure,
    limits::Limits,
    trace::{ConnectionTrace, TraceDirection},
};

/// A file to wait for in addition to the socket, and what to wait for.
pub(crate) type Watched = (BorrowedFd<'static>, PollFlags);

/// The connection to one server.
pub(crate) struct Wire<'l> {
    target: Target,
    is_tls: bool,
    limits: &'l Limits,
    /// The result of the connecting thread.
    attempt: Option<Receiver<connect::Result>>,
    /// That result, if it arrived while waiting for something else.
    found: Option<connect::Result>,
    socket: Option<Socket>,
    /// The server has ended its stream.
    is_over: bool,
    /// The trace that sees all bytes.
    pub trace: ConnectionTrace,
    /// The first bytes that the server has sent on this connection.
    pub heard: Vec<u8>,
    /// Why no connection could be made, with the address.
    pub failed: Option<CommandFailure>,
}

impl<'l> Wire<'l> {
    /// No connection yet.
    pub(crate) fn new(target: Target, is_tls: bool, limits: &'l Limits, is_traced: bool) -> Self {
        Self {
            target,
            is_tls,
            limits,
            attempt: None,
            found: None,
            socket: None,
            is_over: false,
            trace: ConnectionTrace::new(is_traced),
            heard: Vec::new(),
            failed: None,
        }
    }

    /// Sleeps until the socket is ready to read or write as wanted, one of `also` is ready, a connection is made, a signal arrives, or
    /// `wait` is over.
    pub(crate) fn wait(&mut self, (reads, writes): (bool, bool), wait: Duration, also: &[Watched]) {
        if let Some(attempt) = &self.attempt {
            self.found = match attempt.recv_timeout(wait) {
                Ok(found) => Some(found),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => Some(Err(connect::lost(&self.target))),
            };
            return;
        }
        let mut flags = PollFlags::empty();
        flags.set(PollFlags::IN, reads);
        flags.set(PollFlags::OUT, writes);
        let mut all: Vec<_> = self.socket.iter().map(|socket| PollFd::new(socket, flags)).collect();
        all.extend(also.iter().map(|(other, flags)| PollFd::from_borrowed_fd(*other, *flags)));
        // Ignore the result: the next turn finds out what the socket can do.
        let _ = poll(&mut all, Timespec::try_from(wait).ok().as_ref());
    }

    fn use_socket(&mut self, socket: Socket) -> Result<(), Error> {
        socket.set_nonblocking(true).map_err(|_| net::CONNECT_FAILED)?;
        if let Target::Unix(path) = &self.target {
            self.trace.begin(format_args!("unix = {}", path.display()));
        } else {
            let address = socket.set_tcp_nodelay(true).and_then(|()| socket.peer_addr());
            let address = address.ok().and_then(|address| address.as_socket()).ok_or(net::CONNECT_FAILED)?;
            self.trace.begin(format_args!("tcp  = {address}"));
        }
        self.heard.clear();
        self.is_over = false;
        self.socket = Some(socket);
        Ok(())
    }

    fn socket(&mut self) -> nb::Result<&mut Socket, Error> {
        self.socket.as_mut().ok_or(Other(net::INVALID_CONTEXT))
    }
}

impl Network for Wire<'_> {
    fn connect(&mut self) -> nb::Result<(), Error> {
        let found = self.found.take().map(Ok).unwrap_or_else(|| {
            let attempt = self.attempt.get_or_insert_with(|| connect::begin(&self.target));
            attempt.try_recv()
        });
        let found = match found {
            Ok(found) => found,
            Err(TryRecvError::Empty) => return Err(WouldBlock),
            Err(TryRecvError::Disconnected) => Err(connect::lost(&self.target)),
        };
        self.attempt = None;
        match found {
            Ok(socket) => self.use_socket(socket).map_err(Other),
            Err((error, place)) => {
                self.failed = Some(CommandFailure::at(error, place));
                Err(Other(error))
            }
        }
    }

    /// Ends our stream, then reads the server's to its end for a moment. Closing a socket with unread bytes resets the connection; the
    /// server may then lose our last acknowledgements and publish the will. The bytes read are discarded.
    fn disconnect(&mut self) {
        (self.attempt, self.found) = (None, None);
        let Some(mut socket) = self.socket.take() else { return };
        let patience = self.limits.farewell();
        let start = Instant::now();
        // This fails if the server is gone already, which does not matter any more.
        if socket.shutdown(Shutdown::Write).is_err() || self.is_over {
            return;
        }
        let mut scrap = [0; 4096];
        loop {
            let left = patience.saturating_sub(start.elapsed());
            match socket.read(&mut scrap) {
                _ if left.is_zero() => return,
                Ok(1..) => {}
                Err(error) if is_pause(&error) => {
                    let left = Timespec::try_from(left).ok();
                    let _ = poll(&mut [PollFd::new(&socket, PollFlags::IN)], left.as_ref());
                }
                Ok(0) | Err(_) => return,
            }
        }
    }

    fn read(&mut self, buffer: &mut [u8]) -> nb::Result<usize, Error> {
        let result = self.socket()?.read(buffer);
        match result {
            Ok(count) => {
                let bytes = buffer.get(..count).unwrap_or_default();
                let missing = HEARD.saturating_sub(self.heard.len());
                self.heard.extend(bytes.iter().take(missing));
                if self.is_tls {
                    self.trace.tls(TraceDirection::Received, bytes);
                }
                self.is_over |= count == 0;
                Ok(count)
            }
            Err(error) if is_pause(&error) => Err(WouldBlock),
            Err(error) => {
                self.is_over = true;
                Err(Other(code(&error, net::RECV_FAILED)))
            }
        }
    }

    fn write(&mut self, bytes: &[u8]) -> nb::Result<usize, Error> {
        let result = self.socket()?.write(bytes);
        match result {
            Ok(count) => {
                if self.is_tls {
                    self.trace.tls(TraceDirection::Sent, bytes.get(..count).unwrap_or_default());
                }
                Ok(count)
            }
            Err(error) if is_pause(&error) => Err(WouldBlock),
            Err(error) => Err(Other(code(&error, net::SEND_FAILED))),
        }
    }

    fn now(&self) -> u64 {
        self.limits.now()
    }

    fn unix_time(&self) -> u64 {
        now()
    }
}

/// Whether this only means that nothing can be moved now.
fn is_pause(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

/// A connection reset has its own code in both directions, as in Mbed TLS's `net_sockets`.
fn code(error: &io::Error, otherwise: Error) -> Error {
    let is_reset = matches!(error.kind(), io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe);
    if is_reset { net::CONN_RESET } else { otherwise }
}

/// This many bytes are enough to recognize a protocol.
const HEARD: usize = 16;
