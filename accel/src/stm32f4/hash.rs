//! HASH, the hash processor (RM0090 chapter 25): MD5, SHA-1, SHA-224 and SHA-256, any number of messages in turns.
//!
//! The unit works on one message; a message that has to wait is saved in its [`HashState`]. It can be saved between two blocks
//! only, and it finishes a block when the first word of the next one is written. So the first stretch of a message is 68
//! bytes, each further one 64, and what does not fill a stretch waits in the state:
//!
//! ```text
//!   bytes   0 ───────────── 68 ─────── 132 ─────── 196 ─ ..
//!           └── waiting ───► context ──► context ──► context      then DCAL with what waits
//! ```
//!
//! A message of less than 68 bytes is never saved: it goes through the unit when it ends, as the pads of an HMAC do. One that
//! begins in software (see [`shortest`]) stays there.
//!
//! A context is CSR0 to CSR37; the others serve the unit's HMAC mode (Linux's driver saves the same ones on silicon). With the 63 bytes that
//! may wait beside it, it just fits into a state:
//!
//! ```text
//!                       chain                                rest
//!   before 68 bytes     the first 64 bytes                   their number, and the four bytes behind them
//!   afterwards          up to 63 bytes, and their number     the context
//! ```
//!
//! Deliberately absent: DMA, interrupts, the HMAC mode, which cannot be forked after the key.

use status::{Error, md};
use zeroize::{Zeroize, Zeroizing};

use super::regs::{HASH_POLLS, Regs, wait};
use crate::hash::Owner;
use crate::{ChainingValue, Digest, HashAlgorithm, HashState, MAX_DIGEST_LENGTH};

/// From how many bytes on a message is worth the unit, if it does this algorithm at all.
///
/// A stretch costs 16 writes and a poll or two, and an update 40 accesses to bring a message in and 40 to save it: about 100,
/// or 800 instructions at eight for each. The software takes 620 for a block of MD5, 1240 for SHA-1 and 1900 and more for
/// SHA-256 (docs/benchmarks.md), and as much for a message of a few bytes, which costs the unit 24 accesses. So MD5 has to have
/// three blocks, and the others win from the first byte on. The accesses are counted by a test; eight is an upper estimate.
#[must_use]
pub const fn shortest(algorithm: HashAlgorithm) -> Option<usize> {
    match algorithm {
        HashAlgorithm::Md5 => Some(196),
        HashAlgorithm::Sha1 | HashAlgorithm::Sha224 | HashAlgorithm::Sha256 => Some(0),
        HashAlgorithm::Sha384 | HashAlgorithm::Sha512 => None,
    }
}

/// The driver over the registers of the unit.
///
/// ```
/// use accel::stm32f4::{HashUnit, Regs};
///
/// /// The unit's status register (RM0090 §25.4.6), to see from outside whether it is busy.
/// fn status<R: Regs>(unit: &mut HashUnit<R>) -> u32 {
///     unit.regs().read(0x24)
/// }
/// # struct Dead;
/// # impl Regs for Dead {
/// #     fn read(&mut self, _: u32) -> u32 { 0 }
/// #     fn write(&mut self, _: u32, _: u32) {}
/// # }
/// assert_eq!(status(&mut HashUnit::new(Dead)), 0);
/// ```
pub struct HashUnit<R> {
    regs: R,
}

impl<R: Regs> HashUnit<R> {
    /// Makes the driver; no register is touched.
    pub const fn new(regs: R) -> Self {
        Self { regs }
    }

    /// The registers, for a test or a board.
    pub const fn regs(&mut self) -> &mut R {
        &mut self.regs
    }

    /// Brings a message into the unit, from its beginning or with its context.
    pub(super) fn enter(&mut self, state: &HashState) -> Result<(), Error> {
        let algorithm = match state.algorithm() {
            HashAlgorithm::Sha1 => 0,
            HashAlgorithm::Md5 => ALGO0,
            HashAlgorithm::Sha224 => ALGO1,
            HashAlgorithm::Sha256 => ALGO1 | ALGO0,
            _ => return Err(md::FEATURE_UNAVAILABLE),
        };
        self.regs.write(CR, algorithm | BYTES | INIT);
        self.wait(|status| status & DINIS != 0)?;
        if state.owner() == Owner::WasInUnit {
            for (offset, word) in (CSR..).step_by(4).zip(context(&state.rest)) {
                self.regs.write(offset, *word);
            }
        }
        Ok(())
    }

