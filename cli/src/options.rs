//! The options of `mqtts pub` and `mqtts sub`: reads them and checks them against each other.

mod link;
pub(crate) mod rows;
pub(crate) mod table;
mod url;
pub(crate) mod values;

use std::{path::PathBuf, time::Duration};

use lexopt::Parser;
use mqtt::topic;
use tls12::{MaxFragmentLength, Suites};

use crate::{
    arguments::{HelpPage, Invocation, usage},
    failure::CommandFailure,
    format::{Format, Style},
};
pub(crate) use link::{Anchors, ConnectionOptions, Tls, Will};
use rows::ROWS;
use table::Commands;
use url::Url;

/// `mqtts pub`.
pub(crate) struct PublishOptions {
    /// Where to connect, and as whom.
    pub link: ConnectionOptions,
    /// The topic, without wildcards.
    pub topic: String,
    /// The source of the message.
    pub payload: PayloadOrigin,
    /// 0, 1 or 2.
    pub qos: u8,
    /// Whether the server keeps the message for later subscribers.
    pub retain: bool,
    /// How many times to send it.
    pub repeat: u64,
    /// The pause between two of them.
    pub repeat_delay: Duration,
    /// `-M`: how many messages of QoS 1 and 2 may be unacknowledged at the same time.
    pub under_way: u16,
}

/// `mqtts sub`.
pub(crate) struct SubscribeOptions {
    /// Where to connect, and as whom.
    pub link: ConnectionOptions,
    /// The topic filters to subscribe to.
    pub filters: Vec<String>,
    /// The topic filters to unsubscribe from.
    pub unsubscribe: Vec<String>,
    /// The highest quality of service to ask for.
    pub qos: u8,
    /// Which messages to print.
    pub selection: Selection,
    /// Whether to clear the selected retained messages on the server; `-R` does not limit this.
    pub remove_retained: bool,
    /// Whether to end after this many messages.
    pub count: Option<u64>,
    /// Whether to end once all subscriptions are granted.
    pub end_when_subscribed: bool,
    /// How to print a message.
    pub format: Format,
}

/// Which messages to print and count.
pub(crate) struct Selection {
    /// `-T`: leaves out messages whose topic matches one of these filters.
    pub filter_out: Vec<String>,
    /// `-R`: leaves out retained messages.
    pub no_retained: bool,
    /// `--retained-only`: leaves out all others, and ends at the first of them.
    pub retained_only: bool,
}

/// The source of a message.
#[derive(Clone)]
pub(crate) enum PayloadOrigin {
    /// `-m`, `-n`.
    Message(Vec<u8>),
    /// `-f`.
    File(PathBuf),
    /// `-s`, `-f -`: all of standard input.
    Input,
    /// `-l`: each line of standard input.
    Lines,
}

/// Reads the options of `mqtts pub`.
///
/// # Errors
/// [`CommandFailure::Usage`] with one line about the first mistake.
pub(crate) fn publish(parser: &mut Parser) -> Result<Invocation, CommandFailure> {
    let Some(mut options) = table::read::<CommandLine>(parser, ROWS, Commands::Publish, "pub")? else {
        return Ok(Invocation::Print(HelpPage::Publish));
    };
    options.address("pub")?;
    let topic = match options.topics.as_slice() {
        [topic] => topic.clone(),
        [] => return usage("pub: which topic? (-t TOPIC)"),
        _ => return usage("pub: -t is given more than once; a message has one topic"),
    };
    let payload = match options.payloads.as_slice() {
        [(_, payload)] => payload.clone(),
        [] => return usage("pub: which message? (-m MESSAGE, -f FILE, -s, -l or -n)"),
        [(first, _), .., (last, _)] => return usage(format!("pub: {first} and {last} exclude each other")),
    };
    mqtt_topic("-t", &topic)?;
    if matches!(payload, PayloadOrigin::Lines) && options.repeat.is_some() {
        return usage("pub: --repeat and -l exclude each other");
    }
    if options.repeat_delay.is_some() && options.repeat.is_none() {
        return usage("pub: --repeat-delay needs --repeat");
    }
    Ok(Invocation::Publish(Box::new(PublishOptions {
        topic,
        payload,
        qos: options.qos.unwrap_or(0),
        retain: options.retain,
        repeat: options.repeat.unwrap_or(1),
        repeat_delay: options.repeat_delay.unwrap_or_default(),
        under_way: options.under_way.unwrap_or_else(|| mqtt::Options::default().max_in_flight),
        link: options.link("pub")?,
    })))
}

/// Reads the options of `mqtts sub`.
///
/// # Errors
/// [`CommandFailure::Usage`] with one line about the first mistake.
pub(crate) fn subscribe(parser: &mut Parser) -> Result<Invocation, CommandFailure> {
    let Some(mut options) = table::read::<CommandLine>(parser, ROWS, Commands::Subscribe, "sub")? else {
        return Ok(Invocation::Print(HelpPage::Subscribe));
    };
    options.address("sub")?;
    let filters = std::mem::take(&mut options.topics);
    let unsubscribe = std::mem::take(&mut options.unsubscribe);
    let filter_out = std::mem::take(&mut options.filter_out);
    if filters.is_empty() && unsubscribe.is_empty() {
        return usage("sub: which topic? (-t TOPIC, more than once for several)");
    }
    for (option, filters) in [("-t", &filters), ("-U", &unsubscribe), ("-T", &filter_out)] {
        filters.iter().try_for_each(|filter| mqtt_filter(option, filter))?;
    }
    let (no_retained, retained_only) = (options.no_retained, options.retained_only);
    if no_retained && retained_only {
        return usage("sub: -R and --retained-only exclude each other");
    }
    Ok(Invocation::Subscribe(Box::new(SubscribeOptions {
        filters,
        unsubscribe,
        qos: options.qos.unwrap_or(0),
        selection: Selection { filter_out, no_retained, retained_only },
        remove_retained: options.remove_retained,
        count: options.count,
        end_when_subscribed: options.end_when_subscribed,
        format: options.format()?,
        link: options.link("sub")?,
    })))
}

