//! The two halves of a private operation made one (RFC 8017 §5.1.2 step 2b), constant-time:
//! s' = s_q + q * ((s_p - s_q) * coefficient mod p).

use status::{Error, rsa};

use super::{
    super::bignum::{Modulus, SquaredRadix, cost_of_product, kernel, limbs},
    crt_half::{CrtHalf, PrimeRegisters, Reduction},
};

/// The recombination. It works in the memory of the exponentiation modulo p.
pub(super) struct Recombination<'k> {
    coefficient: &'k [u8],
    prime_q: &'k [u8],
    /// The length of p in bits.
    bits: usize,
    length: usize,
    inverse: u32,
    phase: RecombinationPhase,
}

enum RecombinationPhase {
    /// Computes R^2 modulo p in the head of the table.
    SquareRadix(SquaredRadix),
    /// Computes s_q modulo p in `factor`.
    Reduce(Reduction),
    /// Computes s_p - s_q in `accumulator`, in Montgomery form.
    Subtract,
    /// Multiplies it by the coefficient.
    Multiply,
    Finished,
}

impl<'k> Recombination<'k> {
    /// Follows the exponentiation modulo p, whose prime and result stand in the lent memory.
    pub(super) fn new(half: &CrtHalf<'k>, coefficient: &'k [u8], prime_q: &'k [u8]) -> Self {
        let phase = RecombinationPhase::SquareRadix(SquaredRadix::default());
        Self { coefficient, prime_q, bits: half.bits(), length: half.length(), inverse: half.inverse, phase }
    }

    /// Does one operation; its cost, or `None` at the end.
    pub(super) fn advance(&mut self, residue_q: &[u32], memory: &mut [u32]) -> Result<Option<usize>, Error> {
        let PrimeRegisters { modulus, accumulator, factor, product, table: square } =
            PrimeRegisters::split(memory, self.length, 0);
        let mut modulus = Modulus::new(modulus, self.inverse, product);
        let cost = cost_of_product(self.length);
        let (cost, next) = match &mut self.phase {
            RecombinationPhase::SquareRadix(radix) => match radix.advance(&mut modulus, self.bits, square) {
                Some(cost) => (cost, None),
                None => (0, Some(RecombinationPhase::Reduce(Reduction::new(residue_q, factor)))),
            },
            RecombinationPhase::Reduce(reduce) => {
                match reduce.advance(&mut modulus, factor, residue_q, square) {
                    Some(cost) => (cost, None),
                    None => (0, Some(RecombinationPhase::Subtract)),
                }
            }
            RecombinationPhase::Subtract => {
                limbs::reduce_once(factor, modulus.limbs());
                limbs::subtract(accumulator, factor, modulus.limbs());
                modulus.multiply_by(accumulator, square);
                limbs::reduce_once(accumulator, modulus.limbs());
                (cost, Some(RecombinationPhase::Multiply))
            }
            RecombinationPhase::Multiply => {
                if !limbs::import_secret(factor, self.coefficient) {
                    return Err(rsa::PRIVATE_FAILED);
                }
                modulus.multiply_by(accumulator, factor);
                limbs::reduce_once(accumulator, modulus.limbs());
                (cost, Some(RecombinationPhase::Finished))
            }
            RecombinationPhase::Finished => return Ok(None),
        };
        if let Some(next) = next {
            self.phase = next;
        }
        Ok(Some(cost))
    }

    /// `out` = s', at most n.
    pub(super) fn copy_result(&self, out: &mut [u32], residue_q: &[u32], memory: &mut [u32]) {
        // The kernel multiplies numbers of one length: that of the longer prime. The memory has at least seven of them. The
        // accumulator, the second number of p's length, moves to the start.
        let (length, common) = (self.length, self.length.max(residue_q.len()));
        let Some((factors, rest)) = memory.split_at_mut_checked(common.saturating_mul(2)) else { return };
        let Some(product) = rest.get_mut(..common.saturating_mul(2)) else { return };
        let Some((start, accumulator)) = factors.split_at_mut_checked(length) else { return };
        limbs::copy(start, accumulator);
        let Some((difference, q)) = factors.split_at_mut_checked(common) else { return };
        difference.get_mut(length..).unwrap_or_default().fill(0);
        limbs::import(q, limbs::trim_vartime(self.prime_q));
        kernel::mul(product, q, difference);
        limbs::add_if(product, residue_q, 1);
        limbs::copy(out, product);
    }
}
