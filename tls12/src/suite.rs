//! The ten cipher suites: RSA key exchange with AES (RFC 5246 §A.5, RFC 5288 §3, RFC 6655 §3 and §6).
//!
//! The table is in the order in which the suites are offered: AES-256 before AES-128, and within a key length GCM, CCM, CBC with SHA-256,
//! CBC with SHA-1, and last CCM_8, whose tag has only 64 bits. Everything that depends on the suite is looked up here.

use core::fmt;

use accel::CipherMode::{self, Cbc, Ccm, Ccm8, Gcm};
use accel::HashAlgorithm::{self, Sha1, Sha256, Sha384};

/// Sent in a ClientHello to say that the client understands RFC 5746 (§3.3). It is no suite and cannot be negotiated.
pub const EMPTY_RENEGOTIATION_INFO_SCSV: u16 = 0x00FF;

/// One of the ten cipher suites.
///
/// ```
/// use tls12::Suite;
///
/// let suite = Suite::from_id(0x009D).unwrap();
/// assert_eq!((suite.name(), suite.key_length(), suite.is_aead()), ("TLS_RSA_WITH_AES_256_GCM_SHA384", 32, true));
/// ```
#[derive(Clone, Copy)]
pub struct Suite(&'static SuiteRow);

struct SuiteRow {
    id: u16,
    name: &'static str,
    key_length: usize,
    mode: CipherMode,
    mac: Option<HashAlgorithm>,
    prf: HashAlgorithm,
}

impl Suite {
    /// All ten, in the order in which they are offered.
    pub const ALL: [Self; COUNT] = {
        let [a, b, c, d, e, f, g, h, i, j] = &ROWS;
        [Self(a), Self(b), Self(c), Self(d), Self(e), Self(f), Self(g), Self(h), Self(i), Self(j)]
    };

    /// The suite with this number in the IANA registry.
    #[must_use]
    pub fn from_id(id: u16) -> Option<Self> {
        ROWS.iter().find(|row| row.id == id).map(Self)
    }

    /// The suite with this IANA name, such as `TLS_RSA_WITH_AES_256_CCM_8`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        ROWS.iter().find(|row| row.name == name).map(Self)
    }

    /// The number in the IANA registry, as it is sent.
    #[must_use]
    pub const fn id(self) -> u16 {
        self.0.id
    }

    /// The name in the IANA registry.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.0.name
    }

    /// The length of the AES key in bytes: 16 or 32.
    #[must_use]
    pub const fn key_length(self) -> usize {
        self.0.key_length
    }

    /// AES's mode of operation.
    #[must_use]
    pub const fn mode(self) -> CipherMode {
        self.0.mode
    }

    /// The hash of the records' HMAC; none for an AEAD suite.
    #[must_use]
    pub const fn mac(self) -> Option<HashAlgorithm> {
        self.0.mac
    }

    /// The hash of the PRF and of the transcript (RFC 5246 §5, §7.4.9).
    #[must_use]
    pub const fn prf(self) -> HashAlgorithm {
        self.0.prf
    }

    /// Whether records are protected by an AEAD algorithm. Encrypt-then-MAC does not apply to these (RFC 7366 §3).
    #[must_use]
    pub const fn is_aead(self) -> bool {
        self.0.mac.is_none()
    }
}

impl PartialEq for Suite {
    fn eq(&self, other: &Self) -> bool {
        self.0.id == other.0.id
    }
}

impl Eq for Suite {}

/// The IANA name.
impl fmt::Debug for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name)
    }
}

/// The IANA name.
impl fmt::Display for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name)
    }
}

/// How many suites there are.
const COUNT: usize = 10;

#[rustfmt::skip]
static ROWS: [SuiteRow; COUNT] = [
    row(0x009D, "TLS_RSA_WITH_AES_256_GCM_SHA384", 32, Gcm,  None,         Sha384),
    row(0xC09D, "TLS_RSA_WITH_AES_256_CCM",        32, Ccm,  None,         Sha256),
    row(0x003D, "TLS_RSA_WITH_AES_256_CBC_SHA256", 32, Cbc,  Some(Sha256), Sha256),
    row(0x0035, "TLS_RSA_WITH_AES_256_CBC_SHA",    32, Cbc,  Some(Sha1),   Sha256),
    row(0xC0A1, "TLS_RSA_WITH_AES_256_CCM_8",      32, Ccm8, None,         Sha256),
    row(0x009C, "TLS_RSA_WITH_AES_128_GCM_SHA256", 16, Gcm,  None,         Sha256),
    row(0xC09C, "TLS_RSA_WITH_AES_128_CCM",        16, Ccm,  None,         Sha256),
    row(0x003C, "TLS_RSA_WITH_AES_128_CBC_SHA256", 16, Cbc,  Some(Sha256), Sha256),
    row(0x002F, "TLS_RSA_WITH_AES_128_CBC_SHA",    16, Cbc,  Some(Sha1),   Sha256),
    row(0xC0A0, "TLS_RSA_WITH_AES_128_CCM_8",      16, Ccm8, None,         Sha256),
];

const fn row(
    id: u16,
    name: &'static str,
    key_length: usize,
    mode: CipherMode,
    mac: Option<HashAlgorithm>,
    prf: HashAlgorithm,
) -> SuiteRow {
    SuiteRow { id, name, key_length, mode, mac, prf }
}
