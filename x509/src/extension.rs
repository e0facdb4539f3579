//! The extensions of a certificate (RFC 5280 §4.2).
//!
//! Understood: basicConstraints, keyUsage, extendedKeyUsage, subjectAltName, certificatePolicies (only anyPolicy) and
//! netscape-cert-type. Anything else is skipped, or refused when it is critical: nameConstraints above all.

use status::{Error, asn1, x509};

use crate::{
    der::{BOOLEAN, CLASS, CONTEXT, DerReader, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, explicit},
    oid,
};

/// The bits of a keyUsage extension (RFC 5280 §4.2.1.3): the first byte in the low half, the second in the high one.
///
/// ```
/// use x509::{Certificate, KeyUsage};
///
/// fn can_serve(certificate: &Certificate<'_>) -> bool {
///     certificate.allows_usage(KeyUsage::KEY_ENCIPHERMENT)
/// }
/// # let _ = can_serve;
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeyUsage(u16);

impl KeyUsage {
    /// Signatures other than on certificates and CRLs.
    pub const DIGITAL_SIGNATURE: Self = Self(0x80);
    /// Signatures that cannot be denied later.
    pub const NON_REPUDIATION: Self = Self(0x40);
    /// Enciphering keys: what RSA key exchange does with a server's key.
    pub const KEY_ENCIPHERMENT: Self = Self(0x20);
    /// Enciphering data.
    pub const DATA_ENCIPHERMENT: Self = Self(0x10);
    /// Key agreement.
    pub const KEY_AGREEMENT: Self = Self(0x08);
    /// Signatures on certificates.
    pub const KEY_CERT_SIGN: Self = Self(0x04);
    /// Signatures on CRLs.
    pub const CRL_SIGN: Self = Self(0x02);
    /// With key agreement: only for enciphering.
    pub const ENCIPHER_ONLY: Self = Self(0x01);
    /// With key agreement: only for deciphering.
    pub const DECIPHER_ONLY: Self = Self(0x8000);

    /// Whether every bit of `other` is set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The bits that restrict the use of the key.
    const fn restrictions(self) -> Self {
        Self(self.0 & (Self::ENCIPHER_ONLY.0 | Self::DECIPHER_ONLY.0))
    }
}

/// What an extended key usage may be asked for (RFC 5280 §4.2.1.12).
///
/// ```
/// fn is_a_clients(certificate: &x509::Certificate<'_>) -> bool {
///     certificate.allows_purpose(x509::Purpose::Client)
/// }
/// # let _ = is_a_clients;
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// id-kp-serverAuth.
    Server,
    /// id-kp-clientAuth.
    Client,
}

impl Purpose {
    const fn oid(self) -> &'static [u8] {
        match self {
            Self::Server => oid::SERVER_AUTHENTICATION,
            Self::Client => oid::CLIENT_AUTHENTICATION,
        }
    }
}

/// The extensions that are understood; `None` where there is none.
#[derive(Clone, Copy, Default)]
pub(crate) struct Extensions<'a> {
    pub(crate) basic_constraints: Option<BasicConstraints>,
    pub(crate) key_usage: Option<KeyUsage>,
    /// The content of the SEQUENCE.
    pub(crate) extended_key_usage: Option<&'a [u8]>,
    /// The content of the SEQUENCE.
    pub(crate) subject_alternative_name: Option<&'a [u8]>,
    /// The content of the SEQUENCE.
    pub(crate) certificate_policies: Option<&'a [u8]>,
    pub(crate) ns_cert_type: Option<u8>,
}

/// RFC 5280 §4.2.1.9.
#[derive(Clone, Copy, Default)]
pub(crate) struct BasicConstraints {
    pub(crate) is_ca: bool,
    pub(crate) path_length: Option<u32>,
}

/// A GeneralName of a subjectAltName (RFC 5280 §4.2.1.6): its tag's number and its content.
#[derive(Clone, Copy)]
pub(crate) struct GeneralName<'a> {
    pub(crate) tag: u8,
    pub(crate) value: &'a [u8],
}

/// The tags of names.
const OTHER_NAME: u8 = 0;
pub(crate) const DNS_NAME: u8 = 2;
pub(crate) const IP_ADDRESS: u8 = 7;

impl<'a> Extensions<'a> {
    /// Reads the extensions of a version 3 certificate, if it has any.
    ///
    /// ```text
    ///   extensions   [3] EXPLICIT Extensions OPTIONAL
    ///   Extensions   ::= SEQUENCE OF Extension
    /// ```
    #[inline(never)]
    pub(crate) fn read(&mut self, reader: &mut DerReader<'a>) {
        if reader.is_empty() {
            return;
        }
        let after = reader.enter(explicit(3));
        reader.enter_last(SEQUENCE);
        let mut seen = 0;
        while !reader.is_empty() {
            self.read_one(reader, &mut seen);
        }
        reader.leave(after);
    }

