//! What can be wrong with the other messages, and with their order.

use tests::server::{
    CERTIFICATE, CERTIFICATE_REQUEST, CertificateRequest, Cut, FINISHED, Flight, HANDSHAKE, HELLO_REQUEST,
    Item, NEW_SESSION_TICKET, SERVER_HELLO_DONE, SERVER_KEY_EXCHANGE, Script, certificate, message,
};
use tests::throwaway::der;

use super::{MODES, body, case, finish, hello, record, said_honestly};
use crate::differential::{Case, Setup};

pub(in crate::differential) fn messages() -> Vec<Case> {
    let mut cases = vec![
        hello("HelloRequest first", |items| items.insert(0, message(HELLO_REQUEST, &[]))),
        hello("HelloRequest before Certificate", |items| items.insert(1, message(HELLO_REQUEST, &[]))),
        hello("HelloRequest before ServerHelloDone", |items| items.insert(2, message(HELLO_REQUEST, &[]))),
        hello("ServerHello twice", |items| {
            let again = match &items[0] {
                Item::Message { kind, body } => message(*kind, body),
                _ => return,
            };
            items.insert(1, again);
        }),
        hello("no ServerHello", |items| drop(items.remove(0))),
        hello("no Certificate", |items| drop(items.remove(1))),
        hello("no ServerHelloDone", |items| drop(items.remove(2))),
        hello("Certificate twice", |items| {
            items.insert(2, message(CERTIFICATE, &certificate(&[der("server.pem")])));
        }),
        hello("ServerKeyExchange", |items| items.insert(2, message(SERVER_KEY_EXCHANGE, &[3, 0, 23, 1, 4]))),
        hello("ServerHelloDone twice", |items| items.push(message(SERVER_HELLO_DONE, &[]))),
        hello("NewSessionTicket early", |items| items.insert(1, message(NEW_SESSION_TICKET, &[0; 6]))),
        hello("message of an unknown type", |items| items.insert(1, message(99, &[1]))),
        hello("message of an absurd length", |items| {
            items.insert(0, record(HANDSHAKE, &[2, 0xFF, 0xFF, 0xFF, 3, 3]));
        }),
        body("ServerHelloDone with content", SERVER_HELLO_DONE, |body| body.push(0)),
        finish("Finished without ChangeCipherSpec", |items| drop(items.remove(0))),
        finish("Finished in clear, then ChangeCipherSpec", |items| {
            items.insert(0, record(HANDSHAKE, &[FINISHED, 0, 0, 12, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]));
        }),
        finish("NewSessionTicket not promised", |items| {
            items.insert(0, message(NEW_SESSION_TICKET, &[0; 6]))
        }),
        finish("message after ChangeCipherSpec", |items| {
            items.insert(1, message(NEW_SESSION_TICKET, &[0; 6]));
        }),
        finish("Finished of 11 bytes", |items| items[1] = message(FINISHED, &[0; 11])),
        finish("Finished of 13 bytes", |items| items[1] = message(FINISHED, &[0; 13])),
        case("NewSessionTicket promised and not sent", || {
            Script::default().edited_in(Flight::Finish, |items| drop(items.remove(0)))
        }),
        case("NewSessionTicket without a ticket", || Script {
            ticket: Some((0, Vec::new())),
            ..Script::default()
        }),
    ];
    for content in [&[][..], &[0; 5], &[0, 0, 0, 1, 0, 2, 7], &[0, 0, 0, 1, 0, 1, 7, 7]] {
        cases.push(body(format!("NewSessionTicket {content:?}"), NEW_SESSION_TICKET, move |body| {
            *body = content.to_vec();
        }));
    }
    for cut in [Cut::Together, Cut::Every(1), Cut::Every(100), Cut::Every(1000)] {
        cases.push(case(format!("messages cut {cut:?}"), move || Script { cut, ..Script::default() }));
    }
    cases.extend(certificate_messages());
    cases.extend(certificate_requests());
    cases
}

fn certificate_messages() -> Vec<Case> {
    let mut cases = vec![
        body("Certificate with a byte behind it", CERTIFICATE, |body| body.push(0)),
        body("Certificate with 200 bytes of garbage", CERTIFICATE, |body| {
            *body = certificate(&[vec![0x55; 200]]);
        }),
        body("Certificate cut short", CERTIFICATE, |body| body.truncate(500)),
        body("Certificate with too long a list", CERTIFICATE, |body| body[2] = body[2].wrapping_add(1)),
        body("Certificate with too short a list", CERTIFICATE, |body| body[2] = body[2].wrapping_sub(1)),
        body("Certificate with too long a certificate", CERTIFICATE, |body| body[3] = 1),
    ];
    let contents: [(&str, &[u8]); 6] = [
        ("without a body", &[]),
        ("with half a length", &[0, 0]),
        ("with an empty list", &[0, 0, 0]),
        ("with an empty certificate", &[0, 0, 3, 0, 0, 0]),
        ("with a short list", &[0, 0, 1, 0]),
        ("with garbage", &[0, 0, 11, 0, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8]),
    ];
    for (name, content) in contents {
        for (how, verification) in MODES {
            let id = format!("Certificate {name}{how}");
            let case = body(id, CERTIFICATE, move |body| *body = content.to_vec());
            cases.push(case.with(Setup { verification, ..Setup::default() }));
        }
    }
    cases
}

fn certificate_requests() -> Vec<Case> {
    let asking = || Script { certificate_request: Some(CertificateRequest::default()), ..Script::default() };
    let mut cases = vec![
        case("honest, certificate requested", asking).then(said_honestly),
        hello("CertificateRequest before Certificate", |items| {
            items.insert(1, message(CERTIFICATE_REQUEST, &[1, 1, 0, 2, 4, 1, 0, 0]));
        }),
        hello("CertificateRequest twice", |items| {
            for _ in 0..2 {
                items.insert(2, message(CERTIFICATE_REQUEST, &[1, 1, 0, 2, 4, 1, 0, 0]));
            }
        }),
    ];
    let contents: [(&str, &[u8]); 9] = [
        ("empty", &[]),
        ("with types only", &[1, 1]),
        ("without types", &[0, 0, 2, 4, 1, 0, 0]),
        ("without algorithms", &[1, 1, 0, 0, 0, 0]),
        ("with half an algorithm", &[1, 1, 0, 1, 4, 0, 0]),
        ("without authorities", &[1, 1, 0, 2, 4, 1]),
        ("with too long authorities", &[1, 1, 0, 2, 4, 1, 0, 9, 0, 1, 0]),
        ("with a byte behind it", &[1, 1, 0, 2, 4, 1, 0, 0, 0]),
        ("for unknown types", &[2, 77, 78, 0, 2, 4, 1, 0, 0]),
    ];
    for (name, content) in contents {
        cases.push(case(format!("CertificateRequest {name}"), move || {
            asking().edited_message(CERTIFICATE_REQUEST, move |body| *body = content.to_vec())
        }));
    }
    cases
}
