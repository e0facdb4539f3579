//! The supply chain: licences, crates in two versions, a list of everything that is linked (CycloneDX), each library with each of its
//! features, the oldest versions that our manifests allow, and what is known against a crate.
//!
//! What is linked is what the libraries, the command, the device and the board's program are made of; tests are not.

use std::{collections::BTreeSet, fmt::Write as _, fs, path::Path, process::Command};

use super::report::{Control, Outcome};
use crate::{
    mcu::Route,
    packages::{LIBRARIES, features},
    process::{self, output},
    progress::Progress,
    root, target,
};

/// Licences that ask for nothing but their text.
const LICENCES: &[&str] = &[
    "MIT",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-3-Clause",
    "0BSD",
    "Zlib",
    "Unicode-3.0",
    "Unlicense",
];

/// Crates that are linked in more than one version, and why.
const TWICE: &[(&str, &str)] = &[
    ("bitflags", "`defmt` uses 1, everybody else 2: macros of the compiler's time"),
    ("embassy-hal-internal", "embassy-stm32 and embassy-embedded-hal were released at different times"),
    ("embedded-hal", "embassy's drivers implement both for their users"),
    ("embedded-io", "sockets of either version are taken: the features `embedded-io` and `embedded-io-06`"),
    ("embedded-io-async", "embassy-usb-driver implements both for its users"),
    ("nb", "nb 0.1 is nb 1 under its old name, for embedded-hal 0.2"),
    ("rand_core", "embassy-stm32 implements both for its users"),
    ("syn", "macros, at the compiler's time only"),
];

/// Features of `accel` and `mqtts` that need an operating system or a heap.
const NOT_ON_A_CHIP: [&str; 3] = ["std", "pc", "rustcrypto"];

/// A crate that is linked.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Linked {
    name: String,
    version: String,
    licence: String,
}

pub(super) fn prove(progress: &Progress) -> Result<Outcome, String> {
    let linked = linked()?;
    let mut planted = linked.clone();
    planted.push(Linked { name: "planted".into(), version: "1.0.0".into(), licence: "GPL-3.0-only".into() });
    planted.push(Linked { name: "mqtts".into(), version: "0.0.1".into(), licence: "MIT".into() });
    let is_found = refused(&planted) == ["planted 1.0.0: GPL-3.0-only"] && twice(&planted).is_err();
    let refused = refused(&linked);
    if !refused.is_empty() {
        return Err(format!("licences: {}", refused.join(", ")));
    }
    twice(&linked)?;
    let list = target().join("sbom.cdx.json");
    fs::write(&list, cyclone(&linked)).map_err(|error| format!("{}: {error}", list.display()))?;
    progress.say(&format!("{} crates are linked; the list is {}", linked.len(), list.display()));

    let route = Route::choose(progress)?;
    let on_a_pc = each_feature(None, progress)?;
    let on_a_chip = each_feature(Some(route), progress)?;
    let is_refused = output(&mut check(Some(route), "mqtts", &["std"])).is_err();
    let control = Control::found(
        "a crate under the GPL, a crate in a second version, and a feature that needs an operating system, on the chip",
        is_found && is_refused,
    )?;
    let oldest = oldest(progress)?;
    let advisories = advisories()?;
    let count = linked.len();
    let twice = TWICE.len();
    let chip = route.target();
    Ok(Outcome::proved(
        format!(
            "{count} crates linked, all under licences that are allowed, {twice} of them in more than one version, each for a reason that is written down; \
             {on_a_pc} sets of features checked on the PC and {on_a_chip} for {chip}; {oldest}; {advisories}"
        ),
        control,
    ))
}

/// Cargo's own list of what is linked, by the lock files of the workspace and of the board.
fn linked() -> Result<Vec<Linked>, String> {
    let mut pc = tree(root());
    pc.args(["--all-features", "-p", "mqtts", "-p", "mqtts-cli", "-p", "firmware"]);
    let mut board = tree(&root().join("firmware/boards/nucleo-f439zi"));
    board.args(["--target", "thumbv7em-none-eabihf"]);
    let mut linked = BTreeSet::new();
    for text in [output(&mut pc)?, output(&mut board)?] {
        for line in text.lines().filter(|line| !line.is_empty()) {
            let (package, licence) = line.split_once('|').ok_or_else(|| format!("cargo tree: {line}"))?;
            let mut words = package.split(' ');
            let (name, version) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            let choices: Vec<&str> = licence.trim_end_matches(" (*)").split('/').map(str::trim).collect();
            linked.insert(Linked {
                name: name.to_owned(),
                version: version.trim_start_matches('v').to_owned(),
                licence: choices.join(" OR "),
            });
        }
    }
    Ok(linked.into_iter().collect())
}

/// `cargo tree` without what only tests need: a line for each crate, `name vVERSION|licence`.
fn tree(folder: &Path) -> Command {
    let mut tree = Command::new("cargo");
    tree.current_dir(folder).args(["tree", "--locked", "--format", "{p}|{l}", "--prefix", "none"]);
    tree.args(["--edges", "normal,build"]);
    tree
}

/// Those whose licence leaves no choice that is allowed.
fn refused(linked: &[Linked]) -> Vec<String> {
    let is_allowed = |licence: &str| {
        let parts = licence.replace(['(', ')'], "");
        // Without its brackets an expression asks for more, never for less.
        parts.split(" AND ").all(|part| part.split(" OR ").any(|choice| LICENCES.contains(&choice)))
    };
    let refused = linked.iter().filter(|linked| !is_allowed(&linked.licence));
    refused.map(|linked| format!("{} {}: {}", linked.name, linked.version, linked.licence)).collect()
}

