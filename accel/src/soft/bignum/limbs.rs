//! Numbers as little-endian slices of 32-bit limbs: import, export, and everything linear.
//!
//! Constant-time unless a function's name says `vartime`: no branch and no index depends on a limb's value.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "sums of 32-bit limbs and a carry fit in 64 bits, and splitting that in two halves is what a limb is"
)]

use core::{cmp::Ordering, hint::black_box};

use super::kernel::{self, ROWS};

/// Bits of a limb.
pub(crate) const LIMB_BITS: usize = 32;
/// Bytes of a limb.
const LIMB_BYTES: usize = 4;

/// Limbs for a number of so many bits, as a multiple of the kernel's rows.
#[inline(never)]
pub(crate) const fn limbs_for(bits: usize) -> usize {
    bits.div_ceil(LIMB_BITS * ROWS) * ROWS
}

/// A big-endian number without its leading zeros. The time depends on how many there are.
#[inline(never)]
pub(crate) fn trim_vartime(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.get(zeros..).unwrap_or_default()
}

/// The length in bits of a big-endian number without leading zeros.
pub(crate) fn bit_length(trimmed: &[u8]) -> usize {
    let unused = trimmed.first().map_or(0, |first| first.leading_zeros() as usize);
    (trimmed.len() * 8).saturating_sub(unused)
}

/// Bit `index`, counted from the least significant one, of a big-endian number of any length.
pub(crate) fn bit(bytes: &[u8], index: usize) -> u32 {
    let byte = bytes.len().checked_sub(index / 8 + 1).and_then(|place| bytes.get(place));
    byte.map_or(0, |byte| u32::from(*byte) >> (index % 8) & 1)
}

/// Reads a big-endian number into all of `out`; false if there are more non-zero bytes than fit.
#[inline(never)]
pub(crate) fn import(out: &mut [u32], number: &[u8]) -> bool {
    let excess = number.len().saturating_sub(out.len() * LIMB_BYTES);
    let (excess, number) = number.split_at_checked(excess).unwrap_or_default();
    let (head, limbs) = number.as_rchunks();
    out.fill(0);
    for (out, limb) in out.iter_mut().zip(limbs.iter().rev()) {
        *out = u32::from_be_bytes(*limb);
    }
    place(out, limbs.len() * LIMB_BYTES, head);
    excess.iter().fold(0, |all, byte| all | byte) == 0
}

/// As [`import`], by the same instructions however many bytes the number has, as long as they fit: how many of a secret's first are zero is a secret, too.
pub(crate) fn import_secret(out: &mut [u32], number: &[u8]) -> bool {
    for (limb, index) in out.iter_mut().zip((0..).step_by(LIMB_BYTES)) {
        *limb = (0..LIMB_BYTES).rev().fold(0, |all, above| all << 8 | byte_at(number, index + above));
    }
    let excess = number.len().saturating_sub(out.len() * LIMB_BYTES);
    number.iter().take(excess).fold(0, |all, byte| all | byte) == 0
}

/// Byte `index` of a big-endian number, counted from its lowest one; 0 above the number, by the same instructions.
pub(crate) fn byte_at(number: &[u8], index: usize) -> u32 {
    let place = number.len().wrapping_sub(index).wrapping_sub(1);
    // Above the number it is a number below zero, which is larger than any place.
    let inside = usize::from(place < number.len());
    let byte = number.get(place.wrapping_mul(inside)).map_or(0, |byte| u32::from(*byte));
    byte & u32::try_from(inside).unwrap_or_default().wrapping_neg()
}

/// Writes big-endian bytes so many bytes above the lowest one of a number that is zero there; what does not fit is left out.
#[inline(never)]
pub(crate) fn place(out: &mut [u32], above: usize, bytes: &[u8]) {
    for (place, byte) in (above..).zip(bytes.iter().rev()) {
        let Some(limb) = out.get_mut(place / LIMB_BYTES) else { return };
        *limb |= u32::from(*byte) << (place % LIMB_BYTES * 8);
    }
}

/// Writes a number as big-endian bytes over all of `out`, which is long enough for it.
#[inline(never)]
pub(crate) fn export(out: &mut [u8], number: &[u32]) {
    for (out, limb) in out.rchunks_mut(LIMB_BYTES).zip(number) {
        for (out, byte) in out.iter_mut().rev().zip(limb.to_le_bytes()) {
            *out = byte;
        }
    }
}

/// Clears all bits from bit `bits` upwards.
pub(crate) fn truncate(out: &mut [u32], bits: usize) {
    let mut left = bits;
    for limb in out {
        let kept = left.min(LIMB_BITS);
        *limb &= ((1_u64 << kept) - 1) as u32;
        left -= kept;
    }
}

/// Copies a number, zero-extending it, or what there is room for.
#[inline(never)]
pub(crate) fn copy(out: &mut [u32], from: &[u32]) {
    let common = from.len().min(out.len());
    if let (Some((low, high)), Some(from)) = (out.split_at_mut_checked(common), from.get(..common)) {
        low.copy_from_slice(from);
        high.fill(0);
    }
}

/// `a += b & mask`, where mask is all ones if `bit` is 1; answers the carry. A shorter `b` is zero-extended.
pub(crate) fn add_if(a: &mut [u32], b: &[u32], bit: u32) -> u32 {
    let mask = black_box(0_u32.wrapping_sub(bit));
    let Some((low, high)) = a.split_at_mut_checked(b.len()) else { return 0 };
    let mut carry = 0;
    for (a, b) in low.iter_mut().zip(b) {
        let sum = u64::from(*a) + u64::from(b & mask) + carry;
        *a = sum as u32;
        carry = sum >> 32;
    }
    for a in high {
        let sum = u64::from(*a) + carry;
        *a = sum as u32;
        carry = sum >> 32;
    }
    carry as u32
}

