//! The firmware is reproducible: built twice, the same bytes.

use std::{fs, process::Command};

use super::report::Outcome;
use crate::{firmware, mcu::Route, process, progress::Progress, root, target};

/// On one path: on another one cargo gives crates of a path other hashes, and with them the linker another order.
pub(super) fn prove(progress: &Progress) -> Result<Outcome, String> {
    let first = fs::read(firmware::build(progress)?).map_err(|error| error.to_string())?;
    let elsewhere = target().join("elsewhere");
    let _ = fs::remove_dir_all(&elsewhere);
    let mut build = Command::new("cargo");
    build.current_dir(root()).env("CARGO_TARGET_DIR", &elsewhere).args(["xtask", "firmware"]);
    progress.during("building into another folder", || process::output(&mut build))?;
    let second =
        elsewhere.join("firmware").join(Route::choose(progress)?.target()).join("release/nucleo-f439zi");
    let second = fs::read(&second).map_err(|error| format!("{}: {error}", second.display()))?;
    let _ = fs::remove_dir_all(&elsewhere);
    if first == second {
        return Ok(Outcome::held(format!("{} bytes, the same in both", first.len())));
    }
    Err(format!("{} and {} bytes, not the same", first.len(), second.len()))
}
