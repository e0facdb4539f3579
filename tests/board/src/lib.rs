//! A virtual NUCLEO-F439ZI that runs the very ELF that would be flashed.
//!
//! The core and most of the part are rigless' STM32F427; what the STM32F439 has besides is modelled here from the reference
//! manual (RM0090 rev 22): Ethernet with the PHY of the board, a flash that keeps what is programmed, and, from the crate
//! `peripherals`, CRYP, HASH and RNG. Ready flags come late by a seeded sequence, so that a wait that is missing shows, and
//! runs with one seed and no network are the same to the instruction.
//!
//! ```text
//!   test ──► Board ──calls──► Runner ──► rigless' core ──► Stm32f439 ─┬─ Stm32f427: RCC PWR GPIO TIM IWDG NVIC ..
//!                               │                                     └─ Flash, Syscfg, EthernetMac, EthernetDma, Units
//!                               └──frames──► Network (the crate `gateway`: DHCP, DNS, SNTP, TCP to loopback)
//! ```
//!
//! It proves nothing about silicon: our models and our drivers share one reading of the manual, which drivers that are not
//! ours check (`hello`, `validation`). Each model's head has a table of what it covers and what it leaves out.

pub mod board;
pub mod description;
pub mod marks;
pub mod models;
pub mod network;
pub mod nucleo;
pub mod part;
pub mod rtt;
pub mod runner;
pub mod units;

pub use board::{Board, Options};
pub use peripherals::Fault;
