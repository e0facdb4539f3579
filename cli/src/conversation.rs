//! One MQTT connection over one transport, driven round by round until somebody has what they wanted.
//!
//! A round moves bytes, lets the MQTT client take what arrived and say what is due, and looks at the clock and at signals. What
//! has arrived is looked at before the client is asked what is due, so that an answer that is there is never too late. What
//! the client has to say goes through a buffer of its own: a CONNECT may be longer than what TLS lends for one record.

use std::{
    ops::ControlFlow,
    time::{Duration, Instant},
};

use mqtt::{Client, Event, Message, Published, Subscription};
use status::{mqtt::BUFFER_TOO_SMALL, ssl};

use crate::{
    failure::Failure,
    limits::{Limits, TICK},
    transport::{Transport, Watched},
};

/// The client, the transport under it, and when to stop.
pub(crate) struct Conversation<'c, 'k, 't, 'b> {
    client: &'c mut Client<'k>,
    transport: &'t mut Transport<'b>,
    outbox: Outbox,
    limits: &'t Limits,
    /// When the socket was connected.
    since: Instant,
    /// CONNECT has been written.
    greeted: bool,
}

/// Whether a handler of events wants more of them.
pub(crate) type Flow = Result<ControlFlow<()>, Failure>;

impl<'c, 'k, 't, 'b> Conversation<'c, 'k, 't, 'b> {
    /// Takes a transport whose handshake may still lie ahead.
    pub(crate) fn new(
        client: &'c mut Client<'k>,
        transport: &'t mut Transport<'b>,
        limits: &'t Limits,
    ) -> Self {
        Self { client, transport, outbox: Outbox::new(), limits, since: Instant::now(), greeted: false }
    }

