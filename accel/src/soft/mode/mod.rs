//! The modes of operation, written once for software and units: CBC, GCM and CCM (NIST SP 800-38A, -38D, -38C).
//!
//! This file checks the arguments; the files below only compute. This crate's software or a unit ([`crate::Modes`]) encrypts the blocks.

mod gcm;
mod ghash;

pub(crate) mod cbc;
pub(crate) mod ccm;

use status::{Error, cipher};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use crate::cipher::MAX_DATA_LENGTH;
use crate::soft::aes::{Aes, AesKey, BLOCK_LENGTH};
use crate::{CipherKey, CipherMode, Direction, NONCE_LENGTH};

/// What encrypts and decrypts blocks: the software, or a unit with its key loaded.
pub(crate) trait Blocks {
    /// Encrypts two blocks that do not depend on each other, in words of their bytes, the first the lowest. Only the first `used` of them
    /// matter.
    fn encrypt(&mut self, pair: &mut [[u32; 4]; 2], used: usize) -> Result<(), Error>;

    /// As [`Blocks::encrypt`], the other way.
    fn decrypt(&mut self, pair: &mut [[u32; 4]; 2], used: usize) -> Result<(), Error>;
}

impl Blocks for &Aes {
    #[inline(always)]
    fn encrypt(&mut self, pair: &mut [[u32; 4]; 2], _used: usize) -> Result<(), Error> {
        Aes::encrypt(self, pair);
        Ok(())
    }

    #[inline(always)]
    fn decrypt(&mut self, pair: &mut [[u32; 4]; 2], _used: usize) -> Result<(), Error> {
        Aes::decrypt(self, pair);
        Ok(())
    }
}

// Round keys are the largest thing there is on the stack: not inlined, and moved as little as can be.
#[inline(never)]
pub(crate) fn load(mode: CipherMode, direction: Direction, key: &[u8]) -> Result<CipherKey, Error> {
    let mut key = AesKey { aes: Aes::new(key)?, hash_key: [0; 4] };
    if mode == CipherMode::Gcm {
        key.hash_key = hash_key(&mut &key.aes)?;
    }
    Ok(CipherKey::of_software(mode, direction, key))
}

/// The hash key of GCM, as GHASH here has it (NIST SP 800-38D §7.1).
pub(crate) fn hash_key(blocks: &mut impl Blocks) -> Result<[u32; 4], Error> {
    let mut pair = [[0; 4]; 2];
    blocks.encrypt(&mut pair, 1)?;
    let [zero, _] = &pair;
    let key = ghash::key(zero);
    pair.zeroize();
    Ok(key)
}

/// Encrypts or decrypts whole blocks in place and leaves the next initialization vector in `iv`.
pub(crate) fn cbc(
    key: &CipherKey,
    direction: Direction,
    iv: &mut [u8; BLOCK_LENGTH],
    data: &mut [u8],
) -> Result<(), Error> {
    let key = key.software(CipherMode::Cbc, direction)?;
    let (blocks, []) = data.as_chunks_mut() else { return Err(cipher::FULL_BLOCK_EXPECTED) };
    match direction {
        Direction::Encrypt => cbc::encrypt(&mut &key.aes, iv, blocks),
        Direction::Decrypt => cbc::decrypt(&mut &key.aes, iv, blocks),
    }
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
    let key = key.software(mode, direction)?;
    check(mode, data.len(), tag_length)?;
    apply(&mut &key.aes, &key.hash_key, mode, direction, (nonce, aad), data)
}

/// Whether the mode has tags of this length and takes so much data.
pub(crate) fn check(mode: CipherMode, data_length: usize, tag_length: usize) -> Result<(), Error> {
    let is_right =
        mode != CipherMode::Cbc && tag_length == mode.tag_length() && data_length <= MAX_DATA_LENGTH;
    if is_right { Ok(()) } else { Err(cipher::BAD_INPUT_DATA) }
}

/// As [`aead`], over what encrypts blocks, with what has been checked.
pub(crate) fn apply(
    blocks: &mut impl Blocks,
    hash_key: &[u32; 4],
    mode: CipherMode,
    direction: Direction,
    message: (&[u8; NONCE_LENGTH], &[u8]),
    data: &mut [u8],
) -> Result<Zeroizing<[u8; BLOCK_LENGTH]>, Error> {
    match mode {
        CipherMode::Gcm => gcm::apply(blocks, hash_key, direction, message, data),
        _ => ccm::apply(blocks, mode, direction, message, data, &mut 0),
    }
}

/// The words of a block.
pub(crate) fn words(block: &[u8; BLOCK_LENGTH]) -> [u32; 4] {
    let mut words = [0; 4];
    for (word, bytes) in words.iter_mut().zip(block.as_chunks().0) {
        *word = u32::from_le_bytes(*bytes);
    }
    words
}

/// The block of these words.
pub(crate) fn bytes(words: &[u32; 4]) -> [u8; BLOCK_LENGTH] {
    let mut block = [0; BLOCK_LENGTH];
    for (bytes, word) in block.as_chunks_mut().0.iter_mut().zip(words) {
        *bytes = word.to_le_bytes();
    }
    block
}

fn sum([a, b, c, d]: &[u32; 4], [e, f, g, h]: &[u32; 4]) -> [u32; 4] {
    [a ^ e, b ^ f, c ^ g, d ^ h]
}

/// `data` ^= the bytes of `words`, as far as the shorter goes.
#[inline(never)]
fn xor(data: &mut [u8], words: &[u32]) {
    let (chunks, rest) = data.as_chunks_mut();
    let mut words = words.iter();
    for (bytes, word) in chunks.iter_mut().zip(&mut words) {
        *bytes = (u32::from_le_bytes(*bytes) ^ word).to_le_bytes();
    }
    if let Some(word) = words.next() {
        for (to, from) in rest.iter_mut().zip(word.to_le_bytes()) {
            *to ^= from;
        }
    }
}

/// The words of a block ^= the bytes of `data`, as far as the shorter goes.
#[inline(never)]
fn absorb(block: &mut [u32; 4], data: &[u8]) {
    let (chunks, rest) = data.as_chunks();
    let mut words = block.iter_mut();
    for (bytes, word) in chunks.iter().zip(&mut words) {
        *word ^= u32::from_le_bytes(*bytes);
    }
    if let Some(word) = words.next() {
        let mut last = [0; 4];
        for (to, from) in last.iter_mut().zip(rest) {
            *to = *from;
        }
        *word ^= u32::from_le_bytes(last);
    }
}