    /// ```text
    ///   Extension ::= SEQUENCE {
    ///     extnID      OBJECT IDENTIFIER,
    ///     critical    BOOLEAN DEFAULT FALSE,
    ///     extnValue   OCTET STRING }          which contains the DER of the extension
    /// ```
    fn read_one(&mut self, reader: &mut DerReader<'a>, seen: &mut u8) {
        let after = reader.enter(SEQUENCE);
        let id = reader.take(OBJECT_IDENTIFIER);
        let is_critical = matches!(reader.peek(), None | Some(BOOLEAN)) && reader.boolean();
        reader.enter_last(OCTET_STRING);
        let known = UNDERSTOOD.iter().zip(0..).find(|(known, _)| **known == id).map(|(_, place)| place);
        // RFC 5280 §4.2: no extension more than once.
        let bit = known.map_or(0, |place| 1_u8.wrapping_shl(place));
        if *seen & bit != 0 {
            reader.fail(x509::INVALID_EXTENSIONS);
        }
        *seen |= bit;
        match known {
            Some(0) => self.basic_constraints = Some(basic_constraints(reader)),
            Some(1) => self.key_usage = Some(key_usage(reader)),
            Some(2) => self.extended_key_usage = Some(extended_key_usage(reader)),
            Some(3) => self.subject_alternative_name = Some(subject_alternative_name(reader)),
            Some(4) => self.certificate_policies = Some(certificate_policies(reader, is_critical)),
            Some(_) => self.ns_cert_type = Some(ns_cert_type(reader)),
            // RFC 5280 §4.2: a critical extension that is not understood is a reason to refuse the certificate.
            None if is_critical => reader.fail(asn1::UNEXPECTED_TAG),
            None => {}
        }
        reader.skip_to(after);
    }

    /// Whether the key may be used so; without the extension it may be used for anything. A key that may only encipher or only
    /// decipher (RFC 5280 §4.2.1.3) is good for nothing that does not ask for that.
    pub(crate) fn allows_usage(&self, usage: KeyUsage) -> bool {
        self.key_usage.is_none_or(|allowed| allowed.contains(usage) && usage.contains(allowed.restrictions()))
    }

    /// Whether the certificate may be used for this; without the extension, or with anyExtendedKeyUsage, for anything.
    pub(crate) fn allows_purpose(&self, purpose: Purpose) -> bool {
        self.extended_key_usage.is_none()
            || self.purposes().any(|oid| oid == purpose.oid() || oid == oid::ANY_EXTENDED_KEY_USAGE)
    }

    /// The object identifiers of extendedKeyUsage.
    pub(crate) fn purposes(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        elements(self.extended_key_usage).map(|(_, oid)| oid)
    }

    /// The names of subjectAltName.
    pub(crate) fn general_names(&self) -> impl Iterator<Item = GeneralName<'a>> + use<'a> {
        elements(self.subject_alternative_name)
            .map(|(tag, value)| GeneralName { tag: tag & TAG_NUMBER, value })
    }

    /// The object identifiers of certificatePolicies.
    pub(crate) fn policies(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        elements(self.certificate_policies).map(|(_, policy)| DerReader::new(policy).take(OBJECT_IDENTIFIER))
    }
}

/// The number bits of a tag.
const TAG_NUMBER: u8 = 0x1F;

