//! Boards with embassy: TCP of `embassy-net` 0.9, the time of `embassy-time` 0.5, and the date from an SNTP server.
//!
//! With these two an embassy program has no socket code of its own:
//!
//! ```
//! use mqtts::{Client, accel::Accel, asynchronous::Session, embassy::{Clock, Tcp}, mqtt::Event};
//!
//! async fn talk(mut client: Client<'_>, mut accel: impl Accel, stack: embassy_net::Stack<'_>) -> ! {
//!     let (mut rx, mut tx) = ([0; 2048], [0; 2048]);
//!     let clock = Clock::from_sntp(stack, "pool.ntp.org", &mut accel).await;
//!     let tcp = Tcp::new(stack, "broker.example", 8883, &mut rx, &mut tx);
//!     let mut session = Session::new(&mut client, &mut accel, tcp, clock);
//!     loop {
//!         match session.next().await {
//!             Ok(Some(Event::Message(received))) => { /* what it says */ }
//!             Ok(_) => {}
//!             Err(status) => { /* why the connection has ended; it is made again by itself */ }
//!         }
//!     }
//! }
//! ```
//!
//! The network's features `tcp`, `udp`, `dns` and `proto-ipv4` come with this module; the medium, DHCP and the driver are the board's.

use accel::Rng;
use embassy_net::{
    IpAddress, IpEndpoint, Stack,
    dns::DnsQueryType,
    tcp::{ConnectError, Error as TcpError, TcpSocket},
    udp::{PacketMetadata, UdpSocket},
};
use embassy_time::{Duration, Instant, Timer, with_timeout};
use embedded_io_async::{ErrorType, Read, Write};
use status::{Error, net, ssl};

use crate::{asynchronous, sntp};

/// TCP to one server, whose name is looked up anew for each connection.
///
/// ```
/// use mqtts::embassy::Tcp;
///
/// fn broker<'a>(stack: embassy_net::Stack<'a>, windows: &'a mut [[u8; 2048]; 2]) -> Tcp<'a> {
///     let [rx, tx] = windows;
///     Tcp::new(stack, "broker.example", 8883, rx, tx)
/// }
/// # let _ = broker;
/// ```
pub struct Tcp<'a> {
    stack: Stack<'a>,
    socket: TcpSocket<'a>,
    host: &'a str,
    port: u16,
}

impl<'a> Tcp<'a> {
    /// Connects to `host`, a name or an IPv4 address. `rx` and `tx` are the socket's buffers. Each must hold at least one TCP segment,
    /// which is 1460 bytes; one that holds a whole TLS record is faster.
    ///
    /// # Panics
    /// If `StackResources` has no free socket, as with every socket of `embassy-net`.
    #[must_use]
    pub fn new(stack: Stack<'a>, host: &'a str, port: u16, rx: &'a mut [u8], tx: &'a mut [u8]) -> Self {
        let mut socket = TcpSocket::new(stack, rx, tx);
        socket.set_timeout(Some(SILENCE));
        // Every write is a whole record, so delaying it to collect more (Nagle) gains nothing.
        socket.set_nagle_enabled(false);
        Self { stack, socket, host, port }
    }

    async fn reach(&mut self) -> Result<(), Error> {
        // Ends the previous connection first.
        self.socket.abort();
        let _ = self.socket.flush().await;
        self.stack.wait_config_up().await;
        let addresses = self.stack.dns_query(self.host, DnsQueryType::A).await.unwrap_or_default();
        let mut failure = net::UNKNOWN_HOST;
        for address in addresses {
            match self.socket.connect(IpEndpoint::new(address, self.port)).await {
                Ok(()) => return Ok(()),
                Err(ConnectError::TimedOut) => failure = ssl::TIMEOUT,
                Err(_) => failure = net::CONNECT_FAILED,
            }
        }
        Err(failure)
    }
}

impl asynchronous::Connect for Tcp<'_> {
    async fn connect(&mut self) -> Result<(), Error> {
        with_timeout(CONNECT, self.reach()).await.unwrap_or(Err(ssl::TIMEOUT))
    }

    async fn disconnect(&mut self) {
        self.socket.close();
        // A server that is gone acknowledges nothing, so the flush has a limit.
        let _ = with_timeout(GOODBYE, self.socket.flush()).await;
        self.socket.abort();
    }
}

