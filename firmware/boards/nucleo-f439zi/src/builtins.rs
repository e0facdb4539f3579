//! What the compiler calls for copies, fills and 64-bit divisions, in 0.3 KB in place of 4.6 KB.
//!
//! `compiler_builtins` has all of it, unrolled for speed whatever the profile says. This firmware copies records and packets, where a
//! word in four instructions is fast enough, and divides times, most of which fit 32 bits. The linker takes these and then looks
//! for no others. `tests/board/hello` checks them against the compiler's own.

#![allow(unsafe_code, reason = "assembly")]

core::arch::global_asm!(include_str!("builtins.s"), options(raw));
