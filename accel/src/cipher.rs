//! AES in the modes of the ten suites: CBC (RFC 5246), GCM (RFC 5288), CCM and CCM_8 (RFC 6655).
//!
//! Data is processed in place. A key is loaded once for a direction and a mode. The record layer does the padding and MAC of CBC records.

use status::{Error, aes, cipher};
use zeroize::ZeroizeOnDrop;

use crate::soft::{self, mode};

/// The nonce of GCM and CCM as TLS uses them: 4 bytes of salt and 8 explicit ones.
pub const NONCE_LENGTH: usize = 12;
/// The longest tag.
pub const MAX_TAG_LENGTH: usize = 16;

/// A mode of operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CipherMode {
    /// Cipher block chaining, no padding.
    Cbc,
    /// Galois/counter mode, tag of 16 bytes.
    Gcm,
    /// Counter with CBC-MAC, tag of 16 bytes.
    Ccm,
    /// Counter with CBC-MAC, tag of 8 bytes.
    Ccm8,
}

impl CipherMode {
    /// The tag's length in bytes; none for CBC.
    #[must_use]
    pub const fn tag_length(self) -> usize {
        match self {
            Self::Cbc => 0,
            Self::Gcm | Self::Ccm => 16,
            Self::Ccm8 => 8,
        }
    }
}

/// What a key is loaded for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// `cbc_encrypt` or `seal`.
    Encrypt,
    /// `cbc_decrypt` or `open`.
    Decrypt,
}

/// A loaded key. What is in it belongs to the backend that loaded it. Wiped when dropped.
///
/// ```
/// use accel::{Cipher, CipherMode, Direction, soft::Ciphers};
/// use status::cipher;
///
/// let (nonce, aad) = ([7; 12], b"header");
/// let (mut data, mut tag) = (*b"a message", [0; 16]);
/// let key = Ciphers.cipher_load(CipherMode::Gcm, Direction::Encrypt, &[0x4B; 32])?;
/// Ciphers.seal(&key, &nonce, aad, &mut data, &mut tag)?;
///
/// let key = Ciphers.cipher_load(CipherMode::Gcm, Direction::Decrypt, &[0x4B; 32])?;
/// Ciphers.open(&key, &nonce, aad, &mut data, &tag)?;
/// assert_eq!(&data, b"a message");
/// // What is not authentic is refused, and nothing is left of it.
/// assert_eq!(Ciphers.open(&key, &nonce, b"another", &mut data, &tag), Err(cipher::AUTH_FAILED));
/// assert_eq!(data, [0; 9]);
/// # Ok::<(), status::Error>(())
/// ```
///
/// One place for every backend, all of it written and wiped: an `enum` would leave in the room of its longest variant what stood there
/// before.
#[derive(ZeroizeOnDrop)]
pub struct CipherKey {
    #[zeroize(skip)]
    pub(crate) mode: CipherMode,
    #[zeroize(skip)]
    pub(crate) direction: Direction,
    /// How long a key is that is kept as it is; 0 for the round keys of this crate's software.
    length: u8,
    /// Whether the hash key of GCM stands beside such a key.
    has_hash_key: bool,
    /// The round keys; or, in the first of them, the key as it is.
    key: soft::aes::AesKey,
}

/// A connection keeps two of these.
#[cfg(target_arch = "arm")]
const _: () = assert!(size_of::<CipherKey>() <= 320);

/// The longest data of `seal` and `open`: the length of CCM's payload is a 24-bit number with nonces of 12 bytes (RFC 3610
/// §2.1), and no counter can wrap below it.
pub(crate) const MAX_DATA_LENGTH: usize = 0xFF_FFFF;

impl CipherKey {
    /// The mode that this key was loaded for.
    #[must_use]
    pub const fn mode(&self) -> CipherMode {
        self.mode
    }

    /// The direction that this key was loaded for.
    #[must_use]
    pub const fn direction(&self) -> Direction {
        self.direction
    }

    /// A key that is kept as it is, for a backend of your own whose unit expands it.
    ///
    /// # Errors
    /// `aes::INVALID_KEY_LENGTH` (-0x0020) unless it is 16, 24 or 32 bytes long.
    pub fn from_bytes(mode: CipherMode, direction: Direction, key: &[u8]) -> Result<Self, Error> {
        let length = match key.len() {
            16 | 24 | 32 => u8::try_from(key.len()).map_err(|_| aes::INVALID_KEY_LENGTH)?,
            _ => return Err(aes::INVALID_KEY_LENGTH),
        };
        let mut loaded = Self::of_software(mode, direction, soft::aes::AesKey::empty());
        loaded.length = length;
        for (to, from) in loaded.key.bytes_mut().iter_mut().zip(key) {
            *to = *from;
        }
        Ok(loaded)
    }

    /// A place for a key that is loaded later. No operation takes it.
    #[must_use]
    pub const fn empty() -> Self {
        Self::of_software(CipherMode::Cbc, Direction::Encrypt, soft::aes::AesKey::empty())
    }

