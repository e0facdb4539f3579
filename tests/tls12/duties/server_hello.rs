//! The server's first flight: RFC 5246 §7.4.1.3, §7.4.1.4 and §7.4.3.

use status::{Alert, Cause, ssl};
use tests::link::Pieces;
use tests::server::hello::prefixed;
use tests::server::{Flight, SERVER_HELLO, SERVER_KEY_EXCHANGE, Script, message};
use tests::throwaway::der;
use tls12::{Config, MaxFragmentLength, Peer, Suite, Suites, Verification};

use super::{Failure, Talk, plain, refused};
use crate::handshake::{peer, trusting};

const ILLEGAL: Failure = plain(ssl::BAD_HS_SERVER_HELLO, Alert::ILLEGAL_PARAMETER);
const MALFORMED: Failure = plain(ssl::BAD_HS_SERVER_HELLO, Alert::DECODE_ERROR);
const NOT_OFFERED: Failure = (ssl::BAD_HS_SERVER_HELLO, Some(Alert::UNSUPPORTED_EXTENSION), Cause::Extension);

fn with_extension(kind: u16, content: &[u8]) -> Script {
    Script { extensions: vec![(kind, content.to_vec())], ..Script::default() }
}

fn refused_with(config: Config<'static>, script: Script) -> Failure {
    Talk::with(config, peer(&[]), script, Pieces::Whole).fails(&[])
}

#[test]
fn an_extension_that_was_not_offered_is_refused() {
    // Every other one that a byte can say, max_fragment_length and ALPN among them; and some that it cannot.
    let answers = [0, 10, 11, 22, 23, 35];
    for kind in (0..=255).filter(|kind| !answers.contains(kind)).chain([0x3374, 0xFF02, 0xFFFF]) {
        assert_eq!(refused(with_extension(kind, &[])), NOT_OFFERED, "{kind}");
    }
    let without_tickets = Config { session_tickets: false, ..trusting() };
    assert_eq!(refused_with(without_tickets, with_extension(35, &[])), NOT_OFFERED);
    // RFC 6066 §3: an address is not sent as a name, so nothing can be answered to it.
    let by_address = Peer { host: "127.0.0.1", ..peer(&[]) };
    let mut talk = Talk::with(trusting(), by_address, with_extension(0, &[]), Pieces::Whole);
    assert_eq!(talk.fails(&[]), NOT_OFFERED);
}

/// Some servers send these two to everybody, as BoringSSL and Mbed TLS know. Nothing else is tolerated.
#[test]
fn groups_and_point_formats_may_come_unasked() {
    for (kind, content) in [(10, &[0, 4, 0, 23, 0, 24][..]), (10, &[]), (11, &[1, 0]), (11, &[3, 0, 1, 2])] {
        Talk::new(with_extension(kind, content)).connected();
    }
    let both = vec![(10, vec![0, 2, 0, 23]), (11, vec![1, 0])];
    let talk = Talk::new(Script { extensions: both, ..Script::default() }).connected();
    assert!(talk.link.server.hello.extension(10).is_none() && talk.link.server.hello.extension(11).is_none());
    let malformed = |content: &[u8]| refused(with_extension(11, content)).1;
    for content in [&[][..], &[2, 0], &[1, 0, 0]] {
        assert_eq!(malformed(content), Some(Alert::DECODE_ERROR), "{content:?}");
    }
    for content in [&[0][..], &[1, 2]] {
        assert_eq!(malformed(content), Some(Alert::HANDSHAKE_FAILURE), "{content:?}");
    }
}

#[test]
fn an_extension_that_comes_twice_is_refused() {
    let twice = (ssl::BAD_HS_SERVER_HELLO, Some(Alert::ILLEGAL_PARAMETER), Cause::Extension);
    assert_eq!(refused(with_extension(0xFF01, &[0])), twice);
    assert_eq!(refused(with_extension(23, &[])), twice);
    assert_eq!(refused(with_extension(35, &[])), twice);
    let cbc = Script { extensions: vec![(22, Vec::new())], ..Script::new(0x002F) };
    assert_eq!(refused(cbc), twice);
    let names = Script { extensions: vec![(0, Vec::new()), (0, Vec::new())], ..Script::default() };
    assert_eq!(refused(names), twice);
}

