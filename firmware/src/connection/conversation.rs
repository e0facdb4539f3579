//! What the device says to the broker and what it hears, without a socket, TLS or a clock: availability, discovery, state, commands.
//!
//! Each call says at most one thing, the first that is due:
//!
//! ```text
//!   SUBSCRIBE ► availability ► discovery ► state, whenever the report has changed and once a minute
//! ```
//! A message that finds no room is due again at the next turn. Only one state waits for its acknowledgement; changes in the meantime are in
//! the next one. The discovery message has quality of service 0, because every connection sends it again.

use core::num::NonZeroU16;

use accel::Accel;
use mqtt::{Event, Message, Options, QoS, Received, Subscription};
use mqtts::Client;
use status::{
    Error,
    mqtt::{ACKNOWLEDGED_BY_PUBACK, BUFFER_TOO_SMALL, IN_FLIGHT_FULL, SUBSCRIPTION_REFUSED},
};

use super::report::{self, Report};
use crate::{
    names::{BIRTH_TOPIC, Names, TOPIC_LENGTH},
    retained::Retained,
    settings::Mqtt,
    window::Window,
};

/// The longest state, in bytes.
pub const STATE_LENGTH: usize = 1152;
/// The state is said again after so many milliseconds, since the uptime grows.
const STATE_PERIOD: u64 = 60_000;
/// How much of the discovery message is written at once, in bytes.
const PIECE: usize = 512;

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
pub struct Conversation<'c> {
    names: &'c Names,
    qos: QoS,
    home_assistant: bool,
    due: Due,
    /// The state that was said last, and when in milliseconds.
    said: Option<(Report, u64)>,
    /// The state that the broker has not yet acknowledged.
    on_its_way: Option<NonZeroU16>,
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
    subscribe: bool,
    availability: bool,
    discovery: bool,
}

