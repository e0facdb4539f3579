//! What a form has led to, where that is not the page that it stands on.

use core::fmt;

use super::{View, certificates};
use crate::{
    http::{describe::Code, html::Html, refusal::Refusal, routes::Page},
    packed, texts,
};

/// What the lint said of a file that was only looked at.
pub(super) fn checked(view: &View<'_>, html: &mut Html<'_>) -> fmt::Result {
    html.raw(packed!("<section><p>", texts::CHECKED_ONLY, "</p>"))?;
    certificates::lint(view, html)?;
    link(Page::Mqtt, html)
}

/// Why a request was refused.
pub(super) fn refused(refusal: &Refusal, page: Option<Page>, html: &mut Html<'_>) -> fmt::Result {
    html.raw(packed!("<section><p class=\"bad\" role=\"alert\">"))?;
    if let Some(code) = refusal.code() {
        html.fill(packed!("$ "), &[&Code(code)])?;
    }
    html.fill(packed!("$</p><p>", texts::NOTHING_CHANGED, "</p>"), &[&refusal.reason])?;
    link(page.unwrap_or(Page::Status), html)
}

fn link(page: Page, html: &mut Html<'_>) -> fmt::Result {
    html.fill(packed!("<a class=\"button\" href=\"$\">", texts::BACK, "</a></section>"), &[&page.path()])
}
