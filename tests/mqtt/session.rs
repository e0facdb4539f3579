//! Tests of `mqtt/src/session.rs`: what each packet does, and what must not come.

use mqtt::{Client, Event, Options, QoS, Subscription};
use status::mqtt::{BAD_INPUT_DATA, MALFORMED_PACKET, SESSION_OVERFLOW, UNEXPECTED_PACKET};

use crate::support::{
    Collector, Owned, Random, conn_ack, connect, connected, events, feed, hex, id, in_every_way, message,
    persistent, poll, publish, sub_ack,
};

const ONE: &[Subscription<'_>] = &[Subscription { filter: "a", qos: QoS::AtMostOnce }];

/// MQTT 3.1.1 §4.3.2, figure 4.2
#[test]
fn at_least_once_out() {
    connected(persistent(), |client| {
        let mut out = [0; 64];
        let published = client.publish(&message("a", b"x", QoS::AtLeastOnce), 0, &mut out).unwrap();
        assert_eq!(out[..published.written], hex("32 06 0001 61 0001 78"));
        assert_eq!(client.undelivered().collect::<Vec<_>>(), [id(1)]);
        assert_eq!(events(client, &hex("40020001")).unwrap(), [Owned::Delivered(id(1))]);
        assert_eq!(client.undelivered().count(), 0);
        assert_eq!(poll(client, 0), []);
    });
}

/// MQTT 3.1.1 §4.3.3, figure 4.3
#[test]
fn exactly_once_out() {
    connected(persistent(), |client| {
        let mut out = [0; 64];
        let published = client.publish(&message("a", b"x", QoS::ExactlyOnce), 0, &mut out).unwrap();
        assert_eq!(out[..published.written], hex("34 06 0001 61 0001 78"));
        assert_eq!(events(client, &hex("50020001")).unwrap(), []);
        assert_eq!(poll(client, 0), hex("62020001"));
        assert_eq!(poll(client, 0), []);
        assert_eq!(client.undelivered().collect::<Vec<_>>(), [id(1)]);
        // A second PUBREC gets a second PUBREL, [MQTT-4.3.3-1].
        assert_eq!(events(client, &hex("50020001")).unwrap(), []);
        assert_eq!(poll(client, 0), hex("62020001"));
        assert_eq!(events(client, &hex("70020001")).unwrap(), [Owned::Delivered(id(1))]);
        assert_eq!(client.undelivered().count(), 0);
    });
}

#[test]
fn incoming() {
    connected(persistent(), |client| {
        assert_eq!(events(client, &publish("a", b"x", QoS::AtMostOnce, 0, false)).unwrap().len(), 1);
        assert_eq!(poll(client, 0), []);
        assert_eq!(events(client, &publish("a", b"x", QoS::AtLeastOnce, 7, false)).unwrap().len(), 1);
        assert_eq!(poll(client, 0), hex("40020007"));
        assert_eq!(events(client, &publish("a", b"x", QoS::ExactlyOnce, 7, false)).unwrap().len(), 1);
        assert_eq!(poll(client, 0), hex("50020007"));
        // [MQTT-4.3.3-2]: the same until the PUBREL, a new one after it.
        assert_eq!(events(client, &publish("a", b"x", QoS::ExactlyOnce, 7, true)).unwrap(), []);
        assert_eq!(events(client, &publish("a", &[0; 99], QoS::ExactlyOnce, 7, true)).unwrap(), []);
        assert_eq!(poll(client, 0), hex("50020007"));
        assert_eq!(events(client, &hex("62020007")).unwrap(), []);
        assert_eq!(poll(client, 0), hex("70020007"));
        assert_eq!(events(client, &publish("a", b"x", QoS::ExactlyOnce, 7, false)).unwrap().len(), 1);
        // A PUBREL for what is already forgotten is answered.
        assert_eq!(events(client, &hex("6202002a")).unwrap(), []);
        assert_eq!(poll(client, 0), hex("50020007 7002002a"));
    });
}

/// A duplicate that is larger than the spill is skipped chunk by chunk.
#[test]
fn a_large_duplicate() {
    connected(persistent(), |client| {
        let large = |duplicate| publish("a", &[3; 500], QoS::ExactlyOnce, 7, duplicate);
        let mut count = 0;
        for duplicate in [false, true, true] {
            for byte in large(duplicate) {
                count += usize::from(client.receive(&[byte], 0).unwrap().1.is_some());
            }
        }
        assert_eq!(count, 501);
        assert_eq!(events(client, &publish("a", b"x", QoS::ExactlyOnce, 8, false)).unwrap().len(), 1);
        assert_eq!(poll(client, 0), hex("50020007 50020008"));
    });
}

#[test]
fn subscriptions() {
    connected(persistent(), |client| {
        let mut out = [0; 64];
        let list = [
            Subscription { filter: "a/b", qos: QoS::AtLeastOnce },
            Subscription { filter: "c/d", qos: QoS::ExactlyOnce },
        ];
        let (written, identifier) = client.subscribe(&list, 0, &mut out).unwrap();
        assert_eq!(out[..written], hex("82 0e 0001 0003 612f62 01 0003 632f64 02"));
        let (written, other) = client.unsubscribe(&["a/b", "c/d"], 0, &mut out).unwrap();
        assert_eq!(out[..written], hex("a2 0c 0002 0003 612f62 0003 632f64"));
        assert_eq!(events(client, &hex("b0020002")).unwrap(), [Owned::Unsubscribed(other)]);
        let expected = Owned::Subscribed(identifier, vec![Some(QoS::AtMostOnce), None]);
        assert_eq!(events(client, &sub_ack(identifier, &[0, 0x80])).unwrap(), [expected]);
    });
}

/// Acknowledgements of nothing, of something else, twice or late: the connection goes on, PUBREC gets its PUBREL and PUBREL its
/// PUBCOMP ([MQTT-4.3.3-1], [MQTT-4.3.3-2]), and the rest is counted.
#[test]
fn acknowledgements_of_nothing() {
    let rows = [
        ("40020001", "", 1, "PUBACK of nothing"),
        ("50020001", "62020001", 1, "PUBREC of nothing"),
        ("62020001", "70020001", 1, "PUBREL of nothing"),
        ("70020001", "", 1, "PUBCOMP of nothing"),
        ("b0020001", "", 1, "UNSUBACK of nothing"),
        ("9003000100", "", 1, "SUBACK of nothing"),
        ("9006000100800102", "", 1, "a long SUBACK of nothing"),
        ("40020001 50020002 62020003 70020004 40020001", "62020002 70020003", 5, "one after the other"),
        ("50020007 50020007 62020007 62020007", "62020007 62020007 70020007 70020007", 4, "each one twice"),
    ];
    for (packets, answers, ignored, reason) in rows {
        in_every_way(
            persistent(),
            |_| (),
            &hex(packets),
            |client, events| {
                assert_eq!(events, Ok(vec![]), "{reason}");
                assert_eq!(poll(client, 0), hex(answers), "{reason}");
                assert_eq!(client.ignored_acknowledgements(), ignored, "{reason}");
                assert!(client.is_connected());
            },
        );
    }
}

/// What answers a message, in the right order and in others: what was delivered, what is written, how many were ignored.
#[test]
fn acknowledgements_of_a_message() {
    use QoS::{AtLeastOnce, ExactlyOnce};
    let rows = [
        (AtLeastOnce, "40020001", "", Some(AtLeastOnce), 0, "PUBACK"),
        (AtLeastOnce, "4002000140020001", "", Some(AtLeastOnce), 1, "PUBACK twice"),
        (AtLeastOnce, "4002000840020001", "", Some(AtLeastOnce), 1, "another identifier's first"),
        (AtLeastOnce, "50020001", "62020001", None, 1, "PUBREC of QoS 1"),
        (AtLeastOnce, "70020001", "", None, 1, "PUBCOMP of QoS 1"),
        (AtLeastOnce, "500200017002000140020001", "62020001", Some(AtLeastOnce), 2, "QoS 2, then PUBACK"),
        (ExactlyOnce, "50020001", "62020001", None, 0, "PUBREC"),
        (ExactlyOnce, "5002000150020001", "6202000162020001", None, 0, "PUBREC twice, before its PUBREL"),
        (ExactlyOnce, "70020001", "", Some(ExactlyOnce), 0, "PUBCOMP before PUBREC"),
        (ExactlyOnce, "5002000170020001", "", Some(ExactlyOnce), 0, "PUBCOMP before PUBREL"),
        (ExactlyOnce, "500200017002000170020001", "", Some(ExactlyOnce), 1, "PUBCOMP twice"),
        (ExactlyOnce, "500200017002000150020001", "62020001", Some(ExactlyOnce), 1, "PUBREC late"),
        (ExactlyOnce, "40020001", "", Some(AtLeastOnce), 0, "PUBACK of QoS 2"),
        (ExactlyOnce, "4002000150020001", "62020001", Some(AtLeastOnce), 1, "PUBACK of QoS 2, then PUBREC"),
        (ExactlyOnce, "5002000140020001", "62020001", None, 1, "PUBACK after PUBREC"),
    ];
    for (qos, packets, answers, delivered, ignored, reason) in rows {
        let publish = |client: &mut Client<'_>| {
            let _ = client.publish(&message("a", b"", qos), 0, &mut [0; 64]).unwrap();
        };
        in_every_way(persistent(), publish, &hex(packets), |client, events| {
            let expected: Vec<_> = delivered.iter().map(|_| Owned::Delivered(id(1))).collect();
            assert_eq!(events, Ok(expected), "{reason}");
            assert_eq!(poll(client, 0), hex(answers), "{reason}");
            assert_eq!(client.ignored_acknowledgements(), ignored, "{reason}");
            assert_eq!(client.undelivered().count(), usize::from(delivered.is_none()), "{reason}");
        });
        connected(persistent(), |client| {
            publish(client);
            let (bytes, mut told) = (hex(packets), None);
            let mut rest = bytes.as_slice();
            while !rest.is_empty() {
                let (used, event) = client.receive(rest, 0).unwrap();
                if let Some(Event::Delivered { qos, .. }) = event {
                    told = Some(qos);
                }
                rest = &rest[used..];
            }
            assert_eq!(told, delivered, "{reason}");
        });
    }
}

