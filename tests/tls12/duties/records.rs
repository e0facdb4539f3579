//! Records: RFC 5246 §6.2 and §7.2, as a connection sees them. The record layer alone is tested in `record.rs`.

use status::{Alert, Cause, ssl};
use tests::link::Pieces;
use tests::server::crypto::{Mode, SUITES, parameters};
use tests::server::record::{Record, header};
use tests::server::{ALERT, APPLICATION_DATA, CHANGE_CIPHER_SPEC, Flight, HANDSHAKE, Item, Script};
use tls12::record::{MAX_EMPTY_RECORDS, MAX_PLAINTEXT_LENGTH, MAX_PROTECTED_LENGTH, MAX_WARNING_ALERTS};
use tls12::{Config, MaxFragmentLength, Want};

use super::{Failure, Talk, plain, refused};
use crate::handshake::{peer, trusting};

const BAD_RECORD: Failure = plain(ssl::INVALID_MAC, Alert::BAD_RECORD_MAC);

fn data(content: &[u8]) -> Record {
    Record::new(APPLICATION_DATA, content)
}

/// In traffic, after some good data, the server sends this.
fn fails_in_traffic(suite: u16, encrypt_then_mac: bool, record: Record) -> Failure {
    let mut talk = Talk::new(Script { encrypt_then_mac, ..Script::new(suite) }).connected();
    talk.link.server.send(b"good");
    assert!(talk.run().is_ok());
    talk.link.server.push(Item::Record(record));
    talk.link.server.send(b"never to be seen");
    talk.fails(b"good")
}

/// RFC 5246 §6.2.1.
#[test]
fn a_plaintext_over_2_14_bytes_is_refused() {
    for suite in SUITES {
        let failure = fails_in_traffic(suite, true, data(&[7; MAX_PLAINTEXT_LENGTH + 1]));
        let expected = (ssl::INVALID_RECORD, Some(Alert::RECORD_OVERFLOW), Cause::RecordTooLong);
        assert_eq!(failure, expected, "{suite:04X}");
        let mut talk = Talk::new(Script::new(suite)).connected();
        talk.link.server.push(Item::Record(data(&[7; MAX_PLAINTEXT_LENGTH])));
        assert!(talk.run().is_ok());
        assert_eq!(talk.data.len(), MAX_PLAINTEXT_LENGTH);
    }
}

/// RFC 5246 §6.2.3: refused by the header alone.
#[test]
fn a_record_over_2_14_and_2048_bytes_is_refused() {
    let expected = (ssl::BAD_INPUT_DATA, Some(Alert::RECORD_OVERFLOW), Cause::RecordTooLong);
    let long = || Item::Raw(header(APPLICATION_DATA, [3, 3], MAX_PROTECTED_LENGTH + 1));
    let mut talk = Talk::new(Script::default()).connected();
    talk.link.server.push(long());
    assert_eq!(talk.fails(&[]), expected);
    assert_eq!(
        refused(Script::default().edited_in(Flight::Hello, move |items| items.insert(0, long()))),
        expected
    );
}

/// RFC 6066 §4.
#[test]
fn a_record_over_the_agreed_limit_is_refused() {
    let config = Config { max_fragment_length: Some(MaxFragmentLength::Bytes512), ..trusting() };
    let mut talk = Talk::with(config, peer(&[]), Script::default(), Pieces::Whole).connected();
    talk.link.server.push(Item::Record(data(&[7; 513])));
    assert_eq!(talk.fails(&[]), (ssl::INVALID_RECORD, Some(Alert::RECORD_OVERFLOW), Cause::RecordTooLong));
}

/// RFC 5246 §6.2.1: without protection the header says it already.
#[test]
fn an_unprotected_record_over_2_14_bytes_is_refused() {
    for content_type in [HANDSHAKE, ALERT, CHANGE_CIPHER_SPEC, APPLICATION_DATA] {
        let script = Script::default().edited_in(Flight::Hello, move |items| {
            items.insert(0, Item::Raw(header(content_type, [3, 3], MAX_PLAINTEXT_LENGTH + 1)));
        });
        let expected = (ssl::INVALID_RECORD, Some(Alert::RECORD_OVERFLOW), Cause::RecordTooLong);
        assert_eq!(refused(script), expected);
    }
}

