//! For a PC or a gateway: the operating system's TCP, random numbers and time, and files of any size.

use std::{
    boxed::Box,
    fs, io,
    io::{Read, Write},
    net::{Shutdown, TcpStream, ToSocketAddrs},
    path::Path,
    string::String,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
    vec,
    vec::Vec,
};

use accel::{Entropy, rustcrypto::Pc};
use status::{Error, entropy, net, pk, ssl};
use tls12::{Config, Connection};
use x509::Bundle;

use crate::{
    Client, Security, Settings, SetupError,
    blocking::{Network, Session},
    memory::Buffers,
};

/// The operating system's random numbers.
///
/// ```
/// use mqtts::{accel::{Rng, soft::Soft}, pc::OperatingSystem};
///
/// // Under another accelerator than that of `pc::accelerator`.
/// let mut key = [0; 16];
/// Soft::new(OperatingSystem).fill(&mut key)?;
/// # Ok::<(), mqtts::status::Error>(())
/// ```
pub struct OperatingSystem;

impl Entropy for OperatingSystem {
    fn entropy(&mut self, out: &mut [u8]) -> Result<(), Error> {
        getrandom::fill(out).map_err(|_| entropy::SOURCE_FAILED)
    }
}

/// Cryptography for a PC: AES with the processor's instructions where it has them, everything else in software.
pub type Accelerator = Pc<OperatingSystem>;

/// Cryptography for a PC, seeded by the operating system.
#[must_use]
pub const fn accelerator() -> Accelerator {
    Pc::new(OperatingSystem)
}

/// Reads a file of certificates or a key. Returns its bytes and memory to decode them in, for [`x509::Bundle::from_long_pem`] and
/// [`x509::PrivateKey::from_long_pem`].
///
/// # Errors
/// `pk::FILE_IO_ERROR` (-0x3E00) when the file cannot be read.
pub fn pem(file: impl AsRef<Path>) -> Result<(Vec<u8>, Vec<u8>), Error> {
    let text = fs::read(file).map_err(|_| pk::FILE_IO_ERROR)?;
    let storage = vec![0; x509::der_length(text.len())];
    Ok((text, storage))
}

/// Reads the certificates to trust from a file. Their memory is never freed: call it once per program. A program that reads files
/// repeatedly uses [`pem`].
///
/// # Errors
/// Those of [`pem`] and of [`Bundle::from_long_pem`].
pub fn anchors(file: impl AsRef<Path>) -> Result<Bundle<'static>, Error> {
    let (text, storage) = pem(file)?;
    Bundle::from_long_pem(&text, storage.leak())
}

/// TLS to `host`, whose certificate must chain to one of the certificates in the file. Memory is never freed: see [`anchors`].
///
/// # Errors
/// Those of [`anchors`].
pub fn tls(host: &str, anchors_file: impl AsRef<Path>) -> Result<Security<'static>, Error> {
    let config = Config { anchors: Some(anchors(anchors_file)?), ..Config::default() };
    Ok(Security::Tls { host: String::from(host).leak(), config: Box::leak(Box::new(config)) })
}

/// A client that connects by TCP to this host and port. Its memory ([`Memory::default`]) is never freed.
///
/// ```no_run
/// use mqtts::mqtt::{Event, Message, QoS, Subscription};
/// use mqtts::{Settings, pc};
///
/// let subscriptions = &[Subscription { filter: "kitchen/#", qos: QoS::AtLeastOnce }];
/// let settings = Settings { subscriptions, ..Settings::new(pc::tls("broker.example", "ca.pem")?, "kitchen-pc") };
/// let mut session = pc::open(settings, "broker.example", 8883)?;
/// session.publish(&Message::new("kitchen/lamp", b"on", QoS::AtLeastOnce))?;
/// loop {
///     if let Some(Event::Message(received)) = session.next(1_000)? {
///         println!("{}: {:?}", received.message.topic, received.message.payload);
///     }
/// }
/// # #[allow(unreachable_code)]
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Those of [`Client::new`].
pub fn open(
    settings: Settings<'static>,
    host: &str,
    port: u16,
) -> Result<Session<'static, 'static, Accelerator, Tcp>, SetupError> {
    let client = Client::new(settings, Box::leak(Box::new(Memory::default())).lend())?;
    let (accel, tcp) = (Box::new(accelerator()), Box::new(Tcp::new(host, port)));
    Ok(Session::new(Box::leak(Box::new(client)), Box::leak(accel), Box::leak(tcp)))
}

/// Memory for a client: records of full length, four of them sent at once. 150 KB on the heap, plus the two sizes for messages.
///
/// ```
/// use mqtts::{Client, Security, Settings, pc};
///
/// // Packets of up to 1 KB in pieces, 16 KB of messages while the broker is away.
/// let mut memory = pc::Memory::new(1_024, 16_384);
/// assert!(Client::new(Settings::new(Security::Plain, "gateway"), memory.lend()).is_ok());
/// ```
pub struct Memory {
    rx: Box<[u8]>,
    tx: Box<[u8]>,
    session: Box<[u8]>,
    spill: Box<[u8]>,
    in_flight: Box<[u8]>,
}

