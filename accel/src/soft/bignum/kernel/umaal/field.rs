//! The fields of the curves for ARMv7E-M, in assembly: formulas are worked through here, as a call from Rust for each instruction would
//! cost as much as a sum does. Not constant-time: what a verification works on is public.
//!
//! SECURITY.md names the files of the crate with `unsafe` in them; this is one.

use core::arch::naked_asm;

use super::{
    super::{
        formula::{Formula, Prime},
        registers::FieldRegisters,
    },
    mul_umaal, sqr_umaal,
};

/// What an instruction does: the result's place, those of the operands, and that of the product.
#[repr(transparent)]
struct Routine(unsafe extern "C" fn(*mut u32, *const u32, *const u32, *mut u32));

/// What works modulo each prime, in the order of [`super::super::formula::Opcode`].
static P256: [Routine; 4] =
    [Routine(multiply_p256), Routine(add_p256), Routine(subtract_p256), Routine(halve_p256)];
static P384: [Routine; 4] =
    [Routine(multiply_p384), Routine(add_p384), Routine(subtract_p384), Routine(halve_p384)];
static P521: [Routine; 4] =
    [Routine(multiply_p521), Routine(add_p521), Routine(subtract_p521), Routine(halve_p521)];

/// Works through a formula modulo the prime of a curve; a number is any residue that fits its limbs, or its 521 bits.
pub(crate) fn run(registers: &mut FieldRegisters<'_>, prime: Prime, formula: Formula) {
    let (routines, length) = match prime {
        Prime::P256 => (&P256, 8),
        Prime::P384 => (&P384, 12),
        Prime::P521 => (&P521, 20),
    };
    if registers.length() != length || formula.instructions.is_empty() {
        return;
    }
    let Some([base, _, _]) = registers.places([0, 1, formula.registers.saturating_sub(1)]) else { return };
    let instructions = formula.instructions.as_ptr_range();
    // SAFETY: all registers are there, behind the product, and have the length that the routines work on.
    unsafe {
        run_arm(
            base,
            instructions.start.cast(),
            instructions.end.cast(),
            routines,
            length.wrapping_mul(size_of::<u32>()),
        )
    }
}

/// # Safety
/// `base` is the memory of the registers, which are `bytes` long, as the routines expect; it has all registers that the instructions name.
#[unsafe(naked)]
unsafe extern "C" fn run_arm(
    base: *mut u32,
    instructions: *const u32,
    end: *const u32,
    routines: &[Routine; 4],
    bytes: usize,
) {
    naked_asm!(
        "push {{r4-r8, lr}}",
        "ldr r8, [sp, #24]",
        "mov r4, r0",
        "mov r5, r1",
        "mov r6, r2",
        "mov r7, r3",
        "10:",
        "ldr r12, [r5], #4",
        "ubfx r0, r12, #8, #8",
        "ubfx r1, r12, #16, #8",
        "lsr r2, r12, #24",
        "uxtb r12, r12",
        "mla r0, r0, r8, r4",
        "mla r1, r1, r8, r4",
        "mla r2, r2, r8, r4",
        "ldr r12, [r7, r12, lsl #2]",
        "mov r3, r4",
        "blx r12",
        "cmp r5, r6",
        "bne 10b",
        "pop {{r4-r8, pc}}",
    )
}

/// A column of the product: `$t` and the four carries, times the rows in r4 to r7; the limb of b is in r0.
macro_rules! column_of_eight {
    ($t:literal, $c0:literal, $c1:literal, $c2:literal, $c3:literal) => {
        concat!(
            "umaal ",
            $t,
            ", ",
            $c0,
            ", r4, r0\n",
            "umaal ",
            $c1,
            ", ",
            $c0,
            ", r5, r0\n",
            "umaal ",
            $c2,
            ", ",
            $c0,
            ", r6, r0\n",
            "umaal ",
            $c3,
            ", ",
            $c0,
            ", r7, r0\n",
        )
    };
}

