//! The cable's end: a queue in each direction as smoltcp's device, and what of the frames is let in.

use std::{collections::VecDeque, net::Ipv4Addr};

use smoltcp::{
    phy::{self, Checksum, ChecksumCapabilities, DeviceCapabilities, Medium},
    time::Instant,
    wire::{
        ArpPacket, EthernetFrame, EthernetProtocol, IpEndpoint, IpProtocol, Ipv4Packet, TcpPacket,
        TcpSeqNumber, UdpPacket,
    },
};

use crate::{Config, dns, sntp};

/// The longest Ethernet frame without its check sequence.
const FRAME_LENGTH: usize = 1514;
/// How many frames may wait for the device; the others stay in their sockets.
const WAITING: usize = 256;

/// Frames on their way.
#[derive(Default)]
pub(crate) struct GatewayCable {
    received: VecDeque<Vec<u8>>,
    waiting: VecDeque<Vec<u8>>,
}

impl GatewayCable {
    /// A frame of the device.
    pub(crate) fn receive(&mut self, frame: &[u8]) {
        self.received.push_back(frame.to_vec());
    }

    /// How many frames wait for the device.
    pub(crate) fn waiting(&self) -> u64 {
        u64::try_from(self.waiting.len()).unwrap_or(u64::MAX)
    }

    /// Takes the frames for the device.
    pub(crate) fn sent(&mut self) -> impl Iterator<Item = Vec<u8>> {
        self.waiting.drain(..)
    }
}

/// What becomes of a frame.
pub(crate) enum Admission {
    /// Nothing.
    Ignore,
    /// It is let in.
    Pass,
    /// It is let in, and begins a connection.
    Open(Opening),
}

/// The first segment of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Opening {
    /// Whom the device calls.
    pub(crate) target: IpEndpoint,
    /// The device's end.
    pub(crate) caller: IpEndpoint,
    /// The segment's sequence number: another one on the same ends is another connection.
    pub(crate) sequence: TcpSeqNumber,
}

/// Decides about a frame. What is let in is still parsed and checked by smoltcp.
pub(crate) fn admit(frame: &[u8], config: &Config) -> Admission {
    let Ok(frame) = EthernetFrame::new_checked(frame) else { return Admission::Ignore };
    match frame.ethertype() {
        EthernetProtocol::Arp => match ArpPacket::new_checked(frame.payload()) {
            // Under "any IP" smoltcp would answer for everybody, the device's own probe for its address included.
            Ok(packet) if packet.target_protocol_addr() == config.address.octets() => Admission::Pass,
            _ => Admission::Ignore,
        },
        EthernetProtocol::Ipv4 => match Ipv4Packet::new_checked(frame.payload()) {
            Ok(packet) => datagram(&packet, config),
            Err(_) => Admission::Ignore,
        },
        _ => Admission::Ignore,
    }
}

fn datagram(packet: &Ipv4Packet<&[u8]>, config: &Config) -> Admission {
    let (from, to) = (packet.src_addr(), packet.dst_addr());
    match packet.next_header() {
        IpProtocol::Tcp => match TcpPacket::new_checked(packet.payload()) {
            Ok(segment) if segment.syn() && !segment.ack() && !segment.rst() => Admission::Open(Opening {
                target: IpEndpoint::new(to.into(), segment.dst_port()),
                caller: IpEndpoint::new(from.into(), segment.src_port()),
                sequence: segment.seq_number(),
            }),
            Ok(_) => Admission::Pass,
            Err(_) => Admission::Ignore,
        },
        IpProtocol::Udp => match UdpPacket::new_checked(packet.payload()) {
            Ok(packet) if [dns::PORT, sntp::PORT].contains(&packet.dst_port()) => Admission::Pass,
            Ok(_) if is_ours(to, config) => Admission::Pass,
            _ => Admission::Ignore,
        },
        _ if is_ours(to, config) => Admission::Pass,
        _ => Admission::Ignore,
    }
}

/// Whether an address is the gateway's or a broadcast.
fn is_ours(address: Ipv4Addr, config: &Config) -> bool {
    let host_bits = u32::MAX.checked_shr(u32::from(config.prefix_length)).unwrap_or(0);
    address == config.address
        || address == Ipv4Addr::BROADCAST
        || address.to_bits() == config.address.to_bits() | host_bits
}

impl phy::Device for GatewayCable {
    type RxToken<'a> = ReceivedFrame;
    type TxToken<'a> = Send<'a>;

    fn receive(&mut self, _now: Instant) -> Option<(ReceivedFrame, Send<'_>)> {
        let frame = self.received.pop_front()?;
        Some((ReceivedFrame(frame), Send(&mut self.waiting)))
    }

    fn transmit(&mut self, _now: Instant) -> Option<Send<'_>> {
        (self.waiting.len() < WAITING).then_some(Send(&mut self.waiting))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ethernet;
        capabilities.max_transmission_unit = FRAME_LENGTH;
        capabilities.checksum = ChecksumCapabilities::default();
        capabilities.checksum.tcp = Checksum::Both;
        capabilities
    }
}

/// A frame of the device.
pub(crate) struct ReceivedFrame(Vec<u8>);

impl phy::RxToken for ReceivedFrame {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(&self.0)
    }
}

/// Room for a frame to the device.
pub(crate) struct Send<'a>(&'a mut VecDeque<Vec<u8>>);

impl phy::TxToken for Send<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, write: F) -> R {
        let mut frame = vec![0; length];
        let result = write(&mut frame);
        self.0.push_back(frame);
        result
    }
}
