//! A hundred devices at one broker, in one thread: a gateway that speaks for the meters behind it.
//! `cargo run --release --bin gateway -- broker.example 8883 ca.pem 100`
//!
//! Each meter has a connection of its own, publishes its reading every ten seconds and can be told something. No socket waits: each
//! session goes as far as it can, and the thread sleeps until a socket is ready or a deadline has come.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, ToSocketAddrs};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use mio::{Events, Interest, Poll, Registry, Token, net::TcpStream};
use mqtts::mqtt::{Event, Message, QoS, Subscription};
use mqtts::nonblocking::{Network, Session};
use mqtts::status::{Error, net};
use mqtts::tls12::Config;
use mqtts::{Client, Security, Settings, pc};
use nb::Error::{Other, WouldBlock};

/// Between two readings, in milliseconds.
const PERIOD: u64 = 10_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, host, port, ca, count] = arguments.as_slice() else { return Err("HOST PORT CA COUNT".into()) };
    let address = (host.as_str(), port.parse()?).to_socket_addrs()?.next().ok_or("no such host")?;
    let config = Config { anchors: Some(pc::anchors(ca)?), ..Config::default() };
    let security = Security::Tls { host, config: &config };
    let names: Vec<String> = (0..count.parse()?).map(|number| format!("meter-{number}")).collect();
    let filters: Vec<String> = names.iter().map(|name| format!("{name}/set")).collect();
    let lists: Vec<_> =
        filters.iter().map(|filter| [Subscription { filter, qos: QoS::AtLeastOnce }]).collect();
    let mut memories: Vec<_> = names.iter().map(|_| pc::Memory::new(1_024, 1_024)).collect();
    let mut clients = Vec::new();
    for ((name, list), memory) in names.iter().zip(&lists).zip(&mut memories) {
        let settings = Settings { subscriptions: list, ..Settings::new(security, name) };
        clients.push((Client::new(settings, memory.lend())?, pc::accelerator()));
    }
    let (mut poll, mut events, start) = (Poll::new()?, Events::with_capacity(256), Instant::now());
    let registry = poll.registry().try_clone()?;
    let mut meters: Vec<_> = clients
        .iter_mut()
        .enumerate()
        .map(|(index, (client, accel))| {
            let socket = Socket { address, registry: &registry, token: Token(index), stream: None, start };
            // A meter, and when its next reading is due.
            (Session::new(client, accel, socket), 0)
        })
        .collect();

    let (mut connected, mut now) = (0, 0);
    let mut next: Vec<usize> = (0..meters.len()).collect();
    loop {
        for index in next.drain(..) {
            let (name, (session, due)) = (&names[index], &mut meters[index]);
            if session.client.is_connected() && *due <= now {
                *due = now + PERIOD;
                let (topic, payload) = (format!("{name}/value"), now.to_string());
                // A broker that acknowledges nothing for long has filled the memory: the next reading is another chance.
                let _ = session.publish(&Message::new(&topic, payload.as_bytes(), QoS::AtLeastOnce));
            }
            loop {
                match session.next() {
                    Ok(Some(Event::Message(it))) => {
                        println!("{}: {}", it.message.topic, String::from_utf8_lossy(it.message.payload));
                    }
                    Ok(_) => {}
                    Err(Other(status)) => println!("{name}: {status}"),
                    Err(WouldBlock) => break,
                }
            }
        }
        let count = meters.iter().filter(|(session, _)| session.client.is_connected()).count();
        if std::mem::replace(&mut connected, count) != count {
            println!("{count} of {} connected", meters.len());
        }
        // What was due and is not done, such as a connection that is being made, waits for its socket.
        let wake = meters.iter().map(deadline).filter(|due| *due > now).min().unwrap_or(now + PERIOD);
        let wait = wake.saturating_sub(start.elapsed().as_millis() as u64);
        match poll.poll(&mut events, Some(Duration::from_millis(wait))) {
            Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error.into()),
            _ => next.extend(events.iter().map(|event| event.token().0)),
        }
        now = start.elapsed().as_millis() as u64;
        next.extend((0..meters.len()).filter(|index| deadline(&meters[*index]) <= now));
    }
}

/// When something has to be done although no socket is ready.
fn deadline<A, N>((session, due): &(Session<'_, '_, A, N>, u64)) -> u64 {
    let due = if session.client.is_connected() { *due } else { u64::MAX };
    session.client.next_deadline().map_or(due, |deadline| deadline.min(due))
}

struct Socket<'a> {
    address: SocketAddr,
    registry: &'a Registry,
    token: Token,
    stream: Option<TcpStream>,
    start: Instant,
}

impl Socket<'_> {
    fn open(&mut self) -> io::Result<TcpStream> {
        let mut stream = TcpStream::connect(self.address)?;
        self.registry.register(&mut stream, self.token, Interest::READABLE | Interest::WRITABLE)?;
        Ok(stream)
    }
}

impl Network for Socket<'_> {
    fn connect(&mut self) -> nb::Result<(), Error> {
        if self.stream.is_none() {
            self.stream = self.open().ok();
        }
        match &self.stream {
            Some(stream) if matches!(stream.take_error(), Ok(None)) => {
                // As long as it connects it has no peer.
                stream.peer_addr().map(drop).map_err(|_| WouldBlock)
            }
            _ => Err(Other(net::CONNECT_FAILED)),
        }
    }

    fn disconnect(&mut self) {
        self.stream = None;
    }

    fn read(&mut self, buffer: &mut [u8]) -> nb::Result<usize, Error> {
        let stream = self.stream.as_mut().ok_or(Other(net::INVALID_CONTEXT))?;
        stream.read(buffer).map_err(|error| failure(&error, net::RECV_FAILED))
    }

    fn write(&mut self, bytes: &[u8]) -> nb::Result<usize, Error> {
        let stream = self.stream.as_mut().ok_or(Other(net::INVALID_CONTEXT))?;
        stream.write(bytes).map_err(|error| failure(&error, net::SEND_FAILED))
    }

    fn now(&self) -> u64 {
        self.start.elapsed().as_millis() as u64
    }

    fn unix_time(&self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
    }
}

fn failure(error: &io::Error, code: Error) -> nb::Error<Error> {
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::Interrupted => WouldBlock,
        _ => Other(code),
    }
}
