//! Where a length, a window or a turn is exactly at its bound: one byte less and one byte more are both right.

use accel::{rustcrypto::RustCrypto, soft::Soft};
use status::{Alert, Cause, ssl};
use tests::entropy::InsecureSeeded;
use tests::link::{Link, Pieces};
use tests::server::record::Record;
use tests::server::{
    ALERT, APPLICATION_DATA, CERTIFICATE, Cut, Flight, HANDSHAKE, Item, SERVER_HELLO, Script, Server, message,
};
use tests::throwaway::{self, der};
use tls12::{Config, Connection, MaxFragmentLength, Want};

use super::{Talk, plain, refused};
use crate::handshake::{identity, peer, trusting};

/// RFC 5246 §7.4.2, in one record: the type, its length, the list.
fn certificate_message(chain: &[Vec<u8>]) -> Vec<u8> {
    let list: Vec<u8> = chain.iter().flat_map(|der| [&length(der.len())[..], der].concat()).collect();
    let body = [&length(list.len())[..], &list].concat();
    [&[CERTIFICATE][..], &length(body.len()), &body].concat()
}

fn length(length: usize) -> [u8; 3] {
    let [.., a, b, c] = length.to_be_bytes();
    [a, b, c]
}

/// RFC 5246 §6.2.1: nothing may stand between the records of one message. Here all bytes of the first record have been used
/// up already, so that no byte in the buffer tells that a message is being read.
#[test]
fn a_warning_alert_between_two_records_of_a_certificate_message_is_refused() {
    let script = Script::default().edited_in(Flight::Hello, |items| {
        let chain = [der("server.pem"), der("intermediate.pem")];
        let message = certificate_message(&chain);
        let first = 4 + 3 + 3 + chain[0].len();
        let at = items.iter().position(|item| matches!(item, Item::Message { kind: CERTIFICATE, .. }));
        let records = [
            Item::Record(Record::new(HANDSHAKE, &message[..first])),
            Item::Record(Record::new(ALERT, &[1, 90])),
            Item::Record(Record::new(HANDSHAKE, &message[first..])),
        ];
        items.splice(at.unwrap()..=at.unwrap(), records);
    });
    assert_eq!(refused(script), plain(ssl::UNEXPECTED_MESSAGE, Alert::UNEXPECTED_MESSAGE));
}

/// RFC 5246 §7.4.1.4: everything that was offered may be answered at once, each with an answer of its own.
#[test]
fn a_server_hello_may_answer_every_extension_that_was_offered() {
    let config = Config {
        max_fragment_length: Some(MaxFragmentLength::Bytes2048),
        alpn: &[b"mqtt", b"other"],
        ..trusting()
    };
    for suite in [0x003D, 0x009D] {
        let script = || Script {
            alpn: Some(b"mqtt".to_vec()),
            extensions: vec![(0, Vec::new())],
            ..Script::new(suite)
        };
        let talk = Talk::with(config, peer(&[]), script(), Pieces::Whole).connected();
        assert_eq!(talk.connection.alpn(), Some(&b"mqtt"[..]));
        // Each of them, twice.
        for kind in [0, 1, 16, 22, 23, 35, 0xFF01_u16] {
            if kind == 22 && suite == 0x009D {
                continue;
            }
            let script = script().edited_message(SERVER_HELLO, move |body| repeat_extension(body, kind));
            let mut talk = Talk::with(config, peer(&[]), script, Pieces::Whole);
            let expected = (ssl::BAD_HS_SERVER_HELLO, Some(Alert::ILLEGAL_PARAMETER), Cause::Extension);
            assert_eq!(talk.fails(&[]), expected, "extension {kind}");
        }
    }
}

