//! The firmware on a NUCLEO-F439ZI: an STM32F439ZI with an LAN8742A Ethernet transceiver.
//!
//! The device is the crate `firmware`; here is what it asks of a board: clocks, pins, flash ranges, watchdog, network driver
//! and cryptography. One task runs the device, one the network, one logs. `README.md` beside this folder has the wiring and
//! the memory map. Deliberately absent: a heap, and unsafe code outside of `memory.rs`.
#![no_std]
#![no_main]
#![deny(unsafe_code)]

mod clocks;
mod faults;
mod flash;
mod identity;
mod logs;
mod memory;
mod network;
mod pins;
mod system;

use accel::{Rng, stm32f4::Stm32f4};
use defmt_rtt as _;
use embassy_executor::Spawner;
use embassy_stm32::{bind_interrupts, eth, flash as flash_driver};
use firmware::{
    Memory,
    board::{Board, Facts, Parts},
};
use static_cell::ConstStaticCell;

bind_interrupts!(
    /// The interrupts that have a handler; HASH and RNG, which share one, are polled.
    pub(crate) struct Interrupts {
        ETH => eth::InterruptHandler;
        FLASH => flash_driver::InterruptHandler;
    }
);

/// This board.
struct Nucleo;

impl Board for Nucleo {
    type Accel = Stm32f4<memory::CrypRegisters, memory::HashRegisters, memory::RngRegisters>;
    type SettingsFlash = flash::FlashRange;
    type CertificateFlash = flash::FlashRange;
    type Pins = pins::NucleoPins;
    type Backup = memory::BackupSram;
    type System = system::NucleoSystem;
}

static MEMORY: ConstStaticCell<Memory> = ConstStaticCell::new(Memory::new());

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    let p = embassy_stm32::init(clocks::config());
    let (reset, fault) = faults::cause();
    let system = system::NucleoSystem::start(p.IWDG);
    let (cryp, hash, rng) = memory::units();
    let mut accel = Stm32f4::start(cryp, hash, rng);
    let facts = Facts {
        name: "NUCLEO-F439ZI",
        mac_address: identity::mac_address(),
        firmware: identity::firmware(),
        reset,
        failed_units: [accel.failures().code(), None, None, None],
    };
    logs::boot(&facts, fault);

    let mut seed = [0; 8];
    if accel.fill(&mut seed).is_err() {
        // Without random numbers there is no TLS; the menu still runs and says why.
        seed = identity::number().to_le_bytes();
    }
    let parts = network::EthernetParts {
        eth: p.ETH,
        sma: p.ETH_SMA,
        reference_clock: p.PA1,
        mdio: p.PA2,
        mdc: p.PC1,
        carrier_sense: p.PA7,
        receive: (p.PC4, p.PC5),
        transmit: (p.PG13, p.PB13),
        transmit_enable: p.PG11,
    };
    let (stack, runner) = network::start(parts, facts.mac_address, u64::from_le_bytes(seed));
    let (settings_flash, certificate_flash) = flash::start(p.FLASH, p.PA12);
    let mut pins = pins::NucleoPins::start((p.PC13, p.PF15, p.PE13, p.PF14), (p.PB0, p.PB7, p.PB14, p.PF13));
    // Whoever has lost the password (README).
    let is_to_forget = pins.is_button_held().await;
    // Each is started once, for which there is room.
    if let (Ok(network), Ok(logs)) = (network::run(runner), logs::run(stack)) {
        spawner.spawn(network);
        spawner.spawn(logs);
    }
    let parts = Parts::<Nucleo> {
        accel,
        settings_flash,
        certificate_flash,
        pins,
        backup: memory::BackupSram::start(),
        system,
        facts,
        is_to_forget,
    };
    firmware::run(parts, stack, MEMORY.take()).await
}
