//! The compression functions of SHA-2 for ARMv7E-M, in assembly (FIPS 180-4 §6.2.2, §6.4.2); constant-time: their course depends on
//! the number of blocks only. SHA-1's is in a file of its own.
//!
//! A compiler keeps 64-bit words in pairs of registers and runs out of them; by hand a block of SHA-512 takes 6.6 thousand
//! instructions instead of 9.4 thousand, and one of SHA-256 1.9 thousand instead of 2.3 thousand, in less code than either crate setting.
//!
//! - Three rotations are two and one: `rotr 14 ^ rotr 18 ^ rotr 41` is `rotr 14` of `x ^ rotr 4 ^ rotr 27`, and a rotated number
//!   whose halves share no bit is added in halves.
//! - `Maj(a, b, c)` is `b ^ ((a ^ b) & (b ^ c))`, and this round's `a ^ b` is the next one's `b ^ c`.
//! - SHA-512 keeps `a`, `e` and that difference in registers and the other words in memory, where they take each other's names by
//!   the frame sliding by one word a round. Where `h` was, the message schedule stays.
//! - The constants of SHA-256 are the upper halves of SHA-512's first 64.
//!
//! Frames are wiped: the PRF's blocks are secrets.
#![allow(unsafe_code, reason = "only a whole loop in assembly gets by with so few registers")]

use core::arch::naked_asm;

/// Runs SHA-512's compression function over `blocks`.
pub(super) fn compress512(state: &mut [u64; 8], blocks: &[[u8; 128]]) {
    if !blocks.is_empty() {
        // SAFETY: the types are the lengths, there is at least one block, and a mutable borrow overlaps nothing.
        unsafe { sha512(state, blocks.as_ptr(), blocks.len(), &CONSTANTS) }
    }
}

/// Runs SHA-256's compression function over `blocks`.
pub(super) fn compress256(state: &mut [u32; 8], blocks: &[[u8; 64]]) {
    if !blocks.is_empty() {
        // SAFETY: as above.
        unsafe { sha256(state, blocks.as_ptr(), blocks.len(), &CONSTANTS) }
    }
}

/// Instructions, one a line.
macro_rules! lines {
    ($($($part:expr),+;)+) => { concat!($($($part,)+ "\n"),+) };
}

/// Writes zeros to the frame's first bytes, a multiple of 32. Label 19 is its own.
macro_rules! wipe {
    ($bytes:literal) => {
        lines!(
            "mov r0, sp";
            "add r1, sp, #", $bytes;
            "mov r4, #0";
            "mov r5, #0";
            "mov r6, #0";
            "mov r7, #0";
            "19:";
            "stm r0!, {{r4-r7}}";
            "stm r0!, {{r4-r7}}";
            "cmp r0, r1";
            "bne 19b";
        )
    };
}

/// The message's sixteen words of 32 bits from `r1` on to where `$to` points. Label 18 is its own.
macro_rules! message {
    ($to:literal) => {
        lines!(
            "add r12, ", $to, ", #64";
            "18:";
            "ldr r8, [r1], #4";
            "ldr r9, [r1], #4";
            "ldr r10, [r1], #4";
            "ldr r11, [r1], #4";
            "rev r8, r8";
            "rev r9, r9";
            "rev r10, r10";
            "rev r11, r11";
            "stm ", $to, "!, {{r8-r11}}";
            "cmp ", $to, ", r12";
            "bne 18b";
        )
    };
}

#[path = "armv7em/sha1.rs"]
mod sha1;

pub(super) use sha1::compress160;

/// The next word of the message into `r0` and `r1`.
macro_rules! word {
    () => {
        lines!(
            "ldr r10, [sp, #320]";
            "ldr r1, [r10], #4";
            "ldr r0, [r10], #4";
            "str r10, [sp, #320]";
            "rev r1, r1";
            "rev r0, r0";
        )
    };
}

