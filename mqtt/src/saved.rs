//! The session's state as bytes, so that it survives a reset.
//!
//! ```text
//!   "MQ" | version 1 | flags 1 | next identifier 2 | number of ranges 2 | ranges | records | CRC-32 4
//!   range:  | first identifier 2 | last identifier 2 |       received at QoS 2
//!   record: | kind 1 | flags 1 | identifier 2 |              of a message also: | length 4 | PUBLISH packet |
//! ```
//!
//! The checksum includes the client identifier, so another client's state is refused. It detects damage, not forgery. Acknowledgements
//! that were not yet written are not saved: the server sends those messages again.

use core::num::NonZeroU16;

use status::{
    Error,
    mqtt::{BAD_INPUT_DATA, STATE_INVALID},
};

use crate::{
    header::{FixedHeader, PacketType},
    publish::{Publish, QoS},
    ranges::IdentifierRange,
    reader::PacketReader,
    session::{LinkState, SessionState},
    store::{HELD, InFlightRecord, InFlightStore, PARTIAL, RecordKind, SENT, STREAMED},
    writer::PacketWriter,
};

const MAGIC: &[u8] = b"MQ";
const VERSION: u8 = 2;
/// Magic, version, flags, next identifier, the number of ranges.
const HEAD_LENGTH: usize = 8;
/// Kind, flags and identifier of a record.
const RECORD_LENGTH: usize = 4;
const BODY_LENGTH: usize = 4;
const CHECKSUM_LENGTH: usize = 4;
/// The flag of a session that is to begin anew.
const BEGINS_ANEW: u8 = 1;

pub(crate) fn length(session: &SessionState<'_>) -> usize {
    let records = session.store.iter().filter(is_kept).map(|record| match record.kind {
        RecordKind::Publish => RECORD_LENGTH.saturating_add(BODY_LENGTH).saturating_add(record.body_length),
        _ => RECORD_LENGTH,
    });
    records
        .fold(HEAD_LENGTH + CHECKSUM_LENGTH, usize::saturating_add)
        .saturating_add(session.store.ranges_length())
}

pub(crate) fn save(session: &SessionState<'_>, out: &mut [u8]) -> Result<usize, Error> {
    let store = &session.store;
    let mut writer = PacketWriter::new(&mut *out);
    writer.bytes(MAGIC);
    writer.byte(VERSION);
    writer.byte(if session.begins_anew { BEGINS_ANEW } else { 0 });
    writer.identifier(session.next_identifier);
    writer.u16(u16::try_from(store.ranges).map_err(|_| STATE_INVALID)?);
    for range in (0..store.ranges).filter_map(|index| store.range(index)) {
        writer.bytes(&range.encode());
    }
    for record in store.iter().filter(is_kept) {
        writer.byte(record.kind.number());
        writer.byte(record.flags & (SENT | STREAMED));
        writer.identifier(record.identifier);
        if record.kind == RecordKind::Publish {
            writer.bytes(&u32::try_from(record.body_length).map_err(|_| STATE_INVALID)?.to_be_bytes());
            writer.bytes(store.body(&record));
        }
    }
    let length = writer.finish()?;
    let checksum = checksum(session, out.get(..length).unwrap_or_default());
    let mut writer = PacketWriter::new(out.get_mut(length..).unwrap_or_default());
    writer.bytes(&checksum.to_be_bytes());
    Ok(length.saturating_add(writer.finish()?))
}

pub(crate) fn restore(session: &mut SessionState<'_>, saved: &[u8]) -> Result<(), Error> {
    if session.state != LinkState::Disconnected || !session.store.is_empty() {
        return Err(BAD_INPUT_DATA);
    }
    let (content, stored) = saved.split_last_chunk::<CHECKSUM_LENGTH>().ok_or(STATE_INVALID)?;
    if u32::from_be_bytes(*stored) != checksum(session, content) {
        return Err(STATE_INVALID);
    }
    let result = read(session, &mut PacketReader::new(content));
    if result.is_err() {
        session.store.clear();
    }
    result
}

fn is_kept(record: &InFlightRecord) -> bool {
    matches!(record.kind, RecordKind::Publish | RecordKind::Release | RecordKind::Received)
        && !record.has(HELD | PARTIAL)
}

