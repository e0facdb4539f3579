//! The gateway with smoltcp as the device at the other end of its cable, and this process's own sockets as the PC.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop"
)]

mod device;
mod services;
mod tcp;
