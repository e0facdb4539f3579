//! What the device tells about itself: the JSON state and the discovery message of Home Assistant.
//!
//! Both are written piece by piece to any output, the same every time for the same report: so a message that is longer than any
//! buffer is written several times, and each time a further part of it is sent.

use core::fmt::{self, Display, Write};

use embassy_time::Instant;
use heapless::String;
use status::{AlertSeen, Status};

use super::names::Names;
use crate::{
    board::{Board, Pins},
    device::Device,
    json::Json,
    status_codes::StatusCodes,
};

/// What there is to report.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Report {
    /// The debounced inputs, input 0 in bit 0.
    pub inputs: u8,
    /// The outputs as they are switched.
    pub outputs: u8,
    /// How many inputs there are.
    pub input_count: usize,
    /// How many outputs there are.
    pub output_count: usize,
    /// The last two failures.
    pub status_codes: StatusCodes,
    /// Whether this connection began a new session: commands and messages of before a reset may be lost.
    pub clean_session: bool,
    /// The board's name.
    pub board: &'static str,
    /// The firmware's identity.
    pub firmware: &'static str,
}

impl Report {
    /// The device as it is now.
    pub fn new<B: Board>(device: &Device<B>, clean_session: bool) -> Self {
        Self {
            inputs: device.inputs.try_get().unwrap_or(0),
            outputs: device.outputs.try_get().unwrap_or(0),
            input_count: B::Pins::INPUTS.min(8),
            output_count: B::Pins::OUTPUTS.min(8),
            status_codes: *device.status_codes.borrow(),
            clean_session,
            board: device.facts.name,
            firmware: device.facts.firmware,
        }
    }

    /// Writes the state.
    ///
    /// ```json
    /// {"inputs":["ON"],"outputs":["OFF","ON"],"uptime":93,"clean_session":false,
    ///  "status_codes":[{"code":"-0x7780","text":"SSL - A fatal alert message was received from our peer",
    ///   "cause":"alert 48, unknown_ca","at":1795649990}]}
    /// ```
    /// `uptime` is in seconds; a status code without a time was before the clock was set.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn state(&self, uptime: u64, out: &mut dyn Write) -> fmt::Result {
        Json::new(out).object(|json| {
            json.name("inputs")?.array(|json| switches(json, self.inputs, self.input_count))?;
            json.name("outputs")?.array(|json| switches(json, self.outputs, self.output_count))?;
            json.name("uptime")?.number(uptime)?;
            json.name("clean_session")?.boolean(self.clean_session)?;
            json.name("status_codes")?.array(|json| {
                self.status_codes.iter().try_for_each(|entry| {
                    json.object(|json| {
                        json.name("code")?.display(&format_args!("{:?}", entry.status.error))?;
                        json.name("text")?.display(&entry.status.error)?;
                        json.name("cause")?.display(&Circumstances(&entry.status))?;
                        match entry.at {
                            Some(at) => json.name("at")?.number(at),
                            None => json.name("at")?.null(),
                        }
                    })
                })
            })
        })
    }

    /// Writes the discovery message (Home Assistant, MQTT integration, "device discovery payload"), which makes a switch of each
    /// output, a binary sensor of each input, and sensors of the uptime and of the last status code.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn discovery(&self, names: &Names, out: &mut dyn Write) -> fmt::Result {
        Json::new(out).object(|json| {
            json.name("device")?.object(|json| {
                json.name("identifiers")?.text(&names.identifier)?;
                json.name("name")?.text(&names.client_id)?;
                json.name("model")?.text(self.board)?;
                json.name("sw_version")?.text(self.firmware)
            })?;
            json.name("origin")?.object(|json| json.name("name")?.text("NetControl"))?;
            json.name("availability_topic")?.text(&names.topic("availability"))?;
            json.name("state_topic")?.text(&names.topic("state"))?;
            json.name("components")?.object(|json| {
                (0..self.output_count).try_for_each(|index| self.port(json, names, Port::Output, index))?;
                (0..self.input_count).try_for_each(|index| self.port(json, names, Port::Input, index))?;
                sensor(json, names, ("uptime", "Uptime", "{{value_json.uptime}}"), |json| {
                    json.name("device_class")?.text("duration")?;
                    json.name("unit_of_measurement")?.text("s")
                })?;
                sensor(json, names, ("status_code", "Status code", LAST_STATUS_CODE), |_| Ok(()))
            })
        })
    }

    /// An output or an input.
    fn port(&self, json: &mut Json<'_>, names: &Names, port: Port, index: usize) -> fmt::Result {
        let number = index.saturating_add(1);
        let (platform, kind, title) = match port {
            Port::Output => ("switch", "output", "Output"),
            Port::Input => ("binary_sensor", "input", "Input"),
        };
        let mut key: String<16> = String::new();
        write!(key, "{kind}{number}")?;
        json.name(&key)?.object(|json| {
            json.name("platform")?.text(platform)?;
            json.name("unique_id")?.display(&format_args!("{}-{key}", names.identifier))?;
            json.name("name")?.display(&format_args!("{title} {number}"))?;
            json.name("value_template")?.display(&format_args!("{{{{value_json.{kind}s[{index}]}}}}"))?;
            match port {
                Port::Output => {
                    json.name("command_topic")?.display(&format_args!("{}/output/{number}/set", names.prefix))
                }
                Port::Input => Ok(()),
            }
        })
    }
}

