//! The kernel in plain Rust, for every target; constant-time.
//!
//! One pass adds four rows, 128 bits of the multiplier times a whole number. The four carries of a column are the next
//! column's: `a * b + lo + hi` never exceeds 64 bits, and is one `UMAAL` where that instruction exists.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "a * b + c + d of four 32-bit limbs fits in 64 bits, and splitting that in two halves is what a limb is"
)]

use core::{hint::black_box, mem};

use super::{
    ROWS,
    formula::{Formula, Instruction, Opcode, Prime, Register},
    registers::FieldRegisters,
};

/// `out = a * b` for `a` and `b` of the same length. `out` is as long as both together.
pub(crate) fn mul(out: &mut [u32], a: &[u32], b: &[u32]) {
    out.fill(0);
    let (rows, _) = a.as_chunks::<ROWS>();
    let mut window = out;
    for row in rows {
        // The window's limbs above the product so far are zero, so nothing is carried out of it.
        let _ = add_rows(window, row, b);
        window = skip(window, ROWS);
    }
}

/// `out = a * a`. `out` is twice as long as `a`.
pub(crate) fn sqr(out: &mut [u32], a: &[u32]) {
    out.fill(0);
    let mut window = &mut *out;
    let mut rest = a;
    while let Some((row, above)) = rest.split_first_chunk::<ROWS>() {
        // Products of limbs in different blocks, once each: a block's rows start at twice its place, plus its own width.
        let _ = add_rows(skip(&mut *window, ROWS), row, above);
        window = skip(window, 2 * ROWS);
        rest = above;
    }
    double_and_add_squares(out, a);
}

/// Montgomery reduction: `out = wide / 2^(32 * length) mod modulus`, below 2^(32 * length) but perhaps not below the modulus.
/// `wide` is twice as long as the modulus and is destroyed; `inverse` is -modulus^-1 mod 2^32.
pub(crate) fn reduce(out: &mut [u32], wide: &mut [u32], modulus: &[u32], inverse: u32) {
    let length = modulus.len();
    let mut carry = 0;
    let mut window = &mut *wide;
    for _ in 0..length / ROWS {
        let Some(low) = window.first_chunk::<ROWS>() else { break };
        let quotient = quotient(low, modulus, inverse);
        carry = add_rows_carrying(window, &quotient, modulus, carry);
        window = skip(window, ROWS);
    }
    subtract_if(out, window, modulus, carry);
}

/// Works through a formula modulo the prime of a curve, which is the number [`PRIME`]; not constant-time. A number is any residue
/// that fits its limbs, or its 521 bits.
pub(crate) fn run(registers: &mut FieldRegisters<'_>, prime: Prime, formula: Formula) {
    for Instruction { opcode, numbers } in formula.instructions {
        let [out, a, b] = *numbers;
        match opcode {
            Opcode::Multiply => multiply(registers, prime, out, [a, b]),
            Opcode::Add => {
                let mut carry = add(registers, *numbers);
                while carry == 1 {
                    carry -= subtract(registers, [out, out, PRIME.0]);
                }
                fold(registers, prime, out);
            }
            Opcode::Subtract => {
                let mut borrow = subtract(registers, *numbers);
                while borrow == 1 {
                    borrow -= add(registers, [out, out, PRIME.0]);
                }
            }
            Opcode::Halve => {
                let odd = registers.at(a).first().is_some_and(|low| low & 1 == 1);
                let mut carry = if odd { add(registers, [a, a, PRIME.0]) } else { 0 };
                for limb in registers.at_mut(a).iter_mut().rev() {
                    (*limb, carry) = (*limb >> 1 | carry << 31, *limb & 1);
                }
            }
        }
    }
}

/// The number that is the prime.
const PRIME: Register = Register(2);

