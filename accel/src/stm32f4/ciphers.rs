//! AES in its modes: in the unit, or in software if the unit has failed.
//!
//! A key is bytes for the unit and round keys for software. If the unit fails after a key was loaded, round keys are made for each call.

use status::{Error, cipher};
use zeroize::Zeroizing;

use super::{Cryp, Failures, Regs, Stopped};
use crate::cipher::MAX_DATA_LENGTH;
use crate::self_test::Algorithm;
use crate::soft::mode;
use crate::{Cipher, CipherKey, CipherMode, Direction, NONCE_LENGTH};

/// CRYP with software beside it: the part for [`Cipher`].
pub struct Ciphers<R> {
    pub(super) unit: Cryp<R>,
    pub(super) failures: Failures,
    /// During the self-test a unit's failure is not made good by software.
    pub(super) is_testing: bool,
}

impl<R: Regs> Cipher for Ciphers<R> {
    fn cipher_load(
        &mut self,
        mode: CipherMode,
        direction: Direction,
        key: &[u8],
    ) -> Result<CipherKey, Error> {
        if self.works(mode) {
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

impl<R: Regs> Ciphers<R> {
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
            match self.unit.cbc(direction, bytes, iv, blocks) {
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
                CipherMode::Gcm => self.unit.gcm(direction, bytes, nonce, aad, data),
                _ => self.unit.ccm(mode, direction, bytes, (nonce, aad), data),
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

    /// Whether the unit does it.
    fn works(&self, mode: CipherMode) -> bool {
        self.failures.of(Algorithm::Cipher(mode)).is_none()
    }

    fn usable(&self, mode: CipherMode) -> bool {
        self.is_testing || self.works(mode)
    }

    /// Gives the whole unit up when it did not answer: the bytes that were done.
    fn stopped(&mut self, stopped: Stopped) -> Result<usize, Error> {
        if self.is_testing || stopped.error != cipher::HW_ACCEL_FAILED {
            return Err(stopped.error);
        }
        for mode in [CipherMode::Cbc, CipherMode::Gcm, CipherMode::Ccm, CipherMode::Ccm8] {
            self.failures.note(Algorithm::Cipher(mode), stopped.error);
        }
        Ok(stopped.done)
    }
}
