//! What is answered: JSON for programs, pages for people.

use core::fmt::{self, Write};

use heapless::Vec;
use x509::lint::{Decoded, Slot};

use super::{
    Client, Outcome, Outgoing, Server,
    answer::{Answer, Kind, Line, Lost},
    files::{self, Files, Findings, Parts},
    refusal::Refusal,
    routes::{Page, Route},
    sessions::Secret,
    status::{self, Snapshot},
    window::Text,
};
use crate::{
    board::Board,
    json::Json,
    menu::{SCRIPT, STYLE, Show, View},
    settings::{
        Settings,
        configuration::{self, Secrets},
    },
    texts::refusal as texts,
};

/// Where nothing is to be shown of the files.
const NO_FILES: Decoded<'_> =
    Decoded { authority: Slot::Absent, certificate: Slot::Absent, key: Slot::Absent };

impl<B: Board> Server<'_, B> {
    /// Sends the answer.
    pub(super) async fn answer(
        &self,
        client: &Client,
        outcome: Result<Outcome, Refusal>,
        outgoing: &mut Outgoing<'_, '_>,
    ) -> Result<(), Lost> {
        match outcome {
            Ok(Outcome::Show(route, token)) => self.show(route, token.as_ref(), client, outgoing).await,
            Ok(Outcome::Linted { findings, is_stored: false }) if client.wants_page => {
                self.page(&Show::Checked, 200, &[], &NO_FILES, &findings, client, outgoing).await
            }
            Ok(outcome) => outcome.answer(client, outgoing).await,
            Err(refusal) => self.refuse(&refusal, client, outgoing).await,
        }
    }

    async fn show(
        &self,
        route: Route,
        token: Option<&Secret>,
        client: &Client,
        outgoing: &mut Outgoing<'_, '_>,
    ) -> Result<(), Lost> {
        let no_findings = Findings::new();
        match route {
            Route::Status | Route::Live | Route::Page(Page::Status | Page::Mqtt) => {
                self.show_files(route, client, outgoing).await
            }
            Route::Page(page) => {
                self.page(&Show::Page(page), 200, &[], &NO_FILES, &no_findings, client, outgoing).await
            }
            Route::LogIn => {
                self.page(&Show::LogIn, 200, &[], &NO_FILES, &no_findings, client, outgoing).await
            }
            // With a password it is changed on this page.
            Route::Password if token.is_some() => {
                self.page(&Show::Page(Page::System), 200, &[], &NO_FILES, &no_findings, client, outgoing)
                    .await
            }
            Route::Password => {
                self.page(&Show::Password, 200, &[], &NO_FILES, &no_findings, client, outgoing).await
            }
            Route::Settings => {
                let settings = self.settings();
                let body = |out: &mut dyn Write| status::write_settings(&settings, out);
                client.send(200, Kind::Json, &[], &body, outgoing).await
            }
            Route::Configuration => {
                // Not kept while it is sent: that would cost its length in every worker.
                let settings = self.settings();
                let body = |out: &mut dyn Write| {
                    out.write_str(configuration::save(&settings, Secrets::LeftOut).as_str())
                };
                client.send(200, Kind::File, &[], &body, outgoing).await
            }
            Route::Style => client.send(200, Kind::Style, &[], &|out| out.write_str(STYLE), outgoing).await,
            Route::Script => {
                client.send(200, Kind::Script, &[], &|out| out.write_str(SCRIPT), outgoing).await
            }
            Route::LogOut | Route::Certificate(..) | Route::Outputs | Route::FactoryReset => {
                self.refuse(&Refusal::new(405, texts::METHOD), client, outgoing).await
            }
        }
    }

    /// What shows the certificates.
    async fn show_files(
        &self,
        route: Route,
        client: &Client,
        outgoing: &mut Outgoing<'_, '_>,
    ) -> Result<(), Lost> {
        let mut files: Files<'_, '_> = match self.files().await {
            Ok(files) => files,
            Err(refusal) => return self.refuse(&refusal, client, outgoing).await,
        };
        let Parts { text, der, workspace } = files.parts();
        let decoded = files::decode(self.device, text, der).await;
        match route {
            Route::Page(Page::Mqtt) => {
                let findings = files::check(self.device, &decoded, workspace);
                self.page(&Show::Page(Page::Mqtt), 200, &[], &decoded, &findings, client, outgoing).await
            }
            Route::Status => {
                let snapshot = Snapshot::take(self.device, self.stack);
                let body = |out: &mut dyn Write| status::write_status(&snapshot, &decoded, out);
                client.send(200, Kind::Json, &[], &body, outgoing).await
            }
            _ => {
                let show = if route == Route::Live { Show::Live } else { Show::Page(Page::Status) };
                self.page(&show, 200, &[], &decoded, &Findings::new(), client, outgoing).await
            }
        }
    }

    async fn refuse(
        &self,
        refusal: &Refusal,
        client: &Client,
        outgoing: &mut Outgoing<'_, '_>,
    ) -> Result<(), Lost> {
        let line = match (refusal.status, refusal.retry_after) {
            (405, _) => Some(Line::Allow(client.allowed)),
            (_, 0) => None,
            (_, seconds) => Some(Line::RetryAfter(seconds)),
        };
        if client.wants_page {
            let show = Show::Refused(refusal, client.page);
            let lines = line.as_slice();
            return self
                .page(&show, refusal.status, lines, &NO_FILES, &Findings::new(), client, outgoing)
                .await;
        }
        let body = |out: &mut dyn Write| status::write_refusal(refusal, &mut Json::new(out));
        client.send(refusal.status, Kind::Json, line.as_slice(), &body, outgoing).await
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of a page and where it goes")]
    async fn page(
        &self,
        show: &Show<'_>,
        status: u16,
        lines: &[Line<'_>],
        files: &Decoded<'_>,
        findings: &Findings,
        client: &Client,
        outgoing: &mut Outgoing<'_, '_>,
    ) -> Result<(), Lost> {
        let snapshot = Snapshot::take(self.device, self.stack);
        let settings = self.settings();
        let token = match &client.session {
            Some(session) => self.sessions.borrow_mut().token(session, snapshot.uptime, false),
            None => None,
        };
        let is_done = client.is_done;
        let view = View {
            snapshot: &snapshot,
            settings: &settings,
            files,
            findings,
            token: token.as_ref(),
            is_done,
        };
        client.send(status, Kind::Html, lines, &|out| view.write(show, out), outgoing).await
    }

    /// The settings as they are now: what is rendered must not change meanwhile.
    fn settings(&self) -> Settings {
        self.device.settings.borrow().clone()
    }
}

impl Client {
    async fn send(
        &self,
        status: u16,
        kind: Kind,
        lines: &[Line<'_>],
        body: &Text<'_>,
        outgoing: &mut Outgoing<'_, '_>,
    ) -> Result<(), Lost> {
        let Outgoing { socket, buffer } = outgoing;
        Answer { status, kind, lines, body }.send(socket, *buffer, self.wants_body, self.is_1_1).await
    }
}

impl Outcome {
    async fn answer(&self, client: &Client, outgoing: &mut Outgoing<'_, '_>) -> Result<(), Lost> {
        let page = match self {
            Self::SeeOther(path) => Some(Line::SeeOther(path, false)),
            _ if !client.wants_page => None,
            Self::Done(page) => Some(Line::SeeOther(page.path(), true)),
            Self::Linted { .. } => Some(Line::SeeOther(Page::Mqtt.path(), true)),
            Self::LoggedIn { .. } => Some(Line::SeeOther(Page::Status.path(), false)),
            Self::LoggedOut => Some(Line::SeeOther("/login", false)),
            Self::Show(..) => None,
        };
        let cookie = match self {
            Self::LoggedIn { cookie, .. } => Some(Line::Cookie(cookie)),
            Self::LoggedOut => Some(Line::NoCookie),
            _ => None,
        };
        let status = if page.is_some() { 303 } else { 200 };
        let lines: Vec<Line<'_>, 2> = page.into_iter().chain(cookie).collect();
        client.send(status, Kind::Json, &lines, &|out| self.write(out), outgoing).await
    }

    /// For programs.
    fn write(&self, out: &mut dyn Write) -> fmt::Result {
        let json = &mut Json::new(out);
        match self {
            Self::LoggedIn { token, .. } => {
                json.raw("{\"token\":")?;
                json.string(token)?;
                json.raw("}\n")
            }
            Self::Linted { findings, .. } => status::write_findings(findings, json),
            Self::Show(..) | Self::Done(_) | Self::LoggedOut | Self::SeeOther(_) => json.raw("{}\n"),
        }
    }
}
