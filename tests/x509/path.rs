//! Paths that are made for one question each, where the corpus has no certificate that asks it. Every answer is the library's, too.

use accel::soft::Soft;
use tests::{
    entropy::InsecureSeeded,
    oracle,
    pki::{Template, armour, element, name, oid, plain_name, sequence},
};
use x509::{Bundle, Certificate, Context, MAX_DER_LENGTH, Time, Verifier, verify::WORKSPACE};

use crate::{
    corpus::{self, Maker, NOW, basic_constraints, key_path, key_usage, public_key, time},
    verify::Chain,
};

const NONE: u32 = 0;
const UNTRUSTED: u32 = 0x08;
const KEY: u32 = 0x1_0000;

/// A chain of these certificates below the corpus's root, and its flags: ours, which must be the library's.
fn flags(message: Vec<Vec<u8>>, anchor: &str) -> u32 {
    let chain = Chain { message, ..Chain::new("", anchor) };
    let ours = chain.ours().expect("certificates that can be read").flags.bits();
    assert_eq!(chain.theirs().flags, ours, "Mbed TLS");
    ours
}

fn intermediate(maker: &Maker, change: impl FnOnce(&mut Template)) -> Vec<u8> {
    let mut template = maker.ca.clone();
    (template.subject, template.public_key) = (plain_name("Intermediate"), public_key("intermediate"));
    change(&mut template);
    template.sign(&key_path("ca"))
}

/// RFC 5280 §6.1.4 (k): a certificate of version 1 is a CA's only when it is an anchor, as it cannot say what it is.
#[test]
fn a_version_1_certificate_between_leaf_and_anchor_is_no_ca() {
    let maker = Maker::new();
    let version_1 = intermediate(&maker, |t| (t.version, t.extensions) = (0, vec![]));
    let version_2 = intermediate(&maker, |t| (t.version, t.extensions) = (1, vec![]));
    let leaf = corpus::der("leaf-by-intermediate");
    assert_eq!(flags(vec![leaf.clone(), version_1.clone()], "root"), UNTRUSTED);
    assert_eq!(flags(vec![leaf.clone(), version_2], "root"), UNTRUSTED);
    let chain = Chain {
        message: vec![leaf],
        anchors: armour("CERTIFICATE", &version_1).into_bytes(),
        ..Chain::new("", "root")
    };
    assert_eq!((chain.ours().unwrap().flags.bits(), chain.theirs().flags), (NONE, NONE), "as an anchor");
}

/// RFC 5280 §6.1.4 (l), (m): a self-issued intermediate does not count against the path length of those above its issuer.
#[test]
fn a_self_issued_intermediate_takes_no_level_of_the_path() {
    let maker = Maker::new();
    // Root, with at most `length` intermediates below ── Intermediate ── Intermediate, self-issued with another key ── leaf.
    let upper = intermediate(&maker, |_| {});
    let mut lower = maker.ca.clone();
    (lower.issuer, lower.subject) = (plain_name("Intermediate"), plain_name("Intermediate"));
    lower.public_key = public_key("other");
    let mut leaf = maker.leaf.clone();
    leaf.issuer = plain_name("Intermediate");
    let message = vec![leaf.sign(&key_path("other")), lower.sign(&key_path("intermediate")), upper];
    for (length, expected) in [(0, UNTRUSTED), (1, NONE), (2, NONE)] {
        let mut root = maker.ca.clone();
        root.extensions[0] = basic_constraints(true, Some(length));
        let anchors = armour("CERTIFICATE", &root.sign(&key_path("ca"))).into_bytes();
        let chain = Chain { message: message.clone(), anchors, ..Chain::new("", "root") };
        assert_eq!(chain.ours().unwrap().flags.bits(), expected, "{length}");
        assert_eq!(chain.theirs().flags, expected, "Mbed TLS: {length}");
    }
}

/// The leaf is not one of the intermediates: that it is self-issued buys nothing.
#[test]
fn a_self_issued_leaf_buys_no_level_of_the_path() {
    let maker = Maker::new();
    // Root ── Intermediate (no intermediates below) ── Second ── leaf "Second".
    let upper =
        intermediate(&maker, |t| t.extensions = vec![basic_constraints(true, Some(0)), key_usage(&[6])]);
    let mut second = maker.ca.clone();
    (second.issuer, second.subject) = (plain_name("Intermediate"), plain_name("Second"));
    second.public_key = public_key("other");
    let mut leaf = maker.leaf.clone();
    (leaf.issuer, leaf.subject) = (plain_name("Second"), plain_name("Second"));
    let chain = vec![leaf.sign(&key_path("other")), second.sign(&key_path("intermediate")), upper];
    assert_eq!(flags(chain, "root"), UNTRUSTED);
}

