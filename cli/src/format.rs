//! The formats of printed messages: the payload, topic and payload, or a format as for `mosquitto_sub -F`.
//!
//! A sequence begins with `%` (about the message), `@` (about the time, as in strftime) or `\`. The sequences for MQTT 5's properties are
//! accepted and print nothing, so that a format for `mosquitto_sub` works here as well.

mod json;

use std::io::Write;

use jiff::{ZonedDateTime, fmt::strtime};

use crate::{arguments::usage, failure::CommandFailure};

/// How to print every message.
pub(crate) struct Format {
    /// Which parts to print.
    pub style: Style,
    /// `--pretty`: JSON on several lines.
    pub pretty: bool,
    /// Whether a line end follows: false with `-N`.
    pub line_end: bool,
}

/// Which parts of a message to print.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// The payload.
    Payload,
    /// `-v`: the topic, a blank and the payload.
    Verbose,
    /// `-F`.
    Custom(Vec<FormatPiece>),
}

/// A part of a format.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum FormatPiece {
    /// Text to print unchanged.
    Text(Vec<u8>),
    /// A field of the message or the time.
    Field(FormatField),
    /// `@` and a letter: strftime's conversion.
    Time(String),
}

/// A sequence: `%`, flags, width, and a letter.
#[derive(Debug, PartialEq, Eq, Default)]
pub(crate) struct FormatField {
    letter: char,
    left: bool,
    zeros: bool,
    width: usize,
    longest: Option<usize>,
}

/// A complete message.
pub(crate) struct Printed<'a> {
    /// Its topic.
    pub topic: &'a str,
    /// Its payload.
    pub payload: &'a [u8],
    /// 0, 1 or 2.
    pub qos: u8,
    /// Whether it is a retained message.
    pub retain: bool,
    /// Its packet identifier; 0 at QoS 0.
    pub identifier: u16,
}

impl Format {
    /// The bytes to print. Also whether the payload is valid JSON, if the format needs that.
    pub(crate) fn bytes(&self, message: &Printed<'_>, now: &ZonedDateTime) -> (Vec<u8>, bool) {
        let (mut out, mut is_json) = (Vec::new(), true);
        match &self.style {
            Style::Payload => out.extend_from_slice(message.payload),
            Style::Verbose => {
                out.extend_from_slice(message.topic.as_bytes());
                out.push(b' ');
                out.extend_from_slice(message.payload);
            }
            Style::Custom(pieces) => {
                for piece in pieces {
                    match piece {
                        FormatPiece::Text(text) => out.extend_from_slice(text),
                        FormatPiece::Time(conversion) => out.extend(time(conversion, now).into_bytes()),
                        FormatPiece::Field(field) => match field.value(message, now, self.pretty) {
                            Some(value) => field.pad(&value, &mut out),
                            None => is_json = false,
                        },
                    }
                }
            }
        }
        if self.line_end {
            out.push(b'\n');
        }
        (out, is_json)
    }
}

impl Style {
    /// Reads the value of `-F`.
    ///
    /// # Errors
    /// [`CommandFailure::Usage`] with the first sequence that does not exist.
    pub(crate) fn parse(text: &str) -> Result<Self, CommandFailure> {
        let (mut pieces, mut literal) = (Vec::new(), Vec::new());
        let mut rest = text.chars();
        while let Some(character) = rest.next() {
            match character {
                '%' | '@' if rest.as_str().starts_with(character) => {
                    rest.next();
                    push(&mut literal, character);
                }
                '%' => {
                    let field = FormatPiece::Field(FormatField::parse(&mut rest)?);
                    flush(&mut literal, &mut pieces);
                    pieces.push(field);
                }
                '@' => {
                    let conversion = conversion(rest.next())?;
                    flush(&mut literal, &mut pieces);
                    pieces.push(FormatPiece::Time(conversion));
                }
                '\\' => literal.push(escape(rest.next())?),
                other => push(&mut literal, other),
            }
        }
        flush(&mut literal, &mut pieces);
        Ok(Self::Custom(pieces))
    }
}

