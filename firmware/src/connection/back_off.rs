//! The pause between two attempts to connect: doubled after each failure, and never the same for two devices. And when a session
//! has to begin anew, since no connection lasts with it.

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

/// How many connections in a row were short although the broker had accepted them.
///
/// What both sides keep of a session comes again on every connection: a message that makes the broker hang up, or one of the broker's
/// that the client cannot take. Nobody is there to see it; so after a while the session is given up.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Patience {
    short: u32,
}

impl Patience {
    /// So many short connections in a row are enough. With the pauses between them it takes minutes.
    pub const LIMIT: u32 = 8;

    /// A connection has ended, or none came about: whether the next one is to begin with a clean session.
    ///
    /// `lasted` is how long the broker had accepted the device. One with a clean session was short for another reason.
    pub fn is_over(&mut self, lasted: Duration, clean_session: bool) -> bool {
        if lasted == Duration::MIN {
            return false;
        }
        let is_short = lasted < BackOff::STABLE && !clean_session;
        self.short = if is_short { self.short.saturating_add(1) } else { 0 };
        let is_over = self.short >= Self::LIMIT;
        if is_over {
            self.short = 0;
        }
        is_over
    }
}
