//! Tests of `mqtt/src/packet.rs` (and of the reader and the writer under it): committed packets, and round trips of any.

use std::num::NonZeroU16;

use mqtt::{
    ConnAck, Connect, Filters, Message, Packet, Publish, QoS, Results, SubAck, Subscribe, Subscription,
    Subscriptions, Unsubscribe, topic,
};
use proptest::prelude::*;
use status::mqtt::BUFFER_TOO_SMALL;

use crate::support::{encode, hex};

/// The lines of a vector file with their numbers: fields between `|`.
fn rows(text: &str) -> impl Iterator<Item = (usize, Vec<&str>)> {
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(index, line)| (index + 1, line.split('|').map(str::trim).collect()))
}

#[test]
fn packets_read_and_written() {
    let mut count = 0;
    for (line, fields) in rows(include_str!("../../vectors/mqtt/packets.txt")) {
        let bytes = hex(fields[0]);
        let (packet, used) =
            Packet::decode(&bytes).unwrap_or_else(|error| panic!("{line}: {error}")).unwrap();
        assert_eq!(used, bytes.len(), "{line}");
        assert_eq!(encode(&packet), bytes, "{line}");
        for end in 0..bytes.len() {
            assert!(matches!(Packet::decode(&bytes[..end]), Ok(None)), "{line}: {end} bytes");
            assert_eq!(packet.encode(&mut vec![0; end]), Err(BUFFER_TOO_SMALL), "{line}: {end} bytes");
        }
        // What follows belongs to the next packet.
        let more = [bytes.as_slice(), &[0xff; 3]].concat();
        assert_eq!(Packet::decode(&more).unwrap().unwrap().1, bytes.len(), "{line}");
        count += 1;
    }
    assert_eq!(count, 27);
}

#[test]
fn malformed_packets() {
    let mut count = 0;
    for (line, fields) in rows(include_str!("../../vectors/mqtt/malformed.txt")) {
        let place = status::mqtt::NAMES.iter().position(|name| *name == fields[1]).unwrap();
        let row = status::mqtt::ROWS[place];
        let bytes = hex(fields[0]);
        assert_eq!(Packet::decode(&bytes).err(), Some(row.error), "{line}: {}", fields[2]);
        count += 1;
    }
    assert!(count >= 70, "{count}");
}

/// Whatever one byte is changed to: an answer, never a panic; and what is read writes the same packet again (shorter only where
/// the remaining length was written with more bytes than it needs, which MQTT 3.1.1 does not forbid).
#[test]
fn every_byte_of_every_packet_changed() {
    for (line, fields) in rows(include_str!("../../vectors/mqtt/packets.txt")) {
        let bytes = hex(fields[0]);
        for position in 0..bytes.len() {
            for value in 0..=u8::MAX {
                let mut changed = bytes.clone();
                changed[position] = value;
                if let Ok(Some((packet, used))) = Packet::decode(&changed) {
                    let encoded = encode(&packet);
                    let is_same = if encoded.len() < used {
                        encoded[2..] == changed[used - encoded.len() + 2..used]
                    } else {
                        encoded == changed[..used]
                    };
                    assert!(is_same, "{line}: {position} {value:02x}");
                }
            }
        }
    }
}

fn name() -> impl Strategy<Value = String> {
    "\\PC{1,30}".prop_filter("a topic name", |name| topic::check_name(name).is_ok())
}

fn filter() -> impl Strategy<Value = String> {
    "[a-c+#/$ä]{1,12}".prop_filter("a topic filter", |filter| topic::check_filter(filter).is_ok())
}

fn qos() -> impl Strategy<Value = QoS> {
    (0_u8..3).prop_map(|number| QoS::from_number(number).unwrap())
}

fn bytes(longest: usize) -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 0..longest)
}

fn identifier() -> impl Strategy<Value = NonZeroU16> {
    (1..=u16::MAX).prop_map(|number| NonZeroU16::new(number).unwrap())
}

fn check(packet: &Packet<'_>) -> Result<(), TestCaseError> {
    let encoded = encode(packet);
    let (decoded, used) = Packet::decode(&encoded).unwrap().unwrap();
    prop_assert!(decoded == *packet);
    prop_assert_eq!(used, encoded.len());
    prop_assert_eq!(encode(&decoded), encoded);
    Ok(())
}

proptest! {
    #[test]
    fn connect(
        client_id in "\\PC{1,30}",
        clean_session: bool,
        keep_alive: u16,
        will in proptest::option::of((name(), bytes(300), qos(), any::<bool>())),
        user in proptest::option::of(("\\PC{0,20}", proptest::option::of(bytes(100)))),
    ) {
        let will = will.as_ref().map(|(topic, payload, qos, retain)| Message { topic, payload, qos: *qos, retain: *retain });
        let user_name = user.as_ref().map(|(name, _)| name.as_str());
        let password = user.as_ref().and_then(|(_, password)| password.as_deref());
        check(&Packet::Connect(Connect { client_id: &client_id, clean_session, keep_alive, will, user_name, password }))?;
    }

    #[test]
    fn conn_ack(session_present: bool, return_code: u8) {
        check(&Packet::ConnAck(ConnAck { session_present: session_present && return_code == 0, return_code }))?;
    }

    #[test]
    fn publish(topic in name(), payload in bytes(20_000), qos in qos(), retain: bool, duplicate: bool, identifier in identifier()) {
        let has_identifier = qos != QoS::AtMostOnce;
        let message = Message { topic: &topic, payload: &payload, qos, retain };
        let identifier = has_identifier.then_some(identifier);
        check(&Packet::Publish(Publish { duplicate: duplicate && has_identifier, message, identifier }))?;
    }

    #[test]
    fn acknowledgements(identifier in identifier()) {
        check(&Packet::PubAck(identifier))?;
        check(&Packet::PubRec(identifier))?;
        check(&Packet::PubRel(identifier))?;
        check(&Packet::PubComp(identifier))?;
        check(&Packet::UnsubAck(identifier))?;
    }

    #[test]
    fn subscribe(identifier in identifier(), list in proptest::collection::vec((filter(), qos()), 1..10)) {
        let list: Vec<_> = list.iter().map(|(filter, qos)| Subscription { filter, qos: *qos }).collect();
        check(&Packet::Subscribe(Subscribe { identifier, subscriptions: Subscriptions::new(&list) }))?;
        let filters: Vec<_> = list.iter().map(|subscription| subscription.filter).collect();
        check(&Packet::Unsubscribe(Unsubscribe { identifier, filters: Filters::new(&filters) }))?;
    }

    #[test]
    fn sub_ack(identifier in identifier(), codes in proptest::collection::vec(prop_oneof![0_u8..3, Just(0x80)], 1..200)) {
        check(&Packet::SubAck(SubAck { identifier, results: Results::new(&codes).unwrap() }))?;
    }

    #[test]
    fn garbage_is_answered(bytes in bytes(100)) {
        if let Ok(Some((packet, used))) = Packet::decode(&bytes) {
            let encoded = encode(&packet);
            prop_assert!(encoded.len() <= used && Packet::decode(&encoded).unwrap().unwrap().0 == packet);
        }
    }
}
