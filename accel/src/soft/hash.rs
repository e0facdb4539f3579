//! MD5, SHA-1 and SHA-2 (RFC 1321, FIPS 180-4). The compression functions of SHA-1 and SHA-2 are those of their crates, but for
//! ARMv7E-M.
//!
//! Buffering and padding are written once for all six algorithms: they differ in the compression function, the word size
//! and the byte order only. Time depends on lengths, never on data.

mod md5;

use status::{Error, md};

use crate::hash::Owner;
use crate::{
    ChainingValue, Digest, Hash, HashAlgorithm, HashState, HmacKey, MAX_BLOCK_LENGTH, MAX_DIGEST_LENGTH,
};

// Set by the build script for every ARMv7E-M target.
#[cfg(umaal)]
mod armv7em;

#[cfg(umaal)]
use armv7em::{compress160, compress256, compress512};
#[cfg(not(umaal))]
use sha1::block_api::compress as compress160;
#[cfg(not(umaal))]
use sha2::block_api::{compress256, compress512};

/// The hash functions alone, without the rest of [`crate::soft::Soft`]. Cannot fail.
#[derive(Clone, Copy, Default, Debug)]
pub struct Hasher;

impl Hash for Hasher {}

// Not inlined: what it is made of is not beside it on the stack.
#[inline(never)]
pub(crate) fn start(algorithm: HashAlgorithm) -> HashState {
    HashState::of(algorithm, Owner::Software, initial(algorithm))
}

/// Adds `data`, with a compression function that is [`compress`] or does the same.
pub(crate) fn update(
    state: &mut HashState,
    data: &[u8],
    mut compress: impl FnMut(&mut ChainingValue, HashAlgorithm, &[u8]),
) -> Result<(), Error> {
    state.owned_by(Owner::Software)?;
    let length = u64::try_from(data.len()).map_err(|_| md::BAD_INPUT_DATA)?;
    let total = state.length().checked_add(length).ok_or(md::BAD_INPUT_DATA)?;
    absorb(state, data, &mut compress);
    state.set_length(total);
    Ok(())
}

/// Ends a hash, with a compression function as [`update`] has it.
pub(crate) fn finish(
    state: &mut HashState,
    mut compress: impl FnMut(&mut ChainingValue, HashAlgorithm, &[u8]),
) -> Result<Digest, Error> {
    state.owned_by(Owner::Software)?;
    pad(state, &mut compress);
    Ok(digest(&state.chain, state.algorithm()))
}

/// The chaining value before the first block (RFC 1321 §3.3, FIPS 180-4 §5.3).
pub(crate) fn initial(algorithm: HashAlgorithm) -> ChainingValue {
    let mut words = [0; 8];
    let long = match algorithm {
        HashAlgorithm::Md5 | HashAlgorithm::Sha1 => {
            copy(&mut words, &INITIAL);
            return ChainingValue::of_words32(words);
        }
        HashAlgorithm::Sha224 | HashAlgorithm::Sha384 => &INITIAL_384,
        HashAlgorithm::Sha256 | HashAlgorithm::Sha512 => &INITIAL_512,
    };
    let shift = match algorithm {
        HashAlgorithm::Sha224 => 0,
        HashAlgorithm::Sha256 => 32,
        _ => return ChainingValue::of_words64(*long),
    };
    for (word, long) in words.iter_mut().zip(long) {
        let [_, _, _, _, half @ ..] = (long >> shift).to_be_bytes();
        *word = u32::from_be_bytes(half);
    }
    ChainingValue::of_words32(words)
}

/// Of SHA-1; MD5's is its first four words.
const INITIAL: [u32; 5] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0];

/// Of SHA-384: of the square roots of the ninth to the sixteenth prime, the 64 bits behind the point. SHA-224 has their lower halves.
const INITIAL_384: [u64; 8] = [
    0xCBBB_9D5D_C105_9ED8,
    0x629A_292A_367C_D507,
    0x9159_015A_3070_DD17,
    0x152F_ECD8_F70E_5939,
    0x6733_2667_FFC0_0B31,
    0x8EB4_4A87_6858_1511,
    0xDB0C_2E0D_64F9_8FA7,
    0x47B5_481D_BEFA_4FA4,
];

/// Of SHA-512: the same of the first eight primes. SHA-256 has their upper halves.
const INITIAL_512: [u64; 8] = [
    0x6A09_E667_F3BC_C908,
    0xBB67_AE85_84CA_A73B,
    0x3C6E_F372_FE94_F82B,
    0xA54F_F53A_5F1D_36F1,
    0x510E_527F_ADE6_82D1,
    0x9B05_688C_2B3E_6C1F,
    0x1F83_D9AB_FB41_BD6B,
    0x5BE0_CD19_137E_2179,
];