/// [MQTT-4.8.0-1]: what is malformed, or no server's, still ends the connection, and stays an error.
#[test]
fn what_ends_a_connection() {
    let rows = [
        ("20020000", UNEXPECTED_PACKET, "a second CONNACK"),
        ("20020005", UNEXPECTED_PACKET, "a second CONNACK"),
        ("82060001000161 00", UNEXPECTED_PACKET, "SUBSCRIBE"),
        ("c000", UNEXPECTED_PACKET, "PINGREQ"),
        ("e000", UNEXPECTED_PACKET, "DISCONNECT"),
        ("40020000", MALFORMED_PACKET, "PUBACK of identifier 0"),
        ("50020000", MALFORMED_PACKET, "PUBREC of identifier 0"),
        ("62020000", MALFORMED_PACKET, "PUBREL of identifier 0"),
        ("70020000", MALFORMED_PACKET, "PUBCOMP of identifier 0"),
        ("9003000000", MALFORMED_PACKET, "SUBACK of identifier 0"),
        ("b0020000", MALFORMED_PACKET, "UNSUBACK of identifier 0"),
        ("60020001", MALFORMED_PACKET, "PUBREL without its flags"),
        ("4003000100", MALFORMED_PACKET, "a PUBACK of MQTT 5"),
        ("9003000103", MALFORMED_PACKET, "SUBACK with QoS 3"),
    ];
    for (packet, error, reason) in rows {
        in_every_way(
            persistent(),
            |_| (),
            &hex(packet),
            |client, events| {
                assert_eq!(events, Err(error), "{reason}");
                assert_eq!(client.receive(&[0xd0], 0), Err(error));
            },
        );
    }
}

