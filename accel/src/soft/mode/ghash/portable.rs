//! The product for every target without assembly of its own.

/// Adds each block to the sum and multiplies it by the key.
pub(super) fn absorb(sum: &mut [u32; 4], key: &[u32; 4], blocks: &[[u8; 16]]) {
    let key = number(key);
    for block in blocks {
        let product = multiply(number(sum) ^ u128::from_be_bytes(*block), key);
        for (word, bytes) in sum.iter_mut().zip(product.to_le_bytes().as_chunks().0) {
            *word = u32::from_le_bytes(*bytes);
        }
    }
}

fn number([a, b, c, d]: &[u32; 4]) -> u128 {
    u128::from(*d) << 96 | u128::from(*c) << 64 | u128::from(*b) << 32 | u128::from(*a)
}

/// The product in the field (NIST SP 800-38D §6.3), by Karatsuba's method.
#[inline(never)]
fn multiply(a: u128, b: u128) -> u128 {
    let [a1, a0] = halves(a);
    let [b1, b0] = halves(b);
    let (low, high) = (multiply_64(a0, b0), multiply_64(a1, b1));
    let middle = multiply_64(a0 ^ a1, b0 ^ b1) ^ low ^ high;
    let (low, high) = (low ^ middle << 64, high ^ middle >> 64);
    // x^128 = x^7 + x^2 + x + 1 makes the lower half vanish.
    let low = low ^ low << 127 ^ low << 126 ^ low << 121;
    high ^ low ^ low >> 1 ^ low >> 2 ^ low >> 7
}

#[expect(clippy::cast_possible_truncation, reason = "the halves of a number")]
const fn halves(number: u128) -> [u64; 2] {
    [(number >> 64) as u64, number as u64]
}

/// The product without carries.
#[inline(never)]
#[expect(clippy::cast_possible_truncation, reason = "the halves of a number")]
fn multiply_64(a: u64, b: u64) -> u128 {
    let ([a1, a0], [b1, b0]) = ([a >> 32, a], [b >> 32, b]);
    let (low, high) = (multiply_32(a0 as u32, b0 as u32), multiply_32(a1 as u32, b1 as u32));
    let middle = multiply_32((a0 ^ a1) as u32, (b0 ^ b1) as u32) ^ low ^ high;
    u128::from(low) ^ u128::from(middle) << 32 ^ u128::from(high) << 64
}

/// The same: in products of every fourth bit with every fourth bit, the sums of up to eight bits stay where they are.
#[inline(never)]
fn multiply_32(a: u32, b: u32) -> u64 {
    let (a0, a1, a2, a3) = (a & FOURTHS, a & FOURTHS << 1, a & FOURTHS << 2, a & FOURTHS << 3);
    let (b0, b1, b2, b3) = (b & FOURTHS, b & FOURTHS << 1, b & FOURTHS << 2, b & FOURTHS << 3);
    (times(a0, b0) ^ times(a1, b3) ^ times(a2, b2) ^ times(a3, b1)) & LONG_FOURTHS
        | (times(a0, b1) ^ times(a1, b0) ^ times(a2, b3) ^ times(a3, b2)) & (LONG_FOURTHS << 1)
        | (times(a0, b2) ^ times(a1, b1) ^ times(a2, b0) ^ times(a3, b3)) & (LONG_FOURTHS << 2)
        | (times(a0, b3) ^ times(a1, b2) ^ times(a2, b1) ^ times(a3, b0)) & (LONG_FOURTHS << 3)
}

/// The product with carries.
#[inline(always)]
fn times(a: u32, b: u32) -> u64 {
    u64::from(a).wrapping_mul(u64::from(b))
}

/// Every fourth bit.
const FOURTHS: u32 = 0x1111_1111;
const LONG_FOURTHS: u64 = 0x1111_1111_1111_1111;
