//! The fixed header (MQTT 3.1.1 §2.2): packet type, flags, remaining length.
//!
//! ```text
//!   byte 1   7..4 type   3..0 flags
//!   byte 2.. remaining length: 7 bits a byte, least significant first, bit 7 = more; at most four bytes
//! ```
//!
//! What is wrong about flags or a length that the type fixes is found here, before a body is waited for.

use status::{
    Error,
    mqtt::{BAD_INPUT_DATA, MALFORMED_PACKET},
};

/// The largest remaining length: 256 MB less one byte.
pub const MAX_REMAINING_LENGTH: u32 = 268_435_455;

/// Four bytes of seven bits.
const MAX_LENGTH_BYTES: usize = 4;

/// The fourteen packet types.
///
/// ```
/// assert_eq!(mqtt::PacketType::PingReq as u8, 12);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum PacketType {
    /// A client asks for a connection.
    Connect = 1,
    /// The server's answer to it.
    ConnAck = 2,
    /// A message.
    Publish = 3,
    /// QoS 1: the message has arrived.
    PubAck = 4,
    /// QoS 2, part 1: the message has arrived.
    PubRec = 5,
    /// QoS 2, part 2: the sender has forgotten the message.
    PubRel = 6,
    /// QoS 2, part 3: the receiver has forgotten the identifier.
    PubComp = 7,
    /// A client asks for topics.
    Subscribe = 8,
    /// The server's answer to it.
    SubAck = 9,
    /// A client wants topics no longer.
    Unsubscribe = 10,
    /// The server's answer to it.
    UnsubAck = 11,
    /// A client is alive.
    PingReq = 12,
    /// The server is alive.
    PingResp = 13,
    /// A client leaves.
    Disconnect = 14,
}

impl PacketType {
    /// In the order of their numbers.
    const ALL: [Self; 14] = [
        Self::Connect,
        Self::ConnAck,
        Self::Publish,
        Self::PubAck,
        Self::PubRec,
        Self::PubRel,
        Self::PubComp,
        Self::Subscribe,
        Self::SubAck,
        Self::Unsubscribe,
        Self::UnsubAck,
        Self::PingReq,
        Self::PingResp,
        Self::Disconnect,
    ];

    /// None for 0 and 15, which are forbidden (§2.2.1).
    fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number).checked_sub(1)?).copied()
    }

    const fn number(self) -> u8 {
        self as u8
    }

    /// The one value that the flags of this type have, or `None` for PUBLISH ([MQTT-2.2.2-1], [MQTT-3.6.1-1],
    /// [MQTT-3.8.1-1], [MQTT-3.10.1-1]).
    pub(crate) const fn fixed_flags(self) -> Option<u8> {
        match self {
            Self::Publish => None,
            Self::PubRel | Self::Subscribe | Self::Unsubscribe => Some(0b0010),
            _ => Some(0),
        }
    }

    /// The shortest and the longest body.
    const fn lengths(self) -> (u32, u32) {
        match self {
            // Protocol name, level, flags, keep alive, an empty client identifier.
            Self::Connect => (12, MAX_REMAINING_LENGTH),
            Self::ConnAck | Self::PubAck | Self::PubRec | Self::PubRel | Self::PubComp | Self::UnsubAck => {
                (2, 2)
            }
            // A topic of one byte.
            Self::Publish => (3, MAX_REMAINING_LENGTH),
            // Identifier, one filter of one byte, its QoS.
            Self::Subscribe => (6, MAX_REMAINING_LENGTH),
            Self::SubAck => (3, MAX_REMAINING_LENGTH),
            Self::Unsubscribe => (5, MAX_REMAINING_LENGTH),
            Self::PingReq | Self::PingResp | Self::Disconnect => (0, 0),
        }
    }
}

/// The two to five bytes before every packet.
///
/// ```
/// use mqtt::{FixedHeader, PacketType};
///
/// let (header, length) = FixedHeader::decode(&[0x30, 0x80, 0x01])?.unwrap();
/// assert_eq!((header.packet_type, header.remaining_length, length), (PacketType::Publish, 128, 3));
/// // The rest of the length is not there yet.
/// assert_eq!(FixedHeader::decode(&[0x30, 0x80])?, None);
/// # Ok::<(), status::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FixedHeader {
    /// The packet's type.
    pub packet_type: PacketType,
    /// Four bits, checked against the type.
    pub flags: u8,
    /// How many bytes follow the fixed header.
    pub remaining_length: u32,
}

