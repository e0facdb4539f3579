//! What went wrong, as one line and an exit status.
//!
//! Wrong use of the command is not a failure of the stack and has no status code: it exits with 2, as usual on Unix.
//! Everything else is a [`Status`] with its code, and where it helps the place: a file, or a host and port.

use std::{
    fmt,
    io::{self, Write},
    process::ExitCode,
};

use status::{Error, Status};

/// Why `mqtts` stops.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line cannot be understood, or contradicts itself.
    Usage(String),
    /// A code of the stack, and the file or address that it is about (empty where the code says it all).
    Status {
        /// The code with its circumstances.
        status: Status,
        /// The file or address.
        place: String,
    },
    /// Standard output cannot be written.
    Output(io::Error),
    /// A signal came before the work was done.
    Interrupted,
}

impl Failure {
    /// A bare code that is about `place`.
    pub(crate) fn at(error: Error, place: impl fmt::Display) -> Self {
        Self::Status { status: Status::new(error), place: place.to_string() }
    }

    /// Prints the line. Where standard error is gone there is nobody left to tell.
    pub(crate) fn print(&self) {
        let _ = writeln!(io::stderr(), "{self}");
    }

    /// 2 for wrong use, 1 for everything else.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Usage(_) => ExitCode::from(2),
            Self::Status { .. } | Self::Output(_) | Self::Interrupted => ExitCode::FAILURE,
        }
    }
}

/// One line without its end.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(text) => write!(f, "mqtts: {}", OneLine(text)),
            Self::Status { status, place } if place.is_empty() => write!(f, "status: {status}"),
            Self::Status { status, place } => write!(f, "status: {status} ({})", OneLine(place)),
            Self::Output(error) => write!(f, "mqtts: standard output: {error}"),
            Self::Interrupted => f.write_str("mqtts: interrupted"),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Status { status: Status::new(error), place: String::new() }
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        Self::Status { status, place: String::new() }
    }
}

impl From<lexopt::Error> for Failure {
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
