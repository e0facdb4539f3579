//! The premaster secret: RFC 5246 §7.4.7.1, and only for a server that is who it should be.

use status::{Alert, ssl, x509};
use tests::server::crypto::SUITES;
use tests::server::{CertificateRequest, Script};
use tests::throwaway::der;
use tls12::Config;

use super::{Talk, plain, refused};
use crate::handshake::{peer, trusting};

/// The server checks the version and the length, and derives its keys from it.
#[test]
fn it_is_the_offered_version_and_46_random_bytes() {
    for suite in SUITES {
        let talk = Talk::new(Script::new(suite)).connected();
        assert_eq!(talk.link.server.fault, None);
    }
}

/// Nothing but the ClientHello has been said when the chain turns out to be wrong.
#[test]
fn it_is_encrypted_only_after_the_chain_is_verified() {
    let chains = [
        (vec!["server.pem"], x509::CERT_VERIFY_FAILED, Alert::UNKNOWN_CA),
        (vec!["server-other-name.pem", "intermediate.pem"], x509::CERT_VERIFY_FAILED, Alert::BAD_CERTIFICATE),
        (
            vec!["server-sign-only.pem", "intermediate.pem"],
            ssl::BAD_HS_CERTIFICATE,
            Alert::UNSUPPORTED_CERTIFICATE,
        ),
    ];
    for (names, error, alert) in chains {
        for request in [None, Some(CertificateRequest::default())] {
            let chain = names.iter().map(|name| der(name)).collect();
            let script = Script { chain, certificate_request: request, ..Script::default() };
            let mut talk = Talk::new(script);
            assert_eq!(talk.fails(&[]), plain(error, alert), "{names:?}");
            assert_eq!(talk.link.server.messages, [1], "{names:?}");
        }
    }
    let strangers = Config { anchors: Some(super::bundle("other-ca.pem")), ..trusting() };
    let mut talk = Talk::with(strangers, peer(&[]), Script::default(), super::Pieces::Whole);
    assert_eq!(talk.fails(&[]), plain(x509::CERT_VERIFY_FAILED, Alert::UNKNOWN_CA));
    assert_eq!(talk.link.server.messages, [1]);
}

/// A damaged signature in the chain.
#[test]
fn a_chain_with_a_flipped_bit_is_refused() {
    for index in 0..2 {
        let mut chain = vec![der("server.pem"), der("intermediate.pem")];
        if let Some(byte) = chain.get_mut(index).and_then(|der| der.last_mut()) {
            *byte ^= 1;
        }
        let failure = refused(Script { chain, ..Script::default() });
        assert_eq!(failure, plain(x509::CERT_VERIFY_FAILED, Alert::UNKNOWN_CA));
    }
}
