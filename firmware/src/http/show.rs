//! What is answered: JSON for programs, pages for people.

use core::{
    fmt::{self, Write},
    pin::{Pin, pin},
};

use heapless::Vec;
use x509::lint::{Decoded, Slot};

use super::{
    Client, Outcome, Outgoing, Server,
    answer::{self, Answer, Kind, Line, Lost},
    files::{self, Findings, Parts},
    refusal::Refusal,
    routes::{Page, Route},
    status::{self, Snapshot},
};
use crate::{
    board::Board,
    json::{Json, Value},
    menu::{SCRIPT, STYLE, Show, View},
    packed,
    settings::configuration::{self, Secrets},
};

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
        // 1. The files, as far as they are shown.
        let mut memory = None;
        if let Ok(Outcome::Show(Route::Status | Route::Live | Route::Page(Page::Status | Page::Mqtt), _)) =
            outcome
        {
            match self.files().await {
                Ok(files) => memory = Some(files),
                Err(refusal) => outcome = Err(refusal),
            }
        }
        let mut files = NO_FILES;
        if let Some(memory) = &mut memory {
            let Parts { text, der, workspace } = memory.parts();
            files = files::decode(self.device, text, der).await;
            if matches!(outcome, Ok(Outcome::Show(Route::Page(Page::Mqtt), _))) {
                let check: Pin<&mut dyn Future<Output = ()>> =
                    pin!(files::check(self.device, &files, workspace, findings));
                check.await;
            }
        }
        // 2. Everything else, as it is now: what is rendered must not change meanwhile.
        let snapshot = Snapshot::take(self.device, self.stack);
        let settings = self.device.settings.borrow().clone();
        let token = client
            .session
            .as_ref()
            .and_then(|session| self.sessions.borrow_mut().token(session, snapshot.uptime, false));
        let view = View {
            snapshot: &snapshot,
            settings: &settings,
            files: &files,
            findings,
            token: token.as_ref(),
            is_done: client.is_done,
        };
        // 3. The answer.
        let (status, lines) = head(&outcome, client);
        let (kind, body) = body(&outcome, client);
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
            Body::Style => answer::Body::Packed(&STYLE),
            Body::Script => answer::Body::Packed(&SCRIPT),
            _ => answer::Body::Text(&write),
        };
        let answer = Answer { status, kind, lines: &lines, body: content };
        answer.send(outgoing.socket, outgoing.buffer, client.wants_body, client.is_1_1).await
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
                add(Line::Allow(client.allowed));
            }
            if refusal.retry_after > 0 {
                add(Line::RetryAfter(refusal.retry_after));
            }
        }
        Ok(outcome) => {
            if let Some((path, is_done)) = outcome.see_other(client) {
                status = 303;
                add(Line::SeeOther(path, is_done));
            }
            match outcome {
                Outcome::LoggedIn { cookie, .. } => add(Line::Cookie(cookie)),
                Outcome::LoggedOut => add(Line::NoCookie),
                _ => {}
            }
        }
    }
    (status, lines)
}

/// The body and its type.
fn body<'o>(outcome: &'o Result<Outcome, Refusal>, client: &Client) -> (Kind, Body<'o>) {
    let outcome = match outcome {
        Err(refusal) if client.wants_page => {
            return (Kind::Html, Body::Page(Show::Refused(refusal, client.page)));
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
        Outcome::Show(Route::Page(page), _) => (Kind::Html, Body::Page(Show::Page(*page))),
        Outcome::Show(Route::Live, _) => (Kind::Html, Body::Page(Show::Live)),
        Outcome::Show(Route::LogIn, _) => (Kind::Html, Body::Page(Show::LogIn)),
        Outcome::Show(Route::Password, None) => (Kind::Html, Body::Page(Show::Password)),
        // With a password it is changed on this page.
        Outcome::Show(Route::Password, Some(_)) => (Kind::Html, Body::Page(Show::Page(Page::System))),
        Outcome::Linted { is_stored: false, .. } if client.wants_page => {
            (Kind::Html, Body::Page(Show::Checked))
        }
        other => (Kind::Json, Body::Outcome(other)),
    }
}

impl Outcome {
    /// Where a browser is led, and whether something was changed.
    fn see_other(&self, client: &Client) -> Option<(&'static str, bool)> {
        match self {
            Self::SeeOther(path) => Some((path, false)),
            _ if !client.wants_page => None,
            Self::Done(page) => Some((page.path(), true)),
            Self::Linted { is_stored: true, .. } => Some((Page::Mqtt.path(), true)),
            Self::LoggedIn { .. } => Some((Page::Status.path(), false)),
            Self::LoggedOut => Some(("/login", false)),
            Self::Linted { .. } | Self::Show(..) => None,
        }
    }

    /// For programs.
    fn write(&self, findings: &Findings, out: &mut dyn Write) -> fmt::Result {
        let json = &mut Json::new(out);
        match self {
            Self::LoggedIn { token, .. } => json.fill(packed!("{\"token\":$}\n"), &[Value::Text(token)]),
            Self::Linted { .. } => status::write_findings(findings, json),
            Self::Show(..) | Self::Done(_) | Self::LoggedOut | Self::SeeOther(_) => json.raw(packed!("{}\n")),
        }
    }
}