/// What a status says beside its code, in short: the alert, the flags, the cause.
struct Circumstances<'a>(&'a Status);

impl Display for Circumstances<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Status { alert, flags, cause, .. } = self.0;
        match alert {
            Some(AlertSeen::Received(alert)) => write!(f, "{alert}")?,
            Some(AlertSeen::Sent(alert)) => write!(f, "sent {alert}")?,
            None => {}
        }
        let mut separator = if alert.is_some() { "; " } else { "" };
        if !flags.is_empty() {
            write!(f, "{separator}flags {flags:?}")?;
            separator = "; ";
        }
        match cause.text() {
            "" => Ok(()),
            text => write!(f, "{separator}{text}"),
        }
    }
}

#[derive(Clone, Copy)]
enum Port {
    Output,
    Input,
}

/// A sensor, and what `more` adds to it.
fn sensor(
    json: &mut Json<'_>,
    names: &Names,
    (key, title, template): (&str, &str, &str),
    more: impl FnOnce(&mut Json<'_>) -> fmt::Result,
) -> fmt::Result {
    json.name(key)?.object(|json| {
        json.name("platform")?.text("sensor")?;
        json.name("unique_id")?.display(&format_args!("{}-{key}", names.identifier))?;
        json.name("name")?.text(title)?;
        json.name("value_template")?.text(template)?;
        json.name("entity_category")?.text("diagnostic")?;
        more(json)
    })
}

fn switches(json: &mut Json<'_>, bits: u8, count: usize) -> fmt::Result {
    (0..count.min(8)).try_for_each(|index| json.text(if bits >> index & 1 == 1 { "ON" } else { "OFF" }))
}

const LAST_STATUS_CODE: &str =
    "{{value_json.status_codes[0].code if value_json.status_codes|length > 0 else 'none'}}";

/// Seconds since boot.
#[must_use]
pub fn uptime() -> u64 {
    Instant::now().as_secs()
}

/// The length of a document.
///
/// # Errors
/// Those of `write`.
pub fn length(write: impl FnOnce(&mut dyn Write) -> fmt::Result) -> Result<usize, fmt::Error> {
    let mut counted = Counted(0);
    write(&mut counted)?;
    Ok(counted.0)
}

struct Counted(usize);

impl Write for Counted {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 = self.0.saturating_add(text.len());
        Ok(())
    }
}
