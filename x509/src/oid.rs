//! The known object identifiers, as the content bytes of their DER, with the names that Mbed TLS prints.

use accel::{Curve, HashAlgorithm};

use crate::certificate::SignatureAlgorithm;

/// id-at-commonName (RFC 5280 §4.1.2.4).
pub(crate) const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
/// rsaEncryption (RFC 3279 §2.3.1).
pub(crate) const RSA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01];
/// id-ecPublicKey (RFC 5480 §2.1.1).
pub(crate) const EC_PUBLIC_KEY: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01];
/// id-ce-basicConstraints (RFC 5280 §4.2.1.9).
pub(crate) const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1D, 0x13];
/// id-ce-keyUsage (RFC 5280 §4.2.1.3).
pub(crate) const KEY_USAGE: &[u8] = &[0x55, 0x1D, 0x0F];
/// id-ce-extKeyUsage (RFC 5280 §4.2.1.12).
pub(crate) const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1D, 0x25];
/// id-ce-subjectAltName (RFC 5280 §4.2.1.6).
pub(crate) const SUBJECT_ALTERNATIVE_NAME: &[u8] = &[0x55, 0x1D, 0x11];
/// id-ce-certificatePolicies (RFC 5280 §4.2.1.4).
pub(crate) const CERTIFICATE_POLICIES: &[u8] = &[0x55, 0x1D, 0x20];
/// anyPolicy (RFC 5280 §4.2.1.4).
pub(crate) const ANY_POLICY: &[u8] = &[0x55, 0x1D, 0x20, 0x00];
/// netscape-cert-type.
pub(crate) const NS_CERT_TYPE: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x86, 0xF8, 0x42, 0x01, 0x01];
/// anyExtendedKeyUsage (RFC 5280 §4.2.1.12).
pub(crate) const ANY_EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1D, 0x25, 0x00];
/// id-kp-serverAuth (RFC 5280 §4.2.1.12).
pub(crate) const SERVER_AUTHENTICATION: &[u8] = &[0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01];
/// id-on-hardwareModuleName (RFC 4108 §5).
pub(crate) const HARDWARE_MODULE_NAME: &[u8] = &[0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x08, 0x04];
/// id-kp-clientAuth (RFC 5280 §4.2.1.12).
pub(crate) const CLIENT_AUTHENTICATION: &[u8] = &[0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02];

/// The name that Mbed TLS prints for an extended key usage.
pub(crate) fn purpose_name(oid: &[u8]) -> Option<&'static str> {
    Some(match oid {
        SERVER_AUTHENTICATION => "TLS Web Server Authentication",
        CLIENT_AUTHENTICATION => "TLS Web Client Authentication",
        [0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x03] => "Code Signing",
        [0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x04] => "E-mail Protection",
        [0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x08] => "Time Stamping",
        [0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x09] => "OCSP Signing",
        [0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0xE4, 0x25, 0x01] => "Wi-SUN Alliance Field Area Network (FAN)",
        _ => return None,
    })
}

/// The short name that Mbed TLS prints for an attribute of a distinguished name.
pub(crate) fn attribute_name(oid: &[u8]) -> Option<&'static str> {
    Some(match oid {
        COMMON_NAME => "CN",
        [0x55, 0x04, 0x06] => "C",
        [0x55, 0x04, 0x07] => "L",
        [0x55, 0x04, 0x08] => "ST",
        [0x55, 0x04, 0x0A] => "O",
        [0x55, 0x04, 0x0B] => "OU",
        [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x01] => "emailAddress",
        [0x55, 0x04, 0x05] => "serialNumber",
        [0x55, 0x04, 0x10] => "postalAddress",
        [0x55, 0x04, 0x11] => "postalCode",
        [0x55, 0x04, 0x04] => "SN",
        [0x55, 0x04, 0x2A] => "GN",
        [0x55, 0x04, 0x2B] => "initials",
        [0x55, 0x04, 0x2C] => "generationQualifier",
        [0x55, 0x04, 0x0C] => "title",
        [0x55, 0x04, 0x2E] => "dnQualifier",
        [0x55, 0x04, 0x41] => "pseudonym",
        [0x09, 0x92, 0x26, 0x89, 0x93, 0xF2, 0x2C, 0x64, 0x01, 0x19] => "DC",
        [0x55, 0x04, 0x2D] => "uniqueIdentifier",
        _ => return None,
    })
}

