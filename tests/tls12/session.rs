//! Sessions as bytes: what was written can be read, and nothing else can.
#![expect(clippy::unwrap_used, reason = "tests")]

use accel::{Hash, HashAlgorithm, HashState, soft::Hasher};
use status::{Error, md};
use tls12::session::{Binding, MAX_AGE, MAX_LENGTH_WITHOUT_TICKET, ServerSeen, Session, inspect};
use tls12::{MaxFragmentLength, Pin, Suite};

const NOW: u64 = 1_800_000_000;

fn binding(host: &str) -> Binding {
    Binding::new(&mut Hasher, &[host.as_bytes(), b"required", b"anchors", b"identity"], &[]).unwrap()
}

fn server(not_after: u64) -> ServerSeen {
    ServerSeen { certificate: Some([0xCE; 32]), not_after, ..ServerSeen::NOTHING }
}

fn session<'a>(id: &'a [u8], ticket: &'a [u8]) -> Session<'a> {
    Session {
        binding: binding("localhost"),
        suite: Suite::from_id(0xC0A1).unwrap(),
        master: &[0x42; 48],
        extended_master_secret: true,
        max_fragment_length: Some(MaxFragmentLength::Bytes1024),
        created: NOW,
        server: server(NOW + 1_000_000),
        lifetime_hint: 7200,
        id,
        ticket,
    }
}

fn encoded(session: &Session<'_>, space: usize) -> Vec<u8> {
    let mut out = vec![0xEE; space];
    let length = session.encode(&mut Hasher, &mut out).unwrap();
    out.truncate(length);
    out
}

fn decode<'a>(bytes: &'a [u8], host: &str, now: u64) -> Option<Session<'a>> {
    let is_undamaged = Session::is_undamaged(&mut Hasher, bytes).unwrap();
    is_undamaged.then(|| Session::decode(bytes, &binding(host), now)).flatten()
}

#[test]
fn what_was_kept_comes_back() {
    let bytes = encoded(&session(&[0x1D; 32], &[0x71; 180]), 1024);
    let session = decode(&bytes, "localhost", NOW + 60).unwrap();
    assert_eq!(session.suite.id(), 0xC0A1);
    assert_eq!(session.master, &[0x42; 48]);
    assert!(session.extended_master_secret);
    assert_eq!(session.max_fragment_length, Some(MaxFragmentLength::Bytes1024));
    assert_eq!(
        (session.created, session.server, session.lifetime_hint),
        (NOW, server(NOW + 1_000_000), 7200)
    );
    assert_eq!((session.id, session.ticket), (&[0x1D; 32][..], &[0x71; 180][..]));
}

/// Damaged flash, bytes of something else, bytes cut short or prolonged.
#[test]
fn damaged_bytes_are_no_session() {
    let bytes = encoded(&session(&[1; 32], &[2; 50]), 1024);
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        *damaged.get_mut(at).unwrap() ^= 0x10;
        assert!(decode(&damaged, "localhost", NOW).is_none(), "byte {at}");
        assert!(decode(bytes.get(..at).unwrap(), "localhost", NOW).is_none(), "cut to {at}");
    }
    assert!(decode(&[&bytes[..], &[0]].concat(), "localhost", NOW).is_none());
    assert!(decode(&[0xFF; 400], "localhost", NOW).is_none());
}

#[test]
fn a_session_belongs_to_what_it_was_bound_to() {
    let bytes = encoded(&session(&[1; 32], &[2; 50]), 1024);
    assert!(decode(&bytes, "localhost", NOW).is_some());
    assert!(decode(&bytes, "elsewhere.example", NOW).is_none());
    // The same bytes cut into other parts are another binding.
    let bound = |parts: &[&[u8]], pins: &[Pin]| Binding::new(&mut Hasher, parts, pins).unwrap();
    assert_ne!(bound(&[b"ab", b"c"], &[]), bound(&[b"a", b"bc"], &[]));
    // So is the same digest for another kind of pin.
    let [certificate, key] = [Pin::Certificate([7; 32]), Pin::PublicKey([7; 32])];
    assert_ne!(bound(&[b"ab"], &[certificate]), bound(&[b"ab"], &[key]));
    assert_ne!(bound(&[b"ab"], &[certificate]), bound(&[b"ab"], &[]));
}

