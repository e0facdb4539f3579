//! Entropy from the hardware random number generator (RM0090 §24), polled.

use accel::Entropy;
use embassy_stm32::pac;
use status::Error;

/// How often the status register is read for one word: a word takes 40 cycles of 48 MHz.
const MAX_POLLS: u32 = 10_000;

/// The generator.
pub(crate) struct HardwareRng {
    last: u32,
}

impl HardwareRng {
    /// Switches it on.
    pub(crate) fn start() -> Self {
        pac::RCC.ahb2enr().modify(|enable| enable.set_rngen(true));
        pac::RNG.cr().modify(|control| control.set_rngen(true));
        Self { last: 0 }
    }

    /// The next word.
    fn word(&mut self) -> Result<u32, Error> {
        for _ in 0..MAX_POLLS {
            let status = pac::RNG.sr().read();
            if status.secs() || status.cecs() || status.seis() || status.ceis() {
                break;
            }
            if status.drdy() {
                let word = pac::RNG.dr().read();
                // The continuous test of FIPS 140-2 §4.9.2, which RM0090 §24.3.1 asks for.
                let fresh = word != 0 && word != self.last;
                self.last = word;
                return if fresh { Ok(word) } else { Err(status::entropy::SOURCE_FAILED) };
            }
        }
        Err(status::entropy::SOURCE_FAILED)
    }
}

impl Entropy for HardwareRng {
    fn entropy(&mut self, out: &mut [u8]) -> Result<(), Error> {
        for chunk in out.chunks_mut(4) {
            let word = self.word()?.to_le_bytes();
            for (to, from) in chunk.iter_mut().zip(word) {
                *to = from;
            }
        }
        Ok(())
    }
}
