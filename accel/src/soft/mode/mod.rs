//! The modes of operation, composed once over the block cipher: CBC, GCM and CCM (NIST SP 800-38A, -38D, -38C).
//!
//! This file checks what was asked for; the files below only compute.

mod cbc;
mod gcm;
mod ghash;

pub(crate) mod ccm;

use core::slice;

use status::{Error, cipher};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use crate::cipher::{MAX_DATA_LENGTH, Material};
use crate::soft::aes::{Aes, BLOCK_LENGTH, Key};
use crate::{CipherKey, CipherMode, Direction, NONCE_LENGTH};

// Round keys are the largest thing there is on the stack: not inlined, and moved as little as can be.
#[inline(never)]
pub(crate) fn load(mode: CipherMode, direction: Direction, key: &[u8]) -> Result<CipherKey, Error> {
    let material = Material::Soft(Key { aes: Aes::new(key)?, hash_key: [0; BLOCK_LENGTH] });
    let mut loaded = CipherKey { mode, direction, material };
    if let (CipherMode::Gcm, Material::Soft(key)) = (mode, &mut loaded.material) {
        key.aes.encrypt(slice::from_mut(&mut key.hash_key));
    }
    Ok(loaded)
}

/// Encrypts or decrypts whole blocks in place and leaves the next initialization vector in `iv`.
pub(crate) fn cbc(
    key: &CipherKey,
    direction: Direction,
    iv: &mut [u8; BLOCK_LENGTH],
    data: &mut [u8],
) -> Result<(), Error> {
    let key = loaded(key, direction, CipherMode::Cbc)?;
    let (blocks, []) = data.as_chunks_mut() else { return Err(cipher::FULL_BLOCK_EXPECTED) };
    match direction {
        Direction::Encrypt => cbc::encrypt(&key.aes, iv, blocks),
        Direction::Decrypt => cbc::decrypt(&key.aes, iv, blocks),
    }
    Ok(())
}

/// Hands the tag out that [`aead`] computed, or another that did the same.
pub(crate) fn sealed(
    computed: Result<Zeroizing<[u8; BLOCK_LENGTH]>, Error>,
    tag: &mut [u8],
) -> Result<(), Error> {
    for (to, from) in tag.iter_mut().zip(computed?.iter()) {
        *to = *from;
    }
    Ok(())
}

/// Compares the tag that [`aead`] computed, or another that did the same, in constant time; on any failure `data` is zeroed.
pub(crate) fn opened(
    computed: Result<Zeroizing<[u8; BLOCK_LENGTH]>, Error>,
    data: &mut [u8],
    tag: &[u8],
) -> Result<(), Error> {
    let opened = match computed {
        Ok(computed) if bool::from(computed.get(..tag.len()).unwrap_or_default().ct_eq(tag)) => Ok(()),
        Ok(_) => Err(cipher::AUTH_FAILED),
        Err(error) => Err(error),
    };
    if opened.is_err() {
        data.zeroize();
    }
    opened
}

/// Encrypts or decrypts `data` and returns the tag, of which the mode may use only the head. It is wiped, as the right tag of
/// a forgery is a secret.
// Not inlined: its stack is free again when the tag is compared.
#[inline(never)]
pub(crate) fn aead(
    key: &CipherKey,
    direction: Direction,
    nonce: &[u8; NONCE_LENGTH],
    aad: &[u8],
    data: &mut [u8],
    tag_length: usize,
) -> Result<Zeroizing<[u8; BLOCK_LENGTH]>, Error> {
    let mode = key.mode;
    let key = loaded(key, direction, mode)?;
    if mode == CipherMode::Cbc || tag_length != mode.tag_length() || data.len() > MAX_DATA_LENGTH {
        return Err(cipher::BAD_INPUT_DATA);
    }
    match mode {
        CipherMode::Gcm => Ok(gcm::apply(key, direction, nonce, aad, data)),
        _ => ccm::apply(&mut &key.aes, mode, direction, (nonce, aad), data, &mut 0),
    }
}

fn loaded(key: &CipherKey, direction: Direction, mode: CipherMode) -> Result<&Key, Error> {
    match &key.material {
        Material::Soft(soft) if key.mode == mode && key.direction == direction => Ok(soft),
        _ => Err(cipher::BAD_INPUT_DATA),
    }
}

/// `to` ^= `from`, as far as the shorter goes.
#[inline(never)]
fn xor(to: &mut [u8], from: &[u8]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to ^= from;
    }
}

/// Adds one to the last four bytes, big-endian: the counter of GCM (NIST SP 800-38D §6.2), and that of CCM as well, whose
/// three bytes never carry into the fourth, the nonce's last, within [`MAX_DATA_LENGTH`].
fn increment(counter: &mut [u8; BLOCK_LENGTH]) {
    if let Some(bytes) = counter.last_chunk_mut() {
        *bytes = u32::from_be_bytes(*bytes).wrapping_add(1).to_be_bytes();
    }
}
