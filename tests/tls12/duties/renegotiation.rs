//! Renegotiation: RFC 5746, and RFC 5246 §7.4.1.1.

use status::{Alert, Cause, ssl};
use tests::server::{Cut, HELLO_REQUEST, SERVER_HELLO, Script, message};
use tls12::record::MAX_WARNING_ALERTS;

use super::{Talk, plain, refused};

/// RFC 5746 §3.4: the signalling value is offered, and the answer to a first handshake is empty.
#[test]
fn renegotiation_info_is_offered_and_checked() {
    let talk = Talk::new(Script::default()).connected();
    assert_eq!(talk.link.server.hello.suites.last(), Some(&0x00FF));
    assert_eq!(talk.link.server.hello.extension(0xFF01), None);
    for content in [vec![1, 0], vec![12, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]] {
        let failure = refused(Script { renegotiation_info: Some(content), ..Script::default() });
        assert_eq!(failure, plain(ssl::BAD_HS_SERVER_HELLO, Alert::HANDSHAKE_FAILURE));
    }
    // A server that does not know it: it is never renegotiated with either.
    Talk::new(Script { renegotiation_info: None, ..Script::default() }).connected();
}

/// RFC 5746 §4.2: refused with a warning, and the connection lives on.
#[test]
fn a_hello_request_is_answered_by_no_renegotiation() {
    let mut talk = Talk::new(Script::default()).connected();
    for count in 1..=3 {
        talk.link.server.push(message(HELLO_REQUEST, &[]));
        assert!(talk.run().is_ok());
        assert_eq!(talk.link.server.alerts, vec![(1, Alert::NO_RENEGOTIATION.0); count]);
    }
    talk.link.server.send(b"still here");
    assert!(talk.run().is_ok());
    assert_eq!(talk.data, b"still here");
    assert_eq!(talk.link.server.fault, None);
}

#[test]
fn the_number_of_hello_requests_is_bounded() {
    let mut talk = Talk::new(Script { cut: Cut::PerMessage, ..Script::default() }).connected();
    for _ in 0..=MAX_WARNING_ALERTS {
        talk.link.server.push(message(HELLO_REQUEST, &[]));
    }
    let expected = (ssl::UNEXPECTED_MESSAGE, Some(Alert::UNEXPECTED_MESSAGE), Cause::TooMany);
    assert_eq!(talk.fails(&[]), expected);
}

/// Only a HelloRequest is heard in traffic.
#[test]
fn a_server_that_just_begins_again_is_refused() {
    for (kind, body) in [(SERVER_HELLO, &[3, 3][..]), (HELLO_REQUEST, &[0]), (4, &[0; 6])] {
        let mut talk = Talk::new(Script::default()).connected();
        talk.link.server.push(message(kind, body));
        let (error, alert, _) = talk.fails(&[]);
        assert_eq!(error, ssl::UNEXPECTED_MESSAGE, "{kind}");
        assert!(alert.is_some());
    }
}
