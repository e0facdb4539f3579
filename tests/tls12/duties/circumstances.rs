//! What a person is told besides the code: where in the handshake it happened, and why.

use std::{fs, path::Path};

use ::x509::{Bundle, MAX_DER_LENGTH};
use status::{Alert, Cause, Step, x509};
use tests::link::Pieces;
use tests::pki::strip_armour;
use tests::server::record::Record;
use tests::server::{APPLICATION_DATA, FINISHED, Flight, Item, SERVER_KEY_EXCHANGE, Script, message};
use tests::throwaway::der;
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

/// Longer than any chain is followed.
#[test]
fn a_chain_over_the_budget_is_told_apart() {
    let names =
        ["leaf-by-deep-9".to_owned()].into_iter().chain((1..=9).rev().map(|depth| format!("deep-{depth}")));
    let chain = names.map(|name| strip_armour("CERTIFICATE", &certificate(&name)).unwrap()).collect();
    let anchors = Bundle::from_pem(certificate("root").as_bytes(), vec![0; MAX_DER_LENGTH].leak()).unwrap();
    let config = Config { anchors: Some(anchors), ..trusting() };
    let mut talk = Talk::with(config, peer(&[]), Script { chain, ..Script::default() }, Pieces::Whole);
    let (error, alert, cause) = talk.fails(&[]);
    assert_eq!((error, cause), (x509::FATAL_ERROR, Cause::Budget));
    assert!(alert.is_some());
    assert_eq!(talk.link.server.messages, [1]);
}
