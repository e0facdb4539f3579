//! The in-flight log: everything that must survive a call, in the order in which it came.
//!
//! ```text
//!  lent buffer: | record | record | record | free .............. | range | range |
//!  record:      | kind 1 | flags 1 | identifier 2 |                                   an answer to be written
//!               | kind 1 | flags 1 | identifier 2 | links 4 + 4 |                     what is looked for by its identifier
//!               | kind 1 | flags 1 | identifier 2 | links 4 + 4 | length 4 | body |   an outgoing message
//! ```
//!
//! Outgoing messages are stored as complete PUBLISH packets, so sending one again is a copy. A record without a body is an identifier and
//! a packet that must be written for it: PUBREL, PUBREC, PUBACK or PUBCOMP. All records are in one log, so the log's order is the order
//! that [MQTT-4.6.0-1] to [MQTT-4.6.0-4] demand. Once the PUBREC of a received QoS 2 message is written, its identifier moves to the
//! ranges at the buffer's end (`ranges.rs`).
//!
//! The number of open messages does not slow a call down:
//!
//! - Identifiers are found by a digital search tree over the records. Each bit of the identifier, lowest first, selects one of two links.
//!   No path has more than 18 steps, whatever the server acknowledges in whatever order.
//! - A finished record is only marked. The live records are moved together when the log reaches its end. A part of the buffer always stays
//!   free, so on average each appended byte causes at most fifteen to be moved.
//!
//! That reserved part is also for the server's packets, so that the application's messages cannot block them.

use core::num::NonZeroU16;

use status::{Error, mqtt::IN_FLIGHT_FULL};

/// The shortest in-flight buffer, unless it is empty.
pub(crate) const MIN_LENGTH: usize = 64;
/// Kind, flags and identifier.
const HEAD_LENGTH: usize = 4;
/// One of the two links of the search tree.
const LINK_LENGTH: usize = 4;
const LINKS_LENGTH: usize = 2 * LINK_LENGTH;
/// What an indexed record begins with.
const NODE_LENGTH: usize = HEAD_LENGTH + LINKS_LENGTH;
/// The length of a body.
const BODY_LENGTH: usize = 4;
/// Room that the server's next packet may need: an indexed record, and a PUBCOMP with the range that its PUBREL splits.
const SERVERS_PACKET: usize = 20;
/// Room that the application's messages must not use: this, or an eighth of the buffer if that is more. The server's records may use it.
const RESERVE: usize = 32;
/// No link: larger than any offset.
const NOWHERE: u32 = u32::MAX;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum RecordKind {
    /// An outgoing message: its PUBLISH packet is the body.
    Publish = 1,
    /// An outgoing QoS 2 message after its PUBREC: write PUBREL, await PUBCOMP.
    Release = 2,
    /// An incoming QoS 2 message: write PUBREC.
    Received = 3,
    /// An incoming QoS 1 message: write PUBACK.
    PubAck = 4,
    /// A released QoS 2 message: write PUBCOMP.
    PubComp = 5,
    /// A PUBREC that was answered before, or of an unknown message: write PUBREL.
    PubRel = 6,
}

impl RecordKind {
    /// All kinds but `Publish`: each has an answer to be written.
    pub(crate) const ANSWERS: [Self; 5] =
        [Self::Release, Self::Received, Self::PubAck, Self::PubComp, Self::PubRel];

    pub(crate) const fn number(self) -> u8 {
        self as u8
    }

    pub(crate) const fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Publish),
            2 => Some(Self::Release),
            3 => Some(Self::Received),
            4 => Some(Self::PubAck),
            5 => Some(Self::PubComp),
            6 => Some(Self::PubRel),
            _ => None,
        }
    }

    /// Which identifiers it shares: outgoing messages, incoming QoS 2 and incoming QoS 1 messages each have their own.
    const fn owner(self) -> u32 {
        match self {
            Self::Publish | Self::Release => 0,
            Self::Received => 1,
            Self::PubAck | Self::PubComp | Self::PubRel => 2,
        }
    }
}