    /// Gives the message that has been entered more bytes; what does not fill a stretch waits in `state`.
    pub(super) fn feed(&mut self, state: &mut HashState, data: &[u8]) -> Result<(), Error> {
        let mut data = data;
        loop {
            let before = waiting_length(state);
            let room = room(state);
            let (head, rest) = data.split_at_checked(room.len()).unwrap_or((data, &[]));
            copy(room, head);
            let is_full = head.len() == room.len();
            let waiting = before.saturating_add(head.len());
            if is_full && waiting == stretch(state) {
                self.push_stretch(state)?;
            } else {
                set_waiting_length(state, waiting);
                if !is_full {
                    return Ok(());
                }
            }
            data = rest;
        }
    }

    /// Gives the unit the stretch that is full.
    fn push_stretch(&mut self, state: &mut HashState) -> Result<(), Error> {
        self.push(state.chain.bytes());
        if state.owner() == Owner::WaitsForUnit {
            self.push(behind_first(&state.rest));
            state.rest.as_mut_slice().zeroize();
            state.set_owner(Owner::WasInUnit);
        }
        set_waiting_length(state, 0);
        self.wait(|status| status & (DINIS | BUSY) == DINIS)
    }

    /// Saves the message that has been entered, which has had its first stretch, and clears the unit.
    pub(super) fn leave(&mut self, state: &mut HashState) -> Result<(), Error> {
        self.wait(|status| status & (DINIS | BUSY) == DINIS)?;
        for (offset, word) in (CSR..).step_by(4).zip(context_mut(&mut state.rest)) {
            *word = self.regs.read(offset);
        }
        self.clear();
        Ok(())
    }

    /// Ends the message that has been entered, and clears the unit.
    pub(super) fn digest(&mut self, state: &HashState) -> Result<Digest, Error> {
        let (first, last) = waiting(state);
        // RM0090 §25.4.3: NBLW has to be set before DCAL, which is set by a write of its own. Before what waits there are whole words.
        self.regs.write(STR, last_bits(waiting_length(state)));
        self.push(first);
        self.push(last);
        self.wait(|status| status & BUSY == 0)?;
        self.regs.write(STR, DCAL);
        self.wait(|status| status & (DCIS | BUSY) == DCIS)?;
        let mut bytes = Zeroizing::new([0; MAX_DIGEST_LENGTH]);
        let words = bytes.as_chunks_mut().0.iter_mut().take(state.algorithm().digest_length() / WORD);
        for (offset, word) in (HR..).step_by(4).zip(words) {
            *word = self.regs.read(offset).to_be_bytes();
        }
        self.clear();
        Ok(Digest::new(state.algorithm(), *bytes))
    }

    /// Leaves nothing of the message in the core; the digest registers keep the last digest until the next one.
    fn clear(&mut self) {
        self.regs.write(CR, INIT);
    }

    /// Writes bytes word by word, the last word filled up with zeros.
    fn push(&mut self, bytes: &[u8]) {
        for part in bytes.chunks(WORD) {
            let mut word = [0; WORD];
            copy(&mut word, part);
            self.regs.write(DIN, u32::from_le_bytes(word));
        }
    }

    fn wait(&mut self, wanted: impl Fn(u32) -> bool) -> Result<(), Error> {
        wait(&mut self.regs, SR, HASH_POLLS, wanted).map(|_| ()).ok_or(md::HW_ACCEL_FAILED)
    }
}

/// A hash that waits for its first stretch.
pub(super) const fn start(algorithm: HashAlgorithm) -> HashState {
    HashState::of(algorithm, Owner::WaitsForUnit, ChainingValue::ZERO)
}

