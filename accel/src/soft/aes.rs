//! The AES block cipher (FIPS 197), all three key sizes behind one type, so that each mode of operation exists once.
//!
//! Constant-time and small: bitsliced, two blocks at once, every step of a round written once and without a table. The inverse
//! cipher is made of the steps of the cipher. Deliberately absent: the processor's own instructions, which a microcontroller
//! does not have.

use status::{Error, aes as code};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// The length of a block in bytes.
pub(crate) const BLOCK_LENGTH: usize = 16;
/// So many blocks are handed over at once where they do not depend on each other.
pub(crate) const BATCH: usize = 8;

/// What the software keeps of a key.
#[derive(ZeroizeOnDrop)]
pub(crate) struct Key {
    pub(crate) aes: Aes,
    /// For GCM the hash key: the encryption of a zero block (NIST SP 800-38D §6.4).
    pub(crate) hash_key: [u8; BLOCK_LENGTH],
}

/// AES with its round keys.
#[derive(ZeroizeOnDrop)]
pub(crate) struct Aes {
    /// Bitsliced. As both blocks have the same key, two words share one: the first has the even bits, the second the odd ones.
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
            let [back, last] = [length, 1]
                .map(|distance| words.get(place.wrapping_sub(distance)).copied().unwrap_or_default());
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
        aes.keys.iter_mut().for_each(share);
        Ok(aes)
    }

    /// Encrypts independent blocks in place.
    pub(crate) fn encrypt(&self, blocks: &mut [[u8; BLOCK_LENGTH]]) {
        for pair in blocks.chunks_mut(2) {
            let mut state = load(pair);
            for (round, key) in self.round_keys().iter().enumerate() {
                if round > 0 {
                    sub_bytes(&mut state);
                    shift_rows(&mut state, TWO_LAST_ROWS);
                    if round < self.rounds {
                        mix_columns(&mut state);
                    }
                }
                add_round_key(&mut state, key);
            }
            store(&mut state, pair);
        }
    }

    /// Decrypts independent blocks in place.
    pub(crate) fn decrypt(&self, blocks: &mut [[u8; BLOCK_LENGTH]]) {
        for pair in blocks.chunks_mut(2) {
            let mut state = load(pair);
            for (round, key) in self.round_keys().iter().enumerate().rev() {
                add_round_key(&mut state, key);
                if round > 0 {
                    if round < self.rounds {
                        inverse_mix_columns(&mut state);
                    }
                    shift_rows(&mut state, TWO_MIDDLE_ROWS);
                    inverse_sub_bytes(&mut state);
                }
            }
            store(&mut state, pair);
        }
    }

    fn round_keys(&self) -> &[[u32; 4]] {
        self.keys.get(..=self.rounds).unwrap_or_default()
    }
}

/// Two blocks: word `n` has bit `n` of their 32 bytes. Each of its bytes is a row of the two, each pair of bits a column: the
/// lower bit is the first block's.
type State = [u32; 8];

/// The even bits.
const EVEN: u32 = 0x5555_5555;

fn load(blocks: &[[u8; BLOCK_LENGTH]]) -> State {
    let mut state = [0; 8];
    let [first, second] = [0, 1].map(|place| words(blocks.get(place)));
    for (pair, both) in state.as_chunks_mut().0.iter_mut().zip(first.into_iter().zip(second)) {
        *pair = both.into();
    }
    transpose(&mut state);
    state
}

fn words(block: Option<&[u8; BLOCK_LENGTH]>) -> [u32; 4] {
    let mut words = [0; 4];
    let bytes = block.map(|block| block.as_chunks().0).unwrap_or_default();
    for (word, bytes) in words.iter_mut().zip(bytes) {
        *word = u32::from_le_bytes(*bytes);
    }
    words
}

fn store(state: &mut State, blocks: &mut [[u8; BLOCK_LENGTH]]) {
    transpose(state);
    for (place, block) in blocks.iter_mut().enumerate() {
        for (bytes, pair) in block.as_chunks_mut().0.iter_mut().zip(state.as_chunks::<2>().0) {
            *bytes = pair.get(place).copied().unwrap_or_default().to_le_bytes();
        }
    }
    state.zeroize();
}

