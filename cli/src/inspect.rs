//! `mqtts inspect`: the description of certificates and keys, as a device shows it beside its fields.

use std::{
    fmt,
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use status::generic::GENERIC_ERROR;
use x509::{Bundle, PrivateKey, Wanted, describe, describe_key, has_private_key, recognize};

use crate::{failure::CommandFailure, files};

/// Describes every file. For a file that cannot be read, prints its code on standard error and exits with 1.
///
/// # Errors
/// [`CommandFailure::Output`]
pub(crate) fn run(files: &[PathBuf]) -> Result<ExitCode, CommandFailure> {
    let mut exit_code = ExitCode::SUCCESS;
    for file in files {
        // With several files, each description begins with the file's name.
        let mut text = if files.len() > 1 { format!("{}:\n", file.display()) } else { String::new() };
        let result = inspect(file, &mut text);
        io::stdout().write_all(text.as_bytes()).map_err(CommandFailure::Output)?;
        if let Err(failure) = result {
            failure.print();
            exit_code = failure.exit_code();
        }
    }
    Ok(exit_code)
}

/// Appends the file's description to `out`.
fn inspect(file: &Path, out: &mut String) -> Result<(), CommandFailure> {
    let text = files::read("", file)?;
    let mut storage = files::storage(&text);
    let text = text.as_slice();
    // Writing to a String cannot fail, so any error is the file's.
    if is_key(text) {
        let key = PrivateKey::from_long_pem(text, &mut storage)
            .map_err(|error| files::refused(error, &file.display().to_string(), text, Wanted::PrivateKey))?;
        let _ = describe_key(&key, "", out);
        return Ok(());
    }
    let bundle = Bundle::from_long_pem(text, &mut storage)
        .map_err(|error| files::refused(error, &file.display().to_string(), text, Wanted::Certificate))?;
    let _ = describe_all(&bundle, out);
    match bundle.failed() {
        0 => Ok(()),
        // Mbed TLS returns the number, as a positive value, which its error texts call a generic error.
        failed => {
            let total = bundle.len().saturating_add(failed);
            let place = format!("{}: {failed} of {total} certificates cannot be read", file.display());
            Err(CommandFailure::at(GENERIC_ERROR, place))
        }
    }
}

/// A blank line between certificates.
fn describe_all(bundle: &Bundle<'_>, out: &mut String) -> fmt::Result {
    for (number, certificate) in bundle.iter().enumerate() {
        if number > 0 {
            out.push('\n');
        }
        describe(&certificate, "", out)?;
    }
    Ok(())
}

/// Whether the file looks like a key. A file that also has a certificate counts as a certificate.
fn is_key(text: &[u8]) -> bool {
    has_private_key(text) && recognize(text, Wanted::Certificate).is_some()
}