/// Names that differ only in where one value ends, in a string's type, or in a bit of an identifier that would be an ASCII
/// letter's case: none of them is the other's issuer.
#[test]
fn an_issuer_that_differs_in_a_trifle_is_somebody_else() {
    const UTF8: u8 = 0x0C;
    const IA5: u8 = 0x16;
    const COMMON_NAME: &str = "2.5.4.3";
    let maker = Maker::new();
    // 1.2.840.113549.1.9.65 and .97: the last byte is `A` or `a`.
    let pairs: [(Vec<u8>, Vec<u8>, u32); 7] = [
        (name(&[(COMMON_NAME, UTF8, b"Ab")]), name(&[(COMMON_NAME, UTF8, b"aB")]), NONE),
        (
            name(&[(COMMON_NAME, UTF8, b"ab"), (COMMON_NAME, UTF8, b"c")]),
            name(&[(COMMON_NAME, UTF8, b"a"), (COMMON_NAME, UTF8, b"bc")]),
            UNTRUSTED,
        ),
        // One value holds what stands between two others, to the letter.
        (
            name(&[(COMMON_NAME, IA5, b"a\x16\x00\x55\x04\x03b")]),
            name(&[(COMMON_NAME, IA5, b"a"), (COMMON_NAME, IA5, b"b")]),
            UNTRUSTED,
        ),
        (name(&[(COMMON_NAME, IA5, b"ab")]), name(&[(COMMON_NAME, UTF8, b"ab")]), UNTRUSTED),
        (name(&[(COMMON_NAME, IA5, b"Ab")]), name(&[(COMMON_NAME, IA5, b"aB")]), UNTRUSTED),
        (
            name(&[("1.2.840.113549.1.9.65", UTF8, b"x")]),
            name(&[("1.2.840.113549.1.9.97", UTF8, b"x")]),
            UNTRUSTED,
        ),
        (name(&[("2.5.4.65", UTF8, b"x")]), name(&[("2.5.4.97", UTF8, b"x")]), UNTRUSTED),
    ];
    for (subject, issuer, expected) in pairs {
        let ca = intermediate(&maker, |t| t.subject = subject.clone());
        let mut leaf = maker.leaf.clone();
        leaf.issuer = issuer.clone();
        let leaf = leaf.sign(&key_path("intermediate"));
        assert_eq!(flags(vec![leaf, ca], "root"), expected, "{subject:02X?} and {issuer:02X?}");
    }
}

/// 32 signatures are checked for a chain, and not one more.
#[test]
fn the_thirty_third_signature_check_is_refused() {
    // Each of the anchors has the right name, and so has each root of the message: for each of these one check of its own
    // key, and one of every anchor's.
    let anchors = ["root-p256"; 7].join(" ");
    let mut chain = Chain::new("leaf root-same-name root-same-name root-same-name", &anchors);
    // 7 + 3 * 8 = 31; a parent with an issuer that nobody has, 32; that issuer, 33.
    let mut stranger = Maker::new().ca;
    stranger.issuer = plain_name("Other");
    chain.message.push(stranger.sign(&key_path("other")));
    assert_eq!(chain.ours().unwrap().flags.bits(), chain.theirs().flags);
    chain.message.push(corpus::der("root-other"));
    assert_eq!(chain.ours(), Err(status::x509::FATAL_ERROR));
}

/// Keys that the arithmetic cannot compute with are refused by the policy, to the bit and to the byte.
#[test]
fn the_policy_ends_at_what_can_be_computed_with() {
    let maker = Maker::new();
    let key = |bits: usize, exponent: &[u8]| {
        let mut modulus = vec![0xFF; bits / 8];
        modulus.insert(0, 0);
        let rsa = sequence(&[&element(0x02, &modulus), &element(0x02, exponent)]);
        let algorithm = sequence(&[&oid("1.2.840.113549.1.1.1"), &[5, 0]]);
        sequence(&[&algorithm, &element(0x03, &[&[0], rsa.as_slice()].concat())])
    };
    let leaf = |public_key| {
        let mut leaf = maker.leaf.clone();
        leaf.public_key = public_key;
        leaf.sign(&key_path("ca"))
    };
    let ours = |der| Chain { message: vec![der], ..Chain::new("", "root") }.ours().unwrap().flags.bits();
    assert_eq!(ours(leaf(key(4096, &[1, 0, 1]))), NONE);
    assert_eq!(ours(leaf(key(4104, &[1, 0, 1]))), KEY);
    assert_eq!(ours(leaf(key(2048, &[0x7F; 8]))), NONE);
    assert_eq!(ours(leaf(key(2048, &[0x7F; 9]))), KEY);
}

