//! Tests of `mqtt/src/store.rs` and `ranges.rs`, through the client: what fits, what is reserved, what is forgotten, and when
//! a session begins anew.

use std::{collections::BTreeSet, num::NonZeroU16};

use mqtt::{Acknowledgement, Client, Event, Options, Packet, QoS};
use status::{
    Error,
    mqtt::{CONNECTION_CLOSED, IN_FLIGHT_FULL, SESSION_OVERFLOW, UNEXPECTED_PACKET},
};

use crate::support::{
    Owned, Random, conn_ack, connect, encode, events, hex, id, message, persistent, poll, publish,
};

fn with_room(options: Options<'_>, room: usize, test: impl FnOnce(&mut Client<'_>)) {
    let (mut spill, mut in_flight) = ([0; 64], vec![0; room]);
    let mut client = Client::new(options, &mut spill, &mut in_flight).unwrap();
    connect(&mut client, false);
    test(&mut client);
}

#[test]
fn full_of_messages() {
    with_room(persistent(), 256, |client| {
        let mut out = [0; 64];
        // A packet of 8 bytes and a record's 16; 32 bytes stay for the server.
        for identifier in 1..=9 {
            let published = client.publish(&message("a", b"x", QoS::AtLeastOnce), 0, &mut out).unwrap();
            assert_eq!(published.identifier, Some(id(identifier)));
        }
        assert_eq!(client.publish(&message("a", b"x", QoS::AtLeastOnce), 0, &mut out), Err(IN_FLIGHT_FULL));
        assert_eq!(client.queue(&message("a", b"x", QoS::ExactlyOnce)), Err(IN_FLIGHT_FULL));
        // QoS 0 needs no room there, and the server's messages have theirs.
        let _ = client.publish(&message("a", b"x", QoS::AtMostOnce), 0, &mut out).unwrap();
        for identifier in 1..=4 {
            let message = publish("a", b"", QoS::ExactlyOnce, identifier, false);
            assert_eq!(events(client, &message).unwrap().len(), 1);
            assert_eq!(poll(client, 0), [&[0x50, 2], identifier.to_be_bytes().as_slice()].concat());
        }
        // In any order.
        assert_eq!(events(client, &hex("40020003")).unwrap(), [Owned::Delivered(id(3))]);
        assert_eq!(client.undelivered().collect::<Vec<_>>(), [1, 2, 4, 5, 6, 7, 8, 9].map(id));
        assert_eq!(
            client.publish(&message("a", b"x", QoS::AtLeastOnce), 0, &mut out).unwrap().identifier,
            Some(id(10))
        );
        // The messages that have moved are still what they were.
        connect(client, true);
        let expected: Vec<_> = [1, 2, 4, 5, 6, 7, 8, 9, 10]
            .into_iter()
            .flat_map(|number| publish("a", b"x", QoS::AtLeastOnce, number, true))
            .collect();
        assert_eq!(poll(client, 0), expected);
    });
}

/// While answers have no room to be written, reading waits; it goes on when they are.
#[test]
fn reading_waits_for_answers() {
    with_room(persistent(), 64, |client| {
        let mut taken = 0_u16;
        let next = |taken: u16| publish("a", b"", QoS::AtLeastOnce, taken + 1, false);
        while client.receive(&next(taken), 0).unwrap().0 > 0 {
            taken += 1;
        }
        assert_eq!(taken, 12);
        assert_eq!(client.receive(&next(taken), 0), Ok((0, None)));
        assert_eq!(client.poll(0, &mut [0; 4]), Ok(4));
        assert_eq!(client.receive(&next(taken), 0).unwrap().0, 7);
        assert_eq!(poll(client, 0).len(), 12 * 4);
    });
}

#[test]
fn reading_waits_for_the_application() {
    with_room(Options { acknowledgement: Acknowledgement::Manual, ..persistent() }, 64, |client| {
        for identifier in 1..=4 {
            events(client, &publish("a", b"", QoS::AtLeastOnce, identifier, false)).unwrap();
        }
        assert_eq!(poll(client, 0), []);
        assert_eq!(client.receive(&hex("d000"), 0), Ok((0, None)));
        client.acknowledge(id(1)).unwrap();
        assert_eq!(poll(client, 0), hex("40020001"));
        assert_eq!(client.receive(&hex("d000"), 0), Ok((2, None)));
    });
}

