//! QEMU's mps2-an386: output and end by semihosting. Under `-icount shift=0` one instruction is one nanosecond, and the CMSDK timer runs at
//! 25 MHz, so that a count is a multiple of 40.

#[path = "../vectors.rs"]
mod vectors;

use core::fmt;

use cortex_m_semihosting::{debug, hprintln};

/// Where a program begins.
#[macro_export]
macro_rules! start {
    ($main:ident) => {
        #[cortex_m_rt::entry]
        fn entry() -> ! {
            $main()
        }
    };
}

/// A tick of the timer.
pub const INSTRUCTIONS_OF_A_TICK: u64 = 40;

const TIMER: *mut u32 = 0x4000_0000 as *mut u32;

/// Starts the timer.
pub fn start_counter() {
    // SAFETY: the registers of the CMSDK timer of this machine: RELOAD, VALUE, CTRL.
    unsafe {
        TIMER.add(2).write_volatile(!0);
        TIMER.add(1).write_volatile(!0);
        TIMER.write_volatile(1);
    }
}

/// Ticks since the start.
#[inline(always)]
pub fn ticks() -> u32 {
    // SAFETY: VALUE of the CMSDK timer, which counts down.
    unsafe { !0 - TIMER.add(1).read_volatile() }
}

/// Prints a line.
pub fn print(line: fmt::Arguments<'_>) {
    hprintln!("{}", line);
}

/// Ends the program.
pub fn exit(is_good: bool) -> ! {
    debug::exit(if is_good { debug::EXIT_SUCCESS } else { debug::EXIT_FAILURE });
    loop {}
}
