//! One CRT half of an RSA signature: x^(d - 1) modulo a prime, with a private exponent d; constant-time.
//!
//! The exponent is read over the prime's whole length, in windows of fixed width. To select a window's factor, the whole table is read
//! under masks. The size of the lent memory decides the width of the window.
//!
//! ```text
//!   lent memory, in limbs:  modulus h | accumulator h | factor h | product 2h | table h * 2^window
//! ```

use super::super::{
    bignum::{
        Modulus, SquaredRadix, cost_of_product, kernel,
        limbs::{self, limbs_for},
        negated_inverse,
    },
    slice::take,
};

/// The widest window: a wider one gains nothing, as selection reads the whole table.
const MAX_WINDOW: usize = 4;
/// The most limb products in one operation: those of one modular product with the longest modulus.
const MAX_BATCH: usize = cost_of_product(crate::MAX_MODULUS_LENGTH / 4);
/// Registers of the prime's length beside the table; the product counts as two.
const REGISTERS: usize = 5;

/// The widest window, in bits, that fits in so many limbs of lent memory; one bit always does.
pub(super) fn window(memory: usize, length: usize) -> usize {
    let fits = |window: &usize| length.saturating_mul(REGISTERS.saturating_add(1 << window)) <= memory;
    (1..=MAX_WINDOW).rev().find(fits).unwrap_or(1)
}

/// Limbs of the largest table, for a prime of at most so many limbs.
pub(super) const fn table(length: usize) -> usize {
    length << MAX_WINDOW
}

/// The largest cost of an operation modulo a prime of so many limbs.
pub(super) fn largest_cost(length: usize) -> usize {
    window_cost(length).max(MAX_BATCH)
}

/// What a window costs at most, or its last squarings where they are not all one operation.
fn window_cost(length: usize) -> usize {
    cost_of_product(length).saturating_mul(batch(length).saturating_add(1)).saturating_add(table(length))
}

/// Squarings in one operation: those of a whole window, if the prime is short enough.
fn batch(length: usize) -> usize {
    MAX_BATCH.checked_div(cost_of_product(length)).unwrap_or(1).clamp(1, MAX_WINDOW)
}

/// The exponentiation modulo one prime.
pub(super) struct CrtHalf<'k> {
    prime: &'k [u8],
    exponent: &'k [u8],
    /// The prime's length in bits.
    bits: usize,
    window: usize,
    pub(super) inverse: u32,
    phase: ExponentiationPhase,
}

enum ExponentiationPhase {
    /// Loads the prime into `modulus`.
    LoadPrime,
    /// Computes R^2 in `accumulator`.
    SquareRadix(SquaredRadix),
    /// Computes x modulo the prime in `factor`.
    Reduce(Reduction),
    /// Brings x into Montgomery form.
    Convert,
    /// Computes the entry of this number.
    FillTable(usize),
    /// Works on the window at `bit`; `squarings` are left before its multiplication.
    Window {
        bit: usize,
        squarings: usize,
    },
    Finished,
}

impl<'k> CrtHalf<'k> {
    pub(super) const fn new(prime: &'k [u8], exponent: &'k [u8], bits: usize, window: usize) -> Self {
        Self { prime, exponent, bits, window, inverse: 0, phase: ExponentiationPhase::LoadPrime }
    }

    /// The prime's length in limbs.
    pub(super) const fn length(&self) -> usize {
        limbs_for(self.bits)
    }

    /// The prime's length in bits.
    pub(super) const fn bits(&self) -> usize {
        self.bits
    }

    /// Does one operation; its cost, or `None` at the end.
    pub(super) fn advance(&mut self, x: &[u32], memory: &mut [u32]) -> Option<usize> {
        let length = self.length();
        let PrimeRegisters { modulus, accumulator, factor, product, table } =
            PrimeRegisters::split(memory, length, self.window);
        if let ExponentiationPhase::LoadPrime = self.phase {
            limbs::import(modulus, limbs::trim_vartime(self.prime));
            self.inverse = negated_inverse(modulus);
        }
        let mut modulus = Modulus::new(modulus, self.inverse, product);
        let (cost, next) = match &mut self.phase {
            ExponentiationPhase::LoadPrime => {
                (0, Some(ExponentiationPhase::SquareRadix(SquaredRadix::default())))
            }
            ExponentiationPhase::SquareRadix(radix) => {
                match radix.advance(&mut modulus, self.bits, accumulator) {
                    Some(cost) => (cost, None),
                    None => (0, Some(ExponentiationPhase::Reduce(Reduction::new(x, factor)))),
                }
            }
            ExponentiationPhase::Reduce(reduce) => match reduce.advance(&mut modulus, factor, x, accumulator)
            {
                Some(cost) => (cost, None),
                None => (0, Some(ExponentiationPhase::Convert)),
            },
            ExponentiationPhase::Convert => {
                modulus.multiply_by(factor, accumulator);
                (cost_of_product(length), Some(ExponentiationPhase::FillTable(0)))
            }
            ExponentiationPhase::FillTable(entry) => {
                let done = fill(&mut modulus, table, *entry, accumulator, factor);
                let next = if done {
                    self.first_window()
                } else {
                    ExponentiationPhase::FillTable(entry.saturating_add(1))
                };
                (cost_of_product(length), Some(next))
            }
            // As many windows as fit in one operation: to split the memory takes as long as a short product.
            ExponentiationPhase::Window { bit, squarings } => {
                let (mut cost, most) = (0_usize, largest_cost(length));
                let next = loop {
                    let batch = batch(length).min(*squarings);
                    for _ in 0..batch {
                        modulus.square(accumulator);
                    }
                    *squarings = squarings.saturating_sub(batch);
                    cost = cost.saturating_add(cost_of_product(length).saturating_mul(batch));
                    if *squarings > 0 {
                        break None;
                    }
                    kernel::select(factor, table, digit(self.exponent, *bit, self.window));
                    modulus.multiply_by(accumulator, factor);
                    cost = cost.saturating_add(cost_of_product(length)).saturating_add(table.len());
                    let Some(below) = bit.checked_sub(self.window) else {
                        modulus.canonical(accumulator);
                        break Some(ExponentiationPhase::Finished);
                    };
                    (*bit, *squarings) = (below, self.window);
                    if cost.saturating_add(window_cost(length)) > most {
                        break None;
                    }
                };
                (cost, next)
            }
            ExponentiationPhase::Finished => return None,
        };
        if let Some(next) = next {
            self.phase = next;
        }
        Some(cost)
    }

