//! The nine verbs and `Want`: what the ports promise, how a connection ends, and what it leaves behind.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "tests")]

use accel::rustcrypto::RustCrypto;
use accel::soft::Soft;
use accel::{Entropy, Rng};
use status::{Alert, AlertSeen, Cause, Error, Status, Step, entropy, net, ssl};
use tests::entropy::InsecureSeeded;
use tests::link::{Link, Pieces};
use tests::server::record::Record;
use tests::server::{
    CHANGE_CIPHER_SPEC, CertificateRequest, Flight, HELLO_REQUEST, Item, Script, Server, message,
};
use tests::throwaway::{NOW, rsa_public_key};
use tls12::{
    Config, Connection, MaxFragmentLength, Peer, Pin, ServerName, SetupError, Suite, Suites, Verification,
    Want,
};

use super::handshake::{Memory, identity, peer, trusting};

const FATAL: u8 = 2;
const WARNING: u8 = 1;

fn accelerator() -> RustCrypto<InsecureSeeded> {
    RustCrypto::new(InsecureSeeded::new(1))
}

/// A connection in traffic, in the hands of a test.
fn connected(
    script: Script,
    test: impl FnOnce(&mut Link, &mut Connection<'_>, &mut RustCrypto<InsecureSeeded>),
) {
    let config = trusting();
    let mut memory = Memory::new();
    let mut connection = memory.connect(&config, peer(&[]));
    let mut accel = accelerator();
    let mut link = Link::new(Server::new(script), Pieces::Whole);
    let want = link.run(&mut connection, &mut accel).unwrap();
    assert_eq!(want, Want::RECV | Want::WRITE);
    test(&mut link, &mut connection, &mut accel);
}

#[test]
fn nothing_happens_before_the_first_poll() {
    let config = trusting();
    let mut memory = Memory::new();
    let mut connection = memory.connect(&config, peer(&[]));
    assert!(connection.recv_space().is_empty() && connection.write_space().is_empty());
    assert!(connection.send_bytes().is_empty() && connection.plaintext().is_empty());
    assert_eq!((connection.step(), connection.status()), (Step::ClientHello, None));
    assert_eq!(connection.poll(&mut accelerator()), Ok(Want::SEND));
    assert_eq!(connection.send_bytes()[..3], [22, 3, 3]);
}

#[test]
fn a_header_is_asked_for_and_then_exactly_the_rest_of_its_record() {
    connected(Script::default(), |link, connection, accel| {
        link.server.send(b"twenty-four bytes of it");
        let record = link.server.take_output(usize::MAX);
        assert_eq!(connection.recv_space().len(), 5);
        connection.recv_space().copy_from_slice(&record[..5]);
        connection.received(5);
        assert_eq!(connection.recv_space().len(), 0, "poll decides what comes next");
        assert_eq!(connection.poll(accel), Ok(Want::RECV | Want::WRITE));
        assert_eq!(connection.recv_space().len(), record.len() - 5);
    });
}

#[test]
fn too_large_numbers_are_clamped() {
    connected(Script::default(), |link, connection, accel| {
        link.server.send(b"abc");
        let header = link.server.take_output(usize::MAX);
        connection.recv_space().copy_from_slice(&header[..5]);
        connection.received(usize::MAX);
        connection.poll(accel).unwrap();
        let body = connection.recv_space();
        let length = body.len();
        body.copy_from_slice(&header[5..5 + length]);
        connection.received(usize::MAX);
        connection.received(usize::MAX);
        assert!(connection.poll(accel).unwrap().contains(Want::READ));
        connection.consume(1);
        assert_eq!(connection.plaintext(), b"bc");
        connection.consume(usize::MAX);
        assert!(connection.plaintext().is_empty());

        let space = connection.write_space();
        let most = space.len();
        space.fill(b'x');
        connection.wrote(usize::MAX, accel).unwrap();
        connection.sent(usize::MAX);
        assert!(connection.send_bytes().is_empty());
        assert!(most > 0);
    });
}

#[test]
fn half_a_handshake_leaves_no_secret_behind() {
    let config = trusting();
    let mut memory = Memory::new();
    let mut connection = memory.connect(&config, peer(&[]));
    // The ticket comes, and then nothing more.
    let script = Script::default().edited_in(Flight::Finish, |items| items.truncate(1));
    let mut link = Link::new(Server::new(script), Pieces::Whole);
    let want = link.run(&mut connection, &mut accelerator()).unwrap();
    assert_eq!((want, connection.step()), (Want::RECV, Step::ServerChangeCipherSpec));
    drop(connection);
    let Memory { rx, tx, session } = memory;
    assert!([rx, tx, session].iter().flatten().all(|byte| *byte == 0));
}

#[test]
fn several_records_can_be_written_before_any_is_sent() {
    connected(Script::default(), |link, connection, accel| {
        for part in [&b"one "[..], b"two ", b"three"] {
            connection.write_space()[..part.len()].copy_from_slice(part);
            connection.wrote(part.len(), accel).unwrap();
        }
        link.run(connection, accel).unwrap();
        assert_eq!(link.server.data, b"one two three");
    });
}

#[test]
fn what_fills_the_send_buffer_leaves_room_for_the_last_alert() {
    connected(Script::default(), |link, connection, accel| {
        while !connection.write_space().is_empty() {
            let length = connection.write_space().len().min(100);
            connection.write_space()[..length].fill(7);
            connection.wrote(length, accel).unwrap();
        }
        connection.close();
        link.run(connection, accel).unwrap();
        assert!(link.server.data.len() > 3000);
        assert_eq!(link.server.alerts, [(WARNING, Alert::CLOSE_NOTIFY.0)]);
        assert_eq!(link.server.fault, None);
    });
}

// RFC 5246 §7.2.1.
#[test]
fn close_says_close_notify_behind_what_was_written() {
    connected(Script::default(), |link, connection, accel| {
        connection.write_space()[..4].copy_from_slice(b"last");
        connection.wrote(4, accel).unwrap();
        connection.close();
        assert!(connection.write_space().is_empty());
        let want = link.run(connection, accel).unwrap();
        assert_eq!(want, Want::RECV, "what the server still says can be read");
        assert_eq!(link.server.data, b"last");
        assert_eq!(link.server.alerts, [(WARNING, Alert::CLOSE_NOTIFY.0)]);

        link.server.send(b"and still");
        assert_eq!(link.run(connection, accel), Ok(Want::READ));
        assert_eq!(connection.plaintext(), b"and still");
        connection.consume(9);
        link.server.alert(WARNING, Alert::CLOSE_NOTIFY.0);
        assert_eq!(link.run(connection, accel), Ok(Want::CLOSED));
        assert_eq!(connection.status(), None);
        assert!(!connection.session().is_empty());
    });
}

// RFC 5246 §7.2.1, §7.4.1.1.
#[test]
fn nothing_follows_our_close_notify() {
    connected(Script::default(), |link, connection, accel| {
        connection.close();
        link.run(connection, accel).unwrap();
        assert_eq!(connection.step(), Step::Closed);
        link.server.push(message(HELLO_REQUEST, &[]));
        assert_eq!(link.run(connection, accel), Ok(Want::RECV));
        link.server.push(Item::Record(Record::new(CHANGE_CIPHER_SPEC, &[1])));
        assert_eq!(link.run(connection, accel), Err(ssl::UNEXPECTED_MESSAGE));
        assert_eq!(link.server.alerts, [(WARNING, Alert::CLOSE_NOTIFY.0)]);
    });
}

// RFC 5246 §7.2.1.
#[test]
fn the_servers_close_notify_is_answered() {
    connected(Script::default(), |link, connection, accel| {
        link.server.alert(WARNING, Alert::CLOSE_NOTIFY.0);
        assert_eq!(link.run(connection, accel), Ok(Want::CLOSED));
        assert_eq!(link.server.alerts, [(WARNING, Alert::CLOSE_NOTIFY.0)]);
        let status = connection.status().unwrap();
        assert_eq!((status.error, status.cause), (ssl::PEER_CLOSE_NOTIFY, Cause::None));
        assert_eq!(status.alert, Some(AlertSeen::Received(Alert::CLOSE_NOTIFY)));
        assert!(connection.write_space().is_empty() && connection.recv_space().is_empty());
    });
}

// RFC 5246 §7.2.1: truncation must not pass for an end.
#[test]
fn an_end_without_close_notify_is_told_apart() {
    connected(Script::default(), |link, connection, accel| {
        link.server.send(b"half of a");
        link.server.push(Item::End);
        assert!(link.run(connection, accel).unwrap().contains(Want::READ));
        connection.consume(9);
        assert_eq!(link.run(connection, accel), Ok(Want::CLOSED));
        let status = connection.status().unwrap();
        assert_eq!((status.error, status.cause), (ssl::CONN_EOF, Cause::Truncated));
    });
}

#[test]
fn an_end_inside_a_record_is_a_truncation_too() {
    connected(Script::default(), |link, connection, accel| {
        link.server.push(Item::Raw(vec![23, 3, 3, 0, 40, 1, 2, 3]));
        link.server.push(Item::End);
        assert_eq!(link.run(connection, accel), Ok(Want::CLOSED));
        assert_eq!(connection.status().unwrap().cause, Cause::Truncated);
    });
}

#[test]
fn after_our_own_close_the_end_of_the_stream_is_an_end() {
    connected(Script::default(), |link, connection, accel| {
        connection.close();
        link.run(connection, accel).unwrap();
        link.server.push(Item::End);
        assert_eq!(link.run(connection, accel), Ok(Want::CLOSED));
        assert_eq!(connection.status(), None);
    });
}

#[test]
fn an_end_during_the_handshake_is_a_failure() {
    let config = trusting();
    let mut memory = Memory::new();
    let mut connection = memory.connect(&config, peer(&[]));
    let script = Script::default().edited_in(Flight::Hello, |items| {
        items.truncate(1);
        items.push(Item::End);
    });
    let mut link = Link::new(Server::new(script), Pieces::Whole);
    assert_eq!(link.run(&mut connection, &mut accelerator()), Err(ssl::CONN_EOF));
    assert!(connection.send_bytes().is_empty(), "nobody is there to be told");
}

#[test]
fn closing_during_the_handshake_ends_it() {
    let config = trusting();
    let mut memory = Memory::new();
    let mut connection = memory.connect(&config, peer(&[]));
    let mut accel = accelerator();
    connection.poll(&mut accel).unwrap();
    connection.close();
    let mut link = Link::new(Server::new(Script::default()), Pieces::Whole);
    assert_eq!(link.run(&mut connection, &mut accel), Ok(Want::CLOSED));
    assert_eq!(link.server.alerts, [(WARNING, Alert::CLOSE_NOTIFY.0)]);
    assert!(connection.session().is_empty());
}

// RFC 5246 §7.2.2: the session of a connection that ended in a fatal alert must not be resumed.
#[test]
fn a_fatal_alert_ends_everything_and_drops_the_session() {
    connected(Script::default(), |link, connection, accel| {
        assert!(!connection.session().is_empty());
        link.server.alert(FATAL, Alert::INTERNAL_ERROR.0);
        assert_eq!(link.run(connection, accel), Err(ssl::FATAL_ALERT_MESSAGE));
        let status = connection.status().unwrap();
        assert_eq!(status.alert, Some(AlertSeen::Received(Alert::INTERNAL_ERROR)));
        assert_eq!(status.step, Step::Traffic);
        assert!(connection.send_bytes().is_empty() && connection.session().is_empty());
        assert!(link.server.alerts.is_empty());
    });
}

#[test]
fn an_alert_of_ours_follows_what_was_written() {
    connected(Script::default(), |link, connection, accel| {
        connection.write_space()[..5].copy_from_slice(b"first");
        connection.wrote(5, accel).unwrap();
        // Not a record at all, delivered before anything is sent.
        connection.recv_space().copy_from_slice(b"HTTP/");
        connection.received(5);
        assert_eq!(connection.poll(accel), Err(ssl::INVALID_RECORD));
        link.server.receive(connection.send_bytes());
        assert_eq!(link.server.data, b"first");
        assert_eq!(link.server.alerts, [(FATAL, Alert::UNEXPECTED_MESSAGE.0)]);
        assert_eq!(link.server.fault, None, "the peer can open the alert");
    });
}

#[test]
fn lent_buffers_are_wiped() {
    let config = trusting();
    let mut memory = Memory::new();
    {
        let mut connection = memory.connect(&config, peer(&[]));
        let mut accel = accelerator();
        let mut link = Link::new(Server::new(Script::default()), Pieces::Whole);
        link.run(&mut connection, &mut accel).unwrap();
        link.server.send(b"secret");
        link.run(&mut connection, &mut accel).unwrap();
        assert_eq!(connection.plaintext(), b"secret");
        assert!(!connection.session().is_empty());
    }
    let Memory { rx, tx, session } = memory;
    assert!(rx.iter().chain(&tx).chain(&session).all(|byte| *byte == 0));
}

#[test]
fn what_cannot_work_is_refused_at_once() {
    let config = trusting();
    let refused = |config: &Config<'_>, host: &str, rx: usize, tx: usize| {
        let (mut rx, mut tx) = (vec![0; rx], vec![0; tx]);
        Connection::new(config, Peer::new(host, NOW), &mut rx, &mut tx, &mut []).err()
    };
    let (rx, tx) = (Connection::MIN_RX, Connection::MIN_TX);
    assert_eq!(refused(&config, "localhost", rx, tx), None);
    assert_eq!(refused(&config, "localhost", rx - 1, tx), Some(SetupError::ReceiveBuffer { needed: rx }));
    assert_eq!(refused(&config, "localhost", rx, tx - 1), Some(SetupError::SendBuffer { needed: tx }));
    assert_eq!(refused(&config, "", rx, tx), Some(SetupError::Name));
    assert_eq!(refused(&config, &"h".repeat(255), rx, tx), None);
    assert_eq!(refused(&config, &"h".repeat(256), rx, tx), Some(SetupError::Name));
    let unnamed: [&[u8]; 2] = [b"mqtt", b""];
    assert_eq!(refused(&Config { alpn: &unnamed, ..config }, "localhost", rx, tx), Some(SetupError::Name));
    assert_eq!(Suites::new(&[]), Err(ssl::BAD_INPUT_DATA));
    assert_eq!(Suites::new(&[Suite::ALL[3], Suite::ALL[3]]), Err(ssl::BAD_INPUT_DATA));

    // RFC 6066 §3: an address is no name.
    for (name, is_good) in [("other.example", true), ("", false), ("192.0.2.1", false), ("::1", false)] {
        let config = Config { server_name: ServerName::Other(name), ..config };
        let expected = (!is_good).then_some(SetupError::Name);
        assert_eq!(refused(&config, "localhost", rx, tx), expected, "{name:?}");
    }
    let without_pin = Config { verification: Verification::Pinned, ..config };
    assert_eq!(refused(&without_pin, "localhost", rx, tx), Some(SetupError::Pins));
    let pins = &[Pin::Certificate([0; 32])];
    assert_eq!(refused(&Config { pins, ..without_pin }, "localhost", rx, tx), None);
    let in_vain = Config { verification: Verification::None, pins, ..config };
    assert_eq!(refused(&in_vain, "localhost", rx, tx), Some(SetupError::Pins));
}

