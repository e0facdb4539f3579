//! Hash functions: MD5, SHA-1 and the SHA-2 family (RFC 1321, FIPS 180-4).
//!
//! A hash in progress is data, not an object: it can be cloned (a transcript is forked for `Finished`), kept while other
//! hashes run on the same unit, and wiped.

use status::Error;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::soft;

/// The longest block of any algorithm here, in bytes.
pub const MAX_BLOCK_LENGTH: usize = 128;
/// The longest digest of any algorithm here, in bytes.
pub const MAX_DIGEST_LENGTH: usize = 64;

/// A hash function.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum HashAlgorithm {
    /// MD5, for certificates that a policy may still accept; never for a TLS 1.2 signature of our own.
    Md5,
    /// SHA-1.
    Sha1,
    /// SHA-224.
    Sha224,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl HashAlgorithm {
    /// The digest's length in bytes.
    // Called from dozens of places, each of which would have a table of its own.
    #[inline(never)]
    pub const fn digest_length(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha224 => 28,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// The block's length in bytes: 64 or 128.
    #[inline(never)]
    pub const fn block_length(self) -> usize {
        match self {
            Self::Md5 | Self::Sha1 | Self::Sha224 | Self::Sha256 => 64,
            Self::Sha384 | Self::Sha512 => 128,
        }
    }
}

/// A digest: up to 64 bytes. Wiped when dropped, as an HMAC or a PRF block may be a secret.
#[derive(Clone)]
pub struct Digest {
    bytes: [u8; MAX_DIGEST_LENGTH],
    algorithm: HashAlgorithm,
}

impl Zeroize for Digest {
    // As a slice, here and below: an array would be wiped byte by byte.
    #[inline(never)]
    fn zeroize(&mut self) {
        self.bytes.as_mut_slice().zeroize();
    }
}

impl Drop for Digest {
    fn drop(&mut self) {
        self.zeroize();
    }
}

impl ZeroizeOnDrop for Digest {}

impl Digest {
    /// A digest of `algorithm`; bytes after its length are ignored.
    pub const fn new(algorithm: HashAlgorithm, bytes: [u8; MAX_DIGEST_LENGTH]) -> Self {
        Self { bytes, algorithm }
    }

    /// The algorithm that made this digest.
    pub const fn algorithm(&self) -> HashAlgorithm {
        self.algorithm
    }

    /// The digest's bytes, as many as the algorithm gives.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.algorithm.digest_length()).unwrap_or(&self.bytes)
    }
}

/// The chaining value of a hash in progress. Whatever it is, all of its memory is written and wiped: an `enum` would leave in the room of
/// its longest variant what stood there before.
pub struct Chain {
    /// Of 32-bit words the first half.
    content: [u64; 8],
    kind: Kind,
}

/// How the content of a [`Chain`] is to be read. As long as its alignment, so that there is no padding to copy anything to.
#[derive(Clone, Copy)]
#[repr(u64)]
enum Kind {
    Words32,
    Words64,
    Block,
}

