//! Certificates of kinds that this client cannot use, held against the real library: in a CA file, in a chain, and as the server's.

use std::collections::{BTreeMap, BTreeSet};

use tests::{
    oracle,
    parity::{Difference, difference as row},
    pki::{armour, element, extension, oid, sequence},
    strange,
};
use x509::{Bundle, Certificate, MAX_DER_LENGTH, MAX_FILE_LENGTH, Policy, PublicKey};

use crate::{
    corpus::{self, NOW},
    differences,
    differential::{Answer, our_certificates, their_certificates},
    mutation::Random,
    verify::Chain,
};

/// What cannot be read here, and by the library.
pub(crate) const STRANGE: &[Difference] = &[
    row("id-ecdh", "key id-ecDH", "0", "-0x3C80"),
    row("signature-algorithm", "signature RSA with MD2", "0", "-0x262E"),
    row("signature-algorithm", "signature RSA with MD4", "0", "-0x262E"),
    row("signature-algorithm", "signature RSASSA-PSS", "0", "-0x262E"),
];

#[test]
fn each_kind_is_read_and_described_as_the_library_does() {
    let mut listed: BTreeMap<&str, &Difference> = STRANGE.iter().map(|row| (row.id, row)).collect();
    for strange in strange::all() {
        let text = armour("CERTIFICATE", &strange.der);
        assert!(text.len() <= MAX_FILE_LENGTH, "{}", strange.kind);
        let (theirs, ours) = (their_certificates(text.as_bytes()), our_certificates(text.as_bytes()));
        let found = theirs.difference(&ours);
        let known = listed.remove(strange.kind.as_str());
        let known = known.map(|row| (row.expected.to_owned(), row.actual.to_owned()));
        assert_eq!(found, known, "{}", strange.kind);
    }
    assert!(listed.is_empty(), "{listed:?}");
}

/// A CA file with one of each kind before or behind the CA that is needed trusts that CA, and counts as failed what the library
/// counts.
#[test]
fn a_ca_file_may_hold_each_kind() {
    let root = String::from_utf8(corpus::pem("root")).unwrap();
    for strange in strange::all() {
        let strange_pem = armour("CERTIFICATE", &strange.der);
        for text in [format!("{root}{strange_pem}"), format!("{strange_pem}{root}")] {
            // The longest key leaves no room for a second certificate.
            if text.len() > MAX_FILE_LENGTH {
                assert_eq!(strange.kind, "key RSA 16384");
                continue;
            }
            let mut storage = [0; MAX_DER_LENGTH];
            let bundle = Bundle::from_pem(text.as_bytes(), &mut storage).unwrap();
            let theirs = oracle::certificates(text.as_bytes());
            let is_listed = STRANGE.iter().any(|row| row.id == strange.kind);
            let failed = i32::try_from(bundle.failed()).unwrap();
            assert_eq!(failed, if is_listed { 1 } else { theirs.result }, "{}", strange.kind);
            let chain = Chain { anchors: text.into_bytes(), ..Chain::new("leaf", "root") };
            assert_eq!(chain.ours().unwrap().flags.bits(), 0, "{}", strange.kind);
            assert_eq!(chain.theirs().flags, 0, "{}", strange.kind);
        }
    }
}

/// A key on another curve, and RSA keys that are too short or too long, are keys; nothing is done with them.
#[test]
fn no_key_of_another_kind_is_accepted() {
    for strange in strange::all() {
        let Ok(certificate) = Certificate::from_der(&strange.der) else { continue };
        let key = certificate.public_key();
        let is_other = matches!(key, PublicKey::OtherCurve { .. });
        let is_odd_rsa =
            ["512", "768", "5120", "8192", "72 bits"].iter().any(|end| strange.kind.ends_with(end));
        assert_eq!(key.is_usable(), !is_other && !is_odd_rsa, "{}", strange.kind);
        assert_eq!(Policy::default().accepts_key(&key), key.is_usable(), "{}", strange.kind);
    }
    assert_eq!(NOW, 1_893_456_000);
}