/// Product and Montgomery reduction in one. As the prime is p = 2^256 - 2^224 + 2^192 + 2^96 - 1, and -1/p is 1 modulo 2^32, the
/// quotient's limb q_k is the sum's limb k itself, once q_(k-3), q_(k-6) and q_(k-7) * (2^32 - 1) were added there. Up to limb 7 what
/// is added takes the place of a zero that a product would begin with, and costs nothing.
///
/// ```text
///   r1 a, r2 b; r0 a limb of b   r4-r7 four rows   r8-r11 their carries   r1, r3, r12, lr four limbs of the sum
///   on the stack: q0, later what is carried of q_k * (2^32 - 1); q1 to q7; four limbs of the first pass; out
/// ```
///
/// # Safety
/// All have eight limbs; each two are the same or do not overlap.
#[unsafe(naked)]
unsafe extern "C" fn multiply_p256(out: *mut u32, a: *const u32, b: *const u32, _product: *mut u32) {
    naked_asm!(
        "push {{r0, r4-r11, lr}}",
        "sub sp, #48",
        "ldm r1!, {{r4-r7}}",
        // Limbs 0 to 2: q0 to q2.
        "ldr r0, [r2], #4",
        "umull r3, r8, r4, r0",
        "mov r9, #0",
        "umaal r9, r8, r5, r0",
        "mov r10, #0",
        "umaal r10, r8, r6, r0",
        "mov r11, #0",
        "umaal r11, r8, r7, r0",
        "ldr r0, [r2], #4",
        "mov r12, #0",
        column_of_eight!("r12", "r9", "r10", "r11", "r8"),
        "ldr r0, [r2], #4",
        "mov lr, #0",
        column_of_eight!("lr", "r10", "r11", "r8", "r9"),
        "strd r3, r12, [sp]",
        "str lr, [sp, #8]",
        // Limb 3 onto q0: q3. Limbs 4 and 5 onto q1 and q2, 6 and 7 onto q0 and q1.
        "ldr r0, [r2], #4",
        column_of_eight!("r3", "r11", "r8", "r9", "r10"),
        "str r3, [sp, #12]",
        "ldr r0, [r2], #4",
        column_of_eight!("r12", "r8", "r9", "r10", "r11"),
        "ldr r0, [r2], #4",
        column_of_eight!("lr", "r9", "r10", "r11", "r8"),
        "ldr r0, [r2], #4",
        "ldr r3, [sp]",
        column_of_eight!("r3", "r10", "r11", "r8", "r9"),
        "ldr r0, [r2], #-28",
        "str lr, [sp, #20]",
        "ldr lr, [sp, #4]",
        column_of_eight!("lr", "r11", "r8", "r9", "r10"),
        "strd r8, r9, [sp, #32]",
        "strd r10, r11, [sp, #40]",
        // The other four rows. q3 and q4 are added to limbs 6 and 7.
        "ldm r1, {{r4-r7}}",
        "mov r1, lr",
        "ldr lr, [sp, #20]",
        "ldr r0, [r2], #4",
        "mov r8, #0",
        "umaal r12, r8, r4, r0",
        "mov r9, #0",
        "umaal r9, r8, r5, r0",
        "ldr r10, [sp, #12]",
        "umaal r10, r8, r6, r0",
        "mov r11, r12",
        "umaal r11, r8, r7, r0",
        "ldr r0, [r2], #4",
        column_of_eight!("lr", "r9", "r10", "r11", "r8"),
        "ldr r0, [r2], #4",
        column_of_eight!("r3", "r10", "r11", "r8", "r9"),
        "ldr r0, [r2], #4",
        column_of_eight!("r1", "r11", "r8", "r9", "r10"),
        "strd r12, lr, [sp, #16]",
        // q0 * (2^32 - 1) at limb 7: q7.
        "ldr r12, [sp]",
        "mvn r0, #0",
        "mov lr, #0",
        "umaal r1, lr, r12, r0",
        "strd r3, r1, [sp, #24]",
        "str lr, [sp]",
        // Limbs 8 to 11, onto what the first rows have carried there; the carries are limbs 12 to 15.
        "ldrd r1, r3, [sp, #32]",
        "ldrd r12, lr, [sp, #40]",
        "ldr r0, [r2], #4",
        column_of_eight!("r1", "r8", "r9", "r10", "r11"),
        "ldr r0, [r2], #4",
        column_of_eight!("r3", "r9", "r10", "r11", "r8"),
        "ldr r0, [r2], #4",
        column_of_eight!("r12", "r10", "r11", "r8", "r9"),
        "ldr r0, [r2], #4",
        column_of_eight!("lr", "r11", "r8", "r9", "r10"),
        // What is left: q_k * (2^32 - 1) at limbs 8 to 14, q2 to q7 at limbs 8 to 13, q5 to q7 at limbs 8 to 10.
        "pop {{r0, r4-r7}}",
        "mvn r2, #0",
        "umaal r1, r0, r4, r2",
        "umaal r3, r0, r5, r2",
        "umaal r12, r0, r6, r2",
        "umaal lr, r0, r7, r2",
        "adds r1, r5",
        "adcs r3, r6",
        "adcs r12, r7",
        "adcs lr, lr, #0",
        "adcs r8, r8, #0",
        "adcs r9, r9, #0",
        "adcs r10, r10, #0",
        "adcs r11, r11, #0",
        // The carry less one; it is there at most once in all.
        "sbc r7, r7, r7",
        "pop {{r4-r6}}",
        "umaal r8, r0, r4, r2",
        "umaal r9, r0, r5, r2",
        "umaal r10, r0, r6, r2",
        "adds r1, r4",
        "adcs r3, r5",
        "adcs r12, r6",
        "adcs lr, r4",
        "adcs r8, r5",
        "adcs r9, r6",
        "adcs r10, r10, #0",
        "adcs r11, r0",
        "adcs r7, r7, #1",
        "add sp, #16",
        "pop {{r0}}",
        "beq 10f",
        // p once less: 2^256 - p once more.
        "adds r1, #1",
        "adcs r3, r3, #0",
        "adcs r12, r12, #0",
        "sbcs lr, lr, #0",
        "sbcs r8, r8, #0",
        "sbcs r9, r9, #0",
        "sbcs r10, r10, #1",
        "adc r11, r11, #0",
        "10:",
        "stm r0!, {{r1, r3, r12, lr}}",
        "stm r0, {{r8-r11}}",
        "pop {{r4-r11, pc}}",
    )
}

