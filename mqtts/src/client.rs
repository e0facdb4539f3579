//! The client: MQTT with or without TLS, over one network connection after another.
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
//! The client sends CONNECT as soon as TLS is ready. It subscribes when the server has no session. It keeps the MQTT session and the TLS
//! session across connections, and sends DISCONNECT before close_notify. When a connection fails, it prefers the server's reason to the
//! socket's error. It does no I/O: the modules beside this one are loops around these functions.

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
    /// No protection: everyone on the path can read everything, including the password.
    Plain,
    /// TLS 1.2.
    Tls {
        /// The server's DNS name or IP address, as its certificate must name it.
        host: &'b str,
        /// Whom to trust, which certificate to present, what to offer.
        config: &'b Config<'b>,
    },
}

/// The settings of a client, fixed for its life. Later versions may add fields: begin with [`Settings::new`].
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
    /// TLS or plain.
    pub security: Security<'b>,
    /// Client identifier, user name, will, keep-alive and so on.
    pub mqtt: mqtt::Options<'b>,
    /// Subscribed in one packet at every connection on which the server has no session of this client. May be empty. [`Client::subscribe`]
    /// adds subscriptions later.
    pub subscriptions: &'b [Subscription<'b>],
    /// The pauses between attempts to connect.
    pub back_off: BackOff,
    /// The limit for the TLS handshake in milliseconds, counted from the network connection; 0 for no limit. The answer to CONNECT has its
    /// own limit: [`mqtt::Options::response_timeout`].
    pub handshake_time: u32,
}

impl<'b> Settings<'b> {
    /// Settings with this client identifier, a clean session, no subscriptions and the usual pauses.
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

/// An MQTT client with or without TLS. It has no clock: pass `now`, the milliseconds of a monotonic clock.
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
/// Has no `Debug`, because it holds secrets.
pub struct Client<'b> {
    link: Link<'b>,
    mqtt: mqtt::Client<'b>,
    subscriptions: &'b [Subscription<'b>],
    back_off: BackOff,
    handshake_time: u32,
    attempts: Attempts,
    state: State,
    /// Memory for packets that are longer than one record.
    outbox: Queue<'b>,
    trace: Trace,
    /// When the TLS handshake times out. Unset until the first poll has told the time.
    handshake_until: Option<u64>,
    /// When the server has accepted this connection.
    accepted: Option<u64>,
    /// How many bytes of plaintext the last event used.
    used: usize,
    /// MQTT cannot read on until something was written or acknowledged.
    is_blocked: bool,
    is_subscribing_due: bool,
    /// The saved session ([`mqtt::Client::save`]) may be out of date.
    is_changed: bool,
    /// How many connections in a row the server accepted before MQTT failed on them.
    broken: u8,
    /// The socket has ended in one direction; the reason follows.
    is_ending: bool,
    /// Why this connection has failed.
    failure: Option<Status>,
}

/// The state of the client.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// No network connection; the next attempt is not due before this time.
    Waiting { until: u64 },
    /// The network is connected; CONNECT is sent as soon as possible.
    Connecting,
    /// CONNECT has been written.
    Talking,
    /// The application wants to disconnect; DISCONNECT is still to be written.
    Leaving,
    /// DISCONNECT has been written, or could not be.
    Left,
}

