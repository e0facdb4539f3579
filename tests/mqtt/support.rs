//! What the tests share: packets as bytes, events that own their data.

use std::num::NonZeroU16;

use mqtt::{Client, ConnAck, Event, Message, Options, Packet, Publish, QoS, SubAck};
use status::Error;
pub(crate) use tests::{hex::hex, random::Random};

pub(crate) const QOS: [QoS; 3] = [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce];

pub(crate) fn id(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).unwrap()
}

pub(crate) fn encode(packet: &Packet<'_>) -> Vec<u8> {
    let mut out = vec![0; 70_000];
    let length = packet.encode(&mut out).unwrap();
    out.truncate(length);
    out
}

pub(crate) fn conn_ack(session_present: bool) -> Vec<u8> {
    encode(&Packet::ConnAck(ConnAck { session_present, return_code: 0 }))
}

pub(crate) fn sub_ack(identifier: NonZeroU16, codes: &[u8]) -> Vec<u8> {
    encode(&Packet::SubAck(SubAck { identifier, results: mqtt::Results::new(codes).unwrap() }))
}

pub(crate) fn message<'a>(topic: &'a str, payload: &'a [u8], qos: QoS) -> Message<'a> {
    Message { topic, payload, qos, retain: false }
}

pub(crate) fn publish(topic: &str, payload: &[u8], qos: QoS, identifier: u16, duplicate: bool) -> Vec<u8> {
    let identifier = NonZeroU16::new(identifier);
    encode(&Packet::Publish(Publish { duplicate, message: message(topic, payload, qos), identifier }))
}

/// An event that owns what it tells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Owned {
    Connected {
        session_present: bool,
        discarded: usize,
    },
    Message {
        topic: String,
        payload: Vec<u8>,
        qos: QoS,
        retain: bool,
        duplicate: bool,
        identifier: Option<NonZeroU16>,
    },
    Delivered(NonZeroU16),
    Subscribed(NonZeroU16, Vec<Option<QoS>>),
    Unsubscribed(NonZeroU16),
}

/// Collects events; the chunks of a message become one message again.
#[derive(Default)]
pub(crate) struct Collector {
    pub(crate) events: Vec<Owned>,
    partial: Option<(Owned, usize)>,
}

impl Collector {
    pub(crate) fn push(&mut self, event: &Event<'_>) {
        match *event {
            Event::Connected { session_present, discarded, .. } => {
                self.partial = None;
                self.events.push(Owned::Connected { session_present, discarded });
            }
            Event::Message(received) => {
                assert!(self.partial.is_none(), "a message inside a message");
                let owned = Owned::Message {
                    topic: received.message.topic.to_owned(),
                    payload: received.message.payload.to_vec(),
                    qos: received.message.qos,
                    retain: received.message.retain,
                    duplicate: received.duplicate,
                    identifier: received.identifier,
                };
                if received.is_whole() {
                    self.events.push(owned);
                } else {
                    self.partial = Some((owned, received.total));
                }
            }
            Event::Chunk { data, offset, total } => self.chunk(data, offset, total),
            Event::Delivered { identifier, .. } => self.events.push(Owned::Delivered(identifier)),
            Event::Subscribed { identifier, results } => {
                assert_eq!(results.len(), results.iter().count());
                self.events.push(Owned::Subscribed(identifier, results.iter().collect()));
            }
            Event::Unsubscribed { identifier } => self.events.push(Owned::Unsubscribed(identifier)),
            other => panic!("nobody knows {other:?}"),
        }
    }

    fn chunk(&mut self, data: &[u8], offset: usize, total: usize) {
        let (mut owned, announced) = self.partial.take().expect("a chunk without a message");
        let Owned::Message { payload, .. } = &mut owned else { panic!("only messages are begun") };
        assert_eq!(announced, total);
        assert_eq!(payload.len(), offset);
        payload.extend(data);
        if payload.len() == total {
            self.events.push(owned);
        } else {
            self.partial = Some((owned, total));
        }
    }
}

/// Gives the client all bytes, in pieces that the function measures.
pub(crate) fn feed(
    client: &mut Client<'_>,
    bytes: &[u8],
    collector: &mut Collector,
    mut piece: impl FnMut() -> usize,
) -> Result<(), Error> {
    let mut rest = bytes;
    while !rest.is_empty() {
        let (mut now, after) = rest.split_at(piece().clamp(1, rest.len()));
        rest = after;
        while !now.is_empty() {
            let (used, event) = client.receive(now, 0)?;
            assert!(used > 0, "blocked");
            if let Some(event) = &event {
                collector.push(event);
            }
            now = &now[used..];
        }
    }
    Ok(())
}

/// The events of these bytes, all given at once.
pub(crate) fn events(client: &mut Client<'_>, bytes: &[u8]) -> Result<Vec<Owned>, Error> {
    let mut collector = Collector::default();
    feed(client, bytes, &mut collector, || usize::MAX)?;
    Ok(collector.events)
}

/// What `poll` writes.
pub(crate) fn poll(client: &mut Client<'_>, now: u64) -> Vec<u8> {
    let mut out = vec![0; 70_000];
    let length = client.poll(now, &mut out).unwrap();
    out.truncate(length);
    out
}

/// A session that the server keeps.
pub(crate) fn persistent() -> Options<'static> {
    Options { client_id: "test", clean_session: false, ..Options::default() }
}

/// Runs the function with a connected client on a spill of 64 bytes and an in-flight buffer of 1024.
pub(crate) fn connected(options: Options<'_>, test: impl FnOnce(&mut Client<'_>)) {
    let (mut spill, mut in_flight) = ([0; 64], [0; 1024]);
    let mut client = Client::new(options, &mut spill, &mut in_flight).unwrap();
    connect(&mut client, false);
    test(&mut client);
}

/// Connects, at the time 0.
pub(crate) fn connect(client: &mut Client<'_>, session_present: bool) {
    client.connect(0, &mut [0; 256]).unwrap();
    let events = events(client, &conn_ack(session_present)).unwrap();
    assert!(matches!(events[..], [Owned::Connected { .. }]));
}

/// Runs a script with a connected client and these bytes of the server: whole, byte by byte and at random splits.
pub(crate) fn in_every_way(
    options: Options<'_>,
    before: impl Fn(&mut Client<'_>),
    bytes: &[u8],
    after: impl Fn(&mut Client<'_>, Result<Vec<Owned>, Error>),
) {
    for way in 0..12 {
        connected(options, |client| {
            before(client);
            let (mut collector, mut random) = (Collector::default(), Random(way));
            let piece = || match way {
                0 => usize::MAX,
                1 => 1,
                _ => 1 + random.below(9),
            };
            let result = feed(client, bytes, &mut collector, piece);
            after(client, result.map(|()| collector.events));
        });
    }
}