/// The sizes that are told are those that are enough, and one byte less is not.
#[test]
fn the_sizes_that_are_needed_are_known_before() {
    let config = trusting();
    for (name, bits) in [("client-1024", 1024), ("client-2048", 2048), ("client-4096", 4096)] {
        let config = Config { identity: Some(identity(name)), ..config };
        let new = |rx: usize| {
            let (mut rx, mut tx) = (vec![0; rx], [0; Connection::MIN_TX]);
            Connection::new(&config, Peer::new("localhost", NOW), &mut rx, &mut tx, &mut []).err()
        };
        let needed = Connection::rx_for_key(bits);
        assert_eq!((new(needed), new(needed - 1)), (None, Some(SetupError::ReceiveBuffer { needed })));
    }
    assert_eq!(Connection::rx_for_key(0), Connection::MIN_RX);
    assert_eq!(Connection::rx_for_records(16384), Connection::FULL_RX);
    assert_eq!(Connection::tx_for_keys(2048), Connection::MIN_TX);
    assert_eq!(Connection::session_for_ticket(0), tls12::session::MAX_LENGTH_WITHOUT_TICKET);
}

#[test]
fn why_a_connection_cannot_be_set_up_is_said_with_its_code() {
    for (error, code, text) in [
        (
            SetupError::ReceiveBuffer { needed: 1776 },
            ssl::BUFFER_TOO_SMALL,
            "receive buffer too small: 1776 bytes are needed",
        ),
        (
            SetupError::SendBuffer { needed: 99 },
            ssl::BUFFER_TOO_SMALL,
            "send buffer too small: 99 bytes are needed",
        ),
        (
            SetupError::Name,
            ssl::BAD_INPUT_DATA,
            "host, server name or application protocol is empty, too long, or an address",
        ),
        (
            SetupError::ClientKey { bits: 512 },
            ssl::BAD_CONFIG,
            "client key of 512 bits: 1024 to 4096 are possible",
        ),
        (
            SetupError::Pins,
            ssl::BAD_CONFIG,
            "verification by pins needs a pin, and no verification takes none",
        ),
    ] {
        assert_eq!((error.to_string(), error.error()), (text.to_owned(), code));
        assert_eq!((Error::from(error), Status::from(error)), (code, Status::new(code)));
    }
}

