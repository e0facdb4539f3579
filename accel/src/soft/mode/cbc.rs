//! Cipher block chaining (NIST SP 800-38A §6.2): serial to encrypt, in batches to decrypt.

use core::slice;

use crate::soft::aes::{Aes, BATCH, BLOCK_LENGTH};

use super::xor;

pub(super) fn encrypt(aes: &Aes, iv: &mut [u8; BLOCK_LENGTH], blocks: &mut [[u8; BLOCK_LENGTH]]) {
    for block in blocks {
        xor(block, iv);
        aes.encrypt(slice::from_mut(block));
        *iv = *block;
    }
}

pub(super) fn decrypt(aes: &Aes, iv: &mut [u8; BLOCK_LENGTH], blocks: &mut [[u8; BLOCK_LENGTH]]) {
    for batch in blocks.chunks_mut(BATCH) {
        let mut encrypted = [[0; BLOCK_LENGTH]; BATCH];
        for (copy, block) in encrypted.iter_mut().zip(batch.iter()) {
            *copy = *block;
        }
        aes.decrypt(batch);
        for (block, copy) in batch.iter_mut().zip(&encrypted) {
            xor(block, iv);
            *iv = *copy;
        }
    }
}