/// # Safety
/// As for [`multiply_p256`].
#[unsafe(naked)]
unsafe extern "C" fn add_p256(out: *mut u32, a: *const u32, b: *const u32, _product: *mut u32) {
    naked_asm!(
        "push {{r4-r11, lr}}",
        "ldm r1, {{r4-r11}}",
        "ldm r2!, {{r1, r3, r12, lr}}",
        "adds r4, r1",
        "adcs r5, r3",
        "adcs r6, r12",
        "adcs r7, lr",
        "ldm r2, {{r1, r3, r12, lr}}",
        "adcs r8, r1",
        "adcs r9, r3",
        "adcs r10, r12",
        "adcs r11, lr",
        "bcc 11f",
        // p once less, and hardly ever twice.
        "10:",
        "adds r4, #1",
        "adcs r5, r5, #0",
        "adcs r6, r6, #0",
        "sbcs r7, r7, #0",
        "sbcs r8, r8, #0",
        "sbcs r9, r9, #0",
        "sbcs r10, r10, #1",
        "adcs r11, r11, #0",
        "bcs 10b",
        "11:",
        "stm r0, {{r4-r11}}",
        "pop {{r4-r11, pc}}",
    )
}

/// # Safety
/// As for [`multiply_p256`].
#[unsafe(naked)]
unsafe extern "C" fn subtract_p256(out: *mut u32, a: *const u32, b: *const u32, _product: *mut u32) {
    naked_asm!(
        "push {{r4-r11, lr}}",
        "ldm r1, {{r4-r11}}",
        "ldm r2!, {{r1, r3, r12, lr}}",
        "subs r4, r1",
        "sbcs r5, r3",
        "sbcs r6, r12",
        "sbcs r7, lr",
        "ldm r2, {{r1, r3, r12, lr}}",
        "sbcs r8, r1",
        "sbcs r9, r3",
        "sbcs r10, r12",
        "sbcs r11, lr",
        "bcs 11f",
        // p once more: 2^256 - p once less; hardly ever twice.
        "10:",
        "subs r4, #1",
        "sbcs r5, r5, #0",
        "sbcs r6, r6, #0",
        "adcs r7, r7, #0",
        "adcs r8, r8, #0",
        "adcs r9, r9, #0",
        "adcs r10, r10, #1",
        "sbcs r11, r11, #0",
        "bcc 10b",
        "11:",
        "stm r0, {{r4-r11}}",
        "pop {{r4-r11, pc}}",
    )
}

