//! The real Mbed TLS 2.28, linked into the tests: what it answers is what is expected of this project.

#![allow(
    unsafe_code,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "a bridge to C, for tests"
)]

use std::ffi::{CStr, c_char, c_int};

/// What the library says to a PEM text with certificates.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Certificates {
    /// What `mbedtls_x509_crt_parse` returns: 0, a negative code, or how many certificates could not be read.
    pub result: i32,
    /// How many could.
    pub count: usize,
    /// Their descriptions, one after the other.
    pub descriptions: Vec<u8>,
}

/// What the library says to a PEM text with a private key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Key {
    /// What `mbedtls_pk_parse_key` returns.
    pub result: i32,
    /// Whether it is an RSA key.
    pub is_rsa: bool,
    /// The length of its modulus in bits.
    pub bits: usize,
}

/// What the library says to a chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Verified {
    /// What `mbedtls_x509_crt_verify_with_profile` returns, or the parser before it.
    pub result: i32,
    /// The flags, with those for the usage of a server's certificate.
    pub flags: u32,
}

/// The library's version (`2.28.3`).
pub fn version() -> String {
    let mut out = [0; 32];
    // SAFETY: a version is shorter than that.
    unsafe { oracle_version(out.as_mut_ptr().cast()) };
    text(&out)
}

/// Parses certificates.
pub fn certificates(pem: &[u8]) -> Certificates {
    let pem = terminated(pem);
    let mut out = vec![0_u8; 1 << 16];
    let (mut used, mut count) = (0, 0);
    // SAFETY: pointers and sizes belong together.
    let result = unsafe {
        let out = (out.as_mut_ptr().cast(), out.len());
        oracle_certificates(pem.as_ptr(), pem.len(), out.0, out.1, &raw mut used, &raw mut count)
    };
    out.truncate(used);
    Certificates { result, count: usize::try_from(count).unwrap_or(0), descriptions: out }
}

/// Parses a private key without a password.
pub fn key(pem: &[u8]) -> Key {
    let pem = terminated(pem);
    let (mut is_rsa, mut bits) = (0, 0);
    // SAFETY: pointers and sizes belong together.
    let result = unsafe { oracle_key(pem.as_ptr(), pem.len(), &raw mut is_rsa, &raw mut bits) };
    Key { result, is_rsa: is_rsa != 0, bits }
}

/// Signs with a private key, and gives the code of what parses it or signs.
pub fn key_signs(pem: &[u8]) -> i32 {
    let pem = terminated(pem);
    // SAFETY: pointer and size belong together.
    unsafe { oracle_key_signs(pem.as_ptr(), pem.len()) }
}

/// Verifies the certificates of a message (DER each) with the device's profile at a time in Unix seconds. Without anchors the
/// library is given an empty list.
pub fn verify(
    chain: &[&[u8]],
    anchors: Option<&[u8]>,
    host: Option<&str>,
    now: u64,
    allow_md5: bool,
) -> Verified {
    let mut bytes = Vec::new();
    for der in chain {
        bytes.extend((der.len() as u32).to_be_bytes());
        bytes.extend(*der);
    }
    let anchors = anchors.map(terminated).unwrap_or_default();
    let host = host.map(|host| terminated(host.as_bytes()));
    let host = host.as_ref().map_or(std::ptr::null(), |host| host.as_ptr().cast());
    let mut flags = 0;
    // SAFETY: pointers and sizes belong together; the host is terminated or null.
    let result = unsafe {
        oracle_verify(
            bytes.as_ptr(),
            bytes.len(),
            anchors.as_ptr(),
            anchors.len(),
            host,
            i64::try_from(now).unwrap_or(i64::MAX),
            allow_md5.into(),
            &raw mut flags,
        )
    };
    Verified { result, flags }
}

/// `mbedtls_strerror`.
pub fn strerror(code: i32) -> String {
    let mut out = [0; 512];
    // SAFETY: pointer and size belong together.
    unsafe { oracle_strerror(code, out.as_mut_ptr().cast(), out.len()) };
    text(&out)
}

/// `mbedtls_x509_crt_verify_info` without a prefix.
pub fn flags_text(flags: u32) -> String {
    let mut out = [0; 4096];
    // SAFETY: pointer and size belong together.
    unsafe { oracle_flags_text(out.as_mut_ptr().cast(), out.len(), flags) };
    text(&out)
}

fn terminated(bytes: &[u8]) -> Vec<u8> {
    [bytes, &[0]].concat()
}

fn text(bytes: &[u8]) -> String {
    CStr::from_bytes_until_nul(bytes).map(|text| text.to_string_lossy().into_owned()).unwrap_or_default()
}

// SAFETY: as declared in oracle.c.
unsafe extern "C" {
    fn oracle_version(out: *mut c_char);
    fn oracle_certificates(
        text: *const u8,
        size: usize,
        out: *mut c_char,
        out_size: usize,
        used: *mut usize,
        count: *mut c_int,
    ) -> c_int;
    fn oracle_key(text: *const u8, size: usize, is_rsa: *mut c_int, bits: *mut usize) -> c_int;
    fn oracle_key_signs(text: *const u8, size: usize) -> c_int;
    fn oracle_verify(
        chain: *const u8,
        chain_size: usize,
        anchors: *const u8,
        anchors_size: usize,
        host: *const c_char,
        at: i64,
        allow_md5: c_int,
        flags: *mut u32,
    ) -> c_int;
    fn oracle_strerror(code: c_int, out: *mut c_char, out_size: usize);
    fn oracle_flags_text(out: *mut c_char, out_size: usize, flags: u32) -> c_int;
}
