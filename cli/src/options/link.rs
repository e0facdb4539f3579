//! The options of the connection: where to connect, as whom, and how it is protected.

use std::{path::PathBuf, time::Duration};

use mqtt::topic;
use tls12::{MaxFragmentLength, Suites, Verification};

use super::{CommandLine, Verify, mqtt_topic};
use crate::{arguments::usage, connect::Target, failure::CommandFailure};

/// The options of the connection, shared by both commands.
pub(crate) struct ConnectionOptions {
    /// `-h`: a name or an address.
    pub host: String,
    /// `-p`.
    pub port: u16,
    /// `-A`: an address of this machine, or a name for it.
    pub from: Option<String>,
    /// `--unix`: in place of a host and a port.
    pub socket: Option<PathBuf>,
    /// Absent with `--plain` and `--unix`.
    pub tls: Option<Tls>,
    /// `-i`; absent: a random one.
    pub identifier: Option<String>,
    /// `-u`.
    pub user_name: Option<String>,
    /// `-P`.
    pub password: Option<String>,
    /// `-k` in seconds; 0 switches it off.
    pub keep_alive: u16,
    /// Whether to begin a clean session: true without `-c`.
    pub clean: bool,
    /// The message that the server sends when we are lost.
    pub will: Option<Will>,
    /// Whether to reconnect when the connection is lost: false with `--no-reconnect`.
    pub reconnect: bool,
    /// `-W`: ends after this time.
    pub timeout: Option<Duration>,
    /// `-d`.
    pub debug: bool,
    /// `--quiet`.
    pub quiet: bool,
}

impl ConnectionOptions {
    /// Where the server is.
    pub(crate) fn target(&self) -> Target {
        match &self.socket {
            Some(path) => Target::Unix(path.clone()),
            None => Target::Tcp { host: self.host.clone(), port: self.port, from: self.from.clone() },
        }
    }
}

/// The options of TLS.
pub(crate) struct Tls {
    /// Whom to trust.
    pub anchors: Anchors,
    /// `--cert` and `--key`.
    pub identity: Option<(PathBuf, PathBuf)>,
    /// How much of the server's certificate is verified.
    pub verification: Verification,
    /// `--ciphers`.
    pub suites: Suites,
    /// `--tls-alpn`.
    pub alpn: Option<Vec<u8>>,
    /// `--max-fragment`.
    pub max_fragment_length: Option<MaxFragmentLength>,
    /// `--session`.
    pub session: Option<PathBuf>,
}

/// Where the trusted certificates come from.
#[derive(Default)]
pub(crate) struct Anchors {
    /// `--cafile`.
    pub files: Vec<PathBuf>,
    /// `--capath`.
    pub folders: Vec<PathBuf>,
    /// `--tls-use-os-certs`, or nothing else.
    pub system: bool,
}

/// `--will-topic` and its companions.
pub(crate) struct Will {
    /// The topic, without wildcards.
    pub topic: String,
    /// At most 65535 bytes.
    pub payload: Vec<u8>,
    /// 0, 1 or 2.
    pub qos: u8,
    /// Whether the server keeps it.
    pub retain: bool,
}

impl CommandLine {
    /// The options of the connection, after checking them against each other.
    pub(super) fn link(mut self, command: &str) -> Result<ConnectionOptions, CommandFailure> {
        if self.password.is_some() && self.user_name.is_none() {
            return usage(format!("{command}: -P needs -u")); // MQTT 3.1.1 §3.1.2.9
        }
        if let Some(prefix) = self.identifier_prefix.take() {
            if self.identifier.is_some() {
                return usage(format!("{command}: -i and -I exclude each other"));
            }
            self.identifier = Some(format!("{prefix}{}", std::process::id()));
        }
        if self.persistent && self.identifier.is_none() {
            return usage(format!("{command}: -c needs -i: a session is kept under its identifier"));
        }
        let texts = [("-i", &self.identifier), ("-u", &self.user_name), ("-P", &self.password)];
        for (option, text) in texts {
            if text.as_deref().is_some_and(|text| topic::check_text(text).is_err()) {
                return usage(format!("{command}: {option} is longer than 65535 bytes"));
            }
        }
        let will = self.will(command)?;
        let tls = self.security(command)?;
        Ok(ConnectionOptions {
            host: self.host.unwrap_or_else(|| "localhost".to_owned()),
            port: self.port.unwrap_or(if tls.is_some() { PORT_TLS } else { PORT_PLAIN }),
            from: self.from,
            socket: self.socket,
            tls,
            identifier: self.identifier,
            user_name: self.user_name,
            password: self.password,
            keep_alive: self.keep_alive.unwrap_or(KEEP_ALIVE),
            clean: !self.persistent,
            will,
            reconnect: !self.no_reconnect,
            timeout: self.timeout,
            debug: self.debug,
            quiet: self.quiet,
        })
    }