/// The next word of the message schedule into `r0` and `r1`; two pairs of registers are free.
macro_rules! schedule {
    ($u0:literal, $u1:literal, $v0:literal, $v1:literal) => {
        lines!(
            // rotr 1 ^ rotr 8 ^ shr 7
            "ldrd ", $u0, ", ", $u1, ", [lr, #176]";
            "lsr r0, ", $u0, ", #7";
            "eor r0, r0, ", $u1, ", lsl #25";
            "lsr r1, ", $u1, ", #7";
            "eor ", $u1, ", ", $u1, ", r1";
            "eor ", $u1, ", ", $u1, ", ", $u0, ", lsl #25";
            "eor ", $u0, ", ", $u0, ", r0";
            "eor r0, r0, ", $u0, ", lsr #1";
            "eor r0, r0, ", $u1, ", lsl #31";
            "eor r1, r1, ", $u1, ", lsr #1";
            "eor r1, r1, ", $u0, ", lsl #31";
            "ldrd ", $u0, ", ", $u1, ", [lr, #184]";
            "ldrd ", $v0, ", ", $v1, ", [lr, #112]";
            "adds r0, ", $u0;
            "adc r1, ", $u1;
            "adds r0, ", $v0;
            "adc r1, ", $v1;
            // rotr 19 ^ rotr 61 ^ shr 6
            "ldrd ", $u0, ", ", $u1, ", [lr, #72]";
            "lsr ", $v0, ", ", $u0, ", #19";
            "lsr ", $v1, ", ", $u1, ", #19";
            "eor ", $v0, ", ", $v0, ", ", $u1, ", lsl #13";
            "eor ", $v1, ", ", $v1, ", ", $u0, ", lsl #13";
            "eor ", $v0, ", ", $v0, ", ", $u1, ", lsr #29";
            "eor ", $v1, ", ", $v1, ", ", $u0, ", lsr #29";
            "eor ", $v0, ", ", $v0, ", ", $u0, ", lsl #3";
            "eor ", $v1, ", ", $v1, ", ", $u1, ", lsl #3";
            "eor ", $v0, ", ", $v0, ", ", $u0, ", lsr #6";
            "eor ", $v1, ", ", $v1, ", ", $u1, ", lsr #6";
            "eor ", $v0, ", ", $v0, ", ", $u1, ", lsl #26";
            "adds r0, ", $v0;
            "adc r1, ", $v1;
        )
    };
}

/// `r0` and `r1` += `rotr n (x ^ rotr (m - n) x ^ rotr (l - n) x)`, where `$right` and `$left` are the three shifts and what they miss
/// to 32, and `v` is free.
macro_rules! rotations {
    ($x0:literal, $x1:literal, $v0:literal, $v1:literal, $n:literal, $n_left:literal, $m:literal, $m_left:literal, $l:literal, $l_left:literal) => {
        lines!(
            "eor ", $v0, ", ", $x0, ", ", $x0, ", lsr #", $m;
            "eor ", $v1, ", ", $x1, ", ", $x1, ", lsr #", $m;
            "eor ", $v0, ", ", $v0, ", ", $x1, ", lsl #", $m_left;
            "eor ", $v1, ", ", $v1, ", ", $x0, ", lsl #", $m_left;
            "eor ", $v0, ", ", $v0, ", ", $x0, ", lsr #", $l;
            "eor ", $v1, ", ", $v1, ", ", $x1, ", lsr #", $l;
            "eor ", $v0, ", ", $v0, ", ", $x1, ", lsl #", $l_left;
            "eor ", $v1, ", ", $v1, ", ", $x0, ", lsl #", $l_left;
            "adds r0, r0, ", $v0, ", lsr #", $n;
            "adc r1, r1, ", $v1, ", lsr #", $n;
            "adds r0, r0, ", $v1, ", lsl #", $n_left;
            "adc r1, r1, ", $v0, ", lsl #", $n_left;
        )
    };
}

/// A round of SHA-512 with the schedule's word in `r0` and `r1`. `p` is `b ^ c` and is free afterwards; `q` will be `a ^ b`; `v` is
/// free.
macro_rules! round512 {
    ($p0:literal, $p1:literal, $q0:literal, $q1:literal, $v0:literal, $v1:literal) => {
        lines!(
            "ldrd ", $v0, ", ", $v1, ", [lr, #56]";
            "strd r0, r1, [lr, #56]";
            "adds r0, ", $v0;
            "adc r1, ", $v1;
            "ldrd ", $v0, ", ", $v1, ", [r12], #8";
            "adds r0, ", $v0;
            "adc r1, ", $v1;
            rotations!("r6", "r7", $v0, $v1, "14", "18", "4", "28", "27", "5");
            "ldrd ", $v0, ", ", $v1, ", [lr, #48]";
            "ldrd ", $q0, ", ", $q1, ", [lr, #40]";
            "eor ", $q0, ", ", $v0;
            "eor ", $q1, ", ", $v1;
            "and ", $q0, ", r6";
            "and ", $q1, ", r7";
            "eor ", $q0, ", ", $v0;
            "eor ", $q1, ", ", $v1;
            "adds r0, ", $q0;
            "adc r1, ", $q1;
            "ldrd ", $v0, ", ", $v1, ", [lr, #24]";
            "adds r6, ", $v0, ", r0";
            "adc r7, ", $v1, ", r1";
            "strd r6, r7, [lr, #24]";
            rotations!("r4", "r5", $v0, $v1, "28", "4", "6", "26", "11", "21");
            "ldrd ", $v0, ", ", $v1, ", [lr, #8]";
            "eor ", $q0, ", r4, ", $v0;
            "eor ", $q1, ", r5, ", $v1;
            "and ", $p0, ", ", $q0;
            "and ", $p1, ", ", $q1;
            "eor ", $p0, ", ", $v0;
            "eor ", $p1, ", ", $v1;
            "adds r4, r0, ", $p0;
            "adc r5, r1, ", $p1;
            "strd r4, r5, [lr, #-8]!";
        )
    };
}

