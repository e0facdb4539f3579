//! CONNECT and CONNACK (MQTT 3.1.1 §3.1, §3.2).

use status::{
    Error,
    mqtt::{
        BAD_INPUT_DATA, MALFORMED_PACKET, REFUSED_IDENTIFIER, REFUSED_NOT_AUTHORIZED,
        REFUSED_PROTOCOL_VERSION, REFUSED_SERVER_UNAVAILABLE, REFUSED_UNKNOWN, REFUSED_USER_NAME_OR_PASSWORD,
    },
};

use crate::{
    header::PacketType,
    publish::{Message, QoS},
    reader::PacketReader,
    topic,
    writer::PacketWriter,
};

const PROTOCOL_NAME: &str = "MQTT";
const PROTOCOL_LEVEL: u8 = 4;
/// Protocol name with its length, level, flags, keep alive.
const VARIABLE_HEADER_LENGTH: usize = 10;

const USER_NAME: u8 = 0x80;
const PASSWORD: u8 = 0x40;
const WILL_RETAIN: u8 = 0x20;
const WILL_QOS_SHIFT: u8 = 3;
const WILL: u8 = 0x04;
const CLEAN_SESSION: u8 = 0x02;
const RESERVED: u8 = 0x01;

/// A CONNECT packet. It has no `Debug`, since it holds a password.
///
/// ```
/// use mqtt::{Connect, Packet};
///
/// let (packet, length) = Packet::decode(b"\x10\x13\0\x04MQTT\x04\x02\0\x3c\0\x07kitchen")?.unwrap();
/// let Packet::Connect(Connect { client_id, keep_alive, clean_session, .. }) = packet else { panic!() };
/// assert_eq!((client_id, keep_alive, clean_session, length), ("kitchen", 60, true, 21));
/// # Ok::<(), status::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Connect<'a> {
    /// The client identifier. An empty one asks the server to choose one, and needs a clean session ([MQTT-3.1.3-7]).
    pub client_id: &'a str,
    /// Whether client and server forget their earlier state (§3.1.2.4).
    pub clean_session: bool,
    /// The keep-alive time in seconds: the client sends at least one packet in each such period (§3.1.2.10). 0 turns it off.
    pub keep_alive: u16,
    /// The will: the message that the server publishes when the client is lost. Its payload has at most 65,535 bytes.
    pub will: Option<Message<'a>>,
    /// The user name.
    pub user_name: Option<&'a str>,
    /// The password, at most 65,535 bytes. It needs a user name ([MQTT-3.1.2-22]).
    pub password: Option<&'a [u8]>,
}

impl<'a> Connect<'a> {
    pub(crate) fn decode(body: &'a [u8]) -> Result<Self, Error> {
        let mut reader = PacketReader::new(body);
        // [MQTT-3.1.2-1]
        if reader.string() != PROTOCOL_NAME {
            return Err(MALFORMED_PACKET);
        }
        // [MQTT-3.1.2-2]
        let level = reader.byte();
        reader.check()?;
        if level != PROTOCOL_LEVEL {
            return Err(REFUSED_PROTOCOL_VERSION);
        }
        let flags = reader.byte();
        check_flags(flags)?;
        let keep_alive = reader.u16();
        // [MQTT-3.1.3-1]: the fields come in this order.
        let client_id = reader.string();
        reader.check()?;
        let clean_session = flags & CLEAN_SESSION != 0;
        if client_id.is_empty() && !clean_session {
            // [MQTT-3.1.3-8]
            return Err(REFUSED_IDENTIFIER);
        }
        let will = (flags & WILL != 0).then(|| decode_will(flags, &mut reader)).transpose()?;
        let user_name = (flags & USER_NAME != 0).then(|| reader.string());
        let password = (flags & PASSWORD != 0).then(|| reader.binary());
        reader.finish()?;
        Ok(Self { client_id, clean_session, keep_alive, will, user_name, password })
    }

    /// Whether the fields are consistent.
    ///
    /// # Errors
    /// `BAD_INPUT_DATA`: an empty client identifier without a clean session, a password without a user name, text with
    /// U+0000, a field of more than 65,535 bytes, a will whose topic is not a topic name.
    #[inline(never)]
    pub fn check(&self) -> Result<(), Error> {
        topic::check_text(self.client_id)?;
        if let Some(will) = &self.will {
            topic::check_name(will.topic)?;
            u16::try_from(will.payload.len()).map_err(|_| BAD_INPUT_DATA)?;
        }
        if let Some(user_name) = self.user_name {
            topic::check_text(user_name)?;
        }
        if let Some(password) = self.password {
            u16::try_from(password.len()).map_err(|_| BAD_INPUT_DATA)?;
        }
        let has_lone_password = self.password.is_some() && self.user_name.is_none();
        if has_lone_password || (self.client_id.is_empty() && !self.clean_session) {
            return Err(BAD_INPUT_DATA);
        }
        Ok(())
    }

