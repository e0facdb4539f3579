//! What a device keeps of a failure: its size and its one line.

use status::{Alert, AlertSeen, Cause, Flags, Status, Step, ssl, x509};

#[test]
fn at_most_32_bytes() {
    assert!(size_of::<Status>() <= 32, "{}", size_of::<Status>());
}

#[test]
fn one_line() {
    let mut status = Status::new(ssl::FATAL_ALERT_MESSAGE);
    assert_eq!(status.to_string(), "-0x7780 SSL - A fatal alert message was received from our peer");
    status.alert = Some(AlertSeen::Received(Alert::HANDSHAKE_FAILURE));
    assert_eq!(
        status.to_string(),
        "-0x7780 SSL - A fatal alert message was received from our peer (alert 40, handshake_failure)"
    );
}

#[test]
fn flags_depth_and_cause_stand_in_the_same_line() {
    let mut status = Status::new(x509::CERT_VERIFY_FAILED);
    status.flags = Flags::EXPIRED | Flags::NOT_TRUSTED;
    status.depth = 1;
    status.alert = Some(AlertSeen::Sent(Alert::CERTIFICATE_EXPIRED));
    assert_eq!(
        status.to_string(),
        "-0x2700 X509 - Certificate verification failed, e.g. CRL, CA or signature check failed \
         (sent alert 45, certificate_expired; flags 0x09 at depth 1; The certificate validity has expired; \
         The certificate is not correctly signed by the trusted CA)"
    );
    let mut status = Status::new(ssl::BAD_INPUT_DATA);
    status.cause = Cause::WindowTooSmall;
    assert_eq!(
        status.to_string(),
        "-0x7100 SSL - Bad input parameters to function (larger than the receive buffer)"
    );
}

/// A device numbers what it keeps of a status by these lists.
#[test]
fn every_step_and_every_cause_stands_once_in_its_list() {
    for (index, step) in Step::ALL.iter().enumerate() {
        assert_eq!(*step as usize, index);
    }
    for (index, cause) in Cause::ALL.iter().enumerate() {
        assert_eq!(*cause as usize, index);
    }
    assert_eq!((Step::ALL.last(), Cause::ALL.last()), (Some(&Step::Closed), Some(&Cause::NotMqtt)));
}

/// The depth is said where it says something; each part is there once, in one pair of brackets.
#[test]
fn parts_are_set_apart_from_each_other() {
    let mut status = Status::new(x509::CERT_VERIFY_FAILED);
    let text = "-0x2700 X509 - Certificate verification failed, e.g. CRL, CA or signature check failed";
    assert_eq!(status.to_string(), text);
    status.flags = Flags::EXPIRED;
    assert_eq!(status.to_string(), format!("{text} (flags 0x01; The certificate validity has expired)"));
    status.depth = 1;
    assert_eq!(
        status.to_string(),
        format!("{text} (flags 0x01 at depth 1; The certificate validity has expired)")
    );
    status.cause = Cause::Budget;
    assert_eq!(
        status.to_string(),
        format!(
            "{text} (flags 0x01 at depth 1; The certificate validity has expired; certificate chain over budget)"
        )
    );
    status.flags = Flags::NONE;
    status.alert = Some(AlertSeen::Received(Alert::UNKNOWN_CA));
    assert_eq!(status.to_string(), format!("{text} (alert 48, unknown_ca; certificate chain over budget)"));
}
