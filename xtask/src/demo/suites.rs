//! `cargo xtask demo --suites`: a message to a real broker and back, through `mqtts`, in every suite and every mode.
//!
//! Each row is two connections: one publishes a retained message that nothing else has, the other subscribes and has to print
//! exactly that message. What `mqtts -d` says of suite and resumption is read, not assumed.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use crate::{
    install::{self, MOSQUITTO, OPENSSL},
    mosquitto::{Broker, Listener},
    pki::{HOST, Pki},
    process::{self, Finished},
    progress::Progress,
    root, target,
};

/// The ten suites in the order of the ClientHello.
const SUITES: [&str; 10] = [
    "TLS_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_RSA_WITH_AES_256_CCM",
    "TLS_RSA_WITH_AES_256_CBC_SHA256",
    "TLS_RSA_WITH_AES_256_CBC_SHA",
    "TLS_RSA_WITH_AES_256_CCM_8",
    "TLS_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_RSA_WITH_AES_128_CCM",
    "TLS_RSA_WITH_AES_128_CBC_SHA256",
    "TLS_RSA_WITH_AES_128_CBC_SHA",
    "TLS_RSA_WITH_AES_128_CCM_8",
];

/// What stands for the suite where there is none.
const NO_SUITE: &str = "none";

/// How a row connects.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Mode {
    Plain,
    NotVerified,
    Verified,
    Client(u16),
    Resumed,
}

const MODES: [Mode; 5] =
    [Mode::NotVerified, Mode::Verified, Mode::Client(1024), Mode::Client(2048), Mode::Resumed];

/// How long one `mqtts` may wait for its message, in seconds, and when it is killed.
const PATIENCE: &str = "60";
const KILL_AFTER: Duration = Duration::from_secs(90);

/// Prints the table.
///
/// # Errors
/// What to install; what did not start; how many rows failed.
pub(super) fn run() -> Result<(), String> {
    let progress = Progress::default();
    install::install(&[MOSQUITTO, OPENSSL], &progress)?;
    progress.say("building mqtts");
    let mut build = Command::new("cargo");
    build.current_dir(root()).args(["build", "--quiet", "--release", "-p", "mqtts-cli", "--bin", "mqtts"]);
    process::run(&mut build)?;
    progress.say("making certificates");
    let folder = target().join("demo");
    let pki = Pki::create(&folder)?;
    pki.client(1024)?;
    pki.client(2048)?;
    progress.say("starting mosquitto");
    let broker = Broker::start(&folder, &pki, &[Listener::Plain, Listener::Tls, Listener::Mutual])?;
    let demo = Demo { mqtts: target().join("release/mqtts"), folder, pki, broker };
    let failed = demo.table();
    progress.say("done");
    if failed == 0 {
        return Ok(());
    }
    Err(format!("the broker printed:\n{}\n{failed} rows failed", demo.broker.server.log()))
}

/// Everything that a row needs.
struct Demo {
    mqtts: PathBuf,
    folder: PathBuf,
    pki: Pki,
    broker: Broker,
}

/// What came of a row.
struct Outcome {
    suite: String,
    resumed: bool,
    code: String,
    complaint: Option<String>,
}

impl Demo {
    /// Runs and prints every row; how many failed.
    fn table(&self) -> usize {
        println!("\n{:<32} {:<32} {:<8} {:<8} {:>8}", "suite", "mode", "resumed", "code", "time");
        let rows = MODES.iter().flat_map(|mode| SUITES.map(|suite| (suite, *mode)));
        let rows = std::iter::once((NO_SUITE, Mode::Plain)).chain(rows);
        let total = SUITES.len().saturating_mul(MODES.len()).saturating_add(1);
        let passed =
            rows.enumerate().filter(|(number, (suite, mode))| self.print(*number, suite, *mode)).count();
        println!("\n{passed} of {total} rows worked\n");
        total.saturating_sub(passed)
    }

    /// Runs and prints one row; whether it worked.
    fn print(&self, number: usize, suite: &str, mode: Mode) -> bool {
        let begun = Instant::now();
        let outcome = self.row(number, suite, mode);
        let time = format!("{} ms", begun.elapsed().as_millis());
        let resumed = if outcome.resumed { "yes" } else { "no" };
        println!("{:<32} {:<32} {resumed:<8} {:<8} {time:>8}", outcome.suite, name(mode), outcome.code);
        if let Some(complaint) = &outcome.complaint {
            println!("    FAILED: {complaint}");
        }
        outcome.complaint.is_none()
    }

