//! PUBLISH (MQTT 3.1.1 §3.3): quality of service, the application's message, and the packet.

use core::num::NonZeroU16;

use status::{
    Error,
    mqtt::{BAD_INPUT_DATA, MALFORMED_PACKET},
};

use crate::{
    header::{FixedHeader, PacketType},
    reader::PacketReader,
    topic,
    writer::PacketWriter,
};

/// The DUP flag in the first byte of a PUBLISH packet.
pub(crate) const DUPLICATE: u8 = 0b1000;
const RETAIN: u8 = 0b0001;

/// Quality of service, MQTT 3.1.1 §4.3.
///
/// ```
/// use mqtt::QoS;
///
/// assert_eq!(QoS::from_number(1), Some(QoS::AtLeastOnce));
/// assert_eq!((QoS::ExactlyOnce.number(), QoS::from_number(3)), (2, None));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum QoS {
    /// At most once: the message may be lost.
    #[default]
    AtMostOnce,
    /// At least once: the message may arrive several times.
    AtLeastOnce,
    /// Exactly once.
    ExactlyOnce,
}

impl QoS {
    /// 0, 1 or 2.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::AtMostOnce => 0,
            Self::AtLeastOnce => 1,
            Self::ExactlyOnce => 2,
        }
    }

    /// The level with this number; `None` for 3 and more.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::AtMostOnce),
            1 => Some(Self::AtLeastOnce),
            2 => Some(Self::ExactlyOnce),
            _ => None,
        }
    }
}

/// A message to publish, or a will.
///
/// ```
/// use mqtt::{Message, QoS};
///
/// let lamp = Message::new("kitchen/lamp", b"on", QoS::AtLeastOnce);
/// // What later subscribers get as well.
/// let kept = Message { retain: true, ..lamp };
/// assert_eq!((lamp.retain, kept.topic), (false, "kitchen/lamp"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Message<'a> {
    /// The topic name: no wildcards, 1 to 65,535 bytes.
    pub topic: &'a str,
    /// The payload.
    pub payload: &'a [u8],
    /// The quality of service.
    pub qos: QoS,
    /// Whether the server keeps the message for later subscribers (§3.3.1.3).
    pub retain: bool,
}

impl<'a> Message<'a> {
    /// A message with `retain` off.
    ///
    /// ```
    /// use mqtt::{Message, QoS};
    ///
    /// let lamp = Message::new("kitchen/lamp", b"on", QoS::AtLeastOnce);
    /// assert_eq!(lamp, Message { topic: "kitchen/lamp", payload: b"on", qos: QoS::AtLeastOnce, retain: false });
    /// ```
    #[must_use]
    pub const fn new(topic: &'a str, payload: &'a [u8], qos: QoS) -> Self {
        Self { topic, payload, qos, retain: false }
    }
}

/// A PUBLISH packet.
///
/// ```
/// use mqtt::{Message, Packet, Publish, QoS};
///
/// let message = Message { topic: "a", payload: b"1", qos: QoS::AtMostOnce, retain: false };
/// let mut out = [0; 16];
/// let length = Packet::Publish(Publish { duplicate: false, identifier: None, message }).encode(&mut out)?;
/// assert_eq!(out[..length], *b"\x30\x04\0\x01a1");
/// # Ok::<(), status::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Publish<'a> {
    /// DUP: the packet may have been sent before.
    pub duplicate: bool,
    /// The message.
    pub message: Message<'a>,
    /// The packet identifier, present exactly at QoS 1 and 2 ([MQTT-2.3.1-5]).
    pub identifier: Option<NonZeroU16>,
}

impl<'a> Publish<'a> {
    /// Decodes the body. What follows topic and identifier is the payload, or its beginning.
    pub(crate) fn decode(flags: u8, body: &'a [u8]) -> Result<Self, Error> {
        let qos = QoS::from_number((flags >> 1) & 0b11).ok_or(MALFORMED_PACKET)?;
        let mut reader = PacketReader::new(body);
        // [MQTT-3.3.2-1]
        let name = reader.string();
        topic::check_name(name).map_err(|_| MALFORMED_PACKET)?;
        let identifier = (qos != QoS::AtMostOnce).then(|| reader.identifier());
        reader.check()?;
        let message = Message { topic: name, payload: reader.rest(), qos, retain: flags & RETAIN != 0 };
        Ok(Self { duplicate: flags & DUPLICATE != 0, message, identifier })
    }

    /// The offset of the payload in the packet, or `None` while the topic's length is not yet known.
    pub(crate) fn payload_offset(header: &FixedHeader, header_length: usize, packet: &[u8]) -> Option<usize> {
        let (length, _) = packet.get(header_length..)?.split_first_chunk()?;
        let identifier_length = if header.flags & 0b0110 == 0 { 0 } else { 2 };
        header_length
            .checked_add(2)?
            .checked_add(usize::from(u16::from_be_bytes(*length)))?
            .checked_add(identifier_length)
    }

    /// Flags and body length of this packet, for a payload of `payload_length` bytes in total.
    ///
    /// # Errors
    /// `BAD_INPUT_DATA`: not a topic name, an identifier at QoS 0 or none at QoS 1 or 2, DUP at QoS 0, too long.
    fn header(&self, payload_length: usize) -> Result<FixedHeader, Error> {
        topic::check_name(self.message.topic)?;
        let needs_identifier = self.message.qos != QoS::AtMostOnce;
        if self.identifier.is_some() != needs_identifier || (self.duplicate && !needs_identifier) {
            return Err(BAD_INPUT_DATA);
        }
        let fields = if needs_identifier { 4_usize } else { 2 };
        let length = self.message.topic.len().saturating_add(fields).saturating_add(payload_length);
        let mut flags = self.message.qos.number() << 1;
        flags |= if self.duplicate { DUPLICATE } else { 0 };
        flags |= if self.message.retain { RETAIN } else { 0 };
        FixedHeader::new(PacketType::Publish, flags, length)
    }

    /// The length of the whole packet in bytes.
    ///
    /// # Errors
    /// `BAD_INPUT_DATA`, if the message breaks a rule.
    pub(crate) fn packet_length(&self, payload_length: usize) -> Result<usize, Error> {
        self.header(payload_length).map(|header| header.packet_length())
    }

    /// Encodes the packet with the payload at hand, which may be only the beginning of the announced length.
    #[inline(never)]
    pub(crate) fn encode(&self, payload_length: usize, writer: &mut PacketWriter<'_>) {
        match self.header(payload_length) {
            Ok(header) => writer.bytes(header.encode(&mut [0; FixedHeader::MAX_LENGTH])),
            Err(error) => writer.check(Err(error)),
        }
        writer.string(self.message.topic);
        if let Some(identifier) = self.identifier {
            writer.identifier(identifier);
        }
        writer.bytes(self.message.payload);
    }
}
