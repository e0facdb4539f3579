//! Counter with CBC-MAC, nonce of 12 bytes (NIST SP 800-38C, RFC 3610 §2, RFC 6655 §3).
//!
//! The chain of the MAC and the counter are independent, so one block of each goes through the cipher at once:
//!
//! ```text
//!   MAC      B0     B1 (aad) ..   B2 (data)    B3 (data)
//!   counter  A0     A1            A2           A3
//!            │      └► data block 0 └► block 1   └► ..
//!            └► mask of the tag
//! ```

use status::{Error, cipher};
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::soft::aes::BLOCK_LENGTH;
use crate::{CipherMode, Direction, NONCE_LENGTH};

use super::{Blocks, absorb, bytes, sum, words, xor};

/// Encrypts or decrypts `data` in place and returns the tag, of which the mode may use only the head. So many bytes are `done` when
/// it fails.
pub(crate) fn apply(
    blocks: &mut impl Blocks,
    mode: CipherMode,
    direction: Direction,
    (nonce, aad): (&[u8; NONCE_LENGTH], &[u8]),
    data: &mut [u8],
    done: &mut usize,
) -> Result<Zeroizing<[u8; BLOCK_LENGTH]>, Error> {
    let [mac, first] = first_blocks(mode, nonce, aad, data.len())?;
    let mut pair = Pair { blocks: [mac, [0; 4]], first, count: 0 };
    pair.encrypt(blocks)?;
    let mask = Zeroizing::new(*pair.stream());
    pair.count = 1;
    pair.authenticate(blocks, aad)?;
    for block in data.chunks_mut(BLOCK_LENGTH) {
        if direction == Direction::Encrypt {
            absorb(pair.mac(), block);
        }
        xor(block, pair.stream());
        if direction == Direction::Decrypt {
            absorb(pair.mac(), block);
        }
        *done = done.saturating_add(block.len());
        pair.count = pair.count.wrapping_add(1);
        pair.encrypt(blocks)?;
    }
    Ok(Zeroizing::new(bytes(&sum(&mask, pair.mac()))))
}

/// Both first blocks, B0 and A0 (RFC 3610 §2.2, §2.3). A length field of three bytes is noted as 2.
fn first_blocks(
    mode: CipherMode,
    nonce: &[u8; NONCE_LENGTH],
    aad: &[u8],
    data_length: usize,
) -> Result<[[u32; 4]; 2], Error> {
    let length = u32::try_from(data_length).map_err(|_| cipher::BAD_INPUT_DATA)?;
    if aad.len() > MAX_AAD_LENGTH {
        return Err(cipher::BAD_INPUT_DATA);
    }
    let mut counter = [0; BLOCK_LENGTH];
    let [flags, rest @ ..] = &mut counter;
    *flags = 0x02;
    for (to, from) in rest.iter_mut().zip(nonce) {
        *to = *from;
    }
    let counter = words(&counter);
    let [a, b, c, d] = counter;
    let tag = if mode == CipherMode::Ccm8 { 0x18 } else { 0x38 };
    let flags = if aad.is_empty() { tag } else { 0x40 | tag };
    // The three last bytes.
    Ok([[a | flags, b, c, d | length.swap_bytes()], counter])
}

/// Associated data of 2^16 - 2^8 bytes and more would need another encoding of its length (RFC 3610 §2.2).
const MAX_AAD_LENGTH: usize = 0xFEFF;

/// Both chains side by side. Wiped when dropped.
#[derive(ZeroizeOnDrop)]
struct Pair {
    /// The MAC, and the block of the key stream that belongs to the count.
    blocks: [[u32; 4]; 2],
    /// The counter block A0.
    first: [u32; 4],
    /// Less than 2^20, as data is shorter than [`crate::cipher::MAX_DATA_LENGTH`].
    count: u32,
}

impl Pair {
    fn mac(&mut self) -> &mut [u32; 4] {
        let [mac, _] = &mut self.blocks;
        mac
    }

    fn stream(&mut self) -> &mut [u32; 4] {
        let [_, stream] = &mut self.blocks;
        stream
    }

    /// Chains the associated data behind its length of two bytes, and makes the key stream of the count.
    fn authenticate(&mut self, blocks: &mut impl Blocks, aad: &[u8]) -> Result<(), Error> {
        if aad.is_empty() {
            let mac = *self.mac();
            self.encrypt(blocks)?;
            *self.mac() = mac;
            return Ok(());
        }
        let mut block = [0; BLOCK_LENGTH];
        let [first, second, rest @ ..] = &mut block;
        [*second, *first, ..] = aad.len().to_le_bytes();
        for (to, from) in rest.iter_mut().zip(aad) {
            *to = *from;
        }
        absorb(self.mac(), &block);
        self.encrypt(blocks)?;
        for block in aad.get(BLOCK_LENGTH - 2..).unwrap_or_default().chunks(BLOCK_LENGTH) {
            absorb(self.mac(), block);
            self.encrypt(blocks)?;
        }
        Ok(())
    }

    /// Encrypts the MAC as it stands, and makes the key stream of the count.
    fn encrypt(&mut self, blocks: &mut impl Blocks) -> Result<(), Error> {
        let [_, stream] = &mut self.blocks;
        *stream = self.first;
        let [.., last] = stream;
        // The last byte of the nonce stands before the three of the count.
        *last |= self.count.swap_bytes();
        blocks.encrypt(&mut self.blocks, 2)
    }
}
