//! The hash functions over a unit that only has the compression function.
//!
//! Software does the buffering and the padding, and holds the state; the unit gets whole blocks. If it stops, software continues with the same
//! blocks.

use status::{Error, md};

use crate::soft::{self, hash};
use crate::{ChainingValue, Digest, Hash, HashAlgorithm, HashState, self_test};

/// A unit that compresses blocks.
///
/// Every wait for the unit is bounded: `md::HW_ACCEL_FAILED` (-0x5280) is the answer of one that does not come back in time.
///
/// ```
/// use accel::{ChainingValue, Compression, Hash, HashAlgorithm, Hashes, soft};
/// use status::{Error, md};
///
/// /// A unit for SHA-256. Here software stands in its place.
/// struct Unit;
///
/// impl Compression for Unit {
///     fn compress(&mut self, chain: &mut ChainingValue, algorithm: HashAlgorithm, blocks: &[u8]) -> Result<(), Error> {
///         match algorithm {
///             HashAlgorithm::Sha256 => Ok(soft::compress(chain, algorithm, blocks)),
///             _ => Err(md::FEATURE_UNAVAILABLE),
///         }
///     }
/// }
///
/// let mut hashes = Hashes::start(Unit);
/// assert_eq!(hashes.failure(), None);
/// assert_eq!(hashes.hash(HashAlgorithm::Sha256, &[b"abc"])?.as_bytes()[..4], [0xBA, 0x78, 0x16, 0xBF]);
/// # Ok::<(), Error>(())
/// ```
pub trait Compression {
    /// Runs the compression function over `blocks`, which are whole ones.
    ///
    /// # Errors
    /// `md::FEATURE_UNAVAILABLE` (-0x5080) for an algorithm that the unit does not have: it is software then. `md::HW_ACCEL_FAILED`
    /// (-0x5280); what becomes of `chain` does not matter then.
    fn compress(
        &mut self,
        chain: &mut ChainingValue,
        algorithm: HashAlgorithm,
        blocks: &[u8],
    ) -> Result<(), Error>;
}

/// The hash functions over a unit for compression: the part of an accelerator that is [`Hash`].
pub struct Hashes<U> {
    unit: U,
    failure: Option<Error>,
}

impl<U: Compression> Hashes<U> {
    /// Tests all hash functions over the unit; when one is wrong or the unit does not answer, software does them all, and
    /// [`Hashes::failure`] says why.
    pub fn start(unit: U) -> Self {
        let mut hashes = Self { unit, failure: None };
        for algorithm in HashAlgorithm::ALL {
            if let Err(error) = self_test::hash(&mut hashes, algorithm) {
                hashes.failure.get_or_insert(error);
            }
        }
        hashes
    }

    /// Why the unit is not used any more: `device::SELF_TEST_FAILED` (-0x8100) or its own code.
    pub const fn failure(&self) -> Option<Error> {
        self.failure
    }

    /// The unit.
    pub const fn unit(&mut self) -> &mut U {
        &mut self.unit
    }

    /// In the unit, or in software.
    fn compress(&mut self, chain: &mut ChainingValue, algorithm: HashAlgorithm, blocks: &[u8]) {
        if self.failure.is_none() && !blocks.is_empty() {
            let mut next = chain.clone();
            match self.unit.compress(&mut next, algorithm, blocks) {
                Ok(()) => return chain.clone_from(&next),
                Err(md::FEATURE_UNAVAILABLE) => {}
                Err(error) => self.failure = Some(error),
            }
        }
        soft::compress(chain, algorithm, blocks);
    }
}

impl<U: Compression> Hash for Hashes<U> {
    fn hash_update(&mut self, state: &mut HashState, data: &[u8]) -> Result<(), Error> {
        hash::update(state, data, |chain, algorithm, blocks| self.compress(chain, algorithm, blocks))
    }

    fn hash_finish_in_place(&mut self, state: &mut HashState) -> Result<Digest, Error> {
        hash::finish(state, |chain, algorithm, blocks| self.compress(chain, algorithm, blocks))
    }
}
