//! An odd modulus and the multiplication modulo it.
#![expect(clippy::arithmetic_side_effects, reason = "lengths and costs of numbers of at most 4096 bits")]

use super::{
    kernel::{self, ROWS},
    limbs::{self, LIMB_BITS},
};

/// An odd modulus, and memory for a product: twice its length. Both are lent.
pub(crate) struct Modulus<'w> {
    limbs: &'w [u32],
    inverse: u32,
    product: &'w mut [u32],
}

/// What a modular product costs at most, in limb products: the unit in which a slice of work is measured.
pub(crate) const fn cost_of_product(length: usize) -> usize {
    2 * length * length
}

impl<'w> Modulus<'w> {
    /// The modulus `limbs`, odd, its [`negated_inverse`], and `product` of twice its length.
    pub(crate) fn new(limbs: &'w [u32], inverse: u32, product: &'w mut [u32]) -> Self {
        Self { limbs, inverse, product }
    }

    /// The modulus itself.
    pub(crate) fn limbs(&self) -> &'w [u32] {
        self.limbs
    }

    /// `a = a * b / R`.
    pub(crate) fn multiply_by(&mut self, a: &mut [u32], b: &[u32]) {
        kernel::mul(self.product, a, b);
        kernel::reduce(a, self.product, self.limbs, self.inverse);
    }

    /// `a = a * a / R`.
    pub(crate) fn square(&mut self, a: &mut [u32]) {
        kernel::sqr(self.product, a);
        kernel::reduce(a, self.product, self.limbs, self.inverse);
    }

    /// `a = (a * R + low) / R`, perhaps not the least residue, for any `a` below R.
    pub(crate) fn append(&mut self, a: &mut [u32], low: &[u32]) {
        if let Some((bottom, top)) = self.product.split_at_mut_checked(a.len()) {
            limbs::copy(bottom, low);
            limbs::copy(top, a);
        }
        kernel::reduce(a, self.product, self.limbs, self.inverse);
    }

    /// Takes `a` out of Montgomery form: the least residue of a / R.
    pub(crate) fn canonical(&mut self, a: &mut [u32]) {
        limbs::copy(self.product, a);
        kernel::reduce(a, self.product, self.limbs, self.inverse);
        limbs::reduce_once(a, self.limbs);
    }
}

/// Brings a public number below a public modulus that fills its limbs into Montgomery form, in bounded steps: by long division,
/// which costs less than a product.
pub(crate) struct Division {
    /// Limbs of the quotient that are left.
    left: usize,
}

impl Division {
    /// By a modulus of `bits` bits; `None` if it does not fill its limbs.
    pub(crate) const fn by(bits: usize) -> Option<Self> {
        let length = limbs::limbs_for(bits);
        if length * LIMB_BITS == bits { Some(Self { left: length }) } else { None }
    }

    /// Works on `number`, the same at each call; the cost, or `None` when it is in Montgomery form.
    pub(crate) fn advance(&mut self, modulus: &Modulus<'_>, number: &mut [u32]) -> Option<usize> {
        let batch = BATCH.min(self.left);
        for _ in 0..batch {
            limbs::shift_limb_vartime(number, modulus.limbs());
        }
        self.left -= batch;
        (batch > 0).then_some(batch * number.len() * LINEAR)
    }
}

/// Computes R^2 modulo a modulus in bounded steps.
///
/// Constant-time for a modulus of a given number of bits, unless it is public: by doubling up to R * 2^(length / 4), length in
/// limbs, and from there by seven squarings in Montgomery form: (2^(length / 4))^(2^7) = 2^(32 * length) = R. For a public modulus that fills
/// its limbs, R is brought into Montgomery form by division instead, which is several times faster.
#[derive(Default)]
pub(crate) struct SquaredRadix {
    is_public: bool,
    division: Option<Division>,
    doublings: usize,
    squarings: usize,
}

/// Doublings, or limbs of a quotient, in one step.
const BATCH: usize = 16;
/// Squarings after the doublings.
const SQUARINGS: usize = 7;
/// What a doubling, or a limb of a quotient, costs for each limb, in limb products.
const LINEAR: usize = 12;

impl SquaredRadix {
    /// Of a modulus that is no secret.
    pub(crate) fn of_public() -> Self {
        Self { is_public: true, ..Self::default() }
    }

    /// Works on `out`, the same at each call, for a modulus of `bits` bits; the cost, or `None` when `out` is R^2 modulo it.
    pub(crate) fn advance(
        &mut self,
        modulus: &mut Modulus<'_>,
        bits: usize,
        out: &mut [u32],
    ) -> Option<usize> {
        let length = modulus.limbs().len();
        let unused = (length * LIMB_BITS).saturating_sub(bits);
        if self.doublings == 0 {
            // 2^bits - modulus is below the modulus, as its top bit is set. Just beyond `out`, 2^bits wraps to the same.
            out.fill(0);
            if let Some(limb) = out.get_mut(bits / LIMB_BITS) {
                *limb = 1 << (bits % LIMB_BITS);
            }
            limbs::subtract_if(out, modulus.limbs(), 1);
            self.division = Division::by(bits).filter(|_| self.is_public);
        }
        if let Some(division) = &mut self.division {
            self.doublings = 1;
            return division.advance(modulus, out);
        }
        let doublings = unused + length / ROWS;
        if self.doublings < doublings {
            let batch = BATCH.min(doublings - self.doublings);
            for _ in 0..batch {
                limbs::double(out, modulus.limbs());
            }
            self.doublings += batch;
            return Some(batch * length * LINEAR);
        }
        if self.squarings < SQUARINGS {
            // The square of a number below the modulus is below twice the modulus; without this it would only be below R.
            modulus.square(out);
            limbs::reduce_once(out, modulus.limbs());
            self.squarings += 1;
            return Some(cost_of_product(length));
        }
        None
    }
}

/// -modulus^-1 mod 2^32 for an odd modulus, by Newton's iteration: each step doubles the bits that are right.
pub(crate) fn negated_inverse(modulus: &[u32]) -> u32 {
    let low = modulus.first().copied().unwrap_or_default();
    // An odd number is its own inverse modulo 8: three bits, then 6, 12, 24, 48.
    let mut inverse = low;
    for _ in 0..4 {
        inverse = inverse.wrapping_mul(2_u32.wrapping_sub(low.wrapping_mul(inverse)));
    }
    inverse.wrapping_neg()
}
