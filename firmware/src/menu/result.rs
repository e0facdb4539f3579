//! What a form has led to, where that is not the page that it stands on.

use core::fmt;

use super::{View, certificates};
use crate::{
    http::{describe::Code, html::Html, refusal::Refusal, routes::Page},
    texts,
};

/// What the lint said of a file that was only looked at.
pub(super) fn checked(view: &View<'_>, html: &mut Html<'_>) -> fmt::Result {
    html.fill("<section><p>$</p>", &[&texts::CHECKED_ONLY])?;
    certificates::lint(view, html)?;
    link(Page::Mqtt, html)
}

/// Why a request was refused.
pub(super) fn refused(refusal: &Refusal, page: Option<Page>, html: &mut Html<'_>) -> fmt::Result {
    html.raw("<section><p class=\"bad\" role=\"alert\">")?;
    if let Some(code) = refusal.code() {
        html.fill("$ ", &[&Code(code)])?;
    }
    html.fill("$</p><p>$</p>", &[&refusal.reason, &texts::NOTHING_CHANGED])?;
    link(page.unwrap_or(Page::Status), html)
}

fn link(page: Page, html: &mut Html<'_>) -> fmt::Result {
    html.fill("<a class=\"button\" href=\"$\">$</a></section>", &[&page.path(), &texts::BACK])
}
