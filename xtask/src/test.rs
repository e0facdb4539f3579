//! `cargo xtask test`: everything that has to hold, on a machine that has nothing but Rust.

use std::{path::PathBuf, process::Command};

use crate::{
    bench, board, firmware,
    install::{self, CHROMEDRIVER, CHROMIUM, GNUTLS, MBEDTLS, MOSQUITTO, OPENSSL},
    link,
    mcu::{self, Route},
    process,
    progress::Progress,
    provenance, root, rules, target,
};

/// What `--help` prints.
pub const HELP: &str = "\
Checks everything that has to hold, and says at the end what did not.

Usage: cargo xtask test [--quick]

  --quick   leave out what takes long: the fuzz targets, the MCU build, the link proof, the second run of accel's tests

Installs what is missing when run as root on Debian: mosquitto, openssl, gnutls-bin, libmbedtls-dev, chromium, a Rust that builds for
thumbv7em, qemu-system-arm, and cargo-fuzz (into the target folder). Otherwise it says in one line what to install.
";

/// Runs the command.
///
/// # Errors
/// The names of the steps that failed, or what to install.
pub fn run(arguments: &[&str]) -> Result<(), String> {
    let quick = match arguments {
        [] => false,
        ["--quick"] => true,
        _ => {
            return Err(format!(
                "cargo xtask test: unknown arguments {}; --help lists them",
                arguments.join(" ")
            ));
        }
    };
    let mut progress = Progress::default();
    install::install(&[MOSQUITTO, OPENSSL, GNUTLS, MBEDTLS, CHROMIUM, CHROMEDRIVER], &progress)?;

    progress.step("source rules", |_| rules::check());
    progress.step("origin of every vector", |_| provenance::check());
    progress.step("format", |_| cargo(&["fmt", "--all", "--check"]));
    progress.step("clippy", |_| cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]));
    if !quick {
        progress.step("build for the microcontroller", |progress| mcu::build(Route::choose(progress)?));
        progress.step("no panic can be reached", |progress| link::prove(Route::choose(progress)?, progress));
        progress.step("firmware for the NUCLEO-F439ZI", |progress| {
            firmware::lint(progress)?;
            let elf = firmware::build(progress)?;
            firmware::check(&elf, progress)
        });
        progress.step("assembly on an emulated microcontroller", |progress| {
            bench::prove(Route::choose(progress)?, progress)
        });
        progress.step("virtual board", board::test);
        progress.step("fuzz targets and their corpora", fuzz);
    }
    progress.step("documentation", |_| documentation());
    progress.step("tests", |_| cargo(&["test", "--workspace", "--no-fail-fast"]));
    if !quick {
        progress.step("the microcontroller's cryptography, on this machine", |_| portable());
    }
    progress.finish()
}

fn cargo(arguments: &[&str]) -> Result<(), String> {
    process::run(Command::new("cargo").current_dir(root()).args(arguments))
}

/// Runs the tests of `accel` again with the code that a microcontroller runs: here the crates would take this processor's own
/// instructions for AES and SHA, and 64-bit words.
fn portable() -> Result<(), String> {
    const CFGS: [&str; 6] = [
        "aes_backend=\"soft\"",
        "polyval_backend=\"soft\"",
        "chacha20_backend=\"soft\"",
        "sha1_backend=\"soft\"",
        "sha2_backend=\"soft\"",
        "cpubits=\"32\"",
    ];
    let mut command = Command::new("cargo");
    command.current_dir(root()).env("CARGO_TARGET_DIR", target().join("portable"));
    command.env("RUSTFLAGS", CFGS.map(|cfg| format!("--cfg {cfg}")).join(" "));
    process::run(command.args(["test", "-p", "tests", "--test", "accel"]))
}

fn documentation() -> Result<(), String> {
    let mut command = Command::new("cargo");
    command.current_dir(root()).args(["doc", "--workspace", "--no-deps", "--quiet"]);
    process::run(command.env("RUSTDOCFLAGS", "-D warnings"))
}

/// Builds the fuzz targets and runs each once over its corpus.
///
/// Without a sanitizer, which needs an unstable compiler and finds nothing that safe code can do wrong.
fn fuzz(progress: &Progress) -> Result<(), String> {
    let program = cargo_fuzz(progress)?;
    let folder = root().join("tests/fuzz");
    let fuzz = |arguments: &[&str]| {
        let mut command = Command::new(&program);
        command.current_dir(root()).env("CARGO_TARGET_DIR", target().join("fuzz"));
        command.arg("fuzz").args(arguments).arg("--fuzz-dir").arg(&folder);
        command
    };
    process::run(&mut fuzz(&["build", "--sanitizer", "none"]))?;
    for name in process::output(&mut fuzz(&["list"]))?.lines() {
        let corpus = folder.join("corpus").join(name);
        if !corpus.is_dir() {
            return Err(format!("{} is missing: every target has a corpus", corpus.display()));
        }
        let mut command = fuzz(&["run", "--sanitizer", "none"]);
        command.arg(name).arg(&corpus).args(["--", "-runs=0"]);
        process::output(&mut command)?;
        progress.say(&format!("{name}: corpus replayed"));
    }
    Ok(())
}

/// Where cargo-fuzz is, built if need be.
fn cargo_fuzz(progress: &Progress) -> Result<PathBuf, String> {
    if let Some(program) = process::find("cargo-fuzz") {
        return Ok(program);
    }
    let tools = target().join("tools");
    let program = tools.join("bin/cargo-fuzz");
    if !program.is_file() {
        progress.say("installing cargo-fuzz");
        process::run(
            Command::new("cargo")
                .args(["install", "--quiet", "--locked", "cargo-fuzz", "--root"])
                .arg(&tools),
        )?;
    }
    Ok(program)
}
