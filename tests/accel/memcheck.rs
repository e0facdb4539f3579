//! No branch and no address depends on a secret, in this machine's code as the compiler made it: Valgrind's memcheck is told that
//! secrets are undefined memory, and watches (`tests/src/bin/undefined_secrets.rs`).
//!
//! What it may see is in `memcheck.supp`: that a record is refused.

use std::process::{Command, Output};

use xtask::process::need;

/// What memcheck's errors make of a program's exit code.
const SEEN: i32 = 99;

fn watched(work: &str) -> (Output, String) {
    let mut command = Command::new(need("valgrind").unwrap());
    command.args(["--quiet", "--read-inline-info=no", &format!("--error-exitcode={SEEN}")]);
    command.arg(concat!("--suppressions=", env!("CARGO_MANIFEST_DIR"), "/accel/memcheck.supp"));
    let output = command.args([env!("CARGO_BIN_EXE_undefined_secrets"), work]).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    (output, errors)
}

fn assert_nothing_is_seen(work: &str) {
    let (output, errors) = watched(work);
    assert!(output.status.success(), "{work}:\n{errors}");
}

#[test]
fn a_branch_and_an_address_are_seen() {
    for (work, error) in [("branch", "Conditional jump"), ("address", "Use of uninitialised value")] {
        let (output, errors) = watched(work);
        assert_eq!(output.status.code(), Some(SEEN), "{work}:\n{errors}");
        assert!(errors.contains(error), "{work}:\n{errors}");
    }
}

#[test]
fn ciphers() {
    ["cbc", "seal", "open"].into_iter().for_each(assert_nothing_is_seen);
}

#[test]
fn keyed_hashes() {
    ["hmac", "prf"].into_iter().for_each(assert_nothing_is_seen);
}

#[test]
fn records_of_every_suite() {
    ["records sealed", "records opened"].into_iter().for_each(assert_nothing_is_seen);
}
