//! Scalars as signed odd digits, few of which are not zero (width-4 non-adjacent form); not constant-time.

use super::super::bignum::limbs::LIMB_BITS;

/// The digits' width in bits: odd numbers from -7 to 7.
const WIDTH: usize = 4;
/// Multiples of a point that the digits select from: 1, 3, 5, 7.
pub(super) const MULTIPLES: usize = 1 << (WIDTH - 2);

/// Writes one digit for each bit of `scalar`, the least significant one first, and one more. As many as `out` takes.
pub(super) fn recode(out: &mut [i8], scalar: &[u32]) {
    out.fill(0);
    let mut carry = 0;
    let mut at = 0_usize;
    while at < out.len() {
        let mut taken = 1;
        if bits(scalar, at, 1) != carry {
            let mut digit = bits(scalar, at, WIDTH).saturating_add(carry);
            carry = 0;
            if digit > 1 << (WIDTH - 1) {
                digit = digit.saturating_sub(1 << WIDTH);
                carry = 1;
            }
            if let Some(out) = out.get_mut(at) {
                *out = digit;
            }
            taken = WIDTH;
        }
        at = at.saturating_add(taken);
    }
}

/// Which multiple a digit selects: 0 for one, 1 for three, and so on; `None` for the digit zero.
pub(super) fn multiple(digit: i8) -> Option<usize> {
    (digit != 0).then(|| usize::from(digit.unsigned_abs() / 2))
}

/// Up to seven bits of a number from bit `at` on; zeros beyond its end.
fn bits(number: &[u32], at: usize, count: usize) -> i8 {
    let bit = |at: usize| {
        let limb = number.get(at / LIMB_BITS).copied().unwrap_or(0);
        if limb >> (at % LIMB_BITS) & 1 == 1 { 1_i8 } else { 0 }
    };
    (0..count).rev().fold(0_i8, |value, place| value << 1 | bit(at.saturating_add(place)))
}
