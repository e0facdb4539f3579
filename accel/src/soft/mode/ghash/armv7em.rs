//! The product for ARMv7E-M, in assembly; constant-time: its course depends on the number of blocks only.
//!
//! Nine products of 32 bits make one of 128, by Karatsuba's method twice. One of 32 bits without carries is made of sixteen with
//! carries: only every fourth bit of each factor is there, in a class of its own, and sums of up to fifteen bits stay in the
//! four that each bit of the product then has. What a product of two classes sums up in a place is
//!
//! ```text
//!   i + j < 4     1 2 3 4 5 6 7 8 7 6 5 4 3 2 1 -     one place higher with  i + j >= 4     - 1 2 3 4 5 6 7 8 7 6 5 4 3 2 1
//! ```
//!
//! so that two of different kinds can be summed up (`UMLAL`) as they are, and two of the same kind once the eight of one place is
//! taken away. Only the lowest bit of a sum counts.
//!
//! `tests/bench/ours/src/bin/kernel.rs` holds it against `portable.rs` on an emulated Cortex-M4.
#![allow(unsafe_code, reason = "a compiler takes twice as many instructions")]

use core::arch::naked_asm;

/// Adds each block to the sum and multiplies it by the key.
pub(super) fn absorb(sum: &mut [u32; 4], key: &[u32; 4], blocks: &[[u8; 16]]) {
    if !blocks.is_empty() {
        // SAFETY: the types are the lengths, there is at least one block, and a mutable borrow overlaps nothing.
        unsafe { absorb_arm(sum, key, blocks.as_ptr(), blocks.len()) }
    }
}

/// Instructions, one a line.
macro_rules! lines {
    ($($($part:expr),+;)+) => { concat!($($($part,)+ "\n"),+) };
}

/// The factors of the nine products of a number in `r4` to `r7`, whose lowest word comes first: its words and their sums. They go
/// to every second word of each part of the frame.
macro_rules! factors {
    ($a:literal, $b:literal, $ab:literal, $c:literal, $d:literal, $cd:literal, $ac:literal, $bd:literal, $all:literal) => {
        lines!(
            "str r4, [sp, #", $a, "]";
            "str r5, [sp, #", $b, "]";
            "eor r0, r4, r5";
            "str r0, [sp, #", $ab, "]";
            "str r6, [sp, #", $c, "]";
            "str r7, [sp, #", $d, "]";
            "eor r0, r6, r7";
            "str r0, [sp, #", $cd, "]";
            "eors r4, r6";
            "str r4, [sp, #", $ac, "]";
            "eors r5, r7";
            "str r5, [sp, #", $bd, "]";
            "eors r4, r5";
            "str r4, [sp, #", $all, "]";
        )
    };
}

/// Reduces the lowest word that is left: x^128 = x^7 + x^2 + x + 1. What goes out of `$high` below goes into the word before.
macro_rules! reduce {
    ($low:literal, $before:literal, $high:literal) => {
        lines!(
            "eors ", $high, ", ", $low;
            "eor ", $high, ", ", $high, ", ", $low, ", lsr #1";
            "eor ", $high, ", ", $high, ", ", $low, ", lsr #2";
            "eor ", $high, ", ", $high, ", ", $low, ", lsr #7";
            "eor ", $before, ", ", $before, ", ", $low, ", lsl #31";
            "eor ", $before, ", ", $before, ", ", $low, ", lsl #30";
            "eor ", $before, ", ", $before, ", ", $low, ", lsl #25";
        )
    };
}