    pub(crate) fn encode(&self, writer: &mut PacketWriter<'_>) {
        writer.check(self.check());
        writer.header(PacketType::Connect, 0, self.body_length());
        writer.string(PROTOCOL_NAME);
        writer.byte(PROTOCOL_LEVEL);
        writer.byte(self.flags());
        writer.u16(self.keep_alive);
        writer.string(self.client_id);
        if let Some(will) = &self.will {
            writer.string(will.topic);
            writer.binary(will.payload);
        }
        if let Some(user_name) = self.user_name {
            writer.string(user_name);
        }
        if let Some(password) = self.password {
            writer.binary(password);
        }
    }

    fn body_length(&self) -> usize {
        let will = self.will.as_ref();
        [
            Some(self.client_id.len()),
            will.map(|will| will.topic.len()),
            will.map(|will| will.payload.len()),
            self.user_name.map(str::len),
            self.password.map(<[u8]>::len),
        ]
        .into_iter()
        .flatten()
        .fold(VARIABLE_HEADER_LENGTH, |sum, length| sum.saturating_add(length).saturating_add(2))
    }

    fn flags(&self) -> u8 {
        let mut flags = if self.clean_session { CLEAN_SESSION } else { 0 };
        if let Some(will) = &self.will {
            flags |= WILL | (will.qos.number() << WILL_QOS_SHIFT);
            flags |= if will.retain { WILL_RETAIN } else { 0 };
        }
        flags |= if self.user_name.is_some() { USER_NAME } else { 0 };
        flags |= if self.password.is_some() { PASSWORD } else { 0 };
        flags
    }
}

fn check_flags(flags: u8) -> Result<(), Error> {
    let has_will = flags & WILL != 0;
    let will_fields = flags & (WILL_RETAIN | (0b11 << WILL_QOS_SHIFT));
    let is_wrong = flags & RESERVED != 0 // [MQTT-3.1.2-3]
        || (!has_will && will_fields != 0) // [MQTT-3.1.2-13], [MQTT-3.1.2-15]
        || (flags & USER_NAME == 0 && flags & PASSWORD != 0); // [MQTT-3.1.2-22]
    if is_wrong { Err(MALFORMED_PACKET) } else { Ok(()) }
}

fn decode_will<'a>(flags: u8, reader: &mut PacketReader<'a>) -> Result<Message<'a>, Error> {
    // [MQTT-3.1.2-14]
    let qos = QoS::from_number((flags >> WILL_QOS_SHIFT) & 0b11).ok_or(MALFORMED_PACKET)?;
    let name = reader.string();
    topic::check_name(name).map_err(|_| MALFORMED_PACKET)?;
    Ok(Message { topic: name, payload: reader.binary(), qos, retain: flags & WILL_RETAIN != 0 })
}

/// A CONNACK packet.
///
/// ```
/// let refused = mqtt::ConnAck { session_present: false, return_code: 5 };
/// assert_eq!(refused.accepted(), Err(status::mqtt::REFUSED_NOT_AUTHORIZED));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ConnAck {
    /// Whether the server has kept this client's session.
    pub session_present: bool,
    /// 0: accepted. 1 to 5: refused (§3.2.2.3). Others are not defined.
    pub return_code: u8,
}

impl ConnAck {
    pub(crate) fn decode(body: &[u8]) -> Result<Self, Error> {
        let mut reader = PacketReader::new(body);
        let (flags, return_code) = (reader.byte(), reader.byte());
        reader.finish()?;
        // §3.2.2.1: bits 7 to 1 are 0; [MQTT-3.2.2-4]: a refusal has no session.
        if flags > 1 || (flags == 1 && return_code != 0) {
            return Err(MALFORMED_PACKET);
        }
        Ok(Self { session_present: flags == 1, return_code })
    }

    pub(crate) fn encode(self, writer: &mut PacketWriter<'_>) {
        let is_right = !self.session_present || self.return_code == 0;
        writer.check(if is_right { Ok(()) } else { Err(BAD_INPUT_DATA) });
        writer.header(PacketType::ConnAck, 0, 2);
        writer.byte(u8::from(self.session_present));
        writer.byte(self.return_code);
    }

    /// Whether the server has accepted the connection.
    ///
    /// # Errors
    /// `REFUSED_PROTOCOL_VERSION`, `REFUSED_IDENTIFIER`, `REFUSED_SERVER_UNAVAILABLE`, `REFUSED_USER_NAME_OR_PASSWORD`,
    /// `REFUSED_NOT_AUTHORIZED` for the return codes 1 to 5, `REFUSED_UNKNOWN` for the others.
    pub fn accepted(self) -> Result<(), Error> {
        Err(match self.return_code {
            0 => return Ok(()),
            1 => REFUSED_PROTOCOL_VERSION,
            2 => REFUSED_IDENTIFIER,
            3 => REFUSED_SERVER_UNAVAILABLE,
            4 => REFUSED_USER_NAME_OR_PASSWORD,
            5 => REFUSED_NOT_AUTHORIZED,
            _ => REFUSED_UNKNOWN,
        })
    }
}
