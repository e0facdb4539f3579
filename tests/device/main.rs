//! A whole device as a process: set up through the requests of its menu, at a real Mosquitto, and with everything that happens to
//! a device: cables, power cuts, brokers that vanish, certificates that do not fit.
//!
//! The device is the host board. With `DEVICE_COMMAND` in the environment it is what that command starts, which has to print the same
//! lines and obey the same commands: `cargo xtask test` runs those of wrong certificates and broken
//! connections on the virtual board, too.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first thing that is not as it should be"
)]

mod codes;
mod connection;
mod messages;
mod network;
mod power;
mod world;