/// Puts a copy of an extension behind the others.
fn repeat_extension(body: &mut Vec<u8>, kind: u16) {
    // RFC 5246 §7.4.1.3: version, random, session id, suite, compression.
    let list = 2 + 32 + 1 + usize::from(body[34]) + 2 + 1;
    let mut at = list + 2;
    while at < body.len() {
        let end = at + 4 + usize::from(u16::from_be_bytes([body[at + 2], body[at + 3]]));
        if body[at..at + 2] == kind.to_be_bytes() {
            let copy = body[at..end].to_vec();
            body.extend(copy);
            let length = u16::try_from(body.len() - list - 2).unwrap();
            body[list..list + 2].copy_from_slice(&length.to_be_bytes());
            return;
        }
        at = end;
    }
    panic!("no extension {kind}");
}

/// RFC 6066 §4: the answer is one byte.
#[test]
fn an_empty_answer_to_max_fragment_length_is_malformed() {
    let config = Config { max_fragment_length: Some(MaxFragmentLength::Bytes2048), ..trusting() };
    for content in [vec![], vec![3, 3]] {
        let script = Script {
            max_fragment_length: false,
            extensions: vec![(1, content.clone())],
            ..Script::default()
        };
        let mut talk = Talk::with(config, peer(&[]), script, Pieces::Whole);
        let expected = plain(ssl::BAD_HS_SERVER_HELLO, Alert::DECODE_ERROR);
        assert_eq!(talk.fails(&[]), expected, "{content:?}");
    }
}

/// RFC 5246 §6.2.1: 2^14 bytes of plaintext are allowed, with protection and without.
#[test]
fn the_longest_plaintext_is_read_and_written() {
    let whole = vec![0x5A; 1 << 14];
    let mut talk = Talk::new(Script::default()).connected();
    talk.link.server.send(&whole);
    assert!(talk.run().is_ok());
    assert_eq!(talk.data, whole);

    // Our own: a send buffer in which a record of that length has its place.
    let config = trusting();
    let (mut rx, mut tx, mut session) =
        (vec![0; Connection::FULL_RX], vec![0; Connection::FULL_RX + 1024], vec![0; 512]);
    let mut connection = Connection::new(&config, peer(&[]), &mut rx, &mut tx, &mut session).unwrap();
    let mut accel = Soft::new(InsecureSeeded::new(1));
    let mut link = Link::new(Server::new(Script::default()), Pieces::Whole);
    link.run(&mut connection, &mut accel).unwrap();
    assert_eq!(connection.write_space().len(), 1 << 14);
    connection.write_space().fill(0x5A);
    connection.wrote(1 << 14, &mut accel).unwrap();
    link.run(&mut connection, &mut accel).unwrap();
    assert_eq!((link.server.data.len(), &link.server.fault), (1 << 14, &None));
}

/// RFC 6066 §4: the limit that was agreed on holds for what is read and what is written, to the byte.
#[test]
fn every_max_fragment_length_holds_both_ways() {
    for limit in LIMITS {
        let config = Config { max_fragment_length: Some(limit), ..trusting() };
        let most = limit.bytes();
        let mut talk = Talk::with(config, peer(&[]), Script::default(), Pieces::Whole).connected();
        assert!(talk.connection.write_space().len() <= most);
        if most <= 2048 {
            assert_eq!(talk.connection.write_space().len(), most);
        }
        let record = |length| Item::Record(Record::new(APPLICATION_DATA, &vec![7; length]));
        talk.link.server.push(record(most));
        assert!(talk.run().is_ok());
        assert_eq!(talk.data.len(), most);
        talk.link.server.push(record(most + 1));
        let expected = (ssl::INVALID_RECORD, Some(Alert::RECORD_OVERFLOW), Cause::RecordTooLong);
        assert_eq!(talk.fails(&vec![7; most]), expected, "{limit:?}");
    }
}

pub(super) const LIMITS: [MaxFragmentLength; 4] = [
    MaxFragmentLength::Bytes512,
    MaxFragmentLength::Bytes1024,
    MaxFragmentLength::Bytes2048,
    MaxFragmentLength::Bytes4096,
];

