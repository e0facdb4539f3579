//! Inputs and outputs.

use core::fmt;

use super::{View, field, state};
use crate::{
    packed,
    packed::Packed,
    texts,
    web::{
        protocol::html::Html,
        requests::{status::Snapshot, table::Page},
    },
};

pub(super) fn page(view: &View<'_>, html: &mut Html<'_>) -> fmt::Result {
    state::refreshed(view, Page::Ports, "/live/ports", html, live)
}

/// The part that is refreshed.
pub(super) fn live(view: &View<'_>, html: &mut Html<'_>) -> fmt::Result {
    html.raw(packed!("<section><h2>", texts::INPUTS, "</h2>"))?;
    for (number, level) in (1_u8..).zip(Snapshot::levels(view.snapshot.inputs)) {
        row(packed!(texts::INPUT), number, level, html)?;
        html.raw(packed!("</div>"))?;
    }
    html.raw(packed!("</section><section><h2>", texts::OUTPUTS, "</h2>"))?;
    field::form(view, "/outputs", html)?;
    for (number, level) in (1_u8..).zip(Snapshot::levels(view.snapshot.outputs)) {
        row(packed!(texts::OUTPUT), number, level, html)?;
        html.raw(packed!("<span>"))?;
        button(number, "on", packed!(texts::SWITCH_ON), html)?;
        button(number, "off", packed!(texts::SWITCH_OFF), html)?;
        html.raw(packed!("</span></div>"))?;
    }
    html.raw(packed!("</form></section>"))
}

fn row(name: Packed, number: u8, level: bool, html: &mut Html<'_>) -> fmt::Result {
    let class = if level { "good" } else { "" };
    html.fill(
        packed!("<div class=\"row\"><span>$ $: <span class=\"$\">$</span></span>"),
        &[&name, &number, &class, &texts::level(level)],
    )
}

fn button(number: u8, value: &'static str, text: Packed, html: &mut Html<'_>) -> fmt::Result {
    html.fill(
        packed!(
            "<button class=\"second\" id=\"output$-$\" name=\"output$\" value=\"$\" aria-label=\"",
            texts::OUTPUT,
            " $: $\">$</button>"
        ),
        &[&number, &value, &number, &value, &number, &text, &text],
    )
}