/// RFC 5077 §3.3, RFC 5246 §F.1.4, and the certificate's end.
#[test]
fn a_session_ends_with_its_hint_a_day_or_the_certificate() {
    let bytes = encoded(&session(&[], &[2; 50]), 1024);
    assert!(decode(&bytes, "localhost", NOW + 7200).is_some());
    assert!(decode(&bytes, "localhost", NOW + 7201).is_none());
    assert!(decode(&bytes, "localhost", NOW - 1).is_none(), "from the future");

    for hint in [0, u32::MAX] {
        let bytes = encoded(&Session { lifetime_hint: hint, ..session(&[], &[2; 50]) }, 1024);
        assert!(decode(&bytes, "localhost", NOW + MAX_AGE).is_some());
        assert!(decode(&bytes, "localhost", NOW + MAX_AGE + 1).is_none());
    }
    let bytes = encoded(&Session { server: server(NOW + 10), ..session(&[], &[2; 50]) }, 1024);
    assert!(decode(&bytes, "localhost", NOW + 10).is_some());
    assert!(decode(&bytes, "localhost", NOW + 11).is_none());
}

#[test]
fn too_large_a_ticket_leaves_the_session_id_or_nothing() {
    let whole = encoded(&session(&[1; 32], &[2; 500]), 1024).len();
    assert_eq!(encoded(&session(&[1; 32], &[2; 500]), whole).len(), whole);
    let bytes = encoded(&session(&[1; 32], &[2; 500]), whole - 1);
    let session_by_id = decode(&bytes, "localhost", NOW).unwrap();
    assert_eq!((session_by_id.id, session_by_id.ticket), (&[1; 32][..], &[][..]));

    assert!(encoded(&session(&[], &[2; 500]), whole - 40).is_empty());
    assert!(encoded(&session(&[], &[]), 1024).is_empty(), "nothing to resume by");
    assert!(encoded(&session(&[1; 32], &[]), 20).is_empty());
    assert!(encoded(&session(&[1; 32], &[]), 0).is_empty());
}

#[test]
fn the_stated_size_is_enough_without_a_ticket() {
    assert_eq!(encoded(&session(&[1; 32], &[]), 2048).len(), MAX_LENGTH_WITHOUT_TICKET);
}

/// Nobody may have asked for the digest of the server's certificate; it is all there or not at all.
#[test]
fn a_session_has_the_whole_digest_of_a_certificate_or_none() {
    let seen = ServerSeen { certificate: None, ..server(NOW + 1_000_000) };
    let without = encoded(&Session { server: seen, ..session(&[1; 32], &[]) }, 1024);
    assert_eq!(without.len(), MAX_LENGTH_WITHOUT_TICKET - 32);
    assert_eq!(decode(&without, "localhost", NOW).unwrap().server, seen);
    assert_eq!(inspect(&mut Hasher, &without).unwrap().unwrap().certificate, None);

    let whole = encoded(&session(&[1; 32], &[]), 1024);
    let (content, _) = whole.split_last_chunk::<32>().unwrap();
    let at = content.windows(33).position(|bytes| bytes == [&[32][..], &[0xCE; 32]].concat()).unwrap();
    for length in [1, 31, 33] {
        let changed = [&content[..at], &[length], &vec![0xCE; length.into()], &content[at + 33..]].concat();
        let digest = Hasher.hash(HashAlgorithm::Sha256, &[&changed]).unwrap();
        assert!(decode(&[&changed, digest.as_bytes()].concat(), "localhost", NOW).is_none(), "{length}");
    }
}

