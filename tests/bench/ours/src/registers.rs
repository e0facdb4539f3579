//! A board of three registers that do not exist, for programs that are linked and measured, not run.

use accel::Entropy;
use status::Error;

/// A register.
pub(crate) struct Register(*mut u32);

impl Register {
    pub(crate) fn read(&self) -> u32 {
        // SAFETY: never run.
        unsafe { self.0.read_volatile() }
    }

    pub(crate) fn write(&self, value: u32) {
        // SAFETY: never run.
        unsafe { self.0.write_volatile(value) }
    }
}

pub(crate) const NETWORK: Register = Register(0x4000_F000 as *mut u32);
pub(crate) const RANDOM: Register = Register(0x4000_F004 as *mut u32);
pub(crate) const CONSOLE: Register = Register(0x4000_F008 as *mut u32);

/// A chip's generator.
pub(crate) struct HardwareEntropy;

impl Entropy for HardwareEntropy {
    fn entropy(&mut self, out: &mut [u8]) -> Result<(), Error> {
        out.fill_with(|| RANDOM.read().to_le_bytes()[0]);
        Ok(())
    }
}
