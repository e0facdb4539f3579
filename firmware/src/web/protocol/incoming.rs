//! Receives a request: its head, then its body, in one buffer and within a time limit.

use core::{cell::Cell, net::Ipv4Addr};

use embassy_net::{IpAddress, IpEndpoint, tcp::TcpSocket};
use embassy_time::{Duration, Instant, with_deadline};

use super::{
    form::Form,
    head::{Content, Fault, Framing, Head},
    workers::Occupation,
};
use crate::ascii::find;

/// How long a head, and how long a form, may be, in bytes.
pub(in crate::web) const BUFFER_LENGTH: usize = 2048;
/// How long a connection may be silent at first. Browsers open some in advance, and open another when one is closed.
const FIRST_BYTE_TIME: Duration = Duration::from_secs(2);
/// How long a head may take to arrive.
const HEAD_TIME: Duration = Duration::from_secs(5);
/// How long a body may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(15);
const END_OF_HEAD: &[u8] = b"\r\n\r\n";

/// What has arrived of a request.
pub(in crate::web) struct Incoming<'s, 'b> {
    socket: &'s mut TcpSocket<'b>,
    buffer: &'s mut [u8; BUFFER_LENGTH],
    /// What stands in the buffer and was not used yet.
    start: usize,
    end: usize,
    /// What the head says of the body.
    framing: Framing,
    /// How much of the body was not used yet.
    left: usize,
    deadline: Instant,
    /// How long the form is, decoded, that stands at the beginning of the buffer.
    typed: usize,
    occupation: &'s Cell<Occupation>,
}

impl<'s, 'b> Incoming<'s, 'b> {
    /// A request on a connection that has just been accepted.
    pub(in crate::web) fn new(
        socket: &'s mut TcpSocket<'b>,
        buffer: &'s mut [u8; BUFFER_LENGTH],
        occupation: &'s Cell<Occupation>,
    ) -> Self {
        let framing =
            Framing { length: None, is_chunked: false, content: Content::Plain, expects_continue: false };
        let deadline = Instant::now();
        Self { socket, buffer, start: 0, end: 0, framing, left: 0, deadline, typed: 0, occupation }
    }

    /// Where the worker says what it does.
    pub(in crate::web) const fn occupation(&self) -> &'s Cell<Occupation> {
        self.occupation
    }

    /// What the head says of the body.
    pub(in crate::web) const fn framing(&self) -> &Framing {
        &self.framing
    }

    /// The address of the client.
    pub(in crate::web) fn peer(&self) -> Ipv4Addr {
        match self.socket.remote_endpoint() {
            Some(IpEndpoint { addr: IpAddress::Ipv4(address), .. }) => address,
            _ => Ipv4Addr::UNSPECIFIED,
        }
    }

    /// Reads the head, of which only what `read` takes out of it stays in memory; `None` for a connection on which nothing was asked.
    pub(in crate::web) async fn head<R>(
        &mut self,
        read: &dyn Fn(&Head<'_>) -> Result<R, Fault>,
    ) -> Result<Option<R>, Fault> {
        let opened = Instant::now();
        loop {
            let arrived = self.buffer.get(..self.end).unwrap_or_default();
            // RFC 9112 §2.2: empty lines before a request are skipped.
            let blank = arrived.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            let request = arrived.get(blank..).unwrap_or_default();
            let length = find(request, END_OF_HEAD);
            if let Some(length) = length {
                let length = length.saturating_add(END_OF_HEAD.len());
                let head = Head::read(request.get(..length).unwrap_or_default())?;
                self.framing = head.framing()?;
                let taken = read(&head)?;
                self.start = blank.saturating_add(length);
                self.left = self.framing.length.unwrap_or(0);
                return Ok(Some(taken));
            }
            if self.end == self.buffer.len() {
                return Err(Fault::HeadTooLarge);
            }
            let is_first = self.end == 0;
            self.deadline = opened.saturating_add(if is_first { FIRST_BYTE_TIME } else { HEAD_TIME });
            match self.receive().await {
                Ok(0) | Err(_) if is_first => return Ok(None),
                Ok(0) => return Err(Fault::Malformed),
                Ok(_) => {}
                Err(fault) => return Err(fault),
            }
        }
    }

    /// Whether something of the request, or after it, was not read.
    pub(in crate::web) fn has_unread(&self) -> bool {
        self.left > 0 || self.start != self.end || self.socket.can_recv()
    }

    /// Makes ready for the body, which begins to count now.
    pub(in crate::web) async fn expect_body(&mut self) -> Result<(), Fault> {
        self.deadline = Instant::now().saturating_add(BODY_TIME);
        if self.framing.expects_continue && self.left > self.end.saturating_sub(self.start) {
            let mut rest: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";
            while !rest.is_empty() {
                let written = self.socket.write(rest).await.map_err(|_| Fault::Malformed)?;
                rest = rest.get(written..).unwrap_or_default();
            }
        }
        Ok(())
    }

    /// How much of the buffer's beginning is a form that was decoded.
    pub(in crate::web) const fn typed(&self) -> usize {
        self.typed
    }

    /// Reads a form, which must fit in the buffer, over the head, and decodes it there.
    pub(in crate::web) async fn form(&mut self) -> Result<Form<'_>, Fault> {
        let length = self.left;
        if length > self.buffer.len() {
            return Err(Fault::FormTooLarge);
        }
        let arrived = self.end.saturating_sub(self.start);
        self.buffer.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, arrived);
        while self.end < length {
            if self.receive().await? == 0 {
                return Err(Fault::Malformed);
            }
        }
        self.left = 0;
        self.start = self.end;
        let form = Form::decode(self.buffer.get_mut(..length).unwrap_or_default());
        let form = form.map_err(|_| Fault::FormMalformed)?;
        self.typed = form.length();
        Ok(form)
    }

    /// The next bytes of the body; empty at its end.
    pub(in crate::web) async fn next(&mut self) -> Result<&[u8], Fault> {
        if self.left == 0 {
            return Ok(&[]);
        }
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
            if self.receive().await? == 0 {
                return Err(Fault::Malformed);
            }
        }
        let from = self.start;
        let count = self.end.saturating_sub(from).min(self.left);
        self.start = from.saturating_add(count);
        self.left = self.left.saturating_sub(count);
        Ok(self.buffer.get(from..self.start).unwrap_or_default())
    }

    /// Receives into the rest of the buffer; 0 at the end of the stream.
    async fn receive(&mut self) -> Result<usize, Fault> {
        let free = self.buffer.get_mut(self.end..).unwrap_or_default();
        match with_deadline(self.deadline, self.socket.read(free)).await {
            Ok(Ok(received)) => {
                self.end = self.end.saturating_add(received);
                if received > 0 && matches!(self.occupation.get(), Occupation::Open(_)) {
                    self.occupation.set(Occupation::Open(Instant::now()));
                }
                Ok(received)
            }
            Ok(Err(_)) => Err(Fault::Malformed),
            Err(_) => Err(Fault::TooSlow),
        }
    }
}
