//! Certificates (RFC 5280 §4.1), versions 1 to 3, as spans of their DER bytes.
//!
//! The checks are in the order of Mbed TLS 2.28, so that a certificate with several faults has the same code.

use accel::{Digest, Hash, HashAlgorithm};
use status::{Error, asn1, ecp, oid as oid_code, pk, x509};

use crate::{
    KeyUsage, Name, PublicKey, Purpose, Time,
    der::{AlgorithmIdentifier, CONTEXT, DerReader, INTEGER, SEQUENCE, explicit, until},
    extension::Extensions,
    host, oid,
};

/// A certificate, borrowed from its DER bytes.
///
/// ```
/// use accel::{Hash, HashAlgorithm};
/// use x509::Certificate;
///
/// /// A pin of the key, as `openssl x509 -pubkey -noout | openssl pkey -pubin -outform der | sha256sum` prints it.
/// fn pin(der: &[u8], accel: &mut impl Hash) -> Result<accel::Digest, status::Error> {
///     Certificate::from_der(der)?.public_key_digest(HashAlgorithm::Sha256, accel)
/// }
/// ```
#[derive(Clone, Copy)]
pub struct Certificate<'a> {
    der: &'a [u8],
    signed: &'a [u8],
    version: u8,
    serial: &'a [u8],
    signature_algorithm: SignatureAlgorithm,
    issuer: Name<'a>,
    not_before: Time,
    not_after: Time,
    subject: Name<'a>,
    public_key: PublicKey<'a>,
    pub(crate) extensions: Extensions<'a>,
    signature: &'a [u8],
}

/// How a certificate is signed.
///
/// ```
/// use accel::HashAlgorithm;
///
/// assert_eq!(x509::SignatureAlgorithm::Rsa(HashAlgorithm::Sha256).hash(), HashAlgorithm::Sha256);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SignatureAlgorithm {
    /// RSA with PKCS#1 v1.5 padding (RFC 4055 §5).
    Rsa(HashAlgorithm),
    /// ECDSA (RFC 5758 §3.2).
    Ecdsa(HashAlgorithm),
}

impl SignatureAlgorithm {
    /// The hash that is signed.
    #[must_use]
    pub const fn hash(self) -> HashAlgorithm {
        match self {
            Self::Rsa(hash) | Self::Ecdsa(hash) => hash,
        }
    }
}

impl<'a> Certificate<'a> {
    /// Reads the certificate at the head of `bytes`; what follows it is ignored, as Mbed TLS does ([`Certificate::der`] says how
    /// far it goes).
    ///
    /// # Errors
    /// Those of `status::x509`, from -0x2180 (not a certificate) to -0x2680, with their low-level causes: -0x2562 for an unknown
    /// critical extension, -0x2500 for a repeated one; those of `status::pk` and `status::ecp` for its key.
    pub fn from_der(bytes: &'a [u8]) -> Result<Self, Error> {
        let mut reader = DerReader::new(bytes);
        // Certificate ::= SEQUENCE {
        //   tbsCertificate         TBSCertificate,
        //   signatureAlgorithm     AlgorithmIdentifier,
        //   signatureValue         BIT STRING }
        let after = reader.enter(SEQUENCE);
        if reader.failure().is_some() {
            return Err(x509::INVALID_FORMAT);
        }
        let der = until(bytes, after);

        // TBSCertificate ::= SEQUENCE {                 its bytes, header included, are what is signed
        //   version                [0] EXPLICIT Version DEFAULT v1,
        //   serialNumber           CertificateSerialNumber,
        //   signature              AlgorithmIdentifier,
        //   issuer                 Name,
        //   validity               Validity,
        //   subject                Name,
        //   subjectPublicKeyInfo   SubjectPublicKeyInfo,
        //   issuerUniqueID         [1] IMPLICIT UniqueIdentifier OPTIONAL,
        //   subjectUniqueID        [2] IMPLICIT UniqueIdentifier OPTIONAL,
        //   extensions             [3] EXPLICIT Extensions OPTIONAL }
        let start = reader.rest();
        let after = reader.field(x509::INVALID_FORMAT, |reader| reader.enter(SEQUENCE));
        let signed = until(start, after);
        let version = version(&mut reader);
        let serial = reader.field(x509::INVALID_SERIAL, serial_number);
        let signature = reader.field(x509::INVALID_ALG, DerReader::algorithm_identifier);
        if version > 2 {
            reader.fail(x509::UNKNOWN_VERSION);
        }
        reader.finish()?;
        let known_algorithm = signature_algorithm(&signature)?;
        let issuer = Name::read(&mut reader);
        let (not_before, not_after) = reader.field(x509::INVALID_DATE, validity);
        let subject = Name::read_any(&mut reader);
        let public_key = PublicKey::read(&mut reader)?;
        if version > 0 {
            reader.field(x509::INVALID_FORMAT, skip_unique_identifiers);
        }
        let mut extensions = Extensions::default();
        if version == 2 {
            reader.field(x509::INVALID_EXTENSIONS, |reader| extensions.read(reader));
        }
        reader.field(x509::INVALID_FORMAT, |reader| reader.leave(after));

        // signatureAlgorithm. RFC 5280 §4.1.1.2: it is the same as `signature` inside.
        if reader.field(x509::INVALID_ALG, DerReader::algorithm_identifier) != signature {
            reader.fail(x509::SIG_MISMATCH);
        }
        // signatureValue
        let signature = reader.field(x509::INVALID_SIGNATURE, |reader| {
            let length = reader.whole_bit_string();
            reader.bytes(length)
        });
        reader.field(x509::INVALID_FORMAT, DerReader::end);
        reader.finish()?;

        Ok(Self {
            der,
            signed,
            version: version.saturating_add(1),
            serial,
            signature_algorithm: known_algorithm,
            issuer,
            not_before,
            not_after,
            subject,
            public_key,
            extensions,
            signature,
        })
    }