/// The signature algorithm of this identifier (RFC 3279 §2.2, RFC 4055 §5, RFC 5758 §3.2).
pub(crate) fn signature_algorithm(oid: &[u8]) -> Option<SignatureAlgorithm> {
    use HashAlgorithm::{Md5, Sha1, Sha224, Sha256, Sha384, Sha512};
    let (last, family) = oid.split_last()?;
    let among = |hashes: &[(u8, HashAlgorithm)]| {
        hashes.iter().find(|(number, _)| number == last).map(|(_, hash)| *hash)
    };
    // Compared as slices, since a pattern becomes a branch for each byte.
    if family == PKCS1 {
        let known =
            [(0x04, Md5), (0x05, Sha1), (0x0B, Sha256), (0x0C, Sha384), (0x0D, Sha512), (0x0E, Sha224)];
        among(&known).map(SignatureAlgorithm::Rsa)
    } else if family == ECDSA_WITH_SHA2 {
        let known = [(0x01, Sha224), (0x02, Sha256), (0x03, Sha384), (0x04, Sha512)];
        among(&known).map(SignatureAlgorithm::Ecdsa)
    } else if oid == ECDSA_WITH_SHA1 {
        Some(SignatureAlgorithm::Ecdsa(Sha1))
    } else {
        (oid == SHA1_WITH_RSA).then_some(SignatureAlgorithm::Rsa(Sha1))
    }
}

/// pkcs-1 (RFC 4055 §2.1).
pub(crate) const PKCS1: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01];
/// ecdsa-with-SHA2 (RFC 5758 §3.2).
pub(crate) const ECDSA_WITH_SHA2: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03];
/// ecdsa-with-SHA1 (RFC 3279 §2.2.3).
const ECDSA_WITH_SHA1: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x01];
/// The identifier of OIW, still found on old certificates.
const SHA1_WITH_RSA: &[u8] = &[0x2B, 0x0E, 0x03, 0x02, 0x1D];

/// The length in bits of the curves that Mbed TLS knows beside those that an accelerator computes with: secp192r1, secp224r1, the three
/// of SEC 2 over Koblitz curves, and the three of RFC 5639.
pub(crate) fn other_curve_bits(oid: &[u8]) -> Option<usize> {
    const KNOWN: [(&[u8], usize); 8] = [
        (&[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x01], 192),
        (&[0x2B, 0x81, 0x04, 0x00, 0x21], 224),
        (&[0x2B, 0x81, 0x04, 0x00, 0x1F], 192),
        (&[0x2B, 0x81, 0x04, 0x00, 0x20], 224),
        (&[0x2B, 0x81, 0x04, 0x00, 0x0A], 256),
        (&[0x2B, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x07], 256),
        (&[0x2B, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x0B], 384),
        (&[0x2B, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x0D], 512),
    ];
    KNOWN.iter().find(|(known, _)| *known == oid).map(|(_, bits)| *bits)
}

/// The curve of this identifier (RFC 5480 §2.1.1.1).
pub(crate) fn curve(oid: &[u8]) -> Option<Curve> {
    const KNOWN: [(&[u8], Curve); 3] = [
        (&[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07], Curve::P256),
        (&[0x2B, 0x81, 0x04, 0x00, 0x22], Curve::P384),
        (&[0x2B, 0x81, 0x04, 0x00, 0x23], Curve::P521),
    ];
    KNOWN.iter().find(|(known, _)| *known == oid).map(|(_, curve)| *curve)
}