/// The packet of this record has been written on this connection, or must not be written on it.
pub(crate) const WRITTEN: u8 = 0b0000_0001;
/// The message was sent at least in part, perhaps on an earlier connection.
pub(crate) const SENT: u8 = 0b0000_0010;
/// The application has not yet acknowledged this message.
pub(crate) const HELD: u8 = 0b0000_0100;
/// The payload of this incoming message is still arriving.
pub(crate) const PARTIAL: u8 = 0b0000_1000;
/// The payload of this outgoing message is not kept; the application gives it again.
pub(crate) const STREAMED: u8 = 0b0001_0000;
/// A PUBREC with this identifier came before the message was sent, so the next PUBCOMP belongs to that PUBREC.
pub(crate) const FOREIGN: u8 = 0b0010_0000;
/// The record is in the search tree.
const INDEXED: u8 = 0b0100_0000;
/// The record is finished.
const DONE: u8 = 0b1000_0000;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct InFlightRecord {
    offset: usize,
    pub(crate) kind: RecordKind,
    pub(crate) flags: u8,
    pub(crate) identifier: NonZeroU16,
    pub(crate) body_length: usize,
}

impl InFlightRecord {
    pub(crate) fn has(&self, flags: u8) -> bool {
        self.flags & flags != 0
    }

    /// Whether it belongs to the server's messages or their answers.
    fn is_servers(&self) -> bool {
        !matches!(self.kind, RecordKind::Publish | RecordKind::Release)
    }

    fn body_offset(&self) -> usize {
        let links = if self.has(INDEXED) { LINKS_LENGTH } else { 0 };
        let length = if self.kind == RecordKind::Publish { BODY_LENGTH } else { 0 };
        self.offset.saturating_add(HEAD_LENGTH).saturating_add(links).saturating_add(length)
    }

    fn end(&self) -> usize {
        self.body_offset().saturating_add(self.body_length)
    }

    fn length(&self) -> usize {
        self.end().saturating_sub(self.offset)
    }

    /// Its key in the search tree, read bit by bit.
    fn key(&self) -> u32 {
        key(self.kind, self.identifier)
    }

    #[inline(never)]
    fn decode(bytes: &[u8], offset: usize) -> Option<Self> {
        let (&[kind, flags, id_high, id_low], rest) =
            bytes.get(offset..)?.split_first_chunk::<HEAD_LENGTH>()?;
        let kind = RecordKind::from_number(kind)?;
        let body_length = match kind {
            RecordKind::Publish => {
                u32::from_be_bytes(*rest.get(LINKS_LENGTH..)?.first_chunk::<BODY_LENGTH>()?)
            }
            _ => 0,
        };
        Some(Self {
            offset,
            kind,
            flags,
            identifier: NonZeroU16::new(u16::from_be_bytes([id_high, id_low]))?,
            body_length: usize::try_from(body_length).ok()?,
        })
    }
}

fn key(kind: RecordKind, identifier: NonZeroU16) -> u32 {
    kind.owner() << u16::BITS | u32::from(identifier.get())
}

/// Iterates over the live records.
pub(crate) struct InFlightRecords<'a> {
    log: &'a [u8],
    offset: usize,
}

impl Iterator for InFlightRecords<'_> {
    type Item = InFlightRecord;

    #[inline(never)]
    fn next(&mut self) -> Option<InFlightRecord> {
        loop {
            let record = InFlightRecord::decode(self.log, self.offset)?;
            self.offset = record.end();
            if !record.has(DONE) {
                return Some(record);
            }
        }
    }
}

/// The records of one kind whose packets are still to be written.
#[derive(Clone, Copy, Default)]
struct PendingPackets {
    count: usize,
    /// None of them is before this offset.
    from: usize,
}

pub(crate) struct InFlightStore<'b> {
    pub(crate) bytes: &'b mut [u8],
    /// The end of the log.
    used: usize,
    /// No live record is before this offset.
    head: usize,
    /// How many bytes the live records take.
    live: usize,
    /// How many live records belong to the server.
    servers: usize,
    /// How many are the application's messages, released ones included.
    messages: usize,
    /// The root of the search tree.
    root: u32,
    /// Indexed by the number of the kind.
    queues: [PendingPackets; 7],
    /// The number of ranges of received identifiers.
    pub(crate) ranges: usize,
}

