//! The pages before one is logged in: the first password, and the log-in.

use core::fmt;

use crate::{template, texts, web::protocol::html::Html};

pub(super) fn log_in(html: &mut Html<'_>) -> fmt::Result {
    html.raw(template!(
        r#"<section><form method="post" action="/login"><label for="password">"#,
        texts::PASSWORD,
        r#"</label><input id="password" name="password" type="password" "#,
        r#"autocomplete="current-password" required "#,
        "autofocus><div><button>",
        texts::LOG_IN,
        "</button></div></form></section>",
    ))
}

pub(super) fn first_password(html: &mut Html<'_>) -> fmt::Result {
    html.raw(template!(
        "<section><p>",
        texts::FIRST_PASSWORD_WHY,
        r#"</p><form method="post" action="/password">"#
    ))?;
    new_password(texts::SET_PASSWORD, html)
}

/// The field of a new password, and the end of its form and section.
pub(super) fn new_password(button: &'static str, html: &mut Html<'_>) -> fmt::Result {
    html.fill(
        template!(
            r#"<label for="password">"#,
            texts::NEW_PASSWORD,
            r#"</label><input id="password" name="password" type="password" minlength="8" "#,
            r#"maxlength="64" "#,
            r#"autocomplete="new-password" required aria-describedby="hint-password">"#,
            r#"<small id="hint-password">"#,
            texts::PASSWORD_LENGTH,
            "</small><div><button>$</button></div></form></section>",
        ),
        &[&button],
    )
}
