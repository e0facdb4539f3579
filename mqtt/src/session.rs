//! The state of the protocol, and what each packet from the server changes.
//!
//! A packet that must be answered adds a record to the in-flight log; [`poll`](crate::Client::poll) writes the answer when there is room.
//! Nothing in this file writes or waits.
//!
//! No acknowledgement ends a connection, even if it answers nothing: a server that repeats it on every connection would lock the client
//! out. Every PUBREC is answered by PUBREL and every PUBREL by PUBCOMP; other acknowledgements that match nothing are ignored and counted.
//! If more identifiers are open than the in-flight buffer can hold, the client begins a clean session.

use core::num::NonZeroU16;

use status::{
    Error,
    mqtt::{BUFFER_TOO_SMALL, MALFORMED_PACKET, SESSION_OVERFLOW, UNEXPECTED_PACKET},
};

use crate::{
    client::{Acknowledgement, Options},
    connect::ConnAck,
    event::{Event, Received},
    header::{FixedHeader, PacketType},
    inbox::Delivery,
    packet::Packet,
    publish::{Publish, QoS},
    send::Stream,
    store::{FOREIGN, HELD, InFlightRecord, InFlightStore, PARTIAL, RecordKind, SENT, WRITTEN},
    subscribe::SubAck,
};

/// How many SUBSCRIBE and UNSUBSCRIBE packets may be unanswered at once.
pub(crate) const MAX_REQUESTS: usize = 8;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum LinkState {
    /// No network connection.
    Disconnected,
    /// CONNECT is written, CONNACK awaited.
    Connecting,
    Connected,
    /// DISCONNECT is written.
    Leaving,
    /// The connection has failed with this error and must be closed.
    Failed(Error),
}

/// A SUBSCRIBE or UNSUBSCRIBE packet that the server has not yet answered.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct PendingRequest {
    pub(crate) identifier: NonZeroU16,
    /// The number of filters in a SUBSCRIBE; `None` for an UNSUBSCRIBE.
    pub(crate) subscriptions: Option<usize>,
}

/// How far the PUBLISH packet of a record has been written.
#[derive(Clone, Copy)]
pub(crate) struct Sending {
    pub(crate) identifier: NonZeroU16,
    pub(crate) offset: usize,
}

pub(crate) struct SessionState<'b> {
    pub(crate) options: Options<'b>,
    pub(crate) store: InFlightStore<'b>,
    pub(crate) state: LinkState,
    pub(crate) requests: [Option<PendingRequest>; MAX_REQUESTS],
    pub(crate) next_identifier: NonZeroU16,
    pub(crate) sending: Option<Sending>,
    pub(crate) stream: Option<Stream>,
    /// The message that is arriving was delivered before.
    is_skipping: bool,
    /// The record of the message that is arriving.
    arriving: Option<(RecordKind, NonZeroU16)>,
    /// The next connection begins with a clean session, whatever the options say.
    pub(crate) begins_anew: bool,
    /// CONNECT asked for a clean session on this connection.
    pub(crate) is_clean: bool,
    /// How many acknowledgements matched nothing.
    pub(crate) ignored: u32,
    /// How many messages had a topic that is longer than the spill.
    pub(crate) skipped: u32,
    /// When the last packet was written, and when the last byte was received, in milliseconds.
    pub(crate) last_sent: u64,
    pub(crate) last_received: u64,
    /// When the unanswered PINGREQ or CONNECT was written.
    pub(crate) waiting_since: Option<u64>,
}

impl<'b> SessionState<'b> {
    pub(crate) fn new(options: Options<'b>, store: InFlightStore<'b>) -> Self {
        Self {
            options,
            store,
            state: LinkState::Disconnected,
            requests: [None; MAX_REQUESTS],
            next_identifier: NonZeroU16::MIN,
            sending: None,
            stream: None,
            is_skipping: false,
            arriving: None,
            begins_anew: false,
            is_clean: options.clean_session,
            ignored: 0,
            skipped: 0,
            last_sent: 0,
            last_received: 0,
            waiting_since: None,
        }
    }

    /// CONNECT has been written on a new network connection.
    pub(crate) fn begin(&mut self, now: u64) {
        self.store.begin_connection();
        self.end(LinkState::Connecting);
        self.is_clean = self.asks_for_clean_session();
        self.last_sent = now;
        self.last_received = now;
        self.waiting_since = Some(now);
    }

