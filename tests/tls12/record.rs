//! The record layer against the scripted server's, over both backends.
#![expect(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::unwrap_used, reason = "tests")]

use std::sync::OnceLock;

use accel::rustcrypto::RustCrypto;
use accel::soft::{Hasher, Soft};
use accel::{Accel, Direction, Rng};
use status::{Alert, Cause, Error, ssl};
use tests::entropy::InsecureSeeded;
use tests::server::crypto::parameters;
use tests::server::record::{Record, State};
use tls12::record::{
    ContentType, HEADER_LENGTH, Header, Idle, Layer, MAX_EMPTY_RECORDS, MAX_OVERHEAD, MAX_PLAINTEXT_LENGTH,
    MAX_PROTECTED_LENGTH, MAX_WARNING_ALERTS, Protection,
};
use tls12::schedule::{KeyBlock, MasterSecret, Randoms, Side};
use tls12::{Failure, Suite};

const DATA: ContentType = ContentType::APPLICATION_DATA;

/// One suite in one mode, on both sides of the same keys.
#[derive(Clone, Copy, Debug)]
struct Case {
    suite: Suite,
    encrypt_then_mac: bool,
}

impl Case {
    fn all() -> impl Iterator<Item = Self> {
        Suite::ALL.into_iter().flat_map(|suite| {
            let modes = if suite.is_aead() { &[false][..] } else { &[false, true] };
            modes.iter().map(move |encrypt_then_mac| Self { suite, encrypt_then_mac: *encrypt_then_mac })
        })
    }

    fn ours<A: Accel>(self, accel: &mut A, side: Side, direction: Direction) -> Protection {
        let block = block(self.suite);
        Protection::new(accel, &block.keys(side), direction, self.encrypt_then_mac).unwrap()
    }

    /// The client's direction and the server's.
    fn theirs(self) -> [State; 2] {
        let suite = parameters(self.suite.id());
        State::pair(suite, self.encrypt_then_mac, &[0x33; 48], &[0xC1; 32], &[0x5E; 32])
    }
}

/// The keys of a suite, derived once: tens of thousands of records are opened with them.
fn block(suite: Suite) -> &'static KeyBlock {
    static BLOCKS: OnceLock<Vec<KeyBlock>> = OnceLock::new();
    let derive = |suite: Suite| {
        let master = MasterSecret::from_bytes([0x33; 48]);
        let randoms = Randoms { client: [0xC1; 32], server: [0x5E; 32] };
        master.key(&mut Hasher, suite.prf()).unwrap().key_block(&mut Hasher, suite, &randoms).unwrap()
    };
    let index = Suite::ALL.iter().position(|known| *known == suite).unwrap();
    &BLOCKS.get_or_init(|| Suite::ALL.map(derive).into())[index]
}

