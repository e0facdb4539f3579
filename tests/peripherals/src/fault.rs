//! Which fault a unit has, from when on, and in which mode.

use crate::Fault;

/// A fault that waits for its time.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Failing {
    pub(crate) fault: Fault,
    /// Blocks that are still done well.
    pub(crate) after: u32,
    /// The only mode that is affected.
    pub(crate) only: Option<u32>,
}

impl Failing {
    /// The fault that a block in this mode meets.
    pub(crate) fn now(&self, mode: u32) -> Fault {
        if self.after > 0 || self.only.is_some_and(|only| only != mode) { Fault::None } else { self.fault }
    }

    /// A block was done.
    pub(crate) fn count(&mut self) {
        self.after = self.after.saturating_sub(1);
    }
}
