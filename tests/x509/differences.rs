//! Where this project deliberately answers otherwise than Mbed TLS 2.28.3, and why: the rows of `docs/parity.md`.

use tests::pki::strip_armour;

use crate::differential::Answer;

/// A file of the corpus: what Mbed TLS says (`expected`), what we say (`actual`).
pub(crate) struct Difference {
    pub(crate) id: &'static str,
    pub(crate) expected: &'static str,
    pub(crate) actual: &'static str,
    #[expect(dead_code, reason = "for the reader")]
    pub(crate) reason: &'static str,
}

/// The same for damaged files, which cannot be listed one by one.
pub(crate) struct Rule {
    #[expect(dead_code, reason = "for the reader")]
    pub(crate) reason: &'static str,
    pub(crate) explains: fn(pem: &[u8], theirs: &Answer, ours: &Answer) -> bool,
}

const SIGNATURE_ALGORITHM: &str =
    "MD2 and MD4 are no hashes to sign with any more, and RSASSA-PSS is no algorithm of this client";
const CURVE: &str = "only the three curves of the application note's signature algorithms";
const POINT: &str = "whether a point lies on its curve is found out by the accelerator, when the key is used";
const KEY_AGREEMENT: &str = "RFC 5480 §2.1.2: an id-ecDH key cannot sign";
const INTEGER_FOR_CA: &str =
    "RFC 5280 §6.1.4 (k): only cA = TRUE makes a CA, an integer in its place does not";
const EXPLICIT_CURVE: &str = "RFC 5480 §2.1.1: explicit curve parameters are not even looked at";
const HARDWARE_MODULE: &str = "a hardware module name is of no use to a client, and not described";
const LONG_NAME: &str = "a description is not given up for the length of a name";
const LINE_FEED: &str = "a line feed in a name is a question mark, as every byte that is not printable";
const EC_KEY: &str = "the client's key is RSA in all ten suites";
const KEY_LENGTH: &str = "the accelerator computes with 1024 to 4096 bits and exponents of at most 64";
const DER_TEXT: &str = "only PEM files are accepted, so that a text without armour is never read as DER";

const fn row(
    id: &'static str,
    expected: &'static str,
    actual: &'static str,
    reason: &'static str,
) -> Difference {
    Difference { id, expected, actual, reason }
}

pub(crate) const FILES: &[Difference] = &[
    row("certificates/algorithm-md2", "0", "-0x262E", SIGNATURE_ALGORITHM),
    row("certificates/algorithm-pss", "0", "-0x262E", SIGNATURE_ALGORITHM),
    row(
        "certificates/constraints-integers",
        "basic constraints : CA=true, max_pathlen=3",
        "basic constraints : CA=false, max_pathlen=3",
        INTEGER_FOR_CA,
    ),
    row(
        "certificates/constraints-length-only",
        "basic constraints : CA=true",
        "basic constraints : CA=false",
        INTEGER_FOR_CA,
    ),
    row(
        "certificates/intermediate-length-only",
        "basic constraints : CA=true",
        "basic constraints : CA=false",
        INTEGER_FOR_CA,
    ),
    row("certificates/key-ecdh", "0", "-0x3C80", KEY_AGREEMENT),
    row("certificates/key-point-not-on-curve", "-0x4C80", "0", POINT),
    row("certificates/key-secp256k1", "0", "-0x3A00", CURVE),
    row("certificates/name-hardware-module", "    otherName :", "    <unsupported>", HARDWARE_MODULE),
    row("certificates/name-too-long", "<-0x2980>", "cert. version     : 3", LONG_NAME),
    row("public/ee-pss-sha1-cert", "0", "-0x262E", SIGNATURE_ALGORITHM),
    row("public/rsa_pss", "-0x3C80", "-0x262E", SIGNATURE_ALGORITHM),
    row("public/rsa_pss_cert", "-0x3C80", "-0x262E", SIGNATURE_ALGORITHM),
    row("public/rsa_pss_sha256_no_null", "0", "-0x262E", SIGNATURE_ALGORITHM),
    row("public/verisign_md2_root", "0", "-0x262E", SIGNATURE_ALGORITHM),
    row("keys/explicit-curve", "-0x3D00", "-0x3C80", EC_KEY),
    row("keys/p256", "0", "-0x3C80", EC_KEY),
    row("keys/p384", "0", "-0x3C80", EC_KEY),
    row("keys/p521", "0", "-0x3C80", EC_KEY),
    row("keys/pkcs8-ec", "0", "-0x3C80", EC_KEY),
    row("keys/rsa-512", "0", "-0x3980", KEY_LENGTH),
    row("keys/secp256k1", "0", "-0x3C80", EC_KEY),
];