/// `a` in `r4`, `r5`; `e` in `r6`, `r7`; `b ^ c` in `r8`, `r9`; the constants' place in `r12`; that of `a` in `lr`.
///
/// ```text
///   sp   16 rounds' words   +128  a b c d e f g h   +192   16 words of the schedule   +320  message  state  blocks  groups  constants
/// ```
///
/// # Safety
/// `blocks` blocks are there, at least one.
#[unsafe(naked)]
unsafe extern "C" fn sha512(
    state: &mut [u64; 8],
    data: *const [u8; 128],
    blocks: usize,
    constants: &[u64; 80],
) {
    naked_asm!(
        "push {{r4-r11, lr}}",
        "sub sp, #344",
        "strd r1, r0, [sp, #320]",
        "str r2, [sp, #328]",
        "str r3, [sp, #336]",
        "10:",
        "ldr r0, [sp, #324]",
        "ldr r12, [sp, #336]",
        "add lr, sp, #128",
        "ldm r0!, {{r4-r11}}",
        "stm lr!, {{r4-r11}}",
        "eor r8, r6",
        "eor r9, r7",
        "ldm r0, {{r0-r3, r6, r7, r10, r11}}",
        "stm lr, {{r0-r3, r6, r7, r10, r11}}",
        "sub lr, #32",
        "mov r6, r0",
        "mov r7, r1",
        // The first sixteen rounds, two at a time.
        "11:",
        word!(),
        round512!("r8", "r9", "r2", "r3", "r10", "r11"),
        word!(),
        round512!("r2", "r3", "r8", "r9", "r10", "r11"),
        "cmp lr, sp",
        "bne 11b",
        "mov r0, #4",
        // Four times: the frame slides back, and sixteen more.
        "12:",
        "str r0, [sp, #332]",
        "add r0, sp, #192",
        "add lr, sp, #320",
        "13:",
        "ldmdb r0!, {{r4-r11}}",
        "stmdb lr!, {{r4-r11}}",
        "cmp r0, sp",
        "bne 13b",
        "eor r8, r6",
        "eor r9, r7",
        "ldrd r6, r7, [lr, #32]",
        "14:",
        schedule!("r2", "r3", "r10", "r11"),
        round512!("r8", "r9", "r2", "r3", "r10", "r11"),
        schedule!("r8", "r9", "r10", "r11"),
        round512!("r2", "r3", "r8", "r9", "r10", "r11"),
        "cmp lr, sp",
        "bne 14b",
        "ldr r0, [sp, #332]",
        "subs r0, #1",
        "bne 12b",
        "ldr r0, [sp, #324]",
        "add r1, sp, #64",
        "15:",
        "ldm lr!, {{r4-r7}}",
        "ldm r0, {{r8-r11}}",
        "adds r4, r8",
        "adc r5, r9",
        "adds r6, r10",
        "adc r7, r11",
        "stm r0!, {{r4-r7}}",
        "cmp lr, r1",
        "bne 15b",
        "ldr r0, [sp, #328]",
        "subs r0, #1",
        "str r0, [sp, #328]",
        "bne 10b",
        wipe!("320"),
        "add sp, #344",
        "pop {{r4-r11, pc}}",
    )
}

