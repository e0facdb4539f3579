//! The virtual board (`tests/board`): firmwares built for it, and its tests.
//!
//! The emulator declares a newer Rust than the project, and builds with the one at hand all the same, so cargo is told to
//! ignore what it declares. It has a workspace and a target folder of its own; nothing of it reaches a product crate.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    device, firmware,
    mcu::{self, Route},
    process,
    progress::Progress,
    root, target,
};

/// The firmwares of `tests/board/firmwares`, each with the variable that tells the tests where it is.
const FIRMWARES: [(&str, &str); 2] = [("hello", "HELLO_ELF"), ("validation", "VALIDATION_ELF")];

/// What runs on this board of the tests that have a device as a process: wrong certificates, broken connections, backup SRAM over a
/// reset, a menu that answers meanwhile, and the first set-up in a browser. The others of these tests are the same on every board,
/// or have a stricter one in `tests/board/tests`.
const DEVICE_TESTS: [&str; 6] = [
    "codes::",
    "connection::a_connection_that_is_cut",
    "connection::a_broker_that_was_restarted",
    "connection::a_reset_keeps_the_session",
    "connection::the_menu_answers",
    "first_set_up::",
];

/// Builds the firmwares and the board, and runs the board's tests and those of a device.
///
/// # Errors
/// When something does not build, or a test fails.
pub fn test(progress: &Progress) -> Result<(), String> {
    let route = Route::choose(progress)?;
    // Not quiet: what it compiles and which test runs are what a person sees meanwhile.
    let mut tests = cargo("test");
    let elf = firmware::build(progress)?;
    tests.arg("--no-fail-fast").env("FIRMWARE_ELF", &elf);
    progress.say("building the firmwares that try the board's models");
    process::run(route.build("release").current_dir(root().join("tests/board/firmwares")).arg("--locked"))?;
    let folder = mcu::folder().join(route.target()).join("release");
    tests.envs(FIRMWARES.map(|(name, variable)| (variable, folder.join(name))));
    progress.say(
        "building the virtual board and running its tests (minutes the first time: the emulator is big)",
    );
    let board = process::run(&mut tests);
    progress.say("the tests of a device, and the first set-up in a browser, on the virtual board");
    board.and(device_tests(&elf))
}

/// Runs the tests of a device as a process with this board in the host board's place.
fn device_tests(elf: &Path) -> Result<(), String> {
    let line = format!("{} {}", program()?.display(), elf.display());
    let run = |last: &[&str]| {
        let mut command = Command::new("cargo");
        // As the workspace's tests are built later: nothing is built twice.
        command.current_dir(root()).args(["test", "--workspace", "--no-fail-fast"]);
        command.args(["--test", "browser", "--test", "device", "--"]).args(DEVICE_TESTS).args(last);
        command.env(device::COMMAND, &line).env_remove("MENU_PICTURES");
        command
    };
    let names = process::output(&mut run(&["--list"]))?;
    match DEVICE_TESTS.iter().find(|wanted| !names.lines().any(|name| name.starts_with(**wanted))) {
        Some(wanted) => Err(format!("no test is called {wanted}")),
        None => process::run(&mut run(&[])),
    }
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
    command.args([verb, "--locked", "--ignore-rust-version"]);
    command
}

fn folder() -> PathBuf {
    target().join("board")
}
