//! Runs the command that the command line names, and returns its exit status.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use crate::{
    arguments::Invocation,
    endpoint::with_session,
    failure::CommandFailure,
    inspect,
    limits::Limits,
    lint,
    options::{ConnectionOptions, PayloadOrigin, PublishOptions, SubscribeOptions},
    publish,
    source::PayloadReader,
    subscribe,
};

/// Runs the command.
///
/// # Errors
/// The failure that ends it. What `inspect` and `lint` find is printed, and shows only in the exit status.
pub(crate) fn execute(command: &Invocation) -> Result<ExitCode, CommandFailure> {
    match command {
        Invocation::Print(page) => {
            io::stdout().write_all(page.text().as_bytes()).map_err(CommandFailure::Output)?;
            Ok(ExitCode::SUCCESS)
        }
        Invocation::Publish(command) => quietly(&command.link, publish_all(command)),
        Invocation::Subscribe(command) => quietly(&command.link, print_all(command)),
        Invocation::Inspect(files) => inspect::run(files),
        Invocation::Lint(lint) => lint::run(lint),
    }
}

/// With `--quiet` nothing is printed: only the exit status tells the result.
fn quietly(link: &ConnectionOptions, result: Result<(), CommandFailure>) -> Result<ExitCode, CommandFailure> {
    match result {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(failure) if link.quiet => Ok(failure.exit_code()),
        Err(failure) => Err(failure),
    }
}

fn publish_all(publish: &PublishOptions) -> Result<(), CommandFailure> {
    let limits = &Limits::new(publish.link.timeout)?;
    let mut source = match &publish.payload {
        PayloadOrigin::Lines => None,
        payload => Some(PayloadReader::open(payload, limits)?),
    };
    with_session(&publish.link, limits, publish.under_way, |session| match &mut source {
        Some(source) => publish::run(session, publish, source),
        None => publish::run_lines(session, publish),
    })
}

fn print_all(subscribe: &SubscribeOptions) -> Result<(), CommandFailure> {
    let limits = &Limits::new(subscribe.link.timeout)?;
    with_session(&subscribe.link, limits, mqtt::Options::default().max_in_flight, |session| {
        subscribe::run(session, limits, subscribe)
    })
}
