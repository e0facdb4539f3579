//! Cipher block chaining (NIST SP 800-38A §6.2): serial to encrypt, two blocks at once to decrypt.

use zeroize::Zeroize;

use crate::soft::aes::{Aes, BLOCK_LENGTH};

use super::{bytes, sum, words};

pub(super) fn encrypt(aes: &Aes, iv: &mut [u8; BLOCK_LENGTH], blocks: &mut [[u8; BLOCK_LENGTH]]) {
    let mut pair = [words(iv), [0; 4]];
    for block in blocks {
        let [chain, _] = &mut pair;
        *chain = sum(chain, &words(block));
        aes.encrypt(&mut pair);
        let [chain, _] = &pair;
        *block = bytes(chain);
        *iv = *block;
    }
    // Of the second block nobody needs to know anything, but it is a block of the cipher.
    pair.zeroize();
}

pub(super) fn decrypt(aes: &Aes, iv: &mut [u8; BLOCK_LENGTH], blocks: &mut [[u8; BLOCK_LENGTH]]) {
    let mut chain = words(iv);
    let mut plain = [[0; 4]; 2];
    for pair in blocks.chunks_mut(2) {
        let mut encrypted = [[0; 4]; 2];
        for (to, block) in encrypted.iter_mut().zip(pair.iter()) {
            *to = words(block);
        }
        plain = encrypted;
        aes.decrypt(&mut plain);
        for ((block, plain), encrypted) in pair.iter_mut().zip(&plain).zip(encrypted) {
            *block = bytes(&sum(plain, &chain));
            chain = encrypted;
        }
    }
    *iv = bytes(&chain);
    plain.zeroize();
}
