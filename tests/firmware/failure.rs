//! A failure in words: `firmware/src/failure`.

use firmware::{
    failure::{
        BriefCauseOf, CauseOf,
        hint::{hint, is_refused_without_certificate},
    },
    texts::hint as texts,
};
use status::{Alert, AlertSeen, Cause, Error, Flags, Status, Step, device, mqtt, net, rsa, ssl};

fn of(error: Error, flags: Flags, alert: Option<AlertSeen>) -> &'static str {
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
        (rsa::PRIVATE_FAILED, texts::NO_KEY),
        (mqtt::REFUSED_NOT_AUTHORIZED, texts::CREDENTIALS),
        (mqtt::REFUSED_SERVER_UNAVAILABLE, texts::MQTT),
        (mqtt::ACKNOWLEDGED_BY_PUBACK, texts::NO_QOS_2),
        (mqtt::SESSION_OVERFLOW, texts::SESSION),
        (status::x509::FATAL_ERROR, texts::OTHER),
    ] {
        assert_eq!(of(code, Flags::NONE, None), expected, "{code}");
    }
}

#[test]
fn a_hint_looks_at_the_step() {
    let at = |error, alert: Option<Alert>, step| {
        let mut status = Status::new(error);
        (status.alert, status.step) = (alert.map(AlertSeen::Received), step);
        hint(&status)
    };
    let alert = |alert, step| at(ssl::FATAL_ALERT_MESSAGE, Some(alert), step);
    assert_eq!(alert(Alert::HANDSHAKE_FAILURE, Step::ServerHello), texts::NO_COMMON_SUITE);
    assert_eq!(alert(Alert::HANDSHAKE_FAILURE, Step::ServerChangeCipherSpec), texts::CLIENT_CERTIFICATE);
    assert_eq!(alert(Alert::BAD_CERTIFICATE, Step::ServerChangeCipherSpec), texts::CLIENT_CERTIFICATE);
    for (error, step, expected) in [
        (net::CONN_RESET, Step::ServerHello, texts::NOT_TLS),
        (ssl::CONN_EOF, Step::ServerHello, texts::NOT_TLS),
        (ssl::INVALID_RECORD, Step::ServerHello, texts::NOT_TLS),
        (net::CONN_RESET, Step::Traffic, texts::LOST),
        (ssl::CONN_EOF, Step::ServerChangeCipherSpec, texts::LOST),
        (ssl::TIMEOUT, Step::ServerHello, texts::LOST),
    ] {
        assert_eq!(at(error, None, step), expected, "{error} at {step:?}");
    }
}

#[test]
fn servers_have_many_alerts_for_a_client_without_a_certificate() {
    let behind = |alert| is_refused_without_certificate(Alert(alert), Step::ServerChangeCipherSpec);
    let refused = (0..=u8::MAX).filter(|alert| behind(*alert));
    assert_eq!(refused.collect::<Vec<_>>(), [40, 41, 42, 43, 46, 48, 49, 50, 116]);
    assert!(!is_refused_without_certificate(Alert::HANDSHAKE_FAILURE, Step::ServerHello));
}

#[test]
fn a_cause_that_only_the_device_knows_comes_before_the_alert() {
    for (cause, expected) in [
        (Cause::NoClientCertificate, texts::NO_CLIENT_CERTIFICATE),
        (Cause::NoPassword, texts::NO_PASSWORD),
        (Cause::TimeIsPast, texts::TIME_IS_PAST),
        (Cause::NotMqtt, texts::NOT_MQTT),
    ] {
        let mut status = Status::new(ssl::FATAL_ALERT_MESSAGE);
        status.alert = Some(AlertSeen::Received(Alert::HANDSHAKE_FAILURE));
        status.cause = cause;
        assert_eq!(hint(&status), expected);
    }
}

#[test]
fn a_certificate_of_the_chain_is_named_only_where_something_is_wrong_with_it() {
    let mut status = Status::new(rsa::PRIVATE_FAILED);
    status.depth = 1;
    assert_eq!(CauseOf(&status).to_string(), "");
    status.flags = Flags::EXPIRED;
    assert_eq!(
        CauseOf(&status).to_string(),
        "The certificate validity has expired (certificate 1 of the chain)"
    );
}

/// What is published says the same as the menu, but for the flags, which it names.
#[test]
fn the_brief_cause_differs_in_the_flags_alone() {
    let mut status = Status::new(ssl::PEER_VERIFY_FAILED);
    let both = |status: &Status| [CauseOf(status).to_string(), BriefCauseOf(status).to_string()];
    status.cause = Cause::NotMqtt;
    assert_eq!(both(&status), ["no answer of MQTT without TLS"; 2]);
    for (alert, expected) in [
        (
            AlertSeen::Received(Alert::UNKNOWN_CA),
            "received alert 48, unknown_ca; no answer of MQTT without TLS",
        ),
        (AlertSeen::Sent(Alert::UNKNOWN_CA), "sent alert 48, unknown_ca; no answer of MQTT without TLS"),
    ] {
        status.alert = Some(alert);
        assert_eq!(both(&status), [expected; 2]);
    }
    (status.alert, status.cause) = (None, Cause::None);
    (status.flags, status.depth) = (Flags::EXPIRED, 1);
    let [whole, brief] = both(&status);
    assert_eq!(whole, "The certificate validity has expired (certificate 1 of the chain)");
    assert_eq!(brief, format!("flags {:?} (certificate 1 of the chain)", Flags::EXPIRED));
}
