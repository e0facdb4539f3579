//! `mqtts pub`: a message, the same one several times, or each line of standard input.
//!
//! A lost connection is made again, and messages that the server has not acknowledged are sent again in their order. They are kept here,
//! not in the client, because the client discards them with a clean session (MQTT 3.1.1 §3.1.2.4).

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
    session::{ClientLoop, SendAttempt},
    source::{Lines, PIECE, PayloadReader},
};

/// Publishes one message `--repeat` times. Waits for each delivery at quality of service 1 and 2 (MQTT 3.1.1 §4.3).
///
/// # Errors
/// As [`ClientLoop::turn`]; `pk::FILE_IO_ERROR` when reading the file fails.
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

/// Sends one message completely, or continues one that a kept session sends again by itself.
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
    if publish.qos == 0 {
        session.written(None);
    }
    Ok(())
}

/// Publishes lines as they arrive, several at the same time, and waits for all deliveries at the end.
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
        let result = queue.send_all(session);
        queue.forget_delivered(session);
        session.is_owing = queue.is_owing();
        result
    })
}

/// The lines that are being sent.
struct OutgoingLines<'a> {
    publish: &'a PublishOptions,
    input: Lines,
    /// Lines to send before those of the input.
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
                    let sending = session.send(&message(self.publish, line))?;
                    if let SendAttempt::Begun(identifier) = sending {
                        let line = self.waiting.pop_front().unwrap_or_default();
                        self.sent.extend(identifier.map(|identifier| (identifier, line)));
                    } else {
                        let _ = session.turn(TICK, &[], &mut |_| Ok(ControlFlow::Continue(())))?;
                    }
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

    /// Whether a line is not yet sent, or not yet acknowledged.
    fn is_owing(&self) -> bool {
        !(self.waiting.is_empty() && self.sent.is_empty())
    }

    /// Continues a long line that has been begun, or that a kept session has begun to send again: the client needs its bytes.
    fn go_on(&self, session: &mut ClientLoop<'_, '_, '_>) -> Result<(), CommandFailure> {
        let Some(stream) = session.stream() else { return Ok(()) };
        let sent = self.sent.iter().find(|(identifier, _)| Some(*identifier) == stream.identifier);
        let line = sent.map(|(_, line)| line.as_slice()).unwrap_or_default();
        let begin = line.len().saturating_sub(stream.remaining);
        session.append(line.get(begin..).unwrap_or_default())
    }

    /// Forgets the lines that the client no longer has: on the connection that they were sent on, these are delivered.
    fn forget_delivered(&mut self, session: &ClientLoop<'_, '_, '_>) {
        if self.sent.len() != session.undelivered() {
            let open: HashSet<_> = session.open().collect();
            self.sent.retain(|(identifier, _)| open.contains(identifier));
        }
    }

    /// After a reconnection: lines that the client no longer has were discarded. Sends them again first.
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

/// How many connections in a row may end without progress before the program gives up.
const PATIENCE: u32 = 3;
