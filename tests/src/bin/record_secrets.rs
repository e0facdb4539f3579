//! Records handshakes with everything that is secret in them, for the program that looks for it in the memory of a connection
//! (`tests/secrets`): with the same entropy the client says the same there, and the recorded answers fit.
//!
//! `record_secrets FILE` writes every case behind the last: fields in the order of `Case` in `tests/secrets/src/case.rs`, each behind
//! its length in four bytes, least significant first.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a tool that ends when something is wrong"
)]

use tests::server::crypto::{SUITES, parameters};
use tests::server::{CertificateRequest, Saved, Script, Server};
use tests::throwaway::{self, NOW};
use tls12::{Config, Connection, Identity, Peer, Want};
use x509::{Bundle, PrivateKey};

#[allow(unreachable_pub, reason = "the benchmark's library exports it")]
#[path = "../../bench/ours/src/repeating.rs"]
mod repeating;

fn main() {
    let file = std::env::args().nth(1).expect("a file to write to");
    let anchors = Bundle::from_pem(&throwaway::text("intermediate.pem"), vec![0; 4096].leak());
    let trusting = Config { anchors: Some(anchors.expect("a certificate")), ..Config::default() };
    let key = PrivateKey::from_pem(&throwaway::text("client-1024.key"), vec![0; 4096].leak());
    let chain = Bundle::from_pem(&throwaway::text("client-1024.pem"), vec![0; 4096].leak());
    let identity = Identity { chain: chain.expect("a certificate"), key: &key.expect("a key") };
    let identified = Config { identity: Some(identity), ..trusting };

    let mut cases = Vec::new();
    for (suite, extended, encrypt_then_mac) in variants() {
        let name = |kind: &str| {
            let extended = if extended { ", extended master secret" } else { "" };
            let order = if encrypt_then_mac { ", encrypt-then-MAC" } else { "" };
            format!("{kind}, suite {suite:04X}{extended}{order}")
        };
        let script = || Script {
            chain: vec![throwaway::der("server.pem")],
            extended_master_secret: extended,
            encrypt_then_mac,
            ..Script::new(suite)
        };
        let mut add = |kind: &str, config: &Config<'_>, script: Script, session: &[u8], keeps: usize| {
            let played = play(config, script, session, keeps);
            played.write(&name(kind), config.identity.is_some(), session, keeps, &mut cases);
            (played.session, played.server.saved())
        };
        let (session, saved) = add("full", &trusting, script(), &[], Connection::GOOD_SESSION);
        let saved = Saved { id: Vec::new(), ..saved };
        let resume = Script { resume: Some(saved), ticket: None, ..script() };
        add("resumed", &trusting, resume, &session, Connection::GOOD_SESSION);
        // And nothing is kept: the master secret has no reason to be anywhere.
        let request = Script {
            certificate_request: Some(CertificateRequest::default()),
            client_key: Some(throwaway::rsa_public_key("client-1024.key")),
            ..script()
        };
        add("client certificate", &identified, request, &[], 0);
    }
    std::fs::write(file, cases).expect("the file can be written");
}

/// Every suite, with and without extended master secret, and those with a MAC with and without encrypt-then-MAC.
fn variants() -> impl Iterator<Item = (u16, bool, bool)> {
    SUITES.into_iter().flat_map(|suite| {
        let orders: &[bool] = if parameters(suite).mac_length == 0 { &[false] } else { &[false, true] };
        orders.iter().flat_map(move |order| [(suite, true, *order), (suite, false, *order)])
    })
}

/// A handshake that was played.
struct Played {
    server: Server,
    said: Vec<u8>,
    session: Vec<u8>,
}