    /// Whether this error of [`Certificate::from_der`] means a certificate of an unknown kind, not a damaged one: the algorithm of its
    /// signature is unknown, or the kind, curve, parameters, length or form of its key. Such a certificate is skipped, since the path may not
    /// need it.
    #[must_use]
    pub const fn is_unknown(error: Error) -> bool {
        const UNKNOWN_ALGORITHM: Error = x509::UNKNOWN_SIG_ALG.because(oid_code::NOT_FOUND);
        matches!(
            error,
            UNKNOWN_ALGORITHM
                | pk::UNKNOWN_PK_ALG
                | pk::UNKNOWN_NAMED_CURVE
                | pk::KEY_INVALID_FORMAT
                | pk::INVALID_ALG
                | pk::INVALID_PUBKEY
                | ecp::FEATURE_UNAVAILABLE
        )
    }

    /// The whole certificate.
    #[must_use]
    pub const fn der(&self) -> &'a [u8] {
        self.der
    }

    /// The version, 1 to 3.
    #[must_use]
    pub const fn version(&self) -> u8 {
        self.version
    }

    /// The serial number, big-endian, with the bytes of the certificate (RFC 5280 §4.1.2.2).
    #[must_use]
    pub const fn serial(&self) -> &'a [u8] {
        self.serial
    }

    /// Who signed it.
    #[must_use]
    pub const fn issuer(&self) -> Name<'a> {
        self.issuer
    }

    /// Whose key it is.
    #[must_use]
    pub const fn subject(&self) -> Name<'a> {
        self.subject
    }

    /// The first moment at which it is valid.
    #[must_use]
    pub const fn not_before(&self) -> Time {
        self.not_before
    }

    /// The last moment at which it is valid.
    #[must_use]
    pub const fn not_after(&self) -> Time {
        self.not_after
    }

    /// The key that it certifies.
    #[must_use]
    pub const fn public_key(&self) -> PublicKey<'a> {
        self.public_key
    }

    /// The SubjectPublicKeyInfo, header included: the bytes of which a pin of the key is the digest (RFC 7469 §2.4). Each call searches for it again.
    #[must_use]
    pub fn public_key_info(&self) -> &'a [u8] {
        let mut reader = DerReader::new(self.signed);
        reader.enter(SEQUENCE);
        if reader.peek() == Some(explicit(0)) {
            reader.take(explicit(0));
        }
        // serialNumber, signature, issuer, validity, subject.
        for _ in 0..5 {
            reader.element();
        }
        let start = reader.rest();
        reader.element();
        reader.since(start)
    }

    /// The digest of the whole certificate: what `openssl x509 -fingerprint` prints, and what a pin of exactly this one holds.
    ///
    /// # Errors
    /// Those of the accelerator.
    pub fn digest<A: Hash>(&self, algorithm: HashAlgorithm, accel: &mut A) -> Result<Digest, Error> {
        digest(self.der, algorithm, accel)
    }

    /// The digest of [`Certificate::public_key_info`]: with SHA-256 a pin of the key (RFC 7469 §2.4), which outlives the certificate.
    ///
    /// # Errors
    /// Those of the accelerator.
    pub fn public_key_digest<A: Hash>(
        &self,
        algorithm: HashAlgorithm,
        accel: &mut A,
    ) -> Result<Digest, Error> {
        digest(self.public_key_info(), algorithm, accel)
    }

    /// How it is signed.
    #[must_use]
    pub const fn signature_algorithm(&self) -> SignatureAlgorithm {
        self.signature_algorithm
    }

    /// The bytes that are signed (TBSCertificate).
    #[must_use]
    pub const fn signed(&self) -> &'a [u8] {
        self.signed
    }

    /// The signature over [`Certificate::signed`].
    #[must_use]
    pub const fn signature(&self) -> &'a [u8] {
        self.signature
    }

    /// Whether it says that it is a CA's (RFC 5280 §4.2.1.9).
    #[must_use]
    pub fn is_ca(&self) -> bool {
        self.extensions.basic_constraints.is_some_and(|constraints| constraints.is_ca)
    }

    /// The largest number of intermediate certificates that may follow it in a path, if it says one.
    #[must_use]
    pub fn path_length(&self) -> Option<u32> {
        self.extensions.basic_constraints.and_then(|constraints| constraints.path_length)
    }

    /// The keyUsage extension, if it has one.
    #[must_use]
    pub const fn key_usage(&self) -> Option<KeyUsage> {
        self.extensions.key_usage
    }

    /// Whether its key may be used so; without a keyUsage extension it may be used for anything.
    #[must_use]
    pub fn allows_usage(&self, usage: KeyUsage) -> bool {
        self.extensions.allows_usage(usage)
    }

    /// Whether it may be used for this; without an extendedKeyUsage extension, or with anyExtendedKeyUsage, for anything.
    #[must_use]
    pub fn allows_purpose(&self, purpose: Purpose) -> bool {
        self.extensions.allows_purpose(purpose)
    }

    /// Whether it is for this host name or IP address (RFC 6125 §6.4, RFC 2818 §3.1).
    ///
    /// A name matches a dNSName, or one whose first label is `*`, without regard to case; an address matches an iPAddress, or a
    /// dNSName that spells it exactly so. The common name counts only where there is no subjectAltName.
    #[must_use]
    pub fn is_for_host(&self, host: &str) -> bool {
        host::matches(self, host)
    }
}

