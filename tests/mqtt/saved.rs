//! Tests of `mqtt/src/saved.rs`.

use mqtt::{Acknowledgement, Client, Options, QoS};
use status::{
    Error,
    mqtt::{BAD_INPUT_DATA, BUFFER_TOO_SMALL, IN_FLIGHT_FULL, STATE_INVALID},
};

use crate::support::{Random, connect, connected, events, hex, id, message, persistent, poll, publish};

fn save(client: &Client<'_>) -> Vec<u8> {
    let mut saved = vec![0; client.saved_length()];
    assert_eq!(client.save(&mut saved), Ok(saved.len()));
    saved
}

/// One of everything that is kept, and some things that are not.
fn state() -> Vec<u8> {
    let mut saved = vec![];
    connected(persistent(), |client| {
        let mut out = [0; 64];
        let _ = client.publish(&message("a", b"1", QoS::AtLeastOnce), 0, &mut out).unwrap();
        let _ = client.publish(&message("a", b"2", QoS::ExactlyOnce), 0, &mut out).unwrap();
        let _ = client.publish(&message("a", b"3", QoS::ExactlyOnce), 0, &mut out).unwrap();
        events(client, &hex("50020002")).unwrap();
        events(client, &publish("a", b"", QoS::ExactlyOnce, 7, false)).unwrap();
        events(client, &publish("a", b"", QoS::AtLeastOnce, 8, false)).unwrap();
        let _ = client.start(&message("a", b"", QoS::AtLeastOnce), 9, 0, &mut out).unwrap();
        client.queue(&message("a", b"5", QoS::AtLeastOnce)).unwrap();
        saved = save(client);
    });
    saved
}

fn restore(
    saved: &[u8],
    options: Options<'_>,
    room: usize,
    test: impl FnOnce(&mut Client<'_>),
) -> Result<(), Error> {
    let (mut spill, mut in_flight) = ([0; 64], vec![0; room]);
    let mut client = Client::new(options, &mut spill, &mut in_flight).unwrap();
    let result = client.restore(saved);
    if result.is_ok() {
        // A PUBREC that was still to be written is no longer due, so that its identifier is in a range now.
        let again = save(&client);
        assert!(again.len() <= saved.len());
        let (mut spill, mut in_flight) = ([0; 64], vec![0; room]);
        let mut other = Client::new(options, &mut spill, &mut in_flight).unwrap();
        other.restore(&again).unwrap();
        assert_eq!(save(&other), again);
        test(&mut client);
    } else {
        assert_eq!(client.undelivered().count(), 0);
        assert_eq!(client.saved_length(), EMPTY);
        // It works as a new one.
        connect(&mut client, false);
        assert!(!client.has_clean_session());
    }
    result
}

/// Head and checksum.
const EMPTY: usize = 12;

#[test]
fn goes_on_where_it_was() {
    let check = |client: &mut Client<'_>| {
        connect(client, true);
        let head = &publish("a", b"123456789", QoS::AtLeastOnce, 4, true)[..7];
        let expected = [
            &hex("62020002")[..],
            &publish("a", b"1", QoS::AtLeastOnce, 1, true),
            &publish("a", b"3", QoS::ExactlyOnce, 3, true),
            head,
        ];
        assert_eq!(poll(client, 0), expected.concat());
        assert_eq!(client.chunk(b"123456789", 0, &mut [0; 9]), Ok(9));
        assert_eq!(poll(client, 0), publish("a", b"5", QoS::AtLeastOnce, 5, false));
        // The received message of QoS 2 is remembered, that of QoS 1 comes again.
        assert_eq!(events(client, &publish("a", b"", QoS::ExactlyOnce, 7, true)).unwrap(), []);
        assert_eq!(events(client, &publish("a", b"", QoS::AtLeastOnce, 8, true)).unwrap().len(), 1);
        assert_eq!(poll(client, 0), hex("50020007 40020008"));
        assert_eq!(client.unsubscribe(&["a"], 0, &mut [0; 64]).unwrap().1, id(6));
    };
    assert_eq!(restore(&state(), persistent(), 1024, check), Ok(()));
}

#[test]
fn an_empty_state() {
    let (mut spill, mut in_flight) = ([0; 64], [0; 64]);
    let saved = save(&Client::new(persistent(), &mut spill, &mut in_flight).unwrap());
    assert_eq!(saved.len(), EMPTY);
    assert_eq!(restore(&saved, persistent(), 64, |_| ()), Ok(()));
    assert_eq!(restore(&saved, persistent(), 0, |_| ()), Ok(()));
}

