//! A request as it arrives: its head, then its body, within one buffer and within time.

use core::{cell::Cell, net::Ipv4Addr};

use embassy_net::{IpAddress, IpEndpoint, tcp::TcpSocket};
use embassy_time::{Duration, Instant, with_deadline};

use super::{
    form::Form,
    head::{Fault, Head},
    places::Place,
    refusal::Refusal,
};
use crate::{ascii::find, texts::refusal as texts};

/// How long a head, and how long a form, may be, in bytes.
pub(super) const BUFFER_LENGTH: usize = 2048;
/// How long a connection may be silent at first. Browsers open some in advance, and open another when one is closed.
const FIRST_BYTE_TIME: Duration = Duration::from_secs(2);
/// How long a head may take to arrive.
const HEAD_TIME: Duration = Duration::from_secs(5);
/// How long a body may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(15);
const END_OF_HEAD: &[u8] = b"\r\n\r\n";

/// What has arrived of a request.
pub(super) struct Incoming<'s, 'b> {
    socket: &'s mut TcpSocket<'b>,
    buffer: &'s mut [u8; BUFFER_LENGTH],
    /// What stands in the buffer and was not used yet.
    start: usize,
    end: usize,
    /// How much of the body was not used yet.
    left: usize,
    deadline: Instant,
    /// How long the form is, decoded, that stands at the beginning of the buffer.
    typed: usize,
    place: &'s Cell<Place>,
}

impl<'s, 'b> Incoming<'s, 'b> {
    /// A request on a connection that has just been accepted.
    pub(super) fn new(
        socket: &'s mut TcpSocket<'b>,
        buffer: &'s mut [u8; BUFFER_LENGTH],
        place: &'s Cell<Place>,
    ) -> Self {
        Self { socket, buffer, start: 0, end: 0, left: 0, deadline: Instant::now(), typed: 0, place }
    }

    /// Where the worker says what it does.
    pub(super) const fn place(&self) -> &'s Cell<Place> {
        self.place
    }

    /// The address of whoever asks.
    pub(super) fn peer(&self) -> Ipv4Addr {
        match self.socket.remote_endpoint() {
            Some(IpEndpoint { addr: IpAddress::Ipv4(address), .. }) => address,
            _ => Ipv4Addr::UNSPECIFIED,
        }
    }

    /// Reads the head; `None` for a connection on which nothing was asked.
    pub(super) async fn head(
        &mut self,
        read: &dyn Fn(&[u8]) -> Result<Head, Fault>,
    ) -> Result<Option<Head>, Refusal> {
        let opened = Instant::now();
        loop {
            let arrived = self.buffer.get(..self.end).unwrap_or_default();
            // RFC 9112 §2.2: empty lines before a request are skipped.
            let blank = arrived.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            let request = arrived.get(blank..).unwrap_or_default();
            let length = find(request, END_OF_HEAD);
            if let Some(length) = length {
                let length = length.saturating_add(END_OF_HEAD.len());
                let head = read(request.get(..length).unwrap_or_default())?;
                self.start = blank.saturating_add(length);
                self.left = head.length.unwrap_or(0);
                return Ok(Some(head));
            }
            if self.end == self.buffer.len() {
                return Err(Fault::TooLarge.into());
            }
            let is_first = self.end == 0;
            self.deadline = opened.saturating_add(if is_first { FIRST_BYTE_TIME } else { HEAD_TIME });
            match self.receive().await {
                Ok(0) | Err(_) if is_first => return Ok(None),
                Ok(0) => return Err(Fault::Malformed.into()),
                Ok(_) => {}
                Err(refusal) => return Err(refusal),
            }
        }
    }

    /// Whether something of the request, or after it, was not read.
    pub(super) fn has_unread(&self) -> bool {
        self.left > 0 || self.start != self.end || self.socket.can_recv()
    }

    /// Makes ready for the body, which begins to count now.
    pub(super) async fn expect_body(&mut self, head: &Head) -> Result<(), Refusal> {
        self.deadline = Instant::now().saturating_add(BODY_TIME);
        if head.expects_continue && self.left > self.end.saturating_sub(self.start) {
            let mut rest: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";
            while !rest.is_empty() {
                let written = self.socket.write(rest).await.map_err(|_| MALFORMED)?;
                rest = rest.get(written..).unwrap_or_default();
            }
        }
        Ok(())
    }

    /// How much of the buffer's beginning is a form that was decoded.
    pub(super) const fn typed(&self) -> usize {
        self.typed
    }

    /// Reads a form, which must fit in the buffer, over the head, and decodes it there.
    pub(super) async fn form(&mut self) -> Result<Form<'_>, Refusal> {
        let length = self.left;
        if length > self.buffer.len() {
            return Err(Refusal::new(413, texts::TOO_LARGE));
        }
        let arrived = self.end.saturating_sub(self.start);
        for index in 0..arrived {
            let byte = self.buffer.get(self.start.saturating_add(index)).copied().unwrap_or_default();
            if let Some(place) = self.buffer.get_mut(index) {
                *place = byte;
            }
        }
        (self.start, self.end) = (0, arrived);
        while self.end < length {
            if self.receive().await? == 0 {
                return Err(MALFORMED);
            }
        }
        self.left = 0;
        self.start = self.end;
        let form = Form::decode(self.buffer.get_mut(..length).unwrap_or_default());
        let form = form.map_err(|_| Refusal::new(400, texts::UNKNOWN_FIELD))?;
        self.typed = form.length();
        Ok(form)
    }

    /// The next bytes of the body; empty at its end.
    pub(super) async fn next(&mut self) -> Result<&[u8], Refusal> {
        if self.left == 0 {
            return Ok(&[]);
        }
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
            if self.receive().await? == 0 {
                return Err(MALFORMED);
            }
        }
        let from = self.start;
        let count = self.end.saturating_sub(from).min(self.left);
        self.start = from.saturating_add(count);
        self.left = self.left.saturating_sub(count);
        Ok(self.buffer.get(from..self.start).unwrap_or_default())
    }

    /// Receives into the rest of the buffer; 0 at the end of the stream.
    async fn receive(&mut self) -> Result<usize, Refusal> {
        let free = self.buffer.get_mut(self.end..).unwrap_or_default();
        match with_deadline(self.deadline, self.socket.read(free)).await {
            Ok(Ok(received)) => {
                self.end = self.end.saturating_add(received);
                if received > 0 && matches!(self.place.get(), Place::Open(_)) {
                    self.place.set(Place::Open(Instant::now()));
                }
                Ok(received)
            }
            Ok(Err(_)) => Err(MALFORMED),
            Err(_) => Err(Refusal::new(408, texts::TOO_SLOW)),
        }
    }
}

const MALFORMED: Refusal = Refusal::new(400, texts::MALFORMED);

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Malformed => MALFORMED,
            Fault::Version => Self::new(505, texts::VERSION),
            Fault::TooLarge => Self::new(431, texts::HEAD_TOO_LARGE),
        }
    }
}