/// # Errors
/// A crate in more than one version that [`TWICE`] does not name, and one that it names for nothing.
fn twice(linked: &[Linked]) -> Result<(), String> {
    let mut names: Vec<&str> = linked.iter().map(|linked| linked.name.as_str()).collect();
    names.sort_unstable();
    let found: BTreeSet<&str> = names
        .windows(2)
        .filter_map(|pair| pair.first().filter(|name| pair.get(1) == Some(*name)))
        .copied()
        .collect();
    let known: BTreeSet<&str> = TWICE.iter().map(|(name, _)| *name).collect();
    if found == known { Ok(()) } else { Err(format!("crates in two versions: {found:?}, and not {known:?}")) }
}

/// A CycloneDX 1.5 list.
fn cyclone(linked: &[Linked]) -> String {
    let mut text = String::from(
        "{\n  \"bomFormat\": \"CycloneDX\",\n  \"specVersion\": \"1.5\",\n  \"version\": 1,\n  \"components\": [",
    );
    for (number, Linked { name, version, licence }) in linked.iter().enumerate() {
        let comma = if number == 0 { "" } else { "," };
        let _ = write!(
            text,
            "{comma}\n    {{\"type\": \"library\", \"name\": \"{name}\", \"version\": \"{version}\", \"purl\": \"pkg:cargo/{name}@{version}\", \"licenses\": [{{\"expression\": \"{licence}\"}}]}}"
        );
    }
    text.push_str("\n  ]\n}\n");
    text
}

/// Each library without features, with each of its features alone, and with all; tells how many checks that were.
///
/// Pairs of features are not checked: they take hours.
fn each_feature(route: Option<Route>, progress: &Progress) -> Result<usize, String> {
    let mut count = 0_usize;
    for (folder, package) in LIBRARIES {
        let file = root().join(folder).join("Cargo.toml");
        let text = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        let is_for = |name: &&str| route.is_none() || !NOT_ON_A_CHIP.contains(name);
        let all: Vec<&str> = features(&text).filter(is_for).collect();
        let mut sets: Vec<&[&str]> = vec![&[]];
        sets.extend(all.chunks(1));
        if all.len() > 1 {
            sets.push(&all);
        }
        let place = route.map_or_else(|| "on the PC".to_owned(), |route| format!("for {}", route.target()));
        progress.during(&format!("{package} {place}, sets of features: {}", sets.len()), || {
            sets.iter().try_for_each(|set| output(&mut check(route, package, set)).map(|_| ()))
        })?;
        count = count.saturating_add(sets.len());
    }
    Ok(count)
}

/// `cargo check` of a library with these features, here or for the chip.
fn check(route: Option<Route>, package: &str, features: &[&str]) -> Command {
    let mut check = route.map_or_else(
        || {
            let mut check = Command::new("cargo");
            check.current_dir(root()).arg("check");
            check
        },
        Route::check,
    );
    check.env("CARGO_TARGET_DIR", target().join("supply"));
    check.args(["--quiet", "--locked", "--lib", "--no-default-features", "--package", package]);
    check.arg("--features").arg(features.join(","));
    check
}

/// The libraries in a copy of the last commit, with the oldest version of each crate that a manifest of ours asks for.
///
/// Only Cargo's resolver is told to take an option that is not stable; the compiler is not.
fn oldest(progress: &Progress) -> Result<String, String> {
    let copy = target().join("oldest-versions");
    process::fresh_folder(&copy)?;
    let archive = copy.join("source.tar");
    let mut git = Command::new("git");
    output(git.current_dir(root()).args(["archive", "--output"]).arg(&archive).arg("HEAD"))?;
    output(Command::new("tar").current_dir(&copy).args(["-xf", "source.tar"]))?;
    let mut update = Command::new("cargo");
    update.current_dir(&copy).env("RUSTC_BOOTSTRAP", "1").args(["update", "-Z", "direct-minimal-versions"]);
    match output(&mut update) {
        Ok(_) => {}
        Err(text) if text.contains("nightly") => {
            return Ok(
                "oldest direct versions NOT RUN: this Cargo wants to be a nightly one for them".to_owned()
            );
        }
        Err(text) => return Err(format!("oldest direct versions: {text}")),
    }
    progress
        .during("checking the libraries with the oldest direct versions", || build_oldest(&copy))
        .map_err(|text| format!("oldest direct versions: {text}"))?;
    let _ = fs::remove_dir_all(&copy);
    Ok("the libraries with all features checked with the oldest direct versions".to_owned())
}

fn build_oldest(copy: &Path) -> Result<(), String> {
    let mut check = Command::new("cargo");
    // Nothing of another build is taken for what would be built here.
    check.current_dir(copy).env("CARGO_TARGET_DIR", copy.join("target"));
    check.args(["check", "--quiet", "--all-features"]);
    for (_, package) in LIBRARIES {
        check.args(["--package", package]);
    }
    output(&mut check).map(|_| ())
}

/// What the RustSec database says, where it can be reached.
fn advisories() -> Result<String, String> {
    // It is not installed for this: it takes longer to build than everything else here, for a database that may be out of reach.
    let Some(deny) = process::find("cargo-deny") else {
        return Ok("advisories NOT RUN: cargo-deny is not installed".to_owned());
    };
    let mut check = Command::new(deny);
    check.current_dir(root()).args(["check", "advisories"]);
    match output(&mut check) {
        Ok(_) => Ok("no advisory".to_owned()),
        Err(text) if text.contains("advisory database") || text.contains("fetch") => {
            Ok("advisories NOT RUN: their database cannot be reached".to_owned())
        }
        Err(text) => Err(text),
    }
}
