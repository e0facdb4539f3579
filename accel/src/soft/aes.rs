//! The AES block cipher (FIPS 197), all three key sizes behind one type, so that each mode of operation exists once.
//!
//! The crate underneath is constant-time: bitsliced, two blocks at once on 32-bit processors, or the processor's own
//! instructions.

use aes::cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use aes::{Aes128, Aes192, Aes256};
use ghash::GHash;
use status::{Error, aes as code};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// The length of a block in bytes.
pub(crate) const BLOCK_LENGTH: usize = 16;
/// So many blocks are handed over at once where they do not depend on each other.
pub(crate) const BATCH: usize = 8;

/// What the software keeps of a key: the round keys, and for GCM the hash key. Both wipe themselves.
pub(crate) struct Key {
    pub(crate) aes: Aes,
    pub(crate) ghash: Option<GHash>,
}

impl ZeroizeOnDrop for Key {}

/// AES with its round keys.
pub(crate) enum Aes {
    Aes128(Aes128),
    Aes192(Aes192),
    Aes256(Aes256),
}

impl Aes {
    pub(crate) fn new(key: &[u8]) -> Result<Self, Error> {
        let key = match key.len() {
            16 => Aes128::new_from_slice(key).map(Self::Aes128),
            24 => Aes192::new_from_slice(key).map(Self::Aes192),
            _ => Aes256::new_from_slice(key).map(Self::Aes256),
        };
        key.map_err(|_| code::INVALID_KEY_LENGTH)
    }

    /// Encrypts independent blocks in place.
    pub(crate) fn encrypt(&self, blocks: &mut [[u8; BLOCK_LENGTH]]) {
        let blocks = Array::cast_slice_from_core_mut(blocks);
        match self {
            Self::Aes128(aes) => aes.encrypt_blocks(blocks),
            Self::Aes192(aes) => aes.encrypt_blocks(blocks),
            Self::Aes256(aes) => aes.encrypt_blocks(blocks),
        }
    }

    /// Decrypts independent blocks in place.
    pub(crate) fn decrypt(&self, blocks: &mut [[u8; BLOCK_LENGTH]]) {
        let blocks = Array::cast_slice_from_core_mut(blocks);
        match self {
            Self::Aes128(aes) => aes.decrypt_blocks(blocks),
            Self::Aes192(aes) => aes.decrypt_blocks(blocks),
            Self::Aes256(aes) => aes.decrypt_blocks(blocks),
        }
    }

    /// The hash key of GCM: the encryption of a zero block (NIST SP 800-38D §6.4).
    pub(crate) fn ghash(&self) -> GHash {
        let mut block = [[0; BLOCK_LENGTH]];
        self.encrypt(&mut block);
        let [bytes] = &mut block;
        let ghash = GHash::new(Array::cast_from_core(bytes));
        block.zeroize();
        ghash
    }
}
