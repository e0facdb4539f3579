//! An MQTT client over TLS, or over a bare socket: what a device's connection task does, without the device.

use std::{
    io::{ErrorKind, Read, Write},
    net::{Ipv4Addr, TcpStream},
    num::NonZeroU16,
    time::{Duration, Instant},
};

use mqtt::{Client, Event, Message, Options, QoS, Subscription};
use status::Error;
use tls12::Want;

use crate::{
    files::lend,
    tls_client::{PATIENCE, Tls},
};

/// What carries the packets.
pub(crate) enum Carrier {
    /// Nothing but TCP; what was received and not yet used.
    Plain(TcpStream, Vec<u8>),
    /// Our TLS.
    Tls(Box<Tls>),
}

impl From<Tls> for Carrier {
    fn from(tls: Tls) -> Self {
        Self::Tls(Box::new(tls))
    }
}

/// An event that owns its bytes; a message is whole.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Got {
    Connected { session_present: bool },
    Message { topic: String, payload: Vec<u8>, qos: QoS, retain: bool },
    Delivered(NonZeroU16),
    Subscribed(Vec<Option<QoS>>),
    Unsubscribed,
}

/// A client that is or was connected.
pub(crate) struct Mqtt {
    client: Client<'static>,
    pub carrier: Carrier,
    began: Instant,
    partial: Option<Got>,
}

