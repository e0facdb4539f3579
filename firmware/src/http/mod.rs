//! The requests that set the device up (see `docs/http.md`), over HTTP/1.1 (RFC 9110, RFC 9112).
//!
//! ```text
//!   accept ──► Incoming ──► Head ──► access ──► change or show ──► Answer ──► close
//!              bounded in    host, origin,                          rendered window
//!              time, length  session, token                         by window
//! ```
//! A few workers, each with one connection and one request on it. Own code: a request is answered from the buffer that it
//! came in, and every page is written window by window, which a general server has no use for.
//!
//! Deliberately absent: TLS (the note's device serves its menu in plain HTTP; `SECURITY.md` says what that means), keeping
//! connections open, chunked bodies, conditional requests.

mod access;
pub mod answer;
pub mod broker;
mod change;
pub mod describe;
pub mod files;
pub mod form;
pub mod head;
pub mod html;
mod incoming;
pub mod multipart;
pub mod parameter;
pub mod password;
pub mod places;
pub mod refusal;
pub mod routes;

pub mod sessions;
pub mod settings;
mod show;
pub mod status;
pub mod turns;

use core::{
    cell::{Cell, RefCell},
    pin::pin,
};

use embassy_futures::{
    join::join4,
    select::{Either, select},
};
use embassy_net::{Stack, tcp::TcpSocket};
use embassy_sync::{blocking_mutex::raw::NoopRawMutex, mutex::Mutex};
use embassy_time::{Duration, Instant, Timer, with_timeout};
use zeroize::Zeroize;

use crate::{board::Board, connection::names::identifier, device::Device, texts::refusal as texts};
use answer::Lost;
use files::{Findings, Known};
use head::{Fault, Head, OwnName};
use incoming::{BUFFER_LENGTH, Incoming};
use places::{Place, Places};
use refusal::Refusal;
use routes::{Done, Method, Page, Route};
use sessions::{Secret, Sessions};
use turns::Turns;

/// How many connections there can be at once; the board's stack needs so many sockets for the server.
pub const WORKERS: usize = 4;
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

/// Where an answer goes, and what it is put together in.
struct Outgoing<'o, 's> {
    socket: &'o mut TcpSocket<'s>,
    buffer: &'o mut [u8; BUFFER_LENGTH],
    /// How much of the buffer's beginning is what was typed into the request's form.
    typed: usize,
}

/// Serves; never returns.
pub async fn run<B: Board>(device: &Device<B>, stack: Stack<'_>, memory: &mut Memory) {
    let Memory { workers: [a, b, c, d], files } = memory;
    let server = Server {
        device,
        stack,
        memory: Mutex::new(files),
        known: RefCell::default(),
        sessions: RefCell::default(),
        turns: RefCell::default(),
        places: Places::default(),
    };
    join4(server.work(0, a), server.work(1, b), server.work(2, c), server.work(3, d)).await;
}

/// What the workers share.
struct Server<'d, B: Board> {
    device: &'d Device<B>,
    stack: Stack<'d>,
    memory: Mutex<NoopRawMutex, &'d mut files::Memory>,
    known: RefCell<Known>,
    sessions: RefCell<Sessions>,
    turns: RefCell<Turns>,
    places: Places,
}

/// What a request has led to.
enum Outcome {
    /// Something to look at, in a session with this token.
    Show(Route, Option<Secret>),
    /// A change was made; a browser is led to this page.
    Done(Page, Done),
    /// A session has begun.
    LoggedIn {
        /// Its cookie.
        cookie: Secret,
        /// Its token.
        token: Secret,
    },
    /// A session has ended.
    LoggedOut,
    /// A file was looked at.
    Linted {
        /// Whether it is stored now.
        is_stored: bool,
    },
    /// A browser is led elsewhere before it can do anything.
    SeeOther(&'static str),
}

/// How an answer must look.
#[derive(Clone)]
struct Client {
    wants_page: bool,
    wants_body: bool,
    is_1_1: bool,
    allowed: &'static str,
    route: Option<Route>,
    /// Where a person goes on.
    page: Option<Page>,
    done: Option<Done>,
    session: Option<Secret>,
}

impl Client {
    fn new(head: &Head) -> Self {
        Self {
            wants_page: head.wants_page,
            wants_body: head.method != Method::Head,
            is_1_1: head.is_1_1,
            allowed: head.route.map_or("", Route::allowed),
            route: head.route,
            page: head.page.or(head.route.and_then(Route::page)),
            done: head.done,
            session: head.session.clone(),
        }
    }

