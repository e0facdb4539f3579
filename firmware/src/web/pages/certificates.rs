//! The fields of the certificates and the key: their description, or their code, and their upload.

use core::fmt::{self, Display};

use x509::{
    Bundle,
    lint::{Decoded, Severity, Slot},
};

use super::{View, field};
use crate::{
    certificates::File,
    failure::Code,
    template, texts,
    web::{
        protocol::html::Html,
        requests::{
            describe::{self, Description, KeyDescription},
            table::Done,
        },
    },
};

/// The three fields.
pub(super) fn section(view: &View<'_>, html: &mut Html<'_>) -> fmt::Result {
    html.raw(template!(
        "<section><h2>",
        texts::CERTIFICATES,
        "</h2><p>",
        texts::CERTIFICATES_WHAT,
        r#"</p><p class="notice">"#,
        texts::TRUSTED_NETWORK,
        "</p>"
    ))?;
    // After an upload they stand in the banner, where one looks first.
    if view.done != Some(Done::File) {
        findings(view, html)?;
    }
    File::ALL.into_iter().try_for_each(|file| self::file(view, file, html))?;
    html.raw(template!("</section>"))
}

/// What will fail, and why; that nothing will, only where there is a file and all of it was checked.
pub(super) fn findings(view: &View<'_>, html: &mut Html<'_>) -> fmt::Result {
    bad_findings(view, html)?;
    let Decoded { authority, certificate, key } = view.files;
    let is_empty = matches!((authority, certificate, key), (Slot::Absent, Slot::Absent, Slot::Absent));
    if is_empty || lacks_anchor(view) { Ok(()) } else { good(view, html) }
}

/// What will fail, and why.
pub(super) fn bad_findings(view: &View<'_>, html: &mut Html<'_>) -> fmt::Result {
    if lacks_anchor(view) {
        finding(Severity::Error, texts::NO_ANCHOR, html)?;
    }
    lint(view, html)
}

fn lacks_anchor(view: &View<'_>) -> bool {
    let mqtt = &view.settings.mqtt;
    mqtt.enabled && mqtt.tls && mqtt.verify_server_certificate && view.files.authority.content().is_none()
}

/// What the lint has found.
pub(super) fn lint(view: &View<'_>, html: &mut Html<'_>) -> fmt::Result {
    for found in view.findings {
        html.fill(template!(r#"<p class="$">$"#), &[&class(found.severity), &describe::file(found.file)])?;
        if found.number > 1 {
            html.fill(template!(" $"), &[&found.number])?;
        }
        html.fill(template!(": $</p>"), &[&found.problem])?;
    }
    Ok(())
}

/// That the lint has found nothing, unless what was just refused, or the clock, says otherwise.
pub(super) fn good(view: &View<'_>, html: &mut Html<'_>) -> fmt::Result {
    if view.snapshot.now.is_none() {
        finding(Severity::Warning, texts::NO_CLOCK_NO_DATES, html)
    } else if view.findings.is_empty() && view.refusal.is_none() {
        html.raw(template!(r#"<p class="good">"#, texts::NO_FINDINGS, "</p>"))
    } else {
        Ok(())
    }
}

fn finding(severity: Severity, text: &'static str, html: &mut Html<'_>) -> fmt::Result {
    html.fill(template!(r#"<p class="$">$</p>"#), &[&class(severity), &text])
}

const fn class(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "bad",
        Severity::Warning => "warn",
    }
}

/// The file's name in paths and identifiers.
const fn name(file: File) -> &'static str {
    match file {
        File::CaCertificate => "ca",
        File::ClientCertificate => "client",
        File::PrivateKey => "key",
    }
}

fn file(view: &View<'_>, file: File, html: &mut Html<'_>) -> fmt::Result {
    html.fill(template!(r#"<div id="$"><h3>$</h3>"#), &[&name(file), &texts::file(file)])?;
    let is_there = match file {
        File::CaCertificate => certificates(&view.files.authority, html)?,
        File::ClientCertificate => certificates(&view.files.certificate, html)?,
        File::PrivateKey => slot(&view.files.key, html, |key, html| html.text(&KeyDescription(key)))?,
    };
    upload(view, &name(file), html)?;
    if is_there {
        html.fill(template!(r#"<form method="post" action="/certificates/$/delete">"#), &[&name(file)])?;
        field::token(view, html)?;
        html.raw(template!(r#"<button class="danger">"#, texts::ERASE, "</button></form>"))?;
    }
    html.raw(template!("</div>"))
}

fn certificates(bundle: &Slot<Bundle<'_>>, html: &mut Html<'_>) -> Result<bool, fmt::Error> {
    slot(bundle, html, |bundle, html| html.text(&Description(bundle)))
}

/// What is there; whether something is.
fn slot<T>(
    slot: &Slot<T>,
    html: &mut Html<'_>,
    read: impl Fn(&T, &mut Html<'_>) -> fmt::Result,
) -> Result<bool, fmt::Error> {
    match slot {
        Slot::Absent => html.raw(template!("<p>", texts::NO_FILE_YET, "</p>"))?,
        Slot::Unreadable(code) => html.fill(template!(r#"<p class="bad">$ $</p>"#), &[&Code(*code), code])?,
        Slot::Read(content) => {
            html.raw(template!("<pre>"))?;
            read(content, html)?;
            html.raw(template!("</pre>"))?;
        }
    }
    Ok(!matches!(slot, Slot::Absent))
}

fn upload(view: &View<'_>, name: &dyn Display, html: &mut Html<'_>) -> fmt::Result {
    field::upload_form(view, &format_args!("/certificates/{name}"), html)?;
    html.fill(
        template!(
            r#"<label for="$-file">"#,
            texts::UPLOAD_FILE,
            r#"</label><input type="file" name="file" id="$-file" "#,
            r#"accept=".pem,.crt,.cer,.key,.txt"><details><summary>"#,
            texts::OR_PASTE,
            r#"</summary><label for="$-pem">"#,
            texts::PEM_TEXT,
            r#"</label><textarea name="pem" rows="6" spellcheck="false" autocomplete="off" "#,
            r#"id="$-pem"></textarea>"#,
            "</details><button>",
            texts::STORE,
            r#"</button><button class="second" formaction="/certificates/$/check">"#,
            texts::CHECK,
            "</button></form>",
        ),
        &[name, name, name, name, name],
    )
}
