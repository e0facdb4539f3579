//! A peer in virtual time for the firmware `hello`: it leases an address, asks one line on TCP port 7, and keeps the answer.
//! Nothing outside of virtual time takes part, so that a run is repeatable to the instruction.

use std::{
    collections::VecDeque,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use board::{Board, Options, network::Network};
use smoltcp::{
    iface::{Config, Interface, SocketHandle, SocketSet},
    phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken},
    socket::{tcp, udp},
    time::Instant,
    wire::{DhcpMessageType, DhcpPacket, DhcpRepr, EthernetAddress, IpAddress, IpCidr, Ipv4Address},
};

const PEER: Ipv4Address = Ipv4Address::new(10, 0, 0, 1);
const DEVICE: Ipv4Address = Ipv4Address::new(10, 0, 0, 7);

/// What a test and the peer share.
#[derive(Default)]
pub(crate) struct Script {
    /// Lines to ask, in order.
    pub(crate) questions: VecDeque<String>,
    /// The answers.
    pub(crate) answers: VecDeque<String>,
    /// Leases that were acknowledged.
    pub(crate) leases: u32,
    /// Datagrams that came to port 9.
    pub(crate) greetings: u32,
}

/// The peer.
pub(crate) struct Peer {
    interface: Interface,
    sockets: SocketSet<'static>,
    frames: Frames,
    leases: SocketHandle,
    greetings: SocketHandle,
    connection: SocketHandle,
    heard: Option<String>,
    script: Arc<Mutex<Script>>,
}

impl Peer {
    pub(crate) fn new(script: Arc<Mutex<Script>>) -> Self {
        let mut frames = Frames::default();
        let address = EthernetAddress([2, 0, 0, 0, 0, 2]);
        let mut interface = Interface::new(Config::new(address.into()), &mut frames, Instant::ZERO);
        interface
            .update_ip_addrs(|addresses| addresses.push(IpCidr::new(IpAddress::Ipv4(PEER), 24)).unwrap());
        let mut sockets = SocketSet::new(Vec::new());
        let mut datagrams = |port| {
            let buffer = || udp::PacketBuffer::new(vec![udp::PacketMetadata::EMPTY; 4], vec![0; 4096]);
            let mut socket = udp::Socket::new(buffer(), buffer());
            socket.bind(port).unwrap();
            sockets.add(socket)
        };
        let (leases, greetings) = (datagrams(67), datagrams(9));
        let buffer = || tcp::SocketBuffer::new(vec![0; 4096]);
        let mut socket = tcp::Socket::new(buffer(), buffer());
        socket.set_keep_alive(Some(smoltcp::time::Duration::from_millis(500)));
        socket.set_timeout(Some(smoltcp::time::Duration::from_secs(20)));
        let connection = sockets.add(socket);
        Self { interface, sockets, frames, leases, greetings, connection, heard: None, script }
    }

    fn lease(&mut self) {
        let socket = self.sockets.get_mut::<udp::Socket<'_>>(self.leases);
        let Ok((bytes, _)) = socket.recv() else { return };
        let packet = DhcpPacket::new_checked(bytes).unwrap();
        let asked = DhcpRepr::parse(&packet).unwrap();
        let message_type = match asked.message_type {
            DhcpMessageType::Discover => DhcpMessageType::Offer,
            DhcpMessageType::Request => DhcpMessageType::Ack,
            _ => return,
        };
        let answer = DhcpRepr {
            message_type,
            your_ip: DEVICE,
            server_ip: PEER,
            router: Some(PEER),
            subnet_mask: Some(Ipv4Address::new(255, 255, 255, 0)),
            requested_ip: None,
            client_identifier: None,
            server_identifier: Some(PEER),
            parameter_request_list: None,
            lease_duration: Some(3600),
            ..asked.clone()
        };
        let mut bytes = vec![0; answer.buffer_len()];
        answer.emit(&mut DhcpPacket::new_unchecked(&mut bytes)).unwrap();
        socket.send_slice(&bytes, (Ipv4Address::BROADCAST, 68)).unwrap();
        self.script.lock().unwrap().leases += u32::from(message_type == DhcpMessageType::Ack);
    }

