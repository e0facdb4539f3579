//! The pages before one is logged in: the first password, and the log-in.

use core::fmt;

use crate::{http::html::Html, texts};

pub(super) fn log_in(html: &mut Html<'_>) -> fmt::Result {
    html.fill(
        "<section><form method=\"post\" action=\"/login\"><label for=\"password\">$</label>\
         <input id=\"password\" name=\"password\" type=\"password\" autocomplete=\"current-password\" required autofocus>\
         <div><button>$</button></div></form></section>",
        &[&texts::PASSWORD, &texts::LOG_IN],
    )
}

pub(super) fn first_password(html: &mut Html<'_>) -> fmt::Result {
    html.fill("<section><p>$</p><form method=\"post\" action=\"/password\">", &[&texts::FIRST_PASSWORD_WHY])?;
    new_password(texts::SET_PASSWORD, html)
}

/// The field of a new password, and the end of its form and section.
pub(super) fn new_password(button: &'static str, html: &mut Html<'_>) -> fmt::Result {
    html.fill(
        "<label for=\"password\">$</label><input id=\"password\" name=\"password\" type=\"password\" minlength=\"8\" \
         maxlength=\"64\" autocomplete=\"new-password\" required aria-describedby=\"hint-password\">\
         <small id=\"hint-password\">$</small><div><button>$</button></div></form></section>",
        &[&texts::NEW_PASSWORD, &texts::refusal::PASSWORD_LENGTH, &button],
    )
}
