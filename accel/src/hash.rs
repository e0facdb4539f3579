//! Hash functions: MD5, SHA-1 and the SHA-2 family (RFC 1321, FIPS 180-4).
//!
//! A hash in progress is data, not an object: it can be cloned (a transcript is forked for `Finished`), kept while other
//! hashes run on the same unit, and wiped.

use status::{Error, md};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{ChainingValue, soft};

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
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Md5, Self::Sha1, Self::Sha224, Self::Sha256, Self::Sha384, Self::Sha512];

    /// The digest's length in bytes.
    // Called from dozens of places, each of which would have a table of its own.
    #[inline(never)]
    #[must_use]
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
    #[must_use]
    pub const fn block_length(self) -> usize {
        match self {
            Self::Md5 | Self::Sha1 | Self::Sha224 | Self::Sha256 => 64,
            Self::Sha384 | Self::Sha512 => 128,
        }
    }
}

/// A digest: up to 64 bytes. Wiped when dropped, as an HMAC or a PRF block may be a secret.
///
/// ```
/// use accel::{Hash, HashAlgorithm, soft::Hasher};
///
/// let digest = Hasher.hash(HashAlgorithm::Sha256, &[b"a", b"bc"])?;
/// assert_eq!(digest.as_bytes().len(), HashAlgorithm::Sha256.digest_length());
/// assert_eq!(digest.as_bytes()[..4], [0xBA, 0x78, 0x16, 0xBF]);
/// # Ok::<(), status::Error>(())
/// ```
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
    #[must_use]
    pub const fn new(algorithm: HashAlgorithm, bytes: [u8; MAX_DIGEST_LENGTH]) -> Self {
        Self { bytes, algorithm }
    }

    /// All of the bytes, to be written.
    pub(crate) const fn bytes_mut(&mut self) -> &mut [u8; MAX_DIGEST_LENGTH] {
        &mut self.bytes
    }

    /// The algorithm that made this digest.
    #[must_use]
    pub const fn algorithm(&self) -> HashAlgorithm {
        self.algorithm
    }

    /// The digest's bytes, as many as the algorithm gives.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.algorithm.digest_length()).unwrap_or(&self.bytes)
    }
}

/// A hash in progress, as data. Wiped when dropped.
///
/// What is in it belongs to the backend that started it; hand it back to the same one. Every backend has the same 216 bytes, so that no
/// feature changes a state and none costs another anything. All of them are written and wiped: an `enum` would leave in the room of its
/// longest variant what stood there before.
///
/// ```
/// use accel::{Hash, HashAlgorithm, soft::Hasher};
///
/// let mut transcript = Hasher.hash_start(HashAlgorithm::Sha256)?;
/// Hasher.hash_update(&mut transcript, b"abc")?;
/// // A clone ends, the transcript goes on.
/// let so_far = Hasher.hash_finish(transcript.clone())?;
/// Hasher.hash_update(&mut transcript, b"def")?;
/// let whole = Hasher.hash_finish(transcript)?;
/// assert_eq!(so_far.as_bytes(), Hasher.hash(HashAlgorithm::Sha256, &[b"abc"])?.as_bytes());
/// assert_eq!(whole.as_bytes(), Hasher.hash(HashAlgorithm::Sha256, &[b"abcdef"])?.as_bytes());
/// # Ok::<(), status::Error>(())
/// ```
///
/// ```text
///              chain (64 bytes)      rest (152 bytes)
///   software   chaining value        length, 128 bytes that do not fill a block yet
///   STM32F4    bytes that wait       the unit's context; length and a word of bytes while nothing has been in the unit
/// ```
#[derive(Clone)]
pub struct HashState {
    algorithm: HashAlgorithm,
    owner: Owner,
    /// Would be padding, to which anything could be copied.
    unused: [u8; 6],
    pub(crate) chain: ChainingValue,
    pub(crate) rest: [u64; REST],
}

/// The words of a [`HashState`] behind its chaining value.
const REST: usize = 19;

/// Whose a [`HashState`] is, and what has become of it.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Owner {
    /// [`crate::soft`], or a unit for its compression function.
    Software,
    /// A backend outside of this crate.
    Other,
    /// The crates of RustCrypto.
    #[cfg(feature = "rustcrypto")]
    RustCrypto,
    /// The unit of the STM32F4, which nothing has been in yet.
    #[cfg(feature = "stm32f4")]
    WaitsForUnit,
    /// The same, with the unit's context.
    #[cfg(feature = "stm32f4")]
    WasInUnit,
}

