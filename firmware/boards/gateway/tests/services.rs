//! ARP, ICMP, DHCP (RFC 2131), DNS (RFC 1035) and SNTP (RFC 4330).

use std::time::Duration;

use gateway::{Config, Services, Time};
use smoltcp::{
    iface::SocketHandle,
    phy::ChecksumCapabilities,
    socket::{dhcpv4, dns, icmp},
    wire::{
        DhcpMessageType, DhcpOption, DhcpPacket, DhcpRepr, DnsQueryType, EthernetAddress, Icmpv4Packet,
        Icmpv4Repr, Ipv4Address,
    },
};

use crate::device::{DEVICE, GATEWAY, MAC, Setup};

const OFF: Services = Services { dhcp: false, dns: false, sntp: false };

fn named() -> Config {
    Config { names: vec!["broker.test".to_owned()], ..Config::default() }
}

/// What a lease says.
#[derive(PartialEq, Eq, Debug)]
struct Given {
    address: Ipv4Address,
    router: Option<Ipv4Address>,
    dns_servers: Vec<Ipv4Address>,
    ntp_servers: Vec<u8>,
}

/// Runs the DHCP client for so many milliseconds; the configuration that it gets, and then it goes on.
fn lease(setup: &mut Setup, rounds: usize) -> Option<Given> {
    let mut socket = dhcpv4::Socket::new();
    socket.set_receive_packet_buffer(Box::leak(vec![0; 1500].into_boxed_slice()));
    socket.set_outgoing_options(&[DhcpOption { kind: 12, data: b"kitchen" }]);
    let handle = setup.sockets.add(socket);
    let mut found = None;
    for _ in 0..rounds {
        setup.round();
        if let Some(dhcpv4::Event::Configured(config)) =
            setup.sockets.get_mut::<dhcpv4::Socket>(handle).poll()
        {
            let packet = config.packet.unwrap();
            let ntp = packet.options().find(|option| option.kind == 42).map(|option| option.data.to_vec());
            found = Some(Given {
                address: config.address.address(),
                router: config.router,
                dns_servers: config.dns_servers.to_vec(),
                ntp_servers: ntp.unwrap_or_default(),
            });
            break;
        }
    }
    if found.is_none() {
        setup.sockets.remove(handle);
    }
    found
}

#[test]
fn a_lease_names_the_router_the_dns_server_and_the_ntp_server() {
    let mut setup = Setup::without_address(Config::default());
    let given = lease(&mut setup, 100).unwrap();
    let ntp_servers = GATEWAY.octets().to_vec();
    let (address, router, dns_servers) = (DEVICE, Some(GATEWAY), vec![GATEWAY]);
    assert_eq!(given, Given { address, router, dns_servers, ntp_servers });
    let lease = setup.gateway.lease().unwrap();
    assert_eq!((lease.mac_address, lease.host_name.as_deref()), (MAC, Some("kitchen")));
    assert!(lease.ends > Duration::from_secs(3600));
}

#[test]
fn a_lease_is_renewed() {
    let lease_time = Duration::from_secs(4);
    let mut setup = Setup::without_address(Config { lease_time, ..Config::default() });
    lease(&mut setup, 100).unwrap();
    setup.interface.update_ip_addrs(|addresses| {
        addresses.push(smoltcp::wire::IpCidr::new(DEVICE.into(), 24)).unwrap();
    });
    let ends = setup.gateway.lease().unwrap().ends;
    // RFC 2131 §4.4.5: half of the lease time later.
    setup.rounds(2500);
    assert!(setup.gateway.lease().unwrap().ends > ends);
    assert_eq!(setup.gateway.counters().leases, 2);
}

#[test]
fn without_dhcp_there_is_no_lease_until_it_is_on_again() {
    let mut setup = Setup::without_address(Config::default());
    setup.gateway.set_services(OFF);
    assert_eq!(lease(&mut setup, 15_000), None);
    setup.gateway.set_services(Services { dhcp: true, ..OFF });
    assert!(lease(&mut setup, 15_000).is_some());
}

