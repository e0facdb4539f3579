//! A device at the other end of the cable: smoltcp as a client, its time virtual, one millisecond a round.

use std::{collections::VecDeque, net::Ipv4Addr, time::Duration};

use gateway::{Config, Gateway};
use smoltcp::{
    iface::{Interface, SocketHandle, SocketSet},
    phy::{self, DeviceCapabilities, Medium},
    socket::{tcp, udp},
    time::Instant,
    wire::{EthernetAddress, HardwareAddress, IpCidr, Ipv4Address},
};

pub(crate) const DEVICE: Ipv4Addr = Ipv4Addr::new(10, 0, 2, 15);
pub(crate) const GATEWAY: Ipv4Addr = Ipv4Addr::new(10, 0, 2, 2);
pub(crate) const MAC: [u8; 6] = [0x02, 0, 0, 0, 0, 0x15];
/// How many rounds anything may take: more than enough where every round may wait a millisecond for the PC.
pub(crate) const PATIENCE: usize = 20_000;

/// The device, its cable, and the gateway.
pub(crate) struct Setup {
    pub(crate) gateway: Gateway,
    pub(crate) interface: Interface,
    pub(crate) sockets: SocketSet<'static>,
    pub(crate) port: Port,
    pub(crate) now: Duration,
    /// Whether the cable is in.
    pub(crate) plugged: bool,
    /// Every so many frames are lost, in both directions; 0 for none.
    pub(crate) lose_every: u64,
    frames: u64,
}

/// The device's Ethernet port.
#[derive(Default)]
pub(crate) struct Port {
    pub(crate) received: VecDeque<Vec<u8>>,
    pub(crate) sent: VecDeque<Vec<u8>>,
}

impl Setup {
    /// A device with a fixed address.
    pub(crate) fn new(config: Config) -> Self {
        let mut setup = Self::without_address(config);
        setup.interface.update_ip_addrs(|addresses| {
            addresses.push(IpCidr::new(DEVICE.into(), 24)).unwrap();
        });
        setup.interface.routes_mut().add_default_ipv4_route(GATEWAY).unwrap();
        setup
    }

    pub(crate) fn without_address(config: Config) -> Self {
        let mut port = Port::default();
        let hardware = HardwareAddress::Ethernet(EthernetAddress(MAC));
        let mut settings = smoltcp::iface::Config::new(hardware);
        settings.random_seed = 1;
        let interface = Interface::new(settings, &mut port, Instant::ZERO);
        Self {
            gateway: Gateway::new(config).unwrap(),
            interface,
            sockets: SocketSet::new(Vec::new()),
            port,
            now: Duration::ZERO,
            plugged: true,
            lose_every: 0,
            frames: 0,
        }
    }

    /// One millisecond of the device.
    pub(crate) fn round(&mut self) {
        self.now += Duration::from_millis(1);
        let at = Instant::from_micros(self.now.as_micros() as i64);
        self.interface.poll(at, &mut self.port, &mut self.sockets);
        let sent: Vec<Vec<u8>> = self.port.sent.drain(..).collect();
        let sent: Vec<Vec<u8>> = sent.into_iter().filter(|_| self.arrives()).collect();
        let mut received = Vec::new();
        let due = self.gateway.step(self.now, &sent, &mut received);
        assert!(due.is_none_or(|due| due >= self.now));
        for frame in received {
            if self.arrives() {
                self.port.received.push_back(frame);
            }
        }
        self.interface.poll(at, &mut self.port, &mut self.sockets);
    }

    fn arrives(&mut self) -> bool {
        self.frames += 1;
        self.plugged && (self.lose_every == 0 || !self.frames.is_multiple_of(self.lose_every))
    }

    /// Rounds, each with a moment for the PC, until `done` has something.
    pub(crate) fn until<T>(&mut self, what: &str, mut done: impl FnMut(&mut Self) -> Option<T>) -> T {
        for _ in 0..PATIENCE {
            self.round();
            if let Some(result) = done(self) {
                return result;
            }
            self.gateway.wait(Duration::from_millis(1));
        }
        panic!("{what} did not happen; {:?}", self.gateway.counters());
    }

    /// So many milliseconds of the device, without waiting for the PC.
    pub(crate) fn rounds(&mut self, count: usize) {
        for _ in 0..count {
            self.round();
        }
    }

    pub(crate) fn udp(&mut self, port: u16) -> SocketHandle {
        let buffer = || udp::PacketBuffer::new(vec![udp::PacketMetadata::EMPTY; 8], vec![0; 4096]);
        let mut socket = udp::Socket::new(buffer(), buffer());
        socket.bind(port).unwrap();
        self.sockets.add(socket)
    }

    /// Sends a datagram and waits so many rounds for the answer.
    pub(crate) fn ask(&mut self, to: Ipv4Addr, port: u16, request: &[u8], rounds: usize) -> Option<Vec<u8>> {
        let handle = self.udp(40_000);
        self.sockets.get_mut::<udp::Socket>(handle).send_slice(request, (to, port)).unwrap();
        let mut answer = None;
        for _ in 0..rounds {
            self.round();
            let socket = self.sockets.get_mut::<udp::Socket>(handle);
            if let Ok((bytes, from)) = socket.recv() {
                assert_eq!((from.endpoint.addr, from.endpoint.port), (to.into(), port), "who answers");
                answer = Some(bytes.to_vec());
                break;
            }
        }
        self.sockets.remove(handle);
        answer
    }

    pub(crate) fn tcp(&mut self) -> SocketHandle {
        let buffer = || tcp::SocketBuffer::new(vec![0; 4096]);
        self.sockets.add(tcp::Socket::new(buffer(), buffer()))
    }

    /// Begins a connection to a port of `to`.
    pub(crate) fn call(&mut self, to: Ipv4Address, port: u16, from: u16) -> SocketHandle {
        let handle = self.tcp();
        let socket = self.sockets.get_mut::<tcp::Socket>(handle);
        socket.connect(self.interface.context(), (to, port), from).unwrap();
        handle
    }

    pub(crate) fn socket(&mut self, handle: SocketHandle) -> &mut tcp::Socket<'static> {
        self.sockets.get_mut(handle)
    }
}

impl phy::Device for Port {
    type RxToken<'a> = Frame;
    type TxToken<'a> = Room<'a>;

    fn receive(&mut self, _now: Instant) -> Option<(Frame, Room<'_>)> {
        let frame = self.received.pop_front()?;
        Some((Frame(frame), Room(&mut self.sent)))
    }

    fn transmit(&mut self, _now: Instant) -> Option<Room<'_>> {
        Some(Room(&mut self.sent))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ethernet;
        capabilities.max_transmission_unit = 1514;
        capabilities
    }
}

pub(crate) struct Frame(Vec<u8>);

impl phy::RxToken for Frame {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(&self.0)
    }
}

pub(crate) struct Room<'a>(&'a mut VecDeque<Vec<u8>>);

impl phy::TxToken for Room<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, write: F) -> R {
        let mut frame = vec![0; length];
        let result = write(&mut frame);
        self.0.push_back(frame);
        result
    }
}
