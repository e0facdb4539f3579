//! The client over the system's sockets, turn by turn until somebody has what they wanted, or the clock or a signal ends it.

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

/// The client with what it needs to move, and when to stop.
pub(crate) struct ClientLoop<'c, 'b, 'l> {
    inner: nonblocking::Session<'c, 'b, Accelerator, Wire<'l>>,
    limits: &'l Limits,
    saved: SavedSession<'l>,
    has_certificate: bool,
    /// How many connections the server has accepted.
    pub connections: u64,
    /// How many messages the server has taken over, or at quality of service 0 were written.
    pub settled: u64,
}

/// Whether a handler of events wants more of them.
pub(crate) type Flow = Result<ControlFlow<()>, CommandFailure>;

impl<'c, 'b, 'l> ClientLoop<'c, 'b, 'l> {
    /// Nothing is connected before the first turn.
    pub(crate) const fn new(
        inner: nonblocking::Session<'c, 'b, Accelerator, Wire<'l>>,
        limits: &'l Limits,
        saved: SavedSession<'l>,
        has_certificate: bool,
    ) -> Self {
        Self { inner, limits, saved, has_certificate, connections: 0, settled: 0 }
    }

    /// Goes on until the server has accepted the connection, and tells whether it still has this client's session.
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

    /// Goes on until everything has left for the network, and the server has taken over what it has to.
    ///
    /// # Errors
    /// As [`ClientLoop::turn`].
    pub(crate) fn deliver(&mut self) -> Result<(), CommandFailure> {
        while self.is_sending() {
            let _ = self.turn(TICK, &[], &mut ignore)?;
        }
        Ok(())
    }

    /// Whether something has not yet left for the network, or the server has not yet taken over what it has to.
    pub(crate) fn is_sending(&self) -> bool {
        self.missing() > 0 || self.undelivered() > 0 || self.inner.client.has_output()
    }

    /// Goes on for so long.
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

    /// Publishes a message whose payload is all there, and gives its identifier; none at quality of service 0. Nothing is kept that
    /// is not written, so that messages leave in the order of the calls.
    ///
    /// # Errors
    /// As [`ClientLoop::start`].
    pub(crate) fn send(&mut self, message: &Message<'_>) -> Result<Option<NonZeroU16>, CommandFailure> {
        loop {
            let now = self.limits.now();
            match self.inner.client.start(message, message.payload.len(), self.inner.accel, now) {
                Err(BUFFER_TOO_SMALL) if self.inner.client.has_output() => {}
                // The next turn says why.
                Err(NOT_CONNECTED) => {}
                // It is longer than what is kept of a message, or than what one record takes.
                Err(IN_FLIGHT_FULL | BUFFER_TOO_SMALL) => {
                    let identifier =
                        self.start(&Message { payload: &[], ..*message }, message.payload.len())?;
                    return self.append(message.payload).map(|()| identifier);
                }
                started => return self.begun(started),
            }
            let _ = self.turn(TICK, &[], &mut ignore)?;
        }
    }

    fn begun(
        &mut self,
        started: Result<Option<NonZeroU16>, Error>,
    ) -> Result<Option<NonZeroU16>, CommandFailure> {
        let identifier = started?;
        if identifier.is_none() {
            self.settled = self.settled.saturating_add(1);
        }
        Ok(identifier)
    }

