//! Why the processor started, and what is left behind by a panic or a hard fault so that the next start can tell.
//!
//! Both handlers note where they were in memory that no start clears, and reset: a device that hangs helps nobody. A stack
//! that overflows leaves no note, since there is no room to note it in; the watchdog ends that.

use core::panic::PanicInfo;

use cortex_m::peripheral::SCB;
use cortex_m_rt::{ExceptionFrame, exception};
use embassy_stm32::pac;
use firmware::board::ResetCause;

use crate::memory::{self, ProgramFault};

/// Why the processor started, and what ended the program before; forgets both.
pub(crate) fn cause() -> (ResetCause, Option<ProgramFault>) {
    let flags = pac::RCC.csr().read();
    pac::RCC.csr().modify(|csr| csr.set_rmvf(true));
    let fault = memory::take_fault();
    // The pin's flag is set by every reset (RM0090 §6.3.21), and power's comes with it.
    let cause = if flags.porrstf() {
        ResetCause::PowerOn
    } else if flags.wdgrstf() || flags.wwdgrstf() {
        ResetCause::Watchdog
    } else if flags.sftrstf() {
        match &fault {
            Some(ProgramFault { hard: true, .. }) => ResetCause::Fault,
            Some(_) => ResetCause::Panic,
            None => ResetCause::Software,
        }
    } else {
        ResetCause::Pin
    };
    (cause, fault.filter(|_| matches!(cause, ResetCause::Panic | ResetCause::Fault)))
}

/// A panic's words and place are not looked at, so that nothing of them is linked: 29 KB less flash. The way to it is kept.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    cortex_m::interrupt::disable();
    memory::leave_fault(ProgramFault { hard: false, way: memory::way() });
    SCB::sys_reset()
}

#[exception]
#[allow(unsafe_code, reason = "the attribute asks for an unsafe function; nothing in it is")]
unsafe fn HardFault(frame: &ExceptionFrame) -> ! {
    let [_, _, way @ ..] = memory::way();
    let [a, b, c, d, e, f] = way;
    memory::leave_fault(ProgramFault { hard: true, way: [frame.pc(), frame.lr(), a, b, c, d, e, f] });
    SCB::sys_reset()
}
