//! The power, which can be cut in the middle of a flash operation: that is what a test of power-safe storage needs.

use std::{
    process,
    sync::atomic::{AtomicU64, Ordering},
};

use crate::say;

/// The exit status of a process whose power was cut.
pub const CUT_STATUS: i32 = 3;

/// Counts the flash operations (a word programmed, a page erased) of all ranges, and knows at which the power fails.
#[derive(Debug, Default)]
pub struct Power {
    operations: AtomicU64,
    /// 0 for never.
    cut_at: AtomicU64,
}

/// The process's power.
pub static POWER: Power = Power { operations: AtomicU64::new(0), cut_at: AtomicU64::new(0) };

impl Power {
    /// Cuts the power at the `count`-th flash operation from now, which is begun and not finished.
    pub fn cut_after(&self, count: u64) {
        let at = self.operations.load(Ordering::SeqCst).saturating_add(count);
        self.cut_at.store(at, Ordering::SeqCst);
    }

    /// How many operations there were.
    pub fn operations(&self) -> u64 {
        self.operations.load(Ordering::SeqCst)
    }

    /// Counts an operation; whether the power fails in it.
    pub(crate) fn fails_now(&self) -> bool {
        let number = self.operations.fetch_add(1, Ordering::SeqCst).saturating_add(1);
        number == self.cut_at.load(Ordering::SeqCst)
    }
}

/// Ends the process as a power cut does: at once, and nothing more is written.
pub(crate) fn cut() -> ! {
    say("power cut");
    process::exit(CUT_STATUS)
}
