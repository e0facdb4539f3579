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
    html.fill("<section><h2>$</h2><dl>", &[&texts::PRESENT_ADDRESS])?;
    state::address(view, html)?;
    html.fill("</dl></section><section><h2>$</h2>", &[&texts::SETTINGS])?;
    field::settings_form(view, Page::Network, &FIELDS, html)
}
