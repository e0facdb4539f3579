//! The client: one MQTT session over any number of network connections, one after the other.
//!
//! This file has connecting, receiving, time-outs and saving; `send.rs` has everything that is sent.

use core::num::NonZeroU16;

use status::{
    Error,
    mqtt::{BAD_INPUT_DATA, CONNECTION_CLOSED, KEEP_ALIVE_TIMEOUT, NOT_CONNECTED},
};

use crate::{
    connect::Connect,
    event::Event,
    inbox::{self, Inbox},
    publish::Message,
    saved,
    session::{LinkState, SessionState},
    setup::SetupError,
    store::{self, HELD, InFlightStore, PARTIAL, RecordKind, WRITTEN},
    writer::PacketWriter,
};

/// The settings of a client, fixed for its life. No `Debug`, because they hold a password.
///
/// ```
/// use mqtt::{Message, Options, QoS};
///
/// // The broker says this in our place when it loses us.
/// let will = Message { topic: "kitchen/status", payload: b"off line", qos: QoS::AtLeastOnce, retain: true };
/// let options = Options { client_id: "kitchen", will: Some(will), keep_alive: 30, ..Options::default() };
/// # let _ = options;
/// ```
#[derive(Clone, Copy)]
pub struct Options<'b> {
    /// The client identifier. An empty one asks the server to choose one, and needs `clean_session`.
    pub client_id: &'b str,
    /// Whether every connection begins without the earlier session (§3.1.2.4).
    pub clean_session: bool,
    /// The keep-alive time in seconds; 0 turns it off (§3.1.2.10).
    pub keep_alive: u16,
    /// How long the server may take to answer CONNECT and PINGREQ, in milliseconds; 0 for no limit.
    pub response_timeout: u32,
    /// The will: the message that the server publishes when it loses the client.
    pub will: Option<Message<'b>>,
    /// The user name.
    pub user_name: Option<&'b str>,
    /// The password. It needs a user name.
    pub password: Option<&'b [u8]>,
    /// Who acknowledges received messages.
    pub acknowledgement: Acknowledgement,
    /// How many messages of QoS 1 and 2 may be sent and not yet acknowledged; further ones wait. 0: as many as the in-flight buffer holds.
    /// MQTT 3.1.1 has no such limit, but brokers do: Mosquitto 2.0 acknowledges what exceeds 20 messages of QoS 2, and then drops it.
    pub max_in_flight: u16,
}

/// Who acknowledges received messages of QoS 1 and 2.
///
/// ```
/// use mqtt::{Acknowledgement, Options};
///
/// // A message is acknowledged when it is stored, by `Client::acknowledge`.
/// let options = Options { acknowledgement: Acknowledgement::Manual, ..Options::default() };
/// # let _ = options;
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Acknowledgement {
    /// The client, as soon as the whole message has been delivered.
    #[default]
    Automatic,
    /// The application, by [`Client::acknowledge`].
    Manual,
}

/// The limit of Mosquitto's own client.
const MAX_IN_FLIGHT: u16 = 20;

/// A clean session, 60 seconds of keep-alive, 10 seconds for an answer, no name of its own, 20 unacknowledged messages.
impl Default for Options<'_> {
    fn default() -> Self {
        Self {
            client_id: "",
            clean_session: true,
            keep_alive: 60,
            response_timeout: 10_000,
            will: None,
            user_name: None,
            password: None,
            acknowledgement: Acknowledgement::Automatic,
            max_in_flight: MAX_IN_FLIGHT,
        }
    }
}

/// A client on two lent buffers. It has no clock: every call takes `now`, the milliseconds of a monotonic clock.
///
/// After [`receive`](Self::receive) or [`poll`](Self::poll) has failed, close the network connection ([MQTT-4.8.0-1]). Both repeat the
/// error until the next [`connect`](Self::connect).
///
/// ```
/// use mqtt::{Client, Options, QoS, Subscription};
///
/// let (mut spill, mut in_flight, mut out) = ([0; 256], [0; 512], [0; 128]);
/// let mut client = Client::new(Options { client_id: "kitchen", ..Options::default() }, &mut spill, &mut in_flight)?;
/// let length = client.connect(0, &mut out)?;
/// // `out[..length]` goes to the broker; its CONNACK:
/// let (used, event) = client.receive(&[0x20, 2, 0, 0], 5)?;
/// assert!(used == 4 && event.is_some() && client.is_connected());
/// let (length, _) = client.subscribe(&[Subscription { filter: "kitchen/#", qos: QoS::AtLeastOnce }], 10, &mut out)?;
/// # let _ = length;
/// # Ok::<(), status::Error>(())
/// ```
pub struct Client<'b> {
    pub(crate) session: SessionState<'b>,
    pub(crate) inbox: Inbox<'b>,
}

