//! Splits the byte stream into packets.
//!
//! - A packet that is complete in the given bytes is read in place.
//! - An incomplete one is collected in the spill.
//! - A PUBLISH larger than the spill is delivered as its head, and then its payload in pieces as they arrive.
//! - A PUBLISH whose topic does not fit, and a SUBACK that does not fit, are skipped except for their identifier. If the connection failed
//!   instead, the next one would meet the same packet.
//!
//! Nothing is read beyond the end of the current packet.

use core::num::NonZeroU16;

use status::{
    Error,
    mqtt::{BUFFER_TOO_SMALL, MALFORMED_PACKET, UNEXPECTED_PACKET},
};

use crate::{
    header::{FixedHeader, PacketType},
    packet::Packet,
    publish::Publish,
};

/// The shortest spill. It holds any packet other than PUBLISH and SUBACK, and any fixed header.
pub(crate) const MIN_LENGTH: usize = 8;

/// Header bytes one by one, the topic's length, the rest: no packet's head takes more steps.
const MAX_STEPS: usize = 8;

pub(crate) enum Delivery<'a> {
    /// Not enough bytes yet.
    Nothing,
    /// A whole packet.
    Packet(Packet<'a>),
    /// The beginning of a message: its payload is incomplete.
    Start { publish: Publish<'a>, total: usize },
    /// The next part of that payload.
    Chunk { data: &'a [u8], offset: usize, total: usize },
    /// The end of a packet that did not fit into the spill.
    Skipped { header: FixedHeader, identifier: Option<NonZeroU16> },
}

pub(crate) struct Inbox<'b> {
    spill: &'b mut [u8],
    filled: usize,
    payload: Option<PayloadProgress>,
    skip: Option<Skip>,
}

#[derive(Clone, Copy)]
struct PayloadProgress {
    offset: usize,
    total: usize,
}

/// A packet that is skipped.
#[derive(Clone, Copy)]
struct Skip {
    header: FixedHeader,
    /// The offset of its identifier, if it has one.
    identifier_at: Option<usize>,
    identifier: [u8; 2],
    /// How many of its bytes have passed.
    position: usize,
    whole: usize,
}

/// How many bytes, counted from the packet's start, are needed before something can be delivered.
#[derive(Clone, Copy)]
enum DeliveryGoal {
    /// After this many bytes, look again.
    More(usize),
    /// The whole packet.
    Whole(usize),
    /// Everything before the payload; `whole` is the packet's length.
    Head { head: usize, whole: usize },
    /// It fits nowhere: skip it.
    Skip(Skip),
}

impl<'b> Inbox<'b> {
    pub(crate) fn new(spill: &'b mut [u8]) -> Self {
        Self { spill, filled: 0, payload: None, skip: None }
    }

    /// A new connection begins at the start of a packet.
    pub(crate) fn reset(&mut self) {
        self.filled = 0;
        self.payload = None;
        self.skip = None;
    }

    /// Whether a packet has arrived in part.
    pub(crate) fn is_midway(&self) -> bool {
        self.filled > 0 || self.payload.is_some() || self.skip.is_some()
    }

    /// Consumes the bytes that the next delivery needs. Returns how many.
    pub(crate) fn next<'a>(&'a mut self, bytes: &'a [u8]) -> Result<(usize, Delivery<'a>), Error> {
        if let Some(payload) = self.payload {
            return Ok(self.continue_payload(payload, bytes));
        }
        if let Some(skip) = self.skip {
            return self.pass_over(skip, bytes);
        }
        if self.filled > 0 {
            return self.gather(bytes);
        }
        match measure(bytes, self.spill.len())? {
            DeliveryGoal::Whole(whole) if bytes.len() >= whole => Ok((whole, decode(bytes)?)),
            DeliveryGoal::Head { head, whole } if bytes.len() >= head => {
                self.begin_payload(bytes.len().saturating_sub(head), whole.saturating_sub(head));
                Ok((bytes.len(), start(bytes, whole.saturating_sub(head))?))
            }
            DeliveryGoal::Skip(skip) => self.pass_over(skip, bytes),
            _ => {
                self.keep(bytes)?;
                Ok((bytes.len(), Delivery::Nothing))
            }
        }
    }

    fn continue_payload<'a>(&mut self, payload: PayloadProgress, bytes: &'a [u8]) -> (usize, Delivery<'a>) {
        let PayloadProgress { offset, total } = payload;
        let data = bytes.get(..total.saturating_sub(offset)).unwrap_or(bytes);
        if data.is_empty() {
            return (0, Delivery::Nothing);
        }
        self.begin_payload(offset.saturating_add(data.len()), total);
        (data.len(), Delivery::Chunk { data, offset, total })
    }

    fn begin_payload(&mut self, offset: usize, total: usize) {
        self.payload = if offset < total { Some(PayloadProgress { offset, total }) } else { None };
    }

    /// Skips the packet's bytes, and only keeps its identifier.
    fn pass_over<'a>(&mut self, mut skip: Skip, bytes: &'a [u8]) -> Result<(usize, Delivery<'a>), Error> {
        let piece = bytes.get(..skip.whole.saturating_sub(skip.position)).unwrap_or(bytes);
        let start = skip.identifier_at.unwrap_or(usize::MAX);
        for (byte, place) in skip.identifier.iter_mut().zip([start, start.saturating_add(1)]) {
            let here = place.checked_sub(skip.position).and_then(|index| piece.get(index));
            *byte = here.copied().unwrap_or(*byte);
        }
        skip.position = skip.position.saturating_add(piece.len());
        self.skip = Some(skip).filter(|skip| skip.position < skip.whole);
        if self.skip.is_some() {
            return Ok((piece.len(), Delivery::Nothing));
        }
        let identifier = NonZeroU16::new(u16::from_be_bytes(skip.identifier));
        // [MQTT-2.3.1-1]
        if skip.identifier_at.is_some() && identifier.is_none() {
            return Err(MALFORMED_PACKET);
        }
        Ok((piece.len(), Delivery::Skipped { header: skip.header, identifier }))
    }

    /// Continues a packet whose beginning is in the spill.
    fn gather<'a>(&'a mut self, bytes: &'a [u8]) -> Result<(usize, Delivery<'a>), Error> {
        let mut rest = bytes;
        for _ in 0..MAX_STEPS {
            let goal = measure(self.gathered(), self.spill.len())?;
            let target = match goal {
                DeliveryGoal::More(target)
                | DeliveryGoal::Whole(target)
                | DeliveryGoal::Head { head: target, .. } => target,
                DeliveryGoal::Skip(skip) => {
                    let skip = Skip { position: core::mem::take(&mut self.filled), ..skip };
                    let before = bytes.len().saturating_sub(rest.len());
                    let (used, delivery) = self.pass_over(skip, rest)?;
                    return Ok((before.saturating_add(used), delivery));
                }
            };
            let missing = target.saturating_sub(self.filled);
            let (piece, after) = rest.split_at_checked(missing).unwrap_or((rest, &[]));
            self.keep(piece)?;
            rest = after;
            if self.filled < target {
                break;
            }
            let used = bytes.len().saturating_sub(rest.len());
            match goal {
                DeliveryGoal::More(_) | DeliveryGoal::Skip(_) => {}
                DeliveryGoal::Whole(_) => {
                    let length = core::mem::take(&mut self.filled);
                    return Ok((used, decode(self.spill.get(..length).unwrap_or_default())?));
                }
                DeliveryGoal::Head { head, whole } => {
                    self.filled = 0;
                    let total = whole.saturating_sub(head);
                    self.begin_payload(0, total);
                    return Ok((used, start(self.spill.get(..head).unwrap_or_default(), total)?));
                }
            }
        }
        Ok((bytes.len().saturating_sub(rest.len()), Delivery::Nothing))
    }

    fn gathered(&self) -> &[u8] {
        self.spill.get(..self.filled).unwrap_or_default()
    }

    fn keep(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let room = self.spill.get_mut(self.filled..).unwrap_or_default();
        let target = room.get_mut(..bytes.len()).ok_or(BUFFER_TOO_SMALL)?;
        target.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        self.filled = self.filled.saturating_add(bytes.len());
        Ok(())
    }
}