/// The receive window: bytes of a message wait at its head while more records come, until they have to move.
#[test]
fn a_small_receive_window_is_used_to_its_last_byte() {
    let chain = || vec![der("server.pem"), der("intermediate.pem")];
    let largest = chain().iter().map(Vec::len).max().unwrap() + 3;
    let outcome = |rx: usize, cut: usize| {
        let config = Config { max_fragment_length: Some(MaxFragmentLength::Bytes512), ..trusting() };
        let script = Script { chain: chain(), cut: Cut::Every(cut), ..Script::default() };
        let lend = |length: usize| vec![0; length].leak();
        let config = Box::leak(Box::new(config));
        let (rx, tx, session) = (lend(rx), lend(Connection::GOOD_TX), lend(512));
        let mut connection = Connection::new(config, peer(&[]), rx, tx, session).unwrap();
        let mut accel = Soft::new(InsecureSeeded::new(1));
        let mut link = Link::new(Server::new(script), Pieces::Whole);
        link.run(&mut connection, &mut accel).map_err(|error| (error, connection.status().unwrap().cause))
    };
    let smallest = Connection::MIN_RX.max(largest + 5);
    for cut in [1, 2, 3, 5, 17, 100, 255, 509, 510, 511, 512] {
        for rx in smallest..smallest + 8 {
            assert_eq!(outcome(rx, cut), Ok(Want::RECV | Want::WRITE), "window {rx}, records of {cut}");
        }
    }
}

/// A small send buffer and a socket that takes one byte at a time: each message of the client's flight waits until the one before it
/// has made room. The buffer ends anywhere: within the Certificate message, or shortly behind it.
#[test]
fn a_flight_waits_for_room_in_a_small_send_buffer() {
    let text =
        ["client-1024.pem", "intermediate.pem", "ca.pem", "client-1024.pem"].map(throwaway::text).concat();
    let storage = vec![0; x509::der_length(text.len())].leak();
    let chain = x509::Bundle::from_long_pem(&text, storage).unwrap();
    let identity = tls12::Identity { chain, ..identity("client-4096") };
    let config = Config { identity: Some(identity), ..trusting() };
    let message = 4 + 3 + chain.iter().map(|certificate| 3 + certificate.der().len()).sum::<usize>();
    assert!(message > Connection::MIN_TX);
    let shorter = (Connection::MIN_TX..message).step_by(197);
    for tx in shorter.chain((message..message + 1600).step_by(37)) {
        let script = Script {
            certificate_request: Some(Default::default()),
            client_key: Some(throwaway::rsa_public_key("client-4096.key")),
            ..Script::default()
        };
        let (mut rx, mut tx_buffer, mut session) = (vec![0; Connection::FULL_RX], vec![0; tx], vec![0; 512]);
        let mut connection =
            Connection::new(&config, peer(&[]), &mut rx, &mut tx_buffer, &mut session).unwrap();
        let mut accel = RustCrypto::new(InsecureSeeded::new(1));
        let mut link = Link::new(Server::new(script), Pieces::Bytes);
        let want = link.run(&mut connection, &mut accel);
        assert_eq!((want, &link.server.fault), (Ok(Want::RECV | Want::WRITE), &None), "{tx} bytes");
    }
}

/// RFC 5246 §7.4: a handshake message may have 2^24 - 1 bytes, and this client reads up to 2^16 of them.
#[test]
fn the_longest_message_is_read_and_a_longer_one_is_not() {
    let of_length = |length: usize| {
        // CA names of a CertificateRequest are skipped, whatever they are.
        let script = Script { certificate_request: Some(Default::default()), ..Script::default() };
        script.edited_message(tests::server::CERTIFICATE_REQUEST, move |body| {
            let head = body.len() - 2;
            let names = length - body.len();
            body.truncate(head);
            body.extend(u16::try_from(names).unwrap().to_be_bytes());
            let mut left = names;
            while left > 0 {
                let name = (left - 2).min(60_000);
                let name = if left - 2 - name == 1 { name - 1 } else { name };
                body.extend(u16::try_from(name).unwrap().to_be_bytes());
                body.extend(std::iter::repeat_n(0x30, name));
                left -= name + 2;
            }
        })
    };
    // In records of 2^14 bytes each, as long as a record without protection may be, too.
    let script = of_length(1 << 16);
    Talk::with(trusting(), peer(&[]), script, Pieces::Whole).connected();
    let too_long = Script::default().edited_in(Flight::Hello, |items| {
        items.insert(1, message(CERTIFICATE, &vec![0; (1 << 16) + 1]));
    });
    let expected = (ssl::BAD_INPUT_DATA, Some(Alert::ILLEGAL_PARAMETER), Cause::MessageTooLong);
    assert_eq!(refused(too_long), expected);
}

