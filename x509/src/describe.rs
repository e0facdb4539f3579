//! What a certificate or a key is, in words: the text beside a menu's field, in the layout of `mbedtls_x509_crt_info`.

use core::fmt::{self, Write};

use accel::HashAlgorithm;

use crate::{
    Certificate, KeyUsage, Name, PublicKey, SignatureAlgorithm,
    extension::{DNS_NAME, GeneralName},
    oid,
};

/// Writes the description of a certificate, each line after `prefix` and with a line feed at its end.
///
/// Bytes that are not printable ASCII are written as `?`.
///
/// # Errors
/// Those of `out`.
pub fn describe(certificate: &Certificate<'_>, prefix: &str, out: &mut impl Write) -> fmt::Result {
    write!(out, "{prefix}cert. version     : {}", certificate.version())?;
    write!(out, "\n{prefix}serial number     : ")?;
    serial(certificate.serial(), out)?;
    write!(out, "\n{prefix}issuer name       : ")?;
    name(&certificate.issuer(), out)?;
    write!(out, "\n{prefix}subject name      : ")?;
    name(&certificate.subject(), out)?;
    write!(out, "\n{prefix}issued  on        : {}", certificate.not_before())?;
    write!(out, "\n{prefix}expires on        : {}", certificate.not_after())?;
    write!(out, "\n{prefix}signed using      : {}", certificate.signature_algorithm())?;
    let key = certificate.public_key();
    let size = match key {
        PublicKey::Rsa(_) => "RSA key size      : ",
        PublicKey::Ec(_) | PublicKey::OtherCurve { .. } => "EC key size       : ",
    };
    write!(out, "\n{prefix}{size}{} bits", key.bits())?;
    extensions(certificate, prefix, out)?;
    out.write_char('\n')
}

/// Writes the description of a private key: `Name: RSA` (application note §1).
///
/// # Errors
/// Those of `out`.
pub fn describe_key(_key: &crate::PrivateKey<'_>, prefix: &str, out: &mut impl Write) -> fmt::Result {
    writeln!(out, "{prefix}Name: RSA")
}

/// The name that Mbed TLS prints (`RSA with SHA-256`).
impl fmt::Display for SignatureAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rsa(HashAlgorithm::Md5) => "RSA with MD5",
            Self::Rsa(HashAlgorithm::Sha1) => "RSA with SHA1",
            Self::Rsa(HashAlgorithm::Sha224) => "RSA with SHA-224",
            Self::Rsa(HashAlgorithm::Sha256) => "RSA with SHA-256",
            Self::Rsa(HashAlgorithm::Sha384) => "RSA with SHA-384",
            Self::Rsa(HashAlgorithm::Sha512) => "RSA with SHA-512",
            Self::Ecdsa(HashAlgorithm::Md5) => "ECDSA with MD5",
            Self::Ecdsa(HashAlgorithm::Sha1) => "ECDSA with SHA1",
            Self::Ecdsa(HashAlgorithm::Sha224) => "ECDSA with SHA224",
            Self::Ecdsa(HashAlgorithm::Sha256) => "ECDSA with SHA256",
            Self::Ecdsa(HashAlgorithm::Sha384) => "ECDSA with SHA384",
            Self::Ecdsa(HashAlgorithm::Sha512) => "ECDSA with SHA512",
        })
    }
}

/// The short names and values in order (`CN=localhost, O=Test`).
impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        name(self, f)
    }
}

/// The longest serial number that is written whole, and how much is written of a longer one.
const WHOLE_SERIAL: usize = 32;
const CUT_SERIAL: usize = 28;

fn serial(serial: &[u8], out: &mut impl Write) -> fmt::Result {
    let shown =
        if serial.len() > WHOLE_SERIAL { serial.get(..CUT_SERIAL).unwrap_or_default() } else { serial };
    let digits = match shown {
        [0, rest @ ..] if !rest.is_empty() => rest,
        all => all,
    };
    for (index, byte) in digits.iter().enumerate() {
        let colon = if index == 0 { "" } else { ":" };
        write!(out, "{colon}{byte:02X}")?;
    }
    if shown.len() < serial.len() { out.write_str("....") } else { Ok(()) }
}

