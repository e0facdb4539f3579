//! The receive buffer: turns bytes from the socket into records, and records into handshake messages or plaintext.
//!
//! ```text
//!   0        start          body           end                 buffer.len()
//!   | used   | handshake    | record being | offered by space() |
//!   |        | bytes,       | received, its|                    |
//!   |        | reassembled  | header first |                    |
//! ```
//!
//! First a header is received, then exactly the rest of its record, so that later bytes stay in the socket. An unprotected handshake record
//! need not fit: its header is dropped and its bytes are used as they come. Every other record is received whole and opened in place. While the
//! application reads, `start..end` is its plaintext and nothing is received.

use core::ops::Range;

use accel::Accel;
use status::{Alert, Cause, ssl};
use zeroize::Zeroize;

use crate::failure::Failure;
use crate::memory::LentMemory;
use crate::proof::FinishedVerified;
use crate::record::{
    ContentType, HEADER_LENGTH, Header, Layer, MAX_PLAINTEXT_LENGTH, MAX_PROTECTED_LENGTH, Protection,
};
use crate::wire::shift;

/// The receive buffer. The read state is the handshake's.
pub(crate) struct Input<'b> {
    buffer: LentMemory<'b>,
    stage: InputStage,
    start: usize,
    body: usize,
    end: usize,
    /// The most bytes of plaintext in a record: 2^14, or what max_fragment_length says.
    limit: usize,
    /// A message is being read in pieces.
    inside_message: bool,
    ended: bool,
}

/// What the next bytes from the socket belong to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum InputStage {
    /// A record's header.
    Header,
    /// An unprotected handshake record, of which this many bytes are missing.
    Fragment { missing: usize },
    /// Any other record, of which this many bytes are missing.
    Record { content_type: ContentType, missing: usize },
    /// Nothing: the application reads first.
    Plaintext,
}

/// What [`Input::record`] found.
pub(crate) enum ReceivedRecord {
    /// No record: more bytes are needed, or the application must read.
    Incomplete,
    /// A header was read: call again.
    Taken,
    /// A record, opened here in the buffer. One of `append`, `deliver` and `discard` must follow.
    Record(ContentType, Range<usize>),
}

impl<'b> Input<'b> {
    pub(crate) const fn new(buffer: LentMemory<'b>) -> Self {
        Self {
            buffer,
            stage: InputStage::Header,
            start: 0,
            body: 0,
            end: 0,
            limit: MAX_PLAINTEXT_LENGTH,
            inside_message: false,
            ended: false,
        }
    }

    /// Where the socket's next bytes go; empty while none are wanted.
    pub(crate) fn space(&mut self) -> &mut [u8] {
        let wanted = match self.stage {
            InputStage::Header => HEADER_LENGTH.saturating_sub(self.end.saturating_sub(self.body)),
            InputStage::Fragment { missing } | InputStage::Record { missing, .. } => missing,
            InputStage::Plaintext => 0,
        };
        let end = self.end.saturating_add(wanted).min(self.buffer.len());
        if self.ended { &mut [] } else { self.buffer.get_mut(self.end..end).unwrap_or_default() }
    }

    /// `n` bytes have been written to the space.
    pub(crate) fn received(&mut self, n: usize) {
        let n = n.min(self.space().len());
        self.end = self.end.saturating_add(n);
        match &mut self.stage {
            InputStage::Header | InputStage::Plaintext => {}
            InputStage::Record { missing, .. } => *missing = missing.saturating_sub(n),
            InputStage::Fragment { missing } => {
                *missing = missing.saturating_sub(n);
                self.body = self.end;
                if *missing == 0 {
                    self.stage = InputStage::Header;
                }
            }
        }
    }

    /// The socket has no more bytes.
    pub(crate) const fn end(&mut self) {
        self.ended = true;
    }

    pub(crate) const fn has_ended(&self) -> bool {
        self.ended
    }

