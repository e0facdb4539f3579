//! A simulated broker over connections that break at any byte, against the client: who gets what, and how often.
//!
//! Each seed is one life of a device: both sides publish at every quality of service, in pieces of any size, whole and
//! streamed; connections are cut, the device is reset and takes up its saved state, the broker may lose its sessions. In the
//! end, over a connection that holds, everything must have arrived as its quality of service promises (MQTT 3.1.1 §4.3), in
//! order (§4.6), with DUP only where it was tried before, and with every acknowledgement in its place. A failure names its seed.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    num::NonZeroU16,
    panic,
};

use mqtt::{Acknowledgement, Client, Event, Message, Options, Packet, QoS};
use status::Error;

use crate::support::{Collector, Owned, QOS, Random, conn_ack, encode, id, publish};

/// How many messages each side publishes.
const MESSAGES: usize = 25;
/// The broker's limit, as Mosquitto's `max_inflight_messages`.
const MAX_IN_FLIGHT: usize = 10;

fn payload(number: usize) -> Vec<u8> {
    let length = [8, 9, 40, 70, 300][number % 5];
    let mut payload = format!("{number:08}").into_bytes();
    payload.extend((8..length).map(|index| u8::try_from((index * number) % 256).unwrap()));
    payload
}

/// The number in a payload that must be whole and right.
fn number(bytes: &[u8]) -> usize {
    let number = std::str::from_utf8(&bytes[..8]).unwrap().parse().unwrap();
    assert_eq!(bytes, payload(number), "a payload was damaged");
    number
}

fn random_qos(random: &mut Random) -> QoS {
    QOS[random.below(3)]
}

/// Who has received which message, in order, with its quality of service.
#[derive(Default)]
struct Arrivals(Vec<(QoS, usize)>);

impl Arrivals {
    fn of(&self, qos: QoS) -> Vec<usize> {
        self.0.iter().filter(|(other, _)| *other == qos).map(|(_, number)| *number).collect()
    }

    /// Against all that was published; `is_complete` when no session was lost.
    fn check(&self, published: &[(QoS, usize)], is_complete: bool) {
        let published = Arrivals(published.to_vec());
        for qos in QOS {
            let (sent, mut got) = (published.of(qos), self.of(qos));
            if qos == QoS::AtLeastOnce {
                let mut seen = BTreeSet::new();
                got.retain(|number| seen.insert(*number));
            }
            assert!(got.is_sorted_by(|a, b| a < b), "{qos:?} out of order or twice: {got:?}");
            assert!(got.iter().all(|number| sent.contains(number)), "{qos:?}: never published");
            if is_complete && qos != QoS::AtMostOnce {
                assert_eq!(got, sent, "{qos:?} lost");
            }
        }
    }
}

struct Outgoing {
    identifier: u16,
    qos: QoS,
    number: usize,
    is_released: bool,
}

#[derive(Default)]
struct Broker {
    arrivals: Arrivals,
    published: Vec<(QoS, usize)>,
    in_flight: Vec<Outgoing>,
    received: BTreeSet<u16>,
    has_session: bool,
    last_identifier: u16,
    /// Of this connection.
    input: Vec<u8>,
    output: VecDeque<u8>,
    unanswered: BTreeMap<u8, VecDeque<u16>>,
    identifiers: BTreeSet<u16>,
    /// Of a broker that repeats acknowledgements, and makes up others.
    repetitions: Option<Random>,
}

impl Broker {
    fn drop_connection(&mut self) {
        self.input.clear();
        self.output.clear();
        self.unanswered.clear();
        self.identifiers.clear();
    }

    fn lose_session(&mut self) {
        self.has_session = false;
        self.in_flight.clear();
        self.received.clear();
    }

