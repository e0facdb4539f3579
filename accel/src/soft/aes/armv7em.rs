//! The rounds for ARMv7E-M, in assembly: what `portable.rs` does, step for step; constant-time: their course depends on the
//! number of rounds only.
//!
//! - The S-box's circuit has 113 gates. Their order, and where their values stay, were searched for by a program that counts loads
//!   and stores: 17 of them are left, four of which compute a value anew from two that are there.
//! - A rotation is free where its number is added. So a plane whose columns move is turned only in what leaves a byte, and the rest of
//!   the way when it is used.
//! - Two blocks take some 2 400 instructions with ten rounds and 3 300 with fourteen.
//!
//! The planes stand in `r4` to `r11`, bit 0 in `r4`; what works on them calls each other by `lr` alone, and may use `r0` to
//! `r3` and `r12`. The frame is wiped, as keys and data go through it:
//!
//! ```text
//!   sp   5 words of the S-box   +20  its return   +24  key   +28  to the next key   +32  last key   +36  blocks   +40  a return
//! ```
//!
//! `tests/bench/ours/src/bin/kernel.rs` holds it against `portable.rs` on an emulated Cortex-M4.
#![allow(unsafe_code, reason = "a compiler needs half as many instructions again")]

use core::arch::naked_asm;

/// Encrypts both blocks with `rounds + 1` keys.
pub(super) fn encrypt(pair: &mut [[u32; 4]; 2], keys: &[[u32; 4]]) {
    if let ([first, .., last], 11 | 13 | 15) = (keys, keys.len()) {
        // SAFETY: both keys are of one slice, with an even number of rounds, at least ten, between them.
        unsafe { encrypt_arm(pair, first, last) }
    }
}

/// Decrypts both blocks with the same keys.
pub(super) fn decrypt(pair: &mut [[u32; 4]; 2], keys: &[[u32; 4]]) {
    if let ([first, .., last], 11 | 13 | 15) = (keys, keys.len()) {
        // SAFETY: as above.
        unsafe { decrypt_arm(pair, last, first) }
    }
}

/// `SubWord` (FIPS 197 §5.2) but for the S-box's constant.
pub(super) fn substitute(word: u32) -> u32 {
    // SAFETY: it needs nothing.
    unsafe { substitute_arm(word) }
}

/// Slices a key for both blocks; two words share one, the first has the even bits, the second the odd ones.
pub(super) fn share(key: &mut [u32; 4]) {
    // SAFETY: the type is the length.
    unsafe { share_arm(key) }
}

/// Instructions, one a line.
macro_rules! lines {
    ($($($part:expr),+;)+) => { concat!($($($part,)+ "\n"),+) };
}

/// A frame, with the blocks in `r0`, the first key to be added in `r1`, the last one in `r2` and the way to the next in `r3`; the
/// blocks in turns in the planes' registers.
macro_rules! enter {
    () => {
        lines!(
            "push {{r4-r11, lr}}";
            "sub sp, #44";
            "str r1, [sp, #24]";
            "strd r3, r2, [sp, #28]";
            "str r0, [sp, #36]";
            "ldm r0!, {{r4, r6, r8, r10}}";
            "ldm r0, {{r5, r7, r9, r11}}";
        )
    };
}

/// Zeros where the S-box had values.
macro_rules! wipe {
    () => {
        lines!(
            "movs r1, #0";
            "movs r2, #0";
            "movs r3, #0";
            "mov r12, r1";
            "mov lr, r1";
            "stm sp, {{r1-r3, r12, lr}}";
        )
    };
}

/// The end of [`enter`].
macro_rules! leave {
    () => {
        lines!(
            "ldr r0, [sp, #36]";
            "stm r0!, {{r4, r6, r8, r10}}";
            "stm r0, {{r5, r7, r9, r11}}";
            wipe!();
            "movs r0, #0";
            "add sp, #44";
            "pop {{r4-r11, pc}}";
        )
    };
}

/// Whether the next key is the last one.
macro_rules! compare_keys {
    () => {
        lines!(
            "ldr r0, [sp, #24]";
            "ldr r1, [sp, #32]";
            "cmp r0, r1";
        )
    };
}