const UNKNOWN_SIGNATURE_ALGORITHM: i32 = -0x262E;
const UNKNOWN_CURVE: i32 = -0x3A00;
const UNKNOWN_KEY: i32 = -0x3C80;
const POINT_NOT_ON_CURVE: i32 = -0x4C80;

pub(crate) const CERTIFICATE_RULES: &[Rule] = &[
    Rule {
        reason: SIGNATURE_ALGORITHM,
        explains: |pem, _, ours| {
            // rsaEncryption's arc with 2, 3 or 10 at its end.
            let mentions = |last| holds(pem, &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, last]);
            ours.result == UNKNOWN_SIGNATURE_ALGORITHM && (mentions(2) || mentions(3) || mentions(10))
        },
    },
    Rule { reason: POINT, explains: |_, theirs, _| theirs.result == POINT_NOT_ON_CURVE },
    Rule {
        reason: CURVE,
        explains: |_, theirs, ours| ours.result == UNKNOWN_CURVE && theirs.result != UNKNOWN_CURVE,
    },
    Rule {
        reason: KEY_AGREEMENT,
        explains: |pem, _, ours| ours.result == UNKNOWN_KEY && holds(pem, &[0x2B, 0x81, 0x04, 0x01, 0x0C]),
    },
    Rule {
        reason: INTEGER_FOR_CA,
        explains: |pem, theirs, ours| {
            let is_integer = bytes(pem).windows(12).any(|part| {
                part.starts_with(&[0x55, 0x1D, 0x13])
                    && part.windows(4).any(|list| list[0] == 0x30 && list[2] == 2)
            });
            let without = |answer: &Answer| answer.text.replace("CA=true", "CA=false");
            is_integer && theirs.result == ours.result && without(theirs) == without(ours)
        },
    },
    Rule {
        reason: EXPLICIT_CURVE,
        explains: |pem, theirs, ours| {
            ours.result == -0x3D00
                && theirs.result != 0
                && holds(pem, &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01])
        },
    },
    Rule { reason: HARDWARE_MODULE, explains: |pem, _, _| holds(pem, &[0x2B, 6, 1, 5, 5, 7, 8, 4]) },
    Rule {
        reason: LINE_FEED,
        explains: |_, theirs, ours| {
            let in_one_line = |answer: &Answer| answer.text.replace('\n', "?");
            theirs.result == ours.result && in_one_line(theirs) == in_one_line(ours)
        },
    },
    Rule { reason: LONG_NAME, explains: |_, theirs, _| theirs.text.contains("<-0x2980>") },
    Rule { reason: DER_TEXT, explains: |pem, _, ours| pem.starts_with(b"0") && ours.result == -0x2180 },
];

pub(crate) const KEY_RULES: &[Rule] = &[
    Rule {
        reason: EC_KEY,
        explains: |pem, theirs, ours| ours.result == UNKNOWN_KEY && (theirs.result == 0 || is_ec(pem)),
    },
    Rule { reason: KEY_LENGTH, explains: |_, theirs, ours| theirs.result == 0 && ours.result == -0x3980 },
];

fn is_ec(pem: &[u8]) -> bool {
    let text = String::from_utf8_lossy(pem);
    text.contains("BEGIN EC PRIVATE KEY") || holds(pem, &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01])
}

/// Whether the DER holds these bytes.
fn holds(pem: &[u8], part: &[u8]) -> bool {
    bytes(pem).windows(part.len()).any(|window| window == part)
}

/// The DER of the first block of a file; nothing if there is none.
fn bytes(pem: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(pem);
    let der =
        ["CERTIFICATE", "RSA PRIVATE KEY", "PRIVATE KEY"].iter().find_map(|label| strip_armour(label, &text));
    der.unwrap_or_default()
}
