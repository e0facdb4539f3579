//! Tests of `mqtt/src/send.rs`: what is written, into any room.

use mqtt::{Client, Options, QoS, Stream, Subscription};
use status::mqtt::{BAD_INPUT_DATA, BUFFER_TOO_SMALL, IN_FLIGHT_FULL, NOT_CONNECTED};

use crate::support::{QOS, connect, connected, events, hex, id, message, persistent, poll, publish};

const ONE: &[Subscription<'_>] = &[Subscription { filter: "a", qos: QoS::AtLeastOnce }];

/// Every call with every room that is too small: an error, and nothing has changed.
#[test]
fn too_little_room_changes_nothing() {
    connected(persistent(), |client| {
        let before = client.saved_length();
        let mut out = [0; 64];
        for qos in QOS {
            let packet = publish("a", b"xy", qos, u16::from(qos != QoS::AtMostOnce), false);
            for room in 0..packet.len() {
                assert_eq!(
                    client.publish(&message("a", b"xy", qos), 0, &mut out[..room]),
                    Err(BUFFER_TOO_SMALL)
                );
                assert_eq!(
                    client.start(&message("a", b"xy", qos), 2, 0, &mut out[..room]),
                    Err(BUFFER_TOO_SMALL)
                );
            }
        }
        for room in 0..8 {
            assert_eq!(client.subscribe(ONE, 0, &mut out[..room]), Err(BUFFER_TOO_SMALL));
        }
        for room in 0..7 {
            assert_eq!(client.unsubscribe(&["a"], 0, &mut out[..room]), Err(BUFFER_TOO_SMALL));
        }
        assert_eq!(client.saved_length(), before);
        assert_eq!(client.undelivered().count(), 0);
        // Identifier 1 is still free.
        assert_eq!(client.subscribe(ONE, 0, &mut out[..8]), Ok((8, id(1))));
        assert_eq!(client.unsubscribe(&["a"], 0, &mut out[..7]), Ok((7, id(2))));
        assert_eq!(
            client.publish(&message("a", b"xy", QoS::AtLeastOnce), 0, &mut out[..9]).unwrap().identifier,
            Some(id(3))
        );
    });
}

#[test]
fn what_may_not_be_sent() {
    connected(persistent(), |client| {
        let mut out = [0; 64];
        for qos in QOS {
            for topic in ["", "a/#", "+", "a\0"] {
                assert_eq!(client.publish(&message(topic, b"", qos), 0, &mut out), Err(BAD_INPUT_DATA));
                assert_eq!(client.start(&message(topic, b"", qos), 9, 0, &mut out), Err(BAD_INPUT_DATA));
            }
            assert_eq!(client.start(&message("a", b"xy", qos), 1, 0, &mut out), Err(BAD_INPUT_DATA));
        }
        assert_eq!(client.queue(&message("a", b"", QoS::AtMostOnce)), Err(BAD_INPUT_DATA));
        assert_eq!(client.queue(&message("#", b"", QoS::AtLeastOnce)), Err(BAD_INPUT_DATA));
        assert_eq!(client.subscribe(&[], 0, &mut out), Err(BAD_INPUT_DATA));
        let wrong = [Subscription { filter: "a#", qos: QoS::AtMostOnce }];
        assert_eq!(client.subscribe(&wrong, 0, &mut out), Err(BAD_INPUT_DATA));
        assert_eq!(client.unsubscribe(&[], 0, &mut out), Err(BAD_INPUT_DATA));
        assert_eq!(client.unsubscribe(&["a/b#"], 0, &mut out), Err(BAD_INPUT_DATA));
        assert_eq!(client.undelivered().count(), 0);
    });
    let mut spill = [0; 64];
    let mut client = Client::new(persistent(), &mut spill, &mut []).unwrap();
    connect(&mut client, false);
    assert_eq!(client.publish(&message("a", b"", QoS::AtLeastOnce), 0, &mut [0; 64]), Err(BAD_INPUT_DATA));
    assert_eq!(client.queue(&message("a", b"", QoS::ExactlyOnce)), Err(BAD_INPUT_DATA));
    assert_eq!(client.subscribe(ONE, 0, &mut [0; 64]), Err(BAD_INPUT_DATA));
}

#[test]
fn unanswered_requests_are_bounded() {
    connected(persistent(), |client| {
        let mut out = [0; 64];
        for _ in 0..8 {
            client.subscribe(ONE, 0, &mut out).unwrap();
        }
        assert_eq!(client.subscribe(ONE, 0, &mut out), Err(IN_FLIGHT_FULL));
        assert_eq!(client.unsubscribe(&["a"], 0, &mut out), Err(IN_FLIGHT_FULL));
        events(client, &hex("9003000501")).unwrap();
        client.unsubscribe(&["a"], 0, &mut out).unwrap();
        // A lost connection forgets them.
        connect(client, true);
        for _ in 0..8 {
            client.subscribe(ONE, 0, &mut out).unwrap();
        }
    });
}

/// Messages larger than the room are written by `poll` in pieces of any size; nothing comes in between.
#[test]
fn in_pieces() {
    for room in 1..40 {
        connected(persistent(), |client| {
            let payload: Vec<u8> = (0..100).collect();
            client.queue(&message("a", &payload, QoS::AtLeastOnce)).unwrap();
            client.queue(&message("b", b"x", QoS::ExactlyOnce)).unwrap();
            let mut written: Vec<u8> = vec![];
            for step in 0..200 {
                if step == 1 {
                    events(client, &publish("c", b"", QoS::AtLeastOnce, 9, false)).unwrap();
                }
                let mut out = vec![0; room];
                let length = client.poll(0, &mut out).unwrap();
                written.extend(&out[..length]);
                if written.len() < 105 {
                    let mut out = [0; 64];
                    assert_eq!(
                        client.publish(&message("a", b"", QoS::AtMostOnce), 0, &mut out),
                        Err(BUFFER_TOO_SMALL)
                    );
                    assert_eq!(client.subscribe(ONE, 0, &mut out), Err(BUFFER_TOO_SMALL));
                    assert_eq!(client.disconnect(&mut out), Err(BUFFER_TOO_SMALL));
                    assert!(client.has_output());
                }
            }
            let acknowledgement = if room < 4 { vec![] } else { hex("40020009") };
            let expected = [
                publish("a", &payload, QoS::AtLeastOnce, 1, false),
                acknowledgement,
                publish("b", b"x", QoS::ExactlyOnce, 2, false),
            ];
            // In fewer than four bytes no acknowledgement can be written, and nothing overtakes it.
            let expected = if room < 4 { expected[0].clone() } else { expected.concat() };
            assert_eq!(written, expected, "room {room}");
        });
    }
}

/// Answers that had no room are not lost.
#[test]
fn answers_wait_for_room() {
    connected(persistent(), |client| {
        for identifier in 1..=5 {
            events(client, &publish("a", b"", QoS::AtLeastOnce, identifier, false)).unwrap();
        }
        assert_eq!(client.poll(0, &mut [0; 3]), Ok(0));
        assert_eq!(client.poll(0, &mut [0; 4]), Ok(4));
        let mut out = [0; 11];
        assert_eq!(client.poll(0, &mut out), Ok(8));
        assert_eq!(out[..8], hex("40020002 40020003"));
        assert_eq!(poll(client, 0), hex("40020004 40020005"));
    });
}

/// A payload that is never in memory as a whole, at QoS 0.
#[test]
fn streamed() {
    connected(persistent(), |client| {
        let mut out = [0; 16];
        let payload: Vec<u8> = (0..=255).collect();
        assert_eq!(client.chunk(b"", 0, &mut out), Err(NOT_CONNECTED));
        let started = client.start(&message("a", &payload[..3], QoS::AtMostOnce), 256, 0, &mut out).unwrap();
        assert_eq!(started.identifier, None);
        let mut written = out[..started.written].to_vec();
        assert_eq!(client.chunk(&[0; 254], 0, &mut out), Err(BAD_INPUT_DATA));
        while let Some(Stream { identifier: None, remaining }) = client.stream() {
            assert_eq!(client.poll(u64::MAX / 2, &mut out), Ok(0));
            let length = client.chunk(&payload[256 - remaining..], 0, &mut out).unwrap();
            written.extend(&out[..length]);
        }
        assert_eq!(written, publish("a", &payload, QoS::AtMostOnce, 0, false));
        assert_eq!(client.stream(), None);
        assert_eq!(client.publish(&message("a", b"", QoS::AtMostOnce), 0, &mut out).unwrap().written, 5);
    });
}

/// At QoS 1 and 2 the application gives the payload again after a reconnection, in the message's turn.
#[test]
fn streamed_again() {
    for qos in [QoS::AtLeastOnce, QoS::ExactlyOnce] {
        connected(Options { keep_alive: 0, response_timeout: 0, ..persistent() }, |client| {
            let mut out = [0; 64];
            let payload = [5; 3_000];
            let _ = client.publish(&message("a", b"1", QoS::AtLeastOnce), 0, &mut out).unwrap();
            let started = client.start(&message("a", &payload[..9], qos), 3_000, 0, &mut out).unwrap();
            assert_eq!(started.identifier, Some(id(2)));
            assert_eq!(client.stream(), Some(Stream { identifier: Some(id(2)), remaining: 2_991 }));
            client.chunk(&payload[..50], 0, &mut out).unwrap();
            let _ = client.publish(&message("a", b"3", QoS::AtLeastOnce), 0, &mut out).unwrap();
            assert_eq!(client.start(&message("b", b"", qos), 1, 0, &mut out), Err(BUFFER_TOO_SMALL));
            connect(client, true);
            assert_eq!(client.stream(), None);
            let first = poll(client, 0);
            let head = &publish("a", &payload, qos, 2, true)[..8];
            assert_eq!(first, [&publish("a", b"1", QoS::AtLeastOnce, 1, true), head].concat());
            for _ in 0..2 {
                assert_eq!(client.stream(), Some(Stream { identifier: Some(id(2)), remaining: 3_000 }));
                assert_eq!(client.chunk(&payload, 0, &mut [0; 3_000]), Ok(3_000));
                assert_eq!(
                    poll(client, 0),
                    publish("a", b"3", QoS::AtLeastOnce, 3, client.undelivered().count() == 2)
                );
                // And once more, this time wholly sent but not acknowledged.
                if client.undelivered().count() == 2 {
                    break;
                }
                events(client, &hex("40020001")).unwrap();
                connect(client, true);
                assert_eq!(poll(client, 0), head);
            }
            let answer = if qos == QoS::AtLeastOnce { hex("40020002") } else { hex("50020002") };
            events(client, &answer).unwrap();
        });
    }
}

#[test]
fn streamed_without_a_connection() {
    let (mut spill, mut in_flight) = ([0; 64], [0; 256]);
    let mut client = Client::new(persistent(), &mut spill, &mut in_flight).unwrap();
    for qos in QOS {
        assert_eq!(client.start(&message("a", b"", qos), 9, 0, &mut [0; 64]), Err(NOT_CONNECTED));
    }
    assert_eq!(client.undelivered().count(), 0);
}

/// Only so many messages are open as the options allow: written on this connection, and not acknowledged to their end. The others wait in
/// their order, a PUBREC is no end, and on the next connection it is the same.
#[test]
fn no_more_messages_are_open_than_may_be() {
    for qos in [QoS::AtLeastOnce, QoS::ExactlyOnce] {
        let options = Options { max_in_flight: 2, ..persistent() };
        connected(options, |client| {
            let packet = |number, again| publish("a", &[0], qos, number, again);
            let (done, mut out) = (if qos == QoS::AtLeastOnce { 0x40 } else { 0x70 }, [0; 64]);
            let acknowledged = |client: &mut Client<'_>, kind: u8, number: u8| {
                assert!(events(client, &[kind, 2, 0, number]).is_ok());
            };
            for number in 1..=5 {
                let written = client.publish(&message("a", &[0], qos), 0, &mut out).unwrap().written;
                assert_eq!(written, if number <= 2 { packet(number, false).len() } else { 0 });
            }
            // A message in chunks waits as well; one of QoS 0 does not.
            assert_eq!(client.start(&message("a", &[0], qos), 9, 0, &mut out), Err(BUFFER_TOO_SMALL));
            let unasked = message("a", &[0], QoS::AtMostOnce);
            assert_ne!(client.publish(&unasked, 0, &mut out).map(|published| published.written), Ok(0));
            assert_eq!((poll(client, 0), client.has_output()), (vec![], false));
            if qos == QoS::ExactlyOnce {
                acknowledged(client, 0x50, 1);
                assert_eq!(poll(client, 0), hex("62020001"));
            }
            acknowledged(client, done, 1);
            assert_eq!(poll(client, 0), packet(3, false));
            connect(client, true);
            assert_eq!(poll(client, 0), [packet(2, true), packet(3, true)].concat());
            acknowledged(client, done, 3);
            acknowledged(client, done, 2);
            assert_eq!(poll(client, 0), [packet(4, false), packet(5, false)].concat());
        });
        let options = Options { max_in_flight: 0, ..persistent() };
        connected(options, |client| {
            for _ in 0..30 {
                let written = client.publish(&message("a", &[0], qos), 0, &mut [0; 64]).unwrap().written;
                assert!(written > 0, "no limit");
            }
        });
    }
}
