//! `cargo xtask proof`: what takes too long for `cargo xtask test`, part by part.

use crate::{examples, progress::Progress};

/// What `--help` prints.
pub const HELP: &str = "\
Proves what takes too long for every day, and says of each part how long it took and what it counted.

Usage: cargo xtask proof [PART]...

  examples   the examples whose drivers take minutes to build, for their targets; their lines, flash and RAM

Without a PART: all of them.
";

/// A part's name and what it does.
type Part = (&'static str, fn(&Progress) -> Result<(), String>);

/// All parts, in their order.
const PARTS: [Part; 1] = [("examples", examples::prove_slow)];

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
