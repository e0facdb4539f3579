//! The network of [`mqtts::nonblocking`] on smoltcp, over any [`Device`]: DHCP, DNS and one TCP connection, without an executor and
//! without a heap. A board copies this file; `src/bin/pc.rs` is a loop around it.
#![no_std]

use core::net::Ipv4Addr;

use mqtts::nonblocking::Network;
use mqtts::status::{Error, net, ssl};
use nb::Error::{Other, WouldBlock};
use smoltcp::iface::{Config, Interface, SocketHandle, SocketSet, SocketStorage};
use smoltcp::phy::Device;
use smoltcp::socket::{dhcpv4, dns, tcp};
use smoltcp::time::{Duration, Instant};
use smoltcp::wire::{DnsQueryType, EthernetAddress, IpAddress, IpCidr};

/// For the waiting for an address, the name's address and the connection, in milliseconds.
const PATIENCE: u64 = 30_000;
/// A server that acknowledges nothing for so long is gone.
const SILENCE: Duration = Duration::from_secs(20);
/// From here on ports are anybody's (RFC 6335 §6).
const FIRST_PORT: u16 = 49_152;

/// Memory that the network borrows.
pub struct Buffers<'a> {
    sockets: [SocketStorage<'a>; 3],
    queries: [Option<dns::DnsQuery>; 1],
    rx: [u8; 2048],
    tx: [u8; 2048],
}

impl Buffers<'_> {
    pub const fn new() -> Self {
        Self { sockets: [SocketStorage::EMPTY; 3], queries: [None], rx: [0; 2048], tx: [0; 2048] }
    }
}

impl Default for Buffers<'_> {
    fn default() -> Self {
        Self::new()
    }
}

/// Whom to reach, and the board's clocks.
pub struct Setup {
    pub mac_address: [u8; 6],
    /// A name, or an IPv4 address.
    pub host: &'static str,
    pub port: u16,
    /// Any random number: from it ports and sequence numbers begin.
    pub seed: u64,
    /// Milliseconds since the start.
    pub now: fn() -> u64,
    /// Seconds since 1970.
    pub unix_time: fn() -> u64,
}

/// What an attempt to connect waits for.
enum Attempt {
    /// An address of its own.
    Lease,
    /// The server's address.
    Name(dns::QueryHandle),
    Connection,
}

/// One connection to one server, whose name is looked up for each anew.
pub struct Tcp<'a, D> {
    pub device: D,
    interface: Interface,
    sockets: SocketSet<'a>,
    dhcp: SocketHandle,
    dns: SocketHandle,
    tcp: SocketHandle,
    setup: Setup,
    port: u16,
    attempt: Attempt,
    /// When the attempt is given up; as late as can be while there is none.
    until: u64,
}

impl<'a, D: Device> Tcp<'a, D> {
    pub fn new(mut device: D, setup: Setup, buffers: &'a mut Buffers<'a>) -> Self {
        let Buffers { sockets, queries, rx, tx } = buffers;
        let mut config = Config::new(EthernetAddress(setup.mac_address).into());
        config.random_seed = setup.seed;
        let interface = Interface::new(config, &mut device, Instant::ZERO);
        let mut sockets = SocketSet::new(&mut sockets[..]);
        let mut tcp =
            tcp::Socket::new(tcp::SocketBuffer::new(&mut rx[..]), tcp::SocketBuffer::new(&mut tx[..]));
        tcp.set_timeout(Some(SILENCE));
        // Records are whole when they are sent: nothing would be gained by waiting for more.
        tcp.set_nagle_enabled(false);
        let (dhcp, dns) = (dhcpv4::Socket::new(), dns::Socket::new(&[], &mut queries[..]));
        let (dhcp, dns, tcp) = (sockets.add(dhcp), sockets.add(dns), sockets.add(tcp));
        let port = FIRST_PORT | setup.seed as u16;
        Self {
            device,
            interface,
            sockets,
            dhcp,
            dns,
            tcp,
            setup,
            port,
            attempt: Attempt::Lease,
            until: u64::MAX,
        }
    }

    /// Takes and gives frames: for the loop to call also while nothing is connected.
    pub fn poll(&mut self) {
        let now = Instant::from_millis((self.setup.now)() as i64);
        self.interface.poll(now, &mut self.device, &mut self.sockets);
        if let Some(event) = self.sockets.get_mut::<dhcpv4::Socket>(self.dhcp).poll() {
            let lease = match event {
                dhcpv4::Event::Configured(lease) => Some(lease),
                dhcpv4::Event::Deconfigured => None,
            };
            let routes = self.interface.routes_mut();
            match lease.as_ref().and_then(|lease| lease.router) {
                Some(router) => drop(routes.add_default_ipv4_route(router)),
                None => drop(routes.remove_default_ipv4_route()),
            }
            self.interface.update_ip_addrs(|addresses| {
                addresses.clear();
                // A list has room for one at least.
                let _ = lease.as_ref().map(|lease| addresses.push(IpCidr::Ipv4(lease.address)));
            });
            let server = lease.and_then(|lease| lease.dns_servers.first().copied());
            let servers = server.map(|server| [server.into()]);
            self.sockets
                .get_mut::<dns::Socket>(self.dns)
                .update_servers(servers.as_ref().map_or(&[], |all| all));
        }
    }