#[test]
fn answers_to_requests() {
    let subscribe = |client: &mut Client<'_>| {
        client.subscribe(ONE, 0, &mut [0; 64]).unwrap();
    };
    let granted = || Owned::Subscribed(id(1), vec![Some(QoS::AtMostOnce)]);
    let rows = [
        ("9003000100", Ok(vec![granted()]), 0, "its SUBACK"),
        ("9003000100 9003000100", Ok(vec![granted()]), 1, "twice"),
        ("9003000200", Ok(vec![]), 1, "of another one"),
        ("b0020001 9003000100", Ok(vec![granted()]), 1, "an UNSUBACK first"),
        // [MQTT-3.8.4-5]: nobody could say which result belongs to which filter.
        ("900400010000", Err(MALFORMED_PACKET), 0, "a result too many"),
    ];
    for (packets, expected, ignored, reason) in rows {
        in_every_way(persistent(), subscribe, &hex(packets), |client, events| {
            assert_eq!(events, expected, "{reason}");
            assert_eq!(client.ignored_acknowledgements(), ignored, "{reason}");
        });
    }
    let unsubscribe = |client: &mut Client<'_>| {
        client.unsubscribe(&["a"], 0, &mut [0; 64]).unwrap();
    };
    in_every_way(persistent(), unsubscribe, &hex("9003000100 b0020001 b0020001"), |client, events| {
        assert_eq!(events, Ok(vec![Owned::Unsubscribed(id(1))]));
        assert_eq!(client.ignored_acknowledgements(), 2);
    });
}

