//! The change of keys: RFC 5246 §7.1, §7.4.9 and §6.2.1.

use status::{Alert, Cause, ssl};
use tests::server::record::Record;
use tests::server::{
    ALERT, APPLICATION_DATA, CHANGE_CIPHER_SPEC, FINISHED, Flight, HANDSHAKE, Item, NEW_SESSION_TICKET,
    Script, message,
};

use super::{Failure, Talk, plain, refused};
use crate::handshake::{peer, trusting};

const UNEXPECTED: Failure = plain(ssl::UNEXPECTED_MESSAGE, Alert::UNEXPECTED_MESSAGE);

/// The place of the ChangeCipherSpec in a flight.
fn change_cipher_spec(items: &[Item]) -> usize {
    items.iter().position(|item| matches!(item, Item::ChangeCipherSpec(_))).expect("a ChangeCipherSpec")
}

/// A full handshake in which something stands behind the server's ChangeCipherSpec.
fn behind(record: impl Fn() -> Item + 'static) -> Script {
    Script::default().edited_in(Flight::Finish, move |items| {
        items.insert(change_cipher_spec(items) + 1, record());
    })
}

#[test]
fn no_handshake_byte_may_wait_at_change_cipher_spec() {
    // Less than a message's header, so that nobody can say yet what it is; and a whole header of Finished in the clear.
    for part in [&[FINISHED][..], &[FINISHED, 0, 0], &[FINISHED, 0, 0, 12, 1]] {
        let script = Script { ticket: None, ..Script::default() }.edited_in(Flight::Finish, move |items| {
            items.insert(change_cipher_spec(items), Item::Record(Record::new(HANDSHAKE, part)));
        });
        assert_eq!(refused(script), UNEXPECTED);
    }
    // Part of the message that is due.
    for part in [&[NEW_SESSION_TICKET][..], &[NEW_SESSION_TICKET, 0, 0, 20, 1, 2, 3]] {
        let script = Script::default().edited_in(Flight::Finish, move |items| {
            items[0] = Item::Record(Record::new(HANDSHAKE, part));
        });
        assert_eq!(refused(script), UNEXPECTED);
    }
}

#[test]
fn no_other_record_may_stand_inside_a_fragmented_message() {
    for record in [
        || Record::new(APPLICATION_DATA, b"data"),
        || Record::new(CHANGE_CIPHER_SPEC, &[1]),
        || Record::new(ALERT, &[1, 112]),
        || Record::new(ALERT, &[1, 0]),
    ] {
        let script = Script::default().edited_in(Flight::Hello, move |items| {
            let Some(Item::Message { kind, body }) = items.first() else { panic!("no ServerHello") };
            let length = u8::try_from(body.len()).expect("a short ServerHello");
            let bytes = [&[*kind, 0, 0, length], body.as_slice()].concat();
            let (head, tail) = bytes.split_at(20);
            let parts = [Record::new(HANDSHAKE, head), record(), Record::new(HANDSHAKE, tail)];
            items.splice(0..1, parts.map(Item::Record));
        });
        assert_eq!(refused(script), UNEXPECTED);
    }
    // A fatal alert is heard wherever it stands.
    let script = Script::default().edited_in(Flight::Hello, |items| {
        items.splice(0..1, [Record::new(HANDSHAKE, &[2, 0]), Record::new(ALERT, &[2, 80])].map(Item::Record));
    });
    assert_eq!(refused(script), (ssl::FATAL_ALERT_MESSAGE, None, Cause::None));
}

#[test]
fn change_cipher_spec_is_one_byte_that_is_one() {
    for (content, alert) in
        [(&[2][..], Alert::DECODE_ERROR), (&[0], Alert::DECODE_ERROR), (&[1, 1], Alert::DECODE_ERROR)]
    {
        let script = Script::default().edited_in(Flight::Finish, move |items| {
            let at = change_cipher_spec(items);
            items[at] = Item::ChangeCipherSpec(content.to_vec());
        });
        assert_eq!(refused(script), plain(ssl::INVALID_RECORD, alert));
    }
    let empty = Script::default().edited_in(Flight::Finish, |items| {
        let at = change_cipher_spec(items);
        items[at] = Item::ChangeCipherSpec(Vec::new());
    });
    assert_eq!(refused(empty).0, ssl::INVALID_RECORD);
}

