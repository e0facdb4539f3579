//! The pages before one is logged in: the first password, and the log-in.

use core::fmt;

use crate::{packed, packed::Packed, texts, web::protocol::html::Html};

pub(super) fn log_in(html: &mut Html<'_>) -> fmt::Result {
    html.raw(packed!(
        "<section><form method=\"post\" action=\"/login\"><label for=\"password\">",
        texts::PASSWORD,
        "</label><input id=\"password\" name=\"password\" type=\"password\" autocomplete=\"current-password\" required \
         autofocus><div><button>",
        texts::LOG_IN,
        "</button></div></form></section>",
    ))
}

pub(super) fn first_password(html: &mut Html<'_>) -> fmt::Result {
    html.raw(packed!(
        "<section><p>",
        texts::FIRST_PASSWORD_WHY,
        "</p><form method=\"post\" action=\"/password\">"
    ))?;
    new_password(packed!(texts::SET_PASSWORD), html)
}

/// The field of a new password, and the end of its form and section.
pub(super) fn new_password(button: Packed, html: &mut Html<'_>) -> fmt::Result {
    html.fill(
        packed!(
            "<label for=\"password\">",
            texts::NEW_PASSWORD,
            "</label><input id=\"password\" name=\"password\" type=\"password\" minlength=\"8\" maxlength=\"64\" \
             autocomplete=\"new-password\" required aria-describedby=\"hint-password\"><small id=\"hint-password\">",
            texts::PASSWORD_LENGTH,
            "</small><div><button>$</button></div></form></section>",
        ),
        &[&button],
    )
}
