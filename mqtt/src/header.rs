//! The fixed header (MQTT 3.1.1 §2.2): packet type, flags, remaining length.
//!
//! ```text
//!   byte 1   7..4 type   3..0 flags
//!   byte 2.. remaining length: 7 bits a byte, least significant first, bit 7 = more; at most four bytes
//! ```
//!
//! Errors in the flags and in the length that the packet type alone shows are found here, before the body arrives.

use status::{
    Error,
    mqtt::{BAD_INPUT_DATA, MALFORMED_PACKET},
};

/// The largest remaining length: 256 MB minus one byte.
pub const MAX_REMAINING_LENGTH: u32 = 268_435_455;

/// The remaining length takes at most four bytes, with seven bits each.
const MAX_LENGTH_BYTES: usize = 4;

/// The fourteen packet types.
///
/// ```
/// assert_eq!(mqtt::PacketType::PingReq as u8, 12);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum PacketType {
    /// Client to server: connect.
    Connect = 1,
    /// Server to client: the answer to CONNECT.
    ConnAck = 2,
    /// A message.
    Publish = 3,
    /// QoS 1: the receiver has the message.
    PubAck = 4,
    /// QoS 2, part 1: the receiver has the message.
    PubRec = 5,
    /// QoS 2, part 2: the sender has discarded the message.
    PubRel = 6,
    /// QoS 2, part 3: the receiver has discarded the identifier.
    PubComp = 7,
    /// Client to server: subscribe to topic filters.
    Subscribe = 8,
    /// Server to client: the answer to SUBSCRIBE.
    SubAck = 9,
    /// Client to server: end subscriptions.
    Unsubscribe = 10,
    /// Server to client: the answer to UNSUBSCRIBE.
    UnsubAck = 11,
    /// Client to server: keep-alive.
    PingReq = 12,
    /// Server to client: the answer to PINGREQ.
    PingResp = 13,
    /// Client to server: disconnect.
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

    /// None for the reserved numbers 0 and 15 (§2.2.1).
    fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number).checked_sub(1)?).copied()
    }

    const fn number(self) -> u8 {
        self as u8
    }

    /// The flags that this type must have, or `None` for PUBLISH, whose flags vary ([MQTT-2.2.2-1], [MQTT-3.6.1-1], [MQTT-3.8.1-1],
    /// [MQTT-3.10.1-1]).
    pub(crate) const fn fixed_flags(self) -> Option<u8> {
        match self {
            Self::Publish => None,
            Self::PubRel | Self::Subscribe | Self::Unsubscribe => Some(0b0010),
            _ => Some(0),
        }
    }

    /// The shortest and the longest possible body in bytes.
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

/// The fixed header: two to five bytes at the start of every packet.
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
    /// Four bits, valid for the type.
    pub flags: u8,
    /// How many bytes follow the fixed header.
    pub remaining_length: u32,
}

impl FixedHeader {
    /// The longest fixed header in bytes.
    pub const MAX_LENGTH: usize = 5;

    /// The header of a packet to send.
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

    /// Decodes the fixed header at the beginning of `bytes`. Returns it with its own length, or `None` when more bytes are needed.
    ///
    /// # Errors
    /// `MALFORMED_PACKET`: an unknown type, flags that the type does not allow ([MQTT-2.2.2-2]), a remaining length that takes five bytes
    /// or that the type does not allow.
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

    /// Encodes the header into `buffer` and returns the bytes used.
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

    /// The length of the whole packet in bytes, including the fixed header.
    pub(crate) fn packet_length(&self) -> usize {
        let length_bytes = match self.remaining_length {
            0..=0x7f => 1_usize,
            0x80..=0x3fff => 2,
            0x4000..=0x1f_ffff => 3,
            _ => 4,
        };
        self.body_length().saturating_add(length_bytes).saturating_add(1)
    }

    /// The remaining length as a `usize`. If it does not fit, `usize::MAX`, which is longer than any buffer.
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

/// Decodes the remaining length. Returns it with the bytes that it took, or `None` when more bytes are needed.
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
