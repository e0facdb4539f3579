//! Everything that the client sends: the application's packets at once, all others when `poll` has room.

use core::num::NonZeroU16;

use status::{
    Error,
    mqtt::{BAD_INPUT_DATA, BUFFER_TOO_SMALL, IN_FLIGHT_FULL, NOT_CONNECTED},
};

use crate::{
    client::Client,
    header::{FixedHeader, PacketType},
    packet,
    publish::{DUPLICATE, Message, Publish, QoS},
    session::{LinkState, PendingRequest, Sending, SessionState},
    store::{InFlightRecord, RecordKind, SENT, STREAMED},
    subscribe::{Filters, Subscribe, Subscription, Subscriptions, Unsubscribe},
    writer::PacketWriter,
};

/// The length of PUBACK, PUBREC, PUBREL and PUBCOMP.
const ACKNOWLEDGEMENT_LENGTH: usize = 4;
const PING_LENGTH: usize = 2;

/// What happened to a published message.
///
/// ```
/// use mqtt::{Client, Message, Options, Published, QoS};
///
/// let (mut spill, mut in_flight) = ([0; 64], [0; 256]);
/// let mut client = Client::new(Options::default(), &mut spill, &mut in_flight)?;
/// let message = Message { topic: "a", payload: b"1", qos: QoS::AtLeastOnce, retain: false };
/// // Without a connection nothing is written; the message is kept under its identifier.
/// let Published { written, identifier, .. } = client.publish(&message, 0, &mut [])?;
/// assert!(written == 0 && identifier.is_some());
/// # Ok::<(), status::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
#[must_use = "what was written has to be sent"]
pub struct Published {
    /// How many bytes were written; 0 when the message is only kept, until [`Client::poll`] can write it.
    pub written: usize,
    /// The identifier that [`Event::Delivered`](crate::Event::Delivered) will name; none at QoS 0.
    pub identifier: Option<NonZeroU16>,
}

/// A message whose payload the application gives in chunks.
///
/// ```
/// use mqtt::{Client, Message, Options, QoS};
///
/// /// Sends 1 MB that is never in memory as a whole.
/// fn send(client: &mut Client<'_>, out: &mut [u8]) -> Result<(), status::Error> {
///     let message = Message { topic: "log", payload: &[], qos: QoS::AtMostOnce, retain: false };
///     let mut written = client.start(&message, 1 << 20, 0, out)?.written;
///     while let Some(stream) = client.stream() {
///         let piece = [0; 512];
///         let length = stream.remaining.min(piece.len());
///         // Here `out[..written]` goes to the socket.
///         written = client.chunk(&piece[..length], 0, out)?;
///     }
///     # let _ = written;
///     Ok(())
/// }
/// # let _ = send;
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stream {
    /// The message's identifier; none at QoS 0.
    pub identifier: Option<NonZeroU16>,
    /// How many bytes of the payload are still missing, counted from its end.
    pub remaining: usize,
}

