//! The AES block cipher (FIPS 197), all three key sizes behind one type, so that each mode of operation exists once.
//!
//! Constant-time and small: bitsliced, two blocks at once, each step of a round written once and without a table. Decryption is made of the
//! steps of encryption. Each architecture has a file with the rounds; the key expansion is here.
//!
//! Deliberately absent: AES instructions of a processor, which a microcontroller does not have.

// Set by the build script for every ARMv7E-M target.
#[cfg(umaal)]
mod armv7em;
#[cfg(not(umaal))]
mod portable;

use status::{Error, aes as code};
use zeroize::ZeroizeOnDrop;

#[cfg(umaal)]
use armv7em as rounds;
#[cfg(not(umaal))]
use portable as rounds;

/// The length of a block in bytes.
pub(crate) const BLOCK_LENGTH: usize = 16;

/// What the software keeps of a key.
#[derive(ZeroizeOnDrop)]
pub(crate) struct AesKey {
    pub(crate) aes: Aes,
    /// For GCM the hash key as [`super::mode`] has it.
    pub(crate) hash_key: [u32; 4],
}

impl AesKey {
    /// A place for a key.
    pub(crate) const fn empty() -> Self {
        Self { aes: Aes { keys: [[0; 4]; MAX_ROUNDS + 1], rounds: 0 }, hash_key: [0; 4] }
    }

    /// Whether there are no round keys.
    pub(crate) const fn is_empty(&self) -> bool {
        self.aes.rounds == 0
    }

    /// The place of the round keys, in which a key can also be kept as it is.
    pub(crate) fn bytes(&self) -> &[u8] {
        bytemuck::must_cast_slice(self.aes.keys.as_flattened())
    }

    /// As [`AesKey::bytes`], to be written.
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        bytemuck::must_cast_slice_mut(self.aes.keys.as_flattened_mut())
    }
}

/// AES with its round keys.
#[derive(ZeroizeOnDrop)]
pub(crate) struct Aes {
    /// Bitsliced. As both blocks have the same key, two words share one: the first has the even bits, the second the odd ones.
    /// Rows stand where the rounds have them, and the S-box's constant is in all but the first.
    keys: [[u32; 4]; MAX_ROUNDS + 1],
    rounds: usize,
}

/// The rounds of AES-256 (FIPS 197 §5).
const MAX_ROUNDS: usize = 14;

impl Aes {
    /// Expands a key (FIPS 197 §5.2).
    pub(crate) fn new(key: &[u8]) -> Result<Self, Error> {
        let length = match key.len() {
            16 | 24 | 32 => key.len() / 4,
            _ => return Err(code::INVALID_KEY_LENGTH),
        };
        let mut aes = Self { keys: [[0; 4]; MAX_ROUNDS + 1], rounds: length.wrapping_add(6) };
        let words = aes.keys.as_flattened_mut();
        for (word, bytes) in words.iter_mut().zip(key.as_chunks().0) {
            *word = u32::from_le_bytes(*bytes);
        }
        let mut constant = 1;
        for place in length..length.wrapping_add(7).wrapping_mul(4) {
            let word = |back| words.get(place.wrapping_sub(back)).copied().unwrap_or_default();
            let (back, last) = (word(length), word(1));
            let change = match place.checked_rem(length) {
                Some(0) => {
                    let change = substitute(last).rotate_right(8) ^ constant;
                    // The constant doubles in the field; AES-128 comes to its tenth, which is the second after the top bit.
                    constant = constant << 1 ^ (constant >> 7).wrapping_mul(0x11B);
                    change
                }
                Some(4) if length > 6 => substitute(last),
                _ => last,
            };
            if let Some(word) = words.get_mut(place) {
                *word = back ^ change;
            }
        }
        for (round, key) in (0..).zip(aes.keys.iter_mut().take(length.wrapping_add(7))) {
            prepare(key, round);
        }
        Ok(aes)
    }

    /// Encrypts two independent blocks in place, in words of their bytes, the first the lowest.
    pub(crate) fn encrypt(&self, pair: &mut [[u32; 4]; 2]) {
        rounds::encrypt(pair, self.round_keys());
    }

    /// Decrypts two independent blocks in place.
    pub(crate) fn decrypt(&self, pair: &mut [[u32; 4]; 2]) {
        rounds::decrypt(pair, self.round_keys());
    }

    fn round_keys(&self) -> &[[u32; 4]] {
        self.keys.get(..=self.rounds).unwrap_or_default()
    }
}

/// `SubWord` (FIPS 197 §5.2).
fn substitute(word: u32) -> u32 {
    rounds::substitute(word) ^ CONSTANT
}

/// The S-box's constant for four bytes (FIPS 197 §5.1.1). `MixColumns` leaves it as it is.
const CONSTANT: u32 = 0x6363_6363;

/// Makes a round key what it is kept as.
fn prepare(key: &mut [u32; 4], round: u32) {
    if round > 0 {
        key.iter_mut().for_each(|word| *word ^= CONSTANT);
    }
    rounds::share(key);
    // Rows go back as many columns as `ShiftRows` would have moved them by now. A byte has two bits for each of its four columns.
    for _ in 0..round & 3 {
        for word in &mut *key {
            let [a, b, c, d] = word.to_le_bytes();
            *word = u32::from_le_bytes([a, b.rotate_left(2), c.rotate_left(4), d.rotate_left(6)]);
        }
    }
}
