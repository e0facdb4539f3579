//! The status and the settings for programs; what it is made of serves the pages, too.

use core::fmt::{self, Display, Write};

use embassy_net::{Stack, StaticConfigV4};
use embassy_time::Instant;
use status::{AlertSeen, Error, Step};
use x509::{
    Bundle, PrivateKey, describe, describe_key,
    lint::{self, Decoded, Finding, Severity, Slot},
};

use super::{hint::hint, json::Json, refusal::Refusal};
use crate::{
    board::{Board, Facts, Pins},
    device::{Connection, ConnectionState, Device},
    settings::{Field, Settings},
    status_codes::{Entry, StatusCodes},
};

/// How the device is at one moment.
pub struct Snapshot {
    /// Seconds since boot.
    pub uptime: u64,
    /// The time in seconds since 1970, if the clock is set.
    pub now: Option<u64>,
    /// The address, if there is one.
    pub address: Option<StaticConfigV4>,
    /// The connection to the broker.
    pub connection: Connection,
    /// The last two failures.
    pub status_codes: StatusCodes,
    /// The inputs, input 0 in bit 0, and how many there are.
    pub inputs: (u8, usize),
    /// The outputs, output 0 in bit 0, and how many there are.
    pub outputs: (u8, usize),
    /// What the board knows about itself.
    pub facts: Facts,
}

impl Snapshot {
    /// Takes it.
    pub fn take<B: Board>(device: &Device<B>, stack: Stack<'_>) -> Self {
        Self {
            uptime: Instant::now().as_secs(),
            now: device.clock.now(),
            address: stack.config_v4(),
            connection: device.connection.get(),
            status_codes: *device.status_codes.borrow(),
            inputs: (device.inputs.try_get().unwrap_or(0), B::Pins::INPUTS),
            outputs: (device.outputs.try_get().unwrap_or(0), B::Pins::OUTPUTS),
            facts: device.facts,
        }
    }

    /// The levels of inputs or outputs, one after the other.
    pub fn levels((bits, count): (u8, usize)) -> impl Iterator<Item = bool> {
        (0_u32..8).take(count).map(move |index| bits.checked_shr(index).unwrap_or(0) & 1 == 1)
    }
}

/// Writes the status (see `docs/http.md`).
///
/// # Errors
/// Those of `out`.
pub fn write_status(snapshot: &Snapshot, files: &Decoded<'_>, out: &mut dyn Write) -> fmt::Result {
    let json = &mut Json::new(out);
    json.raw("{\"firmware\":{\"board\":")?;
    json.string(&snapshot.facts.name)?;
    json.raw(",\"identity\":")?;
    json.string(&snapshot.facts.firmware)?;
    json.raw("},\"uptime\":")?;
    json.number(number(Some(snapshot.uptime)))?;
    json.raw(",\"clock\":")?;
    json.number(number(snapshot.now))?;
    network(snapshot, json)?;
    connection(&snapshot.connection, json)?;
    json.raw(",\"status_codes\":")?;
    list(snapshot.status_codes.iter(), json, status_code)?;
    json.raw(",\"inputs\":")?;
    list(Snapshot::levels(snapshot.inputs), json, |level, json| json.truth(level))?;
    json.raw(",\"outputs\":")?;
    list(Snapshot::levels(snapshot.outputs), json, |level, json| json.truth(level))?;
    json.raw(",\"certificates\":{\"ca\":")?;
    slot(&files.authority, json, |bundle, json| certificates(bundle, snapshot.now, json))?;
    json.raw(",\"client\":")?;
    slot(&files.certificate, json, |bundle, json| certificates(bundle, snapshot.now, json))?;
    json.raw(",\"key\":")?;
    slot(&files.key, json, |key, json| {
        json.raw("{\"description\":")?;
        json.string(&KeyDescription(key))?;
        json.raw("}")
    })?;
    json.raw("}}\n")
}

/// Writes all settings but secrets by their names.
///
/// # Errors
/// Those of `out`.
pub fn write_settings(settings: &Settings, out: &mut dyn Write) -> fmt::Result {
    let json = &mut Json::new(out);
    json.raw("{")?;
    let shown = Field::ALL.iter().copied().filter(|field| !field.is_secret());
    for (index, field) in shown.enumerate() {
        json.raw(if index == 0 { "" } else { "," })?;
        json.string(&field.name())?;
        json.raw(":")?;
        json.string(&Value(settings, field))?;
    }
    json.raw("}\n")
}

/// A setting's text. Only for what is not a secret.
pub struct Value<'a>(pub &'a Settings, pub Field);

impl Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.1.is_secret() { Ok(()) } else { self.0.write(self.1, f) }
    }
}

