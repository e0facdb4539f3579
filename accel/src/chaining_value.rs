//! The chaining value of a hash: what its compression function changes (FIPS 180-4 §6, RFC 1321 §3.4).

use zeroize::{Zeroize, ZeroizeOnDrop};

/// A chaining value: up to 8 words of 32 bits (MD5 has 4, SHA-1 5, SHA-224 and SHA-256 8) or 8 of 64 (SHA-384, SHA-512). 64 bytes, wiped
/// when dropped.
///
/// ```
/// use accel::{ChainingValue, HashAlgorithm, soft};
///
/// let mut chain = ChainingValue::initial(HashAlgorithm::Sha1);
/// assert_eq!(chain.words32()[0], 0x6745_2301);
/// soft::compress(&mut chain, HashAlgorithm::Sha1, &[0; 64]);
/// assert_ne!(chain.words32()[0], 0x6745_2301);
/// ```
#[repr(transparent)]
pub struct ChainingValue([u64; 8]);

impl ChainingValue {
    pub(crate) const ZERO: Self = Self([0; 8]);

    pub(crate) const fn of_words32(words: [u32; 8]) -> Self {
        Self(bytemuck::must_cast([words, [0; 8]]))
    }

    pub(crate) const fn of_words64(words: [u64; 8]) -> Self {
        Self(words)
    }

    /// Before the first block (RFC 1321 §3.3, FIPS 180-4 §5.3).
    #[must_use]
    pub fn initial(algorithm: crate::HashAlgorithm) -> Self {
        crate::soft::hash::initial(algorithm)
    }

    /// The words of MD5, SHA-1, SHA-224 and SHA-256.
    #[must_use]
    pub const fn words32(&self) -> &[u32; 8] {
        let [words, _] = bytemuck::must_cast_ref::<[u64; 8], [[u32; 8]; 2]>(&self.0);
        words
    }

    /// As [`ChainingValue::words32`], to be changed.
    pub fn words32_mut(&mut self) -> &mut [u32; 8] {
        let [words, _] = bytemuck::must_cast_mut::<[u64; 8], [[u32; 8]; 2]>(&mut self.0);
        words
    }

    /// The words of SHA-384 and SHA-512.
    #[must_use]
    pub const fn words64(&self) -> &[u64; 8] {
        &self.0
    }

    /// As [`ChainingValue::words64`], to be changed.
    pub const fn words64_mut(&mut self) -> &mut [u64; 8] {
        &mut self.0
    }

    /// Its bytes as they lie in memory, for a backend that keeps something else here.
    #[cfg_attr(not(any(feature = "stm32f4", feature = "rustcrypto")), expect(dead_code, reason = "backends"))]
    pub(crate) const fn bytes(&self) -> &[u8; 64] {
        bytemuck::must_cast_ref(&self.0)
    }

    /// As [`ChainingValue::bytes`], to be changed.
    #[cfg_attr(not(any(feature = "stm32f4", feature = "rustcrypto")), expect(dead_code, reason = "backends"))]
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8; 64] {
        bytemuck::must_cast_mut(&mut self.0)
    }
}

impl Clone for ChainingValue {
    fn clone(&self) -> Self {
        Self(self.0)
    }

    // Nothing of the old value is left that would have to be wiped.
    fn clone_from(&mut self, source: &Self) {
        self.0 = source.0;
    }
}

impl Zeroize for ChainingValue {
    // As a slice: an array would be wiped byte by byte.
    #[inline(never)]
    fn zeroize(&mut self) {
        self.0.as_mut_slice().zeroize();
    }
}

impl Drop for ChainingValue {
    fn drop(&mut self) {
        self.zeroize();
    }
}

impl ZeroizeOnDrop for ChainingValue {}