/// What is needed to deliver the packet that begins with these bytes. `longest`: the longest packet that can be collected.
fn measure(packet: &[u8], longest: usize) -> Result<DeliveryGoal, Error> {
    let Some((header, header_length)) = FixedHeader::decode(packet)? else {
        return Ok(DeliveryGoal::More(packet.len().saturating_add(1)));
    };
    check_direction(header.packet_type)?;
    let whole = header_length.saturating_add(header.body_length());
    if whole <= longest || whole <= packet.len() {
        return Ok(DeliveryGoal::Whole(whole));
    }
    let skip = |identifier_at| {
        DeliveryGoal::Skip(Skip { header, identifier_at, identifier: [0; 2], position: 0, whole })
    };
    match header.packet_type {
        PacketType::Publish => {}
        PacketType::SubAck => return Ok(skip(Some(header_length))),
        _ => return Err(BUFFER_TOO_SMALL),
    }
    match Publish::payload_offset(&header, header_length, packet) {
        None => Ok(DeliveryGoal::More(header_length.saturating_add(2))),
        Some(head) if head > whole => Err(MALFORMED_PACKET),
        Some(head) if head > longest && head > packet.len() => {
            Ok(skip(head.checked_sub(2).filter(|_| header.flags & 0b0110 != 0)))
        }
        Some(head) => Ok(DeliveryGoal::Head { head, whole }),
    }
}

/// Refuses packets that only clients send.
fn check_direction(packet_type: PacketType) -> Result<(), Error> {
    match packet_type {
        PacketType::Connect
        | PacketType::Subscribe
        | PacketType::Unsubscribe
        | PacketType::PingReq
        | PacketType::Disconnect => Err(UNEXPECTED_PACKET),
        _ => Ok(()),
    }
}

fn decode(bytes: &[u8]) -> Result<Delivery<'_>, Error> {
    let (header, header_length) = FixedHeader::decode(bytes)?.ok_or(MALFORMED_PACKET)?;
    let body = bytes.get(header_length..).and_then(|rest| rest.get(..header.body_length()));
    Ok(Delivery::Packet(Packet::decode_servers(&header, body.ok_or(MALFORMED_PACKET)?)?))
}

fn start(packet: &[u8], total: usize) -> Result<Delivery<'_>, Error> {
    let (header, header_length) = FixedHeader::decode(packet)?.ok_or(MALFORMED_PACKET)?;
    let publish = Publish::decode(header.flags, packet.get(header_length..).unwrap_or_default())?;
    Ok(Delivery::Start { publish, total })
}
