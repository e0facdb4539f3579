//! How far the handshake had come when it failed: every step that a status can name.

use accel::soft::Soft;
use status::{Alert, AlertSeen, Cause, Status, Step, ssl};
use tests::entropy::InsecureSeeded;
use tests::link::Pieces;
use tests::server::record::Record;
use tests::server::{ALERT, CertificateRequest, Flight, Item, Script, Server};
use tests::throwaway;
use tls12::{Config, Connection, Identity, Want};
use x509::{Bundle, MAX_DER_LENGTH};

use super::Talk;
use crate::handshake::{Memory, identity, peer, trusting};

/// Asks for a client certificate, as every message of a handshake is wanted here.
fn asking() -> Script {
    Script {
        certificate_request: Some(CertificateRequest::default()),
        client_key: Some(throwaway::rsa_public_key("client-4096.key")),
        ..Script::default()
    }
}

/// What has ended the connection when the stream ends as soon as `step` is reached, and the types of the messages that the
/// server had got by then.
fn ended_at(step: Step) -> (Status, Vec<u8>) {
    let chain = ["client-4096.pem", "ca.pem", "other-ca.pem"].map(throwaway::text).concat();
    let chain = Bundle::from_pem(&chain, vec![0; MAX_DER_LENGTH].leak()).unwrap();
    let config = Config { identity: Some(Identity { chain, ..identity("client-4096") }), ..trusting() };
    // Our Certificate is too long for it.
    let mut memory = Memory { tx: vec![0; Connection::MIN_TX], ..Memory::new() };
    let mut connection = memory.connect(&config, peer(&[]));
    let (mut server, mut accel) = (Server::new(asking()), Soft::new(InsecureSeeded::new(1)));
    for _ in 0..5000 {
        if connection.step() == step {
            break;
        }
        if !connection.poll(&mut accel).unwrap().contains(Want::BUSY) {
            send(&mut connection, &mut server);
            let bytes = server.take_output(connection.recv_space().len());
            connection.recv_space()[..bytes.len()].copy_from_slice(&bytes);
            connection.received(bytes.len());
        }
    }
    assert_eq!(connection.step(), step, "never reached");
    send(&mut connection, &mut server);
    connection.recv_closed();
    // An error during the handshake, and merely closed behind it.
    assert_eq!(connection.poll(&mut accel).is_ok(), step == Step::Traffic, "{step:?}");
    assert_eq!((server.fault, server.alerts), (None, vec![]), "{step:?}");
    (connection.status().unwrap(), server.messages)
}

fn send(connection: &mut Connection<'_>, server: &mut Server) {
    server.receive(connection.send_bytes());
    connection.sent(usize::MAX);
}

// RFC 5246 §7.3.
#[test]
fn the_end_of_the_stream_is_reported_with_its_step() {
    let steps: [(Step, &[u8]); 11] = [
        (Step::ClientHello, &[]),
        (Step::ServerHello, &[1]),
        (Step::ServerCertificate, &[1]),
        (Step::ServerHelloDone, &[1]),
        (Step::ClientCertificate, &[1]),
        (Step::ClientKeyExchange, &[1, 11]),
        (Step::CertificateVerify, &[1, 11, 16]),
        (Step::ClientFinished, &[1, 11, 16, 15]),
        (Step::ServerChangeCipherSpec, &[1, 11, 16, 15, 20]),
        (Step::ServerFinished, &[1, 11, 16, 15, 20]),
        (Step::Traffic, &[1, 11, 16, 15, 20]),
    ];
    for (step, messages) in steps {
        let (status, seen) = ended_at(step);
        assert_eq!((status.step, &seen[..]), (step, messages));
        assert_eq!((status.error, status.cause, status.alert), (ssl::CONN_EOF, Cause::Truncated, None));
    }
}

/// Instead of the item at this place of a flight, or behind the last one, the server gives up.
fn given_up(script: Script, flight: Flight, at: usize) -> Script {
    script.edited_in(flight, move |items| {
        items.truncate(at);
        items.push(Item::Record(Record::new(ALERT, &[2, Alert::INTERNAL_ERROR.0])));
    })
}

#[track_caller]
fn assert_given_up(mut talk: Talk, step: Step) {
    assert_eq!(talk.fails(&[]), (ssl::FATAL_ALERT_MESSAGE, None, Cause::None));
    let status = talk.connection.status().unwrap();
    assert_eq!((status.step, status.alert), (step, Some(AlertSeen::Received(Alert::INTERNAL_ERROR))));
    assert_eq!((talk.link.server.fault, talk.link.server.alerts), (None, vec![]), "an alert is not answered");
}

// RFC 5246 §7.2.2.
#[test]
fn the_servers_fatal_alert_is_reported_with_its_step() {
    let hello = [Step::ServerHello, Step::ServerCertificate, Step::ServerHelloDone, Step::ServerHelloDone];
    let ticket = [Step::ServerChangeCipherSpec, Step::ServerChangeCipherSpec, Step::ServerFinished];
    let finish = [&ticket[..], &[Step::Traffic]].concat();
    for (flight, steps) in [(Flight::Hello, hello.to_vec()), (Flight::Finish, finish)] {
        for (at, step) in steps.into_iter().enumerate() {
            assert_given_up(Talk::new(given_up(asking(), flight, at)), step);
        }
    }

    let first = Talk::new(Script::default()).connected();
    let steps = [&[Step::ServerHello][..], &ticket].concat();
    for (at, step) in steps.into_iter().enumerate() {
        let script = Script { resume: Some(first.link.server.saved()), ..Script::default() };
        let script = given_up(script, Flight::Resumption, at);
        assert_given_up(Talk::with(trusting(), peer(&first.session()), script, Pieces::Whole), step);
    }
}
