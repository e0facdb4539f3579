//! `tls12` holds no panic, nor does what it calls in the crates below.
#![no_std]
#![no_main]

use accel::soft::Soft;
use link::{Source, any};
use tls12::{Config, Connection, Identity, MaxFragmentLength, Peer, Suite, Suites, Verification, Want};
use x509::{Bundle, PrivateKey};

#[unsafe(no_mangle)]
extern "C" fn _start() {
    let (text, mut first, mut second) = (any(&[0; 4096][..]), [0; 4096], [0; 4096]);
    let Ok(key) = PrivateKey::from_pem(text, any(&mut first[..])) else { return };
    let Ok(chain) = Bundle::from_pem(text, any(&mut second[..])) else { return };
    let Ok(suites) = Suites::new(any(&Suite::ALL[..])) else { return };
    let protocols = [text];
    let config = Config {
        anchors: any(Some(chain)),
        identity: any(Some(Identity { chain, key: &key })),
        verification: any(Verification::Required),
        policy: any(x509::Policy::default()),
        suites,
        max_fragment_length: any(Some(MaxFragmentLength::Bytes512)),
        alpn: any(&protocols),
        session_tickets: any(true),
    };
    let peer = Peer { host: any("host"), now: any(0), session: text };
    let (mut rx, mut tx, mut session) = ([0; 4096], [0; 4096], [0; 4096]);
    let connection =
        Connection::new(any(&config), peer, any(&mut rx[..]), any(&mut tx[..]), any(&mut session[..]));
    if let Ok(connection) = connection {
        run(connection);
    }
}

/// Every verb, in an order and with numbers that the optimizer knows nothing about.
fn run(mut connection: Connection<'_>) {
    let mut accel = Soft::new(Source);
    while any(connection.poll(&mut accel)).is_ok_and(|want| !want.contains(Want::CLOSED)) {
        any(connection.recv_space());
        connection.received(any(0));
        any(connection.send_bytes());
        connection.sent(any(0));
        any(connection.plaintext());
        connection.consume(any(0));
        any(connection.write_space());
        let _ = any(connection.wrote(any(0), &mut accel));
        if any(false) {
            connection.close();
        }
        if any(false) {
            connection.recv_closed();
        }
    }
    any((connection.suite(), connection.resumed(), connection.alpn(), connection.step(), connection.status()));
    any(connection.session());
}
