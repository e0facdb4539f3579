//! The loops over real sockets at a real Mosquitto.

use std::{
    future::poll_fn,
    io,
    net::TcpStream,
    path::PathBuf,
    pin::pin,
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use mqtts::mqtt::{Event, Message, QoS, Subscription};
use mqtts::status::{Error, net};
use mqtts::{
    Client, Security, Settings, asynchronous, blocking::Session, nonblocking, pc, tls12::Config, x509::Bundle,
};
use nb::Error::{Other, WouldBlock};
use xtask::{
    mosquitto::{Broker, Listener},
    pki::Pki,
};

fn folder(name: &str) -> PathBuf {
    let folder =
        PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("mqtts-{}", std::process::id())).join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

const TOPIC: &str = "joined/topic";
const HELLO: Message<'static> =
    Message { topic: TOPIC, payload: b"hello", qos: QoS::ExactlyOnce, retain: false };

#[test]
fn a_message_comes_back_over_tls_and_after_the_broker_has_restarted() {
    let home = folder("restart");
    let pki = Pki::create(&home.join("pki")).unwrap();
    let mut broker = Broker::start(&home, &pki, &[Listener::Plain, Listener::Tls]).unwrap();
    for listener in [Listener::Tls, Listener::Plain] {
        let (text, mut storage) = pc::pem(pki.certificate("ca")).unwrap();
        let config = Config {
            anchors: Some(Bundle::from_long_pem(&text, &mut storage).unwrap()),
            ..Config::default()
        };
        let security = match listener {
            Listener::Tls => Security::Tls { host: "localhost", config: &config },
            _ => Security::Plain,
        };
        let subscriptions = [Subscription { filter: TOPIC, qos: QoS::ExactlyOnce }];
        let settings = Settings { subscriptions: &subscriptions, ..Settings::new(security, "joined") };
        let mut memory = pc::Memory::default();
        let mut client = Client::new(settings, memory.lend()).unwrap();
        let (mut accel, mut network) = (pc::accelerator(), pc::Tcp::new("127.0.0.1", broker.port(listener)));
        let mut session = Session::new(&mut client, &mut accel, &mut network);
        let mut lost = 0;
        for round in 0..2 {
            let mut is_back = false;
            for _ in 0..600 {
                match session.next(100) {
                    Ok(Some(Event::Subscribed { .. })) => {
                        session.publish(&HELLO).unwrap();
                    }
                    Ok(Some(Event::Message(received))) => {
                        assert_eq!(
                            (received.message.topic, received.message.payload),
                            (TOPIC, &b"hello"[..])
                        );
                        is_back = true;
                        break;
                    }
                    Ok(_) => {}
                    Err(_) => lost += 1,
                }
            }
            assert!(is_back, "round {round}");
            if round == 0 {
                broker.restart().unwrap();
            }
        }
        assert!(lost > 0, "the restart was noticed");
        session.disconnect(2_000);
        assert!(!session.client.is_connected());
    }
}

/// Mosquitto 2.0 acknowledges more than 20 open messages of QoS 2 and drops those beyond, so that no more may be open.
#[test]
fn nothing_is_lost_of_many_messages_at_once() {
    const MESSAGES: u16 = 300;
    let home = folder("many");
    let pki = Pki::create(&home.join("pki")).unwrap();
    let broker = Broker::start(&home, &pki, &[Listener::Plain]).unwrap();
    let subscriptions = [Subscription { filter: TOPIC, qos: QoS::ExactlyOnce }];
    let settings = Settings { subscriptions: &subscriptions, ..Settings::new(Security::Plain, "many") };
    let mut memory = pc::Memory::default();
    let mut client = Client::new(settings, memory.lend()).unwrap();
    let (mut accel, mut network) =
        (pc::accelerator(), pc::Tcp::new("127.0.0.1", broker.port(Listener::Plain)));
    let mut session = Session::new(&mut client, &mut accel, &mut network);
    let (mut received, mut delivered, mut silence) = (vec![], 0, 0);
    while silence < 100 {
        silence += 1;
        let event = session.next(100).unwrap();
        if event.is_some() {
            silence = 0;
        }
        match event {
            Some(Event::Subscribed { .. }) => {
                for number in 0..MESSAGES {
                    session.publish(&Message { payload: &number.to_be_bytes(), ..HELLO }).unwrap();
                }
            }
            Some(Event::Message(message)) => {
                received.push(u16::from_be_bytes(message.message.payload.try_into().unwrap()));
            }
            Some(Event::Delivered { .. }) => delivered += 1,
            _ => {}
        }
        if delivered == MESSAGES && received.len() == usize::from(MESSAGES) {
            break;
        }
    }
    assert_eq!(received, (0..MESSAGES).collect::<Vec<_>>());
    assert_eq!(delivered, MESSAGES);
}

/// A broker with TLS, which ends with the test's thread, and what a client needs to know of it.
pub(crate) fn start(name: &str) -> (Broker, u16, Security<'static>) {
    let home = folder(name);
    let pki = Pki::create(&home.join("pki")).unwrap();
    let broker = Broker::start(&home, &pki, &[Listener::Tls]).unwrap();
    let (port, security) = (broker.port(Listener::Tls), pc::tls("localhost", pki.certificate("ca")).unwrap());
    (broker, port, security)
}

/// What a message there and back needs: published when it is subscribed to.
#[derive(Default)]
struct Hello {
    is_due: bool,
    is_back: bool,
}

impl Hello {
    fn take(&mut self, event: &Event<'_>) {
        match event {
            Event::Subscribed { .. } => self.is_due = true,
            Event::Message(received) => {
                assert_eq!(
                    (received.message.topic, received.message.payload),
                    ("other/topic", &b"hello"[..])
                );
                self.is_back = true;
            }
            _ => {}
        }
    }
}

const OTHER: Message<'static> = Message { topic: "other/topic", ..HELLO };

fn other(name: &'static str) -> (Broker, Client<'static>, Wire) {
    let (broker, port, security) = start(name);
    let subscriptions = &[Subscription { filter: "other/topic", qos: QoS::ExactlyOnce }];
    let settings = Settings { subscriptions, ..Settings::new(security, name) };
    (broker, crate::broker::client(settings), Wire { port, stream: None, start: System(Instant::now()) })
}

#[test]
fn the_loop_that_never_waits_reaches_it() {
    let ((_broker, mut client, wire), mut accel) = (other("nb"), pc::accelerator());
    let mut session = nonblocking::Session::new(&mut client, &mut accel, wire);
    let mut hello = Hello::default();
    while !hello.is_back {
        match session.next() {
            Ok(event) => event.iter().for_each(|event| hello.take(event)),
            Err(WouldBlock) => std::thread::sleep(Duration::from_millis(1)),
            Err(Other(status)) => panic!("{status}"),
        }
        if std::mem::take(&mut hello.is_due) {
            session.publish(&OTHER).unwrap();
        }
    }
    while session.disconnect().is_err() {}
}

#[test]
fn the_loop_of_an_executor_reaches_it() {
    let ((_broker, mut client, wire), mut accel) = (other("asynchronous"), pc::accelerator());
    let clock = wire.start;
    let mut session = asynchronous::Session::new(&mut client, &mut accel, wire, clock);
    let mut hello = Hello::default();
    while !hello.is_back {
        wait_for(session.next()).unwrap().iter().for_each(|event| hello.take(event));
        if std::mem::take(&mut hello.is_due) {
            session.publish(&OTHER).unwrap();
        }
    }
    wait_for(session.disconnect());
}

/// An executor of one task.
fn wait_for<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => return value,
            Poll::Pending => std::thread::sleep(Duration::from_millis(1)),
        }
    }
}

