//! Form fields: each setting with its name, its label, its hint, and what a browser checks before it sends the form.

use core::fmt::{self, Display};

use super::View;
use crate::{
    settings::Field,
    template,
    template::Template,
    texts,
    web::{
        protocol::html::Html,
        requests::{describe::Value, table::Page},
    },
};

/// A form with these settings and a button; the end of its section.
pub(super) fn settings_form(
    view: &View<'_>,
    page: Page,
    fields: &[Field],
    html: &mut Html<'_>,
) -> fmt::Result {
    html.fill(template!(r#"<form method="post" action="/settings?page=$">"#), &[&page.name()])?;
    token(view, html)?;
    fields.iter().try_for_each(|field| setting(view, *field, html))?;
    html.raw(template!("<button>", texts::SAVE, "</button></form></section>"))
}

/// The beginning of a form.
pub(super) fn form(view: &View<'_>, action: &'static str, html: &mut Html<'_>) -> fmt::Result {
    html.fill(template!(r#"<form method="post" action="$">"#), &[&action])?;
    token(view, html)
}

/// The beginning of a form with a file.
pub(super) fn upload_form(view: &View<'_>, action: &dyn Display, html: &mut Html<'_>) -> fmt::Result {
    html.fill(template!(r#"<form method="post" enctype="multipart/form-data" action="$">"#), &[action])?;
    token(view, html)
}

/// The token that every change needs.
pub(super) fn token(view: &View<'_>, html: &mut Html<'_>) -> fmt::Result {
    match view.token {
        Some(token) => html.fill(template!(r#"<input type="hidden" name="token" value="$">"#), &[token]),
        None => Ok(()),
    }
}

fn setting(view: &View<'_>, field: Field, html: &mut Html<'_>) -> fmt::Result {
    let name: &dyn Display = &field.name();
    html.fill(template!(r#"<label for="$">$</label>"#), &[name, &texts::field(field)])?;
    if field.is_switch() {
        select(view, field, &texts::SWITCH, html)?;
    } else if field == Field::MqttQualityOfService {
        select(view, field, &texts::QUALITIES_OF_SERVICE, html)?;
    } else {
        html.fill(template!(r#"<input id="$" name="$" aria-describedby="hint-$" "#), &[name, name, name])?;
        html.raw(attributes(field))?;
        html.raw(if is_at_fault(view, field) {
            template!(r#" aria-invalid="true" autofocus"#)
        } else {
            Template::EMPTY
        })?;
        match typed(view, field) {
            Some(typed) => html.fill(template!(r#" value="$">"#), &[&typed])?,
            None => html.fill(template!(r#" value="$">"#), &[&Value(view.settings, field)])?,
        }
    }
    hint(view, field, html)?;
    if field == Field::MqttPassword && !view.settings.mqtt.password.is_empty() {
        return erase_password(view, html);
    }
    Ok(())
}

/// What was typed before the form was refused; never a secret.
fn typed<'a>(view: &View<'a>, field: Field) -> Option<&'a str> {
    view.typed.value(field.name()).filter(|_| !field.is_secret())
}

fn is_at_fault(view: &View<'_>, field: Field) -> bool {
    view.refusal.is_some_and(|refusal| refusal.field() == Some(field))
}

/// What one should know about a setting: of one that was refused, why.
fn hint(view: &View<'_>, field: Field, html: &mut Html<'_>) -> fmt::Result {
    let (name, is_at_fault) = (field.name(), is_at_fault(view, field));
    let has_typed = |field: Field| view.typed.value(field.name()).is_some_and(|value| !value.is_empty());
    let hint: &dyn Display = match view.refusal {
        Some(refusal) if is_at_fault => &refusal.reason,
        _ if field.is_secret() && has_typed(field) => &texts::TYPE_AGAIN,
        _ => &texts::field_hint(field),
    };
    let class = if is_at_fault { "bad" } else { "" };
    html.fill(template!(r#"<small id="hint-$" class="$">$</small>"#), &[&name, &class, hint])
}

/// A password that is set shows only that it is.
fn erase_password(view: &View<'_>, html: &mut Html<'_>) -> fmt::Result {
    html.raw(template!(
        r#"<label for="mqtt.password.erase">"#,
        texts::ERASE_PASSWORD,
        r#"</label><select id="mqtt.password.erase" name="mqtt.password.erase">"#
    ))?;
    let present = view.typed.value("mqtt.password.erase").unwrap_or("off");
    options(&[("off", texts::KEEP), ("on", texts::ERASE)], present, html)
}

fn select(
    view: &View<'_>,
    field: Field,
    values: &[(&'static str, &'static str)],
    html: &mut Html<'_>,
) -> fmt::Result {
    let mut present = heapless::String::<4>::new();
    view.settings.write(field, &mut present)?;
    let name: &dyn Display = &field.name();
    html.fill(template!(r#"<select id="$" name="$" aria-describedby="hint-$">"#), &[name, name, name])?;
    options(values, typed(view, field).unwrap_or(&present), html)
}

/// The options of a select, and its end.
fn options(values: &[(&'static str, &'static str)], present: &str, html: &mut Html<'_>) -> fmt::Result {
    for (value, text) in values {
        let selected = if present == *value { " selected" } else { "" };
        html.fill(template!(r#"<option value="$"$>$</option>"#), &[value, &selected, text])?;
    }
    html.raw(template!("</select>"))
}

/// What a browser checks; the device checks all of it again.
const fn attributes(field: Field) -> Template<0> {
    match field {
        Field::HostName => {
            template!(
                r#"maxlength="32" pattern="[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?" "#,
                r#"autocapitalize="none" spellcheck="false""#,
            )
        }
        Field::Address | Field::Gateway | Field::DnsServer => {
            template!(r#"required maxlength="15" inputmode="decimal" pattern="[0-9]{1,3}(\.[0-9]{1,3}){3}""#)
        }
        Field::PrefixLength => template!(r#"required type="number" min="1" max="30""#),
        Field::SntpServer => template!(r#"maxlength="64" autocapitalize="none" spellcheck="false""#),
        Field::MqttHost => template!(r#"maxlength="160" autocapitalize="none" spellcheck="false""#),
        Field::MqttPort => template!(r#"required type="number" min="1" max="65535""#),
        Field::MqttKeepAlive => template!(r#"required type="number" min="0" max="65535""#),
        Field::MqttPassword => template!(r#"type="password" maxlength="64" autocomplete="new-password""#),
        _ => template!(r#"maxlength="64" autocomplete="off" autocapitalize="none" spellcheck="false""#),
    }
}
