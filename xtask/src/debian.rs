//! Source packages of Debian: fetched into a folder and unpacked, without a change to the machine's own lists.

use std::{fs, path::Path, process::Command};

use crate::process;

/// Fetches and unpacks the upstream archive of a source package, as this release has it.
///
/// # Errors
/// What `apt-get` or `tar` said, or that the package has no archive.
pub fn source(folder: &Path, release: &str, package: &str) -> Result<(), String> {
    for inner in ["lists/partial", "cache/archives/partial"] {
        let inner = folder.join(inner);
        fs::create_dir_all(&inner).map_err(|error| format!("{}: {error}", inner.display()))?;
    }
    let sources = folder.join("sources.list");
    let line = format!(
        "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian {release} main\n"
    );
    fs::write(&sources, line).map_err(|error| format!("{}: {error}", sources.display()))?;
    let apt = |words: &[&str]| {
        let mut apt = Command::new("apt-get");
        apt.current_dir(folder).arg("-q");
        for option in [
            format!("Dir::Etc::SourceList={}", sources.display()),
            "Dir::Etc::SourceParts=/dev/null".to_owned(),
            format!("Dir::State::Lists={}", folder.join("lists").display()),
            format!("Dir::Cache={}", folder.join("cache").display()),
        ] {
            apt.arg("-o").arg(option);
        }
        process::output(apt.args(words))
    };
    apt(&["update"])?;
    apt(&["source", "--download-only", package])?;
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut archives = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().contains(".orig.tar.")));
    let archive = archives.next().ok_or_else(|| format!("{package} has no archive"))?;
    process::output(Command::new("tar").current_dir(folder).arg("-xf").arg(archive))?;
    for inner in ["lists", "cache"] {
        let _ = fs::remove_dir_all(folder.join(inner));
    }
    Ok(())
}

/// The release that has BearSSL 0.6 and the copy of BoringSSL that the proofs were made with.
pub const RELEASE: &str = "bookworm";