#[test]
fn empty_records_are_taken_but_not_endlessly() {
    for suite in SUITES {
        let mut talk = Talk::new(Script::new(suite)).connected();
        for _ in 0..5 {
            for _ in 0..MAX_EMPTY_RECORDS {
                talk.link.server.push(Item::Record(data(&[])));
            }
            talk.link.server.send(b"x");
        }
        assert!(talk.run().is_ok());
        assert_eq!(talk.data, b"xxxxx");
        for _ in 0..=MAX_EMPTY_RECORDS {
            talk.link.server.push(Item::Record(data(&[])));
        }
        let (error, alert, cause) = talk.fails(b"xxxxx");
        assert_eq!((error, cause), (ssl::INVALID_MAC, Cause::TooMany), "{suite:04X}");
        assert!(alert.is_some());
    }
}

/// RFC 5246 §6.2.1: no other content may be empty.
#[test]
fn empty_records_of_other_types_are_refused() {
    for content_type in [CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE] {
        let failure = fails_in_traffic(0x009D, true, Record::new(content_type, &[]));
        assert_eq!(failure.0, ssl::INVALID_RECORD);
    }
    for content_type in [CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA] {
        let script = Script::default().edited_in(Flight::Hello, move |items| {
            items.insert(0, Item::Record(Record::new(content_type, &[])));
        });
        assert_eq!(refused(script), plain(ssl::INVALID_RECORD, Alert::DECODE_ERROR));
    }
}

#[test]
fn warning_alerts_are_heard_but_not_endlessly() {
    let mut talk = Talk::new(Script::default()).connected();
    for _ in 0..3 {
        for _ in 0..MAX_WARNING_ALERTS {
            talk.link.server.alert(1, Alert::UNRECOGNIZED_NAME.0);
        }
        talk.link.server.send(b"x");
    }
    assert!(talk.run().is_ok());
    for _ in 0..=MAX_WARNING_ALERTS {
        talk.link.server.alert(1, Alert::UNRECOGNIZED_NAME.0);
    }
    let expected = (ssl::UNEXPECTED_MESSAGE, Some(Alert::UNEXPECTED_MESSAGE), Cause::TooMany);
    assert_eq!(talk.fails(b"xxx"), expected);

    let script = Script::default().edited_in(Flight::Hello, |items| {
        for _ in 0..=MAX_WARNING_ALERTS {
            items.insert(0, Item::Record(Record::new(ALERT, &[1, 112])));
        }
    });
    assert_eq!(refused(script), expected);
}

/// RFC 5246 §7.2.2: a fatal alert ends it, whatever it says, and is not answered.
#[test]
fn a_fatal_alert_is_the_end() {
    for description in [0, 10, 40, 42, 48, 70, 80, 112, 255] {
        let mut talk = Talk::new(Script::default()).connected();
        assert!(!talk.session().is_empty());
        talk.link.server.alert(2, description);
        assert_eq!(talk.fails(&[]), (ssl::FATAL_ALERT_MESSAGE, None, Cause::None));
        let script = Script::default().edited_in(Flight::Hello, move |items| {
            items.insert(0, Item::Record(Record::new(ALERT, &[2, description])));
        });
        assert_eq!(refused(script), (ssl::FATAL_ALERT_MESSAGE, None, Cause::None));
    }
    for malformed in [&[2][..], &[2, 40, 0], &[0, 40], &[3, 40]] {
        assert_eq!(fails_in_traffic(0x009D, true, Record::new(ALERT, malformed)).0, ssl::INVALID_RECORD);
    }
}

/// RFC 5246 §6.2.3.2: nobody learns what was wrong with a record.
#[test]
fn every_fault_of_a_record_has_the_same_code_and_alert() {
    let flip = |at: usize| move |record: &mut Vec<u8>| record[at] ^= 1;
    for suite in SUITES {
        for encrypt_then_mac in [true, false] {
            let fails = |record| fails_in_traffic(suite, encrypt_then_mac, record);
            // The nonce or vector, the content, the end, and the type in the header.
            for at in [5, 12, 21, 30] {
                assert_eq!(fails(data(&[0; 64]).outside(flip(at))), BAD_RECORD, "{suite:04X} {at}");
            }
            let last = |record: &mut Vec<u8>| *record.last_mut().unwrap() ^= 1;
            assert_eq!(fails(data(&[0; 64]).outside(last)), BAD_RECORD);
            let handshake = |record: &mut Vec<u8>| record[0] = HANDSHAKE;
            assert_eq!(fails(data(&[0; 64]).outside(handshake)), BAD_RECORD);
            // Shorter than its overhead.
            let short = |record: &mut Vec<u8>| *record = [&header(23, [3, 3], 7)[..], &[0; 7]].concat();
            assert_eq!(fails(data(&[0; 64]).outside(short)), BAD_RECORD);
            if parameters(suite).mode != Mode::Cbc {
                continue;
            }
            // A wrong byte of padding, too long a padding; and a MAC that is wrong behind a good padding.
            let padding = |bytes: &mut Vec<u8>| {
                let length = bytes.len();
                bytes[length - 2] ^= 1;
            };
            assert_eq!(fails(Record { extra_blocks: 2, ..data(&[0; 60]) }.inside(padding)), BAD_RECORD);
            let too_long = |bytes: &mut Vec<u8>| bytes.fill(0xFF);
            assert_eq!(fails(data(&[0; 60]).inside(too_long)), BAD_RECORD);
            if !encrypt_then_mac {
                assert_eq!(fails(data(&[0; 60]).inside(|bytes| bytes[61] ^= 1)), BAD_RECORD);
            }
        }
    }
}

