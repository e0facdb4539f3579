//! SYSCFG (RM0090 rev 22 chapter 9), which also stands for the wires between the units and the interrupt controller.
//!
//! | Covers | |
//! |---|---|
//! | `PMC.MII_RMII_SEL` | read by the Ethernet model when its reset is to end, §9.3.2 |
//! | the wires of table 63 | a line is high while any unit that shares it drives it: HASH and RNG share 80 |
//!
//! | Leaves out | |
//! |---|---|
//! | `MEMRM`, `CMPCR`, ADC bits of `PMC` | stored, no effect |
//! | `EXTICR1` to `EXTICR4` | stored; there is no model of EXTI |

use std::collections::BTreeSet;

use rigless::{
    device::{Device, DeviceContext, InterruptChange, Level, RegisterFile},
    emulator::InterruptLine,
    soc::stm32f427::generated::syscfg::Register,
};

/// The model.
#[derive(Debug, Default)]
pub struct Syscfg {
    high: BTreeSet<(u16, &'static str)>,
}

impl Device for Syscfg {
    type Register = Register;

    fn on_interrupt(
        &mut self,
        change: InterruptChange,
        _: &mut RegisterFile,
        context: &mut DeviceContext<'_>,
    ) {
        let wire = (change.interrupt, change.instance);
        match change.level {
            Level::High => self.high.insert(wire),
            Level::Low => self.high.remove(&wire),
        };
        let high = self.high.iter().any(|(interrupt, _)| *interrupt == change.interrupt);
        if let Some(line) = InterruptLine::new(change.interrupt) {
            context.drive_line(line, Level::from(high));
        }
    }

    fn reset(&mut self) {
        self.high.clear();
    }

    fn reset_line(&mut self, _: &mut RegisterFile, _: &mut DeviceContext<'_>) {}
}