    fn converse(&mut self) {
        let mut script = self.script.lock().unwrap();
        let socket = self.sockets.get_mut::<tcp::Socket<'_>>(self.connection);
        match &mut self.heard {
            None if script.leases > 0 && !script.questions.is_empty() => {
                if socket.is_open() {
                    return;
                }
                let port = 40_000 + script.answers.len() as u16;
                socket.connect(self.interface.context(), (DEVICE, 7), port).unwrap();
                self.heard = Some(String::new());
            }
            None => {}
            Some(heard) => {
                if socket.may_send()
                    && socket.can_send()
                    && let Some(question) = script.questions.pop_front()
                {
                    socket.send_slice(question.as_bytes()).unwrap();
                }
                while socket.can_recv() {
                    socket
                        .recv(|bytes| (bytes.len(), heard.push_str(&String::from_utf8_lossy(bytes))))
                        .unwrap();
                }
                if !socket.may_recv() && socket.state() != tcp::State::SynSent {
                    socket.abort();
                    script.answers.push_back(self.heard.take().unwrap());
                }
            }
        }
    }
}

impl Network for Peer {
    fn step(
        &mut self,
        now: Duration,
        from_device: &mut VecDeque<Vec<u8>>,
        to_device: &mut VecDeque<Vec<u8>>,
    ) {
        self.frames.received.append(from_device);
        let now = Instant::from_micros(now.as_micros() as i64);
        self.interface.poll(now, &mut self.frames, &mut self.sockets);
        self.lease();
        let socket = self.sockets.get_mut::<udp::Socket<'_>>(self.greetings);
        while socket.recv().is_ok() {
            self.script.lock().unwrap().greetings += 1;
        }
        self.converse();
        self.interface.poll(now, &mut self.frames, &mut self.sockets);
        to_device.append(&mut self.frames.sent);
    }

    fn is_busy(&self) -> bool {
        false
    }
}

#[derive(Default)]
struct Frames {
    received: VecDeque<Vec<u8>>,
    sent: VecDeque<Vec<u8>>,
}

impl Device for Frames {
    type RxToken<'a> = Received;
    type TxToken<'a> = Sent<'a>;

    fn receive(&mut self, _: Instant) -> Option<(Received, Sent<'_>)> {
        self.received.pop_front().map(|frame| (Received(frame), Sent(&mut self.sent)))
    }

    fn transmit(&mut self, _: Instant) -> Option<Sent<'_>> {
        Some(Sent(&mut self.sent))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ethernet;
        capabilities.max_transmission_unit = 1514;
        capabilities
    }
}

struct Received(Vec<u8>);

impl RxToken for Received {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(&self.0)
    }
}

struct Sent<'a>(&'a mut VecDeque<Vec<u8>>);

impl TxToken for Sent<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, write: F) -> R {
        let mut frame = vec![0; length];
        let result = write(&mut frame);
        self.0.push_back(frame);
        result
    }
}

/// A board that runs `hello`, with its peer.
pub(crate) struct Hello {
    pub(crate) board: Board,
    pub(crate) script: Arc<Mutex<Script>>,
}

impl Hello {
    pub(crate) fn start(options: Options) -> Self {
        let script = Arc::new(Mutex::new(Script::default()));
        let board =
            Board::start(&elf("HELLO_ELF", "hello"), options, Box::new(Peer::new(script.clone()))).unwrap();
        Self { board, script }
    }

    /// Waits for something that the script says.
    pub(crate) fn wait(&mut self, what: &str, done: impl Fn(&Script) -> bool + Send + Clone + 'static) {
        let script = self.script.clone();
        self.board
            .wait_for(what, Duration::from_secs(60), move |_| done(&script.lock().unwrap()).then_some(()))
            .unwrap();
    }

    /// Asks a line until there is an answer: a device that has just been reset, or has one socket only, refuses some.
    pub(crate) fn ask(&mut self, question: &str) -> String {
        for _ in 0..20 {
            self.tell(question);
            let answer = self.answer();
            if !answer.is_empty() {
                return answer;
            }
        }
        panic!("no answer to {question}");
    }

    /// Asks a line.
    pub(crate) fn tell(&mut self, question: &str) {
        self.script.lock().unwrap().questions.push_back(question.to_owned());
    }

    /// The next answer; empty when the connection broke without one.
    pub(crate) fn answer(&mut self) -> String {
        self.wait("an answer", |script| !script.answers.is_empty());
        self.script.lock().unwrap().answers.pop_front().unwrap()
    }
}

/// Where a firmware is: `cargo xtask test` says it by a variable of the environment.
pub(crate) fn elf(variable: &str, name: &str) -> PathBuf {
    std::env::var_os(variable).map_or_else(
        || panic!("{variable} says where the firmware {name} is; `cargo xtask test` builds it and sets it"),
        PathBuf::from,
    )
}