/// The options as given on the command line.
#[derive(Default)]
pub(crate) struct CommandLine {
    host: Option<String>,
    port: Option<u16>,
    url: Option<String>,
    from: Option<String>,
    socket: Option<PathBuf>,
    topics: Vec<String>,
    unsubscribe: Vec<String>,
    filter_out: Vec<String>,
    payloads: Vec<(&'static str, PayloadOrigin)>,
    qos: Option<u8>,
    retain: bool,
    repeat: Option<u64>,
    repeat_delay: Option<Duration>,
    under_way: Option<u16>,
    identifier: Option<String>,
    identifier_prefix: Option<String>,
    user_name: Option<String>,
    password: Option<String>,
    keep_alive: Option<u16>,
    persistent: bool,
    will_topic: Option<String>,
    will_payload: Option<Vec<u8>>,
    will_qos: Option<u8>,
    will_retain: bool,
    anchors: Anchors,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    verify: Verify,
    suites: Option<Suites>,
    tls_version: bool,
    alpn: Option<Vec<u8>>,
    max_fragment_length: Option<MaxFragmentLength>,
    session: Option<PathBuf>,
    plain: bool,
    count: Option<u64>,
    no_retained: bool,
    retained_only: bool,
    remove_retained: bool,
    end_when_subscribed: bool,
    no_reconnect: bool,
    timeout: Option<Duration>,
    verbose: bool,
    format: Option<String>,
    pretty: bool,
    no_line_end: bool,
    debug: bool,
    quiet: bool,
}

/// What is still verified with `--insecure`.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Verify {
    #[default]
    Everything,
    NotTheName,
}

impl CommandLine {
    /// Sets host, port and so on from the URL of `-L` or `-h`, as if each part were an option.
    fn address(&mut self, command: &str) -> Result<(), CommandFailure> {
        if self.socket.is_some() {
            let given = [
                ("-L", self.url.is_some()),
                ("-h", self.host.is_some()),
                ("-p", self.port.is_some()),
                ("-A", self.from.is_some()),
            ];
            if let Some((option, _)) = given.iter().find(|(_, given)| *given) {
                return usage(format!("{command}: --unix and {option} exclude each other"));
            }
        }
        let (option, url) = match (self.url.take(), self.host.take()) {
            (Some(_), Some(_)) => return usage(format!("{command}: -L and -h exclude each other")),
            (Some(url), None) => ("-L", url),
            (None, Some(host)) if Url::is_one(&host) => ("-h", host),
            (None, host) => {
                self.host = host;
                return Ok(());
            }
        };
        let url = Url::parse(option, &url)?;
        let twice = [
            ("-p", self.port.is_some() && url.port.is_some()),
            ("-u", self.user_name.is_some() && url.user_name.is_some()),
            ("-P", self.password.is_some() && url.password.is_some()),
        ];
        if let Some((name, _)) = twice.iter().find(|(_, twice)| *twice) {
            return usage(format!("{command}: {option} says the same as {name}"));
        }
        if self.plain && !url.plain {
            return usage(format!("{command}: mqtts:// and --plain exclude each other"));
        }
        if option == "-h" && url.topic.is_some() {
            return usage(format!("{command}: -h is a host without a topic; -L takes both"));
        }
        self.host = Some(url.host);
        self.port = self.port.or(url.port);
        self.user_name = self.user_name.take().or(url.user_name);
        self.password = self.password.take().or(url.password);
        self.topics.extend(url.topic);
        self.plain |= url.plain;
        Ok(())
    }

    /// The format of printed messages.
    fn format(&mut self) -> Result<Format, CommandFailure> {
        let style = match self.format.take() {
            Some(text) => Style::parse(&text)?,
            None if self.verbose => Style::Verbose,
            None => Style::Payload,
        };
        Ok(Format { style, pretty: self.pretty, line_end: !self.no_line_end })
    }
}

fn mqtt_topic(option: &str, topic: &str) -> Result<(), CommandFailure> {
    topic::check_name(topic).or_else(|_| {
        usage(format!("{option} {topic:?}: not a topic (1 to 65535 bytes, without '#', '+' and NUL)"))
    })
}

fn mqtt_filter(option: &str, filter: &str) -> Result<(), CommandFailure> {
    topic::check_filter(filter).or_else(|_| {
        usage(format!("{option} {filter:?}: not a topic filter ('+' fills a level, '#' only stands last)"))
    })
}

#[cfg(test)]
mod tests {
    use tls12::{Suite, Verification};

    use super::*;

    fn publish_link(arguments: &str) -> ConnectionOptions {
        let words = format!("pub -t a -m b {arguments}");
        let mut parser = Parser::from_args(words.split_whitespace().skip(1));
        match publish(&mut parser) {
            Ok(Invocation::Publish(publish)) => publish.link,
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
        assert!(
            tls.verification == Verification::Required
                && tls.suites == Suites::ALL
                && tls.anchors.system
                && tls.session.is_none()
        );
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
        assert_eq!(tls.verification, Verification::None);
    }
}