/// # Safety
/// From the first to the last key there are 160, 192 or 224 bytes.
#[unsafe(naked)]
unsafe extern "C" fn encrypt_arm(pair: &mut [[u32; 4]; 2], first: &[u32; 4], last: &[u32; 4]) {
    naked_asm!(
        "movs r3, #16",
        enter!(),
        "bl {transpose}",
        "10:",
        "bl {add_round_key}",
        "bl {sub_bytes}",
        "bl {mix_1}",
        "bl {add_round_key}",
        "bl {sub_bytes}",
        compare_keys!(),
        "beq 11f",
        "bl {mix_2}",
        "bl {add_round_key}",
        "bl {sub_bytes}",
        "bl {mix_3}",
        "bl {add_round_key}",
        "bl {sub_bytes}",
        compare_keys!(),
        "beq 12f",
        "bl {mix_0}",
        "b 10b",
        // Of ten and of fourteen rows' moves two are left, of twelve none.
        "11:",
        "bl {add_round_key}",
        "bl {transpose}",
        "bl {shift_rows_twice}",
        "b 13f",
        "12:",
        "bl {add_round_key}",
        "bl {transpose}",
        "13:",
        leave!(),
        transpose = sym transpose,
        shift_rows_twice = sym shift_rows_twice,
        add_round_key = sym add_round_key,
        sub_bytes = sym sub_bytes,
        mix_0 = sym mix_0,
        mix_1 = sym mix_1,
        mix_2 = sym mix_2,
        mix_3 = sym mix_3,
    )
}

/// # Safety
/// As above, from the last key to the first one.
#[unsafe(naked)]
unsafe extern "C" fn decrypt_arm(pair: &mut [[u32; 4]; 2], last: &[u32; 4], first: &[u32; 4]) {
    naked_asm!(
        "mvn r3, #15",
        enter!(),
        "subs r1, r2",
        "tst r1, #32",
        "beq 10f",
        "bl {shift_rows_twice}",
        "10:",
        "bl {transpose}",
        "bl {add_round_key}",
        "bl {inverse_sub_bytes}",
        "ldrd r0, r1, [sp, #28]",
        "ldr r2, [sp, #24]",
        // So many rounds are left, less one: 8, 10 or 12.
        "subs r2, r1",
        "tst r2, #32",
        "bne 12f",
        "11:",
        "bl {add_round_key}",
        "bl {unmix_odd}",
        "bl {mix_1}",
        "bl {inverse_sub_bytes}",
        compare_keys!(),
        "beq 13f",
        "bl {add_round_key}",
        "bl {unmix_even}",
        "bl {mix_0}",
        "bl {inverse_sub_bytes}",
        "12:",
        "bl {add_round_key}",
        "bl {unmix_odd}",
        "bl {mix_3}",
        "bl {inverse_sub_bytes}",
        "bl {add_round_key}",
        "bl {unmix_even}",
        "bl {mix_2}",
        "bl {inverse_sub_bytes}",
        "b 11b",
        "13:",
        "bl {add_round_key}",
        "bl {transpose}",
        leave!(),
        transpose = sym transpose,
        shift_rows_twice = sym shift_rows_twice,
        add_round_key = sym add_round_key,
        inverse_sub_bytes = sym inverse_sub_bytes,
        unmix_odd = sym unmix_odd,
        unmix_even = sym unmix_even,
        mix_0 = sym mix_0,
        mix_1 = sym mix_1,
        mix_2 = sym mix_2,
        mix_3 = sym mix_3,
    )
}

/// # Safety
/// None.
#[unsafe(naked)]
unsafe extern "C" fn substitute_arm(word: u32) -> u32 {
    naked_asm!(
        "push {{r4-r11, lr}}",
        "sub sp, #44",
        "mov r4, r0",
        "movs r5, #0",
        "movs r6, #0",
        "movs r7, #0",
        "mov r8, r5",
        "mov r9, r5",
        "mov r10, r5",
        "mov r11, r5",
        "bl {transpose}",
        "bl {sub_bytes}",
        "bl {transpose}",
        "mov r0, r4",
        wipe!(),
        "add sp, #44",
        "pop {{r4-r11, pc}}",
        transpose = sym transpose,
        sub_bytes = sym sub_bytes,
    )
}

