//! TCP, terminated on both sides: each connection of the device's is another one on the PC, and what one side does is done to
//! the other: bytes, the end of one direction, a reset, and waiting for room.
//!
//! ```text
//!   device ══ smoltcp socket ── pump ── loopback socket ══ broker     the device calls: SYN-ACK only once the PC has accepted
//!   device ══ smoltcp socket ── pump ── loopback socket ══ browser    the PC calls: read only once the device has accepted
//! ```
//! Memory: one receive and one send buffer for each connection. What does not fit stays with its sender, whose window closes.

use std::{
    io::{self, ErrorKind, Read, Write},
    net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr},
    sync::Arc,
    time::Duration,
};

use mio::{
    Events, Interest, Poll, Token,
    net::{TcpListener, TcpStream},
};
use smoltcp::{
    iface::{Interface, SocketHandle, SocketSet},
    socket::tcp::{self, State},
    wire::{IpAddress, IpEndpoint},
};

use crate::{Config, Counters, Forward, cable::Opening};

/// How many connections may be open at once. Further ones of the device are refused; further ones of the PC wait.
const CONNECTIONS: usize = 64;
/// Bytes of a connection's buffers, in each direction.
const BUFFER: usize = 16 * 1024;
/// A device that was reset or unplugged without a word: asked so often whether it is there, and given up after so long.
const KEEP_ALIVE: smoltcp::time::Duration = smoltcp::time::Duration::from_secs(5);
const GIVE_UP: smoltcp::time::Duration = smoltcp::time::Duration::from_secs(120);
/// How long a closed connection is kept for its reset, or for a last segment that comes twice.
const LINGER: Duration = Duration::from_secs(1);
/// The first of the ports that connections to the device come from (RFC 6335 §6).
const FIRST_PORT: u16 = 49152;

const WAKER: Token = Token(0);
const LISTENER: Token = Token(1);
const STREAM: Token = Token(2);

/// All connections.
pub(crate) struct Nat {
    poll: Poll,
    events: Events,
    waker: Arc<mio::Waker>,
    listeners: Vec<Listener>,
    connections: Vec<NatConnection>,
    next_port: u16,
}

/// A forwarded port.
struct Listener {
    socket: TcpListener,
    forward: Forward,
}

