//! The fields of the certificates and the key: their description, or their code, and their upload.

use core::fmt;

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
    html.raw("<section><h2>")?;
    html.raw(texts::CERTIFICATES)?;
    html.raw("</h2><p>")?;
    html.raw(texts::CERTIFICATES_WHAT)?;
    html.raw("</p><p class=\"notice\">")?;
    html.raw(texts::TRUSTED_NETWORK)?;
    html.raw("</p>")?;
    findings(view, html)?;
    for place in &PLACES {
        file(view, place, html)?;
    }
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
        html.raw("<p class=\"")?;
        html.raw(class(found.severity))?;
        html.raw("\">")?;
        html.raw(describe::file(found.file))?;
        if found.number > 1 {
            html.raw(" ")?;
            html.text(&found.number)?;
        }
        html.raw(": ")?;
        html.text(&found.problem)?;
        html.raw("</p>")?;
    }
    if view.findings.is_empty() {
        html.raw("<p class=\"good\">")?;
        html.raw(texts::NO_FINDINGS)?;
        html.raw("</p>")?;
    }
    if view.snapshot.now.is_none() {
        finding(Severity::Warning, texts::NO_CLOCK_NO_DATES, html)?;
    }
    Ok(())
}

fn finding(severity: Severity, text: &'static str, html: &mut Html<'_>) -> fmt::Result {
    html.raw("<p class=\"")?;
    html.raw(class(severity))?;
    html.raw("\">")?;
    html.raw(text)?;
    html.raw("</p>")
}

const fn class(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "bad",
        Severity::Warning => "warn",
    }
}

/// A file's place in the menu.
struct Place {
    file: File,
    store: &'static str,
    check: &'static str,
    erase: &'static str,
    id: &'static str,
    file_id: &'static str,
    text_id: &'static str,
}

const PLACES: [Place; 3] = [
    Place {
        file: File::CaCertificate,
        store: "/certificates/ca",
        check: "/certificates/ca/check",
        erase: "/certificates/ca/delete",
        id: "ca",
        file_id: "ca-file",
        text_id: "ca-pem",
    },
    Place {
        file: File::ClientCertificate,
        store: "/certificates/client",
        check: "/certificates/client/check",
        erase: "/certificates/client/delete",
        id: "client",
        file_id: "client-file",
        text_id: "client-pem",
    },
    Place {
        file: File::PrivateKey,
        store: "/certificates/key",
        check: "/certificates/key/check",
        erase: "/certificates/key/delete",
        id: "key",
        file_id: "key-file",
        text_id: "key-pem",
    },
];

fn file(view: &View<'_>, place: &Place, html: &mut Html<'_>) -> fmt::Result {
    html.raw("<div id=\"")?;
    html.raw(place.id)?;
    html.raw("\"><h3>")?;
    html.raw(texts::file(place.file))?;
    html.raw("</h3>")?;
    let is_there = match place.file {
        File::CaCertificate => certificates(&view.files.authority, html)?,
        File::ClientCertificate => certificates(&view.files.certificate, html)?,
        File::PrivateKey => slot(&view.files.key, html, |key, html| html.text(&KeyDescription(key)))?,
    };
    upload(view, place, html)?;
    if is_there {
        field::button_form(view, place.erase, "danger", texts::ERASE, html)?;
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
        Slot::Absent => {
            html.raw("<p>")?;
            html.raw(texts::NO_FILE_YET)?;
            html.raw("</p>")?;
        }
        Slot::Unreadable(code) => {
            html.raw("<p class=\"bad\">")?;
            html.text(&Code(*code))?;
            html.raw(" ")?;
            html.text(code)?;
            html.raw("</p>")?;
        }
        Slot::Read(content) => {
            html.raw("<pre>")?;
            read(content, html)?;
            html.raw("</pre>")?;
        }
    }
    Ok(!matches!(slot, Slot::Absent))
}

fn upload(view: &View<'_>, place: &Place, html: &mut Html<'_>) -> fmt::Result {
    html.raw("<form method=\"post\" enctype=\"multipart/form-data\" action=\"")?;
    html.raw(place.store)?;
    html.raw("\">")?;
    if let Some(token) = view.token {
        field::token(token, html)?;
    }
    field::label(place.file_id, texts::UPLOAD_FILE, html)?;
    html.raw("<input type=\"file\" name=\"file\" id=\"")?;
    html.raw(place.file_id)?;
    html.raw("\" accept=\".pem,.crt,.cer,.key,.txt\"><details><summary>")?;
    html.raw(texts::OR_PASTE)?;
    html.raw("</summary>")?;
    field::label(place.text_id, texts::PEM_TEXT, html)?;
    html.raw("<textarea name=\"pem\" rows=\"6\" spellcheck=\"false\" autocomplete=\"off\" id=\"")?;
    html.raw(place.text_id)?;
    html.raw("\"></textarea></details><button>")?;
    html.raw(texts::STORE)?;
    html.raw("</button><button class=\"second\" formaction=\"")?;
    html.raw(place.check)?;
    html.raw("\">")?;
    html.raw(texts::CHECK)?;
    html.raw("</button></form>")
}
