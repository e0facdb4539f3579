//! Runs the client over the system's sockets, turn by turn, until the job is done, the time is over or a signal arrives.

use std::{
    num::NonZeroU16,
    ops::ControlFlow,
    time::{Duration, Instant},
};

use mqtts::{
    mqtt::{Event, Message, Stream},
    nonblocking,
    pc::Accelerator,
    status::{
        Alert, AlertSeen, Error, Step,
        mqtt::{BUFFER_TOO_SMALL, IN_FLIGHT_FULL, NOT_CONNECTED},
    },
};
use nb::Error::{Other, WouldBlock};

use crate::{
    endpoint::SavedSession,
    failure::CommandFailure,
    hint::{self, Circumstances},
    limits::{Limits, TICK},
    network::{Watched, Wire},
};

/// The client with its network, and the limits.
pub(crate) struct ClientLoop<'c, 'b, 'l> {
    inner: nonblocking::Session<'c, 'b, Accelerator, Wire<'l>>,
    limits: &'l Limits,
    saved: SavedSession<'l>,
    has_certificate: bool,
    /// How many connections the server has accepted.
    pub connections: u64,
    /// How many messages the server has acknowledged, or were completely written at quality of service 0.
    pub settled: u64,
    /// Whether something is left to be settled. A connection that is lost when nothing is was not in vain.
    pub is_owing: bool,
}

/// What became of a message that was to be sent.
pub(crate) enum SendAttempt {
    /// It was begun, with this identifier; with none at quality of service 0.
    Begun(Option<NonZeroU16>),
    /// Nothing has changed. Something else has to be written first.
    NotYet,
}

/// What an event handler returns: whether it wants more events.
pub(crate) type Flow = Result<ControlFlow<()>, CommandFailure>;

impl<'c, 'b, 'l> ClientLoop<'c, 'b, 'l> {
    /// Makes the loop. The first turn connects.
    pub(crate) const fn new(
        inner: nonblocking::Session<'c, 'b, Accelerator, Wire<'l>>,
        limits: &'l Limits,
        saved: SavedSession<'l>,
        has_certificate: bool,
    ) -> Self {
        Self { inner, limits, saved, has_certificate, connections: 0, settled: 0, is_owing: true }
    }

    /// Runs until the server has accepted the connection. Returns whether it still has this client's session.
    ///
    /// # Errors
    /// As [`ClientLoop::turn`].
    pub(crate) fn establish(&mut self) -> Result<bool, CommandFailure> {
        let mut present = None;
        while present.is_none() {
            let _ = self.turn(TICK, &[], &mut |event| {
                if let Event::Connected { session_present, .. } = event {
                    present = Some(*session_present);
                }
                Ok(ControlFlow::Continue(()))
            })?;
        }
        self.connections = self.connections.saturating_add(1);
        Ok(present.unwrap_or_default())
    }

    /// Runs until everything is sent, and the server has acknowledged what it must.
    ///
    /// # Errors
    /// As [`ClientLoop::turn`].
    pub(crate) fn deliver(&mut self) -> Result<(), CommandFailure> {
        while self.is_sending() {
            let _ = self.turn(TICK, &[], &mut ignore)?;
        }
        Ok(())
    }

    /// Whether something is still to be sent, or to be acknowledged by the server.
    pub(crate) fn is_sending(&self) -> bool {
        self.missing() > 0
            || self.undelivered() > 0
            || self.inner.client.has_output()
            // What the socket did not take any more is lost; the next turn says why.
            || !self.inner.client.is_connected()
    }

    /// Runs for this time.
    ///
    /// # Errors
    /// As [`ClientLoop::turn`].
    pub(crate) fn rest(&mut self, pause: Duration) -> Result<(), CommandFailure> {
        let start = Instant::now();
        while let Some(left) = pause.checked_sub(start.elapsed()).filter(|left| !left.is_zero()) {
            let _ = self.turn(left, &[], &mut ignore)?;
        }
        Ok(())
    }

