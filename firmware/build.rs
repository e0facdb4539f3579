//! Packs the style sheet and the script of the menu, which the device hands out as they are: every browser unpacks gzip (RFC 1952). And tells
//! the firmware when it was built, which its clock never goes before.

use std::{env, fs, io::Write, path::PathBuf, process::Command};

use flate2::{Compression, GzBuilder};

fn main() -> std::io::Result<()> {
    let out = env::var_os("OUT_DIR").map(PathBuf::from).unwrap_or_default();
    println!("cargo::rerun-if-changed=build.rs");
    for name in ["style.css", "live.js"] {
        let source = PathBuf::from("src/web/pages").join(name);
        println!("cargo::rerun-if-changed={}", source.display());
        let packed = fs::File::create(out.join(format!("{name}.gz")))?;
        // Without a name and a time, so that the same source is the same program.
        let mut packed = GzBuilder::new().write(packed, Compression::best());
        packed.write_all(&fs::read(source)?)?;
        packed.finish()?;
    }
    println!("cargo::rustc-env=FIRMWARE_BUILT={}", built());
    Ok(())
}

/// Without git and without a date: the day of this release, in seconds since 1970.
const RELEASE: u64 = 1_795_996_800;
const DAY: u64 = 24 * 60 * 60;

/// When this was built, in seconds since 1970: the date that a reproducible build gives (reproducible-builds.org), or that of the last commit. Never
/// the time of this very moment, so that the same sources are the same program. A day less, as the clock of whoever committed may be wrong.
fn built() -> u64 {
    println!("cargo::rerun-if-env-changed=SOURCE_DATE_EPOCH");
    let given = env::var("SOURCE_DATE_EPOCH").ok();
    let date = given.or_else(|| {
        // Where a commit is noted, in a worktree as well.
        println!("cargo::rerun-if-changed={}", git(&["rev-parse", "--git-path", "logs/HEAD"])?);
        git(&["log", "-1", "--format=%ct"])
    });
    date.and_then(|date| date.parse().ok()).unwrap_or(RELEASE).saturating_sub(DAY)
}

fn git(arguments: &[&str]) -> Option<String> {
    let output =
        Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok().map(|text| text.trim().to_owned())
}
