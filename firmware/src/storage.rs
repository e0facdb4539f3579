//! The flash range of the settings: a few values by key, power-safe, and nothing of a secret that was replaced.
//!
//! The range has two halves, and one of them is in force: a head, and behind it records, of which the last one of a key counts. What
//! holds no secret, or the same one as before, is appended. When a secret changes, or there is no more room, everything is written anew into
//! the other half, then the head that puts it in force, then the first half is erased whole: so no byte of the old secret
//! can be read from the flash when [`Storage::write`] returns.
//!
//! ```text
//!   half A: head 7, settings, time, time, time      in force
//!   half B: erased ──► settings, time, head 8       in force ──► half A erased
//! ```
//! A power cut at any operation leaves the old value or the new one. Own code, since a map that is appended to leaves old values
//! behind. Deliberately absent: values for which a half is too short, and more keys than there are.

use core::ops::Range;

use accel::{Hash, HashAlgorithm, HashState, soft::Hasher};
use embedded_storage_async::nor_flash::{NorFlash, ReadNorFlash};
use sequential_storage::{
    cache::{Cache, CacheImpl},
    map::{MapConfig, MapStorage},
};
use status::{Error, device::STORAGE_FAILED};
use zeroize::Zeroize;

use crate::settings::configuration::{self, Text};

/// What is stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Key {
    /// The settings, as a configuration file with the secrets in it.
    Settings = 0,
    /// The last time that was known, as [`crate::clock`] writes it.
    Time = 1,
    /// Retained messages that are still to be cleared at the broker, as [`crate::connection`] writes them.
    Retained = 2,
}

impl Key {
    const ALL: [Self; 3] = [Self::Settings, Self::Time, Self::Retained];
}

/// What becomes of the earlier value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Earlier {
    /// It stays in the flash until its half is erased in turn.
    MayStay,
    /// No byte of it stays.
    IsErased,
}

/// The longest value, in bytes.
pub const MAX_VALUE_LENGTH: usize = configuration::MAX_LENGTH;

/// What is read and written at once, in bytes: a multiple of every flash's word.
const CHUNK: usize = 32;
/// The same, as a distance in the flash.
const STEP: u32 = 32;
/// The digest of a head or a record: the first eight bytes of a SHA-256.
const DIGEST: usize = 8;
/// What a head begins with.
const MAGIC: [u8; 4] = *b"NCS1";
/// What stands before a value: its key, a zero, its length (big-endian), the digest of these and of the value.
const BEFORE: usize = 4 + DIGEST;
/// The same, as a distance in the flash.
const BEFORE_VALUE: u32 = 12;
const _: () = assert!(BEFORE == 12 && CHUNK == 32);

/// The store.
pub struct Storage<F> {
    halves: Halves<F>,
    /// A text on its way into the flash: here, and not once in each task that may write one.
    text: Text,
}

/// The flash range.
struct Halves<F> {
    flash: F,
    /// What is in the flash; `None` before it was read, and after a failure.
    log: Option<Log>,
}

/// What the half in force holds.
#[derive(Clone, Copy)]
struct Log {
    /// The half in force and its generation; `None` for an empty store.
    present: Option<(Half, u32)>,
    /// The last whole record of each key.
    records: [Option<Record>; Key::ALL.len()],
    /// Where the next record goes; `None` behind one that a power cut has damaged.
    end: Option<u32>,
}

/// A half of the flash range.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Half {
    A,
    B,
}

/// A record's place in the flash, and its value's length in bytes.
#[derive(Clone, Copy)]
struct Record {
    offset: u32,
    length: u16,
}

impl Record {
    /// The record's length with its value and what fills it up, in bytes.
    fn span(self) -> u32 {
        u32::from(self.length).saturating_add(BEFORE_VALUE).next_multiple_of(STEP)
    }

    /// Where the next record begins.
    fn end(self) -> u32 {
        self.offset.saturating_add(self.span())
    }

    /// Where each chunk begins, counted from the record's beginning.
    fn chunks(self) -> impl Iterator<Item = u32> {
        (0..self.span()).step_by(CHUNK)
    }
}

impl Log {
    /// The last whole record of `key`.
    fn record(&self, key: Key) -> Option<Record> {
        self.records.get(key as usize).copied().flatten()
    }

    fn set(&mut self, key: Key, record: Record) {
        if let Some(place) = self.records.get_mut(key as usize) {
            *place = Some(record);
        }
    }
}

