//! BearSSL 0.6: its source from Debian, and what its programs print.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{Rows, emulate, gcc, link, read};
use crate::{debian, process, root};

/// What the side is called.
pub(super) const NAME: &str = "bearssl";

/// What `tests/bench/bearssl` prints.
pub(super) fn rows(folder: &Path) -> Result<Rows, String> {
    let source = source(&folder.join(NAME))?;
    let here = root().join("tests/bench/bearssl");
    let with_source = || {
        let mut command = gcc();
        command.arg("-O2");
        for include in [source.join("inc"), source.join("src"), here.clone()] {
            command.arg("-I").arg(include);
        }
        command
    };
    let mut files = Vec::new();
    find(&source.join("src"), &mut files)?;
    files.sort();
    let library = folder.join("bearssl.o");
    process::output(with_source().args(["-r", "-nostdlib"]).args(&files).arg("-o").arg(&library))?;
    let mut rows = Rows::new();
    for program in ["primitives", "handshake"] {
        let elf = folder.join(format!("{NAME}-{program}.elf"));
        let mut command = with_source();
        command.arg(&library).arg(here.join("support.c")).arg(here.join(format!("{program}.c")));
        link(&mut command, &elf)?;
        rows.extend(read(&emulate(&elf)?));
    }
    Ok(rows)
}

/// All files in C below a folder.
fn find(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            find(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "c") {
            found.push(path);
        }
    }
    Ok(())
}

/// The source package of Debian.
fn source(folder: &Path) -> Result<PathBuf, String> {
    let source = folder.join("bearssl-0.6");
    if source.join("inc/bearssl.h").is_file() {
        return Ok(source);
    }
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    debian::source(folder, debian::RELEASE, NAME)?;
    if source.is_dir() { Ok(source) } else { Err(format!("{} is not in Debian's source", source.display())) }
}
