//! Why a certificate was not accepted: the flags of `mbedtls_x509_crt_verify`, OR-ed together, with their texts.

use core::{fmt, ops};

/// A set of verification flags with the bit values of Mbed TLS (RFC 5280 §6 leaves the reporting to the implementation).
///
/// ```
/// use status::Flags;
///
/// let flags = Flags::EXPIRED | Flags::CN_MISMATCH;
/// assert!(flags.contains(Flags::EXPIRED) && !flags.is_empty());
/// assert_eq!(Flags::from_bits(flags.bits()), flags);
/// let texts: Vec<&str> = flags.iter().map(|flag| flag.text).collect();
/// assert_eq!(texts[0], "The certificate validity has expired");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Flags(u32);

/// One flag of the table: its bit, the constant's name and its text.
///
/// ```
/// let names: Vec<&str> = status::Flags::NOT_TRUSTED.iter().map(|flag| flag.name).collect();
/// assert_eq!(names, ["NOT_TRUSTED"]);
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Flag {
    /// The single bit.
    pub flag: Flags,
    /// The constant's name (`CN_MISMATCH`).
    pub name: &'static str,
    /// The text that `mbedtls_x509_crt_verify_info` prints.
    pub text: &'static str,
}

impl Flags {
    /// No flag: the certificate is accepted.
    pub const NONE: Self = Self(0);

    /// The flags as Mbed TLS numbers them.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// The flags that Mbed TLS numbers so; bits that stand for none are left out.
    #[must_use]
    pub fn from_bits(bits: u32) -> Self {
        FLAGS.iter().filter(|row| row.flag.0 & bits != 0).fold(Self::NONE, |flags, row| flags.or(row.flag))
    }

    /// Whether no flag is set.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether every flag of `other` is set here.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether any flag of `other` is set here.
    #[must_use]
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// All flags of both; `|` for constants.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The flags of this set that are not in the other.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The rows of the flags that are set, in the table's order.
    pub fn iter(self) -> impl Iterator<Item = &'static Flag> {
        FLAGS.iter().filter(move |row| self.contains(row.flag))
    }
}

impl ops::BitOr for Flags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.or(other)
    }
}

impl ops::BitOrAssign for Flags {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:02X}", self.0)
    }
}

macro_rules! flags {
    ($($name:ident = $bit:literal, $text:literal;)*) => {
        impl Flags {
            $(#[doc = $text] pub const $name: Self = Self($bit);)*
        }

        impl Flags {
            /// Every flag.
            pub const ALL: Self = Self(0 $(| $bit)*);
        }

        /// Every flag with its text, in Mbed TLS's order.
        const FLAGS: &[Flag] = &[
            $(Flag { flag: Flags::$name, name: stringify!($name), text: $text },)*
        ];
    };
}

flags! {
    EXPIRED = 0x01, "The certificate validity has expired";
    REVOKED = 0x02, "The certificate has been revoked (is on a CRL)";
    CN_MISMATCH = 0x04, "The certificate Common Name (CN) does not match with the expected CN";
    NOT_TRUSTED = 0x08, "The certificate is not correctly signed by the trusted CA";
    CRL_NOT_TRUSTED = 0x10, "The CRL is not correctly signed by the trusted CA";
    CRL_EXPIRED = 0x20, "The CRL is expired";
    MISSING = 0x40, "Certificate was missing";
    SKIP_VERIFY = 0x80, "Certificate verification was skipped";
    OTHER = 0x0100, "Other reason (can be used by verify callback)";
    FUTURE = 0x0200, "The certificate validity starts in the future";
    CRL_FUTURE = 0x0400, "The CRL is from the future";
    KEY_USAGE = 0x0800, "Usage does not match the keyUsage extension";
    EXTENDED_KEY_USAGE = 0x1000, "Usage does not match the extendedKeyUsage extension";
    NS_CERT_TYPE = 0x2000, "Usage does not match the nsCertType extension";
    BAD_MD = 0x4000, "The certificate is signed with an unacceptable hash.";
    BAD_PK = 0x8000, "The certificate is signed with an unacceptable PK alg (eg RSA vs ECDSA).";
    BAD_KEY = 0x01_0000, "The certificate is signed with an unacceptable key (eg bad curve, RSA too short).";
    CRL_BAD_MD = 0x02_0000, "The CRL is signed with an unacceptable hash.";
    CRL_BAD_PK = 0x04_0000, "The CRL is signed with an unacceptable PK alg (eg RSA vs ECDSA).";
    CRL_BAD_KEY = 0x08_0000, "The CRL is signed with an unacceptable key (eg bad curve, RSA too short).";
}
