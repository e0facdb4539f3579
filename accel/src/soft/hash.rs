//! MD5, SHA-1 and SHA-2 (RFC 1321, FIPS 180-4). The compression functions of SHA-1 and SHA-2 are those of their crates, but for
//! ARMv7E-M.
//!
//! Buffering and padding are written once for all six algorithms: they differ in the compression function, the word size
//! and the byte order only. Time depends on lengths, never on data.

mod md5;

use status::{Error, md};
use zeroize::Zeroize;

use crate::{
    Chain, ChainValue, ChainValueMut, Digest, Hash, HashAlgorithm, HashState, HmacKey, MAX_BLOCK_LENGTH,
    MAX_DIGEST_LENGTH,
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

pub(crate) fn start(algorithm: HashAlgorithm) -> HashState {
    HashState::new(algorithm, initial(algorithm))
}

pub(crate) fn update(state: &mut HashState, data: &[u8]) -> Result<(), Error> {
    let length = u64::try_from(data.len()).map_err(|_| md::BAD_INPUT_DATA)?;
    let total = state.length.checked_add(length).ok_or(md::BAD_INPUT_DATA)?;
    absorb(state, data);
    state.length = total;
    Ok(())
}

pub(crate) fn finish(state: &mut HashState) -> Digest {
    pad(state);
    digest(&state.chain, state.algorithm)
}

/// The chaining value before the first block (RFC 1321 §3.3, FIPS 180-4 §5.3).
pub fn initial(algorithm: HashAlgorithm) -> Chain {
    let mut words = [0; 8];
    let long = match algorithm {
        HashAlgorithm::Md5 | HashAlgorithm::Sha1 => {
            copy(&mut words, &INITIAL);
            return Chain::words32(words);
        }
        HashAlgorithm::Sha224 | HashAlgorithm::Sha384 => &INITIAL_384,
        HashAlgorithm::Sha256 | HashAlgorithm::Sha512 => &INITIAL_512,
    };
    let shift = match algorithm {
        HashAlgorithm::Sha224 => 0,
        HashAlgorithm::Sha256 => 32,
        _ => return Chain::words64(*long),
    };
    for (word, long) in words.iter_mut().zip(long) {
        let [_, _, _, _, half @ ..] = (long >> shift).to_be_bytes();
        *word = u32::from_be_bytes(half);
    }
    Chain::words32(words)
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

/// Runs the compression function over the whole blocks of `blocks`; what does not fill a block is ignored, and so is
/// everything for a chain of another word size than the algorithm's.
pub fn compress(chain: &mut Chain, algorithm: HashAlgorithm, blocks: &[u8]) {
    match (chain.value_mut(), algorithm) {
        (ChainValueMut::Words32(words), HashAlgorithm::Md5) => {
            if let Some(words) = words.first_chunk_mut() {
                md5::compress(words, blocks.as_chunks().0);
            }
        }
        (ChainValueMut::Words32(words), HashAlgorithm::Sha1) => {
            if let Some(words) = words.first_chunk_mut() {
                compress160(words, blocks.as_chunks().0);
            }
        }
        (ChainValueMut::Words32(words), HashAlgorithm::Sha224 | HashAlgorithm::Sha256) => {
            compress256(words, blocks.as_chunks().0);
        }
        (ChainValueMut::Words64(words), HashAlgorithm::Sha384 | HashAlgorithm::Sha512) => {
            compress512(words, blocks.as_chunks().0);
        }
        _ => {}
    }
}

/// Writes out a chaining value as the digest of `algorithm`: what a hash yields after its last, padded block.
pub fn digest(chain: &Chain, algorithm: HashAlgorithm) -> Digest {
    let mut bytes = [0; MAX_DIGEST_LENGTH];
    match chain.value() {
        ChainValue::Words32(words) => {
            for (to, word) in bytes.as_chunks_mut().0.iter_mut().zip(words) {
                *to = match algorithm {
                    HashAlgorithm::Md5 => word.to_le_bytes(),
                    _ => word.to_be_bytes(),
                };
            }
        }
        ChainValue::Words64(words) => {
            for (to, word) in bytes.as_chunks_mut().0.iter_mut().zip(words) {
                *to = word.to_be_bytes();
            }
        }
        ChainValue::Block(_) => {}
    }
    let digest = Digest::new(algorithm, bytes);
    bytes.zeroize();
    digest
}

/// A hash in progress, taken apart: the chaining value after its whole blocks, the bytes after them, and the number of bytes
/// hashed so far. Only means something for a state that [`Hasher`] or [`crate::soft::Soft`] started.
pub fn parts(state: &HashState) -> (&Chain, &[u8], u64) {
    (&state.chain, state.block.get(..used(state)).unwrap_or_default(), state.length)
}

/// The chaining values behind the inner and the outer pad of an HMAC key. Only means something for a key that [`Hasher`] or
/// [`crate::soft::Soft`] prepared.
pub const fn pads(key: &HmacKey) -> (&Chain, &Chain) {
    key.chains()
}

/// How many bytes wait in the block.
fn used(state: &HashState) -> usize {
    let [low, ..] = state.length.to_le_bytes();
    usize::from(low) & remainder_mask(state.algorithm)
}

/// A block's length is a power of two.
const fn remainder_mask(algorithm: HashAlgorithm) -> usize {
    algorithm.block_length().wrapping_sub(1)
}

/// Fills up the waiting block, compresses what is whole, and keeps the rest.
fn absorb(state: &mut HashState, data: &[u8]) {
    let block_length = state.algorithm.block_length();
    let used = used(state);
    let mut data = data;
    if let Some(free) = state.block.get_mut(used..block_length)
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
        compress(&mut state.chain, state.algorithm, state.block.get(..block_length).unwrap_or_default());
    }
    let tail = data.len() & remainder_mask(state.algorithm);
    let (whole, rest) = data.split_at_checked(data.len().wrapping_sub(tail)).unwrap_or((data, &[]));
    compress(&mut state.chain, state.algorithm, whole);
    copy(&mut state.block, rest);
}

/// Compresses the last one or two blocks: what waits, one bit, zeros, and the length in bits (RFC 1321 §3.1, FIPS 180-4
/// §5.1).
fn pad(state: &mut HashState) {
    let algorithm = state.algorithm;
    let block_length = algorithm.block_length();
    let used = used(state);
    if let Some((first, zeros)) = state.block.get_mut(used..).and_then(<[u8]>::split_first_mut) {
        *first = 0x80;
        zeros.fill(0);
    }
    // The length takes 8 bytes, 16 in the long blocks: whose upper 8 are only ever 0 here, but for three bits.
    let bits = u128::from(state.length).wrapping_shl(3);
    if used >= block_length.wrapping_sub(block_length / 8) {
        compress(&mut state.chain, algorithm, state.block.get(..block_length).unwrap_or_default());
        state.block = [0; MAX_BLOCK_LENGTH];
    }
    let Some(block) = state.block.get_mut(..block_length) else { return };
    match algorithm {
        HashAlgorithm::Md5 => copy_end(block, &state.length.wrapping_shl(3).to_le_bytes()),
        _ => copy_end(
            block,
            bits.to_be_bytes().get(16_usize.wrapping_sub(block_length / 8)..).unwrap_or_default(),
        ),
    }
    compress(&mut state.chain, algorithm, block);
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
