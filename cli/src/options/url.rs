//! `mqtts://[USER[:PASSWORD]@]HOST[:PORT][/TOPIC]`, after RFC 3986 §3.2, as the value of `-L` and of `-h`.

use super::rows::WEBSOCKETS;
use crate::{arguments::usage, failure::CommandFailure};

/// The parts of a URL.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Url {
    /// Whether the scheme is `mqtt://`, not `mqtts://`.
    pub plain: bool,
    /// The user name, percent-decoded.
    pub user_name: Option<String>,
    /// The password, percent-decoded.
    pub password: Option<String>,
    /// The host, without the brackets of an IPv6 address.
    pub host: String,
    /// The port, if there is one.
    pub port: Option<u16>,
    /// What follows the first slash, percent-decoded; none if that is empty.
    pub topic: Option<String>,
}

impl Url {
    /// Whether a value is meant as a URL. No host name has these characters.
    pub(crate) fn is_one(value: &str) -> bool {
        value.contains("://")
    }

    /// Reads the value of `option`.
    ///
    /// # Errors
    /// [`CommandFailure::Usage`], which names the mistake without showing the password.
    pub(crate) fn parse(option: &str, value: &str) -> Result<Self, CommandFailure> {
        let wrong = |what: &str| usage(format!("{option}: {what}"));
        let Some((scheme, rest)) = value.split_once("://") else {
            return wrong("a URL begins with mqtts:// or mqtt://");
        };
        let plain = match scheme.to_ascii_lowercase().as_str() {
            "mqtt" | "tcp" => true,
            "mqtts" | "ssl" => false,
            "ws" | "wss" => return wrong(&format!("{scheme}:// is missing on purpose: {WEBSOCKETS}")),
            _ => return wrong(&format!("{scheme}:// is not mqtts:// or mqtt://")),
        };
        let (authority, topic) = rest.split_once('/').unwrap_or((rest, ""));
        let (user, place) = match authority.rsplit_once('@') {
            Some((user, place)) => (Some(user), place),
            None => (None, authority),
        };
        let (host, port) = split_port(place);
        let port = match port {
            None => None,
            Some(digits) => match digits.parse() {
                Ok(port @ 1..) => Some(port),
                _ => return wrong(&format!("{digits:?} is not a port from 1 to 65535")),
            },
        };
        if host.is_empty() {
            return wrong("a URL names a host");
        }
        let decode = |text: &str| match decode(text) {
            Some(text) => Ok(text),
            None => usage(format!("{option}: '%' begins two hexadecimal digits; itself it is %25")),
        };
        let (user_name, password) = match user.map(|user| user.split_once(':').unwrap_or((user, ""))) {
            None => (None, None),
            Some((name, "")) => (Some(decode(name)?), None),
            Some((name, password)) => (Some(decode(name)?), Some(decode(password)?)),
        };
        let topic = if topic.is_empty() { None } else { Some(decode(topic)?) };
        Ok(Self { plain, user_name, password, host: host.to_owned(), port, topic })
    }
}

/// `host:port`, `[address]:port`, or either without a port.
fn split_port(place: &str) -> (&str, Option<&str>) {
    if let Some((address, rest)) = place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return (address, rest.strip_prefix(':'));
    }
    place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port)))
}

/// RFC 3986 §2.1.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let (digits, after) = rest.split_at_checked(2)?;
        let digits = str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = after;
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Result<Url, String> {
        Url::parse("-L", value).map_err(|failure| failure.to_string())
    }

    #[test]
    fn every_part_is_found() {
        let expected = Url {
            plain: false,
            user_name: Some("al@ice".to_owned()),
            password: Some("s:e/c%ret".to_owned()),
            host: "broker.example".to_owned(),
            port: Some(8884),
            topic: Some("a/#".to_owned()),
        };
        assert_eq!(read("mqtts://al%40ice:s:e%2Fc%25ret@broker.example:8884/a/#"), Ok(expected));
        let expected = Url {
            plain: true,
            user_name: None,
            password: None,
            host: "::1".to_owned(),
            port: None,
            topic: None,
        };
        assert_eq!(read("MQTT://[::1]"), Ok(expected));
        let url = read("mqtt://[fe80::1]:1884/").unwrap();
        assert_eq!((url.host.as_str(), url.port, url.topic), ("fe80::1", Some(1884), None));
        assert!(Url::is_one("mqtt://a") && !Url::is_one("a.example"));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let cases = [
            ("broker.example/a", "a URL begins with mqtts:// or mqtt://"),
            ("http://a", "http:// is not mqtts:// or mqtt://"),
            ("wss://a", "wss:// is missing on purpose: it speaks MQTT over TCP or TLS, not over websockets"),
            ("mqtt:///a", "a URL names a host"),
            ("mqtt://a:0/b", "\"0\" is not a port from 1 to 65535"),
            ("mqtt://a:b@c:d", "\"d\" is not a port from 1 to 65535"),
            ("mqtt://a/%4", "'%' begins two hexadecimal digits; itself it is %25"),
        ];
        for (value, expected) in cases {
            assert_eq!(read(value), Err(format!("mqtts: -L: {expected}")), "{value}");
        }
    }
}
