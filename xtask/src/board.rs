//! The virtual board (`tests/board`): firmwares built for it, and its tests.
//!
//! The emulator declares a newer Rust than the project, and builds with the one at hand all the same, so cargo is told to
//! ignore what it declares. It has a workspace and a target folder of its own; nothing of it reaches a product crate.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    firmware,
    mcu::{self, Route},
    process,
    progress::Progress,
    root, target,
};

/// A firmware for the virtual board: its folder in `tests/board`, its name, and the variable that tells the tests where it is.
struct Firmware {
    folder: &'static str,
    name: &'static str,
    variable: &'static str,
}

const FIRMWARES: [Firmware; 2] = [
    Firmware { folder: "tests/board/hello", name: "hello", variable: "HELLO_ELF" },
    Firmware { folder: "tests/board/validation", name: "validation", variable: "VALIDATION_ELF" },
];

/// Builds the firmwares and the board, and runs the board's tests.
///
/// # Errors
/// When something does not build, or a test fails.
pub fn test(progress: &Progress) -> Result<(), String> {
    let route = Route::choose(progress)?;
    // Not quiet: what it compiles and which test runs are what a person sees meanwhile.
    let mut tests = cargo("test");
    tests.arg("--no-fail-fast").env("FIRMWARE_ELF", firmware::build(progress)?);
    for firmware in FIRMWARES {
        progress.say(&format!("building the firmware {}", firmware.name));
        tests.env(firmware.variable, build(route, &firmware)?);
    }
    progress.say(
        "building the virtual board and running its tests (minutes the first time: the emulator is big)",
    );
    process::run(&mut tests)
}

/// Builds the program `virtual-board`, and says where it is.
///
/// # Errors
/// When it does not build.
pub fn program() -> Result<PathBuf, String> {
    process::run(cargo("build").args(["--quiet", "--bin", "virtual-board"]))?;
    Ok(folder().join("debug/virtual-board"))
}

/// A cargo command in the board's workspace.
fn cargo(verb: &str) -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(root().join("tests/board")).env("CARGO_TARGET_DIR", folder());
    command.args([verb, "--ignore-rust-version"]);
    command
}

fn folder() -> PathBuf {
    target().join("board")
}

fn build(route: Route, firmware: &Firmware) -> Result<PathBuf, String> {
    let mut command = route.build("release", &[]);
    command.current_dir(root().join(firmware.folder)).arg("--quiet");
    process::run(&mut command)?;
    Ok(elf(route, firmware.name))
}

/// Where a firmware is after it was built.
fn elf(route: Route, name: &str) -> PathBuf {
    let built: &Path = &mcu::folder().join(route.target()).join("release");
    built.join(name)
}
