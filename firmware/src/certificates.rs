//! The certificate store: three PEM files in a flash range of their own.
//!
//! The range has two halves, of which one is in force. A change writes all files into the other half, then a record that puts it in
//! force, then erases the first half. So a power cut at any write leaves the old set or the new one, and after a change no byte of
//! a replaced key can be read from the flash.
//!
//! ```text
//!   half A: CA, certificate, key, record 7      in force
//!   half B: erased ──► CA, new certificate, key, record 8 ──► half A erased
//! ```
//! A firmware with another identity erases the store at its start, and so does the factory reset (application note §1). The
//! configuration file never holds certificates.

use core::ops::Range;

use accel::{Hash, HashAlgorithm, soft::Hasher};
use embedded_storage_async::nor_flash::{NorFlash, ReadNorFlash};
use status::{
    Error,
    device::{FILE_TOO_LARGE, STORAGE_FAILED},
};
use subtle::ConstantTimeEq;
use x509::{Bundle, PrivateKey};
use zeroize::Zeroize;

use crate::storage::{capacity, map_in};

/// The longest file, in bytes of PEM text (application note §1).
pub const MAX_FILE_LENGTH: usize = x509::MAX_FILE_LENGTH;
/// What to lend to [`Certificates::read`], in bytes: a file, and what the flash needs around it.
pub const BUFFER_LENGTH: usize = MAX_FILE_LENGTH + 40;

/// One of the three files.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum File {
    /// "CA certificate".
    CaCertificate = 0,
    /// "Client Certificate".
    ClientCertificate = 1,
    /// "Private Key": write-only.
    PrivateKey = 2,
}

impl File {
    /// All three, in the order of the menu.
    pub const ALL: [Self; 3] = [Self::CaCertificate, Self::ClientCertificate, Self::PrivateKey];

    /// Whether `pem` is a file of this kind.
    ///
    /// `storage` is memory to decode in, of at least [`x509::MAX_DER_LENGTH`] bytes; wipe it after a key.
    ///
    /// # Errors
    /// `device::FILE_TOO_LARGE` (-0x8280) over 4096 bytes, or the code of what is wrong with it, as [`Bundle::from_pem`] and
    /// [`PrivateKey::from_pem`] say.
    pub fn check(self, pem: &[u8], storage: &mut [u8]) -> Result<(), Error> {
        if pem.len() > MAX_FILE_LENGTH {
            return Err(FILE_TOO_LARGE);
        }
        match self {
            Self::CaCertificate | Self::ClientCertificate => Bundle::from_pem(pem, storage).map(|_| ()),
            Self::PrivateKey => PrivateKey::from_pem(pem, storage).map(|_| ()),
        }
    }
}

/// The key of the record in a half's map; the files' keys are their numbers.
const RECORD: u8 = 3;
/// Generation (4 bytes, big-endian) and the firmware's identity (8 bytes).
const RECORD_LENGTH: usize = 12;

/// The certificate store in its flash range.
pub struct Certificates<F> {
    flash: F,
    /// Which half is in force, and its generation; `None` for an empty store.
    present: Option<(Half, u32)>,
    identity: [u8; 8],
    /// Wiped after each use, as the next one: a key goes through them.
    buffer: [u8; BUFFER_LENGTH],
    file: [u8; BUFFER_LENGTH],
}

/// A half of the flash range.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Half {
    A,
    B,
}

impl Half {
    const fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

impl<F: NorFlash> Certificates<F> {
    /// A store in all of `flash`, to be [started](Self::start) before anything else.
    pub const fn new(flash: F) -> Self {
        Self { flash, present: None, identity: [0; 8], buffer: [0; BUFFER_LENGTH], file: [0; BUFFER_LENGTH] }
    }

    /// The flash, as it is.
    pub const fn flash(&self) -> &F {
        &self.flash
    }

