//! The MAC and its management interface (RM0090 rev 22 §33.5, §33.8.1).
//!
//! | Covers | |
//! |---|---|
//! | `MACCR.RE`, `TE` | nothing passes without them |
//! | `MACFFR` | perfect filter on address 0, `DAIF`, `PAM`, `PM`, `RA`, `BFD` |
//! | `MACA0HR`, `MACA0LR` | taken when the low half is written |
//! | `MACMIIAR`, `MACMIIDR` | read and write of the PHY at address 0; 64 clocks of MDC by `CR`, plus the dice |
//!
//! | Leaves out | |
//! |---|---|
//! | hash filters, addresses 1 to 3, VLAN, flow control, wake-up frames | stored |
//! | `MACDBGR`, `MACSR` | read as idle |
//! | speed and duplex of `MACCR` | a setting that differs from what was negotiated is told, and frames pass |
//! | MMC and PTP | instances without a model |

use rigless::{
    device::{Device, DeviceContext, RegisterFile},
    soc::stm32f427::generated::ethernet_mac::Register,
    time::{EventId, VirtualNanos},
};

use super::Wire;
use crate::models::{dice::Dice, times::Times};

const TE: u64 = 1 << 3;
const RE: u64 = 1 << 2;
const FULL_100: u64 = 1 << 14 | 1 << 11;

const MB: u64 = 1;
const MW: u64 = 1 << 1;

/// The PHY's address on the NUCLEO board.
const PHY: u64 = 0;
/// HCLK of the firmware, from which MDC is made.
const HCLK_MHZ: u64 = 168;

/// Which frames are received: `MACFFR` and address 0.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Filter {
    settings: u64,
    address: [u8; 6],
}

impl Filter {
    /// Whether a frame passes, by its destination.
    pub(super) fn passes(&self, frame: &[u8]) -> bool {
        let set = |bit: u32| self.settings >> bit & 1 != 0;
        let Some(destination) = frame.get(..6) else { return false };
        if set(0) || set(31) {
            true
        } else if destination == [0xFF; 6] {
            !set(5)
        } else if destination[0] & 1 != 0 {
            set(4)
        } else {
            (destination == self.address) != set(3)
        }
    }
}

/// The model.
#[derive(Debug)]
pub struct EthernetMac {
    wire: Wire,
    dice: Dice,
    times: Times,
    access: u64,
    data: u64,
    event: Option<EventId>,
}

impl EthernetMac {
    /// A MAC out of reset.
    pub fn new(wire: Wire, dice: Dice, times: Times) -> Self {
        Self { wire, dice, times, access: 0, data: 0, event: None }
    }

    fn access(&mut self, value: u64, context: &mut DeviceContext<'_>) {
        if self.access & MB != 0 {
            context.tell("MACMIIAR", "§33.8.1: written while an access is ongoing");
            return;
        }
        self.access = value & 0xFFDF;
        if value & MB != 0 {
            // Table 182: the divider of HCLK.
            let divider = match value >> 2 & 7 {
                0 => 42,
                1 => 62,
                2 => 16,
                3 => 26,
                _ => 102,
            };
            if HCLK_MHZ * 10 > divider * 25 {
                context.tell("MACMIIAR", "§33.4.1: MDC faster than 2.5 MHz");
            }
            let time = match self.times {
                Times::Short => 2_000,
                Times::Datasheet => 64 * divider * 1000 / HCLK_MHZ,
            };
            let at = self.dice.after(context.now(), time);
            self.event = Some(context.schedule(at));
        }
    }

    fn perform(&mut self, now: VirtualNanos) {
        let register = (self.access >> 6 & 0x1F) as u8;
        let present = self.access >> 11 & 0x1F == PHY;
        let mut state = self.wire.state();
        match (self.access & MW != 0, present) {
            (true, true) => state.phy.write(register, self.data as u16, now),
            (true, false) => {}
            (false, true) => self.data = u64::from(state.phy.read(register, now)),
            (false, false) => self.data = 0xFFFF,
        }
        self.access &= !MB;
    }
}

impl Device for EthernetMac {
    type Register = Register;

    fn read(&mut self, register: Register, _: &mut RegisterFile, _: &mut DeviceContext<'_>) -> Option<u64> {
        match register {
            Register::Macmiiar => Some(self.access),
            Register::Macmiidr => Some(self.data),
            _ => None,
        }
    }

    fn write(
        &mut self,
        register: Register,
        value: u64,
        registers: &mut RegisterFile,
        context: &mut DeviceContext<'_>,
    ) {
        match register {
            Register::Maccr => {
                let mut state = self.wire.state();
                state.transmits = value & TE != 0;
                state.receives = value & RE != 0;
                if value & (TE | RE) != 0 && value & FULL_100 != FULL_100 {
                    context.tell("MACCR", "§33.5.3: not the negotiated 100 Mbit/s full duplex");
                }
            }
            Register::Macffr => self.wire.state().filter.settings = value,
            Register::Maca0lr => {
                let [a, b, c, d, ..] = value.to_le_bytes();
                let [e, f, ..] = registers.get(Register::Maca0hr).to_le_bytes();
                self.wire.state().filter.address = [a, b, c, d, e, f];
            }
            Register::Macmiiar => self.access(value, context),
            Register::Macmiidr => self.data = value & 0xFFFF,
            _ => {}
        }
    }

    fn on_event(&mut self, event: EventId, _: &mut RegisterFile, context: &mut DeviceContext<'_>) {
        if self.event == Some(event) {
            self.event = None;
            self.perform(context.now());
        }
    }

    /// The DMA's software reset reaches the MAC too.
    fn poll(&mut self, registers: &mut RegisterFile, _: &mut DeviceContext<'_>) {
        if std::mem::take(&mut self.wire.state().reset) {
            registers.reset();
            Device::reset(self);
        }
    }

    fn reset(&mut self) {
        self.access = 0;
        self.data = 0;
        self.event = None;
        self.wire.restart();
    }
}