/// A signature that no key can have made is a bad one: nothing is written beyond the lent memory, nothing goes wrong.
#[test]
fn a_signature_that_is_longer_than_any_key_is_bad() {
    let der = corpus::der("leaf");
    // Head of the outer SEQUENCE; the signature of the corpus's CA of 2048 bits, with its head and unused bits.
    let inside = &der[4..der.len() - (4 + 1 + 256)];
    for length in [256, 511, 512, 513, 600] {
        let signature = element(0x03, &[&[0], vec![0x5A; length].as_slice()].concat());
        assert_eq!(flags(vec![sequence(&[inside, &signature])], "root"), UNTRUSTED, "{length} bytes");
    }
}

/// RFC 5280 §4.1.2.8: unique identifiers exist from version 2 on.
#[test]
fn a_version_1_certificate_has_no_unique_identifiers() {
    let maker = Maker::new();
    for identifiers in [element(0xA1, &[3, 2, 0, 1]), element(0xA2, &[3, 2, 0, 1])] {
        let certificate = |version| {
            let mut leaf = maker.leaf.clone();
            (leaf.version, leaf.extensions, leaf.unique_identifiers) = (version, vec![], identifiers.clone());
            leaf.sign(&key_path("ca"))
        };
        let ours = |der: &[u8]| x509::Certificate::from_der(der).map_or_else(|error| error.code(), |_| 0);
        for (version, is_read) in [(0, false), (1, true)] {
            let der = certificate(version);
            assert_eq!(
                (ours(&der) == 0, ours(&der)),
                (is_read, oracle::certificates(armour("CERTIFICATE", &der).as_bytes()).result),
                "version {version}"
            );
        }
    }
}

/// An expired parent waits for a better one; the expired parent of that expired one does not take its place.
#[test]
fn the_first_expired_parent_is_the_one_that_may_be_replaced() {
    let maker = Maker::new();
    let crossed = intermediate_of(&maker, "Other", "other", "250101000000Z");
    let mut above = maker.ca.clone();
    (above.issuer, above.subject) = (plain_name("Third"), plain_name("Other"));
    (above.public_key, above.validity[1]) = (public_key("other"), time("250101000000Z"));
    let message = vec![
        corpus::der("leaf-by-intermediate"),
        crossed,
        above.sign(&key_path("leaf")),
        corpus::der("intermediate"),
    ];
    assert_eq!(flags(message, "root"), NONE);
}

fn intermediate_of(maker: &Maker, issuer: &str, key: &str, until: &str) -> Vec<u8> {
    let mut template = maker.ca.clone();
    (template.issuer, template.subject) = (plain_name(issuer), plain_name("Intermediate"));
    (template.public_key, template.validity[1]) = (public_key("intermediate"), time(until));
    template.sign(&key_path(key))
}

/// While a better parent than an expired one may still come, the rest of the message matters.
#[test]
fn a_path_through_an_expired_parent_is_not_complete() {
    let pem = corpus::pem("root");
    let mut storage = [0; MAX_DER_LENGTH];
    let anchors = Some(Bundle::from_pem(&pem, &mut storage).unwrap());
    let context = Context { anchors, host: Some("localhost"), ..Context::new(Time::from_unix(NOW)) };
    let (mut verifier, mut accel) = (Verifier::new(), Soft::new(InsecureSeeded::new(0)));
    let (mut workspace, mut job) = ([0; WORKSPACE], None);
    for (name, is_complete) in
        [("leaf-by-intermediate", false), ("intermediate-expired", false), ("intermediate", true)]
    {
        let der = corpus::der(name);
        let certificate = Certificate::from_der(&der).unwrap();
        nb::block!(verifier.push(&certificate, &context, &mut accel, &mut workspace, &mut job)).unwrap();
        assert_eq!(verifier.is_complete(), is_complete, "after {name}");
    }
    assert!(verifier.finish().flags.is_empty());
}