    fn will(&mut self, command: &str) -> Result<Option<Will>, CommandFailure> {
        let Some(topic) = self.will_topic.take() else {
            if self.will_payload.is_some() || self.will_qos.is_some() || self.will_retain {
                return usage(format!("{command}: a will needs --will-topic"));
            }
            return Ok(None);
        };
        mqtt_topic("--will-topic", &topic)?;
        let payload = self.will_payload.take().unwrap_or_default();
        if payload.len() > usize::from(u16::MAX) {
            return usage(format!("{command}: --will-payload is longer than 65535 bytes"));
        }
        Ok(Some(Will { topic, payload, qos: self.will_qos.unwrap_or(0), retain: self.will_retain }))
    }

    fn security(&mut self, command: &str) -> Result<Option<Tls>, CommandFailure> {
        if self.socket.is_some() {
            return self.without_tls(command, "--unix").map(|()| None);
        }
        if self.plain {
            return self.without_tls(command, "--plain").map(|()| None);
        }
        let identity = match (self.certificate.take(), self.key.take()) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            (Some(_), None) => return usage(format!("{command}: --cert needs --key")),
            (None, Some(_)) => return usage(format!("{command}: --key needs --cert")),
        };
        let mut anchors = std::mem::take(&mut self.anchors);
        let verification = match self.verify {
            Verify::Everything => Verification::Required,
            Verify::NotTheName if anchors.are_given() => Verification::ChainOnly,
            Verify::NotTheName => Verification::None,
        };
        if verification == Verification::Required && !anchors.are_given() {
            anchors.system = true;
        }
        Ok(Some(Tls {
            anchors,
            identity,
            verification,
            suites: self.suites.unwrap_or(Suites::ALL),
            alpn: self.alpn.take(),
            max_fragment_length: self.max_fragment_length,
            session: self.session.take(),
        }))
    }

    /// Refuses TLS options that would be ignored without TLS. `with` is the option that turns TLS off.
    fn without_tls(&self, command: &str, with: &str) -> Result<(), CommandFailure> {
        let given = [
            ("--cafile", !self.anchors.files.is_empty()),
            ("--capath", !self.anchors.folders.is_empty()),
            ("--tls-use-os-certs", self.anchors.system),
            ("--cert", self.certificate.is_some()),
            ("--key", self.key.is_some()),
            ("--insecure", self.verify != Verify::Everything),
            ("--ciphers", self.suites.is_some()),
            ("--tls-version", self.tls_version),
            ("--tls-alpn", self.alpn.is_some()),
            ("--max-fragment", self.max_fragment_length.is_some()),
            ("--session", self.session.is_some()),
        ];
        match given.iter().find(|(_, given)| *given) {
            Some((option, _)) => usage(format!("{command}: {option} has no meaning with {with}")),
            None => Ok(()),
        }
    }
}

impl Anchors {
    /// Whether the command line says which certificates to trust.
    const fn are_given(&self) -> bool {
        !self.files.is_empty() || !self.folders.is_empty() || self.system
    }
}

/// The ports that IANA assigned to `secure-mqtt` and `mqtt`.
const PORT_TLS: u16 = 8883;
const PORT_PLAIN: u16 = 1883;
/// In seconds; the value of `mosquitto_pub` and `mosquitto_sub`.
const KEEP_ALIVE: u16 = 60;