impl ErrorType for Tcp<'_> {
    type Error = TcpError;
}

impl Read for Tcp<'_> {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, TcpError> {
        self.socket.read(buffer).await
    }
}

impl Write for Tcp<'_> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, TcpError> {
        self.socket.write(bytes).await
    }

    async fn flush(&mut self) -> Result<(), TcpError> {
        // TCP sends without this; waiting for the acknowledgement would only cost time.
        Ok(())
    }
}

/// The time since start and the date, for a board without a real-time clock.
///
/// ```
/// use mqtts::{accel::Rng, embassy::Clock};
///
/// /// The date from the board's own clock where it has one, else from a server.
/// async fn clock(own: Option<u64>, stack: embassy_net::Stack<'_>, random: &mut impl Rng) -> Clock {
///     match own {
///         Some(unix_time) => Clock::new(unix_time),
///         None => Clock::from_sntp(stack, "pool.ntp.org", random).await,
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// When the board was started, as Unix time in seconds.
    started: u64,
}

impl Clock {
    /// For a board that gets the date elsewhere. `unix_time` is the present time in seconds since 1970.
    #[must_use]
    pub fn new(unix_time: u64) -> Self {
        Self { started: unix_time.saturating_sub(Instant::now().as_secs()) }
    }

    /// Asks an SNTP server (RFC 4330) for the date. Waits for the network and repeats the question until there is an answer.
    ///
    /// Whoever can forge the answer can make an expired certificate look valid. If that is not acceptable, use a clock with a battery, or
    /// a time server in your own network.
    pub async fn from_sntp<R: Rng>(stack: Stack<'_>, server: &str, random: &mut R) -> Self {
        loop {
            stack.wait_config_up().await;
            let mut nonce = [0; 8];
            if random.fill(&mut nonce).is_ok()
                && let Ok(Some(time)) = with_timeout(ANSWER, ask(stack, server, nonce)).await
            {
                return Self::new(time / 1_000);
            }
            Timer::after(ANSWER).await;
        }
    }
}

impl asynchronous::Clock for Clock {
    fn now(&self) -> u64 {
        Instant::now().as_millis()
    }

    fn unix_time(&self) -> u64 {
        self.started.saturating_add(Instant::now().as_secs())
    }

    async fn wait_until(&self, milliseconds: u64) {
        Timer::at(Instant::from_millis(milliseconds)).await;
    }
}

/// Sends one request. Returns the server's time in milliseconds since 1970, or none without a usable answer.
async fn ask(stack: Stack<'_>, server: &str, nonce: [u8; 8]) -> Option<u64> {
    let addresses = stack.dns_query(server, DnsQueryType::A).await.ok()?;
    let address: IpAddress = *addresses.first()?;
    let (mut rx_places, mut tx_places) = ([PacketMetadata::EMPTY; 1], [PacketMetadata::EMPTY; 1]);
    let (mut rx, mut tx) = ([0; sntp::LENGTH], [0; sntp::LENGTH]);
    let mut socket = UdpSocket::new(stack, &mut rx_places, &mut rx, &mut tx_places, &mut tx);
    // Any free local port.
    socket.bind(0).ok()?;
    socket.send_to(&sntp::request(nonce), (address, sntp::PORT)).await.ok()?;
    let mut packet = [0; sntp::LENGTH];
    loop {
        let (length, _) = socket.recv_from(&mut packet).await.ok()?;
        match sntp::answer(packet.get(..length)?, nonce) {
            Ok(time) => return Some(time),
            Err(sntp::Refusal::Foreign) => {}
            Err(_) => return None,
        }
    }
}

/// A server that acknowledges nothing for this long is gone.
const SILENCE: Duration = Duration::from_secs(20);
/// The limit for connecting, which includes waiting for the network and looking up the name.
const CONNECT: Duration = Duration::from_secs(30);
/// The limit for sending what is left when a connection ends.
const GOODBYE: Duration = Duration::from_secs(2);
/// How long to wait for an SNTP answer, and how long before the next request.
const ANSWER: Duration = Duration::from_secs(5);
