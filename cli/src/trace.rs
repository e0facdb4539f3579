//! `-d`: what went over the wire, on standard error.
//!
//! The lines are read from the bytes themselves as they pass, not from the state of the protocol cores: TLS records from
//! the socket's side (RFC 5246 §6.2, §7.4), MQTT packets from the plaintext's side (MQTT 3.1.1 §2.2). So they also show what
//! a core refuses. Nothing of a payload, a password or a key is printed. Handshake messages in the clear are looked at without `-d`,
//! too: whether the server asked for a certificate explains what it says later.

use std::{
    fmt,
    io::{self, Write},
};

/// Which way bytes go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Direction {
    /// From us to the server.
    Sent,
    /// From the server to us.
    Received,
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sent => ">",
            Self::Received => "<",
        })
    }
}

/// The observer of one connection; silent unless it was asked for.
pub(crate) struct Trace {
    enabled: bool,
    records: [Records; 2],
    packets: [Packets; 2],
}

impl Trace {
    /// An observer that prints if `enabled`.
    pub(crate) fn new(enabled: bool) -> Self {
        Self { enabled, records: Default::default(), packets: Default::default() }
    }

    /// Whether the server has asked for a client certificate.
    pub(crate) const fn certificate_requested(&self) -> bool {
        let [_, received] = &self.records;
        received.certificate_requested
    }

    /// Prints one line of text.
    pub(crate) fn line(&self, text: impl fmt::Display) {
        if self.enabled {
            print(text);
        }
    }

    /// Bytes of TLS that passed the socket.
    pub(crate) fn tls(&mut self, direction: Direction, bytes: &[u8]) {
        let enabled = self.enabled;
        let [sent, received] = &mut self.records;
        let records = if direction == Direction::Sent { sent } else { received };
        if enabled || !records.protected {
            records.feed(bytes, |line| {
                if enabled {
                    print(format_args!("tls  {direction} {line}"));
                }
            });
        }
    }

    /// Bytes of MQTT that passed in plaintext.
    pub(crate) fn mqtt(&mut self, direction: Direction, bytes: &[u8]) {
        if self.enabled {
            let [sent, received] = &mut self.packets;
            let packets = if direction == Direction::Sent { sent } else { received };
            packets.feed(bytes, |line| print(format_args!("mqtt {direction} {line}")));
        }
    }
}

/// Where standard error is gone nobody watches any more.
fn print(text: impl fmt::Display) {
    let _ = writeln!(io::stderr(), "debug: {text}");
}

/// Cuts one direction's bytes into records, and its plaintext handshake records into messages.
#[derive(Default)]
struct Records {
    pending: Vec<u8>,
    handshake: Vec<u8>,
    protected: bool,
    certificate_requested: bool,
}

impl Records {
    fn feed(&mut self, bytes: &[u8], mut print: impl FnMut(String)) {
        self.pending.extend_from_slice(bytes);
        while let Some((kind, body)) = take_record(&mut self.pending) {
            match kind {
                RECORD_CHANGE_CIPHER_SPEC => {
                    print("ChangeCipherSpec".to_owned());
                    self.protected = true;
                }
                RECORD_HANDSHAKE if !self.protected => {
                    self.handshake.extend_from_slice(&body);
                    while let Some((message, length)) = take_message(&mut self.handshake) {
                        self.certificate_requested |= message == CERTIFICATE_REQUEST;
                        print(format!("{}, {length} bytes", message_name(message)));
                    }
                }
                RECORD_ALERT if !self.protected => print(alert_text(&body)),
                RECORD_HANDSHAKE => print("Finished, protected".to_owned()),
                RECORD_ALERT => print("alert, protected".to_owned()),
                RECORD_APPLICATION_DATA => print(format!("application data, {} bytes protected", body.len())),
                other => print(format!("record of unknown type {other}, {} bytes", body.len())),
            }
        }
    }
}

/// Cuts one direction's plaintext into packets; only their fixed headers are looked at.
#[derive(Default)]
struct Packets {
    header: Vec<u8>,
    skip: usize,
}

impl Packets {
    fn feed(&mut self, mut bytes: &[u8], mut print: impl FnMut(String)) {
        loop {
            let skipped = self.skip.min(bytes.len());
            self.skip = self.skip.saturating_sub(skipped);
            bytes = bytes.get(skipped..).unwrap_or_default();
            let Some((&byte, rest)) = bytes.split_first() else { return };
            self.header.push(byte);
            bytes = rest;
            if let Some(length) = remaining_length(&self.header) {
                print(packet_text(self.header.first().copied().unwrap_or_default(), length));
                self.header.clear();
                self.skip = length;
            }
        }
    }
}

/// The first whole record of `pending`, removed from it.
fn take_record(pending: &mut Vec<u8>) -> Option<(u8, Vec<u8>)> {
    let &[kind, _, _, high, low, ..] = pending.as_slice() else { return None };
    let end = usize::from(u16::from_be_bytes([high, low])).saturating_add(RECORD_HEADER);
    let body = pending.get(RECORD_HEADER..end)?.to_vec();
    pending.drain(..end);
    Some((kind, body))
}

