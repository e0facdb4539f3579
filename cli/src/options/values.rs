//! The values of options that are neither text nor a number.

use std::time::Duration;

use tls12::{MaxFragmentLength, Suite, Suites};

use super::table::Given;
use crate::{arguments::usage, failure::CommandFailure};

/// A number of seconds, which may have a fraction.
pub(super) fn seconds(given: &Given) -> Result<Duration, CommandFailure> {
    let value = given.text()?;
    // `Duration` refuses negative and too large numbers; these get the same message as text that is no number.
    let seconds = value.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    match seconds.filter(|seconds| seconds.as_secs() <= MAX_TIMEOUT) {
        Some(seconds) => Ok(seconds),
        None => usage(format!("{} {value:?}: not a number of seconds", given.option)),
    }
}

/// Accepts MQTT 3.1.1 only, under the names of Mosquitto's clients.
pub(super) fn protocol_version(given: &Given) -> Result<(), CommandFailure> {
    match given.text()?.as_str() {
        "mqttv311" | "311" => Ok(()),
        version @ ("mqttv5" | "5" | "mqttv31" | "31") => {
            usage(format!("-V {version} is missing on purpose: MQTT 3.1.1 (mqttv311) is all there is"))
        }
        other => usage(format!("-V {other:?}: not a version of MQTT; mqttv311 is all there is")),
    }
}

/// Accepts TLS 1.2 only.
pub(super) fn tls_version(given: &Given) -> Result<(), CommandFailure> {
    match given.text()?.as_str() {
        "tlsv1.2" => Ok(()),
        version @ ("tlsv1.3" | "tlsv1.1" | "tlsv1") => {
            usage(format!("--tls-version {version} is missing on purpose: tlsv1.2 is all there is"))
        }
        other => usage(format!("--tls-version {other:?}: not a version of TLS; tlsv1.2 is all there is")),
    }
}

/// RFC 7301 §3.1: 1 to 255 bytes.
pub(super) fn alpn(given: &Given) -> Result<Vec<u8>, CommandFailure> {
    let name = given.bytes();
    match name.len() {
        1..=255 => Ok(name),
        _ => usage(format!("{}: a protocol's name has 1 to 255 bytes", given.option)),
    }
}

/// Names of suites, separated by colons, in the order in which they are offered.
pub(super) fn suites(given: &Given) -> Result<Suites, CommandFailure> {
    let mut chosen = Vec::new();
    for name in given.text()?.split(':') {
        match Suite::from_name(name).or_else(|| by_openssl(name)) {
            Some(suite) if chosen.contains(&suite) => {
                return usage(format!("--ciphers: {name} stands twice"));
            }
            Some(suite) => chosen.push(suite),
            None => {
                return usage(format!("--ciphers {name:?}: not one of the ten suites (mqtts pub --help)"));
            }
        }
    }
    Suites::new(&chosen).map_err(CommandFailure::from)
}

/// RFC 6066 §4.
pub(super) fn max_fragment_length(given: &Given) -> Result<MaxFragmentLength, CommandFailure> {
    let value = given.text()?;
    match value.parse().ok().and_then(MaxFragmentLength::from_bytes) {
        Some(length) => Ok(length),
        None => usage(format!("--max-fragment {value:?}: not one of 512, 1024, 2048 and 4096")),
    }
}

fn by_openssl(name: &str) -> Option<Suite> {
    Suite::ALL.into_iter().find(|suite| openssl_name(*suite) == name)
}

/// OpenSSL's name of a suite: `TLS_RSA_WITH_AES_256_CBC_SHA256` is `AES256-SHA256`, `…_CCM_8` is `…-CCM8`.
pub(crate) fn openssl_name(suite: Suite) -> String {
    let name = suite.name().replace("TLS_RSA_WITH_AES_", "AES").replace("_CBC_", "_");
    name.replace("CCM_8", "CCM8").replace('_', "-")
}

/// A year in seconds.
pub(super) const MAX_TIMEOUT: u64 = 31_536_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn openssl_names_suites_in_its_own_way() {
        let names: Vec<_> = Suite::ALL.into_iter().map(openssl_name).collect();
        let expected = [
            "AES256-GCM-SHA384",
            "AES256-CCM",
            "AES256-SHA256",
            "AES256-SHA",
            "AES128-GCM-SHA256",
            "AES128-CCM",
            "AES128-SHA256",
            "AES128-SHA",
            "AES256-CCM8",
            "AES128-CCM8",
        ];
        let sorted = |mut names: Vec<String>| {
            names.sort();
            names
        };
        assert_eq!(sorted(names), sorted(expected.map(str::to_owned).to_vec()));
    }
}