    /// Finds out which half is in force, ends what a power cut interrupted, and erases everything when `firmware` is another one
    /// than that which stored it.
    ///
    /// # Errors
    /// `device::STORAGE_FAILED` (-0x8300); the store counts as empty then.
    pub async fn start(&mut self, firmware: &str) -> Result<(), Error> {
        let digest = Hasher.hash(HashAlgorithm::Sha256, &[firmware.as_bytes()])?;
        self.identity = digest.as_bytes().first_chunk().copied().unwrap_or_default();
        self.present = None;
        let (a, b) = (self.generation(Half::A).await, self.generation(Half::B).await);
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
        self.present = present;
        Ok(())
    }

    /// Whether there is such a file.
    ///
    /// # Errors
    /// `device::STORAGE_FAILED` (-0x8300).
    pub async fn has(&mut self, file: File) -> Result<bool, Error> {
        let Some((half, _)) = self.present else { return Ok(false) };
        let found = fetch(&mut self.flash, half, file as u8, &mut self.buffer).await.map(|pem| pem.is_some());
        self.buffer.zeroize();
        found
    }

    /// Reads a file's PEM text; `None` where there is none. Wipe `buffer` after a key.
    ///
    /// # Errors
    /// `device::STORAGE_FAILED` (-0x8300).
    pub async fn read<'a>(
        &mut self,
        file: File,
        buffer: &'a mut [u8; BUFFER_LENGTH],
    ) -> Result<Option<&'a [u8]>, Error> {
        let Some((half, _)) = self.present else { return Ok(None) };
        fetch(&mut self.flash, half, file as u8, buffer).await
    }

    /// Whether [`Certificates::replace`] would put the file in the place of another one.
    ///
    /// # Errors
    /// What [`File::check`] says of a bad file, and `device::STORAGE_FAILED` (-0x8300).
    pub async fn replaces_another(&mut self, file: File, pem: &[u8]) -> Result<bool, Error> {
        let checked = file.check(pem, &mut self.buffer);
        self.buffer.zeroize();
        checked?;
        Ok(self.has(file).await? && !self.holds(file, pem).await)
    }

    /// Puts a file in the place of the earlier one, of which nothing remains in the flash; tells whether it is another one. What is there
    /// already is not written again: the flash wears out.
    ///
    /// # Errors
    /// What [`File::check`] says of a bad file, and `device::STORAGE_FAILED` (-0x8300): the earlier file stays.
    pub async fn replace(&mut self, file: File, pem: &[u8]) -> Result<bool, Error> {
        let checked = file.check(pem, &mut self.buffer);
        self.buffer.zeroize();
        checked?;
        if self.holds(file, pem).await {
            return Ok(false);
        }
        self.change(Change::Replace(file, pem)).await.map(|()| true)
    }

    /// Whether the file is this one. A file that cannot be read is not.
    async fn holds(&mut self, file: File, pem: &[u8]) -> bool {
        let Some((half, _)) = self.present else { return false };
        let found = fetch(&mut self.flash, half, file as u8, &mut self.buffer).await;
        let is_same = matches!(found, Ok(Some(present)) if present.ct_eq(pem).into());
        self.buffer.zeroize();
        is_same
    }

    /// Erases a file, so that nothing of it remains in the flash.
    ///
    /// # Errors
    /// `device::STORAGE_FAILED` (-0x8300): the file stays.
    pub async fn erase(&mut self, file: File) -> Result<(), Error> {
        if self.has(file).await? { self.change(Change::Erase(file)).await } else { Ok(()) }
    }

    /// Erases all files, so that nothing of them remains in the flash.
    ///
    /// # Errors
    /// `device::STORAGE_FAILED` (-0x8300).
    pub async fn erase_all(&mut self) -> Result<(), Error> {
        if self.present.is_some() { self.change(Change::EraseAll).await } else { Ok(()) }
    }

    /// Writes the other half as it is to be, puts it in force and erases the first half.
    async fn change(&mut self, change: Change<'_>) -> Result<(), Error> {
        let (to, generation) = match self.present {
            Some((half, generation)) => (half.other(), generation.checked_add(1).ok_or(STORAGE_FAILED)?),
            None => (Half::A, 0),
        };
        // 1. An erased half.
        self.erase_half(to).await?;
        // 2. The files.
        for file in File::ALL {
            match change {
                Change::EraseAll => {}
                Change::Erase(changed) if changed == file => {}
                Change::Replace(changed, pem) if changed == file => self.store(to, file as u8, pem).await?,
                Change::Erase(_) | Change::Replace(..) => self.copy(file, to).await?,
            }
        }
        // 3. The record: from here on the new set is in force.
        let mut record = [0; RECORD_LENGTH];
        let (first, second) = record.split_at_mut(size_of::<u32>());
        first.copy_from_slice(&generation.to_be_bytes());
        second.copy_from_slice(&self.identity);
        self.store(to, RECORD, &record).await?;
        // 4. The end of the old set.
        match self.present.replace((to, generation)) {
            Some((half, _)) => self.erase_half(half).await,
            None => Ok(()),
        }
    }

    /// The generation of a half that this firmware has completed.
    async fn generation(&mut self, half: Half) -> Option<u32> {
        let identity = self.identity;
        let record = fetch(&mut self.flash, half, RECORD, &mut self.buffer).await.ok().flatten()?;
        let (generation, rest) = record.split_first_chunk()?;
        (rest == identity).then(|| u32::from_be_bytes(*generation))
    }

    /// Copies a file from the half in force to the other one, if there is such a file.
    async fn copy(&mut self, file: File, to: Half) -> Result<(), Error> {
        let Some((from, _)) = self.present else { return Ok(()) };
        let copied = match fetch(&mut self.flash, from, file as u8, &mut self.file).await? {
            Some(pem) => store(&mut self.flash, to, file as u8, pem, &mut self.buffer).await,
            None => Ok(()),
        };
        self.file.zeroize();
        self.buffer.zeroize();
        copied
    }

    /// Writes a value of a half.
    async fn store(&mut self, half: Half, key: u8, value: &[u8]) -> Result<(), Error> {
        let stored = store(&mut self.flash, half, key, value, &mut self.buffer).await;
        self.buffer.zeroize();
        stored
    }

    /// Erases a half, unless it is blank.
    async fn erase_half(&mut self, half: Half) -> Result<(), Error> {
        let range = range(&self.flash, half)?;
        if is_blank(&mut self.flash, range.clone()).await? {
            return Ok(());
        }
        self.flash.erase(range.start, range.end).await.map_err(|_| STORAGE_FAILED)
    }
}

