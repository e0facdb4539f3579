//! Galois/counter mode with a nonce of 12 bytes (NIST SP 800-38D §7).

use ghash::{Block, GHash, universal_hash::UniversalHash};
use zeroize::Zeroizing;

use crate::soft::aes::{Aes, BATCH, BLOCK_LENGTH};
use crate::{Direction, NONCE_LENGTH};

use super::{increment, xor};

/// Encrypts or decrypts `data` in place and returns the tag.
pub(super) fn apply(
    aes: &Aes,
    mut ghash: GHash,
    direction: Direction,
    nonce: &[u8; NONCE_LENGTH],
    aad: &[u8],
    data: &mut [u8],
) -> Zeroizing<[u8; BLOCK_LENGTH]> {
    let mut counter = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    for (to, from) in counter.iter_mut().zip(nonce) {
        *to = *from;
    }
    absorb(&mut ghash, aad);
    // The tag is over what is encrypted, so it is hashed before or after.
    if direction == Direction::Decrypt {
        absorb(&mut ghash, data);
    }
    let mask = count(aes, counter, data);
    if direction == Direction::Encrypt {
        absorb(&mut ghash, data);
    }
    absorb(&mut ghash, &lengths(aad, data));
    let mut tag = mask;
    xor(tag.as_mut_slice(), &ghash.finalize());
    tag
}

/// Xors the key stream to `data` and returns the mask of the tag, which is the stream's first block. For a short record all
/// of it is one batch.
fn count(aes: &Aes, mut counter: [u8; BLOCK_LENGTH], data: &mut [u8]) -> Zeroizing<[u8; BLOCK_LENGTH]> {
    let mut stream = Zeroizing::new([[0; BLOCK_LENGTH]; BATCH]);
    let beside_mask = stream.as_flattened().len().wrapping_sub(BLOCK_LENGTH);
    let (head, rest) = data.split_at_mut(beside_mask.min(data.len()));

    generate(aes, &mut counter, stream.get_mut(..=head.len().div_ceil(BLOCK_LENGTH)).unwrap_or_default());
    let [mask, beside @ ..] = &*stream;
    let mask = Zeroizing::new(*mask);
    xor(head, beside.as_flattened());

    for part in rest.chunks_mut(stream.as_flattened().len()) {
        generate(aes, &mut counter, stream.get_mut(..part.len().div_ceil(BLOCK_LENGTH)).unwrap_or_default());
        xor(part, stream.as_flattened());
    }
    mask
}

/// The next blocks of the key stream.
fn generate(aes: &Aes, counter: &mut [u8; BLOCK_LENGTH], stream: &mut [[u8; BLOCK_LENGTH]]) {
    for block in stream.iter_mut() {
        *block = *counter;
        increment(counter);
    }
    aes.encrypt(stream);
}

/// Hashes `data`, filled up with zeros to whole blocks.
fn absorb(ghash: &mut GHash, data: &[u8]) {
    let (blocks, rest) = data.as_chunks();
    ghash.update(Block::cast_slice_from_core(blocks));
    if !rest.is_empty() {
        let mut block = [[0; BLOCK_LENGTH]];
        xor(block.as_flattened_mut(), rest);
        ghash.update(Block::cast_slice_from_core(&block));
    }
}

/// Both lengths in bits, 64 bits each.
fn lengths(aad: &[u8], data: &[u8]) -> [u8; BLOCK_LENGTH] {
    let mut block = [[0; 8]; 2];
    for (to, part) in block.iter_mut().zip([aad.len(), data.len()]) {
        *to = u64::try_from(part).unwrap_or(u64::MAX).wrapping_shl(3).to_be_bytes();
    }
    let mut lengths = [0; BLOCK_LENGTH];
    xor(&mut lengths, block.as_flattened());
    lengths
}