/// What a [`Chain`] is.
pub enum ChainValue<'c> {
    /// MD5 (4 words used), SHA-1 (5), SHA-224 and SHA-256 (8).
    Words32(&'c [u32; 8]),
    /// SHA-384 and SHA-512.
    Words64(&'c [u64; 8]),
    /// None yet: the first block itself, which a unit takes only together with what follows it.
    Block(&'c [u8; 64]),
}

/// As [`ChainValue`], to be changed.
pub enum ChainValueMut<'c> {
    /// MD5 (4 words used), SHA-1 (5), SHA-224 and SHA-256 (8).
    Words32(&'c mut [u32; 8]),
    /// SHA-384 and SHA-512.
    Words64(&'c mut [u64; 8]),
    /// None yet: the first block itself.
    Block(&'c mut [u8; 64]),
}

impl Chain {
    /// Of MD5, SHA-1, SHA-224 or SHA-256.
    pub const fn words32(words: [u32; 8]) -> Self {
        Self { content: bytemuck::must_cast([words, [0; 8]]), kind: Kind::Words32 }
    }

    /// Of SHA-384 or SHA-512.
    pub const fn words64(words: [u64; 8]) -> Self {
        Self { content: words, kind: Kind::Words64 }
    }

    /// A first block that nothing is in yet.
    pub const fn block() -> Self {
        Self { content: [0; 8], kind: Kind::Block }
    }

    /// What it is.
    pub const fn value(&self) -> ChainValue<'_> {
        match self.kind {
            Kind::Words32 => {
                let [words, _] = bytemuck::must_cast_ref::<[u64; 8], [[u32; 8]; 2]>(&self.content);
                ChainValue::Words32(words)
            }
            Kind::Words64 => ChainValue::Words64(&self.content),
            Kind::Block => ChainValue::Block(bytemuck::must_cast_ref(&self.content)),
        }
    }

    /// As [`Chain::value`], to be changed.
    pub fn value_mut(&mut self) -> ChainValueMut<'_> {
        match self.kind {
            Kind::Words32 => {
                let [words, _] = bytemuck::must_cast_mut::<[u64; 8], [[u32; 8]; 2]>(&mut self.content);
                ChainValueMut::Words32(words)
            }
            Kind::Words64 => ChainValueMut::Words64(&mut self.content),
            Kind::Block => ChainValueMut::Block(bytemuck::must_cast_mut(&mut self.content)),
        }
    }
}

impl Clone for Chain {
    fn clone(&self) -> Self {
        Self { content: self.content, kind: self.kind }
    }

    // Nothing of the old content is left that would have to be wiped.
    fn clone_from(&mut self, source: &Self) {
        self.content = source.content;
        self.kind = source.kind;
    }
}

impl Zeroize for Chain {
    #[inline(never)]
    fn zeroize(&mut self) {
        self.content.as_mut_slice().zeroize();
    }
}

impl Drop for Chain {
    fn drop(&mut self) {
        self.zeroize();
    }
}

impl ZeroizeOnDrop for Chain {}

/// A hash in progress, as data.
///
/// What is in it belongs to the backend that started it; hand it back to the same one. Wiped when dropped.
#[derive(Clone)]
pub struct HashState {
    pub(crate) algorithm: HashAlgorithm,
    pub(crate) chain: Chain,
    /// Bytes that do not fill a block yet; how many follows from `length`.
    pub(crate) block: [u8; MAX_BLOCK_LENGTH],
    /// Bytes hashed so far.
    pub(crate) length: u64,
    /// The other backend's own state, which wipes itself.
    #[cfg(feature = "rustcrypto")]
    pub(crate) other: Option<crate::rustcrypto::Running>,
    /// What a unit gave out for a message that had to wait.
    #[cfg(feature = "stm32f4")]
    pub(crate) unit: Option<crate::stm32f4::Context>,
}

impl Zeroize for HashState {
    #[inline(never)]
    fn zeroize(&mut self) {
        self.chain.zeroize();
        self.block.as_mut_slice().zeroize();
        self.length.zeroize();
        // In place: to write `None` over it may copy there what stands on the stack.
        #[cfg(feature = "stm32f4")]
        if let Some(unit) = &mut self.unit {
            unit.as_mut_slice().zeroize();
        }
    }
}

impl Drop for HashState {
    fn drop(&mut self) {
        self.zeroize();
    }
}

impl ZeroizeOnDrop for HashState {}

impl HashState {
    /// The state of a hash that has seen nothing yet, for a backend of your own: what it keeps of the message stands in
    /// [`HashState::parts_mut`].
    pub const fn new(algorithm: HashAlgorithm, chain: Chain) -> Self {
        Self {
            algorithm,
            chain,
            block: [0; MAX_BLOCK_LENGTH],
            length: 0,
            #[cfg(feature = "rustcrypto")]
            other: None,
            #[cfg(feature = "stm32f4")]
            unit: None,
        }
    }

    /// What a backend of your own keeps of a message: the chaining value, bytes that do not fill a block yet, and how many
    /// bytes were hashed. Only means something to the backend that wrote it. An HMAC key keeps the chaining value after one
    /// block, and no other bytes.
    pub const fn parts_mut(&mut self) -> (&mut Chain, &mut [u8; MAX_BLOCK_LENGTH], &mut u64) {
        (&mut self.chain, &mut self.block, &mut self.length)
    }

    /// The algorithm of this hash.
    pub const fn algorithm(&self) -> HashAlgorithm {
        self.algorithm
    }

    /// What there is to keep of a hash after its first block.
    pub(crate) fn midstate(&self) -> Midstate {
        Midstate {
            chain: self.chain.clone(),
            #[cfg(feature = "rustcrypto")]
            other: self.other.clone(),
        }
    }
}

/// A hash after its first block, without room for another.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Midstate {
    chain: Chain,
    #[cfg(feature = "rustcrypto")]
    #[zeroize(skip)]
    other: Option<crate::rustcrypto::Running>,
}

impl Midstate {
    pub(crate) const EMPTY: Self = Self {
        chain: Chain::words32([0; 8]),
        #[cfg(feature = "rustcrypto")]
        other: None,
    };

    pub(crate) const fn chain(&self) -> &Chain {
        &self.chain
    }

    /// Lets `state`, of the same algorithm, go on from here; `length` is that of a block.
    pub(crate) fn resume(&self, state: &mut HashState, length: u64) {
        state.chain.clone_from(&self.chain);
        state.length = length;
        #[cfg(feature = "stm32f4")]
        {
            state.unit = None;
        }
        #[cfg(feature = "rustcrypto")]
        state.other.clone_from(&self.other);
    }
}

/// A backend that can hash. What it leaves out is software, but what begins a hash and what goes on with it must belong together.
pub trait Hash {
    /// Starts a hash.
    ///
    /// # Errors
    /// `md::FEATURE_UNAVAILABLE` (-0x5080) for an algorithm that this backend does not have, or the unit's own code.
    fn hash_start(&mut self, algorithm: HashAlgorithm) -> Result<HashState, Error> {
        Ok(soft::hash::start(algorithm))
    }

    /// Adds `data`.
    ///
    /// # Errors
    /// `md::HW_ACCEL_FAILED` (-0x5280) when a unit does not answer in time; the state is of no use then.
    fn hash_update(&mut self, state: &mut HashState, data: &[u8]) -> Result<(), Error> {
        soft::hash::update(state, data)
    }

    /// Ends a hash; the state is of no use afterwards. Clone it before, to go on with it.
    ///
    /// # Errors
    /// As [`Hash::hash_update`].
    fn hash_finish_in_place(&mut self, state: &mut HashState) -> Result<Digest, Error> {
        Ok(soft::hash::finish(state))
    }

    /// As [`Hash::hash_finish_in_place`], of a state that is given away.
    ///
    /// # Errors
    /// As [`Hash::hash_update`].
    fn hash_finish(&mut self, mut state: HashState) -> Result<Digest, Error> {
        self.hash_finish_in_place(&mut state)
    }

    /// Hashes the concatenation of `parts`.
    ///
    /// # Errors
    /// As the three functions that it calls.
    // Not inlined: its stack is free again when it returns.
    #[inline(never)]
    fn hash(&mut self, algorithm: HashAlgorithm, parts: &[&[u8]]) -> Result<Digest, Error> {
        let mut state = self.hash_start(algorithm)?;
        for part in parts {
            self.hash_update(&mut state, part)?;
        }
        self.hash_finish_in_place(&mut state)
    }
}
