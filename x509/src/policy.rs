//! What a certificate may be signed with: the equivalent of a certificate profile of Mbed TLS.

use accel::HashAlgorithm;

use crate::{PublicKey, SignatureAlgorithm};

/// The algorithms and key lengths that the verification of a chain accepts.
///
/// The default is the device's: SHA-1 and the SHA-2 family, RSA of at least 2048 bits (application note §1), the curves P-256,
/// P-384 and P-521.
///
/// ```
/// use accel::HashAlgorithm::Sha1;
/// use x509::{Policy, SignatureAlgorithm};
///
/// let policy = Policy { sha1: false, minimum_rsa_bits: 3072, ..Policy::default() };
/// assert!(!policy.accepts_signature(SignatureAlgorithm::Rsa(Sha1)));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Policy {
    /// Whether signatures over SHA-1 are accepted.
    pub sha1: bool,
    /// Whether signatures over MD5 are accepted. They can be forged in seconds.
    pub md5: bool,
    /// The shortest modulus of an RSA key, in bits, counted in whole bytes as Mbed TLS does: 2047 pass as 2048. It holds for the server's key and for every key of its chain.
    pub minimum_rsa_bits: u16,
}

impl Default for Policy {
    fn default() -> Self {
        Self { sha1: true, md5: false, minimum_rsa_bits: 2048 }
    }
}

impl Policy {
    /// Whether a signature of this algorithm is accepted.
    #[must_use]
    pub const fn accepts_signature(&self, algorithm: SignatureAlgorithm) -> bool {
        match algorithm.hash() {
            HashAlgorithm::Md5 => self.md5,
            HashAlgorithm::Sha1 => self.sha1,
            _ => true,
        }
    }

    /// Whether a key is accepted. One that no accelerator computes with ([`PublicKey::is_usable`]) is not.
    #[must_use]
    pub fn accepts_key(&self, key: &PublicKey<'_>) -> bool {
        let is_long = match key {
            PublicKey::Rsa(_) => key.bits() >= usize::from(self.minimum_rsa_bits),
            PublicKey::Ec(_) | PublicKey::OtherCurve { .. } => true,
        };
        is_long && key.is_usable()
    }
}

/// The longest public exponent that [`accel::PublicKey`] computes with, in bytes.
pub(crate) const MAX_EXPONENT_LENGTH: usize = 8;
