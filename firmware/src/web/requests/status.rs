//! Status and settings as JSON, and the snapshot that pages are made of, too.

use core::fmt::{self, Write};

use embassy_net::{Stack, StaticConfigV4};
use embassy_time::Instant;
use x509::{
    Bundle,
    lint::{Decoded, Finding, Severity, Slot},
};

use super::describe::{
    self, Address, Description, KeyDescription, MacAddress, Network, days_left, expires, file,
};
use crate::{
    board::{Board, Facts, Pins},
    connection_state::Connection,
    failure::{CauseOf, Code, hint::hint, step},
    json::{
        Json, Number,
        Value::{self, Plain, Text},
    },
    settings::{Field, Settings},
    status_codes::{Entry, StatusCodes},
    template,
    template::Template,
    web::{handle::Handle, refusal::Refusal},
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
    pub fn take<B: Board>(device: &Handle<'_, B>, stack: Stack<'_>) -> Self {
        Self {
            uptime: Instant::now().as_secs(),
            now: device.clock.now(),
            address: stack.config_v4(),
            connection: device.journal.connection(),
            status_codes: device.journal.status_codes(),
            inputs: (device.ports.inputs().get(), B::Pins::INPUTS),
            outputs: (device.ports.outputs().get(), B::Pins::OUTPUTS),
            facts: *device.facts,
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
    json.fill(
        template!(r#"{"firmware":{"board":$,"identity":$},"uptime":$,"clock":$,"network":"#),
        &[
            Text(&snapshot.facts.name),
            Text(&snapshot.facts.firmware),
            Plain(&Number(Some(snapshot.uptime))),
            Plain(&Number(snapshot.now)),
        ],
    )?;
    network(snapshot, json)?;
    connection(&snapshot.connection, json)?;
    list(snapshot.status_codes.iter(), json, status_code)?;
    json.raw(template!(r#","inputs":"#))?;
    list(Snapshot::levels(snapshot.inputs), json, |level, json| json.value(Plain(&level)))?;
    json.raw(template!(r#","outputs":"#))?;
    list(Snapshot::levels(snapshot.outputs), json, |level, json| json.value(Plain(&level)))?;
    json.raw(template!(r#","certificates":{"ca":"#))?;
    slot(&files.authority, json, |bundle, json| certificates(bundle, snapshot.now, json))?;
    json.raw(template!(r#","client":"#))?;
    slot(&files.certificate, json, |bundle, json| certificates(bundle, snapshot.now, json))?;
    json.raw(template!(r#","key":"#))?;
    slot(&files.key, json, |key, json| {
        json.fill(template!(r#"{"description":$}"#), &[Text(&KeyDescription(key))])
    })?;
    json.raw(template!("}}", "\n"))
}

/// Writes all settings but secrets by their names.
///
/// # Errors
/// Those of `out`.
pub fn write_settings(settings: &Settings, out: &mut dyn Write) -> fmt::Result {
    let json = &mut Json::new(out);
    json.raw(template!("{"))?;
    for field in Field::ALL.iter().copied().filter(|field| !field.is_secret()) {
        // The first field is none of the secrets.
        json.raw(if field == Field::HostName { Template::EMPTY } else { template!(",") })?;
        json.fill(template!("$:$"), &[Text(&field.name()), Text(&describe::Value(settings, field))])?;
    }
    json.raw(template!("}", "\n"))
}

fn network(snapshot: &Snapshot, json: &mut Json<'_>) -> fmt::Result {
    let address = snapshot.address.as_ref().map(|config| Network(config.address));
    let gateway = snapshot.address.as_ref().and_then(|config| config.gateway).map(Address);
    json.fill(
        template!(r#"{"mac_address":$,"address":$,"gateway":$},"connection":"#),
        &[
            Text(&MacAddress(snapshot.facts.mac_address)),
            Value::optional(address.as_ref()),
            Value::optional(gateway.as_ref()),
        ],
    )
}

fn connection(connection: &Connection, json: &mut Json<'_>) -> fmt::Result {
    json.fill(
        template!(r#"{"state":$,"suite":$,"resumed":$,"handshake_time":$},"status_codes":"#),
        &[
            Text(&connection.state.name()),
            Value::optional(connection.suite.as_ref()),
            Plain(&connection.resumed),
            Plain(&connection.handshake_time),
        ],
    )
}

fn status_code(entry: &Entry, json: &mut Json<'_>) -> fmt::Result {
    json.fill(
        template!(r#"{"code":$,"text":$,"cause":$,"step":$,"hint":$,"at":$,"count":$,"past":$}"#),
        &[
            Text(&Code(entry.status.error)),
            Text(&entry.status.error),
            Text(&CauseOf(&entry.status)),
            Text(&step(entry.status.step)),
            Text(&hint(&entry.status)),
            Plain(&Number(entry.at)),
            Plain(&u32::from(entry.count)),
            Plain(&entry.is_past),
        ],
    )
}

fn certificates(bundle: &Bundle<'_>, now: Option<u64>, json: &mut Json<'_>) -> fmt::Result {
    let expires = expires(bundle);
    let left = expires.zip(now).map(|(expires, now)| days_left(expires, now));
    json.fill(
        template!(r#"{"description":$,"expires":$,"days_left":$}"#),
        &[Text(&Description(bundle)), Plain(&Number(expires)), Plain(&Number(left))],
    )
}

fn slot<T>(
    slot: &Slot<T>,
    json: &mut Json<'_>,
    read: impl Fn(&T, &mut Json<'_>) -> fmt::Result,
) -> fmt::Result {
    match slot {
        Slot::Absent => json.raw(template!("null")),
        Slot::Read(content) => read(content, json),
        Slot::Unreadable(code) => {
            json.fill(template!(r#"{"error":{"code":$,"text":$}}"#), &[Text(&Code(*code)), Text(code)])
        }
    }
}

fn list<T>(
    items: impl Iterator<Item = T>,
    json: &mut Json<'_>,
    write: impl Fn(T, &mut Json<'_>) -> fmt::Result,
) -> fmt::Result {
    json.raw(template!("["))?;
    let mut separator = Template::EMPTY;
    for item in items {
        json.raw(separator)?;
        write(item, json)?;
        separator = template!(",");
    }
    json.raw(template!("]"))
}

/// Writes what the lint has found.
///
/// # Errors
/// Those of the output.
pub fn write_findings(findings: &[Finding], json: &mut Json<'_>) -> fmt::Result {
    json.raw(template!(r#"{"findings":"#))?;
    list(findings.iter(), json, |finding, json| {
        let severity = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        json.fill(
            template!(r#"{"severity":$,"file":$,"text":$}"#),
            &[Text(&severity), Text(&file(finding.file)), Text(&finding.problem)],
        )
    })?;
    json.raw(template!("}", "\n"))
}

/// Writes why a request was refused.
///
/// # Errors
/// Those of the output.
pub fn write_refusal(refusal: &Refusal, json: &mut Json<'_>) -> fmt::Result {
    json.raw(template!(r#"{"error":{"#))?;
    if let Some(code) = refusal.code() {
        json.fill(template!(r#""code":$,"#), &[Text(&Code(code))])?;
    }
    if let Some(field) = refusal.field() {
        json.fill(template!(r#""field":$,"#), &[Text(&field.name())])?;
    }
    json.fill(template!(r#""text":$}}"#, "\n"), &[Text(&refusal.reason)])
}
