//! Extensions: RFC 5280 §4.2.

use status::{Error, asn1, x509 as code};
use x509::{Certificate, KeyUsage, Purpose};

use crate::corpus;

const REFUSED: &[(&str, Error)] = &[
    // RFC 5280 §4.2: what is critical and not understood, and what is there twice.
    ("extension-unknown-critical", code::INVALID_EXTENSIONS.because(asn1::UNEXPECTED_TAG)),
    ("extension-name-constraints-critical", code::INVALID_EXTENSIONS.because(asn1::UNEXPECTED_TAG)),
    ("extension-critical-odd", code::INVALID_EXTENSIONS.because(asn1::UNEXPECTED_TAG)),
    ("extension-twice", code::INVALID_EXTENSIONS),
    ("policies-other-critical", code::FEATURE_UNAVAILABLE),
    ("policies-none", code::INVALID_EXTENSIONS.because(asn1::LENGTH_MISMATCH)),
    ("extension-no-value", code::INVALID_EXTENSIONS.because(asn1::OUT_OF_DATA)),
    ("extension-trailing", code::INVALID_EXTENSIONS.because(asn1::LENGTH_MISMATCH)),
    ("usage-no-bits", code::INVALID_EXTENSIONS.because(asn1::OUT_OF_DATA)),
    ("usage-unused-8", code::INVALID_EXTENSIONS.because(asn1::INVALID_LENGTH)),
    ("constraints-length-negative", code::INVALID_EXTENSIONS.because(asn1::INVALID_LENGTH)),
    ("constraints-length-maximum", code::INVALID_EXTENSIONS.because(asn1::INVALID_LENGTH)),
    ("purposes-none", code::INVALID_EXTENSIONS.because(asn1::INVALID_LENGTH)),
    ("name-not-context", code::INVALID_EXTENSIONS.because(asn1::UNEXPECTED_TAG)),
];

#[test]
fn what_is_wrong_has_its_code() {
    for (name, expected) in REFUSED {
        assert_eq!(Certificate::from_der(&corpus::der(name)).err(), Some(*expected), "{name}");
    }
}

#[test]
fn what_is_not_critical_may_be_unknown() {
    for name in [
        "extension-unknown",
        "extension-unknown-twice",
        "extension-name-constraints",
        "extension-critical-false",
        "extension-subject-key-identifier",
        "policies-other",
        "policies-any",
    ] {
        assert!(Certificate::from_der(&corpus::der(name)).is_ok(), "{name}");
    }
}

/// RFC 5280 §4.2.1.9: whose certificate is a CA's, and for how long a path.
#[test]
fn only_a_true_boolean_makes_a_ca() {
    for (name, is_ca, path_length) in [
        ("constraints-empty", false, None),
        ("constraints-false", false, None),
        ("constraints-length", true, Some(3)),
        ("constraints-length-long", true, Some(0x7FFF_FFFE)),
        ("constraints-length-only", false, None),
        ("constraints-integers", false, Some(3)),
        ("root", true, None),
        ("intermediate", true, Some(0)),
        ("leaf", false, None),
    ] {
        let der = corpus::der(name);
        let certificate = Certificate::from_der(&der).unwrap();
        assert_eq!((certificate.is_ca(), certificate.path_length()), (is_ca, path_length), "{name}");
    }
}

/// RFC 5280 §4.2.1.3.
#[test]
fn all_nine_usages_are_read() {
    let der = corpus::der("usage-all");
    let usage = Certificate::from_der(&der).unwrap().key_usage().unwrap();
    for bit in [
        KeyUsage::DIGITAL_SIGNATURE,
        KeyUsage::NON_REPUDIATION,
        KeyUsage::KEY_ENCIPHERMENT,
        KeyUsage::DATA_ENCIPHERMENT,
        KeyUsage::KEY_AGREEMENT,
        KeyUsage::KEY_CERT_SIGN,
        KeyUsage::CRL_SIGN,
        KeyUsage::ENCIPHER_ONLY,
        KeyUsage::DECIPHER_ONLY,
    ] {
        assert!(usage.contains(bit), "{bit:?}");
    }
    let der = corpus::der("leaf");
    let usage = Certificate::from_der(&der).unwrap().key_usage().unwrap();
    assert!(usage.contains(KeyUsage::DIGITAL_SIGNATURE) && !usage.contains(KeyUsage::DECIPHER_ONLY));
}

/// RFC 5280 §4.2.1.12.
#[test]
fn purposes_are_all_without_the_extension_or_with_any() {
    for (name, server, client) in [
        ("leaf", true, false),
        ("leaf-client", false, true),
        ("leaf-no-purpose", true, true),
        ("leaf-any-purpose", true, true),
        ("purposes-known", true, true),
    ] {
        let der = corpus::der(name);
        let certificate = Certificate::from_der(&der).unwrap();
        let allowed =
            (certificate.allows_purpose(Purpose::Server), certificate.allows_purpose(Purpose::Client));
        assert_eq!(allowed, (server, client), "{name}");
    }
}