/// A full store of messages of the application's, answers and held messages: reading waits, and each way to make room ends that.
#[test]
fn reading_waits_whatever_fills_the_store() {
    for way in 0..3 {
        with_room(Options { acknowledgement: Acknowledgement::Manual, ..persistent() }, 128, |client| {
            let _ = client.publish(&message("a", b"x", QoS::AtLeastOnce), 0, &mut [0; 64]).unwrap();
            let mut number = 0;
            let mut next = |client: &mut Client<'_>| {
                number += 1;
                let qos = if number % 2 == 0 { QoS::AtLeastOnce } else { QoS::ExactlyOnce };
                client.receive(&publish("a", b"", qos, number, false), 0).unwrap().0 > 0
            };
            while next(client) {}
            assert!(!next(client));
            // Of QoS 2, of QoS 1, and of QoS 2 behind one that is held: then nothing can be written.
            for number in [[1, 3], [2, 4], [3, 5]][way] {
                client.acknowledge(id(number)).unwrap();
            }
            assert!(!next(client));
            assert_eq!(poll(client, 0).len(), if way < 2 { 8 } else { 0 });
            assert_eq!(next(client), way < 2);
        });
    }
}

/// A message that is arriving must not wait for its own acknowledgement.
#[test]
fn the_last_record_is_a_message_in_chunks() {
    with_room(Options { acknowledgement: Acknowledgement::Manual, ..persistent() }, 64, |client| {
        // Ranges of one identifier each.
        for identifier in (1..=19).step_by(2) {
            events(client, &publish("a", b"", QoS::ExactlyOnce, identifier, false)).unwrap();
            client.acknowledge(id(identifier)).unwrap();
            poll(client, 0);
        }
        for byte in publish("a", &[0; 200], QoS::ExactlyOnce, 30, false) {
            assert_eq!(client.receive(&[byte], 0).unwrap().0, 1);
        }
        client.acknowledge(id(30)).unwrap();
        assert_eq!(poll(client, 0), hex("5002001e"));
    });
}

/// The server's messages of QoS 2 with these identifiers, each answered by PUBREC; what remains of the first failure.
fn open_all(client: &mut Client<'_>, identifiers: impl IntoIterator<Item = u16>) -> Result<(), Error> {
    for identifier in identifiers {
        let message = publish("a", b"", QoS::ExactlyOnce, identifier, false);
        assert_eq!(events(client, &message)?.len(), 1, "{identifier}");
        assert_eq!(poll(client, 0), [&[0x50, 2], identifier.to_be_bytes().as_slice()].concat());
    }
    Ok(())
}

/// Each is known, is released, and then is a new message.
fn release_all(client: &mut Client<'_>, identifiers: impl IntoIterator<Item = u16>) {
    for identifier in identifiers {
        let message = publish("a", b"", QoS::ExactlyOnce, identifier, true);
        assert_eq!(events(client, &message), Ok(vec![]), "{identifier}");
        assert_eq!(events(client, &encode(&Packet::PubRel(id(identifier)))), Ok(vec![]));
        assert_eq!(poll(client, 0), encode(&Packet::PubComp(id(identifier))));
    }
    assert_eq!(client.ignored_acknowledgements(), 0);
}

/// A server counts up: however long the run is, it takes the memory of one range.
#[test]
fn forty_thousand_open_identifiers_in_a_run() {
    for room in [64, 1536] {
        with_room(persistent(), room, |client| {
            open_all(client, 30_000..=u16::MAX).unwrap();
            open_all(client, 1..=4_464).unwrap();
            assert_eq!(client.saved_length(), 12 + 8);
            // Over a reconnection, too.
            connect(client, true);
            release_all(client, 30_000..=u16::MAX);
            open_all(client, 30_000..31_000).unwrap();
            release_all(client, 1..=4_464);
            release_all(client, 30_000..31_000);
            assert_eq!(client.saved_length(), 12);
        });
    }
}

/// All of them unanswered at once: their PUBRECs are due, and reading waits for them.
#[test]
fn forty_thousand_messages_at_once() {
    with_room(persistent(), 1536, |client| {
        let (mut bytes, mut answers) = (vec![], vec![]);
        for identifier in 1..=40_000 {
            bytes.extend(hex("3405000161"));
            bytes.extend(u16::to_be_bytes(identifier));
        }
        let (mut rest, mut delivered) = (bytes.as_slice(), 0);
        while !rest.is_empty() {
            let (used, event) = client.receive(rest, 0).unwrap();
            delivered += usize::from(event.is_some());
            rest = &rest[used..];
            if used == 0 {
                answers.extend(poll(client, 0));
            }
        }
        answers.extend(poll(client, 0));
        let expected: Vec<_> = (1..=40_000).flat_map(|number| encode_small(0x50, number)).collect();
        assert!(delivered == 40_000 && answers == expected);
        assert_eq!(client.saved_length(), 12 + 4);
    });
}