    /// Copies the result of a finished exponentiation.
    pub(super) fn copy_result(&self, out: &mut [u32], memory: &mut [u32]) {
        limbs::copy(out, PrimeRegisters::split(memory, self.length(), self.window).accumulator);
    }

    /// The topmost window, which may reach beyond the prime's length.
    const fn first_window(&self) -> ExponentiationPhase {
        let below = self.bits.saturating_sub(1);
        let Some(rest) = below.checked_rem(self.window) else { return ExponentiationPhase::Finished };
        ExponentiationPhase::Window { bit: below.saturating_sub(rest), squarings: 0 }
    }
}

/// Reduces a number modulo a prime, constant-time: from its top, a prime's length at a time.
pub(super) struct Reduction {
    /// Parts left.
    parts: usize,
}

impl Reduction {
    pub(super) fn new(number: &[u32], out: &mut [u32]) -> Self {
        out.fill(0);
        Self { parts: number.chunks(out.len().max(1)).len() }
    }

    /// `out = number mod modulus`, below twice the modulus; the cost, or `None` at the end. `square` is R^2.
    pub(super) fn advance(
        &mut self,
        modulus: &mut Modulus<'_>,
        out: &mut [u32],
        number: &[u32],
        square: &[u32],
    ) -> Option<usize> {
        self.parts = self.parts.checked_sub(1)?;
        let length = out.len();
        modulus.append(out, number.chunks(length.max(1)).nth(self.parts).unwrap_or_default());
        modulus.multiply_by(out, square);
        Some(cost_of_product(length).saturating_add(length.saturating_mul(length)))
    }
}

/// Fills one entry of the table: 1, x, x^2..., all in Montgomery form; whether it was the last. Before entry 0, `accumulator` is R^2.
fn fill(
    modulus: &mut Modulus<'_>,
    table: &mut [u32],
    entry: usize,
    accumulator: &mut [u32],
    x: &[u32],
) -> bool {
    let length = x.len();
    if entry == 0 {
        // R^2 / R: 1 in Montgomery form, where the exponentiation starts.
        modulus.canonical(accumulator);
    } else {
        modulus.multiply_by(accumulator, x);
    }
    let mut entries = table.chunks_exact_mut(length.max(1)).skip(entry);
    if let Some(out) = entries.next() {
        limbs::copy(out, accumulator);
    }
    let last = entries.next().is_none();
    if last {
        limbs::copy(accumulator, table.get(..length).unwrap_or_default());
    }
    last
}

/// The bits of the exponent less one in a window of at most eight bits. The exponent is odd: one less clears its lowest bit.
fn digit(exponent: &[u8], at: usize, window: usize) -> u32 {
    let byte = at / 8;
    let (low, high) = (limbs::byte_at(exponent, byte), limbs::byte_at(exponent, byte.saturating_add(1)));
    let digit = (high << 8 | low) >> (at % 8) & !(u32::MAX << window);
    if at == 0 { digit & !1 } else { digit }
}

/// The lent memory while the work is modulo a prime.
pub(super) struct PrimeRegisters<'w> {
    pub(super) modulus: &'w mut [u32],
    pub(super) accumulator: &'w mut [u32],
    pub(super) factor: &'w mut [u32],
    pub(super) product: &'w mut [u32],
    pub(super) table: &'w mut [u32],
}

impl<'w> PrimeRegisters<'w> {
    pub(super) fn split(memory: &'w mut [u32], length: usize, window: usize) -> Self {
        let mut rest = memory;
        Self {
            modulus: take(&mut rest, length),
            accumulator: take(&mut rest, length),
            factor: take(&mut rest, length),
            product: take(&mut rest, length.saturating_mul(2)),
            table: take(&mut rest, length << window),
        }
    }
}