/// Two words of SHA-256's schedule: `x` is 16 words back, the numbers two words and one word back are in `r10` and `r11`, and `r0`
/// points to the word 15 back.
macro_rules! schedule256 {
    ($x16:literal, $x15:literal, $x7:literal, $x2:literal) => {
        lines!(
            "eor r2, ", $x15, ", ", $x15, ", ror #11";
            "lsr r3, ", $x15, ", #3";
            "eor r3, r3, r2, ror #7";
            "add ", $x16, ", r3";
            "eor r2, ", $x2, ", ", $x2, ", ror #2";
            "lsr r3, ", $x2, ", #10";
            "eor r3, r3, r2, ror #17";
            "add ", $x16, ", r3";
            "add ", $x2, ", ", $x16, ", ", $x7;
        )
    };
}

/// A round of SHA-256. `p` is `b ^ c` and is free afterwards; `q` will be `a ^ b`.
macro_rules! round256 {
    ($a:literal, $b:literal, $d:literal, $e:literal, $f:literal, $g:literal, $h:literal, $p:literal, $q:literal) => {
        lines!(
            "ldr r0, [r1], #4";
            "ldr lr, [r2], #8";
            "add ", $h, ", r0";
            "add ", $h, ", lr";
            "eor r0, ", $e, ", ", $e, ", ror #5";
            "eor r0, r0, ", $e, ", ror #19";
            "add ", $h, ", ", $h, ", r0, ror #6";
            "eor r0, ", $f, ", ", $g;
            "and r0, ", $e;
            "eor r0, ", $g;
            "add ", $h, ", r0";
            "add ", $d, ", ", $h;
            "eor r0, ", $a, ", ", $a, ", ror #11";
            "eor r0, r0, ", $a, ", ror #20";
            "add ", $h, ", ", $h, ", r0, ror #2";
            "eor ", $q, ", ", $a, ", ", $b;
            "and ", $p, ", ", $q;
            "eor ", $p, ", ", $b;
            "add ", $h, ", ", $p;
        )
    };
}

/// First the whole schedule, then the rounds, with `a` to `h` in `r4` to `r11`.
///
/// ```text
///   sp   64 words of the schedule   +256  state  blocks  constants  message
/// ```
///
/// # Safety
/// As above.
#[unsafe(naked)]
unsafe extern "C" fn sha256(
    state: &mut [u32; 8],
    data: *const [u8; 64],
    blocks: usize,
    constants: &[u64; 80],
) {
    naked_asm!(
        "push {{r4-r11, lr}}",
        "sub sp, #272",
        // The upper half of a constant.
        "add r3, #4",
        "strd r0, r2, [sp, #256]",
        "str r3, [sp, #264]",
        "30:",
        "mov r0, sp",
        message!("r0"),
        "str r1, [sp, #268]",
        "mov r0, sp",
        "add r12, sp, #196",
        "ldr r4, [r0], #4",
        "32:",
        "ldrd r5, r7, [r0], #8",
        "ldrd r8, r9, [r0, #24]",
        schedule256!("r4", "r5", "r8", "r10"),
        "mov r4, r7",
        schedule256!("r5", "r7", "r9", "r11"),
        "strd r10, r11, [r0, #52]",
        "cmp r0, r12",
        "bne 32b",
        "ldr r0, [sp, #256]",
        "ldr r2, [sp, #264]",
        "mov r1, sp",
        "ldm r0, {{r4-r11}}",
        "eor r3, r5, r6",
        "33:",
        round256!("r4", "r5", "r7", "r8", "r9", "r10", "r11", "r3", "r12"),
        round256!("r11", "r4", "r6", "r7", "r8", "r9", "r10", "r12", "r3"),
        round256!("r10", "r11", "r5", "r6", "r7", "r8", "r9", "r3", "r12"),
        round256!("r9", "r10", "r4", "r5", "r6", "r7", "r8", "r12", "r3"),
        round256!("r8", "r9", "r11", "r4", "r5", "r6", "r7", "r3", "r12"),
        round256!("r7", "r8", "r10", "r11", "r4", "r5", "r6", "r12", "r3"),
        round256!("r6", "r7", "r9", "r10", "r11", "r4", "r5", "r3", "r12"),
        round256!("r5", "r6", "r8", "r9", "r10", "r11", "r4", "r12", "r3"),
        "add r0, sp, #256",
        "cmp r1, r0",
        "bne 33b",
        "ldr lr, [sp, #256]",
        "ldm lr, {{r0-r3}}",
        "add r4, r0",
        "add r5, r1",
        "add r6, r2",
        "add r7, r3",
        "stm lr!, {{r4-r7}}",
        "ldm lr, {{r0-r3}}",
        "add r8, r0",
        "add r9, r1",
        "add r10, r2",
        "add r11, r3",
        "stm lr, {{r8-r11}}",
        "ldrd r2, r3, [sp, #260]",
        "ldr r1, [sp, #268]",
        "subs r2, #1",
        "str r2, [sp, #260]",
        "bne 30b",
        wipe!("256"),
        "add sp, #272",
        "pop {{r4-r11, pc}}",
    )
}

