//! The options of `mqtts pub` and `mqtts sub`.

use std::{ffi::OsString, path::PathBuf, time::Duration};

use lexopt::{
    Arg::{self, Long, Short},
    Parser,
};
use mqtt::topic;
use tls12::{MaxFragmentLength, Suite, Suites};

use crate::{
    arguments::{Command, number, text, usage},
    failure::Failure,
    help,
};

/// `mqtts pub`.
pub(crate) struct Publish {
    /// Where and as whom.
    pub link: Link,
    /// The topic, without wildcards.
    pub topic: String,
    /// What is sent.
    pub payload: Payload,
    /// 0, 1 or 2.
    pub qos: u8,
    /// Whether the server keeps the message for later subscribers.
    pub retain: bool,
}

/// `mqtts sub`.
pub(crate) struct Subscribe {
    /// Where and as whom.
    pub link: Link,
    /// At least one topic filter.
    pub filters: Vec<String>,
    /// The highest quality of service that is asked for.
    pub qos: u8,
    /// Ends after so many messages.
    pub count: Option<u64>,
    /// Prints the topic before each payload.
    pub verbose: bool,
}

/// A message's source.
pub(crate) enum Payload {
    /// `-m`.
    Message(Vec<u8>),
    /// `-f`.
    File(PathBuf),
}

/// What both commands say about the connection.
pub(crate) struct Link {
    /// `-h`: a name or an address.
    pub host: String,
    /// `-p`.
    pub port: u16,
    /// Absent with `--plain`.
    pub tls: Option<Tls>,
    /// `-i`; absent: a random one.
    pub identifier: Option<String>,
    /// `-u`.
    pub user_name: Option<String>,
    /// `-P`.
    pub password: Option<String>,
    /// `-k` in seconds; 0 switches it off.
    pub keep_alive: u16,
    /// Not `-c`.
    pub clean: bool,
    /// The message that the server sends when we are lost.
    pub will: Option<Will>,
    /// `-W`: ends after this time.
    pub timeout: Option<Duration>,
    /// `-d`.
    pub debug: bool,
}

/// What is said about TLS.
pub(crate) struct Tls {
    /// `--cafile`.
    pub anchors: Option<PathBuf>,
    /// `--cert` and `--key`.
    pub identity: Option<(PathBuf, PathBuf)>,
    /// Not `--insecure`.
    pub verify: bool,
    /// `--ciphers`.
    pub suites: Suites,
    /// `--max-fragment`.
    pub max_fragment_length: Option<MaxFragmentLength>,
    /// `--session`.
    pub session: Option<PathBuf>,
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

/// Reads the options of `mqtts pub`.
///
/// # Errors
/// [`Failure::Usage`] with one line about the first mistake.
pub(crate) fn publish(parser: &mut Parser) -> Result<Command, Failure> {
    let Some(mut options) = Options::read(parser, Role::Publish)? else {
        return Ok(Command::Print(help::PUBLISH));
    };
    let topic = match options.topics.as_slice() {
        [topic] => topic.clone(),
        [] => return usage("pub: which topic? (-t TOPIC)"),
        _ => return usage("pub: -t is given more than once; a message has one topic"),
    };
    let payload = match (options.message.take(), options.file.take()) {
        (Some(message), None) => Payload::Message(message),
        (None, Some(file)) => Payload::File(file),
        (None, None) => return usage("pub: which message? (-m MESSAGE or -f FILE)"),
        (Some(_), Some(_)) => return usage("pub: -m and -f exclude each other"),
    };
    mqtt_topic("-t", &topic)?;
    let (qos, retain) = (options.qos, options.retain);
    Ok(Command::Publish(Box::new(Publish { link: options.link("pub")?, topic, payload, qos, retain })))
}

/// Reads the options of `mqtts sub`.
///
/// # Errors
/// [`Failure::Usage`] with one line about the first mistake.
pub(crate) fn subscribe(parser: &mut Parser) -> Result<Command, Failure> {
    let Some(options) = Options::read(parser, Role::Subscribe)? else {
        return Ok(Command::Print(help::SUBSCRIBE));
    };
    let filters = options.topics.clone();
    if filters.is_empty() {
        return usage("sub: which topic? (-t TOPIC, more than once for several)");
    }
    filters.iter().try_for_each(|filter| mqtt_filter("-t", filter))?;
    let (qos, count, verbose) = (options.qos, options.count, options.verbose);
    Ok(Command::Subscribe(Box::new(Subscribe { link: options.link("sub")?, filters, qos, count, verbose })))
}

/// Which command's options are read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Publish,
    Subscribe,
}

/// The options as they stand on the command line.
#[derive(Default)]
struct Options {
    host: Option<String>,
    port: Option<u16>,
    topics: Vec<String>,
    message: Option<Vec<u8>>,
    file: Option<PathBuf>,
    qos: u8,
    retain: bool,
    identifier: Option<String>,
    user_name: Option<String>,
    password: Option<String>,
    keep_alive: Option<u16>,
    persistent: bool,
    will_topic: Option<String>,
    will_payload: Option<Vec<u8>>,
    will_qos: Option<u8>,
    will_retain: bool,
    anchors: Option<PathBuf>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    insecure: bool,
    suites: Option<Suites>,
    max_fragment_length: Option<MaxFragmentLength>,
    session: Option<PathBuf>,
    plain: bool,
    count: Option<u64>,
    timeout: Option<Duration>,
    verbose: bool,
    debug: bool,
}

