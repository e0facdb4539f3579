//! The modes of operation over a unit that only encrypts blocks, which is the commonest kind.
//!
//! [`BlockCipher`] is the trait of such a unit: load a key, process blocks in place, clear. [`Modes`] adds CBC, GCM and CCM, checks tags in
//! constant time, and continues in software if the unit stops. GHASH is software.
//!
//! ```text
//!   Modes::seal ──► load_key ──► process two blocks ──► process two blocks .. ──► clear
//!                                     └── no answer: software continues with these blocks
//! ```

use status::{Error, cipher};
use zeroize::{Zeroize, Zeroizing};

use crate::self_test;
use crate::soft::aes::Aes;
use crate::soft::mode::{self, Blocks};
use crate::{Cipher, CipherKey, CipherMode, Direction, NONCE_LENGTH};

/// A unit that encrypts and decrypts blocks with AES (FIPS 197), each for itself.
///
/// Every wait for the unit is bounded: `cipher::HW_ACCEL_FAILED` (-0x6400) is the answer of one that does not come back in time.
pub trait BlockCipher {
    /// Loads a key of 16, 24 or 32 bytes, to encrypt or to decrypt.
    ///
    /// # Errors
    /// `cipher::HW_ACCEL_FAILED` (-0x6400). A unit that does not take keys of each length answers `cipher::FEATURE_UNAVAILABLE` (-0x6080):
    /// these are software then, and it is not given up.
    fn load_key(&mut self, direction: Direction, key: &[u8]) -> Result<(), Error>;

    /// Encrypts or decrypts one or two blocks in place, as the key was loaded for.
    ///
    /// # Errors
    /// `cipher::HW_ACCEL_FAILED` (-0x6400); what becomes of the blocks does not matter then.
    fn process(&mut self, blocks: &mut [[u8; 16]]) -> Result<(), Error>;

    /// Leaves neither key nor data in the unit. Called at the end of whatever began with [`BlockCipher::load_key`].
    fn clear(&mut self);
}

/// AES in its modes over a unit for blocks: the part of an accelerator that is [`Cipher`].
///
/// ```
/// use accel::{BlockCipher, Cipher, CipherMode, Direction, Modes, soft::Soft};
/// use status::{Error, cipher};
///
/// /// A unit that does not answer.
/// struct Unit;
///
/// impl BlockCipher for Unit {
///     fn load_key(&mut self, direction: Direction, key: &[u8]) -> Result<(), Error> {
///         Ok(())
///     }
///     fn process(&mut self, blocks: &mut [[u8; 16]]) -> Result<(), Error> {
///         Err(cipher::HW_ACCEL_FAILED)
///     }
///     fn clear(&mut self) {}
/// }
/// # struct Source;
/// # impl accel::Entropy for Source {
/// #     fn entropy(&mut self, _: &mut [u8]) -> Result<(), Error> { Err(status::entropy::SOURCE_FAILED) }
/// # }
///
/// let mut accel = Soft::new(Source).with_cipher(Modes::start(Unit));
/// // The device tells why it is slower; everything works.
/// assert_eq!(accel.cipher.failure(), Some(cipher::HW_ACCEL_FAILED));
/// let key = accel.cipher_load(CipherMode::Ccm, Direction::Encrypt, &[1; 16])?;
/// accel.seal(&key, &[2; 12], &[], &mut [3; 20], &mut [0; 16])?;
/// # Ok::<(), Error>(())
/// ```
pub struct Modes<U> {
    unit: U,
    failure: Option<Error>,
}

impl<U: BlockCipher> Modes<U> {
    /// Tests all modes over the unit; when one is wrong or the unit does not answer, software does them all, and
    /// [`Modes::failure`] says why.
    pub fn start(unit: U) -> Self {
        let mut modes = Self { unit, failure: None };
        for mode in [CipherMode::Cbc, CipherMode::Gcm, CipherMode::Ccm, CipherMode::Ccm8] {
            if let Err(error) = self_test::cipher(&mut modes, mode) {
                modes.failure.get_or_insert(error);
            }
        }
        modes
    }

    /// Why the unit is not used any more: `device::SELF_TEST_FAILED` (-0x8100) or its own code.
    pub const fn failure(&self) -> Option<Error> {
        self.failure
    }

    /// The unit.
    pub const fn unit(&mut self) -> &mut U {
        &mut self.unit
    }