/// What a connection is told and lent may live for different times: a connection only lives as long as the shortest of them.
#[test]
fn what_is_lent_need_not_live_equally_long() {
    static SUITES: Suites = Suites::ALL;
    fn shorter<'s>(connection: Connection<'static>) -> Connection<'s> {
        connection
    }
    let config: &'static Config<'static> = Box::leak(Box::new(trusting()));
    let mut tx = vec![0; Connection::MIN_TX];
    let alpn: Option<&'static [u8]> = {
        let host = String::from("localhost");
        let own = Config { suites: SUITES, ..*config };
        let mut rx = vec![0; Connection::MIN_RX];
        let connection = Connection::new(&own, Peer::new(&host, NOW), &mut rx, &mut tx, &mut []).unwrap();
        assert_eq!(connection.status(), None);
        drop(connection);
        config.alpn.first().copied()
    };
    assert_eq!((alpn, tx.len()), (None, Connection::MIN_TX));
    let lent = || vec![0; Connection::MIN_TX].leak();
    let connection = Connection::new(config, Peer::new("localhost", NOW), lent(), lent(), &mut []).unwrap();
    assert_eq!(shorter(connection).step(), Step::ClientHello);
}

/// Works so many times.
struct Failing(u32);

impl Entropy for Failing {
    fn entropy(&mut self, out: &mut [u8]) -> Result<(), Error> {
        self.0 = self.0.checked_sub(1).ok_or(entropy::SOURCE_FAILED)?;
        out.fill(0x42);
        Ok(())
    }
}

