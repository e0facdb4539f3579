//! A session's state as bytes, so that it can outlive a reset.
//!
//! ```text
//!   "MQ" | version 1 | next identifier 2 | records, as in the in-flight log | CRC-32 4
//! ```
//!
//! The checksum also covers the client identifier, so that another client's state is refused. It finds damage, not malice.
//! Acknowledgements that were still to be written are left out: the server sends those messages again.

use core::num::NonZeroU16;

use status::{
    Error,
    mqtt::{BAD_INPUT_DATA, STATE_INVALID},
};

use crate::{
    header::{FixedHeader, PacketType},
    publish::{Publish, QoS},
    reader::Reader,
    session::{Session, State},
    store::{HELD, Kind, PARTIAL, Record, SENT, STREAMED},
    writer::Writer,
};

const MAGIC: &[u8] = b"MQ";
const VERSION: u8 = 1;
const HEAD_LENGTH: usize = 5;
const CHECKSUM_LENGTH: usize = 4;

pub(crate) fn length(session: &Session<'_>) -> usize {
    let records = session.store.iter().filter(is_kept);
    records
        .fold(HEAD_LENGTH.saturating_add(CHECKSUM_LENGTH), |sum, record| sum.saturating_add(record.length()))
}

pub(crate) fn save(session: &Session<'_>, out: &mut [u8]) -> Result<usize, Error> {
    let mut writer = Writer::new(&mut *out);
    writer.bytes(MAGIC);
    writer.byte(VERSION);
    writer.identifier(session.next_identifier);
    for record in session.store.iter().filter(is_kept) {
        writer.byte(record.kind.number());
        writer.byte(record.flags & (SENT | STREAMED));
        writer.identifier(record.identifier);
        writer.bytes(&u32::try_from(record.body_length).map_err(|_| STATE_INVALID)?.to_be_bytes());
        writer.bytes(session.store.body(&record));
    }
    let length = writer.finish()?;
    let checksum = checksum(session, out.get(..length).unwrap_or_default());
    let mut writer = Writer::new(out.get_mut(length..).unwrap_or_default());
    writer.bytes(&checksum.to_be_bytes());
    Ok(length.saturating_add(writer.finish()?))
}

pub(crate) fn restore(session: &mut Session<'_>, saved: &[u8]) -> Result<(), Error> {
    if session.state != State::Disconnected || session.store.iter().next().is_some() {
        return Err(BAD_INPUT_DATA);
    }
    let (content, stored) = saved.split_last_chunk::<CHECKSUM_LENGTH>().ok_or(STATE_INVALID)?;
    if u32::from_be_bytes(*stored) != checksum(session, content) {
        return Err(STATE_INVALID);
    }
    let result = read(session, &mut Reader::new(content));
    if result.is_err() {
        session.store.clear();
    }
    result
}

fn is_kept(record: &Record) -> bool {
    matches!(record.kind, Kind::Publish | Kind::Release | Kind::Received) && !record.has(HELD | PARTIAL)
}

fn read(session: &mut Session<'_>, reader: &mut Reader<'_>) -> Result<(), Error> {
    if reader.take(MAGIC.len()) != MAGIC || reader.byte() != VERSION {
        return Err(STATE_INVALID);
    }
    let next_identifier = reader.identifier();
    while !reader.is_empty() {
        let (kind, flags, identifier) =
            (Kind::from_number(reader.byte()), reader.byte(), reader.identifier());
        let length = u32::from(reader.u16()) << 16 | u32::from(reader.u16());
        let body = reader.take(usize::try_from(length).map_err(|_| STATE_INVALID)?);
        reader.check().map_err(|_| STATE_INVALID)?;
        let kind = kind.ok_or(STATE_INVALID)?;
        check(session, kind, flags, identifier)?;
        check_body(kind, flags, identifier, body)?;
        let record = session.store.append(kind, flags, identifier, body.len())?;
        Writer::new(session.store.body_mut(&record)).bytes(body);
    }
    reader.check().map_err(|_| STATE_INVALID)?;
    session.next_identifier = next_identifier;
    Ok(())
}

/// Whether a record could have been saved, after the ones before it.
fn check(session: &Session<'_>, kind: Kind, flags: u8, identifier: NonZeroU16) -> Result<(), Error> {
    let is_known = match kind {
        Kind::Publish | Kind::Release => [Kind::Publish, Kind::Release].as_slice(),
        Kind::Received => [Kind::Received].as_slice(),
        Kind::PubAck | Kind::PubComp => return Err(STATE_INVALID),
    }
    .iter()
    .any(|&kind| session.store.find(kind, identifier).is_some());
    let allowed = if kind == Kind::Publish { SENT | STREAMED } else { 0 };
    if is_known || flags & !allowed != 0 { Err(STATE_INVALID) } else { Ok(()) }
}

/// A message's body is its packet, of which a streamed one lacks the payload; the others have none.
fn check_body(kind: Kind, flags: u8, identifier: NonZeroU16, body: &[u8]) -> Result<(), Error> {
    if kind != Kind::Publish {
        return if body.is_empty() { Ok(()) } else { Err(STATE_INVALID) };
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

fn checksum(session: &Session<'_>, content: &[u8]) -> u32 {
    crc32(session.options.client_id.as_bytes().iter().chain(content))
}

/// CRC-32 of IEEE 802.3, bit by bit: it runs when a state is saved, not per message.
fn crc32<'a>(bytes: impl Iterator<Item = &'a u8>) -> u32 {
    let update = |crc: u32, &byte: &u8| {
        (0..8).fold(
            crc ^ u32::from(byte),
            |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 },
        )
    };
    !bytes.fold(u32::MAX, update)
}