fn multiply(registers: &mut FieldRegisters<'_>, prime: Prime, out: u8, [a, b]: [u8; 2]) {
    let length = registers.length();
    let Some((product, rest)) = registers.limbs().split_at_mut_checked(2 * length) else { return };
    let number = |number: u8| rest.chunks_exact(length.max(1)).nth(usize::from(number).checked_sub(2)?);
    let (Some(first), Some(second)) = (number(a), number(b)) else { return };
    if a == b {
        sqr(product, first);
    } else {
        mul(product, first, second);
    }
    if let Prime::P521 = prime {
        let (product, number) = registers.split(out, 1);
        reduce_p521(number, product);
        return fold(registers, prime, out);
    }
    let Some((product, rest)) = registers.limbs().split_at_mut_checked(2 * length) else { return };
    let Some((modulus, rest)) = rest.split_at_mut_checked(length) else { return };
    if let Some(out) = rest.chunks_exact_mut(length.max(1)).nth(usize::from(out.saturating_sub(3))) {
        // Of both other primes -1/p is 1 modulo 2^32.
        reduce(out, product, modulus, 1);
    }
}

/// What a number has above its 521 bits, once more at the bottom, as 2^521 is 1.
fn fold(registers: &mut FieldRegisters<'_>, prime: Prime, number: u8) {
    let Prime::P521 = prime else { return };
    let limbs = registers.at_mut(number);
    let Some(top) = limbs.get_mut(16) else { return };
    let mut carry = *top >> 9;
    *top &= 0x1FF;
    for limb in limbs {
        let sum = u64::from(*limb) + u64::from(carry);
        (*limb, carry) = (sum as u32, (sum >> 32) as u32);
    }
}

/// Montgomery reduction by p = 2^521 - 1 for R = 2^640: below 2^522 for a product of numbers of 521 bits.
///
/// As 2^521 is 1, dividing by 2^640 is rotating. The product is H * 2^640 + M * 2^119 + L with H < 2^402, M < 2^521 and
/// L < 2^119: the quotient is M + (L * 2^402 + H), where the latter two do not overlap.
fn reduce_p521(out: &mut [u32], product: &[u32]) {
    let [low, middle] = [product.get(..4), product.get(3..21)].map(Option::unwrap_or_default);
    let (Some(&[l0, l1, l2, l3]), Some(high)) = (low.first_chunk(), product.get(20..32)) else { return };
    let Some(top) = product.get(32) else { return };
    let l3 = l3 & 0x7F_FFFF;
    let joint = [top | l0 << 18, l0 >> 14 | l1 << 18, l1 >> 14 | l2 << 18, l2 >> 14 | l3 << 18, l3 >> 14];
    let rotated = high.iter().copied().chain(joint);
    let mut carry = 0;
    for ((out, pair), other) in out.iter_mut().zip(middle.windows(2)).zip(rotated) {
        let &[lower, upper] = pair else { return };
        let sum = u64::from(lower >> 23 | upper << 9) + u64::from(other) + carry;
        *out = sum as u32;
        carry = sum >> 32;
    }
    // The last limb of M ends with the product's limb 19.
    if let (Some(out), Some(above)) = (out.get_mut(16), product.get(20)) {
        *out = out.wrapping_sub(above << 9);
    }
    out.get_mut(17..).unwrap_or_default().fill(0);
}

/// The sum of two numbers into another or the same; answers the carry.
fn add(registers: &mut FieldRegisters<'_>, numbers: [u8; 3]) -> u32 {
    let mut carry = 0;
    limb_by_limb(registers, numbers, |a, b| {
        let sum = u64::from(a) + u64::from(b) + carry;
        carry = sum >> 32;
        sum as u32
    });
    carry as u32
}

/// The difference of two numbers into another or the same; answers the borrow.
fn subtract(registers: &mut FieldRegisters<'_>, numbers: [u8; 3]) -> u32 {
    let mut borrow = 0;
    limb_by_limb(registers, numbers, |a, b| {
        let difference = u64::from(a).wrapping_sub(u64::from(b)).wrapping_sub(borrow);
        borrow = difference >> 63;
        difference as u32
    });
    borrow as u32
}