impl Options {
    /// All options; nothing if `--help` is among them.
    fn read(parser: &mut Parser, role: Role) -> Result<Option<Self>, Failure> {
        let mut options = Self::default();
        while let Some(argument) = parser.next()? {
            let name = match argument {
                Long("help") => return Ok(None),
                Long(name) => format!("--{name}"),
                Short(letter) => format!("-{letter}"),
                other @ Arg::Value(_) => return Err(other.unexpected().into()),
            };
            if !(options.mqtt(&name, parser, role)? || options.tls(&name, parser)?) {
                return usage(format!("invalid option '{name}' (mqtts {} --help)", role.command()));
            }
        }
        Ok(Some(options))
    }

    /// Takes `name` if it is about MQTT or the transport.
    fn mqtt(&mut self, name: &str, parser: &mut Parser, role: Role) -> Result<bool, Failure> {
        let publish = role == Role::Publish;
        match name {
            "-h" | "--host" => self.host = Some(text(parser, "-h")?),
            "-p" | "--port" => self.port = Some(number(parser, "-p", 1..=u16::MAX)?),
            "-t" | "--topic" => self.topics.push(text(parser, "-t")?),
            "-m" | "--message" if publish => self.message = Some(bytes(parser)?),
            "-f" | "--file" if publish => self.file = Some(parser.value()?.into()),
            "-r" | "--retain" if publish => self.retain = true,
            "-q" | "--qos" => self.qos = number(parser, "-q", 0..=2)?,
            "-i" | "--id" => self.identifier = Some(text(parser, "-i")?),
            "-u" | "--username" => self.user_name = Some(text(parser, "-u")?),
            "-P" | "--pw" => self.password = Some(text(parser, "-P")?),
            "-k" | "--keepalive" => self.keep_alive = Some(number(parser, "-k", 0..=u16::MAX)?),
            "-c" | "--disable-clean-session" => self.persistent = true,
            "--will-topic" => self.will_topic = Some(text(parser, "--will-topic")?),
            "--will-payload" => self.will_payload = Some(bytes(parser)?),
            "--will-qos" => self.will_qos = Some(number(parser, "--will-qos", 0..=2)?),
            "--will-retain" => self.will_retain = true,
            "-C" if !publish => self.count = Some(number(parser, "-C", 1..=u64::MAX)?),
            "-v" | "--verbose" if !publish => self.verbose = true,
            "-W" => self.timeout = Some(Duration::from_secs(number(parser, "-W", 1..=MAX_TIMEOUT)?)),
            "-d" | "--debug" => self.debug = true,
            "--plain" => self.plain = true,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Takes `name` if it is about TLS.
    fn tls(&mut self, name: &str, parser: &mut Parser) -> Result<bool, Failure> {
        match name {
            "--cafile" => self.anchors = Some(parser.value()?.into()),
            "--cert" => self.certificate = Some(parser.value()?.into()),
            "--key" => self.key = Some(parser.value()?.into()),
            "--insecure" => self.insecure = true,
            "--ciphers" => self.suites = Some(suites(&text(parser, "--ciphers")?)?),
            "--max-fragment" => self.max_fragment_length = Some(max_fragment_length(parser)?),
            "--session" => self.session = Some(parser.value()?.into()),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// What the options say about the connection, once they have been held against each other.
    fn link(mut self, command: &str) -> Result<Link, Failure> {
        if self.password.is_some() && self.user_name.is_none() {
            return usage(format!("{command}: -P needs -u")); // MQTT 3.1.1 §3.1.2.9
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
        Ok(Link {
            host: self.host.unwrap_or_else(|| "localhost".to_owned()),
            port: self.port.unwrap_or(if tls.is_some() { PORT_TLS } else { PORT_PLAIN }),
            tls,
            identifier: self.identifier,
            user_name: self.user_name,
            password: self.password,
            keep_alive: self.keep_alive.unwrap_or(KEEP_ALIVE),
            clean: !self.persistent,
            will,
            timeout: self.timeout,
            debug: self.debug,
        })
    }

    fn will(&mut self, command: &str) -> Result<Option<Will>, Failure> {
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

    fn security(&mut self, command: &str) -> Result<Option<Tls>, Failure> {
        if self.plain {
            return self.without_tls(command).map(|()| None);
        }
        let identity = match (self.certificate.take(), self.key.take()) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            (Some(_), None) => return usage(format!("{command}: --cert needs --key")),
            (None, Some(_)) => return usage(format!("{command}: --key needs --cert")),
        };
        Ok(Some(Tls {
            anchors: self.anchors.take(),
            identity,
            verify: !self.insecure,
            suites: self.suites.unwrap_or(Suites::ALL),
            max_fragment_length: self.max_fragment_length,
            session: self.session.take(),
        }))
    }

    /// Refuses options that `--plain` would silently ignore.
    fn without_tls(&self, command: &str) -> Result<(), Failure> {
        let given = [
            ("--cafile", self.anchors.is_some()),
            ("--cert", self.certificate.is_some()),
            ("--key", self.key.is_some()),
            ("--insecure", self.insecure),
            ("--ciphers", self.suites.is_some()),
            ("--max-fragment", self.max_fragment_length.is_some()),
            ("--session", self.session.is_some()),
        ];
        match given.iter().find(|(_, given)| *given) {
            Some((option, _)) => usage(format!("{command}: {option} has no meaning with --plain")),
            None => Ok(()),
        }
    }
}

impl Role {
    const fn command(self) -> &'static str {
        match self {
            Self::Publish => "pub",
            Self::Subscribe => "sub",
        }
    }
}

fn bytes(parser: &mut Parser) -> Result<Vec<u8>, Failure> {
    Ok(parser.value().map(OsString::into_encoded_bytes)?)
}

/// IANA names, separated by colons, in the order in which they are offered.
fn suites(names: &str) -> Result<Suites, Failure> {
    let mut chosen = Vec::new();
    for name in names.split(':') {
        match Suite::from_name(name) {
            Some(suite) if chosen.contains(&suite) => {
                return usage(format!("--ciphers: {name} stands twice"));
            }
            Some(suite) => chosen.push(suite),
            None => {
                return usage(format!("--ciphers {name:?}: not one of the ten suites (mqtts pub --help)"));
            }
        }
    }
    Suites::new(&chosen).map_err(Failure::from)
}

fn max_fragment_length(parser: &mut Parser) -> Result<MaxFragmentLength, Failure> {
    let value = text(parser, "--max-fragment")?;
    match value.parse().ok().and_then(MaxFragmentLength::from_bytes) {
        Some(length) => Ok(length),
        None => usage(format!("--max-fragment {value:?}: not one of 512, 1024, 2048 and 4096")),
    }
}

fn mqtt_topic(option: &str, topic: &str) -> Result<(), Failure> {
    topic::check_name(topic).or_else(|_| {
        usage(format!("{option} {topic:?}: not a topic (1 to 65535 bytes, without '#', '+' and NUL)"))
    })
}

fn mqtt_filter(option: &str, filter: &str) -> Result<(), Failure> {
    topic::check_filter(filter).or_else(|_| {
        usage(format!("{option} {filter:?}: not a topic filter ('+' fills a level, '#' only stands last)"))
    })
}

/// IANA's ports of `secure-mqtt` and `mqtt`.
const PORT_TLS: u16 = 8883;
const PORT_PLAIN: u16 = 1883;
/// Seconds, as `mosquitto_pub` and `mosquitto_sub` have it.
const KEEP_ALIVE: u16 = 60;
/// A year in seconds.
const MAX_TIMEOUT: u64 = 31_536_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn publish_link(arguments: &str) -> Link {
        let words = format!("pub -t a -m b {arguments}");
        let mut parser = Parser::from_args(words.split_whitespace().skip(1));
        match publish(&mut parser) {
            Ok(Command::Publish(publish)) => publish.link,
            _ => panic!("{words}"),
        }
    }

    #[test]
    fn what_is_not_said_is_as_mosquitto_pub_has_it() {
        let link = publish_link("");
        assert_eq!(
            (link.host.as_str(), link.port, link.keep_alive, link.clean),
            ("localhost", 8883, 60, true)
        );
        assert!(link.identifier.is_none() && link.user_name.is_none() && link.will.is_none() && !link.debug);
        let tls = link.tls.unwrap();
        assert!(tls.verify && tls.suites == Suites::ALL && tls.anchors.is_none() && tls.session.is_none());
        assert_eq!(publish_link("--plain").port, 1883);
    }

    #[test]
    fn long_names_are_mosquittos_own() {
        let link = publish_link(
            "--host h --port 5 --id i --username u --pw p --keepalive 7 --disable-clean-session --qos 1 --retain --debug",
        );
        assert_eq!((link.host.as_str(), link.port, link.keep_alive, link.clean), ("h", 5, 7, false));
        let names = [link.identifier, link.user_name, link.password];
        assert_eq!(names.map(Option::unwrap), ["i", "u", "p"]);
        assert!(link.debug);
    }

    #[test]
    fn suites_are_offered_in_the_order_in_which_they_are_named() {
        let names = "TLS_RSA_WITH_AES_128_CCM_8:TLS_RSA_WITH_AES_256_GCM_SHA384";
        let tls = publish_link(&format!("--ciphers {names} --insecure --max-fragment 512")).tls.unwrap();
        assert_eq!(tls.suites.iter().map(Suite::name).collect::<Vec<_>>().join(":"), names);
        assert_eq!(tls.max_fragment_length, Some(MaxFragmentLength::Bytes512));
        assert!(!tls.verify);
    }
}
