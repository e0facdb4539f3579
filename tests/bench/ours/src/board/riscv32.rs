//! QEMU's `virt` with RISC-V of 32 bits: output by its UART, end by its test device. Under `-icount shift=0` the counter of retired
//! instructions is exact.

use core::{
    arch::{asm, global_asm},
    fmt::{self, Write},
};

/// Where a program begins.
#[macro_export]
macro_rules! start {
    ($main:ident) => {
        #[unsafe(no_mangle)]
        extern "C" fn entry() -> ! {
            $main()
        }
    };
}

global_asm!(".section .start, \"ax\"", ".global _start", "_start:", "la sp, __stack_top", "j entry");

/// A tick is an instruction.
pub const INSTRUCTIONS_OF_A_TICK: u64 = 1;

/// It runs from the start.
pub fn start_counter() {}

/// Instructions since the start.
#[inline(always)]
pub fn ticks() -> u32 {
    let count: u32;
    // SAFETY: reads a counter.
    unsafe { asm!("csrr {0}, minstret", out(reg) count) };
    count
}

/// The UART.
struct Console;

impl Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            // SAFETY: the UART's register for a byte to send, which never waits in the emulator.
            unsafe { (0x1000_0000 as *mut u8).write_volatile(byte) }
        }
        Ok(())
    }
}

/// Prints a line.
pub fn print(line: fmt::Arguments<'_>) {
    let _ = writeln!(Console, "{line}");
}

/// Ends the program.
pub fn exit(is_good: bool) -> ! {
    // SAFETY: the register of the test device, which ends the emulator.
    unsafe { (0x10_0000 as *mut u32).write_volatile(if is_good { 0x5555 } else { 0x1_3333 }) }
    loop {}
}
