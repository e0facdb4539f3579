//! `mqtts sub`: prints messages as they come, and connects again when the connection is lost.
//!
//! The MQTT session lasts across connections, so that a message of QoS 2 is printed once. After a reconnection the client subscribes
//! again, unless the server still has its subscriptions.

use std::io;

use mqtt::{Message, QoS, Subscription};
use rustix::event::PollFlags;

use crate::{
    failure::CommandFailure,
    limits::{Limits, TICK},
    options::SubscribeOptions,
    printer::Printer,
    ready,
    reconnect::{tell, until_done},
    session::ClientLoop,
};

/// Subscribes, and prints messages until the wanted number has arrived, or the user or the time limit ends it.
///
/// # Errors
/// As [`ClientLoop::turn`]; `SUBSCRIPTION_REFUSED` with the filter; [`CommandFailure::Output`]; [`CommandFailure::TimedOut`].
pub(crate) fn run(
    session: &mut ClientLoop<'_, '_, '_>,
    limits: &Limits,
    subscribe: &SubscribeOptions,
) -> Result<(), CommandFailure> {
    let mut run = Run { subscribe, printer: Printer::new(subscribe, limits) };
    match until_done(session, &subscribe.link, u32::MAX, |session| run.converse(session)) {
        // The user has ended it.
        Err(CommandFailure::Interrupted) => Ok(()),
        result => result,
    }
}

/// The state that lasts across connections.
struct Run<'a> {
    subscribe: &'a SubscribeOptions,
    printer: Printer<'a>,
}

impl Run<'_> {
    fn converse(&mut self, session: &mut ClientLoop<'_, '_, '_>) -> Result<(), CommandFailure> {
        self.printer.begin();
        let present = session.establish()?;
        let is_asked_for = !present || self.printer.is_waiting();
        if session.connections > 1 {
            let how =
                if is_asked_for { "subscribing anew" } else { "the server still has the subscriptions" };
            tell(&self.subscribe.link, &format!("mqtts: connected again; {how}"));
        }
        let SubscribeOptions { filters, unsubscribe, .. } = self.subscribe;
        let mut subscribes = is_asked_for && !filters.is_empty();
        let mut unsubscribes = is_asked_for && !unsubscribe.is_empty();
        if is_asked_for {
            self.printer.asked(subscribes, unsubscribes);
        }
        let output = [(rustix::stdio::stdout(), PollFlags::empty())];
        loop {
            subscribes = subscribes && !self.subscribe(session)?;
            unsubscribes = unsubscribes && (subscribes || !self.unsubscribe(session)?);
            let flow = session.turn(TICK, &output, &mut |event| self.printer.take(event))?;
            self.clear_retained(session)?;
            if flow.is_break() {
                return self.finish(session);
            }
            if ready::now(rustix::stdio::stdout(), PollFlags::empty()) {
                return Err(CommandFailure::Output(io::ErrorKind::BrokenPipe.into()));
            }
        }
    }

    fn subscribe(&self, session: &mut ClientLoop<'_, '_, '_>) -> Result<bool, CommandFailure> {
        let qos = QoS::from_number(self.subscribe.qos).unwrap_or_default();
        let list: Vec<_> = self.subscribe.filters.iter().map(|filter| Subscription { filter, qos }).collect();
        session.ask(|client, accel, now| client.subscribe(&list, accel, now))
    }

    fn unsubscribe(&self, session: &mut ClientLoop<'_, '_, '_>) -> Result<bool, CommandFailure> {
        let list: Vec<_> = self.subscribe.unsubscribe.iter().map(String::as_str).collect();
        session.ask(|client, accel, now| client.unsubscribe(&list, accel, now))
    }

    /// Clears retained messages by publishing empty ones (MQTT 3.1.1 §3.3.1.3).
    fn clear_retained(&mut self, session: &mut ClientLoop<'_, '_, '_>) -> Result<(), CommandFailure> {
        while let Some(topic) = self.printer.to_clear.first() {
            let message = Message { topic, payload: &[], qos: QoS::AtLeastOnce, retain: true };
            if !session.queue(&message)? {
                break;
            }
            self.printer.to_clear.remove(0);
        }
        Ok(())
    }

    /// Clears what is still to be cleared before the end.
    fn finish(&mut self, session: &mut ClientLoop<'_, '_, '_>) -> Result<(), CommandFailure> {
        if !self.subscribe.remove_retained {
            return Ok(());
        }
        while !self.printer.to_clear.is_empty() {
            session.deliver()?;
            self.clear_retained(session)?;
        }
        session.deliver()
    }
}
