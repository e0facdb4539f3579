//! CRYP, the cryptographic processor (RM0090 chapter 23): AES in ECB, CBC, CTR, GCM and CCM.
//!
//! A call loads its key, works block by block in place and wipes the unit, so that nothing of it outlives the call and calls
//! for different keys need no order. A block goes into the empty FIFO and comes out before the next one goes in: the
//! processor feeds the unit more slowly than it works, so nothing would be won by going ahead, and what was not answered is
//! still in place when the unit stops.
//!
//! ```text
//!   CR: mode, CRYPEN=0 ─► key ─► (key preparation, to decrypt in ECB and CBC) ─► IV ─► CRYPEN=1 ─► blocks ─► wiped
//! ```
//!
//! Deliberately absent: DES, DMA, interrupts, the unit's own CCM mode (the vendor's own driver gets its last block in parts
//! wrong, and the software's CCM needs only blocks that are encrypted), and saving a message in progress.

mod gcm;

use status::{Error, aes, cipher};

use zeroize::Zeroizing;

use super::regs::{CRYP_POLLS, Regs, wait};
use crate::soft::mode::{Blocks, bytes, ccm, words};
use crate::{CipherMode, Direction, NONCE_LENGTH};

/// The driver over the registers of the unit.
///
/// ```
/// use accel::{Direction, stm32f4::{Cryp, Regs, Stopped}};
///
/// /// A block of AES-128 for a protocol of the application's own.
/// fn encrypt<R: Regs>(unit: &mut Cryp<R>, key: &[u8; 16], block: [u8; 16]) -> Result<[u8; 16], Stopped> {
///     let mut blocks = [block];
///     unit.ecb(Direction::Encrypt, key, &mut blocks)?;
///     Ok(blocks[0])
/// }
/// # struct Dead;
/// # impl Regs for Dead {
/// #     fn read(&mut self, _: u32) -> u32 { 0 }
/// #     fn write(&mut self, _: u32, _: u32) {}
/// # }
/// // A unit that is not switched on.
/// assert_eq!(encrypt(&mut Cryp::new(Dead), &[0; 16], [0; 16]).unwrap_err().done, 0);
/// ```
pub struct Cryp<R> {
    regs: R,
}

/// Why a call ended early, and how far it came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stopped {
    /// `cipher::HW_ACCEL_FAILED` (-0x6400) when the unit did not answer in time; what was wrong with the arguments otherwise.
    pub error: Error,
    /// So many bytes at the head of the data have been encrypted or decrypted; the others are as they were.
    pub done: usize,
}

impl<R: Regs> Cryp<R> {
    /// Makes the driver; no register is touched.
    pub const fn new(regs: R) -> Self {
        Self { regs }
    }

    /// The registers, for a test or a board.
    pub const fn regs(&mut self) -> &mut R {
        &mut self.regs
    }

    /// Electronic code book: each block for itself. All keys here are 16, 24 or 32 bytes long.
    ///
    /// # Errors
    /// [`Stopped`].
    pub fn ecb(&mut self, direction: Direction, key: &[u8], blocks: &mut [[u8; 16]]) -> Result<(), Stopped> {
        self.run(ECB, direction, key, &[0; 16], |cryp, done| {
            for block in blocks {
                *block = cryp.exchange(block)?;
                *done = done.saturating_add(BLOCK_LENGTH);
            }
            Ok(())
        })
    }

    /// Cipher block chaining; the next initialization vector is left in `iv`, also when the unit stops.
    ///
    /// # Errors
    /// [`Stopped`].
    pub fn cbc(
        &mut self,
        direction: Direction,
        key: &[u8],
        iv: &mut [u8; 16],
        blocks: &mut [[u8; 16]],
    ) -> Result<(), Stopped> {
        let first = *iv;
        self.run(CBC, direction, key, &first, |cryp, done| {
            for block in blocks {
                let before = *block;
                *block = cryp.exchange(&before)?;
                *iv = if direction == Direction::Encrypt { *block } else { before };
                *done = done.saturating_add(BLOCK_LENGTH);
            }
            Ok(())
        })
    }

