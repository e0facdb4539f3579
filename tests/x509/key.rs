//! Private keys: RFC 8017 §A.1.2, RFC 5208 §5.

use accel::{HashAlgorithm, PublicKey as _, soft::Soft};
use status::{Error, asn1, base64, device, pem, pk};
use tests::{
    entropy::InsecureSeeded,
    oracle,
    parity::Difference,
    pki::{armour, strip_armour},
};
use x509::{Certificate, MAX_DER_LENGTH, MAX_FILE_LENGTH, PrivateKey};

use crate::corpus;

fn read(name: &str) -> Result<usize, Error> {
    let mut storage = [0; MAX_DER_LENGTH];
    PrivateKey::from_pem(&corpus::files("keys")[name], &mut storage).map(|key| key.bits())
}

#[test]
fn keys_of_1024_to_4096_bits_are_read_in_either_form() {
    for (name, bits) in [
        ("pkcs1", 2048),
        ("pkcs8", 2048),
        ("crlf", 2048),
        ("leading-text", 2048),
        ("trailing-bytes", 2048),
        ("with-certificate", 2048),
        ("rsa-1024", 1024),
        ("rsa-3072", 3072),
        ("rsa-4096", 4096),
    ] {
        assert_eq!(read(name), Ok(bits), "{name}");
    }
}

#[test]
fn what_is_wrong_has_its_code() {
    for (name, expected) in [
        ("pkcs1-encrypted-aes-128-cbc", pk::PASSWORD_REQUIRED),
        ("pkcs1-encrypted-des-ede3-cbc", pk::PASSWORD_REQUIRED),
        ("pkcs8-encrypted", pk::PASSWORD_REQUIRED),
        ("sec1-encrypted", pk::PASSWORD_REQUIRED),
        ("encrypted-rc2", pem::UNKNOWN_ENC_ALG),
        ("encrypted-short-iv", pem::INVALID_ENC_IV),
        ("p256", pk::UNKNOWN_PK_ALG),
        ("pkcs8-ec", pk::UNKNOWN_PK_ALG),
        ("ed25519", pk::UNKNOWN_PK_ALG),
        ("rsa-512", pk::FEATURE_UNAVAILABLE),
        ("public", pk::KEY_INVALID_FORMAT),
        ("wrong-label", pk::KEY_INVALID_FORMAT),
        ("no-last-line", pk::KEY_INVALID_FORMAT),
        ("bad-digit", pem::INVALID_DATA.because(base64::INVALID_CHARACTER)),
        ("cut", pk::KEY_INVALID_FORMAT.because(asn1::OUT_OF_DATA)),
        ("garbage", pk::KEY_INVALID_FORMAT.because(asn1::UNEXPECTED_TAG)),
        ("version-5", pk::KEY_INVALID_VERSION),
        ("even-modulus", pk::KEY_INVALID_FORMAT),
        ("empty", pem::INVALID_DATA),
        ("empty-line", pk::KEY_INVALID_FORMAT.because(asn1::OUT_OF_DATA)),
    ] {
        assert_eq!(read(name), Err(expected), "{name}");
    }
}

/// The application note, §1: no DER, nothing over 4096 bytes.
#[test]
fn der_and_large_files_are_refused() {
    let mut storage = [0; MAX_DER_LENGTH];
    let text = String::from_utf8(corpus::files("keys")["pkcs1"].clone()).unwrap();
    let der = tests::pki::strip_armour("RSA PRIVATE KEY", &text).unwrap();
    assert_eq!(PrivateKey::from_pem(&der, &mut storage).err(), Some(pk::KEY_INVALID_FORMAT));
    let large = format!("{text}{}", " ".repeat(MAX_FILE_LENGTH));
    assert_eq!(PrivateKey::from_pem(large.as_bytes(), &mut storage).err(), Some(device::FILE_TOO_LARGE));
    let mut storage = [0; 100];
    assert_eq!(PrivateKey::from_pem(text.as_bytes(), &mut storage).err(), Some(pk::ALLOC_FAILED));
}

/// For keys that are linked into a program: the same key as from PEM, in both forms, and nothing of it stays behind.
#[test]
fn keys_are_read_from_der() {
    for (name, label) in [("pkcs1", "RSA PRIVATE KEY"), ("pkcs8", "PRIVATE KEY"), ("rsa-4096", "PRIVATE KEY")]
    {
        let text = String::from_utf8(corpus::files("keys")[name].clone()).unwrap();
        let der = strip_armour(label, &text).unwrap();
        let (mut of_pem, mut of_der) = ([0; MAX_DER_LENGTH], [0; MAX_DER_LENGTH]);
        let expected = PrivateKey::from_pem(text.as_bytes(), &mut of_pem).unwrap();
        let key = PrivateKey::from_der(&der, &mut of_der).unwrap();
        let parts = |key: &PrivateKey<'_>| {
            let key = key.rsa();
            [key.public.modulus, key.prime1, key.prime2, key.exponent1, key.coefficient].map(<[u8]>::to_vec)
        };
        assert!(parts(&key) == parts(&expected), "{name}");
        drop(key);
        assert!(of_der.iter().all(|byte| *byte == 0), "{name}");
        for (cut, room, error) in [
            (der.len() - 1, der.len(), pk::KEY_INVALID_FORMAT),
            (0, der.len(), pk::KEY_INVALID_FORMAT),
            (der.len(), der.len() - 1, pk::ALLOC_FAILED),
        ] {
            let mut storage = vec![0xA5; room];
            assert_eq!(PrivateKey::from_der(&der[..cut], &mut storage).err(), Some(error), "{name} {cut}");
            assert!(storage.iter().all(|byte| *byte == 0), "{name} {cut}");
        }
    }
    for (name, label, error) in [
        ("pkcs8-ec", "PRIVATE KEY", pk::UNKNOWN_PK_ALG),
        ("p256", "EC PRIVATE KEY", pk::KEY_INVALID_FORMAT),
        ("rsa-512", "RSA PRIVATE KEY", pk::FEATURE_UNAVAILABLE),
    ] {
        let text = String::from_utf8(corpus::files("keys")[name].clone()).unwrap();
        let der = strip_armour(label, &text).or_else(|| strip_armour("PRIVATE KEY", &text)).unwrap();
        let mut storage = [0; MAX_DER_LENGTH];
        assert_eq!(PrivateKey::from_der(&der, &mut storage).err(), Some(error), "{name}");
        assert!(storage.iter().all(|byte| *byte == 0), "{name}");
    }
}

