//! `mqtts lint`: finds what would fail in a connection, and why, without connecting.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use mqtts::pc;
use x509::{
    Bundle, Hosts, Policy, PrivateKey, Time,
    lint::{
        Decoded, File, Finding, Problem, Request, Role, Severity, Slot, Trust, WORKSPACE, check_decoded,
        strict,
    },
};
use zeroize::Zeroizing;

use crate::{arguments::LintArguments, endpoint, failure::CommandFailure, files};

/// Prints each finding on its own line, after the file's name. Exits with 1 if something will fail; warnings alone exit with 0.
///
/// # Errors
/// `pk::FILE_IO_ERROR` (-0x3E00) for a file that cannot be opened; [`CommandFailure::Output`].
pub(crate) fn run(lint: &LintArguments) -> Result<ExitCode, CommandFailure> {
    let authority = read("--cafile", lint.anchors.as_deref())?;
    let certificate = read("--cert", lint.certificate.as_deref())?;
    let key = read("--key", lint.key.as_deref())?;
    let request = Request {
        authority: authority.as_ref().map(|text| text.as_slice()),
        certificate: certificate.as_ref().map(|text| text.as_slice()),
        key: key.as_ref().map(|text| text.as_slice()),
        role: if lint.host.is_some() { Role::Server } else { Role::Client },
        host: lint.host.as_deref(),
        now: Some(Time::from_unix(lint.at.unwrap_or_else(endpoint::now))),
        policy: Policy::default(),
    };
    let mut storage = [request.authority, request.certificate, request.key]
        .map(|text| files::storage(text.unwrap_or_default()));
    let [first, second, third] = &mut storage;
    let decoded = Decoded {
        authority: request.authority.map(|text| Bundle::from_long_pem(text, first)).into(),
        certificate: request.certificate.map(|text| Bundle::from_long_pem(text, second)).into(),
        key: request.key.map(|text| PrivateKey::from_long_pem(text, third)).into(),
    };
    let mut findings = findings(&decoded, &request);
    for (file, chain) in [(File::Authority, &decoded.authority), (File::Certificate, &decoded.certificate)] {
        encodings(file, chain, &mut findings);
    }
    let mut out = io::stdout().lock();
    for finding in &findings {
        writeln!(out, "{}{finding}{}", place(lint, finding), names(finding, &decoded.certificate))
            .map_err(CommandFailure::Output)?;
    }
    let will_fail = findings.iter().any(|finding| finding.severity == Severity::Error);
    Ok(if will_fail { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn findings(decoded: &Decoded<'_>, request: &Request<'_>) -> Vec<Finding> {
    let (mut findings, mut workspace) = (Vec::new(), Zeroizing::new(vec![0; WORKSPACE]));
    let (mut trust, mut accel) = (Trust::new(decoded, request), pc::accelerator());
    let verdict = loop {
        if let Ok(verdict) = trust.step(&mut accel, &mut workspace) {
            break verdict;
        }
    };
    check_decoded(decoded, request, verdict, |finding| findings.push(finding));
    findings
}

/// Adds findings about encodings that are accepted here, but that other software may refuse.
fn encodings(file: File, chain: &Slot<Bundle<'_>>, findings: &mut Vec<Finding>) {
    for (certificate, number) in chain.content().iter().flat_map(|chain| chain.iter()).zip(1..) {
        strict(certificate.der(), |deviation| {
            let problem = Problem::Strict(deviation);
            findings.push(Finding { severity: Severity::Warning, file, number, problem });
        });
    }
}

/// The names in the certificate, if the finding is about them.
fn names(finding: &Finding, chain: &Slot<Bundle<'_>>) -> String {
    let leaf =
        chain.content().filter(|_| finding.problem == Problem::WrongHost).and_then(|c| c.iter().next());
    let Some(leaf) = leaf else { return String::new() };
    match Hosts(&leaf).to_string() {
        none if none.is_empty() => ", and it names none".to_owned(),
        names => format!(", but for: {names}"),
    }
}

fn read(option: &str, file: Option<&Path>) -> Result<Option<Zeroizing<Vec<u8>>>, CommandFailure> {
    file.map(|file| files::read(option, file)).transpose()
}

/// The name of the file that the finding is about, if any.
fn place(lint: &LintArguments, finding: &Finding) -> String {
    let file: Option<&PathBuf> = match finding.file {
        File::Authority => lint.anchors.as_ref(),
        File::Certificate => lint.certificate.as_ref(),
        File::Key => lint.key.as_ref(),
    };
    file.map_or_else(String::new, |file| format!("{}: ", file.display()))
}
