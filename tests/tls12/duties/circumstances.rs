//! What a person is told besides the code: where in the handshake it happened, and why.

use std::{fs, path::Path};

use ::x509::{Bundle, MAX_DER_LENGTH};
use status::{Alert, Cause, Step, x509};
use tests::link::Pieces;
use tests::pki::strip_armour;
use tests::server::record::Record;
use tests::server::{APPLICATION_DATA, FINISHED, Flight, Item, SERVER_KEY_EXCHANGE, Script, message};
use tests::throwaway::{der, rsa_key};
use tls12::Config;

use super::Talk;
use crate::handshake::{peer, trusting};

#[test]
fn a_status_says_which_message_was_due() {
    let hello = |at: usize, item: fn() -> Item| {
        Script::default().edited_in(Flight::Hello, move |items| items.insert(at, item()))
    };
    let early = || Item::Record(Record::new(APPLICATION_DATA, b"early"));
    let scripts = [
        (hello(0, early), Step::ServerHello),
        (hello(1, early), Step::ServerCertificate),
        (Script { chain: vec![der("server.pem")], ..Script::default() }, Step::ServerCertificate),
        (hello(2, || message(SERVER_KEY_EXCHANGE, &[])), Step::ServerHelloDone),
        (
            Script::default().edited_in(Flight::Finish, move |items| items.insert(0, early())),
            Step::ServerChangeCipherSpec,
        ),
        (
            Script::default().edited_in(Flight::Finish, |items| {
                items.pop();
                items.push(message(FINISHED, &[0; 12]));
            }),
            Step::ServerFinished,
        ),
    ];
    for (number, (script, step)) in scripts.into_iter().enumerate() {
        let mut talk = Talk::new(script);
        assert!(talk.run().is_err(), "{number}");
        assert_eq!(talk.connection.status().map(|status| status.step), Some(step), "{number}");
    }
    let mut talk = Talk::new(Script::default()).connected();
    talk.link.server.alert(2, Alert::INTERNAL_ERROR.0);
    assert!(talk.run().is_err());
    assert_eq!(talk.connection.status().map(|status| status.step), Some(Step::Traffic));
}

/// A certificate of the corpus of `x509`.
fn certificate(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/x509/certificates");
    fs::read_to_string(folder.join(name).with_extension("pem")).unwrap()
}

/// A server behind so many intermediate certificates.
fn behind(intermediates: usize) -> Talk {
    let path = (1..=intermediates).rev().map(|depth| format!("deep-{depth}"));
    let names = [format!("leaf-by-deep-{intermediates}")].into_iter().chain(path);
    let chain = names.map(|name| strip_armour("CERTIFICATE", &certificate(&name)).unwrap()).collect();
    let anchors = Bundle::from_pem(certificate("root").as_bytes(), vec![0; MAX_DER_LENGTH].leak()).unwrap();
    let config = Config { anchors: Some(anchors), ..trusting() };
    let key = rsa_key("../x509/keys/leaf.pem");
    Talk::with(config, peer(&[]), Script { chain, key, ..Script::default() }, Pieces::Whole)
}

/// Longer than any chain is followed; the longest that is followed is not.
#[test]
fn a_chain_over_the_budget_is_told_apart() {
    behind(8).connected();
    let mut talk = behind(9);
    let expected = (x509::FATAL_ERROR, Some(Alert::CERTIFICATE_UNKNOWN), Cause::Budget);
    assert_eq!(talk.fails(&[]), expected);
    assert_eq!((expected.0.code(), &talk.link.server.messages[..]), (-0x3000, &[1][..]));
}
