//! The inverse of a public number modulo a prime, by the binary extended Euclidean algorithm; not constant-time.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "a counter below its bound; a limb times a limb and two more fit in 64 bits"
)]

use core::cmp::Ordering;

use super::super::{bignum::limbs, slice::Advance};

/// An inversion in progress: the memory is four numbers u, v, x and y, with u = x * s and v = y * s up to a constant factor.
pub(super) struct Inversion {
    iterations: usize,
}

/// Iterations for each bit: at most two halvings, each after at most one subtraction.
const ITERATIONS: usize = 4;
/// What an iteration costs for each limb, and besides, in limb products.
const COST: usize = 12;
/// Iterations in one step.
const BATCH: usize = 16;

/// Halvings at once, fewer than a limb has bits.
const MAX_HALVINGS: u32 = 31;

/// An odd modulus, and -modulus^-1 mod 2^32.
#[derive(Clone, Copy)]
pub(super) struct OddModulus<'a> {
    pub(super) limbs: &'a [u32],
    pub(super) inverse: u32,
}

impl Inversion {
    pub(super) const fn new() -> Self {
        Self { iterations: 0 }
    }

    /// Does some iterations; at the end the inverse is in x. `None`: there is no inverse. Begin with u = s, v = modulus, y = 0 and in x
    /// the factor that the result shall have.
    pub(super) fn advance(&mut self, memory: [&mut [u32]; 4], modulus: OddModulus<'_>) -> Option<Advance> {
        let [u, v, x, y] = memory;
        let bits = modulus.limbs.len() * limbs::LIMB_BITS;
        for _ in 0..BATCH {
            if limbs::is_one_vartime(u) {
                return Some(Advance::Done);
            }
            if limbs::is_one_vartime(v) {
                limbs::copy(x, y);
                return Some(Advance::Done);
            }
            iterate(u, v, x, y, modulus);
        }
        self.iterations += BATCH;
        let bounded = self.iterations <= ITERATIONS * bits;
        bounded.then_some(Advance::More(BATCH * (modulus.limbs.len() + 1) * COST))
    }
}

fn iterate(u: &mut [u32], v: &mut [u32], x: &mut [u32], y: &mut [u32], modulus: OddModulus<'_>) {
    if is_even(u) {
        halve(u, x, modulus);
    } else if is_even(v) {
        halve(v, y, modulus);
    } else if limbs::compare_vartime(u, v) == Ordering::Less {
        limbs::subtract_if(v, u, 1);
        limbs::subtract(y, x, modulus.limbs);
    } else {
        limbs::subtract_if(u, v, 1);
        limbs::subtract(x, y, modulus.limbs);
    }
}

/// Halves `even` as often as its lowest limb lets it, and `x` modulo the modulus as often.
fn halve(even: &mut [u32], x: &mut [u32], modulus: OddModulus<'_>) {
    let (Some(low), Some(residue)) = (even.first(), x.first()) else { return };
    let times = low.trailing_zeros().min(MAX_HALVINGS);
    // So many times the modulus make the lowest bits of x vanish, and the result is below the modulus again.
    let factor = residue.wrapping_mul(modulus.inverse) & ((1 << times) - 1);
    shift_sum(even, 0, modulus, times);
    shift_sum(x, factor, modulus, times);
}

/// `a = (a + factor * modulus) / 2^times`, for 1 to 31 times.
fn shift_sum(a: &mut [u32], factor: u32, modulus: OddModulus<'_>, times: u32) {
    let (mut carry, mut before) = (0, 0);
    let mut place = &mut 0;
    for (a, modulus) in a.iter_mut().zip(modulus.limbs) {
        let sum = u64::from(*a) + u64::from(factor) * u64::from(*modulus) + carry;
        let limb = sum as u32;
        carry = sum >> 32;
        *place = before >> times | limb << (limbs::LIMB_BITS as u32 - times);
        (before, place) = (limb, a);
    }
    *place = before >> times | (carry as u32) << (limbs::LIMB_BITS as u32 - times);
}

fn is_even(a: &[u32]) -> bool {
    a.first().is_none_or(|low| low & 1 == 0)
}
