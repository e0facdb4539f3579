//! The signature algorithms of TLS 1.2 (RFC 5246 §7.4.1.4.1): a hash and a kind of key.

use accel::HashAlgorithm;

/// A `SignatureAndHashAlgorithm` as it stands on the wire; values that are not known here survive.
///
/// ```
/// use tls12::SignatureAlgorithm;
///
/// // As it stands on the wire: the hash, then the kind of key (RFC 5246 §7.4.1.4.1).
/// assert_eq!(SignatureAlgorithm::RSA_SHA256, SignatureAlgorithm(0x0401));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SignatureAlgorithm(pub u16);

/// The kind of key that makes a signature.
///
/// ```
/// use tls12::SignatureKey;
///
/// // What a server asks for with its signature algorithms (RFC 5246 §7.4.4): this client has RSA keys.
/// assert_ne!(SignatureKey::Rsa, SignatureKey::Ecdsa);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SignatureKey {
    /// RSA with PKCS#1 v1.5.
    Rsa,
    /// ECDSA.
    Ecdsa,
}

impl SignatureAlgorithm {
    /// ECDSA with SHA-512.
    pub const ECDSA_SHA512: Self = Self(0x0603);
    /// RSA with SHA-512.
    pub const RSA_SHA512: Self = Self(0x0601);
    /// ECDSA with SHA-384.
    pub const ECDSA_SHA384: Self = Self(0x0503);
    /// RSA with SHA-384.
    pub const RSA_SHA384: Self = Self(0x0501);
    /// ECDSA with SHA-256.
    pub const ECDSA_SHA256: Self = Self(0x0403);
    /// RSA with SHA-256.
    pub const RSA_SHA256: Self = Self(0x0401);
    /// ECDSA with SHA-224.
    pub const ECDSA_SHA224: Self = Self(0x0303);
    /// RSA with SHA-224.
    pub const RSA_SHA224: Self = Self(0x0301);
    /// ECDSA with SHA-1.
    pub const ECDSA_SHA1: Self = Self(0x0203);
    /// RSA with SHA-1.
    pub const RSA_SHA1: Self = Self(0x0201);

    /// The ten that a ClientHello offers, in their order.
    pub const OFFERED: [Self; 10] = [
        Self::ECDSA_SHA512,
        Self::RSA_SHA512,
        Self::ECDSA_SHA384,
        Self::RSA_SHA384,
        Self::ECDSA_SHA256,
        Self::RSA_SHA256,
        Self::ECDSA_SHA224,
        Self::RSA_SHA224,
        Self::ECDSA_SHA1,
        Self::RSA_SHA1,
    ];

    /// The kind of key and the hash; none for a value that is not one of the ten.
    #[must_use]
    pub const fn parts(self) -> Option<(SignatureKey, HashAlgorithm)> {
        let [hash, key] = self.0.to_be_bytes();
        let hash = match hash {
            2 => HashAlgorithm::Sha1,
            3 => HashAlgorithm::Sha224,
            4 => HashAlgorithm::Sha256,
            5 => HashAlgorithm::Sha384,
            6 => HashAlgorithm::Sha512,
            _ => return None,
        };
        match key {
            1 => Some((SignatureKey::Rsa, hash)),
            3 => Some((SignatureKey::Ecdsa, hash)),
            _ => None,
        }
    }
}
