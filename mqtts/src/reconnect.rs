//! When to connect again: a pause that grows with each failure, and is never the same for two devices.
//!
//! Two things happen to a fleet. Its broker is away for long: then each attempt that fails doubles the pause, up to the longest.
//! All connections are cut at once, by a restart or a network's failure: then each device comes back at a moment of its own within
//! [`BackOff::spread`], so that the broker sees a stream of handshakes and not a wall of them.

/// The pauses between attempts, in milliseconds.
///
/// ```
/// use mqtts::BackOff;
///
/// // Ten thousand devices at one broker: after its restart they come back within a minute.
/// let fleet = BackOff { spread: 60_000, ..BackOff::default() };
/// assert_eq!((fleet.first, fleet.longest), (1_000, 120_000));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BackOff {
    /// After the first attempt that fails. The next one waits twice as long, and so on.
    pub first: u32,
    /// No pause is longer.
    pub longest: u32,
    /// A connection that had lasted so long was a good one: what failed before it counts no more.
    pub stable: u32,
    /// After the loss of a good connection: the next attempt is at a random moment within this time.
    pub spread: u32,
}

impl Default for BackOff {
    /// From 1 second to 2 minutes; a connection is good after half a minute, and its loss is spread over 8 seconds.
    fn default() -> Self {
        Self { first: 1_000, longest: 120_000, stable: 30_000, spread: 8_000 }
    }
}

/// How many attempts have failed in a row.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Attempts {
    failed: u32,
}

impl Attempts {
    /// A connection has ended after `lasted` milliseconds of acceptance by the server, 0 if it never was accepted: how many
    /// milliseconds to wait. `random` is anything.
    pub(crate) fn pause(&mut self, policy: BackOff, lasted: u64, random: u32) -> u64 {
        if lasted > 0 && lasted >= u64::from(policy.stable) {
            self.failed = 0;
            return scaled(u64::from(policy.spread), random);
        }
        let doubled = 1_u64.checked_shl(self.failed.min(MAX_DOUBLINGS)).unwrap_or(1);
        let whole = u64::from(policy.first).saturating_mul(doubled).min(u64::from(policy.longest));
        self.failed = self.failed.saturating_add(1);
        // Half of it is certain, so that a pause is one; the other half is chance.
        let half = whole / 2;
        half.saturating_add(scaled(whole.saturating_sub(half), random))
    }
}

/// A part of `whole` between nothing and all of it, as `random` is between 0 and 2^32.
fn scaled(whole: u64, random: u32) -> u64 {
    whole.saturating_mul(u64::from(random)) >> 32
}

/// 2^20 times any first pause is longer than the longest.
const MAX_DOUBLINGS: u32 = 20;
