//! The proof that a connection keeps no secret that it does not need, and none when it is dropped.
//!
//! `tests/secrets` plays recorded handshakes and looks through the memory of the connection. What a compiler leaves behind where a value
//! was moved depends on the machine and on its level, so the program runs on the PC and on the emulated microcontroller at every level
//! that a firmware is shipped with.

use std::{path::PathBuf, process::Command};

use crate::{
    bench, install,
    mcu::{self, LEVELS, Route},
    process,
    progress::Progress,
    root, target,
};

/// Records the handshakes and plays them everywhere.
///
/// # Errors
/// What could not be built, and what was found where.
pub fn prove(route: Route, progress: &Progress) -> Result<(), String> {
    install::install(&[bench::QEMU], progress)?;
    let folder = root().join("tests/secrets");
    let cases = record(progress)?;
    let built = target().join("secrets");
    for level in LEVELS {
        let mut build = Command::new("cargo");
        build.args(["build", "--quiet", "--release"]).current_dir(&folder).env("CARGO_TARGET_DIR", &built);
        build.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", level).env("SECRETS_CASES", &cases);
        process::output(&mut build)?;
        let printed = process::output(&mut Command::new(built.join("release/secrets")))?;
        check(&printed, &format!("PC, opt-level {level}"), progress)?;

        let mut build = route.build_at(level);
        process::output(build.current_dir(&folder).arg("--quiet").env("SECRETS_CASES", &cases))?;
        let program = mcu::folder().join(route.target()).join("release/secrets");
        check(&bench::emulate(&program)?, &format!("microcontroller, opt-level {level}"), progress)?;
    }
    Ok(())
}

/// Records every handshake with its secrets.
fn record(progress: &Progress) -> Result<PathBuf, String> {
    progress.say("recording handshakes and their secrets");
    let file = target().join("secret-cases");
    let mut record = Command::new("cargo");
    record.current_dir(root()).args(["run", "--quiet", "-p", "tests", "--bin", "record_secrets"]).arg(&file);
    process::run(&mut record)?;
    Ok(file)
}

fn check(printed: &str, place: &str, progress: &Progress) -> Result<(), String> {
    if printed.lines().next_back() != Some("secrets\tok") {
        return Err(format!("{place}:\n{printed}"));
    }
    progress.say(&format!("{place}: {}", printed.lines().next().unwrap_or_default()));
    Ok(())
}
