//! The kernel for ARMv7E-M, in assembly; constant-time: the course of every loop depends on lengths only.
//!
//! `UMAAL` computes `a * b + c + d`. One pass keeps four rows of the multiplier and their four carries in registers, works on two
//! columns at a time, and takes 5.5 instructions for a column's four products. The carries change places from column to column instead
//! of being moved:
//!
//! ```text
//!   column 0    t += a0*b + c0    c1 += a1*b    c2 += a2*b    c3 += a3*b    the last high half stays in c0
//!   column 1    t += a0*b + c1    c2 += a1*b    c3 += a2*b    c0 += a3*b    .. in c1, and so on, with period four
//!
//!   r0 column   r1 b   r3, r12 two limbs of b   r2, lr two of t   r4-r7 a0-a3   r8-r11 c0-c3
//! ```
//!
//! SECURITY.md names the files of the crate with `unsafe` in them; this is one.
#![allow(unsafe_code, reason = "only a whole loop in assembly comes near the limit of the multiplier")]

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
/// `wide` is twice as long as the modulus and is destroyed; `inverse` is -modulus^-1 mod 2^32.
pub(crate) fn reduce(out: &mut [u32], wide: &mut [u32], modulus: &[u32], inverse: u32) {
    let length = modulus.len();
    if length == 0 || length % ROWS != 0 || out.len() != length || wide.len() != length.saturating_mul(2) {
        return;
    }
    // SAFETY: as above.
    unsafe {
        reduce_umaal(out.as_mut_ptr(), wide.as_mut_ptr(), modulus.as_ptr(), inverse, size_of_val(modulus));
    }
}

/// `a = a * 2^32 - quotient * modulus`, of one length, a multiple of [`ROWS`]; answers how often 2^(32 * length) is missing, where that
/// is not negative.
pub(crate) fn subtract_product(a: &mut [u32], modulus: &[u32], quotient: u32) -> u32 {
    if a.is_empty() || a.len() % ROWS != 0 || a.len() != modulus.len() {
        return 0;
    }
    // SAFETY: as above.
    unsafe { subtract_product_umaal(a.as_mut_ptr(), modulus.as_ptr(), quotient, size_of_val(modulus)) }
}

/// `out` = the number `digit` of the table's two or a multiple of four, which are as long as `out`: a multiple of [`ROWS`]. All are read.
pub(crate) fn select(out: &mut [u32], table: &[u32], digit: u32) {
    let Some(entries) = table.len().checked_div(out.len()) else { return };
    if entries == 0 || entries != 2 && entries % 4 != 0 || out.len() % ROWS != 0 {
        return;
    }
    // SAFETY: the table has that many numbers of `out`'s length, which is a multiple of 16 bytes and not 0.
    unsafe { select_arm(out.as_mut_ptr(), table.as_ptr(), digit, size_of_val(out), entries) }
}

/// One column of t in `$t` and b in `$b`, with the carries in the order that it finds them in.
macro_rules! column {
    ($t:literal, $b:literal, $c0:literal, $c1:literal, $c2:literal, $c3:literal) => {
        concat!(
            "umaal ", $t, ", ", $c0, ", r4, ", $b, "\n", "umaal ", $c1, ", ", $c0, ", r5, ", $b, "\n",
            "umaal ", $c2, ", ", $c0, ", r6, ", $b, "\n", "umaal ", $c3, ", ", $c0, ", r7, ", $b, "\n",
        )
    };
}

/// Four columns, after which the carries are where they were: 22 instructions of four bytes each.
macro_rules! four_columns {
    () => {
        concat!(
            "ldrd r3, r12, [r1], #8\n",
            "ldrd r2, lr, [r0]\n",
            column!("r2", "r3", "r8", "r9", "r10", "r11"),
            column!("lr", "r12", "r9", "r10", "r11", "r8"),
            "strd r2, lr, [r0], #8\n",
            "ldrd r3, r12, [r1], #8\n",
            "ldrd r2, lr, [r0]\n",
            column!("r2", "r3", "r10", "r11", "r8", "r9"),
            column!("lr", "r12", "r11", "r8", "r9", "r10"),
            "strd r2, lr, [r0], #8\n",
        )
    };
}

// Here, as it takes the columns from above.
#[path = "umaal/field.rs"]
mod field;

