//! The proof that no panic can be reached in the cores.
//!
//! `tests/link` has one program per core, which drives its public functions with bytes that the optimizer knows nothing
//! about, and whose panic handler calls a function that does not exist. A program that links holds no panic. What the optimizer
//! can prove depends on its level, so each is linked at every level that a firmware is shipped with. For one that does
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
    install::{self, Need},
    mcu::{self, CORES, LEVELS, Route},
    process,
    progress::Progress,
    root,
};

/// What reads the programs.
const BINUTILS: Need = Need { what: "arm-none-eabi-objdump", package: "binutils-arm-none-eabi" };

/// Functions of `core` that are panics, by parts of their names.
const PANICS: [&str; 3] = ["9panicking", "_failed", "slice_error_fail"];

/// Links every core's program.
///
/// # Errors
/// The lines of source from which a panic can be reached, and the rows of the table that are no longer true.
pub fn prove(route: Route, progress: &Progress) -> Result<(), String> {
    install::install(&[BINUTILS], progress)?;
    let folder = root().join("tests/link");
    fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock"))
        .map_err(|error| format!("Cargo.lock: {error}"))?;
    let mut table = Table::read(&folder.join("third-party.txt"))?;
    let mut faults = Vec::new();
    for (core, level) in CORES.into_iter().flat_map(|core| LEVELS.map(|level| (core, level))) {
        table.used.clear();
        let sites = program(route, &folder, core, level, &mut table)?;
        let (known, rows) = (table.used.len(), Vec::from_iter(table.used.iter().cloned()).join(", "));
        let core = format!("{core} at opt-level {level}");
        progress.say(&match (known, sites.len()) {
            (0, 0) => format!("{core}: links, so that it holds no panic"),
            (_, 0) => format!("{core}: no panic but in {rows}"),
            (_, new) => format!("{core}: {new} panics that nobody has accounted for"),
        });
        faults.extend(sites.into_iter().map(|site| format!("{core}: a panic can be reached at {site}")));
        table.needed.append(&mut table.used);
    }
    faults.extend(table.unused());
    if faults.is_empty() { Ok(()) } else { Err(faults.join("\n")) }
}

/// Links one program; the lines of source from which it can panic and that are not in the table.
fn program(
    route: Route,
    folder: &Path,
    core: &str,
    level: &str,
    table: &mut Table,
) -> Result<BTreeSet<String>, String> {
    let mut build = route.build_at(level);
    build.current_dir(folder).args(["--quiet", "--bin", core]);
    let Err(error) = process::output(&mut build) else { return Ok(BTreeSet::new()) };
    if !error.contains("a_panic_is_reachable") {
        return Err(error);
    }
    let mut build = route.build_at(level);
    build.current_dir(folder).args(["--quiet", "--features", "search", "--bin", core]);
    process::output(&mut build)?;
    let program = mcu::folder().join(route.target()).join("release").join(core);
    let sites = sites(&program, table)?;
    if sites.is_empty() && table.used.is_empty() {
        return Err(format!("{core} does not link, and no panic was found in it:\n{error}"));
    }
    Ok(sites)
}

/// Where a program calls panics: lines of source that are neither in the table nor in `core`.
fn sites(program: &Path, table: &mut Table) -> Result<BTreeSet<String>, String> {
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
            let frames = frames(program, address)?;
            if frames.iter().any(|frame| table.has(frame)) {
                continue;
            }
            match frames.iter().find(|frame| !frame.contains("/library/core/") && !frame.starts_with('?')) {
                Some(site) => drop(sites.insert(site.clone())),
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

/// The lines of source that an instruction was compiled from: the innermost first, then those that it was inlined into.
fn frames(program: &Path, address: &str) -> Result<Vec<String>, String> {
    let text = process::output(
        Command::new("arm-none-eabi-addr2line").arg("-i").arg("-e").arg(program).arg(address),
    )?;
    Ok(text.lines().map(|frame| frame.split(" (").next().unwrap_or(frame).to_owned()).collect())
}

/// The panics of other crates, and of `core`, that are known: a crate and a file of it on each line, then the reason.
struct Table {
    file: PathBuf,
    rows: Vec<String>,
    /// The rows that the program at hand needs.
    used: BTreeSet<String>,
    /// The rows that the programs before needed.
    needed: BTreeSet<String>,
}

impl Table {
    fn read(file: &Path) -> Result<Self, String> {
        let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        let rows =
            text.lines().filter(|row| !row.starts_with('#')).filter_map(|row| row.split_whitespace().next());
        let rows = rows.map(str::to_owned).collect();
        Ok(Self { file: file.to_path_buf(), rows, used: BTreeSet::new(), needed: BTreeSet::new() })
    }

    /// Whether the table has a line's file; notes the row that does.
    fn has(&mut self, line: &str) -> bool {
        let Some(file) = third_party(line) else { return false };
        let has = self.rows.contains(&file);
        if has {
            self.used.insert(file);
        }
        has
    }

    fn unused(&self) -> Vec<String> {
        let unused = self.rows.iter().filter(|row| !self.needed.contains(*row));
        unused.map(|row| format!("{}: nothing needs the row {row} any more", self.file.display())).collect()
    }
}

/// `sha2/src/lib.rs` of a line in cargo's registry, such as `…/registry/src/…/sha2-0.11.1/src/lib.rs:12`, and
/// `core/src/str/mod.rs` of one in the standard library's sources.
fn third_party(line: &str) -> Option<String> {
    let (path, _) = line.rsplit_once(':')?;
    if let Some((_, file)) = path.split_once("/library/core/") {
        return Some(format!("core/{file}"));
    }
    let (_, path) = path.split_once("/registry/src/")?;
    let (_, path) = path.split_once('/')?;
    let (package, file) = path.split_once('/')?;
    let (name, _) = package.rsplit_once('-')?;
    Some(format!("{name}/{file}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_another_crate_is_named_without_its_version() {
        let line = "/home/x/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/md-5-0.11.0/src/lib.rs:12";
        assert_eq!(third_party(line).as_deref(), Some("md-5/src/lib.rs"));
        let line = "/rustc/59807616e/library/core/src/net/parser.rs:?";
        assert_eq!(third_party(line).as_deref(), Some("core/src/net/parser.rs"));
        assert_eq!(third_party("/home/x/stack/x509/src/pem.rs:93"), None);
    }

    #[test]
    fn branches_to_other_functions_are_found() {
        let listing = "00008000 <a>:\n    8000:\tpush\t{r7, lr}\n    8002:\tbl\t8010 <b>\n    8006:\tb.n\t8000 <a+0x2>\n\
                       00008010 <b>:\n    8010:\tb.w\t8020 <c>\n";
        let expected = BTreeMap::from([("b", vec![("a", "8002")]), ("c", vec![("b", "8010")])]);
        assert_eq!(calls(listing), expected);
    }
}
