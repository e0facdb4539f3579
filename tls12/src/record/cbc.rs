//! CBC records: HMAC with a random, explicit vector (RFC 5246 §6.2.3.2), MAC before or after encryption (RFC 7366).
//!
//! Opening a MAC-then-encrypt record tells nothing of its padding, neither by its answer nor by its time: see
//! [`super::mac`].

use accel::{Accel, CipherKey, Direction, HashAlgorithm, HmacKey, soft};
use status::{Error, ssl};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq, ConstantTimeGreater};

use super::ContentType;
use super::mac::SecretMac;
use super::protection::{BAD_RECORD, additional_data};
use crate::failure::Failure;
use crate::wire::copy;

/// AES's block, and the length of a vector.
pub(super) const BLOCK_LENGTH: usize = 16;
/// The longest MAC: SHA-256's.
pub(super) const MAX_MAC_LENGTH: usize = 32;
/// The most padding besides its length byte.
pub(super) const MAX_PADDING: u32 = 255;

/// Keys and order of operations of one direction.
#[derive(Clone, Copy)]
pub(super) struct Cbc<'p> {
    pub(super) key: &'p CipherKey,
    pub(super) mac: &'p Mac,
}

/// The MAC of one direction: its key, and where it stands.
pub(super) struct Mac {
    key: HmacKey,
    place: MacPlace,
}

/// Where a MAC stands. As long as its alignment, so that there is no padding to copy anything to.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
enum MacPlace {
    /// Behind everything, over the ciphertext.
    AfterEncryption,
    /// Between plaintext and padding, when sealing.
    BeforeEncryption,
    /// Between plaintext and padding, when opening: where is a secret.
    BeforeEncryptionSecret,
}

impl Mac {
    /// No key yet; for an AEAD suite that stays so.
    pub(super) const fn empty() -> Self {
        Self { key: HmacKey::empty(), place: MacPlace::AfterEncryption }
    }

    #[inline(never)]
    pub(super) fn load<A: Accel>(
        &mut self,
        accel: &mut A,
        direction: Direction,
        algorithm: HashAlgorithm,
        key: &[u8],
        encrypt_then_mac: bool,
    ) -> Result<(), Error> {
        self.place = match direction {
            _ if encrypt_then_mac => MacPlace::AfterEncryption,
            Direction::Encrypt => MacPlace::BeforeEncryption,
            Direction::Decrypt => MacPlace::BeforeEncryptionSecret,
        };
        self.key = match self.place {
            // Its chaining values are needed themselves, so that software prepares it.
            MacPlace::BeforeEncryptionSecret => HmacKey::new(&mut soft::Hasher, algorithm, key)?,
            _ => HmacKey::new(accel, algorithm, key)?,
        };
        Ok(())
    }

    fn is_after(&self) -> bool {
        self.place == MacPlace::AfterEncryption
    }

    fn length(&self) -> usize {
        self.key.algorithm().digest_length()
    }
}