impl<'b> Client<'b> {
    /// A client without a connection, on two buffers.
    ///
    /// - `spill` collects packets that arrive in pieces. It needs at least 8 bytes, and enough for the longest SUBACK and for the longest
    ///   topic plus 9. Longer messages are delivered in chunks; those with a longer topic may not be delivered at all.
    /// - `in_flight` keeps three things. Unacknowledged messages of QoS 1 and 2: each takes its packet's length and 16 bytes, and an
    ///   eighth of the buffer, at least 32 bytes, is reserved for the server's messages. Answers not yet written: 4 or 12 bytes each.
    ///   Identifiers of received QoS 2 messages: 4 bytes for each run of consecutive ones. It needs at least 64 bytes, or may be empty for
    ///   a client that uses QoS 0 only.
    ///
    /// # Errors
    /// A [`SetupError`]: which buffer is too short and what it needs (-0x9580), or that the options contradict each other (-0x9080).
    pub fn new(
        options: Options<'b>,
        spill: &'b mut [u8],
        in_flight: &'b mut [u8],
    ) -> Result<Self, SetupError> {
        connect_packet(&options, options.clean_session).check().map_err(|_| SetupError::Options)?;
        if spill.len() < inbox::MIN_LENGTH {
            return Err(SetupError::Spill { needed: inbox::MIN_LENGTH });
        }
        if !in_flight.is_empty() && in_flight.len() < store::MIN_LENGTH {
            return Err(SetupError::InFlight { needed: store::MIN_LENGTH });
        }
        Ok(Self {
            session: SessionState::new(options, InFlightStore::new(in_flight)),
            inbox: Inbox::new(spill),
        })
    }

    /// Begins a new network connection: writes CONNECT and returns its length in bytes.
    ///
    /// The previous connection counts as lost. [`Event::Connected`] follows; until then nothing else is written.
    ///
    /// # Errors
    /// `BUFFER_TOO_SMALL`: nothing has changed.
    pub fn connect(&mut self, now: u64, out: &mut [u8]) -> Result<usize, Error> {
        // [MQTT-3.1.0-1], [MQTT-3.1.0-2]: first, and once.
        let mut writer = PacketWriter::new(out);
        connect_packet(&self.session.options, self.session.asks_for_clean_session()).encode(&mut writer);
        let written = writer.finish()?;
        self.inbox.reset();
        self.session.begin(now);
        Ok(written)
    }

