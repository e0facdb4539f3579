//! `-d`: prints on standard error what is sent and received.
//!
//! The lines about TLS are read from the records as they pass the socket (RFC 5246 §6.2, §7.4), not from the state of the cores, so they
//! also show what a core refuses. The lines about MQTT are the client's own log lines (crate `log`). No payload, password or key is
//! printed. Plaintext handshake messages are also read without `-d`: whether the server asked for a certificate explains its later alerts.

use std::{
    fmt,
    io::{self, Write},
};

/// The direction of bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TraceDirection {
    /// From us to the server.
    Sent,
    /// From the server to us.
    Received,
}

impl fmt::Display for TraceDirection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sent => ">",
            Self::Received => "<",
        })
    }
}

/// Watches one connection. Prints only if asked to.
pub(crate) struct ConnectionTrace {
    enabled: bool,
    records: [RecordSplitter; 2],
}

impl ConnectionTrace {
    /// An observer that prints if `enabled`.
    pub(crate) fn new(enabled: bool) -> Self {
        Self { enabled, records: Default::default() }
    }

    /// A new connection begins. Prints `text`.
    pub(crate) fn begin(&mut self, text: impl fmt::Display) {
        self.records = Default::default();
        self.line(text);
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

    /// TLS bytes that passed the socket.
    pub(crate) fn tls(&mut self, direction: TraceDirection, bytes: &[u8]) {
        let enabled = self.enabled;
        let [sent, received] = &mut self.records;
        let records = if direction == TraceDirection::Sent { sent } else { received };
        if enabled || !records.protected {
            records.feed(bytes, |line| {
                if enabled {
                    print(format_args!("tls  {direction} {line}"));
                }
            });
        }
    }
}

/// Prints the client's log lines, if asked to.
struct TraceLogger;

impl log::Log for TraceLogger {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        if record.target() == "mqtts" {
            print(record.args());
        }
    }

    fn flush(&self) {}
}

/// Enables the client's log lines if `enabled`.
pub(crate) fn listen(enabled: bool) {
    // This fails only in a program that has set another logger.
    if enabled && log::set_logger(&TraceLogger).is_ok() {
        log::set_max_level(log::LevelFilter::Debug);
    }
}

/// Prints a line. If standard error is closed, nobody is watching.
fn print(text: impl fmt::Display) {
    let _ = writeln!(io::stderr(), "debug: {text}");
}

/// Splits the bytes of one direction into records, and plaintext handshake records into messages.
#[derive(Default)]
struct RecordSplitter {
    pending: Vec<u8>,
    handshake: Vec<u8>,
    protected: bool,
    certificate_requested: bool,
}

impl RecordSplitter {
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

/// Removes the first complete record from `pending` and returns it.
fn take_record(pending: &mut Vec<u8>) -> Option<(u8, Vec<u8>)> {
    let &[kind, _, _, high, low, ..] = pending.as_slice() else { return None };
    let end = usize::from(u16::from_be_bytes([high, low])).saturating_add(RECORD_HEADER);
    let body = pending.get(RECORD_HEADER..end)?.to_vec();
    pending.drain(..end);
    Some((kind, body))
}

/// Removes the first complete handshake message from `pending`. Returns its type, and its length including the header.
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

const CERTIFICATE_REQUEST: u8 = 13;
const RECORD_HEADER: usize = 5;
const RECORD_CHANGE_CIPHER_SPEC: u8 = 20;
const RECORD_ALERT: u8 = 21;
const RECORD_HANDSHAKE: u8 = 22;
const RECORD_APPLICATION_DATA: u8 = 23;

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
            let (mut records, mut lines) = (RecordSplitter::default(), Vec::new());
            wire.chunks(size).for_each(|chunk| records.feed(chunk, |line| lines.push(line)));
            assert_eq!(lines, expected, "in pieces of {size}");
        }
    }

    #[test]
    fn a_plain_alert_is_shown_with_its_name() {
        let mut lines = Vec::new();
        RecordSplitter::default().feed(&[21, 3, 3, 0, 2, 2, 40], |line| lines.push(line));
        assert_eq!(lines, ["fatal, alert 40, handshake_failure"]);
    }
}
