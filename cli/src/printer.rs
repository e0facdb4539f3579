//! Prints messages on standard output. A message is printed only when it is complete.

use std::{
    io::{self, StdoutLock, Write},
    ops::ControlFlow,
};

use jiff::ZonedDateTime;
use mqtt::{Event, QoS, Received, topic};
use rustix::event::PollFlags;
use status::mqtt::SUBSCRIPTION_REFUSED;

use crate::{
    failure::CommandFailure, format::Printed, limits::Limits, options::SubscribeOptions, ready, session::Flow,
};

/// Takes the events of all connections.
pub(crate) struct Printer<'a> {
    out: StdoutLock<'static>,
    subscribe: &'a SubscribeOptions,
    limits: &'a Limits,
    printed: u64,
    /// The message whose chunks are arriving.
    partial: Option<Partial>,
    /// Whether answers to SUBSCRIBE or UNSUBSCRIBE are outstanding.
    subscribing: bool,
    unsubscribing: bool,
    /// Topics of retained messages to clear.
    pub to_clear: Vec<String>,
    /// Topics that are being cleared. The server sends that back as an empty message, which is not printed.
    echoes: Vec<String>,
}

/// A message that is not yet complete.
struct Partial {
    topic: String,
    payload: Vec<u8>,
    qos: u8,
    retain: bool,
    identifier: u16,
}

impl<'a> Printer<'a> {
    /// Nothing printed yet.
    pub(crate) fn new(subscribe: &'a SubscribeOptions, limits: &'a Limits) -> Self {
        Self {
            out: io::stdout().lock(),
            subscribe,
            limits,
            printed: 0,
            partial: None,
            subscribing: true,
            unsubscribing: true,
            to_clear: Vec::new(),
            echoes: Vec::new(),
        }
    }

    /// A new connection begins: a message that had arrived in part will not be completed.
    pub(crate) fn begin(&mut self) {
        self.partial = None;
    }

    /// Whether answers are outstanding, or nothing has been requested yet.
    pub(crate) const fn is_waiting(&self) -> bool {
        self.subscribing || self.unsubscribing
    }

    /// SUBSCRIBE and UNSUBSCRIBE have been sent.
    pub(crate) fn asked(&mut self, subscribing: bool, unsubscribing: bool) {
        (self.subscribing, self.unsubscribing) = (subscribing, unsubscribing);
    }

    /// Prints what has arrived. Returns the end once there were enough messages.
    ///
    /// # Errors
    /// `SUBSCRIPTION_REFUSED` with the filter; [`CommandFailure::Output`].
    pub(crate) fn take(&mut self, event: &Event<'_>) -> Flow {
        match event {
            Event::Subscribed { results, .. } => {
                self.subscribing = false;
                self.granted(results.iter())
            }
            Event::Unsubscribed { .. } => {
                self.unsubscribing = false;
                Ok(self.end_if_subscribed())
            }
            Event::Message(received) => self.message(received),
            Event::Chunk { data, offset, total } => self.chunk(data, *offset, *total),
            _ => Ok(ControlFlow::Continue(())),
        }
    }

    /// MQTT 3.1.1 §3.9.3: the results are in the order of the filters.
    fn granted(&self, results: impl Iterator<Item = Option<QoS>>) -> Flow {
        let mut answers = self.subscribe.filters.iter().zip(results);
        match answers.find(|(_, granted)| granted.is_none()) {
            Some((filter, _)) => Err(CommandFailure::at(SUBSCRIPTION_REFUSED, format!("-t {filter}"))),
            None => Ok(self.end_if_subscribed()),
        }
    }

    fn end_if_subscribed(&self) -> ControlFlow<()> {
        if self.subscribe.end_when_subscribed && !self.is_waiting() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    fn message(&mut self, received: &Received<'_>) -> Flow {
        let message = &received.message;
        let identifier = received.identifier.map_or(0, std::num::NonZeroU16::get);
        let qos = message.qos.number();
        if received.is_whole() {
            let (topic, payload, retain) = (message.topic, message.payload, message.retain);
            return self.whole(&Printed { topic, payload, qos, retain, identifier });
        }
        let (topic, payload, retain) = (message.topic.to_owned(), message.payload.to_vec(), message.retain);
        self.partial = Some(Partial { topic, payload, qos, retain, identifier });
        Ok(ControlFlow::Continue(()))
    }

    fn chunk(&mut self, data: &[u8], offset: usize, total: usize) -> Flow {
        if let Some(partial) = &mut self.partial {
            partial.payload.extend_from_slice(data);
        }
        if offset.saturating_add(data.len()) < total {
            return Ok(ControlFlow::Continue(()));
        }
        match self.partial.take() {
            Some(Partial { topic, payload, qos, retain, identifier }) => {
                self.whole(&Printed { topic: &topic, payload: &payload, qos, retain, identifier })
            }
            None => Ok(ControlFlow::Continue(())),
        }
    }

    /// Prints a message if it is selected.
    fn whole(&mut self, message: &Printed<'_>) -> Flow {
        let selection = &self.subscribe.selection;
        if selection.retained_only && !message.retain {
            return Ok(ControlFlow::Break(()));
        }
        if selection.filter_out.iter().any(|filter| topic::matches(filter, message.topic)) {
            return Ok(ControlFlow::Continue(()));
        }
        if self.subscribe.remove_retained && message.retain {
            self.to_clear.push(message.topic.to_owned());
            self.echoes.push(message.topic.to_owned());
        }
        let echo = self.echoes.iter().position(|topic| topic == message.topic);
        if let Some(place) = echo.filter(|_| !message.retain && message.payload.is_empty()) {
            self.echoes.swap_remove(place);
            return Ok(ControlFlow::Continue(()));
        }
        if selection.no_retained && message.retain {
            return Ok(ControlFlow::Continue(()));
        }
        let (bytes, is_json) = self.subscribe.format.bytes(message, &ZonedDateTime::now());
        self.print(&bytes)?;
        if !is_json && !self.subscribe.link.quiet {
            let _ = writeln!(io::stderr(), "mqtts: the payload is not JSON (%J): topic {:?}", message.topic);
        }
        self.printed = self.printed.saturating_add(1);
        let is_enough = self.subscribe.count.is_some_and(|count| self.printed >= count);
        Ok(if is_enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }

    /// Writes in pieces that a pipe accepts at once when it is ready at all, so that a slow reader does not keep the program from ending.
    fn print(&mut self, bytes: &[u8]) -> Result<(), CommandFailure> {
        for piece in bytes.chunks(PIPE) {
            ready::wait(rustix::stdio::stdout(), PollFlags::OUT, self.limits)?;
            self.out.write_all(piece).and_then(|()| self.out.flush()).map_err(CommandFailure::Output)?;
        }
        Ok(())
    }
}

/// PIPE_BUF of POSIX, as Linux has it.
const PIPE: usize = 4096;
