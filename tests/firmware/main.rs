//! The device of the application note, part by part; the files mirror those of `firmware/src`.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first thing that is not as it should be"
)]

mod certificates;
mod clock;
mod connection;
mod flash;
mod rig;
mod settings;
mod storage;
