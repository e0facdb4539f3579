//! What went wrong, as one line and an exit status.
//!
//! Wrong use of the command is not a failure of the stack and has no status code: it exits with 2, as usual on Unix.
//! Everything else is a [`Status`] with its code, and where it helps the place: a file, or a host and port; and what usually
//! causes it. Exit statuses are those of Mosquitto's clients where these tell something.

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
    /// The command line cannot be understood, or contradicts itself.
    Usage(String),
    /// A code of the stack, and the file or address that it is about (empty where the code says it all).
    Status {
        /// The code with its circumstances.
        status: Status,
        /// The file or address.
        place: String,
        /// What usually causes it; empty where nothing helps.
        hint: String,
    },
    /// Standard output cannot be written.
    Output(io::Error),
    /// A signal came before the work was done.
    Interrupted,
    /// The time of `-W` is over.
    TimedOut(Duration),
}

impl CommandFailure {
    /// A bare code that is about `place`.
    pub(crate) fn at(error: Error, place: impl fmt::Display) -> Self {
        Self::Status { status: Status::new(error), place: place.to_string(), hint: String::new() }
    }

    /// Whether nobody reads standard output any more, as behind `| head -1`: an end like any other.
    pub(crate) fn is_quiet(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// Whether the server, or the network to it, may be back in a moment.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(self, Self::Status { status, .. } if PASSING.contains(&status.error))
    }

    /// Without what usually causes it, where something else is known to.
    pub(crate) fn without_hint(self) -> Self {
        match self {
            Self::Status { status, place, .. } => Self::Status { status, place, hint: String::new() },
            other => other,
        }
    }

    /// Prints the line. Where standard error is gone there is nobody left to tell.
    pub(crate) fn print(&self) {
        if !self.is_quiet() {
            let _ = writeln!(io::stderr(), "{self}");
        }
    }

    /// What the help page and docs/mosquitto.md say.
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

/// The status that `mosquitto_pub` and `mosquitto_sub` exit with; what is wrong with a file or an address is 1 there.
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

/// Not a number of Mbed TLS's space, where all of TLS and of certificates is.
fn is_ours(error: Error) -> bool {
    error.code() < -0x7FFF
}

/// The connection is gone.
const LOST: [Error; 6] = [
    mqtt::CONNECTION_CLOSED,
    ssl::CONN_EOF,
    ssl::PEER_CLOSE_NOTIFY,
    net::CONN_RESET,
    net::RECV_FAILED,
    net::SEND_FAILED,
];
/// Goes by when the server has been started again, or the network is back.
const PASSING: [Error; 12] = [
    mqtt::CONNECTION_CLOSED,
    ssl::CONN_EOF,
    ssl::PEER_CLOSE_NOTIFY,
    net::CONN_RESET,
    net::RECV_FAILED,
    net::SEND_FAILED,
    net::CONNECT_FAILED,
    net::UNKNOWN_HOST,
    ssl::TIMEOUT,
    mqtt::KEEP_ALIVE_TIMEOUT,
    mqtt::REFUSED_SERVER_UNAVAILABLE,
    // The client begins with a clean session by itself then.
    mqtt::SESSION_OVERFLOW,
];

/// One line without its end.
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

/// Text that came from outside, with its control characters escaped, so that it cannot end the line or drive a terminal.
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
