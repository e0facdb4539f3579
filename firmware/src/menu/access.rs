//! The pages before one is logged in: the first password, and the log-in.

use core::fmt;

use super::field::label;
use crate::{http::html::Html, texts};

pub(super) fn log_in(html: &mut Html<'_>) -> fmt::Result {
    html.raw("<section><form method=\"post\" action=\"/login\">")?;
    label("password", texts::PASSWORD, html)?;
    html.raw("<input id=\"password\" name=\"password\" type=\"password\" autocomplete=\"current-password\" required autofocus><div><button>")?;
    html.raw(texts::LOG_IN)?;
    html.raw("</button></div></form></section>")
}

pub(super) fn first_password(html: &mut Html<'_>) -> fmt::Result {
    html.raw("<section><p>")?;
    html.raw(texts::FIRST_PASSWORD_WHY)?;
    html.raw("</p><form method=\"post\" action=\"/password\">")?;
    new_password(html)?;
    html.raw("<div><button>")?;
    html.raw(texts::SET_PASSWORD)?;
    html.raw("</button></div></form></section>")
}

/// The field of a new password.
pub(super) fn new_password(html: &mut Html<'_>) -> fmt::Result {
    label("password", texts::NEW_PASSWORD, html)?;
    html.raw("<input id=\"password\" name=\"password\" type=\"password\" minlength=\"8\" maxlength=\"64\" autocomplete=\"new-password\" required aria-describedby=\"hint-password\"><small id=\"hint-password\">")?;
    html.raw(texts::refusal::PASSWORD_LENGTH)?;
    html.raw("</small>")
}
