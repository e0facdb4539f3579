//! The HMAC of a MAC-then-encrypt record whose length is secret, in constant time (RFC 5246 §6.2.3.2).
//!
//! The place of the MAC follows from the padding, and nobody may learn the padding before the MAC is verified: an attacker who can tell
//! the cases apart can decrypt ("Lucky Thirteen", AlFardan and Paterson, 2013). Therefore
//!
//! - the compression function runs equally often for every plaintext length that the record could have: all blocks go through it, and
//!   masks select the chaining value after the block that is the last;
//! - masks collect the received MAC from every place where it could begin.
//!
//! This needs the compression function itself, so it always runs in software: an accelerator that pads by itself cannot be used.

use accel::{ChainingValue, Digest, HashAlgorithm, HmacKey, soft};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq, ConstantTimeLess};
use zeroize::Zeroize;

use super::cbc::{MAX_MAC_LENGTH, MAX_PADDING};
use super::protection::ADDITIONAL_LENGTH;

/// An HMAC-SHA-1 or HMAC-SHA-256 key prepared in software: the chaining values after its inner and outer pad.
pub(super) struct SecretMac<'k> {
    algorithm: HashAlgorithm,
    inner: &'k ChainingValue,
    outer: &'k ChainingValue,
}

/// The block of SHA-1 and SHA-256.
const BLOCK_LENGTH: usize = 64;

impl<'k> SecretMac<'k> {
    /// Uses a key that [`soft::Hasher`] has prepared.
    pub(super) const fn new(key: &'k HmacKey) -> Self {
        let (inner, outer) = soft::pads(key);
        Self { algorithm: key.algorithm(), inner, outer }
    }

    /// Whether the first `length` bytes of `content` are followed by their MAC. After them, `content` must have at least a MAC and one
    /// byte of padding, and at most 255 bytes more. `additional` is sequence number, type, version and a place for the length.
    pub(super) fn verify(&self, additional: &[u8; ADDITIONAL_LENGTH], content: &[u8], length: u32) -> Choice {
        let expected = self.compute(additional, content, length, &mut |chain, block| {
            soft::compress(chain, self.algorithm, block);
        });
        let received = self.received(content, length);
        let received = received.get(..self.algorithm.digest_length()).unwrap_or_default();
        expected.as_bytes().ct_eq(received)
    }

    fn compute(
        &self,
        additional: &[u8; ADDITIONAL_LENGTH],
        content: &[u8],
        length: u32,
        compress: &mut impl FnMut(&mut ChainingValue, &[u8; BLOCK_LENGTH]),
    ) -> Digest {
        let [.., high, low] = length.to_be_bytes();
        let [head @ .., _, _] = additional;
        let mut message = head.iter().copied().chain([high, low]).chain(content.iter().copied());

        // The message's length is secret; its bounds are public.
        let secret = length.wrapping_add(ADDITIONAL);
        let LengthRange { shortest, longest } = self.range(content);
        // The last block is the one where marker and length field still fit after the message.
        let last = secret.wrapping_add(MARKER_AND_LENGTH - 1) / BLOCK;
        let blocks = longest.wrapping_add(ADDITIONAL + MARKER_AND_LENGTH - 1) / BLOCK;
        // These blocks contain only message bytes, whatever the secret length is.
        let full = shortest.wrapping_add(ADDITIONAL) / BLOCK;
        // In bits, including the block of the pad.
        let bits = u64::from(secret.wrapping_add(BLOCK)).wrapping_mul(8).to_be_bytes();

        let mut chain = self.inner.clone();
        let mut result = self.inner.clone();
        let mut position: u32 = 0;
        for index in 0..=blocks {
            let mut block = Block([0; BLOCK_LENGTH]);
            for (byte, value) in block.0.iter_mut().zip(&mut message) {
                *byte = value;
            }
            let is_last = index.ct_eq(&last);
            if index >= full {
                block.pad(position, secret);
                block.count(&bits, is_last);
            }
            compress(&mut chain, &block.0);
            select(&mut result, &chain, is_last);
            position = position.wrapping_add(BLOCK);
        }
        self.finish(&result, compress)
    }

    /// The outer hash. Its message, the inner digest, is a single block.
    fn finish(
        &self,
        inner: &ChainingValue,
        compress: &mut impl FnMut(&mut ChainingValue, &[u8; BLOCK_LENGTH]),
    ) -> Digest {
        let digest = soft::digest(inner, self.algorithm);
        let length = BLOCK_LENGTH.wrapping_add(digest.as_bytes().len()).wrapping_mul(8);
        let mut block = Block([0; BLOCK_LENGTH]);
        for (to, from) in block.0.iter_mut().zip(digest.as_bytes().iter().chain(&[MARKER])) {
            *to = *from;
        }
        block.count(&u64::try_from(length).unwrap_or_default().to_be_bytes(), Choice::from(1));
        let mut chain = self.outer.clone();
        compress(&mut chain, &block.0);
        soft::digest(&chain, self.algorithm)
    }

