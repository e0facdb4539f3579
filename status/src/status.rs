//! What a device keeps of a failure: its code, and what helps a person to find the cause.

use core::fmt;

use crate::{Alert, Error, Flags};

/// A failure with its circumstances, at most 32 bytes.
///
/// A device keeps its last two of these as its "Status codes" (application note §5).
///
/// ```
/// use status::{Alert, AlertSeen, Cause, Status, Step, ssl};
///
/// let mut status = Status::new(ssl::FATAL_ALERT_MESSAGE);
/// status.alert = Some(AlertSeen::Received(Alert::HANDSHAKE_FAILURE));
/// (status.step, status.cause) = (Step::ServerHelloDone, Cause::NoClientCertificate);
/// assert_eq!(
///     status.to_string(),
///     "-0x7780 SSL - A fatal alert message was received from our peer (alert 40, handshake_failure; no client certificate is loaded)"
/// );
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Status {
    /// What failed.
    pub error: Error,
    /// Why a certificate was not accepted; empty where none was refused.
    pub flags: Flags,
    /// The place in the chain of the certificate that `flags` speak of: 0 is the server's own.
    pub depth: u8,
    /// The alert that belongs to the failure, if one was sent or received.
    pub alert: Option<AlertSeen>,
    /// How far the handshake had come.
    pub step: Step,
    /// Which of several reasons for the same code it was.
    pub cause: Cause,
}

/// A fatal alert and its direction.
///
/// ```
/// use status::{Alert, AlertSeen};
///
/// fn is_ours(alert: AlertSeen) -> bool {
///     matches!(alert, AlertSeen::Sent(_))
/// }
/// assert!(!is_ours(AlertSeen::Received(Alert::UNKNOWN_CA)));
/// ```
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AlertSeen {
    /// The peer sent it to us.
    Received(Alert),
    /// We sent it to the peer.
    Sent(Alert),
}

/// The message of the handshake that was awaited or written when something happened (RFC 5246 §7.3).
///
/// ```
/// use status::Step;
///
/// // As a device numbers it in its log.
/// assert_eq!(Step::ALL.iter().position(|step| *step == Step::ServerHello), Some(2));
/// ```
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Step {
    /// Nothing has been sent yet.
    #[default]
    Start,
    /// Our ClientHello.
    ClientHello,
    /// The server's ServerHello.
    ServerHello,
    /// The server's Certificate.
    ServerCertificate,
    /// The server's CertificateRequest or ServerHelloDone.
    ServerHelloDone,
    /// Our Certificate.
    ClientCertificate,
    /// Our ClientKeyExchange.
    ClientKeyExchange,
    /// Our CertificateVerify.
    CertificateVerify,
    /// Our ChangeCipherSpec and Finished.
    ClientFinished,
    /// The server's NewSessionTicket, or its ChangeCipherSpec.
    ServerChangeCipherSpec,
    /// The server's Finished.
    ServerFinished,
    /// The handshake is over: application data.
    Traffic,
    /// Closing, or closed.
    Closed,
}

/// Tells failures of the same code apart, in words for a person.
///
/// ```
/// assert_eq!(status::Cause::WindowTooSmall.text(), "larger than the receive buffer");
/// ```
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum Cause {
    /// The code says it all.
    #[default]
    None,
    /// A protected record, or one certificate, is larger than the lent receive buffer.
    WindowTooSmall,
    /// A record claims more bytes than TLS allows.
    RecordTooLong,
    /// A handshake message claims more bytes than this client ever accepts.
    MessageTooLong,
    /// The transport ended without close_notify.
    Truncated,
    /// Too many empty records, warning alerts or HelloRequests in a row.
    TooMany,
    /// The server answered with an extension that was not offered, or twice with the same one.
    Extension,
    /// The server's answers about extended master secret or encrypt-then-MAC contradict the session that it resumed.
    ResumptionMismatch,
    /// A sequence number would wrap.
    SequenceExhausted,
    /// The chain is longer, or needs more signature checks, than the budget allows.
    Budget,
    /// The server broke off behind its hello, and no client certificate is loaded.
    NoClientCertificate,
    /// The broker refuses the user, for whom no password is stored.
    NoPassword,
    /// The server tells a time before the firmware's build, or before one that was known.
    TimeIsPast,
    /// Without TLS: what answers, or hangs up, has said nothing of MQTT.
    NotMqtt,
}

impl Step {
    /// All steps in their order, by which a device numbers what it stores of them; new ones go to the end.
    pub const ALL: [Self; 13] = [
        Self::Start,
        Self::ClientHello,
        Self::ServerHello,
        Self::ServerCertificate,
        Self::ServerHelloDone,
        Self::ClientCertificate,
        Self::ClientKeyExchange,
        Self::CertificateVerify,
        Self::ClientFinished,
        Self::ServerChangeCipherSpec,
        Self::ServerFinished,
        Self::Traffic,
        Self::Closed,
    ];
}

impl Status {
    /// A status that knows only its code.
    #[must_use]
    pub const fn new(error: Error) -> Self {
        Self { error, flags: Flags::NONE, depth: 0, alert: None, step: Step::Start, cause: Cause::None }
    }
}

/// `-0x7780 SSL - A fatal alert message was received from our peer (alert 40, handshake_failure)`.
impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.error, self.error)?;
        let mut separator = " (";
        if let Some(alert) = self.alert {
            match alert {
                AlertSeen::Received(alert) => write!(f, "{separator}{alert}")?,
                AlertSeen::Sent(alert) => write!(f, "{separator}sent {alert}")?,
            }
            separator = "; ";
        }
        if !self.flags.is_empty() {
            write!(f, "{separator}flags {:?}", self.flags)?;
            if self.depth > 0 {
                write!(f, " at depth {}", self.depth)?;
            }
            separator = "; ";
            for flag in self.flags.iter() {
                write!(f, "{separator}{}", flag.text.trim_end_matches('.'))?;
            }
        }
        let cause = self.cause.text();
        if !cause.is_empty() {
            write!(f, "{separator}{cause}")?;
            separator = "; ";
        }
        if separator == "; " {
            f.write_str(")")?;
        }
        Ok(())
    }
}

impl core::error::Error for Status {}

impl Cause {
    /// All causes, by whose places a device numbers what it stores of them; new ones go to the end.
    pub const ALL: [Self; 14] = [
        Self::None,
        Self::WindowTooSmall,
        Self::RecordTooLong,
        Self::MessageTooLong,
        Self::Truncated,
        Self::TooMany,
        Self::Extension,
        Self::ResumptionMismatch,
        Self::SequenceExhausted,
        Self::Budget,
        Self::NoClientCertificate,
        Self::NoPassword,
        Self::TimeIsPast,
        Self::NotMqtt,
    ];

    /// A short phrase for a person; empty for [`Cause::None`].
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::None => "",
            Self::WindowTooSmall => "larger than the receive buffer",
            Self::RecordTooLong => "record longer than TLS allows",
            Self::MessageTooLong => "handshake message too long",
            Self::Truncated => "connection ended without close_notify",
            Self::TooMany => "too many records without content",
            Self::Extension => "extension not offered, or repeated",
            Self::ResumptionMismatch => "resumed with other properties than the session has",
            Self::SequenceExhausted => "sequence number exhausted",
            Self::Budget => "certificate chain over budget",
            Self::NoClientCertificate => "no client certificate is loaded",
            Self::NoPassword => "no password is stored",
            Self::TimeIsPast => "the server tells a time that is past",
            Self::NotMqtt => "no answer of MQTT without TLS",
        }
    }
}