/// A message that was never sent cannot have been acknowledged, and the acknowledgement of one that is half written is an old
/// one: both are written, whole, and wait for their own.
#[test]
fn acknowledged_before_it_is_sent() {
    for (qos, early, answer) in [
        (QoS::AtLeastOnce, "40020001", ""),
        (QoS::ExactlyOnce, "40020001", ""),
        (QoS::ExactlyOnce, "50020001", "62020001"),
        (QoS::ExactlyOnce, "70020001", ""),
    ] {
        for (room, again) in [(0, false), (3, false), (3, true)] {
            connected(persistent(), |client| {
                client.queue(&message("a", b"xyz", qos)).unwrap();
                if again {
                    poll(client, 0);
                    connect(client, true);
                }
                let mut written = vec![0; room];
                assert_eq!(client.poll(0, &mut written), Ok(room));
                assert_eq!(events(client, &hex(early)).unwrap(), []);
                assert_eq!(client.ignored_acknowledgements(), 1);
                let rest = poll(client, 0);
                let (packet, answer) = (publish("a", b"xyz", qos, 1, again), hex(answer));
                // A PUBREL for what is being sent would let the server take its redelivery for a new message.
                let expected = if room == 0 { [answer, packet].concat() } else { packet };
                assert_eq!([written, rest].concat(), expected, "{early} {room} {again}");
                assert_eq!(client.undelivered().collect::<Vec<_>>(), [id(1)]);
                if room == 0 && early.starts_with("50") {
                    // The PUBCOMP of the other message.
                    assert_eq!(events(client, &hex("70020001")).unwrap(), []);
                    assert_eq!(client.ignored_acknowledgements(), 2);
                }
                let own = if qos == QoS::AtLeastOnce { hex("40020001") } else { hex("50020001 70020001") };
                assert_eq!(events(client, &own).unwrap(), [Owned::Delivered(id(1))]);
            });
        }
    }
}

