//! RSA private keys from PEM: PKCS#1 (RFC 8017 §A.1.2) and PKCS#8 (RFC 5208 §5), not encrypted.
//!
//! The time of reading depends on the lengths and positions of the key's parts and on their leading zeros, not on their other bytes.

use accel::{MAX_MODULUS_LENGTH, MIN_MODULUS_LENGTH, RsaPrivateKey, RsaPublicKey};
use status::{Error, asn1, device, pem as pem_code, pk, x509};
use zeroize::Zeroize;

use crate::{
    PublicKey,
    der::{DerReader, INTEGER, OCTET_STRING, SEQUENCE, trim},
    pem::{
        EC_PRIVATE_KEY, ENCRYPTED_PRIVATE_KEY, Label, MAX_FILE_LENGTH, PRIVATE_KEY, RSA_PRIVATE_KEY,
        until_nul,
    },
    policy::MAX_EXPONENT_LENGTH,
    public_key::{KeyAlgorithm, is_plausible},
};

/// An RSA private key in lent memory, which is wiped when the key is dropped. Has no Debug.
///
/// ```
/// use x509::{Bundle, MAX_DER_LENGTH, PrivateKey};
///
/// /// Whether two files belong together.
/// fn belong_together(certificate: &[u8], key: &[u8]) -> Result<bool, status::Error> {
///     let (mut first, mut second) = ([0; MAX_DER_LENGTH], [0; MAX_DER_LENGTH]);
///     let bundle = Bundle::from_pem(certificate, &mut first)?;
///     let key = PrivateKey::from_pem(key, &mut second)?;
///     Ok(bundle.iter().next().is_some_and(|own| key.is_private_half_of(&own.public_key())))
/// }
/// assert_eq!(belong_together(b"", b""), Err(status::x509::INVALID_FORMAT));
/// ```
pub struct PrivateKey<'a> {
    storage: &'a mut [u8],
    length: usize,
    format: KeyFormat,
}

impl<'a> PrivateKey<'a> {
    /// Decodes the private key of a PEM file into `storage`, of which [`crate::MAX_DER_LENGTH`] bytes always suffice.
    ///
    /// # Errors
    /// `device::FILE_TOO_LARGE` (-0x8280) over 4096 bytes; `pk::KEY_INVALID_FORMAT` (-0x3D00) without a private key in PEM, which
    /// is also the answer to a DER file, and plus cause for a damaged one; `pk::PASSWORD_REQUIRED` (-0x3C00) for an encrypted one;
    /// `pk::UNKNOWN_PK_ALG` (-0x3C80) for one that is not RSA; `pk::KEY_INVALID_VERSION` (-0x3D80);
    /// `pk::FEATURE_UNAVAILABLE` (-0x3980) for a modulus outside of 1024 to 4096 bits; `pem::INVALID_DATA` (-0x1100) plus cause;
    /// `pk::ALLOC_FAILED` (-0x3F80) when `storage` is too small. `storage` is wiped then.
    pub fn from_pem(text: &[u8], storage: &'a mut [u8]) -> Result<Self, Error> {
        if text.len() > MAX_FILE_LENGTH {
            return Err(device::FILE_TOO_LARGE);
        }
        Self::from_long_pem(text, storage)
    }

    /// Like [`PrivateKey::from_pem`] for a file of any length, which no device would take. As many bytes of `storage` as
    /// [`crate::der_length`] says always suffice.
    ///
    /// # Errors
    /// Those of [`PrivateKey::from_pem`] but `device::FILE_TOO_LARGE`. `storage` is wiped then.
    pub fn from_long_pem(text: &[u8], storage: &'a mut [u8]) -> Result<Self, Error> {
        let (format, length) = decode(until_nul(text), storage)?;
        // From here on, dropping the key wipes the storage.
        Self { storage, length, format }.checked()
    }

