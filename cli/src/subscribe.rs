//! `mqtts sub`: prints messages as they come, each on a line of its own.

use std::{
    io::{self, Write},
    ops::ControlFlow,
};

use mqtt::{Event, QoS, Received, Subscription};
use status::mqtt::SUBSCRIPTION_REFUSED;

use crate::{
    conversation::{Conversation, Flow},
    failure::Failure,
    options::Subscribe,
};

/// Subscribes and prints until the wanted number of messages has come, or the user or the clock says stop.
///
/// # Errors
/// As [`Conversation::run`]; `SUBSCRIPTION_REFUSED` with the filter; [`Failure::Output`].
pub(crate) fn run(conversation: &mut Conversation<'_, '_, '_>, subscribe: &Subscribe) -> Result<(), Failure> {
    let qos = QoS::from_number(subscribe.qos).unwrap_or_default();
    let list: Vec<_> = subscribe.filters.iter().map(|filter| Subscription { filter, qos }).collect();
    let mut printer = Printer { out: io::stdout().lock(), subscribe, printed: 0 };
    conversation.establish()?;
    conversation.subscribe(&list)?;
    match conversation.run(|event| printer.take(&event)) {
        // The user has seen enough.
        Err(Failure::Interrupted) => Ok(()),
        result => result,
    }
}

/// Writes messages to standard output.
struct Printer<'a, W> {
    out: W,
    subscribe: &'a Subscribe,
    printed: u64,
}

impl<W: Write> Printer<'_, W> {
    fn take(&mut self, event: &Event<'_>) -> Flow {
        match event {
            Event::Subscribed { results, .. } => self.check(results.iter()),
            Event::Message(received) => self.message(received).map_err(Failure::Output),
            Event::Chunk { data, offset, total } => {
                let is_last = offset.saturating_add(data.len()) >= *total;
                self.payload(data, is_last).map_err(Failure::Output)
            }
            _ => Ok(ControlFlow::Continue(())),
        }
    }

    /// MQTT 3.1.1 §3.9.3: the answers come in the order of the filters.
    fn check(&self, results: impl Iterator<Item = Option<QoS>>) -> Flow {
        let mut answers = self.subscribe.filters.iter().zip(results);
        match answers.find(|(_, granted)| granted.is_none()) {
            Some((filter, _)) => Err(Failure::at(SUBSCRIPTION_REFUSED, format!("-t {filter}"))),
            None => Ok(ControlFlow::Continue(())),
        }
    }

    fn message(&mut self, received: &Received<'_>) -> io::Result<ControlFlow<()>> {
        if self.subscribe.verbose {
            write!(self.out, "{} ", received.message.topic)?;
        }
        self.payload(received.message.payload, received.is_whole())
    }

    fn payload(&mut self, data: &[u8], is_last: bool) -> io::Result<ControlFlow<()>> {
        self.out.write_all(data)?;
        if !is_last {
            return Ok(ControlFlow::Continue(()));
        }
        self.out.write_all(b"\n")?;
        self.out.flush()?;
        self.printed = self.printed.saturating_add(1);
        let is_enough = self.subscribe.count.is_some_and(|count| self.printed >= count);
        Ok(if is_enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }
}