/// # Safety
/// None.
#[unsafe(naked)]
unsafe extern "C" fn share_arm(key: &mut [u32; 4]) {
    naked_asm!(
        "push {{r4-r11, lr}}",
        "ldm r0, {{r4, r6, r8, r10}}",
        "mov r5, r4",
        "mov r7, r6",
        "mov r9, r8",
        "mov r11, r10",
        "bl {transpose}",
        "and r4, r4, #0x55555555",
        "and r5, r5, #0xAAAAAAAA",
        "orrs r4, r5",
        "and r6, r6, #0x55555555",
        "and r7, r7, #0xAAAAAAAA",
        "orrs r6, r7",
        "and r8, r8, #0x55555555",
        "and r9, r9, #0xAAAAAAAA",
        "orrs r8, r9",
        "and r10, r10, #0x55555555",
        "and r11, r11, #0xAAAAAAAA",
        "orrs r10, r11",
        "stm r0, {{r4, r6, r8, r10}}",
        "pop {{r4-r11, pc}}",
        transpose = sym transpose,
    )
}

/// Changes the bits of a mask in the second plane for those in the first that are some places above them.
macro_rules! swap {
    ($low:literal, $high:literal, $shift:literal, $mask:literal) => {
        lines!(
            "eor r3, ", $high, ", ", $low, ", lsr #", $shift;
            "and r3, r3, #", $mask;
            "eors ", $high, ", r3";
            "eor ", $low, ", ", $low, ", r3, lsl #", $shift;
        )
    };
}

/// Between the words of two blocks, in turns, and planes; its own inverse. Needs `r3` only.
///
/// # Safety
/// None but the registers.
#[unsafe(naked)]
unsafe extern "C" fn transpose() {
    naked_asm!(
        swap!("r4", "r5", "1", "0x55555555"),
        swap!("r6", "r7", "1", "0x55555555"),
        swap!("r8", "r9", "1", "0x55555555"),
        swap!("r10", "r11", "1", "0x55555555"),
        swap!("r4", "r6", "2", "0x33333333"),
        swap!("r5", "r7", "2", "0x33333333"),
        swap!("r8", "r10", "2", "0x33333333"),
        swap!("r9", "r11", "2", "0x33333333"),
        swap!("r4", "r8", "4", "0x0F0F0F0F"),
        swap!("r5", "r9", "4", "0x0F0F0F0F"),
        swap!("r6", "r10", "4", "0x0F0F0F0F"),
        swap!("r7", "r11", "4", "0x0F0F0F0F"),
        "bx lr",
    )
}

/// Changes the second and the fourth row of a column for those of the column after the next.
macro_rules! change_rows {
    ($column:literal, $other:literal) => {
        lines!(
            "eor r3, ", $column, ", ", $other;
            "and r3, r3, #0xFF00FF00";
            "eors ", $column, ", r3";
            "eors ", $other, ", r3";
        )
    };
}

/// Twice `ShiftRows`, on the words of both blocks in turns.
///
/// # Safety
/// None but the registers.
#[unsafe(naked)]
unsafe extern "C" fn shift_rows_twice() {
    naked_asm!(
        change_rows!("r4", "r8"),
        change_rows!("r5", "r9"),
        change_rows!("r6", "r10"),
        change_rows!("r7", "r11"),
        "bx lr",
    )
}

/// A word of the key onto its two planes: its even bits for both blocks onto one, its odd ones onto the other.
macro_rules! add_key {
    ($word:literal, $even:literal, $odd:literal) => {
        lines!(
            "and r0, ", $word, ", #0x55555555";
            "eors ", $word, ", r0";
            "eors ", $even, ", r0";
            "eor ", $even, ", ", $even, ", r0, lsl #1";
            "eors ", $odd, ", ", $word;
            "eor ", $odd, ", ", $odd, ", ", $word, ", lsr #1";
        )
    };
}

/// Adds the next round key.
///
/// # Safety
/// The frame.
#[unsafe(naked)]
unsafe extern "C" fn add_round_key() {
    naked_asm!(
        "ldrd r0, r1, [sp, #24]",
        "add r1, r0",
        "str r1, [sp, #24]",
        "ldm r0, {{r1-r3, r12}}",
        add_key!("r1", "r4", "r5"),
        add_key!("r2", "r6", "r7"),
        add_key!("r3", "r8", "r9"),
        add_key!("r12", "r10", "r11"),
        "bx lr",
    )
}

