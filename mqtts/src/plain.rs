//! The verbs of a TLS connection without TLS: two lent buffers, and bytes that pass as they are.

use status::{Error, Status, mqtt::CONNECTION_CLOSED, net};
use tls12::Want;

use crate::setup::SetupError;

/// What arrives and what leaves, unprotected.
pub(crate) struct PlainTransport<'b> {
    received: Queue<'b>,
    sending: Queue<'b>,
    /// The socket gives no more bytes.
    recv_closed: bool,
    /// The socket takes no more bytes.
    send_closed: bool,
    /// Nothing more is written.
    closing: bool,
}

impl<'b> PlainTransport<'b> {
    pub(crate) const fn new(rx: &'b mut [u8], tx: &'b mut [u8]) -> Result<Self, SetupError> {
        if rx.is_empty() {
            return Err(SetupError::ReceiveBuffer { needed: 1 });
        }
        if tx.len() < ACKNOWLEDGEMENT {
            return Err(SetupError::SendBuffer { needed: ACKNOWLEDGEMENT });
        }
        Ok(Self {
            received: Queue::new(rx),
            sending: Queue::new(tx),
            recv_closed: false,
            send_closed: false,
            closing: false,
        })
    }

    pub(crate) const fn restart(&mut self) {
        self.received.clear();
        self.sending.clear();
        (self.recv_closed, self.send_closed, self.closing) = (false, false, false);
    }

    pub(crate) fn poll(&mut self) -> Want {
        let mut want = Want::default();
        for (bit, is_wanted) in [
            (Want::SEND, !self.send_bytes().is_empty()),
            (Want::READ, !self.plaintext().is_empty()),
            (Want::RECV, !self.recv_space().is_empty()),
            (Want::WRITE, !self.write_space().is_empty()),
            (Want::CLOSED, self.is_over()),
        ] {
            if is_wanted {
                want |= bit;
            }
        }
        want
    }

    /// The code that ended it: the end of the stream, or a socket that takes nothing more; none while it lives, and when we closed it.
    pub(crate) fn status(&self) -> Option<Status> {
        let error: Error = if self.send_closed { net::SEND_FAILED } else { CONNECTION_CLOSED };
        (self.is_over() && !self.closing).then(|| Status::new(error))
    }

    pub(crate) fn recv_space(&mut self) -> &mut [u8] {
        if self.recv_closed { &mut [] } else { self.received.space() }
    }

    pub(crate) fn received(&mut self, n: usize) {
        self.received.filled(n);
    }

    pub(crate) const fn recv_closed(&mut self) {
        self.recv_closed = true;
    }

    pub(crate) fn send_bytes(&self) -> &[u8] {
        if self.send_closed { &[] } else { self.sending.bytes() }
    }

    pub(crate) fn sent(&mut self, n: usize) {
        self.sending.taken(n);
    }

    pub(crate) const fn send_closed(&mut self) {
        self.send_closed = true;
    }

    pub(crate) fn plaintext(&self) -> &[u8] {
        self.received.bytes()
    }

    pub(crate) fn consume(&mut self, n: usize) {
        self.received.taken(n);
    }

    pub(crate) fn write_space(&mut self) -> &mut [u8] {
        if self.closing || self.send_closed || self.recv_closed { &mut [] } else { self.sending.space() }
    }

    pub(crate) fn wrote(&mut self, n: usize) {
        self.sending.filled(n);
    }

    pub(crate) const fn close(&mut self) {
        self.closing = true;
    }

    /// Nothing is left to be read, and either side has ended.
    fn is_over(&self) -> bool {
        let ended = self.recv_closed || (self.closing && self.send_bytes().is_empty());
        ended && self.plaintext().is_empty()
    }
}

/// Bytes that are filled in at the end and taken from the beginning.
pub(crate) struct Queue<'b> {
    buffer: &'b mut [u8],
    start: usize,
    end: usize,
}

impl<'b> Queue<'b> {
    pub(crate) const fn new(buffer: &'b mut [u8]) -> Self {
        Self { buffer, start: 0, end: 0 }
    }

    /// Nothing is in it any more.
    pub(crate) const fn clear(&mut self) {
        (self.start, self.end) = (0, 0);
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.start == self.end
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// The room behind the bytes. They move to the front only when that room is at an end, so that a byte rarely moves.
    pub(crate) fn space(&mut self) -> &mut [u8] {
        if self.end >= self.buffer.len() && self.start > 0 {
            let length = self.end.saturating_sub(self.start);
            for to in 0..length {
                let byte = self.buffer.get(self.start.saturating_add(to)).copied().unwrap_or_default();
                if let Some(place) = self.buffer.get_mut(to) {
                    *place = byte;
                }
            }
            (self.start, self.end) = (0, length);
        }
        self.buffer.get_mut(self.end..).unwrap_or_default()
    }

    pub(crate) fn filled(&mut self, n: usize) {
        self.end = self.end.saturating_add(n).min(self.buffer.len());
    }

    pub(crate) fn taken(&mut self, n: usize) {
        self.start = self.start.saturating_add(n).min(self.end);
        if self.start == self.end {
            self.clear();
        }
    }
}

/// PUBACK and its kin: what has to be written whole, and leaves through no outbox.
const ACKNOWLEDGEMENT: usize = 4;
