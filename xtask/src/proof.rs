//! `cargo xtask proof`: what takes too long for `cargo xtask test`, part by part.
//!
//! A part is called proved only with a control: a fault that is planted, and that the part must find. Each run of a part writes its row
//! of `docs/proof.md`: what it counted, its control, and how long it took.

mod bogo;
mod brokers;
mod fleet;
mod fuzz;
mod interop;
mod mqtt;
mod oracle;
mod report;
mod same;
mod supply;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

pub use report::{Control, Outcome, Proved};

use crate::{examples, process, progress::Progress};

/// What `--help` prints before the parts.
const ABOUT: &str = "\
Proves what takes too long for every day, and says of each part how long it took and what it counted.

Usage: cargo xtask proof [PART]...

";

/// Something that is proved.
struct Part {
    name: &'static str,
    /// What it does, in a line.
    about: &'static str,
    prove: fn(&Progress) -> Result<Outcome, String>,
}

/// All parts, in their order.
const PARTS: &[Part] = &[
    Part {
        name: "interop",
        about: "every suite at servers of other families; writes docs/interop.md",
        prove: interop::prove,
    },
    Part {
        name: "brokers",
        about: "seventeen checks at MQTT brokers of five families; writes docs/brokers.md",
        prove: brokers::prove,
    },
    Part {
        name: "mqtt",
        about: "a hundred thousand messages at each quality of service over lines that are cut, silent, slow and stuffed",
        prove: mqtt::prove,
    },
    Part {
        name: "fleet",
        about: "a thousand clients that lose their connections at once, and then their broker; writes docs/fleet.md",
        prove: fleet::prove,
    },
    Part {
        name: "oracle",
        about: "hundreds of thousands of damaged certificates, keys, texts and chains beside the real Mbed TLS, from a new seed",
        prove: oracle::prove,
    },
    Part {
        name: "bogo",
        about: "BoringSSL's test runner at a client on tls12; writes docs/bogo.md",
        prove: bogo::prove,
    },
    Part {
        name: "fuzz",
        about: "every fuzz target for ten minutes with coverage, from a copy of its corpus",
        prove: fuzz::prove,
    },
    Part { name: "same", about: "the firmware built into two folders: the same bytes", prove: same::prove },
    Part {
        name: "supply",
        about: "licences, crates in two versions, each library with each feature alone and all together (pairs take too long), oldest direct versions, advisories; the list of what is linked is target/sbom.cdx.json",
        prove: supply::prove,
    },
    Part {
        name: "examples",
        about: "every example built for its target and measured, and those run that can run here",
        prove: examples,
    },
];

/// What `--help` prints.
pub fn help() -> String {
    let lines: Vec<String> =
        PARTS.iter().map(|part| format!("  {:<10} {}\n", part.name, part.about)).collect();
    format!("{ABOUT}{}\nWithout a PART: all of them.\n", lines.concat())
}

/// Runs the parts that are named, or all.
///
/// # Errors
/// A part that there is not; the names of those that failed.
pub fn run(arguments: &[&str]) -> Result<(), String> {
    if let Some(unknown) = arguments.iter().find(|name| !PARTS.iter().any(|part| part.name == **name)) {
        return Err(format!("cargo xtask proof: no part {unknown}; --help lists them"));
    }
    let progress = Progress::default();
    let mut failed = Vec::new();
    for part in PARTS.iter().filter(|part| arguments.is_empty() || arguments.contains(&part.name)) {
        progress.say(&format!("{} ...", part.name));
        let begun = Instant::now();
        match (part.prove)(&progress) {
            Ok(outcome) => {
                let took = begun.elapsed();
                progress.say(&format!("{}: {} in {} s", part.name, outcome.text(), took.as_secs()));
                report::write(part.name, part.about, &outcome, took)?;
            }
            Err(text) => {
                progress.say(&format!("{}: FAILED after {} s: {text}", part.name, begun.elapsed().as_secs()));
                failed.push(part.name);
            }
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join(", "))) }
}

fn examples(progress: &Progress) -> Result<Outcome, String> {
    examples::prove(progress).map(Outcome::held)
}

/// Unpacks crates that are written as lines of dependencies, with what they need; the folder of all their sources.
fn vendored(place: &Path, dependencies: &[&str]) -> Result<PathBuf, String> {
    fs::create_dir_all(place.join("src")).map_err(|error| format!("{}: {error}", place.display()))?;
    let manifest = format!(
        "[package]\nname = \"unpacked\"\nversion = \"0.0.0\"\nedition = \"2021\"\n\n[dependencies]\n{}\n\n[workspace]\n",
        dependencies.join("\n")
    );
    for (file, text) in [("Cargo.toml", &*manifest), ("src/lib.rs", "")] {
        fs::write(place.join(file), text).map_err(|error| format!("{file}: {error}"))?;
    }
    process::output(Command::new("cargo").current_dir(place).args(["vendor", "--quiet", "vendor"]))?;
    Ok(place.join("vendor"))
}
