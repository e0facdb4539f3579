//! The fields of the certificates and the key: their description, or their code, and their upload.

use core::fmt::{self, Display};

use x509::{
    Bundle,
    lint::{Severity, Slot},
};

use super::{View, field};
use crate::{
    certificates::File,
    http::{
        describe::{self, Code, Description, KeyDescription},
        html::Html,
    },
    texts,
};

/// The three fields.
pub(super) fn section(view: &View<'_>, html: &mut Html<'_>) -> fmt::Result {
    html.fill(
        "<section><h2>$</h2><p>$</p><p class=\"notice\">$</p>",
        &[&texts::CERTIFICATES, &texts::CERTIFICATES_WHAT, &texts::TRUSTED_NETWORK],
    )?;
    findings(view, html)?;
    File::ALL.into_iter().try_for_each(|file| self::file(view, file, html))?;
    html.raw("</section>")
}

/// What will fail, and why.
pub(super) fn findings(view: &View<'_>, html: &mut Html<'_>) -> fmt::Result {
    let mqtt = &view.settings.mqtt;
    let needs_anchor = mqtt.tls && mqtt.verify_server_certificate;
    if needs_anchor && view.files.authority.content().is_none() {
        finding(Severity::Error, texts::NO_ANCHOR, html)?;
    }
    lint(view, html)
}

/// What the lint has found.
pub(super) fn lint(view: &View<'_>, html: &mut Html<'_>) -> fmt::Result {
    for found in view.findings {
        html.fill("<p class=\"$\">$", &[&class(found.severity), &describe::file(found.file)])?;
        if found.number > 1 {
            html.fill(" $", &[&found.number])?;
        }
        html.fill(": $</p>", &[&found.problem])?;
    }
    if view.findings.is_empty() {
        html.fill("<p class=\"good\">$</p>", &[&texts::NO_FINDINGS])?;
    }
    if view.snapshot.now.is_none() {
        finding(Severity::Warning, texts::NO_CLOCK_NO_DATES, html)?;
    }
    Ok(())
}

fn finding(severity: Severity, text: &'static str, html: &mut Html<'_>) -> fmt::Result {
    html.fill("<p class=\"$\">$</p>", &[&class(severity), &text])
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
    html.fill("<div id=\"$\"><h3>$</h3>", &[&name(file), &texts::file(file)])?;
    let is_there = match file {
        File::CaCertificate => certificates(&view.files.authority, html)?,
        File::ClientCertificate => certificates(&view.files.certificate, html)?,
        File::PrivateKey => slot(&view.files.key, html, |key, html| html.text(&KeyDescription(key)))?,
    };
    upload(view, &name(file), html)?;
    if is_there {
        html.fill("<form method=\"post\" action=\"/certificates/$/delete\">", &[&name(file)])?;
        field::token(view, html)?;
        html.fill("<button class=\"danger\">$</button></form>", &[&texts::ERASE])?;
    }
    html.raw("</div>")
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
        Slot::Absent => html.fill("<p>$</p>", &[&texts::NO_FILE_YET])?,
        Slot::Unreadable(code) => html.fill("<p class=\"bad\">$ $</p>", &[&Code(*code), code])?,
        Slot::Read(content) => {
            html.raw("<pre>")?;
            read(content, html)?;
            html.raw("</pre>")?;
        }
    }
    Ok(!matches!(slot, Slot::Absent))
}

fn upload(view: &View<'_>, name: &dyn Display, html: &mut Html<'_>) -> fmt::Result {
    html.fill("<form method=\"post\" enctype=\"multipart/form-data\" action=\"/certificates/$\">", &[name])?;
    field::token(view, html)?;
    html.fill(
        "<label for=\"$-file\">$</label><input type=\"file\" name=\"file\" id=\"$-file\" \
         accept=\".pem,.crt,.cer,.key,.txt\"><details><summary>$</summary><label for=\"$-pem\">$</label>\
         <textarea name=\"pem\" rows=\"6\" spellcheck=\"false\" autocomplete=\"off\" id=\"$-pem\"></textarea></details>\
         <button>$</button><button class=\"second\" formaction=\"/certificates/$/check\">$</button></form>",
        &[
            name,
            &texts::UPLOAD_FILE,
            name,
            &texts::OR_PASTE,
            name,
            &texts::PEM_TEXT,
            name,
            &texts::STORE,
            name,
            &texts::CHECK,
        ],
    )
}
