//! The independent watchdog (RM0090 §21) and the reset.

use cortex_m::peripheral::SCB;
use embassy_stm32::{Peri, pac, peripherals::IWDG, wdg::IndependentWatchdog};
use firmware::connection_state::Connection;

use crate::logs;

/// When the watchdog bites, by an LSI of 32 kHz; by one of 47 kHz, the fastest of the data sheet, after 11 seconds.
const WATCHDOG_MICROSECONDS: u32 = 16_000_000;

/// The watchdog, running.
pub(crate) struct NucleoSystem {
    watchdog: IndependentWatchdog<'static, IWDG>,
}

impl NucleoSystem {
    /// Starts the watchdog, which nothing but a reset stops; it pauses while a debugger halts the processor.
    pub(crate) fn start(watchdog: Peri<'static, IWDG>) -> Self {
        pac::DBGMCU.apb1fzr().modify(|freeze| freeze.set_iwdg(true));
        let mut watchdog = IndependentWatchdog::new(watchdog, WATCHDOG_MICROSECONDS);
        watchdog.unleash();
        Self { watchdog }
    }
}

impl firmware::board::System for NucleoSystem {
    fn feed_watchdog(&mut self) {
        self.watchdog.pet();
    }

    fn reset(&mut self) -> ! {
        SCB::sys_reset()
    }

    fn show(&mut self, connection: &Connection) {
        logs::connection(connection);
    }
}
