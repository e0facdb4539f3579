//! `cargo xtask COMMAND`: the project's commands.

use std::process::ExitCode;

use xtask::{bench, demo, duties, examples, firmware, packages, proof, test};

const HELP: &str = "\
The project's commands.

Usage: cargo xtask COMMAND [--help]

Commands:
  demo      the device at a real Mosquitto: its messages over TLS, and a command back
  bench     our instruction counts and sizes beside Mbed TLS 2.28's, on an emulated Cortex-M4
  duties    every duty of the RFCs and of MQTT has its test, every source file its tests
  firmware  build the firmware for the NUCLEO-F439ZI; its size, and what it is made of
  packages  the crates as the registry would have them, each built from its package, and with the oldest Rust that it promises
  examples  build the examples, and write the table of their lines, flash and RAM
  proof     what takes too long for every day, part by part
  test      everything that has to hold: install what is missing, lints, tests, fuzz corpora, MCU build, link proof, virtual board, demo
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments.as_slice() {
        ["demo", rest @ ..] => with_help(rest, demo::HELP, demo::run),
        ["test", rest @ ..] => with_help(rest, test::HELP, test::run),
        ["bench", rest @ ..] => with_help(rest, bench::HELP, bench::run),
        ["packages", rest @ ..] => with_help(rest, packages::HELP, packages::run),
        ["duties", rest @ ..] => with_help(rest, duties::HELP, duties::run),
        ["examples", rest @ ..] => with_help(rest, examples::HELP, examples::run),
        ["proof", rest @ ..] => with_help(rest, &proof::help(), proof::run),
        ["firmware", rest @ ..] => with_help(rest, firmware::HELP, firmware::run),
        [] | ["help" | "-h" | "--help"] => {
            print!("{HELP}");
            Ok(())
        }
        [unknown, ..] => Err(format!("xtask: no command {unknown}; `cargo xtask --help` lists them")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            eprintln!("{text}");
            ExitCode::FAILURE
        }
    }
}

/// Runs a command, or prints its help where that is asked for.
fn with_help(arguments: &[&str], help: &str, run: fn(&[&str]) -> Result<(), String>) -> Result<(), String> {
    if arguments.iter().any(|argument| matches!(*argument, "-h" | "--help")) {
        print!("{help}");
        return Ok(());
    }
    run(arguments)
}
