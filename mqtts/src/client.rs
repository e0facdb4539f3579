//! The joined client: MQTT over TLS or plain, one network connection after the other.
//!
//! ```text
//!                        retry_at ── the moment for the next connection
//!                        connected ─ it is there          ended ─ it is over
//!              received / recv_closed                           event
//!   socket ──► recv_space ──────────►  ┌────────┐  ──────────────────────────► application
//!                                      │ Client │ ◄── poll(accel, now) -> Want
//!   socket ◄── send_bytes ◄──────────  └────────┘  ◄── publish, subscribe, acknowledge, disconnect
//!              sent / send_closed
//! ```
//!
//! It says CONNECT when TLS is ready, subscribes when the server has no session, keeps MQTT's session and TLS's over connections,
//! says DISCONNECT before close_notify, and prefers what the server said to what the socket said. What it does not do is I/O: the
//! modules beside it are loops around these verbs.

use core::num::NonZeroU16;

use accel::Accel;
use mqtt::{Event, Message, QoS, Subscription};
use status::{
    Error, Status, Step,
    mqtt::{BUFFER_TOO_SMALL, CONNECTION_CLOSED, NOT_CONNECTED},
    net, ssl,
};
use tls12::{Config, Connection, Peer, Want};

use crate::{
    link::Link,
    memory::Buffers,
    plain::{PlainTransport, Queue},
    reconnect::{Attempts, BackOff},
    setup::SetupError,
    trace::Trace,
};

/// What protects the connection.
///
/// ```
/// use mqtts::{Security, tls12::{Config, MaxFragmentLength}};
///
/// // Without anchors nobody is trusted: a server is refused with -0x7680.
/// let config = Config { max_fragment_length: Some(MaxFragmentLength::Bytes2048), ..Config::default() };
/// let security = Security::Tls { host: "broker.example", config: &config };
/// assert!(matches!(security, Security::Tls { host: "broker.example", .. }));
/// ```
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Security<'b> {
    /// Nothing: whoever can listen reads everything, the password included.
    Plain,
    /// TLS 1.2.
    Tls {
        /// The server's DNS name or IP address, as its certificate must name it.
        host: &'b str,
        /// Whom to trust, who we are, what to offer.
        config: &'b Config<'b>,
    },
}

/// What a client is told, for its life. Fields may come: begin with [`Settings::new`].
///
/// ```
/// use mqtts::mqtt::{QoS, Subscription};
/// use mqtts::{BackOff, Security, Settings};
///
/// let subscriptions = [Subscription { filter: "kitchen/#", qos: QoS::AtLeastOnce }];
/// let mut settings = Settings {
///     subscriptions: &subscriptions,
///     back_off: BackOff { longest: 30_000, ..BackOff::default() },
///     ..Settings::new(Security::Plain, "kitchen")
/// };
/// settings.mqtt.keep_alive = 120;
/// assert_eq!((settings.mqtt.client_id, settings.mqtt.clean_session), ("kitchen", true));
/// ```
#[derive(Clone, Copy)]
pub struct Settings<'b> {
    /// TLS or not.
    pub security: Security<'b>,
    /// Client identifier, user name, will, keep-alive and the like.
    pub mqtt: mqtt::Options<'b>,
    /// What is subscribed to at each connection on which the server has no session of this client: all in one packet. Empty for
    /// nothing; [`Client::subscribe`] is for what comes later.
    pub subscriptions: &'b [Subscription<'b>],
    /// The pauses between attempts to connect.
    pub back_off: BackOff,
    /// How long TLS may take from the network connection on, in milliseconds, until it is ready; 0 for ever. The answer to CONNECT has
    /// a limit of its own: [`mqtt::Options::response_timeout`].
    pub handshake_time: u32,
}

impl<'b> Settings<'b> {
    /// A client of this identifier with a clean session, no subscriptions and the usual pauses.
    #[must_use]
    pub fn new(security: Security<'b>, client_id: &'b str) -> Self {
        Self {
            security,
            mqtt: mqtt::Options { client_id, ..mqtt::Options::default() },
            subscriptions: &[],
            back_off: BackOff::default(),
            handshake_time: HANDSHAKE_TIME,
        }
    }
}