/// # Safety
/// As for [`multiply_p256`].
#[unsafe(naked)]
unsafe extern "C" fn halve_p256(out: *mut u32, a: *const u32, _b: *const u32, _product: *mut u32) {
    naked_asm!(
        "push {{r4-r11, lr}}",
        "ldm r1, {{r4-r11}}",
        // The carry is the lowest bit; an odd number is made even by p.
        "lsrs r1, r4, #1",
        "bcc 10f",
        "subs r4, #1",
        "sbcs r5, r5, #0",
        "sbcs r6, r6, #0",
        "adcs r7, r7, #0",
        "adcs r8, r8, #0",
        "adcs r9, r9, #0",
        "adcs r10, r10, #1",
        "sbcs r11, r11, #0",
        "10:",
        "rrxs r11, r11",
        "rrxs r10, r10",
        "rrxs r9, r9",
        "rrxs r8, r8",
        "rrxs r7, r7",
        "rrxs r6, r6",
        "rrxs r5, r5",
        "rrx r4, r4",
        "stm r0, {{r4-r11}}",
        "pop {{r4-r11, pc}}",
    )
}

/// # Safety
/// All but `product` have twelve limbs, each two of which are the same or do not overlap; it has 24 and overlaps none of them.
#[unsafe(naked)]
unsafe extern "C" fn multiply_p384(out: *mut u32, a: *const u32, b: *const u32, product: *mut u32) {
    naked_asm!(
        "push {{r0, r3, r4-r11, lr}}",
        "mov r4, #0",
        "mov r5, #0",
        "mov r6, #0",
        "mov r7, #0",
        "stm r3!, {{r4-r7}}",
        "stm r3!, {{r4-r7}}",
        "stm r3, {{r4-r7}}",
        "sub r0, r3, #32",
        // Four rows in each of three turns. On the stack: the window, a; b, the end of a; out, the product.
        "add r3, r1, #48",
        "push {{r0, r1, r2, r3}}",
        "10:",
        "ldrd r0, r3, [sp]",
        "ldm r3!, {{r4-r7}}",
        "add r2, r0, #16",
        "strd r2, r3, [sp]",
        "ldr r1, [sp, #8]",
        "mov r8, #0",
        "mov r9, #0",
        "mov r10, #0",
        "mov r11, #0",
        four_columns!(),
        four_columns!(),
        four_columns!(),
        "stm r0, {{r8-r11}}",
        "ldrd r2, r3, [sp, #8]",
        "ldr r1, [sp, #4]",
        "cmp r1, r3",
        "bne 10b",
        "add sp, #16",
        "pop {{r0, r1}}",
        "bl {reduce}",
        "pop {{r4-r11, pc}}",
        reduce = sym reduce_p384_arm,
    )
}

/// # Safety
/// As for [`multiply_p384`].
#[unsafe(naked)]
unsafe extern "C" fn add_p384(out: *mut u32, a: *const u32, b: *const u32, _product: *mut u32) {
    naked_asm!(
        "push {{r4-r11, lr}}",
        "ldm r1!, {{r4-r7}}",
        "ldm r2!, {{r8-r11}}",
        "adds r4, r8",
        "adcs r5, r9",
        "adcs r6, r10",
        "adcs r7, r11",
        "stm r0!, {{r4-r7}}",
        "ldm r1!, {{r4-r7}}",
        "ldm r2!, {{r8-r11}}",
        "adcs r4, r8",
        "adcs r5, r9",
        "adcs r6, r10",
        "adcs r7, r11",
        "stm r0!, {{r4-r7}}",
        "ldm r1!, {{r4-r7}}",
        "ldm r2!, {{r8-r11}}",
        "adcs r4, r8",
        "adcs r5, r9",
        "adcs r6, r10",
        "adcs r7, r11",
        "stm r0!, {{r4-r7}}",
        "bcc 11f",
        // p once less, 2^128 + 2^96 - 2^32 + 1 once more; hardly ever twice.
        "10:",
        "sub r0, #48",
        "ldm r0, {{r4-r8}}",
        "adds r4, #1",
        "sbcs r5, r5, #0",
        "sbcs r6, r6, #0",
        "adcs r7, r7, #0",
        "adcs r8, r8, #1",
        "stm r0!, {{r4-r8}}",
        "bcc 11f",
        "ldm r0, {{r4-r10}}",
        "adcs r4, r4, #0",
        "adcs r5, r5, #0",
        "adcs r6, r6, #0",
        "adcs r7, r7, #0",
        "adcs r8, r8, #0",
        "adcs r9, r9, #0",
        "adcs r10, r10, #0",
        "stm r0!, {{r4-r10}}",
        "bcs 10b",
        "11:",
        "pop {{r4-r11, pc}}",
    )
}

