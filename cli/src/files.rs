//! Certificates, keys and saved sessions as files.

use std::{
    fs,
    io::{self, Read, Write},
    path::Path,
};

use status::pk;
use x509::{Bundle, MAX_FILE_LENGTH, PrivateKey};
use zeroize::Zeroizing;

use crate::{connect::reason, failure::Failure};

/// A PEM file's bytes, wiped when they are dropped: it may be a key. Of a file that is too long only as much is read as shows it.
///
/// # Errors
/// `pk::FILE_IO_ERROR` (-0x3E00) with the option, the file and what the system says.
pub(crate) fn read(option: &str, file: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let limit = MAX_FILE_LENGTH.saturating_add(1);
    let mut text = Zeroizing::new(Vec::with_capacity(limit));
    let limit = u64::try_from(limit).unwrap_or(u64::MAX);
    fs::File::open(file).and_then(|opened| opened.take(limit).read_to_end(&mut text)).map_err(|error| {
        Failure::at(pk::FILE_IO_ERROR, format!("{}: {}", place(option, file), reason(&error)))
    })?;
    Ok(text)
}

/// The certificates of a file.
///
/// # Errors
/// Those of [`read`] and [`Bundle::from_pem`], with the option and the file. Certificates of it that cannot be read are left
/// out as long as one can; `mqtts inspect` tells of them.
pub(crate) fn certificates<'a>(
    option: &str,
    file: &Path,
    storage: &'a mut [u8],
) -> Result<Bundle<'a>, Failure> {
    let text = read(option, file)?;
    Bundle::from_pem(&text, storage).map_err(|error| Failure::at(error, place(option, file)))
}

/// The private key of a file.
///
/// # Errors
/// Those of [`read`] and [`PrivateKey::from_pem`], with the option and the file.
pub(crate) fn private_key<'a>(
    option: &str,
    file: &Path,
    storage: &'a mut [u8],
) -> Result<PrivateKey<'a>, Failure> {
    let text = read(option, file)?;
    PrivateKey::from_pem(&text, storage).map_err(|error| Failure::at(error, place(option, file)))
}

/// A saved TLS session; empty when there is none yet.
///
/// # Errors
/// `pk::FILE_IO_ERROR` (-0x3E00) when there is one that cannot be read.
pub(crate) fn load_session(file: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let limit = u64::try_from(MAX_SESSION).unwrap_or(u64::MAX);
    let mut session = Zeroizing::new(Vec::with_capacity(MAX_SESSION));
    match fs::File::open(file).and_then(|opened| opened.take(limit).read_to_end(&mut session)) {
        Ok(_) => Ok(session),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Zeroizing::default()),
        Err(error) => Err(session_failure(file, &error)),
    }
}

/// Replaces the saved TLS session in one step by one that only its owner can read; an empty one removes the file.
///
/// # Errors
/// `pk::FILE_IO_ERROR` (-0x3E00) when it cannot be written.
pub(crate) fn save_session(file: &Path, session: &[u8]) -> Result<(), Failure> {
    let saved = if session.is_empty() { remove(file) } else { replace(file, session) };
    saved.map_err(|error| session_failure(file, &error))
}

/// `--option file`.
fn place(option: &str, file: &Path) -> String {
    if option.is_empty() { file.display().to_string() } else { format!("{option} {}", file.display()) }
}

fn session_failure(file: &Path, error: &io::Error) -> Failure {
    Failure::at(pk::FILE_IO_ERROR, format!("{}: {}", place("--session", file), reason(error)))
}

fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

fn replace(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = file.as_os_str().to_owned();
    name.push(format!(".{}", std::process::id()));
    let temporary = Path::new(&name);
    remove(temporary)?;
    let written = private(temporary).and_then(|mut opened| opened.write_all(bytes));
    let replaced = written.and_then(|()| fs::rename(temporary, file));
    if replaced.is_err() {
        let _ = remove(temporary);
    }
    replaced
}

/// A new file that only its owner can read and write.
fn private(file: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)
}

/// Far more than any session that TLS saves, in bytes.
pub(crate) const MAX_SESSION: usize = 65_536;
