//! HMAC (RFC 2104) over any [`Hash`] backend.
//!
//! A key is kept as the two hash states after its pads, so that a MAC does not hash the key again: the PRF of TLS 1.2 uses one key a
//! dozen times.

use status::Error;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::ChainingValue;
use crate::hash::{Digest, Hash, HashAlgorithm, HashState, MAX_BLOCK_LENGTH, Owner};

/// An HMAC key, as what is left of hashing its inner and its outer pad: 136 bytes. Wiped when dropped.
///
/// ```
/// use accel::{HashAlgorithm, HmacKey, soft::Hasher};
///
/// let key = HmacKey::new(&mut Hasher, HashAlgorithm::Sha256, b"key")?;
/// let mac = key.mac(&mut Hasher, &[b"The quick brown fox ", b"jumps over the lazy dog"])?;
/// assert_eq!(mac.as_bytes()[..4], [0xF7, 0xBC, 0x83, 0xF4]);
/// # Ok::<(), status::Error>(())
/// ```
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct HmacKey {
    #[zeroize(skip)]
    algorithm: HashAlgorithm,
    #[zeroize(skip)]
    owners: [Owner; 2],
    /// Would be padding, to which anything could be copied.
    unused: [u8; 5],
    inner: ChainingValue,
    outer: ChainingValue,
}

const _: () = assert!(size_of::<HmacKey>() == 136);

impl HmacKey {
    /// Prepares a key of any length; one longer than a block is hashed first (RFC 2104 §2).
    ///
    /// # Errors
    /// Those of [`Hash`].
    #[inline(never)]
    pub fn new<A: Hash + ?Sized>(accel: &mut A, algorithm: HashAlgorithm, key: &[u8]) -> Result<Self, Error> {
        // Made where it stays: a copy is 140 bytes of stack.
        let mut made = Ok(Self::empty());
        if let Ok(place) = &mut made {
            place.algorithm = algorithm;
            if let Err(error) = place.prepare(accel, key) {
                made = Err(error);
            }
        }
        made
    }

    #[inline(never)]
    fn prepare<A: Hash + ?Sized>(&mut self, accel: &mut A, key: &[u8]) -> Result<(), Error> {
        let mut pad = [0_u64; MAX_BLOCK_LENGTH / 8];
        let prepared = self.hash_pads(accel, key, &mut pad);
        // As a slice: an array would be wiped word by word.
        pad.as_mut_slice().zeroize();
        prepared
    }

    fn hash_pads<A: Hash + ?Sized>(
        &mut self,
        accel: &mut A,
        key: &[u8],
        pad: &mut [u64; MAX_BLOCK_LENGTH / 8],
    ) -> Result<(), Error> {
        let block = self.algorithm.block_length();
        let bytes: &mut [u8; MAX_BLOCK_LENGTH] = bytemuck::must_cast_mut(pad);
        if key.len() > block {
            shorten(accel, self.algorithm, key, bytes)?;
        } else {
            copy(bytes, key);
        }
        let [of_inner, of_outer] = &mut self.owners;
        for (mask, owner, chain) in
            [(INNER, of_inner, &mut self.inner), (INNER ^ OUTER, of_outer, &mut self.outer)]
        {
            for word in pad.iter_mut() {
                *word ^= u64::from_ne_bytes([mask; 8]);
            }
            let pad: &[u8; MAX_BLOCK_LENGTH] = bytemuck::must_cast_ref(pad);
            *owner = hash_pad(accel, self.algorithm, pad.get(..block).unwrap_or_default(), chain)?;
        }
        Ok(())
    }

    /// A place for a key that is prepared later; as a key it is worth nothing.
    #[must_use]
    pub const fn empty() -> Self {
        Self {
            algorithm: HashAlgorithm::Md5,
            owners: [Owner::Software; 2],
            unused: [0; 5],
            inner: ChainingValue::ZERO,
            outer: ChainingValue::ZERO,
        }
    }

    /// The algorithm of this key.
    #[must_use]
    pub const fn algorithm(&self) -> HashAlgorithm {
        self.algorithm
    }

    /// The state in which the message is hashed next, with [`Hash::hash_update`].
    #[must_use]
    pub fn start(&self) -> HashState {
        let mut state = HashState::new(self.algorithm);
        self.restart(&mut state);
        state
    }

    /// As [`HmacKey::start`], in a state that is not needed any more and was of this key.
    pub fn restart(&self, state: &mut HashState) {
        let [owner, _] = self.owners;
        state.resume(owner, &self.inner);
    }

    /// Ends a message begun with [`HmacKey::start`] or [`HmacKey::restart`]; the state is of no use afterwards.
    ///
    /// # Errors
    /// Those of [`Hash`].
    pub fn finish<A: Hash + ?Sized>(&self, accel: &mut A, message: &mut HashState) -> Result<Digest, Error> {
        self.begin_outer(accel, message)?;
        accel.hash_finish_in_place(message)
    }

    /// Ends the inner hash, and has the outer one take its digest.
    // Not inlined: the digest is gone when the outer hash ends.
    #[inline(never)]
    fn begin_outer<A: Hash + ?Sized>(&self, accel: &mut A, message: &mut HashState) -> Result<(), Error> {
        // Used in the place where it is made: a copy is 70 bytes of stack.
        let finished = accel.hash_finish_in_place(message);
        let digest = finished.as_ref().map_err(|error| *error)?;
        let [_, owner] = self.owners;
        message.resume(owner, &self.outer);
        accel.hash_update(message, digest.as_bytes())
    }

    /// The MAC of the concatenation of `parts`.
    ///
    /// # Errors
    /// Those of [`Hash`].
    #[inline(never)]
    pub fn mac<A: Hash + ?Sized>(&self, accel: &mut A, parts: &[&[u8]]) -> Result<Digest, Error> {
        let mut state = self.start();
        for part in parts {
            accel.hash_update(&mut state, part)?;
        }
        self.finish(accel, &mut state)
    }

    /// The chaining values behind both pads.
    pub(crate) const fn chains(&self) -> (&ChainingValue, &ChainingValue) {
        (&self.inner, &self.outer)
    }
}

/// A key that is longer than a block is its digest (RFC 2104 §2).
#[inline(never)]
fn shorten<A: Hash + ?Sized>(
    accel: &mut A,
    algorithm: HashAlgorithm,
    key: &[u8],
    out: &mut [u8; MAX_BLOCK_LENGTH],
) -> Result<(), Error> {
    copy(out, accel.hash(algorithm, &[key])?.as_bytes());
    Ok(())
}

/// Hashes a padded key, of which only the chaining value is kept.
#[inline(never)]
fn hash_pad<A: Hash + ?Sized>(
    accel: &mut A,
    algorithm: HashAlgorithm,
    pad: &[u8],
    chain: &mut ChainingValue,
) -> Result<Owner, Error> {
    // In the place where it is made: a copy is 200 bytes of stack.
    let mut started = accel.hash_start(algorithm);
    let state = started.as_mut().map_err(|error| *error)?;
    accel.hash_update(state, pad)?;
    Ok(state.keep_midstate(chain))
}

const INNER: u8 = 0x36;
const OUTER: u8 = 0x5C;

fn copy(to: &mut [u8], from: &[u8]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
}
