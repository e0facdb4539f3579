//! Galois/counter mode with a nonce of 12 bytes (NIST SP 800-38D §7).

use zeroize::{Zeroize, Zeroizing};

use crate::soft::aes::{Aes, BLOCK_LENGTH, Key};
use crate::{Direction, NONCE_LENGTH};

use super::{bytes, ghash::Ghash, sum, words, xor};

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
    let tag = Zeroizing::new(bytes(&sum(&mask, &ghash.finish(aad.len(), data.len()))));
    mask.zeroize();
    tag
}

/// Xors the key stream to `data`, two blocks at once, and returns the mask of the tag, which is the stream's first block.
fn count(aes: &Aes, nonce: &[u8; NONCE_LENGTH], data: &mut [u8]) -> [u32; 4] {
    let mut counter = [0; BLOCK_LENGTH];
    for (to, from) in counter.iter_mut().zip(nonce) {
        *to = *from;
    }
    let mut stream = Stream { counter: words(&counter), count: 0, pair: [[0; 4]; 2] };
    stream.next(aes);
    let [mask, beside_mask] = stream.pair;
    let (head, rest) = data.split_at_mut(BLOCK_LENGTH.min(data.len()));
    xor(head, &beside_mask);
    for part in rest.chunks_mut(2 * BLOCK_LENGTH) {
        stream.next(aes);
        xor(part, stream.pair.as_flattened());
    }
    stream.pair.as_flattened_mut().zeroize();
    mask
}

/// The key stream.
struct Stream {
    counter: [u32; 4],
    count: u32,
    pair: [[u32; 4]; 2],
}

impl Stream {
    /// The next two blocks.
    #[inline(never)]
    fn next(&mut self, aes: &Aes) {
        for block in &mut self.pair {
            self.count = self.count.wrapping_add(1);
            let [.., last] = &mut self.counter;
            *last = self.count.swap_bytes();
            *block = self.counter;
        }
        aes.encrypt(&mut self.pair);
    }
}
