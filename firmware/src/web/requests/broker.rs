//! Reads the field "server" of the menu: a host, `host:port`, or a URL such as `mqtts://broker.example:8883`.
//!
//! Deliberately absent: a user name in the URL, because others could read it there, a path, and IPv6.

use crate::ascii::{cut_text, decimal};

/// A broker as it was typed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Broker<'a> {
    /// The host; whether it can be one is not checked.
    pub host: &'a str,
    /// The port, if one was named.
    pub port: Option<u16>,
    /// Whether with TLS, if a scheme was named.
    pub tls: Option<bool>,
}

/// The schemes that are usual, and whether they stand for TLS.
const SCHEMES: [(&str, bool); 5] =
    [("mqtt", false), ("mqtts", true), ("tcp", false), ("ssl", true), ("tls", true)];

impl<'a> Broker<'a> {
    /// Reads it; none for another scheme, a port that is no number from 1 to 65535, or more than that.
    #[must_use]
    pub fn read(text: &'a str) -> Option<Self> {
        let (tls, authority) = match cut_text(text, "://") {
            Some((scheme, rest)) => {
                let (_, tls) = SCHEMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(scheme))?;
                (Some(*tls), rest)
            }
            None => (None, text),
        };
        let authority = authority.strip_suffix('/').filter(|_| tls.is_some()).unwrap_or(authority);
        let Some((host, port)) = cut_text(authority, ":") else {
            return Some(Self { host: authority, port: None, tls });
        };
        let port = decimal(port.as_bytes()).and_then(|port| u16::try_from(port).ok());
        Some(Self { host, port: Some(port.filter(|port| *port > 0)?), tls })
    }
}

/// The port that is usual for MQTT with TLS, and without.
#[must_use]
pub const fn usual_port(tls: bool) -> u16 {
    if tls { 8883 } else { 1883 }
}
