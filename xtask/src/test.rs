//! `cargo xtask test`: everything that has to hold, on a machine that has nothing but Rust.

use std::{fs, process::Command};

use crate::{
    bench, board, demo, duties, examples, firmware,
    install::{
        self, CHROMEDRIVER, CHROMIUM, GNUTLS, GROFF, MBEDTLS, MOSQUITTO, MOSQUITTO_CLIENTS, OPENSSL, ZSH,
    },
    link,
    mcu::{self, Route},
    packages, process,
    progress::Progress,
    provenance, root, rules, secrets, target,
};

/// What `--help` prints.
pub const HELP: &str = "\
Checks everything that has to hold, and says at the end what did not.

Usage: cargo xtask test [--quick]

  --quick   leave out the steps that take long, and name them at the end: the builds for the microcontroller, the link proof, the emulated
            programs, the search for secrets in memory, the virtual board, the examples, the fuzz targets, the packages, the oldest Rust,
            the demo

Installs what is missing when run as root on Debian: mosquitto, openssl, gnutls-bin, libmbedtls-dev, chromium, valgrind, a Rust that
builds for thumbv7em, and qemu-system-arm. Otherwise it says in one line what to install.
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
    let needs = [MOSQUITTO, MOSQUITTO_CLIENTS, OPENSSL, GNUTLS, MBEDTLS, CHROMIUM, CHROMEDRIVER, ZSH, GROFF];
    install::install(&needs, &progress)?;

    progress.step("source rules", |_| rules::check());
    progress.step("origin of every vector", |_| provenance::check());
    progress.step("every duty has its test", |_| duties::check());
    progress.step("format", |_| cargo(&["fmt", "--all", "--check"]));
    progress.step("clippy", |_| cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]));
    for (name, run) in LONG {
        if quick {
            progress.leave_out(name);
        } else {
            progress.step(name, run);
        }
    }
    progress.step("documentation", |_| documentation());
    progress.step("tests", |_| cargo(&["test", "--workspace", "--no-fail-fast"]));
    progress.finish()
}

/// The steps that take long, which `--quick` leaves out.
#[expect(clippy::type_complexity, reason = "a table of names and functions")]
const LONG: [(&str, fn(&Progress) -> Result<(), String>); 12] = [
    ("build for the microcontroller", |progress| mcu::build(Route::choose(progress)?)),
    ("no panic can be reached", |progress| link::prove(Route::choose(progress)?, progress)),
    ("firmware for the NUCLEO-F439ZI", |progress| {
        firmware::lint(progress)?;
        let elf = firmware::build(progress)?;
        firmware::check(&elf, progress)
    }),
    ("programs on an emulated microcontroller", |progress| bench::prove(Route::choose(progress)?, progress)),
    ("no secret is left in memory", |progress| secrets::prove(Route::choose(progress)?, progress)),
    ("virtual board", board::test),
    ("examples", examples::test),
    ("fuzz targets and their corpora", fuzz),
    // The workspace builds `mqtts` with the features that its programs use.
    ("examples in the documents of every loop", |_| {
        cargo(&["test", "--quiet", "--doc", "-p", "mqtts", "--all-features"])
    }),
    (packages::STEP, packages::check),
    (packages::OLDEST, packages::oldest_rust),
    ("demo", |_| demo::run(&["--once"])),
];

fn cargo(arguments: &[&str]) -> Result<(), String> {
    process::run(Command::new("cargo").current_dir(root()).args(arguments))
}

fn documentation() -> Result<(), String> {
    let mut command = Command::new("cargo");
    command.current_dir(root()).args(["doc", "--workspace", "--no-deps", "--quiet"]);
    process::run(command.env("RUSTDOCFLAGS", "-D warnings"))
}

/// Builds the fuzz targets and runs each once over its corpus.
///
/// Without coverage: that wants cargo-fuzz, which takes minutes to install, and finds nothing in inputs that are known.
fn fuzz(progress: &Progress) -> Result<(), String> {
    let folder = root().join("tests/fuzz");
    let mut build = Command::new("cargo");
    process::run(build.current_dir(&folder).env("CARGO_TARGET_DIR", target()).args(["build", "--bins"]))?;
    let sources = folder.join("fuzz_targets");
    let sources = fs::read_dir(&sources).map_err(|error| format!("{}: {error}", sources.display()))?;
    for source in sources.flatten().map(|entry| entry.path()) {
        let name = source.file_stem().unwrap_or_default();
        let corpus = folder.join("corpus").join(name);
        if !corpus.is_dir() {
            return Err(format!("{} is missing: every target has a corpus", corpus.display()));
        }
        process::output(Command::new(target().join("debug").join(name)).arg(&corpus).arg("-runs=0"))?;
        progress.say(&format!("{}: corpus replayed", name.display()));
    }
    Ok(())
}