    /// Begins to publish a message of which `message.payload` is the beginning and `total` the whole length; gives its identifier.
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
                // Something else has to go first.
                Err(IN_FLIGHT_FULL) if self.undelivered() > 0 => {}
                Err(BUFFER_TOO_SMALL) if self.inner.client.has_output() => {}
                // The next turn says why.
                Err(NOT_CONNECTED) => {}
                started => return self.begun(started),
            }
            let _ = self.turn(TICK, &[], &mut ignore)?;
        }
    }

    /// How many bytes of the payload are still to be given to [`ClientLoop::append`].
    pub(crate) fn missing(&self) -> usize {
        self.stream().map_or(0, |stream| stream.remaining)
    }

    /// The message whose payload is not yet all there.
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
                // The next turn says why.
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

    /// How many messages of QoS 1 and 2 the server has not yet taken over.
    pub(crate) fn undelivered(&self) -> usize {
        self.open().count()
    }

    /// Their identifiers, oldest first.
    pub(crate) fn open(&self) -> impl Iterator<Item = NonZeroU16> + '_ {
        self.inner.client.mqtt().undelivered()
    }

    /// Publishes a message of QoS 1 or 2 when there is room for it, without waiting; whether there was.
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

    /// Asks the server for something, such as subscriptions, if there is room for it now; whether there was.
    ///
    /// # Errors
    /// What the client says to it.
    pub(crate) fn ask<T>(
        &mut self,
        what: impl Fn(&mut mqtts::Client<'b>, &mut Accelerator, u64) -> Result<T, Error>,
    ) -> Result<bool, CommandFailure> {
        let now = self.limits.now();
        match what(self.inner.client, self.inner.accel, now) {
            Err(BUFFER_TOO_SMALL) if self.inner.client.has_output() => Ok(false),
            // The next turn says why.
            Err(NOT_CONNECTED) => Ok(false),
            asked => Ok(asked.map(|_| true)?),
        }
    }

    /// Moves what can be moved, and hands over what has happened; waits a moment if there was nothing, but not longer than until
    /// something of `also` is ready.
    ///
    /// # Errors
    /// What has ended the connection, which is over then; those of [`Limits::check`] and of the handler.
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
                // What has ended the connection counts more than a file that cannot be written.
                let _ = self.keep_session();
                return Err(self.explain(status.into()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// When the next attempt to connect is due; none while there is a connection.
    pub(crate) fn pause(&self) -> Option<Duration> {
        let at = self.inner.client.retry_at()?;
        Some(Duration::from_millis(at.saturating_sub(self.limits.now())))
    }

    /// Says what is still due, then goodbye in every layer (MQTT 3.1.1 §3.14, then RFC 5246 §7.2.1), as far as the connection still
    /// allows. Nothing of what is read then is acknowledged any more.
    ///
    /// # Errors
    /// `pk::FILE_IO_ERROR` (-0x3E00) when the TLS session cannot be saved.
    pub(crate) fn end(&mut self) -> Result<(), CommandFailure> {
        let was_connected = self.inner.client.retry_at().is_none();
        let patience = if self.limits.is_late() { HASTE } else { FAREWELL };
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
        // The client's own clock counts whole milliseconds.
        let due = due.filter(|due| !due.is_zero());
        let wait = due.into_iter().chain(self.limits.left()).fold(wait.min(TICK), Duration::min);
        let wants = self.inner.wants();
        self.inner.network.wait(wants, wait, also);
    }

    /// RFC 5246 §7.2.2: after a fatal alert the session must not be resumed any more. A failure of the network alone, or a server that
    /// offered nothing new, leaves what was saved before.
    fn keep_session(&self) -> Result<(), CommandFailure> {
        let Some(tls) = self.inner.client.tls() else { return Ok(()) };
        let alert = tls.status().and_then(|status| status.alert);
        let has_failed = alert.is_some_and(|alert| {
            !matches!(alert, AlertSeen::Received(Alert::CLOSE_NOTIFY) | AlertSeen::Sent(Alert::CLOSE_NOTIFY))
        });
        if tls.session().is_empty() && !has_failed { Ok(()) } else { self.saved.keep(tls.session()) }
    }

    /// Adds to what ended a connection what usually causes it.
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

/// Nobody waits for an event.
#[expect(clippy::unnecessary_wraps, reason = "the signature of a handler")]
fn ignore(_: &Event<'_>) -> Flow {
    Ok(ControlFlow::Continue(()))
}

/// For DISCONNECT and close_notify.
const FAREWELL: Duration = Duration::from_secs(2);
/// The same when the time is over already.
const HASTE: Duration = Duration::from_millis(300);
