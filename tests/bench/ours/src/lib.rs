//! The emulated board: an instruction counter, rows of output, a painted stack, and entropy that repeats.
//!
//! The C side has the same in `../mbedtls/board.c`; both print `name<TAB>value`.
#![no_std]

pub mod ecdsa;
pub mod play;
mod repeating;
mod vectors;

pub use repeating::Repeating;

use cortex_m_semihosting::{debug, hprintln};
use status::Error;

/// Counts instructions: under QEMU's `-icount shift=0` one instruction is one nanosecond, and the CMSDK timer runs at 25 MHz, so
/// a count is a multiple of 40.
pub struct Counter {
    start: u32,
}

const TIMER: *mut u32 = 0x4000_0000 as *mut u32;

impl Counter {
    /// Starts counting. One count may last 1.7e11 instructions.
    #[inline(always)]
    pub fn start() -> Self {
        Self { start: ticks() }
    }

    /// Instructions since the start.
    #[inline(always)]
    pub fn instructions(&self) -> u64 {
        u64::from(ticks().wrapping_sub(self.start)) * 40
    }
}

/// Starts the timer.
pub fn board_init() {
    // SAFETY: the registers of the CMSDK timer of this machine: RELOAD, VALUE, CTRL.
    unsafe {
        TIMER.add(2).write_volatile(!0);
        TIMER.add(1).write_volatile(!0);
        TIMER.write_volatile(1);
    }
}

#[inline(always)]
fn ticks() -> u32 {
    // SAFETY: VALUE of the CMSDK timer, which counts down.
    unsafe { !0 - TIMER.add(1).read_volatile() }
}

/// Prints one result.
pub fn row(name: &str, value: u64) {
    hprintln!("{}\t{}", name, value);
}

/// Prints what a call costs while so much is open.
pub fn named_row(group: &str, name: &str, open: usize, value: u64) {
    hprintln!("{} {}, {} open\t{}", group, name, open, value);
}

/// Prints what was measured in a suite.
pub fn suite_row(suite: &str, what: &str, value: u64) {
    hprintln!("{}: {}\t{}", suite, what, value);
}

/// Prints the longest slice of an operation.
pub fn slice_row(name: &str, value: u64) {
    hprintln!("longest slice of {}\t{}", name, value);
}

/// Prints the rows of one handshake.
pub fn handshake_rows(name: &str, total: u64, longest: u64, stack: u64) {
    hprintln!("handshake, {}\t{}", name, total);
    hprintln!("handshake, {}: longest poll\t{}", name, longest);
    hprintln!("handshake, {}: peak stack, bytes\t{}", name, stack);
    // There is none.
    hprintln!("handshake, {}: peak heap, bytes\t0", name);
}

/// Ends the program.
pub fn done() -> ! {
    debug::exit(debug::EXIT_SUCCESS);
    loop {}
}

/// Says what went wrong and ends the program.
pub fn fail(what: &str, error: Error) -> ! {
    hprintln!("failed: {} {:?}", what, error);
    debug::exit(debug::EXIT_FAILURE);
    loop {}
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    hprintln!("{}", info);
    debug::exit(debug::EXIT_FAILURE);
    loop {}
}

/// The stack, painted to see how deep it gets.
pub struct Stack {
    from: usize,
    to: usize,
}

const PAINT: u32 = 0xA5A5_A5A5;
/// More than anything here may need.
const DEPTH: usize = 256 * 1024;

impl Stack {
    /// Paints what is free below the caller's frame.
    #[inline(never)]
    pub fn paint() -> Self {
        let here = 0u32;
        let to = (&raw const here as usize - 64) & !3;
        let from = to - DEPTH;
        for at in (from..to).step_by(4) {
            // SAFETY: RAM below the stack pointer that nothing else uses: the program has no heap and 4 MiB of RAM.
            unsafe { (at as *mut u32).write_volatile(PAINT) }
        }
        Self { from, to }
    }

    /// Bytes used since, below the frame that painted.
    #[inline(never)]
    pub fn used(&self) -> usize {
        let mut at = self.from;
        // SAFETY: as above.
        while at < self.to && unsafe { (at as *const u32).read_volatile() } == PAINT {
            at += 4;
        }
        self.to - at
    }
}