    /// Before anything of a request is known.
    const fn unknown() -> Self {
        Self {
            wants_page: false,
            wants_body: true,
            is_1_1: false,
            allowed: "",
            route: None,
            page: None,
            done: None,
            session: None,
        }
    }
}

impl<B: Board> Server<'_, B> {
    /// Serves one connection after the other.
    async fn work(&self, number: usize, worker: &mut Worker) {
        let place = self.places.place(number);
        loop {
            let Worker { receive, send, buffer } = worker;
            let mut socket = TcpSocket::new(self.stack, receive, send);
            socket.set_timeout(Some(SILENCE));
            if socket.accept(PORT).await.is_ok() {
                let served = &self.device.served;
                served.set(served.get().saturating_add(1));
                self.places.take(number);
                let is_over = {
                    let serve = pin!(self.serve(&mut socket, buffer, place));
                    matches!(select(serve, self.places.give_way(number)).await, Either::First(true))
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
            place.set(Place::Listening);
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
        place: &Cell<Place>,
    ) -> bool {
        let exchange = with_timeout(EXCHANGE_TIME, self.exchange(socket, buffer, place)).await;
        let has_unread = !matches!(exchange, Ok(Ok(Unread(false))));
        with_timeout(CLOSE_TIME, close(socket, buffer, has_unread)).await.is_ok()
    }

    /// One request and its answer.
    async fn exchange(
        &self,
        socket: &mut TcpSocket<'_>,
        buffer: &mut [u8; BUFFER_LENGTH],
        place: &Cell<Place>,
    ) -> Result<Unread, Lost> {
        // What the lint finds, here and not in the outcome, which is handed on several times.
        let mut findings = Findings::new();
        let mut incoming = Incoming::new(socket, buffer, place);
        let (client, outcome) = match incoming.head(&|head| self.read(head)).await {
            Ok(None) => return Ok(Unread(false)),
            Ok(Some(head)) => (Client::new(&head), self.act(&head, &mut incoming, &mut findings).await),
            Err(refusal) => (Client::unknown(), Err(refusal)),
        };
        let unread = Unread(incoming.has_unread());
        let typed = incoming.typed();
        if place.get() == Place::Waiting {
            place.set(Place::Open(Instant::now()));
        }
        self.answer(&client, outcome, &mut findings, &mut Outgoing { socket, buffer, typed }).await?;
        Ok(unread)
    }

    /// Reads a head, with the name that the device has told DHCP and the domain that is set.
    fn read(&self, head: &[u8]) -> Result<Head, Fault> {
        let network = &self.device.settings.borrow().network;
        let own = identifier(self.device.facts.mac_address);
        let host = if network.host_name.is_empty() { &own } else { &network.host_name };
        Head::read(head, OwnName { host, domain: &network.domain })
    }

    /// Does what a request asks for, if it may.
    async fn act(
        &self,
        head: &Head,
        incoming: &mut Incoming<'_, '_>,
        findings: &mut Findings,
    ) -> Result<Outcome, Refusal> {
        if !head.is_for_us {
            return Err(Refusal::new(421, texts::OTHER_HOST));
        }
        let route = head.route.ok_or(Refusal::new(404, texts::NOT_FOUND))?;
        if !route.has(head.method) {
            return Err(Refusal::new(405, texts::METHOD));
        }
        let is_change = !head.method.is_safe();
        if is_change && !head.is_same_origin {
            return Err(Refusal::new(403, texts::OTHER_ORIGIN));
        }
        if head.is_chunked {
            return Err(Refusal::new(411, texts::NO_LENGTH));
        }
        let is_first_use = self.password().is_none();
        match route {
            Route::Style | Route::Script => return Ok(Outcome::Show(route, None)),
            Route::Password if is_change => return self.enter(true, head, incoming).await,
            Route::Password if is_first_use => return Ok(Outcome::Show(route, None)),
            _ if is_first_use && head.wants_page => return Ok(Outcome::SeeOther("/password")),
            _ if is_first_use => return Err(Refusal::new(403, texts::NO_PASSWORD_YET)),
            Route::LogIn if is_change => return self.enter(false, head, incoming).await,
            Route::LogIn => return Ok(Outcome::Show(route, None)),
            _ => {}
        }
        // The status that refreshes itself does not keep a session alive.
        let token = self.token(head, !matches!(route, Route::Live(_)));
        if token.is_some() {
            incoming.place().set(Place::LoggedIn);
        }
        match token {
            Some(token) if is_change => self.change(route, head, &token, incoming, findings).await,
            Some(token) => Ok(Outcome::Show(route, Some(token))),
            None if head.wants_page => Ok(Outcome::SeeOther("/login")),
            None => Err(Refusal::new(401, texts::NOT_LOGGED_IN)),
        }
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
