//! Damage anywhere in what the server says: no panic, no endless loop, and nothing delivered that the server did not send.

use status::ssl;
use tests::link::Pieces;
use tests::random::Random;
use tests::server::CertificateRequest;
use tests::server::crypto::SUITES;
use tests::server::{Cut, Script};
use tests::throwaway::rsa_public_key;
use tls12::Config;

use super::Talk;
use crate::handshake::{identity, peer, trusting};

/// Set `TLS12_SEED` to repeat a run.
fn seed() -> u64 {
    let seed = std::env::var("TLS12_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0x7E57_5EED);
    println!("TLS12_SEED={seed}");
    seed
}

/// Changes a stretch of bytes in one of the ways that a line, or an attacker, can.
fn damage(bytes: &mut Vec<u8>, random: &mut Random) {
    if bytes.is_empty() {
        return;
    }
    let at = random.below(bytes.len());
    let end = (at + 1 + random.below(40)).min(bytes.len());
    match random.below(8) {
        0 | 1 => bytes[at] ^= 1 << (random.below(8)),
        2 => bytes[at] = random.byte(),
        3 => bytes.truncate(at),
        4 => drop(bytes.drain(at..end)),
        5 => {
            let part = bytes[at..end].to_vec();
            bytes.splice(at..at, part);
        }
        6 => bytes[at..end].reverse(),
        _ => bytes.insert(at, random.byte()),
    }
}

const SENT: &[u8] = b"what the server really sent, in three records, and what nobody else may have sent";
/// The bursts of a server: two flights, and three records.
const BURSTS: usize = 5;

#[test]
fn damaged_flights_never_panic_and_never_deliver_what_was_not_sent() {
    let mut random = Random(seed());
    let own = Config { identity: Some(identity("client-1024")), ..trusting() };
    let (mut failed, mut lived) = (0, 0);
    for round in 0..1200 {
        let (target, mut dice) = (random.below(BURSTS), Random(random.number()));
        let script = Script {
            cut: [Cut::PerMessage, Cut::Together, Cut::Every(100)][round % 3],
            encrypt_then_mac: round % 2 == 0,
            certificate_request: (round % 4 == 0).then(CertificateRequest::default),
            client_key: Some(rsa_public_key("client-1024.key")),
            spoil: Some(Box::new(move |burst, bytes| {
                if burst == target {
                    damage(bytes, &mut dice);
                }
            })),
            ..Script::new(SUITES[round % SUITES.len()])
        };
        let pieces = if round % 5 == 0 { Pieces::Random(7) } else { Pieces::Whole };
        let mut talk = Talk::with(own, peer(&[]), script, pieces);
        let result = talk.run().and_then(|_| {
            if talk.link.server.connected {
                SENT.chunks(30).for_each(|chunk| talk.link.server.send(chunk));
            }
            talk.link.server.ended = true;
            talk.run()
        });
        match result {
            Ok(_) => lived += 1,
            Err(error) => {
                failed += 1;
                assert_ne!(error, ssl::INTERNAL_ERROR, "round {round}: {:?}", talk.connection.status());
            }
        }
        assert!(SENT.starts_with(&talk.data), "round {round}: delivered {:?}", talk.data);
    }
    println!("{failed} failed, {lived} lived");
    // Cutting the last record off is no failure but a truncation, and little else goes unnoticed.
    assert!(failed > 800, "damage goes unnoticed: only {failed} failed");
}
