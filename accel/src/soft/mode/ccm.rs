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

use crate::soft::aes::{Aes, BLOCK_LENGTH};
use crate::{CipherMode, Direction, NONCE_LENGTH};

use super::{increment, xor};

/// What encrypts blocks: the software, or a unit.
pub(crate) trait Encryption {
    /// Encrypts two blocks that do not depend on each other.
    fn encrypt(&mut self, blocks: &mut [[u8; BLOCK_LENGTH]; 2]) -> Result<(), Error>;
}

impl Encryption for &Aes {
    fn encrypt(&mut self, blocks: &mut [[u8; BLOCK_LENGTH]; 2]) -> Result<(), Error> {
        Aes::encrypt(self, blocks);
        Ok(())
    }
}

/// Encrypts or decrypts `data` in place and returns the tag, of which the mode may use only the head. So many bytes are `done` when
/// it fails.
pub(crate) fn apply(
    aes: &mut dyn Encryption,
    mode: CipherMode,
    direction: Direction,
    (nonce, aad): (&[u8; NONCE_LENGTH], &[u8]),
    data: &mut [u8],
    done: &mut usize,
) -> Result<Zeroizing<[u8; BLOCK_LENGTH]>, Error> {
    let (mac, counter) = first_blocks(mode, nonce, aad, data.len())?;
    let mut pair = Pair { blocks: [mac, [0; BLOCK_LENGTH]], counter };
    pair.encrypt(aes)?;
    let mut tag = Zeroizing::new(*pair.stream());
    increment(&mut pair.counter);
    pair.authenticate(aes, aad)?;
    for block in data.chunks_mut(BLOCK_LENGTH) {
        if direction == Direction::Encrypt {
            xor(pair.mac(), block);
        }
        xor(block, pair.stream());
        if direction == Direction::Decrypt {
            xor(pair.mac(), block);
        }
        *done = done.saturating_add(block.len());
        increment(&mut pair.counter);
        pair.encrypt(aes)?;
    }
    xor(tag.as_mut_slice(), pair.mac());
    Ok(tag)
}

/// Both first blocks, B0 and A0 (RFC 3610 §2.2, §2.3). A length field of three bytes is noted as 2.
fn first_blocks(
    mode: CipherMode,
    nonce: &[u8; NONCE_LENGTH],
    aad: &[u8],
    data_length: usize,
) -> Result<([u8; BLOCK_LENGTH], [u8; BLOCK_LENGTH]), Error> {
    if aad.len() > MAX_AAD_LENGTH {
        return Err(cipher::BAD_INPUT_DATA);
    }
    let [a, b, c, d, e, f, g, h, i, j, k, l] = *nonce;
    let tag = if mode == CipherMode::Ccm8 { 0x18 } else { 0x38 };
    let flags = if aad.is_empty() { 0x02 | tag } else { 0x42 | tag };
    let length = u32::try_from(data_length).map_err(|_| cipher::BAD_INPUT_DATA)?;
    let [_, x, y, z] = length.to_be_bytes();
    Ok((
        [flags, a, b, c, d, e, f, g, h, i, j, k, l, x, y, z],
        [0x02, a, b, c, d, e, f, g, h, i, j, k, l, 0, 0, 0],
    ))
}

/// Associated data of 2^16 - 2^8 bytes and more would need another encoding of its length (RFC 3610 §2.2).
const MAX_AAD_LENGTH: usize = 0xFEFF;

/// Both chains side by side. Wiped when dropped.
#[derive(ZeroizeOnDrop)]
struct Pair {
    /// The MAC, and the block of the key stream that belongs to the counter.
    blocks: [[u8; BLOCK_LENGTH]; 2],
    counter: [u8; BLOCK_LENGTH],
}

impl Pair {
    fn mac(&mut self) -> &mut [u8; BLOCK_LENGTH] {
        let [mac, _] = &mut self.blocks;
        mac
    }

    fn stream(&mut self) -> &mut [u8; BLOCK_LENGTH] {
        let [_, stream] = &mut self.blocks;
        stream
    }

    /// Chains the associated data behind its length of two bytes, and makes the key stream of the counter.
    fn authenticate(&mut self, aes: &mut dyn Encryption, aad: &[u8]) -> Result<(), Error> {
        if aad.is_empty() {
            let mac = *self.mac();
            self.encrypt(aes)?;
            *self.mac() = mac;
            return Ok(());
        }
        let [first, second, rest @ ..] = self.mac();
        let [low, high, ..] = aad.len().to_le_bytes();
        *first ^= high;
        *second ^= low;
        xor(rest, aad);
        self.encrypt(aes)?;
        for block in aad.get(BLOCK_LENGTH - 2..).unwrap_or_default().chunks(BLOCK_LENGTH) {
            xor(self.mac(), block);
            self.encrypt(aes)?;
        }
        Ok(())
    }

    /// Encrypts the MAC as it stands, and makes the key stream of the counter.
    fn encrypt(&mut self, aes: &mut dyn Encryption) -> Result<(), Error> {
        *self.stream() = self.counter;
        aes.encrypt(&mut self.blocks)
    }
}
