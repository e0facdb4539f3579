//! An MQTT 3.1.1 client over TLS 1.2 with the `TLS_RSA_WITH_AES` suites, or over nothing: without a heap, I/O or a clock, on any
//! board and any executor or none.
//!
//! This one crate is all that a program depends on: the engines are [`status`], [`accel`], [`x509`], [`tls12`] and [`mqtt`], and
//! [`Client`] joins them. [`Client`] moves no byte by itself; the loops that do are beside it:
//!
//! | for | module | feature |
//! |---|---|---|
//! | a thread that waits: FreeRTOS, Zephyr, lwIP's sockets, a PC | [`blocking`] | |
//! | the same over sockets of `embedded-io` 0.7, or of 0.6 | `embedded` | `embedded-io`, `embedded-io-06` |
//! | an executor: embassy or any other, over `embedded-io-async` 0.7 | `asynchronous` | `embedded-io-async` |
//! | the same on a board with `embassy-net` 0.9: its TCP, its time, the date by SNTP | `embassy` | `embassy-net` |
//! | a loop of your own that never waits, in the words of `nb` 1.1 | `nonblocking` | `nb` |
//! | a PC or a gateway: `TcpStream`, the system's entropy and time, AES with the processor's instructions | `pc` | `std` |
//! | anything else | [`Client`] itself | |
//!
//! What may be left off, and when, without losing a byte: `blocking` comes back after the patience that it is given; `asynchronous` may be
//! dropped wherever it waits, as `select` does; `nonblocking` has nothing under way between two calls.
//!
//! With the feature `log` or `defmt` the client tells at the level of debugging of connections that begin and end and of each packet, by
//! its name and its length: never a topic, a payload, a name, a password or a key.
//!
//! Every failure is one [`status::Status`]: a code of Mbed TLS 2.28's space, with the alert, the flags and the step that explain it.
#![no_std]
#![forbid(unsafe_code)]
#![warn(clippy::must_use_candidate, clippy::return_self_not_must_use)]

#[cfg(feature = "std")]
extern crate std;

mod client;
mod link;
mod memory;
mod plain;
mod reconnect;
mod setup;
mod trace;

#[cfg(feature = "embedded-io-async")]
pub mod asynchronous;
pub mod blocking;
#[cfg(feature = "embassy-net")]
pub mod embassy;
#[cfg(any(feature = "embedded-io", feature = "embedded-io-06"))]
pub mod embedded;
#[cfg(feature = "nb")]
pub mod nonblocking;
#[cfg(feature = "std")]
pub mod pc;
pub mod sntp;

pub use accel;
pub use mqtt;
pub use status;
pub use tls12;
pub use x509;

pub use client::{Client, Security, Settings};
pub use memory::{Buffers, Memory, rx_for_key};
pub use reconnect::BackOff;
pub use setup::SetupError;
