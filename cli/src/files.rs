//! Certificates, keys and saved sessions as files.

use std::{
    fs,
    io::{self, Read, Write},
    path::Path,
};

use status::{Error, pk};
use x509::{Bundle, PrivateKey, Wanted, der_length, recognize};
use zeroize::Zeroizing;

use crate::{connect::reason, failure::CommandFailure};

/// The bytes of a PEM file, wiped when dropped, because the file may be a key.
///
/// # Errors
/// `pk::FILE_IO_ERROR` (-0x3E00) with the option, the file and the system's message; also for a file of more than 16 MB, which cannot be
/// certificates.
pub(crate) fn read(option: &str, file: &Path) -> Result<Zeroizing<Vec<u8>>, CommandFailure> {
    read_at(&place(option, file), file)
}

/// Like [`read`], with a text of the caller's for the place.
pub(crate) fn read_at(place: &str, file: &Path) -> Result<Zeroizing<Vec<u8>>, CommandFailure> {
    let failed = |reason: &str| CommandFailure::at(pk::FILE_IO_ERROR, format!("{place}: {reason}"));
    let opened = fs::File::open(file).map_err(|error| failed(&reason(&error)))?;
    let mut text = Zeroizing::new(Vec::new());
    // A growing vector is copied, and only its last copy is wiped. So enough memory is reserved at once, also for a key from a pipe.
    let length = opened.metadata().map_or(0, |metadata| metadata.len()).clamp(MANY_KEYS, MAX_FILE);
    text.reserve_exact(usize::try_from(length).unwrap_or(0).saturating_add(1));
    opened
        .take(MAX_FILE.saturating_add(1))
        .read_to_end(&mut text)
        .map_err(|error| failed(&reason(&error)))?;
    if u64::try_from(text.len()).unwrap_or(u64::MAX) > MAX_FILE {
        return Err(failed("larger than 16 MB"));
    }
    Ok(text)
}

/// Memory to decode a file in, wiped when dropped.
pub(crate) fn storage(text: &[u8]) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(vec![0; der_length(text.len())])
}

/// The certificates of a file, decoded in `storage`.
///
/// # Errors
/// Those of [`read`] and [`Bundle::from_long_pem`], with the option, the file, and what the file is instead. Certificates that cannot be
/// read are left out if at least one can; `mqtts inspect` shows why.
pub(crate) fn certificates<'a>(
    option: &str,
    file: &Path,
    storage: &'a mut Zeroizing<Vec<u8>>,
) -> Result<Bundle<'a>, CommandFailure> {
    let text = read(option, file)?;
    *storage = self::storage(&text);
    Bundle::from_long_pem(&text, storage)
        .map_err(|error| refused(error, &place(option, file), &text, Wanted::Certificate))
}

/// The private key of a file, decoded in `storage`.
///
/// # Errors
/// Those of [`read`] and [`PrivateKey::from_long_pem`], with the option, the file, and what the file is instead.
pub(crate) fn private_key<'a>(
    option: &str,
    file: &Path,
    storage: &'a mut Zeroizing<Vec<u8>>,
) -> Result<PrivateKey<'a>, CommandFailure> {
    let text = read(option, file)?;
    *storage = self::storage(&text);
    PrivateKey::from_long_pem(&text, storage)
        .map_err(|error| refused(error, &place(option, file), &text, Wanted::PrivateKey))
}

/// The failure for a file of the wrong kind: its code, its name, and what the file is, if that can be recognized.
pub(crate) fn refused(code: Error, place: &str, text: &[u8], wanted: Wanted) -> CommandFailure {
    match recognize(text, wanted) {
        Some(found) => CommandFailure::at(code, format_args!("{place}: it is {found}")),
        None => CommandFailure::at(code, place),
    }
}

/// Reads the saved TLS session; empty if there is none yet.
///
/// # Errors
/// `pk::FILE_IO_ERROR` (-0x3E00) when there is one that cannot be read.
pub(crate) fn load_session(file: &Path) -> Result<Zeroizing<Vec<u8>>, CommandFailure> {
    let limit = u64::try_from(MAX_SESSION).unwrap_or(u64::MAX);
    let mut session = Zeroizing::new(Vec::with_capacity(MAX_SESSION));
    match fs::File::open(file).and_then(|opened| opened.take(limit).read_to_end(&mut session)) {
        Ok(_) => Ok(session),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Zeroizing::default()),
        Err(error) => Err(session_failure(file, &error)),
    }
}

/// Replaces the saved TLS session atomically, readable by its owner only. An empty session removes the file.
///
/// # Errors
/// `pk::FILE_IO_ERROR` (-0x3E00) when it cannot be written.
pub(crate) fn save_session(file: &Path, session: &[u8]) -> Result<(), CommandFailure> {
    let saved = if session.is_empty() { remove(file) } else { replace(file, session) };
    saved.map_err(|error| session_failure(file, &error))
}

/// `--option file`.
fn place(option: &str, file: &Path) -> String {
    if option.is_empty() { file.display().to_string() } else { format!("{option} {}", file.display()) }
}

fn session_failure(file: &Path, error: &io::Error) -> CommandFailure {
    CommandFailure::at(pk::FILE_IO_ERROR, format!("{}: {}", place("--session", file), reason(error)))
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

/// Creates a file that only its owner can read and write.
fn private(file: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)
}

/// More than any saved TLS session, in bytes.
pub(crate) const MAX_SESSION: usize = 65_536;
/// More than any file of certificates, in bytes.
const MAX_FILE: u64 = 16 << 20;
/// More than a key with its certificates, in bytes.
const MANY_KEYS: u64 = 64 << 10;
