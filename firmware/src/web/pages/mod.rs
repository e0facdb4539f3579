//! The menu: the device's settings as web pages.
//!
//! Each page is a function from a [`View`] to HTML, without I/O: the server writes it window by window, a test into a string. The
//! words are in [`crate::texts`], the looks in `style.css`. Everything works without a script; only the status does not refresh itself then.
//!
//! Deliberately absent: anything that a page would fetch from elsewhere, and any state: a page shows what is in force.

mod access;
mod certificates;
mod field;
mod mqtt;
mod network;
mod ports;
mod result;
mod state;
mod system;
mod time;

use core::fmt::{self, Write};

use x509::lint::Decoded;

use crate::{
    settings::Settings,
    template, texts,
    web::{
        access::sessions::Secret,
        protocol::{form::Form, html::Html},
        refusal::Refusal,
        requests::{
            files::Findings,
            status::Snapshot,
            table::{Done, Page},
        },
    },
};

/// The style sheet, packed by gzip.
pub static STYLE: [u8; include_bytes!(concat!(env!("OUT_DIR"), "/style.css.gz")).len()] =
    *include_bytes!(concat!(env!("OUT_DIR"), "/style.css.gz"));
/// The script that refreshes the status, packed by gzip.
pub static SCRIPT: [u8; include_bytes!(concat!(env!("OUT_DIR"), "/live.js.gz")).len()] =
    *include_bytes!(concat!(env!("OUT_DIR"), "/live.js.gz"));

/// What pages are made of.
pub struct View<'a> {
    /// How the device is.
    pub snapshot: &'a Snapshot,
    /// The settings in force.
    pub settings: &'a Settings,
    /// The certificates and the key.
    pub files: &'a Decoded<'a>,
    /// What the lint says of them.
    pub findings: &'a Findings,
    /// The token of the session; none before log-in.
    pub token: Option<&'a Secret>,
    /// What has just been done.
    pub done: Option<Done>,
    /// Why what was asked for has not been done.
    pub refusal: Option<&'a Refusal>,
    /// What was typed into the form that was refused.
    pub typed: Form<'a>,
}

/// What is shown.
pub enum Show<'a> {
    /// A page of the menu.
    Page(Page),
    /// The part of a page that is refreshed.
    Live(Page),
    /// The log-in.
    LogIn,
    /// The first password.
    Password,
    /// What the lint said of a file that was only looked at.
    Checked,
    /// Why a request was refused; where to go on.
    Refused(&'a Refusal, Option<Page>),
}

impl View<'_> {
    /// Writes a page.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, show: &Show<'_>, out: &mut dyn Write) -> fmt::Result {
        let html = &mut Html::new(out);
        match show {
            Show::Live(Page::Ports) => return ports::live(self, html),
            Show::Live(_) => return state::live(self, html),
            _ => {}
        }
        self.head(show, html)?;
        match show {
            Show::Page(Page::Status) => state::page(self, html),
            Show::Page(Page::Network) => network::page(self, html),
            Show::Page(Page::Mqtt) => mqtt::page(self, html),
            Show::Page(Page::Time) => time::page(self, html),
            Show::Page(Page::Ports) => ports::page(self, html),
            Show::Page(Page::System) => system::page(self, html),
            Show::Live(_) => Ok(()),
            Show::LogIn => access::log_in(html),
            Show::Password => access::first_password(html),
            Show::Checked => result::checked(self, html),
            Show::Refused(_, page) => result::link(page.unwrap_or(Page::Status), html),
        }?;
        self.foot(html)
    }

    fn head(&self, show: &Show<'_>, html: &mut Html<'_>) -> fmt::Result {
        let (title, name) = (show.title(), self.device_name());
        html.fill(
            template!(
                r#"<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">"#,
                "<title>$ &middot; $</title>",
                r#"<meta name="viewport" content="width=device-width,initial-scale=1">"#,
                r#"<link rel="icon" href="data:,">"#,
                r##"<link rel="stylesheet" href="/style.css?$"></head><body>"##,
                r##"<a class="skip" href="#main">"##,
                texts::SKIP,
                r#"</a><header><div class="name"><span>$</span>"#,
            ),
            &[&title, &name, &self.snapshot.facts.firmware, &name],
        )?;
        if self.token.is_some() {
            field::form(self, "/logout", html)?;
            html.raw(template!(
                r#"<button class="second plain">"#,
                texts::LOG_OUT,
                "</button></form></div>"
            ))?;
            navigation(show, html)?;
        } else {
            html.raw(template!("</div>"))?;
        }
        html.fill(template!(r#"</header><main id="main"><h1>$</h1>"#), &[&title])?;
        result::banner(self, html)
    }

    fn foot(&self, html: &mut Html<'_>) -> fmt::Result {
        let facts = &self.snapshot.facts;
        html.fill(
            template!(
                "</main><footer>$ &middot; ",
                texts::FIRMWARE,
                " $ &middot; ",
                texts::PLAIN_HTTP,
                "</footer></body></html>",
                "\n"
            ),
            &[&facts.name, &facts.firmware],
        )
    }

    /// The host name, or the board's name.
    fn device_name(&self) -> &str {
        let name = self.settings.network.host_name.as_str();
        if name.is_empty() { self.snapshot.facts.name } else { name }
    }
}

impl Show<'_> {
    const fn title(&self) -> &'static str {
        match self {
            Self::Page(page) => title(*page),
            Self::Live(_) => "",
            Self::LogIn => texts::LOG_IN,
            Self::Password => texts::FIRST_PASSWORD,
            Self::Checked => texts::CHECKED,
            Self::Refused(..) => texts::REFUSED,
        }
    }
}

fn navigation(show: &Show<'_>, html: &mut Html<'_>) -> fmt::Result {
    html.raw(template!(r#"<nav aria-label=""#, texts::MENU, r#""><ul>"#))?;
    for page in Page::ALL {
        let is_shown = matches!(show, Show::Page(shown) if *shown == page);
        html.fill(template!(r#"<li><a href="$""#), &[&page.path()])?;
        if is_shown {
            html.raw(template!(r#" aria-current="page""#))?;
        }
        html.fill(template!(">$</a></li>"), &[&title(page)])?;
    }
    html.raw(template!("</ul></nav>"))
}

/// A page's name.
const fn title(page: Page) -> &'static str {
    match page {
        Page::Status => texts::PAGE_STATUS,
        Page::Network => texts::PAGE_NETWORK,
        Page::Mqtt => texts::PAGE_MQTT,
        Page::Time => texts::PAGE_TIME,
        Page::Ports => texts::PAGE_PORTS,
        Page::System => texts::PAGE_SYSTEM,
    }
}