#[test]
fn no_byte_of_a_key_stays_behind() {
    for name in [
        "pkcs1",
        "pkcs8",
        "pkcs8-ec",
        "p256",
        "rsa-512",
        "cut",
        "pkcs1-encrypted-aes-128-cbc",
        "pkcs8-encrypted",
    ] {
        let mut storage = [0; MAX_DER_LENGTH];
        drop(PrivateKey::from_pem(&corpus::files("keys")[name], &mut storage));
        assert!(storage.iter().all(|byte| *byte == 0), "{name}");
    }
}

#[test]
fn a_key_belongs_to_its_certificate_alone() {
    let mut storage = [0; MAX_DER_LENGTH];
    let key = PrivateKey::from_pem(&corpus::files("keys")["leaf"], &mut storage).unwrap();
    let belongs =
        |name| key.is_private_half_of(&Certificate::from_der(&corpus::der(name)).unwrap().public_key());
    assert!(belongs("leaf"));
    assert!(!belongs("root") && !belongs("leaf-p256") && !belongs("leaf-1024"));
}

/// The parts are the right ones: the accelerator signs with them, and checks what it signs.
#[test]
fn the_parts_of_a_key_sign() {
    for name in ["pkcs1", "pkcs8", "rsa-1024"] {
        let mut storage = [0; MAX_DER_LENGTH];
        let key = PrivateKey::from_pem(&corpus::files("keys")[name], &mut storage).unwrap();
        let rsa = key.rsa();
        let mut accel = Soft::new(InsecureSeeded::new(0));
        let mut workspace = vec![0; accel::rsa_private_workspace(key.bits() / 8)];
        let mut signature = [0; 512];
        let mut job = accel.rsa_sign(&rsa, HashAlgorithm::Sha256, &[7; 32], &mut workspace).unwrap();
        let length = nb::block!(accel.step(&mut job, &mut workspace, &mut signature)).unwrap();
        assert_eq!(length, key.bits() / 8, "{name}");
    }
}

/// The parts of an RSA key, and what signing with one that is not the others' gives.
pub(crate) const PARTS: &[Difference] = &[
    part("modulus"),
    part("prime1"),
    part("prime2"),
    part("exponent1"),
    part("exponent2"),
    part("coefficient"),
];

const fn part(id: &'static str) -> Difference {
    Difference { row: "private-key-parts", id, expected: "-0x4380", actual: "-0x4300" }
}

/// RFC 8017 §3.2. A key whose parts do not belong together is read by both, and signs with neither.
#[test]
fn parts_that_do_not_belong_together_do_not_sign() {
    let text = String::from_utf8(corpus::files("keys")["pkcs1"].clone()).unwrap();
    let der = strip_armour("RSA PRIVATE KEY", &text).unwrap();
    assert_eq!((oracle::key_signs(text.as_bytes()), sign(text.as_bytes())), (0, 0));
    for difference in PARTS {
        // Modulus, two exponents, then the parts; each is the INTEGER at that place.
        let at = match difference.id {
            "modulus" => 0,
            "prime1" => 3,
            "prime2" => 4,
            "exponent1" => 5,
            "exponent2" => 6,
            _ => 7,
        };
        let mut changed = der.clone();
        let (start, length) = integer(&der, at);
        changed[start + length / 2] ^= 4;
        let text = armour("RSA PRIVATE KEY", &changed);
        let code = |code: i32| format!("-0x{:04X}", -code);
        let found = (code(oracle::key_signs(text.as_bytes())), code(sign(text.as_bytes())));
        assert_eq!(
            found,
            (difference.expected.to_owned(), difference.actual.to_owned()),
            "{}",
            difference.id
        );
    }
}

/// Where the content of the n-th INTEGER behind the version begins, and how long it is.
fn integer(der: &[u8], n: usize) -> (usize, usize) {
    let mut at = 7;
    for place in 0.. {
        let (head, length) = match der[at + 1] {
            0x82 => (4, usize::from(der[at + 2]) << 8 | usize::from(der[at + 3])),
            0x81 => (3, usize::from(der[at + 2])),
            length => (2, usize::from(length)),
        };
        if place == n {
            return (at + head, length);
        }
        at += head + length;
    }
    (0, 0)
}

/// The code of a signature by this key; 0 for one that was made.
fn sign(text: &[u8]) -> i32 {
    let mut storage = [0; MAX_DER_LENGTH];
    let key = match PrivateKey::from_pem(text, &mut storage) {
        Ok(key) => key,
        Err(error) => return error.code(),
    };
    let mut accel = Soft::new(InsecureSeeded::new(1));
    let (mut workspace, mut signature) = (vec![0; 8192], [0; 512]);
    let mut job = accel.rsa_sign(&key.rsa(), HashAlgorithm::Sha256, &[7; 32], &mut workspace).unwrap();
    match nb::block!(accel.step(&mut job, &mut workspace, &mut signature)) {
        Ok(_) => 0,
        Err(error) => error.code(),
    }
}