impl Client<'_> {
    /// Publishes a message.
    ///
    /// At QoS 0 it is written at once. At QoS 1 and 2 the client also keeps it, across reconnections, until
    /// [`Event::Delivered`](crate::Event::Delivered). It is only kept, and written by [`poll`](Self::poll) in its turn, when there is no
    /// connection, when older messages are still waiting, or when [`Options::max_in_flight`](crate::Options::max_in_flight) messages are
    /// open.
    ///
    /// # Errors
    /// Nothing has changed after any of them. `BAD_INPUT_DATA`: not a topic name, too long, QoS 1 or 2 without an in-flight
    /// buffer; `BUFFER_TOO_SMALL`: `out` is too small (see [`queue`](Self::queue) and [`start`](Self::start)), or another
    /// packet is half written; `IN_FLIGHT_FULL`; `NOT_CONNECTED`: QoS 0 without a connection.
    pub fn publish(&mut self, message: &Message<'_>, now: u64, out: &mut [u8]) -> Result<Published, Error> {
        if message.qos != QoS::AtMostOnce && self.session.must_queue() {
            return Ok(Published { written: 0, identifier: Some(self.queue(message)?) });
        }
        self.start(message, message.payload.len(), now, out)
    }

    /// Keeps a message of QoS 1 or 2 without writing it. [`poll`](Self::poll) writes it, in pieces if need be.
    ///
    /// # Errors
    /// Nothing has changed after any of them. `BAD_INPUT_DATA`, `IN_FLIGHT_FULL`
    pub fn queue(&mut self, message: &Message<'_>) -> Result<NonZeroU16, Error> {
        self.session.queue(message, message.payload.len(), 0).map(|record| record.identifier)
    }

    /// Begins a message whose payload of `total` bytes is given in chunks. `message.payload` is the first chunk, and may be empty.
    ///
    /// Unless the first chunk is the whole payload, the client does not keep the payload. If the connection is lost before a message of
    /// QoS 1 or 2 is delivered, [`stream`](Self::stream) asks for the whole payload again on the next connection.
    ///
    /// # Errors
    /// As [`publish`](Self::publish); `NOT_CONNECTED` and `BUFFER_TOO_SMALL` at every QoS, the latter also while older
    /// messages are waiting or as many are open as may be; `BAD_INPUT_DATA` also when the first chunk is longer than `total`.
    pub fn start(
        &mut self,
        message: &Message<'_>,
        total: usize,
        now: u64,
        out: &mut [u8],
    ) -> Result<Published, Error> {
        let session = &mut self.session;
        let rest = total.checked_sub(message.payload.len()).ok_or(BAD_INPUT_DATA)?;
        if session.state != LinkState::Connected {
            return Err(NOT_CONNECTED);
        }
        let packet_length = session.packet_length(message, total)?;
        if session.is_midway() || out.len() < packet_length.saturating_sub(rest) {
            return Err(BUFFER_TOO_SMALL);
        }
        let mut writer = PacketWriter::new(out);
        let identifier = if message.qos == QoS::AtMostOnce {
            Publish { duplicate: false, message: *message, identifier: None }.encode(total, &mut writer);
            session.begin_stream(None, rest);
            None
        } else {
            Some(session.start_kept(message, rest, &mut writer)?)
        };
        session.last_sent = now;
        Ok(Published { written: writer.finish()?, identifier })
    }

    /// Writes the next part of a payload begun by [`start`](Self::start). Returns how many bytes fitted.
    ///
    /// # Errors
    /// `BAD_INPUT_DATA`: more than was announced; `NOT_CONNECTED`: no message is begun, or its connection is lost.
    pub fn chunk(&mut self, data: &[u8], now: u64, out: &mut [u8]) -> Result<usize, Error> {
        let session = &mut self.session;
        let stream = session.stream.ok_or(NOT_CONNECTED)?;
        if data.len() > stream.remaining {
            return Err(BAD_INPUT_DATA);
        }
        let data = data.get(..out.len()).unwrap_or(data);
        PacketWriter::new(out).bytes(data);
        session.begin_stream(stream.identifier, stream.remaining.saturating_sub(data.len()));
        if !data.is_empty() {
            session.last_sent = now;
        }
        Ok(data.len())
    }

    /// The message for which [`chunk`](Self::chunk) waits. After a reconnection [`poll`](Self::poll) may begin an undelivered one again:
    /// then its whole payload is needed again.
    #[must_use]
    pub fn stream(&self) -> Option<Stream> {
        self.session.stream
    }

    /// Subscribes to topic filters. [`Event::Subscribed`](crate::Event::Subscribed) brings the results.
    ///
    /// Returns how many bytes were written, and the identifier. If the connection is lost, the request is forgotten.
    ///
    /// # Errors
    /// Nothing has changed after any of them. `BAD_INPUT_DATA`: no filter, not a topic filter, or QoS 1 or 2 without an
    /// in-flight buffer; `BUFFER_TOO_SMALL`; `IN_FLIGHT_FULL`: 8 requests are unanswered; `NOT_CONNECTED`.
    pub fn subscribe(
        &mut self,
        list: &[Subscription<'_>],
        now: u64,
        out: &mut [u8],
    ) -> Result<(usize, NonZeroU16), Error> {
        let needs_store = list.iter().any(|subscription| subscription.qos != QoS::AtMostOnce);
        if needs_store && !self.session.store.exists() {
            return Err(BAD_INPUT_DATA);
        }
        self.session.request(Some(list.len()), now, out, |identifier, writer| {
            Subscribe { identifier, subscriptions: Subscriptions::new(list) }.encode(writer)
        })
    }

    /// Ends subscriptions; [`Event::Unsubscribed`](crate::Event::Unsubscribed) follows.
    ///
    /// # Errors
    /// As [`subscribe`](Self::subscribe).
    pub fn unsubscribe(
        &mut self,
        filters: &[&str],
        now: u64,
        out: &mut [u8],
    ) -> Result<(usize, NonZeroU16), Error> {
        self.session.request(None, now, out, |identifier, writer| {
            Unsubscribe { identifier, filters: Filters::new(filters) }.encode(writer)
        })
    }

    /// Writes DISCONNECT and returns its length. Nothing is written after it ([MQTT-3.14.4-2]), and the server discards the will
    /// ([MQTT-3.14.4-3]). Undelivered messages stay for the next connection.
    ///
    /// # Errors
    /// Nothing has changed after any of them. `BUFFER_TOO_SMALL`, also while a packet is half written; `NOT_CONNECTED`.
    pub fn disconnect(&mut self, out: &mut [u8]) -> Result<usize, Error> {
        if self.session.state != LinkState::Connected {
            return Err(NOT_CONNECTED);
        }
        if self.session.is_midway() {
            return Err(BUFFER_TOO_SMALL);
        }
        let mut writer = PacketWriter::new(out);
        packet::encode_empty(PacketType::Disconnect, &mut writer);
        let written = writer.finish()?;
        self.session.end(LinkState::Leaving);
        Ok(written)
    }

    /// Writes what is due and fits: acknowledgements, waiting or repeated messages, PINGREQ. Returns how many bytes. What does not fit
    /// waits; 0 means that nothing was due, or nothing fitted.
    ///
    /// # Errors
    /// `KEEP_ALIVE_TIMEOUT`: the server did not answer CONNECT or PINGREQ in time. If the connection had failed before, that error.
    pub fn poll(&mut self, now: u64, out: &mut [u8]) -> Result<usize, Error> {
        self.check_time(now)?;
        if !self.is_connected() {
            return Ok(0);
        }
        let ping_due = self.ping_due();
        let session = &mut self.session;
        let mut writer = PacketWriter::new(out);
        while let Some(record) = session.next_record() {
            session.store.note_first(&record);
            if !session.write(&record, &mut writer) {
                break;
            }
        }
        if writer.finish()? > 0 {
            session.last_sent = now;
        }
        let is_ping_due = session.waiting_since.is_none() && ping_due.is_some_and(|due| now >= due);
        if is_ping_due && !session.is_midway() && writer.room() >= PING_LENGTH {
            packet::encode_empty(PacketType::PingReq, &mut writer);
            session.last_sent = now;
            session.waiting_since = Some(now);
        }
        writer.finish()
    }

    /// Whether [`poll`](Self::poll) would write something now if it had room, apart from PINGREQ.
    #[must_use]
    pub fn has_output(&self) -> bool {
        self.is_connected() && self.session.next_record().is_some()
    }
}

