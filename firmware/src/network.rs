//! Sets the device's address, by DHCP (RFC 2131) with its host name or fixed, and resolves names by DNS.
//!
//! Only a change of the network's settings sets the address again, because that ends all connections.

pub mod dns;

use core::{
    cell::{Cell, RefCell},
    net::Ipv4Addr,
    pin::pin,
    task::Context,
};

use accel::Rng;
use embassy_net::{
    ConfigV4, DhcpConfig, IpEndpoint, Ipv4Address, Ipv4Cidr, Stack, StaticConfigV4,
    driver::{Capabilities, Driver, HardwareAddress, LinkState},
    udp::{PacketMetadata, UdpSocket},
};
use embassy_time::{Duration, Timer, with_timeout};
use heapless::{String, Vec};
use status::{Error, net::UNKNOWN_HOST};

use crate::{
    ascii,
    board::Board,
    names,
    settings::Network,
    setup::Setup,
    supervisor::{Progress, Task},
};
use dns::{Addresses, Query};

/// What keeps the network's address needs of the device.
pub struct Handle<'d, B: Board> {
    pub(crate) setup: &'d Setup<B>,
    pub(crate) mac_address: [u8; 6],
    /// How many connections the menu has now.
    pub(crate) served: &'d Cell<u8>,
    pub(crate) progress: &'d Progress,
}

/// Keeps the network's address as the settings say. Never ends.
pub async fn run<B: Board>(device: &Handle<'_, B>, stack: Stack<'_>) {
    let mut changes = device.setup.changes();
    loop {
        let wanted = || configuration(&device.setup.settings.borrow().network, device.mac_address);
        let present = wanted();
        stack.set_config_v4(present.clone());
        let other = changes.until(|| wanted() != present);
        device.progress.during(Task::Network, pin!(other)).await;
        device.progress.during(Task::Network, pin!(answers(device.served))).await;
    }
}

/// Waits until the menu has sent its answers: changing the address drops all connections.
async fn answers(served: &Cell<u8>) {
    for _ in 0..MAX_WAITS {
        Timer::after(ANSWER_TIME).await;
        if served.get() == 0 {
            break;
        }
    }
}

/// What `embassy_net` is to do.
#[must_use]
pub fn configuration(network: &Network, mac_address: [u8; 6]) -> ConfigV4 {
    let given = |address: Ipv4Addr| (!address.is_unspecified()).then_some(address);
    if network.dhcp {
        let mut dhcp = DhcpConfig::default();
        let own = names::identifier(mac_address);
        let name = if network.host_name.is_empty() { own.as_str() } else { network.host_name.as_str() };
        dhcp.hostname = String::try_from(name).ok();
        return ConfigV4::Dhcp(dhcp);
    }
    ConfigV4::Static(StaticConfigV4 {
        address: Ipv4Cidr::new(network.address, network.prefix_length.min(32)),
        gateway: given(network.gateway),
        dns_servers: Vec::from_iter(given(network.dns_server)),
    })
}

/// The addresses of a host: one that is written out, or those that DNS knows, at least one.
///
/// Every query has a random identifier, a random port, and capitals at random ([`dns`]). Each server is asked in turn, the last time
/// without capitals, as some servers do not keep them; then the answer may have any.
///
/// # Errors
/// `net::UNKNOWN_HOST` (-0x0052), also when nobody answers within 10 seconds; the random number generator's.
pub async fn resolve<R: Rng>(accel: &RefCell<R>, stack: Stack<'_>, host: &str) -> Result<Addresses, Error> {
    if let Some(address) = ascii::address(host.as_bytes()) {
        return Ok(Addresses::from_iter([address]));
    }
    with_timeout(LOOK_UP_TIME, look_up(accel, stack, host)).await.unwrap_or(Err(UNKNOWN_HOST))
}

async fn look_up<R: Rng>(accel: &RefCell<R>, stack: Stack<'_>, host: &str) -> Result<Addresses, Error> {
    let servers = stack.config_v4().map(|config| config.dns_servers).unwrap_or_default();
    for has_capitals in [true, true, false] {
        for server in &servers {
            let mut random = [0; 2 + CAPITALS];
            accel.borrow_mut().fill(&mut random)?;
            let [id_0, id_1, capitals @ ..] = random;
            let capitals = if has_capitals { capitals.as_slice() } else { &[] };
            let query = Query::new(host, [id_0, id_1], capitals).ok_or(UNKNOWN_HOST)?;
            let port = random_port(accel)?;
            match with_timeout(QUERY_TIME, ask(stack, *server, port, &query)).await {
                Ok(Ok(addresses)) => return Ok(addresses),
                Ok(Err(dns::Refusal::NotFound)) => return Err(UNKNOWN_HOST),
                // Another server, or another time, may do.
                Ok(Err(_)) | Err(_) => {}
            }
        }
    }
    Err(UNKNOWN_HOST)
}