/// The first whole handshake message of `pending`, removed from it: its type and its length with the header.
fn take_message(pending: &mut Vec<u8>) -> Option<(u8, usize)> {
    let &[kind, high, middle, low, ..] = pending.as_slice() else { return None };
    let length = usize::try_from(u32::from_be_bytes([0, high, middle, low])).ok()?.saturating_add(4);
    if pending.len() < length {
        return None;
    }
    pending.drain(..length);
    Some((kind, length))
}

/// RFC 5246 §7.4 and RFC 5077 §3.3.
fn message_name(kind: u8) -> String {
    let name = match kind {
        0 => "HelloRequest",
        1 => "ClientHello",
        2 => "ServerHello",
        4 => "NewSessionTicket",
        11 => "Certificate",
        12 => "ServerKeyExchange",
        CERTIFICATE_REQUEST => "CertificateRequest",
        14 => "ServerHelloDone",
        15 => "CertificateVerify",
        16 => "ClientKeyExchange",
        20 => "Finished",
        other => return format!("handshake message {other}"),
    };
    name.to_owned()
}

fn alert_text(body: &[u8]) -> String {
    match *body {
        [1, description] => format!("warning, {}", status::Alert(description)),
        [2, description] => format!("fatal, {}", status::Alert(description)),
        _ => format!("alert of {} bytes", body.len()),
    }
}

/// The remaining length of a fixed header (MQTT 3.1.1 §2.2.3), once its last byte is there.
///
/// A fifth length byte is a malformed packet; the header then ends as if the packet were empty.
fn remaining_length(header: &[u8]) -> Option<usize> {
    let (_, digits) = header.split_first()?;
    let last = digits.last()?;
    if last & 0x80 != 0 && digits.len() < 4 {
        return None;
    }
    Some(digits.iter().rev().fold(0, |sum, digit| sum << 7 | usize::from(digit & 0x7F)))
}

/// A packet's name, what its flags say, and its whole length.
fn packet_text(first: u8, length: usize) -> String {
    let name = PACKETS.get(usize::from(first >> 4)).copied().unwrap_or_default();
    let mut flags = String::new();
    if first >> 4 == PUBLISH {
        flags = format!(", QoS {}", first >> 1 & 3);
        flags.push_str(if first & 1 != 0 { ", retained" } else { "" });
        flags.push_str(if first & 8 != 0 { ", duplicate" } else { "" });
    }
    format!("{name}{flags}, {length} bytes after the header")
}

const CERTIFICATE_REQUEST: u8 = 13;
const RECORD_HEADER: usize = 5;
const RECORD_CHANGE_CIPHER_SPEC: u8 = 20;
const RECORD_ALERT: u8 = 21;
const RECORD_HANDSHAKE: u8 = 22;
const RECORD_APPLICATION_DATA: u8 = 23;

const PUBLISH: u8 = 3;
/// MQTT 3.1.1 §2.2.1.
const PACKETS: [&str; 16] = [
    "reserved packet 0",
    "CONNECT",
    "CONNACK",
    "PUBLISH",
    "PUBACK",
    "PUBREC",
    "PUBREL",
    "PUBCOMP",
    "SUBSCRIBE",
    "SUBACK",
    "UNSUBSCRIBE",
    "UNSUBACK",
    "PINGREQ",
    "PINGRESP",
    "DISCONNECT",
    "reserved packet 15",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_named_however_they_are_cut() {
        // ServerHelloDone split over two records, ChangeCipherSpec, a protected Finished, application data, an alert.
        let wire = [
            22, 3, 3, 0, 2, 14, 0, 22, 3, 3, 0, 2, 0, 0, 20, 3, 3, 0, 1, 1, 22, 3, 3, 0, 3, 9, 9, 9, 23, 3,
            3, 0, 1, 7, 21, 3, 3, 0, 1, 0,
        ];
        let expected = [
            "ServerHelloDone, 4 bytes",
            "ChangeCipherSpec",
            "Finished, protected",
            "application data, 1 bytes protected",
            "alert, protected",
        ];
        for size in 1..=wire.len() {
            let (mut records, mut lines) = (Records::default(), Vec::new());
            wire.chunks(size).for_each(|chunk| records.feed(chunk, |line| lines.push(line)));
            assert_eq!(lines, expected, "in pieces of {size}");
        }
    }

    #[test]
    fn a_plain_alert_is_shown_with_its_name() {
        let mut lines = Vec::new();
        Records::default().feed(&[21, 3, 3, 0, 2, 2, 40], |line| lines.push(line));
        assert_eq!(lines, ["fatal, alert 40, handshake_failure"]);
    }

    #[test]
    fn packets_are_named_however_they_are_cut() {
        // CONNACK; PUBLISH of 130 bytes after the header, QoS 1, retained; PINGRESP.
        let mut wire = vec![0x20, 2, 0, 0, 0x33, 0x82, 0x01];
        wire.extend([0x55; 130]);
        wire.extend([0xD0, 0]);
        let expected = [
            "CONNACK, 2 bytes after the header",
            "PUBLISH, QoS 1, retained, 130 bytes after the header",
            "PINGRESP, 0 bytes after the header",
        ];
        for size in 1..=wire.len() {
            let (mut packets, mut lines) = (Packets::default(), Vec::new());
            wire.chunks(size).for_each(|chunk| packets.feed(chunk, |line| lines.push(line)));
            assert_eq!(lines, expected, "in pieces of {size}");
        }
    }
}
