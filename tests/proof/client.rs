//! A client of `mqtts` that remembers what it was told.

use std::{
    num::NonZeroU16,
    time::{Duration, Instant},
};

use mqtts::{
    BackOff, Client, Security, Settings,
    blocking::Session,
    mqtt::{self, Event, Message, QoS, Subscription},
    pc,
    status::Status,
};

/// A message that arrived whole.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Heard {
    pub topic: String,
    pub payload: Vec<u8>,
    pub qos: QoS,
    pub retain: bool,
}

/// A client and its life.
pub(crate) struct Talker {
    pub session: Session<'static, 'static, pc::Accelerator, pc::Tcp>,
    pub heard: Vec<Heard>,
    /// The identifiers of what the server has taken over.
    pub delivered: Vec<NonZeroU16>,
    /// For each connection that the server accepted, whether it had a session.
    pub connected: Vec<bool>,
    /// What was granted to each filter, in order.
    pub granted: Vec<Option<QoS>>,
    pub unsubscribed: usize,
    /// How its connections ended.
    pub ends: Vec<Status>,
    partial: Option<Heard>,
}

/// Pauses for a broker that is a few milliseconds away.
const PAUSES: BackOff = BackOff { first: 100, longest: 1_000, stable: 5_000, spread: 200 };

/// Long enough for any broker here.
pub(crate) const PATIENCE: Duration = Duration::from_secs(15);

/// Settings of a client with this name, without TLS.
pub(crate) fn named(client_id: &str) -> Settings<'static> {
    let settings = Settings::new(Security::Plain, client_id.to_owned().leak());
    let mqtt = mqtt::Options { user_name: Some("user"), password: Some(b"password"), ..settings.mqtt };
    Settings { back_off: PAUSES, mqtt, ..settings }
}

impl Talker {
    /// A client towards this port, which has not yet connected.
    pub(crate) fn new(settings: Settings<'static>, port: u16) -> Self {
        let memory = Box::leak(Box::new(pc::Memory::new(65_536, 500_000)));
        let client = Box::leak(Box::new(Client::new(settings, memory.lend()).unwrap()));
        let accel = Box::leak(Box::new(pc::accelerator()));
        let network = Box::leak(Box::new(pc::Tcp::new("127.0.0.1", port)));
        Self {
            session: Session::new(client, accel, network),
            heard: Vec::new(),
            delivered: Vec::new(),
            connected: Vec::new(),
            granted: Vec::new(),
            unsubscribed: 0,
            ends: Vec::new(),
            partial: None,
        }
    }

    /// A client that the broker has accepted.
    pub(crate) fn connect(settings: Settings<'static>, port: u16) -> Result<Self, String> {
        let mut talker = Self::new(settings, port);
        talker.until("CONNACK", |talker| !talker.connected.is_empty())?;
        Ok(talker)
    }

    /// Moves on for at most so many milliseconds.
    pub(crate) fn turn(&mut self, patience: u64) {
        let whole = match self.session.next(patience) {
            Ok(Some(Event::Connected { session_present, .. })) => {
                self.connected.push(session_present);
                return;
            }
            Ok(Some(Event::Message(received))) => {
                let Message { topic, payload, qos, retain } = received.message;
                self.partial =
                    Some(Heard { topic: topic.to_owned(), payload: payload.to_vec(), qos, retain });
                received.is_whole()
            }
            Ok(Some(Event::Chunk { data, offset, total })) => {
                let Some(partial) = &mut self.partial else { panic!("a chunk of nothing") };
                assert_eq!(partial.payload.len(), offset);
                partial.payload.extend_from_slice(data);
                offset + data.len() == total
            }
            Ok(Some(Event::Delivered { identifier, .. })) => {
                self.delivered.push(identifier);
                return;
            }
            Ok(Some(Event::Subscribed { results, .. })) => {
                self.granted.extend(results.iter());
                return;
            }
            Ok(Some(Event::Unsubscribed { .. })) => {
                self.unsubscribed += 1;
                return;
            }
            Ok(Some(other)) => panic!("nobody knows {other:?}"),
            Ok(None) => return,
            Err(status) => {
                self.ends.push(status);
                self.partial = None;
                return;
            }
        };
        if whole {
            self.heard.extend(self.partial.take());
        }
    }

    /// Moves on until something is so, but not longer than anybody's patience.
    pub(crate) fn until(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) -> Result<(), String> {
        self.until_within(PATIENCE, what, is_so)
    }

    /// The same with another patience.
    pub(crate) fn until_within(
        &mut self,
        within: Duration,
        what: &str,
        is_so: impl Fn(&Self) -> bool,
    ) -> Result<(), String> {
        let begun = Instant::now();
        while !is_so(self) {
            if begun.elapsed() > within {
                let ends: Vec<String> = self.ends.iter().map(ToString::to_string).collect();
                return Err(format!("no {what} within {within:?} {}", ends.join("; ")));
            }
            self.turn(20);
        }
        Ok(())
    }

    /// Moves on for so long, whatever happens.
    pub(crate) fn for_a(&mut self, time: Duration) {
        let begun = Instant::now();
        while begun.elapsed() < time {
            self.turn(20);
        }
    }

    /// Subscribes, and returns what was granted.
    pub(crate) fn subscribe(&mut self, filter: &str, qos: QoS) -> Result<Option<QoS>, String> {
        let (now, known) = (self.now(), self.granted.len());
        let Session { client, accel, .. } = &mut self.session;
        client.subscribe(&[Subscription { filter, qos }], *accel, now).map_err(|error| error.to_string())?;
        self.until("SUBACK", |talker| talker.granted.len() > known)?;
        Ok(self.granted[known])
    }

    /// Ends a subscription.
    pub(crate) fn unsubscribe(&mut self, filter: &str) -> Result<(), String> {
        let (now, known) = (self.now(), self.unsubscribed);
        let Session { client, accel, .. } = &mut self.session;
        client.unsubscribe(&[filter], *accel, now).map_err(|error| error.to_string())?;
        self.until("UNSUBACK", |talker| talker.unsubscribed > known)
    }

    /// Publishes, and waits until it is delivered where the quality of service has an answer.
    pub(crate) fn publish(&mut self, message: &Message<'_>) -> Result<(), String> {
        let known = self.delivered.len();
        let (total, now) = (message.payload.len(), self.now());
        let start = Message { payload: &[], ..*message };
        let Session { client, accel, .. } = &mut self.session;
        client.start(&start, total, *accel, now).map_err(|error| error.to_string())?;
        let (mut rest, begun) = (message.payload, Instant::now());
        while !rest.is_empty() {
            let now = self.now();
            let Session { client, accel, .. } = &mut self.session;
            let sent = client.chunk(rest, *accel, now).map_err(|error| error.to_string())?;
            rest = &rest[sent..];
            if sent == 0 {
                self.turn(5);
            }
            if begun.elapsed() > PATIENCE {
                return Err("the broker takes nothing".to_owned());
            }
        }
        if message.qos == QoS::AtMostOnce {
            while self.session.client.has_output() {
                self.turn(5);
            }
            return Ok(());
        }
        self.until("acknowledgement", |talker| talker.delivered.len() > known)
    }

    /// The connection is gone without a word.
    pub(crate) fn vanish(self) {
        use mqtts::blocking::Network as _;
        self.session.network.disconnect();
    }

    /// Leaves in order.
    pub(crate) fn leave(mut self) {
        self.session.disconnect(5_000);
    }

    fn now(&self) -> u64 {
        use mqtts::blocking::Network as _;
        self.session.network.now()
    }
}
