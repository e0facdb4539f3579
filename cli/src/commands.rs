//! The commands, from what the command line says to an exit status.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use crate::{
    arguments::Command,
    endpoint::with_session,
    failure::Failure,
    inspect,
    limits::Limits,
    lint,
    options::{Link, Payload, Publish, Subscribe},
    publish,
    source::Source,
    subscribe,
};

/// Does it.
///
/// # Errors
/// The failure that ends it; what `inspect` and `lint` have found is printed and shows in the exit status alone.
pub(crate) fn execute(command: &Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Print(page) => {
            io::stdout().write_all(page.text().as_bytes()).map_err(Failure::Output)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Publish(command) => quietly(&command.link, publish_all(command)),
        Command::Subscribe(command) => quietly(&command.link, print_all(command)),
        Command::Inspect(files) => inspect::run(files),
        Command::Lint(lint) => lint::run(lint),
    }
}

/// `--quiet`: only the exit status tells.
fn quietly(link: &Link, result: Result<(), Failure>) -> Result<ExitCode, Failure> {
    match result {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(failure) if link.quiet => Ok(failure.exit_code()),
        Err(failure) => Err(failure),
    }
}

fn publish_all(publish: &Publish) -> Result<(), Failure> {
    let limits = &Limits::new(publish.link.timeout)?;
    let mut source = match &publish.payload {
        Payload::Lines => None,
        payload => Some(Source::open(payload, limits)?),
    };
    with_session(&publish.link, limits, |session| match &mut source {
        Some(source) => publish::run(session, publish, source),
        None => publish::run_lines(session, publish),
    })
}

fn print_all(subscribe: &Subscribe) -> Result<(), Failure> {
    let limits = &Limits::new(subscribe.link.timeout)?;
    with_session(&subscribe.link, limits, |session| subscribe::run(session, limits, subscribe))
}
