//! The throw-away certificates and keys under `vectors/tls12/`.
#![allow(clippy::unwrap_used, reason = "a damaged vector file ends the test")]

use std::path::Path;

use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::pkcs8::DecodePrivateKey;
use rsa::{PrivateKey, PublicKey};

/// A time at which every certificate there is valid: 2026-11-22, in Unix seconds.
pub const NOW: u64 = 1_795_305_600;

/// A file's text.
///
/// # Panics
/// When it cannot be read.
pub fn text(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/tls12").join(name)).unwrap()
}

/// The first PEM body of a file.
///
/// # Panics
/// When there is none.
pub fn der(name: &str) -> Vec<u8> {
    let text = String::from_utf8(text(name)).unwrap();
    let body = text.split("-----").nth(2).unwrap();
    let (mut out, mut bits, mut count) = (Vec::new(), 0_u32, 0_u32);
    for byte in body.bytes().filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=') {
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let value = alphabet.iter().position(|letter| *letter == byte).unwrap();
        bits = bits << 6 | u32::try_from(value).unwrap();
        count = count.wrapping_add(6);
        if count >= 8 {
            count = count.wrapping_sub(8);
            out.push(bits.wrapping_shr(count).to_le_bytes()[0]);
        }
    }
    out
}

/// A private key, PKCS#8 or PKCS#1.
///
/// # Panics
/// When it is neither.
pub fn rsa_key(name: &str) -> PrivateKey {
    let der = der(name);
    PrivateKey::from_pkcs8_der(&der).or_else(|_| PrivateKey::from_pkcs1_der(&der)).unwrap()
}

/// The public half of a private key.
///
/// # Panics
/// As [`rsa_key`].
pub fn rsa_public_key(name: &str) -> PublicKey {
    PublicKey::from(rsa_key(name))
}
