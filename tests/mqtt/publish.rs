//! Tests of `mqtt/src/publish.rs`.

use std::num::NonZeroU16;

use mqtt::{MAX_REMAINING_LENGTH, Packet, Publish, QoS};
use status::mqtt::BAD_INPUT_DATA;

use crate::support::{connected, id, message, persistent};

fn encode(
    topic: &str,
    qos: QoS,
    identifier: Option<NonZeroU16>,
    duplicate: bool,
) -> Result<usize, status::Error> {
    Packet::Publish(Publish { duplicate, message: message(topic, b"", qos), identifier })
        .encode(&mut [0; 100])
}

#[test]
fn quality_of_service() {
    for number in 0..=u8::MAX {
        assert_eq!(QoS::from_number(number).map(QoS::number), (number < 3).then_some(number));
    }
    assert!(QoS::AtMostOnce < QoS::AtLeastOnce && QoS::AtLeastOnce < QoS::ExactlyOnce);
}

/// [MQTT-2.3.1-5], [MQTT-2.3.1-1], [MQTT-3.3.1-2], [MQTT-3.3.2-2]
#[test]
fn fields_that_contradict_each_other() {
    assert_eq!(encode("a", QoS::AtMostOnce, Some(id(1)), false), Err(BAD_INPUT_DATA));
    assert_eq!(encode("a", QoS::AtLeastOnce, None, false), Err(BAD_INPUT_DATA));
    assert_eq!(encode("a", QoS::ExactlyOnce, None, false), Err(BAD_INPUT_DATA));
    assert_eq!(encode("a", QoS::AtMostOnce, None, true), Err(BAD_INPUT_DATA));
    assert_eq!(encode("a/+", QoS::AtMostOnce, None, false), Err(BAD_INPUT_DATA));
    assert_eq!(encode("", QoS::AtMostOnce, None, false), Err(BAD_INPUT_DATA));
    assert_eq!(encode("a", QoS::ExactlyOnce, Some(id(1)), true), Ok(7));
}

/// The longest packet is announced, one byte more is refused; no memory of that size is needed.
#[test]
fn longest_packet() {
    connected(persistent(), |client| {
        let longest = usize::try_from(MAX_REMAINING_LENGTH).unwrap() - 3;
        let message = message("a", b"", QoS::AtMostOnce);
        let mut out = [0; 16];
        assert_eq!(client.start(&message, longest + 1, 0, &mut out), Err(BAD_INPUT_DATA));
        assert_eq!(client.start(&message, usize::MAX, 0, &mut out), Err(BAD_INPUT_DATA));
        assert_eq!(client.start(&message, longest, 0, &mut out).unwrap().written, 8);
        assert_eq!(out[..8], [0x30, 0xff, 0xff, 0xff, 0x7f, 0, 1, b'a']);
        assert_eq!(client.stream().unwrap().remaining, longest);
    });
}