    /// Does `work` with the key loaded, and clears the unit. One that failed before is left alone.
    fn run<T>(
        &mut self,
        direction: Direction,
        key: &[u8],
        work: impl FnOnce(&mut ModeCall<'_, U>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if self.failure.is_some() {
            return work(&mut ModeCall { modes: self, direction, key, software: None });
        }
        let loaded = self.unit.load_key(direction, key);
        let mut running = ModeCall { modes: self, direction, key, software: None };
        let result = match loaded {
            Ok(()) => work(&mut running),
            Err(error) => {
                if error != cipher::FEATURE_UNAVAILABLE {
                    running.modes.failure = Some(error);
                }
                Aes::new(key).and_then(|aes| {
                    running.software = Some(aes);
                    work(&mut running)
                })
            }
        };
        self.unit.clear();
        result
    }

    fn aead(
        &mut self,
        key: &CipherKey,
        direction: Direction,
        message: (&[u8; NONCE_LENGTH], &[u8]),
        data: &mut [u8],
        tag_length: usize,
    ) -> Result<Zeroizing<[u8; 16]>, Error> {
        let bytes = key.bytes(key.mode(), direction)?;
        mode::check(key.mode(), data.len(), tag_length)?;
        let hash_key = key.hash_key()?;
        // Both directions of both modes encrypt blocks.
        self.run(Direction::Encrypt, bytes, |blocks| {
            mode::apply(blocks, hash_key, key.mode(), direction, message, data)
        })
    }
}

impl<U: BlockCipher> Cipher for Modes<U> {
    fn cipher_load(
        &mut self,
        mode: CipherMode,
        direction: Direction,
        key: &[u8],
    ) -> Result<CipherKey, Error> {
        let mut loaded = CipherKey::from_bytes(mode, direction, key)?;
        if mode == CipherMode::Gcm {
            let hash_key = self.run(Direction::Encrypt, key, |blocks| mode::hash_key(blocks))?;
            loaded.set_hash_key(hash_key);
        }
        Ok(loaded)
    }

    fn cbc_encrypt(&mut self, key: &CipherKey, iv: &mut [u8; 16], data: &mut [u8]) -> Result<(), Error> {
        let bytes = key.bytes(CipherMode::Cbc, Direction::Encrypt)?;
        let (whole, []) = data.as_chunks_mut() else { return Err(cipher::FULL_BLOCK_EXPECTED) };
        self.run(Direction::Encrypt, bytes, |blocks| mode::cbc::encrypt(blocks, iv, whole))
    }

    fn cbc_decrypt(&mut self, key: &CipherKey, iv: &mut [u8; 16], data: &mut [u8]) -> Result<(), Error> {
        let bytes = key.bytes(CipherMode::Cbc, Direction::Decrypt)?;
        let (whole, []) = data.as_chunks_mut() else { return Err(cipher::FULL_BLOCK_EXPECTED) };
        self.run(Direction::Decrypt, bytes, |blocks| mode::cbc::decrypt(blocks, iv, whole))
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

/// A call in progress: the unit with its key, or software with the same.
struct ModeCall<'u, U> {
    modes: &'u mut Modes<U>,
    direction: Direction,
    key: &'u [u8],
    software: Option<Aes>,
}

impl<U: BlockCipher> ModeCall<'_, U> {
    fn process(&mut self, pair: &mut [[u32; 4]; 2], used: usize) -> Result<(), Error> {
        if self.modes.failure.is_none() && self.software.is_none() {
            let mut blocks = pair.each_ref().map(mode::bytes);
            let result = self.modes.unit.process(blocks.get_mut(..used).unwrap_or_default());
            if result.is_ok() {
                *pair = blocks.each_ref().map(mode::words);
            }
            blocks.as_flattened_mut().zeroize();
            match result {
                Ok(()) => return Ok(()),
                Err(error) => self.modes.failure = Some(error),
            }
        }
        if self.software.is_none() {
            self.software = Some(Aes::new(self.key)?);
        }
        if let Some(aes) = &self.software {
            match self.direction {
                Direction::Encrypt => aes.encrypt(pair),
                Direction::Decrypt => aes.decrypt(pair),
            }
        }
        Ok(())
    }
}

impl<U: BlockCipher> Blocks for ModeCall<'_, U> {
    fn encrypt(&mut self, pair: &mut [[u32; 4]; 2], used: usize) -> Result<(), Error> {
        self.process(pair, used)
    }

    fn decrypt(&mut self, pair: &mut [[u32; 4]; 2], used: usize) -> Result<(), Error> {
        self.process(pair, used)
    }
}
