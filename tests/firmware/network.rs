//! What the network is told to be.

use std::net::Ipv4Addr;

use std::{
    cell::Cell,
    pin::pin,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Wake, Waker},
};

use embassy_net::{
    ConfigV4, StackResources,
    driver::{Capabilities, Driver, HardwareAddress, LinkState, RxToken, TxToken},
};
use firmware::{
    network::{Bounded, FRAMES, configuration},
    settings::Network,
};

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

/// A network where there is always one more frame.
struct Flood(Rc<Cell<usize>>);

struct Frame;

impl Driver for Flood {
    type RxToken<'a> = Frame;
    type TxToken<'a> = Frame;

    fn receive(&mut self, _: &mut Context<'_>) -> Option<(Frame, Frame)> {
        self.0.set(self.0.get() + 1);
        Some((Frame, Frame))
    }

    fn transmit(&mut self, _: &mut Context<'_>) -> Option<Frame> {
        Some(Frame)
    }

    fn link_state(&mut self, _: &mut Context<'_>) -> LinkState {
        LinkState::Up
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::default();
        capabilities.max_transmission_unit = 1514;
        capabilities
    }

    fn hardware_address(&self) -> HardwareAddress {
        HardwareAddress::Ethernet(MAC)
    }
}

impl RxToken for Frame {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, f: F) -> R {
        // A broadcast of a protocol that nobody speaks.
        let mut frame = [0xFF; 60];
        f(&mut frame)
    }
}

impl TxToken for Frame {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, f: F) -> R {
        f(&mut vec![0; length])
    }
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Without a bound the first poll would never return.
#[test]
fn a_flood_of_frames_leaves_everybody_a_turn() {
    let taken = Rc::new(Cell::new(0));
    let mut resources = StackResources::<3>::new();
    let driver = Bounded::new(Flood(taken.clone()));
    let (_stack, mut runner) = embassy_net::new(driver, embassy_net::Config::default(), &mut resources, 1);
    let mut runner = pin!(runner.run());
    let woken = Arc::new(Woken(AtomicBool::new(false)));
    let waker = Waker::from(woken.clone());
    for turn in 1..=100 {
        assert!(runner.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        assert_eq!(taken.get(), turn * usize::from(FRAMES));
        assert!(woken.0.swap(false, Ordering::SeqCst), "what is left is not forgotten");
    }
}
