//! The network's settings.

use core::fmt;

use super::{View, field, state};
use crate::{
    http::{html::Html, routes::Page},
    settings::Field,
    texts,
};

pub(super) fn page(view: &View<'_>, html: &mut Html<'_>) -> fmt::Result {
    const FIELDS: [Field; 6] =
        [Field::HostName, Field::Dhcp, Field::Address, Field::PrefixLength, Field::Gateway, Field::DnsServer];
    html.raw("<section><h2>")?;
    html.raw(texts::PRESENT_ADDRESS)?;
    html.raw("</h2><dl>")?;
    state::address(view, html)?;
    html.raw("</dl></section><section><h2>")?;
    html.raw(texts::SETTINGS)?;
    html.raw("</h2>")?;
    field::settings_form(view, Page::Network, &FIELDS, html)?;
    html.raw("</section>")
}
