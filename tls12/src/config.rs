//! The settings of a connection: [`Config`], shared by many connections, and [`Peer`], which belongs to one.
//!
//! [`crate::Connection::new`] checks all of it once, so that a mistake shows before the first byte is sent.

use status::{Error, ssl};

use crate::setup::SetupError;
use crate::trust::{Observer, Pin, Verification};
use crate::{Connection, Suite};

/// The settings of a device for all its connections: whom it trusts, which certificate it presents, and what it offers.
///
/// Write `..Config::default()` at the end: later versions may add fields.
///
/// ```
/// use tls12::{Config, MaxFragmentLength};
/// use x509::Bundle;
///
/// /// A client that verifies its server, in a window of 4 KB.
/// fn config(anchors: Bundle<'_>) -> Config<'_> {
///     let max_fragment_length = Some(MaxFragmentLength::Bytes4096);
///     Config { anchors: Some(anchors), max_fragment_length, ..Config::default() }
/// }
/// # let _ = config;
/// ```
#[derive(Clone, Copy)]
pub struct Config<'b> {
    /// The certificates that are trusted. `None` with [`Verification::Required`] refuses every server with -0x7680.
    pub anchors: Option<x509::Bundle<'b>>,
    /// Our own certificate and key, for a server that asks for them. Without one an empty certificate is sent.
    pub identity: Option<Identity<'b>>,
    /// How far the server's certificate is verified.
    pub verification: Verification,
    /// The server's own certificate must match one of these; empty to allow any. Used in addition to the anchors, or with
    /// [`Verification::Pinned`] instead of them. A certificate that matches none gets the flag `OTHER`, and is refused with -0x2700 and
    /// access_denied.
    pub pins: &'b [Pin],
    /// Is shown the server's certificates and the verdict, and may refuse them.
    pub observer: Option<&'b dyn Observer>,
    /// Which name is sent to the server (RFC 6066 §3).
    pub server_name: ServerName<'b>,
    /// Which algorithms and key sizes are allowed in a chain.
    pub policy: x509::Policy,
    /// The cipher suites to offer, in this order.
    pub suites: Suites,
    /// Asks the server for shorter records (RFC 6066 §4), so that a small receive buffer is enough.
    pub max_fragment_length: Option<MaxFragmentLength>,
    /// Application protocols to offer, in order of preference, each 1 to 255 bytes long (RFC 7301 §3.1); may be empty.
    pub alpn: &'b [&'b [u8]],
    /// Whether to ask for session tickets (RFC 5077). Resumption by session id needs no setting.
    pub session_tickets: bool,
}

impl Config<'_> {
    /// Checks everything that can be checked before anything is sent, including the buffers' lengths.
    pub(crate) fn check(&self, peer: &Peer<'_>, rx: usize, tx: usize) -> Result<(), SetupError> {
        let other_name = match self.server_name {
            ServerName::Other(name) => Some(name),
            _ => None,
        };
        let names = [peer.host.as_bytes()].into_iter().chain(self.alpn.iter().copied());
        let is_bad = |name: &[u8]| name.is_empty() || name.len() > MAX_NAME_LENGTH;
        // RFC 6066 §3: an IP address is not a name.
        if names.chain(other_name.map(str::as_bytes)).any(is_bad) || other_name.is_some_and(x509::is_address)
        {
            return Err(SetupError::Name);
        }
        let pins = match self.verification {
            Verification::Pinned => !self.pins.is_empty(),
            Verification::None => self.pins.is_empty(),
            _ => true,
        };
        if !pins {
            return Err(SetupError::Pins);
        }
        let bits = self.identity.map_or(0, |identity| identity.key.bits());
        if self.identity.is_some() && !CLIENT_KEY_BITS.contains(&bits) {
            return Err(SetupError::ClientKey { bits });
        }
        let needed = Connection::rx_for_key(bits);
        if rx < needed {
            return Err(SetupError::ReceiveBuffer { needed });
        }
        let needed = Connection::MIN_TX;
        if tx < needed { Err(SetupError::SendBuffer { needed }) } else { Ok(()) }
    }
}

/// The name in the server_name extension. A server with several certificates selects one by it (RFC 6066 §3).
///
/// ```
/// use tls12::{Config, ServerName};
///
/// // The broker stands behind a gateway that chooses by name; its certificate is for `Peer::host`.
/// let config = Config { server_name: ServerName::Other("gateway.example"), ..Config::default() };
/// assert_eq!(config.server_name, ServerName::Other("gateway.example"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum ServerName<'b> {
    /// [`Peer::host`], unless that is an IP address.
    #[default]
    Host,
    /// No name is sent, whatever name is verified.
    Omit,
    /// A name other than the verified one, 1 to 255 bytes and not an IP address. For example for a server behind a gateway.
    Other(&'b str),
}

impl<'b> ServerName<'b> {
    /// The name that is sent, without a final dot.
    pub(crate) fn of(self, host: &'b str) -> Option<&'b str> {
        let name = match self {
            Self::Host => host,
            Self::Omit => return None,
            Self::Other(name) => name,
        };
        let without_dot = name.strip_suffix('.').unwrap_or(name);
        (!x509::is_address(name) && !without_dot.is_empty()).then_some(without_dot)
    }
}

/// A certificate chain, the own certificate first, and the private key that belongs to it.
///
/// ```
/// use tls12::{Config, Identity};
/// use x509::{Bundle, PrivateKey};
///
/// /// A client that shows who it is where the server asks.
/// fn config<'b>(anchors: Bundle<'b>, chain: Bundle<'b>, key: &'b PrivateKey<'b>) -> Config<'b> {
///     Config { anchors: Some(anchors), identity: Some(Identity { chain, key }), ..Config::default() }
/// }
/// # let _ = config;
/// ```
#[derive(Clone, Copy)]
pub struct Identity<'b> {
    /// The chain as it is sent to the server.
    pub chain: x509::Bundle<'b>,
    /// The key of the chain's first certificate.
    pub key: &'b x509::PrivateKey<'b>,
}

