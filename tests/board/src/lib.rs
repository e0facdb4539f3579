//! A virtual NUCLEO-F439ZI that runs the very ELF that would be flashed.
//!
//! The core and most of the part are rigless' STM32F427; what the STM32F439 has besides is modelled here from the reference
//! manual (RM0090 rev 22): Ethernet with the PHY of the board, a flash that keeps what is programmed, and, from the crate
//! `peripherals`, CRYP, HASH and RNG. Ready flags come late by a seeded sequence, so that a wait that is missing shows.
//!
//! ```text
//!   test ──► Board ──calls──► Runner ──► rigless' core ──► Stm32f439 ─┬─ Stm32f427: RCC PWR GPIO TIM IWDG NVIC ..
//!                               │                                     └─ Flash, Syscfg, EthernetMac, EthernetDma, Units
//!                               └──frames──► Network (the crate `gateway`: DHCP, DNS, SNTP, TCP to loopback)
//! ```
//!
//! # What repeats
//! A run is the ELF, the [`Options`], and what comes from outside. Where that comes in virtual time, a run repeats to the
//! instruction, and another seed makes another run: so do `hello` with its peer (a test says so) and [`network::Nobody`]. What a
//! test looks at changes nothing; a power cut comes at a counted operation of the flash.
//!
//! Behind the gateway are real programs, whose bytes come by the clock on the wall: the device does the same work, but wakes,
//! acknowledges and looks at its timers at other instants, and Mosquitto's random numbers are new each time. The instructions from a
//! ClientHello to the first MQTT packet therefore differ between runs of one seed: by 0.0 to 0.7 % for full handshakes, by 2 % for
//! a resumed one, in two runs. The product's firmware has no fixed figure there, and tests compare by order and bound only.
//!
//! Known of time: embassy's clock is one period of its timer (6.55 s) ahead of virtual time from the start on, as if a compare flag
//! stood then; it runs at the same rate.
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