fn encode_small(kind: u8, identifier: u16) -> [u8; 4] {
    let [high, low] = identifier.to_be_bytes();
    [kind, 2, high, low]
}

#[test]
fn two_thousand_open_identifiers_in_a_random_order() {
    for seed in 0..4 {
        let mut random = Random(seed);
        let mut identifiers: Vec<u16> = (1..=u16::MAX).collect();
        for index in 0..2_000 {
            let other = index + random.below(identifiers.len() - index);
            identifiers.swap(index, other);
        }
        identifiers.truncate(2_000);
        let mut released = identifiers.clone();
        for index in 0..2_000 {
            released.swap(index, random.below(2_000));
        }
        with_room(persistent(), 16 * 1024, |client| {
            open_all(client, identifiers.iter().copied()).unwrap();
            connect(client, true);
            release_all(client, released.iter().copied());
            assert_eq!(client.saved_length(), 12);
        });
    }
}

/// A set of identifiers that is kept in the plain way, against the ranges: opened, closed and asked for at random, so that ranges
/// begin, grow, meet, shrink and break.
#[test]
fn ranges_are_a_set() {
    for seed in 0..60 {
        let mut random = Random(seed);
        let highest = [20, 200, 2_000][random.below(3)];
        let mut open = BTreeSet::new();
        with_room(persistent(), 16 * 1024, |client| {
            for _ in 0..1_500 {
                let low = 1 + random.below(highest);
                let identifier = u16::try_from(if random.one_in(2) { low } else { 65_536 - low }).unwrap();
                if random.one_in(2) {
                    let message = publish("a", b"", QoS::ExactlyOnce, identifier, false);
                    let is_new = open.insert(identifier);
                    assert_eq!(events(client, &message).unwrap().len(), usize::from(is_new));
                } else {
                    let before = client.ignored_acknowledgements();
                    events(client, &encode_small(0x62, identifier)).unwrap();
                    let is_unknown = client.ignored_acknowledgements() > before;
                    assert_eq!(open.remove(&identifier), !is_unknown);
                }
                if random.one_in(3) {
                    poll(client, 0);
                }
            }
            poll(client, 0);
            let mut runs = 0;
            for identifier in &open {
                runs += usize::from(!open.contains(&identifier.wrapping_sub(1)));
            }
            assert_eq!(client.saved_length(), 12 + 4 * runs);
        });
    }
}

/// More gaps than the buffer can remember: the connection fails, the next one asks for a clean session, and everything works.
#[test]
fn more_ranges_than_can_be_remembered() {
    for room in [64, 200, 1536] {
        with_room(persistent(), room, |client| {
            let _ = client.publish(&message("a", b"", QoS::AtLeastOnce), 0, &mut [0; 64]).unwrap();
            let count = (1..=u16::MAX).step_by(2).take_while(|number| open_all(client, [*number]).is_ok());
            let count = count.count();
            assert!(count >= (room - room / 16) / 4 - 12, "{count} in {room} bytes");
            assert_eq!(client.receive(&hex("d000"), 0), Err(SESSION_OVERFLOW));
            assert_eq!(client.poll(0, &mut []), Err(SESSION_OVERFLOW));
            assert_eq!(client.closed(), Err(SESSION_OVERFLOW));
            assert!(!client.has_clean_session());
            let mut saved = vec![0; client.saved_length()];
            client.save(&mut saved).unwrap();
            let (mut spill, mut in_flight) = ([0; 64], vec![0; room]);
            let mut other = Client::new(persistent(), &mut spill, &mut in_flight).unwrap();
            // Over a reset, too.
            other.restore(&saved).unwrap();
            begins_with_a_clean_session(client);
            begins_with_a_clean_session(&mut other);
        });
    }
}

fn begins_with_a_clean_session(client: &mut Client<'_>) {
    let mut out = [0; 64];
    // As often as the connection does not come about.
    for _ in 0..2 {
        client.connect(0, &mut out).unwrap();
        assert_eq!(out[9], 0x02);
        assert_eq!(client.closed(), Err(CONNECTION_CLOSED));
    }
    client.connect(0, &mut out).unwrap();
    assert!(client.has_clean_session());
    // [MQTT-3.2.2-1]
    assert_eq!(events(client, &conn_ack(true)), Err(UNEXPECTED_PACKET));
    client.connect(0, &mut out).unwrap();
    assert_eq!(out[9], 0x02);
    let begun = Event::Connected { session_present: false, discarded: 1, begun_anew: true };
    assert_eq!(client.receive(&conn_ack(false), 0), Ok((4, Some(begun))));
    assert_eq!((client.saved_length(), client.undelivered().count()), (12, 0));
    open_all(client, 1..=100).unwrap();
    // The one after it has a session that lasts.
    client.connect(0, &mut out).unwrap();
    assert_eq!(out[9], 0);
    assert!(!client.has_clean_session());
}