/// A socket of the system that never waits.
struct Wire {
    port: u16,
    stream: Option<TcpStream>,
    start: System,
}

impl Wire {
    fn begin(&mut self) -> io::Result<()> {
        let stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_nonblocking(true)?;
        self.stream = Some(stream);
        Ok(())
    }

    fn read_now(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        io::Read::read(self.stream.as_mut().unwrap(), buffer)
    }

    fn write_now(&mut self, bytes: &[u8]) -> io::Result<usize> {
        io::Write::write(self.stream.as_mut().unwrap(), bytes)
    }
}

fn refused(error: &io::Error) -> nb::Error<Error> {
    if error.kind() == io::ErrorKind::WouldBlock { WouldBlock } else { Other(net::CONN_RESET) }
}

impl nonblocking::Network for Wire {
    fn connect(&mut self) -> nb::Result<(), Error> {
        self.begin().map_err(|_| Other(net::CONNECT_FAILED))
    }

    fn disconnect(&mut self) {
        self.stream = None;
    }

    fn read(&mut self, buffer: &mut [u8]) -> nb::Result<usize, Error> {
        self.read_now(buffer).map_err(|error| refused(&error))
    }

    fn write(&mut self, bytes: &[u8]) -> nb::Result<usize, Error> {
        self.write_now(bytes).map_err(|error| refused(&error))
    }

    fn now(&self) -> u64 {
        asynchronous::Clock::now(&self.start)
    }

    fn unix_time(&self) -> u64 {
        asynchronous::Clock::unix_time(&self.start)
    }
}

impl embedded_io_async::ErrorType for Wire {
    type Error = embedded_io_async::ErrorKind;
}

impl embedded_io_async::Read for Wire {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Self::Error> {
        poll_fn(|_| ready(self.read_now(buffer))).await
    }
}

impl embedded_io_async::Write for Wire {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        poll_fn(|_| ready(self.write_now(bytes))).await
    }

    async fn flush(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

fn ready(moved: io::Result<usize>) -> Poll<Result<usize, embedded_io_async::ErrorKind>> {
    match moved {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Poll::Pending,
        moved => Poll::Ready(moved.map_err(|_| embedded_io_async::ErrorKind::ConnectionReset)),
    }
}

impl asynchronous::Connect for Wire {
    async fn connect(&mut self) -> Result<(), Error> {
        self.begin().map_err(|_| net::CONNECT_FAILED)
    }

    async fn disconnect(&mut self) {
        self.stream = None;
    }
}

/// The system's clocks.
#[derive(Clone, Copy)]
struct System(Instant);

impl asynchronous::Clock for System {
    fn now(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_millis()).unwrap()
    }

    fn unix_time(&self) -> u64 {
        std::time::UNIX_EPOCH.elapsed().unwrap().as_secs()
    }

    async fn wait_until(&self, milliseconds: u64) {
        poll_fn(|_| {
            let is_over = asynchronous::Clock::now(self) >= milliseconds;
            if is_over { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}
