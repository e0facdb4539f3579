//! The options of `mqtts pub` and `mqtts sub`, in the order of their help pages.
//!
//! If Mosquitto's clients have an option, it has the same name here.

use std::time::Duration;

use super::{
    CommandLine, PayloadOrigin, Verify,
    table::{
        Action::{Flag, Missing, Value},
        Commands::{All, Publish, Subscribe},
        Group, OptionRow, ValueKind,
    },
    values,
};
use crate::{arguments::usage, failure::CommandFailure};

/// Everything that `mqtts pub` and `mqtts sub` understand.
pub(crate) const ROWS: &[OptionRow<CommandLine>] = &[
    OptionRow {
        names: &["-t", "--topic"],
        action: Value {
            name: "TOPIC",
            kind: ValueKind::Text,
            take: |options, given| add(&mut options.topics, given.text()),
        },
        commands: Publish,
        group: Group::Message,
        help: "the topic to publish to",
    },
    OptionRow {
        names: &["-m", "--message"],
        action: Value {
            name: "MESSAGE",
            kind: ValueKind::Text,
            take: |options, given| payload(options, given.option, PayloadOrigin::Message(given.bytes())),
        },
        commands: Publish,
        group: Group::Message,
        help: "the message",
    },
    OptionRow {
        names: &["-f", "--file"],
        action: Value {
            name: "FILE",
            kind: ValueKind::File,
            take: |options, given| {
                let file = given.path();
                let source =
                    if file.as_os_str() == "-" { PayloadOrigin::Input } else { PayloadOrigin::File(file) };
                payload(options, given.option, source)
            },
        },
        commands: Publish,
        group: Group::Message,
        help: "send this file as the message, in pieces if it is large; '-' is standard input",
    },
    OptionRow {
        names: &["-s", "--stdin-file"],
        action: Flag(|options| options.payloads.push(("-s", PayloadOrigin::Input))),
        commands: Publish,
        group: Group::Message,
        help: "send all of standard input as the message",
    },
    OptionRow {
        names: &["-l", "--stdin-line"],
        action: Flag(|options| options.payloads.push(("-l", PayloadOrigin::Lines))),
        commands: Publish,
        group: Group::Message,
        help: "send each line of standard input as a message, as it comes",
    },
    OptionRow {
        names: &["-n", "--null-message"],
        action: Flag(|options| options.payloads.push(("-n", PayloadOrigin::Message(Vec::new())))),
        commands: Publish,
        group: Group::Message,
        help: "send a message without content; with -r this clears the retained message on the server",
    },
    OptionRow {
        names: &["-q", "--qos"],
        action: Value {
            name: "0|1|2",
            kind: ValueKind::Words("0 1 2"),
            take: |options, given| set(&mut options.qos, given.number(0..=2)),
        },
        commands: Publish,
        group: Group::Message,
        help: "quality of service (0); with 1 and 2 it waits for the delivery",
    },
    OptionRow {
        names: &["-M"],
        action: Value {
            name: "COUNT",
            kind: ValueKind::Text,
            take: |options, given| set(&mut options.under_way, given.number(1..=u16::MAX)),
        },
        commands: Publish,
        group: Group::Message,
        help: "with -l: how many messages of quality of service 1 and 2 may be unacknowledged at the same time (20); \
               Mosquitto drops what is more than its own limit, 20, at quality of service 2",
    },
    OptionRow {
        names: &["-r", "--retain"],
        action: Flag(|options| options.retain = true),
        commands: Publish,
        group: Group::Message,
        help: "the server keeps the message for later subscribers",
    },
    OptionRow {
        names: &["--repeat"],
        action: Value {
            name: "COUNT",
            kind: ValueKind::Text,
            take: |options, given| set(&mut options.repeat, given.number(1..=u64::MAX)),
        },
        commands: Publish,
        group: Group::Message,
        help: "send the message this many times, each after the previous one is delivered",
    },
    OptionRow {
        names: &["--repeat-delay"],
        action: Value {
            name: "SECONDS",
            kind: ValueKind::Text,
            take: |options, given| set(&mut options.repeat_delay, values::seconds(given)),
        },
        commands: Publish,
        group: Group::Message,
        help: "wait this many seconds in between, such as 0.5",
    },
    OptionRow {
        names: &["-t", "--topic"],
        action: Value {
            name: "FILTER",
            kind: ValueKind::Text,
            take: |options, given| add(&mut options.topics, given.text()),
        },
        commands: Subscribe,
        group: Group::Subscription,
        help: "a topic, or a filter with '+' for one level and '#' for all levels below; repeat it for several",
    },
    OptionRow {
        names: &["-U", "--unsubscribe"],
        action: Value {
            name: "FILTER",
            kind: ValueKind::Text,
            take: |options, given| add(&mut options.unsubscribe, given.text()),
        },
        commands: Subscribe,
        group: Group::Subscription,
        help: "unsubscribe from this filter of a kept session (-c), after the new subscriptions are made",
    },
    OptionRow {
        names: &["-q", "--qos"],
        action: Value {
            name: "0|1|2",
            kind: ValueKind::Words("0 1 2"),
            take: |options, given| set(&mut options.qos, given.number(0..=2)),
        },
        commands: Subscribe,
        group: Group::Subscription,
        help: "the highest quality of service to ask for (0)",
    },
    OptionRow {
        names: &["-T", "--filter-out"],
        action: Value {
            name: "FILTER",
            kind: ValueKind::Text,
            take: |options, given| add(&mut options.filter_out, given.text()),
        },
        commands: Subscribe,
        group: Group::Subscription,
        help: "leave out messages whose topic matches this filter; repeat it for several",
    },
    OptionRow {
        names: &["-R"],
        action: Flag(|options| options.no_retained = true),
        commands: Subscribe,
        group: Group::Subscription,
        help: "leave out retained messages",
    },
    OptionRow {
        names: &["--retained-only"],
        action: Flag(|options| options.retained_only = true),
        commands: Subscribe,
        group: Group::Subscription,
        help: "print only retained messages, and end at the first other one",
    },
    OptionRow {
        names: &["--remove-retained"],
        action: Flag(|options| options.remove_retained = true),
        commands: Subscribe,
        group: Group::Subscription,
        help: "clear on the server every retained message that arrives, except those that -T leaves out",
    },
    OptionRow {
        names: &["-C"],
        action: Value {
            name: "COUNT",
            kind: ValueKind::Text,
            take: |options, given| set(&mut options.count, given.number(1..=u64::MAX)),
        },
        commands: Subscribe,
        group: Group::Subscription,
        help: "end after this many messages; further ones that wait stay on the server",
    },
    OptionRow {
        names: &["-E"],
        action: Flag(|options| options.end_when_subscribed = true),
        commands: Subscribe,
        group: Group::Subscription,
        help: "end as soon as the server has granted all subscriptions; with -c this makes a session for later",
    },
    OptionRow {
        names: &["-v", "--verbose"],
        action: Flag(|options| options.verbose = true),
        commands: Subscribe,
        group: Group::Output,
        help: "print the topic before each payload",
    },
    OptionRow {
        names: &["-F"],
        action: Value {
            name: "FORMAT",
            kind: ValueKind::Text,
            take: |options, given| set(&mut options.format, given.text()),
        },
        commands: Subscribe,
        group: Group::Output,
        help: "print each message so: %t topic, %p payload, %x %X payload in hex, %l its length, %q quality of service, \
               %r retained, %m packet identifier, %j %J JSON, %I %U time, @ and a letter: strftime, \\n \\t \\0; see the manual",
    },
    OptionRow {
        names: &["--pretty"],
        action: Flag(|options| options.pretty = true),
        commands: Subscribe,
        group: Group::Output,
        help: "write JSON (%j, %J) on several lines",
    },
    OptionRow {
        names: &["-N"],
        action: Flag(|options| options.no_line_end = true),
        commands: Subscribe,
        group: Group::Output,
        help: "print no end of line after a message",
    },
    OptionRow {
        names: &["-h", "--host"],
        action: Value {
            name: "HOST",
            kind: ValueKind::Text,
            take: |options, given| set(&mut options.host, given.text()),
        },
        commands: All,
        group: Group::Connection,
        help: "the server's name or address (localhost), also as mqtts://HOST:PORT or mqtt://HOST:PORT",
    },
    OptionRow {
        names: &["-p", "--port"],
        action: Value {
            name: "PORT",
            kind: ValueKind::Text,
            take: |options, given| set(&mut options.port, given.number(1..=u16::MAX)),
        },
        commands: All,
        group: Group::Connection,
        help: "its port (8883; 1883 with --plain)",
    },
    OptionRow {
        names: &["-L", "--url"],
        action: Value {
            name: "URL",
            kind: ValueKind::Text,
            take: |options, given| set(&mut options.url, given.text()),
        },
        commands: All,
        group: Group::Connection,
        help: "all at once: mqtts://[USER[:PASSWORD]@]HOST[:PORT]/TOPIC; mqtt:// is --plain",
    },
    OptionRow {
        names: &["-A"],
        action: Value {
            name: "ADDRESS",
            kind: ValueKind::Text,
            take: |options, given| set(&mut options.from, given.text()),
        },
        commands: All,
        group: Group::Connection,
        help: "connect from this address of the machine; a name for it is looked up",
    },
    OptionRow {
        names: &["--unix"],
        action: Value {
            name: "PATH",
            kind: ValueKind::File,
            take: |options, given| set(&mut options.socket, Ok(given.path())),
        },
        commands: All,
        group: Group::Connection,
        help: "connect to this Unix socket instead of a host and a port, and without TLS",
    },
    OptionRow {
        names: &["-i", "--id"],
        action: Value {
            name: "ID",
            kind: ValueKind::Text,
            take: |options, given| set(&mut options.identifier, given.text()),
        },
        commands: All,
        group: Group::Connection,
        help: "the client identifier (a random one)",
    },
    OptionRow {
        names: &["-I", "--id-prefix"],
        action: Value {
            name: "PREFIX",
            kind: ValueKind::Text,
            take: |options, given| set(&mut options.identifier_prefix, given.text()),
        },
        commands: All,
        group: Group::Connection,
        help: "the client identifier is this text and the number of the process",
    },
    OptionRow {
        names: &["-u", "--username"],
        action: Value {
            name: "USER",
            kind: ValueKind::Text,
            take: |options, given| set(&mut options.user_name, given.text()),
        },
        commands: All,
        group: Group::Connection,
        help: "the user's name",
    },
    OptionRow {
        names: &["-P", "--pw"],
        action: Value {
            name: "PASSWORD",
            kind: ValueKind::Text,
            take: |options, given| set(&mut options.password, given.text()),
        },
        commands: All,
        group: Group::Connection,
        help: "the user's password",
    },
    OptionRow {
        names: &["-k", "--keepalive"],
        action: Value {
            name: "SECONDS",
            kind: ValueKind::Text,
            take: |options, given| set(&mut options.keep_alive, given.number(0..=u16::MAX)),
        },
        commands: All,
        group: Group::Connection,
        help: "keep-alive (60; 0 switches it off)",
    },
    OptionRow {
        names: &["-c", "--disable-clean-session"],
        action: Flag(|options| options.persistent = true),
        commands: All,
        group: Group::Connection,
        help: "keep the session on the server (needs -i)",
    },
    OptionRow {
        names: &["-V", "--protocol-version"],
        action: Value {
            name: "VERSION",
            kind: ValueKind::Words("mqttv311 311"),
            take: |_, given| values::protocol_version(given),
        },
        commands: All,
        group: Group::Connection,
        help: "the version of MQTT: mqttv311 or 311, which is all there is",
    },
    OptionRow {
        names: &["-W"],
        action: Value {
            name: "SECONDS",
            kind: ValueKind::Text,
            take: |options, given| {
                set(&mut options.timeout, given.number(1..=values::MAX_TIMEOUT).map(Duration::from_secs))
            },
        },
        commands: All,
        group: Group::Connection,
        help: "end after this time, with exit status 27",
    },
    OptionRow {
        names: &["--no-reconnect"],
        action: Flag(|options| options.no_reconnect = true),
        commands: All,
        group: Group::Connection,
        help: "end when the connection is lost, instead of connecting again",
    },
    OptionRow {
        names: &["--nodelay"],
        action: Flag(|_| ()),
        commands: All,
        group: Group::Connection,
        help: "send small packets at once, which is always done",
    },
    OptionRow {
        names: &["--will-topic"],
        action: Value {
            name: "TOPIC",
            kind: ValueKind::Text,
            take: |options, given| set(&mut options.will_topic, given.text()),
        },
        commands: All,
        group: Group::Will,
        help: "its topic",
    },
    OptionRow {
        names: &["--will-payload"],
        action: Value {
            name: "MESSAGE",
            kind: ValueKind::Text,
            take: |options, given| set(&mut options.will_payload, Ok(given.bytes())),
        },
        commands: All,
        group: Group::Will,
        help: "its content (nothing)",
    },
    OptionRow {
        names: &["--will-qos"],
        action: Value {
            name: "0|1|2",
            kind: ValueKind::Words("0 1 2"),
            take: |options, given| set(&mut options.will_qos, given.number(0..=2)),
        },
        commands: All,
        group: Group::Will,
        help: "its quality of service (0)",
    },
    OptionRow {
        names: &["--will-retain"],
        action: Flag(|options| options.will_retain = true),
        commands: All,
        group: Group::Will,
        help: "the server keeps it for later subscribers",
    },
    OptionRow {
        names: &["--cafile"],
        action: Value {
            name: "FILE",
            kind: ValueKind::File,
            take: |options, given| add(&mut options.anchors.files, Ok(given.path())),
        },
        commands: All,
        group: Group::Tls,
        help: "the certificates to trust; without this option and the next, those that the system trusts",
    },
    OptionRow {
        names: &["--capath"],
        action: Value {
            name: "FOLDER",
            kind: ValueKind::Folder,
            take: |options, given| add(&mut options.anchors.folders, Ok(given.path())),
        },
        commands: All,
        group: Group::Tls,
        help: "trust the certificates in all files of this folder",
    },
    OptionRow {
        names: &["--tls-use-os-certs"],
        action: Flag(|options| options.anchors.system = true),
        commands: All,
        group: Group::Tls,
        help: "trust the certificates that the system trusts, in addition to --cafile and --capath",
    },
    OptionRow {
        names: &["--cert"],
        action: Value {
            name: "FILE",
            kind: ValueKind::File,
            take: |options, given| set(&mut options.certificate, Ok(given.path())),
        },
        commands: All,
        group: Group::Tls,
        help: "the client certificate",
    },
    OptionRow {
        names: &["--key"],
        action: Value {
            name: "FILE",
            kind: ValueKind::File,
            take: |options, given| set(&mut options.key, Ok(given.path())),
        },
        commands: All,
        group: Group::Tls,
        help: "its key, which has no password",
    },
    OptionRow {
        names: &["--insecure"],
        action: Flag(|options| options.verify = Verify::NotTheName),
        commands: All,
        group: Group::Tls,
        help: "with --cafile, --capath or --tls-use-os-certs: do not check whether the certificate is for this host; \
               alone: do not verify the server at all",
    },
    OptionRow {
        names: &["--ciphers"],
        action: Value {
            name: "NAME[:NAME...]",
            kind: ValueKind::Suites,
            take: |options, given| set(&mut options.suites, values::suites(given)),
        },
        commands: All,
        group: Group::Tls,
        help: "offer these suites in this order instead of all ten; by IANA's or OpenSSL's names",
    },
    OptionRow {
        names: &["--tls-version"],
        action: Value {
            name: "VERSION",
            kind: ValueKind::Words("tlsv1.2"),
            take: |options, given| {
                options.tls_version = true;
                values::tls_version(given)
            },
        },
        commands: All,
        group: Group::Tls,
        help: "the version of TLS: tlsv1.2, which is all there is",
    },
    OptionRow {
        names: &["--tls-alpn"],
        action: Value {
            name: "PROTOCOL",
            kind: ValueKind::Text,
            take: |options, given| set(&mut options.alpn, values::alpn(given)),
        },
        commands: All,
        group: Group::Tls,
        help: "ask for this protocol, such as mqtt, at a port that serves several (ALPN)",
    },
    OptionRow {
        names: &["--max-fragment"],
        action: Value {
            name: "BYTES",
            kind: ValueKind::Words("512 1024 2048 4096"),
            take: |options, given| set(&mut options.max_fragment_length, values::max_fragment_length(given)),
        },
        commands: All,
        group: Group::Tls,
        help: "ask for records of at most 512, 1024, 2048 or 4096 bytes",
    },
    OptionRow {
        names: &["--session"],
        action: Value {
            name: "FILE",
            kind: ValueKind::File,
            take: |options, given| set(&mut options.session, Ok(given.path())),
        },
        commands: All,
        group: Group::Tls,
        help: "save the TLS session there, and resume from it; keep it as secret as a key",
    },
    OptionRow {
        names: &["--plain"],
        action: Flag(|options| options.plain = true),
        commands: All,
        group: Group::Tls,
        help: "MQTT without TLS",
    },
    OptionRow {
        names: &["-d", "--debug"],
        action: Flag(|options| options.debug = true),
        commands: All,
        group: Group::Reports,
        help: "show suite, handshake messages and MQTT packets on standard error",
    },
    OptionRow {
        names: &["--quiet"],
        action: Flag(|options| options.quiet = true),
        commands: All,
        group: Group::Reports,
        help: "print no failures, only the exit status shows them; mistakes of the command line are still printed",
    },
    missing(&["-D", "--property"], "PROPERTY", MQTT_5),
    missing(&["-x", "--session-expiry-interval"], "SECONDS", MQTT_5),
    missing(&["--retain-as-published"], "", MQTT_5),
    missing(&["--psk"], "KEY", PSK),
    missing(&["--psk-identity"], "NAME", PSK),
    missing(&["--proxy"], "URL", "it connects directly; a tunnel such as ssh -L serves instead"),
    missing(&["--ws"], "", WEBSOCKETS),
    missing(&["-S"], "", "name the host (-h) and the port (-p) that the SRV record has"),
    OptionRow {
        names: &["-M"],
        action: Missing {
            name: "COUNT",
            why: "the server decides how many messages are under way to a subscriber",
        },
        commands: Subscribe,
        group: Group::Missing,
        help: "the server decides how many messages are under way to a subscriber",
    },
    missing(&["--random-filter"], "CHANCE", "every message counts (-C, -T)"),
    missing(&["--keyform"], "FORM", ENGINE),
    missing(&["--tls-engine"], "ENGINE", ENGINE),
    missing(&["--tls-engine-kpass-sha1"], "HASH", ENGINE),
];