impl Memory {
    /// `spill` bytes for a packet that arrives in pieces, and `in_flight` bytes for unacknowledged messages.
    #[must_use]
    pub fn new(spill: usize, in_flight: usize) -> Self {
        let zeroes = |length| vec![0; length].into_boxed_slice();
        Self {
            rx: zeroes(Connection::FULL_RX),
            tx: zeroes(RECORDS * Connection::FULL_RX),
            session: zeroes(SESSION),
            spill: zeroes(spill),
            in_flight: zeroes(in_flight),
        }
    }

    /// Lends all of it to one client.
    pub fn lend(&mut self) -> Buffers<'_> {
        Buffers {
            rx: &mut self.rx,
            tx: &mut self.tx,
            session: &mut self.session,
            spill: &mut self.spill,
            in_flight: &mut self.in_flight,
        }
    }
}

impl Default for Memory {
    /// 64 KB for a packet in pieces, and 64 KB for unacknowledged messages.
    fn default() -> Self {
        Self::new(65_536, 65_536)
    }
}

/// TCP to one server. Its name is looked up again for every connection.
///
/// ```
/// use mqtts::{blocking::Network, pc::Tcp, status::net};
///
/// // Nothing is looked up before the first connection is due.
/// let mut tcp = Tcp::new("broker.example", 8883);
/// assert_eq!(tcp.write(b"too early"), Err(net::INVALID_CONTEXT));
/// ```
pub struct Tcp {
    host: String,
    port: u16,
    stream: Option<TcpStream>,
    start: Instant,
}

impl Tcp {
    /// To `host`, a name or an IP address.
    #[must_use]
    pub fn new(host: &str, port: u16) -> Self {
        Self { host: String::from(host), port, stream: None, start: Instant::now() }
    }

    fn stream(&mut self) -> Result<&mut TcpStream, Error> {
        self.stream.as_mut().ok_or(net::INVALID_CONTEXT)
    }
}

impl Network for Tcp {
    fn connect(&mut self) -> Result<(), Error> {
        self.stream = None;
        let addresses = (self.host.as_str(), self.port).to_socket_addrs().map_err(|_| net::UNKNOWN_HOST)?;
        let mut failure = net::UNKNOWN_HOST;
        for address in addresses {
            match TcpStream::connect_timeout(&address, CONNECT) {
                Ok(stream) => {
                    // Every write is a whole record, so delaying it to collect more (Nagle) gains nothing.
                    stream.set_nodelay(true).map_err(|_| net::CONNECT_FAILED)?;
                    stream.set_write_timeout(Some(WRITE)).map_err(|_| net::CONNECT_FAILED)?;
                    self.stream = Some(stream);
                    return Ok(());
                }
                Err(error) if error.kind() == io::ErrorKind::TimedOut => failure = ssl::TIMEOUT,
                Err(_) => failure = net::CONNECT_FAILED,
            }
        }
        Err(failure)
    }

    fn disconnect(&mut self) {
        if let Some(stream) = self.stream.take() {
            // This fails if the server is gone already, which does not matter any more.
            let _ = stream.shutdown(Shutdown::Write);
        }
    }

    fn read(&mut self, buffer: &mut [u8], patience: u64) -> Result<Option<usize>, Error> {
        let stream = self.stream()?;
        // Zero would mean no limit.
        stream
            .set_read_timeout(Some(Duration::from_millis(patience.max(1))))
            .map_err(|_| net::RECV_FAILED)?;
        match stream.read(buffer) {
            Ok(received) => Ok(Some(received)),
            Err(error) if is_pause(&error) => Ok(None),
            Err(error) => Err(reason(&error, net::RECV_FAILED)),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<usize, Error> {
        match self.stream()?.write(bytes) {
            Ok(0) => Err(net::SEND_FAILED),
            Ok(sent) => Ok(sent),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(0),
            Err(error) => Err(reason(&error, net::SEND_FAILED)),
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn unix_time(&self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
    }

    fn sleep(&mut self, milliseconds: u64) {
        std::thread::sleep(Duration::from_millis(milliseconds));
    }
}

/// Whether this only means that nothing can be read now.
fn is_pause(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted)
}

/// A connection reset has its own code in both directions, as in Mbed TLS's `net_sockets`.
fn reason(error: &io::Error, otherwise: Error) -> Error {
    match error.kind() {
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => net::CONN_RESET,
        _ => otherwise,
    }
}

/// How many full records go to the socket at once.
const RECORDS: usize = 4;
/// Room for the largest ticket, 65,535 bytes, and the rest of a session.
const SESSION: usize = 66_048;
/// The limit for connecting to each of the host's addresses.
const CONNECT: Duration = Duration::from_secs(20);
/// A server that takes no bytes for this long is gone.
const WRITE: Duration = Duration::from_secs(20);
