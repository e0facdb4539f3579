//! A flash range in a file, as strict as that of the STM32F439 (RM0090 §3): programming only clears bits, an erased byte is
//! 0xFF, and a word may be programmed once until its page is erased. A file that does not exist yet is erased flash.

use std::{
    fmt,
    fs::{File, OpenOptions},
    io,
    os::unix::fs::FileExt,
    path::Path,
};

use embedded_storage_async::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};

use crate::power::{self, POWER};

/// The bytes of a word, the least that is programmed.
pub const WORD: usize = 4;
/// What an erased byte reads as.
const ERASED: u8 = 0xFF;

/// A flash range with pages of `PAGE` bytes, written through to its file.
pub struct Flash<const PAGE: usize> {
    file: File,
    bytes: Vec<u8>,
}

/// Why an operation failed.
#[derive(Debug)]
pub enum FlashError {
    /// Not aligned, or out of bounds.
    Range(NorFlashErrorKind),
    /// The word was programmed before, and its page not erased since.
    NotErased {
        /// The word's place in the range.
        offset: u32,
    },
    /// The file.
    File(io::Error),
}

impl NorFlashError for FlashError {
    fn kind(&self) -> NorFlashErrorKind {
        match self {
            Self::Range(kind) => *kind,
            Self::NotErased { .. } | Self::File(_) => NorFlashErrorKind::Other,
        }
    }
}

impl fmt::Display for FlashError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Range(kind) => write!(f, "{kind}"),
            Self::NotErased { offset } => write!(f, "the word at {offset:#x} is not erased"),
            Self::File(error) => write!(f, "{error}"),
        }
    }
}

impl<const PAGE: usize> Flash<PAGE> {
    /// Opens the range of `pages` pages in the file at `path`.
    ///
    /// # Errors
    /// When the file cannot be opened, or has another length than the range.
    pub fn open(path: &Path, pages: usize) -> io::Result<Self> {
        let length = PAGE.saturating_mul(pages);
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let mut bytes = vec![ERASED; length];
        match file.metadata()?.len() {
            0 => file.write_all_at(&bytes, 0)?,
            found if usize::try_from(found).is_ok_and(|found| found == length) => {
                file.read_exact_at(&mut bytes, 0)?;
            }
            found => {
                let text = format!("{}: {found} bytes instead of {length}", path.display());
                return Err(io::Error::new(io::ErrorKind::InvalidData, text));
            }
        }
        Ok(Self { file, bytes })
    }

    /// Programs a word. When the power fails, only some of the bits that should be cleared are.
    fn program(&mut self, offset: u32, word: [u8; WORD]) -> Result<(), FlashError> {
        let place = self.place(offset, WORD)?;
        if place.iter().any(|byte| *byte != ERASED) {
            return Err(FlashError::NotErased { offset });
        }
        let fails = POWER.fails_now();
        for (index, (byte, new)) in place.iter_mut().zip(word).enumerate() {
            // Half of the bytes finished, in one of the others half of the bits.
            let torn = [0x00, 0x00, 0x5A, ERASED];
            let kept = if fails { torn.get(index).copied().unwrap_or(ERASED) } else { 0 };
            *byte &= new | kept;
        }
        self.write_through(offset, WORD)?;
        if fails { power::cut() } else { Ok(()) }
    }

    /// Erases a page. When the power fails, the first half of it is erased, and of the rest some bits are.
    fn erase_page(&mut self, offset: u32) -> Result<(), FlashError> {
        let fails = POWER.fails_now();
        for (index, byte) in self.place(offset, PAGE)?.iter_mut().enumerate() {
            *byte |= if fails && index >= PAGE / 2 { 0x0F } else { ERASED };
        }
        self.write_through(offset, PAGE)?;
        if fails { power::cut() } else { Ok(()) }
    }

    fn place(&mut self, offset: u32, length: usize) -> Result<&mut [u8], FlashError> {
        const OUT_OF_BOUNDS: FlashError = FlashError::Range(NorFlashErrorKind::OutOfBounds);
        let start = usize::try_from(offset).map_err(|_| OUT_OF_BOUNDS)?;
        self.bytes.get_mut(start..).and_then(|rest| rest.get_mut(..length)).ok_or(OUT_OF_BOUNDS)
    }

    fn write_through(&mut self, offset: u32, length: usize) -> Result<(), FlashError> {
        let place = self.place(offset, length)?.to_vec();
        self.file.write_all_at(&place, offset.into()).map_err(FlashError::File)
    }
}

impl<const PAGE: usize> ErrorType for Flash<PAGE> {
    type Error = FlashError;
}

impl<const PAGE: usize> ReadNorFlash for Flash<PAGE> {
    const READ_SIZE: usize = 1;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), FlashError> {
        let place = self.place(offset, bytes.len())?;
        bytes.copy_from_slice(place);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.bytes.len()
    }
}

impl<const PAGE: usize> NorFlash for Flash<PAGE> {
    const WRITE_SIZE: usize = WORD;
    const ERASE_SIZE: usize = PAGE;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), FlashError> {
        let page = u32::try_from(PAGE).unwrap_or(u32::MAX);
        if !from.is_multiple_of(page) || !to.is_multiple_of(page) {
            return Err(FlashError::Range(NorFlashErrorKind::NotAligned));
        }
        let length = to.checked_sub(from).and_then(|length| usize::try_from(length).ok());
        // Nothing is erased unless everything can be.
        self.place(from, length.unwrap_or(usize::MAX))?;
        (from..to).step_by(PAGE).try_for_each(|page| self.erase_page(page))
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FlashError> {
        let (words, rest) = bytes.as_chunks::<WORD>();
        if !rest.is_empty() || !usize::try_from(offset).is_ok_and(|offset| offset.is_multiple_of(WORD)) {
            return Err(FlashError::Range(NorFlashErrorKind::NotAligned));
        }
        self.place(offset, bytes.len())?;
        (offset..).step_by(WORD).zip(words).try_for_each(|(offset, word)| self.program(offset, *word))
    }
}
