//! Certificates: RFC 5280 §4.1.

use accel::{HashAlgorithm, soft::Soft};
use status::{Error, asn1, ecp, oid, pk, x509 as code};
use tests::entropy::InsecureSeeded;
use x509::{Certificate, KeyUsage, PublicKey, Purpose, SignatureAlgorithm};

use crate::corpus;

#[test]
fn every_field_is_found() {
    let der = corpus::der("leaf");
    let certificate = Certificate::from_der(&der).unwrap();
    assert_eq!(certificate.der(), der);
    assert_eq!(certificate.version(), 3);
    assert_eq!(certificate.serial(), [0x12, 0x34, 0x56]);
    assert_eq!(certificate.issuer().common_name(), Some(&b"Root"[..]));
    assert_eq!(certificate.subject().common_name(), Some(&b"localhost"[..]));
    assert_eq!(certificate.not_before().to_string(), "2020-01-01 00:00:00");
    assert_eq!(certificate.not_after().to_string(), "2046-01-01 00:00:00");
    assert_eq!(certificate.signature_algorithm(), SignatureAlgorithm::Rsa(HashAlgorithm::Sha256));
    assert_eq!(certificate.signature().len(), 256);
    assert_eq!(certificate.public_key().bits(), 2048);
    let PublicKey::Rsa(key) = certificate.public_key() else { panic!("an RSA key") };
    assert_eq!(key.exponent, [1, 0, 1]);
    // The signed part, its algorithm and the signature are the whole.
    assert_eq!(der[4..][..certificate.signed().len()], *certificate.signed());
    assert!(der.ends_with(certificate.signature()));
    // RFC 7469 §2.4: the key with its algorithm, as `openssl x509 -pubkey` has it.
    let info = certificate.public_key_info();
    assert_eq!(info[..4], [0x30, 0x82, 0x01, 0x22]);
    assert!(info.len() == 294 && info.ends_with(&[2, 3, 1, 0, 1]));
    // As a CertificateRequest would list it.
    assert_eq!(certificate.issuer().der(), tests::pki::plain_name("Root"));
    assert!(!certificate.is_ca());
    assert!(
        certificate.allows_usage(KeyUsage::KEY_ENCIPHERMENT)
            && !certificate.allows_usage(KeyUsage::KEY_CERT_SIGN)
    );
    assert!(certificate.allows_purpose(Purpose::Server) && !certificate.allows_purpose(Purpose::Client));
}

/// A certificate of the corpus, and its code.
const REFUSED: &[(&str, Error)] = &[
    ("der-cut", code::INVALID_FORMAT),
    ("der-wrong-tag", code::INVALID_FORMAT),
    ("der-indefinite", code::INVALID_FORMAT),
    ("der-longer-length", code::INVALID_FORMAT),
    ("der-nothing", code::INVALID_FORMAT),
    ("der-empty-sequence", code::INVALID_FORMAT.because(asn1::OUT_OF_DATA)),
    ("version-4", code::UNKNOWN_VERSION),
    ("version-128", code::INVALID_VERSION.because(asn1::INVALID_LENGTH)),
    ("version-1-extensions", code::INVALID_FORMAT.because(asn1::LENGTH_MISMATCH)),
    ("version-2-extensions", code::INVALID_FORMAT.because(asn1::LENGTH_MISMATCH)),
    ("serial-string", code::INVALID_SERIAL.because(asn1::UNEXPECTED_TAG)),
    ("algorithm-unknown", code::UNKNOWN_SIG_ALG.because(oid::NOT_FOUND)),
    ("algorithm-parameters", code::INVALID_ALG),
    // RFC 5280 §4.1.1.2.
    ("algorithm-mismatch", code::SIG_MISMATCH),
    ("algorithm-mismatch-null", code::SIG_MISMATCH),
    ("name-empty-issuer", code::INVALID_NAME.because(asn1::OUT_OF_DATA)),
    ("name-wrong-tag", code::INVALID_NAME.because(asn1::UNEXPECTED_TAG)),
    ("date-string", code::INVALID_DATE.because(asn1::UNEXPECTED_TAG)),
    ("key-even-modulus", pk::INVALID_PUBKEY),
    ("key-exponent-1", pk::INVALID_PUBKEY),
    ("key-exponent-larger", pk::INVALID_PUBKEY),
    ("key-rsa-parameters", pk::INVALID_ALG),
    ("key-ed25519", pk::UNKNOWN_PK_ALG),
    ("key-curve-unknown", pk::UNKNOWN_NAMED_CURVE),
    ("key-point-compressed", ecp::FEATURE_UNAVAILABLE),
    ("key-point-infinity", ecp::INVALID_KEY),
];

/// Both pins, held against another implementation's SHA-256.
#[test]
fn a_certificate_and_its_key_have_digests() {
    use sha2::{Digest as _, Sha256};
    let mut accel = Soft::new(InsecureSeeded::new(1));
    for name in ["leaf", "root", "key-p256"] {
        let der = corpus::der(name);
        let certificate = Certificate::from_der(&der).unwrap();
        let whole = certificate.digest(HashAlgorithm::Sha256, &mut accel).unwrap();
        assert_eq!(whole.as_bytes(), Sha256::digest(&der).as_slice(), "{name}");
        let key = certificate.public_key_digest(HashAlgorithm::Sha256, &mut accel).unwrap();
        assert_eq!(key.as_bytes(), Sha256::digest(certificate.public_key_info()).as_slice(), "{name}");
    }
}

#[test]
fn what_is_wrong_has_its_code() {
    for (name, expected) in REFUSED {
        assert_eq!(Certificate::from_der(&corpus::der(name)).err(), Some(*expected), "{name}");
    }
}

/// However it is cut, it is refused or shorter, and never more than its bytes are read.
#[test]
fn every_cut_is_refused() {
    for name in ["leaf", "leaf-p521", "name-kinds", "policies-qualifier"] {
        let der = corpus::der(name);
        for length in 0..der.len() {
            assert_eq!(
                Certificate::from_der(&der[..length]).err(),
                Some(code::INVALID_FORMAT),
                "{name} {length}"
            );
        }
    }
}
