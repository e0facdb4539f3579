//! A message as JSON (RFC 8259), in the format of `mosquitto_sub`'s `%j` and `%J`.

use jiff::ZonedDateTime;
use serde::de::IgnoredAny;

use super::{Printed, time, write};

/// The whole object. `payload` is JSON already.
pub(super) fn of(message: &Printed<'_>, now: &ZonedDateTime, payload: &str, pretty: bool) -> Vec<u8> {
    let mut out = Vec::new();
    let time = time("%Y-%m-%dT%H:%M:%S.%6f%z", now);
    write(&mut out, format_args!("{{\"tst\":\"{time}\",\"topic\":{},", text(message.topic)));
    write(&mut out, format_args!("\"qos\":{},\"retain\":{},", message.qos, u8::from(message.retain)));
    write(&mut out, format_args!("\"payloadlen\":{},", message.payload.len()));
    if message.identifier != 0 {
        write(&mut out, format_args!("\"mid\":{},", message.identifier));
    }
    write(&mut out, format_args!("\"payload\":{payload}}}"));
    layout(&String::from_utf8_lossy(&out), pretty).into_bytes()
}

/// The payload as a JSON string. Bytes that are not UTF-8 are replaced, since JSON must be UTF-8.
pub(super) fn quoted(payload: &[u8]) -> String {
    text(&String::from_utf8_lossy(payload))
}

/// The payload itself, if it is valid JSON.
pub(super) fn embedded(payload: &[u8]) -> Option<String> {
    serde_json::from_slice::<IgnoredAny>(payload).ok()?;
    Some(std::str::from_utf8(payload).ok()?.to_owned())
}

fn text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Valid JSON without white space, or with one line per member. Numbers and the order of members stay unchanged.
fn layout(json: &str, pretty: bool) -> String {
    let (mut out, mut depth, mut in_string, mut escaped) = (String::new(), 0_usize, false, false);
    let mut rest = json.chars().peekable();
    while let Some(character) = rest.next() {
        if in_string {
            out.push(character);
            in_string = escaped || character != '"';
            escaped = !escaped && character == '\\';
            continue;
        }
        if character.is_ascii_whitespace() {
            continue;
        }
        let closes = matches!(character, '}' | ']');
        if closes {
            depth = depth.saturating_sub(1);
        }
        if pretty && closes && !out.ends_with(['{', '[']) {
            line(&mut out, depth);
        }
        out.push(character);
        in_string = character == '"';
        match character {
            '{' | '[' => {
                depth = depth.saturating_add(1);
                while rest.next_if(char::is_ascii_whitespace).is_some() {}
                if pretty && !matches!(rest.peek(), Some('}' | ']')) {
                    line(&mut out, depth);
                }
            }
            ',' if pretty => line(&mut out, depth),
            ':' if pretty => out.push(' '),
            _ => {}
        }
    }
    out
}

fn line(out: &mut String, depth: usize) {
    out.push('\n');
    (0..depth).for_each(|_| out.push_str("  "));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn print(payload: &[u8], embed: bool, pretty: bool) -> Option<String> {
        let message = Printed { topic: "a\"/ü", payload, qos: 2, retain: false, identifier: 9 };
        let now = "2020-05-06T22:12:00+01:00[+01:00]".parse().unwrap();
        let payload = if embed { embedded(payload)? } else { quoted(payload) };
        Some(String::from_utf8(of(&message, &now, &payload, pretty)).unwrap())
    }

    const HEAD: &str =
        r#"{"tst":"2020-05-06T22:12:00.000000+0100","topic":"a\"/ü","qos":2,"retain":0,"payloadlen":"#;

    #[test]
    fn a_payload_is_a_string_or_part_of_the_json() {
        let expected = format!(r#"{HEAD}6,"mid":9,"payload":"a\\\n\u0001\"�"}}"#);
        assert_eq!(print(b"a\\\n\x01\"\xff", false, false), Some(expected));
        let payload = br#"{ "b":1.0, "a":[" \" ",{},1e99] }"#;
        let expected =
            format!(r#"{HEAD}{},"mid":9,"payload":{{"b":1.0,"a":[" \" ",{{}},1e99]}}}}"#, payload.len());
        assert_eq!(print(payload, true, false), Some(expected));
        for wrong in ["", "{", "{} {}", "nul", "'a'"] {
            assert_eq!(print(wrong.as_bytes(), true, false), None, "{wrong}");
        }
    }

    #[test]
    fn a_member_has_a_line_of_its_own_if_it_is_asked_for() {
        let printed = print(br#"{"a":[ ],"b":[1,{"c":"x, y"}],"d":{ }}"#, true, true).unwrap();
        let expected = "{\n    \"a\": [],\n    \"b\": [\n      1,\n      {\n        \"c\": \"x, y\"\n      }\n    ],\n    \"d\": {}\n  }\n}";
        assert!(printed.starts_with("{\n  \"tst\": \"2020-") && printed.ends_with(expected), "{printed}");
        assert!(serde_json::from_str::<IgnoredAny>(&printed).is_ok());
    }
}