    /// Goes on until the server has accepted the connection; what it sends after that is left for the next call. Tells whether
    /// the server still has this client's session.
    ///
    /// # Errors
    /// As [`Conversation::round`].
    pub(crate) fn establish(&mut self) -> Result<bool, Failure> {
        let mut present = None;
        while present.is_none() {
            let _ = self.round(&[], &mut |event: Event<'_>| {
                Ok(match event {
                    Event::Connected { session_present, .. } => {
                        present = Some(session_present);
                        ControlFlow::Break(())
                    }
                    _ => ControlFlow::Continue(()),
                })
            })?;
        }
        Ok(present.unwrap_or_default())
    }

    /// Goes on until everything has left for the network, and the server has taken over what it has to.
    ///
    /// # Errors
    /// As [`Conversation::round`].
    pub(crate) fn deliver(&mut self) -> Result<(), Failure> {
        self.until(|this| this.is_flushed() && this.undelivered() == 0)
    }

    /// Goes on for so long.
    ///
    /// # Errors
    /// As [`Conversation::round`].
    pub(crate) fn rest(&mut self, pause: Duration) -> Result<(), Failure> {
        let start = Instant::now();
        while let Some(left) = pause.checked_sub(start.elapsed()).filter(|left| !left.is_zero()) {
            let _ = self.round_within(left, &[], &mut ignore)?;
        }
        Ok(())
    }

    /// Publishes a message whose payload is all there.
    ///
    /// # Errors
    /// As [`Client::start`] and [`Conversation::round`].
    pub(crate) fn send(&mut self, message: &Message<'_>) -> Result<(), Failure> {
        self.start(&Message { payload: &[], ..*message }, message.payload.len())?;
        self.append(message.payload)
    }

    /// Begins to publish a message of which `message.payload` is the beginning and `total` the whole length.
    ///
    /// # Errors
    /// As [`Client::start`] and [`Conversation::round`].
    pub(crate) fn start(&mut self, message: &Message<'_>, total: usize) -> Result<Published, Failure> {
        loop {
            self.until(|this| this.outbox.is_empty())?;
            let now = self.limits.now();
            match self.client.start(message, total, now, self.outbox.space()) {
                // Something else is half written, or has to go first.
                Err(BUFFER_TOO_SMALL) if self.client.has_output() => {
                    let _ = self.round(&[], &mut ignore)?;
                }
                result => {
                    let published = result?;
                    self.outbox.filled(published.written);
                    return Ok(published);
                }
            }
        }
    }

    /// How many bytes of the payload are still to be given to [`Conversation::append`].
    pub(crate) fn missing(&self) -> usize {
        self.client.stream().map_or(0, |stream| stream.remaining)
    }

    /// Sends the next part of the payload.
    ///
    /// # Errors
    /// As [`Client::chunk`] and [`Conversation::round`].
    pub(crate) fn append(&mut self, mut data: &[u8]) -> Result<(), Failure> {
        while !data.is_empty() {
            self.until(|this| this.outbox.is_empty())?;
            let now = self.limits.now();
            let taken = self.client.chunk(data, now, self.outbox.space())?;
            self.outbox.filled(taken);
            data = data.get(taken..).unwrap_or_default();
        }
        Ok(())
    }

    /// How many messages of QoS 1 and 2 the server has not yet taken over.
    pub(crate) fn undelivered(&self) -> usize {
        self.client.undelivered().count()
    }

    /// Publishes a message of QoS 1 or 2 when there is room for it, without waiting; whether there was.
    ///
    /// # Errors
    /// As [`Client::queue`].
    pub(crate) fn queue(&mut self, message: &Message<'_>) -> Result<bool, Failure> {
        match self.client.queue(message) {
            Ok(_) => Ok(true),
            Err(status::mqtt::IN_FLIGHT_FULL) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Subscribes to all of `list`, then unsubscribes from all of `ended`.
    ///
    /// # Errors
    /// As [`Client::subscribe`] and [`Client::unsubscribe`].
    pub(crate) fn subscribe(&mut self, list: &[Subscription<'_>], ended: &[&str]) -> Result<(), Failure> {
        let now = self.limits.now();
        if !list.is_empty() {
            let (written, _) = self.client.subscribe(list, now, self.outbox.space())?;
            self.outbox.filled(written);
        }
        if !ended.is_empty() {
            let (written, _) = self.client.unsubscribe(ended, now, self.outbox.space())?;
            self.outbox.filled(written);
        }
        Ok(())
    }

    /// Says what is still due, then goodbye in every layer (MQTT 3.1.1 §3.14, then RFC 5246 §7.2.1), as far as the
    /// connection still allows, and reads to the end: whoever hangs up on unread bytes resets the connection, and the server
    /// may then lose our last acknowledgements and send the will. Nothing of what is read is acknowledged any more.
    pub(crate) fn end(&mut self) {
        let is_late = matches!(self.limits.check(), Err(Failure::TimedOut(_)));
        let patience = if is_late { HASTE } else { FAREWELL };
        let end = Instant::now().checked_add(patience).unwrap_or(self.since);
        // Whoever cannot be reached any more needs no goodbye.
        if self.flush(end).is_ok() {
            if let Ok(written) = self.client.disconnect(self.outbox.space()) {
                self.outbox.filled(written);
            }
            let _ = self.flush(end);
        }
        self.transport.close(end);
        let ignored = self.client.ignored_acknowledgements();
        if ignored > 0 {
            self.transport.note(format_args!("mqtt = {ignored} acknowledgements of nothing were ignored"));
        }
    }

    fn until(&mut self, is_done: impl Fn(&Self) -> bool) -> Result<(), Failure> {
        while !is_done(self) {
            // Nothing was subscribed to; what else the server says is in the client's state.
            let _ = self.round(&[], &mut ignore)?;
        }
        Ok(())
    }

    /// Moves what can be moved, and hands over what has arrived; waits a moment if there was nothing, but not longer than until
    /// something of `also` is ready. With [`ControlFlow::Break`] no further event is taken.
    ///
    /// # Errors
    /// The first failure of any layer; `ssl::TIMEOUT` (-0x6800) when the handshake takes too long; those of [`Limits::check`].
    pub(crate) fn round(&mut self, also: &[Watched], handler: &mut impl FnMut(Event<'_>) -> Flow) -> Flow {
        self.round_within(TICK, also, handler)
    }

    fn round_within(
        &mut self,
        wait: Duration,
        also: &[Watched],
        handler: &mut impl FnMut(Event<'_>) -> Flow,
    ) -> Flow {
        self.limits.check()?;
        if !self.greeted && self.since.elapsed() >= HANDSHAKE {
            return Err(ssl::TIMEOUT.into());
        }
        self.outbox.drain_into(self.transport)?;
        // Whoever has something to say does not wait for the other side.
        let wait = if self.can_speak() { Duration::ZERO } else { self.patience().min(wait) };
        self.transport.turn(wait, also)?;
        let flow = self.listen(handler)?;
        if flow.is_continue() {
            self.speak()?;
        }
        Ok(flow)
    }

    /// Sends what is due until `end`.
    fn flush(&mut self, end: Instant) -> Result<(), Failure> {
        self.speak()?;
        while !self.is_flushed() {
            if let Some(failure) = self.transport.ended() {
                return Err(failure);
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(ssl::TIMEOUT.into());
            }
            self.transport.turn(left.min(TICK), &[])?;
            self.speak()?;
        }
        Ok(())
    }

    fn is_flushed(&self) -> bool {
        self.outbox.is_empty() && !self.client.has_output() && !self.transport.has_output()
    }

    /// Hands over what has arrived, event by event.
    fn listen(&mut self, handler: &mut impl FnMut(Event<'_>) -> Flow) -> Flow {
        while !self.transport.plaintext().is_empty() {
            let now = self.limits.now();
            let (used, event) = self.client.receive(self.transport.plaintext(), now)?;
            let flow = event.map_or(Ok(ControlFlow::Continue(())), &mut *handler);
            self.transport.consume(used);
            if flow.as_ref().map_or(true, ControlFlow::is_break) {
                return flow;
            }
            if used == 0 {
                // The client's answers need room first.
                return flow;
            }
        }
        match self.transport.ended() {
            Some(failure) => Err(failure),
            None => Ok(ControlFlow::Continue(())),
        }
    }

    fn can_speak(&mut self) -> bool {
        let is_due = !self.greeted || self.client.has_output();
        is_due && self.outbox.is_empty() && !self.transport.write_space().is_empty()
    }

    /// Lets the client say what is due, as far as the transport takes it.
    fn speak(&mut self) -> Result<(), Failure> {
        loop {
            self.outbox.drain_into(self.transport)?;
            if !self.outbox.is_empty() || self.transport.write_space().is_empty() {
                return Ok(());
            }
            let now = self.limits.now();
            let written = if self.greeted {
                self.client.poll(now, self.outbox.space())?
            } else {
                self.greeted = true;
                self.client.connect(now, self.outbox.space())?
            };
            if written == 0 {
                return Ok(());
            }
            self.outbox.filled(written);
        }
    }

    /// How long a round may wait for the network: until the client or a limit is due.
    fn patience(&self) -> Duration {
        let now = Duration::from_millis(self.limits.now());
        let due = self.client.next_deadline().map(|at| Duration::from_millis(at).saturating_sub(now));
        // Before the handshake and CONNECT there is no deadline of the client's.
        due.filter(|_| self.greeted).into_iter().chain(self.limits.left()).fold(TICK, Duration::min)
    }
}

/// Nobody waits for an event.
#[expect(clippy::unnecessary_wraps, reason = "the signature of a handler")]
fn ignore(_: Event<'_>) -> Flow {
    Ok(ControlFlow::Continue(()))
}

/// What the client has said and the transport has not yet taken.
struct Outbox {
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

impl Outbox {
    fn new() -> Self {
        Self { buffer: vec![0; OUTBOX], start: 0, end: 0 }
    }

    fn bytes(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    const fn is_empty(&self) -> bool {
        self.start == self.end
    }

    fn space(&mut self) -> &mut [u8] {
        self.buffer.get_mut(self.end..).unwrap_or_default()
    }

    fn filled(&mut self, count: usize) {
        self.end = self.end.saturating_add(count).min(self.buffer.len());
    }

    fn drain_into(&mut self, transport: &mut Transport<'_>) -> Result<(), Failure> {
        while self.start < self.end {
            let space = transport.write_space();
            let count = space.len().min(self.bytes().len());
            let piece = self.bytes().get(..count).unwrap_or_default();
            if count == 0 {
                return Ok(());
            }
            space.iter_mut().zip(piece).for_each(|(to, from)| *to = *from);
            transport.wrote(count)?;
            self.start = self.start.saturating_add(count);
        }
        (self.start, self.end) = (0, 0);
        Ok(())
    }
}

/// A CONNECT with five fields of 65535 bytes fits.
const OUTBOX: usize = 512 * 1024;
/// From the connected socket to the end of the handshake.
const HANDSHAKE: Duration = Duration::from_secs(30);
/// For DISCONNECT, close_notify, and the server's end of the connection.
const FAREWELL: Duration = Duration::from_secs(2);
/// The same when the time is over already.
const HASTE: Duration = Duration::from_millis(300);
