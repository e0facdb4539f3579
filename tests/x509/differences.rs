//! Where this project deliberately answers otherwise than Mbed TLS 2.28.3: the files, by the rows of `docs/parity.md` that say why.

use tests::{
    parity::{Difference, difference as row},
    pki::strip_armour,
};

use crate::differential::Answer;

/// A row for damaged files, which cannot be listed one by one.
pub(crate) struct Rule {
    /// The row of `docs/parity.md`.
    pub(crate) row: &'static str,
    pub(crate) explains: fn(pem: &[u8], theirs: &Answer, ours: &Answer) -> bool,
}

pub(crate) const FILES: &[Difference] = &[
    row("signature-algorithm", "certificates/algorithm-md2", "0", "-0x262E"),
    row("signature-algorithm", "certificates/algorithm-pss", "0", "-0x262E"),
    row(
        "integer-for-ca",
        "certificates/constraints-integers",
        "basic constraints : CA=true, max_pathlen=3",
        "basic constraints : CA=false, max_pathlen=3",
    ),
    row(
        "integer-for-ca",
        "certificates/constraints-length-only",
        "basic constraints : CA=true",
        "basic constraints : CA=false",
    ),
    row(
        "integer-for-ca",
        "certificates/intermediate-length-only",
        "basic constraints : CA=true",
        "basic constraints : CA=false",
    ),
    row("id-ecdh", "certificates/key-ecdh", "0", "-0x3C80"),
    row("point-not-on-curve", "certificates/key-point-not-on-curve", "-0x4C80", "0"),
    row("hardware-module", "certificates/name-hardware-module", "    otherName :", "    <unsupported>"),
    row("long-name", "certificates/name-too-long", "<-0x2980>", "cert. version     : 3"),
    row("signature-algorithm", "public/ee-pss-sha1-cert", "0", "-0x262E"),
    row("signature-algorithm", "public/rsa_pss", "-0x3C80", "-0x262E"),
    row("signature-algorithm", "public/rsa_pss_cert", "-0x3C80", "-0x262E"),
    row("signature-algorithm", "public/rsa_pss_sha256_no_null", "0", "-0x262E"),
    row("signature-algorithm", "public/verisign_md2_root", "0", "-0x262E"),
    row("ec-private-key", "keys/explicit-curve", "-0x3D00", "-0x3C80"),
    row("ec-private-key", "keys/p256", "0", "-0x3C80"),
    row("ec-private-key", "keys/p384", "0", "-0x3C80"),
    row("ec-private-key", "keys/p521", "0", "-0x3C80"),
    row("ec-private-key", "keys/pkcs8-ec", "0", "-0x3C80"),
    row("private-key-range", "keys/rsa-512", "0", "-0x3980"),
    row("private-key-range", "keys/rsa-768", "0", "-0x3980"),
    row("private-key-range", "keys/rsa-5120", "0", "-0x3980"),
    row("ec-private-key", "keys/brainpool", "0", "-0x3C80"),
    row("ec-private-key", "keys/secp256k1", "0", "-0x3C80"),
];

const UNKNOWN_SIGNATURE_ALGORITHM: i32 = -0x262E;
const UNKNOWN_KEY: i32 = -0x3C80;
const POINT_NOT_ON_CURVE: i32 = -0x4C80;

pub(crate) const CERTIFICATE_RULES: &[Rule] = &[
    Rule {
        row: "signature-algorithm",
        explains: |pem, _, ours| {
            // rsaEncryption's arc with 2, 3 or 10 at its end.
            let mentions = |last| holds(pem, &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, last]);
            ours.result == UNKNOWN_SIGNATURE_ALGORITHM && (mentions(2) || mentions(3) || mentions(10))
        },
    },
    Rule { row: "point-not-on-curve", explains: |_, theirs, _| theirs.result == POINT_NOT_ON_CURVE },
    Rule {
        row: "id-ecdh",
        explains: |pem, _, ours| ours.result == UNKNOWN_KEY && holds(pem, &[0x2B, 0x81, 0x04, 0x01, 0x0C]),
    },
    Rule {
        row: "integer-for-ca",
        explains: |pem, theirs, ours| {
            // The list's first element, whatever form the lengths before it have.
            let first = |list: &[u8]| {
                let [0x30, length, rest @ ..] = list else { return None };
                rest.get(usize::from(length.checked_sub(0x80).unwrap_or_default())).copied()
            };
            let is_integer = bytes(pem).windows(24).any(|part| {
                part.starts_with(&[0x55, 0x1D, 0x13])
                    && (3..part.len()).any(|at| first(&part[at..]) == Some(2))
            });
            let without = |answer: &Answer| answer.text.replace("CA=true", "CA=false");
            is_integer && theirs.result == ours.result && without(theirs) == without(ours)
        },
    },
    Rule {
        row: "explicit-curve",
        explains: |pem, theirs, ours| {
            ours.result == -0x3D00
                && theirs.result != 0
                && holds(pem, &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01])
        },
    },
    Rule {
        row: "hardware-module",
        explains: |_, theirs, ours| {
            theirs.result == ours.result
                && without_hardware_modules(&theirs.text) == without_hardware_modules(&ours.text)
        },
    },
    Rule {
        row: "unprintable",
        explains: |_, theirs, ours| {
            let in_one_line = |answer: &Answer| answer.text.replace('\n', "?");
            theirs.result == ours.result && in_one_line(theirs) == in_one_line(ours)
        },
    },
    Rule { row: "long-name", explains: |_, theirs, _| theirs.text.contains("<-0x2980>") },
    Rule { row: "der-file", explains: |pem, _, ours| pem.starts_with(b"0") && ours.result == -0x2180 },
];

pub(crate) const KEY_RULES: &[Rule] = &[
    Rule {
        row: "ec-private-key",
        explains: |pem, theirs, ours| ours.result == UNKNOWN_KEY && (theirs.result == 0 || is_ec(pem)),
    },
    Rule {
        row: "private-key-range",
        explains: |_, theirs, ours| theirs.result == 0 && ours.result == -0x3980,
    },
];

/// A description in which hardware module names are as unsupported as they are in ours.
pub(crate) fn without_hardware_modules(text: &str) -> String {
    let mut out = String::new();
    let mut is_inside = false;
    for line in text.lines() {
        // The library indents what belongs to the name further than other names.
        is_inside = is_inside && line.starts_with("        ");
        if line == "    otherName :" {
            out += "    <unsupported>\n";
            is_inside = true;
        } else if !is_inside {
            out += line;
            out.push('\n');
        }
    }
    out
}

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