impl SessionState<'_> {
    /// Whether a packet is half written, so that another one cannot begin.
    fn is_midway(&self) -> bool {
        self.sending.is_some() || self.stream.is_some()
    }

    /// Whether a message of QoS 1 or 2 has to wait for its turn ([MQTT-4.6.0-1]).
    fn must_queue(&self) -> bool {
        self.state != LinkState::Connected
            || self.is_midway()
            || self.store.is_due(RecordKind::Publish)
            || self.is_window_full()
    }

    /// Whether as many messages are unacknowledged as the options allow.
    fn is_window_full(&self) -> bool {
        let window = usize::from(self.options.max_in_flight);
        window > 0 && self.store.unacknowledged() >= window
    }

    fn packet_length(&self, message: &Message<'_>, total: usize) -> Result<usize, Error> {
        let identifier = (message.qos != QoS::AtMostOnce).then_some(NonZeroU16::MIN);
        Publish { duplicate: false, message: *message, identifier }.packet_length(total)
    }

    /// Stores a message: its whole packet, or for a streamed one only the packet's head.
    fn queue(&mut self, message: &Message<'_>, total: usize, flags: u8) -> Result<InFlightRecord, Error> {
        if message.qos == QoS::AtMostOnce || !self.store.exists() {
            return Err(BAD_INPUT_DATA);
        }
        let kept =
            self.packet_length(message, total)?.saturating_sub(total.saturating_sub(message.payload.len()));
        let identifier = self.unused_identifier().ok_or(IN_FLIGHT_FULL)?;
        let record = self.store.push_publish(flags, identifier, kept)?;
        let publish = Publish { duplicate: false, message: *message, identifier: Some(identifier) };
        let mut writer = PacketWriter::new(self.store.body_mut(&record));
        publish.encode(total, &mut writer);
        if let Err(error) = writer.finish() {
            self.store.remove(&record);
            return Err(error);
        }
        self.used_identifier(identifier);
        Ok(record)
    }

    /// Stores a message of QoS 1 or 2 and writes what is available of it. The caller has checked the room.
    fn start_kept(
        &mut self,
        message: &Message<'_>,
        rest: usize,
        writer: &mut PacketWriter<'_>,
    ) -> Result<NonZeroU16, Error> {
        if self.must_queue() {
            return Err(BUFFER_TOO_SMALL);
        }
        let total = rest.saturating_add(message.payload.len());
        let (kept, flags) =
            if rest == 0 { (*message, 0) } else { (Message { payload: &[], ..*message }, STREAMED) };
        let record = self.queue(&kept, total, flags)?;
        self.write(&record, writer);
        if rest > 0 {
            writer.bytes(message.payload);
            self.begin_stream(Some(record.identifier), rest);
        }
        Ok(record.identifier)
    }

    /// Notes how much of the payload is still missing; if nothing is, the packet is finished.
    fn begin_stream(&mut self, identifier: Option<NonZeroU16>, remaining: usize) {
        self.stream = (remaining > 0).then_some(Stream { identifier, remaining });
        if remaining > 0 {
            return;
        }
        if let Some(record) =
            identifier.and_then(|identifier| self.store.find(RecordKind::Publish, identifier))
        {
            self.store.set_written(&record);
        }
    }

    fn request(
        &mut self,
        subscriptions: Option<usize>,
        now: u64,
        out: &mut [u8],
        encode: impl FnOnce(NonZeroU16, &mut PacketWriter<'_>),
    ) -> Result<(usize, NonZeroU16), Error> {
        if self.state != LinkState::Connected {
            return Err(NOT_CONNECTED);
        }
        if self.is_midway() {
            return Err(BUFFER_TOO_SMALL);
        }
        let identifier = self.unused_identifier().ok_or(IN_FLIGHT_FULL)?;
        let free = self.requests.iter_mut().find(|request| request.is_none()).ok_or(IN_FLIGHT_FULL)?;
        let mut writer = PacketWriter::new(out);
        encode(identifier, &mut writer);
        let written = writer.finish()?;
        *free = Some(PendingRequest { identifier, subscriptions });
        self.used_identifier(identifier);
        self.last_sent = now;
        Ok((written, identifier))
    }

    /// The record to write next: the packet that is half written, otherwise acknowledgements and PUBRELs in their order, otherwise
    /// messages in theirs.
    fn next_record(&self) -> Option<InFlightRecord> {
        if self.stream.is_some() {
            return None;
        }
        if let Some(sending) = self.sending {
            return self.store.find(RecordKind::Publish, sending.identifier);
        }
        let next = self.store.due_answer();
        if next.is_some() || self.is_window_full() { next } else { self.store.due(RecordKind::Publish) }
    }

    /// Writes the record's packet, or as much of a message as fits. Returns whether it is written completely.
    fn write(&mut self, record: &InFlightRecord, writer: &mut PacketWriter<'_>) -> bool {
        if record.kind == RecordKind::Publish {
            return self.write_publish(record, writer);
        }
        if writer.room() < ACKNOWLEDGEMENT_LENGTH {
            return false;
        }
        let packet_type = match record.kind {
            RecordKind::PubAck => PacketType::PubAck,
            RecordKind::PubComp => PacketType::PubComp,
            RecordKind::Received => PacketType::PubRec,
            RecordKind::Release | RecordKind::PubRel | RecordKind::Publish => PacketType::PubRel,
        };
        packet::encode_identifier(packet_type, record.identifier, writer);
        match record.kind {
            RecordKind::PubAck | RecordKind::PubComp | RecordKind::PubRel => self.store.remove(record),
            RecordKind::Received => self.store.remember(record),
            RecordKind::Release | RecordKind::Publish => self.store.set_written(record),
        }
        true
    }

    fn write_publish(&mut self, record: &InFlightRecord, writer: &mut PacketWriter<'_>) -> bool {
        let offset = self.sending.map_or(0, |sending| sending.offset);
        if offset == 0 && writer.room() > 0 {
            // [MQTT-3.3.1-1]: DUP when it is sent again.
            if let Some(first) = self.store.body_mut(record).first_mut().filter(|_| record.has(SENT)) {
                *first |= DUPLICATE;
            }
            self.store.set(record, SENT);
        }
        let rest = self.store.body(record).get(offset..).unwrap_or_default();
        let piece = rest.get(..writer.room()).unwrap_or(rest);
        writer.bytes(piece);
        let offset = offset.saturating_add(piece.len());
        if offset < record.body_length {
            self.sending = (offset > 0).then_some(Sending { identifier: record.identifier, offset });
            return false;
        }
        self.sending = None;
        match self.missing_payload(record) {
            0 => self.store.set_written(record),
            missing => self.begin_stream(Some(record.identifier), missing),
        }
        true
    }

    /// How many bytes of the packet are not stored.
    fn missing_payload(&self, record: &InFlightRecord) -> usize {
        if !record.has(STREAMED) {
            return 0;
        }
        match FixedHeader::decode(self.store.body(record)) {
            Ok(Some((header, header_length))) => {
                header_length.saturating_add(header.body_length()).saturating_sub(record.body_length)
            }
            _ => 0,
        }
    }
}
