//! The proof that no panic can be reached in the cores.
//!
//! `tests/link` has one program per core, which drives its public functions with bytes that the optimizer knows nothing
//! about, and whose panic handler calls a function that does not exist. A program that links holds no panic. For one that does
//! not, it is linked once more with that function, and every call of it is traced to the line of source that it was compiled
//! from: lines of this repository fail the proof; lines of other crates have to stand in `tests/link/third-party.txt`, with the
//! reason, and a row there that nothing needs any more fails it too, so that the table can only shrink.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    mcu::{self, CORES, Route},
    process,
    progress::Progress,
    root,
};

/// Functions of `core` that are panics, by parts of their names.
const PANICS: [&str; 3] = ["9panicking", "_failed", "slice_error_fail"];

/// Links every core's program.
///
/// # Errors
/// The lines of source from which a panic can be reached, and the rows of the table that are no longer true.
pub fn prove(route: Route, progress: &Progress) -> Result<(), String> {
    let folder = root().join("tests/link");
    fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock"))
        .map_err(|error| format!("Cargo.lock: {error}"))?;
    let table = Table::read(&folder.join("third-party.txt"))?;
    let mut used = BTreeSet::new();
    let mut faults = Vec::new();
    for core in CORES {
        let sites = program(route, &folder, core)?;
        let (known, unknown): (Vec<&String>, Vec<&String>) =
            sites.iter().partition(|site| table.has(site, &mut used));
        progress.say(&match (known.len(), unknown.len()) {
            (0, 0) => format!("{core}: links, no panic"),
            (known, 0) => format!("{core}: no panic of ours; {known} of other crates, all in the table"),
            (known, new) => {
                format!("{core}: {new} panics that nobody has accounted for, {known} in the table")
            }
        });
        faults.extend(unknown.into_iter().map(|site| format!("{core}: a panic can be reached at {site}")));
    }
    faults.extend(table.unused(&used));
    if faults.is_empty() { Ok(()) } else { Err(faults.join("\n")) }
}

/// Links one program; the lines of source from which it can panic.
fn program(route: Route, folder: &Path, core: &str) -> Result<BTreeSet<String>, String> {
    let mut build = route.build();
    build.current_dir(folder).args(["--quiet", "--bin", core]);
    let Err(error) = process::output(&mut build) else { return Ok(BTreeSet::new()) };
    if !error.contains("a_panic_is_reachable") {
        return Err(error);
    }
    let mut build = route.build();
    build.current_dir(folder).args(["--quiet", "--features", "search", "--bin", core]);
    process::output(&mut build)?;
    let program = mcu::folder().join(route.target()).join("release").join(core);
    let sites = sites(&program)?;
    if sites.is_empty() {
        Err(format!("{core} does not link, and no panic was found in it:\n{error}"))
    } else {
        Ok(sites)
    }
}

/// Where a program calls panics: lines of source outside `core`.
fn sites(program: &Path) -> Result<BTreeSet<String>, String> {
    let listing = process::output(
        Command::new("arm-none-eabi-objdump").args(["-d", "--no-show-raw-insn"]).arg(program),
    )?;
    let calls = calls(&listing);
    let mut wanted: Vec<&str> =
        calls.keys().copied().filter(|callee| PANICS.iter().any(|panic| callee.contains(panic))).collect();
    let mut seen: BTreeSet<&str> = wanted.iter().copied().collect();
    let mut sites = BTreeSet::new();
    while let Some(callee) = wanted.pop() {
        for (caller, address) in calls.get(callee).into_iter().flatten() {
            match line(program, address)? {
                Some(site) => drop(sites.insert(site)),
                // Code of `core` that was not inlined: whoever calls it is meant.
                None => wanted.extend(seen.insert(caller).then_some(*caller)),
            }
        }
    }
    Ok(sites)
}

/// Every branch to another function in a disassembly: callee to (caller, address).
fn calls(listing: &str) -> BTreeMap<&str, Vec<(&str, &str)>> {
    let mut calls: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
    let mut caller = "";
    for line in listing.lines() {
        if let Some(name) = line.strip_suffix(">:").and_then(|line| line.split_once('<')) {
            caller = name.1;
        } else if let Some((address, instruction)) = line.split_once(":\t")
            && let Some((_, callee)) = instruction.strip_suffix('>').and_then(|rest| rest.split_once('<'))
            && instruction.starts_with('b')
            && !callee.contains('+')
        {
            calls.entry(callee).or_default().push((caller, address.trim()));
        }
    }
    calls
}

/// The line of source that an instruction was compiled from, through all inlining, that is not `core`'s.
fn line(program: &Path, address: &str) -> Result<Option<String>, String> {
    let frames = process::output(
        Command::new("arm-none-eabi-addr2line").arg("-i").arg("-e").arg(program).arg(address),
    )?;
    let outside = frames.lines().find(|frame| !frame.contains("/library/core/") && !frame.starts_with('?'));
    Ok(outside.map(|frame| frame.split(" (").next().unwrap_or(frame).to_owned()))
}

/// The panics of other crates that are known: a crate and a file of it on each line, then the reason.
struct Table {
    file: PathBuf,
    rows: Vec<String>,
}

impl Table {
    fn read(file: &Path) -> Result<Self, String> {
        let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        let rows =
            text.lines().filter(|row| !row.starts_with('#')).filter_map(|row| row.split_whitespace().next());
        Ok(Self { file: file.to_path_buf(), rows: rows.map(str::to_owned).collect() })
    }

    /// Whether the table has a site's file; notes the row that does.
    fn has(&self, site: &str, used: &mut BTreeSet<String>) -> bool {
        let row = self.rows.iter().find(|row| third_party(site).is_some_and(|file| file == row.as_str()));
        row.is_some_and(|row| {
            used.insert(row.clone());
            true
        })
    }

    fn unused(&self, used: &BTreeSet<String>) -> Vec<String> {
        let unused = self.rows.iter().filter(|row| !used.contains(*row));
        unused.map(|row| format!("{}: nothing needs the row {row} any more", self.file.display())).collect()
    }
}

/// `sha2/src/lib.rs` of a file in cargo's registry, such as `…/registry/src/…/sha2-0.11.1/src/lib.rs:12`.
fn third_party(site: &str) -> Option<String> {
    let (_, path) = site.split_once("/registry/src/")?;
    let (_, path) = path.split_once('/')?;
    let (package, file) = path.split_once('/')?;
    let (name, _) = package.rsplit_once('-')?;
    let (file, _) = file.rsplit_once(':')?;
    Some(format!("{name}/{file}"))
}
