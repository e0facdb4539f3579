//! What the project's commands and the tests against real servers share: processes that end with their owner, a public-key
//! infrastructure of throw-away keys, and a Mosquitto.
//!
//! Everything here starts programs and reads their words; nothing knows the cores. Deliberately absent: any crate, so that
//! the commands build in seconds.

pub mod bench;
pub mod board;
pub mod debian;
pub mod demo;
pub mod device;
pub mod duties;
pub mod examples;
pub mod firmware;
pub mod install;
pub mod link;
pub mod mcu;
pub mod mosquitto;
pub mod packages;
pub mod pki;
pub mod process;
pub mod progress;
pub mod proof;
pub mod provenance;
pub mod rules;
pub mod secrets;
pub mod test;

use std::path::{Path, PathBuf};

/// The repository's root folder.
pub fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// The folder that cargo builds into.
pub fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}