/// The settings of one connection. No `Debug`, because a session is secret.
///
/// ```
/// use tls12::Peer;
///
/// # let kept = &[];
/// let peer = Peer { session: kept, ..Peer::new("broker.example", 1_800_000_000) };
/// # let _ = peer;
/// ```
#[derive(Clone, Copy)]
pub struct Peer<'b> {
    /// The server's DNS name or IP address, as its certificate must name it; at most 255 bytes.
    pub host: &'b str,
    /// The time, in seconds since 1970-01-01 00:00:00 UTC.
    pub now: u64,
    /// The bytes that [`crate::Connection::session`] returned at the end of an earlier connection; may be empty. Ignored if they do not
    /// fit this configuration, host or time.
    pub session: &'b [u8],
}

impl<'b> Peer<'b> {
    /// A server without a session to resume.
    #[must_use]
    pub const fn new(host: &'b str, now: u64) -> Self {
        Self { host, now, session: &[] }
    }
}

impl Default for Config<'_> {
    fn default() -> Self {
        Self {
            anchors: None,
            identity: None,
            verification: Verification::Required,
            pins: &[],
            observer: None,
            server_name: ServerName::Host,
            policy: x509::Policy::default(),
            suites: Suites::ALL,
            max_fragment_length: None,
            alpn: &[],
            session_tickets: true,
        }
    }
}

/// The cipher suites to offer, in order.
///
/// ```
/// use tls12::{Config, Suite, Suites};
///
/// let suite = Suite::from_name("TLS_RSA_WITH_AES_128_GCM_SHA256").unwrap();
/// let config = Config { suites: Suites::new(&[suite])?, ..Config::default() };
/// assert!(config.suites.iter().eq([suite]));
/// # Ok::<(), status::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Suites {
    list: [Suite; Suite::ALL.len()],
    count: usize,
}

impl Suites {
    /// All ten, in the order of the application note §2.3.
    pub const ALL: Self = Self { list: Suite::ALL, count: Suite::ALL.len() };

    /// These suites in this order.
    ///
    /// # Errors
    /// `ssl::BAD_INPUT_DATA` (-0x7100) when `suites` is empty or has a suite twice.
    pub fn new(suites: &[Suite]) -> Result<Self, Error> {
        let mut chosen = Self { list: Suite::ALL, count: 0 };
        for suite in suites {
            if chosen.contains(*suite) {
                return Err(ssl::BAD_INPUT_DATA);
            }
            let slot = chosen.list.get_mut(chosen.count).ok_or(ssl::BAD_INPUT_DATA)?;
            *slot = *suite;
            chosen.count = chosen.count.saturating_add(1);
        }
        if chosen.count == 0 { Err(ssl::BAD_INPUT_DATA) } else { Ok(chosen) }
    }

    /// The suites in their order.
    pub fn iter(&self) -> impl Iterator<Item = Suite> + '_ {
        self.list.iter().take(self.count).copied()
    }

    /// Whether `suite` is among them.
    #[must_use]
    pub fn contains(&self, suite: Suite) -> bool {
        self.iter().any(|chosen| chosen == suite)
    }
}

/// A limit on the plaintext of a record (RFC 6066 §4).
///
/// ```
/// use tls12::MaxFragmentLength;
///
/// assert_eq!(MaxFragmentLength::from_bytes(2048).map(MaxFragmentLength::bytes), Some(2048));
/// assert_eq!(MaxFragmentLength::from_bytes(3000), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MaxFragmentLength {
    /// 512 bytes.
    Bytes512,
    /// 1024 bytes.
    Bytes1024,
    /// 2048 bytes.
    Bytes2048,
    /// 4096 bytes.
    Bytes4096,
}

impl MaxFragmentLength {
    /// The limit in bytes.
    #[must_use]
    pub const fn bytes(self) -> usize {
        match self {
            Self::Bytes512 => 512,
            Self::Bytes1024 => 1024,
            Self::Bytes2048 => 2048,
            Self::Bytes4096 => 4096,
        }
    }

    /// The extension's byte, 1 to 4.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Bytes512 => 1,
            Self::Bytes1024 => 2,
            Self::Bytes2048 => 3,
            Self::Bytes4096 => 4,
        }
    }

    /// The limit for this number of bytes, if the extension has one.
    #[must_use]
    pub const fn from_bytes(bytes: usize) -> Option<Self> {
        match bytes {
            512 => Some(Self::Bytes512),
            1024 => Some(Self::Bytes1024),
            2048 => Some(Self::Bytes2048),
            4096 => Some(Self::Bytes4096),
            _ => None,
        }
    }
}

/// The longest host name (RFC 1035 §2.3.4) and the longest application protocol (RFC 7301 §3.1).
const MAX_NAME_LENGTH: usize = 255;
/// The client keys of the application note §1, up to the accelerators' largest.
const CLIENT_KEY_BITS: core::ops::RangeInclusive<usize> = 1024..=4096;