    /// Whether the next CONNECT asks for a clean session.
    pub(crate) fn asks_for_clean_session(&self) -> bool {
        self.options.clean_session || self.begins_anew
    }

    /// Forgets what belongs to one network connection.
    #[inline(never)]
    pub(crate) fn end(&mut self, state: LinkState) {
        self.state = state;
        self.requests = [None; MAX_REQUESTS];
        self.sending = None;
        self.stream = None;
        self.is_skipping = false;
        self.arriving = None;
        self.waiting_since = None;
    }

    /// Whether reading must wait: the next packet may need a record, there is hardly any room, and the application can make some by `poll`
    /// or `acknowledge`. This keeps answers from outgrowing the in-flight buffer.
    pub(crate) fn is_blocked(&self) -> bool {
        let stuck = usize::from(self.arriving.is_some());
        self.store.is_tight() && self.store.servers() > stuck
    }

    pub(crate) fn handle<'a>(&mut self, delivery: &Delivery<'a>) -> Result<Option<Event<'a>>, Error> {
        match (self.state, delivery) {
            (_, Delivery::Nothing) => Ok(None),
            (LinkState::Connecting, Delivery::Packet(Packet::ConnAck(conn_ack))) => self.conn_ack(*conn_ack),
            (LinkState::Connected, Delivery::Packet(packet)) => self.packet(packet),
            (LinkState::Connected, Delivery::Start { publish, total }) => self.publish(publish, *total),
            (LinkState::Connected, Delivery::Chunk { data, offset, total }) => {
                Ok(self.chunk(data, *offset, *total))
            }
            (LinkState::Connected, Delivery::Skipped { header, identifier }) => {
                self.skipped(header, *identifier)
            }
            // [MQTT-3.2.0-1]: CONNACK comes first.
            _ => Err(UNEXPECTED_PACKET),
        }
    }

    fn conn_ack<'a>(&mut self, conn_ack: ConnAck) -> Result<Option<Event<'a>>, Error> {
        conn_ack.accepted()?;
        let session_present = conn_ack.session_present;
        // [MQTT-3.2.2-1]
        if session_present && self.is_clean {
            return Err(UNEXPECTED_PACKET);
        }
        self.state = LinkState::Connected;
        self.waiting_since = None;
        // [MQTT-3.1.2-6] for a clean session; §3.2.2.2 for one that the server has lost.
        let discarded = if session_present { 0 } else { self.store.discard_session() };
        let begun_anew = core::mem::take(&mut self.begins_anew);
        Ok(Some(Event::Connected { session_present, discarded, begun_anew }))
    }

    fn packet<'a>(&mut self, packet: &Packet<'a>) -> Result<Option<Event<'a>>, Error> {
        match packet {
            Packet::Publish(publish) => self.publish(publish, publish.message.payload.len()),
            Packet::PubAck(identifier) => Ok(self.pub_ack(*identifier)),
            Packet::PubRec(identifier) => self.pub_rec(*identifier),
            Packet::PubRel(identifier) => self.pub_rel(*identifier),
            Packet::PubComp(identifier) => Ok(self.pub_comp(*identifier)),
            Packet::SubAck(sub_ack) => self.sub_ack(sub_ack),
            Packet::UnsubAck(identifier) => Ok(self.unsub_ack(*identifier)),
            Packet::PingResp => {
                self.waiting_since = None;
                Ok(None)
            }
            // A second CONNACK. Packets that only clients send were refused earlier, by their header.
            _ => Err(UNEXPECTED_PACKET),
        }
    }

    /// A message, complete or its beginning. A QoS 2 identifier is stored before its message is delivered.
    fn publish<'a>(&mut self, publish: &Publish<'a>, total: usize) -> Result<Option<Event<'a>>, Error> {
        let received = Received::new(publish, total);
        if let Some(identifier) = publish.identifier {
            let kind = if publish.message.qos == QoS::AtLeastOnce {
                RecordKind::PubAck
            } else {
                RecordKind::Received
            };
            if self.has_message(kind, identifier)? {
                self.is_skipping = !received.is_whole();
                return Ok(None);
            }
            let mut flags = 0;
            if !received.is_whole() {
                flags |= PARTIAL;
                self.arriving = Some((kind, identifier));
            }
            if self.options.acknowledgement == Acknowledgement::Manual {
                flags |= HELD;
            }
            // [MQTT-4.3.2-2], [MQTT-4.3.3-2]
            self.oblige(kind, flags, identifier)?;
        }
        Ok(Some(Event::Message(received)))
    }

    /// A packet that did not fit into the spill. A message is acknowledged, since the server would repeat it for ever. A SUBACK fails only
    /// if its request is still open.
    fn skipped<'a>(
        &mut self,
        header: &FixedHeader,
        identifier: Option<NonZeroU16>,
    ) -> Result<Option<Event<'a>>, Error> {
        if header.packet_type != PacketType::Publish {
            let request = identifier.and_then(|identifier| self.take_request(identifier, true));
            return if request.is_some() { Err(BUFFER_TOO_SMALL) } else { Ok(self.ignore()) };
        }
        self.skipped = self.skipped.saturating_add(1);
        if let Some(identifier) = identifier {
            let is_at_least_once = header.flags & 0b0110 == 0b0010;
            let kind = if is_at_least_once { RecordKind::PubAck } else { RecordKind::Received };
            if !self.has_message(kind, identifier)? {
                self.oblige(kind, 0, identifier)?;
            }
        }
        Ok(None)
    }

    /// Whether the message was delivered before and must not be delivered again. If so, it is answered again.
    fn has_message(&mut self, kind: RecordKind, identifier: NonZeroU16) -> Result<bool, Error> {
        if let Some(record) = self.store.find(kind, identifier) {
            // The application held its answer across a reconnection: it moves to its place among the answers of this connection.
            if record.has(WRITTEN) {
                self.store.remove(&record);
                self.oblige(kind, HELD, identifier)?;
            }
            // A QoS 1 message that the application has not yet acknowledged is the same message.
            return Ok(kind == RecordKind::Received || record.has(HELD));
        }
        // [MQTT-4.3.3-2]: until PUBREL it is the same message.
        let is_open = kind == RecordKind::Received && self.store.is_open(identifier);
        if is_open {
            self.oblige(kind, 0, identifier)?;
        }
        Ok(is_open)
    }

    /// Stores that the server's packet needs an answer. If there is no room, although the application has nothing to write or acknowledge,
    /// too many identifiers are open: only a clean session helps.
    fn oblige(&mut self, kind: RecordKind, flags: u8, identifier: NonZeroU16) -> Result<(), Error> {
        let result = self.store.push(kind, flags, identifier);
        self.or_begin_anew(result)
    }

    fn or_begin_anew<T>(&mut self, result: Result<T, Error>) -> Result<T, Error> {
        self.begins_anew |= result.is_err();
        result.map_err(|_| SESSION_OVERFLOW)
    }

    fn chunk<'a>(&mut self, data: &'a [u8], offset: usize, total: usize) -> Option<Event<'a>> {
        let is_skipping = self.is_skipping;
        if offset.saturating_add(data.len()) >= total {
            self.is_skipping = false;
            let arrived = self.arriving.take();
            if let Some(record) = arrived.and_then(|(kind, identifier)| self.store.find(kind, identifier)) {
                self.store.clear_flags(&record, PARTIAL);
            }
        }
        if is_skipping { None } else { Some(Event::Chunk { data, offset, total }) }
    }

    fn pub_ack<'a>(&mut self, identifier: NonZeroU16) -> Option<Event<'a>> {
        // Some servers answer QoS 2 with PUBACK: they have accepted the message, and will not answer a PUBREL.
        let sent =
            self.store.find(RecordKind::Publish, identifier).filter(|record| self.sent(record).is_some());
        let Some(record) = sent else { return self.ignore() };
        self.store.remove(&record);
        Some(Event::Delivered { identifier, qos: QoS::AtLeastOnce })
    }

    fn pub_rec<'a>(&mut self, identifier: NonZeroU16) -> Result<Option<Event<'a>>, Error> {
        match self.store.find(RecordKind::Publish, identifier) {
            Some(record) if self.sent(&record) == Some(QoS::ExactlyOnce) => {
                // [MQTT-4.3.3-1]: the message is never sent again. The new record fits, because the old one was larger.
                self.store.remove(&record);
                self.oblige(RecordKind::Release, 0, identifier)?;
                return Ok(None);
            }
            Some(record) if record.kind == RecordKind::Release => {}
            // Its own PUBREC is still to come. A PUBREL now would make the server treat a repeated PUBLISH as a new message.
            Some(record) if record.has(SENT) && self.qos(&record) == Some(QoS::ExactlyOnce) => {
                return Ok(self.ignore());
            }
            known => {
                if let Some(record) = known {
                    self.store.set(&record, FOREIGN);
                }
                self.avoid(identifier);
                let _ = self.ignore();
            }
        }
        if self.store.exists() {
            self.oblige(RecordKind::PubRel, 0, identifier)?;
        }
        Ok(None)
    }

    fn pub_rel<'a>(&mut self, identifier: NonZeroU16) -> Result<Option<Event<'a>>, Error> {
        let record = self.store.find(RecordKind::Received, identifier);
        if let Some(record) = &record {
            self.store.remove(record);
        }
        let closed = self.store.close(identifier);
        if !self.or_begin_anew(closed)? && record.is_none() {
            let _ = self.ignore();
        }
        // [MQTT-4.3.3-2]: an unknown identifier is answered as well, otherwise the server would keep it.
        if self.store.exists() {
            self.oblige(RecordKind::PubComp, 0, identifier)?;
        }
        Ok(None)
    }

    fn pub_comp<'a>(&mut self, identifier: NonZeroU16) -> Option<Event<'a>> {
        // A server that sends PUBCOMP has the message, whether or not its PUBREC arrived.
        let is_meant = |record: &InFlightRecord| {
            let is_sent = self.sent(record) == Some(QoS::ExactlyOnce) && !record.has(FOREIGN);
            is_sent || record.kind == RecordKind::Release
        };
        let record = self.store.find(RecordKind::Publish, identifier).filter(is_meant);
        let Some(record) = record else { return self.ignore() };
        self.store.remove(&record);
        Some(Event::Delivered { identifier, qos: QoS::ExactlyOnce })
    }

    fn sub_ack<'a>(&mut self, sub_ack: &SubAck<'a>) -> Result<Option<Event<'a>>, Error> {
        let SubAck { identifier, results } = *sub_ack;
        match self.take_request(identifier, true).and_then(|request| request.subscriptions) {
            None => Ok(self.ignore()),
            // [MQTT-3.8.4-5]: one result per filter.
            Some(count) if count != results.len() => Err(MALFORMED_PACKET),
            Some(_) => Ok(Some(Event::Subscribed { identifier, results })),
        }
    }

    fn unsub_ack<'a>(&mut self, identifier: NonZeroU16) -> Option<Event<'a>> {
        match self.take_request(identifier, false) {
            None => self.ignore(),
            Some(_) => Some(Event::Unsubscribed { identifier }),
        }
    }

    fn take_request(&mut self, identifier: NonZeroU16, is_subscribe: bool) -> Option<PendingRequest> {
        let is_meant = |request: &PendingRequest| {
            request.identifier == identifier && request.subscriptions.is_some() == is_subscribe
        };
        self.requests.iter_mut().find(|request| request.as_ref().is_some_and(is_meant))?.take()
    }

    /// An acknowledgement that matches nothing.
    fn ignore<'a>(&mut self) -> Option<Event<'a>> {
        self.ignored = self.ignored.saturating_add(1);
        None
    }

    /// The quality of service of a message that can have been acknowledged, because it was sent on this or an earlier connection. None
    /// while it is being written: an acknowledgement that comes then is an old one, and its own will follow.
    fn sent(&self, record: &InFlightRecord) -> Option<QoS> {
        let identifier = record.identifier;
        let is_midway = self.sending.is_some_and(|sending| sending.identifier == identifier)
            || self.stream.is_some_and(|stream| stream.identifier == Some(identifier));
        let is_sent = record.kind == RecordKind::Publish && record.has(SENT) && !is_midway;
        self.qos(record).filter(|_| is_sent)
    }

    /// A message's quality of service.
    fn qos(&self, record: &InFlightRecord) -> Option<QoS> {
        QoS::from_number((self.store.body(record).first()? >> 1) & 0b11)
    }

    /// The server uses this identifier for a message that the client does not know: do not choose it for the next messages.
    fn avoid(&mut self, identifier: NonZeroU16) {
        let ahead = identifier.get().wrapping_sub(self.next_identifier.get());
        if ahead < u16::MAX / 2 {
            self.next_identifier = after(identifier);
        }
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
            || self.store.find(RecordKind::Publish, identifier).is_some()
    }
}

fn after(identifier: NonZeroU16) -> NonZeroU16 {
    identifier.checked_add(1).unwrap_or(NonZeroU16::MIN)
}
