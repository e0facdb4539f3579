//! The in-flight log: everything that has to outlive one call, in the order in which it came.
//!
//! ```text
//!  lent buffer: | record | record | record | free .......... |
//!  record:      | kind 1 | flags 1 | identifier 2 | body length 4 | body |
//! ```
//!
//! Outgoing messages are kept as the PUBLISH packets that travel, so that a redelivery is a copy. A record without a body is
//! an identifier with a duty: a PUBREL, PUBREC, PUBACK or PUBCOMP to be written, or a received QoS 2 identifier to be
//! remembered. Since all of them stand in one log, the orders that [MQTT-4.6.0-1] to [MQTT-4.6.0-4] ask for are the log's.
//!
//! A part of the buffer is left to what comes from the server, so that the application's messages cannot block the
//! server's.

use core::num::NonZeroU16;

use status::{Error, mqtt::IN_FLIGHT_FULL};

/// The length of a record without a body.
pub(crate) const RECORD_LENGTH: usize = 8;
/// The least length of an in-flight buffer that is not empty.
pub(crate) const MIN_LENGTH: usize = 64;
/// How many records of the server's messages an application's message always leaves room for (Mosquitto has at most 20
/// messages in flight to one client by default), as long as that is at most a quarter of the buffer.
const RESERVED_RECORDS: usize = 20;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// An outgoing message: its PUBLISH packet is the body.
    Publish,
    /// An outgoing QoS 2 message after its PUBREC: a PUBREL to be written, a PUBCOMP to be awaited.
    Release,
    /// An incoming QoS 2 message: a PUBREC to be written, a PUBREL to be awaited.
    Received,
    /// An incoming QoS 1 message: a PUBACK to be written.
    PubAck,
    /// A released QoS 2 message: a PUBCOMP to be written.
    PubComp,
}

impl Kind {
    pub(crate) const fn number(self) -> u8 {
        match self {
            Self::Publish => 1,
            Self::Release => 2,
            Self::Received => 3,
            Self::PubAck => 4,
            Self::PubComp => 5,
        }
    }

    pub(crate) const fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Publish),
            2 => Some(Self::Release),
            3 => Some(Self::Received),
            4 => Some(Self::PubAck),
            5 => Some(Self::PubComp),
            _ => None,
        }
    }
}

/// The packet of this record has been written on this connection.
pub(crate) const WRITTEN: u8 = 0b0000_0001;
/// Sending this message has been tried, perhaps on an earlier connection.
pub(crate) const SENT: u8 = 0b0000_0010;
/// The application has not yet acknowledged this message.
pub(crate) const HELD: u8 = 0b0000_0100;
/// The payload of this incoming message is still arriving.
pub(crate) const PARTIAL: u8 = 0b0000_1000;
/// The payload of this outgoing message is not kept; the application gives it again.
pub(crate) const STREAMED: u8 = 0b0001_0000;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Record {
    offset: usize,
    pub(crate) kind: Kind,
    pub(crate) flags: u8,
    pub(crate) identifier: NonZeroU16,
    pub(crate) body_length: usize,
}

impl Record {
    pub(crate) fn has(&self, flags: u8) -> bool {
        self.flags & flags != 0
    }

    pub(crate) fn length(&self) -> usize {
        RECORD_LENGTH.saturating_add(self.body_length)
    }

    fn end(&self) -> usize {
        self.offset.saturating_add(self.length())
    }

    #[inline(never)]
    fn decode(bytes: &[u8], offset: usize) -> Option<Self> {
        let (&[kind, flags, id_high, id_low, length @ ..], _) =
            bytes.get(offset..)?.split_first_chunk::<RECORD_LENGTH>()?;
        Some(Self {
            offset,
            kind: Kind::from_number(kind)?,
            flags,
            identifier: NonZeroU16::new(u16::from_be_bytes([id_high, id_low]))?,
            body_length: usize::try_from(u32::from_be_bytes(length)).ok()?,
        })
    }
}

/// The records one after the other.
pub(crate) struct Records<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl Iterator for Records<'_> {
    type Item = Record;

    #[inline(never)]
    fn next(&mut self) -> Option<Record> {
        let record = Record::decode(self.bytes, self.offset)?;
        self.offset = record.end();
        Some(record)
    }
}

pub(crate) struct Store<'b> {
    bytes: &'b mut [u8],
    used: usize,
}

impl<'b> Store<'b> {
    pub(crate) fn new(bytes: &'b mut [u8]) -> Self {
        Self { bytes, used: 0 }
    }

    /// Whether there is a store at all; without one there is only QoS 0.
    pub(crate) fn exists(&self) -> bool {
        !self.bytes.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        self.used = 0;
    }

