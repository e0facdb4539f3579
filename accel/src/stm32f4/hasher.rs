//! The hash functions: in the unit, or in software if that is faster or the unit has failed.
//!
//! The first bytes of a message wait in its state. Unit or software is chosen when they fill a first stretch, or when the message ends.

use status::{Error, md};

use super::hash::{fills, start, waiting};
use super::{Failures, HashUnit, Regs, shortest};
use crate::hash::Owner;
use crate::self_test::Algorithm;
use crate::soft::Hasher as Software;
use crate::{Digest, Hash, HashAlgorithm, HashState};

/// HASH with software beside it: the part for [`Hash`].
///
/// ```
/// use accel::{Parts, stm32f4::{Ciphers, Hasher, Regs, Stm32f4}};
///
/// /// The two parts that the units do, by name, where an accelerator is put together from others' parts as well.
/// fn parts<R: Regs>(accel: &mut Stm32f4<R, R, R>) -> Result<(), status::Error> {
///     let _: &mut Hasher<R> = accel.hash_part()?;
///     let _: &mut Ciphers<R> = accel.cipher_part()?;
///     Ok(())
/// }
/// # let _ = parts::<&mut dyn Regs>;
/// ```
pub struct Hasher<R> {
    pub(super) unit: HashUnit<R>,
    pub(super) failures: Failures,
    /// During the self-test a unit's failure is not made good by software.
    pub(super) is_testing: bool,
}

impl<R: Regs> Hash for Hasher<R> {
    fn hash_start(&mut self, algorithm: HashAlgorithm) -> Result<HashState, Error> {
        if shortest(algorithm).is_some() && self.works(algorithm) {
            return Ok(start(algorithm));
        }
        Software.hash_start(algorithm)
    }

    fn hash_update(&mut self, state: &mut HashState, data: &[u8]) -> Result<(), Error> {
        match state.owner() {
            Owner::WaitsForUnit | Owner::WasInUnit if !fills(state, data.len()) => {
                self.unit.feed(state, data)
            }
            Owner::WasInUnit => self.update_in_unit(state, data),
            Owner::WaitsForUnit if self.begins(state, data.len()) => self.start_in_unit(state, data),
            Owner::WaitsForUnit => {
                *state = in_software(state)?;
                Software.hash_update(state, data)
            }
            _ => Software.hash_update(state, data),
        }
    }

    fn hash_finish_in_place(&mut self, state: &mut HashState) -> Result<Digest, Error> {
        match state.owner() {
            Owner::WasInUnit => {
                self.refuse_failed_unit(state.algorithm())?;
                let digest = self.unit.enter(state).and_then(|()| self.unit.digest(state));
                self.note_failure(digest)
            }
            Owner::WaitsForUnit if self.begins(state, 0) => {
                let digest = self.unit.enter(state).and_then(|()| self.unit.digest(state));
                match self.note_failure(digest) {
                    Err(error) if self.is_testing => Err(error),
                    Err(_) => Software.hash_finish(in_software(state)?),
                    digest => digest,
                }
            }
            Owner::WaitsForUnit => Software.hash_finish(in_software(state)?),
            _ => Software.hash_finish_in_place(state),
        }
    }

    fn hash(&mut self, algorithm: HashAlgorithm, parts: &[&[u8]]) -> Result<Digest, Error> {
        let length = parts.iter().map(|part| part.len()).fold(0, usize::saturating_add);
        if self.is_worth_it(algorithm, length) {
            let digest = self.in_one_go(algorithm, parts);
            match self.note_failure(digest) {
                Err(_) if !self.is_testing => {}
                digest => return digest,
            }
        }
        Software.hash(algorithm, parts)
    }
}

impl<R: Regs> Hasher<R> {
    /// Does a message in the unit from one end to the other, without saving it.
    fn in_one_go(&mut self, algorithm: HashAlgorithm, parts: &[&[u8]]) -> Result<Digest, Error> {
        let mut state = start(algorithm);
        self.unit.enter(&state)?;
        for part in parts {
            self.unit.feed(&mut state, part)?;
        }
        self.unit.digest(&state)
    }

    /// Whether the unit does it.
    fn works(&self, algorithm: HashAlgorithm) -> bool {
        self.failures.of(Algorithm::Hash(algorithm)).is_none()
    }

    /// Whether the unit begins a message of which nothing has been in it yet, with so many bytes more.
    fn begins(&self, state: &HashState, more: usize) -> bool {
        let (first, last) = waiting(state);
        self.is_worth_it(state.algorithm(), first.len().saturating_add(last.len()).saturating_add(more))
    }

    /// Whether the unit does messages of so many bytes, or more.
    fn is_worth_it(&self, algorithm: HashAlgorithm, length: usize) -> bool {
        shortest(algorithm).is_some_and(|shortest| length >= shortest) && self.works(algorithm)
    }

    /// Gives the first stretch and more of a message to the unit; software begins with it when the unit does not answer.
    fn start_in_unit(&mut self, state: &mut HashState, data: &[u8]) -> Result<(), Error> {
        let before = state.clone();
        match self.update_in_unit(state, data) {
            Err(error) if self.is_testing => Err(error),
            Err(_) => {
                *state = in_software(&before)?;
                Software.hash_update(state, data)
            }
            Ok(()) => Ok(()),
        }
    }

    /// Gives at least one stretch to the unit.
    fn update_in_unit(&mut self, state: &mut HashState, data: &[u8]) -> Result<(), Error> {
        self.refuse_failed_unit(state.algorithm())?;
        let entered = self.unit.enter(state);
        let fed = entered.and_then(|()| self.unit.feed(state, data)).and_then(|()| self.unit.leave(state));
        self.note_failure(fed)
    }

    /// Refuses to touch a unit that did not answer before.
    fn refuse_failed_unit(&self, algorithm: HashAlgorithm) -> Result<(), Error> {
        match self.failures.of(Algorithm::Hash(algorithm)) {
            Some(_) if !self.is_testing => Err(md::HW_ACCEL_FAILED),
            _ => Ok(()),
        }
    }

    /// Gives the whole unit up when it did not answer.
    fn note_failure<T>(&mut self, result: Result<T, Error>) -> Result<T, Error> {
        if let (Err(error), false) = (&result, self.is_testing) {
            for algorithm in HASHES {
                self.failures.note(Algorithm::Hash(algorithm), *error);
            }
        }
        result
    }
}

/// What [`shortest`] sends to the unit.
const HASHES: [HashAlgorithm; 4] =
    [HashAlgorithm::Md5, HashAlgorithm::Sha1, HashAlgorithm::Sha224, HashAlgorithm::Sha256];

/// The same message, of which nothing has been in the unit, in software.
fn in_software(state: &HashState) -> Result<HashState, Error> {
    let (first, last) = waiting(state);
    let mut software = Software.hash_start(state.algorithm())?;
    Software.hash_update(&mut software, first)?;
    Software.hash_update(&mut software, last)?;
    Ok(software)
}
