//! The rounds for every target without assembly of its own: fixsliced, after Adomnicai and Peyrin, "Fixslicing AES-like
//! Ciphers" (TCHES 2021/1).
//!
//! `ShiftRows` is never done. After `n` rounds each row stands where `n` of them found it, and `MixColumns` takes the rows from
//! where they are: four ways, as four of them are none. So are the round keys kept, together with the constant of the S-box,
//! which the circuit leaves out. The inverse cipher goes the same way back with the same keys.

use zeroize::Zeroize;

/// Two blocks: word `n` has bit `n` of their 32 bytes. Each of its bytes is a row of the two, each pair of bits a column: the
/// lower bit is the first block's.
type Bitsliced = [u32; 8];

/// The even bits.
const EVEN: u32 = 0x5555_5555;

/// Encrypts both blocks with `rounds + 1` keys.
pub(super) fn encrypt(pair: &mut [[u32; 4]; 2], keys: &[[u32; 4]]) {
    let Some((last, others)) = keys.split_last() else { return };
    let mut state = slice(pair);
    for (round, key) in others.iter().enumerate() {
        if round > 0 {
            mix_columns(&mut state, round);
        }
        add_round_key(&mut state, key);
        sub_bytes(&mut state);
    }
    add_round_key(&mut state, last);
    shift_rows_twice(&mut state, others.len());
    *pair = unslice(&mut state);
}

/// Decrypts both blocks with the same keys.
pub(super) fn decrypt(pair: &mut [[u32; 4]; 2], keys: &[[u32; 4]]) {
    let Some((last, others)) = keys.split_last() else { return };
    let mut state = slice(pair);
    shift_rows_twice(&mut state, others.len());
    add_round_key(&mut state, last);
    for (round, key) in others.iter().enumerate().rev() {
        // The S-box is an inversion and then an affine map; that map's inverse before and after it gives its inverse.
        inverse_affine(&mut state);
        sub_bytes(&mut state);
        inverse_affine(&mut state);
        add_round_key(&mut state, key);
        if round > 0 {
            inverse_mix_columns(&mut state, round);
        }
    }
    *pair = unslice(&mut state);
}

/// `SubWord` (FIPS 197 §5.2) but for the S-box's constant.
pub(super) fn substitute(word: u32) -> u32 {
    let mut state = [word, 0, 0, 0, 0, 0, 0, 0];
    transpose(&mut state);
    sub_bytes(&mut state);
    transpose(&mut state);
    let [word, ..] = state;
    word
}

/// Slices a key for both blocks; two words share one, the first has the even bits, the second the odd ones.
pub(super) fn share(key: &mut [u32; 4]) {
    let mut state = [0; 8];
    for (pair, word) in state.as_chunks_mut().0.iter_mut().zip(&*key) {
        *pair = [*word; 2];
    }
    transpose(&mut state);
    for (word, [first, second]) in key.iter_mut().zip(state.as_chunks().0) {
        *word = first & EVEN | second & !EVEN;
    }
    state.zeroize();
}

fn slice(pair: &[[u32; 4]; 2]) -> Bitsliced {
    let [first, second] = pair;
    let mut state = [0; 8];
    for (both, (first, second)) in state.as_chunks_mut().0.iter_mut().zip(first.iter().zip(second)) {
        *both = [*first, *second];
    }
    transpose(&mut state);
    state
}

fn unslice(state: &mut Bitsliced) -> [[u32; 4]; 2] {
    transpose(state);
    let [a, b, c, d, e, f, g, h] = *state;
    state.zeroize();
    [[a, c, e, g], [b, d, f, h]]
}

