//! The extensions of a certificate (RFC 5280 §4.2).
//!
//! Understood: basicConstraints, keyUsage, extendedKeyUsage, subjectAltName, certificatePolicies (only anyPolicy) and
//! netscape-cert-type. Anything else is skipped, or refused when it is critical: nameConstraints above all.

use status::{Error, asn1, x509};

use crate::{
    der::{BOOLEAN, CLASS, CONTEXT, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, Reader, SEQUENCE, explicit},
    oid,
};

/// The bits of a keyUsage extension (RFC 5280 §4.2.1.3): the first byte in the low half, the second in the high one.
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
}

/// What an extended key usage may be asked for (RFC 5280 §4.2.1.12).
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
    /// Reads what follows the unique identifiers of a version 3 certificate.
    pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Self, Error> {
        let mut extensions = Self::default();
        if reader.is_empty() {
            return Ok(extensions);
        }
        // Everything below fails with a low-level code, or with one that says it all.
        extensions.read_all(reader).map_err(|error| match error.high() {
            Some(_) => error,
            None => x509::INVALID_EXTENSIONS.because(error),
        })?;
        Ok(extensions)
    }

    fn read_all(&mut self, reader: &mut Reader<'a>) -> Result<(), Error> {
        let mut outer = reader.enter(explicit(3))?;
        let mut list = outer.enter(SEQUENCE)?;
        outer.end()?;
        while !list.is_empty() {
            self.read_one(&mut list)?;
        }
        Ok(())
    }

    fn read_one(&mut self, list: &mut Reader<'a>) -> Result<(), Error> {
        let mut extension = list.enter(SEQUENCE)?;
        let id = extension.take(OBJECT_IDENTIFIER)?;
        let is_critical = match extension.peek() {
            Some(BOOLEAN) | None => extension.boolean()?,
            Some(_) => false,
        };
        let value = extension.enter(OCTET_STRING)?;
        extension.end()?;
        match id {
            oid::BASIC_CONSTRAINTS => once(&mut self.basic_constraints, || basic_constraints(value)),
            oid::KEY_USAGE => once(&mut self.key_usage, || key_usage(value)),
            oid::EXTENDED_KEY_USAGE => once(&mut self.extended_key_usage, || extended_key_usage(value)),
            oid::SUBJECT_ALTERNATIVE_NAME => {
                once(&mut self.subject_alternative_name, || subject_alternative_name(value))
            }
            oid::CERTIFICATE_POLICIES => {
                once(&mut self.certificate_policies, || certificate_policies(value, is_critical))
            }
            oid::NS_CERT_TYPE => once(&mut self.ns_cert_type, || ns_cert_type(value)),
            // RFC 5280 §4.2: a critical extension that is not understood is a reason to refuse the certificate.
            _ if is_critical => Err(asn1::UNEXPECTED_TAG),
            _ => Ok(()),
        }
    }

    /// Whether the key may be used so; without the extension it may be used for anything.
    pub(crate) fn allows_usage(&self, usage: KeyUsage) -> bool {
        self.key_usage.is_none_or(|allowed| allowed.contains(usage))
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
        elements(self.certificate_policies)
            .map_while(|(_, policy)| Reader::new(policy).take(OBJECT_IDENTIFIER).ok())
    }
}

/// The number bits of a tag.
const TAG_NUMBER: u8 = 0x1F;

