//! Inputs and outputs.

use core::fmt;

use super::{View, field, state};
use crate::{
    template, texts,
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
    html.raw(template!("<section><h2>", texts::INPUTS, "</h2>"))?;
    for (number, level) in (1_u8..).zip(Snapshot::levels(view.snapshot.inputs)) {
        row(texts::INPUT, number, level, html)?;
        html.raw(template!("</div>"))?;
    }
    html.raw(template!("</section><section><h2>", texts::OUTPUTS, "</h2>"))?;
    field::form(view, "/outputs", html)?;
    for (number, level) in (1_u8..).zip(Snapshot::levels(view.snapshot.outputs)) {
        row(texts::OUTPUT, number, level, html)?;
        html.raw(template!("<span>"))?;
        button(number, "on", texts::SWITCH_ON, html)?;
        button(number, "off", texts::SWITCH_OFF, html)?;
        html.raw(template!("</span></div>"))?;
    }
    html.raw(template!("</form></section>"))
}

fn row(name: &'static str, number: u8, level: bool, html: &mut Html<'_>) -> fmt::Result {
    let class = if level { "good" } else { "" };
    html.fill(
        template!(r#"<div class="row"><span>$ $: <span class="$">$</span></span>"#),
        &[&name, &number, &class, &texts::level(level)],
    )
}

fn button(number: u8, value: &'static str, text: &'static str, html: &mut Html<'_>) -> fmt::Result {
    html.fill(
        template!(
            r#"<button class="second" id="output$-$" name="output$" value="$" aria-label=""#,
            texts::OUTPUT,
            r#" $: $">$</button>"#
        ),
        &[&number, &value, &number, &value, &number, &text, &text],
    )
}
