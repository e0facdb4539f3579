//! The program `mqtts` itself, run as a person runs it: its words, its exit status, and real brokers on loopback.
//!
//! Every server is started by its test on a free port and killed at its end. A program that is missing fails the test with the
//! line that says how to install it.
#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first thing that is wrong"
)]

mod failures;
mod guide;
mod inspect;
mod lint;
mod messages;
mod options;
mod publish;
mod reconnect;
mod shell;
mod sockets;
mod subscribe;
mod support;
mod trust;
