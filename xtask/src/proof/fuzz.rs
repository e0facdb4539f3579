//! The fuzz targets with coverage.

use std::{fs, process::Command};

use super::report::Outcome;
use crate::{process, progress::Progress, root, target};

/// How long each target is run.
const SECONDS: &str = "-max_total_time=600";

pub(super) fn prove(progress: &Progress) -> Result<Outcome, String> {
    if process::find("cargo-fuzz").is_none() {
        progress.during("installing cargo-fuzz", || {
            process::output(Command::new("cargo").args(["install", "--locked", "cargo-fuzz"]))
        })?;
    }
    let folder = root().join("tests/fuzz");
    let targets = folder.join("fuzz_targets");
    let targets = fs::read_dir(&targets).map_err(|error| format!("{}: {error}", targets.display()))?;
    let mut count = 0_usize;
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
        count = count.saturating_add(1);
        progress.say(&format!("{name}: no fault in ten minutes; {inputs} inputs with new coverage"));
    }
    Ok(Outcome::held(format!("{count} targets, ten minutes each")))
}
