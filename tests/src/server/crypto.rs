//! The server's cryptography, straight from the RustCrypto crates: nothing here is shared with what is being tested.

use aes::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use aes::{Aes128, Aes256};
use aes_gcm::aead::{AeadInOut, KeyInit, consts};
use hmac::{Hmac, Mac};
use sha2::Digest;

/// AES's mode in a suite.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// With a separate HMAC.
    Cbc,
    /// Tag of 16 bytes.
    Gcm,
    /// Tag of 16 bytes.
    Ccm,
    /// Tag of 8 bytes.
    Ccm8,
}

/// A hash.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HashKind {
    /// SHA-1.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// A suite, as the server knows it.
#[derive(Clone, Copy, Debug)]
pub struct Parameters {
    /// The suite's number.
    pub id: u16,
    /// AES's mode.
    pub mode: Mode,
    /// Bytes of an AES key.
    pub key_length: usize,
    /// Bytes of a MAC key and of a MAC; 0 for AEAD.
    pub mac_length: usize,
    /// The hash of the PRF.
    pub prf: HashKind,
}

/// The ten suites' numbers.
pub const SUITES: [u16; 10] =
    [0x009D, 0xC09D, 0x003D, 0x0035, 0xC0A1, 0x009C, 0xC09C, 0x003C, 0x002F, 0xC0A0];

/// The parameters of one of the ten; AES_128_CBC_SHA's for any other number, so that a server can claim nonsense.
pub fn parameters(id: u16) -> Parameters {
    let (mode, key_length, mac_length) = match id {
        0x009D => (Mode::Gcm, 32, 0),
        0x009C => (Mode::Gcm, 16, 0),
        0xC09D => (Mode::Ccm, 32, 0),
        0xC09C => (Mode::Ccm, 16, 0),
        0xC0A1 => (Mode::Ccm8, 32, 0),
        0xC0A0 => (Mode::Ccm8, 16, 0),
        0x003D => (Mode::Cbc, 32, 32),
        0x003C => (Mode::Cbc, 16, 32),
        0x0035 => (Mode::Cbc, 32, 20),
        _ => (Mode::Cbc, 16, 20),
    };
    let prf = if id == 0x009D { HashKind::Sha384 } else { HashKind::Sha256 };
    Parameters { id, mode, key_length, mac_length, prf }
}

/// Hashes `data`.
pub fn hash(kind: HashKind, data: &[u8]) -> Vec<u8> {
    match kind {
        HashKind::Sha1 => sha1::Sha1::digest(data).to_vec(),
        HashKind::Sha256 => sha2::Sha256::digest(data).to_vec(),
        HashKind::Sha384 => sha2::Sha384::digest(data).to_vec(),
        HashKind::Sha512 => sha2::Sha512::digest(data).to_vec(),
    }
}

/// HMAC over the concatenation of `parts`.
pub fn hmac(kind: HashKind, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    macro_rules! hmac {
        ($hash:ty) => {{
            let mut mac = <Hmac<$hash> as KeyInit>::new_from_slice(key).unwrap();
            parts.iter().for_each(|part| mac.update(part));
            mac.finalize().into_bytes().to_vec()
        }};
    }
    match kind {
        HashKind::Sha1 => hmac!(sha1::Sha1),
        HashKind::Sha256 => hmac!(sha2::Sha256),
        HashKind::Sha384 => hmac!(sha2::Sha384),
        HashKind::Sha512 => hmac!(sha2::Sha512),
    }
}

/// The PRF of TLS 1.2 (RFC 5246 §5).
pub fn prf(kind: HashKind, secret: &[u8], label: &str, seed: &[u8], length: usize) -> Vec<u8> {
    let seed = [label.as_bytes(), seed].concat();
    let mut out = Vec::new();
    let mut a = seed.clone();
    while out.len() < length {
        a = hmac(kind, secret, &[&a]);
        out.extend(hmac(kind, secret, &[&a, &seed]));
    }
    out.truncate(length);
    out
}

/// Seals with an AEAD suite: ciphertext and tag.
pub fn aead_seal(suite: Parameters, key: &[u8], nonce: &[u8; 12], aad: &[u8], plaintext: &[u8]) -> Vec<u8> {
    macro_rules! seal {
        ($aead:ty) => {{
            let mut out = plaintext.to_vec();
            let tag = <$aead>::new_from_slice(key)
                .unwrap()
                .encrypt_inout_detached(&(*nonce).into(), aad, out.as_mut_slice().into())
                .unwrap();
            out.extend_from_slice(&tag);
            out
        }};
    }
    match (suite.mode, suite.key_length) {
        (Mode::Gcm, 16) => seal!(aes_gcm::Aes128Gcm),
        (Mode::Gcm, _) => seal!(aes_gcm::Aes256Gcm),
        (Mode::Ccm, 16) => seal!(Ccm<Aes128, consts::U16>),
        (Mode::Ccm, _) => seal!(Ccm<Aes256, consts::U16>),
        (_, 16) => seal!(Ccm<Aes128, consts::U8>),
        (_, _) => seal!(Ccm<Aes256, consts::U8>),
    }
}

/// Opens ciphertext and tag.
pub fn aead_open(
    suite: Parameters,
    key: &[u8],
    nonce: &[u8; 12],
    aad: &[u8],
    sealed: &[u8],
) -> Option<Vec<u8>> {
    let tag_length = if suite.mode == Mode::Ccm8 { 8 } else { 16 };
    let (ciphertext, tag) = sealed.split_at_checked(sealed.len().checked_sub(tag_length)?)?;
    macro_rules! open {
        ($aead:ty) => {{
            let mut out = ciphertext.to_vec();
            <$aead>::new_from_slice(key)
                .ok()?
                .decrypt_inout_detached(
                    &(*nonce).into(),
                    aad,
                    out.as_mut_slice().into(),
                    tag.try_into().ok()?,
                )
                .ok()?;
            Some(out)
        }};
    }
    match (suite.mode, suite.key_length) {
        (Mode::Gcm, 16) => open!(aes_gcm::Aes128Gcm),
        (Mode::Gcm, _) => open!(aes_gcm::Aes256Gcm),
        (Mode::Ccm, 16) => open!(Ccm<Aes128, consts::U16>),
        (Mode::Ccm, _) => open!(Ccm<Aes256, consts::U16>),
        (_, 16) => open!(Ccm<Aes128, consts::U8>),
        (_, _) => open!(Ccm<Aes256, consts::U8>),
    }
}

/// Encrypts whole blocks.
pub fn cbc_encrypt(key: &[u8], vector: &[u8; 16], data: &mut [u8]) {
    macro_rules! encrypt {
        ($aes:ty) => {{
            let mut cbc = cbc::Encryptor::<$aes>::new_from_slices(key, vector).unwrap();
            for block in data.as_chunks_mut::<16>().0 {
                cbc.encrypt_block(block.into());
            }
        }};
    }
    if key.len() == 16 { encrypt!(Aes128) } else { encrypt!(Aes256) }
}

/// Decrypts whole blocks.
pub fn cbc_decrypt(key: &[u8], vector: &[u8; 16], data: &mut [u8]) {
    macro_rules! decrypt {
        ($aes:ty) => {{
            let mut cbc = cbc::Decryptor::<$aes>::new_from_slices(key, vector).unwrap();
            for block in data.as_chunks_mut::<16>().0 {
                cbc.decrypt_block(block.into());
            }
        }};
    }
    if key.len() == 16 { decrypt!(Aes128) } else { decrypt!(Aes256) }
}

type Ccm<C, T> = ccm::Ccm<C, T, consts::U12>;
