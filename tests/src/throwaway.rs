//! The throw-away certificates and keys under `vectors/tls12/`.
#![allow(clippy::unwrap_used, reason = "a damaged vector file ends the test")]

use std::path::Path;

use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::pkcs8::DecodePrivateKey;
use rsa::{PrivateKey, PublicKey};

use crate::pki::strip_armour;

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
    let label = text.split("-----").nth(1).and_then(|label| label.strip_prefix("BEGIN ")).unwrap();
    strip_armour(label, &text).unwrap()
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