/// A message of a DHCP client, as the datagram's payload.
fn message(kind: DhcpMessageType, mac: [u8; 6], wanted: Ipv4Address, server: Option<Ipv4Address>) -> Vec<u8> {
    let repr = DhcpRepr {
        message_type: kind,
        transaction_id: 0x1234_5678,
        secs: 0,
        client_hardware_address: EthernetAddress(mac),
        client_ip: DEVICE,
        your_ip: Ipv4Address::UNSPECIFIED,
        server_ip: Ipv4Address::UNSPECIFIED,
        router: None,
        subnet_mask: None,
        relay_agent_ip: Ipv4Address::UNSPECIFIED,
        broadcast: false,
        requested_ip: Some(wanted),
        client_identifier: None,
        server_identifier: server,
        parameter_request_list: None,
        dns_servers: None,
        max_size: None,
        lease_duration: None,
        renew_duration: None,
        rebind_duration: None,
        additional_options: &[],
    };
    let mut bytes = vec![0; repr.buffer_len()];
    repr.emit(&mut DhcpPacket::new_unchecked(bytes.as_mut_slice())).unwrap();
    bytes
}

/// What the server answers to a message; it answers to the client's port, which a socket here has.
fn dhcp(setup: &mut Setup, request: &[u8]) -> Option<(DhcpMessageType, Ipv4Address)> {
    let handle = setup.udp(68);
    let socket = setup.sockets.get_mut::<smoltcp::socket::udp::Socket>(handle);
    socket.send_slice(request, (GATEWAY, 67)).unwrap();
    setup.rounds(20);
    let socket = setup.sockets.get_mut::<smoltcp::socket::udp::Socket>(handle);
    let answer = socket.recv().ok().map(|(bytes, _)| {
        let packet = DhcpPacket::new_checked(bytes).unwrap();
        let repr = DhcpRepr::parse(&packet).unwrap();
        assert_eq!(repr.transaction_id, 0x1234_5678);
        (repr.message_type, repr.your_ip)
    });
    setup.sockets.remove(handle);
    answer
}

#[test]
fn there_is_one_address_for_one_holder() {
    let mut setup = Setup::new(Config::default());
    let other = [0x02, 0, 0, 0, 0, 0x16];
    let none = Ipv4Address::UNSPECIFIED;
    let wrong = Ipv4Address::new(10, 0, 2, 99);
    let request = |mac, wanted| message(DhcpMessageType::Request, mac, wanted, Some(GATEWAY));
    assert_eq!(dhcp(&mut setup, &request(MAC, wrong)), Some((DhcpMessageType::Nak, none)));
    let elsewhere = message(DhcpMessageType::Request, MAC, DEVICE, Some(wrong));
    assert_eq!(dhcp(&mut setup, &elsewhere), None, "another server was chosen");
    assert_eq!(dhcp(&mut setup, &request(MAC, DEVICE)), Some((DhcpMessageType::Ack, DEVICE)));
    assert_eq!(dhcp(&mut setup, &request(other, DEVICE)), None, "somebody else has the address");
    assert_eq!(dhcp(&mut setup, &message(DhcpMessageType::Release, MAC, DEVICE, Some(GATEWAY))), None);
    assert_eq!(dhcp(&mut setup, &request(other, DEVICE)), Some((DhcpMessageType::Ack, DEVICE)));
    let inform = message(DhcpMessageType::Inform, other, DEVICE, None);
    assert_eq!(dhcp(&mut setup, &inform), Some((DhcpMessageType::Ack, none)));
}

/// Looks a name up with smoltcp's DNS client; none where no answer came within five seconds of the device.
fn look_up(setup: &mut Setup, name: &str) -> Option<Result<Vec<Ipv4Address>, ()>> {
    let handle = setup.sockets.add(dns::Socket::new(&[GATEWAY.into()], Vec::new()));
    let socket = setup.sockets.get_mut::<dns::Socket>(handle);
    let query = socket.start_query(setup.interface.context(), name, DnsQueryType::A).unwrap();
    let mut result = None;
    for _ in 0..5000 {
        setup.round();
        match setup.sockets.get_mut::<dns::Socket>(handle).get_query_result(query) {
            Err(dns::GetQueryResultError::Pending) => setup.gateway.wait(Duration::from_micros(100)),
            Err(dns::GetQueryResultError::Failed) => {
                result = Some(Err(()));
                break;
            }
            Ok(addresses) => {
                let addresses = addresses.iter().map(|address| match address {
                    smoltcp::wire::IpAddress::Ipv4(address) => *address,
                });
                result = Some(Ok(addresses.collect()));
                break;
            }
        }
    }
    setup.sockets.remove(handle);
    result
}

