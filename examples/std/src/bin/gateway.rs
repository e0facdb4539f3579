//! A hundred devices at one broker, in one thread: a gateway that speaks for the meters behind it.
//! `cargo run --release --bin gateway -- broker.example 8883 ca.pem 100`
//!
//! Each meter has a connection of its own, publishes its reading every ten seconds and can be told something. No socket waits: each
//! [`Meter::turn`] goes as far as it can, and the thread sleeps until a socket is ready or a deadline has come.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, ToSocketAddrs};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use mio::{Events, Interest, Poll, Registry, Token, net::TcpStream};
use mqtts::accel::Accel;
use mqtts::mqtt::{Event, Message, QoS, Subscription};
use mqtts::status::{Error, Status, net};
use mqtts::tls12::{Config, Want};
use mqtts::{Client, Security, Settings, pc};

/// Between two readings, in milliseconds.
const PERIOD: u64 = 10_000;

struct Meter<'b> {
    name: &'b str,
    client: Client<'b>,
    socket: Option<TcpStream>,
    /// The socket has reached the broker.
    is_open: bool,
    /// The next reading is due at this time in milliseconds.
    due: u64,
}

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
    let mut meters = Vec::new();
    for ((name, list), memory) in names.iter().zip(&lists).zip(&mut memories) {
        let settings = Settings { subscriptions: list, ..Settings::new(security, name) };
        meters.push(Meter {
            name,
            client: Client::new(settings, memory.lend())?,
            socket: None,
            is_open: false,
            due: 0,
        });
    }

    let (mut accel, mut poll, mut events) = (pc::accelerator(), Poll::new()?, Events::with_capacity(256));
    let (start, mut connected) = (Instant::now(), 0);
    let mut next: Vec<usize> = (0..meters.len()).collect();
    loop {
        let now = start.elapsed().as_millis() as u64;
        for index in next.drain(..) {
            let meter = &mut meters[index];
            if let Err(status) = meter.turn(address, poll.registry(), Token(index), &mut accel, now) {
                println!("{}: {status}", meter.name);
            }
        }
        let count = meters.iter().filter(|meter| meter.client.is_connected()).count();
        if std::mem::replace(&mut connected, count) != count {
            println!("{count} of {} connected", meters.len());
        }
        let wait = meters.iter().map(Meter::deadline).min().unwrap_or(now).saturating_sub(now);
        match poll.poll(&mut events, Some(Duration::from_millis(wait))) {
            Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error.into()),
            _ => next.extend(events.iter().map(|event| event.token().0)),
        }
        let now = start.elapsed().as_millis() as u64;
        next.extend((0..meters.len()).filter(|index| meters[*index].deadline() <= now));
    }
}

impl Meter<'_> {
    /// When something has to be done although no socket is ready.
    fn deadline(&self) -> u64 {
        let due = if self.client.is_connected() { self.due } else { u64::MAX };
        self.client.next_deadline().map_or(due, |deadline| deadline.min(due))
    }

    /// Connects, reads, publishes and answers as far as that goes without waiting.
    ///
    /// # Errors
    /// What has ended the connection; the client says when the next one is due.
    fn turn(
        &mut self,
        address: SocketAddr,
        poll: &Registry,
        token: Token,
        accel: &mut impl Accel,
        now: u64,
    ) -> Result<(), Status> {
        let moved = match self.client.retry_at() {
            Some(at) if at > now => Ok(()),
            Some(_) => self.connect(address, poll, token),
            None => Ok(()),
        };
        if let Err(reason) = moved.and_then(|()| self.go(accel, now)) {
            self.socket = None;
            return self.client.ended(reason, accel, now).map_or(Ok(()), Err);
        }
        Ok(())
    }

    fn connect(&mut self, address: SocketAddr, poll: &Registry, token: Token) -> Result<(), Option<Error>> {
        let mut socket = TcpStream::connect(address).map_err(|_| net::CONNECT_FAILED)?;
        poll.register(&mut socket, token, Interest::READABLE | Interest::WRITABLE)
            .map_err(|_| net::CONNECT_FAILED)?;
        (self.socket, self.is_open) = (Some(socket), false);
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.client.connected(since.as_secs());
        Ok(())
    }

    /// Moves bytes until the socket waits. An error is the end of the connection, with the socket's reason if it has one.
    fn go(&mut self, accel: &mut impl Accel, now: u64) -> Result<(), Option<Error>> {
        let Some(socket) = &mut self.socket else { return Ok(()) };
        if !self.is_open {
            if !matches!(socket.take_error(), Ok(None)) {
                return Err(Some(net::CONNECT_FAILED));
            }
            // As long as it connects it has no peer.
            self.is_open = socket.peer_addr().is_ok();
            if !self.is_open {
                return Ok(());
            }
        }
        loop {
            if self.client.is_connected() && self.due <= now {
                self.due = now + PERIOD;
                let topic = format!("{}/value", self.name);
                let payload = now.to_string();
                let reading = Message {
                    topic: &topic,
                    payload: payload.as_bytes(),
                    qos: QoS::AtLeastOnce,
                    retain: false,
                };
                // A broker that acknowledges nothing for long has filled the memory: the next reading is another chance.
                let _ = self.client.publish(&reading, accel, now);
            }
            let polled = self.client.poll(accel, now);
            let mut is_sending = !self.client.send_bytes().is_empty();
            if is_sending {
                // After a failure, too: the alert.
                match ready(socket.write(self.client.send_bytes())) {
                    Some(Ok(sent)) => self.client.sent(sent),
                    Some(Err(_)) => self.client.send_closed(),
                    None => is_sending = false,
                }
            }
            match polled {
                Err(_) if is_sending => {}
                Err(_) => return Err(None),
                Ok(want) if want.contains(Want::READ) => match self.client.event(now) {
                    Ok(Some(Event::Message(it))) => {
                        println!("{}: {}", it.message.topic, String::from_utf8_lossy(it.message.payload));
                    }
                    // What has failed is the next poll's error.
                    Ok(_) | Err(_) => {}
                },
                Ok(want) if want.contains(Want::RECV) && !want.contains(Want::BUSY) => {
                    match ready(socket.read(self.client.recv_space())) {
                        Some(Ok(0)) => self.client.recv_closed(),
                        Some(Ok(received)) => self.client.received(received),
                        Some(Err(_)) => {
                            self.client.recv_closed();
                            return Err(Some(net::RECV_FAILED));
                        }
                        None if is_sending => {}
                        None => return Ok(()),
                    }
                }
                Ok(want) if is_sending || want.contains(Want::BUSY) => {}
                Ok(_) => return Ok(()),
            }
        }
    }
}

/// Nothing while the socket would wait.
fn ready(result: io::Result<usize>) -> Option<io::Result<usize>> {
    match result {
        Err(error) if error.kind() == ErrorKind::WouldBlock => None,
        result => Some(result),
    }
}