    /// Moves on to the next record, as far as the bytes received so far go. `state` is the read state; none while nothing is
    /// protected.
    ///
    /// # Errors
    /// Those of [`Header::parse`] and [`Protection::open`]; `ssl::INVALID_RECORD` (-0x7200) for a record longer than
    /// allowed; `ssl::BAD_INPUT_DATA` (-0x7100) for one that does not fit the window; `ssl::UNEXPECTED_MESSAGE` (-0x7700) for another content type inside
    /// a fragmented handshake message.
    pub(crate) fn record<A: Accel>(
        &mut self,
        state: Option<&mut Protection>,
        accel: &mut A,
    ) -> Result<ReceivedRecord, Failure> {
        match self.stage {
            InputStage::Header => match self.bytes(self.body..self.end).first_chunk().copied() {
                Some(header) => self.accept_header(header, state.is_some()),
                None => self.make_room().map(|()| ReceivedRecord::Incomplete),
            },
            InputStage::Record { content_type, missing: 0 } => {
                let record = self.buffer.get_mut(self.body..self.end).unwrap_or_default();
                let opened = Layer(state).open(accel, record)?;
                if opened.len() > self.limit {
                    return Err(overflow());
                }
                let at = |offset: usize| self.body.saturating_add(offset);
                Ok(ReceivedRecord::Record(content_type, at(opened.start)..at(opened.end)))
            }
            InputStage::Plaintext => Ok(ReceivedRecord::Incomplete),
            InputStage::Fragment { .. } | InputStage::Record { .. } => {
                self.make_room().map(|()| ReceivedRecord::Incomplete)
            }
        }
    }

    /// The bytes of an opened record.
    pub(crate) fn bytes(&self, range: Range<usize>) -> &[u8] {
        self.buffer.get(range).unwrap_or_default()
    }

    /// Appends the opened record, which holds handshake bytes, to those that wait.
    pub(crate) fn append(&mut self, opened: Range<usize>) {
        let length = opened.len();
        if shift(&mut self.buffer, opened.start, self.body, length) {
            self.body = self.body.saturating_add(length);
        }
        self.end = self.body;
        self.stage = InputStage::Header;
    }

    /// Hands the opened record, which holds application data, to the application.
    pub(crate) fn deliver(&mut self, opened: Range<usize>, _proof: FinishedVerified) {
        self.start = opened.start;
        self.body = opened.end;
        self.end = opened.end;
        self.stage = InputStage::Plaintext;
        self.settle();
    }

    /// Drops the opened record, which has been read.
    pub(crate) fn discard(&mut self) {
        self.end = self.body;
        self.stage = InputStage::Header;
        self.settle();
    }

    /// What the application can read.
    pub(crate) fn plaintext(&self) -> &[u8] {
        match self.stage {
            InputStage::Plaintext => self.buffer.get(self.start..self.end).unwrap_or_default(),
            _ => &[],
        }
    }

    /// The application has read `n` bytes.
    pub(crate) fn consume(&mut self, n: usize) {
        if self.stage == InputStage::Plaintext {
            self.advance(n);
        }
    }

    /// The handshake bytes that wait, reassembled.
    pub(crate) fn handshake(&self) -> &[u8] {
        match self.stage {
            InputStage::Plaintext => &[],
            _ => self.buffer.get(self.start..self.body).unwrap_or_default(),
        }
    }

    /// Whether a handshake message has been received in part.
    pub(crate) const fn is_inside_message(&self) -> bool {
        self.inside_message || self.start != self.body
    }

    /// Notes whether a message is being read in pieces.
    pub(crate) const fn inside_message(&mut self, inside: bool) {
        self.inside_message = inside;
    }

    /// Drops the first `n` handshake bytes, which have been read.
    pub(crate) fn take(&mut self, n: usize) {
        if self.stage != InputStage::Plaintext {
            self.advance(n);
        }
    }

    /// Whether a handshake message of this length fits into the buffer.
    pub(crate) fn can_hold(&self, length: usize) -> bool {
        length <= self.buffer.len()
    }

    /// Whether no record and no message has been received in part.
    pub(crate) fn is_between_records(&self) -> bool {
        self.stage == InputStage::Header && self.start == self.end
    }

