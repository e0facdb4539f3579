//! What is said at the broker, without a socket, TLS or a clock: who the device is, how it stands, and which commands come.
//!
//! Every turn writes at most one thing, the first that is due:
//!
//! ```text
//!   CONNECT ► SUBSCRIBE ► availability ► discovery ► state, whenever the report has changed and once a minute
//! ```
//! A message that finds no room is due again at the next turn. Only one state is on its way at a time: what changes meanwhile is in the
//! next one. The discovery message has quality of service 0, as every connection says it anew.

use core::{fmt, num::NonZeroU16};

use mqtt::{Client, Event, Message, Options, QoS, Received, Subscription};
use status::{
    Error,
    mqtt::{ACKNOWLEDGED_BY_PUBACK, BUFFER_TOO_SMALL, IN_FLIGHT_FULL, SUBSCRIPTION_REFUSED},
};

use super::{
    names::{BIRTH_TOPIC, Names, TOPIC_LENGTH},
    report::{self, Report},
    retained::Retained,
};
use crate::settings::Mqtt;

/// The longest state, in bytes.
pub const STATE_LENGTH: usize = 1024;
/// The state is said again after so many milliseconds, since the uptime grows.
const STATE_PERIOD: u64 = 60_000;

const ONLINE: &[u8] = b"online";
const OFFLINE: &[u8] = b"offline";

/// The client's options. The will's topic has to be given, as the client borrows it.
#[must_use]
pub fn options<'b>(settings: &'b Mqtt, names: &'b Names, availability: &'b str) -> Options<'b> {
    let given = |text: &'b str| (!text.is_empty()).then_some(text);
    let user_name = given(&settings.user_name);
    Options {
        client_id: &names.client_id,
        clean_session: false,
        keep_alive: settings.keep_alive,
        will: Some(Message {
            topic: availability,
            payload: OFFLINE,
            qos: quality_of_service(settings),
            retain: true,
        }),
        user_name,
        // [MQTT-3.1.2-22]: no password without a user name.
        password: given(&settings.password).filter(|_| user_name.is_some()).map(str::as_bytes),
        ..Options::default()
    }
}

/// The quality of service of what is said and heard.
#[must_use]
pub fn quality_of_service(settings: &Mqtt) -> QoS {
    QoS::from_number(settings.quality_of_service).unwrap_or(QoS::AtLeastOnce)
}

/// A command from the broker.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Command {
    /// The output, from 0.
    pub output: usize,
    /// Whether it is to be on.
    pub on: bool,
}

/// What a turn of reading brought.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Heard {
    /// Nothing that the device has to act on.
    Nothing,
    /// The broker has accepted the device.
    Connected,
    /// An output is to be switched.
    Command(Command),
    /// Something went wrong that the connection survives.
    Refused(Error),
}

/// One connection's conversation.
pub struct Conversation<'c, 'b> {
    client: &'c mut Client<'b>,
    names: &'c Names,
    qos: QoS,
    home_assistant: bool,
    due: Due,
    /// The state that was said last, and when in milliseconds.
    said: Option<(Report, u64)>,
    /// The state that the broker has not yet acknowledged.
    on_its_way: Option<NonZeroU16>,
    /// What has to be kept for the time after a reset has changed.
    is_changed: bool,
    /// It has been told that the broker does not keep QoS 2.
    is_downgraded: bool,
    clearing: Clearing<'c>,
}

/// Retained messages of earlier names on their way out.
#[derive(Default)]
struct Clearing<'c> {
    retained: Option<&'c Retained>,
    /// How many of them are cleared.
    cleared: usize,
    /// The one that the broker has not yet acknowledged.
    on_its_way: Option<NonZeroU16>,
}

/// What has to be said yet.
#[derive(Clone, Copy, Default)]
struct Due {
    connect: bool,
    subscribe: bool,
    availability: bool,
    discovery: bool,
}

impl<'c, 'b> Conversation<'c, 'b> {
    /// A conversation on a new connection.
    pub fn new(client: &'c mut Client<'b>, names: &'c Names, settings: &Mqtt) -> Self {
        Self {
            client,
            names,
            qos: quality_of_service(settings),
            home_assistant: settings.home_assistant,
            due: Due { connect: true, ..Due::default() },
            said: None,
            on_its_way: None,
            is_changed: false,
            is_downgraded: false,
            clearing: Clearing::default(),
        }
    }

    /// The same, which also clears these messages.
    #[must_use]
    pub fn clearing(mut self, retained: &'c Retained) -> Self {
        self.clearing.retained = Some(retained).filter(|retained| !retained.is_empty());
        self
    }

