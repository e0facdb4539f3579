//! Form fields: each setting by its name, with its label, its hint and what a browser may check before it is sent.

use core::fmt;

use super::View;
use crate::{
    http::{describe::Value, html::Html, routes::Page, sessions::Secret},
    settings::{Field, Settings},
    texts,
};

/// A form with these settings and a button.
pub(super) fn settings_form(
    view: &View<'_>,
    page: Page,
    fields: &[Field],
    html: &mut Html<'_>,
) -> fmt::Result {
    html.raw("<form method=\"post\" action=\"/settings?page=")?;
    html.raw(page.path().trim_start_matches('/'))?;
    html.raw("\">")?;
    if let Some(token) = view.token {
        self::token(token, html)?;
    }
    fields.iter().try_for_each(|field| setting(view.settings, *field, html))?;
    html.raw("<button>")?;
    html.raw(texts::SAVE)?;
    html.raw("</button></form>")
}

/// The token that every change needs.
pub(super) fn token(token: &Secret, html: &mut Html<'_>) -> fmt::Result {
    html.raw("<input type=\"hidden\" name=\"token\" value=\"")?;
    html.text(token)?;
    html.raw("\">")
}

/// A form with nothing but a button.
pub(super) fn button_form(
    view: &View<'_>,
    action: &'static str,
    class: &'static str,
    text: &'static str,
    html: &mut Html<'_>,
) -> fmt::Result {
    html.raw("<form method=\"post\" action=\"")?;
    html.raw(action)?;
    html.raw("\">")?;
    if let Some(token) = view.token {
        self::token(token, html)?;
    }
    html.raw("<button class=\"")?;
    html.raw(class)?;
    html.raw("\">")?;
    html.raw(text)?;
    html.raw("</button></form>")
}

fn setting(settings: &Settings, field: Field, html: &mut Html<'_>) -> fmt::Result {
    let (name, hint) = (field.name(), texts::field_hint(field));
    label(name, texts::field(field), html)?;
    if field.is_switch() {
        const SWITCH: [(&str, &str); 2] = [("on", texts::ENABLE), ("off", texts::DISABLE)];
        select(settings, field, &SWITCH, html)?;
    } else if field == Field::MqttQualityOfService {
        select(settings, field, &texts::QUALITIES_OF_SERVICE, html)?;
    } else {
        html.raw("<input id=\"")?;
        html.raw(name)?;
        html.raw("\" name=\"")?;
        html.raw(name)?;
        html.raw("\" aria-describedby=\"hint-")?;
        html.raw(name)?;
        html.raw("\" ")?;
        html.raw(attributes(field))?;
        html.raw(" value=\"")?;
        html.text(&Value(settings, field))?;
        html.raw("\">")?;
    }
    html.raw("<small id=\"hint-")?;
    html.raw(name)?;
    html.raw("\">")?;
    html.raw(hint)?;
    html.raw("</small>")?;
    if field == Field::MqttPassword && !settings.mqtt.password.is_empty() {
        return erase_password(html);
    }
    Ok(())
}

/// A password that is set shows only that it is.
fn erase_password(html: &mut Html<'_>) -> fmt::Result {
    label("mqtt.password.erase", texts::ERASE_PASSWORD, html)?;
    html.raw(
        "<select id=\"mqtt.password.erase\" name=\"mqtt.password.erase\"><option value=\"off\" selected>",
    )?;
    html.raw(texts::KEEP)?;
    html.raw("</option><option value=\"on\">")?;
    html.raw(texts::ERASE)?;
    html.raw("</option></select>")
}

/// A label of the field with this identifier.
pub(super) fn label(id: &'static str, text: &'static str, html: &mut Html<'_>) -> fmt::Result {
    html.raw("<label for=\"")?;
    html.raw(id)?;
    html.raw("\">")?;
    html.raw(text)?;
    html.raw("</label>")
}

fn select(
    settings: &Settings,
    field: Field,
    options: &[(&'static str, &'static str)],
    html: &mut Html<'_>,
) -> fmt::Result {
    let mut present = heapless::String::<4>::new();
    settings.write(field, &mut present)?;
    html.raw("<select id=\"")?;
    html.raw(field.name())?;
    html.raw("\" name=\"")?;
    html.raw(field.name())?;
    html.raw("\" aria-describedby=\"hint-")?;
    html.raw(field.name())?;
    html.raw("\">")?;
    for (value, text) in options {
        html.raw("<option value=\"")?;
        html.raw(value)?;
        html.raw(if present.as_str() == *value { "\" selected>" } else { "\">" })?;
        html.raw(text)?;
        html.raw("</option>")?;
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
