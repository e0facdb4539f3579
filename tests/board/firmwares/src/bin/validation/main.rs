//! Validation of the models of HASH, RNG and CRYP against something that is not ours: embassy-stm32's drivers, of which HASH's
//! and RNG's run on silicon in its own tests, with RustCrypto's answers computed in the same firmware.
//!
//! | unit | what is compared |
//! |---|---|
//! | HASH | MD5, SHA-1, SHA-224, SHA-256: every length to 140 bytes and some longer, in one update or two; four in turns |
//! | RNG | words by polling and bytes by interrupt: none is zero, none comes twice |
//! | CRYP | AES-CTR, and AES-GCM with keys of 16 and 32 bytes, whole and partial blocks, both directions |
//!
//! Left out, because embassy-stm32 0.6.0 does it otherwise than the manual says: AES-ECB (it selects DES), AES-CBC (it prepares
//! the key for encryption too) and AES-CCM (it waits for the first block to be taken before it enables the unit).
//!
//! The result is in RAM, in the eight words of the symbol `VALIDATION_REPORT`: [`STARTED`]'s number, then 1 while it runs, 2 at
//! the end or 3 after a panic, then the checks made, those that failed, and of the first that failed its unit, its algorithm
//! or mode, and its length.
#![no_std]
#![no_main]

mod cryp;
mod hash;
mod rng;

use core::{
    panic::PanicInfo,
    sync::atomic::{AtomicU32, Ordering::SeqCst},
};

use embassy_stm32::{bind_interrupts, peripherals};
use firmwares::clocks;

bind_interrupts!(struct Irqs {
    HASH_RNG => embassy_stm32::hash::InterruptHandler<peripherals::HASH>,
        embassy_stm32::rng::InterruptHandler<peripherals::RNG>;
    CRYP => embassy_stm32::cryp::InterruptHandler<peripherals::CRYP>;
});

/// What the first word of the report holds: `VALI`.
const STARTED: u32 = u32::from_be_bytes(*b"VALI");

/// The report, found by its symbol.
// SAFETY: no other symbol has this name.
#[unsafe(no_mangle)]
static VALIDATION_REPORT: [AtomicU32; 8] = [const { AtomicU32::new(0) }; 8];

/// Counts a check, and keeps the first that failed.
fn check(holds: bool, unit: u32, algorithm: u32, length: usize) {
    let [_, _, checks, failures, first @ ..] = &VALIDATION_REPORT;
    checks.fetch_add(1, SeqCst);
    if !holds && failures.fetch_add(1, SeqCst) == 0 {
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        for (word, value) in first.iter().zip([unit, algorithm, length]) {
            word.store(value, SeqCst);
        }
    }
}

/// Counting bytes that are not all alike.
fn message<const N: usize>() -> [u8; N] {
    core::array::from_fn(|at| at.wrapping_mul(167).wrapping_add(at >> 8).to_le_bytes()[0])
}

#[cortex_m_rt::entry]
fn main() -> ! {
    VALIDATION_REPORT[1].store(1, SeqCst);
    VALIDATION_REPORT[0].store(STARTED, SeqCst);
    let p = embassy_stm32::init(clocks());
    hash::validate(embassy_stm32::hash::Hash::new_blocking(p.HASH, Irqs));
    rng::validate(embassy_stm32::rng::Rng::new(p.RNG, Irqs));
    cryp::validate(&embassy_stm32::cryp::Cryp::new_blocking(p.CRYP, Irqs));
    VALIDATION_REPORT[1].store(2, SeqCst);
    loop {
        cortex_m::asm::wfi();
    }
}

#[panic_handler]
fn panic(_: &PanicInfo) -> ! {
    VALIDATION_REPORT[1].store(3, SeqCst);
    loop {
        cortex_m::asm::wfi();
    }
}
