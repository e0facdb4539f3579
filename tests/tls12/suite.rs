//! The table of suites, and the signature algorithms, against the application note §2.3 and §2.4.

use accel::{CipherMode, HashAlgorithm};
use tls12::{EMPTY_RENEGOTIATION_INFO_SCSV, SignatureAlgorithm, SignatureKey, Suite};

/// The note's list, in its order.
const NOTE: [(u16, &str); 10] = [
    (0x009D, "TLS_RSA_WITH_AES_256_GCM_SHA384"),
    (0xC09D, "TLS_RSA_WITH_AES_256_CCM"),
    (0x003D, "TLS_RSA_WITH_AES_256_CBC_SHA256"),
    (0x0035, "TLS_RSA_WITH_AES_256_CBC_SHA"),
    (0xC0A1, "TLS_RSA_WITH_AES_256_CCM_8"),
    (0x009C, "TLS_RSA_WITH_AES_128_GCM_SHA256"),
    (0xC09C, "TLS_RSA_WITH_AES_128_CCM"),
    (0x003C, "TLS_RSA_WITH_AES_128_CBC_SHA256"),
    (0x002F, "TLS_RSA_WITH_AES_128_CBC_SHA"),
    (0xC0A0, "TLS_RSA_WITH_AES_128_CCM_8"),
];

#[test]
fn the_ten_suites_stand_in_the_note_s_order() {
    assert_eq!(Suite::ALL.map(|suite| (suite.id(), suite.name())), NOTE);
    assert_eq!(EMPTY_RENEGOTIATION_INFO_SCSV, 0x00FF);
}

#[test]
fn a_suite_is_found_by_its_number_and_by_its_name() {
    for suite in Suite::ALL {
        assert_eq!(Suite::from_id(suite.id()), Some(suite));
        assert_eq!(Suite::from_name(suite.name()), Some(suite));
    }
    assert_eq!(Suite::from_id(EMPTY_RENEGOTIATION_INFO_SCSV), None);
    assert_eq!(Suite::from_id(0xC02F), None);
    assert_eq!(Suite::from_name("AES128-SHA"), None);
}

/// What a suite is made of can be read off its name.
#[test]
fn a_suite_is_what_its_name_says() {
    for suite in Suite::ALL {
        let name = suite.name();
        assert_eq!(suite.key_length(), if name.contains("AES_256") { 32 } else { 16 }, "{name}");
        let mode = match name {
            _ if name.contains("GCM") => CipherMode::Gcm,
            _ if name.ends_with("CCM_8") => CipherMode::Ccm8,
            _ if name.ends_with("CCM") => CipherMode::Ccm,
            _ => CipherMode::Cbc,
        };
        assert_eq!(suite.mode(), mode, "{name}");
        let mac = match name {
            _ if name.ends_with("CBC_SHA256") => Some(HashAlgorithm::Sha256),
            _ if name.ends_with("CBC_SHA") => Some(HashAlgorithm::Sha1),
            _ => None,
        };
        assert_eq!(suite.mac(), mac, "{name}");
        assert_eq!(suite.is_aead(), mac.is_none(), "{name}");
        let sha384 = name.ends_with("SHA384");
        assert_eq!(suite.prf(), if sha384 { HashAlgorithm::Sha384 } else { HashAlgorithm::Sha256 });
    }
}

/// RFC 5246 §7.4.1.4.1: a hash and a kind of key, one byte each.
#[test]
fn the_ten_signature_algorithms_stand_in_the_note_s_order() {
    use HashAlgorithm::{Sha1, Sha224, Sha256, Sha384, Sha512};
    use SignatureKey::{Ecdsa, Rsa};
    let note = [
        (0x0603, Ecdsa, Sha512),
        (0x0601, Rsa, Sha512),
        (0x0503, Ecdsa, Sha384),
        (0x0501, Rsa, Sha384),
        (0x0403, Ecdsa, Sha256),
        (0x0401, Rsa, Sha256),
        (0x0303, Ecdsa, Sha224),
        (0x0301, Rsa, Sha224),
        (0x0203, Ecdsa, Sha1),
        (0x0201, Rsa, Sha1),
    ];
    let ours = SignatureAlgorithm::OFFERED.map(|algorithm| (algorithm.0, algorithm.parts()));
    assert_eq!(ours, note.map(|(value, key, hash)| (value, Some((key, hash)))));
    for unknown in [0x0101, 0x0402, 0x0700, 0x0804] {
        assert_eq!(SignatureAlgorithm(unknown).parts(), None);
    }
}