    /// Reads a key in DER, PKCS#8 or PKCS#1, and copies it into `storage`, which needs as many bytes.
    ///
    /// The device's files are PEM (application note §1); this is for keys that are linked into a program or come from a secure element.
    ///
    /// # Errors
    /// `pk::KEY_INVALID_FORMAT` (-0x3D00) for what is neither, encrypted or damaged; `pk::UNKNOWN_PK_ALG` (-0x3C80) for PKCS#8 with a key
    /// that is not RSA; `pk::FEATURE_UNAVAILABLE` (-0x3980) for a modulus outside of 1024 to 4096 bits; `pk::ALLOC_FAILED` (-0x3F80) when
    /// `storage` is shorter than `der`. `storage` is wiped then.
    pub fn from_der(der: &[u8], storage: &'a mut [u8]) -> Result<Self, Error> {
        let Some(place) = storage.get_mut(..der.len()) else {
            storage.zeroize();
            return Err(pk::ALLOC_FAILED);
        };
        for (to, from) in place.iter_mut().zip(der) {
            *to = *from;
        }
        // In 2.28's order; that code is its answer to whatever is neither.
        let format = match pkcs8(der) {
            Err(_) if pkcs1(der).is_ok() => Ok(KeyFormat::Pkcs1),
            Err(pk::UNKNOWN_PK_ALG) => Err(pk::UNKNOWN_PK_ALG),
            Err(_) => Err(pk::KEY_INVALID_FORMAT),
            Ok(_) => Ok(KeyFormat::Pkcs8),
        };
        let key = Self { storage, length: der.len(), format: format.unwrap_or(KeyFormat::Pkcs8) };
        format.and_then(|_| key.checked())
    }

    /// This key, if it can be read and computed with; otherwise it is wiped.
    fn checked(self) -> Result<Self, Error> {
        let rsa = self.format.read(self.der())?;
        let modulus = trim(rsa.public.modulus).len();
        let is_supported = (MIN_MODULUS_LENGTH..=MAX_MODULUS_LENGTH).contains(&modulus)
            && trim(rsa.public.exponent).len() <= MAX_EXPONENT_LENGTH;
        if is_supported { Ok(self) } else { Err(pk::FEATURE_UNAVAILABLE) }
    }

    /// The key's parts.
    #[must_use]
    pub fn rsa(&self) -> RsaPrivateKey<'_> {
        // It has been read before; were it not, an empty key is one that no accelerator accepts.
        self.format.read(self.der()).unwrap_or(EMPTY)
    }

    /// The length of the modulus in bits, counted in whole bytes.
    #[must_use]
    pub fn bits(&self) -> usize {
        PublicKey::Rsa(self.rsa().public).bits()
    }

    /// Whether this is the private half of `public`: same modulus, same exponent.
    #[must_use]
    pub fn is_private_half_of(&self, public: &PublicKey<'_>) -> bool {
        let own = self.rsa().public;
        match public {
            PublicKey::Rsa(key) => {
                trim(key.modulus) == trim(own.modulus) && trim(key.exponent) == trim(own.exponent)
            }
            PublicKey::Ec(_) | PublicKey::OtherCurve { .. } => false,
        }
    }

    fn der(&self) -> &[u8] {
        self.storage.get(..self.length).unwrap_or_default()
    }
}

impl Drop for PrivateKey<'_> {
    fn drop(&mut self) {
        self.storage.zeroize();
    }
}

#[derive(Clone, Copy)]
enum KeyFormat {
    Pkcs1,
    Pkcs8,
}

impl KeyFormat {
    fn read(self, der: &[u8]) -> Result<RsaPrivateKey<'_>, Error> {
        match self {
            Self::Pkcs1 => pkcs1(der),
            Self::Pkcs8 => pkcs8(der),
        }
    }
}

const EMPTY: RsaPrivateKey<'static> = RsaPrivateKey {
    public: RsaPublicKey { modulus: &[], exponent: &[] },
    prime1: &[],
    prime2: &[],
    exponent1: &[],
    exponent2: &[],
    coefficient: &[],
};

