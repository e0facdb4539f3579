//! The kernel for ARMv7E-M, in assembly; constant-time: the course of every loop depends on lengths only.
//!
//! `UMAAL` computes `a * b + c + d`. One pass keeps four rows of the multiplier and their four carries in registers, and takes
//! 6.75 instructions for a column's four products. The carries change places from column to column instead of being moved:
//!
//! ```text
//!   column 0    t += a0*b + c0    c1 += a1*b    c2 += a2*b    c3 += a3*b    the last high half stays in c0
//!   column 1    t += a0*b + c1    c2 += a1*b    c3 += a2*b    c0 += a3*b    .. in c1, and so on, with period four
//!
//!   r0 column   r1 b   r2 end of b   r3, r12 two limbs of b   r4-r7 a0-a3   r8-r11 c0-c3   lr t
//! ```
//!
//! SECURITY.md names the files of the crate with `unsafe` in them; this is one.
#![allow(unsafe_code, reason = "only a whole loop in assembly comes near the limit of the multiplier")]

#[path = "umaal/field.rs"]
mod field;

use core::arch::naked_asm;

use super::ROWS;

pub(crate) use field::run;

/// `out = a * b` for `a` and `b` of the same length, a multiple of [`ROWS`]. `out` is as long as both together.
pub(crate) fn mul(out: &mut [u32], a: &[u32], b: &[u32]) {
    if a.is_empty()
        || a.len() % ROWS != 0
        || a.len() != b.len()
        || out.len() < a.len().saturating_add(b.len())
    {
        return;
    }
    // SAFETY: the lengths were just checked; `out` is borrowed mutably, so it overlaps neither `a` nor `b`.
    unsafe { mul_umaal(out.as_mut_ptr(), a.as_ptr(), b.as_ptr(), size_of_val(a)) }
}

/// `out = a * a` for a length that is a multiple of [`ROWS`]. `out` is twice as long as `a`.
pub(crate) fn sqr(out: &mut [u32], a: &[u32]) {
    if a.is_empty() || a.len() % ROWS != 0 || out.len() < a.len().saturating_mul(2) {
        return;
    }
    // SAFETY: as above.
    unsafe { sqr_umaal(out.as_mut_ptr(), a.as_ptr(), size_of_val(a)) }
}

/// Montgomery reduction: `out = wide / 2^(32 * length) mod modulus`, below 2^(32 * length) but perhaps not below the modulus.
/// `wide` is twice as long as the modulus and is destroyed; `inverse` is -modulus^-1 mod 2^128.
pub(crate) fn reduce(out: &mut [u32], wide: &mut [u32], modulus: &[u32], inverse: &[u32; ROWS]) {
    let length = modulus.len();
    if length == 0 || length % ROWS != 0 || out.len() != length || wide.len() != length.saturating_mul(2) {
        return;
    }
    // SAFETY: as above.
    unsafe {
        reduce_umaal(out.as_mut_ptr(), wide.as_mut_ptr(), modulus.as_ptr(), inverse, size_of_val(modulus));
    }
}

/// `out` = the number `digit` of the table's, which are as long as `out`: a multiple of [`ROWS`]. All are read.
pub(crate) fn select(out: &mut [u32], table: &[u32], digit: u32) {
    let Some(entries) = table.len().checked_div(out.len()) else { return };
    if entries == 0 || out.len() % ROWS != 0 {
        return;
    }
    // SAFETY: the table has that many numbers of `out`'s length, which is a multiple of 16 bytes and not 0.
    unsafe { select_arm(out.as_mut_ptr(), table.as_ptr(), digit, size_of_val(out), entries) }
}

/// One column, with the carries in the order that it finds them in; `$t` loads what it adds to.
macro_rules! column {
    ($t:literal, $b:literal, $c0:literal, $c1:literal, $c2:literal, $c3:literal) => {
        concat!(
            $t,
            "umaal lr, ",
            $c0,
            ", r4, ",
            $b,
            "\n",
            "umaal ",
            $c1,
            ", ",
            $c0,
            ", r5, ",
            $b,
            "\n",
            "umaal ",
            $c2,
            ", ",
            $c0,
            ", r6, ",
            $b,
            "\n",
            "umaal ",
            $c3,
            ", ",
            $c0,
            ", r7, ",
            $b,
            "\n",
            "str lr, [r0], #4\n",
        )
    };
}

/// Four columns, after which the carries are where they were.
macro_rules! columns_onto {
    ($t:literal) => {
        concat!(
            "ldrd r3, r12, [r1], #8\n",
            column!($t, "r3", "r8", "r9", "r10", "r11"),
            column!($t, "r12", "r9", "r10", "r11", "r8"),
            "ldrd r3, r12, [r1], #8\n",
            column!($t, "r3", "r10", "r11", "r8", "r9"),
            column!($t, "r12", "r11", "r8", "r9", "r10"),
        )
    };
}

