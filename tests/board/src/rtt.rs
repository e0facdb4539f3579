//! SEGGER RTT as a probe reads it: the firmware's up-channel 0, drained from RAM.

use rigless::{emulator::Host, soc::Width};

/// The first word of the control block's name, which the firmware writes when it is ready: `SEGG`.
const NAME: u64 = 0x4747_4553;
/// More than any channel of a firmware of this size has.
const LONGEST: u64 = 1 << 16;

/// The channel of a firmware.
#[derive(Debug)]
pub struct Rtt {
    /// Where its control block is.
    block: u64,
    /// Everything that was drained.
    pub bytes: Vec<u8>,
}

impl Rtt {
    /// The channel whose control block, the symbol `_SEGGER_RTT`, is at an address.
    pub fn new(block: u64) -> Self {
        Self { block, bytes: Vec::new() }
    }

    /// Takes what the firmware wrote since the last time.
    pub fn drain(&mut self, host: &mut dyn Host) {
        let _ = self.try_drain(host);
    }

    fn try_drain(&mut self, host: &mut dyn Host) -> Option<()> {
        let mut word = |address: u64| host.read(address, Width::W32).ok();
        if word(self.block)? != NAME {
            return None;
        }
        let channel = self.block + 24;
        let (buffer, size) = (word(channel + 4)?, word(channel + 8)?);
        let (write, mut read) = (word(channel + 12)?, word(channel + 16)?);
        if size == 0 || size > LONGEST || write >= size || read >= size || read == write {
            return None;
        }
        while read != write {
            self.bytes.push(host.read(buffer + read, Width::W8).ok()? as u8);
            read = (read + 1) % size;
        }
        host.write(channel + 16, Width::W32, read).ok()
    }
}