/// A fatal alert is heard inside a message that fills the window, as what was read before makes room for it.
#[test]
fn a_fatal_alert_finds_room_in_a_window_that_a_message_fills() {
    let chain = [der("server.pem"), der("intermediate.pem")];
    let message = certificate_message(&chain);
    // All of the first certificate, which will be used up, and a part of the second.
    let sent = 4 + 3 + 3 + chain[0].len() + 200;
    let size = Connection::MIN_RX.max(sent);
    for free in 0..9 {
        let message = message.clone();
        let script = Script::default().edited_in(Flight::Hello, move |items| {
            items.truncate(1);
            items.push(Item::Record(Record::new(HANDSHAKE, &message[..size - free])));
            items.push(Item::Record(Record::new(ALERT, &[2, 40])));
        });
        let config = trusting();
        let (mut rx, mut tx, mut session) = (vec![0; size], vec![0; Connection::GOOD_TX], vec![0; 512]);
        let mut connection = Connection::new(&config, peer(&[]), &mut rx, &mut tx, &mut session).unwrap();
        let mut link = Link::new(Server::new(script), Pieces::Whole);
        let result = link.run(&mut connection, &mut Soft::new(InsecureSeeded::new(1)));
        assert_eq!(result, Err(ssl::FATAL_ALERT_MESSAGE), "{free} bytes free");
    }
}

/// RFC 6066 §3: the name without a dot at its end; addresses, and what is left of a name that is only a dot, are no names.
#[test]
fn the_name_that_is_sent_has_no_dot_at_its_end() {
    let config = Config { verification: tls12::Verification::None, ..trusting() };
    for (host, name) in [
        ("localhost", Some("localhost")),
        ("localhost.", Some("localhost")),
        (".", None),
        ("127.0.0.1", None),
        ("::1", None),
    ] {
        let peer = tls12::Peer { host, ..peer(&[]) };
        let talk = Talk::with(config, peer, Script::default(), Pieces::Whole).connected();
        let sent = name.map(|name| {
            let length = u16::try_from(name.len()).unwrap();
            [&(length + 3).to_be_bytes()[..], &[0], &length.to_be_bytes(), name.as_bytes()].concat()
        });
        assert_eq!(talk.link.server.hello.extension(0), sent.as_deref(), "{host}");
    }
}

/// What was agreed on can be asked for.
#[test]
fn a_connection_tells_what_was_agreed_on() {
    let config = Config { max_fragment_length: Some(LIMITS[1]), ..trusting() };
    for (extended_master_secret, encrypt_then_mac, max_fragment_length) in
        [(true, true, true), (false, true, false), (true, false, true), (false, false, false)]
    {
        let script =
            Script { extended_master_secret, encrypt_then_mac, max_fragment_length, ..Script::new(0x003D) };
        let talk = Talk::with(config, peer(&[]), script, Pieces::Whole);
        let is_nothing = !talk.connection.extended_master_secret() && !talk.connection.encrypt_then_mac();
        assert!(is_nothing && talk.connection.max_fragment_length().is_none(), "before the ServerHello");
        let connection = talk.connected().connection;
        assert_eq!(connection.extended_master_secret(), extended_master_secret);
        assert_eq!(connection.encrypt_then_mac(), encrypt_then_mac);
        assert_eq!(connection.max_fragment_length(), max_fragment_length.then_some(LIMITS[1]));
    }
    // An AEAD suite has no MAC.
    assert!(!Talk::new(Script::default()).connected().connection.encrypt_then_mac());
}
