//! `tls12` holds no panic, nor does what it calls in the crates below.
#![no_std]
#![no_main]

use accel::soft::Soft;
use link::{Source, any};
use status::Flags;
use tls12::io::{Stream, nonblocking};
use tls12::{
    Config, Connection, Identity, MaxFragmentLength, Observer, Peer, Pin, Presented, ServerName, Suite,
    Suites, Verdict, Verification, Want, session,
};
use x509::{Bundle, PrivateKey};

#[unsafe(no_mangle)]
extern "C" fn _start() {
    let (text, mut first, mut second) = (any(&[0; 4096][..]), [0; 4096], [0; 4096]);
    let Ok(key) = PrivateKey::from_pem(text, any(&mut first[..])) else { return };
    let Ok(chain) = Bundle::from_pem(text, any(&mut second[..])) else { return };
    let Ok(suites) = Suites::new(any(&Suite::ALL[..])) else { return };
    let protocols = [text];
    let pins = [any(Pin::Certificate([0; 32])), any(Pin::PublicKey([0; 32]))];
    let config = Config {
        anchors: any(Some(chain)),
        identity: any(Some(Identity { chain, key: &key })),
        verification: any(Verification::Required),
        pins: any(&pins[..]),
        observer: any(Some(&Anybody)),
        server_name: any(ServerName::Other("name")),
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
    if let Ok(mut connection) = connection {
        run(&mut connection);
        adapter(&mut connection);
    }
    any(Suite::from_name(any("name")));
    any(Suite::from_id(any(0)).map(|suite| (suite.id(), suite.name(), suite.key_length(), suite.prf())));
}

/// Every verb, in an order and with numbers that the optimizer knows nothing about.
fn run(connection: &mut Connection<'_>) {
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
        if any(false) {
            connection.send_closed();
        }
    }
    any((
        connection.suite(),
        connection.resumed(),
        connection.alpn(),
        connection.step(),
        connection.status(),
    ));
    any((connection.verdict(), connection.server_certificate(), connection.has_new_session()));
    any(session::inspect(&mut accel, any(connection.session())).ok());
}

/// An observer that may do anything.
struct Anybody;

impl Observer for Anybody {
    fn certificate(&self, presented: &Presented<'_, '_>) -> Flags {
        any(presented.certificate.der());
        any(Flags::OTHER)
    }

    fn verdict(&self, verdict: Verdict) -> Flags {
        any(verdict.flags)
    }
}

/// A socket that may do anything.
struct Socket;

impl nonblocking::Socket for Socket {
    type Error = ();

    fn read(&mut self, out: &mut [u8]) -> nb::Result<usize, ()> {
        any(out);
        any(Ok(0))
    }

    fn write(&mut self, data: &[u8]) -> nb::Result<usize, ()> {
        any(data);
        any(Err(nb::Error::WouldBlock))
    }
}

/// The loop that all adapters share, by the one that needs no other crate.
fn adapter(connection: &mut Connection<'_>) {
    let (mut accel, mut socket, mut bytes) = (Soft::new(Source), Socket, [0; 99]);
    let mut stream = Stream { connection, accel: &mut accel, socket: &mut socket };
    while any(nonblocking::handshake(&mut stream)).is_err() {
        let _ = any(nonblocking::read(&mut stream, any(&mut bytes[..])));
        let _ = any(nonblocking::write(&mut stream, any(&bytes[..])));
        let _ = any(nonblocking::flush(&mut stream));
        let _ = any(nonblocking::close(&mut stream));
    }
}
