//! A flash in memory that behaves as the MCU's: whole pages are erased, a word is written once, and power can fail in the middle
//! of any operation.

use embassy_futures::block_on;
use embedded_storage_async::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};
use tests::random::Random;

pub(crate) const PAGE: usize = 16 * 1024;
const WORD: usize = 4;

/// A flash of some pages.
#[derive(Clone)]
pub(crate) struct Flash {
    pub(crate) bytes: Vec<u8>,
    pub(crate) power: Power,
    /// Words written and pages erased so far.
    pub(crate) operations: usize,
    random: Random,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Power {
    On,
    /// Fails in the middle of the operation after so many.
    FailsAfter(usize),
    Off,
}

/// Power has failed.
#[derive(Debug)]
pub(crate) struct Failed;

impl NorFlashError for Failed {
    fn kind(&self) -> NorFlashErrorKind {
        NorFlashErrorKind::Other
    }
}

impl Flash {
    pub(crate) fn new(pages: usize) -> Self {
        Self { bytes: vec![0xFF; pages * PAGE], power: Power::On, operations: 0, random: Random(1) }
    }

    pub(crate) fn contains(&self, needle: &[u8]) -> bool {
        self.bytes.windows(needle.len()).any(|window| window == needle)
    }

    /// Begins an operation: whether it will be completed, or an error where there is no power at all.
    fn begin(&mut self) -> Result<bool, Failed> {
        self.operations += 1;
        match self.power {
            Power::On => Ok(true),
            Power::Off => Err(Failed),
            Power::FailsAfter(0) => {
                self.power = Power::Off;
                Ok(false)
            }
            Power::FailsAfter(left) => {
                self.power = Power::FailsAfter(left - 1);
                Ok(true)
            }
        }
    }
}

impl ErrorType for Flash {
    type Error = Failed;
}

impl ReadNorFlash for Flash {
    const READ_SIZE: usize = 1;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Failed> {
        if self.power == Power::Off {
            return Err(Failed);
        }
        bytes.copy_from_slice(&self.bytes[offset as usize..][..bytes.len()]);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.bytes.len()
    }
}

impl NorFlash for Flash {
    const WRITE_SIZE: usize = WORD;
    const ERASE_SIZE: usize = PAGE;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), Failed> {
        for page in (from as usize..to as usize).step_by(PAGE) {
            let completed = self.begin()?;
            for byte in &mut self.bytes[page..][..PAGE] {
                // An erasure that is cut short leaves some bits as they were.
                let kept = if completed { 0 } else { self.random.number().to_le_bytes()[0] };
                *byte |= !kept;
            }
            if !completed {
                return Err(Failed);
            }
        }
        Ok(())
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Failed> {
        for (index, word) in bytes.chunks(WORD).enumerate() {
            let place = offset as usize + index * WORD;
            assert_eq!(word.len(), WORD, "a piece of a word is written");
            assert_eq!(self.bytes[place..][..WORD], [0xFF; WORD], "a word at {place} is written twice");
            let completed = self.begin()?;
            for (to, from) in self.bytes[place..].iter_mut().zip(word) {
                // A word that is cut short has some of its zeros.
                let kept = if completed { 0 } else { self.random.number().to_le_bytes()[0] };
                *to = from | kept;
            }
            if !completed {
                return Err(Failed);
            }
        }
        Ok(())
    }
}

/// A flash can be read as it was left.
#[test]
fn a_word_is_written_once_and_pages_are_erased() {
    let mut flash = Flash::new(2);
    block_on(flash.write(PAGE as u32, b"12345678")).unwrap();
    assert!(flash.contains(b"12345678"));
    flash.power = Power::FailsAfter(0);
    assert!(block_on(flash.erase(0, 2 * PAGE as u32)).is_err());
    assert!(flash.contains(b"12345678"), "the second page was not reached");
    flash.power = Power::On;
    block_on(flash.erase(0, 2 * PAGE as u32)).unwrap();
    assert!(flash.bytes.iter().all(|byte| *byte == 0xFF));
}
