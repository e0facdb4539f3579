//! Records what a server says to our client in the handshakes of the benchmark, so that the emulated microcontroller can play
//! them without a server: with the same entropy the client says the same, and the recorded answers fit.
//!
//! `record_flights FOLDER` writes one file per handshake, and the session that the last one resumes.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a tool that ends when something is wrong"
)]

use std::path::Path;

use accel::soft::Soft;
use tests::server::{CertificateRequest, Saved, Script, Server};
use tests::throwaway::{self, NOW};
use tls12::{Config, Connection, Identity, Peer, Suite, Suites, Verification, Want};
use x509::{Bundle, PrivateKey};

#[allow(unreachable_pub, reason = "the benchmark's library exports it")]
#[path = "../../bench/ours/src/repeating.rs"]
mod repeating;

/// The sizes of the records that the server sends after the first handshake.
const RECORDS: [usize; 5] = [64, 256, 1024, 4096, 16_384];

fn main() {
    let folder = std::env::args().nth(1).expect("a folder to write to");
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder).expect("the folder can be made");
    let write =
        |name: &str, bytes: &[u8]| std::fs::write(folder.join(name), bytes).expect("the file can be written");
    let direct = || vec![throwaway::der("server.pem")];
    let script = || Script { chain: direct(), ..Script::default() };

    let open = Config { verification: Verification::None, ..Config::default() };
    write("no-verification", &play(&open, script(), &[], &RECORDS).0);

    let trusting = Config { anchors: Some(bundle("intermediate.pem")), ..Config::default() };
    let (flights, session, saved) = play(&trusting, script(), &[], &[]);
    write("verification", &flights);
    write("session", &session);
    let resume = Script { resume: Some(saved), ticket: None, ..script() };
    write("resumed", &play(&trusting, resume, &session, &[]).0);

    for bits in ["1024", "2048"] {
        let identity = identity(bits);
        let config = Config { identity: Some(identity), ..trusting };
        let script = Script {
            certificate_request: Some(CertificateRequest::default()),
            client_key: Some(throwaway::rsa_public_key(&format!("client-{bits}.key"))),
            ..script()
        };
        write(&format!("client-{bits}"), &play(&config, script, &[], &[]).0);
    }

    // Every suite: full and resumed with a client certificate, which takes the most memory, and full without one, and a record.
    for suite in Suite::ALL {
        let config = Config {
            suites: Suites::new(&[suite]).expect("one suite"),
            identity: Some(identity("2048")),
            ..trusting
        };
        let script = || Script {
            chain: direct(),
            certificate_request: Some(CertificateRequest::default()),
            client_key: Some(throwaway::rsa_public_key("client-2048.key")),
            ..Script::new(suite.id())
        };
        let name = format!("suite-{:04X}", suite.id());
        let (flights, session, saved) = play(&config, script(), &[], &[]);
        write(&name, &flights);
        write(&format!("{name}-session"), &session);
        let resume = Script { resume: Some(saved), ..script() };
        write(&format!("{name}-resumed"), &play(&config, resume, &session, &[]).0);
        // Without another ticket, as Mbed TLS's server resumes.
        let resume = Script { resume: Some(play(&config, script(), &[], &[]).2), ticket: None, ..script() };
        write(&format!("{name}-resumed-only"), &play(&config, resume, &session, &[]).0);
        let config = Config { identity: None, ..config };
        let script = Script { chain: direct(), ..Script::new(suite.id()) };
        write(&format!("{name}-verification"), &play(&config, script, &[], &[1024]).0);
    }

    let root = Config { anchors: Some(bundle("ca.pem")), ..Config::default() };
    for (name, chain) in [
        ("chain-2", &["server.pem", "intermediate.pem"][..]),
        ("chain-3", &["server-of-issuing.pem", "issuing.pem", "upper.pem"]),
    ] {
        let chain = chain.iter().map(|file| throwaway::der(file)).collect();
        write(name, &play(&root, Script { chain, ..Script::default() }, &[], &[]).0);
    }
}

/// Plays one handshake: all that the server said, the session, and what the server kept of it.
fn play(config: &Config<'_>, script: Script, session: &[u8], records: &[usize]) -> (Vec<u8>, Vec<u8>, Saved) {
    let (mut rx, mut tx, mut kept) =
        (vec![0; Connection::FULL_RX], vec![0; Connection::GOOD_TX], vec![0; Connection::GOOD_SESSION]);
    let peer = Peer { host: "localhost", now: NOW, session };
    let mut connection =
        Connection::new(config, peer, &mut rx, &mut tx, &mut kept).expect("a good configuration");
    let mut accel = repeating::Repeating::started();
    let mut server = Server::new(script);
    let mut said = Vec::new();
    carry(&mut connection, &mut accel, &mut server, &mut said);
    assert_eq!(server.fault, None);
    assert!(connection.write_space().len() > 1024, "no application data can flow");
    for length in records {
        server.send(&vec![7; *length]);
        carry(&mut connection, &mut accel, &mut server, &mut said);
        assert_eq!(connection.plaintext().len(), *length);
        connection.consume(*length);
    }
    assert_eq!(server.fault, None);
    (said, connection.session().to_vec(), server.saved())
}

/// Carries bytes to and fro until neither side has any to give, and keeps what the server said.
fn carry(
    connection: &mut Connection<'_>,
    accel: &mut Soft<repeating::Repeating>,
    server: &mut Server,
    said: &mut Vec<u8>,
) {
    loop {
        let want = connection.poll(accel).expect("a handshake");
        server.receive(connection.send_bytes());
        connection.sent(usize::MAX);
        let space = connection.recv_space();
        let bytes = server.take_output(space.len());
        space.iter_mut().zip(&bytes).for_each(|(to, from)| *to = *from);
        connection.received(bytes.len());
        if bytes.is_empty() && !want.contains(Want::BUSY) && !want.contains(Want::SEND) {
            return;
        }
        said.extend(bytes);
    }
}

fn bundle(name: &str) -> Bundle<'static> {
    Bundle::from_pem(&throwaway::text(name), vec![0; 4096].leak()).expect("a certificate")
}

fn identity(bits: &str) -> Identity<'static> {
    let key = PrivateKey::from_pem(&throwaway::text(&format!("client-{bits}.key")), vec![0; 4096].leak())
        .expect("a key");
    Identity { chain: bundle(&format!("client-{bits}.pem")), key: Box::leak(Box::new(key)) }
}