impl Half {
    const fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

impl<F: NorFlash> Storage<F> {
    /// A store in all of `flash`.
    pub const fn new(flash: F) -> Self {
        const { assert!(CHUNK.is_multiple_of(F::WRITE_SIZE) && CHUNK.is_multiple_of(F::READ_SIZE)) };
        Self { halves: Halves { flash, log: None }, text: Text::new() }
    }

    /// The flash, as it is.
    pub const fn flash(&self) -> &F {
        &self.halves.flash
    }

    /// Reads the value of `key` into `out` and tells its length; `None` where nothing was ever stored.
    ///
    /// # Errors
    /// `device::STORAGE_FAILED` (-0x8300) when the flash cannot be read or the value is longer than `out`.
    pub async fn read(&mut self, key: Key, out: &mut [u8]) -> Result<Option<usize>, Error> {
        self.halves.read(key, out).await
    }

    /// Stores a value in place of the earlier one. The same value again writes nothing.
    ///
    /// # Errors
    /// `device::STORAGE_FAILED` (-0x8300) when the flash cannot be written or the value is too long; the earlier value stays,
    /// unless only the erasure at the end has failed.
    pub async fn write(&mut self, key: Key, value: &[u8], earlier: Earlier) -> Result<(), Error> {
        self.halves.write(key, value, earlier).await
    }

    /// Stores a text in place of the earlier value. What is there already is not written again: the flash wears out.
    ///
    /// # Errors
    /// As [`Storage::write`].
    pub async fn write_text(
        &mut self,
        key: Key,
        text: impl FnOnce() -> Text,
        earlier: Earlier,
    ) -> Result<(), Error> {
        self.text = text();
        let written = self.halves.write(key, self.text.as_str().as_bytes(), earlier).await;
        // The old text is wiped as it is dropped.
        self.text = Text::new();
        written
    }

    /// Erases everything, old values included.
    ///
    /// # Errors
    /// `device::STORAGE_FAILED` (-0x8300) when the flash cannot be erased.
    pub async fn erase_all(&mut self) -> Result<(), Error> {
        self.halves.log = None;
        let end = capacity(&self.halves.flash)?;
        self.halves.flash.erase(0, end).await.map_err(|_| STORAGE_FAILED)
    }
}

impl<F: NorFlash> Halves<F> {
    async fn read(&mut self, key: Key, out: &mut [u8]) -> Result<Option<usize>, Error> {
        let Some(record) = self.open().await?.record(key) else { return Ok(None) };
        let out = out.get_mut(..record.length.into()).ok_or(STORAGE_FAILED)?;
        let (mut chunk, mut place) = ([0; CHUNK], 0_usize);
        for at in record.chunks() {
            self.load(record.offset.saturating_add(at), &mut chunk).await?;
            for byte in chunk {
                if let Some(to) = place.checked_sub(BEFORE).and_then(|place| out.get_mut(place)) {
                    *to = byte;
                }
                place = place.saturating_add(1);
            }
        }
        chunk.zeroize();
        Ok(Some(out.len()))
    }

    async fn write(&mut self, key: Key, value: &[u8], earlier: Earlier) -> Result<(), Error> {
        let length = u16::try_from(value.len()).ok().filter(|_| value.len() <= MAX_VALUE_LENGTH);
        let length = length.ok_or(STORAGE_FAILED)?;
        let log = self.open().await?;
        if self.holds(log, key, value).await? {
            return Ok(());
        }
        // Whatever fails, the flash is read anew.
        self.log = None;
        let room = match log.present.zip(log.end) {
            Some(((half, _), offset)) if earlier == Earlier::MayStay => {
                let record = Record { offset, length };
                (record.end() <= range(&self.flash, half)?.end).then_some(record)
            }
            _ => None,
        };
        self.log = Some(match room {
            Some(record) => {
                self.append(record.offset, key, value).await?;
                let mut log = Log { end: Some(record.end()), ..log };
                log.set(key, record);
                log
            }
            None => self.rewrite(log, key, value, length).await?,
        });
        Ok(())
    }

    /// Finds out what the flash holds, and ends what a power cut has interrupted.
    async fn open(&mut self) -> Result<Log, Error> {
        if let Some(log) = self.log {
            return Ok(log);
        }
        let (a, b) = (self.generation(Half::A).await?, self.generation(Half::B).await?);
        let present = match (a, b) {
            (Some(a), Some(b)) if b > a => Some((Half::B, b)),
            (Some(a), _) => Some((Half::A, a)),
            (None, Some(b)) => Some((Half::B, b)),
            (None, None) => None,
        };
        for half in [Half::A, Half::B] {
            if present.is_none_or(|(found, _)| found != half) {
                self.erase_half(half).await?;
            }
        }
        let mut log = Log { present, records: [None; _], end: None };
        if let Some((half, _)) = present {
            self.scan(half, &mut log).await?;
        }
        self.log = Some(log);
        Ok(log)
    }

