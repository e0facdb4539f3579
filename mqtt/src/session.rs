//! The protocol's state, and what each packet from the server does to it.
//!
//! Every duty that a packet causes becomes a record of the in-flight log; [`poll`](crate::Client::poll) writes it when there
//! is room. Nothing here writes or waits.

use core::num::NonZeroU16;

use status::{
    Error,
    mqtt::{MALFORMED_PACKET, UNEXPECTED_PACKET},
};

use crate::{
    client::{Acknowledgement, Options},
    connect::ConnAck,
    event::{Event, Received},
    inbox::Delivery,
    packet::Packet,
    publish::{Publish, QoS},
    send::Stream,
    store::{HELD, Kind, PARTIAL, Record, Store, WRITTEN},
    subscribe::SubAck,
};

/// How many SUBSCRIBE and UNSUBSCRIBE packets may be unanswered at once.
pub(crate) const MAX_REQUESTS: usize = 8;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// No network connection.
    Disconnected,
    /// CONNECT is written, CONNACK awaited.
    Connecting,
    Connected,
    /// DISCONNECT is written.
    Leaving,
    /// The connection is to be closed, since this happened.
    Failed(Error),
}

/// A SUBSCRIBE or UNSUBSCRIBE packet that the server has not yet answered.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) identifier: NonZeroU16,
    /// How many filters are subscribed to; `None` for an UNSUBSCRIBE.
    pub(crate) subscriptions: Option<usize>,
}

/// How far the PUBLISH packet of a record has been written.
#[derive(Clone, Copy)]
pub(crate) struct Sending {
    pub(crate) identifier: NonZeroU16,
    pub(crate) offset: usize,
}

pub(crate) struct Session<'b> {
    pub(crate) options: Options<'b>,
    pub(crate) store: Store<'b>,
    pub(crate) state: State,
    pub(crate) requests: [Option<Request>; MAX_REQUESTS],
    pub(crate) next_identifier: NonZeroU16,
    pub(crate) sending: Option<Sending>,
    pub(crate) stream: Option<Stream>,
    /// The message that is arriving is one that was already delivered.
    is_skipping: bool,
    /// When the last packet was written and the last byte was received, in milliseconds.
    pub(crate) last_sent: u64,
    pub(crate) last_received: u64,
    /// When the PINGREQ or the CONNECT was written that awaits its answer.
    pub(crate) waiting_since: Option<u64>,
}

impl<'b> Session<'b> {
    pub(crate) fn new(options: Options<'b>, store: Store<'b>) -> Self {
        Self {
            options,
            store,
            state: State::Disconnected,
            requests: [None; MAX_REQUESTS],
            next_identifier: NonZeroU16::MIN,
            sending: None,
            stream: None,
            is_skipping: false,
            last_sent: 0,
            last_received: 0,
            waiting_since: None,
        }
    }

    /// CONNECT has been written on a new network connection.
    pub(crate) fn begin(&mut self, now: u64) {
        self.store.begin_connection();
        self.end(State::Connecting);
        self.last_sent = now;
        self.last_received = now;
        self.waiting_since = Some(now);
    }

    /// What belongs to one network connection is forgotten.
    #[inline(never)]
    pub(crate) fn end(&mut self, state: State) {
        self.state = state;
        self.requests = [None; MAX_REQUESTS];
        self.sending = None;
        self.stream = None;
        self.is_skipping = false;
        self.waiting_since = None;
    }

    /// Whether reading has to wait: a further packet may need a record, none fits, and the application can make room by
    /// `poll` or `acknowledge`.
    pub(crate) fn is_blocked(&self) -> bool {
        let can_go = |record: Record| {
            !record.has(PARTIAL) && (matches!(record.kind, Kind::PubAck | Kind::PubComp) || record.has(HELD))
        };
        self.store.exists() && !self.store.has_room() && self.store.iter().any(can_go)
    }

