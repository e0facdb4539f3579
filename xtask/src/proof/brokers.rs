//! MQTT brokers of other families. The test writes `docs/brokers.md`.

use std::process::Command;

use super::report::{self, Outcome};
use crate::{
    install::{self, MOSQUITTO, NODE, NPM, OPENSSL, PIP, RABBITMQ, tools},
    process,
    progress::Progress,
    root,
};

/// A machine without one of the brokers is no failure: the table's column says that it was not run.
pub(super) fn prove(progress: &Progress) -> Result<Outcome, String> {
    install::install(&[MOSQUITTO, OPENSSL], progress)?;
    for need in [RABBITMQ, NODE, NPM, PIP] {
        let installed = install::install(&[need], progress);
        say(progress, installed);
    }
    if !tools().join("node_modules/aedes").is_dir() {
        let mut npm = Command::new("npm");
        npm.args(["install", "--silent", "--no-audit", "--no-fund", "--prefix"]).arg(tools()).arg("aedes");
        say(progress, progress.during("installing aedes", || process::output(&mut npm)));
    }
    if !tools().join("python/amqtt").is_dir() {
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "install", "--quiet", "--target"]).arg(tools().join("python")).arg("amqtt");
        say(progress, progress.during("installing amqtt", || process::output(&mut pip)));
    }
    say(progress, install::crate_program("rumqttd", progress));
    let mut test = Command::new("cargo");
    test.current_dir(root()).env("BROKERS_TABLE", root().join("docs/brokers.md"));
    test.args(["test", "--package", "tests", "--test", "proof", "--", "--ignored", "--nocapture"]);
    report::test(test.arg("every_promise_at_every_broker"))
}

fn say<T>(progress: &Progress, result: Result<T, String>) {
    if let Err(text) = result {
        progress.say(&text);
    }
}