    /// Acknowledges a message of the client's, perhaps more often than it should, or another one.
    fn acknowledge(&mut self, packet: fn(NonZeroU16) -> Packet<'static>, identifier: NonZeroU16) {
        self.output.extend(encode(&packet(identifier)));
        let Some(random) = &mut self.repetitions else { return };
        for _ in 0..random.below(3) {
            // Nobody has come so far yet.
            let other = id(u16::try_from(60_000 + random.below(5_000)).unwrap());
            let identifier = if random.one_in(2) { identifier } else { other };
            self.output.extend(encode(&packet(identifier)));
        }
    }

    fn publish(&mut self, qos: QoS) {
        let number = self.published.len();
        if qos != QoS::AtMostOnce && self.in_flight.len() >= MAX_IN_FLIGHT {
            return;
        }
        self.published.push((qos, number));
        if qos == QoS::AtMostOnce {
            self.output.extend(publish("down", &payload(number), qos, 0, false));
            return;
        }
        // Identifiers are soon used again, so that a mistake about them shows.
        let used: Vec<_> = self.in_flight.iter().map(|message| message.identifier).collect();
        while self.last_identifier == 0 || used.contains(&self.last_identifier) {
            self.last_identifier = self.last_identifier % 12 + 1;
        }
        self.in_flight.push(Outgoing { identifier: self.last_identifier, qos, number, is_released: false });
        self.send(self.in_flight.len() - 1, false);
        self.last_identifier = 0;
    }

    fn send(&mut self, index: usize, duplicate: bool) {
        let Outgoing { identifier, qos, number, is_released } = self.in_flight[index];
        let packet = if is_released {
            encode(&Packet::PubRel(id(identifier)))
        } else {
            self.unanswered.entry(qos.number()).or_default().push_back(identifier);
            publish("down", &payload(number), qos, identifier, duplicate)
        };
        self.output.extend(packet);
    }

    /// Takes bytes from the client. `is_new` tells whether the application gave this message on this connection.
    fn receive(&mut self, bytes: &[u8], is_new: impl Fn(usize) -> bool) {
        self.input.extend(bytes);
        let input = std::mem::take(&mut self.input);
        let mut rest = input.as_slice();
        while let Some((packet, used)) = Packet::decode(rest).expect("the client's packets are well formed") {
            self.packet(&packet, &is_new);
            rest = &rest[used..];
        }
        self.input = rest.to_vec();
    }

    fn packet(&mut self, packet: &Packet<'_>, is_new: &impl Fn(usize) -> bool) {
        match packet {
            Packet::Connect(connect) => {
                assert!(!connect.clean_session && connect.client_id == "device");
                // A session counts once its CONNACK has arrived: MQTT 3.1.1 has no means against a broker that loses a session
                // and then the CONNACK that says so.
                self.output.extend(conn_ack(self.has_session));
                // As Mosquitto up to 1.5 does.
                if self.has_session && self.repetitions.is_some() {
                    for identifier in self.received.clone() {
                        self.acknowledge(Packet::PubRec, id(identifier));
                    }
                }
                for index in 0..self.in_flight.len() {
                    self.send(index, true);
                }
            }
            Packet::Publish(publish) => {
                let number = number(publish.message.payload);
                let Some(identifier) = publish.identifier else {
                    self.arrivals.0.push((QoS::AtMostOnce, number));
                    return;
                };
                assert!(!(publish.duplicate && is_new(number)), "DUP on a first delivery");
                assert!(
                    self.identifiers.insert(identifier.get()),
                    "sent twice on one connection, or an identifier in use"
                );
                if publish.message.qos == QoS::AtLeastOnce {
                    self.arrivals.0.push((QoS::AtLeastOnce, number));
                    self.identifiers.remove(&identifier.get());
                    self.acknowledge(Packet::PubAck, identifier);
                } else {
                    if self.received.insert(identifier.get()) {
                        self.arrivals.0.push((QoS::ExactlyOnce, number));
                    }
                    self.acknowledge(Packet::PubRec, identifier);
                }
            }
            Packet::PubRel(identifier) => {
                self.received.remove(&identifier.get());
                self.identifiers.remove(&identifier.get());
                assert!(identifier.get() < 60_000 || self.repetitions.is_some());
                self.acknowledge(Packet::PubComp, *identifier);
            }
            Packet::PubAck(identifier) => {
                self.in_order(1, *identifier);
                self.in_flight.retain(|message| message.identifier != identifier.get());
            }
            Packet::PubRec(identifier) => {
                self.in_order(2, *identifier);
                let message =
                    self.in_flight.iter_mut().find(|message| message.identifier == identifier.get()).unwrap();
                message.is_released = true;
                self.output.extend(encode(&Packet::PubRel(*identifier)));
            }
            Packet::PubComp(identifier) => {
                self.in_flight.retain(|message| message.identifier != identifier.get())
            }
            Packet::PingReq => self.output.extend(encode(&Packet::PingResp)),
            _ => panic!("a packet that this client has no reason to send"),
        }
    }

