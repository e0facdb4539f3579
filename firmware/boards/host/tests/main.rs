//! The board itself: its flash, its resets, its commands. What the firmware does on it is tested in `tests/firmware`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may stop"
)]

mod flash;
mod http;
mod options;
mod password;
mod process;

use std::path::PathBuf;

/// An empty folder for a test.
fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    xtask::process::fresh_folder(&folder).unwrap();
    folder
}
