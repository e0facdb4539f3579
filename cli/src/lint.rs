//! `mqtts lint`: what would fail on the wire, and why, before anything is connected.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use accel::soft::Soft;
use x509::{
    Policy, Time,
    lint::{File, Finding, Memory, Request, Role, Severity, check},
};
use zeroize::Zeroizing;

use crate::{arguments::Lint, endpoint, failure::Failure, files, random::OperatingSystem};

/// Prints each finding on a line of its own, after the file's name. Exit status 1 if something will fail; warnings alone leave it 0.
///
/// # Errors
/// `pk::FILE_IO_ERROR` (-0x3E00) for a file that cannot be opened; [`Failure::Output`].
pub(crate) fn run(lint: &Lint) -> Result<ExitCode, Failure> {
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
    let mut findings = Vec::new();
    check(&request, &mut Memory::new(), &mut Soft::new(OperatingSystem), |finding| findings.push(finding));
    let mut out = io::stdout().lock();
    for finding in &findings {
        writeln!(out, "{}{finding}", place(lint, finding)).map_err(Failure::Output)?;
    }
    let will_fail = findings.iter().any(|finding| finding.severity == Severity::Error);
    Ok(if will_fail { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn read(option: &str, file: Option<&Path>) -> Result<Option<Zeroizing<Vec<u8>>>, Failure> {
    file.map(|file| files::read(option, file)).transpose()
}

/// The name of the file that the finding is about, if there is one.
fn place(lint: &Lint, finding: &Finding) -> String {
    let file: Option<&PathBuf> = match finding.file {
        File::Authority => lint.anchors.as_ref(),
        File::Certificate => lint.certificate.as_ref(),
        File::Key => lint.key.as_ref(),
    };
    file.map_or_else(String::new, |file| format!("{}: ", file.display()))
}