/// Between the words of two blocks, in turns, and a [`State`]; its own inverse.
fn transpose(state: &mut State) {
    let [a, b, c, d, e, f, g, h] = state;
    for (low, high) in [(&mut *a, &mut *b), (&mut *c, &mut *d), (&mut *e, &mut *f), (&mut *g, &mut *h)] {
        swap(low, high, 1, EVEN);
    }
    for (low, high) in [(&mut *a, &mut *c), (&mut *b, &mut *d), (&mut *e, &mut *g), (&mut *f, &mut *h)] {
        swap(low, high, 2, 0x3333_3333);
    }
    for (low, high) in [(a, e), (b, f), (c, g), (d, h)] {
        swap(low, high, 4, 0x0F0F_0F0F);
    }
}

/// Changes the bits of `mask` in `high` for those in `low` that are `shift` places above them.
fn swap(low: &mut u32, high: &mut u32, shift: u32, mask: u32) {
    let change = (low.wrapping_shr(shift) ^ *high) & mask;
    *low ^= change.wrapping_shl(shift);
    *high ^= change;
}

/// `SubWord` (FIPS 197 §5.2).
fn substitute(word: u32) -> u32 {
    let mut state = [word, 0, 0, 0, 0, 0, 0, 0];
    transpose(&mut state);
    sub_bytes(&mut state);
    transpose(&mut state);
    let [word, ..] = state;
    word
}

/// Bitslices a round key.
fn share(key: &mut [u32; 4]) {
    let [a, b, c, d] = *key;
    let mut state = [a, a, b, b, c, c, d, d];
    transpose(&mut state);
    for (word, pair) in key.iter_mut().zip(state.as_chunks().0) {
        let [first, second] = *pair;
        *word = first & EVEN | second & !EVEN;
    }
    state.zeroize();
}

fn add_round_key(state: &mut State, key: &[u32; 4]) {
    for (pair, word) in state.as_chunks_mut().0.iter_mut().zip(key) {
        let [first, second] = pair;
        let (even, odd) = (word & EVEN, word & !EVEN);
        *first ^= even | even << 1;
        *second ^= odd | odd >> 1;
    }
}

/// The rows that are rotated by two columns, and by one or three, in the cipher.
const TWO_LAST_ROWS: u32 = 0x0F0F_0000;
/// The same in the inverse cipher.
const TWO_MIDDLE_ROWS: u32 = 0x000F_0F00;

/// Rotates the second and the fourth row by one column, and then `rows` by two.
fn shift_rows(state: &mut State, rows: u32) {
    for word in state {
        let one = *word & 0x00FF_00FF | (*word & 0xFC00_FC00) >> 2 | (*word & 0x0300_0300) << 6;
        let change = (one >> 4 ^ one) & rows;
        *word = one ^ change ^ change << 4;
    }
}

/// Each byte of a column becomes twice the sum of itself and the next, plus the three others (FIPS 197 §5.1.3).
fn mix_columns(state: &mut State) {
    let [a, b, c, d, e, f, g, h] = state;
    let top = *h ^ h.rotate_right(8);
    let sum = mix(a, top);
    let sum = mix(b, sum ^ top);
    let sum = mix(c, sum);
    let sum = mix(d, sum ^ top);
    let sum = mix(e, sum ^ top);
    let sum = mix(f, sum);
    let sum = mix(g, sum);
    mix(h, sum);
}

/// One bit of all bytes; `double` is that bit of the doubled sums. Returns its own bit of the sums.
#[inline(always)]
fn mix(word: &mut u32, double: u32) -> u32 {
    let next = word.rotate_right(8);
    let sum = *word ^ next;
    *word = double ^ next ^ sum.rotate_right(16);
    sum
}

/// [`mix_columns`] is its own inverse but for four times the sum of a byte and the one after the next.
fn inverse_mix_columns(state: &mut State) {
    let sums = state.map(|word| word ^ word.rotate_right(16));
    for (word, change) in state.iter_mut().zip(double(double(sums))) {
        *word ^= change;
    }
    mix_columns(state);
}

/// All bytes times two in the field (FIPS 197 §4.2.1).
fn double([a, b, c, d, e, f, g, h]: State) -> State {
    [h, a ^ h, b, c ^ h, d ^ h, e, f, g]
}

