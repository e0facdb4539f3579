//! What a gateway is told at its start.

use std::{net::Ipv4Addr, time::Duration};

/// A gateway's configuration. The default is a network 10.0.2.0/24 where everything is served, nothing forwarded and the
/// outside closed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Config {
    /// The gateway's own address: router, DNS server and SNTP server, and behind it the PC's loopback.
    pub address: Ipv4Addr,
    /// The length of the network's prefix in bits.
    pub prefix_length: u8,
    /// The device's address: what DHCP gives, and where forwarded connections go.
    pub device: Ipv4Addr,
    /// The gateway's Ethernet address.
    pub mac_address: [u8; 6],
    /// How long a DHCP lease lasts.
    pub lease_time: Duration,
    /// The names that DNS answers with the gateway's address. Their case does not matter.
    pub names: Vec<String>,
    /// Addresses that DNS gives for these names before the gateway's own. Nobody is there.
    pub dead_addresses: Vec<Ipv4Addr>,
    /// Whether other names are looked up with the PC's resolver, and connections to other addresses are made. When not, the
    /// names do not exist and the connections are refused.
    pub outside: bool,
    /// The PC's ports that lead to the device.
    pub forwards: Vec<Forward>,
    /// Which services are on.
    pub services: Services,
    /// The time that SNTP tells.
    pub time: Time,
}

/// A port of 127.0.0.1 that leads to a port of the device.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Forward {
    /// The PC's port; 0 for any that is free.
    pub pc_port: u16,
    /// The device's port.
    pub device_port: u16,
}

/// Which services answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Services {
    /// DHCP.
    pub dhcp: bool,
    /// DNS.
    pub dns: bool,
    /// SNTP.
    pub sntp: bool,
}

/// The time that SNTP tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Time {
    /// The PC's clock.
    Pc,
    /// The device's time plus this: the time since 1970-01-01 00:00:00 UTC at which the device's time was 0.
    Since(Duration),
}

impl Default for Config {
    fn default() -> Self {
        Self {
            address: Ipv4Addr::new(10, 0, 2, 2),
            prefix_length: 24,
            device: Ipv4Addr::new(10, 0, 2, 15),
            mac_address: [0x02, 0, 0, 0, 0, 0x02],
            lease_time: Duration::from_secs(3600),
            names: Vec::new(),
            dead_addresses: Vec::new(),
            outside: false,
            forwards: Vec::new(),
            services: Services { dhcp: true, dns: true, sntp: true },
            time: Time::Pc,
        }
    }
}