#[test]
fn a_failing_source_of_entropy_stops_the_handshake_with_its_code() {
    let mut accel = RustCrypto::new(Failing(0));
    assert!(accel.fill(&mut [0; 4]).is_err());
    let config = trusting();
    let mut memory = Memory::new();
    let mut connection = memory.connect(&config, peer(&[]));
    let error = connection.poll(&mut accel).unwrap_err();
    assert_eq!(error.low(), Some(entropy::SOURCE_FAILED));
}

#[test]
fn bits_of_want() {
    let both = Want::RECV | Want::SEND;
    assert!(both.contains(Want::RECV) && both.contains(Want::SEND) && !both.contains(Want::READ));
    assert!(both.contains(Want::default()) && Want::default().is_empty());
    assert_eq!(format!("{both:?} {:?}", Want::default()), "RECV | SEND nothing");
}

#[test]
fn sizes_that_are_documented() {
    assert_eq!(Connection::FULL_RX, 5 + 16 + (1 << 14) + 32 + 256);
    const { assert!(Connection::GOOD_TX >= x509::verify::WORKSPACE + accel::MAX_MODULUS_LENGTH) };
    assert_eq!(MaxFragmentLength::from_bytes(4096).map(MaxFragmentLength::code), Some(4));
    assert_eq!(MaxFragmentLength::from_bytes(16384), None);
}

