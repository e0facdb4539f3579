//! The protection of one direction: key and sequence number, and how they seal or open a record.

use core::ops::Range;

use accel::{Accel, CipherKey, CipherMode, Direction, MAX_TAG_LENGTH, NONCE_LENGTH};
use status::{Alert, Cause, cipher, ssl};
use zeroize::{Zeroize, Zeroizing};

use super::cbc::{self, Cbc, Mac};
use super::{ContentType, HEADER_LENGTH, Header, MAX_PLAINTEXT_LENGTH};
use crate::failure::Failure;
use crate::schedule::Keys;

/// The most bytes that any suite adds to a plaintext: header, IV, SHA-256 MAC and a full block of padding.
pub const MAX_OVERHEAD: usize = HEADER_LENGTH + cbc::BLOCK_LENGTH + cbc::MAX_MAC_LENGTH + cbc::BLOCK_LENGTH;

/// The protection of one direction (RFC 5246 §6.1: a connection state), with its sequence number.
///
/// The keys are wiped when it is dropped. It has room for the keys of every suite, so that all of its memory is written and wiped
/// whichever suite is used. An AEAD suite has no MAC, a CBC suite no salt.
pub struct Protection {
    key: CipherKey,
    mac: Mac,
    salt: Zeroizing<[u8; SALT_LENGTH]>,
    /// The next record's sequence number; none once all 2^64 have been used.
    sequence: Option<u64>,
}

impl Protection {
    /// The state that ChangeCipherSpec activates, with sequence number 0. `encrypt_then_mac` is ignored for AEAD suites.
    ///
    /// # Errors
    /// Those of the accelerator; `ssl::INTERNAL_ERROR` (-0x6C00) for keys of the wrong length.
    #[cfg(feature = "internals")]
    pub fn new<A: Accel>(
        accel: &mut A,
        keys: &Keys<'_>,
        direction: Direction,
        encrypt_then_mac: bool,
    ) -> Result<Self, Failure> {
        let mut made = Self::empty();
        made.load(accel, keys, direction, encrypt_then_mac)?;
        Ok(made)
    }

    /// Room for a state that is loaded later.
    pub(crate) fn empty() -> Self {
        Self {
            key: CipherKey::empty(),
            mac: Mac::empty(),
            salt: Zeroizing::new([0; SALT_LENGTH]),
            sequence: Some(0),
        }
    }

    /// Makes this the state that ChangeCipherSpec activates, with sequence number 0. Loads the keys in place, since round keys are large
    /// to move.
    ///
    /// # Errors
    /// Those of the accelerator and of a wrong key length. The state cannot be used then.
    pub(crate) fn load<A: Accel>(
        &mut self,
        accel: &mut A,
        keys: &Keys<'_>,
        direction: Direction,
        encrypt_then_mac: bool,
    ) -> Result<(), Failure> {
        self.load_cipher(accel, keys, direction)?;
        match keys.suite.mac() {
            Some(algorithm) => self.mac.load(accel, direction, algorithm, keys.mac, encrypt_then_mac)?,
            None => *self.salt = keys.salt.try_into().map_err(|_| ssl::INTERNAL_ERROR)?,
        }
        Ok(())
    }

    // Not inlined, so that its stack is free again when the MAC key is loaded.
    #[inline(never)]
    fn load_cipher<A: Accel>(
        &mut self,
        accel: &mut A,
        keys: &Keys<'_>,
        direction: Direction,
    ) -> Result<(), Failure> {
        self.key = accel.cipher_load(keys.suite.mode(), direction, keys.cipher)?;
        Ok(())
    }

    /// Advances the sequence number: for tests of its end, and for tools that join a recorded connection. Never goes back, since a nonce
    /// must not be used twice.
    #[cfg(feature = "internals")]
    #[must_use]
    pub fn at(self, sequence: u64) -> Self {
        let sequence = self.sequence.map(|least| least.max(sequence));
        Self { sequence, ..self }
    }

    /// How many bytes precede the plaintext: the header, and the explicit nonce or IV.
    pub const fn prefix_length(&self) -> usize {
        match self.key.mode() {
            CipherMode::Cbc => HEADER_LENGTH + cbc::BLOCK_LENGTH,
            _ => HEADER_LENGTH + EXPLICIT_LENGTH,
        }
    }

    /// How many bytes follow a plaintext of `length` bytes: the tag, or MAC and padding.
    pub fn suffix_length(&self, length: usize) -> usize {
        match self.key.mode() {
            CipherMode::Cbc => self.cbc().suffix_length(length),
            aead => aead.tag_length(),
        }
    }

