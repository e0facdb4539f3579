//! The network's settings.

use core::fmt;

use super::{View, field, state};
use crate::{
    settings::Field,
    template, texts,
    web::{protocol::html::Html, requests::table::Page},
};

pub(super) fn page(view: &View<'_>, html: &mut Html<'_>) -> fmt::Result {
    const FIELDS: [Field; 7] = [
        Field::HostName,
        Field::Domain,
        Field::Dhcp,
        Field::Address,
        Field::PrefixLength,
        Field::Gateway,
        Field::DnsServer,
    ];
    html.raw(template!("<section><h2>", texts::PRESENT_ADDRESS, "</h2><dl>"))?;
    state::address(view, html)?;
    html.raw(template!("</dl></section><section><h2>", texts::SETTINGS, "</h2>"))?;
    field::settings_form(view, Page::Network, &FIELDS, html)
}
