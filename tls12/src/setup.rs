//! What can be told to be wrong before anything is sent, and how large the lent memory has to be.

use core::fmt;

use status::{Error, Status, ssl};

use crate::Connection;
use crate::record::{MAX_OVERHEAD, MAX_PLAINTEXT_LENGTH};
use crate::session::MAX_LENGTH_WITHOUT_TICKET;

/// Why [`Connection::new`] refuses; becomes a [`status::Error`] or a [`Status`] by `?`.
///
/// ```
/// use tls12::{Config, Connection, Peer, SetupError};
///
/// let (config, mut rx, mut tx) = (Config::default(), [0; 512], [0; Connection::MIN_TX]);
/// let refused = Connection::new(&config, Peer::new("broker.example", 0), &mut rx, &mut tx, &mut []).err();
/// assert_eq!(refused, Some(SetupError::ReceiveBuffer { needed: Connection::MIN_RX }));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum SetupError {
    /// `rx` is too short: `ssl::BUFFER_TOO_SMALL` (-0x6A00).
    ReceiveBuffer {
        /// So many bytes are enough for this configuration.
        needed: usize,
    },
    /// `tx` is too short: `ssl::BUFFER_TOO_SMALL` (-0x6A00).
    SendBuffer {
        /// So many bytes are enough for this configuration.
        needed: usize,
    },
    /// The host, another server name or an application protocol is empty or longer than 255 bytes, or the other server name is an
    /// address: `ssl::BAD_INPUT_DATA` (-0x7100).
    Name,
    /// The client's key is not 1024 to 4096 bits long: `ssl::BAD_CONFIG` (-0x5E80).
    ClientKey {
        /// How long it is.
        bits: usize,
    },
    /// [`crate::Verification::Pinned`] without a pin, or [`crate::Verification::None`] with one: `ssl::BAD_CONFIG` (-0x5E80).
    Pins,
}

impl SetupError {
    /// The code.
    #[must_use]
    pub const fn error(self) -> Error {
        match self {
            Self::ReceiveBuffer { .. } | Self::SendBuffer { .. } => ssl::BUFFER_TOO_SMALL,
            Self::Name => ssl::BAD_INPUT_DATA,
            Self::ClientKey { .. } | Self::Pins => ssl::BAD_CONFIG,
        }
    }
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReceiveBuffer { needed } => {
                write!(f, "receive buffer too small: {needed} bytes are needed")
            }
            Self::SendBuffer { needed } => write!(f, "send buffer too small: {needed} bytes are needed"),
            Self::Name => {
                f.write_str("host, server name or application protocol is empty, too long, or an address")
            }
            Self::ClientKey { bits } => write!(f, "client key of {bits} bits: 1024 to 4096 are possible"),
            Self::Pins => f.write_str("verification by pins needs a pin, and no verification takes none"),
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

/// How large the lent memory has to be, for arrays and statics:
///
/// ```
/// use tls12::Connection;
///
/// static RX: [u8; Connection::rx_for_key(2048)] = [0; Connection::rx_for_key(2048)];
/// # assert!(RX.len() >= Connection::MIN_RX);
/// ```
impl Connection<'_> {
    /// The smallest receive buffer that a handshake is possible with.
    pub const MIN_RX: usize = MIN_BUFFER;
    /// The smallest send buffer that a handshake is possible with: enough to verify a chain of keys of 2048 bits.
    pub const MIN_TX: usize = Self::tx_for_keys(2048);
    /// A receive buffer for servers that honour max_fragment_length 4096, or 2048 and less with a certificate chain of up to
    /// 4 KB a certificate.
    pub const SMALL_RX: usize = Self::rx_for_records(4096);
    /// A receive buffer for every record that TLS allows.
    pub const FULL_RX: usize = Self::rx_for_records(MAX_PLAINTEXT_LENGTH);
    /// A send buffer in which the verification of keys of up to 4096 bits finds its workspace, and a record of 4096 bytes its place.
    pub const GOOD_TX: usize = x509::verify::WORKSPACE + accel::MAX_MODULUS_LENGTH;
    /// A session buffer for tickets as servers make them: about 200 bytes, or 1 to 2 KB with a client certificate inside; Java's have 1950
    /// bytes, and 2781 with a client certificate of 2048 bits.
    pub const GOOD_SESSION: usize = 3072;

    /// The smallest receive buffer for a client key of so many bits, which signs in it; 0 for no client certificate.
    #[must_use]
    pub const fn rx_for_key(bits: usize) -> usize {
        let signature = if bits == 0 { 0 } else { accel::rsa_private_workspace(bits.div_ceil(8)) };
        if signature > Self::MIN_RX { signature } else { Self::MIN_RX }
    }

    /// The receive buffer in which records of up to so many bytes of plaintext have a place, whatever protects them; a server keeps to
    /// less than 16384 where it honours [`crate::Config::max_fragment_length`].
    #[must_use]
    pub const fn rx_for_records(plaintext: usize) -> usize {
        plaintext.saturating_add(MAX_OVERHEAD + MAX_EXTRA_PADDING)
    }

    /// The send buffer for chains of RSA keys of up to so many bits: workspace, signatures, and the server's key.
    #[must_use]
    pub const fn tx_for_keys(bits: usize) -> usize {
        let modulus = bits.div_ceil(8);
        x509::verify::rsa_workspace(modulus).saturating_add(modulus)
    }

    /// The session buffer for tickets of up to so many bytes.
    #[must_use]
    pub const fn session_for_ticket(length: usize) -> usize {
        MAX_LENGTH_WITHOUT_TICKET.saturating_add(length)
    }
}

/// Room for the longest message but those that are read in pieces; and enough to encrypt to a key of 2048 bits.
const MIN_BUFFER: usize = {
    let workspace = accel::rsa_public_workspace(256);
    if workspace > 1024 { workspace } else { 1024 }
};
/// A CBC record may have up to 255 bytes of padding where 15 are enough (RFC 5246 §6.2.3.2).
const MAX_EXTRA_PADDING: usize = 240;
