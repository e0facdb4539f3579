//! TLS: records under every suite, and a connection to a server that says anything.

use accel::soft::Soft;
use accel::{Accel, Direction};
use tls12::record::{ContentType, HEADER_LENGTH, MAX_PLAINTEXT_LENGTH, Protection};
use tls12::schedule::Keys;
use tls12::{Config, Connection, MaxFragmentLength, Peer, Suite, Verification, Want};
use x509::{Bundle, MAX_FILE_LENGTH};

use super::Input;
use crate::entropy::InsecureSeeded;
use crate::insecure::{Insecure, insecure};

const ANCHORS: &[u8] = include_bytes!("../../../vectors/tls12/ca.pem");
const NOW: u64 = 1_800_000_000;
/// More calls than any input can need: a connection that has not ended by then turns in a circle.
const MAX_TURNS: usize = 1_000_000;

/// The first byte chooses suite and encrypt-then-MAC; the rest is a record to be opened, and a plaintext to be sealed.
pub fn record(data: &[u8]) {
    let mut input = Input(data);
    let choice = input.byte();
    let suite = Suite::ALL[usize::from(choice & 0x7F) % Suite::ALL.len()];
    let encrypt_then_mac = choice & 0x80 != 0;
    for length in [input.0.len(), input.0.len() / 2] {
        let mut record = input.0[..length].to_vec();
        let mut protection = protection(&mut insecure(), suite, Direction::Decrypt, encrypt_then_mac);
        match protection.open(&mut insecure(), &mut record) {
            Ok(plaintext) => {
                assert!(plaintext.start >= HEADER_LENGTH && plaintext.end <= record.len());
                assert!(plaintext.len() <= MAX_PLAINTEXT_LENGTH);
            }
            Err(_) => assert!(record.iter().all(|byte| *byte == 0), "a record that does not open is wiped"),
        }
    }
    let mut accel = Soft::new(InsecureSeeded::new(1));
    let plaintext = &input.0[..input.0.len().min(MAX_PLAINTEXT_LENGTH)];
    let mut sealing = protection(&mut accel, suite, Direction::Encrypt, encrypt_then_mac);
    let mut buffer = vec![0; plaintext.len() + tls12::record::MAX_OVERHEAD];
    let start = sealing.prefix_length();
    buffer[start..start + plaintext.len()].copy_from_slice(plaintext);
    let length = sealing
        .seal(&mut accel, ContentType::APPLICATION_DATA, &mut buffer, plaintext.len())
        .unwrap_or_else(|failure| panic!("{}", failure.error()));
    let mut damaged = buffer[..length].to_vec();
    let mut opening = protection(&mut accel, suite, Direction::Decrypt, encrypt_then_mac);
    let opened = opening
        .open(&mut accel, &mut buffer[..length])
        .unwrap_or_else(|failure| panic!("{}", failure.error()));
    assert_eq!(&buffer[opened], plaintext);
    // One bit anywhere but in the header's version and length, which say where a record ends and are not its content.
    let position = usize::from(choice) * damaged.len() / 256;
    if !(1..HEADER_LENGTH).contains(&position) {
        damaged[position] ^= 1;
        let mut opening = protection(&mut accel, suite, Direction::Decrypt, encrypt_then_mac);
        assert!(opening.open(&mut accel, &mut damaged).is_err(), "a changed record was opened");
    }
}

fn protection<A: Accel>(
    accel: &mut A,
    suite: Suite,
    direction: Direction,
    encrypt_then_mac: bool,
) -> Protection {
    let mac = suite.mac().map_or(0, accel::HashAlgorithm::digest_length);
    let salt = if suite.is_aead() { 4 } else { 0 };
    let zeros = [0; 64];
    let keys = Keys { suite, mac: &zeros[..mac], cipher: &zeros[..suite.key_length()], salt: &zeros[..salt] };
    Protection::new(accel, &keys, direction, encrypt_then_mac)
        .unwrap_or_else(|failure| panic!("{}", failure.error()))
}

/// The first byte chooses the configuration, the second how the stream is cut; the rest is what the server says.
pub fn handshake(data: &[u8]) {
    application_data(data);
}

/// The same, and how many bytes the application has read: a corpus that never gets there is worth little.
pub fn application_data(data: &[u8]) -> usize {
    let mut input = Input(data);
    let choice = input.byte();
    let piece = match input.byte() {
        0 => usize::MAX,
        length => usize::from(length),
    };
    let mut storage = [0; MAX_FILE_LENGTH];
    let config = Config {
        anchors: Bundle::from_pem(ANCHORS, &mut storage).ok(),
        verification: if choice & 1 == 0 { Verification::None } else { Verification::Required },
        max_fragment_length: if choice & 2 == 0 { None } else { MaxFragmentLength::from_bytes(1024) },
        alpn: if choice & 4 == 0 { &[] } else { &[b"mqtt"] },
        session_tickets: choice & 8 == 0,
        ..Config::default()
    };
    let peer = Peer { host: "localhost", now: NOW, session: &[] };
    let length = if choice & 16 == 0 { Connection::FULL_RX } else { Connection::SMALL_RX };
    let (mut rx, mut tx, mut session) =
        (vec![0; length], [0; Connection::GOOD_TX], [0; Connection::GOOD_SESSION]);
    let mut connection =
        Connection::new(&config, peer, &mut rx, &mut tx, &mut session).expect("a good configuration");
    run(&mut connection, &mut input, piece)
}

fn run(connection: &mut Connection<'_>, input: &mut Input<'_>, piece: usize) -> usize {
    let mut accel = insecure();
    let mut has_written = false;
    let mut has_ended = false;
    let mut read = 0;
    for _ in 0..MAX_TURNS {
        let want = match connection.poll(&mut accel) {
            Ok(want) => want,
            Err(error) => {
                failed(connection, &mut accel, error);
                return read;
            }
        };
        connection.sent(connection.send_bytes().len());
        if want.contains(Want::READ) {
            assert!(!connection.plaintext().is_empty() && connection.suite().is_some());
            let length = connection.plaintext().len().min(piece);
            connection.consume(length);
            read += length;
        }
        if want.contains(Want::WRITE) && !has_written {
            has_written = true;
            let space = connection.write_space();
            assert!(!space.is_empty());
            space[0] = 7;
            if connection.wrote(1, &mut accel).is_err() {
                continue;
            }
        }
        if want.contains(Want::RECV) {
            let space = connection.recv_space();
            assert!(!space.is_empty());
            let bytes = input.take(space.len().min(piece));
            space[..bytes.len()].copy_from_slice(bytes);
            connection.received(bytes.len());
            if bytes.is_empty() {
                has_ended = true;
                connection.recv_closed();
            }
        }
        let is_waiting =
            !want.contains(Want::BUSY) && !want.contains(Want::READ) && !want.contains(Want::SEND);
        if want.contains(Want::CLOSED) || (has_ended && is_waiting && !want.contains(Want::RECV)) {
            return read;
        }
    }
    panic!("the connection does not end");
}

/// A failure is final, gives nothing to the application, and stays the same.
fn failed(connection: &mut Connection<'_>, accel: &mut Insecure, error: status::Error) {
    assert!(connection.plaintext().is_empty() && connection.session().is_empty());
    assert!(connection.write_space().is_empty() && connection.recv_space().is_empty());
    connection.sent(connection.send_bytes().len());
    assert_eq!(connection.poll(accel).err(), Some(error));
    assert_eq!(connection.status().map(|status| status.error), Some(error));
}
