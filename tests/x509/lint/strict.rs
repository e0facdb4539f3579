//! Tests of `x509/src/lint/strict.rs`: each rule at a certificate that this crate reads, and nothing at those that everybody reads.

use std::collections::BTreeMap;

use tests::pki::{element, sequence, strip_armour};
use x509::{
    Certificate,
    lint::{self, Deviation, File, Finding, Problem, Rule, Severity},
};

use crate::{corpus, mutation::Random};

/// Certificates of the corpus that are read here, and what strict readers find in them; the bits of KeyUsage aside.
const FOUND: [(&str, &str); 30] = [
    ("algorithm-no-null", "18 Parameters, 495 Parameters"),
    ("constraints-false", "446 DefaultWritten"),
    ("constraints-length-long", "449 Integer"),
    ("date-generalized", "82 TimeType"),
    ("date-no-z", "82 Time"),
    ("der-long-length", "0 Length"),
    ("der-trailing", "773 Structure"),
    ("extension-critical-false", "439 DefaultWritten"),
    ("extension-unknown-twice", "442 RepeatedExtension"),
    ("key-exponent-3", "162 NegativeKey"),
    ("key-exponent-long", "162 NegativeKey"),
    ("key-modulus-128", "155 NegativeKey"),
    ("key-modulus-8192", "162 NegativeKey"),
    ("key-odd", "162 NegativeKey"),
    ("key-rsa-no-null", "138 Parameters, 160 NegativeKey"),
    ("name-common-twice", "132 Text"),
    ("name-special", "349 Text"),
    ("serial-32", "13 NegativeSerial, 13 LongSerial"),
    ("serial-33", "13 NegativeSerial, 13 LongSerial"),
    ("serial-33-zero", "13 LongSerial"),
    ("serial-context", "13 Structure"),
    ("serial-empty", "13 Integer, 13 ZeroSerial"),
    ("serial-leading-zero", "13 Integer"),
    ("serial-negative", "13 NegativeSerial"),
    ("serial-zero", "13 ZeroSerial"),
    ("version-2-identifiers", "428 Structure"),
    ("version-3-identifiers", "428 Structure"),
    ("ecdsa_null_alg", "18 Parameters, 224 Parameters"),
    ("invalid_utf8_common_name", "45 Text, 106 Text"),
    ("unsupported_extension_2", "19 Parameters, 276 Parameters"),
];

fn deviations(der: &[u8]) -> Vec<Deviation> {
    let mut found = Vec::new();
    lint::strict(der, |deviation| found.push(deviation));
    found
}

fn rules(der: &[u8]) -> Vec<Rule> {
    deviations(der).into_iter().map(|deviation| deviation.rule).collect()
}

/// All certificates that this crate reads, by name.
fn readable() -> BTreeMap<String, Vec<u8>> {
    let files = ["certificates", "public"].into_iter().flat_map(corpus::files);
    let ders = files
        .filter_map(|(name, pem)| Some((name, strip_armour("CERTIFICATE", &String::from_utf8_lossy(&pem))?)));
    ders.filter(|(_, der)| Certificate::from_der(der).is_ok()).collect()
}

#[test]
fn what_is_read_here_and_breaks_a_rule_is_reported_with_its_place() {
    let mut expected = BTreeMap::from(FOUND);
    for (name, der) in readable() {
        let found: Vec<_> = deviations(&der)
            .iter()
            .filter(|deviation| deviation.rule != Rule::NamedBits)
            .map(|Deviation { offset, rule, .. }| format!("{offset} {rule:?}"))
            .collect();
        assert_eq!(found.join(", "), expected.remove(name.as_str()).unwrap_or_default(), "{name}");
    }
    assert!(expected.is_empty(), "not in the corpus: {expected:?}");
}

/// What OpenSSL has written in this repository, and what public authorities have.
#[test]
fn what_everybody_reads_has_no_finding() {
    let folder = xtask::root().join("vectors/tls12");
    for name in ["ca", "client-1024", "client-2048", "intermediate", "server", "server-ec", "upper"] {
        let text = std::fs::read_to_string(folder.join(format!("{name}.pem"))).unwrap();
        assert_eq!(rules(&strip_armour("CERTIFICATE", &text).unwrap()), [], "{name}");
    }
    let readable = readable();
    for name in ["accvraiz1", "badssl-sct", "cryptography.io", "all_supported_names", "bigoid"] {
        assert_eq!(rules(&readable[name]), [], "{name}");
    }
}