/// Also while the signature is computed in the very memory that the alert is received into.
#[test]
fn a_socket_that_takes_nothing_more_may_still_hold_the_reason() {
    for alert in [Some(Alert::UNKNOWN_CA), None] {
        for polls in (0..200).step_by(9) {
            let config = Config { identity: Some(identity("client-2048")), ..trusting() };
            let mut memory = Memory::new();
            let mut connection = memory.connect(&config, peer(&[]));
            let mut accel = Soft::new(InsecureSeeded::new(1));
            let asking = Script {
                certificate_request: Some(CertificateRequest::default()),
                client_key: Some(rsa_public_key("client-2048.key")),
                ..Script::default()
            };
            let mut server = Server::new(asking);
            // Up to the client's second flight, and so many polls into it.
            let mut polled = 0;
            while polled < polls {
                let want = connection.poll(&mut accel).unwrap();
                polled += usize::from(server.is_silent() && !server.messages.is_empty());
                server.receive(connection.send_bytes());
                connection.sent(usize::MAX);
                if want.contains(Want::RECV) {
                    let bytes = server.take_output(connection.recv_space().len());
                    connection.recv_space()[..bytes.len()].copy_from_slice(&bytes);
                    connection.received(bytes.len());
                }
            }
            if server.connected {
                assert!(polls > 100);
                break;
            }
            server.take_output(usize::MAX);
            connection.send_closed();
            assert!(connection.send_bytes().is_empty() && connection.write_space().is_empty());
            if let Some(alert) = alert {
                server.alert(2, alert.0);
            } else {
                server.ended = true;
            }
            let mut link = Link::new(server, Pieces::Bytes);
            let error = if alert.is_some() { ssl::FATAL_ALERT_MESSAGE } else { net::SEND_FAILED };
            assert_eq!(link.run(&mut connection, &mut accel), Err(error), "after {polls} polls");
            assert_eq!(connection.status().unwrap().alert, alert.map(AlertSeen::Received));
        }
    }
}

