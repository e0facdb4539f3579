//! Certificates made to measure: a small DER builder, so that every field can be wrong on purpose. Signatures are real and made
//! by the `openssl` command.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "test support"
)]

use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

/// An element: tag, length in the shortest form, content.
pub fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut out = vec![tag];
    match length {
        0..=0x7F => out.push(length as u8),
        0x80..=0xFF => out.extend([0x81, length as u8]),
        _ => out.extend([0x82, (length >> 8) as u8, length as u8]),
    }
    out.extend(content);
    out
}

/// A SEQUENCE of parts.
pub fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    element(0x30, &parts.concat())
}

/// An object identifier in dotted form.
pub fn oid(dotted: &str) -> Vec<u8> {
    let numbers: Vec<u32> = dotted.split('.').map(|number| number.parse().expect("a number")).collect();
    let mut content = vec![(numbers[0] * 40 + numbers[1]) as u8];
    for number in &numbers[2..] {
        let mut groups = vec![(number & 0x7F) as u8];
        let mut rest = number >> 7;
        while rest > 0 {
            groups.push(0x80 | (rest & 0x7F) as u8);
            rest >>= 7;
        }
        groups.reverse();
        content.extend(groups);
    }
    element(0x06, &content)
}

/// An AlgorithmIdentifier with NULL parameters (`true`) or none.
pub fn algorithm(dotted: &str, has_null: bool) -> Vec<u8> {
    sequence(&[&oid(dotted), if has_null { &[5, 0] } else { &[] }])
}

/// A Name of one attribute per set: dotted type, tag, value.
pub fn name(attributes: &[(&str, u8, &[u8])]) -> Vec<u8> {
    let sets: Vec<Vec<u8>> = attributes
        .iter()
        .map(|(kind, tag, value)| element(0x31, &sequence(&[&oid(kind), &element(*tag, value)])))
        .collect();
    element(0x30, &sets.concat())
}

/// `CN=common_name, O=Test` in UTF8String.
pub fn plain_name(common_name: &str) -> Vec<u8> {
    name(&[("2.5.4.3", 0x0C, common_name.as_bytes()), ("2.5.4.10", 0x0C, b"Test")])
}

/// An extension.
pub fn extension(dotted: &str, is_critical: bool, value: &[u8]) -> Vec<u8> {
    sequence(&[&oid(dotted), if is_critical { &[1, 1, 0xFF] } else { &[] }, &element(0x04, value)])
}

/// A certificate to be.
#[derive(Clone)]
pub struct Template {
    /// The content of `version`: 0 for v1, which is then left out.
    pub version: u8,
    /// The serial number's element.
    pub serial: Vec<u8>,
    /// The AlgorithmIdentifier inside.
    pub algorithm: Vec<u8>,
    /// The one outside, if another.
    pub outer_algorithm: Option<Vec<u8>>,
    /// The hash to sign with, as `openssl dgst` names it.
    pub hash: &'static str,
    /// The issuer's Name.
    pub issuer: Vec<u8>,
    /// The two times' elements.
    pub validity: [Vec<u8>; 2],
    /// The subject's Name.
    pub subject: Vec<u8>,
    /// The SubjectPublicKeyInfo.
    pub public_key: Vec<u8>,
    /// What stands between the key and the extensions.
    pub unique_identifiers: Vec<u8>,
    /// The extensions; none at all leaves the field out.
    pub extensions: Vec<Vec<u8>>,
}

impl Template {
    /// The certificate's DER, signed with the private key of this PEM file.
    pub fn sign(&self, key: &Path) -> Vec<u8> {
        let signed = self.signed();
        let signature =
            openssl(&["dgst", self.hash, "-sign", &key.display().to_string(), "-binary"], &signed);
        self.finish(&signed, &signature)
    }

    /// The same, signed by a function of what is signed.
    pub fn sign_with(&self, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> Vec<u8> {
        let signed = self.signed();
        self.finish(&signed, &sign(&signed))
    }

    /// The same with these bytes in the place of the signature.
    pub fn unsigned(&self, signature: &[u8]) -> Vec<u8> {
        self.finish(&self.signed(), signature)
    }

    fn finish(&self, signed: &[u8], signature: &[u8]) -> Vec<u8> {
        let outer_algorithm = self.outer_algorithm.as_ref().unwrap_or(&self.algorithm);
        sequence(&[signed, outer_algorithm, &element(0x03, &[&[0], signature].concat())])
    }

    fn signed(&self) -> Vec<u8> {
        let version = element(0xA0, &element(0x02, &[self.version]));
        let extensions = element(0xA3, &element(0x30, &self.extensions.concat()));
        sequence(&[
            if self.version == 0 { &[] } else { &version },
            &self.serial,
            &self.algorithm,
            &self.issuer,
            &sequence(&[&self.validity[0], &self.validity[1]]),
            &self.subject,
            &self.public_key,
            &self.unique_identifiers,
            if self.extensions.is_empty() { &[] } else { &extensions },
        ])
    }
}

/// PEM armour around DER.
pub fn armour(label: &str, der: &[u8]) -> String {
    let mut text = format!("-----BEGIN {label}-----\n");
    for line in base64(der).as_bytes().chunks(64) {
        text.push_str(std::str::from_utf8(line).expect("base64 is ASCII"));
        text.push('\n');
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text
}

/// The DER of the first block with this label, if it is one.
pub fn strip_armour(label: &str, text: &str) -> Option<Vec<u8>> {
    let (_, body) = text.split_once(&format!("-----BEGIN {label}-----"))?;
    let (body, _) = body.split_once(&format!("-----END {label}-----"))?;
    let digits = body.bytes().filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=');
    let digits = digits.map(|byte| DIGITS.iter().position(|digit| *digit == byte).map(|value| value as u32));
    let digits: Vec<u32> = digits.collect::<Option<_>>()?;
    let mut der = Vec::new();
    for group in digits.chunks(4) {
        let bits = group.iter().fold(0, |bits, digit| bits << 6 | digit) << (6 * (4 - group.len()));
        der.extend(&bits.to_be_bytes()[1..group.len()]);
    }
    Some(der)
}

/// Runs `openssl` with this input and gives its output.
pub fn openssl(arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = Command::new("openssl")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the openssl command");
    child.stdin.take().expect("its input").write_all(input).expect("openssl reads");
    let output = child.wait_with_output().expect("openssl ends");
    assert!(output.status.success(), "openssl {arguments:?}");
    output.stdout
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn base64(bytes: &[u8]) -> String {
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let bits =
            group.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        for index in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * index) & 0x3F) as usize];
            text.push(if index <= group.len() { char::from(digit) } else { '=' });
        }
    }
    text
}