/// The elements of a list, which was checked when the certificate was read.
fn elements<'a>(content: Option<&'a [u8]>) -> impl Iterator<Item = (u8, &'a [u8])> + use<'a> {
    let mut reader = DerReader::new(content.unwrap_or_default());
    core::iter::from_fn(move || (!reader.is_empty()).then(|| reader.element()))
}

/// In the order of the arms of [`Extensions::read_one`].
const UNDERSTOOD: [&[u8]; 6] = [
    oid::BASIC_CONSTRAINTS,
    oid::KEY_USAGE,
    oid::EXTENDED_KEY_USAGE,
    oid::SUBJECT_ALTERNATIVE_NAME,
    oid::CERTIFICATE_POLICIES,
    oid::NS_CERT_TYPE,
];

/// RFC 5280 §4.2.1.9.
///
/// ```text
///   BasicConstraints ::= SEQUENCE {
///     cA                  BOOLEAN DEFAULT FALSE,
///     pathLenConstraint   INTEGER (0..MAX) OPTIONAL }
/// ```
fn basic_constraints(value: &mut DerReader<'_>) -> BasicConstraints {
    let mut constraints = BasicConstraints::default();
    // As in 2.28, the SEQUENCE's length is not compared with its content.
    value.header(SEQUENCE);
    if value.is_empty() {
        return constraints;
    }
    // RFC 5280 §6.1.4 (k): only cA = TRUE makes a CA. 2.28 also reads an integer there; it makes none here.
    if value.peek() == Some(INTEGER) {
        value.small_integer();
    } else {
        constraints.is_ca = value.boolean();
    }
    if value.is_empty() {
        return constraints;
    }
    let length = value.small_integer();
    value.end();
    if length == MAX_PATH_LENGTH {
        value.fail(asn1::INVALID_LENGTH);
    }
    constraints.path_length = Some(length);
    constraints
}

/// The path length that Mbed TLS refuses, since it counts one more.
const MAX_PATH_LENGTH: u32 = 0x7FFF_FFFF;

/// RFC 5280 §4.2.1.3.
///
/// ```text
///   KeyUsage ::= BIT STRING
/// ```
fn key_usage(value: &mut DerReader<'_>) -> KeyUsage {
    let bits = value.last_bit_string();
    if bits.is_empty() {
        value.fail(asn1::INVALID_LENGTH);
    }
    let [low, high] = [0, 1].map(|place| bits.get(place).copied().unwrap_or_default());
    KeyUsage(u16::from_le_bytes([low, high]))
}

/// RFC 5280 §4.2.1.12.
///
/// ```text
///   ExtKeyUsageSyntax ::= SEQUENCE SIZE (1..MAX) OF KeyPurposeId
///   KeyPurposeId      ::= OBJECT IDENTIFIER
/// ```
fn extended_key_usage<'a>(value: &mut DerReader<'a>) -> &'a [u8] {
    value.enter_last(SEQUENCE);
    let list = value.rest();
    while !value.is_empty() {
        value.take(OBJECT_IDENTIFIER);
    }
    if list.is_empty() {
        value.fail(asn1::INVALID_LENGTH);
    }
    list
}

/// RFC 5280 §4.2.1.6.
///
/// ```text
///   SubjectAltName ::= SEQUENCE SIZE (1..MAX) OF GeneralName
///   GeneralName    ::= CHOICE { otherName [0] OtherName, rfc822Name [1] IA5String, dNSName [2] IA5String, ... iPAddress [7] OCTET STRING, ... }
/// ```
fn subject_alternative_name<'a>(value: &mut DerReader<'a>) -> &'a [u8] {
    value.enter_last(SEQUENCE);
    let list = value.rest();
    while !value.is_empty() {
        let (tag, name) = value.element();
        if tag & CLASS != CONTEXT {
            value.fail(asn1::UNEXPECTED_TAG);
        }
        if let Some(error) = other_name(name).filter(|_| tag & TAG_NUMBER == OTHER_NAME) {
            value.fail(error);
        }
    }
    list
}

/// What is wrong with an otherName. 2.28 reads its type, and all of a hardware module name (RFC 4108 §5).
///
/// ```text
///   OtherName          ::= SEQUENCE { type-id OBJECT IDENTIFIER, value [0] EXPLICIT ANY DEFINED BY type-id }
///   HardwareModuleName ::= SEQUENCE { hwType OBJECT IDENTIFIER, hwSerialNum OCTET STRING }
/// ```
fn other_name(name: &[u8]) -> Option<Error> {
    let mut name = DerReader::new(name);
    if name.take(OBJECT_IDENTIFIER) == oid::HARDWARE_MODULE_NAME {
        name.enter_last(explicit(0));
        name.enter_last(SEQUENCE);
        name.take(OBJECT_IDENTIFIER);
        name.take(OCTET_STRING);
        name.end();
    }
    name.failure()
}

/// RFC 5280 §4.2.1.4: a critical extension is refused unless every policy in it is anyPolicy.
///
/// ```text
///   certificatePolicies ::= SEQUENCE SIZE (1..MAX) OF PolicyInformation
///   PolicyInformation   ::= SEQUENCE {
///     policyIdentifier   OBJECT IDENTIFIER,
///     policyQualifiers   SEQUENCE SIZE (1..MAX) OF PolicyQualifierInfo OPTIONAL }
/// ```
fn certificate_policies<'a>(value: &mut DerReader<'a>, is_critical: bool) -> &'a [u8] {
    value.enter_last(SEQUENCE);
    let list = value.rest();
    if list.is_empty() {
        value.fail(asn1::LENGTH_MISMATCH);
    }
    let mut is_understood = true;
    while !value.is_empty() {
        let after = value.enter(SEQUENCE);
        is_understood &= value.take(OBJECT_IDENTIFIER) == oid::ANY_POLICY;
        if !value.is_empty() {
            value.take(SEQUENCE);
        }
        value.leave(after);
    }
    if is_critical && !is_understood {
        value.fail(x509::FEATURE_UNAVAILABLE);
    }
    list
}

/// The extension of Netscape, which Mbed TLS prints: a BIT STRING of eight bits.
fn ns_cert_type(value: &mut DerReader<'_>) -> u8 {
    match value.last_bit_string() {
        &[bits] => bits,
        _ => {
            value.fail(asn1::INVALID_LENGTH);
            0
        }
    }
}
