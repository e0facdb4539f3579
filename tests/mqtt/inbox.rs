//! Tests of `mqtt/src/inbox.rs`: a stream means the same however it is cut.

use mqtt::{Acknowledgement, Client, Event, Options, QoS, Subscription};
use status::mqtt::{BUFFER_TOO_SMALL, MALFORMED_PACKET, UNEXPECTED_PACKET};

use crate::support::{
    Collector, Owned, QOS, Random, conn_ack, connect, connected, events, feed, hex, id, message, persistent,
    poll, publish, sub_ack,
};

/// What a server may say in one connection: messages of all sizes and qualities, and all answers.
fn conversation() -> Vec<u8> {
    let mut stream = vec![];
    for (index, length) in
        [0_usize, 1, 20, 55, 56, 57, 58, 59, 64, 100, 127, 128, 300, 2_000].into_iter().enumerate()
    {
        for qos in QOS {
            let identifier = if qos == QoS::AtMostOnce {
                0
            } else {
                u16::try_from(index * 3).unwrap() + u16::from(qos.number())
            };
            let payload: Vec<u8> =
                (0..length).map(|byte| u8::try_from((byte + index) % 251).unwrap()).collect();
            stream.extend(publish(
                "some/topic",
                &payload,
                qos,
                identifier,
                length % 2 == 1 && qos != QoS::AtMostOnce,
            ));
        }
        stream.extend(hex("d000"));
    }
    stream.extend(hex("40020001 50020002"));
    stream.extend(sub_ack(id(3), &[0, 1, 2, 0x80]));
    stream.extend(hex("b0020004 6202002a"));
    stream
}

/// The events of the conversation and what the client then writes.
fn run(spill: usize, piece: impl FnMut() -> usize) -> (Vec<Owned>, Vec<u8>) {
    let (mut spill, mut in_flight) = (vec![0; spill], [0; 2048]);
    let mut client = Client::new(persistent(), &mut spill, &mut in_flight).unwrap();
    connect(&mut client, false);
    let mut out = [0; 128];
    let _ = client.publish(&message("a", b"", QoS::AtLeastOnce), 0, &mut out).unwrap();
    let _ = client.publish(&message("a", b"", QoS::ExactlyOnce), 0, &mut out).unwrap();
    client.subscribe(&[Subscription { filter: "a", qos: QoS::ExactlyOnce }; 4], 0, &mut out).unwrap();
    client.unsubscribe(&["a"], 0, &mut out).unwrap();
    let mut collector = Collector::default();
    feed(&mut client, &conversation(), &mut collector, piece).unwrap();
    (collector.events, poll(&mut client, 0))
}

#[test]
fn whole_byte_by_byte_and_at_random_splits() {
    let whole = run(4096, || usize::MAX);
    assert_eq!(whole.0.len(), 14 * 3 + 3);
    for spill in [23, 24, 64, 100, 4096] {
        assert_eq!(run(spill, || usize::MAX), whole, "whole, spill {spill}");
        assert_eq!(run(spill, || 1), whole, "byte by byte, spill {spill}");
        for seed in 0..300 {
            let mut random = Random(seed);
            let longest = 1 + random.below(200);
            assert_eq!(run(spill, || 1 + random.below(longest)), whole, "seed {seed}, spill {spill}");
        }
    }
}

/// A message that is whole in the given bytes is borrowed from them; one that was gathered, from the spill.
#[test]
fn nothing_is_copied_that_is_whole() {
    connected(persistent(), |client| {
        let packet = publish("topic", b"payload", QoS::AtMostOnce, 0, false);
        let (_, Some(Event::Message(received))) = client.receive(&packet, 0).unwrap() else { panic!() };
        assert!(packet.as_ptr_range().contains(&received.message.payload.as_ptr()));
        assert!(packet.as_ptr_range().contains(&received.message.topic.as_ptr()));
    });
}

/// Only the current packet is taken, never a byte of the next.
#[test]
fn one_event_at_a_time() {
    connected(persistent(), |client| {
        let packet = publish("topic", b"payload", QoS::AtMostOnce, 0, false);
        let two = packet.repeat(2);
        assert_eq!(client.receive(&two, 0).unwrap().0, packet.len());
        assert_eq!(client.receive(&two[..5], 0), Ok((5, None)));
        let (used, event) = client.receive(&two[5..], 0).unwrap();
        assert_eq!(used, packet.len() - 5);
        assert!(event.is_some());
        assert_eq!(client.receive(&[], 0), Ok((0, None)));
    });
}