/// The elements of a list that has been checked when it was read.
fn elements<'a>(content: Option<&'a [u8]>) -> impl Iterator<Item = (u8, &'a [u8])> + use<'a> {
    let mut reader = Reader::new(content.unwrap_or_default());
    core::iter::from_fn(move || reader.element().ok())
}

/// RFC 5280 §4.2: no extension more than once.
fn once<T>(slot: &mut Option<T>, read: impl FnOnce() -> Result<T, Error>) -> Result<(), Error> {
    if slot.is_some() {
        return Err(x509::INVALID_EXTENSIONS);
    }
    *slot = Some(read()?);
    Ok(())
}

fn basic_constraints(mut value: Reader<'_>) -> Result<BasicConstraints, Error> {
    let mut constraints = BasicConstraints::default();
    // The SEQUENCE's own length is not held against what it contains: 2.28 does not either.
    value.header(SEQUENCE)?;
    if value.is_empty() {
        return Ok(constraints);
    }
    // RFC 5280 §6.1.4 (k): only cA = TRUE makes a CA. 2.28 also reads an integer there; it makes none here.
    if value.peek() == Some(INTEGER) {
        value.small_integer()?;
    } else {
        constraints.is_ca = value.boolean()?;
    }
    if value.is_empty() {
        return Ok(constraints);
    }
    let length = value.small_integer()?;
    value.end()?;
    if length == MAX_PATH_LENGTH {
        return Err(asn1::INVALID_LENGTH);
    }
    constraints.path_length = Some(length);
    Ok(constraints)
}

/// The path length that Mbed TLS refuses, since it counts one more.
const MAX_PATH_LENGTH: u32 = 0x7FFF_FFFF;

fn key_usage(mut value: Reader<'_>) -> Result<KeyUsage, Error> {
    let bits = value.last_bit_string()?;
    let (&low, rest) = bits.split_first().ok_or(asn1::INVALID_LENGTH)?;
    Ok(KeyUsage(u16::from_le_bytes([low, rest.first().copied().unwrap_or(0)])))
}

fn extended_key_usage(value: Reader<'_>) -> Result<&[u8], Error> {
    let list = sequence(value)?;
    let mut reader = Reader::new(list);
    while !reader.is_empty() {
        reader.take(OBJECT_IDENTIFIER)?;
    }
    if list.is_empty() {
        return Err(asn1::INVALID_LENGTH);
    }
    Ok(list)
}

fn subject_alternative_name(value: Reader<'_>) -> Result<&[u8], Error> {
    let list = sequence(value)?;
    let mut reader = Reader::new(list);
    while !reader.is_empty() {
        let (tag, name) = reader.element()?;
        if tag & CLASS != CONTEXT {
            return Err(asn1::UNEXPECTED_TAG);
        }
        // Of an otherName, 2.28 reads the type.
        if tag & TAG_NUMBER == OTHER_NAME {
            Reader::new(name).take(OBJECT_IDENTIFIER)?;
        }
    }
    Ok(list)
}

/// RFC 5280 §4.2.1.4: a critical extension is refused unless every policy in it is anyPolicy.
fn certificate_policies(value: Reader<'_>, is_critical: bool) -> Result<&[u8], Error> {
    let list = sequence(value)?;
    if list.is_empty() {
        return Err(asn1::LENGTH_MISMATCH);
    }
    let mut reader = Reader::new(list);
    let mut is_understood = true;
    while !reader.is_empty() {
        is_understood &= policy(&mut reader)? == oid::ANY_POLICY;
    }
    if is_critical && !is_understood { Err(x509::FEATURE_UNAVAILABLE) } else { Ok(list) }
}

/// PolicyInformation: the identifier, and qualifiers that are skipped.
fn policy<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], Error> {
    let mut policy = reader.enter(SEQUENCE)?;
    let id = policy.take(OBJECT_IDENTIFIER)?;
    if !policy.is_empty() {
        policy.take(SEQUENCE)?;
    }
    policy.end()?;
    Ok(id)
}

fn ns_cert_type(mut value: Reader<'_>) -> Result<u8, Error> {
    match value.last_bit_string()? {
        &[bits] => Ok(bits),
        _ => Err(asn1::INVALID_LENGTH),
    }
}

/// A SEQUENCE that is all there is.
fn sequence(mut value: Reader<'_>) -> Result<&[u8], Error> {
    let list = value.take(SEQUENCE)?;
    value.end()?;
    Ok(list)
}
