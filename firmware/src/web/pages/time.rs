//! The clock's settings.

use core::fmt;

use super::{View, field, state};
use crate::{
    settings::Field,
    template, texts,
    web::{protocol::html::Html, requests::table::Page},
};

pub(super) fn page(view: &View<'_>, html: &mut Html<'_>) -> fmt::Result {
    html.raw(template!("<section><dl>"))?;
    state::clock(view, html)?;
    html.raw(template!("</dl><p>", texts::CLOCK_WHY, "</p>"))?;
    field::settings_form(view, Page::Time, &[Field::SntpServer], html)
}
