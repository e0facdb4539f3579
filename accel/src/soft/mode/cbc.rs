//! Cipher block chaining (NIST SP 800-38A §6.2): serial to encrypt, two blocks at once to decrypt.

use status::Error;
use zeroize::Zeroize;

use crate::soft::aes::BLOCK_LENGTH;

use super::{Blocks, bytes, sum, words};

pub(crate) fn encrypt(
    cipher: &mut impl Blocks,
    iv: &mut [u8; BLOCK_LENGTH],
    blocks: &mut [[u8; BLOCK_LENGTH]],
) -> Result<(), Error> {
    let mut pair = [words(iv), [0; 4]];
    for block in blocks {
        let [chain, _] = &mut pair;
        *chain = sum(chain, &words(block));
        cipher.encrypt(&mut pair, 1)?;
        let [chain, _] = &pair;
        *block = bytes(chain);
        *iv = *block;
    }
    // Of the second block nobody needs to know anything, but it is a block of the cipher.
    pair.zeroize();
    Ok(())
}

pub(crate) fn decrypt(
    cipher: &mut impl Blocks,
    iv: &mut [u8; BLOCK_LENGTH],
    blocks: &mut [[u8; BLOCK_LENGTH]],
) -> Result<(), Error> {
    let mut chain = words(iv);
    let mut plain = [[0; 4]; 2];
    for pair in blocks.chunks_mut(2) {
        let mut encrypted = [[0; 4]; 2];
        for (to, block) in encrypted.iter_mut().zip(pair.iter()) {
            *to = words(block);
        }
        plain = encrypted;
        cipher.decrypt(&mut plain, pair.len())?;
        for ((block, plain), encrypted) in pair.iter_mut().zip(&plain).zip(encrypted) {
            *block = bytes(&sum(plain, &chain));
            chain = encrypted;
        }
    }
    *iv = bytes(&chain);
    plain.zeroize();
    Ok(())
}