    /// The memory, to be lent to a job or restored.
    pub(crate) const fn memory(&mut self) -> &mut LentMemory<'b> {
        &mut self.buffer
    }

    /// max_fragment_length has been agreed on (RFC 6066 §4).
    pub(crate) const fn limit(&mut self, bytes: usize) {
        self.limit = bytes;
    }

    /// Forgets and wipes everything.
    pub(crate) fn wipe(&mut self) {
        self.buffer.zeroize();
        (self.start, self.body, self.end) = (0, 0, 0);
        self.stage = InputStage::Header;
        self.ended = true;
    }

    /// Makes it new: a new connection receives here.
    pub(crate) fn restart(&mut self) {
        self.wipe();
        *self = Self::new(self.buffer.take());
    }

    fn accept_header(
        &mut self,
        header: [u8; HEADER_LENGTH],
        is_protected: bool,
    ) -> Result<ReceivedRecord, Failure> {
        let Header { content_type, length } = Header::parse(header)?;
        if length > self.max_length(is_protected) {
            return Err(overflow());
        }
        let handshake = content_type == ContentType::HANDSHAKE;
        // RFC 5246 §6.2.1: no other type may interrupt a fragmented message. A fatal alert is accepted; its reader checks the level.
        if !handshake && content_type != ContentType::ALERT && self.is_inside_message() {
            return Err(Failure::new(ssl::UNEXPECTED_MESSAGE, Alert::UNEXPECTED_MESSAGE));
        }
        if handshake && !is_protected {
            self.end = self.body;
            self.stage = InputStage::Fragment { missing: length };
            return Ok(ReceivedRecord::Taken);
        }
        self.stage = InputStage::Record { content_type, missing: length };
        if self.end.saturating_add(length) > self.buffer.len() {
            self.compact();
        }
        if self.end.saturating_add(length) > self.buffer.len() {
            return Err(window_too_small());
        }
        Ok(ReceivedRecord::Taken)
    }

    /// The most bytes that may follow a header. RFC 6066 §4: with max_fragment_length a longer record is refused before it is
    /// decrypted; what protection may add to it is the same 2048 bytes as without.
    const fn max_length(&self, is_protected: bool) -> usize {
        if is_protected {
            self.limit.saturating_add(MAX_PROTECTED_LENGTH - MAX_PLAINTEXT_LENGTH)
        } else {
            self.limit
        }
    }

    /// Makes room for the next bytes.
    fn make_room(&mut self) -> Result<(), Failure> {
        if self.end.saturating_add(HEADER_LENGTH) > self.buffer.len() {
            self.compact();
        }
        if self.space().is_empty() && !self.ended { Err(window_too_small()) } else { Ok(()) }
    }

    fn compact(&mut self) {
        if shift(&mut self.buffer, self.start, 0, self.end.saturating_sub(self.start)) {
            self.body = self.body.saturating_sub(self.start);
            self.end = self.end.saturating_sub(self.start);
            self.start = 0;
        }
    }

    fn advance(&mut self, n: usize) {
        self.start = self.start.saturating_add(n).min(self.body);
        self.settle();
    }

    /// Starts again at the head of the buffer when it is empty.
    fn settle(&mut self) {
        if self.start == self.end {
            (self.start, self.body, self.end) = (0, 0, 0);
            if self.stage == InputStage::Plaintext {
                self.stage = InputStage::Header;
            }
        }
    }
}

/// A record with more plaintext than was agreed on. Only a header beyond every limit of TLS fails with -0x7100, as in Mbed TLS.
fn overflow() -> Failure {
    Failure::new(ssl::INVALID_RECORD, Alert::RECORD_OVERFLOW).with(Cause::RecordTooLong)
}

/// Our buffer is too small for what the peer may send.
pub(crate) fn window_too_small() -> Failure {
    Failure::new(ssl::BAD_INPUT_DATA, Alert::INTERNAL_ERROR).with(Cause::WindowTooSmall)
}
