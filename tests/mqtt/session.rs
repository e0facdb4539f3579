//! Tests of `mqtt/src/session.rs`: what each packet does, and what must not come.

use mqtt::{Client, Options, QoS, Subscription};
use status::mqtt::{IN_FLIGHT_FULL, MALFORMED_PACKET, UNEXPECTED_PACKET};

use crate::support::{
    Owned, conn_ack, connect, connected, events, hex, id, message, persistent, poll, publish, sub_ack,
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

/// Acknowledgements of nothing, or of something else.
#[test]
fn unknown_acknowledgements() {
    let rows = [
        ("40020001", "nothing is published"),
        ("50020001", "nothing is published"),
        ("70020001", "nothing is published"),
        ("b0020001", "nothing is unsubscribed"),
        ("9003000100", "nothing is subscribed"),
        ("20020000", "a second CONNACK"),
        ("20020005", "a second CONNACK"),
    ];
    for (packet, reason) in rows {
        connected(persistent(), |client| {
            assert_eq!(events(client, &hex(packet)), Err(UNEXPECTED_PACKET), "{reason}");
        });
    }
    let rows = [
        (QoS::AtLeastOnce, "50020001", "PUBREC of QoS 1"),
        (QoS::AtLeastOnce, "70020001", "PUBCOMP of QoS 1"),
        (QoS::AtLeastOnce, "40020002", "another identifier"),
        (QoS::AtLeastOnce, "4002000140020001", "twice"),
        (QoS::ExactlyOnce, "40020001", "PUBACK of QoS 2"),
        (QoS::ExactlyOnce, "70020001", "PUBCOMP before PUBREC"),
        (QoS::ExactlyOnce, "5002000170020001", "PUBCOMP before PUBREL"),
        (QoS::ExactlyOnce, "5002000140020001", "PUBACK after PUBREC"),
    ];
    for (qos, packet, reason) in rows {
        connected(persistent(), |client| {
            client.publish(&message("a", b"", qos), 0, &mut [0; 64]).unwrap();
            assert_eq!(events(client, &hex(packet)), Err(UNEXPECTED_PACKET), "{reason}");
        });
    }
}

#[test]
fn wrong_answers_to_requests() {
    for (packet, error) in [
        ("900400010000", MALFORMED_PACKET),
        ("b0020001", UNEXPECTED_PACKET),
        ("9003000200", UNEXPECTED_PACKET),
        ("90030001009003000100", UNEXPECTED_PACKET),
    ] {
        connected(persistent(), |client| {
            client.subscribe(ONE, 0, &mut [0; 64]).unwrap();
            assert_eq!(events(client, &hex(packet)), Err(error), "{packet}");
        });
    }
    connected(persistent(), |client| {
        client.unsubscribe(&["a"], 0, &mut [0; 64]).unwrap();
        assert_eq!(events(client, &hex("9003000100")), Err(UNEXPECTED_PACKET));
    });
}

/// An acknowledgement of a message that is only kept, or only half written.
#[test]
fn acknowledged_before_it_is_sent() {
    for room in [0, 3] {
        connected(persistent(), |client| {
            client.queue(&message("a", b"", QoS::AtLeastOnce)).unwrap();
            client.poll(0, &mut [0; 64][..room]).unwrap();
            assert_eq!(events(client, &hex("40020001")), Err(UNEXPECTED_PACKET), "{room}");
        });
    }
}

#[test]
fn released_before_it_is_acknowledged() {
    connected(Options { acknowledgement: mqtt::Acknowledgement::Manual, ..persistent() }, |client| {
        events(client, &publish("a", b"", QoS::ExactlyOnce, 1, false)).unwrap();
        assert_eq!(events(client, &hex("62020001")), Err(UNEXPECTED_PACKET));
    });
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
            client.publish(&message("a", payload, qos), 0, &mut out).unwrap();
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
        client.publish(&message("a", b"1", QoS::AtLeastOnce), 0, &mut out).unwrap();
        client.publish(&message("a", b"2", QoS::ExactlyOnce), 0, &mut out).unwrap();
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
        client.publish(&message("a", b"1", QoS::AtLeastOnce), 0, &mut out).unwrap();
        client.closed().unwrap_err();
        client.publish(&message("a", b"2", QoS::AtLeastOnce), 0, &mut out).unwrap();
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
        client.publish(&message("a", b"", QoS::AtLeastOnce), 0, &mut out).unwrap();
        client.publish(&message("a", b"", QoS::ExactlyOnce), 0, &mut out).unwrap();
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
    assert_eq!(events(&mut client, &publish("a", b"", QoS::AtLeastOnce, 1, false)), Err(IN_FLIGHT_FULL));
}
