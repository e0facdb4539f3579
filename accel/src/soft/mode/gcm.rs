//! Galois/counter mode with a nonce of 12 bytes (NIST SP 800-38D §7).

use zeroize::{Zeroize, Zeroizing};

use crate::soft::aes::{Aes, BLOCK_LENGTH, Key};
use crate::{Direction, NONCE_LENGTH};

use super::{bytes, ghash::Ghash, sum, xor};

/// Encrypts or decrypts `data` in place and returns the tag.
pub(super) fn apply(
    key: &Key,
    direction: Direction,
    nonce: &[u8; NONCE_LENGTH],
    aad: &[u8],
    data: &mut [u8],
) -> Zeroizing<[u8; BLOCK_LENGTH]> {
    let mut ghash = Ghash::new(&key.hash_key);
    ghash.absorb(aad);
    // The tag is over what is encrypted, so it is hashed before or after.
    if direction == Direction::Decrypt {
        ghash.absorb(data);
    }
    let mut mask = count(&key.aes, nonce, data);
    if direction == Direction::Encrypt {
        ghash.absorb(data);
    }
    let lengths = [aad.len(), data.len()].map(|length| u64::try_from(length).unwrap_or_default() << 3);
    let tag = Zeroizing::new(bytes(&sum(&mask, &ghash.finish(lengths))));
    mask.zeroize();
    tag
}

/// Xors the key stream to `data`, two blocks at once, and returns the mask of the tag, which is the stream's first block.
fn count(aes: &Aes, nonce: &[u8; NONCE_LENGTH], data: &mut [u8]) -> [u32; 4] {
    let mut counter = 1_u32;
    let mut stream = [[0; 4]; 2];
    let mut next = |stream: &mut [[u32; 4]; 2]| {
        for block in stream.iter_mut() {
            let [.., last] = block;
            *last = counter.swap_bytes();
            for (word, bytes) in block.iter_mut().zip(nonce.as_chunks().0) {
                *word = u32::from_le_bytes(*bytes);
            }
            counter = counter.wrapping_add(1);
        }
        aes.encrypt(stream);
    };
    next(&mut stream);
    let [mask, beside_mask] = stream;
    let (head, rest) = data.split_at_mut(BLOCK_LENGTH.min(data.len()));
    xor(head, &beside_mask);
    for part in rest.chunks_mut(2 * BLOCK_LENGTH) {
        next(&mut stream);
        xor(part, stream.as_flattened());
    }
    stream.zeroize();
    mask
}
