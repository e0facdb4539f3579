//! Whom a connection trusts: how far the server's certificate is verified, what it is pinned to, and who may look at it besides.
//!
//! Nothing here can turn a refusal into an acceptance. A pin and an [`Observer`] add flags to what the verification has found, and no
//! flag is ever taken away.

use accel::{Accel, Digest, Hash, HashAlgorithm};
use status::{Error, Flags};
use x509::Certificate;

/// How far the server's certificate is verified.
///
/// | | anchors, dates, signatures | host | pins | a flag refuses |
/// |---|---|---|---|---|
/// | `Required` | yes | yes | if there are any | yes |
/// | `ChainOnly` | yes | no | if there are any | yes |
/// | `Pinned` | no | no | yes | yes |
/// | `Optional` | yes | yes | if there are any | no |
/// | `None` | no | no | no | |
///
/// ```
/// use tls12::{Config, Pin, Verification};
///
/// // A broker with a certificate of its own making: its key is what is trusted.
/// const KEY: Pin = Pin::PublicKey([0x5A; 32]);
/// let config = Config { verification: Verification::Pinned, pins: &[KEY], ..Config::default() };
/// # let _ = config;
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum Verification {
    /// The chain must lead to an anchor, be valid now, and name the host.
    #[default]
    Required,
    /// The chain must lead to an anchor and be valid now, but may name any host: whoever has a certificate of this issuer is the
    /// server. `None` for [`crate::Config::anchors`] refuses every server here, too.
    ChainOnly,
    /// The server's own certificate must be one of [`crate::Config::pins`], and its key fit for what it is used for. Anchors, names, dates
    /// and the rest of the chain are not looked at (as RFC 7671 §5.1 has it for a certificate that is known).
    Pinned,
    /// Everything is verified as with `Required`, and nothing is refused: the application has to look at
    /// [`crate::Connection::verdict`] before it says anything that a stranger must not hear. As `MBEDTLS_SSL_VERIFY_OPTIONAL`. Only what
    /// cannot be read, verified within bounds, or encrypted to fails, and what an [`Observer`] refuses.
    Optional,
    /// Whoever answers is the server: protects against listeners only. Its certificate must still parse.
    None,
}

impl Verification {
    /// Whether the path from the server's certificate to an anchor is verified.
    pub(crate) const fn builds_path(self) -> bool {
        matches!(self, Self::Required | Self::ChainOnly | Self::Optional)
    }

    /// Whether the certificate must name the host.
    pub(crate) const fn asks_for_host(self) -> bool {
        matches!(self, Self::Required | Self::Optional)
    }
}

/// What the server's own certificate has to be: itself, or one with a certain key. SHA-256 of DER, as 32 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Pin {
    /// SHA-256 of the certificate: `openssl x509 -outform DER | sha256sum`. A renewed certificate is another one.
    Certificate([u8; DIGEST_LENGTH]),
    /// SHA-256 of its SubjectPublicKeyInfo (RFC 7469 §2.4): `openssl x509 -pubkey -noout | openssl pkey -pubin -outform DER | sha256sum`.
    /// Survives a renewal that keeps the key.
    PublicKey([u8; DIGEST_LENGTH]),
}

impl Pin {
    /// A name for its kind.
    pub(crate) const fn kind(&self) -> &'static [u8] {
        match self {
            Self::Certificate(_) => b"certificate",
            Self::PublicKey(_) => b"public key",
        }
    }

    /// The digest.
    pub(crate) const fn digest(&self) -> &[u8] {
        match self {
            Self::Certificate(digest) | Self::PublicKey(digest) => digest,
        }
    }
}

/// Whether a certificate is one of `pins`; `digest` is its own.
///
/// # Errors
/// Those of [`accel::Hash`].
pub(crate) fn is_pinned<A: Accel>(
    pins: &[Pin],
    certificate: &Certificate<'_>,
    digest: &[u8; DIGEST_LENGTH],
    accel: &mut A,
) -> Result<bool, Error> {
    let mut key = [0; DIGEST_LENGTH];
    if pins.iter().any(|pin| matches!(pin, Pin::PublicKey(_))) {
        key = sha256(accel, certificate.public_key_info())?;
    }
    Ok(pins.iter().any(|pin| match pin {
        Pin::Certificate(pinned) => pinned == digest,
        Pin::PublicKey(pinned) => *pinned == key,
    }))
}