/// Four columns onto what is there.
macro_rules! four_columns {
    () => {
        columns_onto!("ldr lr, [r0]\n")
    };
}

/// All columns from `r1` to `r2`, at least four; with an odd number of fours the first turn begins in the middle. Labels 20
/// and 21 are its own.
macro_rules! columns {
    () => {
        concat!(
            "sub r12, r2, r1\n",
            "tst r12, #16\n",
            "bne 21f\n",
            "20:\n",
            four_columns!(),
            "21:\n",
            four_columns!(),
            "cmp r1, r2\n",
            "bne 20b\n",
        )
    };
}

/// Zeros from `r0` to `r12`, a multiple of four limbs. Label 22 is its own.
macro_rules! zeros {
    () => {
        concat!(
            "mov r4, #0\n",
            "mov r5, #0\n",
            "mov r6, #0\n",
            "mov r7, #0\n",
            "22:\n",
            "stm r0!, {{r4-r7}}\n",
            "cmp r0, r12\n",
            "bne 22b\n",
        )
    };
}

/// # Safety
/// `a` and `b` are `bytes` long, which is a multiple of 16 and not 0; `out` is twice as long and overlaps neither.
#[unsafe(naked)]
unsafe extern "C" fn mul_umaal(out: *mut u32, a: *const u32, b: *const u32, bytes: usize) {
    naked_asm!(
        "push {{r4-r11, lr}}",
        "sub sp, #20",
        // On the stack: a, its end, out, b, the end of b.
        "add r4, r1, r3",
        "strd r1, r4, [sp]",
        "strd r0, r2, [sp, #8]",
        "add r4, r2, r3",
        "str r4, [sp, #16]",
        "add r12, r0, r3",
        zeros!(),
        "10:",
        "ldr r3, [sp]",
        "ldm r3!, {{r4-r7}}",
        "str r3, [sp]",
        "ldrd r0, r1, [sp, #8]",
        "add r3, r0, #16",
        "str r3, [sp, #8]",
        "ldr r2, [sp, #16]",
        "mov r8, #0",
        "mov r9, #0",
        "mov r10, #0",
        "mov r11, #0",
        columns!(),
        // Nothing has been here before.
        "stm r0, {{r8-r11}}",
        "ldrd r3, r12, [sp]",
        "cmp r3, r12",
        "bne 10b",
        "add sp, #20",
        "pop {{r4-r11, pc}}",
    )
}

/// # Safety
/// `a` is `bytes` long, which is a multiple of 16 and not 0; `out` is twice as long and does not overlap it.
#[unsafe(naked)]
unsafe extern "C" fn sqr_umaal(out: *mut u32, a: *const u32, bytes: usize) {
    naked_asm!(
        "push {{r4-r11, lr}}",
        "sub sp, #20",
        // On the stack: where a block's products begin, a block; then for the second part out and a.
        "strd r0, r1, [sp]",
        "strd r0, r1, [sp, #8]",
        "add r12, r0, r2",
        "add r2, r1",
        zeros!(),
        // First the products of different limbs, once each.
        "10:",
        "ldrd r0, r1, [sp]",
        "ldm r1!, {{r4-r7}}",
        "add r3, r0, #32",
        "strd r3, r1, [sp]",
        "mov r8, #0",
        "mov r9, #0",
        "mov r10, #0",
        "mov r11, #0",
        // Within the block: six products, in three columns; what is carried is then in order.
        "ldr lr, [r0, #4]!",
        "umaal lr, r8, r4, r5",
        "str lr, [r0], #4",
        "ldr lr, [r0]",
        "umaal lr, r8, r4, r6",
        "umaal r10, r8, r5, r6",
        "str lr, [r0], #4",
        "ldr lr, [r0]",
        "umaal lr, r10, r4, r7",
        "umaal r8, r10, r5, r7",
        "umaal r9, r10, r6, r7",
        "str lr, [r0], #4",
        "cmp r1, r2",
        "beq 11f",
        columns!(),
        "11:",
        "stm r0, {{r8-r11}}",
        "ldr r1, [sp, #4]",
        "cmp r1, r2",
        "bne 10b",
        // Then everything twice, and the squares. r3 and r12 keep the carries of the one and of the other.
        "ldrd r0, r1, [sp, #8]",
        "mov r3, #0",
        "mov r12, #0",
        "12:",
        "ldrd r8, r9, [r1], #8",
        "ldm r0, {{r4-r7}}",
        "umull r10, r11, r8, r8",
        "umull r8, lr, r9, r9",
        "lsrs r3, r3, #1",
        "adcs r4, r4",
        "adcs r5, r5",
        "adcs r6, r6",
        "adcs r7, r7",
        "adc r3, r3, #0",
        "lsrs r12, r12, #1",
        "adcs r4, r10",
        "adcs r5, r11",
        "adcs r6, r8",
        "adcs r7, lr",
        "adc r12, r12, #0",
        "stm r0!, {{r4-r7}}",
        "cmp r1, r2",
        "bne 12b",
        "add sp, #20",
        "pop {{r4-r11, pc}}",
    )
}