    /// The received MAC, wherever after the secret length it begins.
    fn received(&self, content: &[u8], length: u32) -> [u8; MAX_MAC_LENGTH] {
        let mut mac = [0; MAX_MAC_LENGTH];
        let LengthRange { shortest, longest } = self.range(content);
        for start in shortest..=longest {
            let here = start.ct_eq(&length);
            let candidate = usize::try_from(start).ok().and_then(|start| content.get(start..));
            for (to, from) in mac.iter_mut().zip(candidate.unwrap_or_default()) {
                to.conditional_assign(from, here);
            }
        }
        mac
    }

    /// The shortest and longest plaintext that `content` can have.
    fn range(&self, content: &[u8]) -> LengthRange {
        let longest = content.len().saturating_sub(self.algorithm.digest_length()).saturating_sub(1);
        let longest = u32::try_from(longest).unwrap_or_default();
        LengthRange { shortest: longest.saturating_sub(MAX_PADDING), longest }
    }
}

struct LengthRange {
    shortest: u32,
    longest: u32,
}

/// The padding of a hash (FIPS 180-4 §5.1.1): after the message one bit, here as a byte, and the length in 8 bytes.
const MARKER: u8 = 0x80;
const MARKER_AND_LENGTH: u32 = 9;
/// The same lengths as above, as `u32` for secret arithmetic.
const BLOCK: u32 = 64;
const ADDITIONAL: u32 = 13;

/// A block of plaintext, wiped when dropped. Wiped as a slice, since an array would be wiped byte by byte.
struct Block([u8; BLOCK_LENGTH]);

impl Drop for Block {
    fn drop(&mut self) {
        self.0.as_mut_slice().zeroize();
    }
}

impl Block {
    /// Puts the marker after a message of `secret` bytes, and zeros after the marker. `position`: where this block begins in the message.
    fn pad(&mut self, position: u32, secret: u32) {
        let mut at = position;
        for byte in &mut self.0 {
            byte.conditional_assign(&0, !at.ct_lt(&secret));
            byte.conditional_assign(&MARKER, at.ct_eq(&secret));
            at = at.wrapping_add(1);
        }
    }

    /// Writes the length field, if this is the last block.
    fn count(&mut self, bits: &[u8; 8], is_last: Choice) {
        if let Some(field) = self.0.last_chunk_mut::<8>() {
            for (to, from) in field.iter_mut().zip(bits) {
                to.conditional_assign(from, is_last);
            }
        }
    }
}

fn select(result: &mut ChainingValue, chain: &ChainingValue, condition: Choice) {
    for (to, from) in result.words32_mut().iter_mut().zip(chain.words32()) {
        to.conditional_assign(from, condition);
    }
}

#[cfg(test)]
mod tests {
    use accel::soft::Hasher;

    use super::*;

    const KEY: [u8; 32] = [0x4B; 32];
    const HEAD: [u8; ADDITIONAL_LENGTH] = [7; ADDITIONAL_LENGTH];

    fn expected(algorithm: HashAlgorithm, plaintext: &[u8]) -> Option<Digest> {
        let key = HmacKey::new(&mut Hasher, algorithm, &KEY[..algorithm.digest_length()]).ok()?;
        let [.., high, low] = u32::try_from(plaintext.len()).ok()?.to_be_bytes();
        key.mac(&mut Hasher, &[&HEAD[..11], &[high, low], plaintext]).ok()
    }

    /// RFC 5246 §6.2.3.2: every padding that a record can have costs the same number of compressions, and the MAC is right.
    #[test]
    fn the_number_of_compressions_does_not_depend_on_the_padding() {
        let content: [u8; 608] = core::array::from_fn(|at| at.to_le_bytes()[0]);
        for algorithm in [HashAlgorithm::Sha1, HashAlgorithm::Sha256] {
            let key = &KEY[..algorithm.digest_length()];
            let Ok(key) = HmacKey::new(&mut Hasher, algorithm, key) else { panic!("a hash cannot fail") };
            let mac = SecretMac::new(&key);
            for whole in (48..=content.len()).step_by(16) {
                let content = &content[..whole];
                let longest = whole - algorithm.digest_length() - 1;
                let mut counts = None;
                for length in longest.saturating_sub(255)..=longest {
                    let mut count = 0;
                    let secret = u32::try_from(length).unwrap_or_default();
                    let digest = mac.compute(&HEAD, content, secret, &mut |chain, block| {
                        count += 1;
                        soft::compress(chain, algorithm, block);
                    });
                    assert_eq!(*counts.get_or_insert(count), count, "{algorithm:?} {whole} {length}");
                    let expected = expected(algorithm, &content[..length]);
                    assert_eq!(Some(digest.as_bytes()), expected.as_ref().map(Digest::as_bytes));
                    let received = mac.received(content, secret);
                    let place = length..length + algorithm.digest_length();
                    assert_eq!(received[..algorithm.digest_length()], content[place]);
                }
            }
        }
    }
}