/// An MQTT client over TLS or plain. Time is an argument: `now` in milliseconds of a clock that never goes back.
///
/// ```
/// # use mqtts::{accel, status::Error};
/// # struct Fixed;
/// # impl accel::Entropy for Fixed {
/// #     fn entropy(&mut self, out: &mut [u8]) -> Result<(), Error> {
/// #         out.fill(0x5A);
/// #         Ok(())
/// #     }
/// # }
/// use mqtts::mqtt::{Message, QoS};
/// use mqtts::{Client, Memory, Security, Settings, tls12::Want};
///
/// let mut memory = Memory::<256, 1024>::new();
/// let mut client = Client::new(Settings::new(Security::Plain, "kitchen"), memory.lend())?;
/// let mut accel = accel::soft::Soft::new(Fixed);
/// // Before there is a connection: it leaves with the next one.
/// let lamp = Message { topic: "kitchen/lamp", payload: b"on", qos: QoS::AtLeastOnce, retain: false };
/// client.publish(&lamp, &mut accel, 0)?;
///
/// assert_eq!(client.retry_at(), Some(0));
/// client.connected(1_800_000_000);
/// assert!(client.poll(&mut accel, 0)?.contains(Want::SEND));
/// // What the socket is to send first is CONNECT.
/// assert_eq!(client.send_bytes().first(), Some(&0x10));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
///
/// Has no Debug: it is full of secrets.
pub struct Client<'b> {
    link: Link<'b>,
    mqtt: mqtt::Client<'b>,
    subscriptions: &'b [Subscription<'b>],
    back_off: BackOff,
    handshake_time: u32,
    attempts: Attempts,
    state: State,
    /// Where packets are composed that are longer than a record.
    outbox: Queue<'b>,
    trace: Trace,
    /// Until when TLS has to be ready, as soon as the first poll has told the time.
    handshake_until: Option<u64>,
    /// When the server has accepted this connection.
    accepted: Option<u64>,
    /// How many bytes of the plaintext the last event has used.
    used: usize,
    /// Reading waits until something was written or acknowledged.
    is_blocked: bool,
    is_subscribing_due: bool,
    /// What [`mqtt::Client::save`] gives may have changed.
    is_changed: bool,
    /// How many connections in a row the server has accepted, and then MQTT has failed on.
    broken: u8,
    /// What has failed on this connection.
    failure: Option<Status>,
}

/// Where the client stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Without a network connection, until this moment at the earliest.
    Waiting { until: u64 },
    /// There is a network connection; CONNECT is to be written as soon as it can be.
    Connecting,
    /// CONNECT is written.
    Talking,
    /// The application wants to leave; DISCONNECT is to be written.
    Leaving,
    /// DISCONNECT is written, or could not be.
    Left,
}

impl<'b> Client<'b> {
    /// A client without a network connection; the first is due at once.
    ///
    /// # Errors
    /// A [`SetupError`], which says which buffer is too short and how many bytes are enough, or what in the settings cannot be.
    pub fn new(settings: Settings<'b>, buffers: Buffers<'b>) -> Result<Self, SetupError> {
        let Buffers { rx, tx, session, spill, in_flight } = buffers;
        let link = match settings.security {
            Security::Plain => Link::Plain(PlainTransport::new(rx, tx)?),
            Security::Tls { host, config } => {
                let peer = Peer { host, now: 0, session: &[] };
                Link::Tls(Connection::new(config, peer, rx, tx, session)?)
            }
        };
        Ok(Self {
            link,
            mqtt: mqtt::Client::new(settings.mqtt, spill, in_flight)?,
            subscriptions: settings.subscriptions,
            back_off: settings.back_off,
            handshake_time: settings.handshake_time,
            attempts: Attempts::default(),
            state: State::Waiting { until: 0 },
            outbox: Queue::new(&mut []),
            trace: Trace::new(),
            handshake_until: None,
            accepted: None,
            used: 0,
            is_blocked: false,
            is_subscribing_due: false,
            is_changed: false,
            broken: 0,
            failure: None,
        })
    }

