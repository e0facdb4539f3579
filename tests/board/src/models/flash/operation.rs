//! What the flash does, and when the power is cut in it.

use rigless::soc::Width;

use crate::description::FLASH_BASE;

/// When the supply goes, seen from one operation of the flash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Nothing of the operation has happened.
    Before,
    /// A word has some of its bits, a sector is partly erased.
    During,
    /// The operation is complete, and the firmware does not know.
    After,
}

/// A power cut at the `operation`-th operation from now, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// How many operations happen before.
    pub operation: u64,
    /// How far that one comes.
    pub moment: Moment,
}

/// What the flash did or was about to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// A word, half-word or byte was programmed.
    Program {
        /// Where.
        address: u64,
        /// How many bits.
        width: Width,
        /// What was stored there.
        value: u64,
    },
    /// A sector was erased.
    Erase {
        /// Its first byte.
        address: u64,
        /// Its bytes.
        size: u64,
    },
}

/// The first byte and the size of a sector, from the number in `CR.SNB`: table 6 and §3.9.8.
pub(super) fn sector(number: u64) -> Option<(u64, u64)> {
    let bank = FLASH_BASE + (number >> 4 << 20);
    match number & 0xF {
        small @ 0..4 => Some((bank + (small << 14), 16 << 10)),
        4 => Some((bank + (64 << 10), 64 << 10)),
        large @ 5..12 => Some((bank + ((large - 4) << 17), 128 << 10)),
        _ => None,
    }
}
