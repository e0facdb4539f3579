//! An MQTT 3.1.1 client over TLS 1.2 with the `TLS_RSA_WITH_AES` suites, or without TLS. No heap, no I/O, no clock: it runs on any
//! board, with any executor or none.
//!
//! A program depends on this crate alone. It joins the cores [`status`], [`accel`], [`x509`], [`tls12`] and [`mqtt`] in [`Client`].
//! [`Client`] does no I/O; the modules below do it for you:
//!
//! | for | module | feature |
//! |---|---|---|
//! | a blocking thread: FreeRTOS, Zephyr, lwIP's sockets, a PC | [`blocking`] | |
//! | the same over sockets of `embedded-io` 0.7, or of 0.6 | `embedded` | `embedded-io`, `embedded-io-06` |
//! | an executor: embassy or any other, over `embedded-io-async` 0.7 | `asynchronous` | `embedded-io-async` |
//! | the same on a board with `embassy-net` 0.9: its TCP, its time, the date by SNTP | `embassy` | `embassy-net` |
//! | a loop of your own that must never block, in the terms of `nb` 1.1 | `nonblocking` | `nb` |
//! | a PC or a gateway: `TcpStream`, the system's entropy and time, AES with the processor's instructions | `pc` | `std` |
//! | anything else | [`Client`] itself | |
//!
//! No byte is lost when you stop waiting: `blocking` returns after the time that you give it; the futures of `asynchronous` may be dropped
//! at any await, as `select` does; `nonblocking` leaves nothing half done between two calls.
//!
//! With the feature `log` or `defmt` the client writes lines at debug level: connections that begin and end, and every packet with its
//! name and length. They never show a topic, a payload, a name, a password or a key.
//!
//! Every failure is one [`status::Status`]: a code of Mbed TLS 2.28's number space, with the alert, the flags and the step that explain
//! it.
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