impl Played {
    fn write(&self, name: &str, identity: bool, offered: &[u8], keeps: usize, out: &mut Vec<u8>) {
        let [client_mac, server_mac, client_key, server_key] = self.server.keys();
        let master = self.server.saved().master;
        let expanded = [expand(&client_key), expand(&server_key)];
        for field in [
            name.as_bytes(),
            &[u8::from(identity)],
            &NOW.to_le_bytes(),
            offered,
            &u32::try_from(keeps).unwrap().to_le_bytes(),
            &self.said,
            &self.server.premaster,
            &master,
            &client_mac,
            &server_mac,
            &client_key,
            &server_key,
            &expanded[0],
            &expanded[1],
        ] {
            out.extend(u32::try_from(field.len()).unwrap().to_le_bytes());
            out.extend(field);
        }
    }
}

/// Plays one handshake.
fn play(config: &Config<'_>, script: Script, offered: &[u8], keeps: usize) -> Played {
    let (mut rx, mut tx, mut kept) =
        (vec![0; Connection::SMALL_RX], vec![0; Connection::GOOD_TX], vec![0; keeps]);
    let peer = Peer { host: "localhost", now: NOW, session: offered };
    let mut connection =
        Connection::new(config, peer, &mut rx, &mut tx, &mut kept).expect("a good configuration");
    let mut accel = repeating::Repeating::started();
    let (mut server, mut said) = (Server::new(script), Vec::new());
    loop {
        let want = connection.poll(&mut accel).expect("a handshake");
        server.receive(connection.send_bytes());
        connection.sent(usize::MAX);
        let space = connection.recv_space();
        let bytes = server.take_output(space.len());
        space.iter_mut().zip(&bytes).for_each(|(to, from)| *to = *from);
        connection.received(bytes.len());
        if bytes.is_empty() && !want.contains(Want::BUSY) && !want.contains(Want::SEND) {
            break;
        }
        said.extend(bytes);
    }
    assert_eq!(server.fault, None);
    assert!(server.connected, "the handshake is over");
    assert_eq!(connection.resumed(), !offered.is_empty());
    let session = connection.session().to_vec();
    assert_eq!(session.is_empty(), keeps == 0);
    Played { server, said, session }
}

/// The round keys of an AES key (FIPS 197 §5.2), one behind the other.
fn expand(key: &[u8]) -> Vec<u8> {
    let words = key.len() / 4;
    let mut out = key.to_vec();
    let mut constant = 1;
    for place in words..4 * (words + 7) {
        let mut word: [u8; 4] = out[4 * (place - 1)..].try_into().unwrap();
        if place % words == 0 {
            word.rotate_left(1);
            word = word.map(substitute);
            word[0] ^= constant;
            constant = multiply(constant, 2);
        } else if words > 6 && place % words == 4 {
            word = word.map(substitute);
        }
        for (at, byte) in word.into_iter().enumerate() {
            out.push(out[4 * (place - words) + at] ^ byte);
        }
    }
    out
}

/// The S-box (FIPS 197 §5.1.1), from its definition: the inverse, which is the 254th power, and an affine map.
fn substitute(byte: u8) -> u8 {
    let inverse = (0..254).fold(1, |power, _| multiply(power, byte));
    (0..5).fold(0x63, |sum, places| sum ^ inverse.rotate_left(places))
}

/// In the field of AES (FIPS 197 §4.2).
fn multiply(a: u8, b: u8) -> u8 {
    let mut shifted = a;
    (0..8).fold(0, |product, bit| {
        let sum = if b >> bit & 1 == 1 { product ^ shifted } else { product };
        shifted = shifted << 1 ^ if shifted & 0x80 == 0 { 0 } else { 0x1B };
        sum
    })
}

#[cfg(test)]
mod vectors {
    use tests::hex::hex;

    /// FIPS 197 §A.1 and §A.3: the last round keys.
    #[test]
    fn keys_are_expanded() {
        let key = hex("2b7e151628aed2a6abf7158809cf4f3c");
        assert_eq!(super::expand(&key)[160..], hex("d014f9a8c9ee2589e13f0cc8b6630ca6"));
        let key = hex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4");
        assert_eq!(super::expand(&key)[224..], hex("fe4890d1e6188d0b046df344706c631e"));
    }
}
