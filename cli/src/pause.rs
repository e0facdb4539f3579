//! How long to wait before the next attempt to connect: longer after each failure, and at random, so that the clients of a
//! broker that comes back do not all come back at once.

use std::time::Duration;

use status::entropy;

use crate::failure::Failure;

/// Doubles from a second to half a minute.
#[derive(Default)]
pub(crate) struct Pause {
    failures: u32,
}

impl Pause {
    /// A connection was there for that long: what failed before it does not count any more, unless it was soon lost, too.
    pub(crate) fn begin_after(&mut self, lasted: Duration) {
        if lasted >= STABLE {
            self.failures = 0;
        }
    }

    /// The next pause, shortened by up to a half at random.
    ///
    /// # Errors
    /// `entropy::SOURCE_FAILED` when the system has no random numbers.
    pub(crate) fn next(&mut self) -> Result<Duration, Failure> {
        let mut random = [0; 2];
        getrandom::fill(&mut random).map_err(|_| Failure::from(entropy::SOURCE_FAILED))?;
        Ok(self.after(u16::from_be_bytes(random)))
    }

    fn after(&mut self, random: u16) -> Duration {
        let longest = FIRST.saturating_mul(1 << self.failures.min(DOUBLINGS)).min(LAST);
        self.failures = self.failures.saturating_add(1);
        let cut = longest.saturating_mul(u32::from(random)).checked_div(2 * 65_536).unwrap_or_default();
        longest.saturating_sub(cut)
    }
}

const FIRST: Duration = Duration::from_secs(1);
const LAST: Duration = Duration::from_secs(30);
const DOUBLINGS: u32 = 5;
/// A connection of that length was a good one.
const STABLE: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_half_a_minute_and_begin_again() {
        let mut pause = Pause::default();
        let seconds: Vec<_> = (0..8).map(|_| pause.after(0).as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 30, 30, 30]);
        assert_eq!(pause.after(u16::MAX).as_secs(), 15);
        pause.begin_after(Duration::from_secs(1));
        assert_eq!(pause.after(0).as_secs(), 30);
        pause.begin_after(STABLE);
        assert_eq!(pause.after(32_768), Duration::from_millis(750));
    }
}