    /// Reads the records of a half.
    async fn scan(&mut self, half: Half, log: &mut Log) -> Result<(), Error> {
        let Range { start, end } = range(&self.flash, half)?;
        let mut offset = start.saturating_add(STEP);
        let mut chunk = [0; CHUNK];
        // Each turn is a record of at least a chunk.
        while offset < end {
            self.load(offset, &mut chunk).await?;
            if chunk == [0xFF; CHUNK] {
                log.end = Some(offset);
                break;
            }
            let [key, _, high, low, digest @ ..] = chunk;
            let record = Record { offset, length: u16::from_be_bytes([high, low]) };
            let key = Key::ALL.into_iter().find(|known| *known as u8 == key);
            let Some(key) = key.filter(|_| record.end() <= end) else { break };
            let whole = self.digest(record).await?;
            if digest.first_chunk() != Some(&whole) {
                break;
            }
            log.set(key, record);
            offset = record.end();
        }
        chunk.zeroize();
        Ok(())
    }

    /// The digest of a record, as its value in the flash gives it.
    async fn digest(&mut self, record: Record) -> Result<[u8; DIGEST], Error> {
        let mut state = Hasher.hash_start(HashAlgorithm::Sha256)?;
        let mut chunk = [0; CHUNK];
        let mut left = usize::from(record.length);
        for at in record.chunks() {
            self.load(record.offset.saturating_add(at), &mut chunk).await?;
            let mut bytes = chunk.as_slice();
            if at == 0 {
                let (before, value) = chunk.split_at_checked(BEFORE).unwrap_or_default();
                Hasher.hash_update(&mut state, before.get(..4).unwrap_or_default())?;
                bytes = value;
            }
            let value = bytes.get(..left.min(bytes.len())).unwrap_or_default();
            left = left.saturating_sub(value.len());
            Hasher.hash_update(&mut state, value)?;
        }
        chunk.zeroize();
        finish(state)
    }

    /// Whether `key` has this very value.
    async fn holds(&mut self, log: Log, key: Key, value: &[u8]) -> Result<bool, Error> {
        let Some(record) = log.record(key).filter(|record| usize::from(record.length) == value.len()) else {
            return Ok(false);
        };
        // By the digest, which the record was checked against when it was read or written.
        let mut chunk = [0; CHUNK];
        self.load(record.offset, &mut chunk).await?;
        let [_, _, _, _, digest @ ..] = chunk;
        let is_same = digest.first_chunk() == Some(&self::digest(key, value)?);
        chunk.zeroize();
        Ok(is_same)
    }

    /// Writes the other half with the new value, puts it in force and erases the first half.
    async fn rewrite(&mut self, log: Log, key: Key, value: &[u8], length: u16) -> Result<Log, Error> {
        let (half, generation) = match log.present {
            Some((half, generation)) => (half.other(), generation.checked_add(1).ok_or(STORAGE_FAILED)?),
            None => (Half::A, 0),
        };
        // 1. An erased half.
        self.erase_half(half).await?;
        // 2. The values.
        let Range { start, end } = range(&self.flash, half)?;
        let mut offset = start.saturating_add(STEP);
        let mut new = Log { present: Some((half, generation)), records: [None; _], end: None };
        for other in Key::ALL {
            let old = log.record(other).filter(|_| other != key);
            let length = match old {
                Some(old) => old.length,
                None if other == key => length,
                None => continue,
            };
            let record = Record { offset, length };
            if record.end() > end {
                return Err(STORAGE_FAILED);
            }
            match old {
                Some(old) => self.copy(old, offset).await?,
                None => self.append(offset, key, value).await?,
            }
            new.set(other, record);
            offset = record.end();
        }
        new.end = Some(offset);
        // 3. The head: from here on the new values are in force.
        let mut head = [0xFF; CHUNK];
        let number = generation.to_be_bytes();
        let digest = head_digest(number)?;
        let bytes = MAGIC.iter().chain(&number).chain(&digest);
        head.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        self.flash.write(start, &head).await.map_err(|_| STORAGE_FAILED)?;
        // 4. The end of the old ones.
        if let Some((old, _)) = log.present {
            self.erase_half(old).await?;
        }
        Ok(new)
    }

