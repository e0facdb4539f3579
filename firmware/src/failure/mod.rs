//! A failure in words: its code, its cause, the step of the handshake, and a hint. The menu, `status.json` and the published state all
//! use these.

pub mod hint;

use core::fmt::{self, Display};

use status::{AlertSeen, Error, Status, Step};

/// A code as the application note writes it, such as `-0x7780`.
pub struct Code(pub Error);

impl Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

/// What is known of a failure beside its code: the alert, the flags, the cause.
pub struct CauseOf<'a>(pub &'a Status);

/// The same where room is short: flags by their names.
pub struct BriefCauseOf<'a>(pub &'a Status);

impl Display for CauseOf<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = alert(self.0, f)?;
        for flag in self.0.flags.iter() {
            write!(f, "{separator}{}", flag.text.strip_suffix('.').unwrap_or(flag.text))?;
            separator = "; ";
        }
        rest(self.0, separator, f)
    }
}

impl Display for BriefCauseOf<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = alert(self.0, f)?;
        if !self.0.flags.is_empty() {
            write!(f, "{separator}flags {:?}", self.0.flags)?;
            separator = "; ";
        }
        rest(self.0, separator, f)
    }
}

/// The alert, and what separates it from what follows.
fn alert(status: &Status, f: &mut fmt::Formatter<'_>) -> Result<&'static str, fmt::Error> {
    match status.alert {
        Some(AlertSeen::Received(alert)) => write!(f, "received {alert}")?,
        Some(AlertSeen::Sent(alert)) => write!(f, "sent {alert}")?,
        None => return Ok(""),
    }
    Ok("; ")
}

/// Whose flags they were, and the cause.
fn rest(status: &Status, separator: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if status.depth > 0 && !status.flags.is_empty() {
        write!(f, " (certificate {} of the chain)", status.depth)?;
    }
    match status.cause.text() {
        "" => Ok(()),
        cause => write!(f, "{separator}{cause}"),
    }
}

/// The step of the handshake, in the RFC's words.
pub const fn step(step: Step) -> &'static str {
    match step {
        Step::Start => "Start",
        Step::ClientHello => "ClientHello",
        Step::ServerHello => "ServerHello",
        Step::ServerCertificate => "server's Certificate",
        Step::ServerHelloDone => "CertificateRequest or ServerHelloDone",
        Step::ClientCertificate => "client's Certificate",
        Step::ClientKeyExchange => "ClientKeyExchange",
        Step::CertificateVerify => "CertificateVerify",
        Step::ClientFinished => "client's Finished",
        Step::ServerChangeCipherSpec => "server's ChangeCipherSpec",
        Step::ServerFinished => "server's Finished",
        Step::Traffic => "application data",
        Step::Closed => "closing",
    }
}
