//! Tests of `mqtt/src/client.rs`: the life of a connection, and time.

use mqtt::{Acknowledgement, Client, ConnAck, Message, Options, Packet, QoS, SetupError, Subscription};
use status::Error;
use status::mqtt::{
    BAD_INPUT_DATA, BUFFER_TOO_SMALL, CONNECTION_CLOSED, KEEP_ALIVE_TIMEOUT, NOT_CONNECTED,
    REFUSED_IDENTIFIER, REFUSED_NOT_AUTHORIZED, REFUSED_PROTOCOL_VERSION, REFUSED_SERVER_UNAVAILABLE,
    REFUSED_UNKNOWN, REFUSED_USER_NAME_OR_PASSWORD, UNEXPECTED_PACKET,
};

use crate::support::{
    Owned, conn_ack, connect, connected, encode, events, hex, id, message, persistent, poll, publish,
};

const ONE: [Subscription<'_>; 1] = [Subscription { filter: "a", qos: QoS::AtMostOnce }];

#[test]
fn buffers_and_options() {
    let new = |options, spill: usize, in_flight: usize| {
        Client::new(options, &mut vec![0; spill], &mut vec![0; in_flight]).map(|_| ()).err()
    };
    assert_eq!(new(persistent(), 8, 0), None);
    assert_eq!(new(persistent(), 8, 64), None);
    assert_eq!(new(persistent(), 7, 64), Some(SetupError::Spill { needed: 8 }));
    assert_eq!(new(persistent(), 8, 63), Some(SetupError::InFlight { needed: 64 }));
    assert_eq!(new(Options { client_id: "", ..persistent() }, 8, 64), Some(SetupError::Options));
    assert_eq!(new(Options { password: Some(b"x"), ..persistent() }, 8, 64), Some(SetupError::Options));
    assert_eq!(new(Options::default(), 8, 64), None);
    assert_eq!(SetupError::Spill { needed: 8 }.error(), BUFFER_TOO_SMALL);
    assert_eq!(SetupError::InFlight { needed: 64 }.error(), BUFFER_TOO_SMALL);
    assert_eq!(Error::from(SetupError::Options), BAD_INPUT_DATA);
    let text = "in-flight buffer too small: 64 bytes are needed, or none for QoS 0 only";
    assert_eq!(SetupError::InFlight { needed: 64 }.to_string(), text);
}

#[test]
fn connect_packet() {
    let will = Message { topic: "w", payload: &[0xde, 0xad], qos: QoS::ExactlyOnce, retain: true };
    let options = Options {
        client_id: "c",
        keep_alive: 10,
        will: Some(will),
        user_name: Some("u"),
        password: Some(b"p\0\xff"),
        ..Options::default()
    };
    let (mut spill, mut out) = ([0; 8], [0; 64]);
    let mut client = Client::new(options, &mut spill, &mut []).unwrap();
    let expected =
        hex("10 1c 00 04 4d 51 54 54 04 f6 00 0a 00 01 63 00 01 77 00 02 de ad 00 01 75 00 03 70 00 ff");
    assert_eq!(client.connect(0, &mut out[..expected.len() - 1]), Err(BUFFER_TOO_SMALL));
    assert_eq!(client.next_deadline(), None);
    let written = client.connect(0, &mut out).unwrap();
    assert_eq!(out[..written], expected);
    assert!(!client.is_connected());
}

/// Nothing is sent and nothing counts as sent before CONNACK.
#[test]
fn before_conn_ack() {
    let (mut spill, mut in_flight, mut out) = ([0; 64], [0; 256], [0; 64]);
    let mut client = Client::new(persistent(), &mut spill, &mut in_flight).unwrap();
    assert_eq!(client.receive(&[0x20], 0), Err(NOT_CONNECTED));
    client.connect(0, &mut out).unwrap();
    assert_eq!(client.publish(&message("a", b"", QoS::AtMostOnce), 0, &mut out), Err(NOT_CONNECTED));
    assert_eq!(client.subscribe(&[], 0, &mut out), Err(NOT_CONNECTED));
    assert_eq!(client.unsubscribe(&["a"], 0, &mut out), Err(NOT_CONNECTED));
    assert_eq!(client.disconnect(&mut out), Err(NOT_CONNECTED));
    let published = client.publish(&message("a", b"1", QoS::AtLeastOnce), 0, &mut out).unwrap();
    assert_eq!((published.written, published.identifier), (0, Some(id(1))));
    assert_eq!(client.poll(0, &mut out), Ok(0));
    assert!(!client.has_output());
    // The connection is lost before CONNACK: the message is still new, so no DUP and not discarded.
    assert_eq!(client.closed(), Err(CONNECTION_CLOSED));
    client.connect(0, &mut out).unwrap();
    let connected = Owned::Connected { session_present: false, discarded: 0 };
    assert_eq!(events(&mut client, &conn_ack(false)).unwrap(), [connected]);
    assert!(client.has_output());
    assert_eq!(poll(&mut client, 0), publish("a", b"1", QoS::AtLeastOnce, 1, false));
    assert!(!client.has_output());
}

/// [MQTT-3.2.0-1]: every other packet of a server before CONNACK.
#[test]
fn another_packet_before_conn_ack() {
    for packet in [
        "30 03 00 01 61",
        "40 02 00 01",
        "50 02 00 01",
        "62 02 00 01",
        "70 02 00 01",
        "90 03 00 01 00",
        "b0 02 00 01",
        "d0 00",
    ] {
        let (mut spill, mut in_flight) = ([0; 64], [0; 256]);
        let mut client = Client::new(persistent(), &mut spill, &mut in_flight).unwrap();
        client.connect(0, &mut [0; 64]).unwrap();
        assert_eq!(events(&mut client, &hex(packet)), Err(UNEXPECTED_PACKET), "{packet}");
        // It stays failed until the next connection.
        assert_eq!(events(&mut client, &conn_ack(false)), Err(UNEXPECTED_PACKET));
        assert_eq!(client.poll(0, &mut []), Err(UNEXPECTED_PACKET));
        connect(&mut client, false);
        assert!(client.is_connected());
    }
}

#[test]
fn refusals() {
    let rows = [
        (1, REFUSED_PROTOCOL_VERSION),
        (2, REFUSED_IDENTIFIER),
        (3, REFUSED_SERVER_UNAVAILABLE),
        (4, REFUSED_USER_NAME_OR_PASSWORD),
        (5, REFUSED_NOT_AUTHORIZED),
        (6, REFUSED_UNKNOWN),
    ];
    for (return_code, error) in rows {
        let (mut spill, mut in_flight) = ([0; 64], [0; 256]);
        let mut client = Client::new(persistent(), &mut spill, &mut in_flight).unwrap();
        client.connect(0, &mut [0; 64]).unwrap();
        let refusal = encode(&Packet::ConnAck(ConnAck { session_present: false, return_code }));
        assert_eq!(events(&mut client, &refusal), Err(error));
        assert_eq!(client.closed(), Err(error));
        assert_eq!(client.closed(), Ok(()));
    }
}

/// [MQTT-3.2.2-1]
#[test]
fn a_clean_session_has_no_session() {
    let (mut spill, mut in_flight) = ([0; 64], [0; 256]);
    let mut client = Client::new(Options::default(), &mut spill, &mut in_flight).unwrap();
    client.connect(0, &mut [0; 64]).unwrap();
    assert_eq!(events(&mut client, &conn_ack(true)), Err(UNEXPECTED_PACKET));
}

#[test]
fn conn_ack_in_time() {
    let (mut spill, mut in_flight, mut out) = ([0; 64], [0; 256], [0; 64]);
    let mut client = Client::new(persistent(), &mut spill, &mut in_flight).unwrap();
    client.connect(1_000, &mut out).unwrap();
    assert_eq!(client.next_deadline(), Some(11_000));
    assert_eq!(client.poll(10_999, &mut out), Ok(0));
    assert_eq!(client.poll(11_000, &mut out), Err(KEEP_ALIVE_TIMEOUT));
    assert_eq!(client.poll(11_001, &mut out), Err(KEEP_ALIVE_TIMEOUT));
    assert_eq!(client.next_deadline(), None);
}

/// [MQTT-3.1.2-23], §3.1.2.10, §3.12, §3.13
#[test]
fn keep_alive() {
    connected(Options { keep_alive: 20, response_timeout: 5_000, ..persistent() }, |client| {
        let mut out = [0; 64];
        assert_eq!(client.next_deadline(), Some(15_000));
        assert_eq!(client.poll(14_999, &mut out), Ok(0));
        // No room: it stays due.
        assert_eq!(client.poll(15_000, &mut out[..1]), Ok(0));
        assert_eq!(client.next_deadline(), Some(15_000));
        assert_eq!(poll(client, 15_500), [0xc0, 0]);
        assert_eq!(poll(client, 15_500), []);
        assert_eq!(client.next_deadline(), Some(20_500));
        assert_eq!(client.receive(&[0xd0, 0], 16_000), Ok((2, None)));
        // From the last packet in the quieter direction: the PINGREQ.
        assert_eq!(client.next_deadline(), Some(30_500));
        assert_eq!(poll(client, 30_500), [0xc0, 0]);
        assert_eq!(client.poll(35_499, &mut out), Ok(0));
        assert_eq!(client.poll(35_500, &mut out), Err(KEEP_ALIVE_TIMEOUT));
        assert_eq!(client.closed(), Err(KEEP_ALIVE_TIMEOUT));
    });
}

/// Whatever is written moves the next PINGREQ; the server was heard last at 50 000.
#[test]
fn the_next_ping_counts_from_the_last_packet() {
    let options = Options { keep_alive: 20, ..persistent() };
    let calls: [fn(&mut Client<'_>); 6] = [
        |client| _ = client.publish(&message("a", b"", QoS::AtMostOnce), 9_000, &mut [0; 64]).unwrap(),
        |client| _ = client.subscribe(&ONE, 9_000, &mut [0; 64]).unwrap(),
        |client| _ = client.unsubscribe(&["a"], 9_000, &mut [0; 64]).unwrap(),
        |client| _ = client.start(&message("a", b"", QoS::AtMostOnce), 9, 9_000, &mut [0; 64]).unwrap(),
        |client| {
            let _ = client.start(&message("a", b"", QoS::AtMostOnce), 9, 1, &mut [0; 64]).unwrap();
            client.chunk(b"x", 9_000, &mut [0; 64]).unwrap();
        },
        |client| {
            client.receive(&publish("a", b"", QoS::AtLeastOnce, 1, false), 50_000).unwrap();
            assert_eq!(poll(client, 9_000), hex("40020001"));
        },
    ];
    for (number, call) in calls.into_iter().enumerate() {
        connected(options, |client| {
            client.receive(&hex("d000"), 50_000).unwrap();
            assert_eq!(client.next_deadline(), Some(15_000));
            call(client);
            assert_eq!(client.next_deadline(), Some(24_000), "call {number}");
        });
    }
    connected(options, |client| {
        client.connect(7_000, &mut [0; 64]).unwrap();
        client.receive(&conn_ack(true), 8_000).unwrap();
        assert_eq!(client.next_deadline(), Some(22_000));
    });
}

#[test]
fn a_client_that_only_sends_notices_a_dead_server() {
    connected(Options { keep_alive: 20, ..persistent() }, |client| {
        let mut out = [0; 64];
        for second in 0..15 {
            let _ = client.publish(&message("a", b"", QoS::AtMostOnce), second * 1_000, &mut out).unwrap();
            assert_eq!(client.poll(second * 1_000, &mut out), Ok(0));
        }
        assert_eq!(poll(client, 15_000), [0xc0, 0]);
    });
}

#[test]
fn a_client_that_only_receives_is_heard() {
    connected(Options { keep_alive: 20, ..persistent() }, |client| {
        for second in 0..15 {
            client.receive(&publish("a", b"", QoS::AtMostOnce, 0, false), second * 1_000).unwrap();
            assert_eq!(poll(client, second * 1_000), []);
        }
        assert_eq!(poll(client, 15_000), [0xc0, 0]);
    });
}

#[test]
fn a_long_message_may_hold_up_the_answer() {
    connected(Options { keep_alive: 20, response_timeout: 5_000, ..persistent() }, |client| {
        let packet = publish("a", &[7; 500], QoS::AtMostOnce, 0, false);
        client.receive(&packet[..10], 14_000).unwrap();
        assert_eq!(poll(client, 15_000), [0xc0, 0]);
        client.receive(&packet[10..20], 19_000).unwrap();
        assert_eq!(client.next_deadline(), Some(24_000));
        assert_eq!(poll(client, 23_999), []);
        let mut rest = &packet[20..];
        while !rest.is_empty() {
            rest = &rest[client.receive(rest, 23_999).unwrap().0..];
        }
        assert_eq!(client.next_deadline(), Some(20_000));
        assert_eq!(client.poll(23_999, &mut []), Err(KEEP_ALIVE_TIMEOUT));
    });
}

#[test]
fn without_keep_alive() {
    connected(Options { keep_alive: 0, response_timeout: 0, ..persistent() }, |client| {
        assert_eq!(client.next_deadline(), None);
        assert_eq!(poll(client, u64::MAX), []);
    });
}

#[test]
fn the_end_of_time() {
    connected(Options { keep_alive: u16::MAX, ..persistent() }, |client| {
        client.receive(&[0xd0, 0], u64::MAX).unwrap();
        let _ = client.publish(&message("a", b"", QoS::AtMostOnce), u64::MAX, &mut [0; 64]).unwrap();
        assert_eq!(client.next_deadline(), Some(u64::MAX));
    });
}

/// [MQTT-3.14.4-2], [MQTT-3.14.4-3]
#[test]
fn disconnect() {
    connected(persistent(), |client| {
        let mut out = [0; 64];
        assert_eq!(client.disconnect(&mut out[..1]), Err(BUFFER_TOO_SMALL));
        assert!(client.is_connected());
        assert_eq!(client.disconnect(&mut out), Ok(2));
        assert_eq!(out[..2], [0xe0, 0]);
        assert_eq!(client.poll(1_000_000, &mut out), Ok(0));
        assert_eq!(client.publish(&message("a", b"", QoS::AtMostOnce), 0, &mut out), Err(NOT_CONNECTED));
        assert_eq!(client.publish(&message("a", b"", QoS::AtLeastOnce), 0, &mut out).unwrap().written, 0);
        assert_eq!(client.receive(&[0xd0, 0], 0), Err(NOT_CONNECTED));
        assert_eq!(client.closed(), Ok(()));
    });
}

#[test]
fn the_server_closes() {
    connected(persistent(), |client| {
        assert_eq!(client.closed(), Err(CONNECTION_CLOSED));
        assert!(!client.is_connected());
        assert_eq!(client.poll(u64::MAX, &mut [0; 9]), Ok(0));
    });
}

#[test]
fn acknowledged_by_the_application() {
    connected(Options { acknowledgement: Acknowledgement::Manual, ..persistent() }, |client| {
        for (identifier, qos) in
            [(1, QoS::AtLeastOnce), (2, QoS::AtLeastOnce), (3, QoS::ExactlyOnce), (4, QoS::ExactlyOnce)]
        {
            events(client, &publish("a", b"x", qos, identifier, false)).unwrap();
        }
        assert_eq!(poll(client, 0), []);
        assert_eq!(client.acknowledge(id(5)), Err(BAD_INPUT_DATA));
        // [MQTT-4.6.0-2], [MQTT-4.6.0-3]: the order of arrival within each quality of service.
        client.acknowledge(id(4)).unwrap();
        client.acknowledge(id(2)).unwrap();
        assert_eq!(poll(client, 0), []);
        assert_eq!(client.acknowledge(id(2)), Err(BAD_INPUT_DATA));
        client.acknowledge(id(1)).unwrap();
        assert_eq!(poll(client, 0), hex("40020001 40020002"));
        client.acknowledge(id(3)).unwrap();
        assert_eq!(poll(client, 0), hex("50020003 50020004"));
        assert_eq!(client.acknowledge(id(1)), Err(BAD_INPUT_DATA));
        assert_eq!(client.acknowledge(id(3)), Err(BAD_INPUT_DATA));
    });
}

/// A message of QoS 2 is the same message after a reconnection, whether it is already acknowledged or not.
#[test]
fn acknowledged_after_a_reconnection() {
    connected(Options { acknowledgement: Acknowledgement::Manual, ..persistent() }, |client| {
        let first = |duplicate| publish("a", b"1", QoS::AtLeastOnce, 1, duplicate);
        let second = |duplicate| publish("a", b"2", QoS::ExactlyOnce, 2, duplicate);
        let third = |duplicate| publish("a", b"3", QoS::ExactlyOnce, 3, duplicate);
        assert_eq!(events(client, &[first(false), second(false), third(false)].concat()).unwrap().len(), 3);
        assert_eq!(client.closed(), Err(CONNECTION_CLOSED));
        client.acknowledge(id(2)).unwrap();
        connect(client, true);
        assert_eq!(poll(client, 0), []);
        // QoS 1 comes again, QoS 2 does not.
        assert_eq!(events(client, &[first(true), second(true), third(true)].concat()).unwrap().len(), 1);
        assert_eq!(poll(client, 0), hex("50020002"));
        client.acknowledge(id(3)).unwrap();
        client.acknowledge(id(1)).unwrap();
        assert_eq!(poll(client, 0), hex("40020001 50020003"));
    });
}

#[test]
fn a_message_is_acknowledged_when_it_is_complete() {
    for acknowledgement in [Acknowledgement::Automatic, Acknowledgement::Manual] {
        connected(Options { acknowledgement, ..persistent() }, |client| {
            for (qos, answer) in [(QoS::AtLeastOnce, "40020001"), (QoS::ExactlyOnce, "50020001")] {
                let packet = publish("a", &[1; 100], qos, 1, false);
                client.receive(&packet[..50], 0).unwrap();
                assert_eq!(poll(client, 0), []);
                assert_eq!(client.acknowledge(id(1)), Err(BAD_INPUT_DATA));
                client.receive(&packet[50..], 0).unwrap();
                if acknowledgement == Acknowledgement::Manual {
                    assert_eq!(poll(client, 0), []);
                    client.acknowledge(id(1)).unwrap();
                }
                assert_eq!(poll(client, 0), hex(answer));
            }
        });
    }
}
