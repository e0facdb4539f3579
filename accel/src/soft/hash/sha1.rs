//! SHA-1's compression function (FIPS 180-4 §6.1.2): four loops of twenty steps, a third of the size of unrolled ones.
//! Constant-time.

/// Takes whole blocks into the chaining value.
pub(super) fn compress(state: &mut [u32; 5], blocks: &[[u8; 64]]) {
    for block in blocks {
        let schedule = schedule(block);
        let before = *state;
        let [first, second, third, fourth] = &schedule;
        steps(state, first, 0x5A82_7999, |b, c, d| (c ^ d) & b ^ d);
        steps(state, second, 0x6ED9_EBA1, |b, c, d| b ^ c ^ d);
        steps(state, third, 0x8F1B_BCDC, |b, c, d| (b | c) & d | b & c);
        steps(state, fourth, 0xCA62_C1D6, |b, c, d| b ^ c ^ d);
        for (word, before) in state.iter_mut().zip(before) {
            *word = word.wrapping_add(before);
        }
    }
}

/// The block's words, and from them all others (FIPS 180-4 §6.1.2 step 1).
fn schedule(block: &[u8; 64]) -> [[u32; 20]; 4] {
    let mut schedule = [[0; 20]; 4];
    let words = schedule.as_flattened_mut();
    for (word, bytes) in words.iter_mut().zip(block.as_chunks().0) {
        *word = u32::from_be_bytes(*bytes);
    }
    let mut rest = words;
    while let Some(window) = rest.first_chunk_mut::<17>() {
        let [a, _, b, _, _, _, _, _, c, _, _, _, _, d, _, _, next] = window;
        *next = (*a ^ *b ^ *c ^ *d).rotate_left(1);
        rest = rest.split_at_mut_checked(1).unwrap_or_default().1;
    }
    schedule
}

/// Twenty steps with one function and one constant (FIPS 180-4 §4.1.1, §4.2.1).
fn steps(state: &mut [u32; 5], words: &[u32; 20], constant: u32, function: impl Fn(u32, u32, u32) -> u32) {
    let [mut a, mut b, mut c, mut d, mut e] = *state;
    // Five at a time, so that the five words need not change places.
    for [v, w, x, y, z] in words.as_chunks().0 {
        (b, e) = turn(a, b, e, function(b, c, d), v.wrapping_add(constant));
        (a, d) = turn(e, a, d, function(a, b, c), w.wrapping_add(constant));
        (e, c) = turn(d, e, c, function(e, a, b), x.wrapping_add(constant));
        (d, b) = turn(c, d, b, function(d, e, a), y.wrapping_add(constant));
        (c, a) = turn(b, c, a, function(c, d, e), z.wrapping_add(constant));
    }
    *state = [a, b, c, d, e];
}

/// What becomes of the second and the last word.
#[inline(always)]
fn turn(first: u32, second: u32, last: u32, function: u32, sum: u32) -> (u32, u32) {
    let last = last.wrapping_add(first.rotate_left(5)).wrapping_add(function).wrapping_add(sum);
    (second.rotate_left(30), last)
}