    /// [MQTT-4.6.0-2], [MQTT-4.6.0-3]
    fn in_order(&mut self, qos: u8, identifier: NonZeroU16) {
        let next = self.unanswered.get_mut(&qos).and_then(VecDeque::pop_front);
        assert_eq!(next, Some(identifier.get()), "an acknowledgement out of its order");
    }
}

/// The application on the device, which outlives the client's resets.
#[derive(Default)]
struct Application {
    arrivals: Arrivals,
    published: Vec<(QoS, usize)>,
    /// On which connection each message was given.
    given: Vec<usize>,
    by_identifier: BTreeMap<NonZeroU16, usize>,
    delivered: usize,
    discarded: usize,
    held: Vec<(QoS, NonZeroU16)>,
    streaming: usize,
}

struct World {
    random: Random,
    broker: Broker,
    application: Application,
    /// The device's bytes on their way, and those that have arrived there.
    up: VecDeque<u8>,
    down: Vec<u8>,
    is_up: bool,
    connection: usize,
    now: u64,
    options: Options<'static>,
    loses_sessions: bool,
    is_ending: bool,
}

enum End {
    Reset(Vec<u8>),
    Done,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut random = Random(seed);
        let acknowledgement =
            if random.one_in(3) { Acknowledgement::Manual } else { Acknowledgement::Automatic };
        let options = Options {
            client_id: "device",
            clean_session: false,
            keep_alive: 5,
            acknowledgement,
            ..Options::default()
        };
        Self {
            loses_sessions: random.one_in(4),
            broker: Broker {
                repetitions: seed.is_multiple_of(3).then_some(Random(seed)),
                ..Broker::default()
            },
            random,
            application: Application::default(),
            up: VecDeque::new(),
            down: vec![],
            is_up: false,
            connection: 0,
            now: 0,
            options,
            is_ending: false,
        }
    }

    /// From power-on to a reset, or to the end.
    fn live(&mut self, saved: Option<&[u8]>) -> End {
        let (mut spill, mut in_flight) = (vec![0; 20 + self.random.below(80)], vec![0; 1500]);
        let mut client = Client::new(self.options, &mut spill, &mut in_flight).unwrap();
        if let Some(saved) = saved {
            client.restore(saved).unwrap();
        }
        let mut collector = Collector::default();
        let mut idle = 0;
        loop {
            self.now += 1;
            if let Err(error) = self.step(&mut client, &mut collector) {
                panic!("the client failed: {error}");
            }
            self.take(&mut client, &mut collector);
            let all = self.application.published.len() == MESSAGES && self.broker.published.len() == MESSAGES;
            self.is_ending |= all;
            let is_quiet = self.up.is_empty() && self.down.is_empty() && self.broker.output.is_empty();
            idle =
                if self.is_ending && self.is_up && is_quiet && !client.has_output() { idle + 1 } else { 0 };
            if idle > 100 {
                assert_eq!(client.undelivered().count(), 0);
                return End::Done;
            }
            // What a reset of an application loses that acknowledges by itself is the application's affair.
            let may_reset = !self.is_ending && self.options.acknowledgement == Acknowledgement::Automatic;
            if may_reset && self.random.one_in(150) {
                let mut saved = vec![0; client.saved_length()];
                client.save(&mut saved).unwrap();
                self.cut();
                return End::Reset(saved);
            }
        }
    }

    fn step(&mut self, client: &mut Client<'_>, collector: &mut Collector) -> Result<(), Error> {
        if !self.is_up {
            if self.random.one_in(3) {
                return self.give(client);
            }
            if self.loses_sessions && self.random.one_in(3) {
                self.broker.lose_session();
            }
            self.connection += 1;
            self.is_up = true;
            let mut out = [0; 64];
            let length = client.connect(self.now, &mut out)?;
            // What was received at QoS 1 comes again.
            self.application.held.retain(|(qos, _)| *qos == QoS::ExactlyOnce);
            self.up.extend(&out[..length]);
            return Ok(());
        }
        match self.random.below(12) {
            0 | 1 => self.give(client),
            2 if self.broker.has_session
                && self.broker.published.len() < MESSAGES
                && client.is_connected() =>
            {
                let qos = random_qos(&mut self.random);
                self.broker.publish(qos);
                Ok(())
            }
            3..=5 => self.write(client),
            6 | 7 => {
                self.carry_up();
                Ok(())
            }
            8..=10 => self.carry_down(client, collector),
            11 if !self.is_ending && self.random.one_in(6) => {
                // What was on its way arrives in part.
                if self.random.one_in(2) {
                    self.carry_up();
                    self.carry_down(client, collector)?;
                }
                self.cut();
                client.closed().unwrap_err();
                Ok(())
            }
            _ => self.acknowledge(client),
        }
    }

    fn cut(&mut self) {
        self.is_up = false;
        self.up.clear();
        self.down.clear();
        self.broker.drop_connection();
    }

    /// The application publishes its next message in one of the ways that there are.
    fn give(&mut self, client: &mut Client<'_>) -> Result<(), Error> {
        let number = self.application.published.len();
        if number == MESSAGES {
            return Ok(());
        }
        let qos = random_qos(&mut self.random);
        let payload = payload(number);
        let mut out = vec![0; self.random.below(400)];
        let message = Message { topic: "up", payload: &payload, qos, retain: false };
        let before = client.saved_length();
        let result = match self.random.below(4) {
            0 if qos != QoS::AtMostOnce => client.queue(&message).map(|identifier| (0, Some(identifier))),
            1 => {
                let first = Message { payload: &payload[..self.random.below(payload.len())], ..message };
                let result = client.start(&first, payload.len(), self.now, &mut out);
                result.map(|published| (published.written, published.identifier))
            }
            _ => client
                .publish(&message, self.now, &mut out)
                .map(|published| (published.written, published.identifier)),
        };
        let Ok((written, identifier)) = result else {
            assert_eq!(client.saved_length(), before, "an error that has changed something");
            return Ok(());
        };
        self.up.extend(&out[..written]);
        self.application.published.push((qos, number));
        self.application.given.push(self.connection);
        if qos == QoS::AtMostOnce {
            self.application.streaming = number;
        }
        if let Some(identifier) = identifier {
            let old = self.application.by_identifier.insert(identifier, number);
            assert_eq!(old, None, "an identifier in use was given again");
        }
        Ok(())
    }

    fn write(&mut self, client: &mut Client<'_>) -> Result<(), Error> {
        let mut out = vec![0; self.random.below(80)];
        let written = if let Some(stream) = client.stream() {
            let number = match stream.identifier {
                Some(identifier) => self.application.by_identifier[&identifier],
                None => self.application.streaming,
            };
            let payload = payload(number);
            client.chunk(&payload[payload.len() - stream.remaining..], self.now, &mut out)?
        } else {
            client.poll(self.now, &mut out)?
        };
        self.up.extend(&out[..written]);
        Ok(())
    }

    fn carry_up(&mut self) {
        let length = self.random.below(self.up.len() + 1);
        let bytes: Vec<u8> = self.up.drain(..length).collect();
        let (given, connection) = (&self.application.given, self.connection);
        self.broker.receive(&bytes, |number| given[number] == connection);
    }

    fn carry_down(&mut self, client: &mut Client<'_>, collector: &mut Collector) -> Result<(), Error> {
        let length = self.random.below(self.broker.output.len() + 1);
        self.down.extend(self.broker.output.drain(..length));
        let end = self.random.below(self.down.len() + 1);
        let (used, event) = client.receive(&self.down[..end], self.now)?;
        if let Some(event) = event {
            if let Event::Connected { discarded, .. } = event {
                self.application.discarded += discarded;
                self.broker.has_session = true;
            }
            collector.push(&event);
        }
        self.down.drain(..used);
        if self.application.discarded > 0 {
            // Only those that the client still knows are still identified.
            let known: BTreeSet<_> = client.undelivered().collect();
            let application = &mut self.application;
            let delivered: Vec<_> = collector.events.iter().collect();
            application.by_identifier.retain(|identifier, _| {
                known.contains(identifier) || delivered.contains(&&Owned::Delivered(*identifier))
            });
        }
        Ok(())
    }

    /// The application takes its events.
    fn take(&mut self, client: &mut Client<'_>, collector: &mut Collector) {
        for event in collector.events.drain(..) {
            match event {
                Owned::Connected { session_present: true, .. } => {}
                Owned::Connected { session_present: false, .. } => self.application.held.clear(),
                Owned::Message { payload, qos, identifier, .. } => {
                    self.application.arrivals.0.push((qos, number(&payload)));
                    if self.options.acknowledgement == Acknowledgement::Manual {
                        self.application.held.extend(identifier.map(|identifier| (qos, identifier)));
                    }
                }
                Owned::Delivered(identifier) => {
                    self.application
                        .by_identifier
                        .remove(&identifier)
                        .expect("delivered twice, or never published");
                    self.application.delivered += 1;
                    assert!(client.undelivered().all(|other| other != identifier));
                }
                other => panic!("{other:?}"),
            }
        }
    }

    /// The application acknowledges in any order, also without a connection.
    fn acknowledge(&mut self, client: &mut Client<'_>) -> Result<(), Error> {
        if self.application.held.is_empty() {
            return Ok(());
        }
        let index = self.random.below(self.application.held.len());
        client.acknowledge(self.application.held.swap_remove(index).1)
    }

    fn check(&self) {
        let Self { application, broker, .. } = self;
        broker.arrivals.check(&application.published, !self.loses_sessions);
        application.arrivals.check(&broker.published, !self.loses_sessions);
        let kept = application.published.iter().filter(|(qos, _)| *qos != QoS::AtMostOnce).count();
        assert_eq!(application.delivered + application.discarded, kept, "every message has one end");
        assert!(self.loses_sessions || application.discarded == 0);
        assert!(broker.received.is_empty() && broker.in_flight.is_empty());
    }
}

fn run(seed: u64) -> (usize, usize) {
    let mut world = World::new(seed);
    let mut saved = None;
    let mut lives = 1;
    while let End::Reset(state) = world.live(saved.as_deref()) {
        saved = Some(state);
        lives += 1;
    }
    world.check();
    (lives, world.connection)
}

#[test]
fn every_message_arrives_as_promised() {
    let (mut lives, mut connections) = (0, 0);
    for seed in 0..2_500 {
        match panic::catch_unwind(|| run(seed)) {
            Ok((more_lives, more_connections)) => {
                lives += more_lives;
                connections += more_connections;
            }
            Err(cause) => {
                eprintln!("seed {seed}");
                panic::resume_unwind(cause);
            }
        }
    }
    // The simulation is worth something only if lives and connections do end.
    assert!(lives > 4_000 && connections > 15_000, "{lives} lives, {connections} connections");
}