    /// Counter mode from the block `counter` on, whose last 32 bits count. Of a last block in parts only the head is used.
    ///
    /// # Errors
    /// [`Stopped`].
    pub fn ctr(&mut self, key: &[u8], counter: &[u8; 16], data: &mut [u8]) -> Result<(), Stopped> {
        self.run(CTR, Direction::Encrypt, key, counter, |cryp, done| cryp.exchange_all(data, done))
    }

    /// CCM with a nonce of 12 bytes: encrypts or decrypts `data` in place and returns the tag, of which CCM_8 uses the head. The unit
    /// encrypts the blocks of the MAC and of the counter in turns.
    ///
    /// # Errors
    /// [`Stopped`], with `cipher::BAD_INPUT_DATA` (-0x6100) for associated data of 2^16 - 2^8 bytes and more.
    pub fn ccm(
        &mut self,
        mode: CipherMode,
        direction: Direction,
        key: &[u8],
        message: (&[u8; NONCE_LENGTH], &[u8]),
        data: &mut [u8],
    ) -> Result<Zeroizing<[u8; BLOCK_LENGTH]>, Stopped> {
        self.run(ECB, Direction::Encrypt, key, &[0; 16], |cryp, done| {
            ccm::apply(cryp, mode, direction, message, data, done)
        })
    }

    /// Does `work` with the unit set up for it and enabled, and wipes the unit afterwards. `work` counts the bytes done.
    fn run<T>(
        &mut self,
        mode: u32,
        direction: Direction,
        key: &[u8],
        iv: &[u8; 16],
        work: impl FnOnce(&mut Self, &mut usize) -> Result<T, Error>,
    ) -> Result<T, Stopped> {
        self.guarded(|cryp, done| {
            let control = cryp.configure(mode, direction, key)?;
            cryp.write_words(IV, iv);
            cryp.regs.write(CR, control | CRYPEN);
            work(cryp, done)
        })
    }

    /// Does `work` and wipes the unit afterwards.
    fn guarded<T>(
        &mut self,
        work: impl FnOnce(&mut Self, &mut usize) -> Result<T, Error>,
    ) -> Result<T, Stopped> {
        let mut done = 0;
        let result = work(self, &mut done);
        self.wipe();
        result.map_err(|error| Stopped { error, done })
    }

    /// Sets the mode and loads the key, prepared if it has to be: the bits of CR, with the unit still disabled.
    fn configure(&mut self, mode: u32, direction: Direction, key: &[u8]) -> Result<u32, Error> {
        let (size, first) = match key.len() {
            16 => (0, KEY + 16),
            24 => (1 << 8, KEY + 8),
            32 => (2 << 8, KEY),
            _ => return Err(aes::INVALID_KEY_LENGTH),
        };
        self.regs.write(CR, 0);
        self.idle()?;
        self.regs.write(CR, FFLUSH);
        self.write_words(first, key);
        if direction == Direction::Decrypt && matches!(mode, ECB | CBC) {
            // RM0090 §23.3.3: the decryption key is the last of the round keys, which the unit works out beforehand.
            self.regs.write(CR, PREPARE_KEY | size);
            self.run_phase(PREPARE_KEY | size)?;
        }
        let decrypt = if direction == Direction::Decrypt { ALGODIR } else { 0 };
        let control = mode | decrypt | BYTES | size;
        self.regs.write(CR, control);
        Ok(control)
    }

    /// Enables the unit for something that it ends by itself.
    fn run_phase(&mut self, control: u32) -> Result<(), Error> {
        self.regs.write(CR, control | CRYPEN);
        self.wait(CR, |value| value & CRYPEN == 0)?;
        self.idle()
    }

    /// Waits until everything that was written has been worked on.
    fn idle(&mut self) -> Result<(), Error> {
        self.wait(SR, |value| value & BUSY == 0)
    }

    fn wait(&mut self, offset: u32, wanted: impl Fn(u32) -> bool) -> Result<(), Error> {
        wait(&mut self.regs, offset, CRYP_POLLS, wanted).map(|_| ()).ok_or(cipher::HW_ACCEL_FAILED)
    }

