//! The banner above a page: what the form has changed, or why it was refused.

use core::fmt;

use super::{View, certificates};
use crate::{
    failure::Code,
    template, texts,
    web::{
        protocol::html::Html,
        refusal::{Reason, Refusal},
        requests::table::{Done, Page},
    },
};

/// What has just been done, or why not.
pub(super) fn banner(view: &View<'_>, html: &mut Html<'_>) -> fmt::Result {
    if let Some(refusal) = view.refusal {
        return refused(refusal, html);
    }
    let Some(done) = view.done else { return Ok(()) };
    html.raw(template!(r#"<div class="notice" role="status"><p>"#, texts::DONE, "</p>"))?;
    if matches!(done, Done::Port | Done::PortAndPassword) {
        html.fill(
            template!("<p>", texts::PORT_CHANGED, " $. ", texts::PORT_CHANGED_WHY, "</p>"),
            &[&view.settings.mqtt.port],
        )?;
    }
    if matches!(done, Done::Password | Done::PortAndPassword) {
        html.raw(template!(r#"<p class="warn">"#, texts::PASSWORD_ERASED, "</p>"))?;
    }
    if done == Done::File {
        certificates::findings(view, html)?;
    }
    html.raw(template!("</div>"))
}

/// Why a request was refused, and what to do.
fn refused(refusal: &Refusal, html: &mut Html<'_>) -> fmt::Result {
    html.raw(template!(r#"<div class="notice" role="alert"><p class="bad">"#))?;
    if let Some(code) = refusal.code() {
        html.fill(template!("$ "), &[&Code(code)])?;
    }
    match refusal.field() {
        Some(field) => {
            html.fill(template!(r##"<a href="#$">$</a></p>"##), &[&field.name(), &refusal.reason])?
        }
        None => html.fill(template!("$</p>"), &[&refusal.reason])?,
    }
    if matches!(refusal.reason, Reason::Code(_)) && refusal.status == 422 {
        html.fill(template!("<p>$</p>"), &[&texts::hint::FILE])?;
    }
    html.raw(template!("<p>", texts::NOTHING_CHANGED, "</p></div>"))
}

/// What the lint said of a file that was only looked at.
pub(super) fn checked(view: &View<'_>, html: &mut Html<'_>) -> fmt::Result {
    html.raw(template!("<section><p>", texts::CHECKED_ONLY, "</p>"))?;
    certificates::lint(view, html)?;
    certificates::good(view, html)?;
    html.raw(template!("</section>"))?;
    link(Page::Mqtt, html)
}

/// Where to go on.
pub(super) fn link(page: Page, html: &mut Html<'_>) -> fmt::Result {
    html.fill(template!(r#"<a class="button" href="$">"#, texts::BACK, "</a>"), &[&page.path()])
}
