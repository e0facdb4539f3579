//! The firmware's identity, the configuration file, the password, the factory reset.

use core::fmt;

use super::{View, access, field, state};
use crate::{
    http::{describe::MacAddress, html::Html},
    texts,
};

pub(super) fn page(view: &View<'_>, html: &mut Html<'_>) -> fmt::Result {
    identity(view, html)?;
    configuration(view, html)?;
    password(view, html)?;
    html.raw("<section><h2>")?;
    html.raw(texts::FACTORY_RESET)?;
    html.raw("</h2><details><summary>")?;
    html.raw(texts::FACTORY_RESET_OPEN)?;
    html.raw("</summary><p>")?;
    html.raw(texts::FACTORY_RESET_WHAT)?;
    html.raw("</p>")?;
    field::button_form(view, "/factory-reset", "danger", texts::FACTORY_RESET_DO, html)?;
    html.raw("</details></section>")
}

fn identity(view: &View<'_>, html: &mut Html<'_>) -> fmt::Result {
    html.raw("<section><h2>")?;
    html.raw(texts::DEVICE)?;
    html.raw("</h2><dl>")?;
    state::item(texts::BOARD, &view.snapshot.facts.name, html)?;
    state::item(texts::FIRMWARE, &view.snapshot.facts.firmware, html)?;
    state::item(texts::MAC_ADDRESS, &MacAddress(view.snapshot.facts.mac_address), html)?;
    state::item(texts::UPTIME, &state::Duration(view.snapshot.uptime), html)?;
    html.raw("</dl></section>")
}

fn configuration(view: &View<'_>, html: &mut Html<'_>) -> fmt::Result {
    html.raw("<section><h2>")?;
    html.raw(texts::CONFIGURATION)?;
    html.raw("</h2><p>")?;
    html.raw(texts::CONFIGURATION_WHAT)?;
    html.raw("</p><a class=\"button\" href=\"/configuration\" download=\"configuration.txt\">")?;
    html.raw(texts::CONFIGURATION_SAVE)?;
    html.raw("</a><form method=\"post\" enctype=\"multipart/form-data\" action=\"/configuration\">")?;
    if let Some(token) = view.token {
        field::token(token, html)?;
    }
    field::label("configuration-file", texts::UPLOAD_FILE, html)?;
    html.raw(
        "<input type=\"file\" name=\"file\" id=\"configuration-file\" accept=\".txt\" required><div><button>",
    )?;
    html.raw(texts::CONFIGURATION_LOAD)?;
    html.raw("</button></div></form></section>")
}

fn password(view: &View<'_>, html: &mut Html<'_>) -> fmt::Result {
    html.raw("<section><h2>")?;
    html.raw(texts::PASSWORD)?;
    html.raw("</h2><form method=\"post\" action=\"/password\">")?;
    if let Some(token) = view.token {
        field::token(token, html)?;
    }
    field::label("current", texts::CURRENT_PASSWORD, html)?;
    html.raw("<input id=\"current\" name=\"current\" type=\"password\" autocomplete=\"current-password\" required>")?;
    access::new_password(html)?;
    html.raw("<div><button>")?;
    html.raw(texts::CHANGE_PASSWORD)?;
    html.raw("</button></div></form></section>")
}