/// # Safety
/// `modulus` and `out` are `bytes` long, which is a multiple of 16 and not 0; `wide` is twice as long; nothing overlaps.
#[unsafe(naked)]
unsafe extern "C" fn reduce_umaal(
    out: *mut u32,
    wide: *mut u32,
    modulus: *const u32,
    inverse: *const [u32; ROWS],
    bytes: usize,
) {
    naked_asm!(
        "push {{r0, r4-r11, lr}}",
        "sub sp, #24",
        // On the stack: the window, where it stops; modulus, its end; inverse, the carry; out.
        "ldr r12, [sp, #64]",
        "add r4, r1, r12",
        "strd r1, r4, [sp]",
        "add r4, r2, r12",
        "strd r2, r4, [sp, #8]",
        "mov r4, #0",
        "strd r3, r4, [sp, #16]",
        "10:",
        // The quotient that makes the window's four low limbs vanish: their product with the inverse, modulo 2^128.
        "ldr r0, [sp]",
        "ldr r1, [sp, #16]",
        "ldm r0, {{r8-r11}}",
        "ldrd r3, r12, [r1]",
        "ldrd r1, r2, [r1, #8]",
        "umull r4, lr, r8, r3",
        "mov r5, #0",
        "mov r6, #0",
        "umaal r5, lr, r9, r3",
        "umaal r6, lr, r10, r3",
        "mla r7, r11, r3, lr",
        "mov lr, #0",
        "umaal r5, lr, r8, r12",
        "umaal r6, lr, r9, r12",
        "mla r7, r10, r12, r7",
        "add r7, lr",
        "mov lr, #0",
        "umaal r6, lr, r8, r1",
        "mla r7, r9, r1, r7",
        "add r7, lr",
        "mla r7, r8, r2, r7",
        "ldrd r1, r2, [sp, #8]",
        "mov r8, #0",
        "mov r9, #0",
        "mov r10, #0",
        "mov r11, #0",
        columns!(),
        // The four carries, and the one of the window before.
        "ldm r0, {{r4-r7}}",
        "ldr r12, [sp, #20]",
        "cmp r12, #1",
        "adcs r4, r8",
        "adcs r5, r9",
        "adcs r6, r10",
        "adcs r7, r11",
        "stm r0, {{r4-r7}}",
        "mov r12, #0",
        "adc r12, r12, #0",
        "str r12, [sp, #20]",
        "ldrd r0, r1, [sp]",
        "add r0, #16",
        "str r0, [sp]",
        "cmp r0, r1",
        "bne 10b",
        // The modulus once less if there was a carry, without a branch: r0 the upper half, r12 the mask.
        "rsb r12, r12, #0",
        "ldrd r1, r2, [sp, #8]",
        "ldr lr, [sp, #24]",
        "cmp r0, r0",
        "11:",
        "ldm r1!, {{r4-r7}}",
        "ldm r0!, {{r8-r11}}",
        "and r4, r12",
        "and r5, r12",
        "and r6, r12",
        "and r7, r12",
        "sbcs r8, r4",
        "sbcs r9, r5",
        "sbcs r10, r6",
        "sbcs r11, r7",
        "stm lr!, {{r8-r11}}",
        "teq r1, r2",
        "bne 11b",
        "add sp, #28",
        "pop {{r4-r11, pc}}",
    )
}

/// # Safety
/// `table` has `entries` numbers, at least one, of `bytes` each, which is a multiple of 16 and not 0; `out` is as long.
#[unsafe(naked)]
unsafe extern "C" fn select_arm(out: *mut u32, table: *const u32, digit: u32, bytes: usize, entries: usize) {
    naked_asm!(
        "push {{r4-r11, lr}}",
        "add r12, r0, r3",
        "push {{r12}}",
        // Four limbs of every entry, one after the other, times one or zero: a bit of r2 that is 1 << digit.
        "mov r4, #1",
        "lsl r2, r4, r2",
        "10:",
        "ldr r12, [sp, #40]",
        "push {{r1, r2}}",
        "mov r4, #0",
        "mov r5, #0",
        "mov r6, #0",
        "mov r7, #0",
        "11:",
        "ldm r1, {{r8-r11}}",
        "and lr, r2, #1",
        "lsr r2, r2, #1",
        "add r1, r3",
        "mla r4, r8, lr, r4",
        "mla r5, r9, lr, r5",
        "mla r6, r10, lr, r6",
        "mla r7, r11, lr, r7",
        "subs r12, #1",
        "bne 11b",
        "pop {{r1, r2}}",
        "add r1, #16",
        "stm r0!, {{r4-r7}}",
        "ldr r12, [sp]",
        "cmp r0, r12",
        "bne 10b",
        "add sp, #4",
        "pop {{r4-r11, pc}}",
    )
}