fn digest<A: Hash>(bytes: &[u8], algorithm: HashAlgorithm, accel: &mut A) -> Result<Digest, Error> {
    let mut state = accel.hash_start(algorithm)?;
    accel.hash_update(&mut state, bytes)?;
    accel.hash_finish(state)
}

/// `Version ::= INTEGER { v1(0), v2(1), v3(2) }`; 255 for anything higher.
fn version(reader: &mut DerReader<'_>) -> u8 {
    if reader.peek().is_some_and(|tag| tag != explicit(0)) {
        return 0;
    }
    let after = reader.field(x509::INVALID_FORMAT, |reader| reader.enter(explicit(0)));
    let version = reader.field(x509::INVALID_VERSION, |reader| {
        let version = reader.small_integer();
        reader.leave(after);
        version
    });
    u8::try_from(version).unwrap_or(u8::MAX)
}

/// `CertificateSerialNumber ::= INTEGER`, of any length and sign. 2.28 also takes a context-specific tag 2.
fn serial_number<'a>(reader: &mut DerReader<'a>) -> &'a [u8] {
    if !matches!(reader.peek(), None | Some(INTEGER | IMPLICIT_SERIAL)) {
        reader.fail(asn1::UNEXPECTED_TAG);
    }
    reader.element().1
}

const IMPLICIT_SERIAL: u8 = CONTEXT | INTEGER;

fn signature_algorithm(algorithm: &AlgorithmIdentifier<'_>) -> Result<SignatureAlgorithm, Error> {
    let known = oid::signature_algorithm(algorithm.oid);
    let known = known.ok_or(x509::UNKNOWN_SIG_ALG.because(oid_code::NOT_FOUND))?;
    // RFC 4055 §5, RFC 5758 §3.2: the parameters are NULL or absent.
    if algorithm.is_plain() { Ok(known) } else { Err(x509::INVALID_ALG) }
}

/// `Validity ::= SEQUENCE { notBefore Time, notAfter Time }`.
fn validity(reader: &mut DerReader<'_>) -> (Time, Time) {
    let after = reader.enter(SEQUENCE);
    let times = (Time::read(reader), Time::read(reader));
    reader.leave(after);
    times
}

/// issuerUniqueID and subjectUniqueID, which are not used. As in 2.28 their tags are constructed.
fn skip_unique_identifiers(reader: &mut DerReader<'_>) {
    for tag in [explicit(1), explicit(2)] {
        if reader.peek() == Some(tag) {
            reader.take(tag);
        }
    }
}