/// The frame has a part for each product of 64 bits: the lower halves', the upper halves', and that of their sums.
///
/// ```text
///   sp   3 times: 3 factors of the sum, each beside one of the key; the product's 4 words   +120  data  blocks  sum
/// ```
///
/// # Safety
/// `blocks` blocks are there, at least one.
#[unsafe(naked)]
unsafe extern "C" fn absorb_arm(sum: &mut [u32; 4], key: &[u32; 4], data: *const [u8; 16], blocks: usize) {
    naked_asm!(
        "push {{r4-r11, lr}}",
        "sub sp, #132",
        "strd r2, r3, [sp, #120]",
        "str r0, [sp, #128]",
        "ldm r1, {{r4-r7}}",
        factors!("4", "12", "20", "44", "52", "60", "84", "92", "100"),
        "ldr r0, [sp, #128]",
        "ldm r0, {{r4-r7}}",
        "10:",
        "ldr r3, [sp, #120]",
        "ldr r0, [r3], #4",
        "ldr r1, [r3], #4",
        "ldr r2, [r3], #4",
        "ldr r8, [r3], #4",
        "str r3, [sp, #120]",
        "rev r0, r0",
        "rev r1, r1",
        "rev r2, r2",
        "rev r8, r8",
        "eors r7, r0",
        "eors r6, r1",
        "eors r5, r2",
        "eors r4, r8",
        factors!("0", "8", "16", "40", "48", "56", "80", "88", "96"),
        "mov r12, sp",
        // A product of 64 bits.
        "11:",
        "ldrd r0, r1, [r12]",
        "bl {multiply}",
        "strd r0, r1, [r12, #24]",
        "ldrd r0, r1, [r12, #8]",
        "bl {multiply}",
        "strd r0, r1, [r12, #32]",
        "ldrd r0, r1, [r12, #16]",
        "bl {multiply}",
        "ldrd r2, r3, [r12, #24]",
        "ldrd r4, r5, [r12, #32]",
        "eors r3, r4",
        "eors r0, r2",
        "eors r0, r3",
        "eors r1, r5",
        "eors r1, r3",
        "strd r0, r1, [r12, #28]",
        "add r12, #40",
        "add r0, sp, #120",
        "cmp r0, r12",
        "bne 11b",
        // The three together.
        "add r0, sp, #24",
        "add r4, sp, #64",
        "sub r8, r12, #16",
        "ldm r0, {{r0-r3}}",
        "ldm r4, {{r4-r7}}",
        "ldm r8, {{r8-r11}}",
        "eors r2, r4",
        "eors r3, r5",
        "eor r4, r2, r10",
        "eors r4, r6",
        "eor r5, r3, r11",
        "eors r5, r7",
        "eors r2, r8",
        "eors r2, r0",
        "eors r3, r9",
        "eors r3, r1",
        reduce!("r0", "r3", "r4"),
        reduce!("r1", "r4", "r5"),
        reduce!("r2", "r5", "r6"),
        reduce!("r3", "r6", "r7"),
        "ldr r0, [sp, #124]",
        "subs r0, #1",
        "str r0, [sp, #124]",
        "bne 10b",
        "ldr r0, [sp, #128]",
        "stm r0, {{r4-r7}}",
        // The frame is wiped but for its last three words.
        "mov r12, sp",
        "add r6, sp, #120",
        "movs r0, #0",
        "movs r1, #0",
        "movs r2, #0",
        "movs r3, #0",
        "movs r4, #0",
        "movs r5, #0",
        "12:",
        "stm r12!, {{r0-r5}}",
        "cmp r12, r6",
        "bne 12b",
        "add sp, #132",
        "pop {{r4-r11, pc}}",
        multiply = sym multiply,
    )
}

/// The product without carries of `r0` and `r1` there, the lower half first. Needs all registers up to `r11`.
///
/// # Safety
/// None but the registers.
#[unsafe(naked)]
unsafe extern "C" fn multiply() {
    naked_asm!(
        "and r4, r0, #0x11111111",
        "and r5, r0, #0x22222222",
        "and r6, r0, #0x44444444",
        "and r7, r0, #0x88888888",
        "and r8, r1, #0x11111111",
        "and r9, r1, #0x22222222",
        "and r10, r1, #0x44444444",
        "and r11, r1, #0x88888888",
        // The bits 1, 5, 9 and so on: two pairs of different kinds.
        "umull r0, r1, r4, r9",
        "umlal r0, r1, r6, r11",
        "umull r2, r3, r5, r8",
        "umlal r2, r3, r7, r10",
        "eors r0, r2",
        "eors r1, r3",
        "and r0, r0, #0x22222222",
        "and r1, r1, #0x22222222",
        // 0, 4, 8: one of the first kind.
        "umull r2, r3, r4, r8",
        "umlal r2, r3, r5, r11",
        "and r2, r2, #0x11111111",
        "and r3, r3, #0x11111111",
        "umlal r2, r3, r6, r10",
        "bic r3, r3, #8",
        "umlal r2, r3, r7, r9",
        "and r2, r2, #0x11111111",
        "and r3, r3, #0x11111111",
        "orrs r0, r2",
        "orrs r1, r3",
        // 2, 6, 10: one of the second kind.
        "umull r2, r3, r4, r10",
        "umlal r2, r3, r7, r11",
        "and r2, r2, #0x44444444",
        "and r3, r3, #0x44444444",
        "umlal r2, r3, r5, r9",
        "bic r3, r3, #2",
        "umlal r2, r3, r6, r8",
        "and r2, r2, #0x44444444",
        "and r3, r3, #0x44444444",
        "orrs r0, r2",
        "orrs r1, r3",
        // 3, 7, 11: all of the first kind.
        "umull r2, r3, r4, r11",
        "bic r3, r3, #4",
        "umlal r2, r3, r5, r10",
        "and r2, r2, #0x88888888",
        "and r3, r3, #0x88888888",
        "umlal r2, r3, r6, r9",
        "bic r3, r3, #4",
        "umlal r2, r3, r7, r8",
        "and r2, r2, #0x88888888",
        "and r3, r3, #0x88888888",
        "orrs r0, r2",
        "orrs r1, r3",
        "bx lr",
    )
}