/// Columns, a multiple of four, from `r1` to where the caller's stack says first; second it says where the first turn begins, in
/// bytes of code: [`turn`] of their number. Not for Rust to call.
#[unsafe(naked)]
unsafe extern "C" fn columns() {
    naked_asm!(
        "push {{lr}}",
        "ldr r12, [sp, #8]",
        // Four bytes from here on.
        "add pc, r12",
        "nop",
        "10:",
        four_columns!(),
        four_columns!(),
        four_columns!(),
        four_columns!(),
        four_columns!(),
        four_columns!(),
        four_columns!(),
        four_columns!(),
        "ldr lr, [sp, #4]",
        "cmp r1, lr",
        "bne 10b",
        "pop {{pc}}",
    )
}

/// Where the first turn of [`columns`] begins, into `$to`, for `$from` negated bytes of columns: a turn is 32 of them.
macro_rules! turn {
    ($to:literal, $from:literal, $free:literal) => {
        concat!(
            "and ", $to, ", ", $from, ", #127\n", "mov ", $free, ", #11\n", "mul ", $to, ", ", $to, ", ",
            $free, "\n", "lsr ", $to, ", ", $to, ", #1\n",
        )
    };
}

/// Zeros from `r0` to `r12`, a multiple of four limbs, eight at a time. Labels 22 and 23 are its own.
macro_rules! zeros {
    () => {
        concat!(
            "mov r4, #0\n",
            "mov r5, #0\n",
            "mov r6, #0\n",
            "mov r7, #0\n",
            "sub lr, r12, r0\n",
            "tst lr, #16\n",
            "bne 23f\n",
            "22:\n",
            "stm r0!, {{r4-r7}}\n",
            "23:\n",
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
        "sub sp, #28",
        // On the stack: the end of b, the first turn; out, a; b, the end of a.
        "add r4, r2, r3",
        "rsb r5, r3, #0",
        turn!("r5", "r5", "r6"),
        "strd r4, r5, [sp]",
        "strd r0, r1, [sp, #8]",
        "add r4, r1, r3",
        "strd r2, r4, [sp, #16]",
        "add r12, r0, r3",
        zeros!(),
        "10:",
        "ldrd r0, r3, [sp, #8]",
        "ldm r3!, {{r4-r7}}",
        "add r2, r0, #16",
        "strd r2, r3, [sp, #8]",
        "ldr r1, [sp, #16]",
        "mov r8, #0",
        "mov r9, #0",
        "mov r10, #0",
        "mov r11, #0",
        "bl {columns}",
        // Nothing has been here before.
        "stm r0, {{r8-r11}}",
        "ldr r3, [sp, #12]",
        "ldr r12, [sp, #20]",
        "cmp r3, r12",
        "bne 10b",
        "add sp, #28",
        "pop {{r4-r11, pc}}",
        columns = sym columns,
    )
}

/// # Safety
/// `a` is `bytes` long, which is a multiple of 16 and not 0; `out` is twice as long and does not overlap it.
#[unsafe(naked)]
unsafe extern "C" fn sqr_umaal(out: *mut u32, a: *const u32, bytes: usize) {
    naked_asm!(
        "push {{r4-r11, lr}}",
        "sub sp, #28",
        // On the stack: the end of a, the first turn; where a block's products begin, one limb above its square, a block; then for the second part out and a.
        "add r3, r1, r2",
        "rsb r4, r2, #16",
        turn!("r4", "r4", "r5"),
        "strd r3, r4, [sp]",
        "add r3, r0, #4",
        "strd r3, r1, [sp, #8]",
        "strd r0, r1, [sp, #16]",
        "add r12, r0, r2",
        zeros!(),
        // First the products of different limbs, once each.
        "10:",
        "ldrd r0, r1, [sp, #8]",
        "ldm r1!, {{r4-r7}}",
        "add r3, r0, #32",
        "strd r3, r1, [sp, #8]",
        "mov r8, #0",
        "mov r9, #0",
        "mov r10, #0",
        "mov r11, #0",
        // Within the block: six products, in three columns; what is carried is then in order.
        "ldm r0, {{r2, r3, r12}}",
        "umaal r2, r8, r4, r5",
        "umaal r3, r8, r4, r6",
        "umaal r10, r8, r5, r6",
        "umaal r12, r10, r4, r7",
        "umaal r8, r10, r5, r7",
        "umaal r9, r10, r6, r7",
        "stm r0!, {{r2, r3, r12}}",
        "ldr r2, [sp]",
        "cmp r1, r2",
        "beq 11f",
        "bl {columns}",
        "stm r0, {{r8-r11}}",
        // Four columns less in the next block.
        "ldr r2, [sp, #4]",
        "add r2, #88",
        "cmp r2, #704",
        "it eq",
        "moveq r2, #0",
        "str r2, [sp, #4]",
        "b 10b",
        "11:",
        "stm r0, {{r8-r11}}",
        // Then everything twice, and the squares. r3 and r12 keep the carries of the one and of the other, r2 is 0.
        "ldrd r0, r1, [sp, #16]",
        "mov r2, #0",
        "mov r3, #0",
        "mov r12, #0",
        "12:",
        "ldm r0, {{r4-r11}}",
        "lsrs r3, r3, #1",
        "adcs r4, r4",
        "adcs r5, r5",
        "adcs r6, r6",
        "adcs r7, r7",
        "adcs r8, r8",
        "adcs r9, r9",
        "adcs r10, r10",
        "adcs r11, r11",
        "adc r3, r2, #0",
        "ldr lr, [r1], #4",
        "umaal r4, r12, lr, lr",
        "umaal r5, r12, r2, r2",
        "ldr lr, [r1], #4",
        "umaal r6, r12, lr, lr",
        "umaal r7, r12, r2, r2",
        "ldr lr, [r1], #4",
        "umaal r8, r12, lr, lr",
        "umaal r9, r12, r2, r2",
        "ldr lr, [r1], #4",
        "umaal r10, r12, lr, lr",
        "umaal r11, r12, r2, r2",
        "stm r0!, {{r4-r11}}",
        "ldr lr, [sp]",
        "cmp r1, lr",
        "bne 12b",
        "add sp, #28",
        "pop {{r4-r11, pc}}",
        columns = sym columns,
    )
}

/// # Safety
/// `modulus` and `out` are `bytes` long, which is a multiple of 16 and not 0; `wide` is twice as long; nothing overlaps.
#[unsafe(naked)]
unsafe extern "C" fn reduce_umaal(
    out: *mut u32,
    wide: *mut u32,
    modulus: *const u32,
    inverse: u32,
    bytes: usize,
) {
    naked_asm!(
        "push {{r0, r4-r11, lr}}",
        "sub sp, #32",
        // On the stack: the modulus' end, the first turn; the window, the carry less one; where it stops, inverse; modulus, its fifth
        // limb; out.
        "ldr r12, [sp, #72]",
        "add r4, r2, r12",
        "rsb r5, r12, #16",
        turn!("r5", "r5", "r6"),
        // Four limbs have no columns.
        "cmp r12, #16",
        "it eq",
        "moveq r5, #704",
        "strd r4, r5, [sp]",
        "mvn r4, #0",
        "strd r1, r4, [sp, #8]",
        "add r4, r1, r12",
        "strd r4, r3, [sp, #16]",
        "add r4, r2, #16",
        "strd r2, r4, [sp, #24]",
        "10:",
        // A limb of the quotient makes the window's lowest limb vanish; the four of them in r4 to r7, with what they add to four
        // limbs.
        "ldr r0, [sp, #8]",
        "ldr r1, [sp, #24]",
        "ldm r1, {{r2, r3, r12, lr}}",
        "ldm r0!, {{r8-r11}}",
        "ldr r7, [sp, #20]",
        "mul r4, r7, r8",
        "mov r1, #0",
        "umaal r8, r1, r4, r2",
        // What vanished is the zero that the next carry begins with.
        "umaal r9, r1, r4, r3",
        "mul r5, r7, r9",
        "umaal r9, r8, r5, r2",
        "umaal r10, r1, r4, r12",
        "umaal r10, r8, r5, r3",
        "mul r6, r7, r10",
        "umaal r10, r9, r6, r2",
        "umaal r11, r1, r4, lr",
        "umaal r11, r8, r5, r12",
        "umaal r11, r9, r6, r3",
        "mul r7, r7, r11",
        "umaal r11, r10, r7, r2",
        // The other six products; what is carried is then in order.
        "umaal r8, r1, r5, lr",
        "umaal r8, r9, r6, r12",
        "umaal r8, r10, r7, r3",
        "umaal r9, r1, r6, lr",
        "umaal r9, r10, r7, r12",
        "umaal r10, r1, r7, lr",
        "mov r11, r1",
        "ldr r1, [sp, #28]",
        "bl {columns}",
        // The four carries, and the one of the window before.
        "ldm r0, {{r4-r7}}",
        "ldrd r1, r12, [sp, #8]",
        "rsbs r12, r12, #0",
        "adcs r4, r8",
        "adcs r5, r9",
        "adcs r6, r10",
        "adcs r7, r11",
        "sbc r12, r12, r12",
        "stm r0, {{r4-r7}}",
        "add r1, #16",
        "strd r1, r12, [sp, #8]",
        "ldr r2, [sp, #16]",
        "cmp r1, r2",
        "bne 10b",
        // The modulus once less if there was a carry, without a branch: r1 the upper half, r12 the mask.
        "mvn r12, r12",
        "ldr r0, [sp, #24]",
        "ldr r2, [sp]",
        "ldr lr, [sp, #32]",
        "cmp r0, r0",
        "11:",
        "ldm r0!, {{r4-r7}}",
        "ldm r1!, {{r8-r11}}",
        "and r4, r12",
        "and r5, r12",
        "and r6, r12",
        "and r7, r12",
        "sbcs r8, r4",
        "sbcs r9, r5",
        "sbcs r10, r6",
        "sbcs r11, r7",
        "stm lr!, {{r8-r11}}",
        "teq r0, r2",
        "bne 11b",
        "add sp, #36",
        "pop {{r4-r11, pc}}",
        columns = sym columns,
    )
}

/// Four limbs of an entry, times a bit of r2.
macro_rules! entry {
    ($bit:literal) => {
        concat!(
            "ldm r1, {{r8-r11}}\n",
            "ubfx lr, r2, #",
            $bit,
            ", #1\n",
            "add r1, r3\n",
            "mla r4, r8, lr, r4\n",
            "mla r5, r9, lr, r5\n",
            "mla r6, r10, lr, r6\n",
            "mla r7, r11, lr, r7\n",
        )
    };
}

/// # Safety
/// `table` has `entries` numbers, two or a multiple of four, of `bytes` each, which is a multiple of 16 and not 0; `out` is as long.
#[unsafe(naked)]
unsafe extern "C" fn select_arm(out: *mut u32, table: *const u32, digit: u32, bytes: usize, entries: usize) {
    naked_asm!(
        "push {{r4-r11, lr}}",
        "add r12, r0, r3",
        "push {{r12}}",
        // Four limbs of every entry, one after the other, times one or zero: a bit of r2 that is 1 << digit.
        "mov r4, #1",
        "lsl r2, r4, r2",
        "ldr r12, [sp, #40]",
        "cmp r12, #2",
        "it eq",
        "lsleq r2, r2, #2",
        "10:",
        "ldr r12, [sp, #40]",
        "push {{r1, r2}}",
        "mov r4, #0",
        "mov r5, #0",
        "mov r6, #0",
        "mov r7, #0",
        "cmp r12, #2",
        "beq 12f",
        "11:",
        entry!("0"),
        entry!("1"),
        "12:",
        entry!("2"),
        entry!("3"),
        "lsr r2, r2, #4",
        "subs r12, #4",
        "bhi 11b",
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

/// As x - y is the complement of the complement of x plus y, nothing is borrowed.
///
/// # Safety
/// `a` and `modulus` are `bytes` long, which is a multiple of 16 and not 0; they do not overlap.
#[unsafe(naked)]
unsafe extern "C" fn subtract_product_umaal(
    a: *mut u32,
    modulus: *const u32,
    quotient: u32,
    bytes: usize,
) -> u32 {
    naked_asm!(
        "push {{r4-r11, lr}}",
        "add r3, r1",
        // The limb below, and the carry.
        "mov r12, #0",
        "mov lr, #0",
        "10:",
        "ldm r0, {{r4-r7}}",
        "ldm r1!, {{r8-r11}}",
        "mvn r12, r12",
        "mvn r4, r4",
        "mvn r5, r5",
        "mvn r6, r6",
        "umaal r12, lr, r2, r8",
        "umaal r4, lr, r2, r9",
        "umaal r5, lr, r2, r10",
        "umaal r6, lr, r2, r11",
        "mvn r12, r12",
        "mvn r4, r4",
        "mvn r5, r5",
        "mvn r6, r6",
        "strd r12, r4, [r0], #8",
        "strd r5, r6, [r0], #8",
        "mov r12, r7",
        "cmp r1, r3",
        "bne 10b",
        "sub r0, lr, r12",
        "pop {{r4-r11, pc}}",
    )
}
