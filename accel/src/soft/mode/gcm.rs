//! Galois/counter mode with a nonce of 12 bytes (NIST SP 800-38D §7).

use status::Error;
use zeroize::{Zeroize, Zeroizing};

use crate::soft::aes::BLOCK_LENGTH;
use crate::{Direction, NONCE_LENGTH};

use super::{Blocks, bytes, ghash::Ghash, sum, words, xor};

/// Encrypts or decrypts `data` in place and returns the tag.
pub(super) fn apply(
    blocks: &mut impl Blocks,
    hash_key: &[u32; 4],
    direction: Direction,
    (nonce, aad): (&[u8; NONCE_LENGTH], &[u8]),
    data: &mut [u8],
) -> Result<Zeroizing<[u8; BLOCK_LENGTH]>, Error> {
    let mut ghash = Ghash::new(hash_key);
    ghash.absorb(aad);
    // The tag is over what is encrypted, so it is hashed before or after.
    if direction == Direction::Decrypt {
        ghash.absorb(data);
    }
    let mut mask = count(blocks, nonce, data)?;
    if direction == Direction::Encrypt {
        ghash.absorb(data);
    }
    let tag = Zeroizing::new(bytes(&sum(&mask, &ghash.finish(aad.len(), data.len()))));
    mask.zeroize();
    Ok(tag)
}

/// Xors the key stream to `data`, two blocks at once, and returns the mask of the tag, which is the stream's first block.
fn count(blocks: &mut impl Blocks, nonce: &[u8; NONCE_LENGTH], data: &mut [u8]) -> Result<[u32; 4], Error> {
    let mut counter = [0; BLOCK_LENGTH];
    for (to, from) in counter.iter_mut().zip(nonce) {
        *to = *from;
    }
    let mut stream = Keystream { counter: words(&counter), count: 0, pair: [[0; 4]; 2] };
    stream.next(blocks, 2)?;
    let [mask, beside_mask] = stream.pair;
    let (head, rest) = data.split_at_mut(BLOCK_LENGTH.min(data.len()));
    xor(head, &beside_mask);
    for part in rest.chunks_mut(2 * BLOCK_LENGTH) {
        stream.next(blocks, part.len().div_ceil(BLOCK_LENGTH))?;
        xor(part, stream.pair.as_flattened());
    }
    stream.pair.as_flattened_mut().zeroize();
    Ok(mask)
}

/// The key stream.
struct Keystream {
    counter: [u32; 4],
    count: u32,
    pair: [[u32; 4]; 2],
}

impl Keystream {
    /// The next two blocks, of which the first `used` are needed.
    #[inline(never)]
    fn next(&mut self, blocks: &mut impl Blocks, used: usize) -> Result<(), Error> {
        for block in &mut self.pair {
            self.count = self.count.wrapping_add(1);
            let [.., last] = &mut self.counter;
            *last = self.count.swap_bytes();
            *block = self.counter;
        }
        blocks.encrypt(&mut self.pair, used)
    }
}
