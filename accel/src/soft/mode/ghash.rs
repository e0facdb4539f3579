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

    /// Takes in the block that ends the message, both lengths in bits, and gives the sum out, in words of its bytes.
    pub(super) fn finish(&mut self, lengths: [u64; 2]) -> [u32; 4] {
        let mut block = [0; BLOCK_LENGTH];
        for (to, length) in block.as_chunks_mut().0.iter_mut().zip(lengths) {
            *to = length.to_be_bytes();
        }
        kernel::absorb(&mut self.sum, self.key, &[block]);
        reversed(&self.sum)
    }
}

/// Makes a hash key, the encryption of a zero block (NIST SP 800-38D §7.1), what it is kept as: higher by one bit, which is
/// divided by x.
pub(super) fn key(block: &[u32; 4]) -> [u32; 4] {
    let [a, b, c, d] = reversed(block);
    // The bit that goes out at the top is x^0, which comes back as x^-1 = x^127 + x^6 + x + 1.
    let back = 0_u32.wrapping_sub(d >> 31);
    [a << 1 | back & 1, b << 1 | a >> 31, c << 1 | b >> 31, (d << 1 | c >> 31) ^ back & 0xC200_0000]
}

/// Between the words of a block and those of a number.
fn reversed([a, b, c, d]: &[u32; 4]) -> [u32; 4] {
    [d.swap_bytes(), c.swap_bytes(), b.swap_bytes(), a.swap_bytes()]
}