/// A client that has lost its state, and a server that has not: the identifiers that the server still knows are avoided, so that
/// their PUBCOMPs are nobody else's.
#[test]
fn identifiers_of_another_life() {
    connected(persistent(), |client| {
        let mut out = [0; 64];
        events(client, &hex("50020001 50020002 50020003 5002ffff 50020002")).unwrap();
        assert_eq!(poll(client, 0), hex("62020001 62020002 62020003 6202ffff 62020002"));
        let published = client.publish(&message("a", b"", QoS::ExactlyOnce), 0, &mut out).unwrap();
        assert_eq!(published.identifier, Some(id(4)));
        events(client, &hex("70020001 70020002 70020003 7002ffff 70020002")).unwrap();
        assert_eq!(client.undelivered().collect::<Vec<_>>(), [id(4)]);
        assert_eq!(client.ignored_acknowledgements(), 10);
    });
}

/// Mosquitto up to 1.5 repeats its acknowledgements behind the CONNACK of a session that it has, before the client has written
/// anything again: they count, whatever is in the store, and what is acknowledged is not sent again.
#[test]
fn acknowledged_behind_conn_ack() {
    for way in 0..12 {
        connected(persistent(), |client| {
            let mut out = [0; 64];
            for qos in [QoS::AtLeastOnce, QoS::ExactlyOnce, QoS::ExactlyOnce, QoS::ExactlyOnce] {
                let _ = client.publish(&message("a", b"", qos), 0, &mut out).unwrap();
            }
            events(client, &hex("50020003")).unwrap();
            poll(client, 0);
            assert_eq!(client.closed(), Err(status::mqtt::CONNECTION_CLOSED));
            client.connect(0, &mut [0; 256]).unwrap();
            let bytes = [conn_ack(true), hex("40020001 50020002 70020003 50020942")].concat();
            let (mut collector, mut random) = (Collector::default(), Random(way));
            feed(client, &bytes, &mut collector, || if way == 0 { usize::MAX } else { 1 + random.below(6) })
                .unwrap();
            let connected = Owned::Connected { session_present: true, discarded: 0 };
            assert_eq!(collector.events, [connected, Owned::Delivered(id(1)), Owned::Delivered(id(3))]);
            let expected = [hex("62020002 62020942"), publish("a", b"", QoS::ExactlyOnce, 4, true)].concat();
            assert_eq!(poll(client, 0), expected);
            assert_eq!(client.ignored_acknowledgements(), 1);
            assert_eq!(events(client, &hex("70020002 70020942")).unwrap(), [Owned::Delivered(id(2))]);
        });
    }
}

/// The server has released what the application has not yet acknowledged: it has forgotten the identifier.
#[test]
fn released_before_it_is_acknowledged() {
    connected(Options { acknowledgement: mqtt::Acknowledgement::Manual, ..persistent() }, |client| {
        events(client, &publish("a", b"", QoS::ExactlyOnce, 1, false)).unwrap();
        assert_eq!(events(client, &hex("62020001")).unwrap(), []);
        assert_eq!(poll(client, 0), hex("70020001"));
        assert_eq!(client.acknowledge(id(1)), Err(BAD_INPUT_DATA));
        assert_eq!(events(client, &publish("a", b"", QoS::ExactlyOnce, 1, false)).unwrap().len(), 1);
        client.acknowledge(id(1)).unwrap();
        assert_eq!(poll(client, 0), hex("50020001"));
    });
}

/// A server that sends a message of QoS 1 again, although the application holds it: it is the same message.
#[test]
fn a_held_message_is_not_delivered_twice() {
    connected(Options { acknowledgement: mqtt::Acknowledgement::Manual, ..persistent() }, |client| {
        for (qos, answer) in [(QoS::AtLeastOnce, "40020001"), (QoS::ExactlyOnce, "50020001")] {
            assert_eq!(events(client, &publish("a", b"", qos, 1, false)).unwrap().len(), 1);
            assert_eq!(events(client, &publish("a", b"", qos, 1, true)), Ok(vec![]));
            assert_eq!(events(client, &publish("a", &[0; 99], qos, 1, true)), Ok(vec![]));
            assert_eq!(poll(client, 0), []);
            client.acknowledge(id(1)).unwrap();
            assert_eq!(poll(client, 0), hex(answer));
        }
    });
}