#[test]
fn lost_repeated_and_reordered_records_are_refused() {
    for suite in SUITES {
        let mut talk = Talk::new(Script::new(suite)).connected();
        let state = talk.link.server.write_state().unwrap();
        let [first, second] = [b"first", b"other"].map(|content| state.seal(&data(content)));
        talk.link.server.push(Item::Raw(second.clone()));
        assert_eq!(talk.fails(&[]), BAD_RECORD);

        let mut talk = Talk::new(Script::new(suite)).connected();
        talk.link.server.push(Item::Raw(first.clone()));
        talk.link.server.push(Item::Raw(first));
        assert_eq!(talk.fails(b"first"), BAD_RECORD);
    }
}

#[test]
fn what_is_no_record_is_refused() {
    for (bytes, expected) in [
        (&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], plain(ssl::INVALID_RECORD, Alert::UNEXPECTED_MESSAGE)),
        (b"220 mail.example ESMTP\r\n", plain(ssl::INVALID_RECORD, Alert::UNEXPECTED_MESSAGE)),
        (&[22, 2, 0, 0, 4, 0, 0, 0, 0], plain(ssl::INVALID_RECORD, Alert::PROTOCOL_VERSION)),
        (&[0x80, 0x2E, 1, 3, 1, 0, 0], plain(ssl::INVALID_RECORD, Alert::UNEXPECTED_MESSAGE)),
        (&[24, 3, 3, 0, 3, 1, 0, 16], plain(ssl::INVALID_RECORD, Alert::UNEXPECTED_MESSAGE)),
    ] {
        let script =
            Script::default().edited_in(Flight::Hello, move |items| *items = vec![Item::Raw(bytes.to_vec())]);
        assert_eq!(refused(script), expected);
        let mut talk = Talk::new(Script::default()).connected();
        talk.link.server.push(Item::Raw(bytes.to_vec()));
        assert_eq!(talk.fails(&[]), expected);
    }
}

/// RFC 5246 §7.2.1: whoever cuts the stream off must not pass for the server's own end.
#[test]
fn truncation_is_told_apart_from_close_notify() {
    let ended = |notify: bool, rest: &[u8]| {
        let mut talk = Talk::new(Script::default()).connected();
        talk.link.server.send(b"all");
        if notify {
            talk.link.server.alert(1, 0);
        }
        talk.link.server.push(Item::Raw(rest.to_vec()));
        talk.link.server.push(Item::End);
        let want = talk.run().unwrap();
        assert!(want.contains(Want::CLOSED));
        assert_eq!(talk.data, b"all");
        let status = talk.connection.status().unwrap();
        (status.error, status.cause)
    };
    assert_eq!(ended(true, &[]), (ssl::PEER_CLOSE_NOTIFY, Cause::None));
    assert_eq!(ended(false, &[]), (ssl::CONN_EOF, Cause::Truncated));
    assert_eq!(ended(false, &[23, 3]), (ssl::CONN_EOF, Cause::Truncated));
    assert_eq!(ended(false, &[23, 3, 3, 0, 40, 0, 0]), (ssl::CONN_EOF, Cause::Truncated));
}

#[test]
fn the_end_of_the_stream_during_a_handshake_is_a_failure() {
    for flight in [Flight::Hello, Flight::Finish] {
        for place in 0..3 {
            let script = Script::default().edited_in(flight, move |items| {
                items.truncate(place);
                items.push(Item::End);
            });
            assert_eq!(refused(script), (ssl::CONN_EOF, None, Cause::Truncated), "{flight:?} {place}");
        }
    }
}
