//! The 64-bit divisions that the compiler calls, in a tenth of a kilobyte: `compiler_builtins` has them in eleven times as much, unrolled.
//!
//! This firmware divides times, most of which fit 32 bits. The linker takes these functions and then looks for no others.
//! `tests/bench/ours/src/bin/kernel.rs` tries them.
#![allow(unsafe_code, reason = "assembly")]

core::arch::global_asm!(include_str!("division.s"), options(raw));
