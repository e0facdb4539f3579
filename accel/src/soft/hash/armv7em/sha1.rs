//! The compression function of SHA-1 for ARMv7E-M, in assembly (FIPS 180-4 §6.1.2): 1.2 thousand instructions a block, where a
//! compiler needs 1.25 thousand unrolled, in five times the code, or 1.75 thousand in loops.
//!
//! Constant-time, and its frame is wiped, as those of SHA-2.
#![allow(unsafe_code, reason = "as in the file above")]

use core::arch::naked_asm;

/// Runs SHA-1's compression function over `blocks`.
pub(in super::super) fn compress160(state: &mut [u32; 5], blocks: &[[u8; 64]]) {
    if !blocks.is_empty() {
        // SAFETY: the types are the lengths, there is at least one block, and a mutable borrow overlaps nothing.
        unsafe { sha1(state, blocks.as_ptr(), blocks.len()) }
    }
}

/// FIPS 180-4 §4.1.1: `Ch`.
macro_rules! choice {
    ($b:literal, $c:literal, $d:literal, $e:literal) => {
        lines!(
            "eor r9, ", $c, ", ", $d;
            "and r9, ", $b;
            "eor r9, ", $d;
        )
    };
}

/// `Parity`.
macro_rules! parity {
    ($b:literal, $c:literal, $d:literal, $e:literal) => {
        lines!(
            "eor r9, ", $b, ", ", $c;
            "eor r9, ", $d;
        )
    };
}

/// `Maj`: as its two parts share no bit, they are added one after the other.
macro_rules! majority {
    ($b:literal, $c:literal, $d:literal, $e:literal) => {
        lines!(
            "and r9, ", $b, ", ", $c;
            "add ", $e, ", r9";
            "eor r9, ", $b, ", ", $c;
            "and r9, ", $d;
        )
    };
}

/// A round, after which `e` is the next one's `a`.
macro_rules! round160 {
    ($function:ident, $a:literal, $b:literal, $c:literal, $d:literal, $e:literal, $word:literal) => {
        concat!(
            lines!(
                "add ", $e, ", ", $word;
                "add ", $e, ", r10";
                "add ", $e, ", ", $e, ", ", $a, ", ror #27";
            ),
            $function!($b, $c, $d, $e),
            lines!(
                "add ", $e, ", r9";
                "ror ", $b, ", #2";
            ),
        )
    };
}

/// Five rounds, after which the words have their registers again.
macro_rules! rounds160 {
    ($function:ident) => {
        concat!(
            "ldm r0!, {{r1, r2, r3, r11, r12}}\n",
            round160!($function, "r4", "r5", "r6", "r7", "r8", "r1"),
            round160!($function, "r8", "r4", "r5", "r6", "r7", "r2"),
            round160!($function, "r7", "r8", "r4", "r5", "r6", "r3"),
            round160!($function, "r6", "r7", "r8", "r4", "r5", "r11"),
            round160!($function, "r5", "r6", "r7", "r8", "r4", "r12"),
            "cmp r0, lr\n",
        )
    };
}

/// First the whole schedule, four words at a time, then the rounds, with `a` to `e` in `r4` to `r8` and the constant in `r10`.
///
/// ```text
///   sp   80 words of the schedule   +320  state  blocks  message
/// ```
///
/// # Safety
/// `blocks` blocks are there, at least one.
#[unsafe(naked)]
unsafe extern "C" fn sha1(state: &mut [u32; 5], data: *const [u8; 64], blocks: usize) {
    naked_asm!(
        "push {{r4-r11, lr}}",
        "sub sp, #336",
        "strd r0, r2, [sp, #320]",
        "50:",
        "mov lr, sp",
        message!("lr"),
        "str r1, [sp, #328]",
        // r0, r12 and lr: 16 words back, 8 words back, and the next word; r9 to r11: the three words before it.
        "mov r0, sp",
        "add r12, sp, #32",
        "ldr r9, [sp, #52]",
        "ldrd r10, r11, [sp, #56]",
        "52:",
        "ldm r0, {{r1-r6}}",
        "add r0, #16",
        "eor r1, r3",
        "eor r2, r4",
        "eor r3, r5",
        "eor r4, r6",
        "ldm r12!, {{r5-r8}}",
        "eor r1, r5",
        "eor r2, r6",
        "eor r3, r7",
        "eor r4, r8",
        "eor r1, r9",
        "ror r1, #31",
        "eor r2, r10",
        "ror r9, r2, #31",
        "eor r3, r11",
        "ror r10, r3, #31",
        "eor r4, r1",
        "ror r11, r4, #31",
        "stm lr!, {{r1, r9, r10, r11}}",
        "add r2, sp, #320",
        "cmp lr, r2",
        "bne 52b",
        "ldr r1, [sp, #320]",
        "ldm r1, {{r4-r8}}",
        "mov r0, sp",
        "movw r10, #0x7999",
        "movt r10, #0x5A82",
        "add lr, r0, #80",
        "53:",
        rounds160!(choice),
        "bne 53b",
        "movw r10, #0xEBA1",
        "movt r10, #0x6ED9",
        "54:",
        "add lr, r0, #80",
        "55:",
        rounds160!(parity),
        "bne 55b",
        "add lr, sp, #320",
        "cmp r0, lr",
        "beq 57f",
        "movw r10, #0xBCDC",
        "movt r10, #0x8F1B",
        "add lr, r0, #80",
        "56:",
        rounds160!(majority),
        "bne 56b",
        "movw r10, #0xC1D6",
        "movt r10, #0xCA62",
        "b 54b",
        "57:",
        "ldr lr, [sp, #320]",
        "ldm lr, {{r0-r3, r9}}",
        "add r4, r0",
        "add r5, r1",
        "add r6, r2",
        "add r7, r3",
        "add r8, r9",
        "stm lr, {{r4-r8}}",
        "ldrd r2, r1, [sp, #324]",
        "subs r2, #1",
        "str r2, [sp, #324]",
        "bne 50b",
        wipe!("320"),
        "add sp, #336",
        "pop {{r4-r11, pc}}",
    )
}