impl Cbc<'_> {
    /// The bytes behind a plaintext: MAC, and 1 to 16 bytes of padding.
    pub(super) fn suffix_length(&self, length: usize) -> usize {
        let encrypted = if self.mac.is_after() { length } else { length.saturating_add(self.mac.length()) };
        // What is missing from a whole block, at least one byte.
        let padding = BLOCK_LENGTH.saturating_sub(encrypted % BLOCK_LENGTH);
        self.mac.length().saturating_add(padding)
    }

    /// The most bytes of plaintext that fit into `content` bytes behind the vector.
    pub(super) fn max_plaintext(&self, content: usize) -> usize {
        let mac = self.mac.length();
        let most = if self.mac.is_after() {
            whole_blocks(content.saturating_sub(mac))
        } else {
            whole_blocks(content).saturating_sub(mac)
        };
        most.saturating_sub(1)
    }

    /// `body` is the vector's place, the plaintext, and room for the suffix.
    pub(super) fn seal<A: Accel>(
        &self,
        accel: &mut A,
        sequence: u64,
        content_type: ContentType,
        body: &mut [u8],
        length: usize,
    ) -> Result<(), Failure> {
        let after = if self.mac.is_after() { self.mac.length() } else { 0 };
        let end = body.len().saturating_sub(after);
        let (encrypted, outer_mac) = body.split_at_mut_checked(end).ok_or(ssl::BUFFER_TOO_SMALL)?;
        let (vector, content) = encrypted.split_first_chunk_mut().ok_or(ssl::BUFFER_TOO_SMALL)?;
        // RFC 5246 §6.2.3.2: unpredictable for each record.
        accel.fill(vector)?;
        let (plaintext, suffix) = content.split_at_mut_checked(length).ok_or(ssl::BUFFER_TOO_SMALL)?;
        let mut padding = suffix;
        if !self.mac.is_after() {
            let additional = additional_data(sequence, content_type, length);
            let digest = self.mac.key.mac(accel, &[&additional, plaintext])?;
            let (mac, rest) = padding.split_at_mut_checked(self.mac.length()).ok_or(ssl::BUFFER_TOO_SMALL)?;
            copy(mac, digest.as_bytes());
            padding = rest;
        }
        let [value, ..] = padding.len().saturating_sub(1).to_le_bytes();
        padding.fill(value);
        let mut chained = *vector;
        accel.cbc_encrypt(self.key, &mut chained, content)?;
        if self.mac.is_after() {
            let additional = additional_data(sequence, content_type, encrypted.len());
            copy(outer_mac, self.mac.key.mac(accel, &[&additional, encrypted])?.as_bytes());
        }
        Ok(())
    }

    /// Opens what follows a header; the plaintext then begins behind the vector. Returns its length.
    pub(super) fn open<A: Accel>(
        &self,
        accel: &mut A,
        sequence: u64,
        content_type: ContentType,
        body: &mut [u8],
    ) -> Result<usize, Failure> {
        match self.mac.place {
            MacPlace::AfterEncryption => self.open_after(accel, sequence, content_type, body),
            // A state to seal with opens nothing.
            MacPlace::BeforeEncryption => Err(BAD_RECORD),
            MacPlace::BeforeEncryptionSecret => {
                let content = self.decrypt(accel, body, self.mac.length())?;
                let (length, padding_is_good) = unpad(content, self.mac.length())?;
                let additional = additional_data(sequence, content_type, 0);
                let mac_is_good = SecretMac::new(&self.mac.key).verify(&additional, content, length);
                // The one branch: whether the record is good, and nothing about why not.
                accept(length, padding_is_good & mac_is_good)
            }
        }
    }

    /// RFC 7366 §3: the MAC is checked before anything is decrypted.
    fn open_after<A: Accel>(
        &self,
        accel: &mut A,
        sequence: u64,
        content_type: ContentType,
        body: &mut [u8],
    ) -> Result<usize, Failure> {
        let end = body.len().checked_sub(self.mac.length()).ok_or(BAD_RECORD)?;
        let (encrypted, mac) = body.split_at_mut_checked(end).ok_or(BAD_RECORD)?;
        let additional = additional_data(sequence, content_type, encrypted.len());
        let expected = self.mac.key.mac(accel, &[&additional, encrypted])?;
        if !bool::from(expected.as_bytes().ct_eq(mac)) {
            return Err(BAD_RECORD);
        }
        let content = self.decrypt(accel, encrypted, 0)?;
        let (length, padding_is_good) = unpad(content, 0)?;
        accept(length, padding_is_good)
    }

    /// Decrypts what follows the vector: whole blocks with room for `mac_length` bytes and a byte of padding.
    fn decrypt<'r, A: Accel>(
        &self,
        accel: &mut A,
        encrypted: &'r mut [u8],
        mac_length: usize,
    ) -> Result<&'r mut [u8], Failure> {
        let (vector, content) = encrypted.split_first_chunk_mut().ok_or(BAD_RECORD)?;
        if content.len() <= mac_length || content.len() % BLOCK_LENGTH != 0 {
            return Err(BAD_RECORD);
        }
        let mut chained = *vector;
        accel.cbc_decrypt(self.key, &mut chained, content)?;
        Ok(content)
    }
}

fn accept(length: u32, good: Choice) -> Result<usize, Failure> {
    if bool::from(good) { usize::try_from(length).map_err(|_| BAD_RECORD) } else { Err(BAD_RECORD) }
}

const fn whole_blocks(bytes: usize) -> usize {
    bytes.saturating_sub(bytes % BLOCK_LENGTH)
}

/// The secret length of the plaintext in `content`, which ends in a MAC of `mac_length` bytes and the padding, and whether the
/// padding is right. Constant-time: its course depends on the length of `content` only.
///
/// RFC 5246 §6.2.3.2: with a wrong padding it goes on as if there were none, so that the MAC takes as long.
fn unpad(content: &[u8], mac_length: usize) -> Result<(u32, Choice), Failure> {
    let (last, rest) = content.split_last().ok_or(BAD_RECORD)?;
    // The plaintext's length if the padding were empty.
    let longest = rest.len().checked_sub(mac_length).ok_or(BAD_RECORD)?;
    let longest = u32::try_from(longest).map_err(|_| BAD_RECORD)?;
    let padding = u32::from(*last);
    let mut good = !padding.ct_gt(&longest);
    for (distance, byte) in (0..MAX_PADDING).zip(rest.iter().rev()) {
        let is_padding = padding.ct_gt(&distance);
        good &= !is_padding | byte.ct_eq(last);
    }
    let removed = u32::conditional_select(&0, &padding, good);
    Ok((longest.wrapping_sub(removed), good))
}
