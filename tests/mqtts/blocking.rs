//! The loop of a thread that waits: over a network of one's own, over sockets of `embedded-io` in both versions, byte by byte and with
//! nothing there at every other question, and all of them at a real Mosquitto.

use std::{
    cell::RefCell,
    io::{Read as _, Write as _},
    net::TcpStream,
    rc::Rc,
    time::{Duration, Instant},
};

use mqtts::blocking::{Network, Session};
use mqtts::embedded::{Clock, Connect, Sockets, Sockets06};
use mqtts::mqtt::{Event, Packet, Publish, QoS, Subscription};
use mqtts::status::{Error, net};
use mqtts::{Security, Settings, accel::soft::Soft, pc};
use tests::{entropy::InsecureSeeded, link::Pieces, server::Script, throwaway::NOW};

use crate::broker::{Broker, client, identifier, message};
use crate::client::security;

/// What a test and its socket share.
struct World {
    broker: Broker,
    now: u64,
    /// The most bytes that a write takes.
    most: usize,
    /// How often it was asked whether there is something to read.
    questions: u32,
    /// Every connection that was made and ended.
    connections: (u32, u32),
}

#[derive(Clone)]
struct Shared(Rc<RefCell<World>>);

impl Shared {
    fn write(&self, bytes: &[u8]) -> usize {
        let mut world = self.0.borrow_mut();
        let length = bytes.len().min(world.most);
        world.broker.receive(&bytes[..length]);
        length
    }

    /// What there is; none while nothing is, and at every other question.
    fn read(&self, buffer: &mut [u8]) -> Option<usize> {
        let mut world = self.0.borrow_mut();
        let bytes = world.broker.take(buffer.len());
        buffer[..bytes.len()].copy_from_slice(&bytes);
        (!bytes.is_empty() || world.broker.has_ended()).then_some(bytes.len())
    }

    fn is_ready(&self) -> bool {
        let mut world = self.0.borrow_mut();
        world.questions += 1;
        world.questions.is_multiple_of(2) && world.broker.has_something()
    }

    fn connect(&self) {
        self.0.borrow_mut().connections.0 += 1;
    }

    fn disconnect(&self) {
        self.0.borrow_mut().connections.1 += 1;
    }
}

/// A network of one's own, which has nothing at every other read.
impl Network for Shared {
    fn connect(&mut self) -> Result<(), Error> {
        Self::connect(self);
        Ok(())
    }

    fn disconnect(&mut self) {
        Self::disconnect(self);
    }

    fn read(&mut self, buffer: &mut [u8], patience: u64) -> Result<Option<usize>, Error> {
        if self.is_ready() {
            return Ok(Self::read(self, buffer));
        }
        self.0.borrow_mut().now += patience.min(5);
        Ok(None)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<usize, Error> {
        Ok(Self::write(self, bytes))
    }

    fn now(&self) -> u64 {
        self.0.borrow().now
    }

    fn unix_time(&self) -> u64 {
        NOW
    }

    fn sleep(&mut self, milliseconds: u64) {
        self.0.borrow_mut().now += milliseconds;
    }
}

/// A socket of both versions of `embedded-io`.
struct Socket(Shared);

/// A clock that moves when somebody sleeps.
struct Time(Shared);

impl Connect for Socket {
    fn connect(&mut self) -> Result<(), Error> {
        self.0.connect();
        Ok(())
    }

    fn disconnect(&mut self) {
        self.0.disconnect();
    }
}

impl Clock for Time {
    fn now(&self) -> u64 {
        self.0.0.borrow().now
    }

    fn unix_time(&self) -> u64 {
        NOW
    }

