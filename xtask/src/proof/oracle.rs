//! Bytes of every kind of damage beside the real Mbed TLS 2.28, from a new seed; what the package registries have; scripted servers.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{SystemTime, UNIX_EPOCH},
};

use super::report::{self, Outcome};
use crate::{
    install::{self, MBEDTLS, OPENSSL, PIP},
    process,
    progress::Progress,
    root, target,
};

/// How many mutations of each file.
const MUTATIONS: &str = "500";

/// What a run must have counted at least.
const LEAST: [(&str, usize); 6] = [
    ("certificates", 200_000),
    ("keys", 20_000),
    ("PEM texts", 20_000),
    ("signed chains", 20_000),
    ("chains of PKITS", 200),
    ("scripted servers", 1_360),
];

pub(super) fn prove(progress: &Progress) -> Result<Outcome, String> {
    install::install(&[MBEDTLS, OPENSSL, PIP], progress)?;
    let registries = progress.during("fetching what the registries have", registries)?;
    let seed = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()).to_string();
    progress.say(&format!("X509_SEED={seed} X509_MUTATIONS={MUTATIONS} TLS12_SEED={seed} TLS12_SERVERS=all"));
    let mut test = Command::new("cargo");
    test.current_dir(root()).envs([("X509_SEED", &seed), ("TLS12_SEED", &seed)]);
    test.env("X509_MUTATIONS", MUTATIONS).env("TLS12_SERVERS", "all").env("X509_REGISTRIES", registries);
    test.args(["test", "--package", "tests", "--test", "x509", "--test", "tls12", "--"]);
    // Not what writes files.
    test.args(["--nocapture", "--include-ignored", "--skip", "generate"]);
    let tests = [
        "differential::",
        "mutated",
        "signed",
        "registries",
        "pkits",
        "stream",
        "strange",
        "recognize",
        "trust",
    ];
    let outcome = report::test(test.args(tests))?;
    let counted = outcome.text();
    for (what, least) in LEAST {
        let count = count_of(&counted, what);
        if count < least {
            return Err(format!("{count} {what}, and {least} are to be tried"));
        }
    }
    Ok(outcome.from(&format!("seed {seed}")))
}

/// The number before exactly these words.
fn count_of(text: &str, what: &str) -> usize {
    let items = text.split([';', ':', ',', '(']).filter_map(|item| item.trim().split_once(' '));
    let mut counts = items.filter(|(_, words)| *words == what).filter_map(|(number, _)| number.parse().ok());
    counts.next().unwrap_or(0)
}

/// Two wheels and two crates, unpacked: browsers' authorities, vectors with PKITS, certificates of other libraries.
fn registries() -> Result<PathBuf, String> {
    let folder = target().join("proof/registries");
    if folder.join("complete").exists() {
        return Ok(folder);
    }
    process::fresh_folder(&folder)?;
    let mut pip = Command::new("python3");
    pip.current_dir(&folder).args(["-m", "pip", "download", "--quiet", "--no-deps", "--dest", "."]);
    process::output(pip.args(["certifi", "cryptography_vectors"]))?;
    for wheel in files(&folder)?.iter().filter(|file| file.extension().is_some_and(|ending| ending == "whl"))
    {
        process::output(
            Command::new("python3").current_dir(&folder).args(["-m", "zipfile", "-e"]).arg(wheel).arg("."),
        )?;
    }
    super::vendored(&folder.join("crates"), &["rustls-webpki = \"*\"", "x509-cert = \"*\""])?;
    fs::write(folder.join("complete"), "").map_err(|error| error.to_string())?;
    Ok(folder)
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(entries.flatten().map(|entry| entry.path()).collect())
}

#[cfg(test)]
mod tests {
    use super::count_of;

    #[test]
    fn counts_are_found_by_their_words() {
        let text = "proved: 9 keys of the registries; 12 keys; 340 PEM texts; 7 certificates (control: keys, a reader)";
        assert_eq!(count_of(text, "keys"), 12);
        assert_eq!(count_of(text, "PEM texts"), 340);
        assert_eq!(count_of(text, "servers"), 0);
    }
}