/// The sum of a byte and the next, of one plane's bits, into `$sum`. Into `r3` what stands for the next row but for a rotation by
/// `$rest`: what leaves a byte at one end comes back at the other.
macro_rules! add_next {
    ($plane:literal, $sum:literal, $leaves:literal, $turn:literal, $rest:literal) => {
        lines!(
            "and r12, ", $plane, ", #", $leaves;
            "bic r3, ", $plane, ", #", $leaves;
            "eor r3, r3, r12, ror #", $turn;
            "eor ", $sum, ", ", $plane, ", r3, ror #", $rest;
        )
    };
}

/// The new plane, with that bit of the doubled sums in `$double`, where the row after the next has moved by two columns. The sum of
/// all four rows is the same for a byte and that after the next: half of it is worked out.
macro_rules! mix_far {
    ($plane:literal, $double:literal, $sum:literal) => {
        lines!(
            "eor r3, ", $sum, ", ", $sum, ", ror #20";
            "and r3, r3, #0x0F0F0F0F";
            "eors ", $plane, ", ", $double;
            "eors ", $plane, ", r3";
            "eor ", $plane, ", ", $plane, ", r3, ror #12";
        )
    };
}

/// The same where that row has not moved.
macro_rules! mix_near {
    ($plane:literal, $double:literal, $sum:literal) => {
        lines!(
            "eors ", $plane, ", ", $double;
            "eors ", $plane, ", ", $sum;
            "eor ", $plane, ", ", $plane, ", ", $sum, ", ror #16";
        )
    };
}

/// One plane with no rows moved.
macro_rules! mix_0 {
    ($plane:literal, $double:literal, $sum:literal) => {
        lines!(
            "eor ", $sum, ", ", $plane, ", ", $plane, ", ror #8";
            "eor ", $plane, ", ", $double, ", ", $plane, ", ror #8";
            "eor ", $plane, ", ", $plane, ", ", $sum, ", ror #16";
        )
    };
}

/// With each row moved by a column more than the row before.
macro_rules! mix_1 {
    ($plane:literal, $double:literal, $sum:literal) => {
        concat!(add_next!($plane, $sum, "0x03030303", "24", "10"), mix_far!($plane, $double, $sum))
    };
}

/// By two columns.
macro_rules! mix_2 {
    ($plane:literal, $double:literal, $sum:literal) => {
        lines!(
            add_next!($plane, $sum, "0xF0F0F0F0", "8", "4");
            "eor ", $plane, ", ", $double, ", r3, ror #4";
            "eor ", $plane, ", ", $plane, ", ", $sum, ", ror #16";
        )
    };
}

/// By three.
macro_rules! mix_3 {
    ($plane:literal, $double:literal, $sum:literal) => {
        concat!(add_next!($plane, $sum, "0xC0C0C0C0", "8", "6"), mix_far!($plane, $double, $sum))
    };
}

/// All planes: the top bit's sum comes first and stays in `r0`, as it comes back at four bits when it is doubled.
macro_rules! mix {
    ($top:expr, $plane:ident, $last:ident) => {
        concat!(
            $top,
            $plane!("r4", "r0", "r1"),
            $plane!("r5", "r1", "r2"),
            "eors r5, r0\n",
            $plane!("r6", "r2", "r1"),
            $plane!("r7", "r1", "r2"),
            "eors r7, r0\n",
            $plane!("r8", "r2", "r1"),
            "eors r8, r0\n",
            $plane!("r9", "r1", "r2"),
            $plane!("r10", "r2", "r1"),
            $last!("r11", "r1", "r0"),
        )
    };
}

/// `MixColumns` after a multiple of four `ShiftRows` that were not done.
///
/// # Safety
/// None but the registers.
#[unsafe(naked)]
unsafe extern "C" fn mix_0() {
    naked_asm!(mix!("eor r0, r11, r11, ror #8\n", mix_0, mix_near), "bx lr")
}

/// After one more.
///
/// # Safety
/// None but the registers.
#[unsafe(naked)]
unsafe extern "C" fn mix_1() {
    naked_asm!(mix!(add_next!("r11", "r0", "0x03030303", "24", "10"), mix_1, mix_far), "bx lr")
}