#[test]
fn too_little_room() {
    connected(persistent(), |client| {
        client.queue(&message("a", b"5", QoS::AtLeastOnce)).unwrap();
        for room in 0..client.saved_length() {
            assert_eq!(client.save(&mut vec![0; room]), Err(BUFFER_TOO_SMALL));
        }
    });
    assert_eq!(restore(&state(), persistent(), 64, |_| ()), Err(IN_FLIGHT_FULL));
}

#[test]
fn only_into_a_new_client() {
    let saved = state();
    connected(persistent(), |client| assert_eq!(client.restore(&saved), Err(BAD_INPUT_DATA)));
    let (mut spill, mut in_flight) = ([0; 64], [0; 1024]);
    let mut client = Client::new(persistent(), &mut spill, &mut in_flight).unwrap();
    client.queue(&message("a", b"5", QoS::AtLeastOnce)).unwrap();
    assert_eq!(client.restore(&saved), Err(BAD_INPUT_DATA));
}

#[test]
fn another_client() {
    let options = Options { client_id: "other", ..persistent() };
    assert_eq!(restore(&state(), options, 1024, |_| ()), Err(STATE_INVALID));
}

/// Every bit flipped, every length cut.
#[test]
fn damaged() {
    let saved = state();
    for bit in 0..saved.len() * 8 {
        let mut changed = saved.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(restore(&changed, persistent(), 1024, |_| ()), Err(STATE_INVALID), "bit {bit}");
    }
    for length in 0..saved.len() {
        assert_eq!(
            restore(&saved[..length], persistent(), 1024, |_| ()),
            Err(STATE_INVALID),
            "{length} bytes"
        );
    }
}

/// CRC-32 of IEEE 802.3 by its table, so that the checksum of a changed state can be made right.
fn checksum(client_id: &str, content: &[u8]) -> [u8; 4] {
    let table: Vec<u32> = (0..256_u32)
        .map(|index| {
            (0..8).fold(index, |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 })
        })
        .collect();
    let bytes = client_id.bytes().chain(content.iter().copied());
    let crc = bytes.fold(u32::MAX, |crc, byte| table[usize::from(crc.to_le_bytes()[0] ^ byte)] ^ (crc >> 8));
    (!crc).to_be_bytes()
}

#[test]
fn check_value_of_the_checksum() {
    assert_eq!(checksum("", b"123456789"), [0xcb, 0xf4, 0x39, 0x26]);
}