/// An application that wants it gets it, too.
#[test]
fn beginning_anew() {
    with_room(persistent(), 256, |client| {
        open_all(client, [7]).unwrap();
        client.begin_anew();
        let _ = client.publish(&message("a", b"", QoS::AtLeastOnce), 0, &mut [0; 64]).unwrap();
        client.queue(&message("a", b"never sent", QoS::AtLeastOnce)).unwrap();
        let mut out = [0; 64];
        client.connect(0, &mut out).unwrap();
        assert_eq!(out[9], 0x02);
        let begun = Event::Connected { session_present: false, discarded: 1, begun_anew: true };
        assert_eq!(client.receive(&conn_ack(false), 0).unwrap().1, Some(begun));
        assert_eq!(poll(client, 0), publish("a", b"never sent", QoS::AtLeastOnce, 2, false));
        open_all(client, [7]).unwrap();
    });
}

/// Releasing from the middle of a range needs room for its second half; without it the session begins anew as well.
#[test]
fn a_range_that_breaks_without_room() {
    with_room(persistent(), 64, |client| {
        open_all(client, 1..=1_000).unwrap();
        let mut released = (2..1_000).step_by(2);
        let failed = released.find(|number| {
            let result = events(client, &encode_small(0x62, *number));
            let _ = client.poll(0, &mut [0; 64]);
            result.is_err()
        });
        assert!(failed.is_some_and(|number| number > 10));
        assert_eq!(client.closed(), Err(SESSION_OVERFLOW));
        client.connect(0, &mut [0; 64]).unwrap();
        assert!(client.has_clean_session());
    });
}

/// The log against a plain list: messages of any length given and acknowledged in any order, over many compactions and past the
/// last identifier; what is redelivered is what is open, in its order.
#[test]
fn the_log_is_a_list() {
    for seed in 0..20 {
        let mut random = Random(seed);
        let mut list: Vec<(u16, Vec<u8>, bool)> = vec![];
        let options = Options { max_in_flight: 0, ..persistent() };
        with_room(options, 600 + random.below(3_000), |client| {
            for step in 0..3_000_usize {
                // In order, from behind, or any; one of them now and then stays for long.
                let target = if seed % 2 == 0 { 0 } else { random.below(list.len().max(1)) };
                if random.one_in(2) && target < list.len() {
                    let (identifier, _, is_released) = list.remove(target);
                    if identifier % 5 > 0 || is_released {
                        events(client, &encode_small(0x70, identifier)).unwrap();
                        events(client, &encode_small(0x70, identifier)).unwrap();
                    } else {
                        events(client, &encode_small(0x50, identifier)).unwrap();
                        list.push((identifier, vec![], true));
                        // Releases stand in the order of their PUBRECs.
                    }
                } else {
                    let payload = vec![u8::try_from(step % 251).unwrap(); random.below(90)];
                    let given = message("topic", &payload, QoS::ExactlyOnce);
                    match client.publish(&given, 0, &mut [0; 128]) {
                        Ok(published) => {
                            list.push((published.identifier.unwrap().get(), payload, false));
                        }
                        Err(error) => assert_eq!(error, IN_FLIGHT_FULL),
                    }
                }
                poll(client, 0);
                let open: Vec<_> = client.undelivered().map(NonZeroU16::get).collect();
                assert_eq!(open, list.iter().map(|(number, ..)| *number).collect::<Vec<_>>(), "{seed}");
                if random.one_in(100) {
                    connect(client, true);
                    let of = |wanted: bool| list.iter().filter(move |(.., released)| *released == wanted);
                    let mut expected: Vec<u8> =
                        of(true).flat_map(|(number, ..)| encode(&Packet::PubRel(id(*number)))).collect();
                    for (number, payload, _) in of(false) {
                        expected.extend(publish("topic", payload, QoS::ExactlyOnce, *number, true));
                    }
                    assert_eq!(poll(client, 0), expected, "{seed}");
                }
            }
        });
    }
}
