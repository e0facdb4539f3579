//! The order of messages (RFC 5246 §7.3): which one comes next, whose turn it is, and the table of what the server may send.

use status::{Alert, Step, ssl};

use crate::failure::Failure;
use crate::proof::FinishedVerified;
use crate::signature_algorithm::SignatureAlgorithm;

/// The message that comes next, with the data that only its reader or writer needs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum NextMessage {
    ClientHello,
    ServerHello,
    ServerCertificate,
    /// CertificateRequest, or ServerHelloDone.
    CertificateRequest,
    ServerHelloDone,
    /// `sent` bytes of it have been sent.
    ClientCertificate {
        sent: usize,
    },
    ClientKeyExchange,
    /// Signed with this algorithm.
    CertificateVerify(SignatureAlgorithm),
    /// In a resumed handshake with the proof that the server's Finished, which came before, was right.
    ClientFinished(Option<FinishedVerified>),
    NewSessionTicket,
    ServerChangeCipherSpec,
    ServerFinished,
    ApplicationData(FinishedVerified),
}

impl NextMessage {
    /// Whether the next message is ours.
    pub(super) const fn is_our_turn(self) -> bool {
        matches!(
            self,
            NextMessage::ClientHello
                | NextMessage::ClientCertificate { .. }
                | NextMessage::ClientKeyExchange
                | NextMessage::CertificateVerify(_)
                | NextMessage::ClientFinished(_)
        )
    }

    /// The step that a status names.
    pub(super) const fn step(self) -> Step {
        match self {
            NextMessage::ClientHello => Step::ClientHello,
            NextMessage::ServerHello => Step::ServerHello,
            NextMessage::ServerCertificate => Step::ServerCertificate,
            NextMessage::CertificateRequest | NextMessage::ServerHelloDone => Step::ServerHelloDone,
            NextMessage::ClientCertificate { .. } => Step::ClientCertificate,
            NextMessage::ClientKeyExchange => Step::ClientKeyExchange,
            NextMessage::CertificateVerify(_) => Step::CertificateVerify,
            NextMessage::ClientFinished(_) => Step::ClientFinished,
            NextMessage::NewSessionTicket | NextMessage::ServerChangeCipherSpec => {
                Step::ServerChangeCipherSpec
            }
            NextMessage::ServerFinished => Step::ServerFinished,
            NextMessage::ApplicationData(_) => Step::Traffic,
        }
    }
}

/// A handshake message's type (RFC 5246 §7.4) as it stands on the wire.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct MessageType(pub(super) u8);

impl MessageType {
    pub(super) const HELLO_REQUEST: Self = Self(0);
    pub(super) const CLIENT_HELLO: Self = Self(1);
    pub(super) const SERVER_HELLO: Self = Self(2);
    pub(super) const NEW_SESSION_TICKET: Self = Self(4);
    pub(super) const CERTIFICATE: Self = Self(11);
    pub(super) const CERTIFICATE_REQUEST: Self = Self(13);
    pub(super) const SERVER_HELLO_DONE: Self = Self(14);
    pub(super) const CERTIFICATE_VERIFY: Self = Self(15);
    pub(super) const CLIENT_KEY_EXCHANGE: Self = Self(16);
    pub(super) const FINISHED: Self = Self(20);
}

/// Whether a server may send this message now: the whole order of RFC 5246 §7.3 and RFC 5077 §3.3.
pub(super) const fn allowed(next: NextMessage, message: MessageType) -> bool {
    matches!(
        (next, message),
        (NextMessage::ServerHello, MessageType::SERVER_HELLO)
            | (NextMessage::ServerCertificate, MessageType::CERTIFICATE)
            | (
                NextMessage::CertificateRequest,
                MessageType::CERTIFICATE_REQUEST | MessageType::SERVER_HELLO_DONE
            )
            | (NextMessage::ServerHelloDone, MessageType::SERVER_HELLO_DONE)
            | (NextMessage::NewSessionTicket, MessageType::NEW_SESSION_TICKET)
            | (NextMessage::ServerFinished, MessageType::FINISHED)
            | (NextMessage::ApplicationData(_), MessageType::HELLO_REQUEST)
    )
}

/// What Mbed TLS 2.28 answers when another message comes than the state allows.
pub(super) const fn out_of_order(next: NextMessage) -> Failure {
    let error = match next {
        NextMessage::ServerHello => ssl::BAD_HS_SERVER_HELLO,
        NextMessage::ServerCertificate => ssl::BAD_HS_CERTIFICATE,
        NextMessage::CertificateRequest | NextMessage::ServerHelloDone => ssl::BAD_HS_SERVER_HELLO_DONE,
        NextMessage::NewSessionTicket => ssl::BAD_HS_NEW_SESSION_TICKET,
        NextMessage::ServerFinished => ssl::BAD_HS_FINISHED,
        _ => ssl::UNEXPECTED_MESSAGE,
    };
    Failure::new(error, Alert::UNEXPECTED_MESSAGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATES: [NextMessage; 13] = [
        NextMessage::ClientHello,
        NextMessage::ServerHello,
        NextMessage::ServerCertificate,
        NextMessage::CertificateRequest,
        NextMessage::ServerHelloDone,
        NextMessage::ClientCertificate { sent: 0 },
        NextMessage::ClientKeyExchange,
        NextMessage::CertificateVerify(SignatureAlgorithm::RSA_SHA256),
        NextMessage::ClientFinished(None),
        NextMessage::NewSessionTicket,
        NextMessage::ServerChangeCipherSpec,
        NextMessage::ServerFinished,
        NextMessage::ApplicationData(FinishedVerified::UNCHECKED),
    ];

    // RFC 5246 §7.3: eight pairs out of all states and all types, and none while it is our turn.
    #[test]
    fn nothing_else_is_allowed() {
        let pairs =
            STATES.into_iter().flat_map(|state| (0..=255).map(move |kind| (state, MessageType(kind))));
        let allowed: [(NextMessage, MessageType); 8] = [
            (NextMessage::ServerHello, MessageType(2)),
            (NextMessage::ServerCertificate, MessageType(11)),
            (NextMessage::CertificateRequest, MessageType(13)),
            (NextMessage::CertificateRequest, MessageType(14)),
            (NextMessage::ServerHelloDone, MessageType(14)),
            (NextMessage::NewSessionTicket, MessageType(4)),
            (NextMessage::ServerFinished, MessageType(20)),
            (NextMessage::ApplicationData(FinishedVerified::UNCHECKED), MessageType(0)),
        ];
        assert!(pairs.filter(|(state, kind)| super::allowed(*state, *kind)).eq(allowed));
        assert!(allowed.iter().all(|(state, _)| !state.is_our_turn()));
    }
}
