//! The fourteen control packets: decoding and encoding, without a copy and without state.
//!
//! Both directions are here, also the server's, so that tests and gateways use the same codec.

use core::num::NonZeroU16;

use status::{Error, mqtt::UNEXPECTED_PACKET};

use crate::{
    connect::{ConnAck, Connect},
    header::{FixedHeader, PacketType},
    publish::Publish,
    reader::PacketReader,
    subscribe::{SubAck, Subscribe, Unsubscribe},
    writer::PacketWriter,
};

/// One control packet of MQTT 3.1.1. It has no `Debug`, since CONNECT holds a password.
///
/// ```
/// use mqtt::Packet;
///
/// let mut out = [0; 2];
/// assert_eq!(Packet::PingReq.encode(&mut out)?, 2);
/// assert_eq!(out, [0xC0, 0]);
/// assert!(matches!(Packet::decode(&out)?, Some((Packet::PingReq, 2))));
/// // More bytes are needed.
/// assert!(Packet::decode(&out[..1])?.is_none());
/// # Ok::<(), status::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Packet<'a> {
    /// §3.1
    Connect(Connect<'a>),
    /// §3.2
    ConnAck(ConnAck),
    /// §3.3
    Publish(Publish<'a>),
    /// §3.4
    PubAck(NonZeroU16),
    /// §3.5
    PubRec(NonZeroU16),
    /// §3.6
    PubRel(NonZeroU16),
    /// §3.7
    PubComp(NonZeroU16),
    /// §3.8
    Subscribe(Subscribe<'a>),
    /// §3.9
    SubAck(SubAck<'a>),
    /// §3.10
    Unsubscribe(Unsubscribe<'a>),
    /// §3.11
    UnsubAck(NonZeroU16),
    /// §3.12
    PingReq,
    /// §3.13
    PingResp,
    /// §3.14
    Disconnect,
}

impl<'a> Packet<'a> {
    /// Decodes the packet at the beginning of `bytes`. Returns it with its length in bytes, or `None` while it is incomplete.
    ///
    /// # Errors
    /// `MALFORMED_PACKET`, as soon as the bytes show it. For CONNECT also `REFUSED_PROTOCOL_VERSION` and `REFUSED_IDENTIFIER`, which a
    /// server answers with a CONNACK.
    pub fn decode(bytes: &'a [u8]) -> Result<Option<(Self, usize)>, Error> {
        let Some((header, header_length)) = FixedHeader::decode(bytes)? else { return Ok(None) };
        let Some(end) = header_length.checked_add(header.body_length()) else { return Ok(None) };
        let Some(body) = bytes.get(header_length..end) else { return Ok(None) };
        Ok(Some((Self::decode_body(&header, body)?, end)))
    }

    fn decode_body(header: &FixedHeader, body: &'a [u8]) -> Result<Self, Error> {
        Ok(match header.packet_type {
            PacketType::Connect => Self::Connect(Connect::decode(body)?),
            PacketType::Subscribe => Self::Subscribe(Subscribe::decode(body)?),
            PacketType::Unsubscribe => Self::Unsubscribe(Unsubscribe::decode(body)?),
            PacketType::PingReq => Self::PingReq,
            PacketType::Disconnect => Self::Disconnect,
            _ => Self::decode_servers(header, body)?,
        })
    }

    /// Decodes the body of a packet that a server sends. A client links only this, not the decoders for the other direction.
    ///
    /// # Errors
    /// `UNEXPECTED_PACKET` for a packet that only clients send; `MALFORMED_PACKET`.
    pub(crate) fn decode_servers(header: &FixedHeader, body: &'a [u8]) -> Result<Self, Error> {
        Ok(match header.packet_type {
            PacketType::ConnAck => Self::ConnAck(ConnAck::decode(body)?),
            PacketType::Publish => Self::Publish(Publish::decode(header.flags, body)?),
            PacketType::PubAck => Self::PubAck(decode_identifier(body)?),
            PacketType::PubRec => Self::PubRec(decode_identifier(body)?),
            PacketType::PubRel => Self::PubRel(decode_identifier(body)?),
            PacketType::PubComp => Self::PubComp(decode_identifier(body)?),
            PacketType::SubAck => Self::SubAck(SubAck::decode(body)?),
            PacketType::UnsubAck => Self::UnsubAck(decode_identifier(body)?),
            PacketType::PingResp => Self::PingResp,
            _ => return Err(UNEXPECTED_PACKET),
        })
    }

    /// Encodes the packet into `out`. Returns its length in bytes. After a failure the content of `out` is undefined.
    ///
    /// # Errors
    /// `BUFFER_TOO_SMALL`; `BAD_INPUT_DATA` when a field breaks a rule of its packet.
    pub fn encode(&self, out: &mut [u8]) -> Result<usize, Error> {
        let mut writer = PacketWriter::new(out);
        match self {
            Self::Connect(connect) => connect.encode(&mut writer),
            Self::ConnAck(conn_ack) => conn_ack.encode(&mut writer),
            Self::Publish(publish) => publish.encode(publish.message.payload.len(), &mut writer),
            Self::PubAck(identifier) => encode_identifier(PacketType::PubAck, *identifier, &mut writer),
            Self::PubRec(identifier) => encode_identifier(PacketType::PubRec, *identifier, &mut writer),
            Self::PubRel(identifier) => encode_identifier(PacketType::PubRel, *identifier, &mut writer),
            Self::PubComp(identifier) => encode_identifier(PacketType::PubComp, *identifier, &mut writer),
            Self::Subscribe(subscribe) => subscribe.encode(&mut writer),
            Self::SubAck(sub_ack) => sub_ack.encode(&mut writer),
            Self::Unsubscribe(unsubscribe) => unsubscribe.encode(&mut writer),
            Self::UnsubAck(identifier) => encode_identifier(PacketType::UnsubAck, *identifier, &mut writer),
            Self::PingReq => encode_empty(PacketType::PingReq, &mut writer),
            Self::PingResp => encode_empty(PacketType::PingResp, &mut writer),
            Self::Disconnect => encode_empty(PacketType::Disconnect, &mut writer),
        }
        writer.finish()
    }
}

fn decode_identifier(body: &[u8]) -> Result<NonZeroU16, Error> {
    let mut reader = PacketReader::new(body);
    let identifier = reader.identifier();
    reader.finish()?;
    Ok(identifier)
}

/// Encodes a packet without a body.
pub(crate) fn encode_empty(packet_type: PacketType, writer: &mut PacketWriter<'_>) {
    writer.header(packet_type, 0, 0);
}

/// Encodes a packet whose body is one packet identifier.
pub(crate) fn encode_identifier(
    packet_type: PacketType,
    identifier: NonZeroU16,
    writer: &mut PacketWriter<'_>,
) {
    writer.header(packet_type, packet_type.fixed_flags().unwrap_or_default(), 2);
    writer.identifier(identifier);
}