    /// Whether everything that was to be cleared is, when that has just happened.
    pub fn take_cleared(&mut self) -> bool {
        let Clearing { retained, cleared, .. } = self.clearing;
        let is_done = retained.is_some_and(|retained| retained.topic(self.names, cleared).is_none());
        if is_done {
            self.clearing.retained = None;
        }
        is_done
    }

    /// The client, to save its state.
    #[must_use]
    pub fn client(&self) -> &Client<'b> {
        self.client
    }

    /// Whether the state of the MQTT session has changed since this was asked last.
    pub fn take_changed(&mut self) -> bool {
        core::mem::take(&mut self.is_changed)
    }

    /// When `write` is to be asked again if nothing else happens, in milliseconds.
    #[must_use]
    pub fn deadline(&self) -> Option<u64> {
        let is_free = self.client.is_connected() && self.on_its_way.is_none();
        let state = self.said.filter(|_| is_free).map(|(_, at)| at.saturating_add(STATE_PERIOD));
        [state, self.client.next_deadline()].into_iter().flatten().min()
    }

    /// Takes bytes from the broker; tells how many are used.
    ///
    /// # Errors
    /// Those of [`Client::receive`].
    pub fn read(&mut self, bytes: &[u8], now: u64) -> Result<(usize, Heard), Error> {
        let (used, event) = self.client.receive(bytes, now)?;
        let mut is_announcing = false;
        let heard = match event {
            Some(Event::Connected { .. }) => {
                is_announcing = true;
                self.is_changed = true;
                self.due.subscribe = true;
                Heard::Connected
            }
            Some(Event::Message(received)) => {
                self.is_changed = true;
                if received.message.topic == BIRTH_TOPIC && received.message.payload == ONLINE {
                    is_announcing = true;
                }
                command(self.names, &received).map_or(Heard::Nothing, Heard::Command)
            }
            Some(Event::Delivered { identifier, qos }) => {
                self.is_changed = true;
                self.on_its_way = self.on_its_way.filter(|waiting| *waiting != identifier);
                if self.clearing.on_its_way == Some(identifier) {
                    self.clearing.on_its_way = None;
                    self.clearing.cleared = self.clearing.cleared.saturating_add(1);
                }
                // Once for each connection: every message would say the same.
                let is_less = qos < self.qos && !core::mem::replace(&mut self.is_downgraded, qos < self.qos);
                if is_less { Heard::Refused(ACKNOWLEDGED_BY_PUBACK) } else { Heard::Nothing }
            }
            Some(Event::Subscribed { results, .. }) if results.iter().any(|granted| granted.is_none()) => {
                Heard::Refused(SUBSCRIPTION_REFUSED)
            }
            _ => Heard::Nothing,
        };
        if is_announcing {
            self.due.availability = true;
            self.due.discovery = self.home_assistant;
            self.said = None;
        }
        Ok((used, heard))
    }

    /// Writes what is due first, if it fits, and tells how many bytes.
    ///
    /// # Errors
    /// Those of [`Client`], but for a lack of room.
    pub fn write(&mut self, report: &Report, now: u64, out: &mut [u8]) -> Result<usize, Error> {
        match self.write_due(report, now, out) {
            Err(BUFFER_TOO_SMALL | IN_FLIGHT_FULL) => self.client.poll(now, out),
            result => result,
        }
    }

    fn write_due(&mut self, report: &Report, now: u64, out: &mut [u8]) -> Result<usize, Error> {
        if self.due.connect {
            let written = self.client.connect(now, out)?;
            self.due.connect = false;
            return Ok(written);
        }
        let written = self.client.poll(now, out)?;
        if written > 0 || !self.client.is_connected() {
            self.is_changed |= written > 0;
            return Ok(written);
        }
        if let Some(stream) = self.client.stream() {
            return self.continue_discovery(report, stream.remaining, now, out);
        }
        if self.due.subscribe {
            return self.subscribe(now, out);
        }
        if let Some(topic) = self.next_to_clear() {
            // An empty retained message leaves none (MQTT 3.1.1 §3.3.1.3).
            let message = Message { topic: &topic, payload: &[], qos: self.qos, retain: true };
            let published = self.client.publish(&message, now, out)?;
            self.clearing.on_its_way = published.identifier;
            if published.identifier.is_none() {
                self.clearing.cleared = self.clearing.cleared.saturating_add(1);
            }
            self.is_changed = true;
            return Ok(published.written);
        }
        if self.due.availability {
            let topic = self.names.topic("availability");
            let message = Message { topic: &topic, payload: ONLINE, qos: self.qos, retain: true };
            let published = self.client.publish(&message, now, out)?;
            self.due.availability = false;
            self.is_changed = true;
            return Ok(published.written);
        }
        if self.due.discovery {
            return self.begin_discovery(report, now, out);
        }
        let is_fresh =
            self.said.is_some_and(|(said, at)| said == *report && now < at.saturating_add(STATE_PERIOD));
        if is_fresh || self.on_its_way.is_some() { Ok(0) } else { self.say_state(report, now, out) }
    }

    fn next_to_clear(&self) -> Option<heapless::String<TOPIC_LENGTH>> {
        let Clearing { retained, cleared, on_its_way } = self.clearing;
        retained.filter(|_| on_its_way.is_none())?.topic(self.names, cleared)
    }

    fn subscribe(&mut self, now: u64, out: &mut [u8]) -> Result<usize, Error> {
        let commands = self.names.topic("output/+/set");
        let list = [
            Subscription { filter: &commands, qos: self.qos },
            Subscription { filter: BIRTH_TOPIC, qos: QoS::AtMostOnce },
        ];
        let wanted = if self.home_assistant { list.as_slice() } else { list.get(..1).unwrap_or_default() };
        let (written, _) = self.client.subscribe(wanted, now, out)?;
        self.due.subscribe = false;
        Ok(written)
    }

    fn say_state(&mut self, report: &Report, now: u64, out: &mut [u8]) -> Result<usize, Error> {
        let mut payload: heapless::String<STATE_LENGTH> = heapless::String::new();
        report.state(report::uptime(), &mut payload).map_err(|_| status::mqtt::BAD_INPUT_DATA)?;
        let topic = self.names.topic("state");
        let message = Message { topic: &topic, payload: payload.as_bytes(), qos: self.qos, retain: true };
        let published = self.client.publish(&message, now, out)?;
        self.said = Some((*report, now));
        self.on_its_way = published.identifier;
        self.is_changed = true;
        Ok(published.written)
    }

    /// The head of the discovery message; its payload follows.
    fn begin_discovery(&mut self, report: &Report, now: u64, out: &mut [u8]) -> Result<usize, Error> {
        let total = report::length(|out| report.discovery(self.names, out)).unwrap_or(0);
        let topic = self.names.discovery_topic();
        let message = Message { topic: &topic, payload: &[], qos: QoS::AtMostOnce, retain: true };
        let published = self.client.start(&message, total, now, out)?;
        self.due.discovery = false;
        Ok(published.written)
    }

    /// As much of the discovery message as fits: it is written anew each time, and what was sent before is skipped.
    fn continue_discovery(
        &mut self,
        report: &Report,
        remaining: usize,
        now: u64,
        out: &mut [u8],
    ) -> Result<usize, Error> {
        let total = report::length(|out| report.discovery(self.names, out)).unwrap_or(0);
        let names = self.names;
        let mut chunks =
            Chunks { client: self.client, now, skip: total.saturating_sub(remaining), out, used: 0 };
        let written = report.discovery(names, &mut chunks);
        written.map_err(|_| status::mqtt::BAD_INPUT_DATA)?;
        Ok(chunks.used)
    }

    /// Says goodbye: the availability, which the broker would otherwise learn from the will, and DISCONNECT.
    ///
    /// # Errors
    /// Those of [`Client::publish`] and [`Client::disconnect`]; then there is no goodbye.
    pub fn leave(&mut self, now: u64, out: &mut [u8]) -> Result<usize, Error> {
        let topic = self.names.topic("availability");
        let message = Message { topic: &topic, payload: OFFLINE, qos: QoS::AtMostOnce, retain: true };
        let written = self.client.publish(&message, now, out)?.written;
        let rest = out.get_mut(written..).unwrap_or_default();
        Ok(written.saturating_add(self.client.disconnect(rest)?))
    }
}

/// Which output a message switches; none for one that is kept from earlier, as nobody means it now.
fn command(names: &Names, received: &Received<'_>) -> Option<Command> {
    let Message { topic, payload, retain, .. } = received.message;
    let on = match payload {
        b"ON" => true,
        b"OFF" => false,
        _ => return None,
    };
    let output = names.commanded_output(topic).filter(|_| !retain && received.is_whole())?;
    Some(Command { output, on })
}

/// Gives a text to the client from a certain place on, as far as there is room.
struct Chunks<'a, 'b, 'o> {
    client: &'a mut Client<'b>,
    now: u64,
    /// How many bytes have been sent before.
    skip: usize,
    out: &'o mut [u8],
    used: usize,
}

impl fmt::Write for Chunks<'_, '_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let skipped = self.skip.min(text.len());
        self.skip = self.skip.saturating_sub(skipped);
        let rest = text.as_bytes().get(skipped..).unwrap_or_default();
        let room = self.out.get_mut(self.used..).unwrap_or_default();
        if rest.is_empty() || room.is_empty() {
            return Ok(());
        }
        let written = self.client.chunk(rest, self.now, room).map_err(|_| fmt::Error)?;
        self.used = self.used.saturating_add(written);
        Ok(())
    }
}