/// Elements that no file of the corpus has.
#[test]
fn each_rule_of_the_encoding() {
    let text = |bytes: &[u8]| element(0x13, bytes);
    let printable = element(0x31, &[text(b"b"), text(b"a")].concat());
    for (bad, rule, offset) in [
        (printable.clone(), Rule::SetOrder, 7),
        (element(0x01, &[1]), Rule::Boolean, 2),
        (element(0x01, &[]), Rule::Boolean, 2),
        (element(0x02, &[0xFF, 0x80]), Rule::Integer, 2),
        (element(0x03, &[4, 0xF8]), Rule::BitString, 2),
        (element(0x03, &[8, 0]), Rule::BitString, 2),
        (element(0x05, &[0]), Rule::Null, 2),
        (element(0x06, &[0x55, 0x80, 0x01]), Rule::ObjectIdentifier, 2),
        (element(0x06, &[0x55, 0x81]), Rule::ObjectIdentifier, 2),
        (element(0x06, &[0x80, 0x01]), Rule::ObjectIdentifier, 2),
        (element(0x0C, &[0xC0, 0x80]), Rule::Text, 2),
        (element(0x13, b"a@b"), Rule::Text, 2),
        (element(0x16, &[0x80]), Rule::Text, 2),
        (element(0x1E, &[0, b'a', 0]), Rule::Text, 2),
        (element(0x1C, &[0, 0, b'a']), Rule::Text, 2),
        (element(0x17, b"2601010000Z"), Rule::Time, 2),
        (element(0x18, b"20260101000000.5Z"), Rule::Time, 2),
        (element(0x25, &[]), Rule::Tag, 2),
        (vec![0x04, 0x81, 1, 7], Rule::Length, 2),
        (vec![0x04, 0x82, 0, 1, 7], Rule::Length, 2),
    ] {
        let found = deviations(&sequence(&[&bad]));
        let first = found.first().map(|deviation| (deviation.rule, deviation.offset));
        assert_eq!(first, Some((rule, offset)), "{bad:02X?}: {found:?}");
    }
    let sorted = element(0x31, &[text(b"a"), text(b"b")].concat());
    for good in [
        sorted,
        element(0x01, &[0xFF]),
        element(0x02, &[0xFF]),
        element(0x03, &[0]),
        element(0x03, &[4, 0xF0]),
        element(0x05, &[]),
        // A number of 128 bits, as those from a UUID are.
        element(0x06, &[&[0x69, 0x83][..], &[0xFF; 17], &[0x7F]].concat()),
        element(0x17, b"500101000000Z"),
        element(0x18, b"20500101000000Z"),
        element(0x1C, &[0, 0, 0, b'a']),
    ] {
        assert_eq!(rules(&sequence(&[&good])), [Rule::Structure], "{good:02X?}");
    }
}

#[test]
fn each_rule_of_a_certificate() {
    let leaf = corpus::der("leaf");
    let at = |part: &[u8]| leaf.windows(part.len()).position(|window| window == part).unwrap();
    // KeyUsage: the corpus's own writes eight bits of which the last ones are zero.
    assert_eq!(rules(&leaf), [Rule::NamedBits]);
    assert!(!rules(&corpus::der("leaf-no-usage")).contains(&Rule::NamedBits));
    // The version 1, written out.
    let mut first = leaf.clone();
    first[at(&[0xA0, 3, 2, 1, 2]) + 4] = 0;
    assert_eq!(rules(&first), [Rule::DefaultWritten, Rule::NamedBits]);
    // An empty list of extensions.
    let mut empty = corpus::Maker::new().leaf;
    (empty.unique_identifiers, empty.extensions) = (element(0xA3, &sequence(&[])), Vec::new());
    assert!(rules(&empty.unsigned(&[0; 256])).contains(&Rule::NoExtensions));
}

#[test]
fn it_ends_whatever_the_bytes_are() {
    let mut random = Random::from_environment();
    println!("X509_SEED={}", random.seed());
    let count = random.count();
    for (name, der) in readable() {
        for _ in 0..count {
            let mutated = random.mutate_der(&der);
            for Deviation { offset, .. } in deviations(&mutated) {
                assert!(offset <= mutated.len(), "{name}: {mutated:02X?}");
            }
        }
    }
    // Deeper than any certificate.
    let deep = (0..200).fold(vec![0x05, 0x00], |inner, _| sequence(&[&inner]));
    assert_eq!(rules(&deep), [Rule::Structure]);
    assert_eq!(rules(&[]), [Rule::Structure]);
}

#[test]
fn a_finding_says_it_in_one_line() {
    let Some(deviation) = deviations(&corpus::der("serial-negative")).into_iter().next() else { panic!() };
    let problem = Problem::Strict(deviation);
    let finding = Finding { severity: Severity::Warning, file: File::Authority, number: 2, problem };
    let expected = "CA certificate 2: warning: others may refuse its encoding: byte 13: a negative serial number (RFC 5280 \
                    §4.1.2.2)";
    assert_eq!(finding.to_string(), expected);
}
