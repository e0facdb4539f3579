//! The NUCLEO-F439ZI as rigless' machine: one microcontroller, 168 MHz, one instruction a cycle.
//!
//! Virtual time is instructions: no wait states, no pipeline. Counts of instructions are exact, counts of cycles are not to
//! be had here.

use std::num::{NonZeroU32, NonZeroU64};

use rigless::{
    cpu,
    machine::{self, Target, armv7m},
    mcu::Mcu,
    mcu::Operate,
    snapshot::Store,
    soc::Error,
};

use crate::part::{Settings, Stm32f439};

/// Instructions in a second of virtual time: the firmware's HCLK.
pub const INSTRUCTIONS_PER_SECOND: u64 = 168_000_000;

const NAME: &str = "nucleo-f439zi";
const PART: &str = "stm32f439zi";

/// The machine.
#[derive(Debug)]
pub struct Nucleo {
    /// Its microcontroller, with the PHY and the cable.
    pub part: Stm32f439,
}

impl Nucleo {
    /// A board that power has just come to.
    ///
    /// # Errors
    /// As [`Stm32f439::new`].
    pub fn new(settings: Settings) -> Result<Self, Error> {
        Ok(Self { part: Stm32f439::new(settings)? })
    }
}

/// No snapshots: runs are repeatable, and a power cut goes on in the same run.
impl Store for Nucleo {}

impl machine::Board for Nucleo {
    fn name(&self) -> &'static str {
        NAME
    }

    fn target_names(&self) -> Vec<&'static str> {
        vec![PART]
    }

    fn mcu(&mut self, target: usize) -> Option<&mut dyn Mcu> {
        (target == 0).then_some(&mut self.part)
    }

    fn targets(&mut self) -> Vec<Target<'_>> {
        let frequency = NonZeroU64::new(INSTRUCTIONS_PER_SECOND).unwrap_or(NonZeroU64::MIN);
        let lines = NonZeroU32::new(u32::from(self.part.cpu().interrupt_lines)).unwrap_or(NonZeroU32::MIN);
        // PM0214 rev 10 §4.3 to §4.5 and DS9405 rev 13 §2: priorities of four bits, a unit of single precision, eight regions.
        let core = armv7m::Core {
            variant: armv7m::Variant::M4,
            clock_hz: frequency,
            interrupt_lines: lines,
            priority_bits: 4,
            refclk_divider: NonZeroU32::new(8).unwrap_or(NonZeroU32::MIN),
            instructions_per_second: frequency,
            boot: "flash",
        };
        let windows = cpu::armv7m::windows(self.part.bus());
        let spec = core.spec_with_parts(&windows, armv7m::Fpu::FpV4Sp, armv7m::MpuRegions::Eight);
        vec![Target::new(PART, &mut self.part, spec)]
    }
}