/// Runs the compression function over the whole blocks of `blocks`; what does not fill a block is ignored.
pub fn compress(chain: &mut ChainingValue, algorithm: HashAlgorithm, blocks: &[u8]) {
    match algorithm {
        HashAlgorithm::Md5 => {
            if let Some(words) = chain.words32_mut().first_chunk_mut() {
                md5::compress(words, blocks.as_chunks().0);
            }
        }
        HashAlgorithm::Sha1 => {
            if let Some(words) = chain.words32_mut().first_chunk_mut() {
                compress160(words, blocks.as_chunks().0);
            }
        }
        HashAlgorithm::Sha224 | HashAlgorithm::Sha256 => {
            compress256(chain.words32_mut(), blocks.as_chunks().0);
        }
        HashAlgorithm::Sha384 | HashAlgorithm::Sha512 => {
            compress512(chain.words64_mut(), blocks.as_chunks().0);
        }
    }
}

/// Writes out a chaining value as the digest of `algorithm`: what a hash yields after its last, padded block.
#[must_use]
pub fn digest(chain: &ChainingValue, algorithm: HashAlgorithm) -> Digest {
    // Written where it stays: a copy would have to be wiped.
    let mut digest = Digest::new(algorithm, [0; MAX_DIGEST_LENGTH]);
    let bytes = digest.bytes_mut();
    if algorithm.block_length() == MAX_BLOCK_LENGTH {
        for (to, word) in bytes.as_chunks_mut().0.iter_mut().zip(chain.words64()) {
            *to = word.to_be_bytes();
        }
    } else {
        let is_little_endian = algorithm == HashAlgorithm::Md5;
        for (to, word) in bytes.as_chunks_mut().0.iter_mut().zip(chain.words32()) {
            *to = if is_little_endian { word.to_le_bytes() } else { word.to_be_bytes() };
        }
    }
    digest
}

/// The chaining values behind the inner and the outer pad of an HMAC key. Only means something for a key that [`Hasher`] or
/// [`crate::soft::Soft`] prepared.
#[must_use]
pub const fn pads(key: &HmacKey) -> (&ChainingValue, &ChainingValue) {
    key.chains()
}

/// The bytes that do not fill a block yet: their place.
fn block(rest: &mut [u64; 19]) -> &mut [u8; MAX_BLOCK_LENGTH] {
    let [_, block @ .., _, _] = rest;
    bytemuck::must_cast_mut::<[u64; 16], _>(block)
}

/// How many bytes wait in the block.
fn used(state: &HashState) -> usize {
    let [low, ..] = state.length().to_le_bytes();
    usize::from(low) & remainder_mask(state.algorithm())
}

/// A block's length is a power of two.
const fn remainder_mask(algorithm: HashAlgorithm) -> usize {
    algorithm.block_length().wrapping_sub(1)
}

/// Fills up the waiting block, compresses what is whole, and keeps the rest.
fn absorb(
    state: &mut HashState,
    data: &[u8],
    compress: &mut impl FnMut(&mut ChainingValue, HashAlgorithm, &[u8]),
) {
    let algorithm = state.algorithm();
    let block_length = algorithm.block_length();
    let used = used(state);
    let waiting = block(&mut state.rest);
    let mut data = data;
    if let Some(free) = waiting.get_mut(used..block_length)
        && used > 0
    {
        let taken = free.len().min(data.len());
        let (head, rest) = data.split_at_checked(taken).unwrap_or((data, &[]));
        let full = head.len() == free.len();
        copy(free, head);
        data = rest;
        if !full {
            return;
        }
        compress(&mut state.chain, algorithm, waiting.get(..block_length).unwrap_or_default());
    }
    let tail = data.len() & remainder_mask(algorithm);
    let (whole, rest) = data.split_at_checked(data.len().wrapping_sub(tail)).unwrap_or((data, &[]));
    compress(&mut state.chain, algorithm, whole);
    copy(waiting, rest);
}

/// Compresses the last one or two blocks: what waits, one bit, zeros, and the length in bits (RFC 1321 §3.1, FIPS 180-4
/// §5.1).
fn pad(state: &mut HashState, compress: &mut impl FnMut(&mut ChainingValue, HashAlgorithm, &[u8])) {
    let algorithm = state.algorithm();
    let block_length = algorithm.block_length();
    let (used, length) = (used(state), state.length());
    let waiting = block(&mut state.rest);
    if let Some((first, zeros)) = waiting.get_mut(used..).and_then(<[u8]>::split_first_mut) {
        *first = 0x80;
        zeros.fill(0);
    }
    // The length takes 8 bytes, 16 in the long blocks: whose upper 8 are only ever 0 here, but for three bits.
    let bits = u128::from(length).wrapping_shl(3);
    if used >= block_length.wrapping_sub(block_length / 8) {
        compress(&mut state.chain, algorithm, waiting.get(..block_length).unwrap_or_default());
        *waiting = [0; MAX_BLOCK_LENGTH];
    }
    let Some(last) = waiting.get_mut(..block_length) else { return };
    match algorithm {
        HashAlgorithm::Md5 => copy_end(last, &length.wrapping_shl(3).to_le_bytes()),
        _ => copy_end(
            last,
            bits.to_be_bytes().get(16_usize.wrapping_sub(block_length / 8)..).unwrap_or_default(),
        ),
    }
    compress(&mut state.chain, algorithm, last);
}

fn copy<T: Copy>(to: &mut [T], from: &[T]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
}

fn copy_end(to: &mut [u8], from: &[u8]) {
    for (to, from) in to.iter_mut().rev().zip(from.iter().rev()) {
        *to = *from;
    }
}
