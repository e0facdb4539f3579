//! The firmware's identity, the configuration file, the password, the factory reset.

use core::fmt;

use super::{View, access, field, state};
use crate::{
    template, texts,
    web::{protocol::html::Html, requests::describe::MacAddress},
};

pub(super) fn page(view: &View<'_>, html: &mut Html<'_>) -> fmt::Result {
    html.fill(
        template!(
            "<section><h2>",
            texts::DEVICE,
            "</h2><dl><dt>",
            texts::BOARD,
            "</dt><dd>$</dd><dt>",
            texts::FIRMWARE,
            "</dt><dd>$</dd><dt>",
            texts::MAC_ADDRESS,
            "</dt><dd>$</dd><dt>",
            texts::UPTIME,
            "</dt><dd>$</dd></dl></section>"
        ),
        &[
            &view.snapshot.facts.name,
            &view.snapshot.facts.firmware,
            &MacAddress(view.snapshot.facts.mac_address),
            &state::Duration(view.snapshot.uptime),
        ],
    )?;
    configuration(view, html)?;
    html.raw(template!("<section><h2>", texts::PASSWORD, "</h2>"))?;
    field::form(view, "/password", html)?;
    html.raw(template!(
        r#"<label for="current">"#,
        texts::CURRENT_PASSWORD,
        r#"</label><input id="current" name="current" type="password" "#,
        r#"autocomplete="current-password" required>"#,
    ))?;
    access::new_password(texts::CHANGE_PASSWORD, html)?;
    html.raw(template!(
        "<section><h2>",
        texts::FACTORY_RESET,
        "</h2><details><summary>",
        texts::FACTORY_RESET_OPEN,
        "</summary><p>",
        texts::FACTORY_RESET_WHAT,
        "</p>"
    ))?;
    field::form(view, "/factory-reset", html)?;
    html.raw(template!(
        r#"<button class="danger">"#,
        texts::FACTORY_RESET_DO,
        "</button></form></details></section>"
    ))
}

fn configuration(view: &View<'_>, html: &mut Html<'_>) -> fmt::Result {
    html.raw(template!(
        "<section><h2>",
        texts::CONFIGURATION,
        "</h2><p>",
        texts::CONFIGURATION_WHAT,
        r#"</p><a class="button" href="/configuration" download="configuration.txt">"#,
        texts::CONFIGURATION_SAVE,
        "</a>"
    ))?;
    field::upload_form(view, &"/configuration", html)?;
    html.raw(template!(
        r#"<label for="configuration-file">"#,
        texts::UPLOAD_FILE,
        r#"</label><input type="file" name="file" id="configuration-file" accept=".txt" required>"#,
        "<div><button>",
        texts::CONFIGURATION_LOAD,
        "</button></div></form></section>",
    ))
}
