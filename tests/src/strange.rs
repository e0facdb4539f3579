//! Certificates that a client of RSA suites does not compute with, or does not even know: every kind of key and of signature
//! that a server or a CA file may hold beside those that a path needs.
//!
//! Nobody checks their signatures, so that these are any bytes.

#![allow(clippy::indexing_slicing, reason = "test support")]

use crate::pki::{Template, algorithm, element, extension, oid, openssl, plain_name, sequence};

/// A kind, and its certificate.
pub struct Strange {
    /// What is strange about it.
    pub kind: String,
    /// The certificate.
    pub der: Vec<u8>,
}

/// The curves that Mbed TLS knows and no accelerator here computes with, as `openssl` names them.
pub const OTHER_CURVES: [&str; 8] = [
    "prime192v1",
    "secp224r1",
    "secp192k1",
    "secp224k1",
    "secp256k1",
    "brainpoolP256r1",
    "brainpoolP384r1",
    "brainpoolP512r1",
];

/// All kinds, as certificates of one CA that has nothing to do with anything.
pub fn all() -> Vec<Strange> {
    let mut list: Vec<Strange> =
        keys().into_iter().map(|(kind, key)| with(format!("key {kind}"), |t| t.public_key = key)).collect();
    list.extend(OTHER_CURVES.map(|curve| with(format!("key {curve}"), |t| t.public_key = curve_key(curve))));
    for (kind, dotted) in SIGNATURES {
        list.push(with(format!("signature {kind}"), |t| t.algorithm = algorithm(dotted, false)));
    }
    list.push(with("signature RSASSA-PSS", |t| t.algorithm = sequence(&[&oid(RSASSA_PSS), &[0x30, 0]])));
    list.push(with("both Ed25519", |t| {
        t.algorithm = algorithm(ED25519, false);
        t.public_key = info(&algorithm(ED25519, false), &[7; 32]);
    }));
    list.push(with("both DSA", |t| {
        t.algorithm = algorithm("2.16.840.1.101.3.4.3.2", false);
        t.public_key = dsa();
    }));
    list.push(with("both GOST", |t| {
        t.algorithm = algorithm("1.2.643.7.1.1.3.2", false);
        t.public_key = info(&algorithm("1.2.643.7.1.1.1.1", false), &element(4, &[7; 64]));
    }));
    list.push(with("critical extension", |t| t.extensions.push(extension("1.2.3.4", true, b"anything"))));
    list.push(with("version 4", |t| t.version = 3));
    list
}

/// A certificate with this extension besides its own.
pub fn with_extension(extension: &[u8]) -> Vec<u8> {
    with("", |template| template.extensions.push(extension.to_vec())).der
}

fn with(kind: impl Into<String>, change: impl FnOnce(&mut Template)) -> Strange {
    let mut template = Template {
        version: 2,
        serial: element(0x02, &[0x12, 0x34, 0x56]),
        algorithm: algorithm("1.2.840.113549.1.1.11", true),
        outer_algorithm: None,
        hash: "-sha256",
        issuer: plain_name("Strange"),
        validity: [element(0x17, b"200101000000Z"), element(0x17, b"460101000000Z")],
        subject: plain_name("Strange"),
        public_key: rsa(&[0xC1; 256], &[1, 0, 1]),
        unique_identifiers: Vec::new(),
        extensions: vec![extension("2.5.29.19", true, &[0x30, 3, 1, 1, 0xFF])],
    };
    change(&mut template);
    Strange { kind: kind.into(), der: template.unsigned(&[0x5A; 256]) }
}

