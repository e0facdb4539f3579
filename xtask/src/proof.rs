//! `cargo xtask proof`: what takes too long for `cargo xtask test`, part by part.

use std::{
    fs,
    process::Command,
    time::{SystemTime, UNIX_EPOCH},
};

use crate::{
    examples, firmware,
    install::{self, ERLANG, GNUTLS, GO, JAVA, MBEDTLS, NODE, OPENSSL, PIP},
    mcu::Route,
    process,
    progress::Progress,
    root, target,
};

/// What `--help` prints.
pub const HELP: &str = "\
Proves what takes too long for every day, and says of each part how long it took and what it counted.

Usage: cargo xtask proof [PART]...

  interop    every suite at servers of seven other families; writes docs/interop.md
  oracle     hundreds of thousands of damaged certificates, keys, texts and chains beside the real Mbed TLS, from a new seed
  fuzz       every fuzz target for ten minutes with coverage, from a copy of its corpus
  same       the firmware built into two folders: the same bytes
  examples   what `cargo xtask test` does with the examples, alone

Without a PART: all of them.
";

/// A part's name and what it does.
type Part = (&'static str, fn(&Progress) -> Result<(), String>);

/// All parts, in their order.
const PARTS: [Part; 5] =
    [("interop", interop), ("oracle", oracle), ("fuzz", fuzz), ("same", same), ("examples", examples::test)];

/// Runs the parts that are named, or all.
///
/// # Errors
/// A part that there is not; the names of those that failed.
pub fn run(arguments: &[&str]) -> Result<(), String> {
    if let Some(unknown) = arguments.iter().find(|name| !PARTS.iter().any(|(part, _)| part == *name)) {
        return Err(format!("cargo xtask proof: no part {unknown}; --help lists them"));
    }
    let mut progress = Progress::default();
    for (name, prove) in PARTS.iter().filter(|(name, _)| arguments.is_empty() || arguments.contains(name)) {
        progress.step(name, prove);
    }
    progress.finish()
}

/// A machine without one of the peers is no failure: the table's row says that it was not run.
fn interop(progress: &Progress) -> Result<(), String> {
    for need in [OPENSSL, NODE, GNUTLS, MBEDTLS, PIP, JAVA, GO, ERLANG] {
        if let Err(text) = install::install(&[need], progress) {
            progress.say(&text);
        }
    }
    let tlslite = || process::output(Command::new("python3").args(["-c", "import tlslite"]));
    if tlslite().is_err() {
        let installed = progress.during("installing tlslite-ng", || {
            process::output(Command::new("python3").args(["-m", "pip", "install", "--user", "tlslite-ng"]))
        });
        if let Err(text) = installed {
            progress.say(&text);
        }
    }
    let mut test = Command::new("cargo");
    test.current_dir(root()).env("INTEROP_TABLE", root().join("docs/interop.md"));
    test.args(["test", "--package", "tests", "--test", "peers", "--", "--ignored", "--nocapture"]);
    process::run(test.arg("every_suite_at_every_family"))
}

/// How many mutations of each file, so that a run has more than half a million of them.
const MUTATIONS: &str = "2000";

fn oracle(progress: &Progress) -> Result<(), String> {
    install::install(&[MBEDTLS, OPENSSL], progress)?;
    let seed = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()).to_string();
    progress.say(&format!("X509_SEED={seed} X509_MUTATIONS={MUTATIONS} TLS12_SEED={seed}"));
    let mut test = Command::new("cargo");
    test.current_dir(root()).envs([("X509_SEED", &seed), ("TLS12_SEED", &seed)]);
    test.env("X509_MUTATIONS", MUTATIONS);
    test.args(["test", "--release", "--package", "tests", "--test", "x509", "--test", "tls12", "--"]);
    process::run(test.args([
        "--nocapture",
        "differential",
        "mutated",
        "stream",
        "strange",
        "recognize",
        "trust",
    ]))
}

/// How long each target is run.
const SECONDS: &str = "-max_total_time=600";

fn fuzz(progress: &Progress) -> Result<(), String> {
    if process::find("cargo-fuzz").is_none() {
        progress.during("installing cargo-fuzz", || {
            process::output(Command::new("cargo").args(["install", "--locked", "cargo-fuzz"]))
        })?;
    }
    let folder = root().join("tests/fuzz");
    let targets = folder.join("fuzz_targets");
    let targets = fs::read_dir(&targets).map_err(|error| format!("{}: {error}", targets.display()))?;
    for source in targets.flatten().map(|entry| entry.path()) {
        let name = source.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        // What is found goes to the first folder; the corpus is only read.
        let found = target().join("fuzz-found").join(&name);
        process::fresh_folder(&found)?;
        let mut run = Command::new("cargo");
        run.current_dir(root()).args([
            "fuzz",
            "run",
            "--fuzz-dir",
            "tests/fuzz",
            "--sanitizer",
            "none",
            &name,
        ]);
        run.arg(&found).arg(folder.join("corpus").join(&name)).args(["--", SECONDS]);
        progress.during(&name, || process::output(&mut run))?;
        let inputs = fs::read_dir(&found).map_or(0, Iterator::count);
        progress.say(&format!("{name}: no fault in ten minutes; {inputs} inputs with new coverage"));
    }
    Ok(())
}

/// On one path: on another one cargo gives crates of a path other hashes, and with them the linker another order.
fn same(progress: &Progress) -> Result<(), String> {
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
        progress.say(&format!("{} bytes, the same in both", first.len()));
        return Ok(());
    }
    Err(format!("{} and {} bytes, not the same", first.len(), second.len()))
}