/// A code as the application note writes it, such as `-0x7780`.
pub struct Code(pub Error);

impl Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

/// What is known of a failure beside its code: the alert, the flags, the cause.
pub struct CauseOf<'a>(pub &'a status::Status);

impl Display for CauseOf<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        match self.0.alert {
            Some(AlertSeen::Received(alert)) => write!(f, "received {alert}")?,
            Some(AlertSeen::Sent(alert)) => write!(f, "sent {alert}")?,
            None => {}
        }
        if self.0.alert.is_some() {
            separator = "; ";
        }
        for flag in self.0.flags.iter() {
            write!(f, "{separator}{}", flag.text.trim_end_matches('.'))?;
            separator = "; ";
        }
        if self.0.depth > 0 {
            write!(f, " (certificate {} of the chain)", self.0.depth)?;
        }
        let cause = self.0.cause.text();
        if cause.is_empty() { Ok(()) } else { write!(f, "{separator}{cause}") }
    }
}

/// The step of the handshake, in the RFC's words.
pub const fn step(step: Step) -> &'static str {
    match step {
        Step::Start => "Start",
        Step::ClientHello => "ClientHello",
        Step::ServerHello => "ServerHello",
        Step::ServerCertificate => "server's Certificate",
        Step::ServerHelloDone => "CertificateRequest or ServerHelloDone",
        Step::ClientCertificate => "client's Certificate",
        Step::ClientKeyExchange => "ClientKeyExchange",
        Step::CertificateVerify => "CertificateVerify",
        Step::ClientFinished => "client's Finished",
        Step::ServerChangeCipherSpec => "server's ChangeCipherSpec",
        Step::ServerFinished => "server's Finished",
        Step::Traffic => "application data",
        Step::Closed => "closing",
    }
}

/// A file's certificates in words, each to its expiry date (application note §1).
pub struct Description<'a>(pub &'a Bundle<'a>);

impl Display for Description<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, certificate) in (1_usize..).zip(self.0.iter()) {
            if number > 1 {
                f.write_str("\n\n")?;
            }
            // The error is that of the end.
            let mut head = UntilExpiry { out: f, is_line_over: false, has_ended: false };
            let written = describe(&certificate, "", &mut head);
            if !head.has_ended {
                written?;
            }
        }
        Ok(())
    }
}

/// Passes on the lines to that of the expiry date.
struct UntilExpiry<'f, 'g> {
    out: &'f mut fmt::Formatter<'g>,
    is_line_over: bool,
    has_ended: bool,
}

impl Write for UntilExpiry<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // The line after that of the date. Names cannot feign it: they are written character by character.
        if self.has_ended || text.contains("signed using") {
            self.has_ended = true;
            return Err(fmt::Error);
        }
        if self.is_line_over {
            self.out.write_str("\n")?;
        }
        let line = text.strip_suffix('\n');
        self.is_line_over = line.is_some();
        self.out.write_str(line.unwrap_or(text))
    }
}

/// `Name: RSA`.
pub struct KeyDescription<'a, 'k>(pub &'a PrivateKey<'k>);

impl Display for KeyDescription<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = heapless::String::<16>::new();
        describe_key(self.0, "", &mut line)?;
        f.write_str(line.trim_end())
    }
}

/// When the first of a file's certificates expires, in seconds since 1970.
pub fn expires(bundle: &Bundle<'_>) -> Option<u64> {
    bundle.iter().map(|certificate| certificate.not_after().to_unix()).min()
}

/// The days from `now` to the expiry; negative afterwards.
pub fn days_left(expires: u64, now: u64) -> i64 {
    let seconds = i64::try_from(expires).unwrap_or(i64::MAX).saturating_sub_unsigned(now);
    seconds.div_euclid(24 * 60 * 60)
}

/// The state's name for programs.
pub const fn state(state: ConnectionState) -> &'static str {
    match state {
        ConnectionState::Disabled => "disabled",
        ConnectionState::WaitingForNetwork => "waiting_for_network",
        ConnectionState::WaitingForTime => "waiting_for_time",
        ConnectionState::Connecting => "connecting",
        ConnectionState::Connected => "connected",
        ConnectionState::WaitingToRetry => "waiting_to_retry",
    }
}

/// An Ethernet address.
pub struct MacAddress(pub [u8; 6]);

impl Display for MacAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for byte in self.0 {
            write!(f, "{separator}{byte:02X}")?;
            separator = ":";
        }
        Ok(())
    }
}

fn number(number: Option<u64>) -> Option<i64> {
    number.map(|number| i64::try_from(number).unwrap_or(i64::MAX))
}