/// # Safety
/// As for [`multiply_p384`].
#[unsafe(naked)]
unsafe extern "C" fn subtract_p384(out: *mut u32, a: *const u32, b: *const u32, _product: *mut u32) {
    naked_asm!(
        "push {{r4-r11, lr}}",
        "ldm r1!, {{r4-r7}}",
        "ldm r2!, {{r8-r11}}",
        "subs r4, r8",
        "sbcs r5, r9",
        "sbcs r6, r10",
        "sbcs r7, r11",
        "stm r0!, {{r4-r7}}",
        "ldm r1!, {{r4-r7}}",
        "ldm r2!, {{r8-r11}}",
        "sbcs r4, r8",
        "sbcs r5, r9",
        "sbcs r6, r10",
        "sbcs r7, r11",
        "stm r0!, {{r4-r7}}",
        "ldm r1!, {{r4-r7}}",
        "ldm r2!, {{r8-r11}}",
        "sbcs r4, r8",
        "sbcs r5, r9",
        "sbcs r6, r10",
        "sbcs r7, r11",
        "stm r0!, {{r4-r7}}",
        "bcs 11f",
        // p once more; hardly ever twice.
        "10:",
        "sub r0, #48",
        "ldm r0, {{r4-r8}}",
        "subs r4, #1",
        "adcs r5, r5, #0",
        "adcs r6, r6, #0",
        "sbcs r7, r7, #0",
        "sbcs r8, r8, #1",
        "stm r0!, {{r4-r8}}",
        "bcs 11f",
        "ldm r0, {{r4-r10}}",
        "sbcs r4, r4, #0",
        "sbcs r5, r5, #0",
        "sbcs r6, r6, #0",
        "sbcs r7, r7, #0",
        "sbcs r8, r8, #0",
        "sbcs r9, r9, #0",
        "sbcs r10, r10, #0",
        "stm r0!, {{r4-r10}}",
        "bcc 10b",
        "11:",
        "pop {{r4-r11, pc}}",
    )
}

/// # Safety
/// As for [`multiply_p384`].
#[unsafe(naked)]
unsafe extern "C" fn halve_p384(out: *mut u32, a: *const u32, _b: *const u32, _product: *mut u32) {
    naked_asm!(
        "push {{r4-r11, lr}}",
        "ldm r1, {{r2-r12, lr}}",
        // The carry is the lowest bit; an odd number is made even by p.
        "lsrs r1, r2, #1",
        "bcc 10f",
        "subs r2, #1",
        "adcs r3, r3, #0",
        "adcs r4, r4, #0",
        "sbcs r5, r5, #0",
        "sbcs r6, r6, #1",
        "sbcs r7, r7, #0",
        "sbcs r8, r8, #0",
        "sbcs r9, r9, #0",
        "sbcs r10, r10, #0",
        "sbcs r11, r11, #0",
        "sbcs r12, r12, #0",
        "sbcs lr, lr, #0",
        "10:",
        "rrxs lr, lr",
        "rrxs r12, r12",
        "rrxs r11, r11",
        "rrxs r10, r10",
        "rrxs r9, r9",
        "rrxs r8, r8",
        "rrxs r7, r7",
        "rrxs r6, r6",
        "rrxs r5, r5",
        "rrxs r4, r4",
        "rrxs r3, r3",
        "rrx r2, r2",
        "stm r0, {{r2-r12, lr}}",
        "pop {{r4-r11, pc}}",
    )
}