/// Between the words of two blocks, in turns, and a [`Bitsliced`]; its own inverse.
fn transpose(state: &mut Bitsliced) {
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

fn add_round_key(state: &mut Bitsliced, key: &[u32; 4]) {
    for ([first, second], word) in state.as_chunks_mut().0.iter_mut().zip(key) {
        let (even, odd) = (word & EVEN, word & !EVEN);
        *first ^= even | even << 1;
        *second ^= odd | odd >> 1;
    }
}

/// What is left of so many `ShiftRows` of which pairs are none: with two, the second and the fourth row by two columns.
fn shift_rows_twice(state: &mut Bitsliced, rounds: usize) {
    if rounds & 2 != 0 {
        for word in state {
            let change = (*word >> 4 ^ *word) & 0x0F00_0F00;
            *word ^= change ^ change << 4;
        }
    }
}

/// Each byte of a column becomes twice the sum of itself and the next, plus the three others (FIPS 197 §5.1.3).
fn mix_columns(state: &mut Bitsliced, round: usize) {
    match round & 3 {
        0 => mix(state, |word| next::<0>(word, 8), |word| next::<0>(word, 16)),
        1 => mix(state, |word| next::<2>(word, 8), |word| next::<4>(word, 16)),
        2 => mix(state, |word| next::<4>(word, 8), |word| next::<0>(word, 16)),
        _ => mix(state, |word| next::<6>(word, 8), |word| next::<4>(word, 16)),
    }
}

/// What stands a number of bits from here, whole rows, and so many columns of two bits on.
#[inline(always)]
fn next<const COLUMN_BITS: u32>(word: u32, row_bits: u32) -> u32 {
    let here = 0x0101_0101_u32.wrapping_mul(0xFF >> COLUMN_BITS);
    let moved = word.rotate_right(row_bits).rotate_right(COLUMN_BITS);
    moved & here | moved.rotate_left(8) & !here
}

/// `MixColumns` with what finds the next row and the one after it.
#[inline(always)]
fn mix(state: &mut Bitsliced, next: impl Fn(u32) -> u32, after_next: impl Fn(u32) -> u32) {
    let [a, b, c, d, e, f, g, h] = state;
    // One bit of all bytes; `double` is that bit of the doubled sums. The answer is its own bit of the sums.
    let bit = |word: &mut u32, double: u32| {
        let next = next(*word);
        let sum = *word ^ next;
        *word = double ^ next ^ after_next(sum);
        sum
    };
    let top = *h ^ next(*h);
    let sum = bit(a, top);
    let sum = bit(b, sum ^ top);
    let sum = bit(c, sum);
    let sum = bit(d, sum ^ top);
    let sum = bit(e, sum ^ top);
    let sum = bit(f, sum);
    let sum = bit(g, sum);
    bit(h, sum);
}

/// [`mix_columns`] is its own inverse but for four times the sum of a byte and the one after the next.
fn inverse_mix_columns(state: &mut Bitsliced, round: usize) {
    let sums =
        state.map(|word| word ^ if round & 1 == 0 { next::<0>(word, 16) } else { next::<4>(word, 16) });
    for (word, change) in state.iter_mut().zip(double(double(sums))) {
        *word ^= change;
    }
    mix_columns(state, round);
}

/// All bytes times two in the field (FIPS 197 §4.2.1).
fn double([a, b, c, d, e, f, g, h]: Bitsliced) -> Bitsliced {
    [h, a ^ h, b, c ^ h, d ^ h, e, f, g]
}

/// The inverse of the S-box's affine map (FIPS 197 §5.1.1) but for its constant.
fn inverse_affine(state: &mut Bitsliced) {
    let [a, b, c, d, e, f, g, h] = *state;
    *state = [c ^ f ^ h, d ^ g ^ a, e ^ h ^ b, f ^ a ^ c, g ^ b ^ d, h ^ c ^ e, a ^ d ^ f, b ^ e ^ g];
}

/// The S-box but for its constant, as the circuit of Boyar, Peralta and Çalık, in its names (SLP_AES_113, without its four `NOT`s).
#[inline(never)]
fn sub_bytes(state: &mut Bitsliced) {
    let [u7, u6, u5, u4, u3, u2, u1, u0] = *state;
    let (y14, y13, y9, y8, t0) = (u3 ^ u5, u0 ^ u6, u0 ^ u3, u0 ^ u5, u1 ^ u2);
    let y1 = t0 ^ u7;
    let (y4, y12, y2, y5) = (y1 ^ u3, y13 ^ y14, y1 ^ u0, y1 ^ u6);
    let (y3, t1) = (y5 ^ y8, u4 ^ y12);
    let (y15, y20) = (t1 ^ u5, t1 ^ u1);
    let (y6, y10, y11) = (y15 ^ u7, y15 ^ t0, y20 ^ y9);
    let (y7, y17, y19, y16) = (u7 ^ y11, y10 ^ y11, y10 ^ y8, t0 ^ y11);
    let (y21, y18) = (y13 ^ y16, u0 ^ y16);

    let (t2, t7, t12) = (y12 & y15, y13 & y16, y9 & y11);
    let (t4, t6) = (y3 & y6 ^ t2, y4 & u7 ^ t2);
    let (t9, t11) = (y5 & y1 ^ t7, y2 & y7 ^ t7);
    let (t14, t16) = (y14 & y17 ^ t12, y8 & y10 ^ t12);
    let (t21, t22, t23, t24) = (t4 ^ y20 ^ t14, t6 ^ t16 ^ y19, t9 ^ t14 ^ y21, t11 ^ t16 ^ y18);
    let (t25, t26) = (t21 ^ t22, t21 & t23);
    let t27 = t24 ^ t26;
    let t29 = t25 & t27 ^ t22;
    let t33 = (t22 ^ t26) & (t23 ^ t24) ^ t24;
    let t36 = t24 & (t27 ^ t33);
    let t37 = t36 ^ t23 ^ t33;
    let t40 = t25 ^ t29 & (t27 ^ t36);
    let (t41, t42, t43, t44) = (t40 ^ t37, t29 ^ t33, t29 ^ t40, t33 ^ t37);
    let t45 = t42 ^ t41;

    let (z0, z1, z2, z3, z4, z5) = (t44 & y15, t37 & y6, t33 & u7, t43 & y16, t40 & y1, t29 & y7);
    let (z6, z7, z8, z9, z10, z11) = (t42 & y11, t45 & y17, t41 & y10, t44 & y12, t37 & y3, t33 & y4);
    let (z12, z13, z14, z15, z16, z17) = (t43 & y13, t40 & y5, t29 & y2, t42 & y9, t45 & y14, t41 & y8);

    let (tc1, tc4, tc6, tc12) = (z15 ^ z16, z0 ^ z2, z3 ^ z4, z3 ^ z5);
    let (tc2, tc7, tc8, tc11) = (z10 ^ tc1, z12 ^ tc4, z7 ^ tc6, tc6 ^ z1 ^ z0);
    let (tc3, tc10, tc14, tc16) = (z9 ^ tc2, tc8 ^ z8 ^ tc7, tc4 ^ tc12, z6 ^ tc8);
    let (tc17, tc18) = (z14 ^ tc10, z13 ^ tc1 ^ tc14);
    let s3 = tc3 ^ tc11;
    *state = [
        z12 ^ tc18,
        tc10 ^ tc18,
        tc2 ^ z11 ^ tc17,
        tc14 ^ s3,
        s3,
        tc17 ^ z15 ^ tc16 ^ z17,
        s3 ^ tc16,
        tc3 ^ tc16,
    ];
}
