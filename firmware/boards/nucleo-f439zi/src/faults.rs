//! Why the processor started, and what is left behind by a panic or a hard fault so that the next start can tell.
//!
//! Both handlers note where they were in memory that no start clears, and reset: a device that hangs helps nobody. A stack
//! that overflows leaves no note, since there is no room to note it in; the watchdog ends that.

use core::panic::PanicInfo;

use cortex_m::peripheral::SCB;
use cortex_m_rt::{ExceptionFrame, exception};
use embassy_stm32::pac;
use firmware::board::ResetCause;

use crate::{
    identity,
    memory::{self, Fault},
};

/// Why the processor started, and what ended the program before; forgets both.
pub(crate) fn cause() -> (ResetCause, Option<Fault>) {
    let flags = pac::RCC.csr().read();
    pac::RCC.csr().modify(|csr| csr.set_rmvf(true));
    let fault = memory::take_fault();
    // The pin's flag is set by every reset (RM0090 §6.3.21), and power's comes with it.
    let cause = if flags.porrstf() {
        ResetCause::PowerOn
    } else if flags.wdgrstf() || flags.wwdgrstf() {
        ResetCause::Watchdog
    } else if flags.sftrstf() && fault.is_some() {
        ResetCause::Panic
    } else if flags.sftrstf() {
        ResetCause::Software
    } else {
        ResetCause::Pin
    };
    (cause, fault.filter(|_| cause == ResetCause::Panic))
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    cortex_m::interrupt::disable();
    let (file, line) = info.location().map_or(("", 0), |location| (location.file(), location.line()));
    defmt::error!("panic at {=str}:{=u32}", file, line);
    memory::leave_fault(Fault { hard: false, address: line, detail: identity::hash(file.as_bytes()) });
    SCB::sys_reset()
}

#[exception]
#[allow(unsafe_code, reason = "the attribute asks for an unsafe function; nothing in it is")]
unsafe fn HardFault(frame: &ExceptionFrame) -> ! {
    memory::leave_fault(Fault { hard: true, address: frame.pc(), detail: frame.lr() });
    SCB::sys_reset()
}