/// Montgomery reduction by p = 2^384 - 2^128 - 2^96 + 2^32 - 1, four limbs at a time. -1/p is 2^64 + 2^32 + 1 modulo 2^128.
///
/// # Safety
/// `out` has twelve limbs, `wide` 24; they do not overlap.
#[unsafe(naked)]
unsafe extern "C" fn reduce_p384_arm(out: *mut u32, wide: *mut u32) {
    naked_asm!(
        "push {{r0, r4-r11, lr}}",
        // On the stack: where to stop, the carry; out.
        "add r2, r1, #48",
        "mov r3, #0",
        "push {{r2, r3}}",
        "10:",
        // r4 to r7: q.
        "ldm r1, {{r8-r11}}",
        "adds r5, r9, r8",
        "adcs r6, r10, r9",
        "adc r7, r11, r10",
        "adds r6, r8",
        "adc r7, r9",
        "mov r4, r8",
        // q * (2^32 - 1) at limb 0, of which limb 4 and the carry into it are wanted, in lr: what is below vanishes.
        "rsbs r0, r4, #0",
        "sbcs r2, r4, r5",
        "sbcs r3, r5, r6",
        "sbcs r12, r6, r7",
        "sbc lr, r7, #0",
        "adds r0, r8",
        "adcs r2, r9",
        "adcs r3, r10",
        "adcs r12, r11",
        "adc lr, lr, #0",
        // q * (2^32 + 1) at limb 3, from limb 4 on, less that: r8 to r12, never negative.
        "adds r8, r5, r4",
        "adcs r9, r6, r5",
        "adcs r10, r7, r6",
        "adcs r11, r7, #0",
        "mov r12, #0",
        "adc r12, r12, #0",
        "subs r8, lr",
        "sbcs r9, r9, #0",
        "sbcs r10, r10, #0",
        "sbcs r11, r11, #0",
        "sbc r12, r12, #0",
        // Limbs 4 to 11 less it; the borrow is taken from q, which is not 0 where there is one.
        "add r1, #16",
        "ldm r1, {{r0, r2, r3, lr}}",
        "subs r0, r8",
        "sbcs r2, r9",
        "sbcs r3, r10",
        "sbcs lr, r11",
        "stm r1, {{r0, r2, r3, lr}}",
        "add r8, r1, #16",
        "ldm r8, {{r0, r2, r3, lr}}",
        "sbcs r0, r12",
        "sbcs r2, r2, #0",
        "sbcs r3, r3, #0",
        "sbcs lr, lr, #0",
        "stm r8!, {{r0, r2, r3, lr}}",
        "sbcs r4, r4, #0",
        "sbcs r5, r5, #0",
        "sbcs r6, r6, #0",
        "sbc r7, r7, #0",
        // q at limb 12, and there the carry of the window before.
        "ldm r8, {{r9-r12}}",
        "adds r9, r4",
        "adcs r10, r5",
        "adcs r11, r6",
        "adcs r12, r7",
        "mov r0, #0",
        "adc r0, r0, #0",
        "ldr r2, [sp, #4]",
        "adds r9, r2",
        "adcs r10, r10, #0",
        "adcs r11, r11, #0",
        "adcs r12, r12, #0",
        "adc r0, r0, #0",
        "str r0, [sp, #4]",
        "stm r8, {{r9-r12}}",
        "ldr r2, [sp]",
        "cmp r1, r2",
        "bne 10b",
        // p once less if there was a carry: 2^128 + 2^96 - 2^32 + 1 once more.
        "add sp, #8",
        "cmp r0, #0",
        "ldm r1, {{r1-r12}}",
        "beq 11f",
        "adds r1, #1",
        "sbcs r2, r2, #0",
        "sbcs r3, r3, #0",
        "adcs r4, r4, #0",
        "adcs r5, r5, #1",
        "adcs r6, r6, #0",
        "adcs r7, r7, #0",
        "adcs r8, r8, #0",
        "adcs r9, r9, #0",
        "adcs r10, r10, #0",
        "adcs r11, r11, #0",
        "adc r12, r12, #0",
        "11:",
        "pop {{r0}}",
        "stm r0, {{r1-r12}}",
        "pop {{r4-r11, pc}}",
    )
}

/// # Safety
/// All but `product` have twenty limbs, each two of which are the same or do not overlap; it has forty and overlaps none of them.
#[unsafe(naked)]
unsafe extern "C" fn multiply_p521(out: *mut u32, a: *const u32, b: *const u32, product: *mut u32) {
    naked_asm!(
        "push {{r0, r3, r4, lr}}",
        "mov r0, r3",
        "cmp r1, r2",
        "beq 10f",
        "mov r3, #80",
        "bl {mul}",
        "b 11f",
        "10:",
        "mov r2, #80",
        "bl {sqr}",
        "11:",
        "pop {{r0, r1}}",
        "bl {reduce}",
        "pop {{r4, pc}}",
        mul = sym mul_umaal,
        sqr = sym sqr_umaal,
        reduce = sym reduce_p521_arm,
    )
}

