//! Tests of `mqtt/src/store.rs`, through the client: what fits, what is reserved, what is forgotten.

use mqtt::{Acknowledgement, Client, Options, QoS};
use status::mqtt::IN_FLIGHT_FULL;

use crate::support::{Owned, connect, events, hex, id, message, persistent, poll, publish};

fn with_room(options: Options<'_>, room: usize, test: impl FnOnce(&mut Client<'_>)) {
    let (mut spill, mut in_flight) = ([0; 64], vec![0; room]);
    let mut client = Client::new(options, &mut spill, &mut in_flight).unwrap();
    connect(&mut client, false);
    test(&mut client);
}

#[test]
fn full_of_messages() {
    with_room(persistent(), 128, |client| {
        let mut out = [0; 64];
        // A packet of 8 bytes and a record's 8, in three quarters of 128.
        for identifier in 1..=6 {
            let published = client.publish(&message("a", b"x", QoS::AtLeastOnce), 0, &mut out).unwrap();
            assert_eq!(published.identifier, Some(id(identifier)));
        }
        assert_eq!(client.publish(&message("a", b"x", QoS::AtLeastOnce), 0, &mut out), Err(IN_FLIGHT_FULL));
        assert_eq!(client.queue(&message("a", b"x", QoS::ExactlyOnce)), Err(IN_FLIGHT_FULL));
        // QoS 0 needs no room there, and the server's messages have theirs.
        client.publish(&message("a", b"x", QoS::AtMostOnce), 0, &mut out).unwrap();
        for identifier in 1..=4 {
            assert_eq!(
                events(client, &publish("a", b"", QoS::ExactlyOnce, identifier, false)).unwrap().len(),
                1
            );
        }
        assert_eq!(poll(client, 0), hex("50020001 50020002 50020003 50020004"));
        // In any order.
        assert_eq!(events(client, &hex("40020003")).unwrap(), [Owned::Delivered(id(3))]);
        assert_eq!(client.undelivered().collect::<Vec<_>>(), [1, 2, 4, 5, 6].map(id));
        events(client, &hex("62020001")).unwrap();
        poll(client, 0);
        assert_eq!(
            client.publish(&message("a", b"x", QoS::AtLeastOnce), 0, &mut out).unwrap().identifier,
            Some(id(7))
        );
    });
}

/// While answers have no room to be written, reading waits; it goes on when they are.
#[test]
fn reading_waits_for_answers() {
    with_room(persistent(), 64, |client| {
        for identifier in 1..=8 {
            events(client, &publish("a", b"", QoS::AtLeastOnce, identifier, false)).unwrap();
        }
        let ninth = publish("a", b"", QoS::AtLeastOnce, 9, false);
        assert_eq!(client.receive(&ninth, 0), Ok((0, None)));
        assert_eq!(client.poll(0, &mut [0; 4]), Ok(4));
        assert_eq!(client.receive(&ninth, 0).unwrap().0, ninth.len());
        assert_eq!(poll(client, 0).len(), 8 * 4);
    });
}

#[test]
fn reading_waits_for_the_application() {
    with_room(Options { acknowledgement: Acknowledgement::Manual, ..persistent() }, 64, |client| {
        for identifier in 1..=8 {
            events(client, &publish("a", b"", QoS::AtLeastOnce, identifier, false)).unwrap();
        }
        assert_eq!(poll(client, 0), []);
        assert_eq!(client.receive(&hex("d000"), 0), Ok((0, None)));
        client.acknowledge(id(1)).unwrap();
        assert_eq!(poll(client, 0), hex("40020001"));
        assert_eq!(client.receive(&hex("d000"), 0), Ok((2, None)));
    });
}

/// A message that is arriving must not wait for its own acknowledgement.
#[test]
fn the_last_record_is_a_message_in_chunks() {
    with_room(Options { acknowledgement: Acknowledgement::Manual, ..persistent() }, 64, |client| {
        for identifier in 1..=7 {
            events(client, &publish("a", b"", QoS::ExactlyOnce, identifier, false)).unwrap();
            client.acknowledge(id(identifier)).unwrap();
        }
        poll(client, 0);
        for byte in publish("a", &[0; 200], QoS::ExactlyOnce, 8, false) {
            assert_eq!(client.receive(&[byte], 0).unwrap().0, 1);
        }
        client.acknowledge(id(8)).unwrap();
        assert_eq!(poll(client, 0), hex("50020008"));
    });
}

#[test]
fn more_unreleased_messages_than_can_be_remembered() {
    with_room(persistent(), 64, |client| {
        for identifier in 1..=8 {
            events(client, &publish("a", b"", QoS::ExactlyOnce, identifier, false)).unwrap();
        }
        poll(client, 0);
        // A duplicate and a release need no room.
        assert_eq!(events(client, &publish("a", b"", QoS::ExactlyOnce, 3, true)), Ok(vec![]));
        assert_eq!(events(client, &publish("a", b"", QoS::ExactlyOnce, 9, false)), Err(IN_FLIGHT_FULL));
        // Nothing is forgotten by that.
        connect(client, true);
        assert_eq!(events(client, &publish("a", b"", QoS::ExactlyOnce, 8, true)), Ok(vec![]));
        events(client, &hex("62020001")).unwrap();
        assert_eq!(poll(client, 0), hex("50020008 70020001"));
        assert_eq!(events(client, &publish("a", b"", QoS::ExactlyOnce, 9, true)).unwrap().len(), 1);
    });
}
