//! How late a unit answers: a repeatable stream of small numbers.

/// Draws numbers of ticks from 0 to a bound. The same seed gives the same numbers.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Latency {
    state: u64,
    most: u32,
}

impl Latency {
    /// A stream of numbers from 0 to `most`. With 0, as in the default, everything is done at once.
    pub const fn new(seed: u64, most: u32) -> Self {
        Self { state: seed, most }
    }

    /// The next number of ticks.
    pub(crate) fn draw(&mut self) -> u32 {
        // SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators).
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        let [a, b, c, d, ..] = mixed.to_le_bytes();
        u32::from_le_bytes([a, b, c, d]) % self.most.saturating_add(1).max(1)
    }
}
