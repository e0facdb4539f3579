//! The order of messages (RFC 5246 §7.3) as one table: what a server may say when, and whose turn it is.

use status::{Alert, Step, ssl};

use crate::failure::Failure;
use crate::proof::FinishedVerified;

/// What is awaited, or written, next, with what only then is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    ClientHello,
    ServerHello,
    ServerCertificate,
    /// CertificateRequest, or ServerHelloDone.
    CertificateRequest,
    ServerHelloDone,
    /// So many bytes of it have been sent.
    ClientCertificate {
        sent: usize,
    },
    ClientKeyExchange,
    CertificateVerify,
    /// In a resumed handshake the server's has been verified before.
    ClientFinished(Option<FinishedVerified>),
    NewSessionTicket,
    ChangeCipherSpec,
    ServerFinished,
    Traffic(FinishedVerified),
}

impl State {
    /// Whether the next message is ours.
    pub(super) const fn is_our_turn(self) -> bool {
        matches!(
            self,
            State::ClientHello
                | State::ClientCertificate { .. }
                | State::ClientKeyExchange
                | State::CertificateVerify
                | State::ClientFinished(_)
        )
    }

    /// The same for a status.
    pub(super) const fn step(self) -> Step {
        match self {
            State::ClientHello => Step::ClientHello,
            State::ServerHello => Step::ServerHello,
            State::ServerCertificate => Step::ServerCertificate,
            State::CertificateRequest | State::ServerHelloDone => Step::ServerHelloDone,
            State::ClientCertificate { .. } => Step::ClientCertificate,
            State::ClientKeyExchange => Step::ClientKeyExchange,
            State::CertificateVerify => Step::CertificateVerify,
            State::ClientFinished(_) => Step::ClientFinished,
            State::NewSessionTicket | State::ChangeCipherSpec => Step::ServerChangeCipherSpec,
            State::ServerFinished => Step::ServerFinished,
            State::Traffic(_) => Step::Traffic,
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
pub(super) const fn allowed(state: State, message: MessageType) -> bool {
    matches!(
        (state, message),
        (State::ServerHello, MessageType::SERVER_HELLO)
            | (State::ServerCertificate, MessageType::CERTIFICATE)
            | (State::CertificateRequest, MessageType::CERTIFICATE_REQUEST | MessageType::SERVER_HELLO_DONE)
            | (State::ServerHelloDone, MessageType::SERVER_HELLO_DONE)
            | (State::NewSessionTicket, MessageType::NEW_SESSION_TICKET)
            | (State::ServerFinished, MessageType::FINISHED)
            | (State::Traffic(_), MessageType::HELLO_REQUEST)
    )
}

/// What Mbed TLS 2.28 answers when another message comes than the state allows.
pub(super) const fn out_of_order(state: State) -> Failure {
    let error = match state {
        State::ServerHello => ssl::BAD_HS_SERVER_HELLO,
        State::ServerCertificate => ssl::BAD_HS_CERTIFICATE,
        State::CertificateRequest | State::ServerHelloDone => ssl::BAD_HS_SERVER_HELLO_DONE,
        State::NewSessionTicket => ssl::BAD_HS_NEW_SESSION_TICKET,
        State::ServerFinished => ssl::BAD_HS_FINISHED,
        _ => ssl::UNEXPECTED_MESSAGE,
    };
    Failure::new(error, Alert::UNEXPECTED_MESSAGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATES: [State; 13] = [
        State::ClientHello,
        State::ServerHello,
        State::ServerCertificate,
        State::CertificateRequest,
        State::ServerHelloDone,
        State::ClientCertificate { sent: 0 },
        State::ClientKeyExchange,
        State::CertificateVerify,
        State::ClientFinished(None),
        State::NewSessionTicket,
        State::ChangeCipherSpec,
        State::ServerFinished,
        State::Traffic(FinishedVerified::UNCHECKED),
    ];

    // RFC 5246 §7.3: eight pairs out of all states and all types, and none while it is our turn.
    #[test]
    fn nothing_else_is_allowed() {
        let pairs =
            STATES.into_iter().flat_map(|state| (0..=255).map(move |kind| (state, MessageType(kind))));
        let allowed: [(State, MessageType); 8] = [
            (State::ServerHello, MessageType(2)),
            (State::ServerCertificate, MessageType(11)),
            (State::CertificateRequest, MessageType(13)),
            (State::CertificateRequest, MessageType(14)),
            (State::ServerHelloDone, MessageType(14)),
            (State::NewSessionTicket, MessageType(4)),
            (State::ServerFinished, MessageType(20)),
            (State::Traffic(FinishedVerified::UNCHECKED), MessageType(0)),
        ];
        assert!(pairs.filter(|(state, kind)| super::allowed(*state, *kind)).eq(allowed));
        assert!(allowed.iter().all(|(state, _)| !state.is_our_turn()));
    }
}
