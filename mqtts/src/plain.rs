//! A transport without TLS: the same functions as a TLS connection, over two lent buffers, with the bytes unchanged.

use status::{Error, Status, mqtt::CONNECTION_CLOSED, net};
use tls12::Want;

use crate::setup::SetupError;

/// An unprotected connection: received bytes and bytes to send.
pub(crate) struct PlainTransport<'b> {
    received: Queue<'b>,
    sending: Queue<'b>,
    /// The socket's stream has ended.
    recv_closed: bool,
    /// The socket can send no more.
    send_closed: bool,
    /// We have closed the connection: nothing more is written.
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

    /// Why the connection has ended: the stream is over, or the socket can send no more. None while it is open, and after our own close.
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

    /// Whether one side has ended and nothing is left to read.
    fn is_over(&self) -> bool {
        let ended = self.recv_closed || (self.closing && self.send_bytes().is_empty());
        ended && self.plaintext().is_empty()
    }
}

/// A queue of bytes in a lent buffer.
pub(crate) struct Queue<'b> {
    buffer: &'b mut [u8],
    start: usize,
    end: usize,
}

impl<'b> Queue<'b> {
    pub(crate) const fn new(buffer: &'b mut [u8]) -> Self {
        Self { buffer, start: 0, end: 0 }
    }

    /// Empties the queue.
    pub(crate) const fn clear(&mut self) {
        (self.start, self.end) = (0, 0);
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.start == self.end
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// The free space after the bytes. The bytes move to the front only when no space is left after them, so that they rarely move.
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

/// The length of PUBACK, PUBREC, PUBREL and PUBCOMP. `tx` must hold one of them, since they never go through the outbox.
const ACKNOWLEDGEMENT: usize = 4;