    /// Lends memory in which packets are composed that are longer than a record of TLS (16 KB, or what
    /// [`max_fragment_length`](Config::max_fragment_length) and `tx` leave of it), or than `tx` without TLS: a CONNECT with a long will, a
    /// SUBSCRIBE with many filters, a PUBLISH with a long topic. Without it such a packet fails with -0x9580. 328 KB hold any CONNECT.
    pub const fn lend_outbox(&mut self, outbox: &'b mut [u8]) {
        self.outbox = Queue::new(outbox);
    }

    /// When the next network connection is to be made, in milliseconds; none while there is one.
    #[must_use]
    pub const fn retry_at(&self) -> Option<u64> {
        match self.state {
            State::Waiting { until } => Some(until),
            _ => None,
        }
    }

    /// A network connection is there. `unix_time` is the time in seconds since 1970, by which certificates are judged.
    pub fn connected(&mut self, unix_time: u64) {
        self.link.restart(unix_time);
        self.outbox.clear();
        self.trace.restart();
        self.state = State::Connecting;
        (self.accepted, self.handshake_until) = (None, None);
        (self.used, self.is_blocked, self.is_subscribing_due) = (0, false, false);
        self.failure = None;
    }

    /// The network connection is over, or none came about: `reason` is what the socket said, if it said anything. Tells what counts:
    /// what the server or a layer above has said, else the reason. Nothing when the application has left.
    ///
    /// The next connection is due after a pause: [`Client::retry_at`].
    pub fn ended<A: Accel>(&mut self, reason: Option<Error>, accel: &mut A, now: u64) -> Option<Status> {
        let has_left = matches!(self.state, State::Leaving | State::Left);
        let of_mqtt = self.mqtt.closed().err().map(Status::new);
        let known = match self.state {
            // Nothing was connected: what TLS still knows is of the connection before, and was told then.
            State::Waiting { .. } => None,
            _ => self.failure.take().or_else(|| self.link.status()),
        };
        // An end without a word says less than the socket's own reason for it.
        let known = known.filter(|known| reason.is_none() || !is_bare_end(known));
        let status =
            known.or_else(|| reason.map(|reason| self.status_of(reason))).or(of_mqtt).filter(|_| !has_left);
        self.count_broken(status);
        let lasted = self.accepted.take().map_or(0, |at| now.saturating_sub(at).max(1));
        let mut random = [0; 4];
        // Where even that fails the pause is the shortest one of its kind.
        let _ = accel.fill(&mut random);
        let pause = self.attempts.pause(self.back_off, lasted, u32::from_be_bytes(random));
        self.state = State::Waiting { until: now.saturating_add(pause) };
        self.trace.ended(status, pause);
        status
    }

    /// Advances everything as far as it goes without the socket and the application, and says what is needed next:
    ///
    /// - [`Want::RECV`], [`Want::SEND`]: the socket is to give, or to take. Send first.
    /// - [`Want::READ`]: [`Client::event`] has something.
    /// - [`Want::WRITE`]: the server has accepted us, and there is room for what the application says.
    /// - [`Want::BUSY`]: poll again when everything else has had its turn.
    /// - [`Want::CLOSED`]: the application has left, and everything is said.
    ///
    /// # Errors
    /// What has ended the connection, again at every call until [`Client::ended`] is told; [`Client::send_bytes`] may still offer an
    /// alert or a close_notify, which should be sent.
    pub fn poll<A: Accel>(&mut self, accel: &mut A, now: u64) -> Result<Want, Status> {
        let result = match self.failure {
            Some(failure) => Err(failure),
            None => self.advance(accel, now),
        };
        if let Err(failure) = result {
            self.fail(failure, accel);
        }
        result
    }

