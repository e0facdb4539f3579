//! The send buffer: plaintext is written at its final offset, sealed in place, and sent by the socket.
//!
//! ```text
//!   0     start              end                                    buffer.len()
//!   | sent | records to send  | header, nonce | plaintext | suffix | room for an alert |
//! ```
//!
//! The last bytes are kept free for an alert: a sealed record cannot be dropped to make room, as its sequence number would be missing. The
//! ClientHello stays at the head until the ServerHello names the hash of the transcript.

use accel::Accel;
use status::{Alert, ssl};
use zeroize::Zeroize;

use crate::failure::Failure;
use crate::memory::LentMemory;
use crate::proof::FinishedVerified;
use crate::record::{ContentType, HEADER_LENGTH, Layer, MAX_OVERHEAD, MAX_PLAINTEXT_LENGTH, Protection};
use crate::wire::shift;

/// The send buffer. The write state is the handshake's.
pub(crate) struct Output<'b> {
    buffer: LentMemory<'b>,
    start: usize,
    end: usize,
    /// Where the last record of application data ends.
    data_end: usize,
    /// The length of the ClientHello that is kept behind the first header.
    kept: usize,
    /// The most bytes of plaintext in a record: 2^14, or what max_fragment_length says.
    limit: usize,
    /// close_notify has been queued.
    is_final: bool,
    /// The socket takes no more bytes.
    is_closed: bool,
}

/// How serious an alert is (RFC 5246 §7.2).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum AlertLevel {
    Warning = 1,
    Fatal = 2,
}

impl<'b> Output<'b> {
    pub(crate) const fn new(buffer: LentMemory<'b>) -> Self {
        Self {
            buffer,
            start: 0,
            end: 0,
            data_end: 0,
            kept: 0,
            limit: MAX_PLAINTEXT_LENGTH,
            is_final: false,
            is_closed: false,
        }
    }

    /// Wipes everything and makes it new: a new connection sends from here.
    pub(crate) fn restart(&mut self) {
        self.buffer.zeroize();
        *self = Self::new(self.buffer.take());
    }

    /// What the socket must send; empty once it takes no more.
    pub(crate) fn pending(&self) -> &[u8] {
        let end = if self.is_closed { self.start } else { self.end };
        self.buffer.get(self.start..end).unwrap_or_default()
    }

    /// The socket takes no more bytes.
    pub(crate) const fn close(&mut self) {
        self.is_closed = true;
    }

    pub(crate) const fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// Whether bytes wait that the socket does not take any more.
    pub(crate) const fn has_lost(&self) -> bool {
        self.is_closed && self.has_unsent()
    }

    /// The socket has sent `n` bytes.
    pub(crate) fn sent(&mut self, n: usize) {
        self.start = self.start.saturating_add(n.min(self.pending().len()));
        if self.start == self.end && self.kept == 0 {
            (self.start, self.end, self.data_end) = (0, 0, 0);
        }
    }

    /// Where the plaintext of the next record goes: as many bytes as one record may hold here. Empty while there is no room.
    /// `state` is the write state, here and below; none while nothing is protected.
    pub(crate) fn space(&mut self, state: Option<&mut Protection>) -> &mut [u8] {
        let (room, limit) = (self.room(), self.limit);
        self.space_within(state, room, limit)
    }

    /// Makes a record of the first `length` bytes of the space.
    ///
    /// # Errors
    /// Those of [`Protection::seal`].
    pub(crate) fn seal<A: Accel>(
        &mut self,
        state: Option<&mut Protection>,
        accel: &mut A,
        content_type: ContentType,
        length: usize,
    ) -> Result<(), Failure> {
        let space = self.buffer.get_mut(self.end..).ok_or(ssl::BUFFER_TOO_SMALL)?;
        let sealed = Layer(state).seal(accel, content_type, space, length)?;
        self.end = self.end.saturating_add(sealed);
        Ok(())
    }

    /// Makes a record of what the application has written to the space.
    ///
    /// # Errors
    /// Those of [`Protection::seal`].
    pub(crate) fn seal_application_data<A: Accel>(
        &mut self,
        state: Option<&mut Protection>,
        accel: &mut A,
        length: usize,
        _proof: FinishedVerified,
    ) -> Result<(), Failure> {
        self.seal(state, accel, ContentType::APPLICATION_DATA, length)?;
        self.data_end = self.end;
        Ok(())
    }

    /// Whether application data waits.
    pub(crate) const fn has_unsent_data(&self) -> bool {
        self.start < self.data_end
    }

