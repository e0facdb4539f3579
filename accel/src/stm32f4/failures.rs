//! Which units failed, and why: kept for a device's status.

use status::{Error, aes, ccm, entropy, gcm, md5, sha1, sha256, sha512, ssl};

use crate::self_test::Algorithm;
use crate::{CipherMode, HashAlgorithm};

/// The algorithms that failed, at the start or later, each with its first reason.
///
/// ```
/// use accel::{HashAlgorithm, self_test::Algorithm, stm32f4::Failures};
///
/// /// Whether SHA-256 is done by the unit.
/// fn is_fast(failures: &Failures) -> bool {
///     failures.of(Algorithm::Hash(HashAlgorithm::Sha256)).is_none()
/// }
/// # let _ = is_fast;
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Failures {
    reasons: [Option<Error>; Algorithm::ALL.len()],
}

impl Failures {
    pub(super) const NONE: Self = Self { reasons: [None; Algorithm::ALL.len()] };

    /// Whether nothing failed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// What failed, in the order of [`Algorithm::ALL`], with the reason: `device::SELF_TEST_FAILED` (-0x8100) for a wrong
    /// answer, `md::HW_ACCEL_FAILED` (-0x5280) or `cipher::HW_ACCEL_FAILED` (-0x6400) for none, `entropy::SOURCE_FAILED`
    /// (-0x003C) for a random number generator that does not work.
    pub fn iter(&self) -> impl Iterator<Item = (Algorithm, Error)> {
        Algorithm::ALL
            .into_iter()
            .zip(self.reasons)
            .filter_map(|(algorithm, reason)| Some((algorithm, reason?)))
    }

    /// Why `algorithm` failed, if it did.
    #[must_use]
    pub fn of(&self, algorithm: Algorithm) -> Option<Error> {
        *self.reasons.get(place(algorithm))?
    }

    /// The code that a device keeps: `ssl::HW_ACCEL_FAILED` (-0x7F80) with the first failed algorithm's as its cause, such as
    /// -0x7FB7 for SHA-256. Nothing when nothing failed.
    #[must_use]
    pub fn code(&self) -> Option<Error> {
        self.iter().next().map(|(algorithm, _)| ssl::HW_ACCEL_FAILED.because(cause(algorithm)))
    }

    /// These, and those of another part.
    pub(super) fn and(mut self, other: &Self) -> Self {
        for (algorithm, reason) in other.iter() {
            self.note(algorithm, reason);
        }
        self
    }

    /// Notes a failure; the first reason stays.
    pub(super) fn note(&mut self, algorithm: Algorithm, reason: Error) {
        if let Some(reason_kept) = self.reasons.get_mut(place(algorithm)) {
            reason_kept.get_or_insert(reason);
        }
    }
}

/// The place in [`Algorithm::ALL`].
const fn place(algorithm: Algorithm) -> usize {
    match algorithm {
        Algorithm::Hash(HashAlgorithm::Md5) => 0,
        Algorithm::Hash(HashAlgorithm::Sha1) => 1,
        Algorithm::Hash(HashAlgorithm::Sha224) => 2,
        Algorithm::Hash(HashAlgorithm::Sha256) => 3,
        Algorithm::Hash(HashAlgorithm::Sha384) => 4,
        Algorithm::Hash(HashAlgorithm::Sha512) => 5,
        Algorithm::Cipher(CipherMode::Cbc) => 6,
        Algorithm::Cipher(CipherMode::Gcm) => 7,
        Algorithm::Cipher(CipherMode::Ccm) => 8,
        Algorithm::Cipher(CipherMode::Ccm8) => 9,
        Algorithm::Rng => 10,
    }
}

/// The low-level code that 2.28 has for an algorithm's accelerator.
const fn cause(algorithm: Algorithm) -> Error {
    match algorithm {
        Algorithm::Hash(HashAlgorithm::Md5) => md5::HW_ACCEL_FAILED,
        Algorithm::Hash(HashAlgorithm::Sha1) => sha1::HW_ACCEL_FAILED,
        Algorithm::Hash(HashAlgorithm::Sha224 | HashAlgorithm::Sha256) => sha256::HW_ACCEL_FAILED,
        Algorithm::Hash(HashAlgorithm::Sha384 | HashAlgorithm::Sha512) => sha512::HW_ACCEL_FAILED,
        Algorithm::Cipher(CipherMode::Cbc) => aes::HW_ACCEL_FAILED,
        Algorithm::Cipher(CipherMode::Gcm) => gcm::HW_ACCEL_FAILED,
        Algorithm::Cipher(CipherMode::Ccm | CipherMode::Ccm8) => ccm::HW_ACCEL_FAILED,
        Algorithm::Rng => entropy::SOURCE_FAILED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_those_of_the_list() {
        for (at, algorithm) in Algorithm::ALL.into_iter().enumerate() {
            assert_eq!(place(algorithm), at);
        }
    }
}