/// A connection keeps up to five of these.
const _: () = assert!(size_of::<HashState>() == 224);

impl Zeroize for HashState {
    #[inline(never)]
    fn zeroize(&mut self) {
        self.chain.zeroize();
        self.rest.as_mut_slice().zeroize();
        self.unused.as_mut_slice().zeroize();
    }
}

impl Drop for HashState {
    fn drop(&mut self) {
        self.zeroize();
    }
}

impl ZeroizeOnDrop for HashState {}

impl HashState {
    /// The state of a hash that has seen nothing yet, for a backend of your own, which writes into [`HashState::memory_mut`]. One whose unit
    /// has the compression function only needs no state of its own: see [`crate::Compression`].
    #[must_use]
    pub const fn new(algorithm: HashAlgorithm) -> Self {
        Self::of(algorithm, Owner::Other, ChainingValue::ZERO)
    }

    pub(crate) const fn of(algorithm: HashAlgorithm, owner: Owner, chain: ChainingValue) -> Self {
        Self { algorithm, owner, unused: [0; 6], chain, rest: [0; REST] }
    }

    /// The algorithm of this hash.
    #[must_use]
    pub const fn algorithm(&self) -> HashAlgorithm {
        self.algorithm
    }

    /// What a backend of your own keeps of a message: 64 bytes, and 152 more.
    ///
    /// An HMAC key is a hash after one block. It keeps the first 64 bytes only; whoever goes on from there finds the length of that block
    /// in the first word of the others, and in all that follow anything.
    ///
    /// # Errors
    /// `md::BAD_INPUT_DATA` (-0x5100) for a state that was not made with [`HashState::new`].
    pub fn memory_mut(&mut self) -> Result<(&mut [u64; 8], &mut [u64; 19]), Error> {
        self.owned_by(Owner::Other)?;
        Ok((self.chain.words64_mut(), &mut self.rest))
    }

    #[cfg_attr(not(any(feature = "stm32f4", feature = "rustcrypto")), expect(dead_code, reason = "backends"))]
    pub(crate) const fn owner(&self) -> Owner {
        self.owner
    }

    /// Says what has become of it.
    #[cfg(feature = "stm32f4")]
    pub(crate) const fn set_owner(&mut self, owner: Owner) {
        self.owner = owner;
    }

    /// # Errors
    /// `md::BAD_INPUT_DATA` (-0x5100) for somebody else's.
    pub(crate) fn owned_by(&self, owner: Owner) -> Result<(), Error> {
        if self.owner == owner { Ok(()) } else { Err(md::BAD_INPUT_DATA) }
    }

    /// The length in bytes, where the owner keeps one.
    pub(crate) const fn length(&self) -> u64 {
        let [length, ..] = &self.rest;
        *length
    }

    pub(crate) const fn set_length(&mut self, length: u64) {
        let [to, ..] = &mut self.rest;
        *to = length;
    }

    /// Keeps what there is to keep of a hash after its first block: the chaining value, and whose it is.
    pub(crate) fn keep_midstate(&self, chain: &mut ChainingValue) -> Owner {
        chain.clone_from(&self.chain);
        self.owner
    }

    /// Goes on from what was kept after a block of the same algorithm.
    pub(crate) fn resume(&mut self, owner: Owner, chain: &ChainingValue) {
        self.owner = owner;
        self.chain.clone_from(chain);
        self.set_length(u64::try_from(self.algorithm.block_length()).unwrap_or_default());
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
        soft::hash::update(state, data, soft::compress)
    }

    /// Ends a hash; the state is of no use afterwards. Clone it before, to go on with it.
    ///
    /// # Errors
    /// As [`Hash::hash_update`].
    fn hash_finish_in_place(&mut self, state: &mut HashState) -> Result<Digest, Error> {
        soft::hash::finish(state, soft::compress)
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
        // In the place where it is made: a copy is 200 bytes of stack.
        let mut started = self.hash_start(algorithm);
        let state = started.as_mut().map_err(|error| *error)?;
        for part in parts {
            self.hash_update(state, part)?;
        }
        self.hash_finish_in_place(state)
    }
}