fn limb_by_limb(
    registers: &mut FieldRegisters<'_>,
    [out, a, b]: [u8; 3],
    mut work: impl FnMut(u32, u32) -> u32,
) {
    for at in 0..registers.length() {
        let (Some(a), Some(b)) = (registers.at(a).get(at), registers.at(b).get(at)) else { return };
        let result = work(*a, *b);
        let Some(out) = registers.at_mut(out).get_mut(at) else { return };
        *out = result;
    }
}

/// `a = a * 2^32 - quotient * modulus`, of one length; answers how often 2^(32 * length) is missing, where that is not negative.
pub(crate) fn subtract_product(a: &mut [u32], modulus: &[u32], quotient: u32) -> u32 {
    let quotient = u64::from(quotient);
    let (mut above, mut carry, mut borrow) = (0, 0, 0);
    for (a, modulus) in a.iter_mut().zip(modulus) {
        carry += quotient * u64::from(*modulus);
        let difference = u64::from(above).wrapping_sub(u64::from(carry as u32)).wrapping_sub(borrow);
        above = *a;
        *a = difference as u32;
        carry >>= 32;
        borrow = difference >> 63;
    }
    (carry as u32).wrapping_add(borrow as u32).wrapping_sub(above)
}

/// `out` = the number `digit` of the table's, which are as long as `out`: a multiple of [`ROWS`]. All are read.
pub(crate) fn select(out: &mut [u32], table: &[u32], digit: u32) {
    out.fill(0);
    for (number, entry) in (0_u32..).zip(table.chunks_exact(out.len().max(1))) {
        let other = number ^ digit;
        let differs = black_box((other | other.wrapping_neg()) >> 31);
        let mask = differs.wrapping_sub(1);
        for (out, limb) in out.iter_mut().zip(entry) {
            *out |= limb & mask;
        }
    }
}

/// `window += row * b`; answers the carry out of the `b.len() + 4` limbs that this touches.
fn add_rows(window: &mut [u32], row: &[u32; ROWS], b: &[u32]) -> u32 {
    add_rows_carrying(window, row, b, 0)
}

/// The same with `carry` added at the window's limb `b.len()`, where the last call's carry belongs.
#[inline(always)]
fn add_rows_carrying(window: &mut [u32], row: &[u32; ROWS], b: &[u32], carry: u32) -> u32 {
    let Some((columns, top)) = window.split_at_mut_checked(b.len()) else { return 0 };
    let [a0, a1, a2, a3] = *row;
    let (mut c0, mut c1, mut c2, mut c3) = (0, 0, 0, 0);
    for (column, &b) in columns.iter_mut().zip(b) {
        let (sum, k0) = multiply_add(a0, b, *column, c0);
        let (s1, k1) = multiply_add(a1, b, c1, k0);
        let (s2, k2) = multiply_add(a2, b, c2, k1);
        let (s3, k3) = multiply_add(a3, b, c3, k2);
        *column = sum;
        (c0, c1, c2, c3) = (s1, s2, s3, k3);
    }
    let mut carry = carry;
    for (column, c) in top.iter_mut().zip([c0, c1, c2, c3]) {
        let sum = u64::from(*column) + u64::from(c) + u64::from(carry);
        (*column, carry) = (sum as u32, (sum >> 32) as u32);
    }
    carry
}

/// `a * b + c + d`, low and high half.
#[inline(always)]
const fn multiply_add(a: u32, b: u32, c: u32, d: u32) -> (u32, u32) {
    let sum = a as u64 * b as u64 + c as u64 + d as u64;
    (sum as u32, (sum >> 32) as u32)
}