    /// What has happened, if anything has; in it are bytes of the receive buffer. Call it while [`Want::READ`] is set: one call looks at
    /// one packet, and not every packet is an event.
    ///
    /// # Errors
    /// Those of [`mqtt::Client::receive`]; the connection has failed then, and [`Client::poll`] says the same.
    pub fn event(&mut self, now: u64) -> Result<Option<Event<'_>>, Status> {
        self.settle();
        if self.state != State::Talking || self.failure.is_some() {
            return Ok(None);
        }
        let Self { link, mqtt, trace, .. } = self;
        let received = mqtt.receive(link.plaintext(), now);
        let (used, event) = match received {
            Ok(received) => received,
            Err(error) => {
                let failure = status_at(Step::Traffic, error);
                self.failure = Some(failure);
                return Err(failure);
            }
        };
        trace.received(link.plaintext().get(..used).unwrap_or_default());
        self.used = used;
        self.is_changed |= used > 0;
        self.is_blocked = used == 0;
        match event {
            Some(Event::Connected { session_present, .. }) => {
                self.accepted = Some(now);
                self.is_subscribing_due = !session_present && !self.subscriptions.is_empty();
            }
            Some(Event::Message(_) | Event::Delivered { .. }) => self.broken = 0,
            _ => {}
        }
        Ok(event)
    }

    /// When [`Client::poll`] is due at the latest although nothing else happens, in milliseconds.
    #[must_use]
    pub fn next_deadline(&self) -> Option<u64> {
        match self.state {
            State::Waiting { until } => Some(until),
            State::Connecting => self.handshake_until,
            _ => self.mqtt.next_deadline(),
        }
    }

    /// Publishes a message. At QoS 1 and 2 it is kept until the server has taken it over, over any number of connections; the
    /// identifier is what [`Event::Delivered`] will name. At QoS 0 it is sent or lost.
    ///
    /// # Errors
    /// At QoS 0 `mqtt::BUFFER_TOO_SMALL` (-0x9580) when there is no room for it now: with [`Want::WRITE`] there may be; and
    /// `mqtt::NOT_CONNECTED` (-0x9680). `mqtt::IN_FLIGHT_FULL` (-0x9600) and `mqtt::BAD_INPUT_DATA` (-0x9080) as
    /// [`mqtt::Client::publish`] says. Nothing has changed then.
    pub fn publish<A: Accel>(
        &mut self,
        message: &Message<'_>,
        accel: &mut A,
        now: u64,
    ) -> Result<Option<NonZeroU16>, Error> {
        self.is_changed |= message.qos != QoS::AtMostOnce;
        let published = self.compose(accel, |mqtt, space| {
            let published = mqtt.publish(message, now, space)?;
            Ok((published.written, published.identifier))
        });
        match published {
            // It leaves when there is room.
            Err(BUFFER_TOO_SMALL) if message.qos != QoS::AtMostOnce => self.mqtt.queue(message).map(Some),
            published => published,
        }
    }

    /// Begins a message of `total` bytes, of which `message.payload` is the beginning; [`Client::chunk`] gives the rest.
    ///
    /// # Errors
    /// As [`mqtt::Client::start`].
    pub fn start<A: Accel>(
        &mut self,
        message: &Message<'_>,
        total: usize,
        accel: &mut A,
        now: u64,
    ) -> Result<Option<NonZeroU16>, Error> {
        self.is_changed |= message.qos != QoS::AtMostOnce;
        self.compose(accel, |mqtt, space| {
            let published = mqtt.start(message, total, now, space)?;
            Ok((published.written, published.identifier))
        })
    }

    /// Sends the next part of a message that was begun, as much as there is room for, and tells how many bytes.
    ///
    /// # Errors
    /// As [`mqtt::Client::chunk`].
    pub fn chunk<A: Accel>(&mut self, data: &[u8], accel: &mut A, now: u64) -> Result<usize, Error> {
        let is_sending = self.has_output();
        let space = self.link.write_space();
        // No small record for what is left of a buffer: there will be more room.
        let space = if is_sending && space.len() < data.len() { &mut [] } else { space };
        let written = self.mqtt.chunk(data, now, space)?;
        self.wrote(written, accel)?;
        Ok(written)
    }

    /// Subscribes to all of `list`, for this session; [`Settings::subscriptions`] are those that are made anew.
    ///
    /// # Errors
    /// As [`mqtt::Client::subscribe`].
    pub fn subscribe<A: Accel>(
        &mut self,
        list: &[Subscription<'_>],
        accel: &mut A,
        now: u64,
    ) -> Result<NonZeroU16, Error> {
        self.compose(accel, |mqtt, space| mqtt.subscribe(list, now, space))
    }

    /// Ends subscriptions.
    ///
    /// # Errors
    /// As [`mqtt::Client::unsubscribe`].
    pub fn unsubscribe<A: Accel>(
        &mut self,
        filters: &[&str],
        accel: &mut A,
        now: u64,
    ) -> Result<NonZeroU16, Error> {
        self.compose(accel, |mqtt, space| mqtt.unsubscribe(filters, now, space))
    }

    /// Acknowledges a received message, where the options leave that to the application.
    ///
    /// # Errors
    /// As [`mqtt::Client::acknowledge`].
    pub fn acknowledge(&mut self, identifier: NonZeroU16) -> Result<(), Error> {
        self.is_blocked = false;
        self.is_changed = true;
        self.mqtt.acknowledge(identifier)
    }

    /// Leaves: what is due is said, then DISCONNECT, then close_notify. [`Want::CLOSED`] says when that is done; what the server still
    /// sends is not looked at.
    pub fn disconnect(&mut self) {
        match self.state {
            State::Connecting => {
                self.link.close();
                self.state = State::Left;
            }
            State::Talking => self.state = State::Leaving,
            State::Waiting { .. } | State::Leaving | State::Left => {}
        }
    }

    /// Whether something of what was said has not yet been given to the socket.
    #[must_use]
    pub fn has_output(&self) -> bool {
        !self.link.send_bytes().is_empty() || !self.outbox.is_empty() || self.mqtt.has_output()
    }

    /// Whether the server has accepted us, and the connection is still good.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.failure.is_none() && self.mqtt.is_connected()
    }

    /// The MQTT session: what is undelivered, what has to be saved.
    #[must_use]
    pub const fn mqtt(&self) -> &mqtt::Client<'b> {
        &self.mqtt
    }

    /// Takes up the state of an MQTT session that was saved, before the first connection.
    ///
    /// # Errors
    /// As [`mqtt::Client::restore`].
    pub fn restore(&mut self, saved: &[u8]) -> Result<(), Error> {
        self.mqtt.restore(saved)
    }

    /// Lets the next connection begin with a clean session, as [`mqtt::Client::begin_anew`] says: for an application that does not know
    /// what the server still has for it.
    pub fn begin_anew(&mut self) {
        self.mqtt.begin_anew();
    }

    /// Whether the MQTT session may have changed since this was asked last: an application that keeps it over a reset saves it
    /// ([`mqtt::Client::save`]) then.
    #[must_use = "it is told once"]
    pub fn take_changed(&mut self) -> bool {
        core::mem::take(&mut self.is_changed)
    }

    /// Offers a TLS session that was saved, before the first connection: [`Connection::offer`]. Nothing happens without TLS.
    pub fn offer(&mut self, session: &[u8]) {
        self.link.offer(session);
    }

    /// The TLS connection, for its suite, its session and the like; none without TLS.
    #[must_use]
    pub const fn tls(&self) -> Option<&Connection<'b>> {
        self.link.tls()
    }

    /// Where the socket's next bytes go; empty while none are wanted.
    pub fn recv_space(&mut self) -> &mut [u8] {
        self.settle();
        self.link.recv_space()
    }

    /// `n` bytes from the socket are in the space.
    pub fn received(&mut self, n: usize) {
        self.link.received(n);
    }

    /// The socket gives no more bytes.
    pub fn recv_closed(&mut self) {
        self.link.recv_closed();
    }

    /// What the socket is to send.
    #[must_use]
    pub fn send_bytes(&self) -> &[u8] {
        self.link.send_bytes()
    }

    /// The socket has taken `n` bytes.
    pub fn sent(&mut self, n: usize) {
        self.link.sent(n);
        self.is_blocked = false;
    }

    /// The socket takes no more bytes. What the server has sent before is still received: it may say why.
    pub fn send_closed(&mut self) {
        self.link.send_closed();
    }

    fn advance<A: Accel>(&mut self, accel: &mut A, now: u64) -> Result<Want, Status> {
        self.settle();
        if matches!(self.state, State::Leaving | State::Left) {
            // Nobody looks at it any more.
            self.link.consume(usize::MAX);
        }
        if self.state == State::Connecting && self.handshake_time > 0 {
            let limit = now.saturating_add(u64::from(self.handshake_time));
            if now >= *self.handshake_until.get_or_insert(limit) {
                return Err(self.status_of(ssl::TIMEOUT));
            }
        }
        loop {
            if self.state == State::Left {
                self.link.close();
            }
            let want = self.link.poll(accel)?;
            if self.state == State::Left && !want.contains(Want::SEND) && !want.contains(Want::BUSY) {
                // MQTT has said goodbye (MQTT 3.1.1 §3.14), and so has TLS: the server's answer is not waited for.
                return Ok(Want::CLOSED);
            }
            if want.contains(Want::CLOSED) && !want.contains(Want::READ) {
                return match self.link.status() {
                    Some(status) if self.state != State::Left => Err(status),
                    _ => Ok(want),
                };
            }
            if want.contains(Want::READ) && self.state == State::Talking && !self.is_blocked {
                // What has arrived may answer what would be said again.
                return Ok(self.narrow(want));
            }
            let has_written = self
                .write_due(accel, now)
                .map_err(|error| self.link.status().unwrap_or_else(|| status_at(Step::Traffic, error)))?;
            if !has_written {
                return Ok(self.narrow(want));
            }
            self.is_changed = true;
        }
    }

    /// Writes what the client itself has to say next, as far as there is room; whether it has written anything.
    fn write_due<A: Accel>(&mut self, accel: &mut A, now: u64) -> Result<bool, Error> {
        if !self.outbox.is_empty() {
            return self.empty_outbox(accel);
        }
        let is_sending = !self.link.send_bytes().is_empty();
        let has_space = !self.link.write_space().is_empty();
        let written = match self.state {
            State::Connecting if has_space => {
                self.trace.ready(self.link.tls());
                let written = self
                    .compose(accel, |mqtt, space| mqtt.connect(now, space).map(|written| (written, written)));
                if written.is_ok() {
                    self.state = State::Talking;
                }
                written
            }
            State::Talking if self.is_subscribing_due => {
                let list = self.subscriptions;
                let subscribed = self.compose(accel, |mqtt, space| mqtt.subscribe(list, now, space));
                self.is_subscribing_due = matches!(subscribed, Err(BUFFER_TOO_SMALL));
                subscribed.map(|_| 1)
            }
            // Without room, too: a server that does not answer is noticed.
            State::Talking | State::Leaving => {
                let polled = self.mqtt.poll(now, self.link.write_space());
                let polled = polled.and_then(|written| self.wrote(written, accel).map(|()| written));
                if self.state == State::Leaving && polled == Ok(0) { self.say_goodbye(accel) } else { polled }
            }
            State::Connecting | State::Waiting { .. } | State::Left => Ok(0),
        };
        match written {
            // When what waits has been sent there is more room.
            Err(BUFFER_TOO_SMALL) if is_sending || !has_space => Ok(false),
            written => written.map(|written| written > 0),
        }
    }

    /// Writes a packet where there is room for it: in a record, or in the outbox if it is longer than any.
    fn compose<A: Accel, T>(
        &mut self,
        accel: &mut A,
        mut packet: impl FnMut(&mut mqtt::Client<'b>, &mut [u8]) -> Result<(usize, T), Error>,
    ) -> Result<T, Error> {
        let is_first = self.link.send_bytes().is_empty();
        let Self { mqtt, link, outbox, .. } = self;
        let space = if outbox.is_empty() { link.write_space() } else { &mut [] };
        let (room, composed) = (space.len(), packet(mqtt, space));
        match composed {
            // With nothing before it there never will be more room. A packet that is half written is of no length.
            Err(BUFFER_TOO_SMALL) if is_first && room > 0 && outbox.space().len() > room => {
                let (written, made) = packet(mqtt, outbox.space())?;
                outbox.filled(written);
                self.empty_outbox(accel)?;
                Ok(made)
            }
            composed => {
                let (written, made) = composed?;
                self.wrote(written, accel)?;
                Ok(made)
            }
        }
    }

    /// Moves what is in the outbox to records, as far as there is room; whether anything was.
    fn empty_outbox<A: Accel>(&mut self, accel: &mut A) -> Result<bool, Error> {
        let (space, bytes) = (self.link.write_space(), self.outbox.bytes());
        let length = space.len().min(bytes.len());
        space.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        self.outbox.taken(length);
        self.wrote(length, accel)?;
        Ok(length > 0)
    }

    fn say_goodbye<A: Accel>(&mut self, accel: &mut A) -> Result<usize, Error> {
        let said = match self.mqtt.disconnect(self.link.write_space()) {
            // The server has not accepted us: there is nothing to leave.
            Err(NOT_CONNECTED) => Ok(0),
            said => said.and_then(|written| self.wrote(written, accel).map(|()| written)),
        };
        if said.is_ok() {
            self.state = State::Left;
        }
        said
    }

    fn wrote<A: Accel>(&mut self, written: usize, accel: &mut A) -> Result<(), Error> {
        if written == 0 {
            return Ok(());
        }
        self.is_blocked = false;
        self.trace.sent(self.link.write_space().get(..written).unwrap_or_default());
        self.link.wrote(written, accel)
    }

    /// What is wanted of the application is wanted once it can do it.
    fn narrow(&self, want: Want) -> Want {
        let mut narrowed = Want::default();
        for (bit, counts) in [
            (Want::RECV, true),
            (Want::SEND, true),
            (Want::BUSY, true),
            (Want::CLOSED, true),
            (Want::READ, self.state == State::Talking && !self.is_blocked),
            (Want::WRITE, self.mqtt.is_connected() && self.outbox.is_empty()),
        ] {
            if counts && want.contains(bit) {
                narrowed |= bit;
            }
        }
        narrowed
    }

    /// The last event's bytes are free again.
    fn settle(&mut self) {
        self.link.consume(core::mem::take(&mut self.used));
    }

    /// What the socket says, or our own clock, and how far the handshake had come.
    fn status_of(&self, error: Error) -> Status {
        match self.state {
            State::Waiting { .. } => Status::new(error),
            _ => status_at(self.link.step(), error),
        }
    }

    /// Says goodbye to the layer below and keeps the failure.
    fn fail<A: Accel>(&mut self, failure: Status, accel: &mut A) {
        self.failure = Some(failure);
        self.link.close();
        // It queues close_notify, if that can still be said; the failure is known already.
        let _ = self.link.poll(accel);
    }

    /// Where the server accepts each connection and MQTT fails on it before anything was exchanged, again and again, the session's
    /// state may be why: the next one begins without it.
    fn count_broken(&mut self, status: Option<Status>) {
        let is_of_mqtt = status.is_some_and(|status| status.error.number().get() & 0xF000 == 0x9000);
        if self.accepted.is_some()
            && is_of_mqtt
            && status.is_some_and(|status| status.error != CONNECTION_CLOSED)
        {
            self.broken = self.broken.saturating_add(1);
        }
        if self.broken >= MAX_BROKEN {
            self.broken = 0;
            self.mqtt.begin_anew();
        }
    }
}

fn status_at(step: Step, error: Error) -> Status {
    let mut status = Status::new(error);
    status.step = step;
    status
}

/// The end of a stream, and nothing said before it.
fn is_bare_end(status: &Status) -> bool {
    status.alert.is_none() && matches!(status.error, ssl::CONN_EOF | CONNECTION_CLOSED | net::SEND_FAILED)
}

/// After so many connections that the server accepted and MQTT failed on.
const MAX_BROKEN: u8 = 3;
/// A minute, for a slow server on a slow line.
const HANDSHAKE_TIME: u32 = 60_000;
