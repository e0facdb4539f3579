//! `mqtts sub`: prints messages as they come, and connects again when the connection is lost.
//!
//! As `mosquitto_sub` does it: a connection that cannot be made at all is a failure; one that was there and is lost is made
//! again until it works. The MQTT session lives on meanwhile, so that a message of QoS 2 is printed once; the server is asked
//! for the subscriptions again unless it still has them.

use std::{
    io::{self, Write},
    time::{Duration, Instant},
};

use mqtt::{Client, Message, QoS, Subscription};
use rustix::event::PollFlags;

use crate::{
    conversation::Conversation, endpoint::Endpoint, failure::Failure, limits::Limits, options::Subscribe,
    pause::Pause, printer::Printer, ready,
};

/// Subscribes and prints until the wanted number of messages has come, or the user or the clock says stop.
///
/// # Errors
/// As [`Conversation::round`]; `SUBSCRIPTION_REFUSED` with the filter; [`Failure::Output`]; [`Failure::TimedOut`].
pub(crate) fn run(
    endpoint: &mut Endpoint<'_>,
    client: &mut Client<'_>,
    limits: &Limits,
    subscribe: &Subscribe,
) -> Result<(), Failure> {
    let mut run =
        Run { subscribe, printer: Printer::new(subscribe, limits), connections: 0, pause: Pause::default() };
    loop {
        let mut lasted = Duration::ZERO;
        let before = run.connections;
        let result = endpoint.connect(limits, |transport| {
            let start = Instant::now();
            let mut conversation = Conversation::new(client, transport, limits);
            let result = run.converse(&mut conversation);
            conversation.end();
            lasted = start.elapsed();
            result
        });
        match result {
            // The user has seen enough.
            Err(Failure::Interrupted) => return Ok(()),
            Err(failure) if run.goes_on_after(&failure) => {
                if run.connections > before {
                    run.pause.begin_after(lasted);
                }
                let pause = run.pause.next()?;
                // The port was right before.
                let failure = failure.without_hint();
                run.tell(&format!("{failure}; trying again in {:.1} s", pause.as_secs_f64()));
                match limits.sleep(pause) {
                    Err(Failure::Interrupted) => return Ok(()),
                    slept => slept?,
                }
            }
            result => return result,
        }
    }
}

/// What outlives a connection.
struct Run<'a> {
    subscribe: &'a Subscribe,
    printer: Printer<'a>,
    /// How many connections the server has accepted.
    connections: u64,
    pause: Pause,
}

impl Run<'_> {
    fn goes_on_after(&self, failure: &Failure) -> bool {
        self.subscribe.reconnect && self.connections > 0 && failure.is_passing()
    }

    fn tell(&self, what: &str) {
        if !self.subscribe.link.quiet {
            // Where standard error is gone there is nobody left to tell.
            let _ = writeln!(io::stderr(), "{what}");
        }
    }

    fn converse(&mut self, conversation: &mut Conversation<'_, '_, '_, '_>) -> Result<(), Failure> {
        self.printer.begin();
        let present = conversation.establish()?;
        self.connections = self.connections.saturating_add(1);
        let is_asked_for = !present || self.printer.is_waiting();
        if self.connections > 1 {
            let how =
                if is_asked_for { "subscribing anew" } else { "the server still has the subscriptions" };
            self.tell(&format!("mqtts: connected again; {how}"));
        }
        if is_asked_for {
            self.ask(conversation)?;
        }
        let output = [(rustix::stdio::stdout(), PollFlags::empty())];
        loop {
            let flow = conversation.round(&output, &mut |event| self.printer.take(&event))?;
            self.clear_retained(conversation)?;
            if flow.is_break() {
                return self.finish(conversation);
            }
            if ready::now(rustix::stdio::stdout(), PollFlags::empty()) {
                return Err(Failure::Output(io::ErrorKind::BrokenPipe.into()));
            }
        }
    }

    fn ask(&mut self, conversation: &mut Conversation<'_, '_, '_, '_>) -> Result<(), Failure> {
        let Subscribe { filters, unsubscribe, qos, .. } = self.subscribe;
        let qos = QoS::from_number(*qos).unwrap_or_default();
        let list: Vec<_> = filters.iter().map(|filter| Subscription { filter, qos }).collect();
        let ended: Vec<_> = unsubscribe.iter().map(String::as_str).collect();
        self.printer.asked(!list.is_empty(), !ended.is_empty());
        conversation.subscribe(&list, &ended)
    }

    /// MQTT 3.1.1 §3.3.1.3: a retained message without a payload.
    fn clear_retained(&mut self, conversation: &mut Conversation<'_, '_, '_, '_>) -> Result<(), Failure> {
        while let Some(topic) = self.printer.to_clear.first() {
            let message = Message { topic, payload: &[], qos: QoS::AtLeastOnce, retain: true };
            if !conversation.queue(&message)? {
                break;
            }
            self.printer.to_clear.remove(0);
        }
        Ok(())
    }

    /// What was to be cleared is cleared before the end.
    fn finish(&mut self, conversation: &mut Conversation<'_, '_, '_, '_>) -> Result<(), Failure> {
        if !self.subscribe.remove_retained {
            return Ok(());
        }
        while !self.printer.to_clear.is_empty() {
            conversation.deliver()?;
            self.clear_retained(conversation)?;
        }
        conversation.deliver()
    }
}
