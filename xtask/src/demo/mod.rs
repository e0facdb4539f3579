//! `cargo xtask demo`: the device at a real broker; or `mqtts` at it, in every suite and every mode.

mod device;
mod suites;

use device::{Kind, Length};

/// What `--help` prints.
pub const HELP: &str = "\
Shows the main job: the device publishes to a real Mosquitto over TLS, and a command switches one of its outputs.

Usage: cargo xtask demo [--once] [--host]
       cargo xtask demo --suites

  --once     end as soon as one command has gone from the broker to the device and its answer back; exit status 0 if it has
  --host     the device as a process on this PC instead of the firmware's ELF on the virtual NUCLEO-F439ZI
  --suites   no device: publish a message and receive it again with mqtts, in every suite and every mode, and print the table

Installs mosquitto and openssl when they are missing and it runs as root on Debian; otherwise says in one line what to
install. Keys, certificates and the broker's configuration are made anew in target/demo and are for this only. The device is
set up through the HTTP requests of its menu. Everything listens on loopback and ends with the command.
";

/// Runs the command.
///
/// # Errors
/// What to install; what did not start; what did not come in time; how many rows failed.
pub fn run(arguments: &[&str]) -> Result<(), String> {
    let (mut kind, mut length) = (Kind::VirtualBoard, Length::UntilInterrupted);
    if arguments == ["--suites"] {
        return suites::run();
    }
    for argument in arguments {
        match *argument {
            "--once" => length = Length::Once,
            "--host" => kind = Kind::Host,
            unknown => return Err(format!("cargo xtask demo: not here: {unknown}; --help says more")),
        }
    }
    device::run(kind, length)
}
