//! One MQTT connection over one transport, driven round by round until somebody has what they wanted.
//!
//! A round moves bytes, lets the MQTT client take what arrived and say what is due, and looks at the clock and at signals. What
//! the client has to say goes through a buffer of its own: a CONNECT may be longer than what TLS lends for one record.

use std::{
    ops::ControlFlow,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use mqtt::{Client, Event, Message, Published, Subscription};
use status::ssl;

use crate::{failure::Failure, transport::Transport};

/// The client, the transport under it, and when to stop.
pub(crate) struct Conversation<'c, 't, 'b> {
    client: Client<'c>,
    transport: &'t mut Transport<'b>,
    outbox: Outbox,
    limits: Limits,
    /// CONNECT has been written.
    greeted: bool,
}

/// What ends a conversation from outside.
#[derive(Clone)]
pub(crate) struct Limits {
    /// Time is counted from here.
    pub start: Instant,
    /// All of it must be over after this time.
    pub timeout: Option<Duration>,
    /// Set by SIGINT and SIGTERM.
    pub interrupted: Arc<AtomicBool>,
}

/// Whether a handler of events wants more of them.
pub(crate) type Flow = Result<ControlFlow<()>, Failure>;

impl<'c, 't, 'b> Conversation<'c, 't, 'b> {
    /// Takes a transport whose handshake may still lie ahead.
    pub(crate) fn new(client: Client<'c>, transport: &'t mut Transport<'b>, limits: Limits) -> Self {
        Self { client, transport, outbox: Outbox::new(), limits, greeted: false }
    }

    /// Goes on until `handler` has had enough. With [`ControlFlow::Break`] no further event is taken.
    ///
    /// # Errors
    /// The first failure of any layer; `ssl::TIMEOUT` (-0x6800) when the time is over; [`Failure::Interrupted`].
    pub(crate) fn run(&mut self, mut handler: impl FnMut(Event<'_>) -> Flow) -> Result<(), Failure> {
        while self.round(&mut handler)?.is_continue() {}
        Ok(())
    }

    /// Goes on until the server has accepted the connection; what it sends after that is left for the next call.
    ///
    /// # Errors
    /// As [`Conversation::run`].
    pub(crate) fn establish(&mut self) -> Result<(), Failure> {
        self.run(|event| match event {
            Event::Connected { .. } => Ok(ControlFlow::Break(())),
            _ => Ok(ControlFlow::Continue(())),
        })
    }

    /// Goes on until everything has left for the network, and the server has taken over what it has to.
    ///
    /// # Errors
    /// As [`Conversation::run`].
    pub(crate) fn deliver(&mut self) -> Result<(), Failure> {
        self.until(|this| this.is_flushed() && this.client.undelivered().next().is_none())
    }

    /// Begins to publish a message of which `message.payload` is the beginning and `total` the whole length.
    ///
    /// # Errors
    /// As [`Client::start`].
    pub(crate) fn start(&mut self, message: &Message<'_>, total: usize) -> Result<Published, Failure> {
        let now = self.limits.now();
        let published = self.client.start(message, total, now, self.outbox.space())?;
        self.outbox.filled(published.written);
        Ok(published)
    }

    /// How many bytes of the payload are still to be given to [`Conversation::append`].
    pub(crate) fn missing(&self) -> usize {
        self.client.stream().map_or(0, |stream| stream.remaining)
    }

    /// Sends the next part of the payload.
    ///
    /// # Errors
    /// As [`Client::chunk`] and [`Conversation::run`].
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

    /// Subscribes to all of `list`.
    ///
    /// # Errors
    /// As [`Client::subscribe`].
    pub(crate) fn subscribe(&mut self, list: &[Subscription<'_>]) -> Result<(), Failure> {
        let now = self.limits.now();
        let (written, _) = self.client.subscribe(list, now, self.outbox.space())?;
        self.outbox.filled(written);
        Ok(())
    }

    /// Says what is still due, then goodbye in every layer (MQTT 3.1.1 §3.14, then RFC 5246 §7.2.1), as far as the
    /// connection still allows. What arrives is no longer looked at.
    pub(crate) fn end(&mut self) {
        self.limits.interrupted = Arc::default();
        self.limits.timeout = Some(self.limits.start.elapsed().saturating_add(FAREWELL));
        // Whoever cannot be reached any more needs no goodbye.
        if self.flush().is_ok() {
            if let Ok(written) = self.client.disconnect(self.outbox.space()) {
                self.outbox.filled(written);
            }
            let _ = self.flush();
        }
        self.transport.close(FAREWELL);
    }

    fn until(&mut self, is_done: impl Fn(&Self) -> bool) -> Result<(), Failure> {
        while !is_done(self) {
            // Nothing was subscribed to; what else the server says is in the client's state.
            let _ = self.round(&mut |_: Event<'_>| Ok(ControlFlow::Continue(())))?;
        }
        Ok(())
    }

    fn round(&mut self, handler: &mut impl FnMut(Event<'_>) -> Flow) -> Flow {
        self.check_limits()?;
        self.speak()?;
        self.transport.turn(self.patience())?;
        self.listen(handler)
    }

    fn flush(&mut self) -> Result<(), Failure> {
        self.speak()?;
        while !self.is_flushed() {
            if let Some(status) = self.transport.ended() {
                return Err(status.into());
            }
            self.check_limits()?;
            self.transport.turn(self.patience())?;
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
            if used == 0 || flow.as_ref().map_or(true, ControlFlow::is_break) {
                return flow;
            }
        }
        match self.transport.ended() {
            Some(status) => Err(status.into()),
            None => Ok(ControlFlow::Continue(())),
        }
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

    fn check_limits(&self) -> Result<(), Failure> {
        let elapsed = self.limits.start.elapsed();
        if self.limits.interrupted.load(Ordering::Relaxed) {
            return Err(Failure::Interrupted);
        }
        let is_late = self.limits.timeout.is_some_and(|timeout| elapsed >= timeout);
        if is_late || (!self.greeted && elapsed >= HANDSHAKE) {
            return Err(ssl::TIMEOUT.into());
        }
        Ok(())
    }

    /// How long a round may wait for the network: until the client or a limit is due, and not longer than [`TICK`].
    fn patience(&self) -> Duration {
        let elapsed = self.limits.start.elapsed();
        let due = self.client.next_deadline().map(|at| Duration::from_millis(at).saturating_sub(elapsed));
        let limit = self.limits.timeout.map(|timeout| timeout.saturating_sub(elapsed));
        [due, limit].into_iter().flatten().fold(TICK, Duration::min)
    }
}

impl Limits {
    /// Milliseconds since the start.
    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
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
/// For DISCONNECT and close_notify.
const FAREWELL: Duration = Duration::from_secs(2);
/// A signal that comes just before a wait is noticed after this time.
const TICK: Duration = Duration::from_millis(250);
