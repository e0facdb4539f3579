//! Form fields: each setting by its name, with its label, its hint and what a browser may check before it is sent.

use core::fmt::{self, Display};

use super::View;
use crate::{
    http::{describe::Value, html::Html, routes::Page},
    settings::{Field, Settings},
    texts,
};

/// A form with these settings and a button; the end of its section.
pub(super) fn settings_form(
    view: &View<'_>,
    page: Page,
    fields: &[Field],
    html: &mut Html<'_>,
) -> fmt::Result {
    html.fill("<form method=\"post\" action=\"/settings?page=$\">", &[&page.name()])?;
    token(view, html)?;
    fields.iter().try_for_each(|field| setting(view.settings, *field, html))?;
    html.fill("<button>$</button></form></section>", &[&texts::SAVE])
}

/// The beginning of a form.
pub(super) fn form(view: &View<'_>, action: &'static str, html: &mut Html<'_>) -> fmt::Result {
    html.fill("<form method=\"post\" action=\"$\">", &[&action])?;
    token(view, html)
}

/// The beginning of a form with a file.
pub(super) fn upload_form(view: &View<'_>, action: &'static str, html: &mut Html<'_>) -> fmt::Result {
    html.fill("<form method=\"post\" enctype=\"multipart/form-data\" action=\"$\">", &[&action])?;
    token(view, html)
}

/// The token that every change needs.
pub(super) fn token(view: &View<'_>, html: &mut Html<'_>) -> fmt::Result {
    match view.token {
        Some(token) => html.fill("<input type=\"hidden\" name=\"token\" value=\"$\">", &[token]),
        None => Ok(()),
    }
}

fn setting(settings: &Settings, field: Field, html: &mut Html<'_>) -> fmt::Result {
    let name: &dyn Display = &field.name();
    html.fill("<label for=\"$\">$</label>", &[name, &texts::field(field)])?;
    if field.is_switch() {
        const SWITCH: [(&str, &str); 2] = [("on", texts::ENABLE), ("off", texts::DISABLE)];
        select(settings, field, &SWITCH, html)?;
    } else if field == Field::MqttQualityOfService {
        select(settings, field, &texts::QUALITIES_OF_SERVICE, html)?;
    } else {
        html.fill("<input id=\"$\" name=\"$\" aria-describedby=\"hint-$\" ", &[name, name, name])?;
        html.raw(attributes(field))?;
        html.fill(" value=\"$\">", &[&Value(settings, field)])?;
    }
    html.fill("<small id=\"hint-$\">$</small>", &[name, &texts::field_hint(field)])?;
    if field == Field::MqttPassword && !settings.mqtt.password.is_empty() {
        return erase_password(html);
    }
    Ok(())
}

/// A password that is set shows only that it is.
fn erase_password(html: &mut Html<'_>) -> fmt::Result {
    html.fill(
        "<label for=\"mqtt.password.erase\">$</label><select id=\"mqtt.password.erase\" name=\"mqtt.password.erase\">\
         <option value=\"off\" selected>$</option><option value=\"on\">$</option></select>",
        &[&texts::ERASE_PASSWORD, &texts::KEEP, &texts::ERASE],
    )
}

fn select(
    settings: &Settings,
    field: Field,
    options: &[(&'static str, &'static str)],
    html: &mut Html<'_>,
) -> fmt::Result {
    let mut present = heapless::String::<4>::new();
    settings.write(field, &mut present)?;
    let name: &dyn Display = &field.name();
    html.fill("<select id=\"$\" name=\"$\" aria-describedby=\"hint-$\">", &[name, name, name])?;
    for (value, text) in options {
        let selected = if present.as_str() == *value { " selected" } else { "" };
        html.fill("<option value=\"$\"$>$</option>", &[value, &selected, text])?;
    }
    html.raw("</select>")
}

/// What a browser checks; the device checks all of it again.
const fn attributes(field: Field) -> &'static str {
    match field {
        Field::HostName => {
            "maxlength=\"32\" pattern=\"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\" autocapitalize=\"none\" spellcheck=\"false\""
        }
        Field::Address | Field::Gateway | Field::DnsServer => {
            "required maxlength=\"15\" inputmode=\"decimal\" pattern=\"[0-9]{1,3}(\\.[0-9]{1,3}){3}\""
        }
        Field::PrefixLength => "required type=\"number\" min=\"1\" max=\"30\"",
        Field::SntpServer => "maxlength=\"64\" autocapitalize=\"none\" spellcheck=\"false\"",
        Field::MqttHost => "maxlength=\"128\" autocapitalize=\"none\" spellcheck=\"false\"",
        Field::MqttPort => "required type=\"number\" min=\"1\" max=\"65535\"",
        Field::MqttKeepAlive => "required type=\"number\" min=\"0\" max=\"65535\"",
        Field::MqttPassword => "type=\"password\" maxlength=\"64\" autocomplete=\"new-password\"",
        _ => "maxlength=\"64\" autocomplete=\"off\" autocapitalize=\"none\" spellcheck=\"false\"",
    }
}