impl<'b> Client<'b> {
    /// A client without a network connection. The first attempt is due at once.
    ///
    /// # Errors
    /// A [`SetupError`]: which buffer is too short and how many bytes it needs, or which setting is invalid.
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
            is_ending: false,
            failure: None,
        })
    }

    /// Lends memory for packets that do not fit into one TLS record (16 KB, or less with
    /// [`max_fragment_length`](Config::max_fragment_length) or a small `tx`); without TLS, into `tx`. Examples: a CONNECT with a long
    /// will, a SUBSCRIBE with many filters, a PUBLISH with a long topic. Without this memory such a packet fails with -0x9580. 328 KB hold
    /// any CONNECT.
    pub const fn lend_outbox(&mut self, outbox: &'b mut [u8]) {
        self.outbox = Queue::new(outbox);
    }

    /// When the next connection attempt is due, in milliseconds. None while there is a network connection.
    #[must_use]
    pub const fn retry_at(&self) -> Option<u64> {
        match self.state {
            State::Waiting { until } => Some(until),
            _ => None,
        }
    }

    /// A network connection has been made. `unix_time`, in seconds since 1970, is the time for checking certificates.
    pub fn connected(&mut self, unix_time: u64) {
        self.link.restart(unix_time);
        self.outbox.clear();
        self.trace.restart();
        self.state = State::Connecting;
        (self.accepted, self.handshake_until) = (None, None);
        (self.used, self.is_blocked, self.is_subscribing_due) = (0, false, false);
        (self.is_ending, self.failure) = (false, None);
    }

    /// The network connection has ended, or could not be made. `reason` is the socket's error, if there was one. Returns the reason that
    /// counts: what the server or a layer above has reported, otherwise `reason`; none when the application has disconnected.
    ///
    /// The next attempt is due after a pause: see [`Client::retry_at`].
    pub fn ended<A: Accel>(&mut self, reason: Option<Error>, accel: &mut A, now: u64) -> Option<Status> {
        let has_left = matches!(self.state, State::Leaving | State::Left);
        let of_mqtt = self.mqtt.closed().err().map(Status::new);
        let known = match self.state {
            // There was no connection: what TLS still reports belongs to the previous one, and was reported then.
            State::Waiting { .. } => None,
            _ => self.failure.take().or_else(|| self.link.status()),
        };
        // If the stream just ended, the socket's error says more.
        let known = known.filter(|known| reason.is_none() || !is_bare_end(known));
        let status =
            known.or_else(|| reason.map(|reason| self.status_of(reason))).or(of_mqtt).filter(|_| !has_left);
        self.count_broken(status);
        let lasted = self.accepted.take().map_or(0, |at| now.saturating_sub(at).max(1));
        let mut random = [0; 4];
        // If even the random generator fails, the pause is the shortest one possible.
        let _ = accel.fill(&mut random);
        let pause = self.attempts.pause(self.back_off, lasted, u32::from_be_bytes(random));
        self.state = State::Waiting { until: now.saturating_add(pause) };
        self.trace.ended(status, pause);
        status
    }

    /// Does everything that is possible without the socket and the application, and returns what is needed next:
    ///
    /// - [`Want::RECV`], [`Want::SEND`]: read from the socket, or write to it. Write first.
    /// - [`Want::READ`]: call [`Client::event`].
    /// - [`Want::WRITE`]: the server has accepted us, and there is room for a packet of the application.
    /// - [`Want::BUSY`]: a long computation is under way. Let other work run, then poll again.
    /// - [`Want::CLOSED`]: the application has disconnected, and everything is sent.
    ///
    /// # Errors
    /// Why the connection has ended, at every call until [`Client::ended`]. [`Client::send_bytes`] may still hold an alert or a
    /// close_notify: send it.
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

    /// Returns the next event, if there is one. It borrows bytes of the receive buffer. Call it while [`Want::READ`] is set: each call
    /// reads one packet, and not every packet is an event.
    ///
    /// # Errors
    /// Those of [`mqtt::Client::receive`]. The connection has failed then, and [`Client::poll`] returns the same.
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

    /// The latest time at which [`Client::poll`] must be called even if nothing happens, in milliseconds.
    #[must_use]
    pub fn next_deadline(&self) -> Option<u64> {
        match self.state {
            State::Waiting { until } => Some(until),
            State::Connecting => self.handshake_until,
            _ => self.mqtt.next_deadline(),
        }
    }

    /// Publishes a message. At QoS 1 and 2 the client keeps it, across connections, until the server has acknowledged it;
    /// [`Event::Delivered`] then names the returned identifier. At QoS 0 it is sent once, or lost with the connection.
    ///
    /// # Errors
    /// Nothing has changed after any of them. At QoS 0: `mqtt::BUFFER_TOO_SMALL` (-0x9580) when there is no room now (wait for
    /// [`Want::WRITE`]) and `mqtt::NOT_CONNECTED` (-0x9680). `mqtt::IN_FLIGHT_FULL` (-0x9600) and `mqtt::BAD_INPUT_DATA` (-0x9080) as for
    /// [`mqtt::Client::publish`].
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
            // The message is kept and sent when there is room.
            Err(BUFFER_TOO_SMALL | NOT_CONNECTED) if message.qos != QoS::AtMostOnce => {
                self.mqtt.queue(message).map(Some)
            }
            published => published,
        }
    }

    /// Begins a message of `total` bytes. `message.payload` is the beginning; give the rest to [`Client::chunk`].
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

    /// Sends the next part of a message begun with [`Client::start`], as far as there is room. Returns how many bytes were taken.
    ///
    /// # Errors
    /// As [`mqtt::Client::chunk`].
    pub fn chunk<A: Accel>(&mut self, data: &[u8], accel: &mut A, now: u64) -> Result<usize, Error> {
        let is_sending = self.has_output();
        let space = self.link.write_space();
        // Do not send a small record for the last bytes of a buffer: there will be more room soon.
        let space = if is_sending && space.len() < data.len() { &mut [] } else { space };
        let written = self.mqtt.chunk(data, now, space)?;
        self.wrote(written, accel)?;
        Ok(written)
    }

    /// Subscribes to all of `list` for the present session. Only [`Settings::subscriptions`] are made again for a new session.
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

    /// Acknowledges a received message, if the options leave that to the application.
    ///
    /// # Errors
    /// As [`mqtt::Client::acknowledge`].
    pub fn acknowledge(&mut self, identifier: NonZeroU16) -> Result<(), Error> {
        self.is_blocked = false;
        self.is_changed = true;
        self.mqtt.acknowledge(identifier)
    }

    /// Disconnects: sends what is due, then DISCONNECT, then close_notify. [`Want::CLOSED`] says when that is done. What the server still
    /// sends is ignored.
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

    /// Whether bytes are waiting that the socket has not yet taken.
    #[must_use]
    pub fn has_output(&self) -> bool {
        !self.link.send_bytes().is_empty() || !self.outbox.is_empty() || self.mqtt.has_output()
    }

    /// Whether the server has accepted us, and neither the connection nor the socket has ended since.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.failure.is_none() && !self.is_ending && self.mqtt.is_connected()
    }

    /// The MQTT session: undelivered messages, and what to save.
    #[must_use]
    pub const fn mqtt(&self) -> &mqtt::Client<'b> {
        &self.mqtt
    }

    /// Restores a saved MQTT session, before the first connection.
    ///
    /// # Errors
    /// As [`mqtt::Client::restore`].
    pub fn restore(&mut self, saved: &[u8]) -> Result<(), Error> {
        self.mqtt.restore(saved)
    }

    /// Makes the next connection begin with a clean session, as [`mqtt::Client::begin_anew`] does. For an application that does not know
    /// what the server still keeps for it.
    pub fn begin_anew(&mut self) {
        self.mqtt.begin_anew();
    }

    /// Whether the MQTT session may have changed since the last call. An application that keeps the session across resets saves it then
    /// ([`mqtt::Client::save`]).
    #[must_use = "it is told once"]
    pub fn take_changed(&mut self) -> bool {
        core::mem::take(&mut self.is_changed)
    }

    /// Offers a saved TLS session, before the first connection: see [`Connection::offer`]. Does nothing without TLS.
    pub fn offer(&mut self, session: &[u8]) {
        self.link.offer(session);
    }

    /// The TLS connection: suite, session and so on. None without TLS.
    #[must_use]
    pub const fn tls(&self) -> Option<&Connection<'b>> {
        self.link.tls()
    }

    /// Where to put the next bytes from the socket. Empty while none are wanted.
    pub fn recv_space(&mut self) -> &mut [u8] {
        self.settle();
        self.link.recv_space()
    }

    /// The socket has put `n` bytes into [`Client::recv_space`].
    pub fn received(&mut self, n: usize) {
        self.link.received(n);
    }

    /// The socket's stream has ended.
    pub fn recv_closed(&mut self) {
        self.link.recv_closed();
        self.is_ending = true;
    }

    /// The bytes to send.
    #[must_use]
    pub fn send_bytes(&self) -> &[u8] {
        self.link.send_bytes()
    }

    /// The socket has taken `n` bytes.
    pub fn sent(&mut self, n: usize) {
        self.link.sent(n);
        self.is_blocked = false;
    }

    /// The socket can send no more. What the server sent before is still received: it may say why.
    pub fn send_closed(&mut self) {
        self.link.send_closed();
        self.is_ending = true;
    }

    fn advance<A: Accel>(&mut self, accel: &mut A, now: u64) -> Result<Want, Status> {
        self.settle();
        if matches!(self.state, State::Leaving | State::Left) {
            // Nobody will read what is left.
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
                // MQTT has sent DISCONNECT (MQTT 3.1.1 §3.14) and TLS close_notify: do not wait for the server's.
                return Ok(Want::CLOSED);
            }
            if want.contains(Want::CLOSED) && !want.contains(Want::READ) {
                return match self.link.status() {
                    Some(status) if self.state != State::Left => Err(status),
                    _ => Ok(want),
                };
            }
            if want.contains(Want::READ) && self.state == State::Talking && !self.is_blocked {
                // Read first: what has arrived may acknowledge a message that would otherwise be sent again.
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

    /// Writes the next packet that the client itself has to send, if there is room. Returns whether it wrote anything.
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
            // Poll even without room: this is how a server that does not answer is noticed.
            State::Talking | State::Leaving => {
                let polled = self.mqtt.poll(now, self.link.write_space());
                let polled = polled.and_then(|written| self.wrote(written, accel).map(|()| written));
                if self.state == State::Leaving && polled == Ok(0) { self.say_goodbye(accel) } else { polled }
            }
            State::Connecting | State::Waiting { .. } | State::Left => Ok(0),
        };
        match written {
            // There will be more room once the waiting bytes are sent.
            Err(BUFFER_TOO_SMALL) if is_sending || !has_space => Ok(false),
            written => written.map(|written| written > 0),
        }
    }

    /// Writes a packet where it fits: into a record, or into the outbox if it is longer than a record.
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
            // There will be no more room.
            Err(BUFFER_TOO_SMALL) if room == 0 && self.is_ending => Err(NOT_CONNECTED),
            // No bytes are waiting, so there will never be more room. While another packet is half written, the second attempt fails as
            // well.
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

    /// Moves bytes from the outbox into records, as far as there is room. Returns whether any were moved.
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
            // The server has not accepted us, so there is nothing to disconnect from.
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

    /// Removes the bits that the application cannot act on now.
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

    /// Frees the bytes of the last event.
    fn settle(&mut self) {
        self.link.consume(core::mem::take(&mut self.used));
    }

    /// The status for an error of the socket or for a time-out: with the step that the handshake had reached.
    fn status_of(&self, error: Error) -> Status {
        match self.state {
            State::Waiting { .. } => Status::new(error),
            _ => status_at(self.link.step(), error),
        }
    }

    /// Closes the transport and records the failure.
    fn fail<A: Accel>(&mut self, failure: Status, accel: &mut A) {
        self.failure = Some(failure);
        self.link.close();
        // This queues close_notify, if it can still be sent. Its result adds nothing to the known failure.
        let _ = self.link.poll(accel);
    }

    /// If the server accepts connections but MQTT fails on each before anything was exchanged, the session's state may be the cause. After
    /// some of those in a row, the next connection begins a clean session.
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

/// Whether the stream has just ended, without a reason from the server.
fn is_bare_end(status: &Status) -> bool {
    status.alert.is_none() && matches!(status.error, ssl::CONN_EOF | CONNECTION_CLOSED | net::SEND_FAILED)
}

/// After this many connections in a row that the server accepted and MQTT failed on, the session is given up.
const MAX_BROKEN: u8 = 3;
/// One minute: enough for a slow server on a slow line.
const HANDSHAKE_TIME: u32 = 60_000;