const fn missing(
    names: &'static [&'static str],
    name: &'static str,
    why: &'static str,
) -> OptionRow<CommandLine> {
    OptionRow { names, action: Missing { name, why }, commands: All, group: Group::Missing, help: why }
}

fn set<T>(place: &mut Option<T>, value: Result<T, CommandFailure>) -> Result<(), CommandFailure> {
    *place = Some(value?);
    Ok(())
}

fn add<T>(list: &mut Vec<T>, value: Result<T, CommandFailure>) -> Result<(), CommandFailure> {
    list.push(value?);
    Ok(())
}

/// Refuses a second source of the message.
fn payload(
    options: &mut CommandLine,
    option: &'static str,
    payload: PayloadOrigin,
) -> Result<(), CommandFailure> {
    if options.payloads.iter().any(|(before, _)| *before == option) {
        return usage(format!("pub: {option} is given more than once; a message has one content"));
    }
    options.payloads.push((option, payload));
    Ok(())
}

const MQTT_5: &str = "it speaks MQTT 3.1.1, not MQTT 5";
const PSK: &str = "the suites are TLS_RSA_WITH_AES_*, with certificates; there are no pre-shared keys";
/// Why websockets are missing; also for a URL that asks for them.
pub(super) const WEBSOCKETS: &str = "it speaks MQTT over TCP or TLS, not over websockets";
const ENGINE: &str = "keys are PEM files (--key)";
