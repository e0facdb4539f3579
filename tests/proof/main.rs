//! What `cargo xtask proof` runs with clients of ours in this process: real brokers, bad lines, a fleet.
//!
//! Each test takes minutes, or needs programs that no test machine has, and is ignored by `cargo test`: its part of
//! `cargo xtask proof` installs what it needs and asks for it by name. Each has a control: a fault that is planted, and must be found.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that goes wrong panics"
)]

mod brokers;
mod client;
mod fleet;
mod messages;
mod proxy;

use std::{fs, path::PathBuf, process, sync::LazyLock};

use xtask::pki::Pki;

static PKI: LazyLock<Pki> = LazyLock::new(|| Pki::create(&folder("pki")).unwrap());

/// The keys and certificates of this run.
fn pki() -> &'static Pki {
    &PKI
}

/// A folder of this run's own.
fn folder(name: &str) -> PathBuf {
    let folder =
        PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("proof-{}", process::id())).join(name);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Writes a document where the variable says, if it says so.
fn write_table(variable: &str, text: &str) {
    println!("{text}");
    if let Some(path) = std::env::var_os(variable) {
        fs::write(PathBuf::from(path), text).unwrap();
    }
}
