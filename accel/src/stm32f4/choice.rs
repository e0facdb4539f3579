//! Who does it: the unit, or software because it wins or the unit failed. The implementations of [`Hash`] and [`Cipher`].
//!
//! A hash that nobody has begun yet is a state whose chain is [`crate::ChainValue::Block`]: the choice falls when a first stretch is full
//! or the message ends. A cipher's key is bytes for the unit and round keys for software; the latter are made for one call
//! when the unit failed after the key was loaded.

use status::{Error, cipher, md};
use zeroize::Zeroizing;

use super::hash::{fills, start, waiting};
use super::{Regs, Stm32f4, Stopped, shortest};
use crate::cipher::MAX_DATA_LENGTH;
use crate::self_test::Algorithm;
use crate::soft::{Hasher, mode};
use crate::{
    ChainValue, Cipher, CipherKey, CipherMode, Digest, Direction, Hash, HashAlgorithm, HashState,
    NONCE_LENGTH,
};

impl<C: Regs, H: Regs, E: Regs> Hash for Stm32f4<C, H, E> {
    fn hash_start(&mut self, algorithm: HashAlgorithm) -> Result<HashState, Error> {
        if shortest(algorithm).is_some() && self.works(Algorithm::Hash(algorithm)) {
            return Ok(start(algorithm));
        }
        Hasher.hash_start(algorithm)
    }

    fn hash_update(&mut self, state: &mut HashState, data: &[u8]) -> Result<(), Error> {
        let total = u64::try_from(data.len()).ok().and_then(|length| state.length.checked_add(length));
        let total = total.ok_or(md::BAD_INPUT_DATA)?;
        match (state.chain.value(), &state.unit) {
            (ChainValue::Block(_), _) if !fills(state, data.len()) => self.hash.feed(state, data),
            (ChainValue::Block(_), Some(_)) => self.go_on(state, data),
            (ChainValue::Block(_), None) if self.begins(state.algorithm, total) => self.set_out(state, data),
            (ChainValue::Block(_), None) => {
                *state = in_software(state)?;
                Hasher.hash_update(state, data)
            }
            _ => Hasher.hash_update(state, data),
        }
    }

    fn hash_finish(&mut self, state: HashState) -> Result<Digest, Error> {
        match (state.chain.value(), &state.unit) {
            (ChainValue::Block(_), Some(_)) => {
                self.given_up(state.algorithm)?;
                let digest = self.hash.enter(&state).and_then(|()| self.hash.digest(&state));
                self.noted(digest)
            }
            (ChainValue::Block(_), None) if self.begins(state.algorithm, state.length) => {
                let digest = self.hash.enter(&state).and_then(|()| self.hash.digest(&state));
                match self.noted(digest) {
                    Err(error) if self.testing => Err(error),
                    Err(_) => Hasher.hash_finish(in_software(&state)?),
                    digest => digest,
                }
            }
            (ChainValue::Block(_), None) => Hasher.hash_finish(in_software(&state)?),
            _ => Hasher.hash_finish(state),
        }
    }

    fn hash(&mut self, algorithm: HashAlgorithm, parts: &[&[u8]]) -> Result<Digest, Error> {
        let length = parts.iter().map(|part| part.len()).fold(0, usize::saturating_add);
        if self.begins(algorithm, u64::try_from(length).map_err(|_| md::BAD_INPUT_DATA)?) {
            let digest = self.at_once(algorithm, parts);
            match self.noted(digest) {
                Err(_) if !self.testing => {}
                digest => return digest,
            }
        }
        Hasher.hash(algorithm, parts)
    }
}

impl<C: Regs, H: Regs, E: Regs> Stm32f4<C, H, E> {
    /// Does a message in the unit from one end to the other, without saving it.
    fn at_once(&mut self, algorithm: HashAlgorithm, parts: &[&[u8]]) -> Result<Digest, Error> {
        let mut state = start(algorithm);
        self.hash.enter(&state)?;
        for part in parts {
            self.hash.feed(&mut state, part)?;
        }
        self.hash.digest(&state)
    }

    /// Whether the unit begins a message of so many bytes, or more.
    fn begins(&self, algorithm: HashAlgorithm, length: u64) -> bool {
        let shortest = shortest(algorithm).and_then(|shortest| u64::try_from(shortest).ok());
        shortest.is_some_and(|shortest| length >= shortest) && self.works(Algorithm::Hash(algorithm))
    }

    /// Gives the first stretch and more of a message to the unit; software begins with it when the unit does not answer.
    fn set_out(&mut self, state: &mut HashState, data: &[u8]) -> Result<(), Error> {
        let before = state.clone();
        match self.go_on(state, data) {
            Err(error) if self.testing => Err(error),
            Err(_) => {
                *state = in_software(&before)?;
                Hasher.hash_update(state, data)
            }
            Ok(()) => Ok(()),
        }
    }

    /// Gives at least one stretch to the unit.
    fn go_on(&mut self, state: &mut HashState, data: &[u8]) -> Result<(), Error> {
        self.given_up(state.algorithm)?;
        let entered = self.hash.enter(state);
        let fed = entered.and_then(|()| self.hash.feed(state, data)).and_then(|()| self.hash.leave(state));
        self.noted(fed)
    }

    /// Refuses to touch a unit that did not answer before.
    fn given_up(&self, algorithm: HashAlgorithm) -> Result<(), Error> {
        match self.failures.of(Algorithm::Hash(algorithm)) {
            Some(_) if !self.testing => Err(md::HW_ACCEL_FAILED),
            _ => Ok(()),
        }
    }

