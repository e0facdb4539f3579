//! The usual cause of a failure, in words for the user: a code says what happened, not why.
//!
//! A hint considers how far the handshake had come, the first bytes from the server, and what the server asked for. Without TLS no hint
//! mentions TLS, except for a port that may need it.

use status::{Alert, AlertSeen, Error, Status, Step, mqtt, net, ssl};

/// What is known in addition to the status.
pub(crate) struct Circumstances<'a> {
    /// How far the handshake had come; none without TLS.
    pub step: Option<Step>,
    /// The first bytes that the server sent.
    pub heard: &'a [u8],
    /// Whether the server has sent a CertificateRequest.
    pub certificate_requested: bool,
    /// Whether a client certificate was given.
    pub has_certificate: bool,
}

/// The hint, one phrase; empty if no cause is known.
pub(crate) fn of(status: &Status, circumstances: &Circumstances<'_>) -> String {
    let hint = match (circumstances.step, status.alert) {
        (None, _) => without_tls(status.error, circumstances.heard),
        (Some(step), Some(AlertSeen::Received(alert))) => received(alert, step, circumstances),
        (Some(_), Some(AlertSeen::Sent(_))) if !is_tls(circumstances.heard) => {
            wrong_port(circumstances.heard)
        }
        (Some(_), Some(AlertSeen::Sent(_))) => refused(status.error),
        (Some(step), None) if is_hello(step) => hello(status.error, circumstances.heard),
        // After we gave up, the step no longer says how far the connection had come.
        (Some(_), None) if status.error == ssl::TIMEOUT && circumstances.heard.is_empty() => wrong_port(&[]),
        (Some(_), None) => refused(status.error),
    };
    hint.to_owned()
}

/// While waiting for ServerHello, the connection ended or the bytes were not TLS.
fn hello(error: Error, heard: &[u8]) -> &'static str {
    let is_about_the_port = ENDED.contains(&error) || error == ssl::TIMEOUT || !is_tls(heard);
    if is_about_the_port && (heard.is_empty() || !is_tls(heard)) { wrong_port(heard) } else { "" }
}

fn wrong_port(heard: &[u8]) -> &'static str {
    match heard {
        [b'H', b'T', b'T', b'P', ..] => "the server speaks HTTP; is this the TLS port?",
        // CONNACK.
        [0x20, 2, ..] => "the server speaks MQTT without TLS; is this the TLS port? (--plain)",
        _ => "is this the TLS port?",
    }
}

fn without_tls(error: Error, heard: &[u8]) -> &'static str {
    match heard {
        [b'H', b'T', b'T', b'P', ..] => "the server speaks HTTP",
        heard if is_tls(heard) => "is this the TLS port? (without --plain)",
        [] if ENDED.contains(&error) || error == mqtt::KEEP_ALIVE_TIMEOUT => {
            "is this the TLS port? (without --plain)"
        }
        _ => "",
    }
}

/// What a server usually means by this alert at this step (RFC 5246 §7.2.2).
fn received(alert: Alert, step: Step, circumstances: &Circumstances<'_>) -> &'static str {
    let wants_certificate = circumstances.certificate_requested && !circumstances.has_certificate;
    let judges_certificate = circumstances.certificate_requested && circumstances.has_certificate;
    match alert {
        Alert::HANDSHAKE_FAILURE | Alert::INSUFFICIENT_SECURITY if is_hello(step) => {
            "no suite in common: the server wants another than TLS_RSA_WITH_AES_*, or has no certificate with an RSA key"
        }
        Alert::PROTOCOL_VERSION => "the server does not speak TLS 1.2",
        Alert::UNRECOGNIZED_NAME => "the server has no certificate for this name (-h)",
        Alert::NO_APPLICATION_PROTOCOL => "the server does not know this protocol (--tls-alpn)",
        Alert::INTERNAL_ERROR => "a fault at the server; its log may say more",
        _ if wants_certificate && is_about_certificates(alert) => {
            "the server wants a client certificate (--cert, --key)"
        }
        Alert::CERTIFICATE_EXPIRED if judges_certificate => "the client certificate (--cert) has expired",
        Alert::CERTIFICATE_REVOKED if judges_certificate => "the client certificate (--cert) is revoked",
        Alert::UNKNOWN_CA | Alert::CERTIFICATE_UNKNOWN if judges_certificate => {
            "the server does not trust the issuer of the client certificate (--cert)"
        }
        Alert::BAD_CERTIFICATE | Alert::UNSUPPORTED_CERTIFICATE if judges_certificate => {
            "the server does not take the client certificate (--cert): damaged, for another use, or its key is too short"
        }
        Alert::ACCESS_DENIED if judges_certificate => {
            "the server knows the client certificate (--cert) and denies access"
        }
        Alert::DECRYPT_ERROR if judges_certificate => "the server finds that --key does not belong to --cert",
        Alert::HANDSHAKE_FAILURE if judges_certificate => {
            "the server does not take the client certificate (--cert) or its signature"
        }
        Alert::INSUFFICIENT_SECURITY => "the server wants stronger keys or suites",
        _ => "",
    }
}

/// What our own verification refused. The flags have their own texts.
fn refused(error: Error) -> &'static str {
    match error {
        ssl::CA_CHAIN_REQUIRED => "nobody is trusted (--cafile, --capath)",
        _ => "",
    }
}

