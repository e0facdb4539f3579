//! The health tests over every source of entropy, a user's too (NIST SP 800-90B §4).
//!
//! | test | over | fails at | from |
//! |---|---|---|---|
//! | repetition count | a byte in a row | 9 | §4.4.1 |
//! | adaptive proportion | the first of 512 bytes among them | 71 | §4.4.2 |
//! | prediction | bytes in a row that go on as those 1, 2, 4 or 8 places before did | 17 | §4.5 |
//! | return | the 12 bytes of a moment, ever again | once | §4.5 |
//! | start-up | 1024 bytes that pass all of these, and are dropped | | §4.3 |
//!
//! The first two are the standard's. The others are what it leaves to the developer: a source that counts, in bytes or in words of either
//! order, is predicted by the difference to the place before; one that repeats a pattern comes back to where it was. What repeats within
//! 1012 bytes fails at the start-up; a longer pattern fails when it has come round, as the bytes that are looked out for are taken anew at
//! 2048, 4096 and so on, as in Brent's search for cycles.
//!
//! Cut-offs are for 4 bits of entropy in a byte, half of what a source promises, and a false alarm in 2^30 at most:
//! - repetition: 1 + 30 / 4, rounded up;
//! - proportion: 1 + the least number that a binomial distribution over 512 bytes with 2^-4 exceeds once in 2^30;
//! - prediction: a guess is right with 2^-4, one of four with 2^-2, and 17 times in a row with 2^-34;
//! - return: 12 bytes are the same with 2^-48, so that 2^18 bytes can be drawn: 8 192 seeds, for 512 MB of random numbers.
//!
//! At the 8 bits that a source promises, and that bytes have which were conditioned, each is at least 2^32 times rarer.

use status::{Error, entropy};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::Entropy;

/// A source with the tests' state.
#[derive(ZeroizeOnDrop)]
pub(crate) struct Tested<E> {
    #[zeroize(skip)]
    source: E,
    health: ContinuousTests,
}

impl<E: Entropy> Tested<E> {
    /// Nothing is drawn before it is needed.
    pub(crate) const fn new(source: E) -> Self {
        Self { source, health: ContinuousTests::new() }
    }

    fn draw(&mut self, out: &mut [u8]) -> Result<(), Error> {
        self.source.entropy(out)?;
        // Every byte is looked at, also after the first failure.
        let is_good = out.iter().fold(true, |is_good, byte| self.health.passes(*byte) & is_good);
        if is_good { Ok(()) } else { Err(entropy::SOURCE_FAILED) }
    }
}

impl<E: Entropy> Entropy for Tested<E> {
    /// As [`Entropy::entropy`]; `entropy::SOURCE_FAILED` (-0x003C) when a test fails, and start-up anew at the next request. `out` is
    /// zeroed then.
    fn entropy(&mut self, out: &mut [u8]) -> Result<(), Error> {
        let mut dropped = [0; REQUEST];
        let mut result = Ok(());
        while result.is_ok() && self.health.count < START_UP {
            result = self.draw(&mut dropped);
        }
        dropped.zeroize();
        let result = result.and_then(|()| self.draw(out));
        if result.is_err() {
            self.health = ContinuousTests::new();
            out.zeroize();
        }
        result
    }
}

/// The tests from one request to the next.
#[derive(Zeroize, ZeroizeOnDrop)]
struct ContinuousTests {
    /// The last 16 bytes: the latest is the lowest of the first word.
    last: [u32; 4],
    /// The bytes that must not come again.
    looked_out_for: [u32; WINDOW],
    /// Bytes since the start.
    count: u32,
    /// How often the first byte of this window was there.
    proportion: u16,
    first: u32,
    /// How often the last byte was there in a row.
    repetition: u8,
    /// How many bytes in a row were as predicted.
    predicted: u8,
}

impl ContinuousTests {
    const fn new() -> Self {
        Self {
            last: [0; 4],
            looked_out_for: [0; WINDOW],
            count: 0,
            proportion: 0,
            first: 0,
            repetition: 0,
            predicted: 0,
        }
    }

    fn passes(&mut self, byte: u8) -> bool {
        let byte = u32::from(byte);
        let repeats = self.repeats(byte);
        let prevails = self.prevails(byte);
        let is_predicted = self.is_predicted(byte);
        let [a, b, c, d] = self.last;
        self.last = [a << 8 | byte, b << 8 | a >> 24, c << 8 | b >> 24, d << 8 | c >> 24];
        self.count = self.count.wrapping_add(1);
        let returns = self.returns();
        !(repeats | prevails | is_predicted | returns)
    }