    /// Exchanges the words of a block.
    fn exchange_words(&mut self, block: &mut [u32; 4]) -> Result<(), Error> {
        for word in &*block {
            self.regs.write(DIN, *word);
        }
        self.wait(SR, |value| value & OFNE != 0)?;
        for word in block {
            *word = self.regs.read(DOUT);
        }
        Ok(())
    }

    /// Puts a block into the empty FIFO.
    fn push(&mut self, block: &[u8; BLOCK_LENGTH]) {
        for word in block.as_chunks().0 {
            self.regs.write(DIN, u32::from_le_bytes(*word));
        }
    }

    /// Puts a block in and takes it out again.
    fn exchange(&mut self, block: &[u8; BLOCK_LENGTH]) -> Result<[u8; BLOCK_LENGTH], Error> {
        let mut words = words(block);
        self.exchange_words(&mut words)?;
        Ok(bytes(&words))
    }

    /// Exchanges all of `data`; a last block in parts is filled up with zeros, and what comes out for them is dropped.
    fn exchange_all(&mut self, data: &mut [u8], done: &mut usize) -> Result<(), Error> {
        for part in data.chunks_mut(BLOCK_LENGTH) {
            let output = self.exchange(&padded(part))?;
            copy(part, &output);
            *done = done.saturating_add(part.len());
        }
        Ok(())
    }

    /// Writes big-endian words to registers in a row.
    fn write_words(&mut self, first: u32, bytes: &[u8]) {
        for (offset, word) in (first..).step_by(4).zip(bytes.as_chunks().0) {
            self.regs.write(offset, u32::from_be_bytes(*word));
        }
    }

    /// Leaves neither key nor data in the unit. One that does not answer keeps what it has: it does not take writes.
    fn wipe(&mut self) {
        self.regs.write(CR, 0);
        let _: Result<(), Error> = self.idle();
        self.regs.write(CR, FFLUSH);
        for offset in (KEY..END).step_by(4) {
            self.regs.write(offset, 0);
        }
    }
}

/// While ECB is set up, in the direction that it was set up for.
impl<R: Regs> Blocks for Cryp<R> {
    fn encrypt(&mut self, pair: &mut [[u32; 4]; 2], used: usize) -> Result<(), Error> {
        pair.iter_mut().take(used).try_for_each(|block| self.exchange_words(block))
    }

    fn decrypt(&mut self, pair: &mut [[u32; 4]; 2], used: usize) -> Result<(), Error> {
        self.encrypt(pair, used)
    }
}

/// A block, in bytes.
const BLOCK_LENGTH: usize = 16;

// RM0090 §23.6: the registers, and their bits.
const CR: u32 = 0x00;
const SR: u32 = 0x04;
const DIN: u32 = 0x08;
const DOUT: u32 = 0x0C;
const KEY: u32 = 0x20;
const IV: u32 = 0x40;
const IV1RR: u32 = 0x4C;
const END: u32 = 0x90;

const ALGODIR: u32 = 1 << 2;
const ECB: u32 = 4 << 3;
const CBC: u32 = 5 << 3;
const CTR: u32 = 6 << 3;
const PREPARE_KEY: u32 = 7 << 3;
const GCM: u32 = 1 << 19;
/// DATATYPE for bytes: the first byte in memory is the first of the block.
const BYTES: u32 = 2 << 6;
const FFLUSH: u32 = 1 << 14;
const CRYPEN: u32 = 1 << 15;
const HEADER: u32 = 1 << 16;
const PAYLOAD: u32 = 2 << 16;
const FINAL: u32 = 3 << 16;

const IFEM: u32 = 1;
const OFNE: u32 = 1 << 2;
const BUSY: u32 = 1 << 4;

/// A block or the head of one, filled up with zeros.
fn padded(bytes: &[u8]) -> [u8; BLOCK_LENGTH] {
    let mut block = [0; BLOCK_LENGTH];
    copy(&mut block, bytes);
    block
}

/// Copies as far as the shorter goes.
fn copy(to: &mut [u8], from: &[u8]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
}
