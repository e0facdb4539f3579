//! The network's address: by DHCP (RFC 2131) with the device's host name, or fixed; and names to addresses by DNS.
//!
//! Only what concerns the address is applied anew after a change of the settings, so that connections outlive every other change.

use core::{net::Ipv4Addr, pin::pin};

use embassy_net::{ConfigV4, DhcpConfig, IpAddress, Ipv4Cidr, Stack, StaticConfigV4, dns::DnsQueryType};
use embassy_time::{Duration, Timer, with_timeout};
use heapless::{String, Vec};
use status::{Error, net::UNKNOWN_HOST};

use crate::{ascii, board::Board, connection::names, device::Device, settings::Network, supervisor::Task};

/// Keeps the network's address as the settings say. Never ends.
pub async fn run<B: Board>(device: &Device<B>, stack: Stack<'_>) {
    let mut changes = device.changes();
    loop {
        let wanted = || configuration(&device.settings.borrow().network, device.facts.mac_address);
        let present = wanted();
        stack.set_config_v4(present.clone());
        let other = changes.until(|| wanted() != present);
        device.progress.during(Task::Network, pin!(other)).await;
        device.progress.during(Task::Network, pin!(answers(device))).await;
    }
}

/// The answer to whoever changed the address goes out first, and what a browser asks for next: with its address a device loses all
/// connections.
async fn answers<B: Board>(device: &Device<B>) {
    for _ in 0..MAX_WAITS {
        Timer::after(ANSWER_TIME).await;
        if device.served.get() == 0 {
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

/// The address of a host: one that is written out, or the one that DNS knows.
///
/// # Errors
/// `net::UNKNOWN_HOST` (-0x0052), also when nobody answers within 10 seconds.
pub async fn resolve(stack: Stack<'_>, host: &str) -> Result<Ipv4Addr, Error> {
    if let Some(address) = ascii::address(host.as_bytes()) {
        return Ok(address);
    }
    match with_timeout(LOOK_UP_TIME, stack.dns_query(host, DnsQueryType::A)).await {
        Ok(Ok(addresses)) => match addresses.first() {
            Some(IpAddress::Ipv4(address)) => Ok(*address),
            None => Err(UNKNOWN_HOST),
        },
        Ok(Err(_)) | Err(_) => Err(UNKNOWN_HOST),
    }
}

const LOOK_UP_TIME: Duration = Duration::from_secs(10);
const ANSWER_TIME: Duration = Duration::from_millis(500);
/// Nobody keeps the old address for longer than 10 seconds by asking on.
const MAX_WAITS: u8 = 20;