fn keys() -> Vec<(&'static str, Vec<u8>)> {
    let p256 = "1.2.840.10045.3.1.7";
    let point = [&[4][..], &[0x11; 64]].concat();
    let on = |curve: &str| info(&sequence(&[&oid("1.2.840.10045.2.1"), &oid(curve)]), &point);
    let pss = info(&sequence(&[&oid(RSASSA_PSS)]), &rsa_content(&[0xC1; 256], &[1, 0, 1]));
    vec![
        ("Ed25519", info(&algorithm(ED25519, false), &[7; 32])),
        ("Ed448", info(&algorithm("1.3.101.113", false), &[7; 57])),
        ("X25519", info(&algorithm("1.3.101.110", false), &[7; 32])),
        ("DSA", dsa()),
        ("Diffie-Hellman", info(&algorithm("1.2.840.113549.1.3.1", false), &element(2, &[7; 128]))),
        ("RSASSA-PSS", pss),
        ("RSAES-OAEP", info(&algorithm("1.2.840.113549.1.1.7", false), &rsa_content(&[0xC1; 256], &[3]))),
        ("GOST R 34.10", info(&algorithm("1.2.643.7.1.1.1.1", false), &element(4, &[7; 64]))),
        ("ML-DSA", info(&algorithm("2.16.840.1.101.3.4.3.17", false), &[7; 1312])),
        ("SM2", on("1.2.156.10197.1.301")),
        ("sect283k1", on("1.3.132.0.16")),
        ("no curve", info(&algorithm("1.2.840.10045.2.1", true), &point)),
        (
            "compressed",
            info(&sequence(&[&oid("1.2.840.10045.2.1"), &oid(p256)]), &[&[2][..], &[0x11; 32]].concat()),
        ),
        ("id-ecDH", info(&sequence(&[&oid("1.3.132.1.12"), &oid(p256)]), &generated("prime256v1", &[]).1)),
        ("explicit P-256", generated("prime256v1", &["-param_enc", "explicit"]).0),
        ("RSA 512", rsa(&[0xC1; 64], &[1, 0, 1])),
        ("RSA 768", rsa(&[0xC1; 96], &[1, 0, 1])),
        ("RSA 5120", rsa(&[0xC1; 640], &[1, 0, 1])),
        ("RSA 8192", rsa(&[0xC1; 1024], &[1, 0, 1])),
        ("RSA 16384", rsa(&[0xC1; 2048], &[1, 0, 1])),
        ("RSA with an exponent of 72 bits", rsa(&[0xC1; 256], &[0x11; 9])),
        (
            "RSA with parameters",
            info(&sequence(&[&oid("1.2.840.113549.1.1.1"), &oid("1.2.3")]), &rsa_content(&[0xC1; 256], &[3])),
        ),
    ]
}

/// Identifiers of signature algorithms.
const SIGNATURES: [(&str, &str); 11] = [
    ("Ed25519", ED25519),
    ("Ed448", "1.3.101.113"),
    ("DSA", "2.16.840.1.101.3.4.3.2"),
    ("GOST R 34.10", "1.2.643.7.1.1.3.2"),
    ("SM2", "1.2.156.10197.1.501"),
    ("ML-DSA", "2.16.840.1.101.3.4.3.17"),
    ("RSA with SHA3-256", "2.16.840.1.101.3.4.3.14"),
    ("RSA with SHA-512/256", "1.2.840.113549.1.1.16"),
    ("RSA with MD2", "1.2.840.113549.1.1.2"),
    ("RSA with MD4", "1.2.840.113549.1.1.3"),
    ("of nobody", "1.2.3.4.5"),
];

const ED25519: &str = "1.3.101.112";
const RSASSA_PSS: &str = "1.2.840.113549.1.1.10";

/// A SubjectPublicKeyInfo.
fn info(algorithm: &[u8], bits: &[u8]) -> Vec<u8> {
    sequence(&[algorithm, &element(3, &[&[0], bits].concat())])
}

fn rsa(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    info(&algorithm("1.2.840.113549.1.1.1", true), &rsa_content(modulus, exponent))
}

fn rsa_content(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    sequence(&[&element(2, &[&[0], modulus].concat()), &element(2, exponent)])
}

fn dsa() -> Vec<u8> {
    let number = |byte, length| element(2, &vec![byte; length]);
    let parameters = sequence(&[&number(0x71, 256), &number(0x71, 32), &number(0x71, 256)]);
    info(&sequence(&[&oid("1.2.840.10040.4.1"), &parameters]), &number(0x71, 256))
}

fn curve_key(curve: &str) -> Vec<u8> {
    generated(curve, &[]).0
}

/// A key that lies on its curve: the SubjectPublicKeyInfo, and the point.
fn generated(curve: &str, options: &[&str]) -> (Vec<u8>, Vec<u8>) {
    let arguments = [&["ecparam", "-name", curve, "-genkey", "-noout"], options].concat();
    let key = openssl(&arguments, &[]);
    let info = openssl(&["pkey", "-pubout", "-outform", "DER"], &key);
    let point = info.len().saturating_sub(65);
    let point = info[point..].to_vec();
    (info, point)
}
