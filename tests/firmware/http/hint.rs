//! What to do about a status code: `firmware/src/http/hint.rs`.

use firmware::{http::hint::hint, packed::Packed, texts::hint as texts};
use status::{Alert, AlertSeen, Error, Flags, Status, device, mqtt, net, ssl};

fn of(error: Error, flags: Flags, alert: Option<AlertSeen>) -> Packed {
    let mut status = Status::new(error);
    (status.flags, status.alert) = (flags, alert);
    hint(&status)
}

#[test]
fn the_flags_come_before_the_alert_and_the_alert_before_the_code() {
    let received = Some(AlertSeen::Received(Alert::UNKNOWN_CA));
    let flags = Flags::NOT_TRUSTED | Flags::CN_MISMATCH;
    assert_eq!(of(ssl::PEER_VERIFY_FAILED, flags, received), texts::NOT_TRUSTED);
    assert_eq!(of(ssl::PEER_VERIFY_FAILED, Flags::CN_MISMATCH, None), texts::OTHER_NAME);
    assert_eq!(of(ssl::PEER_VERIFY_FAILED, Flags::FUTURE, None), texts::NOT_VALID_NOW);
    assert_eq!(of(ssl::PEER_VERIFY_FAILED, Flags::BAD_KEY, None), texts::WEAK);
    assert_eq!(of(ssl::PEER_VERIFY_FAILED, Flags::MISSING, None), texts::VERIFY);
    assert_eq!(of(ssl::FATAL_ALERT_MESSAGE, Flags::NONE, received), texts::UNKNOWN_CA);
    // An alert of our own says nothing that the code does not.
    let sent = Some(AlertSeen::Sent(Alert::UNKNOWN_CA));
    assert_eq!(of(ssl::CA_CHAIN_REQUIRED, Flags::NONE, sent), texts::NO_CA);
}

#[test]
fn every_code_that_a_connection_ends_with_has_a_hint_of_its_own() {
    for (code, expected) in [
        (device::CLOCK_NOT_SET, texts::CLOCK),
        (net::UNKNOWN_HOST, texts::HOST),
        (net::CONNECT_FAILED, texts::CONNECT),
        (net::CONN_RESET, texts::LOST),
        (ssl::INVALID_RECORD, texts::NOT_TLS),
        (mqtt::REFUSED_NOT_AUTHORIZED, texts::CREDENTIALS),
        (mqtt::REFUSED_SERVER_UNAVAILABLE, texts::MQTT),
        (mqtt::ACKNOWLEDGED_BY_PUBACK, texts::NO_QOS_2),
        (mqtt::SESSION_OVERFLOW, texts::SESSION),
        (status::x509::FATAL_ERROR, texts::OTHER),
    ] {
        assert_eq!(of(code, Flags::NONE, None), expected, "{code}");
    }
}
