//! The commands, from what the command line says to an exit status.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use mqtt::{Client, Message, QoS};
use status::entropy;

use crate::{
    arguments::Command,
    conversation::Conversation,
    endpoint::with_endpoint,
    failure::Failure,
    inspect,
    limits::Limits,
    lint,
    options::{Link, Payload, Publish, Subscribe, Will},
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
    let link = &publish.link;
    with_endpoint(link, |endpoint| {
        with_client(link, |client| {
            endpoint.connect(limits, |transport| {
                let mut conversation = Conversation::new(client, transport, limits);
                let result = match &mut source {
                    Some(source) => publish::run(&mut conversation, publish, source),
                    None => publish::run_lines(&mut conversation, publish),
                };
                conversation.end();
                result
            })
        })
    })
}

fn print_all(subscribe: &Subscribe) -> Result<(), Failure> {
    let link = &subscribe.link;
    let limits = &Limits::new(link.timeout)?;
    with_endpoint(link, |endpoint| {
        with_client(link, |client| subscribe::run(endpoint, client, limits, subscribe))
    })
}

/// Makes the client, whose session lives through all connections of a run.
fn with_client(link: &Link, job: impl FnOnce(&mut Client<'_>) -> Result<(), Failure>) -> Result<(), Failure> {
    let identifier = match &link.identifier {
        Some(identifier) => identifier.clone(),
        None => random_identifier()?,
    };
    let (mut spill, mut in_flight) = (vec![0; SPILL], vec![0; IN_FLIGHT]);
    let mut client = Client::new(options(link, &identifier), &mut spill, &mut in_flight)?;
    job(&mut client)
}

fn options<'b>(link: &'b Link, identifier: &'b str) -> mqtt::Options<'b> {
    mqtt::Options {
        client_id: identifier,
        clean_session: link.clean,
        keep_alive: link.keep_alive,
        will: link.will.as_ref().map(will),
        user_name: link.user_name.as_deref(),
        password: link.password.as_deref().map(str::as_bytes),
        ..mqtt::Options::default()
    }
}

fn will(will: &Will) -> Message<'_> {
    let qos = QoS::from_number(will.qos).unwrap_or_default();
    Message { topic: &will.topic, payload: &will.payload, qos, retain: will.retain }
}

/// A name of its own for every run: two clients of one name would throw each other out (MQTT 3.1.1 §3.1.4).
fn random_identifier() -> Result<String, Failure> {
    let mut bytes = [0; 6];
    getrandom::fill(&mut bytes).map_err(|_| Failure::from(entropy::SOURCE_FAILED))?;
    Ok(bytes.iter().fold("mqtts-".to_owned(), |name, byte| name + &format!("{byte:02x}")))
}

/// The longest topic and the longest answer to a subscription.
const SPILL: usize = 128 * 1024;
/// The head of one message, and 32,000 received ones of QoS 2 at once.
const IN_FLIGHT: usize = 256 * 1024;