/// After two more.
///
/// # Safety
/// None but the registers.
#[unsafe(naked)]
unsafe extern "C" fn mix_2() {
    naked_asm!(mix!(add_next!("r11", "r0", "0xF0F0F0F0", "8", "4"), mix_2, mix_near), "bx lr")
}

/// After three more.
///
/// # Safety
/// None but the registers.
#[unsafe(naked)]
unsafe extern "C" fn mix_3() {
    naked_asm!(mix!(add_next!("r11", "r0", "0xC0C0C0C0", "8", "6"), mix_3, mix_far), "bx lr")
}

/// The sum of a byte and the one after the next, onto a plane.
macro_rules! unmix_near {
    ($plane:literal, $of:literal) => {
        lines!(
            "eors ", $plane, ", ", $of;
            "eor ", $plane, ", ", $plane, ", ", $of, ", ror #16";
        )
    };
}

/// The same where that row has moved by two columns.
macro_rules! unmix_far {
    ($plane:literal, $of:literal) => {
        lines!(
            "eor r3, ", $of, ", ", $of, ", ror #20";
            "and r3, r3, #0x0F0F0F0F";
            "eors ", $plane, ", r3";
            "eor ", $plane, ", ", $plane, ", r3, ror #12";
        )
    };
}

/// Adds four times the sum of a byte and the one after the next, with which `MixColumns` is its own inverse. The sums of the two top
/// bits come first.
macro_rules! unmix {
    ($top:expr, $plane:ident) => {
        concat!(
            $top,
            "eor r2, r0, r1\n",
            $plane!("r11", "r9"),
            $plane!("r10", "r8"),
            "eors r9, r1\n",
            $plane!("r9", "r7"),
            "eors r8, r2\n",
            $plane!("r8", "r6"),
            "eors r7, r0\n",
            $plane!("r7", "r5"),
            "eors r6, r1\n",
            $plane!("r6", "r4"),
            "eors r5, r2\n",
            "eors r4, r0\n",
        )
    };
}

/// The first half of the inverse of `mix_0` and `mix_2`.
///
/// # Safety
/// None but the registers.
#[unsafe(naked)]
unsafe extern "C" fn unmix_even() {
    naked_asm!(
        unmix!(
            lines!(
                "eor r0, r10, r10, ror #16";
                "eor r1, r11, r11, ror #16";
            ),
            unmix_near
        ),
        "bx lr",
    )
}

/// That of the inverse of `mix_1` and `mix_3`.
///
/// # Safety
/// None but the registers.
#[unsafe(naked)]
unsafe extern "C" fn unmix_odd() {
    naked_asm!(
        unmix!(
            lines!(
                "movs r0, #0";
                unmix_far!("r0", "r10");
                "movs r1, #0";
                unmix_far!("r1", "r11");
            ),
            unmix_far
        ),
        "bx lr",
    )
}

/// The inverse of the S-box's affine map but for its constant.
macro_rules! inverse_affine {
    () => {
        lines!(
            "eor r0, r6, r9";
            "eor r1, r8, r11";
            "eor r2, r4, r7";
            "eor r3, r5, r10";
            "eor r12, r0, r4";
            "eor r4, r0, r11";
            "eor r11, r3, r8";
            "eor r8, r3, r7";
            "mov r7, r12";
            "eor r12, r1, r6";
            "eor r6, r1, r5";
            "eor r5, r2, r10";
            "eor r10, r2, r9";
            "mov r9, r12";
        )
    };
}

/// The inverse of the S-box but for its constant: the S-box is an inversion and then an affine map.
///
/// # Safety
/// The frame.
#[unsafe(naked)]
unsafe extern "C" fn inverse_sub_bytes() {
    naked_asm!(
        "str lr, [sp, #40]",
        inverse_affine!(),
        "bl {sub_bytes}",
        inverse_affine!(),
        "ldr pc, [sp, #40]",
        sub_bytes = sym sub_bytes,
    )
}

