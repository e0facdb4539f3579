//! `mqtts`: publish, subscribe, inspect and lint from a PC, over this project's own TLS and MQTT.
//!
//! ```text
//!   main ──► arguments, options ──► commands ─┬─► publish, subscribe ──► conversation ──► mqtt
//!              │                              │          │                    │
//!              ▼                              │       endpoint             transport ────► socket, trace
//!        help, manual, completion             │   (files, connect)            │
//!                                             │                             layer ──────► tls12, or nothing
//!                                             └─► inspect, lint ──► files ──► x509
//! ```
//!
//! The protocol cores do no I/O; `transport` is the only place that reads and writes the socket, `conversation` the only loop.
//! Every failure ends as one line on standard error (`failure`), with what usually causes it (`hint`), and an exit status. The
//! options stand in one table (`options/rows`), from which help pages, manual page and completion are made.
#![forbid(unsafe_code)]

mod arguments;
mod commands;
mod completion;
mod connect;
mod conversation;
mod endpoint;
mod failure;
mod files;
mod format;
mod help;
mod hint;
mod inspect;
mod layer;
mod limits;
mod lint;
mod manual;
mod options;
mod pause;
mod printer;
mod publish;
mod random;
mod ready;
mod source;
mod subscribe;
mod trace;
mod transport;
mod trust;

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
