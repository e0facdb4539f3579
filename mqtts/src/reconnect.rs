//! When to connect again: the pause grows with each failure, and differs from device to device.
//!
//! Two cases matter to a fleet. The broker is down for long: each failed attempt doubles the pause, up to [`BackOff::longest`]. All
//! connections are lost at once, because the broker restarts or the network fails: each device waits a random time of at most
//! [`BackOff::spread`], so that the handshakes do not all reach the broker at the same moment.

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
    /// The pause after the first failed attempt. It doubles with each further one.
    pub first: u32,
    /// The longest pause.
    pub longest: u32,
    /// A connection that lasted this long was good: failures before it are forgotten.
    pub stable: u32,
    /// After a good connection is lost, the next attempt follows at a random moment within this time.
    pub spread: u32,
}

impl Default for BackOff {
    /// From 1 second to 2 minutes; a connection is good after half a minute, and its loss is spread over 8 seconds.
    fn default() -> Self {
        Self { first: 1_000, longest: 120_000, stable: 30_000, spread: 8_000 }
    }
}

/// How many attempts in a row have failed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Attempts {
    failed: u32,
}

impl Attempts {
    /// How long to wait, in milliseconds, after a connection has ended. `lasted`: for how many milliseconds the server had accepted it; 0
    /// if it never did. `random`: any 32 random bits.
    pub(crate) fn pause(&mut self, policy: BackOff, lasted: u64, random: u32) -> u64 {
        if lasted > 0 && lasted >= u64::from(policy.stable) {
            self.failed = 0;
            return scaled(u64::from(policy.spread), random);
        }
        let doubled = 1_u64.checked_shl(self.failed.min(MAX_DOUBLINGS)).unwrap_or(1);
        let whole = u64::from(policy.first).saturating_mul(doubled).min(u64::from(policy.longest));
        self.failed = self.failed.saturating_add(1);
        // Half of the pause is fixed, so that there always is one; the other half is random.
        let half = whole / 2;
        half.saturating_add(scaled(whole.saturating_sub(half), random))
    }
}

/// A random share of `whole`, from 0 to all of it, in proportion to `random` from 0 to 2^32.
fn scaled(whole: u64, random: u32) -> u64 {
    whole.saturating_mul(u64::from(random)) >> 32
}

/// Doubling the first pause 20 times exceeds any longest pause.
const MAX_DOUBLINGS: u32 = 20;
