//! DHCP's server side (RFC 2131 §4.3) with one address to give.

use std::time::Duration;

use smoltcp::wire::{DhcpMessageType, DhcpOption, DhcpPacket, DhcpRepr, EthernetAddress, Ipv4Address};

use crate::Config;

/// The server's port, and the client's.
pub(crate) const SERVER_PORT: u16 = 67;
pub(crate) const CLIENT_PORT: u16 = 68;

/// Option codes (RFC 2132 §3.8, §3.14, §8.3).
const DNS_SERVERS: u8 = 6;
const HOST_NAME: u8 = 12;
const NTP_SERVERS: u8 = 42;

/// The one lease.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lease {
    /// The Ethernet address of whoever holds it.
    pub mac_address: [u8; 6],
    /// The host name that came with the request.
    pub host_name: Option<String>,
    /// When it ends, on the scale of the gateway's time.
    pub ends: Duration,
}

/// An answer and whom it goes to.
pub(crate) struct DhcpAnswer {
    /// The message.
    pub(crate) message: Vec<u8>,
    /// The address to send it to.
    pub(crate) to: Ipv4Address,
    /// Whether it confirms a lease.
    pub(crate) confirms: bool,
}

/// Answers a message, and keeps the lease.
pub(crate) fn answer(
    message: &[u8],
    config: &Config,
    now: Duration,
    lease: &mut Option<Lease>,
) -> Option<DhcpAnswer> {
    let packet = DhcpPacket::new_checked(message).ok()?;
    let request = DhcpRepr::parse(&packet).ok()?;
    let client = request.client_hardware_address.0;
    // Whoever holds the lease keeps it until it ends; there is none for anybody else.
    if lease.as_ref().is_some_and(|lease| lease.mac_address != client && lease.ends > now) {
        return None;
    }
    // A request that chose another server is not for us (§4.3.2).
    if request.server_identifier.is_some_and(|server| server != config.address) {
        return None;
    }
    let kind = match request.message_type {
        DhcpMessageType::Discover => DhcpMessageType::Offer,
        DhcpMessageType::Request => {
            let wanted = request.requested_ip.unwrap_or(request.client_ip);
            if wanted == config.device { DhcpMessageType::Ack } else { DhcpMessageType::Nak }
        }
        DhcpMessageType::Inform => DhcpMessageType::Ack,
        DhcpMessageType::Release => {
            *lease = None;
            return None;
        }
        _ => return None,
    };
    let confirms = kind == DhcpMessageType::Ack && request.message_type == DhcpMessageType::Request;
    if confirms {
        let ends = now.saturating_add(config.lease_time);
        *lease = Some(Lease { mac_address: client, host_name: host_name(&packet), ends });
    }
    // §4.1: to the client's address if it has one and is not refused; else to everybody, as it may not hear its own yet.
    let has_address = !request.client_ip.is_unspecified() && kind != DhcpMessageType::Nak;
    let to = if has_address { request.client_ip } else { Ipv4Address::BROADCAST };
    Some(DhcpAnswer { message: write(kind, &request, config)?, to, confirms })
}

fn host_name(packet: &DhcpPacket<&[u8]>) -> Option<String> {
    let option = packet.options().find(|option| option.kind == HOST_NAME)?;
    Some(String::from_utf8_lossy(option.data).into_owned())
}

/// Writes an answer (§4.3.1, table 3).
fn write(kind: DhcpMessageType, request: &DhcpRepr<'_>, config: &Config) -> Option<Vec<u8>> {
    let refused = kind == DhcpMessageType::Nak;
    let gives_address = !refused && request.message_type != DhcpMessageType::Inform;
    let server = config.address.octets();
    let options =
        [DhcpOption { kind: DNS_SERVERS, data: &server }, DhcpOption { kind: NTP_SERVERS, data: &server }];
    let lease = u32::try_from(config.lease_time.as_secs()).unwrap_or(u32::MAX);
    let answer = DhcpRepr {
        message_type: kind,
        transaction_id: request.transaction_id,
        secs: 0,
        client_hardware_address: EthernetAddress(request.client_hardware_address.0),
        client_ip: if refused { Ipv4Address::UNSPECIFIED } else { request.client_ip },
        your_ip: if gives_address { config.device } else { Ipv4Address::UNSPECIFIED },
        server_ip: Ipv4Address::UNSPECIFIED,
        router: (!refused).then_some(config.address),
        subnet_mask: (!refused).then(|| mask(config.prefix_length)),
        relay_agent_ip: request.relay_agent_ip,
        broadcast: request.broadcast,
        requested_ip: None,
        client_identifier: None,
        server_identifier: Some(config.address),
        parameter_request_list: None,
        dns_servers: None,
        max_size: None,
        lease_duration: gives_address.then_some(lease),
        renew_duration: None,
        rebind_duration: None,
        additional_options: if refused { &[] } else { &options },
    };
    let mut message = vec![0; answer.buffer_len()];
    answer.emit(&mut DhcpPacket::new_unchecked(message.as_mut_slice())).ok()?;
    Some(message)
}

fn mask(prefix_length: u8) -> Ipv4Address {
    let hosts = u32::MAX.checked_shr(u32::from(prefix_length)).unwrap_or(0);
    Ipv4Address::from_bits(!hosts)
}
