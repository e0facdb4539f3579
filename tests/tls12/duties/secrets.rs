//! Secrets: wiped when dropped, never in Debug output, and in a key log only when that is asked for.

use accel::soft::Soft;
use status::ssl;
use tests::assert_secret;
use tests::entropy::InsecureSeeded;
use tests::link::{Link, Pieces};
use tests::memory::{holds, read};
use tests::server::crypto::SUITES;
use tests::server::{FINISHED, Flight, Script, Server, message};
use tls12::Connection;
use tls12::record::Protection;
use tls12::schedule::{KeyBlock, MasterKey, MasterSecret, PremasterSecret, VerifyData};
use x509::PrivateKey;

use super::super::handshake::{peer, trusting};
use super::Talk;

#[test]
fn secrets_have_no_debug_and_are_wiped() {
    assert_secret!(PremasterSecret, MasterSecret, MasterKey, KeyBlock, VerifyData, Protection);
    assert_secret!(Connection<'static>, PrivateKey<'static>);
}

/// The NSS format that Wireshark reads: the server's own idea of the secrets.
#[test]
fn the_key_log_has_the_secrets_that_both_sides_use() {
    for suite in SUITES {
        let mut line = String::new();
        let talk = Talk::new(Script::new(suite));
        assert!(talk.connection.key_log(&mut line).is_ok());
        assert!(line.is_empty(), "nothing to tell yet");
        let talk = talk.connected();
        assert!(talk.connection.key_log(&mut line).is_ok());
        let hexadecimal = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let random = hexadecimal(&talk.link.server.hello.random);
        let master = hexadecimal(&talk.link.server.saved().master);
        assert_eq!(line, format!("CLIENT_RANDOM {random} {master}\n"));
    }
}

/// The master secret is wiped then, and a line of zeros would be a lie.
#[test]
fn the_key_log_has_nothing_of_a_failed_connection() {
    for length in [12, 11] {
        let script = Script::default().edited_in(Flight::Finish, move |items| {
            items.pop();
            items.push(message(FINISHED, &vec![0; length]));
        });
        let (mut rx, mut tx, mut session) =
            (vec![0; Connection::SMALL_RX], vec![0; Connection::GOOD_TX], vec![0; Connection::GOOD_SESSION]);
        let config = trusting();
        let mut connection = Connection::new(&config, peer(&[]), &mut rx, &mut tx, &mut session).unwrap();
        let mut link = Link::new(Server::new(script), Pieces::Whole);
        assert_eq!(
            link.run(&mut connection, &mut Soft::new(InsecureSeeded::new(1))),
            Err(ssl::BAD_HS_FINISHED)
        );
        let mut line = String::new();
        assert!(connection.key_log(&mut line).is_ok() && line.is_empty(), "{line}");
    }
}

/// RFC 5246 §7.2.2: behind a fatal alert nothing is left, neither in the connection nor in what it was lent, and before it is dropped.
#[test]
fn a_failure_leaves_no_secret_in_memory() {
    for suite in SUITES {
        let script = Script::new(suite).edited_in(Flight::Finish, |items| {
            items.pop();
            items.push(message(FINISHED, &[0; 12]));
        });
        let (mut rx, mut tx, mut session) =
            (vec![0; Connection::SMALL_RX], vec![0; Connection::GOOD_TX], vec![0; Connection::GOOD_SESSION]);
        let place = |memory: &Vec<u8>| (memory.as_ptr() as usize, memory.len());
        let lent = [place(&rx), place(&tx), place(&session)];
        let config = trusting();
        let connection = Connection::new(&config, peer(&[]), &mut rx, &mut tx, &mut session);
        let mut connection = Box::new(connection.expect("a good configuration"));
        let object = (&raw const *connection as usize, size_of::<Connection<'_>>());
        let mut accel = Soft::new(InsecureSeeded::new(1));
        let mut link = Link::new(Server::new(script), Pieces::Whole);
        assert_eq!(link.run(&mut connection, &mut accel), Err(ssl::BAD_HS_FINISHED));

        let [rx, tx, session] = lent.map(|(address, length)| read(address, length));
        assert!(rx.iter().all(|byte| *byte == 0), "{suite:04X}: what was received");
        assert!(session.iter().all(|byte| *byte == 0), "{suite:04X}: the session that a ticket came for");
        let master = link.server.saved().master;
        let connection = read(object.0, object.1);
        assert_eq!(master.len(), 48);
        assert!(holds(&[&[9; 5][..], &master].concat(), &master), "what is there is found");
        for secret in [&master, &link.server.premaster].into_iter().chain(&link.server.keys()) {
            assert!(!holds(&connection, secret) && !holds(&tx, secret), "{suite:04X}");
        }
    }
}

/// What the application wrote and did not hand over is not left where it was written.
#[test]
fn a_failure_leaves_nothing_of_what_was_not_sealed() {
    let mut talk = Talk::new(Script::default()).connected();
    let text = b"not handed over to be sealed";
    let space = talk.connection.write_space();
    let place = (space.as_ptr() as usize, space.len());
    space[..text.len()].copy_from_slice(text);
    assert!(holds(&read(place.0, place.1), text));
    talk.link.server.alert(2, 40);
    assert_eq!(talk.run(), Err(ssl::FATAL_ALERT_MESSAGE));
    assert!(!holds(&read(place.0, place.1), text));
}
