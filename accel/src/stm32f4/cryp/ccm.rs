//! CCM with a nonce of 12 bytes on CRYP, made of CBC for the MAC and CTR for the data (NIST SP 800-38C, RFC 3610 §2).
//!
//! The unit has a CCM mode, but in this version it takes the zeros behind a last block in parts for data when it decrypts,
//! and the detour around that went wrong in every driver that was looked at. Two passes in plain modes cannot go wrong there,
//! and each takes as many accesses as the one pass.

use status::Error;
use zeroize::Zeroizing;

use super::{BLOCK_LENGTH, CBC, CR, CRYPEN, CTR, Cryp, IV, Stopped, copy, padded};
use crate::soft::mode::ccm_first_blocks;
use crate::stm32f4::regs::Regs;
use crate::{CipherMode, Direction, NONCE_LENGTH};

impl<R: Regs> Cryp<R> {
    /// Encrypts or decrypts `data` in place and returns the tag, of which CCM_8 uses the head.
    ///
    /// # Errors
    /// [`Stopped`], with `cipher::BAD_INPUT_DATA` (-0x6100) for associated data of 2^16 - 2^8 bytes and more.
    pub fn ccm(
        &mut self,
        mode: CipherMode,
        direction: Direction,
        key: &[u8],
        (nonce, aad): (&[u8; NONCE_LENGTH], &[u8]),
        data: &mut [u8],
    ) -> Result<Zeroizing<[u8; BLOCK_LENGTH]>, Stopped> {
        self.guarded(|cryp, done| {
            let (first, counter) = ccm_first_blocks(mode, nonce, aad, data.len())?;
            // Keys for both modes are loaded as they are.
            let control = cryp.configure(CTR, Direction::Encrypt, key)?;
            let mut tag = Zeroizing::new([0; BLOCK_LENGTH]);
            if direction == Direction::Encrypt {
                *tag = cryp.mac(control, &first, aad, data)?;
            }
            let mask = cryp.count(control, &counter, data, done)?;
            if direction == Direction::Decrypt {
                *tag = cryp.mac(control, &first, aad, data)?;
            }
            for (to, from) in tag.iter_mut().zip(mask.iter()) {
                *to ^= from;
            }
            Ok(tag)
        })
    }

    /// The CBC-MAC of the first block, the associated data behind its length, and the data.
    fn mac(&mut self, control: u32, first: &[u8; 16], aad: &[u8], data: &[u8]) -> Result<[u8; 16], Error> {
        self.switch(control & !CTR | CBC, &[0; BLOCK_LENGTH])?;
        let mut mac = self.exchange(first)?;
        if let Some((header, rest)) = header(aad) {
            mac = self.exchange(&header)?;
            for part in rest.chunks(BLOCK_LENGTH) {
                mac = self.exchange(&padded(part))?;
            }
        }
        for part in data.chunks(BLOCK_LENGTH) {
            mac = self.exchange(&padded(part))?;
        }
        Ok(mac)
    }

    /// Encrypts or decrypts the data; the first block of the key stream is the mask of the tag.
    fn count(
        &mut self,
        control: u32,
        counter: &[u8; 16],
        data: &mut [u8],
        done: &mut usize,
    ) -> Result<Zeroizing<[u8; 16]>, Error> {
        self.switch(control, counter)?;
        let mask = Zeroizing::new(self.exchange(&[0; BLOCK_LENGTH])?);
        self.exchange_all(data, done)?;
        Ok(mask)
    }

    /// Goes to another mode with the key that is loaded.
    fn switch(&mut self, control: u32, iv: &[u8; 16]) -> Result<(), Error> {
        self.idle()?;
        self.regs.write(CR, control);
        self.write_words(IV, iv);
        self.regs.write(CR, control | CRYPEN);
        Ok(())
    }
}

/// The first block of associated data, behind its length of two bytes (RFC 3610 §2.2), and what follows it.
fn header(aad: &[u8]) -> Option<([u8; BLOCK_LENGTH], &[u8])> {
    let length = u16::try_from(aad.len()).ok().filter(|length| *length > 0)?;
    let (head, rest) = aad.split_at_checked(BLOCK_LENGTH - 2).unwrap_or((aad, &[]));
    let mut block = [0; BLOCK_LENGTH];
    let (first, second) = block.split_at_mut(2);
    copy(first, &length.to_be_bytes());
    copy(second, head);
    Some((block, rest))
}
