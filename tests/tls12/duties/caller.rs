//! A caller who does anything at any time: verbs in any order, in pieces of any size, the end at any moment.

use accel::soft::Soft;
use status::{net, ssl};
use tests::entropy::InsecureSeeded;
use tests::random::Random;
use tests::server::crypto::SUITES;
use tests::server::{CertificateRequest, Script, Server};
use tests::throwaway::rsa_public_key;
use tls12::{Config, Want};

use crate::handshake::{Memory, identity, peer, trusting};

const SENT: &[u8] = b"what the server sends, in several records of its own";
const WRITTEN: &[u8] = b"what the client writes, in as many records as it likes";

/// Actions that end nothing.
const LAST: usize = 8;

/// One connection; true when everything that was sent has arrived on both sides.
fn round(seed: u64) -> bool {
    let mut dice = Random(seed);
    let number = usize::try_from(seed).unwrap();
    let config = Config { identity: Some(identity("client-1024")), ..trusting() };
    let script = Script {
        certificate_request: (number % 2 == 0).then(CertificateRequest::default),
        client_key: Some(rsa_public_key("client-1024.key")),
        ..Script::new(SUITES[number % SUITES.len()])
    };
    let mut server = Server::new(script);
    let mut memory = Memory::new();
    let mut connection = memory.connect(&config, peer(&[]));
    let mut accel = Soft::new(InsecureSeeded::new(1));
    let is_rude = number % 4 == 3;
    let (mut read, mut written, mut has_sent) = (Vec::new(), 0, false);
    for _ in 0..20_000 {
        let is_end = is_rude && dice.below(300) == 0;
        match if is_end { LAST + dice.below(3) } else { dice.below(LAST) } {
            0 | 1 => {
                let most = dice.below(connection.recv_space().len() + 1);
                let bytes = server.take_output(most);
                connection.recv_space()[..bytes.len()].copy_from_slice(&bytes);
                connection.received(bytes.len());
            }
            2 | 3 => {
                let length = dice.below(connection.send_bytes().len() + 1);
                let bytes = connection.send_bytes()[..length].to_vec();
                connection.sent(length);
                server.receive(&bytes);
            }
            4 => {
                let length = dice.below(connection.plaintext().len() + 1);
                read.extend_from_slice(&connection.plaintext()[..length]);
                connection.consume(length);
            }
            5 => {
                let space = connection.write_space();
                let length = dice.below(20).min(space.len()).min(WRITTEN.len() - written);
                space[..length].copy_from_slice(&WRITTEN[written..written + length]);
                if connection.wrote(length, &mut accel).is_ok() {
                    written += length;
                }
            }
            LAST => connection.close(),
            9 => connection.recv_closed(),
            10 => connection.send_closed(),
            _ => {
                if let Ok(want) = connection.poll(&mut accel) {
                    assert!(!want.contains(Want::BUSY) || !want.contains(Want::RECV));
                } else {
                    let error = connection.status().unwrap().error;
                    assert!(
                        is_rude && [ssl::CONN_EOF, net::SEND_FAILED].contains(&error),
                        "{seed}: {:?}",
                        connection.status()
                    );
                }
            }
        }
        if server.connected && !has_sent {
            SENT.chunks(20).for_each(|chunk| server.send(chunk));
            has_sent = true;
        }
        assert_eq!(server.fault, None, "{seed}");
        assert!(SENT.starts_with(&read) && WRITTEN.starts_with(&server.data), "{seed}");
        if read == SENT && server.data == WRITTEN {
            break;
        }
    }
    let is_done = read == SENT && server.data == WRITTEN;
    drop(connection);
    assert!([memory.rx, memory.tx].iter().flatten().all(|byte| *byte == 0), "{seed}");
    is_done
}

#[test]
fn a_caller_may_do_anything_at_any_time() {
    let mut done = 0;
    for seed in 1..=120 {
        let is_done = round(seed);
        assert!(is_done || seed % 4 == 3, "{seed}");
        done += usize::from(is_done);
    }
    assert!(done >= 90);
}
