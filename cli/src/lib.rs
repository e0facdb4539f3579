//! `mqtts`: publish, subscribe, inspect and lint from a PC, over this project's own TLS and MQTT.
//!
//! ```text
//!   main ──► arguments, options ──► commands ─┬─► publish, subscribe ──► conversation ──► mqtt
//!                                             │                               │
//!                                             │                           transport ────► socket, trace
//!                                             │                               │
//!                                             │                             layer ──────► tls12, or nothing
//!                                             └─► inspect, lint ──► files ──► x509
//! ```
//!
//! The protocol cores do no I/O; `transport` is the only place that reads and writes the socket, `conversation` the only loop.
//! Every failure ends as one line on standard error and an exit status (`failure`).
#![forbid(unsafe_code)]

mod arguments;
mod commands;
mod connect;
mod conversation;
mod failure;
mod files;
mod help;
mod inspect;
mod layer;
mod lint;
mod options;
mod publish;
mod random;
mod secure;
mod subscribe;
mod trace;
mod transport;

use std::{ffi::OsString, process::ExitCode};

/// Does what the arguments say, the program's own name first.
pub fn run(arguments: impl IntoIterator<Item = OsString, IntoIter: 'static>) -> ExitCode {
    match arguments::parse(arguments).and_then(|command| commands::execute(&command)) {
        Ok(exit_code) => exit_code,
        Err(failure) => {
            failure.print();
            failure.exit_code()
        }
    }
}