    /// Publishes a message whose payload is complete, if that is possible now. A message is always written at once, never only kept, so
    /// messages are sent in the order of the calls. Of a long one of quality of service 1 or 2 only the beginning is written: the caller
    /// notes the identifier, and then gives [`ClientLoop::stream`] what it asks for, on any connection.
    ///
    /// # Errors
    /// As [`mqtts::Client::start`], and as [`ClientLoop::turn`] for a long message of quality of service 0.
    pub(crate) fn send(&mut self, message: &Message<'_>) -> Result<SendAttempt, CommandFailure> {
        let (now, total) = (self.limits.now(), message.payload.len());
        match self.inner.client.start(message, total, self.inner.accel, now) {
            Ok(identifier) => {
                self.written(identifier);
                return Ok(SendAttempt::Begun(identifier));
            }
            Err(IN_FLIGHT_FULL | BUFFER_TOO_SMALL) if !self.is_writing() => {}
            // The next turn reports why there is no connection.
            Err(IN_FLIGHT_FULL | BUFFER_TOO_SMALL | NOT_CONNECTED) => return Ok(SendAttempt::NotYet),
            Err(error) => return Err(error.into()),
        }
        // The message is longer than what is free of the client's memory for messages, or than one record.
        let beginning = Message { payload: &[], ..*message };
        match self.inner.client.start(&beginning, total, self.inner.accel, now) {
            Ok(None) => {
                self.append(message.payload)?;
                self.written(None);
                Ok(SendAttempt::Begun(None))
            }
            Ok(identifier) => Ok(SendAttempt::Begun(identifier)),
            // Another message must be acknowledged first.
            Err(IN_FLIGHT_FULL) if self.undelivered() > 0 => Ok(SendAttempt::NotYet),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether something else is written first, or a message is half written.
    fn is_writing(&self) -> bool {
        self.inner.client.has_output() || self.stream().is_some()
    }

    /// Counts a message that is completely written. At quality of service 0 nothing more is known of it.
    pub(crate) fn written(&mut self, identifier: Option<NonZeroU16>) {
        if identifier.is_none() {
            self.settled = self.settled.saturating_add(1);
        }
    }

    /// Begins a message: `message.payload` is the beginning, `total` the whole length. Returns its identifier.
    ///
    /// # Errors
    /// As [`mqtts::Client::start`] and [`ClientLoop::turn`].
    pub(crate) fn start(
        &mut self,
        message: &Message<'_>,
        total: usize,
    ) -> Result<Option<NonZeroU16>, CommandFailure> {
        loop {
            let now = self.limits.now();
            match self.inner.client.start(message, total, self.inner.accel, now) {
                // Another message must be sent first.
                Err(IN_FLIGHT_FULL) if self.undelivered() > 0 => {}
                Err(BUFFER_TOO_SMALL) if self.inner.client.has_output() => {}
                // The next turn reports why.
                Err(NOT_CONNECTED) => {}
                started => return Ok(started?),
            }
            let _ = self.turn(TICK, &[], &mut ignore)?;
        }
    }

    /// How many bytes of the payload [`ClientLoop::append`] still needs.
    pub(crate) fn missing(&self) -> usize {
        self.stream().map_or(0, |stream| stream.remaining)
    }

    /// The message whose payload is not yet complete.
    pub(crate) fn stream(&self) -> Option<Stream> {
        self.inner.client.mqtt().stream()
    }

    /// Sends the next part of the payload.
    ///
    /// # Errors
    /// As [`mqtts::Client::chunk`] and [`ClientLoop::turn`].
    pub(crate) fn append(&mut self, mut data: &[u8]) -> Result<(), CommandFailure> {
        while !data.is_empty() {
            let now = self.limits.now();
            let taken = match self.inner.client.chunk(data, self.inner.accel, now) {
                // The next turn reports why.
                Err(NOT_CONNECTED) => 0,
                taken => taken?,
            };
            data = data.get(taken..).unwrap_or_default();
            if taken == 0 {
                let _ = self.turn(TICK, &[], &mut ignore)?;
            }
        }
        Ok(())
    }

    /// How many messages of QoS 1 and 2 the server has not yet acknowledged.
    pub(crate) fn undelivered(&self) -> usize {
        self.open().count()
    }

    /// Their identifiers, oldest first.
    pub(crate) fn open(&self) -> impl Iterator<Item = NonZeroU16> + '_ {
        self.inner.client.mqtt().undelivered()
    }

    /// Publishes a message of QoS 1 or 2 if there is room, without waiting. Returns whether there was.
    ///
    /// # Errors
    /// As [`mqtts::Client::publish`].
    pub(crate) fn queue(&mut self, message: &Message<'_>) -> Result<bool, CommandFailure> {
        match self.inner.publish(message) {
            Ok(_) => Ok(true),
            Err(IN_FLIGHT_FULL) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Sends a request such as SUBSCRIBE if there is room now. Returns whether there was.
    ///
    /// # Errors
    /// Those of the client for this request.
    pub(crate) fn ask<T>(
        &mut self,
        what: impl Fn(&mut mqtts::Client<'b>, &mut Accelerator, u64) -> Result<T, Error>,
    ) -> Result<bool, CommandFailure> {
        let now = self.limits.now();
        match what(self.inner.client, self.inner.accel, now) {
            Err(BUFFER_TOO_SMALL) if self.inner.client.has_output() => Ok(false),
            // The next turn reports why.
            Err(NOT_CONNECTED) => Ok(false),
            asked => Ok(asked.map(|_| true)?),
        }
    }

    /// Moves what can be moved, and passes events to the handler. If nothing happened, waits until something of `also` is ready, at most
    /// for `wait`.
    ///
    /// # Errors
    /// Why the connection has ended; those of [`Limits::check`] and of the handler.
    pub(crate) fn turn(
        &mut self,
        wait: Duration,
        also: &[Watched],
        handler: &mut impl FnMut(&Event<'_>) -> Flow,
    ) -> Flow {
        self.limits.check()?;
        match self.inner.next() {
            Ok(Some(event)) => {
                if matches!(event, Event::Delivered { .. }) {
                    self.settled = self.settled.saturating_add(1);
                }
                return handler(&event);
            }
            Ok(None) => {}
            Err(WouldBlock) => self.wait(wait, also),
            Err(Other(status)) => {
                // The reason why the connection ended matters more than a file that cannot be written.
                let _ = self.keep_session();
                return Err(self.explain(status.into()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// How long until the next attempt to connect; none while there is a connection.
    pub(crate) fn pause(&self) -> Option<Duration> {
        let at = self.inner.client.retry_at()?;
        Some(Duration::from_millis(at.saturating_sub(self.limits.now())))
    }

    /// Sends what is due, then the goodbye of each layer (MQTT 3.1.1 §3.14, then RFC 5246 §7.2.1), if the connection still allows it.
    /// Messages that arrive meanwhile are not acknowledged.
    ///
    /// # Errors
    /// `pk::FILE_IO_ERROR` (-0x3E00) when the TLS session cannot be saved.
    pub(crate) fn end(&mut self) -> Result<(), CommandFailure> {
        let was_connected = self.inner.client.retry_at().is_none();
        let patience = self.limits.farewell();
        let start = Instant::now();
        while self.inner.disconnect().is_err() {
            let left = patience.saturating_sub(start.elapsed());
            if left.is_zero() {
                self.inner.hang_up();
            }
            let wants = self.inner.wants();
            self.inner.network.wait(wants, left, &[]);
        }
        let ignored = self.inner.client.mqtt().ignored_acknowledgements();
        if ignored > 0 {
            let trace = &self.inner.network.trace;
            trace.line(format_args!("mqtt = {ignored} acknowledgements of nothing were ignored"));
        }
        if was_connected { self.keep_session() } else { Ok(()) }
    }

    fn wait(&mut self, wait: Duration, also: &[Watched]) {
        let due = self.inner.client.next_deadline();
        let due = due.map(|at| Duration::from_millis(at.saturating_sub(self.limits.now())));
        // The client's clock counts whole milliseconds.
        let due = due.filter(|due| !due.is_zero());
        let wait = due.into_iter().chain(self.limits.left()).fold(wait.min(TICK), Duration::min);
        let wants = self.inner.wants();
        self.inner.network.wait(wants, wait, also);
    }

    /// RFC 5246 §7.2.2: after a fatal alert the session must not be resumed, so the saved one is removed. After a network failure, or if
    /// the server offered no new session, the saved one stays.
    fn keep_session(&self) -> Result<(), CommandFailure> {
        let Some(tls) = self.inner.client.tls() else { return Ok(()) };
        let alert = tls.status().and_then(|status| status.alert);
        let has_failed = alert.is_some_and(|alert| {
            !matches!(alert, AlertSeen::Received(Alert::CLOSE_NOTIFY) | AlertSeen::Sent(Alert::CLOSE_NOTIFY))
        });
        if tls.session().is_empty() && !has_failed { Ok(()) } else { self.saved.keep(tls.session()) }
    }

    /// Adds the usual cause to the failure that ended a connection.
    fn explain(&mut self, failure: CommandFailure) -> CommandFailure {
        if let Some(failed) = self.inner.network.failed.take() {
            return failed;
        }
        let CommandFailure::Status { mut status, place, hint } = failure else { return failure };
        let step = self.inner.client.tls().map(mqtts::tls12::Connection::step);
        if let (Step::Start, Some(step)) = (status.step, step) {
            status.step = step;
        }
        let circumstances = Circumstances {
            step: step.map(|_| status.step),
            heard: &self.inner.network.heard,
            certificate_requested: self.inner.network.trace.certificate_requested(),
            has_certificate: self.has_certificate,
        };
        let hint = if hint.is_empty() { hint::of(&status, &circumstances) } else { hint };
        CommandFailure::Status { status, place, hint }
    }
}

/// A handler that ignores all events.
#[expect(clippy::unnecessary_wraps, reason = "the signature of a handler")]
fn ignore(_: &Event<'_>) -> Flow {
    Ok(ControlFlow::Continue(()))
}
