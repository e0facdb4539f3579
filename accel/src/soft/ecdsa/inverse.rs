//! The inverse of a public number modulo a prime, by the binary extended Euclidean algorithm; not constant-time.
#![expect(clippy::arithmetic_side_effects, reason = "a counter below its bound")]

use core::cmp::Ordering;

use super::super::bignum::limbs;

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

/// What a step answers.
pub(super) enum Step {
    /// There is more to do; this cost so many limb products.
    More(usize),
    /// The inverse stands in x.
    Done,
    /// There is none.
    Failed,
}

impl Inversion {
    pub(super) const fn new() -> Self {
        Self { iterations: 0 }
    }

    /// Starts with u = s and v = modulus, x = the factor of the result and y = 0.
    pub(super) fn advance(&mut self, memory: [&mut [u32]; 4], modulus: &[u32]) -> Step {
        let [u, v, x, y] = memory;
        let bits = modulus.len() * limbs::LIMB_BITS;
        for _ in 0..BATCH {
            if limbs::is_one_vartime(u) {
                return Step::Done;
            }
            if limbs::is_one_vartime(v) {
                limbs::copy(x, y);
                return Step::Done;
            }
            iterate(u, v, x, y, modulus);
        }
        self.iterations += BATCH;
        if self.iterations > ITERATIONS * bits {
            Step::Failed
        } else {
            Step::More(BATCH * (modulus.len() + 1) * COST)
        }
    }
}

fn iterate(u: &mut [u32], v: &mut [u32], x: &mut [u32], y: &mut [u32], modulus: &[u32]) {
    if is_even(u) {
        limbs::halve(u, 0);
        halve_modulo(x, modulus);
    } else if is_even(v) {
        limbs::halve(v, 0);
        halve_modulo(y, modulus);
    } else if limbs::compare_vartime(u, v) == Ordering::Less {
        limbs::subtract_if(v, u, 1);
        limbs::subtract(y, x, modulus);
    } else {
        limbs::subtract_if(u, v, 1);
        limbs::subtract(x, y, modulus);
    }
}

fn halve_modulo(a: &mut [u32], modulus: &[u32]) {
    let carry = if is_even(a) { 0 } else { limbs::add_if(a, modulus, 1) };
    limbs::halve(a, carry);
}

fn is_even(a: &[u32]) -> bool {
    a.first().is_none_or(|low| low & 1 == 0)
}