    fn sleep(&mut self, milliseconds: u64) {
        self.0.0.borrow_mut().now += milliseconds;
    }
}

macro_rules! implement {
    ($version:ident) => {
        impl $version::ErrorType for Socket {
            type Error = $version::ErrorKind;
        }

        impl $version::Read for Socket {
            fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Self::Error> {
                Ok(self.0.read(buffer).expect("it was asked before"))
            }
        }

        impl $version::ReadReady for Socket {
            fn read_ready(&mut self) -> Result<bool, Self::Error> {
                Ok(self.0.is_ready())
            }
        }

        impl $version::Write for Socket {
            fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
                Ok(self.0.write(bytes))
            }

            fn flush(&mut self) -> Result<(), Self::Error> {
                Ok(())
            }
        }

        impl $version::ErrorType for Tcp {
            type Error = $version::ErrorKind;
        }

        impl $version::Read for Tcp {
            fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Self::Error> {
                self.stream().read(buffer).map_err(|_| $version::ErrorKind::ConnectionReset)
            }
        }

        impl $version::ReadReady for Tcp {
            fn read_ready(&mut self) -> Result<bool, Self::Error> {
                let stream = self.stream();
                stream.set_nonblocking(true).unwrap();
                let peeked = stream.peek(&mut [0]);
                stream.set_nonblocking(false).unwrap();
                match peeked {
                    Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => Ok(false),
                    Err(_) => Err($version::ErrorKind::ConnectionReset),
                    Ok(_) => Ok(true),
                }
            }
        }

        impl $version::Write for Tcp {
            fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
                self.stream().write(bytes).map_err(|_| $version::ErrorKind::ConnectionReset)
            }

            fn flush(&mut self) -> Result<(), Self::Error> {
                Ok(())
            }
        }
    };
}

implement!(embedded_io);
implement!(embedded_io_06);

const SUBSCRIPTIONS: &[Subscription<'static>] =
    &[Subscription { filter: "kitchen/#", qos: QoS::ExactlyOnce }];

/// Twenty messages each way, then the end of the stream, then the next connection after its pause.
fn talk<N: Network>(network: impl Fn(Shared) -> N) {
    for (pieces, most) in [(Pieces::Bytes, 1), (Pieces::Random(3), 100), (Pieces::Whole, usize::MAX)] {
        for security in [security(), Security::Plain] {
            let broker = || match security {
                Security::Plain => Broker::plain(pieces),
                _ => Broker::tls(Script::default(), pieces),
            };
            let world = World { broker: broker(), now: 0, most, questions: 0, connections: (0, 0) };
            let shared = Shared(Rc::new(RefCell::new(world)));
            let mut client =
                client(Settings { subscriptions: SUBSCRIPTIONS, ..Settings::new(security, "kitchen") });
            let (mut accel, mut network) = (Soft::new(InsecureSeeded::new(1)), network(shared.clone()));
            let mut session = Session::new(&mut client, &mut accel, &mut network);
            for connection in 1..=2 {
                let (mut messages, mut delivered, mut is_subscribed) = (Vec::new(), 0, false);
                while messages.len() < 20 || delivered < 20 {
                    match session.next(10).unwrap() {
                        Some(Event::Subscribed { .. }) => is_subscribed = true,
                        Some(Event::Message(it)) => messages.push(it.identifier.unwrap().get()),
                        Some(Event::Delivered { .. }) => delivered += 1,
                        _ => {}
                    }
                    if std::mem::take(&mut is_subscribed) {
                        for number in 1..=20 {
                            let message = message("kitchen/door", b"open", QoS::ExactlyOnce);
                            let identifier = Some(identifier(number));
                            let packet = Packet::Publish(Publish { duplicate: false, message, identifier });
                            shared.0.borrow_mut().broker.say(&packet);
                            session.publish(&self::message("kitchen/lamp", b"on", QoS::AtLeastOnce)).unwrap();
                        }
                    }
                }
                assert_eq!(messages, (1..=20).collect::<Vec<u16>>());
                if connection == 1 {
                    shared.0.borrow_mut().broker.hang_up();
                    while session.next(10).is_ok() {}
                    let mut world = shared.0.borrow_mut();
                    assert!(session.client.retry_at().unwrap() > world.now, "a pause");
                    assert_eq!(world.connections, (1, 1));
                    world.broker = broker();
                }
            }
            session.disconnect(10_000);
            let world = shared.0.borrow();
            assert_eq!(world.broker.packets.last().unwrap(), "Disconnect");
            assert_eq!(world.connections, (2, 2));
        }
    }
}

#[test]
fn messages_pass_over_a_network_of_ones_own() {
    talk(|shared| shared);
}

#[test]
fn messages_pass_over_embedded_io_0_7() {
    talk(|shared| Sockets::new(Socket(shared.clone()), Time(shared)));
}

#[test]
fn messages_pass_over_embedded_io_0_6() {
    talk(|shared| Sockets06::new(Socket(shared.clone()), Time(shared)));
}

/// A reset is told as one.
#[test]
fn an_error_of_a_socket_has_its_code() {
    struct Broken;
    impl embedded_io::ErrorType for Broken {
        type Error = embedded_io::ErrorKind;
    }
    impl embedded_io::Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> Result<usize, Self::Error> {
            Err(embedded_io::ErrorKind::TimedOut)
        }
    }
    impl embedded_io::ReadReady for Broken {
        fn read_ready(&mut self) -> Result<bool, Self::Error> {
            Ok(true)
        }
    }
    impl embedded_io::Write for Broken {
        fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
            if bytes.len() > 1 { Ok(0) } else { Err(embedded_io::ErrorKind::BrokenPipe) }
        }
        fn flush(&mut self) -> Result<(), Self::Error> {
            Ok(())
        }
    }
    impl Connect for Broken {
        fn connect(&mut self) -> Result<(), Error> {
            Err(net::CONNECT_FAILED)
        }
        fn disconnect(&mut self) {}
    }
    let world =
        World { broker: Broker::plain(Pieces::Whole), now: 0, most: 1, questions: 0, connections: (0, 0) };
    let mut network = Sockets::new(Broken, Time(Shared(Rc::new(RefCell::new(world)))));
    assert_eq!(network.connect(), Err(net::CONNECT_FAILED));
    assert_eq!(network.read(&mut [0; 4], 1), Err(net::RECV_FAILED));
    assert_eq!(network.write(&[1]), Err(net::CONN_RESET));
    assert_eq!(network.write(&[1, 2]), Err(net::SEND_FAILED));
}

