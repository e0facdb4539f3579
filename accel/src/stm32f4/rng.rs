//! RNG, the random number generator (RM0090 chapter 24), as a source of entropy: its errors handled, its words tested.
//!
//! | test | over | from |
//! |---|---|---|
//! | continuous: two equal words in a row | words | FIPS 140-2 §4.9.2, which RM0090 §24.3 demands |
//! | repetition count: 9 equal bytes in a row | bytes | SP 800-90B §4.4.1 |
//! | adaptive proportion: 71 of 512 bytes equal the first | bytes | SP 800-90B §4.4.2 |
//! | start-up: 1024 bytes pass all of these, and are dropped | bytes | SP 800-90B §4.3 |
//!
//! The cut-offs are those for 4 bits of entropy in a byte, half of what the unit is said to give, and a false alarm in 2^30.
//! A seed or clock error clears its flag, restarts the unit and goes through start-up again, a bounded number of times; a test
//! that fails, or an error that stays, is `entropy::SOURCE_FAILED` (-0x003C), and the next request starts up anew.
//!
//! These see every word, and know the unit's errors; what draws from here tests the bytes again, as it does those of any source.
//!
//! Deliberately absent: a conditioning function. What is read seeds [`crate::soft::Drbg`], never a key directly.

use status::{Error, entropy};
use zeroize::Zeroize;

use super::regs::{RNG_POLLS, Regs, wait};
use crate::Entropy;

/// The source of entropy over the registers of the unit.
///
/// ```
/// use accel::{Entropy, soft::Drbg, stm32f4::{Regs, TrueRng}};
///
/// /// Random numbers from the chip's source, for an accelerator of one's own.
/// fn generator<R: Regs>(rng: R) -> Drbg<TrueRng<R>> {
///     Drbg::new(TrueRng::new(rng))
/// }
/// # struct Dead;
/// # impl Regs for Dead {
/// #     fn read(&mut self, _: u32) -> u32 { 0 }
/// #     fn write(&mut self, _: u32, _: u32) {}
/// # }
/// # let _ = generator(Dead);
/// // A unit that is not switched on gives nothing.
/// assert!(TrueRng::new(Dead).entropy(&mut [0; 16]).is_err());
/// ```
pub struct TrueRng<R> {
    regs: R,
    /// The tests' state; none before start-up and after a failure.
    health: Option<WordTests>,
}

impl<R: Regs> TrueRng<R> {
    /// Makes the source; no register is touched before the first request.
    pub const fn new(regs: R) -> Self {
        Self { regs, health: None }
    }

    /// The registers, for a test or a board.
    pub const fn regs(&mut self) -> &mut R {
        &mut self.regs
    }

    /// The next tested word.
    fn word(&mut self) -> Result<u32, Error> {
        for _ in 0..RESTARTS {
            if self.health.is_none() && !self.start()? {
                continue;
            }
            match self.draw()? {
                Some(word) => return Ok(word),
                None => self.health = None,
            }
        }
        Err(entropy::SOURCE_FAILED)
    }

    /// Clears all errors, restarts the unit (RM0090 §24.3.2) and tests what comes first; false when an error comes back.
    fn start(&mut self) -> Result<bool, Error> {
        self.regs.write(SR, 0);
        self.regs.write(CR, 0);
        self.regs.write(CR, RNGEN);
        self.health = Some(WordTests::new());
        for _ in 0..START_UP_BYTES / 4 {
            if self.draw()?.is_none() {
                self.health = None;
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Waits for a word and tests it; nothing when the unit reports an error.
    fn draw(&mut self) -> Result<Option<u32>, Error> {
        let status = wait(&mut self.regs, SR, RNG_POLLS, |status| status & (DRDY | ERRORS) != 0)
            .ok_or(entropy::SOURCE_FAILED)?;
        if status & ERRORS != 0 {
            return Ok(None);
        }
        let word = self.regs.read(DR);
        let healthy = self.health.as_mut().is_some_and(|health| health.passes(word));
        if healthy { Ok(Some(word)) } else { Err(entropy::SOURCE_FAILED) }
    }

    fn fill(&mut self, out: &mut [u8]) -> Result<(), Error> {
        for part in out.chunks_mut(4) {
            for (to, from) in part.iter_mut().zip(self.word()?.to_le_bytes()) {
                *to = from;
            }
        }
        Ok(())
    }
}

impl<R: Regs> Entropy for TrueRng<R> {
    fn entropy(&mut self, out: &mut [u8]) -> Result<(), Error> {
        let filled = self.fill(out);
        if filled.is_err() {
            self.health = None;
            out.zeroize();
        }
        filled
    }
}

/// The continuous tests, from one request to the next.
struct WordTests {
    last: Option<u32>,
    /// The byte that was last seen, and how often in a row.
    repeated: (u8, u8),
    /// The byte that a window began with, how often it was seen in it, and the bytes of the window so far.
    window: (u8, u16, u16),
}

impl WordTests {
    const fn new() -> Self {
        Self { last: None, repeated: (0, 0), window: (0, 0, 0) }
    }

    fn passes(&mut self, word: u32) -> bool {
        let differs = self.last.replace(word) != Some(word);
        // Every byte is counted, also after the first failure.
        let counts = word.to_le_bytes().map(|byte| self.repetition(byte) & self.proportion(byte));
        differs && counts == [true; 4]
    }

    fn repetition(&mut self, byte: u8) -> bool {
        self.repeated = match self.repeated {
            (last, count) if last == byte => (last, count.saturating_add(1)),
            _ => (byte, 1),
        };
        self.repeated.1 < REPETITION_CUT_OFF
    }

    fn proportion(&mut self, byte: u8) -> bool {
        let (first, count, length) = match self.window {
            (_, _, 0 | WINDOW..) => (byte, 0, 0),
            window => window,
        };
        let count = count.saturating_add(u16::from(first == byte));
        self.window = (first, count, length.saturating_add(1));
        count < PROPORTION_CUT_OFF
    }
}

/// So often the unit is started in one request for a word. A seed error comes of a disturbance that passes.
const RESTARTS: u32 = 4;
const START_UP_BYTES: u32 = 1024;
/// 1 + 30 / 4, rounded up (SP 800-90B §4.4.1).
const REPETITION_CUT_OFF: u8 = 9;
const WINDOW: u16 = 512;
/// SP 800-90B §4.4.2; how it is computed is in `health.rs`.
const PROPORTION_CUT_OFF: u16 = 71;

// RM0090 §24.4: the registers, and their bits.
const CR: u32 = 0x00;
const SR: u32 = 0x04;
const DR: u32 = 0x08;

const RNGEN: u32 = 1 << 2;
const DRDY: u32 = 1;
/// CECS, SECS, CEIS and SEIS.
const ERRORS: u32 = 0x66;
