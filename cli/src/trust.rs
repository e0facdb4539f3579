//! The trusted certificates: from files, folders, and the system's list of certification authorities.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use status::{pk, ssl};
use zeroize::Zeroizing;

use crate::{connect::reason, failure::CommandFailure, files, options::Anchors};

/// The PEM text of a file, and the place that messages name.
pub(crate) struct PemSource {
    pub(crate) place: String,
    pub(crate) text: Zeroizing<Vec<u8>>,
    /// Whether it is from a folder, whose files may be anything.
    pub(crate) is_one_of_many: bool,
}

impl PemSource {
    fn read(place: String, file: &Path, is_one_of_many: bool) -> Result<Self, CommandFailure> {
        Ok(Self { text: files::read_at(&place, file)?, place, is_one_of_many })
    }
}

/// The PEM texts of all trusted certificates.
///
/// # Errors
/// `pk::FILE_IO_ERROR` (-0x3E00) for what cannot be read; `ssl::CA_CHAIN_REQUIRED` (-0x7680) when the system has no list.
pub(crate) fn texts(anchors: &Anchors) -> Result<Vec<PemSource>, CommandFailure> {
    let mut texts = Vec::new();
    for file in &anchors.files {
        texts.push(PemSource::read(format!("--cafile {}", file.display()), file, false)?);
    }
    for folder in &anchors.folders {
        let before = texts.len();
        read_folder(folder, &mut texts)?;
        if texts.len() == before {
            let place = format!("--capath {}: no certificate in PEM format", folder.display());
            return Err(CommandFailure::at(ssl::CA_CHAIN_REQUIRED, place));
        }
    }
    if anchors.system {
        texts.push(system()?);
    }
    Ok(texts)
}

/// Reads every file in the folder that has certificates, in the order of their names. A folder made for OpenSSL has other files as well.
fn read_folder(folder: &Path, texts: &mut Vec<PemSource>) -> Result<(), CommandFailure> {
    let broken = |error: std::io::Error| {
        CommandFailure::at(pk::FILE_IO_ERROR, format!("--capath {}: {}", folder.display(), reason(&error)))
    };
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(broken)? {
        names.push(entry.map_err(broken)?.path());
    }
    names.sort();
    // OpenSSL's links (1a2b3c4d.0) point to files in the same folder: read each file once.
    let mut seen = Vec::new();
    for name in names.iter().filter(|name| name.is_file()) {
        let original = fs::canonicalize(name).unwrap_or_else(|_| name.clone());
        if seen.contains(&original) {
            continue;
        }
        let source = PemSource::read(format!("--capath {}", name.display()), name, true)?;
        if source.text.windows(BEGIN.len()).any(|window| window == BEGIN) {
            texts.push(source);
        }
        seen.push(original);
    }
    Ok(())
}

/// The list that `SSL_CERT_FILE` names, as in OpenSSL; otherwise the first of the usual places that exists.
fn system() -> Result<PemSource, CommandFailure> {
    let named = env::var_os("SSL_CERT_FILE").filter(|name| !name.is_empty()).map(PathBuf::from);
    let file = named.or_else(|| SYSTEM.iter().map(PathBuf::from).find(|file| file.is_file()));
    let Some(file) = file else {
        return Err(CommandFailure::at(
            ssl::CA_CHAIN_REQUIRED,
            "this system has no list of authorities; --cafile",
        ));
    };
    PemSource::read(format!("the system's certificates, {}", file.display()), &file, false)
}

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
/// The usual places on Debian, Fedora, openSUSE, Alpine and macOS, FreeBSD.
const SYSTEM: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/usr/local/share/certs/ca-root-nss.crt",
];
