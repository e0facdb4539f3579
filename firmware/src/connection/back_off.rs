//! The pause between two attempts to connect: doubled after each failure, and never the same for two devices.

use embassy_time::Duration;

/// How many attempts have failed in a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct BackOff {
    failures: u32,
}

impl BackOff {
    /// The pause after the first failure, before the dice.
    pub const FIRST: Duration = Duration::from_secs(1);
    /// The longest pause.
    pub const LONGEST: Duration = Duration::from_secs(120);
    /// A connection that has lasted so long was a good one.
    pub const STABLE: Duration = Duration::from_secs(30);

    /// A connection has ended, or none came about: how long to wait before the next attempt.
    ///
    /// `lasted` is how long the broker had accepted the device; `dice` is random, and makes the pause anything from half of what it
    /// would be to the whole of it, so that a thousand devices do not come back at once.
    pub fn pause(&mut self, lasted: Duration, dice: u16) -> Duration {
        if lasted >= Self::STABLE {
            self.failures = 0;
        }
        let doubled = 1_u64.checked_shl(self.failures.min(10)).unwrap_or(1);
        let whole = Self::FIRST.as_millis().saturating_mul(doubled).min(Self::LONGEST.as_millis());
        self.failures = self.failures.saturating_add(1);
        let part = u64::from(dice).saturating_mul(whole) >> 17;
        Duration::from_millis((whole / 2).saturating_add(part))
    }
}
