//! What a form has led to, where that is not the page that it stands on.

use core::fmt;

use super::{View, certificates};
use crate::{
    http::{describe::Code, html::Html, refusal::Refusal, routes::Page},
    texts,
};

/// What the lint said of a file that was only looked at.
pub(super) fn checked(view: &View<'_>, html: &mut Html<'_>) -> fmt::Result {
    html.raw("<section><p>")?;
    html.raw(texts::CHECKED_ONLY)?;
    html.raw("</p>")?;
    certificates::lint(view, html)?;
    link(Page::Mqtt, html)?;
    html.raw("</section>")
}

/// Why a request was refused.
pub(super) fn refused(refusal: &Refusal, page: Option<Page>, html: &mut Html<'_>) -> fmt::Result {
    html.raw("<section><p class=\"bad\" role=\"alert\">")?;
    if let Some(code) = refusal.code() {
        html.text(&Code(code))?;
        html.raw(" ")?;
    }
    html.text(&refusal.reason)?;
    html.raw("</p><p>")?;
    html.raw(texts::NOTHING_CHANGED)?;
    html.raw("</p>")?;
    link(page.unwrap_or(Page::Status), html)?;
    html.raw("</section>")
}

fn link(page: Page, html: &mut Html<'_>) -> fmt::Result {
    html.raw("<a class=\"button\" href=\"")?;
    html.raw(page.path())?;
    html.raw("\">")?;
    html.raw(texts::BACK)?;
    html.raw("</a>")
}
