//! Galois/counter mode with a nonce of 12 bytes (NIST SP 800-38D §7).

use zeroize::Zeroizing;

use crate::soft::aes::{Aes, BATCH, BLOCK_LENGTH, Key};
use crate::{Direction, NONCE_LENGTH};

use super::{ghash::Ghash, increment, xor};

/// Encrypts or decrypts `data` in place and returns the tag.
pub(super) fn apply(
    key: &Key,
    direction: Direction,
    nonce: &[u8; NONCE_LENGTH],
    aad: &[u8],
    data: &mut [u8],
) -> Zeroizing<[u8; BLOCK_LENGTH]> {
    let mut counter = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    for (to, from) in counter.iter_mut().zip(nonce) {
        *to = *from;
    }
    let mut ghash = Ghash::new(&key.hash_key);
    ghash.absorb(aad);
    // The tag is over what is encrypted, so it is hashed before or after.
    if direction == Direction::Decrypt {
        ghash.absorb(data);
    }
    let mut tag = count(&key.aes, counter, data);
    if direction == Direction::Encrypt {
        ghash.absorb(data);
    }
    // Both lengths in bits, 64 bits each.
    let [aad, data] = [aad.len(), data.len()].map(|length| u128::try_from(length).unwrap_or_default() << 3);
    xor(tag.as_mut_slice(), &ghash.finish(aad << 64 | data));
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
