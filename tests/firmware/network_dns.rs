//! DNS: what is asked, and which answers are believed (RFC 1035 §4, RFC 4343).

use std::net::Ipv4Addr;

use firmware::network::dns::{MAX_ADDRESSES, Query, Refusal};
use proptest::prelude::*;

const ID: [u8; 2] = [0xAB, 0xCD];
/// Capitals: every second letter.
const CAPITALS: [u8; 4] = [0b0101_0101; 4];

fn query() -> Query {
    Query::new("broker.example", ID, &CAPITALS).unwrap()
}

fn name(text: &str) -> Vec<u8> {
    let mut name = Vec::new();
    for label in text.split('.') {
        name.push(label.len() as u8);
        name.extend(label.as_bytes());
    }
    name.push(0);
    name
}

fn record(owner: &[u8], kind: u8, data: &[u8]) -> Vec<u8> {
    let fixed = [0, kind, 0, 1, 0, 0, 0, 60, 0, data.len() as u8];
    [owner, &fixed, data].concat()
}

/// An answer to the query with these records.
fn answer(records: &[Vec<u8>]) -> Vec<u8> {
    let mut message = query().as_bytes().to_vec();
    message[2] = 0x81;
    message[3] = 0x80;
    message[7] = records.len() as u8;
    records.iter().for_each(|record| message.extend(record));
    message
}

fn address(owner: &[u8], last: u8) -> Vec<u8> {
    record(owner, 1, &[192, 0, 2, last])
}

fn read(message: &[u8]) -> Result<Vec<u8>, Refusal> {
    let addresses = query().answer(message)?;
    Ok(addresses
        .iter()
        .map(|address| {
            assert_eq!(address.octets()[..3], [192, 0, 2]);
            address.octets()[3]
        })
        .collect())
}

/// A pointer to the question's name.
const QUESTION: [u8; 2] = [0xC0, 0x0C];

#[test]
fn a_query_has_the_identifier_one_question_and_capitals_at_random() {
    let query = query();
    let expected = [
        [0xAB, 0xCD, 0x01, 0, 0, 1, 0, 0, 0, 0, 0, 0].as_slice(),
        b"\x06BrOkEr\x07ExAmPlE\x00",
        &[0, 1, 0, 1],
    ];
    assert_eq!(query.as_bytes(), expected.concat());
    // A dot at the end is the root.
    let plain = Query::new("Broker.example.", ID, &[]).unwrap();
    assert_eq!(&plain.as_bytes()[12..], b"\x06broker\x07example\x00\x00\x01\x00\x01");
    for none in ["", ".", "a..b", ".a", &"x".repeat(64), &["x".repeat(63).as_str(); 4].join(".")] {
        assert!(Query::new(none, ID, &[]).is_none(), "{none}");
    }
    assert!(Query::new(&["x".repeat(61).as_str(); 4].join("."), ID, &[0xFF; 32]).is_some());
}

#[test]
fn every_address_is_taken_and_names_compare_without_case() {
    let records =
        [address(&QUESTION, 1), address(&name("BROKER.example"), 2), address(&name("broker.EXAMPLE"), 3)];
    assert_eq!(read(&answer(&records)), Ok(vec![1, 2, 3]));
    // What is of another name, type or class is not.
    let mut chaos = address(&QUESTION, 9);
    chaos[5] = 3;
    let others =
        [address(&name("other.example"), 7), record(&QUESTION, 28, &[0; 16]), chaos, address(&QUESTION, 4)];
    assert_eq!(read(&answer(&others)), Ok(vec![4]));
    let many: Vec<_> = (0..20).map(|last| address(&QUESTION, last)).collect();
    assert_eq!(read(&answer(&many)).unwrap().len(), MAX_ADDRESSES);
    assert_eq!(query().answer(&answer(&[address(&QUESTION, 1)])).unwrap()[0], Ipv4Addr::new(192, 0, 2, 1));
}