fn name(name: &Name<'_>, out: &mut impl Write) -> fmt::Result {
    let mut separator = "";
    for attribute in name.attributes() {
        write!(out, "{separator}{}=", oid::attribute_name(attribute.oid).unwrap_or("??"))?;
        for byte in attribute.value {
            if b",=+<>#;\"\\".contains(byte) {
                out.write_char('\\')?;
            }
            out.write_char(printable(*byte))?;
        }
        separator = if attribute.is_merged { " + " } else { ", " };
    }
    Ok(())
}

/// A byte of a name, safe for a terminal and a page.
pub(crate) fn printable(byte: u8) -> char {
    if matches!(byte, b' '..=b'~') { char::from(byte) } else { '?' }
}

fn extensions(certificate: &Certificate<'_>, prefix: &str, out: &mut impl Write) -> fmt::Result {
    let extensions = &certificate.extensions;
    if let Some(constraints) = extensions.basic_constraints {
        write!(out, "\n{prefix}basic constraints : CA={}", constraints.is_ca)?;
        if let Some(length) = constraints.path_length {
            write!(out, ", max_pathlen={length}")?;
        }
    }
    if extensions.subject_alternative_name.is_some() {
        write!(out, "\n{prefix}subject alt name  :")?;
        general_names(extensions.general_names(), prefix, out)?;
    }
    if let Some(bits) = extensions.ns_cert_type {
        write!(out, "\n{prefix}cert. type        : ")?;
        list(NS_CERT_TYPES.iter().filter(|(bit, _)| bits & bit != 0).map(|(_, name)| *name), out)?;
    }
    if let Some(usage) = extensions.key_usage {
        write!(out, "\n{prefix}key usage         : ")?;
        list(KEY_USAGES.iter().filter(|(bit, _)| usage.contains(*bit)).map(|(_, name)| *name), out)?;
    }
    if extensions.extended_key_usage.is_some() {
        write!(out, "\n{prefix}ext key usage     : ")?;
        list(extensions.purposes().map(|oid| oid::purpose_name(oid).unwrap_or("???")), out)?;
    }
    if extensions.certificate_policies.is_some() {
        write!(out, "\n{prefix}certificate policies : ")?;
        list(
            extensions.policies().map(|oid| if oid == oid::ANY_POLICY { "Any Policy" } else { "???" }),
            out,
        )?;
    }
    Ok(())
}

fn general_names<'a>(
    mut names: impl Iterator<Item = GeneralName<'a>>,
    prefix: &str,
    out: &mut impl Write,
) -> fmt::Result {
    // A list without names is described as if it had one of an unknown kind.
    let first = names.next().unwrap_or(GeneralName { tag: 0, value: &[] });
    for name in core::iter::once(first).chain(names) {
        if name.tag == DNS_NAME {
            write!(out, "\n{prefix}    dNSName : ")?;
            name.value.iter().try_for_each(|byte| out.write_char(printable(*byte)))?;
        } else {
            write!(out, "\n{prefix}    <unsupported>")?;
        }
    }
    Ok(())
}

fn list<'n>(names: impl Iterator<Item = &'n str>, out: &mut impl Write) -> fmt::Result {
    let mut separator = "";
    for name in names {
        write!(out, "{separator}{name}")?;
        separator = ", ";
    }
    Ok(())
}

const KEY_USAGES: [(KeyUsage, &str); 9] = [
    (KeyUsage::DIGITAL_SIGNATURE, "Digital Signature"),
    (KeyUsage::NON_REPUDIATION, "Non Repudiation"),
    (KeyUsage::KEY_ENCIPHERMENT, "Key Encipherment"),
    (KeyUsage::DATA_ENCIPHERMENT, "Data Encipherment"),
    (KeyUsage::KEY_AGREEMENT, "Key Agreement"),
    (KeyUsage::KEY_CERT_SIGN, "Key Cert Sign"),
    (KeyUsage::CRL_SIGN, "CRL Sign"),
    (KeyUsage::ENCIPHER_ONLY, "Encipher Only"),
    (KeyUsage::DECIPHER_ONLY, "Decipher Only"),
];

const NS_CERT_TYPES: [(u8, &str); 8] = [
    (0x80, "SSL Client"),
    (0x40, "SSL Server"),
    (0x20, "Email"),
    (0x10, "Object Signing"),
    (0x08, "Reserved"),
    (0x04, "SSL CA"),
    (0x02, "Email CA"),
    (0x01, "Object Signing CA"),
];