impl FormatField {
    fn parse(rest: &mut std::str::Chars<'_>) -> Result<Self, CommandFailure> {
        let mut field = Self::default();
        let mut next = rest.next();
        while let Some(flag @ ('0' | '-')) = next {
            field.left |= flag == '-';
            field.zeros |= flag == '0';
            next = rest.next();
        }
        let width = number(&mut next, rest);
        field.width = width.unwrap_or(0);
        if next == Some('.') {
            next = rest.next();
            field.longest = Some(number(&mut next, rest).unwrap_or(0));
        }
        if field.width > MAX_WIDTH {
            return usage(format!("-F: a field is at most {MAX_WIDTH} wide"));
        }
        match next {
            Some(letter) if FIELDS.contains(letter) => {
                field.letter = letter;
                field.zeros &= !field.left && PADDED_WITH_ZEROS.contains(letter);
                field.longest = field.longest.filter(|_| CUT.contains(letter));
                Ok(field)
            }
            Some(letter) => usage(format!("-F: there is no %{letter} (mqtts sub --help)")),
            None => usage("-F: a format ends with an incomplete %"),
        }
    }

    /// The field's value; none if `%J` meets a payload that is not JSON.
    fn value(&self, message: &Printed<'_>, now: &ZonedDateTime, pretty: bool) -> Option<Vec<u8>> {
        let number = |number: usize| number.to_string().into_bytes();
        Some(match self.letter {
            't' => message.topic.as_bytes().to_vec(),
            'p' => message.payload.to_vec(),
            'x' => hex(message.payload, |byte| format!("{byte:02x}")),
            'X' => hex(message.payload, |byte| format!("{byte:02X}")),
            'l' => number(message.payload.len()),
            'm' => number(message.identifier.into()),
            'q' => number(message.qos.into()),
            'r' => number(message.retain.into()),
            'I' => time("%Y-%m-%dT%H:%M:%S%z", now).into_bytes(),
            'U' => time("%s.%9N", now).into_bytes(),
            'j' => json::of(message, now, &json::quoted(message.payload), pretty),
            'J' => json::of(message, now, &json::embedded(message.payload)?, pretty),
            // The properties of MQTT 5.
            _ => Vec::new(),
        })
    }

    /// Pads the value to its width. The width counts characters in text, and bytes in a payload.
    fn pad(&self, value: &[u8], out: &mut Vec<u8>) {
        let (value, length) = match std::str::from_utf8(value) {
            Ok(text) => {
                let end = self.longest.and_then(|longest| text.char_indices().nth(longest));
                let cut = end.and_then(|(end, _)| text.get(..end)).unwrap_or(text);
                (cut.as_bytes(), cut.chars().count())
            }
            Err(_) => (value, value.len()),
        };
        let padding = vec![if self.zeros { b'0' } else { b' ' }; self.width.saturating_sub(length)];
        if self.left {
            out.extend_from_slice(value);
            out.extend(padding);
        } else {
            out.extend(padding);
            out.extend_from_slice(value);
        }
    }
}

/// Reads a number that begins with `next`; none if there are no digits.
fn number(next: &mut Option<char>, rest: &mut std::str::Chars<'_>) -> Option<usize> {
    let mut number = None;
    while let Some(digit) = next.and_then(|digit| digit.to_digit(10)) {
        let digit = usize::try_from(digit).ok()?;
        number = Some(number.unwrap_or(0_usize).saturating_mul(10).saturating_add(digit));
        *next = rest.next();
    }
    number
}

