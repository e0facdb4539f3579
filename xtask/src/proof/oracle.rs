//! Bytes of every kind of damage beside the real Mbed TLS 2.28.

use std::{
    process::Command,
    time::{SystemTime, UNIX_EPOCH},
};

use super::report::{self, Outcome};
use crate::{
    install::{self, MBEDTLS, OPENSSL},
    progress::Progress,
    root,
};

/// How many mutations of each file, so that a run has more than half a million of them.
const MUTATIONS: &str = "2000";

pub(super) fn prove(progress: &Progress) -> Result<Outcome, String> {
    install::install(&[MBEDTLS, OPENSSL], progress)?;
    let seed = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()).to_string();
    progress.say(&format!("X509_SEED={seed} X509_MUTATIONS={MUTATIONS} TLS12_SEED={seed}"));
    let mut test = Command::new("cargo");
    test.current_dir(root()).envs([("X509_SEED", &seed), ("TLS12_SEED", &seed)]);
    test.env("X509_MUTATIONS", MUTATIONS);
    test.args(["test", "--release", "--package", "tests", "--test", "x509", "--test", "tls12", "--"]);
    report::test(test.args([
        "--nocapture",
        "differential",
        "mutated",
        "stream",
        "strange",
        "recognize",
        "trust",
    ]))
}
