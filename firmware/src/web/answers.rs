//! Sends the answer: JSON for programs, pages for people.

use core::{
    fmt::{self, Write},
    pin::{Pin, pin},
};

use embassy_net::tcp::TcpSocket;
use heapless::Vec;
use x509::lint::{Decoded, Slot};
use zeroize::Zeroize;

use super::{
    Server,
    access::sessions::Pass,
    pages::{SCRIPT, STYLE, Show, View},
    protocol::{
        answer::{self, Answer, Kind, Line, Lost},
        form::Form,
        head::Method,
        incoming::BUFFER_LENGTH,
    },
    refusal::Refusal,
    requests::{
        Outcome,
        files::{self, Findings, Parts},
        request::Request,
        status::{self, Snapshot},
        table::{Done, Page, Route, Row},
    },
};
use crate::{
    board::Board,
    json::{Json, Value},
    settings::configuration::{self, Secrets},
    template,
};

/// Where an answer goes, and what it is put together in.
pub(super) struct Outgoing<'o, 's> {
    pub(super) socket: &'o mut TcpSocket<'s>,
    pub(super) buffer: &'o mut [u8; BUFFER_LENGTH],
    /// How much of the buffer's beginning is what was typed into the request's form.
    pub(super) typed: usize,
}

/// How an answer must look.
pub(super) struct Client {
    wants_page: bool,
    wants_body: bool,
    is_1_1: bool,
    row: Option<&'static Row>,
    /// Where a person goes on.
    page: Option<Page>,
    done: Option<Done>,
    pass: Pass,
}

impl Client {
    pub(super) fn new(request: &Request) -> Self {
        Self {
            wants_page: request.wants_page,
            wants_body: request.method != Method::Head,
            is_1_1: request.is_1_1,
            row: request.row,
            page: request.page,
            done: request.done,
            pass: request.pass.clone(),
        }
    }

    /// Before anything of a request is known.
    pub(super) const fn unknown() -> Self {
        Self {
            wants_page: false,
            wants_body: true,
            is_1_1: false,
            row: None,
            page: None,
            done: None,
            pass: Pass { cookie: None, token: None },
        }
    }
}

/// Where nothing is to be shown of the files.
const NO_FILES: Decoded<'_> =
    Decoded { authority: Slot::Absent, certificate: Slot::Absent, key: Slot::Absent };

/// What the body of an answer is.
enum Body<'a> {
    Page(Show<'a>),
    Status,
    Settings,
    Configuration,
    Style,
    Script,
    Refusal(&'a Refusal),
    Outcome(&'a Outcome),
}

impl<B: Board> Server<'_, B> {
    /// Sends the answer: there is one place where a body is sent, as each costs flash, and room in every worker.
    pub(super) async fn answer(
        &self,
        client: &Client,
        mut outcome: Result<Outcome, Refusal>,
        findings: &mut Findings,
        outgoing: &mut Outgoing<'_, '_>,
    ) -> Result<(), Lost> {
        let requests = &self.requests;
        let token = requests.access.token(&client.pass, false);
        let Outgoing { socket, buffer, typed } = outgoing;
        // 1. The files, as far as they are shown, and what was typed into a form that is shown again.
        let mut page = page(&outcome, client, token.is_some());
        let is_typed = outcome.is_err() && page.is_some() && *typed > 0;
        let mut memory = None;
        if is_typed || shows_files(&outcome, page) {
            match requests.files().await {
                Ok(files) => memory = Some(files),
                Err(refusal) => (outcome, page) = (Err(refusal), None),
            }
        }
        let (mut files, mut form) = (NO_FILES, Form::default());
        if let Some(memory) = &mut memory {
            let Parts { text, der, workspace } = memory.parts();
            if shows_files(&outcome, page) {
                files = files::decode(&requests.device, text, der).await;
                let check: Pin<&mut dyn Future<Output = ()>> =
                    pin!(files::check_stored(&requests.device, &requests.known, &files, workspace, findings));
                check.await;
            }
            if is_typed {
                let typed = buffer.get(..*typed).unwrap_or_default();
                let kept = text.get_mut(..typed.len()).unwrap_or_default();
                kept.copy_from_slice(typed);
                form = Form::decoded(kept);
            }
        }
        buffer.zeroize();
        // 2. Everything else, as it is now: what is rendered must not change meanwhile.
        let snapshot = Snapshot::take(&requests.device, self.stack);
        let settings = requests.device.setup.settings.borrow().clone();
        let view = View {
            snapshot: &snapshot,
            settings: &settings,
            files: &files,
            findings,
            token: token.as_ref(),
            done: client.done,
            refusal: outcome.as_ref().err(),
            typed: form,
        };
        // 3. The answer.
        let (status, lines) = head(&outcome, client);
        let (kind, body) = body(&outcome, client, page, token.is_some());
        let write = |out: &mut dyn Write| match &body {
            Body::Page(show) => view.write(show, out),
            Body::Status => status::write_status(view.snapshot, view.files, out),
            Body::Settings => status::write_settings(view.settings, out),
            // Not kept while it is sent: that would cost its length in every worker.
            Body::Configuration => {
                out.write_str(configuration::save(view.settings, Secrets::LeftOut).as_str())
            }
            Body::Style | Body::Script => Ok(()),
            Body::Refusal(refusal) => status::write_refusal(refusal, &mut Json::new(out)),
            Body::Outcome(outcome) => outcome.write(view.findings, out),
        };
        let content = match &body {
            Body::Style => answer::Body::Gzip(&STYLE),
            Body::Script => answer::Body::Gzip(&SCRIPT),
            _ => answer::Body::Text(&write),
        };
        let answer = Answer { status, kind, lines: &lines, body: content };
        answer.send(socket, *buffer, client.wants_body, client.is_1_1).await
    }
}

/// The status, and the lines that only some answers have.
fn head<'o>(outcome: &'o Result<Outcome, Refusal>, client: &Client) -> (u16, Vec<Line<'o>, 2>) {
    let mut lines = Vec::new();
    let mut status = 200;
    // Two lines at most: they fit.
    let mut add = |line| drop(lines.push(line));
    match outcome {
        Err(refusal) => {
            status = refusal.status;
            if status == 405 {
                add(Line::Allow(client.row.map_or(&[], |row| row.methods)));
            }
            if refusal.retry_after > 0 {
                add(Line::RetryAfter(refusal.retry_after));
            }
        }
        Ok(outcome) => {
            if let Some((path, done)) = outcome.see_other(client) {
                status = 303;
                add(Line::SeeOther(path, done.map(Done::query)));
            }
            match outcome {
                Outcome::LoggedIn(begun) => add(Line::Cookie(&begun.cookie)),
                Outcome::LoggedOut => add(Line::NoCookie),
                _ => {}
            }
        }
    }
    (status, lines)
}