/// Bytes whose digest is right, as only a program that knows the layout could make them.
#[test]
fn a_session_with_an_id_that_is_too_long_or_a_byte_too_many_is_none() {
    assert!(decode(&encoded(&session(&[1; 32], &[2; 50]), 1024), "localhost", NOW).is_some());
    assert!(decode(&encoded(&session(&[1; 33], &[2; 50]), 1024), "localhost", NOW).is_none());
    let bytes = encoded(&session(&[1; 32], &[2; 50]), 1024);
    let (content, _) = bytes.split_last_chunk::<32>().unwrap();
    let content = [content, &[0]].concat();
    let digest = Hasher.hash(HashAlgorithm::Sha256, &[&content]).unwrap();
    assert!(decode(&[&content, digest.as_bytes()].concat(), "localhost", NOW).is_none());
}

/// What is no secret can be looked at, and only where nothing is damaged.
#[test]
fn what_bytes_say_of_themselves() {
    let bytes = encoded(&session(&[1; 32], &[2; 50]), 1024);
    let summary = inspect(&mut Hasher, &bytes).unwrap().unwrap();
    assert_eq!((summary.suite.id(), summary.extended_master_secret), (0xC0A1, true));
    assert_eq!(summary.max_fragment_length, Some(MaxFragmentLength::Bytes1024));
    assert_eq!((summary.created, summary.expires, summary.lifetime_hint), (NOW, NOW + 7200, 7200));
    assert_eq!((summary.id_length, summary.ticket_length), (32, 50));
    assert_eq!((summary.certificate, summary.verdict), (Some([0xCE; 32]), tls12::Verdict::default()));

    // A hint for ever is a day; a certificate ends before that.
    let expires = |session: &Session<'_>| {
        inspect(&mut Hasher, &encoded(session, 1024)).unwrap().map(|summary| summary.expires)
    };
    let session = session(&[1; 32], &[2; 50]);
    assert_eq!(expires(&Session { lifetime_hint: u32::MAX, ..session }), Some(NOW + MAX_AGE));
    assert_eq!(expires(&Session { server: server(NOW + 10), ..session }), Some(NOW + 10));

    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        *damaged.get_mut(at).unwrap() ^= 0x10;
        assert_eq!(inspect(&mut Hasher, &damaged), Ok(None), "byte {at}");
    }
    assert_eq!(inspect(&mut Hasher, &[]), Ok(None));
}

#[test]
fn every_limit_on_fragments_comes_back() {
    for limit in [None, Some(512), Some(1024), Some(2048), Some(4096)] {
        let limit = limit.map(|bytes| MaxFragmentLength::from_bytes(bytes).unwrap());
        let bytes = encoded(&Session { max_fragment_length: limit, ..session(&[], &[2; 50]) }, 1024);
        assert_eq!(decode(&bytes, "localhost", NOW).unwrap().max_fragment_length, limit);
    }
}

/// Where nothing can be kept, nothing is left of what was there, nor of what was tried.
#[test]
fn what_is_not_kept_is_wiped() {
    let mut out = [0xEE; 150];
    assert_eq!(session(&[1; 32], &[2; 50]).encode(&mut Hasher, &mut out), Ok(0));
    assert_eq!(out, [0; 150]);
    let mut out = [0xEE; 500];
    assert_eq!(session(&[], &[]).encode(&mut Hasher, &mut out), Ok(0));
    assert_eq!(out, [0; 500]);

    /// Cannot hash.
    struct Broken;
    impl Hash for Broken {
        fn hash_start(&mut self, _algorithm: HashAlgorithm) -> Result<HashState, Error> {
            Err(md::HW_ACCEL_FAILED)
        }
    }
    let mut out = [0xEE; 500];
    assert_eq!(session(&[1; 32], &[]).encode(&mut Broken, &mut out), Err(md::HW_ACCEL_FAILED));
    assert_eq!(out, [0; 500]);
}
