//! Where a model's lateness comes from: a seeded sequence, so that a run with the same seed is the same run.

use rigless::time::VirtualNanos;

/// A sequence of numbers that looks random (xorshift64*), and how late flags may be.
#[derive(Clone, Debug)]
pub struct Dice {
    state: u64,
    latest: u64,
}

impl Dice {
    /// A sequence for one unit of a board; flags come up to `latest` nanoseconds later than they must.
    pub fn new(seed: u64, unit: u64, latest: u64) -> Self {
        let mut dice = Self { state: (seed ^ unit.wrapping_mul(0x9E37_79B9_7F4A_7C15)) | 1, latest };
        for _ in 0..8 {
            dice.roll();
        }
        dice
    }

    /// The next 64 bits.
    pub fn roll(&mut self) -> u64 {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        self.state.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// An instant at least `nanoseconds` after `now`, and as much later as the dice say.
    pub fn after(&mut self, now: VirtualNanos, nanoseconds: u64) -> VirtualNanos {
        let late = if self.latest == 0 { 0 } else { self.roll() % self.latest };
        VirtualNanos(now.0 + nanoseconds + late)
    }
}