/// The page that is shown, if it is one of the menu: after a refusal that on which the form stands.
fn page(outcome: &Result<Outcome, Refusal>, client: &Client, is_logged_in: bool) -> Option<Page> {
    match outcome {
        Ok(Outcome::Show(Route::Page(page), _)) => Some(*page),
        // With a password it is changed on this page.
        Ok(Outcome::Show(Route::Password, Some(_))) => Some(Page::System),
        Err(_) if client.wants_page && is_logged_in => client.page,
        _ => None,
    }
}

/// Whether the answer says something of the certificates.
const fn shows_files(outcome: &Result<Outcome, Refusal>, page: Option<Page>) -> bool {
    match (outcome, page) {
        (_, Some(Page::Status | Page::Mqtt)) | (Ok(Outcome::Show(Route::Status, _)), _) => true,
        (Ok(Outcome::Show(Route::Live(page), _)), _) => matches!(page, Page::Status),
        _ => false,
    }
}

/// The body and its type.
fn body<'o>(
    outcome: &'o Result<Outcome, Refusal>,
    client: &Client,
    page: Option<Page>,
    is_logged_in: bool,
) -> (Kind, Body<'o>) {
    if let Some(page) = page {
        return (Kind::Html, Body::Page(Show::Page(page)));
    }
    let outcome = match outcome {
        Err(refusal) if client.wants_page => {
            let show = match client.row.map(|row| row.route) {
                Some(Route::LogIn) => Show::LogIn,
                Some(Route::Password) if !is_logged_in && refusal.status != 401 => Show::Password,
                _ => Show::Refused(refusal, client.page),
            };
            return (Kind::Html, Body::Page(show));
        }
        Err(refusal) => return (Kind::Json, Body::Refusal(refusal)),
        Ok(outcome) => outcome,
    };
    match outcome {
        Outcome::Show(Route::Status, _) => (Kind::Json, Body::Status),
        Outcome::Show(Route::Settings, _) => (Kind::Json, Body::Settings),
        Outcome::Show(Route::Configuration, _) => (Kind::File, Body::Configuration),
        Outcome::Show(Route::Style, _) => (Kind::Style, Body::Style),
        Outcome::Show(Route::Script, _) => (Kind::Script, Body::Script),
        Outcome::Show(Route::Live(page), _) => (Kind::Html, Body::Page(Show::Live(*page))),
        Outcome::Show(Route::LogIn, _) => (Kind::Html, Body::Page(Show::LogIn)),
        Outcome::Show(Route::Password, _) => (Kind::Html, Body::Page(Show::Password)),
        Outcome::Linted { is_stored: false, .. } if client.wants_page => {
            (Kind::Html, Body::Page(Show::Checked))
        }
        other => (Kind::Json, Body::Outcome(other)),
    }
}

impl Outcome {
    /// Where a browser is led, and what has been done.
    fn see_other(&self, client: &Client) -> Option<(&'static str, Option<Done>)> {
        match self {
            Self::SeeOther(path) => Some((path, None)),
            _ if !client.wants_page => None,
            Self::Done(page, done) => Some((page.path(), Some(*done))),
            Self::Linted { is_stored: true, .. } => Some((Page::Mqtt.path(), Some(Done::File))),
            Self::LoggedIn(_) => Some((Page::Status.path(), None)),
            Self::LoggedOut => Some(("/login", None)),
            Self::Linted { .. } | Self::Show(..) => None,
        }
    }

    /// For programs.
    fn write(&self, findings: &Findings, out: &mut dyn Write) -> fmt::Result {
        let json = &mut Json::new(out);
        match self {
            Self::LoggedIn(begun) => {
                json.fill(template!(r#"{"token":$}"#, "\n"), &[Value::Text(&begun.token)])
            }
            Self::Linted { .. } => status::write_findings(findings, json),
            Self::Show(..) | Self::Done(..) | Self::LoggedOut | Self::SeeOther(_) => {
                json.raw(template!("{}", "\n"))
            }
        }
    }
}