    /// Writes a record at `offset`, where the flash is erased.
    async fn append(&mut self, offset: u32, key: Key, value: &[u8]) -> Result<(), Error> {
        let (start, digest) = (start(key, value), digest(key, value)?);
        let mut bytes = start.iter().chain(&digest).chain(value).copied();
        let record = Record { offset, length: u16::try_from(value.len()).map_err(|_| STORAGE_FAILED)? };
        let mut chunk = [0; CHUNK];
        for at in record.chunks() {
            chunk.fill_with(|| bytes.next().unwrap_or(0xFF));
            self.flash.write(offset.saturating_add(at), &chunk).await.map_err(|_| STORAGE_FAILED)?;
        }
        chunk.zeroize();
        Ok(())
    }

    /// Copies a record as it is.
    async fn copy(&mut self, record: Record, to: u32) -> Result<(), Error> {
        let mut chunk = [0; CHUNK];
        for at in record.chunks() {
            self.load(record.offset.saturating_add(at), &mut chunk).await?;
            self.flash.write(to.saturating_add(at), &chunk).await.map_err(|_| STORAGE_FAILED)?;
        }
        chunk.zeroize();
        Ok(())
    }

    /// The generation of a half that was completed.
    async fn generation(&mut self, half: Half) -> Result<Option<u32>, Error> {
        let start = range(&self.flash, half)?.start;
        let mut head = [0; CHUNK];
        self.load(start, &mut head).await?;
        let [m0, m1, m2, m3, g0, g1, g2, g3, digest @ ..] = head;
        let number = [g0, g1, g2, g3];
        let is_whole = [m0, m1, m2, m3] == MAGIC && digest.first_chunk() == Some(&head_digest(number)?);
        Ok(is_whole.then(|| u32::from_be_bytes(number)))
    }

    /// Erases a half, unless it is blank.
    async fn erase_half(&mut self, half: Half) -> Result<(), Error> {
        let range = range(&self.flash, half)?;
        let mut chunk = [0; CHUNK];
        for offset in range.clone().step_by(CHUNK) {
            self.load(offset, &mut chunk).await?;
            if chunk != [0xFF; CHUNK] {
                chunk.zeroize();
                return self.flash.erase(range.start, range.end).await.map_err(|_| STORAGE_FAILED);
            }
        }
        Ok(())
    }

    async fn load(&mut self, offset: u32, chunk: &mut [u8; CHUNK]) -> Result<(), Error> {
        self.flash.read(offset, chunk).await.map_err(|_| STORAGE_FAILED)
    }
}

/// A record's first four bytes.
fn start(key: Key, value: &[u8]) -> [u8; 4] {
    let [.., high, low] = value.len().to_be_bytes();
    [key as u8, 0, high, low]
}

/// The digest of a record.
fn digest(key: Key, value: &[u8]) -> Result<[u8; DIGEST], Error> {
    let mut state = Hasher.hash_start(HashAlgorithm::Sha256)?;
    Hasher.hash_update(&mut state, &start(key, value))?;
    Hasher.hash_update(&mut state, value)?;
    finish(state)
}

/// The digest of a head, by its generation.
fn head_digest(generation: [u8; 4]) -> Result<[u8; DIGEST], Error> {
    let mut state = Hasher.hash_start(HashAlgorithm::Sha256)?;
    Hasher.hash_update(&mut state, &MAGIC)?;
    Hasher.hash_update(&mut state, &generation)?;
    finish(state)
}

fn finish(mut state: HashState) -> Result<[u8; DIGEST], Error> {
    let digest = Hasher.hash_finish_in_place(&mut state)?;
    Ok(digest.as_bytes().first_chunk().copied().unwrap_or_default())
}

/// Where a half is, in bytes from the beginning of the flash range.
fn range<F: ReadNorFlash>(flash: &F, half: Half) -> Result<Range<u32>, Error> {
    let end = capacity(flash)?;
    Ok(match half {
        Half::A => 0..end / 2,
        Half::B => end / 2..end,
    })
}

/// The map of [`crate::certificates`] in a range of a flash, in bytes from its beginning.
pub(crate) fn map_in<F: NorFlash>(
    flash: &mut F,
    range: Range<u32>,
) -> Result<MapStorage<u8, &mut F, impl CacheImpl<u8>>, Error> {
    let config = MapConfig::try_new(range).map_err(|_| STORAGE_FAILED)?;
    Ok(MapStorage::new(flash, config, Cache::new_uncached()))
}

/// The length of a flash in bytes.
pub(crate) fn capacity<F: ReadNorFlash>(flash: &F) -> Result<u32, Error> {
    u32::try_from(flash.capacity()).map_err(|_| STORAGE_FAILED)
}