    /// Takes bytes from the server. Returns how many of them were used, and at most one event.
    ///
    /// While some bytes are used, call it again with the rest. If none are used, the client first needs room for its answers: call
    /// [`poll`](Self::poll), or [`acknowledge`](Self::acknowledge) received messages.
    ///
    /// # Errors
    /// `MALFORMED_PACKET` (also a SUBACK with another number of results than there were filters); `UNEXPECTED_PACKET` (not a
    /// server's packet, before CONNACK, twice CONNACK, a session that was not asked for); `REFUSED_…`; `BUFFER_TOO_SMALL` (a SUBACK
    /// longer than the spill); `SESSION_OVERFLOW` (more identifiers are open than the in-flight buffer can remember:
    /// the next connection begins with a clean session by itself, since the server would send the same again); `NOT_CONNECTED`.
    pub fn receive<'a>(&'a mut self, bytes: &'a [u8], now: u64) -> Result<(usize, Option<Event<'a>>), Error> {
        let Self { session, inbox } = self;
        match session.state {
            LinkState::Disconnected | LinkState::Leaving => return Err(NOT_CONNECTED),
            LinkState::Failed(error) => return Err(error),
            LinkState::Connecting | LinkState::Connected => {}
        }
        if bytes.is_empty() || session.is_blocked() {
            return Ok((0, None));
        }
        session.last_received = now;
        let result = inbox
            .next(bytes)
            .and_then(|(used, delivery)| session.handle(&delivery).map(|event| (used, event)));
        if let Err(error) = result {
            session.end(LinkState::Failed(error));
        }
        result
    }

    /// Acknowledges a received message, if the options leave that to the application.
    ///
    /// Calls may come in any order: the client sends the answers in the order in which the messages came ([MQTT-4.6.0-2], [MQTT-4.6.0-3]).
    /// A message of QoS 2 can also be acknowledged after its connection was lost; a message of QoS 1 is sent again by the server.
    ///
    /// # Errors
    /// `BAD_INPUT_DATA`: no such message awaits its acknowledgement, or its payload is not yet complete.
    pub fn acknowledge(&mut self, identifier: NonZeroU16) -> Result<(), Error> {
        let store = &mut self.session.store;
        let held = [RecordKind::PubAck, RecordKind::Received]
            .into_iter()
            .filter_map(|kind| store.find(kind, identifier));
        let mut held = held.filter(|record| record.has(HELD) && !record.has(PARTIAL));
        let record = held.next().ok_or(BAD_INPUT_DATA)?;
        if record.has(WRITTEN) {
            // The server has not sent it again on this connection, so it expects no answer.
            store.remember(&record);
        } else {
            store.clear_flags(&record, HELD);
        }
        Ok(())
    }

    /// How many acknowledgements matched nothing that the client had sent, counted since it was made. They are ignored. A few after a
    /// reconnection are normal, because servers repeat some. If the number keeps growing, the server has another view of the session.
    #[must_use]
    pub fn ignored_acknowledgements(&self) -> u32 {
        self.session.ignored
    }

    /// How many messages were acknowledged but not delivered, because their topic is longer than the spill. If a filter has a wildcard,
    /// anyone can publish such a topic, and the server repeats the message until it is acknowledged.
    #[must_use]
    pub fn skipped_messages(&self) -> u32 {
        self.session.skipped
    }

    /// Makes the next connection begin with a clean session, whatever the options say. Later connections follow the options again.
    ///
    /// The client does this by itself after `SESSION_OVERFLOW`. An application may do it when the server accepts connections but they keep
    /// ending early: the session's state may be the cause. [`Event::Connected`] says how many messages were discarded.
    pub fn begin_anew(&mut self) {
        self.session.begins_anew = true;
    }

    /// Whether the present connection, or the last one, asked for a clean session.
    #[must_use]
    pub fn has_clean_session(&self) -> bool {
        self.session.is_clean
    }

    /// The network connection has ended.
    ///
    /// # Errors
    /// `CONNECTION_CLOSED` if the connection was still in use; if it had failed before, that error.
    pub fn closed(&mut self) -> Result<(), Error> {
        let before = self.session.state;
        self.inbox.reset();
        self.session.end(LinkState::Disconnected);
        match before {
            LinkState::Connecting | LinkState::Connected => Err(CONNECTION_CLOSED),
            LinkState::Failed(error) => Err(error),
            LinkState::Disconnected | LinkState::Leaving => Ok(()),
        }
    }

    /// Whether the server has accepted the connection and it has not failed since.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.session.state == LinkState::Connected
    }

    /// The latest time at which [`poll`](Self::poll) must be called even if nothing happens, in milliseconds.
    #[must_use]
    pub fn next_deadline(&self) -> Option<u64> {
        match self.session.waiting_since {
            Some(_) => self.timeout(),
            None if self.is_connected() => self.ping_due(),
            None => None,
        }
    }

    /// When the server's answer is overdue. A packet that is still arriving delays the answer, so the time counts from its latest byte.
    fn timeout(&self) -> Option<u64> {
        let session = &self.session;
        let since = session.waiting_since?;
        let since = if self.inbox.is_midway() { since.max(session.last_received) } else { since };
        match session.options.response_timeout {
            0 => None,
            limit => Some(since.saturating_add(u64::from(limit))),
        }
    }

    /// PINGREQ is due after three quarters of the keep-alive time without a packet in either direction, so that it arrives
    /// within that time ([MQTT-3.1.2-23]) and a dead server is noticed by a client that only sends, too.
    pub(crate) fn ping_due(&self) -> Option<u64> {
        let session = &self.session;
        match session.options.keep_alive {
            0 => None,
            seconds => {
                let pause = u64::from(seconds).saturating_mul(750);
                Some(session.last_sent.min(session.last_received).saturating_add(pause))
            }
        }
    }

    pub(crate) fn check_time(&mut self, now: u64) -> Result<(), Error> {
        if self.timeout().is_some_and(|deadline| now >= deadline) {
            self.session.end(LinkState::Failed(KEEP_ALIVE_TIMEOUT));
        }
        match self.session.state {
            LinkState::Failed(error) => Err(error),
            _ => Ok(()),
        }
    }

    /// The identifiers of messages that were given to [`publish`](Self::publish) and are not yet acknowledged, oldest first.
    pub fn undelivered(&self) -> impl Iterator<Item = NonZeroU16> + '_ {
        self.session
            .store
            .iter()
            .filter(|record| matches!(record.kind, RecordKind::Publish | RecordKind::Release))
            .map(|record| record.identifier)
    }

    /// How many bytes [`save`](Self::save) writes now.
    #[must_use]
    pub fn saved_length(&self) -> usize {
        saved::length(&self.session)
    }

    /// Saves the session: undelivered messages, received QoS 2 identifiers, and whether to begin a clean session. Returns the length, at
    /// most 12 bytes more than the in-flight buffer.
    ///
    /// The messages in it are not encrypted. It has a version and a checksum, and only fits this client identifier.
    ///
    /// # Errors
    /// `BUFFER_TOO_SMALL`
    pub fn save(&self, out: &mut [u8]) -> Result<usize, Error> {
        saved::save(&self.session, out)
    }

    /// Restores a saved session, before the first connection and the first message.
    ///
    /// # Errors
    /// `STATE_INVALID`: damaged, of another version, or of another client. `IN_FLIGHT_FULL`: it does not fit. After both, the client is as
    /// new. `BAD_INPUT_DATA`: the client has state already.
    pub fn restore(&mut self, saved: &[u8]) -> Result<(), Error> {
        saved::restore(&mut self.session, saved)
    }
}

fn connect_packet<'b>(options: &Options<'b>, clean_session: bool) -> Connect<'b> {
    Connect {
        client_id: options.client_id,
        clean_session,
        keep_alive: options.keep_alive,
        will: options.will,
        user_name: options.user_name,
        password: options.password,
    }
}
