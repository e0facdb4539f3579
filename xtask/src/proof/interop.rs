//! Servers of other families, every suite at each. The test writes `docs/interop.md`.

use std::process::Command;

use super::report::{self, Outcome};
use crate::{
    install::{self, ERLANG, GNUTLS, GO, JAVA, MBEDTLS, NODE, OPENSSL, PIP},
    process,
    progress::Progress,
    root,
};

/// A machine without one of the peers is no failure: the table's row says that it was not run.
pub(super) fn prove(progress: &Progress) -> Result<Outcome, String> {
    for need in [OPENSSL, NODE, GNUTLS, MBEDTLS, PIP, JAVA, GO, ERLANG] {
        if let Err(text) = install::install(&[need], progress) {
            progress.say(&text);
        }
    }
    let tlslite = || process::output(Command::new("python3").args(["-c", "import tlslite"]));
    if tlslite().is_err() {
        let installed = progress.during("installing tlslite-ng", || {
            process::output(Command::new("python3").args(["-m", "pip", "install", "--user", "tlslite-ng"]))
        });
        if let Err(text) = installed {
            progress.say(&text);
        }
    }
    let mut test = Command::new("cargo");
    test.current_dir(root()).env("INTEROP_TABLE", root().join("docs/interop.md"));
    test.args(["test", "--package", "tests", "--test", "peers", "--", "--ignored", "--nocapture"]);
    report::test(test.arg("every_suite_at_every_family"))
}