/// Answers that are due are never lost and never more than there is room for: reading waits for them to be written.
#[test]
fn a_flood_of_acknowledgements() {
    for packet in ["50020007", "62020007", "3205000161 0007", "3405000161 0007"] {
        let (mut spill, mut in_flight) = ([0; 64], [0; 64]);
        let mut client = Client::new(persistent(), &mut spill, &mut in_flight).unwrap();
        connect(&mut client, false);
        let (packet, mut answers) = (hex(packet), 0);
        for _ in 0..1_000 {
            while client.receive(&packet, 0).unwrap().0 == 0 {
                let written = client.poll(0, &mut [0; 5]).unwrap();
                assert_eq!(written, 4, "neither reads nor writes");
                answers += 1;
            }
        }
        answers += poll(&mut client, 0).len() / 4;
        // A message of QoS 2 that is repeated before its PUBREC has one PUBREC.
        assert!(answers == 1_000 || packet[0] == 0x34 && answers == 1, "{answers}");
    }
}

/// [MQTT-4.4.0-1], [MQTT-4.6.0-1], [MQTT-4.6.0-4], [MQTT-3.3.1-1]
#[test]
fn redelivery() {
    connected(persistent(), |client| {
        let mut out = [0; 64];
        for (payload, qos) in [
            (b"1", QoS::AtLeastOnce),
            (b"2", QoS::ExactlyOnce),
            (b"3", QoS::ExactlyOnce),
            (b"4", QoS::AtLeastOnce),
        ] {
            let _ = client.publish(&message("a", payload, qos), 0, &mut out).unwrap();
        }
        client.queue(&message("a", b"5", QoS::AtLeastOnce)).unwrap();
        events(client, &hex("50020003 50020002")).unwrap();
        connect(client, true);
        let expected = [
            hex("62020003 62020002"),
            publish("a", b"1", QoS::AtLeastOnce, 1, true),
            publish("a", b"4", QoS::AtLeastOnce, 4, true),
            publish("a", b"5", QoS::AtLeastOnce, 5, false),
        ];
        assert_eq!(poll(client, 0), expected.concat());
        // Only on a reconnection.
        assert_eq!(poll(client, 1), []);
        // What comes later waits its turn.
        connect(client, true);
        let published = client.publish(&message("a", b"6", QoS::AtLeastOnce), 0, &mut out).unwrap();
        assert_eq!(published.written, 0);
        let expected = [
            hex("62020003 62020002"),
            publish("a", b"1", QoS::AtLeastOnce, 1, true),
            publish("a", b"4", QoS::AtLeastOnce, 4, true),
            publish("a", b"5", QoS::AtLeastOnce, 5, true),
            publish("a", b"6", QoS::AtLeastOnce, 6, false),
        ];
        assert_eq!(poll(client, 0), expected.concat());
    });
}

/// §3.2.2.2: a server without a session makes the client forget its own; what was never sent stays.
#[test]
fn the_server_has_lost_the_session() {
    connected(persistent(), |client| {
        let mut out = [0; 64];
        let _ = client.publish(&message("a", b"1", QoS::AtLeastOnce), 0, &mut out).unwrap();
        let _ = client.publish(&message("a", b"2", QoS::ExactlyOnce), 0, &mut out).unwrap();
        client.queue(&message("a", b"3", QoS::AtLeastOnce)).unwrap();
        events(client, &hex("50020002")).unwrap();
        events(client, &publish("a", b"x", QoS::ExactlyOnce, 7, false)).unwrap();
        client.connect(0, &mut out).unwrap();
        let connected = Owned::Connected { session_present: false, discarded: 2 };
        assert_eq!(events(client, &conn_ack(false)).unwrap(), [connected]);
        assert_eq!(poll(client, 0), publish("a", b"3", QoS::AtLeastOnce, 3, false));
        // Identifier 7 is a new message in the server's new session.
        assert_eq!(events(client, &publish("a", b"y", QoS::ExactlyOnce, 7, false)).unwrap().len(), 1);
    });
}