    /// The repetition count test.
    fn repeats(&mut self, byte: u32) -> bool {
        let [last, ..] = self.last;
        let is_same = byte == last & 0xFF && self.count > 0;
        self.repetition = if is_same { self.repetition.saturating_add(1) } else { 1 };
        self.repetition >= REPETITION_CUT_OFF
    }

    /// The adaptive proportion test.
    fn prevails(&mut self, byte: u32) -> bool {
        if self.count.is_multiple_of(PROPORTION_WINDOW) {
            (self.first, self.proportion) = (byte, 0);
        }
        self.proportion = self.proportion.saturating_add(u16::from(byte == self.first));
        self.proportion >= PROPORTION_CUT_OFF
    }

    /// Whether bytes at one of the distances go on as they did: by the same difference as from the one before to the last.
    fn is_predicted(&mut self, byte: u32) -> bool {
        let [a, b, _, d] = self.last;
        let at = [(a, a >> 8), (a >> 8, a >> 24), (a >> 24, b >> 24), (b >> 24, d >> 24)];
        let is_right = |(last, before): (u32, u32)| {
            last.wrapping_mul(2).wrapping_sub(before).wrapping_sub(byte).trailing_zeros() >= 8
        };
        let is_right = at.map(is_right).contains(&true);
        self.predicted = if is_right { self.predicted.saturating_add(1) } else { 0 };
        self.predicted >= PREDICTION_CUT_OFF
    }

    /// Whether the bytes that are looked out for have come again.
    fn returns(&mut self) -> bool {
        let [a, b, c, _] = self.last;
        let returns = self.count > FIRST_LOOK && [a, b, c] == self.looked_out_for;
        if self.count == FIRST_LOOK || self.count > START_UP && self.count.is_power_of_two() {
            self.looked_out_for = [a, b, c];
        }
        returns
    }
}

/// Bytes that are asked for at once at the start-up, as the generator does later: a source that begins anew at each request shows it.
const REQUEST: usize = 32;
const START_UP: u32 = 1024;
const REPETITION_CUT_OFF: u8 = 9;
const PROPORTION_WINDOW: u32 = 512;
const PROPORTION_CUT_OFF: u16 = 71;
const PREDICTION_CUT_OFF: u8 = 17;
/// The bytes that are looked out for, in words.
const WINDOW: usize = 3;
/// They are taken when so many have been drawn.
const FIRST_LOOK: u32 = 12;

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "small numbers")]
mod tests {
    use super::*;

    /// SP 800-90B §4.4: the cut-offs out of entropy and false alarms.
    #[test]
    fn cut_offs_are_those_of_the_standard() {
        const ENTROPY: u32 = 4;
        const FALSE_ALARM: u32 = 30;
        assert_eq!(u32::from(REPETITION_CUT_OFF), 1 + FALSE_ALARM.div_ceil(ENTROPY));
        assert_eq!(proportion_cut_off(ENTROPY, 20), 62);
        assert_eq!(proportion_cut_off(ENTROPY, FALSE_ALARM), u32::from(PROPORTION_CUT_OFF));
        assert_eq!(proportion_cut_off(ENTROPY, 40), 78);
        // Four guesses are right four times as often as one.
        assert!(u32::from(PREDICTION_CUT_OFF) * (ENTROPY - 4_u32.ilog2()) >= FALSE_ALARM);
        // 12 bytes, for 2^18 comparisons.
        assert_eq!(u32::try_from(size_of::<[u32; WINDOW]>()), Ok(FIRST_LOOK));
        const { assert!(FIRST_LOOK * ENTROPY >= FALSE_ALARM + 18) }
    }

    /// 1 + the critical value of the binomial distribution: the least x with P(X <= x) >= 1 - 2^-alarm.
    fn proportion_cut_off(entropy: u32, alarm: u32) -> u32 {
        let p = 1.0 / f64::from(1_u32 << entropy);
        let q = 1.0 - p;
        let mut term = (0..PROPORTION_WINDOW).fold(1.0, |term, _| term * q);
        let mut above = 1.0 - term;
        let limit = (0..alarm).fold(1.0, |limit, _| limit / 2.0);
        let mut x = 0;
        while above > limit {
            term *= f64::from(PROPORTION_WINDOW - x) / f64::from(x + 1) * p / q;
            above -= term;
            x += 1;
        }
        x + 1
    }
}
