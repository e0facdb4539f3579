//! The program.

use std::{
    fs,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use xtask::process::{self, Server};

use crate::folder;

const PATIENCE: Duration = Duration::from_secs(60);

fn command(name: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_device"));
    command.arg("--state").arg(folder(name));
    command
}

#[test]
fn commands_are_obeyed_and_mistakes_are_told() {
    let mut device = Server::start(&command("commands"), "http http://127.0.0.1:", PATIENCE).unwrap();
    for line in ["input 4 on", "input 4 off", "cable out", "cable in", "sntp off", "dhcp on", "dns off"] {
        device.type_in(&format!("{line}\n")).unwrap();
        device.wait_for(&format!("done: {line}"), PATIENCE).unwrap();
    }
    device.type_in("input 5 on\n").unwrap();
    device.wait_for("no command \"input 5 on\"", PATIENCE).unwrap();
    device.type_in("counters\n").unwrap();
    device.wait_for("counters Counters {", PATIENCE).unwrap();
}

#[test]
fn a_reset_keeps_the_port_and_the_backup_memory_and_a_power_cut_does_not() {
    let state = folder("reset");
    let mut command = Command::new(env!("CARGO_BIN_EXE_device"));
    command.arg("--state").arg(&state);
    // With an address, the device has put the memory in order.
    let mut device = Server::start(&command, "lease ", PATIENCE).unwrap();
    let kept = fs::read(state.join("backup.memory")).unwrap();
    device.type_in("reset\n").unwrap();
    device.wait_for("reset pin", PATIENCE).unwrap();
    let line = device.log().lines().find(|line| line.starts_with("http ")).unwrap().to_owned();
    // At the same port again, and with an address.
    let is_back = |log: &str| log.split(&line).nth(2).is_some_and(|since| since.contains("lease "));
    let end = Instant::now() + PATIENCE;
    while !is_back(&device.log()) {
        assert!(Instant::now() < end, "not back at {line}: {}", device.log());
        thread::sleep(Duration::from_millis(20));
    }
    assert!(fs::read(state.join("backup.memory")).unwrap() == kept);
    drop(device);
    drop(Server::start(&command, "lease ", PATIENCE).unwrap());
    assert!(fs::read(state.join("backup.memory")).unwrap() != kept);
}

#[test]
fn help_and_mistakes() {
    let mut help = Command::new(env!("CARGO_BIN_EXE_device"));
    let finished = process::finish(help.arg("--help"), PATIENCE).unwrap();
    assert!(finished.success && finished.output.contains("--state FOLDER"));
    let finished = process::finish(&Command::new(env!("CARGO_BIN_EXE_device")), PATIENCE).unwrap();
    assert!(!finished.success && finished.errors.contains("--state is missing"));
}