/// FIPS 180-4 §4.2.3: of the cube roots of the first eighty primes, the 64 bits behind the point.
#[rustfmt::skip]
static CONSTANTS: [u64; 80] = [
    0x428A_2F98_D728_AE22, 0x7137_4491_23EF_65CD, 0xB5C0_FBCF_EC4D_3B2F, 0xE9B5_DBA5_8189_DBBC,
    0x3956_C25B_F348_B538, 0x59F1_11F1_B605_D019, 0x923F_82A4_AF19_4F9B, 0xAB1C_5ED5_DA6D_8118,
    0xD807_AA98_A303_0242, 0x1283_5B01_4570_6FBE, 0x2431_85BE_4EE4_B28C, 0x550C_7DC3_D5FF_B4E2,
    0x72BE_5D74_F27B_896F, 0x80DE_B1FE_3B16_96B1, 0x9BDC_06A7_25C7_1235, 0xC19B_F174_CF69_2694,
    0xE49B_69C1_9EF1_4AD2, 0xEFBE_4786_384F_25E3, 0x0FC1_9DC6_8B8C_D5B5, 0x240C_A1CC_77AC_9C65,
    0x2DE9_2C6F_592B_0275, 0x4A74_84AA_6EA6_E483, 0x5CB0_A9DC_BD41_FBD4, 0x76F9_88DA_8311_53B5,
    0x983E_5152_EE66_DFAB, 0xA831_C66D_2DB4_3210, 0xB003_27C8_98FB_213F, 0xBF59_7FC7_BEEF_0EE4,
    0xC6E0_0BF3_3DA8_8FC2, 0xD5A7_9147_930A_A725, 0x06CA_6351_E003_826F, 0x1429_2967_0A0E_6E70,
    0x27B7_0A85_46D2_2FFC, 0x2E1B_2138_5C26_C926, 0x4D2C_6DFC_5AC4_2AED, 0x5338_0D13_9D95_B3DF,
    0x650A_7354_8BAF_63DE, 0x766A_0ABB_3C77_B2A8, 0x81C2_C92E_47ED_AEE6, 0x9272_2C85_1482_353B,
    0xA2BF_E8A1_4CF1_0364, 0xA81A_664B_BC42_3001, 0xC24B_8B70_D0F8_9791, 0xC76C_51A3_0654_BE30,
    0xD192_E819_D6EF_5218, 0xD699_0624_5565_A910, 0xF40E_3585_5771_202A, 0x106A_A070_32BB_D1B8,
    0x19A4_C116_B8D2_D0C8, 0x1E37_6C08_5141_AB53, 0x2748_774C_DF8E_EB99, 0x34B0_BCB5_E19B_48A8,
    0x391C_0CB3_C5C9_5A63, 0x4ED8_AA4A_E341_8ACB, 0x5B9C_CA4F_7763_E373, 0x682E_6FF3_D6B2_B8A3,
    0x748F_82EE_5DEF_B2FC, 0x78A5_636F_4317_2F60, 0x84C8_7814_A1F0_AB72, 0x8CC7_0208_1A64_39EC,
    0x90BE_FFFA_2363_1E28, 0xA450_6CEB_DE82_BDE9, 0xBEF9_A3F7_B2C6_7915, 0xC671_78F2_E372_532B,
    0xCA27_3ECE_EA26_619C, 0xD186_B8C7_21C0_C207, 0xEADA_7DD6_CDE0_EB1E, 0xF57D_4F7F_EE6E_D178,
    0x06F0_67AA_7217_6FBA, 0x0A63_7DC5_A2C8_98A6, 0x113F_9804_BEF9_0DAE, 0x1B71_0B35_131C_471B,
    0x28DB_77F5_2304_7D84, 0x32CA_AB7B_40C7_2493, 0x3C9E_BE0A_15C9_BEBC, 0x431D_67C4_9C10_0D4C,
    0x4CC5_D4BE_CB3E_42B6, 0x597F_299C_FC65_7E2A, 0x5FCB_6FAB_3AD6_FAEC, 0x6C44_198C_4A47_5817,
];