#[test]
fn what_was_written_and_never_sent_shows_in_the_status() {
    for closes in [true, false] {
        for (goodbye, error) in [(true, ssl::PEER_CLOSE_NOTIFY), (false, net::SEND_FAILED)] {
            connected(Script::default(), |link, connection, accel| {
                connection.write_space()[..4].copy_from_slice(b"lost");
                connection.wrote(4, accel).unwrap();
                connection.send_closed();
                if closes {
                    connection.close();
                }
                if goodbye {
                    link.server.alert(1, 0);
                }
                link.server.ended = true;
                assert_eq!(link.run(connection, accel), Ok(Want::CLOSED));
                assert_eq!(connection.status().unwrap().error, error, "{closes}");
                assert!(link.server.data.is_empty());
            });
        }
    }
}

/// RFC 5246 §7.3: a server answers a ClientHello when it has received all of it. Only a socket that takes no more bytes makes this possible.
#[test]
fn an_answer_to_half_a_client_hello_is_unexpected() {
    let config = trusting();
    let mut memory = Memory::new();
    let mut connection = memory.connect(&config, peer(&[]));
    let mut accel = accelerator();
    assert_eq!(connection.poll(&mut accel), Ok(Want::SEND));
    let mut server = Server::new(Script::default());
    server.receive(connection.send_bytes());
    connection.sent(10);
    connection.send_closed();
    let mut link = Link::new(server, Pieces::Whole);
    assert_eq!(link.run(&mut connection, &mut accel), Err(ssl::BAD_HS_SERVER_HELLO));
}
