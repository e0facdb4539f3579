//! A fleet at one broker. The test writes `docs/fleet.md`.

use std::process::Command;

use super::report::{self, Outcome};
use crate::{
    install::{self, MOSQUITTO, OPENSSL},
    progress::Progress,
    root,
};

/// Each client of the fleet has three sockets here, two of them a proxy's.
const WITH_SOCKETS: &str = "ulimit -n 8192 && exec \"$0\" \"$@\"";

pub(super) fn prove(progress: &Progress) -> Result<Outcome, String> {
    install::install(&[MOSQUITTO, OPENSSL], progress)?;
    let mut test = Command::new("sh");
    test.current_dir(root()).env("FLEET_TABLE", root().join("docs/fleet.md"));
    test.args([
        "-c",
        WITH_SOCKETS,
        "cargo",
        "test",
        "--release",
        "--package",
        "tests",
        "--test",
        "proof",
        "--",
    ]);
    report::test(test.args(["--ignored", "--nocapture", "a_fleet_comes_back"]))
}