/// One connection, on both of its sides.
struct NatConnection {
    handle: SocketHandle,
    /// The PC's side, until it is done with.
    stream: Option<TcpStream>,
    stage: NatStage,
    /// What the device began it with, where it did.
    opening: Option<Opening>,
    /// The device has sent its last byte, and the PC has been told.
    device_done: bool,
    /// The PC has sent its last byte, and the device will be told.
    pc_done: bool,
    /// The PC's socket has failed: nothing more will come, or go.
    is_broken: bool,
    /// When the PC's side was gone.
    closed_at: Option<Duration>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum NatStage {
    /// A socket that waits for the segment that is on its way to it.
    Expected,
    /// The PC has yet to accept.
    PcConnecting,
    /// The device has yet to accept.
    DeviceConnecting,
    Open,
}

/// Why a connection is over.
enum NatEnd {
    Refused,
    Reset,
    Finished,
}

impl Nat {
    /// Listens on the forwarded ports.
    pub(crate) fn start(config: &Config) -> io::Result<Self> {
        let poll = Poll::new()?;
        let waker = Arc::new(mio::Waker::new(poll.registry(), WAKER)?);
        let mut listeners = Vec::new();
        for forward in &config.forwards {
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, forward.pc_port));
            let mut socket = TcpListener::bind(address)
                .map_err(|error| io::Error::new(error.kind(), format!("{address}: {error}")))?;
            poll.registry().register(&mut socket, LISTENER, Interest::READABLE)?;
            let pc_port = socket.local_addr()?.port();
            listeners.push(Listener { socket, forward: Forward { pc_port, ..*forward } });
        }
        let (events, connections) = (Events::with_capacity(CONNECTIONS), Vec::new());
        Ok(Self { poll, events, waker, listeners, connections, next_port: FIRST_PORT })
    }

    pub(crate) fn forwards(&self) -> impl Iterator<Item = Forward> {
        self.listeners.iter().map(|listener| listener.forward)
    }

    /// How many connections the PC still has.
    pub(crate) fn connections(&self) -> usize {
        self.connections.iter().filter(|connection| connection.stream.is_some()).count()
    }

    pub(crate) fn waker(&self) -> Arc<mio::Waker> {
        Arc::clone(&self.waker)
    }

    pub(crate) fn wait(&mut self, at_most: Duration) {
        // The events only end the wait: every step tries every socket. An interrupted wait is a short one.
        let _ = self.poll.poll(&mut self.events, Some(at_most));
    }

    /// Prepares for a segment with which the device begins a connection: calls the PC, and has a socket for the segment,
    /// whose answer waits until the PC has accepted. Without one the segment is refused.
    pub(crate) fn expect(
        &mut self,
        opening: Opening,
        config: &Config,
        sockets: &mut SocketSet<'static>,
        counters: &mut Counters,
    ) {
        let same = |connection: &NatConnection| {
            connection
                .opening
                .is_some_and(|known| (known.caller, known.target) == (opening.caller, opening.target))
        };
        if let Some(index) = self.connections.iter().position(same) {
            let known = self.connections.get(index).and_then(|connection| connection.opening);
            if known.is_some_and(|known| known.sequence == opening.sequence) {
                return;
            }
            // The device has forgotten this one and begins anew: it was reset.
            let mut old = self.connections.swap_remove(index);
            old.end(NatEnd::Reset, counters);
            sockets.remove(old.handle);
        }
        let Some(stream) = self.call_pc(opening.target, config) else {
            counters.refused = counters.refused.saturating_add(1);
            return;
        };
        let mut socket = new_socket();
        socket.pause_synack(true);
        if socket.listen((opening.target.addr, opening.target.port)).is_ok() {
            let handle = sockets.add(socket);
            self.connections.push(NatConnection {
                opening: Some(opening),
                ..NatConnection::new(handle, stream, NatStage::Expected)
            });
        }
    }

    /// Begins the PC's side of a connection. Loopback answers at once; the outside later.
    fn call_pc(&self, target: IpEndpoint, config: &Config) -> Option<TcpStream> {
        let IpAddress::Ipv4(address) = target.addr;
        let address = if address == config.address {
            Ipv4Addr::LOCALHOST
        } else if config.outside {
            address
        } else {
            return None;
        };
        if self.connections() >= CONNECTIONS {
            return None;
        }
        let mut stream = TcpStream::connect(SocketAddr::new(IpAddr::V4(address), target.port)).ok()?;
        self.register(&mut stream).ok()?;
        Some(stream)
    }

    fn register(&self, stream: &mut TcpStream) -> io::Result<()> {
        // Small messages in both directions: nobody shall wait for more of them.
        stream.set_nodelay(true)?;
        self.poll.registry().register(stream, STREAM, Interest::READABLE | Interest::WRITABLE)
    }

    /// After a segment: a socket that was made for it and did not like it is not needed.
    pub(crate) fn settle(&mut self, sockets: &mut SocketSet<'static>) {
        self.connections.retain_mut(|connection| {
            if connection.stage != NatStage::Expected {
                return true;
            }
            connection.stage = NatStage::PcConnecting;
            let accepted = sockets.get::<tcp::Socket<'_>>(connection.handle).state() != State::Listen;
            if !accepted {
                sockets.remove(connection.handle);
            }
            accepted
        });
    }

    /// Accepts what the PC opens, and moves bytes in both directions.
    pub(crate) fn pump(
        &mut self,
        now: Duration,
        config: &Config,
        interface: &mut Interface,
        sockets: &mut SocketSet<'static>,
        counters: &mut Counters,
    ) {
        self.accept(config, interface, sockets);
        for connection in self.connections.iter_mut().filter(|connection| connection.stream.is_some()) {
            let socket = sockets.get_mut(connection.handle);
            if let Some(end) = connection.pump(socket, counters) {
                if !matches!(end, NatEnd::Finished) {
                    socket.abort();
                }
                connection.end(end, counters);
                connection.closed_at = Some(now);
            }
        }
    }

    /// Forgets connections that are over on both sides.
    pub(crate) fn sweep(&mut self, now: Duration, sockets: &mut SocketSet<'static>) {
        self.connections.retain(|connection| {
            let Some(closed_at) = connection.closed_at else { return true };
            let socket = sockets.get::<tcp::Socket<'_>>(connection.handle);
            // A closed socket that still knows its peer has a reset to send.
            let silent = socket.state() == State::Closed && socket.remote_endpoint().is_none();
            let over = silent || now.saturating_sub(closed_at) > LINGER;
            if over {
                sockets.remove(connection.handle);
            }
            !over
        });
    }

    fn accept(&mut self, config: &Config, interface: &mut Interface, sockets: &mut SocketSet<'static>) {
        for index in 0..self.listeners.len() {
            while self.connections() < CONNECTIONS
                && let Some(listener) = self.listeners.get(index)
                && let Ok((mut stream, _)) = listener.socket.accept()
            {
                let device = (config.device, listener.forward.device_port);
                let mut socket = new_socket();
                if self.register(&mut stream).is_err() {
                    continue;
                }
                let port = self.port();
                if socket.connect(interface.context(), device, (config.address, port)).is_ok() {
                    let handle = sockets.add(socket);
                    self.connections.push(NatConnection::new(handle, stream, NatStage::DeviceConnecting));
                }
            }
        }
    }

    /// The next port for a connection to the device: there are 16384, which outlast a second.
    fn port(&mut self) -> u16 {
        let port = self.next_port;
        self.next_port = port.checked_add(1).unwrap_or(FIRST_PORT);
        port
    }
}

impl NatConnection {
    fn new(handle: SocketHandle, stream: TcpStream, stage: NatStage) -> Self {
        let stream = Some(stream);
        Self {
            handle,
            stream,
            stage,
            opening: None,
            device_done: false,
            pc_done: false,
            is_broken: false,
            closed_at: None,
        }
    }

