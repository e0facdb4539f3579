//! The status page: how the connection is, and when it is not, why and what to do.

use core::fmt::{self, Display};

use x509::{Bundle, Time, lint::Slot};

use super::View;
use crate::{
    device::ConnectionState,
    http::{
        describe::{self, CauseOf, Code},
        hint::hint,
        html::Html,
        status::Snapshot,
    },
    status_codes::Entry,
    texts,
};

pub(super) fn page(view: &View<'_>, html: &mut Html<'_>) -> fmt::Result {
    html.raw("<div id=\"live\">")?;
    live(view, html)?;
    html.fill(
        "</div><a href=\"/\">$</a><script src=\"/live.js?$\" defer></script>",
        &[&texts::REFRESH, &view.snapshot.facts.firmware],
    )
}

/// The part that is refreshed.
pub(super) fn live(view: &View<'_>, html: &mut Html<'_>) -> fmt::Result {
    connection(view, html)?;
    status_codes(view, html)?;
    html.fill("<section><h2>$</h2><dl>", &[&texts::CERTIFICATES])?;
    expiry(view, texts::CA_CERTIFICATE, &view.files.authority, html)?;
    expiry(view, texts::CLIENT_CERTIFICATE, &view.files.certificate, html)?;
    html.fill("</dl></section><section><h2>$</h2><dl>", &[&texts::DEVICE])?;
    clock(view, html)?;
    address(view, html)?;
    item(texts::UPTIME, &Duration(view.snapshot.uptime), html)?;
    item(texts::INPUTS, &Levels(view.snapshot.inputs), html)?;
    item(texts::OUTPUTS, &Levels(view.snapshot.outputs), html)?;
    html.raw("</dl></section>")
}

fn connection(view: &View<'_>, html: &mut Html<'_>) -> fmt::Result {
    let connection = &view.snapshot.connection;
    let class = match connection.state {
        ConnectionState::Connected => "good",
        ConnectionState::Disabled => "",
        ConnectionState::WaitingToRetry => "bad",
        ConnectionState::WaitingForNetwork
        | ConnectionState::WaitingForTime
        | ConnectionState::Connecting => "warn",
    };
    html.fill(
        "<section><h2>$</h2><dl><dt>$</dt><dd id=\"state\" class=\"$\">$</dd>",
        &[&texts::CONNECTION, &texts::STATE, &class, &texts::state(connection.state)],
    )?;
    item(texts::HOST, &view.settings.mqtt.host, html)?;
    if let Some(suite) = &connection.suite {
        item(texts::SUITE, suite, html)?;
        item(texts::SESSION, &if connection.resumed { texts::RESUMED } else { texts::FULL_HANDSHAKE }, html)?;
        item(texts::HANDSHAKE_TIME, &Milliseconds(connection.handshake_time), html)?;
    }
    html.raw("</dl></section>")
}

fn status_codes(view: &View<'_>, html: &mut Html<'_>) -> fmt::Result {
    html.fill("<section><h2>$</h2>", &[&texts::STATUS_CODES])?;
    if view.snapshot.status_codes.iter().next().is_none() {
        html.fill("<p>$</p>", &[&texts::NO_STATUS_CODES])?;
    }
    view.snapshot.status_codes.iter().try_for_each(|entry| status_code(entry, html))?;
    html.raw("</section>")
}

fn status_code(entry: &Entry, html: &mut Html<'_>) -> fmt::Result {
    let (status, error) = (&entry.status, entry.status.error);
    html.fill("<h3 class=\"bad\">$ $</h3><dl>", &[&Code(error), &error])?;
    if let Some(at) = entry.at {
        item(texts::WHEN, &Moment(at), html)?;
    }
    if status.alert.is_some() || !status.flags.is_empty() || !status.cause.text().is_empty() {
        item(texts::CAUSE, &CauseOf(status), html)?;
    }
    item(texts::STEP, &describe::step(status.step), html)?;
    item(texts::HINT, &hint(status), html)?;
    html.raw("</dl>")
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
    item(texts::ADDRESS, &config.address, html)?;
    config.gateway.iter().try_for_each(|gateway| item(texts::GATEWAY, gateway, html))?;
    config.dns_servers.iter().try_for_each(|server| item(texts::DNS_SERVER, server, html))
}

/// A row of a list.
pub(super) fn item(name: &'static str, value: &dyn Display, html: &mut Html<'_>) -> fmt::Result {
    html.fill("<dt>$</dt><dd>$</dd>", &[&name, value])
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

struct Milliseconds(u32);

impl Display for Milliseconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ms", self.0)
    }
}

struct Levels((u8, usize));

impl Display for Levels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, level) in (1_u8..).zip(Snapshot::levels(self.0)) {
            let separator = if number > 1 { ", " } else { "" };
            write!(f, "{separator}{number} {}", if level { texts::ON } else { texts::OFF })?;
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
            Some(days @ ..0) => write!(f, ", {} {}", texts::EXPIRED_FOR, days.saturating_neg())
                .and_then(|()| f.write_str(texts::DAYS)),
            Some(days) => write!(f, ", {days}").and_then(|()| f.write_str(texts::DAYS_LEFT)),
        }
    }
}