impl<'c> Conversation<'c> {
    /// A conversation on a new connection.
    #[must_use]
    pub fn new(names: &'c Names, settings: &Mqtt) -> Self {
        Self {
            names,
            qos: quality_of_service(settings),
            home_assistant: settings.home_assistant,
            due: Due::default(),
            said: None,
            on_its_way: None,
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

    /// When `say` is to be asked again if nothing else happens, in milliseconds.
    #[must_use]
    pub fn deadline(&self) -> Option<u64> {
        let said = self.said.filter(|_| self.on_its_way.is_none());
        said.map(|(_, at)| at.saturating_add(STATE_PERIOD))
    }

    /// Takes note of what has happened, and tells what the device has to do about it.
    pub fn hear(&mut self, event: &Event<'_>) -> Heard {
        let mut is_announcing = false;
        let heard = match event {
            Event::Connected { .. } => {
                is_announcing = true;
                self.due.subscribe = true;
                Heard::Connected
            }
            Event::Message(received) => {
                if received.message.topic == BIRTH_TOPIC && received.message.payload == ONLINE {
                    is_announcing = true;
                }
                command(self.names, received).map_or(Heard::Nothing, Heard::Command)
            }
            Event::Delivered { identifier, qos } => {
                self.on_its_way = self.on_its_way.filter(|waiting| waiting != identifier);
                if self.clearing.on_its_way == Some(*identifier) {
                    self.clearing.on_its_way = None;
                    self.clearing.cleared = self.clearing.cleared.saturating_add(1);
                }
                // Once for each connection: every message would say the same.
                let is_less = *qos < self.qos && !core::mem::replace(&mut self.is_downgraded, true);
                if is_less { Heard::Refused(ACKNOWLEDGED_BY_PUBACK) } else { Heard::Nothing }
            }
            Event::Subscribed { results, .. } if results.iter().any(|granted| granted.is_none()) => {
                Heard::Refused(SUBSCRIPTION_REFUSED)
            }
            _ => Heard::Nothing,
        };
        if is_announcing {
            self.due.availability = true;
            self.due.discovery = self.home_assistant;
            self.said = None;
        }
        heard
    }

    /// Says what is due first, if there is room, and tells whether it did.
    ///
    /// # Errors
    /// Those of [`Client`], but for a lack of room.
    pub fn say<A: Accel>(
        &mut self,
        client: &mut Client<'_>,
        report: &Report,
        accel: &mut A,
        now: u64,
    ) -> Result<bool, Error> {
        match self.say_due(&mut Turn { client, accel, now }, report) {
            Err(BUFFER_TOO_SMALL | IN_FLIGHT_FULL) => Ok(false),
            result => result,
        }
    }

    fn say_due<A: Accel>(&mut self, turn: &mut Turn<'_, '_, A>, report: &Report) -> Result<bool, Error> {
        if !turn.client.is_connected() {
            return Ok(false);
        }
        if let Some(stream) = turn.client.mqtt().stream() {
            return self.continue_discovery(turn, report, stream.remaining);
        }
        if self.due.subscribe {
            return self.subscribe(turn);
        }
        if let Some(topic) = self.next_to_clear() {
            // An empty retained message leaves none (MQTT 3.1.1 §3.3.1.3).
            let message = Message { topic: &topic, payload: &[], qos: self.qos, retain: true };
            self.clearing.on_its_way = turn.publish(&message)?;
            if self.clearing.on_its_way.is_none() {
                self.clearing.cleared = self.clearing.cleared.saturating_add(1);
            }
            return Ok(true);
        }
        if self.due.availability {
            let topic = self.names.topic("availability");
            let message = Message { topic: &topic, payload: ONLINE, qos: self.qos, retain: true };
            turn.publish(&message)?;
            self.due.availability = false;
            return Ok(true);
        }
        if self.due.discovery {
            return self.begin_discovery(turn, report);
        }
        let is_fresh =
            self.said.is_some_and(|(said, at)| said == *report && turn.now < at.saturating_add(STATE_PERIOD));
        if is_fresh || self.on_its_way.is_some() { Ok(false) } else { self.say_state(turn, report) }
    }

    fn next_to_clear(&self) -> Option<heapless::String<TOPIC_LENGTH>> {
        let Clearing { retained, cleared, on_its_way } = self.clearing;
        retained.filter(|_| on_its_way.is_none())?.topic(self.names, cleared)
    }

    fn subscribe<A: Accel>(&mut self, turn: &mut Turn<'_, '_, A>) -> Result<bool, Error> {
        let commands = self.names.topic("output/+/set");
        let list = [
            Subscription { filter: &commands, qos: self.qos },
            Subscription { filter: BIRTH_TOPIC, qos: QoS::AtMostOnce },
        ];
        let wanted = if self.home_assistant { list.as_slice() } else { list.get(..1).unwrap_or_default() };
        turn.client.subscribe(wanted, turn.accel, turn.now)?;
        self.due.subscribe = false;
        Ok(true)
    }

    fn say_state<A: Accel>(&mut self, turn: &mut Turn<'_, '_, A>, report: &Report) -> Result<bool, Error> {
        let mut payload: heapless::String<STATE_LENGTH> = heapless::String::new();
        report.state(report::uptime(), &mut payload).map_err(|_| status::mqtt::BAD_INPUT_DATA)?;
        let topic = self.names.topic("state");
        let message = Message { topic: &topic, payload: payload.as_bytes(), qos: self.qos, retain: true };
        self.on_its_way = turn.publish(&message)?;
        self.said = Some((*report, turn.now));
        Ok(true)
    }

    /// The head of the discovery message; its payload follows.
    fn begin_discovery<A: Accel>(
        &mut self,
        turn: &mut Turn<'_, '_, A>,
        report: &Report,
    ) -> Result<bool, Error> {
        let total = report::length(|out| report.discovery(self.names, out)).unwrap_or(0);
        let topic = self.names.discovery_topic();
        let message = Message { topic: &topic, payload: &[], qos: QoS::AtMostOnce, retain: true };
        turn.client.start(&message, total, turn.accel, turn.now)?;
        self.due.discovery = false;
        Ok(true)
    }

    /// A further piece of the discovery message: it is written anew each time, and what was sent before is skipped.
    fn continue_discovery<A: Accel>(
        &self,
        turn: &mut Turn<'_, '_, A>,
        report: &Report,
        remaining: usize,
    ) -> Result<bool, Error> {
        let total = report::length(|out| report.discovery(self.names, out)).unwrap_or(0);
        let mut piece = [0; PIECE];
        let mut window = Window::new(&mut piece, total.saturating_sub(remaining));
        // The error is that of a full window.
        let _ = report.discovery(self.names, &mut window);
        let used = window.used();
        let piece = piece.get(..used).unwrap_or_default();
        Ok(turn.client.chunk(piece, turn.accel, turn.now)? > 0)
    }

    /// Says that the device leaves, as the broker says no will behind a DISCONNECT.
    ///
    /// # Errors
    /// Those of [`Client::publish`]: then there must be no DISCONNECT, so that the will says it.
    pub fn leave<A: Accel>(&self, client: &mut Client<'_>, accel: &mut A, now: u64) -> Result<(), Error> {
        let topic = self.names.topic("availability");
        let message = Message { topic: &topic, payload: OFFLINE, qos: QoS::AtMostOnce, retain: true };
        client.publish(&message, accel, now).map(|_| ())
    }
}

/// What saying something takes.
struct Turn<'t, 'b, A> {
    client: &'t mut Client<'b>,
    accel: &'t mut A,
    now: u64,
}

impl<A: Accel> Turn<'_, '_, A> {
    fn publish(&mut self, message: &Message<'_>) -> Result<Option<NonZeroU16>, Error> {
        self.client.publish(message, self.accel, self.now)
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
