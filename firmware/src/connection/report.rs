//! What the device publishes about itself: the JSON state and the discovery message of Home Assistant.
//!
//! Both are functions that write the same text each time for the same report. So a message that is longer than any buffer is
//! written several times, and each time the next part of it is sent.

use core::fmt::{self, Write};

use embassy_time::Instant;

use super::Handle;
use crate::{
    board::{Board, Pins},
    failure::{BriefCauseOf, Code},
    json::{
        Json, Number,
        Value::{Plain, Text},
    },
    names::Names,
    status_codes::StatusCodes,
    template,
    template::Template,
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
    pub fn new<B: Board>(device: &Handle<'_, B>, clean_session: bool) -> Self {
        Self {
            inputs: device.ports.inputs().get(),
            outputs: device.ports.outputs().get(),
            input_count: B::Pins::INPUTS.min(8),
            output_count: B::Pins::OUTPUTS.min(8),
            status_codes: device.journal.status_codes(),
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
    ///   "cause":"received alert 48, unknown_ca","at":1795649990}]}
    /// ```
    /// `uptime` is in seconds; a status code without a time was before the clock was set.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn state(&self, uptime: u64, out: &mut dyn Write) -> fmt::Result {
        let mut json = Json::new(out);
        json.raw(template!(r#"{"inputs":"#))?;
        switches(&mut json, self.inputs, self.input_count)?;
        json.raw(template!(r#","outputs":"#))?;
        switches(&mut json, self.outputs, self.output_count)?;
        json.fill(
            template!(r#","uptime":$,"clean_session":$,"status_codes":["#),
            &[Plain(&Number(Some(uptime))), Plain(&self.clean_session)],
        )?;
        let mut separator = Template::EMPTY;
        for entry in self.status_codes.iter() {
            json.raw(separator)?;
            json.fill(
                template!(r#"{"code":$,"text":$,"cause":$,"at":$}"#),
                &[
                    Text(&Code(entry.status.error)),
                    Text(&entry.status.error),
                    Text(&BriefCauseOf(&entry.status)),
                    Plain(&Number(entry.at)),
                ],
            )?;
            separator = template!(",");
        }
        json.raw(template!("]}"))
    }

    /// Writes the discovery message (Home Assistant, MQTT integration, "device discovery payload"), which makes a switch of each
    /// output, a binary sensor of each input, and sensors of the uptime and of the last status code.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn discovery(&self, names: &Names, out: &mut dyn Write) -> fmt::Result {
        let mut json = Json::new(out);
        json.fill(
            template!(
                r#"{"device":{"identifiers":$,"name":$,"model":$,"sw_version":$},"#,
                r#""origin":{"name":"NetControl"},"#,
                r#""availability_topic":$,"state_topic":$,"components":{"#,
            ),
            &[
                Text(&names.identifier),
                Text(&names.client_id),
                Text(&self.board),
                Text(&self.firmware),
                Text(&names.topic("availability")),
                Text(&names.topic("state")),
            ],
        )?;
        for number in 1..=self.output_count {
            port(&mut json, names, Port::Output, number)?;
        }
        for number in 1..=self.input_count {
            port(&mut json, names, Port::Input, number)?;
        }
        json.fill(
            template!(
                r#""uptime":{"platform":"sensor","unique_id":$,"name":"Uptime","#,
                r#""value_template":"{{value_json.uptime}}","entity_category":"diagnostic","#,
                r#""device_class":"duration","unit_of_measurement":"s"},"#,
                r#""status_code":{"platform":"sensor","unique_id":$,"name":"Status code","#,
                r#""value_template":"{{value_json.status_codes[0].code if "#,
                r#"value_json.status_codes|length > 0 else 'none'}}","#,
                r#""entity_category":"diagnostic"}}}"#,
            ),
            &[
                Text(&format_args!("{}-uptime", names.identifier)),
                Text(&format_args!("{}-status_code", names.identifier)),
            ],
        )
    }
}

/// An output or an input, numbered from 1.
fn port(json: &mut Json<'_>, names: &Names, port: Port, number: usize) -> fmt::Result {
    let (kind, title, platform) = match port {
        Port::Output => ("output", "Output", "switch"),
        Port::Input => ("input", "Input", "binary_sensor"),
    };
    json.fill(
        template!(r#"$:{"platform":$,"unique_id":$,"name":$,"value_template":$"#),
        &[
            Text(&format_args!("{kind}{number}")),
            Text(&platform),
            Text(&format_args!("{}-{kind}{number}", names.identifier)),
            Text(&format_args!("{title} {number}")),
            Text(&format_args!("{{{{value_json.{kind}s[{}]}}}}", number.saturating_sub(1))),
        ],
    )?;
    if let Port::Output = port {
        let topic = format_args!("{}/output/{number}/set", names.prefix);
        json.fill(template!(r#","command_topic":$"#), &[Text(&topic)])?;
    }
    json.raw(template!("},"))
}

fn switches(json: &mut Json<'_>, bits: u8, count: usize) -> fmt::Result {
    let mut separator = template!("[");
    for index in 0..count.min(8) {
        json.raw(separator)?;
        json.value(Text(if bits >> index & 1 == 1 { &"ON" } else { &"OFF" }))?;
        separator = template!(",");
    }
    json.raw(if count == 0 { template!("[]") } else { template!("]") })
}

#[derive(Clone, Copy)]
enum Port {
    Output,
    Input,
}

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