    /// The longest plaintext whose record fits into `space` bytes, at most 2^14.
    pub fn max_plaintext(&self, space: usize) -> usize {
        let content = space.saturating_sub(self.prefix_length());
        let most = match self.key.mode() {
            CipherMode::Cbc => self.cbc().max_plaintext(content),
            aead => content.saturating_sub(aead.tag_length()),
        };
        most.min(MAX_PLAINTEXT_LENGTH)
    }

    /// Seals the `length` bytes of plaintext that begin at [`Protection::prefix_length`] in `buffer`. The record begins at the front of
    /// `buffer`; returns its length.
    ///
    /// # Errors
    /// `ssl::COUNTER_WRAPPING` (-0x6B80) when no sequence number is left (RFC 5246 §6.1); `ssl::BUFFER_TOO_SMALL` (-0x6A00)
    /// when `buffer` does not hold prefix, plaintext and suffix, or the plaintext is longer than 2^14; the accelerator's own
    /// codes. The plaintext is wiped then.
    pub fn seal<A: Accel>(
        &mut self,
        accel: &mut A,
        content_type: ContentType,
        buffer: &mut [u8],
        length: usize,
    ) -> Result<usize, Failure> {
        let result = self.seal_record(accel, content_type, buffer, length);
        if result.is_err() {
            buffer.zeroize();
        }
        result
    }

    fn seal_record<A: Accel>(
        &mut self,
        accel: &mut A,
        content_type: ContentType,
        buffer: &mut [u8],
        length: usize,
    ) -> Result<usize, Failure> {
        if length > MAX_PLAINTEXT_LENGTH {
            return Err(ssl::BUFFER_TOO_SMALL.into());
        }
        let suffix = self.suffix_length(length);
        let total = self.prefix_length().saturating_add(length).saturating_add(suffix);
        let record = buffer.get_mut(..total).ok_or(ssl::BUFFER_TOO_SMALL)?;
        let (header, body) = record.split_first_chunk_mut().ok_or(ssl::BUFFER_TOO_SMALL)?;
        *header = Header::encode(content_type, body.len());
        let sequence = self.take_sequence()?;
        match self.key.mode() {
            CipherMode::Cbc => self.cbc().seal(accel, sequence, content_type, body, length)?,
            _ => {
                let (explicit, rest) = body.split_first_chunk_mut().ok_or(ssl::BUFFER_TOO_SMALL)?;
                // RFC 5288 §3, RFC 6655 §3: never the same nonce twice; the sequence number cannot repeat.
                *explicit = sequence.to_be_bytes();
                let (plaintext, tag) = rest.split_at_mut_checked(length).ok_or(ssl::BUFFER_TOO_SMALL)?;
                let additional = additional_data(sequence, content_type, length);
                accel.seal(&self.key, &nonce(&self.salt, explicit), &additional, plaintext, tag)?;
            }
        }
        Ok(total)
    }

    /// Opens a whole record, including its header, in place. Returns the range of the plaintext.
    ///
    /// # Errors
    /// `ssl::INVALID_MAC` (-0x7180) with `bad_record_mac`: the same for every fault of tag, MAC, padding and length
    /// (RFC 5246 §6.2.3.2); `ssl::INVALID_RECORD` (-0x7200) with `record_overflow` for more than 2^14 bytes of plaintext
    /// (§6.2.1); `ssl::COUNTER_WRAPPING` (-0x6B80) when no sequence number is left (§6.1); the accelerator's own codes.
    /// The record is wiped then.
    pub fn open<A: Accel>(&mut self, accel: &mut A, record: &mut [u8]) -> Result<Range<usize>, Failure> {
        let result = self.open_record(accel, record);
        if result.is_err() {
            record.zeroize();
        }
        result
    }

    fn open_record<A: Accel>(&mut self, accel: &mut A, record: &mut [u8]) -> Result<Range<usize>, Failure> {
        let (header, body) = record.split_first_chunk_mut().ok_or(BAD_RECORD)?;
        let Header { content_type, length } = Header::parse(*header)?;
        if length != body.len() || !Header::is_of_this_version(header) {
            return Err(BAD_RECORD);
        }
        let sequence = self.take_sequence()?;
        let length = match self.key.mode() {
            CipherMode::Cbc => self.cbc().open(accel, sequence, content_type, body)?,
            mode => {
                let (explicit, sealed) = body.split_first_chunk_mut().ok_or(BAD_RECORD)?;
                let length = sealed.len().checked_sub(mode.tag_length()).ok_or(BAD_RECORD)?;
                let (plaintext, tag) = sealed.split_at_mut_checked(length).ok_or(BAD_RECORD)?;
                let additional = additional_data(sequence, content_type, length);
                accel
                    .open(&self.key, &nonce(&self.salt, explicit), &additional, plaintext, tag)
                    .map_err(authentic)?;
                length
            }
        };
        if length > MAX_PLAINTEXT_LENGTH {
            return Err(too_long());
        }
        let start = self.prefix_length();
        Ok(start..start.saturating_add(length))
    }

