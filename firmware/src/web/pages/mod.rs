//! The menu: the device's settings as web pages.
//!
//! Every page is a function from a [`View`] to HTML, without I/O: the server renders it window by window, a test into a string. The
//! words are in [`crate::texts`], the looks in `style.css`. Everything works without a script but the status that refreshes itself.
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
    packed,
    packed::Packed,
    settings::Settings,
    texts,
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
            packed!(
                "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>$ &middot; $</title>\
                 <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><link rel=\"icon\" href=\"data:,\">\
                 <link rel=\"stylesheet\" href=\"/style.css?$\"></head><body><a class=\"skip\" href=\"#main\">",
                texts::SKIP,
                "</a><header><div class=\"name\"><span>$</span>"
            ),
            &[&title, &name, &self.snapshot.facts.firmware, &name],
        )?;
        if self.token.is_some() {
            field::form(self, "/logout", html)?;
            html.raw(packed!("<button class=\"second plain\">", texts::LOG_OUT, "</button></form></div>"))?;
            navigation(show, html)?;
        } else {
            html.raw(packed!("</div>"))?;
        }
        html.fill(packed!("</header><main id=\"main\"><h1>$</h1>"), &[&title])?;
        result::banner(self, html)
    }

    fn foot(&self, html: &mut Html<'_>) -> fmt::Result {
        let facts = &self.snapshot.facts;
        html.fill(
            packed!(
                "</main><footer>$ &middot; ",
                texts::FIRMWARE,
                " $ &middot; ",
                texts::PLAIN_HTTP,
                "</footer></body></html>\n"
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
    const fn title(&self) -> Packed {
        match self {
            Self::Page(page) => title(*page),
            Self::Live(_) => Packed::EMPTY,
            Self::LogIn => packed!(texts::LOG_IN),
            Self::Password => packed!(texts::FIRST_PASSWORD),
            Self::Checked => packed!(texts::CHECKED),
            Self::Refused(..) => packed!(texts::REFUSED),
        }
    }
}

fn navigation(show: &Show<'_>, html: &mut Html<'_>) -> fmt::Result {
    html.raw(packed!("<nav aria-label=\"", texts::MENU, "\"><ul>"))?;
    for page in Page::ALL {
        let is_shown = matches!(show, Show::Page(shown) if *shown == page);
        html.fill(packed!("<li><a href=\"$\""), &[&page.path()])?;
        if is_shown {
            html.raw(packed!(" aria-current=\"page\""))?;
        }
        html.fill(packed!(">$</a></li>"), &[&title(page)])?;
    }
    html.raw(packed!("</ul></nav>"))
}

/// A page's name.
const fn title(page: Page) -> Packed {
    match page {
        Page::Status => packed!(texts::PAGE_STATUS),
        Page::Network => packed!(texts::PAGE_NETWORK),
        Page::Mqtt => packed!(texts::PAGE_MQTT),
        Page::Time => packed!(texts::PAGE_TIME),
        Page::Ports => packed!(texts::PAGE_PORTS),
        Page::System => packed!(texts::PAGE_SYSTEM),
    }
}
