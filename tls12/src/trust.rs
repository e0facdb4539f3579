//! Whom a connection trusts: how the server's certificate is verified, which certificates are pinned, and who else may inspect them.
//!
//! Nothing here turns a refusal into an acceptance: a pin and an [`Observer`] can only add flags to the result of the verification.

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
    /// The chain must lead to an anchor and be valid now, but may name any host: anyone with a certificate from this issuer can act as the
    /// server. If [`crate::Config::anchors`] is `None`, every server is refused, as with `Required`.
    ChainOnly,
    /// The server's own certificate must match one of [`crate::Config::pins`], and its key must be suitable for its use. Anchors, names,
    /// dates and the rest of the chain are not checked (as RFC 7671 §5.1 says for a known certificate).
    Pinned,
    /// Everything is verified as with `Required`, but nothing is refused, as with `MBEDTLS_SSL_VERIFY_OPTIONAL`. The application must
    /// check [`crate::Connection::verdict`] before it sends anything confidential. The handshake only fails if a certificate cannot be
    /// read, cannot be verified within bounds, has a key that cannot encrypt, or is refused by an [`Observer`].
    Optional,
    /// Any server is accepted. This protects against eavesdroppers only, not against an attacker in the middle. The certificate must still
    /// parse.
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

/// A pinned certificate, or a pinned public key. SHA-256 of its DER, as 32 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Pin {
    /// SHA-256 of the certificate: `openssl x509 -outform DER | sha256sum`. It changes when the certificate is renewed.
    Certificate([u8; DIGEST_LENGTH]),
    /// SHA-256 of its SubjectPublicKeyInfo (RFC 7469 §2.4): `openssl x509 -pubkey -noout | openssl pkey -pubin -outform DER | sha256sum`.
    /// It stays the same if a renewed certificate keeps the key.
    PublicKey([u8; DIGEST_LENGTH]),
}

impl Pin {
    /// The name of the variant.
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

/// Whether a certificate matches one of `pins`; `digest` is the certificate's own.
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

/// The result of the verification.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Verdict {
    /// What is wrong with the chain; empty when it is good.
    pub flags: Flags,
    /// Which certificate of the path is the first one with a flag; 0 is the server's own.
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
    /// The certificate. Describe, digest or compare it during the call.
    pub certificate: &'c Certificate<'d>,
    /// Its place in the path, 0 for the server's own. None if no path has led through it so far.
    pub depth: Option<u8>,
    /// The flags of the path up to this certificate. Whether the path leads to an anchor shows only in the verdict.
    pub flags: Flags,
}

/// Is shown the server's certificates and the verdict, and may refuse what was found good.
///
/// The returned flags are added to those of the verification, and refuse the server with every [`Verification`]. `Flags::OTHER` is for
/// reasons without a flag of their own. Flags cannot be removed, so an observer never makes a bad chain good. It is not called when a
/// session is resumed, because the server sends no certificate then. A session that was made without an observer and without pins is not
/// resumed under an observer: a full handshake shows it the certificate.
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
    /// Called for each certificate, after its verification if there is one: first the server's own, then the others in the order of the
    /// message. Certificates that cannot be read, and that no path may need, are skipped.
    fn certificate(&self, presented: &Presented<'_, '_>) -> Flags {
        let _ = presented;
        Flags::NONE
    }

    /// Called after the whole chain, with the result of the verification and the flags added by [`Observer::certificate`].
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
    // Not copied: a copy takes 70 bytes of stack.
    accel.hash(HashAlgorithm::Sha256, &[bytes]).as_ref().map(array).map_err(|error| *error)
}

/// The digest of SHA-256 as an array.
pub(crate) fn array(digest: &Digest) -> [u8; DIGEST_LENGTH] {
    digest.as_bytes().first_chunk().copied().unwrap_or_default()
}