    /// Gives the whole unit up when it did not answer.
    fn noted<T>(&mut self, result: Result<T, Error>) -> Result<T, Error> {
        if let (Err(error), false) = (&result, self.testing) {
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
    let mut software = Hasher.hash_start(state.algorithm)?;
    Hasher.hash_update(&mut software, first)?;
    Hasher.hash_update(&mut software, last)?;
    Ok(software)
}

impl<C: Regs, H: Regs, E: Regs> Cipher for Stm32f4<C, H, E> {
    fn cipher_load(
        &mut self,
        mode: CipherMode,
        direction: Direction,
        key: &[u8],
    ) -> Result<CipherKey, Error> {
        if self.works(Algorithm::Cipher(mode)) {
            return CipherKey::from_bytes(mode, direction, key);
        }
        mode::load(mode, direction, key)
    }

    fn cbc_encrypt(&mut self, key: &CipherKey, iv: &mut [u8; 16], data: &mut [u8]) -> Result<(), Error> {
        self.cbc(key, Direction::Encrypt, iv, data)
    }

    fn cbc_decrypt(&mut self, key: &CipherKey, iv: &mut [u8; 16], data: &mut [u8]) -> Result<(), Error> {
        self.cbc(key, Direction::Decrypt, iv, data)
    }

    fn seal(
        &mut self,
        key: &CipherKey,
        nonce: &[u8; NONCE_LENGTH],
        aad: &[u8],
        data: &mut [u8],
        tag: &mut [u8],
    ) -> Result<(), Error> {
        mode::sealed(self.aead(key, Direction::Encrypt, (nonce, aad), data, tag.len()), tag)
    }

    fn open(
        &mut self,
        key: &CipherKey,
        nonce: &[u8; NONCE_LENGTH],
        aad: &[u8],
        data: &mut [u8],
        tag: &[u8],
    ) -> Result<(), Error> {
        let computed = self.aead(key, Direction::Decrypt, (nonce, aad), data, tag.len());
        mode::opened(computed, data, tag)
    }
}

impl<C: Regs, H: Regs, E: Regs> Stm32f4<C, H, E> {
    /// Works on whole blocks; software goes on where the unit stopped.
    fn cbc(
        &mut self,
        key: &CipherKey,
        direction: Direction,
        iv: &mut [u8; 16],
        data: &mut [u8],
    ) -> Result<(), Error> {
        let Ok(bytes) = key.bytes(CipherMode::Cbc, direction) else {
            return mode::cbc(key, direction, iv, data);
        };
        let (blocks, []) = data.as_chunks_mut() else { return Err(cipher::FULL_BLOCK_EXPECTED) };
        if blocks.is_empty() {
            return Ok(());
        }
        let mut done = 0;
        if self.usable(CipherMode::Cbc) {
            match self.cryp.cbc(direction, bytes, iv, blocks) {
                Ok(()) => return Ok(()),
                Err(stopped) => done = self.stopped(stopped)?,
            }
        }
        let key = mode::load(CipherMode::Cbc, direction, bytes)?;
        mode::cbc(&key, direction, iv, data.get_mut(done..).unwrap_or_default())
    }

    /// Works on all of `data` and returns the tag; software does it from the beginning where the unit stopped.
    fn aead(
        &mut self,
        key: &CipherKey,
        direction: Direction,
        (nonce, aad): (&[u8; NONCE_LENGTH], &[u8]),
        data: &mut [u8],
        tag_length: usize,
    ) -> Result<Zeroizing<[u8; 16]>, Error> {
        let mode = key.mode;
        let Ok(bytes) = key.bytes(mode, direction) else {
            return mode::aead(key, direction, nonce, aad, data, tag_length);
        };
        if mode == CipherMode::Cbc || tag_length != mode.tag_length() || data.len() > MAX_DATA_LENGTH {
            return Err(cipher::BAD_INPUT_DATA);
        }
        if self.usable(mode) {
            let tag = match mode {
                CipherMode::Gcm => self.cryp.gcm(direction, bytes, nonce, aad, data),
                _ => self.cryp.ccm(mode, direction, bytes, (nonce, aad), data),
            };
            match tag {
                Ok(tag) => return Ok(tag),
                Err(stopped) => {
                    let done = self.stopped(stopped)?;
                    // The key stream over what it was xored to gives that back.
                    let key = mode::load(mode, Direction::Encrypt, bytes)?;
                    let head = data.get_mut(..done).unwrap_or_default();
                    mode::aead(&key, Direction::Encrypt, nonce, &[], head, tag_length)?;
                }
            }
        }
        let key = mode::load(mode, direction, bytes)?;
        mode::aead(&key, direction, nonce, aad, data, tag_length)
    }

    fn usable(&self, mode: CipherMode) -> bool {
        self.testing || self.works(Algorithm::Cipher(mode))
    }

    /// Gives the whole unit up when it did not answer: the bytes that were done.
    fn stopped(&mut self, stopped: Stopped) -> Result<usize, Error> {
        if self.testing || stopped.error != cipher::HW_ACCEL_FAILED {
            return Err(stopped.error);
        }
        for mode in [CipherMode::Cbc, CipherMode::Gcm, CipherMode::Ccm, CipherMode::Ccm8] {
            self.failures.note(Algorithm::Cipher(mode), stopped.error);
        }
        Ok(stopped.done)
    }
}