/// RFC 4108 §5: a hardware module name in every way wrong, alone, before another name and behind one.
#[test]
fn hardware_module_names_are_read_as_the_library_does() {
    let mut random = Random::from_environment();
    println!("X509_SEED={}", random.seed());
    let (mut codes, mut wrong) = (BTreeSet::new(), Vec::new());
    for value in hardware_module_names(&mut random) {
        for (before, behind) in [(false, false), (true, false), (false, true), (true, true)] {
            let other: &[u8] = &[0x82, 1, b'a'];
            let name = element(0xA0, &value);
            let parts = [if before { other } else { &[] }, &name, if behind { other } else { &[] }];
            let der = strange::with_extension(&extension("2.5.29.17", false, &sequence(&parts)));
            let text = armour("CERTIFICATE", &der);
            let (theirs, ours) = (their_certificates(text.as_bytes()), our_certificates(text.as_bytes()));
            codes.insert(theirs.result);
            let known = |answer: &Answer| differences::without_hardware_modules(&answer.text);
            // The library cannot describe every type that it has read.
            let is_same = theirs.text == "<-0x2980>\n" || known(&theirs) == known(&ours);
            if theirs.result != ours.result || !is_same {
                wrong.push(format!("{value:02X?} {before} {behind}: {theirs:?}, ours {ours:?}"));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} \n{}",
        wrong.len(),
        wrong.iter().take(10).cloned().collect::<Vec<_>>().join("\n")
    );
    // Not damaged, and damaged in each of the five ways.
    assert!(codes.len() >= 5, "{codes:X?}");
}

fn hardware_module_names(random: &mut Random) -> Vec<Vec<u8>> {
    let kind = oid("1.3.6.1.5.5.7.8.4");
    let parts = [oid("1.3.6.1.4.1.17.3"), element(4, b"123456")];
    let whole = [&kind[..], &element(0xA0, &sequence(&[&parts[0], &parts[1]]))].concat();
    let value = |content: &[u8]| [&kind[..], content].concat();
    let mut list = vec![
        whole.clone(),
        kind.clone(),
        value(&sequence(&[&parts[0], &parts[1]])),
        value(&element(0xA0, &[])),
        value(&element(0xA0, &[0x30, 0])),
        value(&element(0xA0, &parts[0])),
        value(&element(0xA0, &sequence(&[&parts[0]]))),
        value(&element(0xA0, &sequence(&[&parts[1]]))),
        value(&element(0xA0, &sequence(&[&parts[1], &parts[0]]))),
        value(&element(0xA0, &sequence(&[&parts[0], &parts[1], &[5, 0]]))),
        value(&element(0xA0, &[sequence(&[&parts[0], &parts[1]]), vec![5, 0]].concat())),
        value(&[element(0xA0, &sequence(&[&parts[0], &parts[1]])), vec![5, 0]].concat()),
        value(&element(0xA1, &sequence(&[&parts[0], &parts[1]]))),
        value(&element(0x80, &sequence(&[&parts[0], &parts[1]]))),
        value(&element(0xA0, &element(0x31, &parts.concat()))),
        value(&element(0xA0, &sequence(&[&oid("1.2"), &element(4, b"")]))),
        value(&element(0xA0, &sequence(&[&[6, 0], &element(4, b"")]))),
        value(&element(0xA0, &sequence(&[&parts[0], &element(0x0C, b"123456")]))),
    ];
    // Every length that is too short, and every one that says something else.
    list.extend((0..whole.len()).map(|length| whole[..length].to_vec()));
    for at in 0..whole.len() {
        for change in [1, 0xFF, 0x80, 0x7F, 2, 0x20] {
            let mut name = whole.clone();
            name[at] = name[at].wrapping_add(change);
            list.push(name);
        }
    }
    for _ in 0..random.count() * 20 {
        list.push(random.mutate_der(&whole));
    }
    list.retain(|name| name.len() < 120);
    list
}
