//! GCM with a nonce of 12 bytes on CRYP (RM0090 §23.3, NIST SP 800-38D): four phases, and a way around what this version of
//! the unit cannot do.
//!
//! It hashes whole blocks of what it encrypts, so of a last block in parts it would hash the key stream behind the end, too.
//! The manual's way around: encrypt that block in CTR mode, and hash it, filled up with zeros, in the final phase. To decrypt,
//! the zeros stand in what goes in, and nothing special is needed.
//!
//! ```text
//!   init ──► header ──► payload ──► (CTR: last part ──► final: the part again, answer dropped) ──► final: lengths, tag
//! ```
//!
//! The manual takes the counter for the detour from CSGCMCCM7R, less one; the same number is known here: two and the blocks
//! before.

use status::{Error, cipher};
use zeroize::Zeroizing;

use super::{
    BLOCK_LENGTH, BUSY, CR, CRYPEN, CTR, Cryp, FINAL, GCM, HEADER, IFEM, IV, IV1RR, PAYLOAD, SR, Stopped,
    copy, padded,
};
use crate::stm32f4::regs::Regs;
use crate::{Direction, NONCE_LENGTH};

/// The counter of the first block of data; that of the tag's mask is 1 (NIST SP 800-38D §7.1).
const FIRST_COUNTER: u32 = 2;

impl<R: Regs> Cryp<R> {
    /// Encrypts or decrypts `data` in place, at most 2^32 - 3 blocks, and returns the tag.
    ///
    /// # Errors
    /// [`Stopped`].
    pub fn gcm(
        &mut self,
        direction: Direction,
        key: &[u8],
        nonce: &[u8; NONCE_LENGTH],
        aad: &[u8],
        data: &mut [u8],
    ) -> Result<Zeroizing<[u8; BLOCK_LENGTH]>, Stopped> {
        self.guarded(|cryp, done| {
            let control = cryp.configure(GCM, direction, key)?;
            cryp.write_words(IV, nonce);
            cryp.regs.write(IV1RR, FIRST_COUNTER);
            cryp.run_phase(control)?;
            cryp.header(control, aad)?;
            let lengths = lengths(aad, data);
            cryp.payload(control, direction, data, done)?;
            cryp.phase(control | FINAL)?;
            cryp.exchange(&lengths).map(Zeroizing::new)
        })
    }

    fn header(&mut self, control: u32, aad: &[u8]) -> Result<(), Error> {
        if aad.is_empty() {
            return Ok(());
        }
        self.phase(control | HEADER)?;
        for part in aad.chunks(BLOCK_LENGTH) {
            self.push(&padded(part));
            self.wait(SR, |value| value & (IFEM | BUSY) == IFEM)?;
        }
        Ok(())
    }

    fn payload(
        &mut self,
        control: u32,
        direction: Direction,
        data: &mut [u8],
        done: &mut usize,
    ) -> Result<(), Error> {
        if data.is_empty() {
            return Ok(());
        }
        let part = if direction == Direction::Encrypt { data.len() % BLOCK_LENGTH } else { 0 };
        let (whole, rest) = data.split_at_mut_checked(data.len().wrapping_sub(part)).unwrap_or_default();
        self.phase(control | PAYLOAD)?;
        self.exchange_all(whole, done)?;
        if rest.is_empty() {
            return Ok(());
        }
        self.idle()?;
        self.regs.write(CR, control | PAYLOAD);
        let blocks = u32::try_from(whole.len() / BLOCK_LENGTH).map_err(|_| cipher::BAD_INPUT_DATA)?;
        self.regs.write(IV1RR, FIRST_COUNTER.wrapping_add(blocks));
        self.regs.write(CR, control & !GCM | CTR);
        self.regs.write(CR, control & !GCM | CTR | CRYPEN);
        let output = self.exchange(&padded(rest))?;
        copy(rest, &output);
        *done = done.saturating_add(rest.len());
        self.phase(control | FINAL)?;
        self.exchange(&padded(rest)).map(|_| ())
    }

    /// Goes to another phase; the unit is disabled while it is told.
    fn phase(&mut self, control: u32) -> Result<(), Error> {
        self.idle()?;
        self.regs.write(CR, control);
        self.regs.write(CR, control | CRYPEN);
        Ok(())
    }
}

/// Both lengths in bits, 64 bits each.
fn lengths(aad: &[u8], data: &[u8]) -> [u8; BLOCK_LENGTH] {
    let [aad, data] = [aad, data].map(|part| u64::try_from(part.len()).unwrap_or(u64::MAX).wrapping_shl(3));
    (u128::from(aad) << 64 | u128::from(data)).to_be_bytes()
}
