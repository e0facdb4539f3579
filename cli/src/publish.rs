//! `mqtts pub`: a message, the same one several times, or each line of standard input.

use std::ops::ControlFlow;

use mqtt::{Message, QoS};
use rustix::event::PollFlags;

use crate::{
    failure::CommandFailure,
    limits::TICK,
    options::PublishOptions,
    session::ClientLoop,
    source::{Lines, PIECE, PayloadReader},
};

/// Publishes one message, `--repeat` times, and waits for each delivery where the quality of service promises one
/// (MQTT 3.1.1 §4.3).
///
/// # Errors
/// As [`ClientLoop::turn`]; `pk::FILE_IO_ERROR` when the file fails half way.
pub(crate) fn run(
    session: &mut ClientLoop<'_, '_, '_>,
    publish: &PublishOptions,
    source: &mut PayloadReader,
) -> Result<(), CommandFailure> {
    session.establish()?;
    let mut buffer = vec![0; PIECE];
    for round in 0..publish.repeat {
        if round > 0 {
            session.rest(publish.repeat_delay)?;
            source.rewind()?;
        }
        session.start(&message(publish, &[]), source.length)?;
        while session.missing() > 0 {
            let piece = source.next(&mut buffer, session.missing())?;
            session.append(piece)?;
        }
        session.deliver()?;
    }
    Ok(())
}

/// Publishes lines as they come, several at once under way, and waits for all deliveries at the end.
///
/// # Errors
/// As [`ClientLoop::turn`]; `pk::FILE_IO_ERROR` when standard input fails.
pub(crate) fn run_lines(
    session: &mut ClientLoop<'_, '_, '_>,
    publish: &PublishOptions,
) -> Result<(), CommandFailure> {
    session.establish()?;
    let mut lines = Lines::default();
    while !lines.is_over() {
        let has_room = session.undelivered() < usize::from(publish.under_way);
        if has_room {
            if let Some(line) = lines.next()? {
                session.send(&message(publish, &line))?;
                continue;
            }
            if lines.read()? {
                continue;
            }
        }
        let input = [(Lines::file(), PollFlags::IN)];
        let also = if has_room { input.as_slice() } else { &[] };
        let _ = session.turn(TICK, also, &mut |_| Ok(ControlFlow::Continue(())))?;
    }
    session.deliver()
}

fn message<'a>(publish: &'a PublishOptions, payload: &'a [u8]) -> Message<'a> {
    let qos = QoS::from_number(publish.qos).unwrap_or_default();
    Message { topic: &publish.topic, payload, qos, retain: publish.retain }
}