#[test]
fn chunks() {
    connected(persistent(), |client| {
        let payload: Vec<u8> = (0..200).collect();
        let packet = publish("t", &payload, QoS::AtMostOnce, 0, false);
        let (used, event) = client.receive(&packet[..100], 0).unwrap();
        let Some(Event::Message(received)) = event else { panic!() };
        assert_eq!((used, received.total, received.is_whole()), (100, 200, false));
        let got = received.message.payload.len();
        assert_eq!(received.message.payload, &payload[..got]);
        let rest = [&packet[100..], &[0xd0, 0]].concat();
        let (used, event) = client.receive(&rest, 0).unwrap();
        assert_eq!(used, packet.len() - 100);
        assert_eq!(event, Some(Event::Chunk { data: &payload[got..], offset: got, total: 200 }));
    });
}

/// A topic that is longer than the spill, and not whole in the bytes: the message cannot be delivered. It is answered, else the
/// server would send it on every connection, and what follows it is read.
#[test]
fn a_topic_that_does_not_fit_the_spill() {
    for (length, payload) in [(80, 1), (64, 0), (300, 900), (17_000, 3)] {
        for (qos, answer) in
            [(QoS::AtMostOnce, ""), (QoS::AtLeastOnce, "40020102"), (QoS::ExactlyOnce, "50020102")]
        {
            let identifier = if qos == QoS::AtMostOnce { 0 } else { 0x102 };
            let packet = publish(&"t".repeat(length), &vec![7; payload], qos, identifier, false);
            let stream = [packet.clone(), publish("a", b"next", QoS::AtMostOnce, 0, false)].concat();
            for way in 0..12 {
                connected(Options { acknowledgement: Acknowledgement::Manual, ..persistent() }, |client| {
                    let (mut collector, mut random) = (Collector::default(), Random(way));
                    let piece = || if way == 0 { 1 } else { 1 + random.below(62) };
                    feed(client, &stream, &mut collector, piece).unwrap();
                    assert_eq!(collector.events.len(), 1, "{length} {qos:?} {way}");
                    assert_eq!(client.skipped_messages(), 1);
                    assert_eq!(poll(client, 0), hex(answer));
                    if qos == QoS::ExactlyOnce {
                        // Again, and released.
                        let rest = [packet.clone(), hex("62020102")].concat();
                        feed(client, &rest, &mut collector, || 50).unwrap();
                        assert_eq!(poll(client, 0), hex("70020102"));
                        assert_eq!((collector.events.len(), client.ignored_acknowledgements()), (1, 0));
                    }
                });
            }
        }
    }
    // When it is whole in the bytes it is delivered where it stands.
    connected(persistent(), |client| {
        assert_eq!(
            events(client, &publish(&"t".repeat(80), b"x", QoS::AtMostOnce, 0, false)).unwrap().len(),
            1
        );
    });
    // Identifier 0 is malformed there, too.
    connected(persistent(), |client| {
        let mut packet = publish(&"t".repeat(80), b"x", QoS::AtLeastOnce, 0x102, false);
        packet[84..86].fill(0);
        assert_eq!(feed(client, &packet, &mut Collector::default(), || 1), Err(MALFORMED_PACKET));
    });
    // Nor may it come before CONNACK.
    let (mut spill, mut in_flight) = ([0; 64], [0; 256]);
    let mut client = Client::new(persistent(), &mut spill, &mut in_flight).unwrap();
    client.connect(0, &mut [0; 64]).unwrap();
    let packet = publish(&"t".repeat(80), b"x", QoS::AtMostOnce, 0, false);
    assert_eq!(feed(&mut client, &packet, &mut Collector::default(), || 1), Err(UNEXPECTED_PACKET));
}

/// A SUBACK that is longer than the spill: of nothing it is ignored as any other, and of a SUBSCRIBE nobody could read it.
#[test]
fn an_answer_that_does_not_fit_the_spill() {
    for piece in [1, 7, 62] {
        connected(persistent(), |client| {
            let packet = [sub_ack(id(0x102), &[0; 63]), hex("d000")].concat();
            feed(client, &packet, &mut Collector::default(), || piece).unwrap();
            assert_eq!(client.ignored_acknowledgements(), 1);
            client
                .subscribe(&[Subscription { filter: "a", qos: QoS::AtMostOnce }; 63], 0, &mut [0; 512])
                .unwrap();
            let packet = sub_ack(id(1), &[0; 63]);
            assert_eq!(feed(client, &packet, &mut Collector::default(), || piece), Err(BUFFER_TOO_SMALL));
        });
    }
}