    const fn cbc(&self) -> Cbc<'_> {
        Cbc { key: &self.key, mac: &self.mac }
    }

    /// RFC 5246 §6.1: the sequence number never wraps.
    fn take_sequence(&mut self) -> Result<u64, Failure> {
        let failure = Failure::new(ssl::COUNTER_WRAPPING, Alert::INTERNAL_ERROR);
        let sequence = self.sequence.ok_or(failure.with(Cause::SequenceExhausted))?;
        self.sequence = sequence.checked_add(1);
        Ok(sequence)
    }
}

/// One direction of the record layer (RFC 5246 §6.1). `None` means no protection, as at the beginning of a connection.
pub struct Layer<'p>(pub Option<&'p mut Protection>);

impl Layer<'_> {
    /// As [`Protection::prefix_length`].
    pub const fn prefix_length(&self) -> usize {
        match &self.0 {
            None => HEADER_LENGTH,
            Some(protection) => protection.prefix_length(),
        }
    }

    /// As [`Protection::max_plaintext`].
    pub fn max_plaintext(&self, space: usize) -> usize {
        match &self.0 {
            None => space.saturating_sub(HEADER_LENGTH).min(MAX_PLAINTEXT_LENGTH),
            Some(protection) => protection.max_plaintext(space),
        }
    }

    /// As [`Protection::seal`].
    ///
    /// # Errors
    /// Its own.
    pub fn seal<A: Accel>(
        self,
        accel: &mut A,
        content_type: ContentType,
        buffer: &mut [u8],
        length: usize,
    ) -> Result<usize, Failure> {
        if let Some(protection) = self.0 {
            return protection.seal(accel, content_type, buffer, length);
        }
        let header = Header::encode(content_type, length);
        let total = length.saturating_add(HEADER_LENGTH);
        if length > MAX_PLAINTEXT_LENGTH || buffer.len() < total {
            return Err(ssl::BUFFER_TOO_SMALL.into());
        }
        *buffer.first_chunk_mut().ok_or(ssl::BUFFER_TOO_SMALL)? = header;
        Ok(total)
    }

    /// As [`Protection::open`], but an unprotected record is not secret and is not wiped.
    ///
    /// # Errors
    /// Its own.
    pub fn open<A: Accel>(self, accel: &mut A, record: &mut [u8]) -> Result<Range<usize>, Failure> {
        if let Some(protection) = self.0 {
            return protection.open(accel, record);
        }
        Header::parse(*record.first_chunk().ok_or(BAD_RECORD)?)?;
        if record.len() > HEADER_LENGTH + MAX_PLAINTEXT_LENGTH {
            return Err(too_long());
        }
        Ok(HEADER_LENGTH..record.len())
    }
}

/// The answer to every fault of padding, MAC, tag and length in a protected record.
pub(super) const BAD_RECORD: Failure = Failure::new(ssl::INVALID_MAC, Alert::BAD_RECORD_MAC);

/// RFC 5246 §6.2.1: the plaintext is longer than a record may hold.
const fn too_long() -> Failure {
    Failure::new(ssl::INVALID_RECORD, Alert::RECORD_OVERFLOW).with(Cause::RecordTooLong)
}

/// The length of the additional authenticated data.
pub(super) const ADDITIONAL_LENGTH: usize = 13;

/// Sequence number, type, version and length (RFC 5246 §6.2.3.1 and §6.2.3.3).
pub(super) fn additional_data(
    sequence: u64,
    content_type: ContentType,
    length: usize,
) -> [u8; ADDITIONAL_LENGTH] {
    let mut data = [0; ADDITIONAL_LENGTH];
    let header = Header::encode(content_type, length);
    for (to, from) in data.iter_mut().zip(sequence.to_be_bytes().into_iter().chain(header)) {
        *to = from;
    }
    data
}

/// The implicit part of an AEAD nonce.
const SALT_LENGTH: usize = 4;
/// The explicit part, which stands in the record.
const EXPLICIT_LENGTH: usize = NONCE_LENGTH - SALT_LENGTH;

const _: () = assert!(cbc::MAX_MAC_LENGTH >= MAX_TAG_LENGTH && cbc::BLOCK_LENGTH >= EXPLICIT_LENGTH);

fn nonce(salt: &[u8; SALT_LENGTH], explicit: &[u8; EXPLICIT_LENGTH]) -> [u8; NONCE_LENGTH] {
    let mut nonce = [0; NONCE_LENGTH];
    for (to, from) in nonce.iter_mut().zip(salt.iter().chain(explicit)) {
        *to = *from;
    }
    nonce
}

fn authentic(error: status::Error) -> Failure {
    if error == cipher::AUTH_FAILED { BAD_RECORD } else { error.into() }
}
