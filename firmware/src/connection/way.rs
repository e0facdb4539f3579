//! The way to the broker: wait for network and clock, look up the host, open one TCP connection after the other.
//!
//! [`mqtts::asynchronous::Session`] drives it and decides when the next connection is due.

use embassy_net::{
    Stack,
    tcp::{self, ConnectError, TcpSocket},
};
use embassy_time::{Duration, Instant, Timer, with_timeout};
use embedded_io_async::{ErrorType, Read, Write};
use mqtts::asynchronous::{Clock, Connect, Lend};
use status::{Cause, Error, Status, device::CLOCK_NOT_SET, net, ssl};

use super::{Handle, Plan, SOCKET, set_state};
use crate::{board::Board, connection_state::ConnectionState, network};

/// The socket's buffers.
pub(super) struct Memory {
    rx: [u8; SOCKET],
    tx: [u8; SOCKET],
}

impl Memory {
    pub(super) const fn new() -> Self {
        Self { rx: [0; SOCKET], tx: [0; SOCKET] }
    }
}

/// The way to the broker of a plan.
pub(super) struct Way<'a, B: Board> {
    device: &'a Handle<'a, B>,
    stack: Stack<'a>,
    plan: &'a Plan,
    socket: TcpSocket<'a>,
}

impl<'a, B: Board> Way<'a, B> {
    pub(super) fn new(
        device: &'a Handle<'a, B>,
        stack: Stack<'a>,
        plan: &'a Plan,
        memory: &'a mut Memory,
    ) -> Self {
        let mut socket = TcpSocket::new(stack, &mut memory.rx, &mut memory.tx);
        socket.set_timeout(Some(SILENCE));
        socket.set_keep_alive(Some(KEEP_ALIVE));
        // Records are whole when they are sent: nothing would be gained by waiting for more.
        socket.set_nagle_enabled(false);
        Self { device, stack, plan, socket }
    }

    /// Waits for what a connection needs: the network, and for TLS the time.
    async fn gate(&self) {
        let Self { device, stack, plan, .. } = self;
        while !(stack.is_link_up() && stack.is_config_up()) {
            set_state(device, ConnectionState::WaitingForNetwork);
            stack.wait_link_up().await;
            stack.wait_config_up().await;
        }
        if plan.settings.tls && device.clock.now().is_none() {
            set_state(device, ConnectionState::WaitingForTime);
            if with_timeout(CLOCK_TIME, device.clock.wait_until_set()).await.is_err() {
                let mut status = Status::new(CLOCK_NOT_SET);
                if device.clock.is_misled() {
                    status.cause = Cause::TimeIsPast;
                }
                device.journal.note(status);
                device.clock.wait_until_set().await;
            }
        }
    }

    /// A TCP connection to one of the host's addresses.
    async fn reach(&mut self) -> Result<(), Error> {
        let Self { device, stack, plan, socket } = self;
        let addresses = network::resolve(device.accel, *stack, &plan.settings.host).await?;
        set_state(device, ConnectionState::Connecting);
        let mut failure = net::CONNECT_FAILED;
        // Every address of the host, as one of its servers may be away.
        for address in addresses {
            network::skip_ports(device.accel, *stack);
            match with_timeout(CONNECT_TIME, socket.connect((address, plan.settings.port))).await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(ConnectError::TimedOut)) | Err(_) => failure = ssl::TIMEOUT,
                Ok(Err(_)) => failure = net::CONNECT_FAILED,
            }
            socket.abort();
        }
        Err(failure)
    }

    /// Ends the connection, of whose end the peer need not know.
    async fn abort(&mut self) {
        self.socket.abort();
        // The reset has to leave before the socket does.
        let _ = with_timeout(GOODBYE, self.socket.flush()).await;
    }
}

impl<B: Board> Connect for Way<'_, B> {
    async fn connect(&mut self) -> Result<(), Error> {
        self.gate().await;
        set_state(self.device, ConnectionState::LookingUp);
        // What was left of the connection before, such as a wait for stray segments.
        self.abort().await;
        self.reach().await?;
        if self.plan.settings.tls {
            set_state(self.device, ConnectionState::Handshake);
        }
        Ok(())
    }

    /// In order if the peer answers, by a reset if not.
    async fn disconnect(&mut self) {
        self.socket.close();
        if with_timeout(GOODBYE, self.socket.flush()).await.is_err() {
            self.abort().await;
        }
    }
}

impl<B: Board> ErrorType for Way<'_, B> {
    type Error = tcp::Error;
}

impl<B: Board> Read for Way<'_, B> {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, tcp::Error> {
        self.socket.read(buffer).await
    }
}

impl<B: Board> Write for Way<'_, B> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, tcp::Error> {
        self.socket.write(bytes).await
    }

    /// The stack sends by itself; its own `flush` waits until the peer has acknowledged.
    async fn flush(&mut self) -> Result<(), tcp::Error> {
        Ok(())
    }
}

/// The clocks of [`mqtts`].
pub(super) struct Clocks<'a, B: Board>(pub(super) &'a Handle<'a, B>);

impl<B: Board> Clock for Clocks<'_, B> {
    fn now(&self) -> u64 {
        Instant::now().as_millis()
    }

    fn unix_time(&self) -> u64 {
        self.0.clock.now().unwrap_or(0)
    }

    async fn wait_until(&self, milliseconds: u64) {
        Timer::at(Instant::from_millis(milliseconds)).await;
    }
}

/// The accelerator, which the menu uses, too.
pub(super) struct Shared<'a, B: Board>(pub(super) &'a Handle<'a, B>);

impl<B: Board> Lend for Shared<'_, B> {
    type Accel = B::Accel;

    fn lend<T>(&mut self, use_it: impl FnOnce(&mut B::Accel) -> T) -> T {
        use_it(&mut *self.0.accel.borrow_mut())
    }
}

const CONNECT_TIME: Duration = Duration::from_secs(10);
/// For so long the clock may be unset before that is a failure.
const CLOCK_TIME: Duration = Duration::from_secs(30);
/// A peer that acknowledges nothing for so long is gone.
const SILENCE: Duration = Duration::from_secs(30);
const KEEP_ALIVE: Duration = Duration::from_secs(10);
const GOODBYE: Duration = Duration::from_secs(2);