    /// Publishes and receives one message.
    fn row(&self, number: usize, suite: &str, mode: Mode) -> Outcome {
        let topic = format!("demo/{number}");
        let message = format!("row {number}: {suite}, {}", name(mode));
        let session = self.folder.join(format!("session-{number}"));
        let run = |verb, words: &[&str]| {
            self.mqtts(verb, suite, mode, &session, &[&["-t", &topic, "-q", "1"], words].concat())
        };
        let both = run("pub", &["-r", "-m", &message])
            .and_then(|sent| run("sub", &["-C", "1"]).map(|received| (sent, received)));
        match both {
            Ok((sent, received)) => Outcome::of(&sent, &received, suite, mode, &message),
            Err(failure) => Outcome {
                suite: suite.to_owned(),
                resumed: false,
                code: code(&failure),
                complaint: Some(failure),
            },
        }
    }

    /// Runs `mqtts` to its end.
    fn mqtts(
        &self,
        verb: &str,
        suite: &str,
        mode: Mode,
        session: &Path,
        words: &[&str],
    ) -> Result<Finished, String> {
        let port = match mode {
            Mode::Plain => self.broker.port(Listener::Plain),
            Mode::Client(_) => self.broker.port(Listener::Mutual),
            Mode::NotVerified | Mode::Verified | Mode::Resumed => self.broker.port(Listener::Tls),
        };
        let mut command = Command::new(&self.mqtts);
        command.args([verb, "-h", HOST, "-p", &port.to_string(), "-W", PATIENCE, "-d"]).args(words);
        match mode {
            Mode::Plain => command.arg("--plain"),
            Mode::NotVerified => command.args(["--insecure", "--ciphers", suite]),
            _ => command.args(["--ciphers", suite, "--cafile"]).arg(self.pki.certificate("ca")),
        };
        if let Mode::Client(bits) = mode {
            let name = format!("client-{bits}");
            command.arg("--cert").arg(self.pki.certificate(&name)).arg("--key").arg(self.pki.key(&name));
        }
        if mode == Mode::Resumed {
            command.arg("--session").arg(session);
        }
        let finished = process::finish(&command, KILL_AFTER)?;
        if finished.success {
            Ok(finished)
        } else {
            Err(format!("{}\n{}", process::words(&command), finished.errors))
        }
    }
}

impl Outcome {
    /// Judges what publisher and subscriber printed.
    fn of(sent: &Finished, received: &Finished, suite: &str, mode: Mode, message: &str) -> Self {
        let spoken = received.errors.lines().find_map(|line| line.strip_prefix("debug: tls  = "));
        let (found, how) = spoken.and_then(|line| line.split_once(", ")).unwrap_or((NO_SUITE, ""));
        let resumed = how == "resumed";
        let complaint = if received.output != format!("{message}\n") {
            Some(format!("received {:?} instead of {message:?}", received.output))
        } else if found != suite {
            Some(format!("spoke {found:?} instead of {suite:?}"))
        } else if resumed != (mode == Mode::Resumed) {
            Some(format!("the subscriber's handshake was another one:\n{}", received.errors))
        } else if resumed && !sent.errors.contains("NewSessionTicket") {
            Some(format!("the publisher was given no ticket:\n{}", sent.errors))
        } else {
            None
        };
        Self { suite: found.to_owned(), resumed, code: "0".to_owned(), complaint }
    }
}

/// The status code in a failure's text.
fn code(failure: &str) -> String {
    let code = failure.split("status: ").nth(1).and_then(|rest| rest.split_whitespace().next());
    code.unwrap_or("none").to_owned()
}

/// A mode, in words.
fn name(mode: Mode) -> String {
    match mode {
        Mode::Plain => "plain MQTT".to_owned(),
        Mode::NotVerified => "verification off".to_owned(),
        Mode::Verified => "verification on".to_owned(),
        Mode::Client(bits) => format!("client certificate, {bits} bits"),
        Mode::Resumed => "resumed by ticket".to_owned(),
    }
}
