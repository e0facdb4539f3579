//! The emulated board: an instruction counter, rows of output, a painted stack, and entropy that repeats.
//!
//! The C side has the same in `../board/board.c`; both print `name<TAB>value`. What differs between the processors is in `board`.
#![no_std]

#[cfg_attr(target_arch = "arm", path = "board/cortex_m.rs")]
#[cfg_attr(target_arch = "riscv32", path = "board/riscv32.rs")]
mod board;
pub mod ecdsa;
pub mod play;
mod repeating;

pub use repeating::Repeating;

use status::Error;

/// Counts instructions.
pub struct Counter {
    start: u32,
}

impl Counter {
    /// Starts counting. One count may last 1.7e11 instructions on ARM, and 4.2e9 on RISC-V.
    #[inline(always)]
    pub fn start() -> Self {
        Self { start: board::ticks() }
    }

    /// Instructions since the start.
    #[inline(always)]
    pub fn instructions(&self) -> u64 {
        u64::from(board::ticks().wrapping_sub(self.start)) * board::INSTRUCTIONS_OF_A_TICK
    }
}

/// Starts the counter.
pub fn board_init() {
    board::start_counter();
}

/// Prints one result.
pub fn row(name: &str, value: u64) {
    board::print(format_args!("{}\t{}", name, value));
}

/// Prints what a call costs while so much is open.
pub fn named_row(group: &str, name: &str, open: usize, value: u64) {
    board::print(format_args!("{} {}, {} open\t{}", group, name, open, value));
}

/// Prints what was measured in a suite.
pub fn suite_row(suite: &str, what: &str, value: u64) {
    board::print(format_args!("{}: {}\t{}", suite, what, value));
}

/// Prints the longest slice of an operation.
pub fn slice_row(name: &str, value: u64) {
    board::print(format_args!("longest slice of {}\t{}", name, value));
}

/// Prints the rows of one handshake.
pub fn handshake_rows(name: &str, total: u64, longest: u64, stack: u64) {
    board::print(format_args!("handshake, {}\t{}", name, total));
    board::print(format_args!("handshake, {}: longest poll\t{}", name, longest));
    board::print(format_args!("handshake, {}: peak stack, bytes\t{}", name, stack));
    // There is none.
    board::print(format_args!("handshake, {}: peak heap, bytes\t0", name));
}

/// Ends the program.
pub fn done() -> ! {
    board::exit(true)
}

/// Says what went wrong and ends the program.
pub fn fail(what: &str, error: Error) -> ! {
    board::print(format_args!("failed: {} {:?}", what, error));
    board::exit(false)
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    board::print(format_args!("{info}"));
    board::exit(false)
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