    /// Where a handshake message is composed that may be longer than one record; see [`Output::seal_message`].
    pub(crate) fn message_space(&mut self, state: Option<&mut Protection>) -> &mut [u8] {
        let room = self.room().saturating_sub(MAX_SPLITS.saturating_mul(HEADER_LENGTH));
        self.space_within(state, room, MAX_PLAINTEXT_LENGTH)
    }

    /// Makes records of the first `length` bytes of the message space: several when max_fragment_length asks for it.
    ///
    /// # Errors
    /// Those of [`Protection::seal`].
    pub(crate) fn seal_message<A: Accel>(
        &mut self,
        state: Option<&mut Protection>,
        accel: &mut A,
        length: usize,
    ) -> Result<(), Failure> {
        let mut rest = length;
        // RFC 6066 §4: the limit binds both sides. Only unprotected messages are ever longer than it.
        while rest > self.limit && state.is_none() {
            let split = self.end.saturating_add(HEADER_LENGTH).saturating_add(self.limit);
            rest = rest.saturating_sub(self.limit);
            if !shift(&mut self.buffer, split, split.saturating_add(HEADER_LENGTH), rest) {
                return Err(ssl::BUFFER_TOO_SMALL.into());
            }
            self.seal(None, accel, ContentType::HANDSHAKE, self.limit)?;
        }
        self.seal(state, accel, ContentType::HANDSHAKE, rest)
    }

    /// The message of `length` bytes that was sealed first is kept at the head of the buffer until [`Output::release`].
    pub(crate) const fn keep(&mut self, length: usize) {
        self.kept = length;
    }

    /// The message that is kept.
    pub(crate) fn kept(&self) -> &[u8] {
        self.buffer.get(HEADER_LENGTH..HEADER_LENGTH.saturating_add(self.kept)).unwrap_or_default()
    }

    /// The message that was kept is not needed any more.
    pub(crate) fn release(&mut self) {
        self.kept = 0;
        self.sent(0);
    }

    /// Whether something has not been sent.
    pub(crate) const fn has_unsent(&self) -> bool {
        self.start < self.end
    }

    /// The memory, to be lent to a job or restored.
    pub(crate) const fn memory(&mut self) -> &mut LentMemory<'b> {
        &mut self.buffer
    }

    /// Queues an alert behind what is waiting.
    ///
    /// # Errors
    /// Those of [`Protection::seal`].
    pub(crate) fn alert<A: Accel>(
        &mut self,
        state: Option<&mut Protection>,
        accel: &mut A,
        level: AlertLevel,
        alert: Alert,
    ) -> Result<(), Failure> {
        let layer = Layer(state);
        let from = self.end.saturating_add(layer.prefix_length());
        let space =
            self.buffer.get_mut(from..).and_then(<[u8]>::first_chunk_mut).ok_or(ssl::BUFFER_TOO_SMALL)?;
        *space = [level as u8, alert.0];
        self.is_final |= alert == Alert::CLOSE_NOTIFY;
        self.seal(layer.0, accel, ContentType::ALERT, ALERT_LENGTH)
    }

    /// Whether a warning may be sent: not after close_notify, and not in the room for the last alert.
    pub(crate) fn takes_warning(&self) -> bool {
        !self.is_final && self.room() >= ALERT_ROOM
    }

    /// max_fragment_length has been agreed on (RFC 6066 §4).
    pub(crate) const fn limit(&mut self, bytes: usize) {
        self.limit = bytes;
    }

    /// Wipes all but the sealed records that wait: memory of an abandoned job, application data that was not sealed, and the ClientHello.
    pub(crate) fn abandon(&mut self) {
        self.release();
        let (start, end) = (self.start, self.end);
        for place in [0..start, end..self.buffer.len()] {
            self.buffer.get_mut(place).unwrap_or_default().zeroize();
        }
    }

    fn space_within(&mut self, state: Option<&mut Protection>, room: usize, limit: usize) -> &mut [u8] {
        let layer = Layer(state);
        let from = self.end.saturating_add(layer.prefix_length());
        let length = layer.max_plaintext(room).min(limit);
        self.buffer.get_mut(from..from.saturating_add(length)).unwrap_or_default()
    }

    /// How many bytes may be used.
    fn room(&self) -> usize {
        self.buffer.len().saturating_sub(self.end).saturating_sub(ALERT_ROOM)
    }
}

/// Level and description.
const ALERT_LENGTH: usize = 2;
/// What is always kept free, for the last alert.
const ALERT_ROOM: usize = ALERT_LENGTH + MAX_OVERHEAD;
/// The longest message that is composed in one piece is CertificateVerify with 520 bytes, the smallest limit is 512.
const MAX_SPLITS: usize = 1;
