//! Why a client cannot be made: which buffer is too short and what it needs, or options that contradict each other.

use core::fmt;

use status::{
    Error, Status,
    mqtt::{BAD_INPUT_DATA, BUFFER_TOO_SMALL},
};

/// Why [`Client::new`](crate::Client::new) refuses; becomes a [`status::Error`] or a [`Status`] by `?`.
///
/// ```
/// use mqtt::{Client, Options, SetupError};
///
/// let options = Options { client_id: "kitchen", ..Options::default() };
/// let refused = Client::new(options, &mut [0; 256], &mut [0; 16]).err();
/// assert_eq!(refused, Some(SetupError::InFlight { needed: 64 }));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum SetupError {
    /// `spill` is too short: `mqtt::BUFFER_TOO_SMALL` (-0x9580).
    Spill {
        /// The smallest length in bytes.
        needed: usize,
    },
    /// `in_flight` is neither empty nor long enough: `mqtt::BUFFER_TOO_SMALL` (-0x9580).
    InFlight {
        /// The smallest length in bytes.
        needed: usize,
    },
    /// The options contradict each other, as [`Connect::check`](crate::Connect::check) says: `mqtt::BAD_INPUT_DATA` (-0x9080).
    Options,
}

impl SetupError {
    /// The error code.
    #[must_use]
    pub const fn error(self) -> Error {
        match self {
            Self::Spill { .. } | Self::InFlight { .. } => BUFFER_TOO_SMALL,
            Self::Options => BAD_INPUT_DATA,
        }
    }
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Spill { needed } => write!(f, "spill buffer too small: {needed} bytes are needed"),
            Self::InFlight { needed } => {
                write!(f, "in-flight buffer too small: {needed} bytes are needed, or none for QoS 0 only")
            }
            Self::Options => f.write_str("identifier, user name, password or will contradict each other"),
        }
    }
}

impl core::error::Error for SetupError {}

impl From<SetupError> for Error {
    fn from(error: SetupError) -> Self {
        error.error()
    }
}

impl From<SetupError> for Status {
    fn from(error: SetupError) -> Self {
        Self::new(error.error())
    }
}
