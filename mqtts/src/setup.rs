//! Why a client cannot be made: which buffer is too short and what it needs, or which setting is invalid.

use core::fmt;

use status::{
    Error, Status,
    mqtt::{BAD_INPUT_DATA, BUFFER_TOO_SMALL},
    ssl,
};

/// Why [`Client::new`](crate::Client::new) refuses; becomes a [`status::Error`] or a [`Status`] by `?`.
///
/// ```
/// use mqtts::{Buffers, Client, Security, Settings, SetupError};
///
/// let (mut rx, mut tx, mut spill) = ([0; 512], [0; 512], [0; 256]);
/// let buffers = Buffers { rx: &mut rx, tx: &mut tx, session: &mut [], spill: &mut spill, in_flight: &mut [0; 32] };
/// let refused = Client::new(Settings::new(Security::Plain, "kitchen"), buffers).err();
/// assert_eq!(refused, Some(SetupError::InFlight { needed: 64 }));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum SetupError {
    /// [`Buffers::rx`](crate::Buffers::rx) is too short: `ssl::BUFFER_TOO_SMALL` (-0x6A00).
    ReceiveBuffer {
        /// This many bytes are enough for these settings.
        needed: usize,
    },
    /// [`Buffers::tx`](crate::Buffers::tx) is too short: `ssl::BUFFER_TOO_SMALL` (-0x6A00).
    SendBuffer {
        /// This many bytes are enough for these settings.
        needed: usize,
    },
    /// [`Buffers::spill`](crate::Buffers::spill) is too short: `mqtt::BUFFER_TOO_SMALL` (-0x9580).
    Spill {
        /// The smallest length in bytes.
        needed: usize,
    },
    /// [`Buffers::in_flight`](crate::Buffers::in_flight) is neither empty nor long enough: `mqtt::BUFFER_TOO_SMALL` (-0x9580).
    InFlight {
        /// The smallest length in bytes.
        needed: usize,
    },
    /// [`Settings::mqtt`](crate::Settings::mqtt) contradicts itself: `mqtt::BAD_INPUT_DATA` (-0x9080).
    Options,
    /// The TLS settings are invalid: -0x7100 for a name, -0x5E80 for a key or pins.
    Tls(tls12::SetupError),
}

impl SetupError {
    /// The error code.
    #[must_use]
    pub const fn error(self) -> Error {
        match self {
            Self::ReceiveBuffer { .. } | Self::SendBuffer { .. } => ssl::BUFFER_TOO_SMALL,
            Self::Spill { .. } | Self::InFlight { .. } => BUFFER_TOO_SMALL,
            Self::Options => BAD_INPUT_DATA,
            Self::Tls(error) => error.error(),
        }
    }
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (buffer, needed) = match *self {
            Self::ReceiveBuffer { needed } => ("rx", needed),
            Self::SendBuffer { needed } => ("tx", needed),
            Self::Spill { needed } => ("spill", needed),
            Self::InFlight { needed } => ("in_flight", needed),
            Self::Options => return mqtt::SetupError::Options.fmt(f),
            Self::Tls(error) => return error.fmt(f),
        };
        write!(f, "{buffer} too small: {needed} bytes are needed")
    }
}

impl core::error::Error for SetupError {}

impl From<tls12::SetupError> for SetupError {
    fn from(error: tls12::SetupError) -> Self {
        match error {
            tls12::SetupError::ReceiveBuffer { needed } => Self::ReceiveBuffer { needed },
            tls12::SetupError::SendBuffer { needed } => Self::SendBuffer { needed },
            other => Self::Tls(other),
        }
    }
}

impl From<mqtt::SetupError> for SetupError {
    fn from(error: mqtt::SetupError) -> Self {
        match error {
            mqtt::SetupError::Spill { needed } => Self::Spill { needed },
            mqtt::SetupError::InFlight { needed } => Self::InFlight { needed },
            _ => Self::Options,
        }
    }
}

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