    pub(crate) fn handle<'a>(&mut self, delivery: &Delivery<'a>) -> Result<Option<Event<'a>>, Error> {
        match (self.state, delivery) {
            (_, Delivery::Nothing) => Ok(None),
            (State::Connecting, Delivery::Packet(Packet::ConnAck(conn_ack))) => self.conn_ack(*conn_ack),
            (State::Connected, Delivery::Packet(packet)) => self.packet(packet),
            (State::Connected, Delivery::Start { publish, total }) => self.publish(publish, *total),
            (State::Connected, Delivery::Chunk { data, offset, total }) => {
                Ok(self.chunk(data, *offset, *total))
            }
            // [MQTT-3.2.0-1]: CONNACK comes first.
            _ => Err(UNEXPECTED_PACKET),
        }
    }

    fn conn_ack<'a>(&mut self, conn_ack: ConnAck) -> Result<Option<Event<'a>>, Error> {
        conn_ack.accepted()?;
        let session_present = conn_ack.session_present;
        // [MQTT-3.2.2-1]
        if session_present && self.options.clean_session {
            return Err(UNEXPECTED_PACKET);
        }
        self.state = State::Connected;
        self.waiting_since = None;
        // [MQTT-3.1.2-6] for a clean session; §3.2.2.2 for one that the server has lost.
        let discarded = if session_present { 0 } else { self.store.discard_session() };
        Ok(Some(Event::Connected { session_present, discarded }))
    }

    fn packet<'a>(&mut self, packet: &Packet<'a>) -> Result<Option<Event<'a>>, Error> {
        match packet {
            Packet::Publish(publish) => self.publish(publish, publish.message.payload.len()),
            Packet::PubAck(identifier) => self.pub_ack(*identifier),
            Packet::PubRec(identifier) => self.pub_rec(*identifier),
            Packet::PubRel(identifier) => self.pub_rel(*identifier),
            Packet::PubComp(identifier) => self.pub_comp(*identifier),
            Packet::SubAck(sub_ack) => self.sub_ack(sub_ack),
            Packet::UnsubAck(identifier) => self.unsub_ack(*identifier),
            Packet::PingResp => {
                self.waiting_since = None;
                Ok(None)
            }
            // A second CONNACK; what only clients send was already refused by its header.
            _ => Err(UNEXPECTED_PACKET),
        }
    }

    /// A message, whole or its beginning. A QoS 2 identifier is remembered before its message is delivered.
    fn publish<'a>(&mut self, publish: &Publish<'a>, total: usize) -> Result<Option<Event<'a>>, Error> {
        let received = Received::new(publish, total);
        if let Some(identifier) = publish.identifier {
            let mut flags = if received.is_whole() { 0 } else { PARTIAL };
            if self.options.acknowledgement == Acknowledgement::Manual {
                flags |= HELD;
            }
            if publish.message.qos == QoS::AtLeastOnce {
                // [MQTT-4.3.2-2]
                self.store.push(Kind::PubAck, flags, identifier)?;
            } else if let Some(record) = self.store.find(Kind::Received, identifier) {
                // [MQTT-4.3.3-2]: until the PUBREL it is the same message; it gets its PUBREC again, and is not delivered.
                self.store.clear_flags(&record, WRITTEN);
                self.is_skipping = !received.is_whole();
                return Ok(None);
            } else {
                self.store.push(Kind::Received, flags, identifier)?;
            }
        }
        Ok(Some(Event::Message(received)))
    }

    fn chunk<'a>(&mut self, data: &'a [u8], offset: usize, total: usize) -> Option<Event<'a>> {
        let is_skipping = self.is_skipping;
        if offset.saturating_add(data.len()) >= total {
            self.is_skipping = false;
            let partial = self.store.iter().find(|record| record.has(PARTIAL));
            if let Some(record) = partial {
                self.store.clear_flags(&record, PARTIAL);
            }
        }
        if is_skipping { None } else { Some(Event::Chunk { data, offset, total }) }
    }

    fn pub_ack<'a>(&mut self, identifier: NonZeroU16) -> Result<Option<Event<'a>>, Error> {
        let record = self.sent(identifier, QoS::AtLeastOnce).ok_or(UNEXPECTED_PACKET)?;
        self.store.remove(&record);
        Ok(Some(Event::Delivered { identifier }))
    }

    fn pub_rec<'a>(&mut self, identifier: NonZeroU16) -> Result<Option<Event<'a>>, Error> {
        if let Some(record) = self.sent(identifier, QoS::ExactlyOnce) {
            // [MQTT-4.3.3-1]: the message is never sent again. The record's room is enough for its successor.
            self.store.remove(&record);
            self.store.push(Kind::Release, 0, identifier)?;
        } else {
            let record = self.store.find(Kind::Release, identifier).ok_or(UNEXPECTED_PACKET)?;
            self.store.clear_flags(&record, WRITTEN);
        }
        Ok(None)
    }

    fn pub_rel<'a>(&mut self, identifier: NonZeroU16) -> Result<Option<Event<'a>>, Error> {
        if let Some(record) = self.store.find(Kind::Received, identifier) {
            if record.has(HELD | PARTIAL) {
                return Err(UNEXPECTED_PACKET);
            }
            self.store.remove(&record);
        }
        // [MQTT-4.3.3-2]; an identifier that is already forgotten is answered as well, else the server would not forget it.
        self.store.push(Kind::PubComp, 0, identifier)?;
        Ok(None)
    }

    fn pub_comp<'a>(&mut self, identifier: NonZeroU16) -> Result<Option<Event<'a>>, Error> {
        let record = self.store.find(Kind::Release, identifier).filter(|record| record.has(WRITTEN));
        self.store.remove(&record.ok_or(UNEXPECTED_PACKET)?);
        Ok(Some(Event::Delivered { identifier }))
    }

    fn sub_ack<'a>(&mut self, sub_ack: &SubAck<'a>) -> Result<Option<Event<'a>>, Error> {
        let SubAck { identifier, results } = *sub_ack;
        // [MQTT-3.8.4-5]: one result per filter.
        let count = self.take_request(identifier)?.subscriptions.ok_or(UNEXPECTED_PACKET)?;
        if count != results.len() {
            return Err(MALFORMED_PACKET);
        }
        Ok(Some(Event::Subscribed { identifier, results }))
    }

    fn unsub_ack<'a>(&mut self, identifier: NonZeroU16) -> Result<Option<Event<'a>>, Error> {
        match self.take_request(identifier)?.subscriptions {
            None => Ok(Some(Event::Unsubscribed { identifier })),
            Some(_) => Err(UNEXPECTED_PACKET),
        }
    }

    fn take_request(&mut self, identifier: NonZeroU16) -> Result<Request, Error> {
        self.requests
            .iter_mut()
            .find(|request| request.is_some_and(|request| request.identifier == identifier))
            .and_then(Option::take)
            .ok_or(UNEXPECTED_PACKET)
    }

    /// The message with this identifier and quality of service that has been written on this connection.
    fn sent(&self, identifier: NonZeroU16, qos: QoS) -> Option<Record> {
        let record = self.store.find(Kind::Publish, identifier)?;
        let first = self.store.body(&record).first()?;
        (record.has(WRITTEN) && (first >> 1) & 0b11 == qos.number()).then_some(record)
    }

    /// An identifier that nothing unacknowledged uses ([MQTT-2.3.1-2] to [MQTT-2.3.1-4]).
    pub(crate) fn unused_identifier(&self) -> Option<NonZeroU16> {
        let mut candidate = self.next_identifier;
        for _ in 0..u16::MAX {
            if !self.uses(candidate) {
                return Some(candidate);
            }
            candidate = after(candidate);
        }
        None
    }

    /// The identifier is now in use.
    pub(crate) fn used_identifier(&mut self, identifier: NonZeroU16) {
        self.next_identifier = after(identifier);
    }

    fn uses(&self, identifier: NonZeroU16) -> bool {
        self.requests.iter().flatten().any(|request| request.identifier == identifier)
            || self.store.iter().any(|record| {
                matches!(record.kind, Kind::Publish | Kind::Release) && record.identifier == identifier
            })
    }
}

fn after(identifier: NonZeroU16) -> NonZeroU16 {
    identifier.checked_add(1).unwrap_or(NonZeroU16::MIN)
}
