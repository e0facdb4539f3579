//! Inputs and outputs.

use core::fmt;

use super::{View, field};
use crate::{
    http::{html::Html, status::Snapshot},
    texts,
};

pub(super) fn page(view: &View<'_>, html: &mut Html<'_>) -> fmt::Result {
    html.fill("<section><h2>$</h2>", &[&texts::INPUTS])?;
    for (number, level) in (1_u8..).zip(Snapshot::levels(view.snapshot.inputs)) {
        row(texts::INPUT, number, level, html)?;
        html.raw("</div>")?;
    }
    html.fill("</section><section><h2>$</h2>", &[&texts::OUTPUTS])?;
    field::form(view, "/outputs", html)?;
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
    let (class, level) = if level { ("good", texts::ON) } else { ("", texts::OFF) };
    html.fill(
        "<div class=\"row\"><span>$ $: <span class=\"$\">$</span></span>",
        &[&name, &number, &class, &level],
    )
}

fn button(number: u8, value: &'static str, text: &'static str, html: &mut Html<'_>) -> fmt::Result {
    html.fill(
        "<button class=\"second\" name=\"output$\" value=\"$\" aria-label=\"$ $: $\">$</button>",
        &[&number, &value, &texts::OUTPUT, &number, &text, &text],
    )
}
