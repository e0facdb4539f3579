//! Source packages of Debian: fetched into a folder and unpacked, without a change to the machine's own lists.

use std::{fs, path::Path, process::Command};

use crate::process;

/// Fetches and unpacks the upstream archive of a source package.
pub(super) fn source(folder: &Path, package: &str) -> Result<(), String> {
    let lists = folder.join("lists");
    fs::create_dir_all(lists.join("partial")).map_err(|error| error.to_string())?;
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let name = release.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME=")).unwrap_or("bookworm");
    let sources = folder.join("sources.list");
    let line = format!(
        "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian {name} main\n"
    );
    fs::write(&sources, line).map_err(|error| error.to_string())?;
    let apt = |words: &[&str]| {
        let mut apt = Command::new("apt-get");
        apt.current_dir(folder).arg("-q");
        for option in [
            format!("Dir::Etc::SourceList={}", sources.display()),
            "Dir::Etc::SourceParts=/dev/null".to_owned(),
            format!("Dir::State::Lists={}", lists.display()),
        ] {
            apt.arg("-o").arg(option);
        }
        process::output(apt.args(words))
    };
    apt(&["update"])?;
    apt(&["source", "--download-only", package])?;
    let entries = fs::read_dir(folder).map_err(|error| error.to_string())?;
    let mut archives = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().contains(".orig.tar.")));
    let archive = archives.next().ok_or_else(|| format!("{package} has no archive"))?;
    process::output(Command::new("tar").current_dir(folder).arg("-xf").arg(archive))?;
    let _ = fs::remove_dir_all(lists);
    Ok(())
}
