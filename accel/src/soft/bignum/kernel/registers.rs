//! Numbered registers in lent memory, all of one length: what the formulas of the curves work on.
//!
//! ```text
//!   number   0, 1      2, 3, 4, ...
//!   memory   product   one register each
//! ```
#![expect(clippy::arithmetic_side_effects, reason = "a register number below the count, times the length")]

use super::ROWS;

/// At least three registers of a multiple of [`ROWS`] limbs, or none at all. The product takes the place of the first two.
pub(crate) struct FieldRegisters<'w> {
    limbs: &'w mut [u32],
    length: usize,
    /// How many registers there are.
    #[allow(dead_code, reason = "the assembly's")]
    count: usize,
}

impl<'w> FieldRegisters<'w> {
    /// As many registers of `length` limbs as fit.
    #[inline(always)]
    pub(crate) fn new(limbs: &'w mut [u32], length: usize) -> Self {
        let count = limbs.len().checked_div(length).filter(|count| *count > 2 && length.is_multiple_of(ROWS));
        Self { limbs, length, count: count.unwrap_or(0) }
    }

    /// A register's length in limbs.
    #[inline(always)]
    pub(crate) fn length(&self) -> usize {
        self.length
    }

    /// Register `number`; empty if there is none.
    pub(crate) fn at(&self, number: u8) -> &[u32] {
        let rest = self.limbs.get(usize::from(number) * self.length..).unwrap_or_default();
        rest.get(..self.length).unwrap_or_default()
    }

    /// The same, to be written.
    pub(crate) fn at_mut(&mut self, number: u8) -> &mut [u32] {
        let rest = self.limbs.get_mut(usize::from(number) * self.length..).unwrap_or_default();
        rest.get_mut(..self.length).unwrap_or_default()
    }

    /// The product, and `count` registers from `number` on, which must be 2 or more.
    #[allow(dead_code, reason = "the portable code's")]
    pub(crate) fn split(&mut self, number: u8, count: usize) -> (&mut [u32], &mut [u32]) {
        let Some((product, rest)) = self.limbs.split_at_mut_checked(2 * self.length) else {
            return Default::default();
        };
        let rest = rest.get_mut(usize::from(number.saturating_sub(2)) * self.length..).unwrap_or_default();
        (product, rest.get_mut(..count * self.length).unwrap_or_default())
    }

    /// All limbs.
    pub(crate) fn limbs(&mut self) -> &mut [u32] {
        self.limbs
    }

    /// The addresses of three registers; `None` if one of them does not exist.
    #[inline(always)]
    #[allow(dead_code, reason = "the assembly's")]
    pub(crate) fn places(&mut self, [a, b, c]: [u8; 3]) -> Option<[*mut u32; 3]> {
        let [a, b, c] = [usize::from(a), usize::from(b), usize::from(c)];
        if a >= self.count || b >= self.count || c >= self.count {
            return None;
        }
        let (start, length) = (self.limbs.as_mut_ptr(), self.length);
        // Nothing wraps: the registers are within the memory.
        Some([start.wrapping_add(a * length), start.wrapping_add(b * length), start.wrapping_add(c * length)])
    }
}
