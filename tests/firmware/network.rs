//! What the network is told to be.

use std::net::Ipv4Addr;

use embassy_net::ConfigV4;
use firmware::{network::configuration, settings::Network};

const MAC: [u8; 6] = [0x02, 0, 0, 0xAB, 0xCD, 0xEF];

#[test]
fn dhcp_gets_the_host_name_or_one_of_the_ethernet_address() {
    for (name, expected) in [("", "netcontrol-020000abcdef"), ("cellar", "cellar")] {
        let network = Network { dhcp: true, host_name: name.try_into().unwrap(), ..Network::default() };
        match configuration(&network, MAC) {
            ConfigV4::Dhcp(dhcp) => assert_eq!(dhcp.hostname.unwrap().as_str(), expected),
            ConfigV4::Static(_) | ConfigV4::None => panic!("no DHCP"),
        }
    }
}

#[test]
fn a_fixed_address_has_a_gateway_and_a_dns_server_if_they_are_given() {
    let address = Ipv4Addr::new(192, 168, 7, 5);
    let network = Network { dhcp: false, address, prefix_length: 20, ..Network::default() };
    let ConfigV4::Static(fixed) = configuration(&network, MAC) else { panic!("not fixed") };
    assert_eq!((fixed.address.address(), fixed.address.prefix_len()), (address, 20));
    assert_eq!((fixed.gateway, fixed.dns_servers.len()), (None, 0));
    let (gateway, dns_server) = (Ipv4Addr::new(192, 168, 0, 1), Ipv4Addr::new(9, 9, 9, 9));
    let ConfigV4::Static(fixed) = configuration(&Network { gateway, dns_server, ..network }, MAC) else {
        panic!("not fixed")
    };
    assert_eq!((fixed.gateway, fixed.dns_servers.as_slice()), (Some(gateway), [dns_server].as_slice()));
}