/// Runs a test once per backend.
macro_rules! backends {
    ($($name:ident: $body:path;)*) => {
        mod soft { use super::*; $(#[test] fn $name() { $body(Soft::new(InsecureSeeded::new(1))); })* }
        mod rustcrypto { use super::*; $(#[test] fn $name() { $body(RustCrypto::new(InsecureSeeded::new(1))); })* }
    };
}

backends! {
    what_we_seal_the_server_opens: seal;
    what_the_server_seals_we_open: open;
    overheads_are_exact: overheads;
    every_flipped_byte_is_the_same_failure: flipped;
    a_replayed_or_lost_record_fails: replay;
    nothing_is_longer_than_a_plaintext_may_be: overflow;
    sequence_numbers_end: exhaustion;
    short_records_are_bad_records: short;
}

const LENGTHS: [usize; 14] = [0, 1, 11, 12, 15, 16, 17, 31, 32, 33, 255, 256, 4096, MAX_PLAINTEXT_LENGTH];

fn plaintext(length: usize) -> Vec<u8> {
    (0..length).map(|at| at.to_le_bytes()[0] ^ 0x5A).collect()
}

fn sealed<A: Accel>(accel: &mut A, protection: &mut Protection, content: &[u8]) -> Result<Vec<u8>, Failure> {
    let prefix = protection.prefix_length();
    let mut buffer = vec![0xEE; prefix + content.len() + protection.suffix_length(content.len()) + 3];
    buffer[prefix..prefix + content.len()].copy_from_slice(content);
    let length = protection.seal(accel, DATA, &mut buffer, content.len())?;
    assert_eq!(buffer.split_off(length), [0xEE; 3], "wrote behind its record");
    Ok(buffer)
}

fn seal(mut accel: impl Accel) {
    for case in Case::all() {
        let mut ours = case.ours(&mut accel, Side::Client, Direction::Encrypt);
        let [mut theirs, _] = case.theirs();
        for length in LENGTHS {
            let content = plaintext(length);
            let record = sealed(&mut accel, &mut ours, &content).unwrap();
            let header = Header::parse(*record.first_chunk().unwrap()).unwrap();
            assert_eq!((header.content_type, header.length), (DATA, record.len() - HEADER_LENGTH));
            assert_eq!(theirs.open(DATA.0, &record[HEADER_LENGTH..]), Ok(content), "{case:?} {length}");
        }
    }
}

fn open(mut accel: impl Accel) {
    for case in Case::all() {
        let mut ours = case.ours(&mut accel, Side::Server, Direction::Decrypt);
        let [_, mut theirs] = case.theirs();
        for length in LENGTHS {
            let content = plaintext(length);
            let mut record = theirs.seal(&Record::new(DATA.0, &content));
            let range = ours.open(&mut accel, &mut record).unwrap();
            assert_eq!(record[range], content, "{case:?} {length}");
        }
    }
}

fn overheads(mut accel: impl Accel) {
    for case in Case::all() {
        let protection = case.ours(&mut accel, Side::Client, Direction::Encrypt);
        let total = |length| protection.prefix_length() + length + protection.suffix_length(length);
        for length in 0..600 {
            assert!(total(length) - length <= MAX_OVERHEAD, "{case:?} {length}");
        }
        for space in 0..600 {
            let most = protection.max_plaintext(space);
            assert!(most == 0 || total(most) <= space, "{case:?} {space} {most}");
            assert!(total(most + 1) > space, "{case:?} {space} {most}");
        }
        assert_eq!(protection.max_plaintext(1 << 20), MAX_PLAINTEXT_LENGTH);
    }
}

/// The server's record of this content, opened after a change: must fail like any other, and be wiped.
fn rejected<A: Accel>(accel: &mut A, case: Case, record: &[u8]) {
    let mut ours = case.ours(accel, Side::Server, Direction::Decrypt);
    let mut record = record.to_vec();
    let failure = ours.open(accel, &mut record).unwrap_err();
    assert_eq!(failure, Failure::new(ssl::INVALID_MAC, Alert::BAD_RECORD_MAC), "{case:?}");
    assert!(record.iter().all(|byte| *byte == 0), "{case:?}: not wiped");
}

fn flipped(mut accel: impl Accel) {
    for case in Case::all() {
        let [_, theirs] = case.theirs();
        for length in [0, 1, 40, 65] {
            let record = theirs.clone().seal(&Record::new(DATA.0, &plaintext(length)));
            for at in HEADER_LENGTH..record.len() {
                let mut record = record.clone();
                record[at] ^= 0x80;
                rejected(&mut accel, case, &record);
            }
            // The type is authenticated too (RFC 5246 §6.2.3.1).
            let mut record = record.clone();
            record[0] = ContentType::HANDSHAKE.0;
            rejected(&mut accel, case, &record);
        }
    }
}

fn replay(mut accel: impl Accel) {
    for case in Case::all() {
        let [_, mut theirs] = case.theirs();
        let first = theirs.seal(&Record::new(DATA.0, b"first"));
        let second = theirs.seal(&Record::new(DATA.0, b"second"));
        rejected(&mut accel, case, &second);
        let mut ours = case.ours(&mut accel, Side::Server, Direction::Decrypt);
        assert!(ours.open(&mut accel, &mut first.clone()).is_ok());
        assert_eq!(ours.open(&mut accel, &mut first.clone()).unwrap_err().error(), ssl::INVALID_MAC);
    }
}

/// RFC 5246 §6.2.1 and §6.2.3.
fn overflow(mut accel: impl Accel) {
    for case in Case::all() {
        let [_, mut theirs] = case.theirs();
        let mut record = theirs.seal(&Record::new(DATA.0, &plaintext(MAX_PLAINTEXT_LENGTH + 1)));
        let mut ours = case.ours(&mut accel, Side::Server, Direction::Decrypt);
        let failure = ours.open(&mut accel, &mut record).unwrap_err();
        let expected = Failure::new(ssl::INVALID_RECORD, Alert::RECORD_OVERFLOW);
        assert_eq!(failure, expected.with(Cause::RecordTooLong), "{case:?}");
        assert!(record.iter().all(|byte| *byte == 0));

        let mut ours = case.ours(&mut accel, Side::Client, Direction::Encrypt);
        let mut buffer = vec![7; MAX_PLAINTEXT_LENGTH + 1 + MAX_OVERHEAD];
        let failure = ours.seal(&mut accel, DATA, &mut buffer, MAX_PLAINTEXT_LENGTH + 1).unwrap_err();
        assert_eq!(failure.error(), ssl::BUFFER_TOO_SMALL);
        let failure = ours.seal(&mut accel, DATA, &mut [7; 30], 20).unwrap_err();
        assert_eq!(failure.error(), ssl::BUFFER_TOO_SMALL);
    }
}

/// RFC 5246 §6.1: sequence numbers never wrap.
fn exhaustion(mut accel: impl Accel) {
    for case in Case::all() {
        let mut ours = case.ours(&mut accel, Side::Client, Direction::Encrypt).at(u64::MAX);
        let [mut theirs, mut server] = case.theirs();
        theirs.sequence = u64::MAX;
        let last = sealed(&mut accel, &mut ours, b"the last one").unwrap();
        assert_eq!(theirs.open(DATA.0, &last[HEADER_LENGTH..]), Ok(b"the last one".to_vec()));
        exhausted(sealed(&mut accel, &mut ours, b"one too many").unwrap_err());

        server.sequence = u64::MAX;
        let mut ours = case.ours(&mut accel, Side::Server, Direction::Decrypt).at(u64::MAX);
        let mut last = server.seal(&Record::new(DATA.0, b"the last one"));
        assert!(ours.open(&mut accel, &mut last).is_ok());
        let mut wrapped = server.seal(&Record::new(DATA.0, b"one too many"));
        exhausted(ours.open(&mut accel, &mut wrapped).unwrap_err());
    }
}

fn exhausted(failure: Failure) {
    assert_eq!((failure.error(), failure.cause()), (ssl::COUNTER_WRAPPING, Cause::SequenceExhausted));
}

fn short(mut accel: impl Accel) {
    for case in Case::all() {
        let [_, theirs] = case.theirs();
        let record = theirs.clone().seal(&Record::new(DATA.0, &plaintext(20)));
        for length in 1..record.len() - HEADER_LENGTH {
            let mut record = record[..HEADER_LENGTH + length].to_vec();
            record[3..HEADER_LENGTH].copy_from_slice(&u16::try_from(length).unwrap().to_be_bytes());
            rejected(&mut accel, case, &record);
        }
    }
}

/// RFC 5246 §6.2.3.2: every padding is taken, and any wrong byte of plaintext, MAC or padding is the same failure.
#[test]
fn every_padding_is_taken_and_every_wrong_byte_refused() {
    let mut accel = Soft::new(InsecureSeeded::new(1));
    for case in Case::all().filter(|case| !case.suite.is_aead() && case.suite.key_length() == 16) {
        let mac = if case.encrypt_then_mac { 0 } else { case.suite.mac().unwrap().digest_length() };
        for padding in 0..=255 {
            let content = plaintext((16 - (mac + padding + 1) % 16) % 16 + 16);
            let record = || Record { extra_blocks: padding / 16, ..Record::new(DATA.0, &content) };
            let [_, theirs] = case.theirs();
            let mut good = theirs.clone().seal(&record());
            let mut ours = case.ours(&mut accel, Side::Server, Direction::Decrypt);
            let range = ours.open(&mut accel, &mut good).unwrap();
            assert_eq!(good[range], content, "{case:?} {padding}");
            // With encrypt-then-MAC a server that spoils the plaintext before its MAC has simply said something else.
            let first = if case.encrypt_then_mac { content.len() } else { 0 };
            for at in first..content.len() + mac + padding + 1 {
                // Not to 0, which is a good padding whatever stands before it.
                let bit = if padding == 1 { 2 } else { 1 };
                let spoiled = record().inside(move |bytes| bytes[at] ^= bit);
                rejected(&mut accel, case, &theirs.clone().seal(&spoiled));
            }
        }
    }
}

/// A padding that claims more than there is, and one that leaves no room for the MAC.
#[test]
fn paddings_longer_than_the_record_are_refused() {
    let mut accel = Soft::new(InsecureSeeded::new(1));
    for case in Case::all().filter(|case| !case.suite.is_aead()) {
        for claimed in 0..=255 {
            let spoiled = Record::new(DATA.0, b"").inside(move |bytes| {
                bytes.truncate(48);
                bytes.resize(48, 0);
                bytes.fill(claimed);
            });
            let [_, mut theirs] = case.theirs();
            let record = theirs.seal(&spoiled);
            // With encrypt-then-MAC a padding that fits is a good one, and an empty plaintext is legal.
            if case.encrypt_then_mac && usize::from(claimed) < 48 {
                let mut ours = case.ours(&mut accel, Side::Server, Direction::Decrypt);
                let range = ours.open(&mut accel, &mut record.clone()).unwrap();
                assert_eq!(range.len(), 47 - usize::from(claimed));
            } else {
                rejected(&mut accel, case, &record);
            }
        }
    }
}

#[test]
fn without_protection_a_record_is_its_header_and_content() {
    let mut accel = Soft::new(InsecureSeeded::new(1));
    assert_eq!((Layer(None).prefix_length(), Layer(None).max_plaintext(100)), (5, 95));
    let mut record = *b".....hello and more";
    assert_eq!(Layer(None).seal(&mut accel, DATA, &mut record, 5).unwrap(), 10);
    assert_eq!(record, *b"\x17\x03\x03\x00\x05hello and more");
    assert_eq!(Layer(None).open(&mut accel, &mut record[..10]).unwrap(), 5..10);
    assert!(Layer(None).seal(&mut accel, DATA, &mut record, 15).is_err());
    let mut long = Record::new(DATA.0, &vec![0; MAX_PLAINTEXT_LENGTH + 1]).plain();
    let failure = Layer(None).open(&mut accel, &mut long).unwrap_err();
    assert_eq!((failure.error(), failure.alert()), (ssl::INVALID_RECORD, Some(Alert::RECORD_OVERFLOW)));
}

/// RFC 5246 §6.2.1, §6.2.3 and §E.1.
#[test]
fn headers_are_checked() {
    let parse =
        |bytes: [u8; HEADER_LENGTH]| Header::parse(bytes).map_err(|f| (f.error(), f.alert(), f.cause()));
    for content_type in 20..=23 {
        let header = Header { content_type: ContentType(content_type), length: 0x0102 };
        for minor in 0..=3 {
            assert_eq!(parse([content_type, 3, minor, 1, 2]), Ok(header));
        }
    }
    let invalid = |alert| Err((ssl::INVALID_RECORD, Some(alert), Cause::None));
    for content_type in (0..=255).filter(|content_type| !(20..=23).contains(content_type)) {
        assert_eq!(parse([content_type, 3, 3, 0, 5]), invalid(Alert::UNEXPECTED_MESSAGE));
    }
    for [major, minor] in [[3, 4], [2, 3], [4, 0], [0, 0], [0xFF, 0xFF]] {
        assert_eq!(parse([22, major, minor, 0, 5]), invalid(Alert::PROTOCOL_VERSION));
    }
    assert_eq!(parse([22, 3, 3, 0, 0]), invalid(Alert::DECODE_ERROR));
    assert_eq!(parse(*b"HTTP/"), invalid(Alert::UNEXPECTED_MESSAGE));
    let length = |length: usize| {
        let [high, low] = u16::try_from(length).unwrap().to_be_bytes();
        parse([23, 3, 3, high, low]).map(|header| header.length)
    };
    assert_eq!(length(MAX_PROTECTED_LENGTH), Ok(MAX_PROTECTED_LENGTH));
    let too_long = Err((ssl::BAD_INPUT_DATA, Some(Alert::RECORD_OVERFLOW), Cause::RecordTooLong));
    assert_eq!(length(MAX_PROTECTED_LENGTH + 1), too_long);
}

#[test]
fn records_without_content_are_counted() {
    let many = |result: Result<(), Failure>| result.map_err(|failure| (failure.error(), failure.cause()));
    let too_many = |error: Error| Err((error, Cause::TooMany));
    let mut idle = Idle::new();
    for _ in 0..3 {
        for _ in 0..MAX_EMPTY_RECORDS {
            assert_eq!(many(idle.empty_record()), Ok(()));
        }
        for _ in 0..MAX_WARNING_ALERTS {
            assert_eq!(many(idle.warning_alert()), Ok(()));
        }
        idle.content();
    }
    for _ in 0..MAX_EMPTY_RECORDS {
        assert_eq!(many(idle.empty_record()), Ok(()));
    }
    assert_eq!(many(idle.empty_record()), too_many(ssl::INVALID_MAC));
    for _ in 0..MAX_WARNING_ALERTS {
        assert_eq!(many(idle.warning_alert()), Ok(()));
    }
    assert_eq!(many(idle.warning_alert()), too_many(ssl::UNEXPECTED_MESSAGE));
}

/// RFC 5246 §6.2.3.2: every record of a CBC suite has an initialization vector of its own, which nobody can predict: what the
/// generator gives, and nothing that stood in the buffer.
#[test]
fn every_cbc_record_begins_with_fresh_random_bytes() {
    for case in Case::all().filter(|case| !case.suite.is_aead()) {
        let (mut accel, mut shadow) = (Soft::new(InsecureSeeded::new(9)), Soft::new(InsecureSeeded::new(9)));
        let mut ours = case.ours(&mut accel, Side::Client, Direction::Encrypt);
        for _ in 0..3 {
            let record = sealed(&mut accel, &mut ours, b"the same bytes each time").unwrap();
            let mut vector = [0; 16];
            shadow.fill(&mut vector).unwrap();
            assert_eq!(record[HEADER_LENGTH..HEADER_LENGTH + 16], vector, "{case:?}");
        }
    }
}

/// A record that cannot be sealed leaves no plaintext behind.
#[test]
fn a_failure_to_seal_wipes_the_plaintext() {
    let mut accel = Soft::new(InsecureSeeded::new(1));
    for case in Case::all() {
        let mut protection = case.ours(&mut accel, Side::Client, Direction::Encrypt);
        for (space, length) in [(200, 190), (40_000, (1 << 14) + 1)] {
            let mut buffer = vec![7; space];
            let result = protection.seal(&mut accel, ContentType::APPLICATION_DATA, &mut buffer, length);
            assert_eq!(result.unwrap_err().error(), ssl::BUFFER_TOO_SMALL);
            assert!(buffer.iter().all(|byte| *byte == 0));
        }
    }
}

/// RFC 5246 §6.2.1: 2^14 bytes without protection, too, and not one more.
#[test]
fn without_protection_a_record_has_as_many_bytes_at_most() {
    let mut accel = Soft::new(InsecureSeeded::new(1));
    let mut record = vec![0x5A; HEADER_LENGTH + MAX_PLAINTEXT_LENGTH + 1];
    let whole = record.len() - 1;
    let seal = |accel: &mut Soft<_>, record: &mut [u8], length| {
        Layer(None).seal(accel, ContentType::HANDSHAKE, record, length).map_err(Failure::error)
    };
    assert_eq!(seal(&mut accel, &mut record, MAX_PLAINTEXT_LENGTH), Ok(whole));
    assert!(seal(&mut accel, &mut record, MAX_PLAINTEXT_LENGTH + 1).is_err());
    let opened = Layer(None).open(&mut accel, &mut record[..whole]).map_err(Failure::error);
    assert_eq!(opened, Ok(HEADER_LENGTH..whole));
    assert_eq!(Layer(None).open(&mut accel, &mut record).map_err(Failure::error), Err(ssl::INVALID_RECORD));
}
