//! The public key of a certificate (RFC 5280 §4.1.2.7): RSA, or a point on P-256, P-384 or P-521. A key on another curve that Mbed TLS knows
//! can be read, since the path may not need it, but not used.

use accel::{EcPublicKey, MAX_MODULUS_LENGTH, MIN_MODULUS_LENGTH, RsaPublicKey};
use status::{Error, asn1, ecp, pk};

use crate::{
    der::{AlgorithmIdentifier, DerReader, INTEGER, OBJECT_IDENTIFIER, SEQUENCE, trim},
    oid,
    policy::MAX_EXPONENT_LENGTH,
};

/// A public key.
///
/// ```
/// use x509::PublicKey;
///
/// fn is_rsa(certificate: &x509::Certificate<'_>) -> bool {
///     matches!(certificate.public_key(), PublicKey::Rsa(_)) && certificate.public_key().is_usable()
/// }
/// # let _ = is_rsa;
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PublicKey<'a> {
    /// RSA (RFC 3279 §2.3.1).
    Rsa(RsaPublicKey<'a>),
    /// A point on a named curve (RFC 5480 §2). Whether it lies on its curve is only found out by using it.
    Ec(EcPublicKey<'a>),
    /// A point on another curve, of which only the length is known: no accelerator computes with it.
    OtherCurve {
        /// The length of the curve's field in bits.
        bits: usize,
    },
}

impl<'a> PublicKey<'a> {
    /// The length of the modulus, counted in whole bytes as Mbed TLS does, or of the curve's field, in bits.
    #[must_use]
    #[inline(never)]
    pub fn bits(&self) -> usize {
        match self {
            Self::Rsa(key) => trim(key.modulus).len().saturating_mul(8),
            Self::Ec(key) => key.curve.bits(),
            Self::OtherCurve { bits } => *bits,
        }
    }

    /// Whether an accelerator computes with such a key: RSA with moduli of 1024 to 4096 bits and exponents of at most 64, and the
    /// three curves.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        match self {
            Self::Rsa(key) => {
                (MIN_MODULUS_LENGTH..=MAX_MODULUS_LENGTH).contains(&trim(key.modulus).len())
                    && trim(key.exponent).len() <= MAX_EXPONENT_LENGTH
            }
            Self::Ec(_) => true,
            Self::OtherCurve { .. } => false,
        }
    }

    /// Reads a SubjectPublicKeyInfo.
    ///
    /// ```text
    ///   SubjectPublicKeyInfo ::= SEQUENCE {
    ///     algorithm          AlgorithmIdentifier,
    ///     subjectPublicKey   BIT STRING }
    /// ```
    pub(crate) fn read(reader: &mut DerReader<'a>) -> Result<Self, Error> {
        let after = reader.field(pk::KEY_INVALID_FORMAT, |reader| reader.enter(SEQUENCE));
        let (family, algorithm) = KeyAlgorithm::read(reader)?;
        reader.field(pk::INVALID_PUBKEY, |reader| {
            if reader.whole_bit_string() != reader.rest().len() {
                reader.fail(asn1::LENGTH_MISMATCH);
            }
        });
        reader.finish()?;
        let key = match family {
            KeyAlgorithm::Rsa => Self::Rsa(reader.field(pk::INVALID_PUBKEY, rsa)),
            KeyAlgorithm::Ec => ec(&algorithm, reader.rest())?,
        };
        reader.finish()?;
        reader.skip_to(after);
        Ok(key)
    }
}

/// The families of keys that Mbed TLS knows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyAlgorithm {
    Rsa,
    Ec,
}

impl KeyAlgorithm {
    /// Reads the AlgorithmIdentifier of a public or private key.
    pub(crate) fn read<'a>(reader: &mut DerReader<'a>) -> Result<(Self, AlgorithmIdentifier<'a>), Error> {
        let algorithm = reader.field(pk::INVALID_ALG, DerReader::algorithm_identifier);
        reader.finish()?;
        if algorithm.oid == oid::RSA {
            // RFC 3279 §2.3.1: the parameters are NULL.
            return if algorithm.is_plain() { Ok((Self::Rsa, algorithm)) } else { Err(pk::INVALID_ALG) };
        }
        // RFC 5480 §2.1.2: a key that is only for key agreement (id-ecDH) can neither sign nor decrypt.
        if algorithm.oid == oid::EC_PUBLIC_KEY { Ok((Self::Ec, algorithm)) } else { Err(pk::UNKNOWN_PK_ALG) }
    }
}

/// Whether a modulus and an exponent can be a key at all: what Mbed TLS looks at when it reads one.
pub(crate) fn is_plausible(key: &RsaPublicKey<'_>) -> bool {
    let (modulus, exponent) = (trim(key.modulus), trim(key.exponent));
    let is_odd = |integer: &[u8]| integer.last().is_some_and(|last| last & 1 == 1);
    let is_less = (exponent.len(), exponent) < (modulus.len(), modulus);
    (MIN_MODULUS_BITS..=MAX_MODULUS_BITS).contains(&bits(modulus))
        && is_odd(modulus)
        && is_odd(exponent)
        && bits(exponent) >= 2
        && is_less
}

/// The number of significant bits of an unsigned big-endian integer.
pub(crate) fn bits(integer: &[u8]) -> usize {
    let integer = trim(integer);
    let unused = integer.first().map_or(0, |first| first.leading_zeros());
    integer.len().saturating_mul(8).saturating_sub(usize::try_from(unused).unwrap_or(0))
}

/// Below and above these, Mbed TLS does not read an RSA key.
const MIN_MODULUS_BITS: usize = 128;
const MAX_MODULUS_BITS: usize = 8192;

/// `RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }` (RFC 8017 §A.1.1).
fn rsa<'a>(reader: &mut DerReader<'a>) -> RsaPublicKey<'a> {
    reader.enter_last(SEQUENCE);
    let key = RsaPublicKey { modulus: reader.take(INTEGER), exponent: reader.take(INTEGER) };
    if !is_plausible(&key) {
        reader.fail(pk::INVALID_PUBKEY);
    }
    reader.end();
    key
}

/// ECPoint, uncompressed (RFC 5480 §2.2).
fn ec<'a>(algorithm: &AlgorithmIdentifier<'a>, point: &'a [u8]) -> Result<PublicKey<'a>, Error> {
    // RFC 5480 §2.1.1: only named curves; neither specified nor implicit ones.
    let oid = match algorithm.parameters {
        (OBJECT_IDENTIFIER, oid) => oid,
        (_, []) => return Err(pk::KEY_INVALID_FORMAT.because(asn1::OUT_OF_DATA)),
        _ => return Err(pk::KEY_INVALID_FORMAT),
    };
    let key = match (oid::curve(oid), oid::other_curve_bits(oid)) {
        (Some(curve), _) => PublicKey::Ec(EcPublicKey { curve, point }),
        (None, Some(bits)) => PublicKey::OtherCurve { bits },
        (None, None) => return Err(pk::UNKNOWN_NAMED_CURVE),
    };
    let coordinate = key.bits().div_ceil(8);
    match point {
        [] => Err(ecp::BAD_INPUT_DATA),
        // The point at infinity.
        [0] => Err(ecp::INVALID_KEY),
        [0, ..] => Err(ecp::BAD_INPUT_DATA),
        [4, rest @ ..] if rest.len() == coordinate.saturating_mul(2) => Ok(key),
        [4, ..] => Err(ecp::BAD_INPUT_DATA),
        _ => Err(ecp::FEATURE_UNAVAILABLE),
    }
}
