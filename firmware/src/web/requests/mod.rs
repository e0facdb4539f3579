//! What can be asked for, and what it leads to.
//!
//! ```text
//!   Head ──► Request ──► may it? ──► table ──► change ──► Outcome
//!            taken out   host, origin,    settings, files, outputs
//!            of it       session, token
//! ```

pub mod broker;
mod change;
pub mod describe;
pub mod files;
pub mod request;
pub mod settings_form;
pub mod status;
pub mod table;
mod upload;

use core::cell::RefCell;

use embassy_sync::{blocking_mutex::raw::NoopRawMutex, mutex::Mutex};
use embassy_time::{Duration, with_timeout};

use super::{
    access::{Access, Begun, NOT_LOGGED_IN, sessions::Secret},
    handle::Handle,
    protocol::{incoming::Incoming, workers::Occupation},
    refusal::Refusal,
};
use crate::{board::Board, texts::refusal as texts};
use files::{Files, Findings, Known};
use request::Request;
use table::{Done, Page, Route};

/// What requests are answered from, and what they change.
pub(super) struct Requests<'d, B: Board> {
    pub(super) device: Handle<'d, B>,
    pub(super) access: Access<'d, B>,
    memory: Mutex<NoopRawMutex, &'d mut files::Memory>,
    pub(super) known: RefCell<Known>,
}

/// What a request has led to.
pub(super) enum Outcome {
    /// Something to look at, in a session with this token.
    Show(Route, Option<Secret>),
    /// A change was made; a browser is led to this page.
    Done(Page, Done),
    /// A session has begun.
    LoggedIn(Begun),
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

impl<'d, B: Board> Requests<'d, B> {
    /// Nothing has been asked yet.
    pub(super) fn new(device: Handle<'d, B>, memory: &'d mut files::Memory) -> Self {
        Self { device, access: Access::new(device), memory: Mutex::new(memory), known: RefCell::default() }
    }

    /// Does what a request asks for, if it may.
    pub(super) async fn act(
        &self,
        request: &Request,
        incoming: &mut Incoming<'_, '_>,
        findings: &mut Findings,
    ) -> Result<Outcome, Refusal> {
        if !request.is_for_us {
            return Err(Refusal::new(421, texts::OTHER_HOST));
        }
        let row = request.row.ok_or(Refusal::new(404, texts::NOT_FOUND))?;
        if !row.has(request.method) {
            return Err(Refusal::new(405, texts::METHOD));
        }
        let is_change = !request.method.is_safe();
        if is_change && !request.is_same_origin {
            return Err(Refusal::new(403, texts::OTHER_ORIGIN));
        }
        if incoming.framing().is_chunked {
            return Err(Refusal::new(411, texts::NO_LENGTH));
        }
        let is_first_use = self.access.password().is_none();
        let route = row.route;
        match route {
            Route::Style | Route::Script => return Ok(Outcome::Show(route, None)),
            Route::Password if is_change => return self.enter(true, request, incoming).await,
            Route::Password if is_first_use => return Ok(Outcome::Show(route, None)),
            _ if is_first_use && request.wants_page => return Ok(Outcome::SeeOther("/password")),
            _ if is_first_use => return Err(Refusal::new(403, texts::NO_PASSWORD_YET)),
            Route::LogIn if is_change => return self.enter(false, request, incoming).await,
            Route::LogIn => return Ok(Outcome::Show(route, None)),
            _ => {}
        }
        // The status that refreshes itself does not keep a session alive.
        let token = self.access.token(&request.pass, !matches!(route, Route::Live(_)));
        if token.is_some() {
            incoming.occupation().set(Occupation::LoggedIn);
        }
        match token {
            Some(token) if is_change => self.change(route, request, &token, incoming, findings).await,
            Some(token) => Ok(Outcome::Show(route, Some(token))),
            None if request.wants_page => Ok(Outcome::SeeOther("/login")),
            None => Err(NOT_LOGGED_IN),
        }
    }

    /// Sets the password, or logs in.
    async fn enter(
        &self,
        is_new: bool,
        request: &Request,
        incoming: &mut Incoming<'_, '_>,
    ) -> Result<Outcome, Refusal> {
        self.access.enter(is_new, &request.pass, incoming).await.map(Outcome::LoggedIn)
    }

    /// The memory for files, as soon as no other request has it.
    pub(in crate::web) async fn files(&self) -> Result<Files<'_, 'd>, Refusal> {
        with_timeout(FILES_TIME, self.memory.lock()).await.map(Files::new).map_err(|_| BUSY)
    }
}

/// How long a request waits for the memory for files.
const FILES_TIME: Duration = Duration::from_secs(10);

/// Another request has what this one needs.
const BUSY: Refusal = Refusal { retry_after: 1, ..Refusal::new(503, texts::BUSY) };