/// [MQTT-4.8.0-1]; found by the first byte or as soon as the length is there, long before the packet is.
#[test]
fn packets_that_a_server_does_not_send() {
    for packet in ["10 7f", "82 7f", "a2 7f", "c0 00", "e0 00"] {
        connected(persistent(), |client| {
            assert_eq!(client.receive(&hex(packet), 0), Err(UNEXPECTED_PACKET), "{packet}");
            assert_eq!(client.receive(&hex("d000"), 0), Err(UNEXPECTED_PACKET), "{packet}");
        });
    }
}

/// Every malformed packet, at every cut.
#[test]
fn malformed_packets() {
    for line in include_str!("../../vectors/mqtt/malformed.txt").lines() {
        let Some((bytes, _)) = line.split_once('|').filter(|_| !line.starts_with('#')) else { continue };
        let bytes = hex(bytes);
        // What only clients send is unexpected, however malformed.
        let is_clients = matches!(bytes[0] >> 4, 1 | 8 | 10 | 12 | 14);
        for piece in [usize::MAX, 1, 2, 3] {
            connected(persistent(), |client| {
                let mut collector = Collector::default();
                let error = feed(client, &bytes, &mut collector, || piece).unwrap_err();
                let expected =
                    if is_clients { [MALFORMED_PACKET, UNEXPECTED_PACKET] } else { [MALFORMED_PACKET; 2] };
                assert!(expected.contains(&error), "{line}: {error}");
                assert_eq!(collector.events, [], "{line}");
            });
        }
    }
}

/// A topic's length that reaches beyond the packet, in a packet that is delivered in chunks.
#[test]
fn a_topic_longer_than_its_packet() {
    for piece in [usize::MAX, 1] {
        connected(persistent(), |client| {
            let bytes = [hex("30 ff 01 01 00"), vec![b'a'; 300]].concat();
            let mut collector = Collector::default();
            assert_eq!(feed(client, &bytes[..80], &mut collector, || piece), Err(MALFORMED_PACKET));
        });
    }
}

#[test]
fn garbage() {
    for seed in 0..3_000 {
        let mut random = Random(seed);
        let mut bytes = conversation();
        for _ in 0..1 + random.below(5) {
            let position = random.below(bytes.len());
            bytes[position] = u8::try_from(random.below(256)).unwrap();
        }
        connected(persistent(), |client| {
            let mut rest = bytes.as_slice();
            for _ in 0..2_000 {
                let end = rest.len().min(1 + random.below(300));
                match client.receive(&rest[..end], 0) {
                    Ok((0, None)) | Err(_) => break,
                    Ok((used, _)) => rest = &rest[used..],
                }
                poll(client, 0);
            }
        });
    }
}

/// A new connection begins with a new packet.
#[test]
fn half_a_packet_is_forgotten_with_its_connection() {
    connected(persistent(), |client| {
        client.receive(&hex("30 20 00"), 0).unwrap();
        connect(client, true);
        client.receive(&publish("a", &[0; 300], QoS::ExactlyOnce, 9, false)[..100], 0).unwrap();
        connect(client, true);
        // The half of a QoS 2 message was not a delivery: the whole message is.
        assert_eq!(events(client, &publish("a", &[0; 300], QoS::ExactlyOnce, 9, true)).unwrap().len(), 1);
    });
    connected(persistent(), |client| {
        client.connect(0, &mut [0; 64]).unwrap();
        client.receive(&conn_ack(false)[..3], 0).unwrap();
        connect(client, false);
    });
}

/// A SUBACK that is exactly as long as the spill, in every piece.
#[test]
fn a_sub_ack_that_fills_the_spill() {
    for piece in [1, 3, 8] {
        let (mut spill, mut in_flight) = ([0; 8], [0; 64]);
        let mut client = Client::new(persistent(), &mut spill, &mut in_flight).unwrap();
        connect(&mut client, false);
        let wanted = Subscription { filter: "a", qos: QoS::AtMostOnce };
        client.subscribe(&[wanted; 4], 0, &mut [0; 64]).unwrap();
        let mut collector = Collector::default();
        feed(&mut client, &hex("9006000100000000"), &mut collector, || piece).unwrap();
        assert_eq!(collector.events, [Owned::Subscribed(id(1), vec![Some(QoS::AtMostOnce); 4])]);
    }
}
