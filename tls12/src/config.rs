//! What a connection is told: [`Config`], which many connections share, and [`Peer`], which belongs to one.
//!
//! Nothing here is checked while it is being written; [`crate::Connection::new`] looks at all of it once, so that a mistake
//! shows before the first byte goes out.

use status::{Error, ssl};

use crate::Suite;

/// What is fixed for every connection of a device: whom it trusts, who it is, and what it offers.
///
/// `Config { anchors: Some(bundle), ..Config::default() }` is a client that verifies its server and offers everything.
#[derive(Clone, Copy)]
pub struct Config<'b> {
    /// The certificates that are trusted. `None` with [`Verification::Required`] refuses every server with -0x7680.
    pub anchors: Option<x509::Bundle<'b>>,
    /// Our own certificate and key, for a server that asks for them. Without one an empty certificate is sent.
    pub identity: Option<Identity<'b>>,
    /// Whether the server's certificate is verified.
    pub verification: Verification,
    /// Which algorithms and key sizes are good enough in a chain.
    pub policy: x509::Policy,
    /// The cipher suites to offer, in this order.
    pub suites: Suites,
    /// Asks the server for shorter records (RFC 6066 §4), so that a small receive buffer is enough.
    pub max_fragment_length: Option<MaxFragmentLength>,
    /// Application protocols to offer, the best first, each 1 to 255 bytes long (RFC 7301 §3.1); empty for none.
    pub alpn: &'b [&'b [u8]],
    /// Whether session tickets are asked for (RFC 5077). Resumption by session id needs no permission.
    pub session_tickets: bool,
}

impl Config<'_> {
    /// What can be told to be wrong before anything is sent.
    pub(crate) fn check(&self, peer: &Peer<'_>) -> Result<(), Error> {
        let names = [peer.host.as_bytes()].into_iter().chain(self.alpn.iter().copied());
        if names.clone().any(|name| name.is_empty() || name.len() > MAX_NAME_LENGTH) {
            return Err(ssl::BAD_INPUT_DATA);
        }
        let key_bits = self.identity.map(|identity| identity.key.bits());
        match key_bits {
            Some(bits) if !CLIENT_KEY_BITS.contains(&bits) => Err(ssl::BAD_CONFIG),
            _ => Ok(()),
        }
    }
}

/// A certificate chain, the own certificate first, and the private key that belongs to it.
#[derive(Clone, Copy)]
pub struct Identity<'b> {
    /// The chain as it is sent to the server.
    pub chain: x509::Bundle<'b>,
    /// The key of the chain's first certificate.
    pub key: &'b x509::PrivateKey<'b>,
}

impl Identity<'_> {
    /// Bytes of lent memory for a signature.
    pub(crate) fn workspace(&self) -> usize {
        accel::rsa_private_workspace(self.key.bits().div_ceil(8))
    }
}

/// Whether the server's certificate is verified.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Verification {
    /// The chain must lead to an anchor, be valid now, and name the host.
    #[default]
    Required,
    /// The chain must lead to an anchor and be valid now, but may name any host: whoever has a certificate of this issuer is the
    /// server. `None` for [`Config::anchors`] refuses every server here, too.
    ChainOnly,
    /// Whoever answers is the server: protects against listeners only. Its certificate must still parse.
    None,
}

/// What belongs to one connection. Has no Debug: a session is a secret.
#[derive(Clone, Copy)]
pub struct Peer<'b> {
    /// The server's DNS name or IP address, as its certificate must name it; at most 255 bytes.
    pub host: &'b str,
    /// The time, in seconds since 1970-01-01 00:00:00 UTC.
    pub now: u64,
    /// What [`crate::Connection::session`] returned at the end of an earlier connection; empty for none.
    /// Bytes that do not fit this configuration, host or time are ignored.
    pub session: &'b [u8],
}

impl Default for Config<'_> {
    fn default() -> Self {
        Self {
            anchors: None,
            identity: None,
            verification: Verification::Required,
            policy: x509::Policy::default(),
            suites: Suites::ALL,
            max_fragment_length: None,
            alpn: &[],
            session_tickets: true,
        }
    }
}

/// An ordered choice among the ten suites.
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
    /// `ssl::BAD_INPUT_DATA` (-0x7100) when there is none, or one stands twice.
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
    pub fn contains(&self, suite: Suite) -> bool {
        self.iter().any(|chosen| chosen == suite)
    }
}

/// A limit on the plaintext of a record (RFC 6066 §4).
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
    pub const fn bytes(self) -> usize {
        match self {
            Self::Bytes512 => 512,
            Self::Bytes1024 => 1024,
            Self::Bytes2048 => 2048,
            Self::Bytes4096 => 4096,
        }
    }

    /// The extension's byte, 1 to 4.
    pub const fn code(self) -> u8 {
        match self {
            Self::Bytes512 => 1,
            Self::Bytes1024 => 2,
            Self::Bytes2048 => 3,
            Self::Bytes4096 => 4,
        }
    }

    /// The limit of so many bytes, if the extension can say it.
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
/// The client keys of the application note §1, and up to what the accelerators compute with.
const CLIENT_KEY_BITS: core::ops::RangeInclusive<usize> = 1024..=4096;
