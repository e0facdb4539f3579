//! `mqtts`: publish, subscribe, inspect and lint from a PC, over this project's own TLS and MQTT.
//!
//! ```text
//!   main ──► arguments, options ──► commands ─┬─► publish, subscribe ──► session ──► mqtts::Client
//!              │                              │          │                │
//!              ▼                              │       endpoint         network ──► socket, trace
//!        help, manual, completion             │   (files, connect)
//!                                             │
//!                                             └─► inspect, lint ──► files ──► x509
//! ```
//!
//! The client does no I/O: `network` is the only place that reads and writes the socket, and the loop is `mqtts::nonblocking`. Every
//! failure becomes one line on standard error (`failure`), with its usual cause (`hint`), and an exit status. The table of options
//! (`options/rows`) is the source of help pages, manual page and completion.
#![forbid(unsafe_code)]

mod arguments;
mod commands;
mod completion;
mod connect;
mod endpoint;
mod failure;
mod files;
mod format;
mod help;
mod hint;
mod inspect;
mod limits;
mod lint;
mod manual;
mod network;
mod options;
mod printer;
mod publish;
mod ready;
mod reconnect;
mod session;
mod source;
mod subscribe;
mod trace;
mod trust;

use std::{ffi::OsString, process::ExitCode};

/// Runs the program. The first argument is its name.
pub fn run(arguments: impl IntoIterator<Item = OsString, IntoIter: 'static>) -> ExitCode {
    match arguments::parse(arguments).and_then(|command| commands::execute(&command)) {
        Ok(exit_code) => exit_code,
        Err(failure) => {
            failure.print();
            failure.exit_code()
        }
    }
}