/// The system's TCP as a socket of `embedded-io`.
struct Tcp {
    port: u16,
    stream: Option<TcpStream>,
}

impl Tcp {
    fn stream(&mut self) -> &mut TcpStream {
        self.stream.as_mut().unwrap()
    }
}

impl Connect for Tcp {
    fn connect(&mut self) -> Result<(), Error> {
        self.stream = Some(TcpStream::connect(("127.0.0.1", self.port)).map_err(|_| net::CONNECT_FAILED)?);
        Ok(())
    }

    fn disconnect(&mut self) {
        self.stream = None;
    }
}

/// The system's clocks.
struct System(Instant);

impl Clock for System {
    fn now(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_millis()).unwrap()
    }

    fn unix_time(&self) -> u64 {
        std::time::UNIX_EPOCH.elapsed().unwrap().as_secs()
    }

    fn sleep(&mut self, milliseconds: u64) {
        std::thread::sleep(Duration::from_millis(milliseconds));
    }
}

#[test]
fn both_versions_of_embedded_io_reach_a_real_mosquitto() {
    let (_broker, port, security) = crate::mosquitto::start("embedded-io");
    let subscriptions: &[_] = &[Subscription { filter: "embedded/#", qos: QoS::AtLeastOnce }];
    let settings = Settings { subscriptions, ..Settings::new(security, "embedded") };
    let socket = || Tcp { port, stream: None };
    round_trip(settings, &mut Sockets::new(socket(), System(Instant::now())));
    round_trip(settings, &mut Sockets06::new(socket(), System(Instant::now())));
}

fn round_trip(settings: Settings<'static>, network: &mut impl Network) {
    let (mut client, mut accel) = (client(settings), pc::accelerator());
    let mut session = Session::new(&mut client, &mut accel, network);
    loop {
        match session.next(1_000).unwrap() {
            Some(Event::Subscribed { .. }) => {}
            Some(Event::Message(received)) => {
                assert_eq!(received.message.payload, b"hello");
                break;
            }
            _ => continue,
        }
        session.publish(&message("embedded/topic", b"hello", QoS::AtLeastOnce)).unwrap();
    }
    session.disconnect(2_000);
}
