//! MQTT: packets, and a client between a server and an application that both do anything.

use mqtt::{Acknowledgement, Client, Event, Message, Options, Packet, QoS, Subscription, topic};

use super::Input;

const CONN_ACK: &[u8] = &[0x20, 2, 0, 0];

/// Whatever decodes encodes to an equal packet, and nothing is read beyond its end.
pub fn mqtt_packet(data: &[u8]) {
    if let Ok(text) = core::str::from_utf8(data) {
        let (filter, name) = text.split_once('\n').unwrap_or((text, text));
        if topic::check_filter(filter).is_ok() && topic::check_name(name).is_ok() {
            let _ = topic::matches(filter, name);
            assert!(topic::matches(name, name) && (name.starts_with('$') || topic::matches("#", name)));
        }
    }
    let Ok(Some((packet, used))) = Packet::decode(data) else { return };
    let mut out = vec![0; used];
    let length = packet.encode(&mut out).expect("what was read fits where it stood");
    let (again, used_again) = Packet::decode(&out[..length]).expect("well formed").expect("whole");
    assert!(again == packet && used_again == length);
    for end in [used - 1, used / 2] {
        assert!(matches!(Packet::decode(&data[..end]), Ok(None)), "a part of a packet");
    }
}

/// The first byte chooses options and buffers; then each byte is a call, some of them followed by arguments.
pub fn mqtt_client(data: &[u8]) {
    let mut input = Input(data);
    let choice = input.byte();
    let options = Options {
        client_id: "fuzz",
        clean_session: choice & 1 != 0,
        acknowledgement: if choice & 2 != 0 { Acknowledgement::Manual } else { Acknowledgement::Automatic },
        keep_alive: u16::from(choice & 4),
        ..Options::default()
    };
    let in_flight_length = [0, 64, 200, 1024][usize::from(choice >> 6)];
    let (mut spill, mut in_flight) = ([0; 40], vec![0; in_flight_length]);
    let mut client = Client::new(options, &mut spill, &mut in_flight).expect("good options");
    let mut now = 0;
    let mut fed = Vec::new();
    while !input.is_empty() {
        now += u64::try_from(input.0.len() & 0xFF).expect("at most 255");
        call(&mut client, &mut input, &mut fed, now);
    }
    let mut saved = vec![0; client.saved_length()];
    let length = client.save(&mut saved).expect("as long as it said");
    let (mut spill, mut in_flight) = ([0; 40], vec![0; in_flight_length]);
    let mut other = Client::new(options, &mut spill, &mut in_flight).expect("good options");
    other.restore(&saved[..length]).expect("what was saved");
    // An identifier whose PUBREC was due is in a range now.
    assert!(other.saved_length() <= length);
    assert!(other.undelivered().eq(client.undelivered()));
}

fn call(client: &mut Client<'_>, input: &mut Input<'_>, fed: &mut Vec<u8>, now: u64) {
    let mut out = [0; 256];
    let code = input.byte();
    let room = usize::from(code >> 3) * 4;
    let before = client.saved_length();
    let qos = QoS::from_number(code >> 3 & 3).unwrap_or_default();
    let failed = match code & 7 {
        0 => {
            let length = usize::from(input.byte());
            fed.extend(input.take(length));
            receive(client, fed, now);
            false
        }
        1 => {
            if client.connect(now, &mut out).is_ok() {
                fed.clear();
                let _ = client.receive(CONN_ACK, now);
            }
            false
        }
        2 => {
            let _ = client.poll(now, &mut out[..room]).map(|length| assert!(length <= room));
            false
        }
        3 => {
            let payload = input.take(usize::from(code >> 5) * 9);
            client
                .publish(&Message { topic: "a", payload, qos, retain: false }, now, &mut out[..room])
                .is_err()
        }
        4 => client
            .start(&Message { topic: "b", payload: &[], qos, retain: true }, room, now, &mut out)
            .is_err(),
        5 => {
            let wanted = client.stream().map_or(0, |stream| stream.remaining);
            client.chunk(&[7; 256][..wanted.min(256)], now, &mut out[..room]).is_err()
        }
        6 => client.subscribe(&[Subscription { filter: "a/#", qos }], now, &mut out).is_err(),
        _ => match code >> 3 {
            0 => client.disconnect(&mut out).is_err(),
            1 => {
                let _ = client.closed();
                false
            }
            2 => client.unsubscribe(&["a/#"], now, &mut out).is_err(),
            identifier => {
                let identifier = core::num::NonZeroU16::new(u16::from(identifier)).expect("3 and more");
                let _ = client.acknowledge(identifier);
                false
            }
        },
    };
    assert!(!failed || client.saved_length() == before, "a refused call has changed something");
}

/// What came goes in; what is left waits for room.
fn receive(client: &mut Client<'_>, fed: &mut Vec<u8>, now: u64) {
    let mut place: Option<(usize, usize)> = None;
    while let Ok((used, event)) = client.receive(fed, now) {
        assert!(used <= fed.len());
        match event {
            Some(Event::Message(received)) => {
                assert!(topic::check_name(received.message.topic).is_ok());
                assert!(received.message.payload.len() <= received.total);
                place = Some((received.message.payload.len(), received.total));
            }
            Some(Event::Chunk { data, offset, total }) => {
                assert!(place.is_none_or(|place| place == (offset, total)), "a gap between chunks");
                place = Some((offset + data.len(), total));
                assert!(offset + data.len() <= total);
            }
            _ => {}
        }
        if used == 0 {
            break;
        }
        fed.drain(..used);
    }
}