fn network(snapshot: &Snapshot, json: &mut Json<'_>) -> fmt::Result {
    json.raw(",\"network\":{\"mac_address\":")?;
    json.string(&MacAddress(snapshot.facts.mac_address))?;
    json.raw(",\"address\":")?;
    let config = snapshot.address.as_ref();
    json.optional_string(config.map(|config| &config.address as &dyn Display))?;
    json.raw(",\"gateway\":")?;
    let gateway = config.and_then(|config| config.gateway.as_ref());
    json.optional_string(gateway.map(|gateway| gateway as &dyn Display))?;
    json.raw("}")
}

fn connection(connection: &Connection, json: &mut Json<'_>) -> fmt::Result {
    json.raw(",\"connection\":{\"state\":")?;
    json.string(&state(connection.state))?;
    json.raw(",\"suite\":")?;
    json.optional_string(connection.suite.as_ref().map(|suite| suite as &dyn Display))?;
    json.raw(",\"resumed\":")?;
    json.truth(connection.resumed)?;
    json.raw(",\"handshake_time\":")?;
    json.number(Some(connection.handshake_time.into()))?;
    json.raw("}")
}

fn status_code(entry: &Entry, json: &mut Json<'_>) -> fmt::Result {
    json.raw("{\"code\":")?;
    json.string(&Code(entry.status.error))?;
    json.raw(",\"text\":")?;
    json.string(&entry.status.error)?;
    json.raw(",\"cause\":")?;
    json.string(&CauseOf(&entry.status))?;
    json.raw(",\"step\":")?;
    json.string(&step(entry.status.step))?;
    json.raw(",\"hint\":")?;
    json.string(&hint(&entry.status))?;
    json.raw(",\"at\":")?;
    json.number(number(entry.at))?;
    json.raw("}")
}

fn certificates(bundle: &Bundle<'_>, now: Option<u64>, json: &mut Json<'_>) -> fmt::Result {
    let expires = expires(bundle);
    json.raw("{\"description\":")?;
    json.string(&Description(bundle))?;
    json.raw(",\"expires\":")?;
    json.number(number(expires))?;
    json.raw(",\"days_left\":")?;
    json.number(expires.zip(now).map(|(expires, now)| days_left(expires, now)))?;
    json.raw("}")
}

fn slot<T>(
    slot: &Slot<T>,
    json: &mut Json<'_>,
    read: impl Fn(&T, &mut Json<'_>) -> fmt::Result,
) -> fmt::Result {
    match slot {
        Slot::Absent => json.raw("null"),
        Slot::Read(content) => read(content, json),
        Slot::Unreadable(code) => {
            json.raw("{\"error\":{\"code\":")?;
            json.string(&Code(*code))?;
            json.raw(",\"text\":")?;
            json.string(code)?;
            json.raw("}}")
        }
    }
}

fn list<T>(
    items: impl Iterator<Item = T>,
    json: &mut Json<'_>,
    write: impl Fn(T, &mut Json<'_>) -> fmt::Result,
) -> fmt::Result {
    json.raw("[")?;
    for (index, item) in items.enumerate() {
        json.raw(if index == 0 { "" } else { "," })?;
        write(item, json)?;
    }
    json.raw("]")
}

/// Writes what the lint has found.
///
/// # Errors
/// Those of the output.
pub fn write_findings(findings: &[Finding], json: &mut Json<'_>) -> fmt::Result {
    json.raw("{\"findings\":")?;
    list(findings.iter(), json, |finding, json| {
        json.raw(match finding.severity {
            Severity::Error => "{\"severity\":\"error\",\"file\":",
            Severity::Warning => "{\"severity\":\"warning\",\"file\":",
        })?;
        json.string(&file(finding.file))?;
        json.raw(",\"text\":")?;
        json.string(&finding.problem)?;
        json.raw("}")
    })?;
    json.raw("}\n")
}

/// The file's name in the menu (application note §1).
pub const fn file(file: lint::File) -> &'static str {
    match file {
        lint::File::Authority => "CA certificate",
        lint::File::Certificate => "Client Certificate",
        lint::File::Key => "Private Key",
    }
}

/// Writes why a request was refused.
///
/// # Errors
/// Those of the output.
pub fn write_refusal(refusal: &Refusal, json: &mut Json<'_>) -> fmt::Result {
    json.raw("{\"error\":{")?;
    if let Some(code) = refusal.code() {
        json.raw("\"code\":")?;
        json.string(&Code(code))?;
        json.raw(",")?;
    }
    json.raw("\"text\":")?;
    json.string(&refusal.reason)?;
    json.raw("}}\n")
}