#[test]
fn a_name_of_the_gateways_is_its_address_and_any_other_does_not_exist() {
    let mut setup = Setup::new(named());
    assert_eq!(look_up(&mut setup, "broker.test"), Some(Ok(vec![GATEWAY])));
    assert_eq!(look_up(&mut setup, "BROKER.test"), Some(Ok(vec![GATEWAY])));
    assert_eq!(look_up(&mut setup, "localhost"), Some(Err(())));
    let counters = setup.gateway.counters();
    assert_eq!((counters.names_found, counters.names_refused), (2, 1));
}

#[test]
fn the_pcs_resolver_is_asked_only_where_that_is_allowed() {
    let mut setup = Setup::new(Config { outside: true, ..named() });
    assert_eq!(look_up(&mut setup, "localhost"), Some(Ok(vec![Ipv4Address::LOCALHOST])));
}

#[test]
fn without_dns_nobody_answers() {
    let mut setup = Setup::new(named());
    setup.gateway.set_services(OFF);
    assert_eq!(look_up(&mut setup, "broker.test"), None);
}

/// A query's header and question.
fn query(name: &[u8], kind: u16) -> Vec<u8> {
    let mut message = vec![0xAB, 0xCD, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    message.extend(name);
    message.extend(kind.to_be_bytes());
    message.extend([0, 1]);
    message
}

#[test]
fn another_type_of_a_known_name_has_no_record() {
    let mut setup = Setup::new(named());
    let name = b"\x06broker\x04test\x00";
    let answer = setup.ask(GATEWAY, 53, &query(name, 28), 50).unwrap();
    // RFC 1035 §4.1.1: a response to this query, no error, no answer; the question comes back.
    assert_eq!(&answer[..12], &[0xAB, 0xCD, 0x85, 0x80, 0, 1, 0, 0, 0, 0, 0, 0]);
    assert_eq!(&answer[12..], &query(name, 28)[12..]);
    let answer = setup.ask(GATEWAY, 53, &query(name, 1), 50).unwrap();
    assert_eq!(&answer[answer.len() - 4..], &GATEWAY.octets());
}

#[test]
fn what_is_no_query_has_no_answer() {
    let mut setup = Setup::new(named());
    let name = b"\x06broker\x04test\x00";
    let whole = query(name, 1);
    for length in 0..whole.len() {
        assert_eq!(setup.ask(GATEWAY, 53, &whole[..length], 4), None, "{length} bytes");
    }
    let mut response = whole.clone();
    response[2] |= 0x80;
    assert_eq!(setup.ask(GATEWAY, 53, &response, 4), None, "a response");
    assert_eq!(setup.ask(GATEWAY, 53, &query(b"\xC0\x0C", 1), 4), None, "a name that points at itself");
    let long: Vec<u8> = [[0x3F; 64]; 5].concat();
    assert_eq!(
        setup.ask(GATEWAY, 53, &query(&[&long[..], &[0]].concat(), 1), 4),
        None,
        "a name of 320 bytes"
    );
}

/// A client's message: version 4, mode 3, and a transmit timestamp.
fn sntp_request() -> [u8; 48] {
    let mut request = [0; 48];
    request[0] = 0x23;
    request[40..].copy_from_slice(&[1, 2, 3, 4, 5, 6, 7, 8]);
    request
}

#[test]
fn the_time_is_told() {
    // 2026-01-01 00:00:00 UTC, and so many seconds from 1900 to 1970.
    let start = Duration::from_secs(1_767_225_600);
    let mut setup = Setup::new(Config { time: Time::Since(start), ..Config::default() });
    setup.rounds(500);
    // A server of any name is served, as the address behind it is.
    let answer = setup.ask(Ipv4Address::new(192, 0, 2, 123), 123, &sntp_request(), 50).unwrap();
    assert_eq!(answer.len(), 48);
    assert_eq!(&answer[..2], &[0x24, 1], "no warning, version 4, mode 4; stratum 1");
    assert_eq!(&answer[24..32], &[1, 2, 3, 4, 5, 6, 7, 8], "originate timestamp");
    let seconds = u32::from_be_bytes(answer[40..44].try_into().unwrap());
    let fraction = u32::from_be_bytes(answer[44..48].try_into().unwrap());
    assert_eq!(u64::from(seconds), 1_767_225_600 + 2_208_988_800);
    let milliseconds = (u64::from(fraction) * 1000) >> 32;
    assert!((500..600).contains(&milliseconds), "{milliseconds}");
}

#[test]
fn the_pcs_time_is_told() {
    let mut setup = Setup::new(Config::default());
    let answer = setup.ask(GATEWAY, 123, &sntp_request(), 50).unwrap();
    let seconds = u64::from(u32::from_be_bytes(answer[40..44].try_into().unwrap())) - 2_208_988_800;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    assert!(now.abs_diff(seconds) <= 60, "{seconds} is not {now}");
}

#[test]
fn the_time_is_not_told_to_other_modes_nor_when_it_is_off() {
    let mut setup = Setup::new(Config::default());
    let mut server = sntp_request();
    server[0] = 0x24;
    assert_eq!(setup.ask(GATEWAY, 123, &server, 20), None);
    assert_eq!(setup.ask(GATEWAY, 123, &sntp_request()[..47], 20), None);
    setup.gateway.set_services(OFF);
    assert_eq!(setup.ask(GATEWAY, 123, &sntp_request(), 20), None);
    assert_eq!(setup.gateway.counters().times_told, 0);
}

/// Sends an echo request; whether the reply came.
fn echoes(setup: &mut Setup, handle: SocketHandle, to: Ipv4Address) -> bool {
    let request = Icmpv4Repr::EchoRequest { ident: 7, seq_no: 1, data: b"hello" };
    let mut bytes = vec![0; request.buffer_len()];
    let checksums = ChecksumCapabilities::default();
    request.emit(&mut Icmpv4Packet::new_unchecked(&mut bytes[..]), &checksums);
    setup.sockets.get_mut::<icmp::Socket>(handle).send_slice(&bytes, to.into()).unwrap();
    // Longer than the second between two requests of ARP.
    setup.rounds(1500);
    let Ok((reply, from)) = setup.sockets.get_mut::<icmp::Socket>(handle).recv() else { return false };
    assert_eq!(from, to.into());
    let reply = Icmpv4Repr::parse(&Icmpv4Packet::new_checked(reply).unwrap(), &checksums).unwrap();
    reply == Icmpv4Repr::EchoReply { ident: 7, seq_no: 1, data: b"hello" }
}

#[test]
fn the_gateway_echoes_and_nobody_else_does() {
    let mut setup = Setup::new(Config::default());
    let buffer = || icmp::PacketBuffer::new(vec![icmp::PacketMetadata::EMPTY; 4], vec![0; 1024]);
    let mut socket = icmp::Socket::new(buffer(), buffer());
    socket.bind(icmp::Endpoint::Ident(7)).unwrap();
    let handle = setup.sockets.add(socket);
    assert!(echoes(&mut setup, handle, GATEWAY));
    assert!(!echoes(&mut setup, handle, Ipv4Address::new(192, 0, 2, 1)));
    // A neighbour that does not exist is not even found by ARP.
    assert!(!echoes(&mut setup, handle, Ipv4Address::new(10, 0, 2, 77)));
    assert!(setup.gateway.counters().frames_ignored >= 2);
}

#[test]
fn no_frame_disturbs_the_gateway() {
    let mut setup = Setup::new(named());
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut byte = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    // Frames that go ever deeper: any bytes; IPv4; ARP; TCP, UDP and ICMP with lengths that are right.
    for round in 0..20_000_usize {
        let length = usize::from(byte()) + usize::from(byte());
        let mut frame: Vec<u8> = (0..length).map(|_| byte()).collect();
        if length > 42 && round % 4 != 0 {
            frame[..6].copy_from_slice(&[2, 0, 0, 0, 0, 2]);
            frame[12..14].copy_from_slice(if round % 4 == 1 { &[8, 6] } else { &[8, 0] });
            frame[14] = 0x45;
            frame[16..18].copy_from_slice(&((length - 14) as u16).to_be_bytes());
            frame[20..22].copy_from_slice(&[0, 0]);
            frame[23] = [6, 17, 1][round % 3];
            frame[30..34].copy_from_slice(&GATEWAY.octets());
        }
        let mut out = Vec::new();
        setup.gateway.step(setup.now, [frame], &mut out);
    }
    assert_eq!(setup.gateway.counters().frames_in, 20_000);
    assert_eq!(look_up(&mut setup, "broker.test"), Some(Ok(vec![GATEWAY])));
}
