//! `mqtts sub`: prints messages as they come, and connects again when the connection is lost.
//!
//! As `mosquitto_sub` does it: a connection that cannot be made at all is a failure; one that was there and is lost is made
//! again until it works. The MQTT session lives on meanwhile, so that a message of QoS 2 is printed once; the server is asked
//! for the subscriptions again unless it still has them.

use std::io::{self, Write};

use mqtt::{Message, QoS, Subscription};
use rustix::event::PollFlags;

use crate::{
    failure::CommandFailure,
    limits::{Limits, TICK},
    options::SubscribeOptions,
    printer::Printer,
    ready,
    session::ClientLoop,
};

/// Subscribes and prints until the wanted number of messages has come, or the user or the clock says stop.
///
/// # Errors
/// As [`ClientLoop::turn`]; `SUBSCRIPTION_REFUSED` with the filter; [`CommandFailure::Output`]; [`CommandFailure::TimedOut`].
pub(crate) fn run(
    session: &mut ClientLoop<'_, '_, '_>,
    limits: &Limits,
    subscribe: &SubscribeOptions,
) -> Result<(), CommandFailure> {
    let mut run = Run { subscribe, printer: Printer::new(subscribe, limits), connections: 0 };
    loop {
        match run.converse(session) {
            // The user has seen enough.
            Err(CommandFailure::Interrupted) => return Ok(()),
            Err(failure) if run.goes_on_after(&failure) => {
                let pause = session.pause().unwrap_or_default();
                // The port was right before.
                let failure = failure.without_hint();
                run.tell(&format!("{failure}; trying again in {:.1} s", pause.as_secs_f64()));
            }
            result => return result,
        }
    }
}

/// What outlives a connection.
struct Run<'a> {
    subscribe: &'a SubscribeOptions,
    printer: Printer<'a>,
    /// How many connections the server has accepted.
    connections: u64,
}

impl Run<'_> {
    fn goes_on_after(&self, failure: &CommandFailure) -> bool {
        self.subscribe.reconnect && self.connections > 0 && failure.is_passing()
    }

    fn tell(&self, what: &str) {
        if !self.subscribe.link.quiet {
            // Where standard error is gone there is nobody left to tell.
            let _ = writeln!(io::stderr(), "{what}");
        }
    }

    fn converse(&mut self, session: &mut ClientLoop<'_, '_, '_>) -> Result<(), CommandFailure> {
        self.printer.begin();
        let present = session.establish()?;
        self.connections = self.connections.saturating_add(1);
        let is_asked_for = !present || self.printer.is_waiting();
        if self.connections > 1 {
            let how =
                if is_asked_for { "subscribing anew" } else { "the server still has the subscriptions" };
            self.tell(&format!("mqtts: connected again; {how}"));
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

    /// MQTT 3.1.1 §3.3.1.3: a retained message without a payload.
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

    /// What was to be cleared is cleared before the end.
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
