//! Messages over bad lines to a real Mosquitto.

use std::process::Command;

use super::report::{self, Outcome};
use crate::{
    install::{self, MOSQUITTO, OPENSSL},
    progress::Progress,
    root,
};

pub(super) fn prove(progress: &Progress) -> Result<Outcome, String> {
    install::install(&[MOSQUITTO, OPENSSL], progress)?;
    let mut test = Command::new("cargo");
    test.current_dir(root());
    test.args(["test", "--package", "tests", "--test", "proof", "--", "--ignored", "--nocapture"]);
    report::test(test.arg("nothing_is_lost_on_a_bad_line"))
}