    /// The hash key of GCM that stands beside a key that is kept as it is; zero in another mode.
    ///
    /// # Errors
    /// `cipher::BAD_INPUT_DATA` (-0x6100) for a key of another backend.
    pub(crate) fn hash_key(&self) -> Result<&[u32; 4], Error> {
        let is_there = self.mode != CipherMode::Gcm || self.has_hash_key;
        if is_there { Ok(&self.key.hash_key) } else { Err(cipher::BAD_INPUT_DATA) }
    }

    /// Keeps the hash key of GCM beside a key that is kept as it is.
    pub(crate) const fn set_hash_key(&mut self, hash_key: [u32; 4]) {
        self.key.hash_key = hash_key;
        self.has_hash_key = true;
    }

    /// A key that software expanded.
    pub(crate) const fn of_software(mode: CipherMode, direction: Direction, key: soft::aes::AesKey) -> Self {
        Self { mode, direction, length: 0, has_hash_key: false, key }
    }

    /// The round keys of [`CipherKey::of_software`], for this use.
    ///
    /// # Errors
    /// `cipher::BAD_INPUT_DATA` (-0x6100) for a key of another backend, mode or direction, and for none.
    pub(crate) fn software(
        &self,
        mode: CipherMode,
        direction: Direction,
    ) -> Result<&soft::aes::AesKey, Error> {
        let is_right = self.length == 0 && self.mode == mode && self.direction == direction;
        if is_right && !self.key.is_empty() { Ok(&self.key) } else { Err(cipher::BAD_INPUT_DATA) }
    }

    /// The key of [`CipherKey::from_bytes`], if it was made so, and for this use.
    ///
    /// # Errors
    /// `cipher::BAD_INPUT_DATA` (-0x6100) for a key of another backend, mode or direction.
    pub fn bytes(&self, mode: CipherMode, direction: Direction) -> Result<&[u8], Error> {
        if self.length == 0 || self.mode != mode || self.direction != direction {
            return Err(cipher::BAD_INPUT_DATA);
        }
        self.key.bytes().get(..usize::from(self.length)).ok_or(cipher::BAD_INPUT_DATA)
    }
}

/// A backend that can encrypt. What it leaves out is software, but what loads a key and what uses it must belong together.
///
/// Every function answers `cipher::BAD_INPUT_DATA` (-0x6100) for a key of another mode or direction, and
/// `cipher::HW_ACCEL_FAILED` (-0x6400) when a unit does not answer in time.
pub trait Cipher {
    /// Loads a key of 16, 24 or 32 bytes.
    ///
    /// # Errors
    /// `aes::INVALID_KEY_LENGTH` (-0x0020) for any other length.
    fn cipher_load(
        &mut self,
        mode: CipherMode,
        direction: Direction,
        key: &[u8],
    ) -> Result<CipherKey, Error> {
        mode::load(mode, direction, key)
    }

    /// Encrypts whole blocks in place and leaves the next initialization vector in `iv`.
    ///
    /// # Errors
    /// `cipher::FULL_BLOCK_EXPECTED` (-0x6280) unless `data` is a multiple of 16 bytes long.
    fn cbc_encrypt(&mut self, key: &CipherKey, iv: &mut [u8; 16], data: &mut [u8]) -> Result<(), Error> {
        mode::cbc(key, Direction::Encrypt, iv, data)
    }

    /// Decrypts whole blocks in place and leaves the next initialization vector in `iv`.
    ///
    /// # Errors
    /// `cipher::FULL_BLOCK_EXPECTED` (-0x6280) unless `data` is a multiple of 16 bytes long.
    fn cbc_decrypt(&mut self, key: &CipherKey, iv: &mut [u8; 16], data: &mut [u8]) -> Result<(), Error> {
        mode::cbc(key, Direction::Decrypt, iv, data)
    }

    /// Encrypts `data` in place and writes the tag, which must be as long as the mode's.
    ///
    /// # Errors
    /// `cipher::BAD_INPUT_DATA` (-0x6100) for a tag of another length or more than 2^24 - 1 bytes of data. In CCM a backend may
    /// refuse associated data of 2^16 - 2^8 bytes and more so, which needs another encoding (RFC 3610 §2.2).
    fn seal(
        &mut self,
        key: &CipherKey,
        nonce: &[u8; NONCE_LENGTH],
        aad: &[u8],
        data: &mut [u8],
        tag: &mut [u8],
    ) -> Result<(), Error> {
        mode::sealed(mode::aead(key, Direction::Encrypt, nonce, aad, data, tag.len()), tag)
    }

    /// Checks the tag in constant time and decrypts `data` in place; on any failure `data` is zeroed.
    ///
    /// # Errors
    /// `cipher::AUTH_FAILED` (-0x6300) when the tag is not the right one.
    fn open(
        &mut self,
        key: &CipherKey,
        nonce: &[u8; NONCE_LENGTH],
        aad: &[u8],
        data: &mut [u8],
        tag: &[u8],
    ) -> Result<(), Error> {
        let computed = mode::aead(key, Direction::Decrypt, nonce, aad, data, tag.len());
        mode::opened(computed, data, tag)
    }
}
