//! CBC records: HMAC, and a random explicit IV in each record (RFC 5246 §6.2.3.2). The MAC comes before or after encryption (RFC 7366).
//!
//! Opening a MAC-then-encrypt record reveals nothing about its padding, neither by the result nor by the time taken: see [`super::mac`].

use accel::{Accel, CipherKey, Direction, HashAlgorithm, HmacKey, soft};
use status::{Error, ssl};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq, ConstantTimeGreater};

use super::ContentType;
use super::mac::SecretMac;
use super::protection::{BAD_RECORD, additional_data};
use crate::failure::Failure;
use crate::wire::copy;

/// The length of an AES block, and of an IV.
pub(super) const BLOCK_LENGTH: usize = 16;
/// The longest MAC: SHA-256's.
pub(super) const MAX_MAC_LENGTH: usize = 32;
/// The longest padding, without its length byte.
pub(super) const MAX_PADDING: u32 = 255;

/// The keys of one direction, and the order of MAC and encryption.
#[derive(Clone, Copy)]
pub(super) struct Cbc<'p> {
    pub(super) key: &'p CipherKey,
    pub(super) mac: &'p Mac,
}

/// The MAC of one direction: its key, and its place in the record.
pub(super) struct Mac {
    key: HmacKey,
    place: MacPlace,
}

/// The place of the MAC. The enum is as long as its alignment, so that it leaves no padding bytes which a secret could be copied into.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
enum MacPlace {
    /// At the end, computed over the ciphertext.
    AfterEncryption,
    /// Between plaintext and padding, for sealing.
    BeforeEncryption,
    /// Between plaintext and padding, for opening: the exact place is secret.
    BeforeEncryptionSecret,
}

impl Mac {
    /// No key yet. An AEAD suite never sets one.
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
            // Software prepares this key, because the constant-time check needs its chaining values.
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
    /// How many bytes follow the plaintext: the MAC, and 1 to 16 bytes of padding.
    pub(super) fn suffix_length(&self, length: usize) -> usize {
        let encrypted = if self.mac.is_after() { length } else { length.saturating_add(self.mac.length()) };
        // What is missing to a whole block: at least one byte.
        let padding = BLOCK_LENGTH.saturating_sub(encrypted % BLOCK_LENGTH);
        self.mac.length().saturating_add(padding)
    }

    /// The longest plaintext that fits into `content` bytes after the IV.
    pub(super) fn max_plaintext(&self, content: usize) -> usize {
        let mac = self.mac.length();
        let most = if self.mac.is_after() {
            whole_blocks(content.saturating_sub(mac))
        } else {
            whole_blocks(content).saturating_sub(mac)
        };
        most.saturating_sub(1)
    }

    /// `body` has room for the IV, then the plaintext, then room for MAC and padding.
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
        // RFC 5246 §6.2.3.2: the IV must be unpredictable for each record.
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

    /// Opens what follows a record header. Returns the plaintext's length; the plaintext follows the IV.
    pub(super) fn open<A: Accel>(
        &self,
        accel: &mut A,
        sequence: u64,
        content_type: ContentType,
        body: &mut [u8],
    ) -> Result<usize, Failure> {
        match self.mac.place {
            MacPlace::AfterEncryption => self.open_after(accel, sequence, content_type, body),
            // A state made for sealing opens nothing.
            MacPlace::BeforeEncryption => Err(BAD_RECORD),
            MacPlace::BeforeEncryptionSecret => {
                let content = self.decrypt(accel, body, self.mac.length())?;
                let (length, padding_is_good) = unpad(content, self.mac.length())?;
                let additional = additional_data(sequence, content_type, 0);
                let mac_is_good = SecretMac::new(&self.mac.key).verify(&additional, content, length);
                // The only branch: whether the record is good. Why it is not stays unknown.
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

    /// Decrypts what follows the IV. Checks that there are whole blocks, with room for `mac_length` bytes and one byte of padding.
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

/// Finds the secret length of the plaintext in `content`, which ends in a MAC of `mac_length` bytes and the padding. Also returns whether
/// the padding is valid. Constant time: the run depends on the length of `content` only.
///
/// RFC 5246 §6.2.3.2: invalid padding is treated as if there were none, so that the MAC takes as long.
fn unpad(content: &[u8], mac_length: usize) -> Result<(u32, Choice), Failure> {
    let (last, rest) = content.split_last().ok_or(BAD_RECORD)?;
    // The plaintext's length if the padding were only its length byte.
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
