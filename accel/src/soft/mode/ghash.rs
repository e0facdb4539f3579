//! GHASH (NIST SP 800-38D §6.4), constant-time without a table.
//!
//! A block is read as a number whose highest bit is the polynomial's lowest coefficient, in words of which the first is the lowest. The
//! product of two numbers without carries is then that of the polynomials, one bit too low: so the key is kept one bit higher, and
//! the product is only reduced, from below.

use zeroize::ZeroizeOnDrop;

use crate::soft::aes::BLOCK_LENGTH;

// Set by the build script for every ARMv7E-M target.
#[cfg(umaal)]
mod armv7em;
#[cfg(not(umaal))]
mod portable;

#[cfg(umaal)]
use armv7em as kernel;
#[cfg(not(umaal))]
use portable as kernel;

/// A sum in progress.
#[derive(ZeroizeOnDrop)]
pub(super) struct Ghash<'k> {
    #[zeroize(skip)]
    key: &'k [u32; 4],
    sum: [u32; 4],
}

impl<'k> Ghash<'k> {
    /// With what [`key`] has made of the hash key.
    pub(super) fn new(key: &'k [u32; 4]) -> Self {
        Self { key, sum: [0; 4] }
    }

    /// Takes in `data`, filled up with zeros to whole blocks.
    pub(super) fn absorb(&mut self, data: &[u8]) {
        let (blocks, rest) = data.as_chunks();
        kernel::absorb(&mut self.sum, self.key, blocks);
        if !rest.is_empty() {
            let mut block = [0; BLOCK_LENGTH];
            for (to, from) in block.iter_mut().zip(rest) {
                *to = *from;
            }
            kernel::absorb(&mut self.sum, self.key, &[block]);
        }
    }

    /// Takes in the block that ends the message, the lengths of both its parts, and gives the sum out, in words of its bytes.
    pub(super) fn finish(&mut self, aad: usize, data: usize) -> [u32; 4] {
        let [a, b, c, d] = &mut self.sum;
        for (length, low, high) in [(data, a, b), (aad, c, d)] {
            // In bits.
            let length = u64::try_from(length).unwrap_or_default() << 3;
            *low ^= u32::try_from(length & 0xFFFF_FFFF).unwrap_or_default();
            *high ^= u32::try_from(length >> 32).unwrap_or_default();
        }
        kernel::absorb(&mut self.sum, self.key, &[[0; BLOCK_LENGTH]]);
        reversed(&self.sum)
    }
}

/// Makes a hash key, the encryption of a zero block (NIST SP 800-38D §7.1), what it is kept as: higher by one bit, which is
/// divided by x.
pub(super) fn key(block: &[u32; 4]) -> [u32; 4] {
    let [a, b, c, d] = reversed(block);
    // The bit that goes out at the top is x^0, which comes back as x^-1 = x^127 + x^6 + x + 1. Not as a mask: a compiler would see
    // a condition.
    let out = d >> 31;
    [a << 1 | out, b << 1 | a >> 31, c << 1 | b >> 31, (d << 1 | c >> 31) ^ out << 31 ^ out << 30 ^ out << 25]
}

/// Between the words of a block and those of a number.
fn reversed([a, b, c, d]: &[u32; 4]) -> [u32; 4] {
    [d.swap_bytes(), c.swap_bytes(), b.swap_bytes(), a.swap_bytes()]
}
