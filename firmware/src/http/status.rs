//! The status and the settings for programs; what it is made of serves the pages, too.

use core::fmt::{self, Display, Write};

use embassy_net::{Stack, StaticConfigV4};
use embassy_time::Instant;
use x509::{
    Bundle,
    lint::{Decoded, Finding, Severity, Slot},
};

use super::{
    describe::{
        CauseOf, Code, Description, KeyDescription, MacAddress, Value, days_left, expires, file, step,
    },
    hint::hint,
    refusal::Refusal,
};
use crate::{
    board::{Board, Facts, Pins},
    device::{Connection, ConnectionState, Device},
    json::Json,
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
