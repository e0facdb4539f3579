//! The status page: the state of the connection, and for a failure its cause and what to do.

use core::fmt::{self, Display};

use x509::{Bundle, Time, lint::Slot};

use super::{View, certificates};
use crate::{
    connection_state::ConnectionState,
    failure::{self, CauseOf, Code, hint::hint},
    settings::Mqtt,
    status_codes::Entry,
    template, texts,
    web::{
        protocol::html::Html,
        requests::{
            describe::{self, Address, Network},
            status::Snapshot,
            table::Page,
        },
    },
};

pub(super) fn page(view: &View<'_>, html: &mut Html<'_>) -> fmt::Result {
    refreshed(view, Page::Status, "/live", html, live)
}

/// A page that refreshes itself from `path` with a script, and without one at a click.
pub(super) fn refreshed(
    view: &View<'_>,
    page: Page,
    path: &'static str,
    html: &mut Html<'_>,
    live: fn(&View<'_>, &mut Html<'_>) -> fmt::Result,
) -> fmt::Result {
    html.fill(template!(r#"<div id="live" data-from="$">"#), &[&path])?;
    live(view, html)?;
    html.fill(
        template!(r#"</div><a href="$">"#, texts::REFRESH, r#"</a><script src="/live.js?$" defer></script>"#),
        &[&page.path(), &view.snapshot.facts.firmware],
    )
}

/// The part that is refreshed.
pub(super) fn live(view: &View<'_>, html: &mut Html<'_>) -> fmt::Result {
    connection(view, html)?;
    status_codes(view, html)?;
    html.raw(template!("<section><h2>", texts::CERTIFICATES, "</h2><dl>"))?;
    expiry(view, texts::CA_CERTIFICATE, &view.files.authority, html)?;
    expiry(view, texts::CLIENT_CERTIFICATE, &view.files.certificate, html)?;
    html.raw(template!("</dl>"))?;
    certificates::bad_findings(view, html)?;
    html.raw(template!("</section><section><h2>", texts::DEVICE, "</h2><dl>"))?;
    clock(view, html)?;
    address(view, html)?;
    html.fill(
        template!(
            "<dt>",
            texts::UPTIME,
            "</dt><dd>$</dd><dt>",
            texts::INPUTS,
            "</dt><dd>$</dd><dt>",
            texts::OUTPUTS,
            "</dt><dd>$</dd></dl></section>"
        ),
        &[&Duration(view.snapshot.uptime), &Levels(view.snapshot.inputs), &Levels(view.snapshot.outputs)],
    )
}

fn connection(view: &View<'_>, html: &mut Html<'_>) -> fmt::Result {
    let connection = &view.snapshot.connection;
    let class = match connection.state {
        ConnectionState::Connected => "good",
        ConnectionState::Disabled => "",
        ConnectionState::WaitingToRetry => "bad",
        ConnectionState::WaitingForNetwork
        | ConnectionState::WaitingForTime
        | ConnectionState::LookingUp
        | ConnectionState::Connecting
        | ConnectionState::Handshake
        | ConnectionState::WaitingForBroker => "warn",
    };
    html.fill(
        template!(
            "<section><h2>",
            texts::CONNECTION,
            "</h2><dl><dt>",
            texts::STATE,
            r#"</dt><dd id="state" class="$">$</dd><dt>"#,
            texts::HOST,
            "</dt><dd>$</dd>"
        ),
        &[&class, &texts::state(connection.state), &Server(&view.settings.mqtt)],
    )?;
    if let Some(suite) = &connection.suite {
        let session = if connection.resumed { texts::RESUMED } else { texts::FULL_HANDSHAKE };
        html.fill(
            template!(
                "<dt>",
                texts::SUITE,
                "</dt><dd>$</dd><dt>",
                texts::SESSION,
                "</dt><dd>$</dd><dt>",
                texts::HANDSHAKE_TIME,
                "</dt><dd>$ ms</dd>"
            ),
            &[suite, &session, &connection.handshake_time],
        )?;
    }
    html.raw(template!("</dl></section>"))
}

/// Host and port, if a host is set.
struct Server<'a>(&'a Mqtt);

impl Display for Server<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Mqtt { host, port, .. } = self.0;
        if host.is_empty() { texts::NONE.fmt(f) } else { write!(f, "{host}:{port}") }
    }
}