/// The options of a client with a name of its own.
pub(crate) fn named(client_id: &'static str) -> Options<'static> {
    Options { client_id, ..Options::default() }
}

impl Mqtt {
    /// Connects, and expects the broker to accept.
    pub(crate) fn connect(options: Options<'static>, carrier: impl Into<Carrier>) -> Self {
        let client = Client::new(options, lend(1024), lend(4096)).unwrap();
        let mut mqtt = Self { client, carrier: carrier.into(), began: Instant::now(), partial: None };
        mqtt.open();
        mqtt
    }

    /// The same client on a new connection; whether the broker still has its session.
    pub(crate) fn reconnect(&mut self, carrier: impl Into<Carrier>) -> bool {
        let _ = self.client.closed();
        self.partial = None;
        self.carrier = carrier.into();
        self.open()
    }

    fn open(&mut self) -> bool {
        let now = self.now();
        let client = &mut self.client;
        self.carrier.put(|out| client.connect(now, out));
        match self.event() {
            Got::Connected { session_present } => session_present,
            other => panic!("{other:?} instead of CONNACK"),
        }
    }

    /// Subscribes and expects exactly this quality of service.
    pub(crate) fn subscribe(&mut self, filter: &str, qos: QoS) {
        let now = self.now();
        let client = &mut self.client;
        self.carrier.put(|out| {
            client.subscribe(&[Subscription { filter, qos }], now, out).map(|(written, _)| written)
        });
        let got = self.wait(|got| matches!(got, Got::Subscribed(_)));
        assert_eq!(got, Got::Subscribed(vec![Some(qos)]));
    }

    /// Publishes, and waits until it is delivered where the quality of service has an answer. Messages that arrive
    /// meanwhile are returned.
    pub(crate) fn publish(&mut self, topic: &str, payload: &[u8], qos: QoS, retain: bool) -> Vec<Got> {
        let now = self.now();
        let client = &mut self.client;
        let message = Message { topic, payload: &[], qos, retain };
        let mut identifier = None;
        self.carrier.put(|out| {
            let published = client.start(&message, payload.len(), now, out)?;
            identifier = published.identifier;
            Ok(published.written)
        });
        let mut rest = payload;
        while !rest.is_empty() {
            let client = &mut self.client;
            let length = self.carrier.put(|out| client.chunk(rest, now, out));
            rest = &rest[length..];
        }
        let mut others = Vec::new();
        while let Some(identifier) = identifier {
            match self.event() {
                Got::Delivered(delivered) if delivered == identifier => break,
                other => others.push(other),
            }
        }
        others
    }

    /// The next message: topic and payload.
    pub(crate) fn message(&mut self) -> Got {
        self.wait(|got| matches!(got, Got::Message { .. }))
    }

    /// Returns when the broker has answered everything that was sent before, which it does in order.
    pub(crate) fn settle(&mut self) {
        self.subscribe("settled", QoS::AtMostOnce);
    }

    /// Says DISCONNECT, then close_notify.
    pub(crate) fn disconnect(mut self) -> Self {
        let client = &mut self.client;
        self.carrier.put(|out| client.disconnect(out));
        if let Carrier::Tls(tls) = &mut self.carrier {
            tls.close();
        }
        self
    }

    /// The TLS underneath.
    pub(crate) fn tls(&mut self) -> &mut Tls {
        match &mut self.carrier {
            Carrier::Tls(tls) => tls,
            Carrier::Plain(..) => panic!("no TLS here"),
        }
    }

    fn wait(&mut self, wanted: impl Fn(&Got) -> bool) -> Got {
        loop {
            let got = self.event();
            if wanted(&got) {
                return got;
            }
        }
    }

    /// Waits for the next event.
    pub(crate) fn event(&mut self) -> Got {
        let begun = Instant::now();
        loop {
            assert!(begun.elapsed() < PATIENCE, "the broker says nothing");
            let now = self.now();
            let (used, event) = self.client.receive(self.carrier.received(), now).unwrap();
            let got = event.and_then(|event| own(&mut self.partial, event));
            self.carrier.used(used);
            let client = &mut self.client;
            self.carrier.put(|out| client.poll(now, out));
            if let Some(got) = got {
                return got;
            }
            if used == 0 {
                self.carrier.wait();
            }
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap()
    }
}

/// Makes an event its own, and gathers a message that comes in chunks.
fn own(partial: &mut Option<Got>, event: Event<'_>) -> Option<Got> {
    let whole = match event {
        Event::Connected { session_present, .. } => return Some(Got::Connected { session_present }),
        Event::Delivered { identifier, .. } => return Some(Got::Delivered(identifier)),
        Event::Subscribed { results, .. } => return Some(Got::Subscribed(results.iter().collect())),
        Event::Unsubscribed { .. } => return Some(Got::Unsubscribed),
        Event::Message(received) => {
            let Message { topic, payload, qos, retain } = received.message;
            *partial = Some(Got::Message { topic: topic.to_owned(), payload: payload.to_vec(), qos, retain });
            received.is_whole()
        }
        Event::Chunk { data, offset, total } => {
            let Some(Got::Message { payload, .. }) = partial else { panic!("a chunk of nothing") };
            assert_eq!(payload.len(), offset);
            payload.extend_from_slice(data);
            offset + data.len() == total
        }
        other => panic!("nobody knows {other:?}"),
    };
    if whole { partial.take() } else { None }
}

impl Carrier {
    /// Connects without TLS.
    pub(crate) fn plain(port: u16) -> Self {
        let socket = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        Self::Plain(socket, Vec::new())
    }

    /// Lets `write` fill a buffer and sends what it wrote. With TLS the buffer is the record itself.
    fn put(&mut self, write: impl FnOnce(&mut [u8]) -> Result<usize, Error>) -> usize {
        match self {
            Self::Plain(socket, _) => {
                let mut buffer = [0; 2048];
                let length = write(&mut buffer).unwrap();
                socket.write_all(&buffer[..length]).unwrap();
                length
            }
            Self::Tls(tls) => {
                tls.until("room to write", |_, want| want.contains(Want::WRITE)).unwrap();
                let length = write(tls.connection.write_space()).unwrap();
                tls.wrote(length).unwrap();
                length
            }
        }
    }

    fn received(&self) -> &[u8] {
        match self {
            Self::Plain(_, received) => received,
            Self::Tls(tls) => tls.connection.plaintext(),
        }
    }

    fn used(&mut self, length: usize) {
        match self {
            Self::Plain(_, received) => drop(received.drain(..length)),
            Self::Tls(tls) => tls.connection.consume(length),
        }
    }

    /// Waits a little for more bytes.
    fn wait(&mut self) {
        match self {
            Self::Plain(socket, received) => {
                let mut buffer = [0; 2048];
                match socket.read(&mut buffer) {
                    Ok(0) => panic!("the broker has closed the connection"),
                    Ok(length) => received.extend_from_slice(&buffer[..length]),
                    Err(error) => {
                        assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut))
                    }
                }
            }
            Self::Tls(tls) => {
                let want = tls.turn().unwrap();
                assert!(!want.contains(Want::CLOSED), "the broker has closed the connection");
            }
        }
    }
}