#[test]
fn bytes_too_many_or_too_few_are_refused() {
    for change in [
        |body: &mut Vec<u8>| body.push(0),
        |body: &mut Vec<u8>| body.truncate(body.len() - 1),
        |body: &mut Vec<u8>| body.truncate(40),
        |body: &mut Vec<u8>| body.clear(),
    ] {
        assert_eq!(refused(Script::default().edited_message(SERVER_HELLO, change)), MALFORMED);
    }
    // Flags with a content, and a list of protocols that is not one.
    for (kind, content) in [(22, vec![0]), (0, vec![0]), (0xFF01, vec![]), (0xFF01, vec![2, 0])] {
        let script = Script {
            renegotiation_info: None,
            encrypt_then_mac: false,
            extensions: vec![(kind, content)],
            ..Script::new(0x002F)
        };
        assert_eq!(refused(script), MALFORMED, "{kind}");
    }
    let alpn = Config { alpn: &[b"mqtt"], ..trusting() };
    for content in [prefixed(2, b"\x04mqtt\x04mqtt"), prefixed(2, b""), prefixed(2, b"\x05mqtt"), vec![4]] {
        assert_eq!(refused_with(alpn, with_extension(16, &content)), MALFORMED);
    }
}

#[test]
fn an_answer_that_was_not_asked_for_is_refused() {
    let alpn = Config { alpn: &[b"mqtt"], ..trusting() };
    assert_eq!(refused_with(alpn, with_extension(16, &prefixed(2, b"\x02h2"))), ILLEGAL);
    // RFC 6066 §4: the value that was asked for, or none.
    let limited = Config { max_fragment_length: Some(MaxFragmentLength::Bytes1024), ..trusting() };
    for code in [0, 1, 3, 4, 5, 255] {
        let script = Script { max_fragment_length: false, ..with_extension(1, &[code]) };
        assert_eq!(refused_with(limited, script), ILLEGAL, "{code}");
    }
}

#[test]
fn another_suite_is_refused() {
    // One of the ten that was not offered.
    let one = Config { suites: Suites::new(&[Suite::ALL[0]]).expect("one suite"), ..trusting() };
    assert_eq!(refused_with(one, Script::new(0x002F)), ILLEGAL);
    // One that does not exist here, or is none at all.
    for suite in [0xC02F, 0x1301, 0x0000, 0x00FF, 0x000A] {
        let expected = plain(ssl::BAD_INPUT_DATA, Alert::ILLEGAL_PARAMETER);
        assert_eq!(refused(Script::new(suite)), expected, "{suite:04X}");
    }
}

#[test]
fn another_version_is_refused() {
    for version in [[3, 0], [3, 1], [3, 2], [3, 4], [2, 0], [0xFE, 0xFD]] {
        let expected = plain(ssl::BAD_HS_PROTOCOL_VERSION, Alert::PROTOCOL_VERSION);
        assert_eq!(refused(Script { version, ..Script::default() }), expected, "{version:?}");
    }
    // The records' version is another matter (RFC 5246 §E.1).
    let script = Script { version: [3, 1], record_version: [3, 1], ..Script::default() };
    assert_eq!(refused(script).0, ssl::BAD_HS_PROTOCOL_VERSION);
}

#[test]
fn compression_is_refused() {
    for compression in [1, 64, 255] {
        let expected = plain(ssl::FEATURE_UNAVAILABLE, Alert::ILLEGAL_PARAMETER);
        assert_eq!(refused(Script { compression, ..Script::default() }), expected);
    }
}

/// RFC 7366 §3.
#[test]
fn encrypt_then_mac_is_refused_with_an_aead_suite() {
    for suite in Suite::ALL.into_iter().filter(|suite| suite.is_aead()) {
        let script = Script { extensions: vec![(22, Vec::new())], ..Script::new(suite.id()) };
        assert_eq!(refused(script), ILLEGAL);
    }
}

#[test]
fn too_long_a_session_id_is_refused() {
    assert_eq!(refused(Script { session_id: vec![7; 33], ..Script::default() }), MALFORMED);
}

/// RFC 5246 §7.4.3: not for RSA key exchange.
#[test]
fn server_key_exchange_is_refused() {
    let script = Script::default().edited_in(Flight::Hello, |items| {
        items.insert(2, message(SERVER_KEY_EXCHANGE, &[3, 0, 23, 1, 4]));
    });
    let expected = plain(ssl::BAD_HS_SERVER_HELLO_DONE, Alert::UNEXPECTED_MESSAGE);
    assert_eq!(refused(script), expected);
}

#[test]
fn a_certificate_with_another_kind_of_key_is_refused() {
    let chain = || vec![der("server-ec.pem"), der("intermediate.pem")];
    let expected = plain(ssl::PK_TYPE_MISMATCH, Alert::UNSUPPORTED_CERTIFICATE);
    assert_eq!(refused(Script { chain: chain(), ..Script::default() }), expected);
    let unverified = Config { verification: Verification::None, ..trusting() };
    assert_eq!(refused_with(unverified, Script { chain: chain(), ..Script::default() }), expected);
}
