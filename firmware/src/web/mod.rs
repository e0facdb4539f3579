//! The menu's web server: the pages and the requests that set the device up (see `docs/http.md`).
//!
//! ```text
//!   pages ──► requests ──► access ──► protocol      four rooms; each knows only those to its right
//!   HTML      what can be  who may    HTTP/1.1
//!             asked for    ask
//! ```
//! This file and `answers.rs` join them: a few workers, each with one connection and one request on it. Own code: a request is
//! answered from the buffer that it came in, and a page is written window by window, which a general server does not do.
//!
//! Deliberately absent: TLS (the note's device serves its menu in plain HTTP; `SECURITY.md` says what that means), keeping
//! connections open, chunked bodies, conditional requests.

pub mod access;
mod answers;
mod handle;
pub mod pages;
pub mod protocol;
pub mod refusal;
pub mod requests;

use core::{cell::Cell, pin::pin};

use embassy_futures::{
    join::join4,
    select::{Either, select},
};
use embassy_net::{Stack, tcp::TcpSocket};
use embassy_time::{Duration, Instant, Timer, with_timeout};
use zeroize::Zeroize;

use crate::{board::Board, names::identifier};
use access::host::OwnName;
use answers::{Client, Outgoing};
pub use handle::Handle;
use protocol::{
    answer::Lost,
    head::{Fault, Head},
    incoming::{BUFFER_LENGTH, Incoming},
    workers::{Occupation, WORKERS, Workers},
};
use requests::{
    Requests,
    files::{self, Findings},
    request::Request,
};

/// The server's port.
const PORT: u16 = 80;
const RECEIVE_LENGTH: usize = 512;
const SEND_LENGTH: usize = 1024;
/// How long a connection may take in all.
const EXCHANGE_TIME: Duration = Duration::from_secs(60);
/// How long a peer may be silent: longer than a body may take, so that who is too slow is told so.
const SILENCE: Duration = Duration::from_secs(20);
/// How long a reset may take to go out.
const ABORT_TIME: Duration = Duration::from_millis(100);
/// How long an answer may take to be acknowledged after it was written.
const CLOSE_TIME: Duration = Duration::from_secs(2);

/// The buffers.
pub struct Memory {
    workers: [Worker; WORKERS],
    files: files::Memory,
}

/// What one connection works in.
struct Worker {
    receive: [u8; RECEIVE_LENGTH],
    send: [u8; SEND_LENGTH],
    buffer: [u8; BUFFER_LENGTH],
}

impl Memory {
    /// All zero.
    pub const fn new() -> Self {
        const WORKER: Worker =
            Worker { receive: [0; RECEIVE_LENGTH], send: [0; SEND_LENGTH], buffer: [0; BUFFER_LENGTH] };
        Self { workers: [WORKER; WORKERS], files: files::Memory::new() }
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

/// Serves; never returns.
pub async fn run<B: Board>(device: Handle<'_, B>, stack: Stack<'_>, memory: &mut Memory) {
    let Memory { workers: [a, b, c, d], files } = memory;
    let server = Server { requests: Requests::new(device, files), stack, workers: Workers::default() };
    join4(server.work(0, a), server.work(1, b), server.work(2, c), server.work(3, d)).await;
}

/// What the workers share.
struct Server<'d, B: Board> {
    requests: Requests<'d, B>,
    stack: Stack<'d>,
    workers: Workers,
}

impl<B: Board> Server<'_, B> {
    /// Serves one connection after the other.
    async fn work(&self, number: usize, worker: &mut Worker) {
        let occupation = self.workers.occupation(number);
        loop {
            let Worker { receive, send, buffer } = worker;
            let mut socket = TcpSocket::new(self.stack, receive, send);
            socket.set_timeout(Some(SILENCE));
            if socket.accept(PORT).await.is_ok() {
                let served = &self.requests.device.served;
                served.set(served.get().saturating_add(1));
                self.workers.take(number);
                let is_over = {
                    let serve = pin!(self.serve(&mut socket, buffer, occupation));
                    matches!(select(serve, self.workers.give_way(number)).await, Either::First(true))
                };
                if !is_over {
                    socket.abort();
                    let _ = with_timeout(ABORT_TIME, socket.flush()).await;
                }
                served.set(served.get().saturating_sub(1));
            } else {
                Timer::after_millis(100).await;
            }
            drop(socket);
            occupation.set(Occupation::Listening);
            worker.receive.zeroize();
            worker.send.zeroize();
            worker.buffer.zeroize();
        }
    }

    /// One request, its answer and the end of the connection; whether the peer has seen the end.
    async fn serve(
        &self,
        socket: &mut TcpSocket<'_>,
        buffer: &mut [u8; BUFFER_LENGTH],
        occupation: &Cell<Occupation>,
    ) -> bool {
        let exchange = with_timeout(EXCHANGE_TIME, self.exchange(socket, buffer, occupation)).await;
        let has_unread = !matches!(exchange, Ok(Ok(Unread(false))));
        with_timeout(CLOSE_TIME, close(socket, buffer, has_unread)).await.is_ok()
    }

    /// One request and its answer.
    async fn exchange(
        &self,
        socket: &mut TcpSocket<'_>,
        buffer: &mut [u8; BUFFER_LENGTH],
        occupation: &Cell<Occupation>,
    ) -> Result<Unread, Lost> {
        // What the lint finds, here and not in the outcome, which is handed on several times.
        let mut findings = Findings::new();
        let mut incoming = Incoming::new(socket, buffer, occupation);
        let (client, outcome) = match incoming.head(&|head| self.read(head)).await {
            Ok(None) => return Ok(Unread(false)),
            Ok(Some(request)) => {
                let outcome = self.requests.act(&request, &mut incoming, &mut findings).await;
                (Client::new(&request), outcome)
            }
            Err(fault) => (Client::unknown(), Err(fault.into())),
        };
        let unread = Unread(incoming.has_unread());
        let typed = incoming.typed();
        if occupation.get() == Occupation::Waiting {
            occupation.set(Occupation::Open(Instant::now()));
        }
        self.answer(&client, outcome, &mut findings, &mut Outgoing { socket, buffer, typed }).await?;
        Ok(unread)
    }

    /// Reads a head, with the name that the device has told DHCP and the domain that is set.
    fn read(&self, head: &Head<'_>) -> Result<Request, Fault> {
        let device = &self.requests.device;
        let network = &device.setup.settings.borrow().network;
        let own = identifier(device.facts.mac_address);
        let host = if network.host_name.is_empty() { &own } else { &network.host_name };
        Request::read(head, OwnName { host, domain: &network.domain })
    }
}

/// Whether something of a request was left unread.
struct Unread(bool);

/// Ends a connection so that the answer arrives: what the peer still sends is taken, else its system would throw the answer away.
/// After a whole request nothing follows, and an acknowledged end is enough: the worker is free at once.
async fn close(socket: &mut TcpSocket<'_>, buffer: &mut [u8], has_unread: bool) {
    socket.close();
    // Within CLOSE_TIME.
    while has_unread && socket.read(buffer).await.is_ok_and(|received| received > 0) {}
    let _ = socket.flush().await;
}
