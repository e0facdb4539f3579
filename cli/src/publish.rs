//! `mqtts pub`: a message, the same one several times, or each line of standard input.
//!
//! A connection that is lost is made again, and what the server has not acknowledged is sent again, in its order. What is under way is
//! kept here, not in the client: with a clean session the client forgets it with the connection (MQTT 3.1.1 §3.1.2.4).

use std::{
    collections::{HashSet, VecDeque},
    num::NonZeroU16,
    ops::ControlFlow,
};

use mqtt::{Message, QoS};
use rustix::event::PollFlags;

use crate::{
    failure::CommandFailure,
    limits::TICK,
    options::PublishOptions,
    reconnect::{tell, until_done},
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
    let mut round = 0;
    until_done(session, &publish.link, PATIENCE, |session| {
        establish(session, publish)?;
        while round < publish.repeat {
            if round > 0 {
                session.rest(publish.repeat_delay)?;
            }
            deliver(session, publish, source)?;
            round = round.saturating_add(1);
        }
        Ok(())
    })
}

/// Sends one message to its end, or goes on with the one that a kept session sends again by itself.
fn deliver(
    session: &mut ClientLoop<'_, '_, '_>,
    publish: &PublishOptions,
    source: &mut PayloadReader,
) -> Result<(), CommandFailure> {
    let mut buffer = vec![0; PIECE];
    source.rewind()?;
    if session.undelivered() == 0 {
        session.start(&message(publish, &[]), source.length)?;
    }
    while session.is_sending() {
        if session.missing() > 0 {
            let piece = source.next(&mut buffer, session.missing())?;
            session.append(piece)?;
        } else {
            let _ = session.turn(TICK, &[], &mut |_| Ok(ControlFlow::Continue(())))?;
        }
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
    let mut queue =
        OutgoingLines { publish, input: Lines::default(), waiting: VecDeque::new(), sent: VecDeque::new() };
    until_done(session, &publish.link, PATIENCE, |session| {
        establish(session, publish)?;
        queue.recall(session);
        queue.send_all(session).inspect_err(|_| queue.forget_delivered(session))
    })
}

/// The lines that are on their way.
struct OutgoingLines<'a> {
    publish: &'a PublishOptions,
    input: Lines,
    /// Lines that are to be sent before those of the input.
    waiting: VecDeque<Vec<u8>>,
    /// Lines of quality of service 1 and 2 that the server has not acknowledged, oldest first.
    sent: VecDeque<(NonZeroU16, Vec<u8>)>,
}

impl OutgoingLines<'_> {
    fn send_all(&mut self, session: &mut ClientLoop<'_, '_, '_>) -> Result<(), CommandFailure> {
        loop {
            self.go_on(session)?;
            self.forget_delivered(session);
            let has_room = self.sent.len() < usize::from(self.publish.under_way);
            if has_room {
                if self.waiting.is_empty() {
                    self.waiting.extend(self.input.next()?);
                }
                if let Some(line) = self.waiting.front() {
                    let identifier = session.send(&message(self.publish, line))?;
                    let line = self.waiting.pop_front().unwrap_or_default();
                    self.sent.extend(identifier.map(|identifier| (identifier, line)));
                    continue;
                }
                if self.input.is_over() && !session.is_sending() {
                    return Ok(());
                }
                if self.input.read()? {
                    continue;
                }
            }
            let input = [(Lines::file(), PollFlags::IN)];
            let also = if has_room && !self.input.is_over() { input.as_slice() } else { &[] };
            let _ = session.turn(TICK, also, &mut |_| Ok(ControlFlow::Continue(())))?;
        }
    }

    /// A kept session begins a long line again by itself, and asks for its bytes.
    fn go_on(&self, session: &mut ClientLoop<'_, '_, '_>) -> Result<(), CommandFailure> {
        let Some(stream) = session.stream() else { return Ok(()) };
        let sent = self.sent.iter().find(|(identifier, _)| Some(*identifier) == stream.identifier);
        let line = sent.map(|(_, line)| line.as_slice()).unwrap_or_default();
        let begin = line.len().saturating_sub(stream.remaining);
        session.append(line.get(begin..).unwrap_or_default())
    }

    /// What the client does not have any more is delivered, as long as the connection is the one that it was sent on.
    fn forget_delivered(&mut self, session: &ClientLoop<'_, '_, '_>) {
        if self.sent.len() != session.undelivered() {
            let open: HashSet<_> = session.open().collect();
            self.sent.retain(|(identifier, _)| open.contains(identifier));
        }
    }

    /// On a new connection, what the client does not have any more is forgotten, and sent again before anything else.
    fn recall(&mut self, session: &ClientLoop<'_, '_, '_>) {
        let open: HashSet<_> = session.open().collect();
        let (kept, lost): (VecDeque<_>, VecDeque<_>) =
            self.sent.drain(..).partition(|(identifier, _)| open.contains(identifier));
        self.sent = kept;
        for (_, line) in lost.into_iter().rev() {
            self.waiting.push_front(line);
        }
    }
}

fn establish(session: &mut ClientLoop<'_, '_, '_>, publish: &PublishOptions) -> Result<(), CommandFailure> {
    session.establish()?;
    if session.connections > 1 {
        tell(&publish.link, "mqtts: connected again; what was not acknowledged is sent again");
    }
    Ok(())
}

fn message<'a>(publish: &'a PublishOptions, payload: &'a [u8]) -> Message<'a> {
    let qos = QoS::from_number(publish.qos).unwrap_or_default();
    Message { topic: &publish.topic, payload, qos, retain: publish.retain }
}

/// A server that ends so many connections in a row without taking anything does not want it.
const PATIENCE: u32 = 3;