#[test]
fn a_query_without_capitals_is_answered_with_any() {
    let message = answer(&[address(&QUESTION, 1)]);
    let plain = Query::new("broker.example", ID, &[]).unwrap();
    let question = 12..12 + name("broker.example").len();
    for change in [<[u8]>::make_ascii_uppercase, <[u8]>::make_ascii_lowercase, |_: &mut [u8]| {}] {
        let mut message = message.clone();
        change(&mut message[question.clone()]);
        assert_eq!(plain.answer(&message).map(|addresses| addresses.len()), Ok(1));
    }
}

#[test]
fn aliases_are_followed_whatever_their_order() {
    let (one, two) = (name("one.example"), name("two.Example"));
    let first = record(&QUESTION, 5, &one);
    let second = record(&name("ONE.example"), 5, &two);
    let last = [address(&name("two.example"), 5), address(&name("TWO.example"), 6)];
    for records in [
        [first.clone(), second.clone(), last[0].clone(), last[1].clone()],
        [last[1].clone(), second.clone(), last[0].clone(), first.clone()],
        [second.clone(), last[0].clone(), first.clone(), last[1].clone()],
    ] {
        let mut read = read(&answer(&records)).unwrap();
        read.sort_unstable();
        assert_eq!(read, [5, 6]);
    }
    // An alias of nothing, and one of itself.
    assert_eq!(read(&answer(&[first, second])), Err(Refusal::NotFound));
    assert_eq!(read(&answer(&[record(&QUESTION, 5, &QUESTION)])), Err(Refusal::Failed));
}

#[test]
fn what_is_no_answer_to_this_query_is_not_believed() {
    let good = answer(&[address(&QUESTION, 1)]);
    let with = |place: usize, byte: u8| {
        let mut message = good.clone();
        message[place] = byte;
        message
    };
    for (what, message, refusal) in [
        ("another identifier", with(1, 0), Refusal::Foreign),
        ("a query", with(2, 0x01), Refusal::Foreign),
        ("another operation", with(2, 0x89), Refusal::Foreign),
        ("no question", with(5, 0), Refusal::Foreign),
        ("two questions", with(5, 2), Refusal::Foreign),
        ("another name", with(13, b'C'), Refusal::Foreign),
        ("another type", with(12 + 16 + 1, 28), Refusal::Foreign),
        ("other capitals", with(13, b'b'), Refusal::OtherCase),
        ("a malformed query", with(3, 0x81), Refusal::Failed),
        ("a server's failure", with(3, 0x82), Refusal::Failed),
        ("no such name", with(3, 0x83), Refusal::NotFound),
        ("a refusal", with(3, 0x85), Refusal::Failed),
        ("no records", with(7, 0), Refusal::NotFound),
    ] {
        assert_eq!(read(&message), Err(refusal), "{what}");
    }
    // A server that cannot read a query need not repeat it.
    assert_eq!(read(&[0xAB, 0xCD, 0x81, 0x81, 0, 0, 0, 0, 0, 0, 0, 0]), Err(Refusal::Failed));
    for length in 0..good.len() {
        assert!(read(&good[..length]).is_err(), "{length} bytes");
    }
}

#[test]
fn pointers_that_lead_nowhere_end() {
    let here = (query().as_bytes().len() as u16 | 0xC000).to_be_bytes();
    for owner in [here.to_vec(), [0xFF, 0xFF].to_vec(), [1, b'a', here[0], here[1]].to_vec(), [0x80].to_vec()]
    {
        assert!(read(&answer(&[address(&owner, 1)])).is_err(), "{owner:?}");
    }
}

proptest! {
    #[test]
    fn any_message_is_read_to_an_end(tail in proptest::collection::vec(any::<u8>(), 0..200), count in any::<u8>()) {
        let mut message = answer(&[]);
        message[7] = count;
        message.extend(tail);
        let _ = query().answer(&message);
    }

    #[test]
    fn nobody_who_has_not_seen_the_query_is_believed(message in proptest::collection::vec(any::<u8>(), 0..80)) {
        prop_assume!(message.get(..2) != Some(&ID));
        prop_assert_eq!(read(&message), Err(Refusal::Foreign));
    }
}