/// Asks one server once.
async fn ask(
    stack: Stack<'_>,
    server: Ipv4Address,
    port: u16,
    query: &Query,
) -> Result<Addresses, dns::Refusal> {
    let (mut rx_meta, mut tx_meta) = ([PacketMetadata::EMPTY; 2], [PacketMetadata::EMPTY; 1]);
    let (mut rx, mut tx) = ([0; dns::MAX_MESSAGE], [0; dns::MAX_QUERY]);
    let mut socket = UdpSocket::new(stack, &mut rx_meta, &mut rx, &mut tx_meta, &mut tx);
    socket.bind(port).map_err(|_| dns::Refusal::Failed)?;
    let server = IpEndpoint::new(server.into(), dns::PORT);
    socket.send_to(query.as_bytes(), server).await.map_err(|_| dns::Refusal::Failed)?;
    loop {
        let answer = socket.recv_from_with(|message, from| {
            if from.endpoint == server { query.answer(message) } else { Err(dns::Refusal::Foreign) }
        });
        match answer.await {
            Err(dns::Refusal::Foreign) => {}
            answer => return answer,
        }
    }
}

/// A port for one question over UDP, of those that are for such use (RFC 6335 §6).
///
/// # Errors
/// Those of the random number generator.
pub fn random_port<R: Rng>(accel: &RefCell<R>) -> Result<u16, Error> {
    let mut random = [0; 2];
    accel.borrow_mut().fill(&mut random)?;
    Ok(u16::from_be_bytes(random) | FIRST_DYNAMIC_PORT)
}

/// Lets the next connection have a local port that cannot be told from the one before: `embassy_net` counts them up from one
/// number, and lends none but to a socket. This is "random-increments port selection" (RFC 6056 §3.3.5).
pub fn skip_ports<R: Rng>(accel: &RefCell<R>, stack: Stack<'_>) {
    let mut random = [0; 2];
    if accel.borrow_mut().fill(&mut random).is_err() {
        return;
    }
    let mut socket = UdpSocket::new(stack, &mut [], &mut [], &mut [], &mut []);
    for _ in 0..=u16::from_be_bytes(random) & MAX_SKIPPED {
        let _ = socket.bind(0);
        socket.close();
    }
}

/// A network driver that gives `embassy_net` at most [`FRAMES`] frames at a time: without an end to what it takes in, a flood of
/// frames would keep the processor for itself, and the watchdog bite.
///
/// `embassy_net` asks for frames until there are none, then once for the link; behind that the next turn begins, which every other task
/// comes before.
pub struct Bounded<D> {
    driver: D,
    left: u8,
}

/// How many frames are taken in before every other task has a turn.
pub const FRAMES: u8 = 8;

impl<D> Bounded<D> {
    /// Bounds a driver.
    pub const fn new(driver: D) -> Self {
        Self { driver, left: FRAMES }
    }
}

impl<D: Driver> Driver for Bounded<D> {
    type RxToken<'a>
        = D::RxToken<'a>
    where
        Self: 'a;
    type TxToken<'a>
        = D::TxToken<'a>
    where
        Self: 'a;

    fn receive(&mut self, context: &mut Context<'_>) -> Option<(Self::RxToken<'_>, Self::TxToken<'_>)> {
        let Some(left) = self.left.checked_sub(1) else {
            // There may be more: as soon as everybody else had a turn.
            context.waker().wake_by_ref();
            return None;
        };
        self.left = left;
        self.driver.receive(context)
    }

    fn transmit(&mut self, context: &mut Context<'_>) -> Option<Self::TxToken<'_>> {
        self.driver.transmit(context)
    }

    fn link_state(&mut self, context: &mut Context<'_>) -> LinkState {
        self.left = FRAMES;
        self.driver.link_state(context)
    }

    fn capabilities(&self) -> Capabilities {
        self.driver.capabilities()
    }

    fn hardware_address(&self) -> HardwareAddress {
        self.driver.hardware_address()
    }
}

const LOOK_UP_TIME: Duration = Duration::from_secs(10);
/// How long one server is waited for.
const QUERY_TIME: Duration = Duration::from_secs(2);
/// Bytes of random capitals: a bit for each letter of all but the longest names.
const CAPITALS: usize = 16;
const FIRST_DYNAMIC_PORT: u16 = 0xC000;
/// How many ports are left out at most, which takes a few milliseconds: a bit less than 2^12.
const MAX_SKIPPED: u16 = 0x0FFF;
const ANSWER_TIME: Duration = Duration::from_millis(500);
/// Nobody keeps the old address for longer than 10 seconds by asking on.
const MAX_WAITS: u8 = 20;