/// `a -= b & mask`, where mask is all ones if `bit` is 1; answers the borrow.
pub(crate) fn subtract_if(a: &mut [u32], b: &[u32], bit: u32) -> u32 {
    let mask = black_box(0_u32.wrapping_sub(bit));
    let mut borrow = 0;
    for (a, b) in a.iter_mut().zip(b) {
        let difference = u64::from(*a).wrapping_sub(u64::from(b & mask)).wrapping_sub(borrow);
        *a = difference as u32;
        borrow = difference >> 63;
    }
    borrow as u32
}

/// The borrow of `a - b`: 1 if a < b. The lengths are the same.
#[inline(never)]
pub(crate) fn less(a: &[u32], b: &[u32]) -> u32 {
    let mut borrow = 0;
    for (a, b) in a.iter().zip(b) {
        borrow = u64::from(*a).wrapping_sub(u64::from(*b)).wrapping_sub(borrow) >> 63;
    }
    borrow as u32
}

/// `a = a mod modulus` for an `a` below twice the modulus.
#[inline(never)]
pub(crate) fn reduce_once(a: &mut [u32], modulus: &[u32]) {
    let keep = less(a, modulus);
    subtract_if(a, modulus, keep ^ 1);
}

/// `a = 2a mod modulus` for an `a` below the modulus.
pub(crate) fn double(a: &mut [u32], modulus: &[u32]) {
    let carry = shift_left(a);
    let enough = carry | (less(a, modulus) ^ 1);
    subtract_if(a, modulus, enough);
}

/// `a = (a - b) mod modulus` for both below the modulus.
pub(crate) fn subtract(a: &mut [u32], b: &[u32], modulus: &[u32]) {
    let borrow = subtract_if(a, b, 1);
    add_if(a, modulus, borrow);
}

/// 1 if the numbers are the same, else 0. The lengths are the same.
pub(crate) fn equal(a: &[u32], b: &[u32]) -> u32 {
    let difference = a.iter().zip(b).fold(0, |all, (a, b)| all | (a ^ b));
    let difference = black_box(difference);
    ((difference | difference.wrapping_neg()) >> 31) ^ 1
}

/// Compares two numbers of the same length; stops at the first limb that differs.
pub(crate) fn compare_vartime(a: &[u32], b: &[u32]) -> Ordering {
    let different = a.iter().rev().zip(b.iter().rev()).find(|(a, b)| a != b);
    different.map_or(Ordering::Equal, |(a, b)| a.cmp(b))
}

/// Whether a number is zero; stops at the first limb that is not.
pub(crate) fn is_zero_vartime(a: &[u32]) -> bool {
    a.iter().all(|limb| *limb == 0)
}

/// Whether a number is one; stops at the first limb that tells.
pub(crate) fn is_one_vartime(a: &[u32]) -> bool {
    a.split_first().is_some_and(|(low, rest)| *low == 1 && is_zero_vartime(rest))
}

/// Doubles a number; answers the bit that fell out.
pub(crate) fn shift_left(a: &mut [u32]) -> u32 {
    let mut carry = 0;
    for limb in a {
        (*limb, carry) = (*limb << 1 | carry, *limb >> 31);
    }
    carry
}

/// `a = a * 2^32 mod modulus` for an `a` below the modulus, whose topmost bit is set: one step of a long division, with
/// branches on the numbers (Knuth, algorithm D).
pub(crate) fn shift_limb_vartime(a: &mut [u32], modulus: &[u32]) {
    let ([.., next, divisor], [.., third, second, first]) = (modulus, &*a) else { return };
    let mut quotient = u64::from(quotient_vartime(*first, *second, *divisor));
    // The quotient, or at most two more than it; hardly ever more once the next limbs have been looked at.
    let mut rest = (u64::from(*first) << 32 | u64::from(*second)) - quotient * u64::from(*divisor);
    for _ in 0..2 {
        if rest >> 32 == 0 && quotient * u64::from(*next) > (rest << 32 | u64::from(*third)) {
            quotient -= 1;
            rest += u64::from(*divisor);
        }
    }
    let mut excess = kernel::subtract_product(a, modulus, quotient as u32);
    for _ in 0..2 {
        if excess > 0 {
            excess -= add_if(a, modulus, 1);
        }
    }
}

/// `(high * 2^32 + low) / divisor` for a divisor whose topmost bit is set, or the largest limb where it does not fit: in two
/// steps of 16 bits (Knuth, algorithm D), as no instruction divides 64 bits.
fn quotient_vartime(high: u32, low: u32, divisor: u32) -> u32 {
    if high >= divisor {
        return u32::MAX;
    }
    let (upper, rest) = half_quotient_vartime(high, low >> 16, divisor);
    let (lower, _) = half_quotient_vartime(rest, low & 0xFFFF, divisor);
    upper << 16 | lower
}

/// Quotient and remainder of `high * 2^16 + low` for a `high` below the divisor and a `low` of 16 bits.
fn half_quotient_vartime(high: u32, low: u32, divisor: u32) -> (u32, u32) {
    let top = divisor >> 16;
    // At most two more than the quotient.
    let mut quotient = high.checked_div(top).unwrap_or(0);
    let number = u64::from(high) << 16 | u64::from(low);
    let mut product = u64::from(quotient) * u64::from(divisor);
    while product > number {
        quotient -= 1;
        product -= u64::from(divisor);
    }
    (quotient, (number - product) as u32)
}