/// The S-box is an inversion and then an affine map (FIPS 197 §5.1.1); that map's inverse before and after it gives its
/// inverse.
fn inverse_sub_bytes(state: &mut State) {
    inverse_affine(state);
    sub_bytes(state);
    inverse_affine(state);
}

fn inverse_affine(state: &mut State) {
    let [a, b, c, d, e, f, g, h] = *state;
    let (a, b, f, g) = (!a, !b, !f, !g);
    *state = [c ^ f ^ h, d ^ g ^ a, e ^ h ^ b, f ^ a ^ c, g ^ b ^ d, h ^ c ^ e, a ^ d ^ f, b ^ e ^ g];
}

/// The S-box as the circuit of 115 gates of Boyar and Peralta, "A depth-16 circuit for the AES S-box" (2011), in its names.
#[inline(never)]
fn sub_bytes(state: &mut State) {
    let [x7, x6, x5, x4, x3, x2, x1, x0] = *state;
    let (y14, y13, y9, y8, t0) = (x3 ^ x5, x0 ^ x6, x0 ^ x3, x0 ^ x5, x1 ^ x2);
    let y1 = t0 ^ x7;
    let (y4, y12, y2, y5) = (y1 ^ x3, y13 ^ y14, y1 ^ x0, y1 ^ x6);
    let (y3, t1) = (y5 ^ y8, x4 ^ y12);
    let (y15, y20) = (t1 ^ x5, t1 ^ x1);
    let (y6, y10, y11) = (y15 ^ x7, y15 ^ t0, y20 ^ y9);
    let (y7, y17, y19, y16) = (x7 ^ y11, y10 ^ y11, y10 ^ y8, t0 ^ y11);
    let (y21, y18) = (y13 ^ y16, x0 ^ y16);

    let t2 = y12 & y15;
    let (t4, t6) = (y3 & y6 ^ t2, y4 & x7 ^ t2);
    let t7 = y13 & y16;
    let (t9, t11) = (y5 & y1 ^ t7, y2 & y7 ^ t7);
    let t12 = y9 & y11;
    let (t14, t16) = (y14 & y17 ^ t12, y8 & y10 ^ t12);
    let (t21, t22, t23, t24) = (t4 ^ t14 ^ y20, t6 ^ t16 ^ y19, t9 ^ t14 ^ y21, t11 ^ t16 ^ y18);
    let (t25, t26) = (t21 ^ t22, t21 & t23);
    let t27 = t24 ^ t26;
    let t29 = t25 & t27 ^ t22;
    let t33 = (t22 ^ t26) & (t23 ^ t24) ^ t24;
    let t36 = t24 & (t27 ^ t33);
    let t37 = t36 ^ t23 ^ t33;
    let t40 = t25 ^ t29 & (t27 ^ t36);
    let (t41, t42, t43, t44) = (t40 ^ t37, t29 ^ t33, t29 ^ t40, t33 ^ t37);
    let t45 = t42 ^ t41;

    let (z0, z1, z2, z3, z4, z5) = (t44 & y15, t37 & y6, t33 & x7, t43 & y16, t40 & y1, t29 & y7);
    let (z6, z7, z8, z9, z10, z11) = (t42 & y11, t45 & y17, t41 & y10, t44 & y12, t37 & y3, t33 & y4);
    let (z12, z13, z14, z15, z16, z17) = (t43 & y13, t40 & y5, t29 & y2, t42 & y9, t45 & y14, t41 & y8);

    let (t46, t48, t53, t57) = (z15 ^ z16, z5 ^ z13, z0 ^ z3, z2 ^ z12 ^ z0 ^ z3);
    let (t58, t59) = (z4 ^ t46, z3 ^ z6 ^ z7);
    let (t62, t63, t64) = (z7 ^ z8 ^ t58, z9 ^ z10 ^ t58, z4 ^ t59);
    let (t65, t66) = (z14 ^ t57 ^ t62, z1 ^ t63);
    let s3 = t53 ^ t66;
    *state = [
        !(t48 ^ t46 ^ t57),
        !(z12 ^ t48 ^ t62),
        z10 ^ z11 ^ t65,
        z2 ^ z5 ^ t66,
        s3,
        !(z16 ^ z17 ^ t64 ^ t65),
        !(t64 ^ s3),
        t59 ^ t63,
    ];
}