/// Whether the step is before or at ServerHello.
const fn is_hello(step: Step) -> bool {
    matches!(step, Step::Start | Step::ClientHello | Step::ServerHello)
}

/// Alerts with which servers answer an empty Certificate (RFC 5246 §7.4.6; GnuTLS sends decode_error, 50; 116 is certificate_required of
/// RFC 8446).
const fn is_about_certificates(alert: Alert) -> bool {
    matches!(alert.0, 40 | 41 | 42 | 43 | 46 | 48 | 49 | 50 | 116)
}

/// Whether the bytes begin a TLS record: type and major version (RFC 5246 §6.2.1).
const fn is_tls(heard: &[u8]) -> bool {
    matches!(heard, [20..=23, 3, ..])
}

/// The codes of a connection that ended without an alert.
const ENDED: [Error; 6] = [
    ssl::CONN_EOF,
    ssl::PEER_CLOSE_NOTIFY,
    mqtt::CONNECTION_CLOSED,
    net::CONN_RESET,
    net::RECV_FAILED,
    net::SEND_FAILED,
];

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENT_HELLO_ANSWERED: &[u8] = &[22, 3, 3, 0, 80];

    fn circumstances(step: Option<Step>, heard: &[u8]) -> Circumstances<'_> {
        Circumstances { step, heard, certificate_requested: false, has_certificate: false }
    }

    fn received(alert: u8) -> Status {
        let mut status = Status::new(ssl::FATAL_ALERT_MESSAGE);
        status.alert = Some(AlertSeen::Received(Alert(alert)));
        status
    }

    #[test]
    fn an_alert_behind_a_certificate_request_is_about_the_client_certificate() {
        let at = Some(Step::ServerChangeCipherSpec);
        let mut asked = circumstances(at, CLIENT_HELLO_ANSWERED);
        asked.certificate_requested = true;
        for alert in [40, 41, 42, 43, 46, 48, 49, 50, 116] {
            let hint = of(&received(alert), &asked);
            assert_eq!(hint, "the server wants a client certificate (--cert, --key)", "{alert}");
            // Not without having been asked.
            assert_eq!(of(&received(alert), &circumstances(at, CLIENT_HELLO_ANSWERED)), "", "{alert}");
        }
        asked.has_certificate = true;
        let words = [
            (40, "or its signature"),
            (42, "key is too short"),
            (43, "for another use"),
            (44, "is revoked"),
            (45, "has expired"),
            (46, "does not trust the issuer"),
            (48, "does not trust the issuer"),
            (49, "denies access"),
            (51, "--key does not belong to --cert"),
            (71, "stronger keys"),
            (80, "its log"),
        ];
        for (alert, expected) in words {
            let hint = of(&received(alert), &asked);
            assert!(hint.contains(expected), "{alert}: {hint}");
        }
    }

    #[test]
    fn a_wrong_port_shows_by_what_was_heard_before_a_server_hello() {
        let ended = Status::new(ssl::CONN_EOF);
        let hello = |heard| of(&ended, &circumstances(Some(Step::ServerHello), heard));
        assert_eq!(hello(b""), "is this the TLS port?");
        assert_eq!(hello(b"HTTP/1.1 400"), "the server speaks HTTP; is this the TLS port?");
        assert_eq!(
            hello(&[0x20, 2, 0, 1]),
            "the server speaks MQTT without TLS; is this the TLS port? (--plain)"
        );
        assert_eq!(hello(b"220 mail.example ESMTP"), "is this the TLS port?");
        // It was TLS.
        assert_eq!(hello(CLIENT_HELLO_ANSWERED), "");
        // Nobody answers, and the connection is closed.
        let late = |heard| of(&Status::new(ssl::TIMEOUT), &circumstances(Some(Step::Closed), heard));
        assert_eq!((late(b"").as_str(), late(CLIENT_HELLO_ANSWERED).as_str()), ("is this the TLS port?", ""));
        let later = circumstances(Some(Step::Traffic), CLIENT_HELLO_ANSWERED);
        assert_eq!(of(&ended, &later), "");
    }

    #[test]
    fn without_tls_only_the_port_is_named() {
        let ended = Status::new(mqtt::CONNECTION_CLOSED);
        let plain = |heard| of(&ended, &circumstances(None, heard));
        assert_eq!(plain(b""), "is this the TLS port? (without --plain)");
        assert_eq!(plain(&[21, 3, 1, 0, 2, 2, 70]), "is this the TLS port? (without --plain)");
        assert_eq!(plain(b"HTTP/1.1 400"), "the server speaks HTTP");
        assert_eq!(plain(&[0x20, 2, 0, 0]), "");
        let refused = Status::new(mqtt::REFUSED_NOT_AUTHORIZED);
        assert_eq!(of(&refused, &circumstances(None, &[0x20, 2, 0, 5])), "");
    }
}
