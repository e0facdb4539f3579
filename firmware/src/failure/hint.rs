//! A sentence for each status code: what the user can do about it.

use status::{Alert, AlertSeen, Cause, Error, Flags, Status, Step, device, entropy, mqtt, net, rsa, ssl};

use crate::texts::hint as texts;

/// The hint for a failure: its flags first, then its cause, then the alert, then the code, each by how far the handshake had come.
pub fn hint(status: &Status) -> &'static str {
    if !status.flags.is_empty() {
        return for_flags(status.flags);
    }
    match status.cause {
        Cause::NoClientCertificate => return texts::NO_CLIENT_CERTIFICATE,
        Cause::NoPassword => return texts::NO_PASSWORD,
        Cause::TimeIsPast => return texts::TIME_IS_PAST,
        Cause::NotMqtt => return texts::NOT_MQTT,
        _ => {}
    }
    if let Some(AlertSeen::Received(alert)) = status.alert {
        return for_alert(alert, status.step);
    }
    for_code(status.error, status.step)
}

/// Whether the server has said who it is: it speaks TLS, and has chosen a suite.
pub fn is_past_hello(step: Step) -> bool {
    let place = |step| Step::ALL.iter().position(|other| *other == step);
    place(step) > place(Step::ServerHello)
}

/// Whether a server refuses a client without a certificate so (RFC 5246 §7.4.6): behind its hello, with one of the alerts that
/// servers have for it. GnuTLS says decode_error; 116 is RFC 8446's certificate_required.
pub fn is_refused_without_certificate(alert: Alert, step: Step) -> bool {
    is_past_hello(step) && matches!(alert.0, 40 | 41 | 42 | 43 | 46 | 48 | 49 | 50 | 116)
}

/// The worst first: what is wrong with the trust makes the rest meaningless.
fn for_flags(flags: Flags) -> &'static str {
    const ROWS: [(Flags, &str); 5] = [
        (Flags::NOT_TRUSTED, texts::NOT_TRUSTED),
        (Flags::EXPIRED.or(Flags::FUTURE), texts::NOT_VALID_NOW),
        (Flags::CN_MISMATCH, texts::OTHER_NAME),
        (Flags::BAD_MD.or(Flags::BAD_PK).or(Flags::BAD_KEY), texts::WEAK),
        (Flags::KEY_USAGE.or(Flags::EXTENDED_KEY_USAGE).or(Flags::NS_CERT_TYPE), texts::USAGE),
    ];
    ROWS.iter().find(|(row, _)| flags.intersects(*row)).map_or(texts::VERIFY, |(_, hint)| *hint)
}

fn for_alert(alert: Alert, step: Step) -> &'static str {
    match alert {
        // Behind its hello a server has a suite: what it does not like is the client's certificate.
        Alert::HANDSHAKE_FAILURE if is_past_hello(step) => texts::CLIENT_CERTIFICATE,
        Alert::HANDSHAKE_FAILURE | Alert::PROTOCOL_VERSION | Alert::INSUFFICIENT_SECURITY => {
            texts::NO_COMMON_SUITE
        }
        Alert::UNKNOWN_CA => texts::UNKNOWN_CA,
        Alert::NO_CERTIFICATE
        | Alert::BAD_CERTIFICATE
        | Alert::UNSUPPORTED_CERTIFICATE
        | Alert::CERTIFICATE_REVOKED
        | Alert::CERTIFICATE_EXPIRED
        | Alert::CERTIFICATE_UNKNOWN
        | Alert::ACCESS_DENIED
        | Alert::DECRYPT_ERROR => texts::CLIENT_CERTIFICATE,
        _ => texts::OTHER,
    }
}

fn for_code(error: Error, step: Step) -> &'static str {
    match error {
        // A server without TLS takes the hello for anything else, and hangs up or answers with something else.
        ssl::CONN_EOF | ssl::PEER_CLOSE_NOTIFY | net::CONN_RESET | net::RECV_FAILED | net::SEND_FAILED
            if matches!(step, Step::ClientHello | Step::ServerHello) =>
        {
            texts::NOT_TLS
        }
        device::CLOCK_NOT_SET => texts::CLOCK,
        device::SELF_TEST_FAILED | ssl::HW_ACCEL_FAILED | entropy::SOURCE_FAILED => texts::HARDWARE,
        device::WATCHDOG_RESET | device::PANIC_RESET | device::FAULT_RESET => texts::RESET,
        device::STORAGE_FAILED | device::SETTINGS_INVALID => texts::STORAGE,
        device::FILE_TOO_LARGE => texts::FILE,
        ssl::CA_CHAIN_REQUIRED => texts::NO_CA,
        // The signature of a key whose parts do not belong together is wrong, and is never sent.
        ssl::PRIVATE_KEY_REQUIRED | ssl::CERTIFICATE_REQUIRED | rsa::PRIVATE_FAILED => texts::NO_KEY,
        ssl::NO_CIPHER_CHOSEN | ssl::NO_USABLE_CIPHERSUITE | ssl::BAD_HS_PROTOCOL_VERSION => {
            texts::NO_COMMON_SUITE
        }
        ssl::INVALID_RECORD | ssl::UNEXPECTED_MESSAGE => texts::NOT_TLS,
        ssl::CONN_EOF | ssl::TIMEOUT | net::CONN_RESET | net::RECV_FAILED | net::SEND_FAILED => texts::LOST,
        mqtt::CONNECTION_CLOSED | mqtt::KEEP_ALIVE_TIMEOUT => texts::LOST,
        net::UNKNOWN_HOST => texts::HOST,
        net::CONNECT_FAILED | net::SOCKET_FAILED => texts::CONNECT,
        mqtt::REFUSED_IDENTIFIER | mqtt::REFUSED_USER_NAME_OR_PASSWORD | mqtt::REFUSED_NOT_AUTHORIZED => {
            texts::CREDENTIALS
        }
        mqtt::ACKNOWLEDGED_BY_PUBACK => texts::NO_QOS_2,
        mqtt::SESSION_OVERFLOW => texts::SESSION,
        _ if mqtt::ROWS.iter().any(|row| row.error == error) => texts::MQTT,
        _ => texts::OTHER,
    }
}