/// The S-box but for its constant, as the circuit of Boyar, Peralta and Çalık (SLP_AES_113). Needs all registers.
///
/// # Safety
/// The frame.
#[unsafe(naked)]
unsafe extern "C" fn sub_bytes() {
    naked_asm!(
        "str lr, [sp, #20]",
        "eor r9, r10",
        "eor lr, r11, r5",
        "eor r0, r8, r6",
        "eor r3, r11, r8",
        "eor r12, r9, r4",
        "eor r2, r12, r8",
        "eor r1, lr, r0",
        "eors r7, r1",
        "eor r10, r7",
        "ands r2, r4",
        "eor r8, r12, r5",
        "eor r5, r10, r3",
        "eors r7, r6",
        "ands r3, r5",
        "str r1, [sp, #0]",
        "ands r1, r7",
        "eors r4, r7",
        "eor r6, r11",
        "eor r11, r8, r6",
        "str r7, [sp, #4]",
        "eor r7, r9",
        "str r11, [sp, #8]",
        "and r11, r4",
        "eor r9, r5",
        "eor r4, r7, r5",
        "str r0, [sp, #12]",
        "ands r4, r0",
        "and r0, r6, r7",
        "eors r0, r3",
        "eors r2, r1",
        "eor r11, r1",
        "eor r11, r10",
        "eors r4, r3",
        "and r3, r8, r12",
        "and r1, lr, r9",
        "eors r3, r1",
        "eor r10, r11, r4",
        "eors r2, r0",
        "eor r11, lr, r8",
        "eors r4, r3",
        "eor r3, r9, r12",
        "eor r8, lr, r9",
        "str r6, [sp, #16]",
        "eors r6, r7",
        "eor r8, r4",
        "and r4, r11, r3",
        "eors r4, r1",
        "eor r1, r3, r11",
        "eors r2, r6",
        "eors r0, r4",
        "and r4, r10, r8",
        "eor r10, r2",
        "eors r1, r0",
        "eor r6, r8, r1",
        "eor r0, r2, r4",
        "eors r4, r1",
        "ands r6, r0",
        "eors r6, r1",
        "and r0, r10, r4",
        "eors r0, r2",
        "eor r2, r4, r6",
        "ands r1, r2",
        "eor r2, r8, r6",
        "eors r4, r1",
        "ands r4, r0",
        "eor r8, r10, r4",
        "eor r10, r0, r8",
        "and r4, r10, r9",
        "eors r1, r2",
        "and r2, r8, r12",
        "and r10, lr",
        "eor r9, lr, r11",
        "and lr, r8, r9",
        "eor r9, r8, r1",
        "eor r8, r7, r12",
        "and r8, r1",
        "eors r1, r6",
        "eor r12, r5, r3",
        "and r12, r6",
        "ands r3, r0",
        "eors r2, r4",
        "eors r4, r3",
        "ldr r3, [sp, #4]",
        "ands r3, r1",
        "eor r8, r3",
        "and r11, r0",
        "eor r12, r3",
        "eor r8, r2",
        "eor r3, r10, r12",
        "eor r12, r4",
        "and r4, r9, r7",
        "eors r3, r4",
        "eors r0, r6",
        "eor r4, r0, r9",
        "eors r7, r5",
        "ands r7, r4",
        "eors r2, r7",
        "eors r3, r2",
        "ands r5, r0",
        "ldr r7, [sp, #12]",
        "ands r4, r7",
        "eors r2, r5",
        "ldr r5, [sp, #16]",
        "and r9, r5",
        "eors r7, r5",
        "ands r0, r7",
        "eor r5, r6, r1",
        "ldr r7, [sp, #8]",
        "ands r5, r7",
        "eor r11, r3",
        "eors r4, r0",
        "eors r5, r4",
        "eor lr, r4",
        "eor lr, r12",
        "eors r0, r2",
        "ldr r4, [sp, #0]",
        "ands r1, r4",
        "eors r4, r7",
        "ands r6, r4",
        "eor r4, r10, lr",
        "eors r1, r5",
        "eors r5, r6",
        "eor r6, r5, r11",
        "eor r8, r1",
        "eor r10, r8, r2",
        "eor r7, r12, r8",
        "eor r12, r11, r0",
        "eor r9, r12",
        "eor r5, r3, lr",
        "eor r11, r1, r2",
        "ldr pc, [sp, #20]",
    )
}