/// What is to be different.
#[derive(Clone, Copy)]
enum Change<'a> {
    Replace(File, &'a [u8]),
    Erase(File),
    EraseAll,
}

/// Reads a value of a half into `buffer`.
async fn fetch<'a, F: NorFlash>(
    flash: &mut F,
    half: Half,
    key: u8,
    buffer: &'a mut [u8; BUFFER_LENGTH],
) -> Result<Option<&'a [u8]>, Error> {
    let range = range(flash, half)?;
    let mut map = map_in(flash, range)?;
    map.fetch_item(buffer, &key).await.map_err(|_| STORAGE_FAILED)
}

/// Writes a value of a half; `buffer` is what the map works in.
async fn store<F: NorFlash>(
    flash: &mut F,
    half: Half,
    key: u8,
    value: &[u8],
    buffer: &mut [u8; BUFFER_LENGTH],
) -> Result<(), Error> {
    let range = range(flash, half)?;
    let mut map = map_in(flash, range)?;
    map.store_item(buffer, &key, &value).await.map_err(|_| STORAGE_FAILED)
}

/// Where a half is, in bytes from the beginning of the flash range.
fn range<F: ReadNorFlash>(flash: &F, half: Half) -> Result<Range<u32>, Error> {
    let end = capacity(flash)?;
    Ok(match half {
        Half::A => 0..end / 2,
        Half::B => end / 2..end,
    })
}

/// Whether every byte of a range is as an erasure leaves it.
async fn is_blank<F: ReadNorFlash>(flash: &mut F, range: Range<u32>) -> Result<bool, Error> {
    let mut chunk = [0; 64];
    for offset in range.step_by(chunk.len()) {
        flash.read(offset, &mut chunk).await.map_err(|_| STORAGE_FAILED)?;
        if chunk.iter().any(|byte| *byte != 0xFF) {
            chunk.zeroize();
            return Ok(false);
        }
    }
    Ok(true)
}
