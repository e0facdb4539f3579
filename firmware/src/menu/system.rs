//! The firmware's identity, the configuration file, the password, the factory reset.

use core::fmt;

use super::{View, access, field, state};
use crate::{
    http::{describe::MacAddress, html::Html},
    texts,
};

pub(super) fn page(view: &View<'_>, html: &mut Html<'_>) -> fmt::Result {
    html.fill("<section><h2>$</h2><dl>", &[&texts::DEVICE])?;
    state::item(texts::BOARD, &view.snapshot.facts.name, html)?;
    state::item(texts::FIRMWARE, &view.snapshot.facts.firmware, html)?;
    state::item(texts::MAC_ADDRESS, &MacAddress(view.snapshot.facts.mac_address), html)?;
    state::item(texts::UPTIME, &state::Duration(view.snapshot.uptime), html)?;
    html.raw("</dl></section>")?;
    configuration(view, html)?;
    html.fill("<section><h2>$</h2>", &[&texts::PASSWORD])?;
    field::form(view, "/password", html)?;
    html.fill(
        "<label for=\"current\">$</label><input id=\"current\" name=\"current\" type=\"password\" \
         autocomplete=\"current-password\" required>",
        &[&texts::CURRENT_PASSWORD],
    )?;
    access::new_password(texts::CHANGE_PASSWORD, html)?;
    html.fill(
        "<section><h2>$</h2><details><summary>$</summary><p>$</p>",
        &[&texts::FACTORY_RESET, &texts::FACTORY_RESET_OPEN, &texts::FACTORY_RESET_WHAT],
    )?;
    field::form(view, "/factory-reset", html)?;
    html.fill("<button class=\"danger\">$</button></form></details></section>", &[&texts::FACTORY_RESET_DO])
}

fn configuration(view: &View<'_>, html: &mut Html<'_>) -> fmt::Result {
    html.fill(
        "<section><h2>$</h2><p>$</p><a class=\"button\" href=\"/configuration\" download=\"configuration.txt\">$</a>",
        &[&texts::CONFIGURATION, &texts::CONFIGURATION_WHAT, &texts::CONFIGURATION_SAVE],
    )?;
    field::upload_form(view, "/configuration", html)?;
    html.fill(
        "<label for=\"configuration-file\">$</label><input type=\"file\" name=\"file\" id=\"configuration-file\" \
         accept=\".txt\" required><div><button>$</button></div></form></section>",
        &[&texts::UPLOAD_FILE, &texts::CONFIGURATION_LOAD],
    )
}