/// What verification has found.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Verdict {
    /// What is wrong with the chain; nothing when it is good.
    pub flags: Flags,
    /// The place in the path of the first certificate that has a flag; 0 is the server's own.
    pub depth: u8,
}

impl Verdict {
    pub(crate) const fn new(flags: Flags, depth: u8) -> Self {
        Self { flags, depth }
    }

    /// Adds flags of the certificate at this depth.
    pub(crate) const fn add(&mut self, flags: Flags, depth: u8) {
        if self.flags.is_empty() && !flags.is_empty() {
            self.depth = depth;
        }
        self.flags = self.flags.or(flags);
    }
}

/// A certificate that the server has sent.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Presented<'c, 'd> {
    /// The certificate: to be described, digested or compared as long as it is here.
    pub certificate: &'c Certificate<'d>,
    /// Its place in the path, 0 for the server's own; none for one that no path leads through so far.
    pub depth: Option<u8>,
    /// What has been found on the path up to it. That it leads to no anchor shows in the verdict only.
    pub flags: Flags,
}

/// Sees the server's certificates and the verdict, and may refuse what was found good.
///
/// The flags that it returns are added to those that were found and refuse the server, with every [`Verification`]; `Flags::OTHER` is for
/// reasons that have no flag of their own. It cannot take one away, so that it never makes a bad chain good. Nobody is asked when a
/// session is resumed: the server's certificate is not sent then.
///
/// ```
/// use core::sync::atomic::{AtomicBool, Ordering};
/// use status::Flags;
/// use tls12::{Config, Observer, Presented, Verdict};
///
/// /// Refuses certificates with a serial number of one byte, and notes whether anything was wrong.
/// #[derive(Default)]
/// struct House {
///     complained: AtomicBool,
/// }
///
/// impl Observer for House {
///     fn certificate(&self, presented: &Presented<'_, '_>) -> Flags {
///         if presented.certificate.serial().len() < 2 { Flags::OTHER } else { Flags::NONE }
///     }
///
///     fn verdict(&self, verdict: Verdict) -> Flags {
///         self.complained.store(!verdict.flags.is_empty(), Ordering::Relaxed);
///         Flags::NONE
///     }
/// }
///
/// let house = House::default();
/// let config = Config { observer: Some(&house), ..Config::default() };
/// # let _ = config;
/// ```
pub trait Observer: Sync {
    /// A certificate has come and, if that is asked for, been verified: the server's own first, then the others in the order of the
    /// message, but for those that are skipped because they cannot be read and no path may need them.
    fn certificate(&self, presented: &Presented<'_, '_>) -> Flags {
        let _ = presented;
        Flags::NONE
    }

    /// The whole chain has come, and this is what has been found, what was added above included.
    fn verdict(&self, verdict: Verdict) -> Flags {
        let _ = verdict;
        Flags::NONE
    }
}

/// The length of SHA-256's digest.
pub(crate) const DIGEST_LENGTH: usize = 32;

/// SHA-256.
///
/// # Errors
/// Those of [`accel::Hash`].
#[inline(never)]
pub(crate) fn sha256<A: Hash + ?Sized>(accel: &mut A, bytes: &[u8]) -> Result<[u8; DIGEST_LENGTH], Error> {
    // Used in the place where it is made: a copy is 70 bytes of stack.
    accel.hash(HashAlgorithm::Sha256, &[bytes]).as_ref().map(array).map_err(|error| *error)
}

/// The digest of SHA-256 as an array.
pub(crate) fn array(digest: &Digest) -> [u8; DIGEST_LENGTH] {
    digest.as_bytes().first_chunk().copied().unwrap_or_default()
}