    /// The records from the oldest to the newest.
    pub(crate) fn iter(&self) -> Records<'_> {
        Records { bytes: self.bytes.get(..self.used).unwrap_or_default(), offset: 0 }
    }

    #[inline(never)]
    pub(crate) fn find(&self, kind: Kind, identifier: NonZeroU16) -> Option<Record> {
        self.iter().find(|record| record.kind == kind && record.identifier == identifier)
    }

    pub(crate) fn body(&self, record: &Record) -> &[u8] {
        self.bytes.get(record.offset.saturating_add(RECORD_LENGTH)..record.end()).unwrap_or_default()
    }

    pub(crate) fn body_mut(&mut self, record: &Record) -> &mut [u8] {
        self.bytes.get_mut(record.offset.saturating_add(RECORD_LENGTH)..record.end()).unwrap_or_default()
    }

    /// Whether a record without a body still fits.
    pub(crate) fn has_room(&self) -> bool {
        self.bytes.len().saturating_sub(self.used) >= RECORD_LENGTH
    }

    /// Appends an identifier with a duty.
    ///
    /// # Errors
    /// `IN_FLIGHT_FULL`
    pub(crate) fn push(&mut self, kind: Kind, flags: u8, identifier: NonZeroU16) -> Result<Record, Error> {
        self.append(kind, flags, identifier, 0)
    }

    /// Appends an outgoing message with a body that is still to be filled.
    ///
    /// # Errors
    /// `IN_FLIGHT_FULL`, already when only the room for the server's messages is left.
    pub(crate) fn push_publish(
        &mut self,
        flags: u8,
        identifier: NonZeroU16,
        body_length: usize,
    ) -> Result<Record, Error> {
        let is_servers = |record: &Record| !matches!(record.kind, Kind::Publish | Kind::Release);
        let taken = self.iter().filter(is_servers).count().saturating_mul(RECORD_LENGTH);
        let reserve =
            RESERVED_RECORDS.saturating_mul(RECORD_LENGTH).min(self.bytes.len() / 4).saturating_sub(taken);
        let free = self.bytes.len().saturating_sub(self.used).saturating_sub(reserve);
        if body_length.saturating_add(RECORD_LENGTH) > free {
            return Err(IN_FLIGHT_FULL);
        }
        self.append(Kind::Publish, flags, identifier, body_length)
    }

    /// Appends a record as it was saved, whatever it leaves free.
    ///
    /// # Errors
    /// `IN_FLIGHT_FULL`
    #[inline(never)]
    pub(crate) fn append(
        &mut self,
        kind: Kind,
        flags: u8,
        identifier: NonZeroU16,
        body_length: usize,
    ) -> Result<Record, Error> {
        let record = Record { offset: self.used, kind, flags, identifier, body_length };
        let length = u32::try_from(body_length).map_err(|_| IN_FLIGHT_FULL)?;
        let target = self.bytes.get_mut(record.offset..record.end()).ok_or(IN_FLIGHT_FULL)?;
        let (head, _) = target.split_first_chunk_mut::<RECORD_LENGTH>().ok_or(IN_FLIGHT_FULL)?;
        let [id_high, id_low] = identifier.get().to_be_bytes();
        let [a, b, c, d] = length.to_be_bytes();
        *head = [kind.number(), flags, id_high, id_low, a, b, c, d];
        self.used = record.end();
        Ok(record)
    }

    pub(crate) fn set(&mut self, record: &Record, flags: u8) {
        self.change(record, !0, flags);
    }

    pub(crate) fn clear_flags(&mut self, record: &Record, flags: u8) {
        self.change(record, !flags, 0);
    }

    #[inline(never)]
    fn change(&mut self, record: &Record, kept: u8, added: u8) {
        if let Some(flags) = self.bytes.get_mut(record.offset.saturating_add(1)) {
            *flags = *flags & kept | added;
        }
    }

    /// Takes a record out; records behind it move, so that none found before may be used afterwards.
    #[inline(never)]
    pub(crate) fn remove(&mut self, record: &Record) {
        let length = record.length();
        let Some(tail) = self.bytes.get_mut(record.offset..self.used) else { return };
        if length <= tail.len() {
            tail.copy_within(length.., 0);
            self.used = self.used.saturating_sub(length);
        }
    }

    /// Takes out all records of these kinds, and all that have one of these flags, and counts them.
    #[inline(never)]
    fn remove_all(&mut self, kinds: &[Kind], flags: u8) -> usize {
        let mut count = 0_usize;
        let mut offset = 0;
        while let Some(record) = Record::decode(self.bytes.get(..self.used).unwrap_or_default(), offset) {
            if kinds.contains(&record.kind) || record.has(flags) {
                self.remove(&record);
                count = count.saturating_add(1);
            } else {
                offset = record.end();
            }
        }
        count
    }

    /// A new network connection: nothing is written on it yet, acknowledgements of the old one are void (the server sends
    /// those messages again), a half received message is forgotten.
    pub(crate) fn begin_connection(&mut self) {
        self.remove_all(&[Kind::PubAck, Kind::PubComp], PARTIAL);
        let mut offset = 0;
        while let Some(record) = Record::decode(self.bytes.get(..self.used).unwrap_or_default(), offset) {
            match record.kind {
                // The server asks again with the PUBLISH, or goes on with the PUBREL.
                Kind::Received => self.set(&record, WRITTEN),
                _ => self.clear_flags(&record, WRITTEN),
            }
            offset = record.end();
        }
    }

    /// The server has no session: what belonged to one is dropped. Messages that were never sent stay.
    /// Returns how many outgoing messages were dropped.
    pub(crate) fn discard_session(&mut self) -> usize {
        self.remove_all(&[Kind::Received], 0);
        self.remove_all(&[Kind::Release], SENT)
    }
}
