//! Inputs and outputs.

use core::fmt;

use super::{View, field};
use crate::{
    http::{html::Html, status::Snapshot},
    texts,
};

pub(super) fn page(view: &View<'_>, html: &mut Html<'_>) -> fmt::Result {
    html.raw("<section><h2>")?;
    html.raw(texts::INPUTS)?;
    html.raw("</h2>")?;
    for (number, level) in (1_u8..).zip(Snapshot::levels(view.snapshot.inputs)) {
        row(texts::INPUT, number, level, html)?;
        html.raw("</div>")?;
    }
    html.raw("</section><section><h2>")?;
    html.raw(texts::OUTPUTS)?;
    html.raw("</h2><form method=\"post\" action=\"/outputs\">")?;
    if let Some(token) = view.token {
        field::token(token, html)?;
    }
    for (number, level) in (1_u8..).zip(Snapshot::levels(view.snapshot.outputs)) {
        row(texts::OUTPUT, number, level, html)?;
        html.raw("<span>")?;
        button(number, "on", texts::SWITCH_ON, html)?;
        button(number, "off", texts::SWITCH_OFF, html)?;
        html.raw("</span></div>")?;
    }
    html.raw("</form></section>")
}

fn row(name: &'static str, number: u8, level: bool, html: &mut Html<'_>) -> fmt::Result {
    html.raw("<div class=\"row\"><span>")?;
    html.raw(name)?;
    html.raw(" ")?;
    html.text(&number)?;
    html.raw(if level { ": <span class=\"good\">" } else { ": <span>" })?;
    html.raw(if level { texts::ON } else { texts::OFF })?;
    html.raw("</span></span>")
}

fn button(number: u8, value: &'static str, text: &'static str, html: &mut Html<'_>) -> fmt::Result {
    html.raw("<button class=\"second\" name=\"output")?;
    html.text(&number)?;
    html.raw("\" value=\"")?;
    html.raw(value)?;
    html.raw("\" aria-label=\"")?;
    html.raw(texts::OUTPUT)?;
    html.raw(" ")?;
    html.text(&number)?;
    html.raw(": ")?;
    html.raw(text)?;
    html.raw("\">")?;
    html.raw(text)?;
    html.raw("</button>")
}