/// What times the modulus makes the four lowest limbs vanish: each limb makes one of them vanish, and is added to those above it.
fn quotient(low: &[u32; ROWS], modulus: &[u32], inverse: u32) -> [u32; ROWS] {
    let (Some(&[m0, m1, m2, m3]), &[t0, t1, t2, t3]) = (modulus.first_chunk(), low) else { return [0; ROWS] };
    let q0 = t0.wrapping_mul(inverse);
    let (_, c) = multiply_add(q0, m0, t0, 0);
    let (t1, c) = multiply_add(q0, m1, t1, c);
    let (t2, c) = multiply_add(q0, m2, t2, c);
    let t3 = q0.wrapping_mul(m3).wrapping_add(t3).wrapping_add(c);
    let q1 = t1.wrapping_mul(inverse);
    let (_, c) = multiply_add(q1, m0, t1, 0);
    let (t2, c) = multiply_add(q1, m1, t2, c);
    let t3 = q1.wrapping_mul(m2).wrapping_add(t3).wrapping_add(c);
    let q2 = t2.wrapping_mul(inverse);
    let (_, c) = multiply_add(q2, m0, t2, 0);
    let t3 = q2.wrapping_mul(m1).wrapping_add(t3).wrapping_add(c);
    [q0, q1, q2, t3.wrapping_mul(inverse)]
}

/// Completes a square: `out` holds the products between blocks; those within a block are added, all are doubled, and the
/// squares of the limbs are added. A block's square is eight limbs, so the blocks' squares tile `out`.
fn double_and_add_squares(out: &mut [u32], a: &[u32]) {
    let (tiles, _) = out.as_chunks_mut::<{ 2 * ROWS }>();
    let (blocks, _) = a.as_chunks::<ROWS>();
    let (mut shifted, mut carry) = (0, 0);
    let mut sum_carry = 0;
    for (tile, &[a0, a1, a2, a3]) in tiles.iter_mut().zip(blocks) {
        let (p1, c) = multiply_add(a0, a1, 0, 0);
        let (p2, c) = multiply_add(a0, a2, c, 0);
        let (p3, p4) = multiply_add(a0, a3, c, 0);
        let (p3, c) = multiply_add(a1, a2, p3, 0);
        let (p4, p5) = multiply_add(a1, a3, p4, c);
        let (p5, p6) = multiply_add(a2, a3, p5, 0);
        let within = [0, p1, p2, p3, p4, p5, p6, 0];
        let (s0, s1) = multiply_add(a0, a0, 0, 0);
        let (s2, s3) = multiply_add(a1, a1, 0, 0);
        let (s4, s5) = multiply_add(a2, a2, 0, 0);
        let (s6, s7) = multiply_add(a3, a3, 0, 0);
        let squares = [s0, s1, s2, s3, s4, s5, s6, s7];
        for ((limb, within), square) in tile.iter_mut().zip(within).zip(squares) {
            let once = u64::from(*limb) + u64::from(within) + u64::from(sum_carry);
            sum_carry = (once >> 32) as u32;
            let once = once as u32;
            let twice = once << 1 | shifted;
            shifted = once >> 31;
            let sum = u64::from(twice) + u64::from(square) + u64::from(carry);
            (*limb, carry) = (sum as u32, (sum >> 32) as u32);
        }
    }
}

/// `out = value - modulus` if `bit` is 1, else `value`, without a branch.
fn subtract_if(out: &mut [u32], value: &[u32], modulus: &[u32], bit: u32) {
    let mask = black_box(0_u32.wrapping_sub(bit));
    let mut borrow = 0;
    for ((out, &value), &modulus) in out.iter_mut().zip(value).zip(modulus) {
        let difference = u64::from(value).wrapping_sub(u64::from(modulus & mask)).wrapping_sub(borrow);
        *out = difference as u32;
        borrow = difference >> 63;
    }
}

/// The slice without its first `count` limbs.
fn skip(slice: &mut [u32], count: usize) -> &mut [u32] {
    let mut slice = slice;
    mem::take(&mut slice).get_mut(count..).unwrap_or_default()
}