impl FixedHeader {
    /// The longest fixed header in bytes.
    pub const MAX_LENGTH: usize = 5;

    /// A header for a packet that is to be sent.
    ///
    /// # Errors
    /// `BAD_INPUT_DATA`: the packet is longer than MQTT allows.
    pub(crate) fn new(packet_type: PacketType, flags: u8, remaining_length: usize) -> Result<Self, Error> {
        let remaining_length = u32::try_from(remaining_length).map_err(|_| BAD_INPUT_DATA)?;
        if remaining_length > MAX_REMAINING_LENGTH {
            return Err(BAD_INPUT_DATA);
        }
        Ok(Self { packet_type, flags, remaining_length })
    }

    /// Reads the fixed header at the beginning of the bytes, and tells its own length; `None` when more bytes are needed.
    ///
    /// # Errors
    /// `MALFORMED_PACKET`: no such type, flags that the type does not allow ([MQTT-2.2.2-2]), a remaining length of five bytes
    /// or one that the type does not allow.
    pub fn decode(bytes: &[u8]) -> Result<Option<(Self, usize)>, Error> {
        let Some((&first, rest)) = bytes.split_first() else { return Ok(None) };
        let packet_type = PacketType::from_number(first >> 4).ok_or(MALFORMED_PACKET)?;
        let flags = first & 0x0f;
        check_flags(packet_type, flags)?;
        let Some((remaining_length, bytes_used)) = decode_remaining_length(rest)? else { return Ok(None) };
        let (shortest, longest) = packet_type.lengths();
        if remaining_length < shortest || remaining_length > longest {
            return Err(MALFORMED_PACKET);
        }
        Ok(Some((Self { packet_type, flags, remaining_length }, bytes_used.saturating_add(1))))
    }

    /// Writes the header into the buffer and gives the bytes that it takes.
    pub(crate) fn encode<'a>(&self, buffer: &'a mut [u8; Self::MAX_LENGTH]) -> &'a [u8] {
        let [first, length_bytes @ ..] = buffer;
        *first = (self.packet_type.number() << 4) | (self.flags & 0x0f);
        let mut rest = self.remaining_length;
        let mut used = 1_usize;
        for byte in length_bytes {
            let more = if rest > 0x7f { 0x80 } else { 0 };
            *byte = (rest & 0x7f).to_le_bytes()[0] | more;
            rest >>= 7;
            used = used.saturating_add(1);
            if more == 0 {
                break;
            }
        }
        buffer.get(..used).unwrap_or_default()
    }

    /// How many bytes the whole packet takes, its fixed header included.
    pub(crate) fn packet_length(&self) -> usize {
        let length_bytes = match self.remaining_length {
            0..=0x7f => 1_usize,
            0x80..=0x3fff => 2,
            0x4000..=0x1f_ffff => 3,
            _ => 4,
        };
        self.body_length().saturating_add(length_bytes).saturating_add(1)
    }

    /// The remaining length as a size in memory; one that no memory holds is larger than every buffer.
    pub(crate) fn body_length(&self) -> usize {
        usize::try_from(self.remaining_length).unwrap_or(usize::MAX)
    }
}

fn check_flags(packet_type: PacketType, flags: u8) -> Result<(), Error> {
    let is_allowed = match packet_type.fixed_flags() {
        Some(fixed) => flags == fixed,
        // PUBLISH: no QoS 3 ([MQTT-3.3.1-4]), no DUP at QoS 0 ([MQTT-3.3.1-2]).
        None => (flags & 0b0110) != 0b0110 && (flags & 0b1110) != 0b1000,
    };
    if is_allowed { Ok(()) } else { Err(MALFORMED_PACKET) }
}

/// The number and the bytes that it took; `None` when more bytes are needed.
fn decode_remaining_length(bytes: &[u8]) -> Result<Option<(u32, usize)>, Error> {
    let mut value = 0_u32;
    let mut shift = 0_u32;
    for (index, &byte) in bytes.iter().enumerate().take(MAX_LENGTH_BYTES) {
        value |= u32::from(byte & 0x7f).wrapping_shl(shift);
        if byte & 0x80 == 0 {
            return Ok(Some((value, index.saturating_add(1))));
        }
        shift = shift.saturating_add(7);
    }
    if bytes.len() >= MAX_LENGTH_BYTES { Err(MALFORMED_PACKET) } else { Ok(None) }
}