/// What a sum of two numbers of 521 bits has above them, once more at the bottom, as 2^521 is 1: r2 is the 17th limb,
/// whose place is r0; the flags tell whether there is anything.
macro_rules! fold_p521 {
    () => {
        concat!(
            "bfc r2, #9, #23\n",
            "str r2, [r0]\n",
            "beq 11f\n",
            "sub r0, #64\n",
            "10:\n",
            "ldr r2, [r0]\n",
            "adds r2, #1\n",
            "str r2, [r0], #4\n",
            "bcs 10b\n",
            "11:\n",
        )
    };
}

/// # Safety
/// As for [`multiply_p521`].
#[unsafe(naked)]
unsafe extern "C" fn add_p521(out: *mut u32, a: *const u32, b: *const u32, _product: *mut u32) {
    naked_asm!(
        "push {{r4-r11, lr}}",
        "ldm r1!, {{r4-r7}}",
        "ldm r2!, {{r8-r11}}",
        "adds r4, r8",
        "adcs r5, r9",
        "adcs r6, r10",
        "adcs r7, r11",
        "stm r0!, {{r4-r7}}",
        "ldm r1!, {{r4-r7}}",
        "ldm r2!, {{r8-r11}}",
        "adcs r4, r8",
        "adcs r5, r9",
        "adcs r6, r10",
        "adcs r7, r11",
        "stm r0!, {{r4-r7}}",
        "ldm r1!, {{r4-r7}}",
        "ldm r2!, {{r8-r11}}",
        "adcs r4, r8",
        "adcs r5, r9",
        "adcs r6, r10",
        "adcs r7, r11",
        "stm r0!, {{r4-r7}}",
        "ldm r1!, {{r4-r7}}",
        "ldm r2!, {{r8-r11}}",
        "adcs r4, r8",
        "adcs r5, r9",
        "adcs r6, r10",
        "adcs r7, r11",
        "stm r0!, {{r4-r7}}",
        "ldr r4, [r1]",
        "ldr r2, [r2]",
        "adc r2, r4",
        "lsrs r3, r2, #9",
        fold_p521!(),
        "pop {{r4-r11, pc}}",
    )
}

/// # Safety
/// As for [`multiply_p521`].
#[unsafe(naked)]
unsafe extern "C" fn subtract_p521(out: *mut u32, a: *const u32, b: *const u32, _product: *mut u32) {
    naked_asm!(
        "push {{r4-r11, lr}}",
        "ldm r1!, {{r4-r7}}",
        "ldm r2!, {{r8-r11}}",
        "subs r4, r8",
        "sbcs r5, r9",
        "sbcs r6, r10",
        "sbcs r7, r11",
        "stm r0!, {{r4-r7}}",
        "ldm r1!, {{r4-r7}}",
        "ldm r2!, {{r8-r11}}",
        "sbcs r4, r8",
        "sbcs r5, r9",
        "sbcs r6, r10",
        "sbcs r7, r11",
        "stm r0!, {{r4-r7}}",
        "ldm r1!, {{r4-r7}}",
        "ldm r2!, {{r8-r11}}",
        "sbcs r4, r8",
        "sbcs r5, r9",
        "sbcs r6, r10",
        "sbcs r7, r11",
        "stm r0!, {{r4-r7}}",
        "ldm r1!, {{r4-r7}}",
        "ldm r2!, {{r8-r11}}",
        "sbcs r4, r8",
        "sbcs r5, r9",
        "sbcs r6, r10",
        "sbcs r7, r11",
        "stm r0!, {{r4-r7}}",
        "ldr r4, [r1]",
        "ldr r2, [r2]",
        "sbcs r4, r2",
        // p once more where there is a borrow: 2^521, and one less.
        "bfc r4, #9, #23",
        "str r4, [r0]",
        "bcs 11f",
        "sub r0, #64",
        "10:",
        "ldr r2, [r0]",
        "subs r2, #1",
        "str r2, [r0], #4",
        "bcc 10b",
        "11:",
        "pop {{r4-r11, pc}}",
    )
}