#[test]
fn change_cipher_spec_comes_exactly_once_and_in_its_place() {
    // Twice: the second one comes under the new keys.
    assert_eq!(refused(behind(|| Item::Record(Record::new(CHANGE_CIPHER_SPEC, &[1])))), UNEXPECTED);
    // Twice in the clear: the second one cannot be opened.
    let plaintext = || Item::Raw(Record::new(CHANGE_CIPHER_SPEC, &[1]).plain());
    assert_eq!(refused(behind(plaintext)), plain(ssl::INVALID_MAC, Alert::BAD_RECORD_MAC));
    // Too early, at each place of the first flight.
    for at in 0..=3 {
        let script = Script::default().edited_in(Flight::Hello, move |items| {
            items.insert(at, Item::Record(Record::new(CHANGE_CIPHER_SPEC, &[1])));
        });
        assert_eq!(refused(script), UNEXPECTED, "{at}");
    }
    // Before a NewSessionTicket that was promised.
    let script = Script::default().edited_in(Flight::Finish, |items| {
        items.retain(|item| !matches!(item, Item::Message { .. }));
    });
    assert_eq!(refused(script), UNEXPECTED);
    // Not at all: Finished in the clear.
    let script = Script { ticket: None, ..Script::default() }.edited_in(Flight::Finish, |items| {
        items.retain(|item| !matches!(item, Item::ChangeCipherSpec(_)));
    });
    assert_eq!(refused(script), UNEXPECTED);
    // In traffic.
    let mut talk = Talk::new(Script::default()).connected();
    talk.link.server.push(Item::Record(Record::new(CHANGE_CIPHER_SPEC, &[1])));
    assert_eq!(talk.fails(&[]), UNEXPECTED);
}

#[test]
fn nothing_but_finished_follows_change_cipher_spec() {
    assert_eq!(refused(behind(|| Item::Record(Record::new(APPLICATION_DATA, b"early")))), UNEXPECTED);
    let finished = plain(ssl::BAD_HS_FINISHED, Alert::UNEXPECTED_MESSAGE);
    assert_eq!(refused(behind(|| message(NEW_SESSION_TICKET, &[0; 6]))), finished);
    assert_eq!(refused(behind(|| message(0, &[]))), finished);
}

/// RFC 5246 §7.4.9, in every suite and also when a session is resumed.
#[test]
fn without_the_right_finished_no_data_passes() {
    let wrong = plain(ssl::BAD_HS_FINISHED, Alert::DECRYPT_ERROR);
    let script = |flight, resume| {
        Script { resume, ..Script::default() }.edited_in(flight, |items| {
            items.pop();
            items.push(message(FINISHED, &[0; 12]));
            items.push(Item::Record(Record::new(APPLICATION_DATA, b"not vouched for")));
        })
    };
    assert_eq!(refused(script(Flight::Finish, None)), wrong);

    let first = Talk::new(Script::default()).connected();
    let script = script(Flight::Resumption, Some(first.link.server.saved()));
    let mut talk = Talk::with(trusting(), peer(&first.session()), script, super::Pieces::Whole);
    assert_eq!(talk.fails(&[]), wrong);
    for length in [0, 11, 13] {
        let script = Script::default().edited_in(Flight::Finish, move |items| {
            items.pop();
            items.push(message(FINISHED, &vec![0; length]));
        });
        assert_eq!(refused(script), plain(ssl::BAD_HS_FINISHED, Alert::DECODE_ERROR));
    }
    // Left out.
    let script = Script::default().edited_in(Flight::Finish, |items| {
        items.pop();
        items.push(Item::Record(Record::new(APPLICATION_DATA, b"not vouched for")));
    });
    assert_eq!(refused(script), UNEXPECTED);
}