/// Whether so many more bytes fill a stretch.
pub(super) fn fills(state: &HashState, more: usize) -> bool {
    waiting_length(state).saturating_add(more) >= stretch(state)
}

/// What waits in the state.
pub(super) fn waiting(state: &HashState) -> (&[u8], &[u8]) {
    let length = waiting_length(state);
    let first = state.chain.bytes().get(..length.min(STRETCH)).unwrap_or_default();
    let last = match state.owner() {
        Owner::WaitsForUnit => behind_first(&state.rest).get(..length.saturating_sub(STRETCH)),
        _ => None,
    };
    (first, last.unwrap_or_default())
}

/// Where the next bytes wait.
fn room(state: &mut HashState) -> &mut [u8] {
    let length = waiting_length(state);
    let room = match length.checked_sub(STRETCH) {
        Some(behind) => behind_first_mut(&mut state.rest).get_mut(behind..),
        None => state.chain.bytes_mut().get_mut(length..),
    };
    room.unwrap_or_default()
}

/// The length of the stretch that what waits is the head of.
fn stretch(state: &HashState) -> usize {
    if state.owner() == Owner::WaitsForUnit { FIRST_STRETCH } else { STRETCH }
}

/// How many bytes wait.
fn waiting_length(state: &HashState) -> usize {
    match state.owner() {
        Owner::WaitsForUnit => usize::try_from(state.length()).unwrap_or_default(),
        _ => {
            let [.., length] = state.chain.bytes();
            usize::from(*length)
        }
    }
}

/// Less than a stretch.
fn set_waiting_length(state: &mut HashState, length: usize) {
    if state.owner() == Owner::WaitsForUnit {
        state.set_length(u64::try_from(length).unwrap_or_default());
    } else if let ([.., to], Ok(length)) = (state.chain.bytes_mut(), u8::try_from(length)) {
        *to = length;
    }
}

/// The word behind the first block, which makes the unit process it.
fn behind_first(rest: &[u64; 19]) -> &[u8; WORD] {
    let [_, word, ..] = rest;
    let [word, _] = bytemuck::must_cast_ref::<u64, [[u8; WORD]; 2]>(word);
    word
}

/// As [`behind_first`], to be written.
fn behind_first_mut(rest: &mut [u64; 19]) -> &mut [u8; WORD] {
    let [_, word, ..] = rest;
    let [word, _] = bytemuck::must_cast_mut::<u64, [[u8; WORD]; 2]>(word);
    word
}

/// A message in progress, as the unit gives it out between two blocks.
fn context(rest: &[u64; 19]) -> &[u32] {
    bytemuck::must_cast_slice(rest)
}

/// As [`context`], to be written.
fn context_mut(rest: &mut [u64; 19]) -> &mut [u32] {
    bytemuck::must_cast_slice_mut(rest)
}

/// NBLW: the valid bits of the last word, 0 for all.
fn last_bits(length: usize) -> u32 {
    u32::try_from(length & 3).unwrap_or_default().wrapping_mul(8)
}

const WORD: usize = 4;
/// A block, in bytes.
const STRETCH: usize = 64;
/// A block and the word that makes the unit process it.
const FIRST_STRETCH: usize = STRETCH + WORD;
/// CSR0 to CSR37.
const _: () = assert!(size_of::<[u64; 19]>() == 38 * WORD);

// RM0090 §25.4: the registers, and their bits.
const CR: u32 = 0x00;
const DIN: u32 = 0x04;
const STR: u32 = 0x08;
const SR: u32 = 0x24;
const CSR: u32 = 0xF8;
const HR: u32 = 0x310;

const INIT: u32 = 1 << 2;
/// DATATYPE for bytes: the first byte in memory is the first of the message.
const BYTES: u32 = 2 << 4;
const ALGO0: u32 = 1 << 7;
const ALGO1: u32 = 1 << 18;
const DCAL: u32 = 1 << 8;
const DINIS: u32 = 1;
const DCIS: u32 = 1 << 1;
const BUSY: u32 = 1 << 3;

/// Copies as far as the shorter goes.
fn copy(to: &mut [u8], from: &[u8]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
}
