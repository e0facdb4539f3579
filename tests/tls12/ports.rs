//! Between two polls: what each verb does to the ports, and to what the next poll says.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "tests")]

use accel::rustcrypto::RustCrypto;
use status::{Alert, Step, ssl};
use tests::entropy::InsecureSeeded;
use tests::link::{Link, Pieces};
use tests::server::{Item, Script, Server};
use tls12::{Connection, Want};

use super::handshake::{Memory, peer, trusting};

type Accelerator = RustCrypto<InsecureSeeded>;

/// A connection in traffic, in the hands of a test.
fn connected(test: impl FnOnce(&mut Link, &mut Connection<'_>, &mut Accelerator)) {
    let config = trusting();
    let mut memory = Memory::new();
    let mut connection = memory.connect(&config, peer(&[]));
    let mut accel = RustCrypto::new(InsecureSeeded::new(1));
    let mut link = Link::new(Server::new(Script::default()), Pieces::Whole);
    assert_eq!(link.run(&mut connection, &mut accel), Ok(Want::RECV | Want::WRITE));
    test(&mut link, &mut connection, &mut accel);
}

/// Which ports are not empty.
fn open(connection: &mut Connection<'_>) -> Want {
    let mut open = Want::default();
    for (bit, is_open) in [
        (Want::RECV, !connection.recv_space().is_empty()),
        (Want::SEND, !connection.send_bytes().is_empty()),
        (Want::READ, !connection.plaintext().is_empty()),
        (Want::WRITE, !connection.write_space().is_empty()),
    ] {
        if is_open {
            open |= bit;
        }
    }
    open
}

#[test]
fn what_was_written_is_offered_at_once_and_is_gone_when_it_was_sent() {
    connected(|link, connection, accel| {
        connection.write_space()[..2].copy_from_slice(b"ab");
        connection.wrote(2, accel).unwrap();
        assert_eq!(open(connection), Want::RECV | Want::SEND | Want::WRITE);
        let length = connection.send_bytes().len();
        link.server.receive(&connection.send_bytes()[..length - 1]);
        connection.sent(length - 1);
        assert_eq!(open(connection), Want::RECV | Want::SEND | Want::WRITE);
        link.server.receive(connection.send_bytes());
        connection.sent(1);
        assert_eq!(open(connection), Want::RECV | Want::WRITE);
        assert_eq!(connection.poll(accel), Ok(Want::RECV | Want::WRITE));
        assert_eq!(link.server.data, b"ab");
    });
}

/// No empty record: RFC 5246 §6.2.1 allows one, but nobody asked for it.
#[test]
fn nothing_written_seals_nothing() {
    connected(|link, connection, accel| {
        connection.wrote(0, accel).unwrap();
        assert_eq!(open(connection), Want::RECV | Want::WRITE);
        assert_eq!(connection.poll(accel), Ok(Want::RECV | Want::WRITE));
        // The next record has the next number: nothing was lost or skipped.
        connection.write_space()[..1].copy_from_slice(b"x");
        connection.wrote(1, accel).unwrap();
        link.run(connection, accel).unwrap();
        assert_eq!((&link.server.data[..], &link.server.fault), (&b"x"[..], &None));
    });
}

#[test]
fn what_was_read_is_gone_at_once() {
    connected(|link, connection, accel| {
        link.server.send(b"abc");
        assert_eq!(link.run(connection, accel), Ok(Want::READ | Want::WRITE));
        connection.consume(2);
        assert_eq!(open(connection), Want::READ | Want::WRITE);
        connection.consume(1);
        assert_eq!(open(connection), Want::RECV | Want::WRITE, "there is room again at once");
        assert_eq!(connection.poll(accel), Ok(Want::RECV | Want::WRITE));
    });
}

#[test]
fn an_ended_stream_takes_nothing_more() {
    connected(|_, connection, accel| {
        connection.recv_closed();
        assert_eq!(open(connection), Want::WRITE);
        assert_eq!(connection.poll(accel), Ok(Want::CLOSED));
        assert_eq!(open(connection), Want::default());
        assert_eq!(connection.status().unwrap().error, ssl::CONN_EOF);
    });
}

#[test]
fn an_ended_stream_after_our_close_is_an_end_without_a_failure() {
    connected(|link, connection, accel| {
        connection.close();
        assert_eq!(open(connection), Want::RECV);
        connection.recv_closed();
        assert_eq!(open(connection), Want::default());
        assert_eq!(link.run(connection, accel), Ok(Want::CLOSED));
        assert_eq!(connection.status(), None);
        assert_eq!(link.server.alerts, [(1, Alert::CLOSE_NOTIFY.0)], "our close_notify still went out");
    });
}

/// What arrived before the end is read first.
#[test]
fn an_end_behind_data_is_told_after_it() {
    connected(|link, connection, accel| {
        link.server.send(b"last");
        link.server.push(Item::End);
        assert_eq!(link.run(connection, accel), Ok(Want::READ | Want::WRITE));
        connection.recv_closed();
        assert_eq!(connection.poll(accel), Ok(Want::READ | Want::WRITE));
        assert_eq!(connection.plaintext(), b"last");
        connection.consume(4);
        assert_eq!(connection.poll(accel), Ok(Want::CLOSED));
    });
}

#[test]
fn after_close_nothing_is_written() {
    connected(|link, connection, accel| {
        connection.close();
        assert_eq!(open(connection), Want::RECV);
        connection.wrote(5, accel).unwrap();
        assert_eq!(open(connection), Want::RECV);
        link.run(connection, accel).unwrap();
        assert!(link.server.data.is_empty());
    });
}

/// While a public-key job has the buffers nothing is received, written, read or over.
#[test]
fn a_busy_connection_lends_nothing() {
    let config = trusting();
    let mut memory = Memory::new();
    let mut connection = memory.connect(&config, peer(&[]));
    let mut accel = accel::soft::Soft::new(InsecureSeeded::new(1));
    let mut server = Server::new(Script::default());
    let (mut busy, mut steps) = (0, Vec::new());
    loop {
        let want = connection.poll(&mut accel).unwrap();
        let lent = open(&mut connection);
        for bit in [Want::RECV, Want::SEND, Want::READ, Want::WRITE] {
            assert_eq!(lent.contains(bit), want.contains(bit), "{want:?}");
        }
        if want.contains(Want::BUSY) {
            busy += 1;
            assert!(!want.contains(Want::CLOSED) && !want.contains(Want::RECV));
            if steps.last() != Some(&connection.step()) {
                steps.push(connection.step());
            }
        } else if want.contains(Want::SEND) {
            server.receive(connection.send_bytes());
            connection.sent(usize::MAX);
        } else if want.contains(Want::WRITE) {
            break;
        } else {
            let length = connection.recv_space().len();
            let bytes = server.take_output(length);
            connection.recv_space()[..bytes.len()].copy_from_slice(&bytes);
            connection.received(bytes.len());
        }
    }
    assert!(busy > 5, "{busy} slices");
    assert_eq!(steps.first(), Some(&Step::ServerCertificate));
    assert!(steps.contains(&Step::ClientKeyExchange), "{steps:?}");
}
