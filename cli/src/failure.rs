//! A failure, as one line on standard error and an exit status.
//!
//! A wrong command line is not a failure of the stack and has no status code: it exits with 2, as usual on Unix. Every other failure is a
//! [`Status`] with its code. Where it helps, the line adds the file or the address, and a hint at the usual cause. The exit statuses are
//! those of Mosquitto's clients where these distinguish failures.

use std::{
    fmt,
    io::{self, Write},
    process::ExitCode,
    time::Duration,
};

use status::{Error, Status, mqtt, net, ssl};

/// Why `mqtts` stops.
#[derive(Debug)]
pub(crate) enum CommandFailure {
    /// The command line is wrong or contradicts itself.
    Usage(String),
    /// A status, and the file or address concerned; empty if the code says enough.
    Status {
        /// The status.
        status: Status,
        /// The file or address.
        place: String,
        /// The usual cause; empty if none is known.
        hint: String,
    },
    /// Standard output cannot be written.
    Output(io::Error),
    /// A signal came before the work was done.
    Interrupted,
    /// The time limit of `-W` is over.
    TimedOut(Duration),
}

impl CommandFailure {
    /// A failure with this code, about `place`.
    pub(crate) fn at(error: Error, place: impl fmt::Display) -> Self {
        Self::Status { status: Status::new(error), place: place.to_string(), hint: String::new() }
    }

    /// Whether the reader of standard output has gone, as with `| head -1`. That is a normal end.
    pub(crate) fn is_quiet(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// Whether a later attempt may succeed, because the server or the network may come back.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(self, Self::Status { status, .. } if LOST.contains(&status.error) || PASSING.contains(&status.error))
    }

    /// Removes the hint: for a failure whose cause is known to be another.
    pub(crate) fn without_hint(self) -> Self {
        match self {
            Self::Status { status, place, .. } => Self::Status { status, place, hint: String::new() },
            other => other,
        }
    }

    /// Prints the line. If standard error is closed, nobody can be told.
    pub(crate) fn print(&self) {
        if !self.is_quiet() {
            let _ = writeln!(io::stderr(), "{self}");
        }
    }

    /// The exit status, as the help page and docs/mosquitto.md list them.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Output(_) if self.is_quiet() => ExitCode::SUCCESS,
            Self::Usage(_) => ExitCode::from(2),
            Self::TimedOut(_) => ExitCode::from(27),
            Self::Status { status, place, .. } => ExitCode::from(of(status.error, place.is_empty())),
            Self::Output(_) | Self::Interrupted => ExitCode::FAILURE,
        }
    }
}

/// The exit status of `mosquitto_pub` and `mosquitto_sub` for this code. They use 1 for a faulty file or address.
fn of(error: Error, on_the_wire: bool) -> u8 {
    match error {
        // The return codes of CONNACK (MQTT 3.1.1 §3.2.2.3).
        mqtt::REFUSED_PROTOCOL_VERSION => 1,
        mqtt::REFUSED_IDENTIFIER => 2,
        mqtt::REFUSED_SERVER_UNAVAILABLE => 3,
        mqtt::REFUSED_USER_NAME_OR_PASSWORD => 4,
        mqtt::REFUSED_NOT_AUTHORIZED => 5,
        // MOSQ_ERR_CONN_LOST, MOSQ_ERR_KEEPALIVE, MOSQ_ERR_TLS.
        error if LOST.contains(&error) => 7,
        mqtt::KEEP_ALIVE_TIMEOUT => 19,
        error if on_the_wire && !is_ours(error) => 8,
        _ => 1,
    }
}

/// Whether the code is this project's own, outside Mbed TLS's number space for TLS and certificates.
fn is_ours(error: Error) -> bool {
    error.code() < -0x7FFF
}

/// The codes of a lost connection.
const LOST: [Error; 6] = [
    mqtt::CONNECTION_CLOSED,
    ssl::CONN_EOF,
    ssl::PEER_CLOSE_NOTIFY,
    net::CONN_RESET,
    net::RECV_FAILED,
    net::SEND_FAILED,
];
/// Further codes of failures that pass when the server restarts or the network comes back.
const PASSING: [Error; 7] = [
    net::CONNECT_FAILED,
    net::UNKNOWN_HOST,
    // The address of `-A`, which an interface may lose for a moment.
    net::BIND_FAILED,
    ssl::TIMEOUT,
    mqtt::KEEP_ALIVE_TIMEOUT,
    mqtt::REFUSED_SERVER_UNAVAILABLE,
    // After this one, the client begins a clean session by itself.
    mqtt::SESSION_OVERFLOW,
];

/// One line, without the final line end.
impl fmt::Display for CommandFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(text) => write!(f, "mqtts: {}", OneLine(text)),
            Self::Status { status, place, hint } => {
                write!(f, "status: {status}")?;
                if !place.is_empty() {
                    write!(f, " ({})", OneLine(place))?;
                }
                if hint.is_empty() { Ok(()) } else { write!(f, ": {hint}") }
            }
            Self::Output(error) => write!(f, "mqtts: standard output: {error}"),
            Self::Interrupted => f.write_str("mqtts: interrupted"),
            Self::TimedOut(timeout) => write!(f, "mqtts: timed out after {} s (-W)", timeout.as_secs()),
        }
    }
}

impl From<Error> for CommandFailure {
    fn from(error: Error) -> Self {
        Self::Status { status: Status::new(error), place: String::new(), hint: String::new() }
    }
}

impl From<Status> for CommandFailure {
    fn from(status: Status) -> Self {
        Self::Status { status, place: String::new(), hint: String::new() }
    }
}

impl From<lexopt::Error> for CommandFailure {
    fn from(error: lexopt::Error) -> Self {
        Self::Usage(error.to_string())
    }
}

/// Text from outside. Its control characters are escaped, so that it can neither end the line nor control the terminal.
struct OneLine<'a>(&'a str);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|character| {
            if character.is_control() {
                write!(f, "{}", character.escape_default())
            } else {
                write!(f, "{character}")
            }
        })
    }
}