/// [MQTT-3.1.2-6]
#[test]
fn a_clean_session_forgets() {
    connected(Options::default(), |client| {
        let mut out = [0; 64];
        let _ = client.publish(&message("a", b"1", QoS::AtLeastOnce), 0, &mut out).unwrap();
        client.closed().unwrap_err();
        let _ = client.publish(&message("a", b"2", QoS::AtLeastOnce), 0, &mut out).unwrap();
        client.connect(0, &mut out).unwrap();
        let connected = Owned::Connected { session_present: false, discarded: 1 };
        assert_eq!(events(client, &conn_ack(false)).unwrap(), [connected]);
        assert_eq!(poll(client, 0), publish("a", b"2", QoS::AtLeastOnce, 2, false));
    });
}

/// [MQTT-2.3.1-2] to [MQTT-2.3.1-4]: an identifier is used again only after its acknowledgement.
#[test]
fn identifiers() {
    connected(persistent(), |client| {
        let mut out = [0; 64];
        let _ = client.publish(&message("a", b"", QoS::AtLeastOnce), 0, &mut out).unwrap();
        let _ = client.publish(&message("a", b"", QoS::ExactlyOnce), 0, &mut out).unwrap();
        let (_, third) = client.subscribe(ONE, 0, &mut out).unwrap();
        assert_eq!(third, id(3));
        events(client, &hex("50020002")).unwrap();
        poll(client, 0);
        for expected in (4..=u16::MAX).chain(4..=10) {
            let (_, identifier) = client.unsubscribe(&["a"], 0, &mut out).unwrap();
            assert_eq!(identifier, id(expected));
            let answer = [&[0xb0, 2], expected.to_be_bytes().as_slice()].concat();
            events(client, &answer).unwrap();
        }
        // The server's identifiers are its own.
        events(client, &publish("a", b"", QoS::ExactlyOnce, 11, false)).unwrap();
        assert_eq!(client.unsubscribe(&["a"], 0, &mut out).unwrap().1, id(11));
    });
}

/// Without an in-flight buffer there is QoS 0, and a server that sends more is not served.
#[test]
fn at_most_once_only() {
    let (mut spill, mut out) = ([0; 64], [0; 64]);
    let mut client = Client::new(persistent(), &mut spill, &mut []).unwrap();
    connect(&mut client, false);
    assert_eq!(client.publish(&message("a", b"x", QoS::AtMostOnce), 0, &mut out).unwrap().written, 6);
    client.subscribe(ONE, 0, &mut out).unwrap();
    assert_eq!(events(&mut client, &publish("a", &[1; 300], QoS::AtMostOnce, 0, false)).unwrap().len(), 1);
    // It remembers nothing, so that it answers nothing.
    assert_eq!(events(&mut client, &hex("40020001 50020001 62020001 70020001")), Ok(vec![]));
    assert_eq!(poll(&mut client, 0), []);
    assert_eq!(client.ignored_acknowledgements(), 4);
    // What a server has kept from another life is gone with its session.
    assert_eq!(events(&mut client, &publish("a", b"", QoS::AtLeastOnce, 1, false)), Err(SESSION_OVERFLOW));
    let written = client.connect(0, &mut out).unwrap();
    assert_eq!(out[9], 0x02, "a clean session: {:x?}", &out[..written]);
    let begun = Event::Connected { session_present: false, discarded: 0, begun_anew: true };
    assert_eq!(client.receive(&conn_ack(false), 0), Ok((4, Some(begun))));
}
