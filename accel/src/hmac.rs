//! HMAC (RFC 2104) over any [`Hash`] backend.
//!
//! A key is kept as the two states behind its pads, so that a MAC costs no rehashing of the key: the PRF of TLS 1.2 uses one
//! key a dozen times.

use status::Error;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::hash::{Chain, Digest, Hash, HashAlgorithm, HashState, MAX_BLOCK_LENGTH, Midstate};

/// An HMAC key, as what is left of hashing its inner and its outer pad: 152 bytes. Wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct HmacKey {
    #[zeroize(skip)]
    algorithm: HashAlgorithm,
    /// Would be padding, to which anything could be copied.
    unused: [u8; 7],
    inner: Midstate,
    outer: Midstate,
}

#[cfg(target_arch = "arm")]
const _: () = assert!(size_of::<HmacKey>() <= 152);

impl HmacKey {
    /// Prepares a key of any length; one longer than a block is hashed first (RFC 2104 §2).
    ///
    /// # Errors
    /// Those of [`Hash`].
    #[inline(never)]
    pub fn new<A: Hash + ?Sized>(accel: &mut A, algorithm: HashAlgorithm, key: &[u8]) -> Result<Self, Error> {
        let mut pad = [0; MAX_BLOCK_LENGTH];
        let result = Self::from_pad(accel, algorithm, key, &mut pad);
        pad.zeroize();
        result
    }

    fn from_pad<A: Hash + ?Sized>(
        accel: &mut A,
        algorithm: HashAlgorithm,
        key: &[u8],
        pad: &mut [u8; MAX_BLOCK_LENGTH],
    ) -> Result<Self, Error> {
        let block = algorithm.block_length();
        if key.len() > block {
            copy(pad, accel.hash(algorithm, &[key])?.as_bytes());
        } else {
            copy(pad, key);
        }
        let mut state = |mask: u8| {
            for byte in pad.iter_mut() {
                *byte ^= mask;
            }
            let mut state = accel.hash_start(algorithm)?;
            accel.hash_update(&mut state, pad.get(..block).unwrap_or_default())?;
            Ok(state.midstate())
        };
        let inner = state(INNER)?;
        let outer = state(INNER ^ OUTER)?;
        Ok(Self { algorithm, unused: [0; 7], inner, outer })
    }

    /// A place for a key that is prepared later; as a key it is worth nothing.
    pub const fn empty() -> Self {
        Self { algorithm: HashAlgorithm::Md5, unused: [0; 7], inner: Midstate::EMPTY, outer: Midstate::EMPTY }
    }

    /// The algorithm of this key.
    pub const fn algorithm(&self) -> HashAlgorithm {
        self.algorithm
    }

    /// The state in which the message is hashed next, with [`Hash::hash_update`].
    pub fn start(&self) -> HashState {
        let mut state = HashState::new(self.algorithm, Chain::words32([0; 8]));
        self.restart(&mut state);
        state
    }

    /// As [`HmacKey::start`], in a state that is not needed any more and was of this key.
    pub fn restart(&self, state: &mut HashState) {
        self.inner.resume(state, self.pad_length());
    }

    /// Ends a message begun with [`HmacKey::start`] or [`HmacKey::restart`]; the state is of no use afterwards.
    ///
    /// # Errors
    /// Those of [`Hash`].
    pub fn finish<A: Hash + ?Sized>(&self, accel: &mut A, message: &mut HashState) -> Result<Digest, Error> {
        let digest = accel.hash_finish_in_place(message)?;
        self.outer.resume(message, self.pad_length());
        accel.hash_update(message, digest.as_bytes())?;
        accel.hash_finish_in_place(message)
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
    pub(crate) const fn chains(&self) -> (&Chain, &Chain) {
        (self.inner.chain(), self.outer.chain())
    }

    fn pad_length(&self) -> u64 {
        u64::try_from(self.algorithm.block_length()).unwrap_or_default()
    }
}

const INNER: u8 = 0x36;
const OUTER: u8 = 0x5C;

fn copy(to: &mut [u8], from: &[u8]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
}