impl<'b> InFlightStore<'b> {
    pub(crate) fn new(bytes: &'b mut [u8]) -> Self {
        Self {
            bytes,
            used: 0,
            head: 0,
            live: 0,
            servers: 0,
            messages: 0,
            root: NOWHERE,
            queues: [PendingPackets::default(); 7],
            ranges: 0,
        }
    }

    /// Whether there is an in-flight buffer; without one only QoS 0 works.
    pub(crate) fn exists(&self) -> bool {
        !self.bytes.is_empty()
    }

    /// Whether nothing at all is kept.
    pub(crate) fn is_empty(&self) -> bool {
        self.live == 0 && self.ranges == 0
    }

    pub(crate) fn clear(&mut self) {
        self.ranges = 0;
        self.empty_log();
    }

    #[inline(never)]
    fn empty_log(&mut self) {
        (self.used, self.head, self.live) = (0, 0, 0);
        (self.servers, self.messages) = (0, 0);
        self.root = NOWHERE;
        self.queues = [PendingPackets::default(); 7];
    }

    fn log(&self) -> &[u8] {
        self.bytes.get(..self.used).unwrap_or_default()
    }

    /// The live records from the oldest to the newest.
    pub(crate) fn iter(&self) -> InFlightRecords<'_> {
        InFlightRecords { log: self.log(), offset: self.head }
    }

    pub(crate) fn body(&self, record: &InFlightRecord) -> &[u8] {
        self.bytes.get(record.body_offset()..record.end()).unwrap_or_default()
    }

    pub(crate) fn body_mut(&mut self, record: &InFlightRecord) -> &mut [u8] {
        self.bytes.get_mut(record.body_offset()..record.end()).unwrap_or_default()
    }

    /// How many bytes the log may take at most.
    fn limit(&self) -> usize {
        self.bytes.len().saturating_sub(self.ranges_length())
    }

    /// How many bytes would be free if the live records were moved together.
    fn room(&self) -> usize {
        self.limit().saturating_sub(self.live)
    }

    /// How many bytes stay free for the server and for moving records; see the head of this file.
    fn slack(&self) -> usize {
        (self.bytes.len() / 16).max(SERVERS_PACKET)
    }

    /// Whether the room may be too small for the server's next packet.
    pub(crate) fn is_tight(&self) -> bool {
        self.room() < self.slack()
    }

    /// Makes `length` bytes free between the log and the ranges.
    ///
    /// # Errors
    /// `IN_FLIGHT_FULL`
    pub(crate) fn claim(&mut self, length: usize) -> Result<(), Error> {
        if length > self.room() {
            return Err(IN_FLIGHT_FULL);
        }
        if length > self.limit().saturating_sub(self.used) {
            self.close_gaps();
        }
        Ok(())
    }

    /// How many answers are waiting to be written, or for the application's acknowledgement.
    pub(crate) fn servers(&self) -> usize {
        self.servers
    }

    /// How many messages are written on this connection and not yet fully acknowledged.
    pub(crate) fn unacknowledged(&self) -> usize {
        let [_, unwritten, ..] = self.queues;
        self.messages.saturating_sub(unwritten.count)
    }

    /// Whether a packet of this kind is waiting to be written; it may be held back.
    pub(crate) fn is_due(&self, kind: RecordKind) -> bool {
        self.queues.get(usize::from(kind.number())).is_some_and(|queue| queue.count > 0)
    }

    /// The oldest record of this kind whose packet is to be written.
    #[inline(never)]
    pub(crate) fn due(&self, kind: RecordKind) -> Option<InFlightRecord> {
        let queue = self.queues.get(usize::from(kind.number())).filter(|queue| queue.count > 0)?;
        let mut records = InFlightRecords { log: self.log(), offset: queue.from };
        records.find(|record| record.kind == kind && !record.has(WRITTEN))
    }

    /// The next answer that may be written. It waits while an earlier one of its kind is held back ([MQTT-4.6.0-2], [MQTT-4.6.0-3]).
    pub(crate) fn due_answer(&self) -> Option<InFlightRecord> {
        RecordKind::ANSWERS
            .into_iter()
            .filter_map(|kind| self.due(kind).filter(|record| !record.has(HELD | PARTIAL)))
            .min_by_key(|record| record.offset)
    }

    /// Remembers the first record that a search found, so that the next search starts there.
    pub(crate) fn note_first(&mut self, record: &InFlightRecord) {
        if let Some(queue) = self.queues.get_mut(usize::from(record.kind.number())) {
            queue.from = record.offset;
        }
    }

    /// Finds the live record with this identifier, among the kinds that share identifiers with `kind`.
    #[inline(never)]
    pub(crate) fn find(&self, kind: RecordKind, identifier: NonZeroU16) -> Option<InFlightRecord> {
        let wanted = key(kind, identifier);
        let (mut link, mut bits) = (self.root, wanted);
        while let Some(node) = self.node(link) {
            let &[_, flags, high, low, ..] = node;
            if u16::from_be_bytes([high, low]) == identifier.get() && flags & DONE == 0 {
                let record = InFlightRecord::decode(self.log(), usize::try_from(link).ok()?)?;
                if record.key() == wanted {
                    return Some(record);
                }
            }
            link = child(node, bits);
            bits >>= 1;
        }
        None
    }

    /// The indexed record that a link leads to.
    fn node(&self, link: u32) -> Option<&[u8; NODE_LENGTH]> {
        let offset = usize::try_from(link).ok()?;
        self.bytes.get(offset..offset.checked_add(NODE_LENGTH)?)?.first_chunk()
    }

    fn put(&mut self, offset: usize, value: [u8; 4]) {
        let bytes = self.bytes.get_mut(offset..).and_then(|rest| rest.first_chunk_mut());
        if let Some(bytes) = bytes {
            *bytes = value;
        }
    }

    /// Inserts a record into the search tree: replaces the first finished one on its path, or goes to the end of the path.
    #[inline(never)]
    fn index(&mut self, record: &InFlightRecord) {
        let Ok(offset) = u32::try_from(record.offset) else { return };
        let (mut place, mut next, mut bits) = (None, self.root, record.key());
        let mut links = (NOWHERE, NOWHERE);
        while let Some(node) = self.node(next) {
            let &[_, flags, ..] = node;
            if flags & DONE != 0 {
                links = (child(node, 0), child(node, 1));
                break;
            }
            place = Some((next, bits & 1));
            next = child(node, bits);
            bits >>= 1;
        }
        let first = record.offset.saturating_add(HEAD_LENGTH);
        self.put(first, links.0.to_le_bytes());
        self.put(first.saturating_add(LINK_LENGTH), links.1.to_le_bytes());
        match place.map(|(parent, side)| (usize::try_from(parent), side)) {
            Some((Ok(parent), side)) => {
                let link = if side == 0 { HEAD_LENGTH } else { HEAD_LENGTH + LINK_LENGTH };
                self.put(parent.saturating_add(link), offset.to_le_bytes());
            }
            _ => self.root = offset,
        }
    }

    /// Counts and indexes a record of the log.
    fn enter(&mut self, record: &InFlightRecord) {
        self.live = self.live.saturating_add(record.length());
        let count = if record.is_servers() { &mut self.servers } else { &mut self.messages };
        *count = count.saturating_add(1);
        if !record.has(WRITTEN) {
            self.count_due(record, 1);
        }
        if record.has(INDEXED) {
            self.index(record);
        }
    }

    fn count_due(&mut self, record: &InFlightRecord, change: isize) {
        let Some(queue) = self.queues.get_mut(usize::from(record.kind.number())) else { return };
        if queue.count == 0 {
            queue.from = record.offset;
        }
        queue.count = queue.count.saturating_add_signed(change);
    }

    /// Appends a record without a body: an answer to the server, or the release of an outgoing message.
    ///
    /// # Errors
    /// `IN_FLIGHT_FULL`
    pub(crate) fn push(&mut self, kind: RecordKind, flags: u8, identifier: NonZeroU16) -> Result<(), Error> {
        // Records that nobody looks up by identifier have no links.
        let is_indexed =
            matches!(kind, RecordKind::Release | RecordKind::Received) || flags & (HELD | PARTIAL) != 0;
        let flags = if is_indexed { flags | INDEXED } else { flags };
        // An incoming message must leave room for its own release.
        if kind == RecordKind::Received && self.is_tight() {
            return Err(IN_FLIGHT_FULL);
        }
        self.append(kind, flags, identifier, 0).map(|_| ())
    }

    /// Appends an outgoing message. The caller then fills its body.
    ///
    /// # Errors
    /// `IN_FLIGHT_FULL`, also when only the room reserved for the server is left.
    pub(crate) fn push_publish(
        &mut self,
        flags: u8,
        identifier: NonZeroU16,
        body_length: usize,
    ) -> Result<InFlightRecord, Error> {
        let length = self.bytes.len();
        let taken = self.servers.saturating_mul(HEAD_LENGTH).saturating_add(self.ranges_length());
        let reserve = (length / 8).max(RESERVE).saturating_sub(taken).max(self.slack());
        let whole = (HEAD_LENGTH + LINKS_LENGTH + BODY_LENGTH).saturating_add(body_length);
        if whole > self.room().saturating_sub(reserve) {
            return Err(IN_FLIGHT_FULL);
        }
        self.append(RecordKind::Publish, flags | INDEXED, identifier, body_length)
    }

    /// Appends a record from a saved state. The reserve does not apply.
    ///
    /// # Errors
    /// `IN_FLIGHT_FULL`
    pub(crate) fn push_saved(
        &mut self,
        kind: RecordKind,
        flags: u8,
        identifier: NonZeroU16,
        body_length: usize,
    ) -> Result<InFlightRecord, Error> {
        self.append(kind, flags | INDEXED, identifier, body_length)
    }

    #[inline(never)]
    fn append(
        &mut self,
        kind: RecordKind,
        flags: u8,
        identifier: NonZeroU16,
        body_length: usize,
    ) -> Result<InFlightRecord, Error> {
        let mut record = InFlightRecord { offset: 0, kind, flags, identifier, body_length };
        let (whole, length) = (record.length(), u32::try_from(body_length).map_err(|_| IN_FLIGHT_FULL)?);
        self.claim(whole)?;
        record.offset = self.used;
        // A link cannot express a larger offset.
        u32::try_from(record.end()).map_err(|_| IN_FLIGHT_FULL)?;
        let [id_high, id_low] = identifier.get().to_be_bytes();
        self.used = record.end();
        self.put(record.offset, [kind.number(), flags, id_high, id_low]);
        if kind == RecordKind::Publish {
            self.put(record.body_offset().saturating_sub(BODY_LENGTH), length.to_be_bytes());
        }
        self.enter(&record);
        Ok(record)
    }

    /// The record's packet has been written, or need not be written any more.
    pub(crate) fn set_written(&mut self, record: &InFlightRecord) {
        if self.change(record, !0, WRITTEN) & WRITTEN == 0 {
            self.count_due(record, -1);
        }
    }

    pub(crate) fn set(&mut self, record: &InFlightRecord, flags: u8) {
        self.change(record, !0, flags);
    }

    pub(crate) fn clear_flags(&mut self, record: &InFlightRecord, flags: u8) {
        self.change(record, !flags, 0);
    }

    /// Changes the flags and returns the previous ones.
    #[inline(never)]
    fn change(&mut self, record: &InFlightRecord, kept: u8, added: u8) -> u8 {
        self.bytes.get_mut(record.offset.saturating_add(1)).map_or(DONE, |flags| {
            let before = *flags;
            *flags = before & kept | added;
            before
        })
    }

    /// Removes a record. The others keep their offsets.
    #[inline(never)]
    pub(crate) fn remove(&mut self, record: &InFlightRecord) {
        let flags = self.change(record, !0, DONE);
        if flags & DONE != 0 {
            return;
        }
        self.live = self.live.saturating_sub(record.length());
        let count = if record.is_servers() { &mut self.servers } else { &mut self.messages };
        *count = count.saturating_sub(1);
        if flags & WRITTEN == 0 {
            self.count_due(record, -1);
        }
        if self.live == 0 {
            self.empty_log();
        } else if self.head == record.offset {
            let oldest = self.iter().next();
            self.head = oldest.map_or(self.used, |oldest| oldest.offset);
        }
    }

    /// Moves the live records together, over the finished ones.
    pub(crate) fn close_gaps(&mut self) {
        self.rebuild(|record| Some(record.flags));
    }

    /// Visits the live records. Those for which the function returns flags stay, with these flags, moved together. Returns how many were
    /// removed.
    #[inline(never)]
    fn rebuild(&mut self, keep: fn(&InFlightRecord) -> Option<u8>) -> usize {
        let (end, mut offset) = (self.used, self.head);
        let mut dropped = 0_usize;
        self.empty_log();
        while let Some(record) = InFlightRecord::decode(self.bytes.get(..end).unwrap_or_default(), offset) {
            offset = record.end();
            let flags = if record.has(DONE) { None } else { keep(&record) };
            if let Some(flags) = flags {
                self.slide(&record, self.used);
                let moved = InFlightRecord { offset: self.used, flags, ..record };
                self.used = moved.end();
                self.change(&moved, 0, flags);
                self.enter(&moved);
            } else if !record.has(DONE) {
                dropped = dropped.saturating_add(1);
            }
        }
        dropped
    }

    /// Copies a record towards the front, in pieces that do not overlap.
    fn slide(&mut self, record: &InFlightRecord, to: usize) {
        let gap = record.offset.saturating_sub(to);
        let (mut from, mut rest) = (record.offset, record.length());
        while gap > 0 && rest > 0 {
            let piece = rest.min(gap);
            let Some((low, high)) = self.bytes.split_at_mut_checked(from) else { return };
            let target = low.get_mut(from.saturating_sub(gap)..).unwrap_or_default();
            target.iter_mut().zip(high.iter().take(piece)).for_each(|(to, from)| *to = *from);
            from = from.saturating_add(piece);
            rest = rest.saturating_sub(piece);
        }
    }

    /// Prepares for a new network connection. Nothing is written on it yet. Answers of the old one are dropped, because the server repeats
    /// what they answer. A message that had arrived in part is dropped. The identifiers of received messages stay.
    pub(crate) fn begin_connection(&mut self) {
        while let Some(record) = self.due(RecordKind::Received) {
            self.note_first(&record);
            if record.has(PARTIAL) {
                self.remove(&record);
            } else if record.has(HELD) {
                // The application has the message; the server asks for the answer again by repeating the PUBLISH.
                self.set_written(&record);
            } else {
                self.remember(&record);
            }
        }
        self.rebuild(|record| match record.kind {
            RecordKind::PubAck | RecordKind::PubComp | RecordKind::PubRel => None,
            RecordKind::Received => Some(record.flags),
            RecordKind::Publish | RecordKind::Release => Some(record.flags & !(WRITTEN | FOREIGN)),
        });
    }

    /// The server has no session: drops what belonged to the old one. Messages that were never sent stay. Returns how many outgoing
    /// messages were dropped.
    pub(crate) fn discard_session(&mut self) -> usize {
        self.ranges = 0;
        self.rebuild(|record| (!record.is_servers()).then_some(record.flags));
        self.rebuild(|record| {
            (record.kind == RecordKind::Publish && !record.has(SENT)).then_some(record.flags)
        })
    }
}

/// The link that the lowest bit selects.
fn child(node: &[u8; NODE_LENGTH], bits: u32) -> u32 {
    let &[_, _, _, _, a, b, c, d, e, f, g, h] = node;
    u32::from_le_bytes(if bits & 1 == 0 { [a, b, c, d] } else { [e, f, g, h] })
}