fn push(literal: &mut Vec<u8>, character: char) {
    literal.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

fn flush(literal: &mut Vec<u8>, pieces: &mut Vec<FormatPiece>) {
    if !literal.is_empty() {
        pieces.push(FormatPiece::Text(std::mem::take(literal)));
    }
}

fn escape(character: Option<char>) -> Result<u8, CommandFailure> {
    Ok(match character {
        Some('\\') => b'\\',
        Some('0') => 0,
        Some('a') => 0x07,
        Some('e') => 0x1B,
        Some('n') => b'\n',
        Some('r') => b'\r',
        Some('t') => b'\t',
        Some('v') => 0x0B,
        Some(other) => return usage(format!("-F: there is no \\{other} (mqtts sub --help)")),
        None => return usage("-F: a format ends with an incomplete \\"),
    })
}

/// The strftime conversion of a letter, after a trial.
fn conversion(letter: Option<char>) -> Result<String, CommandFailure> {
    let Some(letter) = letter else { return usage("-F: a format ends with an incomplete @") };
    let conversion = if letter == 'N' { "%9N".to_owned() } else { format!("%{letter}") };
    match strtime::format(&conversion, &ZonedDateTime::now()) {
        Ok(_) if letter.is_ascii_alphabetic() => Ok(conversion),
        _ => usage(format!("-F: strftime has no %{letter} for @{letter}")),
    }
}

/// The time in this conversion. It cannot fail: it was tried when the format was read.
fn time(conversion: &str, now: &ZonedDateTime) -> String {
    strtime::format(conversion, now).unwrap_or_default()
}

fn hex(bytes: &[u8], digits: impl Fn(u8) -> String) -> Vec<u8> {
    bytes.iter().flat_map(|byte| digits(*byte).into_bytes()).collect()
}

/// Writing to a vector cannot fail.
fn write(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
}

/// All letters after `%`; A, C, D, E, F, P, R and S are MQTT 5's.
const FIELDS: &str = "ACDEFIJPRSUXjlmpqrtx";
const PADDED_WITH_ZEROS: &str = "AEFSXlmx";
const CUT: &str = "CIRt";
/// The largest width. A larger one is a mistake, and would cost memory.
const MAX_WIDTH: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: Printed<'_> =
        Printed { topic: "room/1", payload: b"a\"b\n", qos: 1, retain: true, identifier: 7 };

    fn now() -> ZonedDateTime {
        "2026-11-30T14:42:48.344954001+01:00[+01:00]".parse().unwrap()
    }

    fn print(format: &str) -> String {
        let format = Format { style: Style::parse(format).unwrap(), pretty: false, line_end: false };
        String::from_utf8(format.bytes(&MESSAGE, &now()).0).unwrap()
    }

    #[test]
    fn every_sequence_of_the_manual() {
        let cases = [
            ("%t|%p|%x|%X", "room/1|a\"b\n|6122620a|6122620A"),
            ("%q %r %m %l %%", "1 1 7 4 %"),
            ("[%A%C%D%E%F%P%R%S]", "[]"),
            ("%8t|%-8t|%3.4t|%.2t|%09t", "  room/1|room/1  |room|ro|   room/1"),
            ("%05l|%5l|%-5l|%-05l|%05m|%010x|%05q", "00004|    4|4    |4    |00007|006122620a|    1"),
            ("%5A|%05E|%.10p", "     |00000|a\"b\n"),
            ("%I|%.10I|%U", "2026-11-30T14:42:48+0100|2026-11-30|1796046168.344954001"),
            ("@Y-@m-@dT@H:@M:@S.@N @@ @j", "2026-11-30T14:42:48.344954001 @ 334"),
            ("\\\\\\0\\a\\e\\n\\r\\t\\v", "\\\0\x07\x1b\n\r\t\x0b"),
            ("°%1t€", "°room/1€"),
            ("", ""),
        ];
        for (format, expected) in cases {
            assert_eq!(print(format), expected, "{format}");
        }
    }

    #[test]
    fn what_does_not_exist_is_refused() {
        let cases = [
            ("%z", "-F: there is no %z (mqtts sub --help)"),
            ("%", "-F: a format ends with an incomplete %"),
            ("%-08", "-F: a format ends with an incomplete %"),
            ("\\q", "-F: there is no \\q (mqtts sub --help)"),
            ("a\\", "-F: a format ends with an incomplete \\"),
            ("@", "-F: a format ends with an incomplete @"),
            ("@&", "-F: strftime has no %& for @&"),
            ("%99999t", "-F: a field is at most 10000 wide"),
        ];
        for (format, expected) in cases {
            assert_eq!(
                Style::parse(format).unwrap_err().to_string(),
                format!("mqtts: {expected}"),
                "{format}"
            );
        }
    }

    #[test]
    fn a_line_ends_unless_it_is_told_not_to() {
        for (style, expected) in [(Style::Payload, "a\"b\n"), (Style::Verbose, "room/1 a\"b\n")] {
            let mut format = Format { style, pretty: false, line_end: false };
            assert_eq!(format.bytes(&MESSAGE, &now()), (expected.as_bytes().to_vec(), true));
            format.line_end = true;
            assert_eq!(format.bytes(&MESSAGE, &now()), (format!("{expected}\n").into_bytes(), true));
        }
    }
}
