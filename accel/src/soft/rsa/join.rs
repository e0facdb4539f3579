//! The two halves of a private operation made one (RFC 8017 §5.1.2 step 2b), constant-time:
//! s' = s_q + q * ((s_p - s_q) * coefficient mod p).

use status::{Error, rsa};

use super::{
    super::bignum::{Modulus, SquaredRadix, cost_of_product, kernel, limbs},
    half::{Half, Numbers, Reduce},
};

/// The recombination, in the memory of the exponentiation modulo p.
pub(super) struct Join<'k> {
    coefficient: &'k [u8],
    prime_q: &'k [u8],
    /// The length of p in bits.
    bits: usize,
    length: usize,
    inverse: u32,
    phase: Phase,
}

enum Phase {
    /// R^2 modulo p into the head of the table.
    Radix(SquaredRadix),
    /// s_q modulo p into `factor`.
    Reduce(Reduce),
    /// The difference into `power`, in Montgomery form.
    Subtract,
    /// The difference times the coefficient.
    Multiply,
    Finished,
}

impl<'k> Join<'k> {
    /// Follows the exponentiation modulo p, whose prime and result stand in the lent memory.
    pub(super) fn new(half: &Half<'k>, coefficient: &'k [u8], prime_q: &'k [u8]) -> Self {
        let phase = Phase::Radix(SquaredRadix::default());
        Self { coefficient, prime_q, bits: half.bits(), length: half.length(), inverse: half.inverse, phase }
    }

    /// Does one operation; its cost, or `None` at the end.
    pub(super) fn advance(&mut self, half_q: &[u32], memory: &mut [u32]) -> Result<Option<usize>, Error> {
        let Numbers { modulus, power, factor, product, table: square } =
            Numbers::split(memory, self.length, 0);
        let mut modulus = Modulus::new(modulus, self.inverse, product);
        let cost = cost_of_product(self.length);
        let (cost, next) = match &mut self.phase {
            Phase::Radix(radix) => match radix.advance(&mut modulus, self.bits, square) {
                Some(cost) => (cost, None),
                None => (0, Some(Phase::Reduce(Reduce::new(half_q, factor)))),
            },
            Phase::Reduce(reduce) => match reduce.advance(&mut modulus, factor, half_q, square) {
                Some(cost) => (cost, None),
                None => (0, Some(Phase::Subtract)),
            },
            Phase::Subtract => {
                limbs::reduce_once(factor, modulus.limbs());
                limbs::subtract(power, factor, modulus.limbs());
                modulus.multiply_by(power, square);
                limbs::reduce_once(power, modulus.limbs());
                (cost, Some(Phase::Multiply))
            }
            Phase::Multiply => {
                if !limbs::import_secret(factor, self.coefficient) {
                    return Err(rsa::PRIVATE_FAILED);
                }
                modulus.multiply_by(power, factor);
                limbs::reduce_once(power, modulus.limbs());
                (cost, Some(Phase::Finished))
            }
            Phase::Finished => return Ok(None),
        };
        if let Some(next) = next {
            self.phase = next;
        }
        Ok(Some(cost))
    }

    /// `out` = s', at most n.
    pub(super) fn copy_result(&self, out: &mut [u32], half_q: &[u32], memory: &mut [u32]) {
        // The kernel multiplies numbers of one length: that of the longer prime. The memory is that of the exponentiation modulo
        // it, at least seven such numbers; the difference times the coefficient, the second number of p's length, moves down.
        let (length, common) = (self.length, self.length.max(half_q.len()));
        let Some((factors, rest)) = memory.split_at_mut_checked(common.saturating_mul(2)) else { return };
        let Some(product) = rest.get_mut(..common.saturating_mul(2)) else { return };
        let Some((head, power)) = factors.split_at_mut_checked(length) else { return };
        limbs::copy(head, power);
        let Some((difference, q)) = factors.split_at_mut_checked(common) else { return };
        difference.get_mut(length..).unwrap_or_default().fill(0);
        limbs::import(q, limbs::trim_vartime(self.prime_q));
        kernel::mul(product, q, difference);
        limbs::add_if(product, half_q, 1);
        limbs::copy(out, product);
    }
}