    /// How many milliseconds the loop may wait for a frame.
    pub fn patience(&mut self) -> u64 {
        let milliseconds = (self.setup.now)();
        let now = Instant::from_millis(milliseconds as i64);
        let delay = self.interface.poll_delay(now, &self.sockets).map(|delay| delay.total_millis());
        delay.unwrap_or(u64::MAX).min(self.until.saturating_sub(milliseconds))
    }

    /// One step towards a connection: whether it is made.
    fn reach(&mut self) -> Result<bool, Error> {
        let now = (self.setup.now)();
        if self.until == u64::MAX {
            self.until = now + PATIENCE;
            // What is left of the connection before goes first.
            self.sockets.get_mut::<tcp::Socket>(self.tcp).abort();
        }
        match self.attempt {
            Attempt::Lease if self.interface.ipv4_addr().is_none() => {}
            Attempt::Lease => match self.setup.host.parse::<Ipv4Addr>() {
                Ok(address) => self.open(address.into())?,
                Err(_) => {
                    let dns = self.sockets.get_mut::<dns::Socket>(self.dns);
                    let query = dns.start_query(self.interface.context(), self.setup.host, DnsQueryType::A);
                    self.attempt = Attempt::Name(query.map_err(|_| net::UNKNOWN_HOST)?);
                }
            },
            Attempt::Name(query) => {
                match self.sockets.get_mut::<dns::Socket>(self.dns).get_query_result(query) {
                    // There is one at least.
                    Ok(addresses) => {
                        self.open(addresses.first().copied().unwrap_or(Ipv4Addr::UNSPECIFIED.into()))?
                    }
                    Err(dns::GetQueryResultError::Pending) => {}
                    Err(dns::GetQueryResultError::Failed) => {
                        self.attempt = Attempt::Lease;
                        return Err(net::UNKNOWN_HOST);
                    }
                }
            }
            Attempt::Connection => {
                let tcp = self.sockets.get_mut::<tcp::Socket>(self.tcp);
                if tcp.may_send() {
                    (self.attempt, self.until) = (Attempt::Lease, u64::MAX);
                    return Ok(true);
                }
                if !tcp.is_open() {
                    return Err(net::CONNECT_FAILED);
                }
            }
        }
        if self.until <= now { Err(ssl::TIMEOUT) } else { Ok(false) }
    }

    fn open(&mut self, address: IpAddress) -> Result<(), Error> {
        self.attempt = Attempt::Connection;
        self.port = FIRST_PORT | self.port.wrapping_add(1);
        let tcp = self.sockets.get_mut::<tcp::Socket>(self.tcp);
        let server = (address, self.setup.port);
        tcp.connect(self.interface.context(), server, self.port).map_err(|_| net::CONNECT_FAILED)
    }
}

impl<D: Device> Network for Tcp<'_, D> {
    fn connect(&mut self) -> nb::Result<(), Error> {
        self.poll();
        if self.reach().map_err(Other)? { Ok(()) } else { Err(WouldBlock) }
    }

    fn disconnect(&mut self) {
        if let Attempt::Name(query) = self.attempt {
            self.sockets.get_mut::<dns::Socket>(self.dns).cancel_query(query);
        }
        (self.attempt, self.until) = (Attempt::Lease, u64::MAX);
        self.sockets.get_mut::<tcp::Socket>(self.tcp).close();
        self.poll();
    }

    fn read(&mut self, buffer: &mut [u8]) -> nb::Result<usize, Error> {
        self.poll();
        match self.sockets.get_mut::<tcp::Socket>(self.tcp).recv_slice(buffer) {
            Ok(0) => Err(WouldBlock),
            Ok(received) => Ok(received),
            Err(tcp::RecvError::Finished) => Ok(0),
            Err(tcp::RecvError::InvalidState) => Err(Other(net::CONN_RESET)),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> nb::Result<usize, Error> {
        self.poll();
        match self.sockets.get_mut::<tcp::Socket>(self.tcp).send_slice(bytes) {
            Ok(0) => Err(WouldBlock),
            Ok(sent) => Ok(sent),
            Err(_) => Err(Other(net::CONN_RESET)),
        }
    }

    fn now(&self) -> u64 {
        (self.setup.now)()
    }

    fn unix_time(&self) -> u64 {
        (self.setup.unix_time)()
    }
}
