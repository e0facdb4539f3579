//! The four commands, from what the command line says to an exit status.

use std::{
    io::{self, Write},
    process::ExitCode,
    sync::{Arc, atomic::AtomicBool},
    time::Instant,
};

use mqtt::{Client, Message, QoS};
use signal_hook::{
    consts::{SIGINT, SIGTERM},
    flag,
};
use status::{entropy, generic};

use crate::{
    arguments::Command,
    conversation::{Conversation, Limits},
    failure::Failure,
    inspect, lint,
    options::{Link, Publish, Subscribe, Will},
    publish::{self, Source},
    secure, subscribe,
};

/// Does it.
///
/// # Errors
/// The failure that ends it; what `inspect` and `lint` have found is printed and shows in the exit status alone.
pub(crate) fn execute(command: &Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Print(text) => {
            io::stdout().write_all(text.as_bytes()).map_err(Failure::Output)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Publish(publish) => publish_one(publish),
        Command::Subscribe(subscribe) => print_all(subscribe),
        Command::Inspect(files) => inspect::run(files),
        Command::Lint(lint) => lint::run(lint),
    }
}

fn publish_one(publish: &Publish) -> Result<ExitCode, Failure> {
    let source = Source::open(&publish.payload)?;
    converse(&publish.link, |conversation| publish::run(conversation, publish, source))
}

fn print_all(subscribe: &Subscribe) -> Result<ExitCode, Failure> {
    converse(&subscribe.link, |conversation| subscribe::run(conversation, subscribe))
}

/// Connects, lets `job` talk, and says goodbye whatever came of it.
fn converse(
    link: &Link,
    job: impl FnOnce(&mut Conversation<'_, '_, '_>) -> Result<(), Failure>,
) -> Result<ExitCode, Failure> {
    let limits = Limits { start: Instant::now(), timeout: link.timeout, interrupted: signals()? };
    let identifier = match &link.identifier {
        Some(identifier) => identifier.clone(),
        None => random_identifier()?,
    };
    let (mut spill, mut in_flight) = (vec![0; SPILL], vec![0; IN_FLIGHT]);
    let client = Client::new(options(link, &identifier), &mut spill, &mut in_flight)?;
    secure::with_transport(link, |transport| {
        let mut conversation = Conversation::new(client, transport, limits);
        let result = job(&mut conversation);
        conversation.end();
        result
    })?;
    Ok(ExitCode::SUCCESS)
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

/// The flag that the first SIGINT or SIGTERM sets; the second one ends the program at once.
fn signals() -> Result<Arc<AtomicBool>, Failure> {
    let interrupted = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        flag::register_conditional_shutdown(signal, SECOND_SIGNAL, Arc::clone(&interrupted))
            .and_then(|_| flag::register(signal, Arc::clone(&interrupted)))
            .map_err(|error| Failure::at(generic::GENERIC_ERROR, format!("signals: {error}")))?;
    }
    Ok(interrupted)
}

/// The exit status of a program that SIGINT has ended, as shells have it.
const SECOND_SIGNAL: i32 = 130;
/// The longest topic and the longest answer to a subscription.
const SPILL: usize = 128 * 1024;
/// The head of one message, and 32,000 received ones of QoS 2 at once.
const IN_FLIGHT: usize = 256 * 1024;
