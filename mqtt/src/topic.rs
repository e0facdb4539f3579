//! The rules of topic names and topic filters (MQTT 3.1.1 §4.7), and of text (§1.5.3).
//!
//! Both directions share these checks. For the application's input they fail with [`BAD_INPUT_DATA`]; for the server's, the reader turns
//! that into a malformed packet.

use status::{Error, mqtt::BAD_INPUT_DATA};

/// The longest text, topic name or topic filter in bytes: its length field has two bytes.
pub const MAX_LENGTH: usize = 65_535;

/// Whether the text may be sent: at most 65,535 bytes, no U+0000 ([MQTT-1.5.3-2], [MQTT-4.7.3-2]).
///
/// # Errors
/// `BAD_INPUT_DATA` when it may not.
#[inline(never)]
pub fn check_text(text: &str) -> Result<(), Error> {
    // [MQTT-4.7.3-3]
    if text.len() > MAX_LENGTH || text.as_bytes().contains(&0) {
        return Err(BAD_INPUT_DATA);
    }
    Ok(())
}

/// Whether the text is a topic name: at least one character ([MQTT-4.7.3-1]) and no wildcard ([MQTT-3.3.2-2],
/// [MQTT-4.7.1-1]).
///
/// # Errors
/// `BAD_INPUT_DATA` when it is not.
pub fn check_name(name: &str) -> Result<(), Error> {
    check_text(name)?;
    if name.is_empty() || name.contains(['+', '#']) {
        return Err(BAD_INPUT_DATA);
    }
    Ok(())
}

/// Whether the text is a topic filter: at least one character, `+` alone in its level ([MQTT-4.7.1-3]), `#` alone in the last
/// level ([MQTT-4.7.1-2]).
///
/// # Errors
/// `BAD_INPUT_DATA` when it is not.
pub fn check_filter(filter: &str) -> Result<(), Error> {
    check_text(filter)?;
    if filter.is_empty() {
        return Err(BAD_INPUT_DATA);
    }
    let mut levels = levels(filter).peekable();
    while let Some(level) = levels.next() {
        let is_last = levels.peek().is_none();
        let is_allowed = match level {
            b"+" => true,
            b"#" => is_last,
            _ => !level.iter().any(|byte| matches!(byte, b'+' | b'#')),
        };
        if !is_allowed {
            return Err(BAD_INPUT_DATA);
        }
    }
    Ok(())
}

/// Whether a topic name matches a topic filter. Both must be valid.
///
/// A filter that begins with a wildcard does not match a name that begins with `$` ([MQTT-4.7.2-1]); `a/#` matches `a` too
/// (§4.7.1.2); nothing is normalised ([MQTT-4.7.3-4]).
#[must_use]
pub fn matches(filter: &str, name: &str) -> bool {
    if name.starts_with('$') && filter.starts_with(['+', '#']) {
        return false;
    }
    let mut names = levels(name);
    for level in levels(filter) {
        if level == b"#" {
            return true;
        }
        match names.next() {
            Some(name) if level == b"+" || level == name => {}
            _ => return false,
        }
    }
    names.next().is_none()
}

/// The levels of a name or filter, as bytes: searching a `str` would link a panic path, and `/` is never part of another character.
fn levels(text: &str) -> impl Iterator<Item = &[u8]> {
    text.as_bytes().split(|byte| *byte == b'/')
}