fn status_codes(view: &View<'_>, html: &mut Html<'_>) -> fmt::Result {
    html.raw(template!("<section><h2>", texts::STATUS_CODES, "</h2>"))?;
    if view.snapshot.status_codes.iter().next().is_none() {
        html.raw(template!("<p>", texts::NO_STATUS_CODES, "</p>"))?;
    }
    view.snapshot.status_codes.iter().try_for_each(|entry| status_code(entry, html))?;
    html.raw(template!("</section>"))
}

fn status_code(entry: &Entry, html: &mut Html<'_>) -> fmt::Result {
    let (status, error) = (&entry.status, entry.status.error);
    let class = if entry.is_past { "past" } else { "" };
    html.fill(template!(r#"<div class="$"><h3 class="bad">$ $</h3><dl>"#), &[&class, &Code(error), &error])?;
    if let Some(at) = entry.at {
        item(texts::WHEN, &Moment(at), html)?;
    }
    if entry.count > 1 {
        item(texts::HOW_OFTEN, &format_args!("{} {}", entry.count, texts::TIMES), html)?;
    }
    if entry.is_past {
        item(texts::STATE, &texts::PAST, html)?;
    }
    if status.alert.is_some() || !status.flags.is_empty() || !status.cause.text().is_empty() {
        item(texts::CAUSE, &CauseOf(status), html)?;
    }
    html.fill(
        template!("<dt>", texts::STEP, "</dt><dd>$</dd><dt>", texts::HINT, "</dt><dd>$</dd></dl></div>"),
        &[&failure::step(status.step), &hint(status)],
    )
}

fn expiry(view: &View<'_>, name: &'static str, slot: &Slot<Bundle<'_>>, html: &mut Html<'_>) -> fmt::Result {
    match slot {
        Slot::Absent => item(name, &texts::NONE, html),
        Slot::Unreadable(code) => item(name, &Code(*code), html),
        Slot::Read(bundle) => {
            let expires = describe::expires(bundle).unwrap_or(0);
            item(name, &Expiry(expires, view.snapshot.now), html)
        }
    }
}

/// The rows of the clock.
pub(super) fn clock(view: &View<'_>, html: &mut Html<'_>) -> fmt::Result {
    match view.snapshot.now {
        Some(now) => item(texts::CLOCK, &Moment(now), html),
        None => item(texts::CLOCK, &texts::CLOCK_NOT_SET, html),
    }
}

/// The rows of the address.
pub(super) fn address(view: &View<'_>, html: &mut Html<'_>) -> fmt::Result {
    let Some(config) = &view.snapshot.address else {
        return item(texts::ADDRESS, &texts::NONE, html);
    };
    item(texts::ADDRESS, &Network(config.address), html)?;
    let gateways = config.gateway.iter().map(|gateway| (texts::GATEWAY, *gateway));
    let servers = config.dns_servers.iter().map(|server| (texts::DNS_SERVER, *server));
    gateways.chain(servers).try_for_each(|(name, address)| item(name, &Address(address), html))
}

/// A row of a list.
fn item(name: &'static str, value: &dyn Display, html: &mut Html<'_>) -> fmt::Result {
    html.fill(template!("<dt>$</dt><dd>$</dd>"), &[&name, value])
}

/// Seconds as days, hours, minutes and seconds.
pub(super) struct Duration(pub(super) u64);

impl Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, rest) = (self.0 / 86_400, self.0 % 86_400);
        if days > 0 {
            write!(f, "{days} d ")?;
        }
        write!(f, "{:02}:{:02}:{:02}", rest / 3600, rest / 60 % 60, rest % 60)
    }
}

/// A moment, in seconds since 1970.
struct Moment(u64);

impl Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} UTC", Time::from_unix(self.0))
    }
}

struct Levels((u8, usize));

impl Display for Levels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, level) in (1_u8..).zip(Snapshot::levels(self.0)) {
            let separator = if number > 1 { ", " } else { "" };
            write!(f, "{separator}{number} {}", texts::level(level))?;
        }
        Ok(())
    }
}

/// When something expires, and how long that is from now.
struct Expiry(u64, Option<u64>);

impl Display for Expiry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Moment(self.0))?;
        match self.1.map(|now| describe::days_left(self.0, now)) {
            None => Ok(()),
            Some(days @ ..0) => {
                write!(f, ", {} {} {}", texts::EXPIRED_FOR, days.saturating_neg(), texts::DAYS)
            }
            Some(days) => write!(f, ", {days} {}", texts::DAYS_LEFT),
        }
    }
}