fn read(session: &mut SessionState<'_>, reader: &mut PacketReader<'_>) -> Result<(), Error> {
    if reader.take(MAGIC.len()) != MAGIC || reader.byte() != VERSION {
        return Err(STATE_INVALID);
    }
    let (flags, next_identifier) = (reader.byte(), reader.identifier());
    read_ranges(&mut session.store, reader)?;
    while !reader.is_empty() {
        read_record(&mut session.store, reader)?;
    }
    reader.check().map_err(|_| STATE_INVALID)?;
    if flags & !BEGINS_ANEW != 0 {
        return Err(STATE_INVALID);
    }
    session.next_identifier = next_identifier;
    session.begins_anew |= flags & BEGINS_ANEW != 0;
    Ok(())
}

/// Ranges ascend and do not touch.
fn read_ranges(store: &mut InFlightStore<'_>, reader: &mut PacketReader<'_>) -> Result<(), Error> {
    let mut before = 0;
    for index in 0..usize::from(reader.u16()) {
        let range = IdentifierRange { first: reader.u16(), last: reader.u16() };
        let touches = range.first.checked_sub(before).is_none_or(|gap| gap < if index == 0 { 1 } else { 2 });
        if touches || range.last < range.first {
            return Err(STATE_INVALID);
        }
        store.insert(index, range)?;
        before = range.last;
    }
    Ok(())
}

/// Reads one record, and checks that it fits the ones before it.
fn read_record(store: &mut InFlightStore<'_>, reader: &mut PacketReader<'_>) -> Result<(), Error> {
    let (kind, flags, identifier) =
        (RecordKind::from_number(reader.byte()), reader.byte(), reader.identifier());
    let length = match kind {
        Some(RecordKind::Publish) => u32::from(reader.u16()) << 16 | u32::from(reader.u16()),
        _ => 0,
    };
    let body = reader.take(usize::try_from(length).map_err(|_| STATE_INVALID)?);
    reader.check().map_err(|_| STATE_INVALID)?;
    match kind {
        Some(kind @ (RecordKind::Publish | RecordKind::Release))
            if store.find(kind, identifier).is_none() =>
        {
            check_message(kind, flags, identifier, body)?;
            let record = store.push_saved(kind, flags, identifier, body.len())?;
            PacketWriter::new(store.body_mut(&record)).bytes(body);
            Ok(())
        }
        // Its PUBREC was not yet written, or has to be written again: the server asks for it.
        Some(RecordKind::Received) if flags == 0 => store.open(identifier),
        _ => Err(STATE_INVALID),
    }
}

/// A message's body is its packet, for a streamed one without the payload; a released message has no body.
fn check_message(kind: RecordKind, flags: u8, identifier: NonZeroU16, body: &[u8]) -> Result<(), Error> {
    if kind != RecordKind::Publish {
        return if flags == 0 { Ok(()) } else { Err(STATE_INVALID) };
    }
    if flags & !(SENT | STREAMED) != 0 {
        return Err(STATE_INVALID);
    }
    let Ok(Some((header, header_length))) = FixedHeader::decode(body) else { return Err(STATE_INVALID) };
    if header.packet_type != PacketType::Publish {
        return Err(STATE_INVALID);
    }
    let publish = Publish::decode(header.flags, body.get(header_length..).unwrap_or_default())
        .map_err(|_| STATE_INVALID)?;
    let is_streamed = flags & STREAMED != 0;
    let whole = header_length.saturating_add(header.body_length());
    let is_right = publish.identifier == Some(identifier)
        && publish.message.qos != QoS::AtMostOnce
        && if is_streamed {
            publish.message.payload.is_empty() && body.len() < whole
        } else {
            body.len() == whole
        };
    if is_right { Ok(()) } else { Err(STATE_INVALID) }
}

fn checksum(session: &SessionState<'_>, content: &[u8]) -> u32 {
    crc32(session.options.client_id.as_bytes().iter().chain(content))
}

/// CRC-32 of IEEE 802.3, bit by bit: this runs once per saved state, not per message.
fn crc32<'a>(bytes: impl Iterator<Item = &'a u8>) -> u32 {
    let update = |crc: u32, &byte: &u8| {
        (0..8).fold(
            crc ^ u32::from(byte),
            |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 },
        )
    };
    !bytes.fold(u32::MAX, update)
}