    /// Does what can be done without waiting; says when it is over.
    fn pump(&mut self, socket: &mut tcp::Socket<'_>, counters: &mut Counters) -> Option<NatEnd> {
        match self.stage {
            NatStage::Open => {}
            NatStage::Expected => return None,
            NatStage::PcConnecting => match connected(self.stream.as_ref()?) {
                None if socket.state() == State::Closed => return Some(NatEnd::Refused),
                None => return None,
                Some(false) => return Some(NatEnd::Refused),
                Some(true) => {
                    socket.pause_synack(false);
                    self.stage = NatStage::Open;
                    counters.opened_by_device = counters.opened_by_device.saturating_add(1);
                }
            },
            NatStage::DeviceConnecting => match socket.state() {
                State::SynSent | State::SynReceived => return None,
                State::Closed => return Some(NatEnd::Refused),
                _ => {
                    self.stage = NatStage::Open;
                    counters.opened_by_pc = counters.opened_by_pc.saturating_add(1);
                }
            },
        }
        if !self.is_broken {
            let (to_pc, to_device) =
                (self.move_to_pc(socket, counters), self.move_to_device(socket, counters));
            self.is_broken = to_pc.is_err() || to_device.is_err();
        }
        match socket.state() {
            // What the PC said before it broke off, such as an alert, arrives before the reset does.
            _ if self.is_broken && socket.send_queue() == 0 => Some(NatEnd::Reset),
            State::Closed | State::TimeWait if self.device_done && self.pc_done => Some(NatEnd::Finished),
            State::Closed => Some(NatEnd::Reset),
            _ => None,
        }
    }

    /// Bytes of the device, and that there are no more.
    fn move_to_pc(&mut self, socket: &mut tcp::Socket<'_>, counters: &mut Counters) -> io::Result<()> {
        let Some(stream) = self.stream.as_mut() else { return Ok(()) };
        while socket.can_recv() {
            let written = socket.recv(|bytes| match stream.write(bytes) {
                Ok(length) => (length, Ok(length)),
                Err(error) => (0, Err(error)),
            });
            match written {
                Ok(Ok(length)) => count(&mut counters.bytes_from_device, length),
                Ok(Err(error)) if would_wait(&error) => return Ok(()),
                Ok(Err(error)) => return Err(error),
                Err(_) => break,
            }
        }
        let finished = [State::CloseWait, State::LastAck, State::Closing, State::TimeWait];
        if finished.contains(&socket.state()) && !socket.can_recv() && !self.device_done {
            self.device_done = true;
            stream.shutdown(Shutdown::Write)?;
        }
        Ok(())
    }

    /// Bytes of the PC, and that there are no more.
    fn move_to_device(&mut self, socket: &mut tcp::Socket<'_>, counters: &mut Counters) -> io::Result<()> {
        let Some(stream) = self.stream.as_mut() else { return Ok(()) };
        while !self.pc_done && socket.can_send() {
            let read = socket.send(|room| match stream.read(room) {
                Ok(length) => (length, Ok(length)),
                Err(error) => (0, Err(error)),
            });
            match read {
                Ok(Ok(0)) => {
                    self.pc_done = true;
                    socket.close();
                }
                Ok(Ok(length)) => count(&mut counters.bytes_to_device, length),
                Ok(Err(error)) if would_wait(&error) => return Ok(()),
                Ok(Err(error)) => return Err(error),
                Err(_) => break,
            }
        }
        Ok(())
    }

    /// Ends the PC's side: with a reset where it did not end by itself.
    fn end(&mut self, end: NatEnd, counters: &mut Counters) {
        let Some(stream) = self.stream.take() else { return };
        let counter = match end {
            NatEnd::Finished => return,
            NatEnd::Refused => &mut counters.refused,
            NatEnd::Reset => &mut counters.reset,
        };
        *counter = counter.saturating_add(1);
        // Without it the PC would see an orderly end. A socket that is not connected does not mind.
        let _ = socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO));
    }
}

fn new_socket() -> tcp::Socket<'static> {
    let buffer = || tcp::SocketBuffer::new(vec![0; BUFFER]);
    let mut socket = tcp::Socket::new(buffer(), buffer());
    socket.set_nagle_enabled(false);
    socket.set_ack_delay(None);
    socket.set_keep_alive(Some(KEEP_ALIVE));
    socket.set_timeout(Some(GIVE_UP));
    socket
}

/// Whether a connection that was begun is made (yes, no, not yet).
fn connected(stream: &TcpStream) -> Option<bool> {
    if !matches!(stream.take_error(), Ok(None)) {
        return Some(false);
    }
    match stream.peer_addr() {
        Ok(_) => Some(true),
        Err(error) if error.kind() == ErrorKind::NotConnected => None,
        Err(_) => Some(false),
    }
}

/// Whether an operation would have to wait, or was interrupted; both are tried again in the next step.
fn would_wait(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

fn count(counter: &mut u64, bytes: usize) {
    *counter = counter.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
}