/// Looks for a private key in Mbed TLS's order.
fn decode(text: &[u8], storage: &mut [u8]) -> Result<(KeyFormat, usize), Error> {
    let mut block = |label: &Label| {
        let (block, _) = label.find(text)?;
        Some(
            block
                .decode(storage)
                .map_err(|error| if error == x509::ALLOC_FAILED { pk::ALLOC_FAILED } else { error }),
        )
    };
    let password = |error| if error == pem_code::PASSWORD_REQUIRED { pk::PASSWORD_REQUIRED } else { error };
    if let Some(decoded) = block(&RSA_PRIVATE_KEY) {
        return decoded.map(|length| (KeyFormat::Pkcs1, length)).map_err(password);
    }
    if let Some(decoded) = block(&EC_PRIVATE_KEY) {
        decoded.map_err(password)?;
        storage.zeroize();
        return Err(pk::UNKNOWN_PK_ALG);
    }
    if let Some(decoded) = block(&PRIVATE_KEY) {
        return decoded.map(|length| (KeyFormat::Pkcs8, length));
    }
    if let Some(decoded) = block(&ENCRYPTED_PRIVATE_KEY) {
        decoded?;
        storage.zeroize();
        return Err(pk::PASSWORD_REQUIRED);
    }
    Err(pk::KEY_INVALID_FORMAT)
}

/// PrivateKeyInfo (RFC 5208 §5).
///
/// ```text
///   PrivateKeyInfo ::= SEQUENCE {
///     version               INTEGER,
///     privateKeyAlgorithm   AlgorithmIdentifier,
///     privateKey            OCTET STRING,          which contains an RSAPrivateKey
///     attributes            [0] IMPLICIT Attributes OPTIONAL }
/// ```
fn pkcs8(der: &[u8]) -> Result<RsaPrivateKey<'_>, Error> {
    let mut reader = DerReader::new(der);
    version(&mut reader)?;
    let (family, _) = KeyAlgorithm::read(&mut reader)?;
    let key = reader.field(pk::KEY_INVALID_FORMAT, |reader| reader.take(OCTET_STRING));
    reader.finish()?;
    match (family, key) {
        (_, []) => Err(pk::KEY_INVALID_FORMAT.because(asn1::OUT_OF_DATA)),
        (KeyAlgorithm::Rsa, key) => pkcs1(key),
        (KeyAlgorithm::Ec, _) => Err(pk::UNKNOWN_PK_ALG),
    }
}

/// RSAPrivateKey (RFC 8017 §A.1.2). Whether the parts belong together is not checked here but by each signature.
///
/// ```text
///   RSAPrivateKey ::= SEQUENCE {
///     version           INTEGER,
///     modulus           INTEGER,
///     publicExponent    INTEGER,
///     privateExponent   INTEGER,
///     prime1            INTEGER,
///     prime2            INTEGER,
///     exponent1         INTEGER,
///     exponent2         INTEGER,
///     coefficient       INTEGER }
/// ```
fn pkcs1(der: &[u8]) -> Result<RsaPrivateKey<'_>, Error> {
    let mut reader = DerReader::new(der);
    version(&mut reader)?;
    let mut integers = [&[][..]; 8];
    for integer in &mut integers {
        *integer = reader.take(INTEGER);
        if trim(integer).is_empty() {
            reader.fail(asn1::OUT_OF_DATA);
        }
    }
    let [modulus, exponent, _private_exponent, prime1, prime2, exponent1, exponent2, coefficient] = integers;
    let public = RsaPublicKey { modulus, exponent };
    let is_odd = |integer: &[u8]| integer.last().is_some_and(|last| last & 1 == 1);
    reader.end();
    // From the first integer on, 2.28 drops the low-level causes.
    if reader.failure().is_some() || !is_plausible(&public) || !is_odd(prime1) || !is_odd(prime2) {
        return Err(pk::KEY_INVALID_FORMAT);
    }
    Ok(RsaPrivateKey { public, prime1, prime2, exponent1, exponent2, coefficient })
}

/// Goes into the SEQUENCE of a private key and reads its version, which must be 0.
fn version(reader: &mut DerReader<'_>) -> Result<(), Error> {
    let version = reader.field(pk::KEY_INVALID_FORMAT, |reader| {
        reader.enter(SEQUENCE);
        reader.small_integer()
    });
    reader.finish()?;
    if version == 0 { Ok(()) } else { Err(pk::KEY_INVALID_VERSION) }
}
