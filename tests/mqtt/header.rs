//! Tests of `mqtt/src/header.rs`.

use mqtt::{FixedHeader, MAX_REMAINING_LENGTH, Packet, PacketType};
use status::mqtt::MALFORMED_PACKET;

/// MQTT 3.1.1 §2.2.3, table 2.4: the ends of each size.
#[test]
fn remaining_length_of_the_specification() {
    let rows: [(&[u8], u32); 8] = [
        (&[0x03], 3),
        (&[0x7f], 127),
        (&[0x80, 0x01], 128),
        (&[0xff, 0x7f], 16_383),
        (&[0x80, 0x80, 0x01], 16_384),
        (&[0xff, 0xff, 0x7f], 2_097_151),
        (&[0x80, 0x80, 0x80, 0x01], 2_097_152),
        (&[0xff, 0xff, 0xff, 0x7f], MAX_REMAINING_LENGTH),
    ];
    for (bytes, length) in rows {
        let packet = [&[0x30], bytes].concat();
        let header = FixedHeader { packet_type: PacketType::Publish, flags: 0, remaining_length: length };
        assert_eq!(FixedHeader::decode(&packet), Ok(Some((header, packet.len()))));
        for end in 0..packet.len() {
            assert_eq!(FixedHeader::decode(&packet[..end]), Ok(None), "{packet:02x?} {end}");
        }
    }
}

#[test]
fn a_remaining_length_has_at_most_four_bytes() {
    assert_eq!(FixedHeader::decode(&[0x30, 0xff, 0xff, 0xff, 0xff]), Err(MALFORMED_PACKET));
    assert_eq!(FixedHeader::decode(&[0x30, 0x80, 0x80, 0x80, 0x80, 0x01]), Err(MALFORMED_PACKET));
    assert_eq!(FixedHeader::decode(&[0x30, 0xff, 0xff, 0xff]), Ok(None));
}

/// [MQTT-2.2.2-1], [MQTT-2.2.2-2], [MQTT-3.3.1-2], [MQTT-3.3.1-4]: every first byte, checked before the length is there.
#[test]
fn flags_of_every_type() {
    for first in 0..=u8::MAX {
        let (number, flags) = (first >> 4, first & 0x0f);
        let allowed = match number {
            1 | 2 | 4 | 5 | 7 | 9 | 11..=14 => flags == 0,
            6 | 8 | 10 => flags == 2,
            3 => !matches!(flags, 0b0110 | 0b0111 | 0b1110 | 0b1111 | 0b1000 | 0b1001),
            _ => false,
        };
        let expected = if allowed { Ok(None) } else { Err(MALFORMED_PACKET) };
        assert_eq!(FixedHeader::decode(&[first]), expected, "{first:02x}");
    }
}

#[test]
fn a_length_that_the_type_does_not_allow() {
    for packet in [
        [0x20, 3],
        [0x20, 1],
        [0x40, 0],
        [0x40, 3],
        [0x50, 3],
        [0x62, 1],
        [0x70, 4],
        [0xb0, 3],
        [0xc0, 1],
        [0xd0, 1],
        [0xe0, 1],
        [0x90, 2],
        [0x30, 2],
        [0x82, 5],
        [0xa2, 4],
        [0x10, 11],
    ] {
        assert_eq!(FixedHeader::decode(&packet), Err(MALFORMED_PACKET), "{packet:02x?}");
        assert_eq!(Packet::decode(&packet).err(), Some(MALFORMED_PACKET));
    }
}