/// With a right checksum every field is still checked.
#[test]
fn contradictory() {
    let with_checksum = |content: Vec<u8>| [content.as_slice(), &checksum("test", &content)].concat();
    let head = "4d51 02 00 0001";
    let message = "01 00 0001 00000007 32 05 0001 61 0001";
    let good = with_checksum(hex(&format!(
        "4d51 02 01 0001 0002 0001 0007 0009 ffff {message} 02 00 0002 03 00 0008 03 00 0007"
    )));
    assert_eq!(restore(&good, persistent(), 1024, |_| ()), Ok(()));
    let rows = [
        ("4d52 02 00 0001", "0000", "another magic"),
        ("4d51 01 0001", "", "the version before this one"),
        ("4d51 01 0001", "03 00 0001 00000000", "the version before this one"),
        ("4d51 03 00 0001", "0000", "another version"),
        ("4d51 02 00 0000", "0000", "next identifier 0"),
        ("4d51 02 02 0001", "0000", "a flag that there is not"),
        ("4d51 02", "", "nothing behind the version"),
        ("4d51 02 00", "", "nothing behind the flags"),
        (head, "", "no number of ranges"),
        (head, "0001", "no range"),
        (head, "0001 0000 0001", "a range that begins at 0"),
        (head, "0001 0002 0001", "a range that ends before it begins"),
        (head, "0002 0003 0004 0001 0001", "ranges in another order"),
        (head, "0002 0001 0003 0003 0004", "ranges with a common identifier"),
        (head, "0002 0001 0003 0004 0005", "ranges that are one"),
        (head, "0002 0001 ffff 0001 0001", "a range behind the last identifier"),
        (head, "0000 00 00 0001", "an unknown kind"),
        (head, "0000 07 00 0001", "an unknown kind"),
        (head, "0000 04 00 0001", "a PUBACK"),
        (head, "0000 05 00 0001", "a PUBCOMP"),
        (head, "0000 06 00 0001", "a PUBREL of nothing"),
        (head, "0000 02 00 0000", "identifier 0"),
        (head, "0000 02 02 0001", "a flag of messages"),
        (head, "0000 03 04 0001", "a message that the application holds"),
        (head, "0000 01 01 0001 00000007 32 05 0001 61 0001", "written already"),
        (head, "0000 01 80 0001 00000007 32 05 0001 61 0001", "done already"),
        (head, "0000 02 00 0001 00", "a release with a body"),
        (head, "0000 01 00 0001 00000008 32 05 0001 61 0001", "longer than the state"),
        (head, "0000 01 00 0001 00000008 32 05 0001 61 0001 00", "longer than its packet"),
        (head, "0000 01 00 0001 00000007 32 06 0001 61 0001", "shorter than its packet"),
        (head, "0000 01 10 0001 00000007 32 05 0001 61 0001", "streamed, but whole"),
        (head, "0000 01 10 0001 00000008 32 09 0001 61 0001 00", "streamed, with a payload"),
        (head, "0000 01 00 0001 00000000", "a message without a packet"),
        (head, "0000 01 00 0002 00000007 32 05 0001 61 0001", "another identifier"),
        (head, "0000 01 00 0001 00000005 30 03 0001 61", "QoS 0"),
        (head, "0000 01 00 0001 00000004 40 02 0001", "not a PUBLISH packet"),
        (head, "0000 01 00 0001 00000007 32 05 0001 23 0001", "a wildcard in the topic"),
        (head, &format!("0000 {message} {message}"), "twice the same identifier"),
        (head, &format!("0000 {message} 02 00 0001"), "twice the same identifier"),
        (head, &format!("0000 02 00 0001 {message}"), "twice the same identifier"),
        (head, "0000 03 00 00", "cut off"),
    ];
    for (head, records, reason) in rows {
        let saved = with_checksum(hex(&format!("{head} {records}")));
        assert_eq!(restore(&saved, persistent(), 1024, |_| ()), Err(STATE_INVALID), "{reason}");
    }
}

/// Any content under a right checksum: an answer, and what is taken is saved as it was.
#[test]
fn garbage() {
    let original = state();
    for seed in 0..20_000 {
        let mut random = Random(seed);
        let mut content = original[..original.len() - 4].to_vec();
        for _ in 0..1 + random.below(3) {
            let position = random.below(content.len());
            content[position] = u8::try_from(random.below(256)).unwrap();
        }
        content.truncate(random.below(2 * content.len()));
        let saved = [content.as_slice(), &checksum("test", &content)].concat();
        let _ = restore(&saved, persistent(), 1024, |client| {
            connect(client, true);
            poll(client, 0);
        });
    }
}

/// What the application has not acknowledged is delivered again to the client that takes up the state.
#[test]
fn unacknowledged_messages_are_left_out() {
    connected(Options { acknowledgement: Acknowledgement::Manual, ..persistent() }, |client| {
        events(client, &publish("a", b"", QoS::ExactlyOnce, 7, false)).unwrap();
        assert_eq!(client.saved_length(), EMPTY);
        client.acknowledge(id(7)).unwrap();
        assert_eq!(client.saved_length(), EMPTY + 4);
    });
}

/// What is saved has at most 12 bytes more than the in-flight buffer, whatever is in it.
#[test]
fn the_longest_state() {
    for seed in 0..200 {
        let mut random = Random(seed);
        let room = 64 + random.below(400);
        let (mut spill, mut in_flight) = ([0; 64], vec![0; room]);
        let mut client = Client::new(persistent(), &mut spill, &mut in_flight).unwrap();
        connect(&mut client, true);
        for _ in 0..200 {
            let identifier = u16::try_from(1 + random.below(500)).unwrap();
            let _ =
                client.publish(&message("a", &vec![0; random.below(60)], QoS::ExactlyOnce), 0, &mut [0; 99]);
            let _ = client.receive(&publish("a", b"", QoS::ExactlyOnce, identifier, false), 0);
            if random.one_in(3) {
                let _ = client.poll(0, &mut [0; 99]);
            }
            assert!(client.saved_length() <= room + 12);
        }
        assert_eq!(restore(&save(&client), persistent(), room, |_| ()), Ok(()));
    }
}
