//! What CRYP does with a block in each of its modes.

use aes::cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use aes::{Aes128, Aes192, Aes256};
use ghash::{GHash, universal_hash::UniversalHash};

use super::{BLOCK_WORDS, CBC, CCM, CRYPEN, CTR, Cryp, ECB, GCM, HEADER, INIT, PAYLOAD, PREPARE_KEY};
use crate::{Fault, swap::swap};

impl Cryp {
    pub(super) fn process(&mut self, words: [u32; BLOCK_WORDS], fault: Fault) {
        self.failing.count();
        self.counters.blocks += 1;
        let datatype = self.datatype();
        let block = bytes(&words.map(|word| swap(word, datatype)));
        let output = match self.mode() {
            ECB => Some(if self.decrypts() { self.decrypt(block) } else { self.encrypt(block) }),
            CBC => Some(self.chain(block)),
            CTR => Some(self.count(block)),
            PREPARE_KEY => {
                self.registers.prepared = Some(self.keysize());
                self.registers.cr &= !CRYPEN;
                None
            }
            GCM => self.gcm(block),
            CCM => self.ccm(block),
            _ => {
                self.misuse();
                Some(block.map(|byte| !byte))
            }
        };
        if let Some(mut output) = output {
            output[0] ^= u8::from(fault == Fault::Wrong);
            for word in from_bytes(&output) {
                self.registers.output.push(swap(word, datatype));
            }
        }
    }

    fn chain(&mut self, block: [u8; 16]) -> [u8; 16] {
        let iv = bytes(&self.registers.iv);
        let (output, next) = if self.decrypts() {
            (xor(self.decrypt(block), iv), block)
        } else {
            let output = self.encrypt(xor(block, iv));
            (output, output)
        };
        self.registers.iv = from_bytes(&next);
        output
    }

    fn count(&mut self, block: [u8; 16]) -> [u8; 16] {
        let stream = self.encrypt(bytes(&self.registers.iv));
        self.registers.iv[3] = self.registers.iv[3].wrapping_add(1);
        xor(block, stream)
    }

    fn gcm(&mut self, block: [u8; 16]) -> Option<[u8; 16]> {
        let [first, second, third, last] = self.registers.iv;
        match self.phase() {
            INIT => {
                let hash_key = from_bytes(&self.encrypt([0; 16]));
                self.registers.hash_key[..4].copy_from_slice(&hash_key);
                self.registers.context = [0, 0, 0, 0, 0, 0, 0, last.wrapping_add(1)];
                self.registers.cr &= !CRYPEN;
                None
            }
            HEADER => {
                self.absorb(block);
                None
            }
            PAYLOAD => {
                let counter = self.registers.context[7].wrapping_sub(1);
                let output = xor(block, self.encrypt(bytes(&[first, second, third, counter])));
                self.registers.context[7] = self.registers.context[7].wrapping_add(1);
                self.absorb(if self.decrypts() { block } else { output });
                Some(output)
            }
            _ => {
                self.absorb(block);
                Some(xor(self.chained(), self.encrypt(bytes(&[first, second, third, 1]))))
            }
        }
    }

    fn ccm(&mut self, block: [u8; 16]) -> Option<[u8; 16]> {
        match self.phase() {
            INIT => {
                self.registers.context = [0, 0, 0, 0, 0, 0, 0, self.registers.iv[3]];
                self.authenticate(block);
                self.registers.cr &= !CRYPEN;
                None
            }
            HEADER => {
                self.authenticate(block);
                None
            }
            PAYLOAD => {
                let output = self.count(block);
                self.registers.context[7] = self.registers.iv[3];
                self.authenticate(if self.decrypts() { output } else { block });
                Some(output)
            }
            _ => Some(xor(self.chained(), self.encrypt(block))),
        }
    }

    /// The hash of GCM or the MAC of CCM so far.
    fn chained(&self) -> [u8; 16] {
        let [first, second, third, last, ..] = self.registers.context;
        bytes(&[first, second, third, last])
    }

    fn set_chained(&mut self, value: [u8; 16]) {
        self.registers.context[..4].copy_from_slice(&from_bytes(&value));
    }

    /// One step of GHASH.
    fn absorb(&mut self, block: [u8; 16]) {
        let [first, second, third, last, ..] = self.registers.hash_key;
        let mut ghash = GHash::new(Array::cast_from_core(&bytes(&[first, second, third, last])));
        ghash.update(Array::cast_slice_from_core(&[xor(self.chained(), block)]));
        self.set_chained(ghash.finalize().into());
    }

    /// One step of CBC-MAC.
    fn authenticate(&mut self, block: [u8; 16]) {
        let mac = self.encrypt(xor(self.chained(), block));
        self.set_chained(mac);
    }

    fn encrypt(&mut self, mut block: [u8; 16]) -> [u8; 16] {
        let key = self.key(None);
        let block_array = Array::cast_from_core_mut(&mut block);
        match self.keysize() {
            0 => Aes128::new_from_slice(&key[16..]).map(|aes| aes.encrypt_block(block_array)),
            1 => Aes192::new_from_slice(&key[8..]).map(|aes| aes.encrypt_block(block_array)),
            _ => Aes256::new_from_slice(&key).map(|aes| aes.encrypt_block(block_array)),
        }
        .unwrap_or_default();
        block
    }

    fn decrypt(&mut self, mut block: [u8; 16]) -> [u8; 16] {
        let key = self.key(Some(self.keysize()));
        let block_array = Array::cast_from_core_mut(&mut block);
        match self.keysize() {
            0 => Aes128::new_from_slice(&key[16..]).map(|aes| aes.decrypt_block(block_array)),
            1 => Aes192::new_from_slice(&key[8..]).map(|aes| aes.decrypt_block(block_array)),
            _ => Aes256::new_from_slice(&key).map(|aes| aes.decrypt_block(block_array)),
        }
        .unwrap_or_default();
        block
    }

    /// The bytes of all eight key registers: another key than was written unless it was prepared as it had to be.
    fn key(&mut self, prepared: Option<u32>) -> [u8; 32] {
        let mut key = [0; 32];
        for (to, word) in key.chunks_exact_mut(4).zip(self.registers.key) {
            to.copy_from_slice(&word.to_be_bytes());
        }
        if self.registers.prepared != prepared || self.keysize() == 3 {
            self.misuse();
            key = key.map(|byte| !byte);
        }
        key
    }
}

fn bytes(words: &[u32; BLOCK_WORDS]) -> [u8; 16] {
    let mut bytes = [0; 16];
    for (to, word) in bytes.chunks_exact_mut(4).zip(words) {
        to.copy_from_slice(&word.to_be_bytes());
    }
    bytes
}

fn from_bytes(bytes: &[u8; 16]) -> [u32; BLOCK_WORDS] {
    let mut words = [0; BLOCK_WORDS];
    for (word, chunk) in words.iter_mut().zip(bytes.as_chunks().0) {
        *word = u32::from_be_bytes(*chunk);
    }
    words
}

fn xor(mut to: [u8; 16], from: [u8; 16]) -> [u8; 16] {
    for (to, from) in to.iter_mut().zip(from) {
        *to ^= from;
    }
    to
}