/// The lowest bit becomes the topmost one, as 1/2 is 2^520.
///
/// # Safety
/// As for [`multiply_p521`].
#[unsafe(naked)]
unsafe extern "C" fn halve_p521(out: *mut u32, a: *const u32, _b: *const u32, _product: *mut u32) {
    naked_asm!(
        "push {{r4-r7, lr}}",
        "ldr r2, [r1]",
        "ldr r3, [r1, #64]",
        "and r2, #1",
        "orr r3, r3, r2, lsl #9",
        "lsrs r3, r3, #1",
        "str r3, [r0, #64]",
        "add r0, #64",
        "add r1, #64",
        "ldmdb r1!, {{r4-r7}}",
        "rrxs r7, r7",
        "rrxs r6, r6",
        "rrxs r5, r5",
        "rrxs r4, r4",
        "stmdb r0!, {{r4-r7}}",
        "ldmdb r1!, {{r4-r7}}",
        "rrxs r7, r7",
        "rrxs r6, r6",
        "rrxs r5, r5",
        "rrxs r4, r4",
        "stmdb r0!, {{r4-r7}}",
        "ldmdb r1!, {{r4-r7}}",
        "rrxs r7, r7",
        "rrxs r6, r6",
        "rrxs r5, r5",
        "rrxs r4, r4",
        "stmdb r0!, {{r4-r7}}",
        "ldmdb r1!, {{r4-r7}}",
        "rrxs r7, r7",
        "rrxs r6, r6",
        "rrxs r5, r5",
        "rrxs r4, r4",
        "stmdb r0!, {{r4-r7}}",
        "pop {{r4-r7, pc}}",
    )
}

/// Four limbs of the result: those of M onto those in r7 to r10.
macro_rules! four_of_p521 {
    ($load:literal) => {
        concat!(
            $load,
            "ldm r1!, {{r3-r6}}\n",
            "orr r11, r11, r3, lsl #9\n",
            "adcs r7, r11\n",
            "lsr r11, r3, #23\n",
            "orr r11, r11, r4, lsl #9\n",
            "adcs r8, r11\n",
            "lsr r11, r4, #23\n",
            "orr r11, r11, r5, lsl #9\n",
            "adcs r9, r11\n",
            "lsr r11, r5, #23\n",
            "orr r11, r11, r6, lsl #9\n",
            "adcs r10, r11\n",
            "lsr r11, r6, #23\n",
            "stm r0!, {{r7-r10}}\n",
        )
    };
}

/// Montgomery reduction by p = 2^521 - 1 for R = 2^640: below 2^521 for a product of two such numbers.
///
/// As 2^521 is 1, dividing by 2^640 is rotating. The product is H * 2^640 + M * 2^119 + L with H < 2^402, M < 2^521 and
/// L < 2^119: the quotient is M + (L * 2^402 + H), where the latter two do not overlap.
///
/// # Safety
/// `out` has twenty limbs, `wide` forty; they do not overlap.
#[unsafe(naked)]
unsafe extern "C" fn reduce_p521_arm(out: *mut u32, wide: *const u32) {
    naked_asm!(
        "push {{r4-r11, lr}}",
        // r11: a limb of M from its lower part on; r1 and r12: where the next limbs of M and of H are.
        "ldr r2, [r1, #12]",
        "add r12, r1, #80",
        "add r1, #16",
        "lsr r11, r2, #23",
        // Clears the carry.
        "cmn r0, #0",
        four_of_p521!("ldm r12!, {{r7-r10}}\n"),
        four_of_p521!("ldm r12!, {{r7-r10}}\n"),
        four_of_p521!("ldm r12!, {{r7-r10}}\n"),
        // The last limbs of H, which L * 2^402 begins in.
        "ldr r7, [r12]",
        "ldrd r2, r3, [r1, #-64]",
        "orr r7, r7, r2, lsl #18",
        "lsr r8, r2, #14",
        "orr r8, r8, r3, lsl #18",
        "lsr r9, r3, #14",
        "ldrd r2, r3, [r1, #-56]",
        "orr r9, r9, r2, lsl #18",
        "lsr r10, r2, #14",
        "bfc r3, #23, #9",
        "orr r10, r10, r3, lsl #18",
        "lsr r2, r3, #14",
        four_of_p521!(""),
        "adc r2, r11",
        "lsrs r3, r2, #9",
        // And zeros above the 17 limbs.
        "mov r4, #0",
        "mov r5, #0",
        "strd r4, r5, [r0, #4]",
        "str r4, [r0, #12]",
        fold_p521!(),
        "pop {{r4-r11, pc}}",
    )
}
