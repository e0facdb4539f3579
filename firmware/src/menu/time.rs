//! The clock's settings.

use core::fmt;

use super::{View, field, state};
use crate::{
    http::{html::Html, routes::Page},
    settings::Field,
    texts,
};

pub(super) fn page(view: &View<'_>, html: &mut Html<'_>) -> fmt::Result {
    html.raw("<section><dl>")?;
    state::clock(view, html)?;
    html.fill("</dl><p>$</p>", &[&texts::CLOCK_WHY])?;
    field::settings_form(view, Page::Time, &[Field::SntpServer], html)
}
