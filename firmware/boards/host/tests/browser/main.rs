//! The menu in a real browser: Debian's chromium, driven by WebDriver, against the device as a process on this PC.
//!
//! Writes a picture of every page to the target folder; with `MENU_PICTURES=1`, or where one is missing, to `docs/images`, too. What
//! requests are answered with, and what a browser never sends, is tested in `tests/http.rs`; how the pages escape what they show in
//! the tests of the crate `firmware`. With `DEVICE_COMMAND` in the environment the device is what that command starts: on the virtual
//! board runs the first set-up, by the same words.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may stop"
)]

mod browser;
mod first_set_up;
mod pages;
mod without_script;

use std::{fs, path::PathBuf, time::Duration};

use xtask::{
    device::under_test,
    process::{self, Server},
};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(180);
const PASSWORD: &str = "correct horse";

/// The device as a process.
struct Device {
    server: Server,
    url: String,
}

impl Device {
    /// Starts a device as it is delivered.
    fn start(name: &str) -> Self {
        let server = Server::start(&under_test(&folder(name)), "lease ", PATIENCE).unwrap();
        let log = server.log();
        let url =
            log.lines().find_map(|line| line.strip_prefix("http ")).unwrap().trim_end_matches('/').to_owned();
        Self { server, url }
    }
}

/// An empty folder for a test.
fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("browser").join(name);
    process::fresh_folder(&folder).unwrap();
    folder
}

/// A file with this content, to be uploaded.
fn file(folder: &std::path::Path, name: &str, content: &[u8]) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, content).unwrap();
    path
}
