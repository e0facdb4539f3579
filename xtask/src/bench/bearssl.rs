//! BearSSL 0.6: its source from Debian, and what its programs print.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::{Rows, emulate, gcc, link, read};
use crate::{process, root};

/// What the side is called.
pub(super) const NAME: &str = "bearssl";

/// The release of Debian that has this version.
const SOURCES: &str = "Types: deb-src
URIs: http://deb.debian.org/debian
Suites: bookworm
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
";

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

/// The source package, loaded by an `apt-get` whose lists are its own: the machine's stay as they are.
fn source(folder: &Path) -> Result<PathBuf, String> {
    let source = folder.join("bearssl-0.6");
    if source.join("inc/bearssl.h").is_file() {
        return Ok(source);
    }
    for inner in ["sources", "lists/partial", "cache/archives/partial"] {
        let inner = folder.join(inner);
        fs::create_dir_all(&inner).map_err(|error| format!("{}: {error}", inner.display()))?;
    }
    super::write(&folder.join("sources/debian.sources"), SOURCES)?;
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command.current_dir(folder).args(["-qq", "-o", "Dir::Etc::sourcelist=/dev/null"]);
        for (option, inner) in
            [("Etc::sourceparts", "sources"), ("State::lists", "lists"), ("Cache", "cache")]
        {
            command.arg("-o").arg(format!("Dir::{option}={}", folder.join(inner).display()));
        }
        process::output(command.args(arguments))
    };
    apt(&["update"])?;
    apt(&["source", "--download-only", NAME])?;
    let archives = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let archive = archives
        .flatten()
        .find(|entry| entry.file_name().to_string_lossy().contains(".orig.tar"))
        .ok_or("apt-get has loaded no source of bearssl")?;
    process::output(Command::new("tar").current_dir(folder).arg("xf").arg(archive.path()))?;
    if source.is_dir() { Ok(source) } else { Err(format!("{} is not in Debian's source", source.display())) }
}
