//! Certificates, keys and texts held against the real Mbed TLS 2.28, on the corpus and on mutations of it.
//!
//! The seed of the mutations is printed; `X509_SEED` replays one, `X509_MUTATIONS` sets how many there are of each file.
//! Deliberate differences stand in `differences.rs` with their reasons; one that has gone fails too.

use std::collections::{BTreeMap, BTreeSet};

use status::Error;
use tests::{oracle, parity::Difference, pki::armour};
use x509::{Bundle, MAX_DER_LENGTH, MAX_FILE_LENGTH, PrivateKey, describe};

use crate::{
    corpus,
    differences::{CERTIFICATE_RULES, FILES, KEY_RULES, Rule},
    grammar,
    mutation::{Random, decode},
};

/// What either side says to a file: the code, and the description or the kind of key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Answer {
    pub(crate) result: i32,
    pub(crate) text: String,
}

impl Answer {
    fn error(error: Error) -> Self {
        Self { result: error.code(), text: String::new() }
    }

    /// Where the two part: both codes, or the first lines that are not the same.
    pub(crate) fn difference(&self, other: &Self) -> Option<(String, String)> {
        let code = |result: i32| if result < 0 { format!("-0x{:04X}", -result) } else { result.to_string() };
        if self.result != other.result {
            return Some((code(self.result), code(other.result)));
        }
        let (mut left, mut right) = (self.text.lines(), other.text.lines());
        loop {
            match (left.next(), right.next()) {
                (None, None) => return None,
                (left, right) if left == right => {}
                (left, right) => {
                    return Some((left.unwrap_or("").to_owned(), right.unwrap_or("").to_owned()));
                }
            }
        }
    }
}

/// One side's answer to a file.
type Side = fn(&[u8]) -> Answer;

pub(crate) fn their_certificates(pem: &[u8]) -> Answer {
    let oracle::Certificates { result, count: _, descriptions } = oracle::certificates(pem);
    // Every byte that is not printable is a question mark in ours.
    let printable = |byte: &u8| if matches!(byte, b' '..=b'~' | b'\n') { char::from(*byte) } else { '?' };
    Answer { result, text: descriptions.iter().map(printable).collect() }
}

pub(crate) fn our_certificates(pem: &[u8]) -> Answer {
    let mut storage = [0; MAX_DER_LENGTH];
    let bundle = match Bundle::from_pem(pem, &mut storage) {
        Ok(bundle) => bundle,
        Err(error) => return Answer::error(error),
    };
    let mut text = String::new();
    for certificate in bundle.iter() {
        describe(&certificate, "", &mut text).unwrap();
    }
    assert_eq!(bundle.iter().count(), bundle.len());
    Answer { result: i32::try_from(bundle.failed()).unwrap(), text }
}

pub(crate) fn their_key(pem: &[u8]) -> Answer {
    let oracle::Key { result, is_rsa, bits } = oracle::key(pem);
    let kind = if is_rsa { "RSA" } else { "other" };
    Answer { result, text: if result == 0 { format!("{kind} {bits}") } else { String::new() } }
}

fn our_key(pem: &[u8]) -> Answer {
    let mut storage = [0; MAX_DER_LENGTH];
    match PrivateKey::from_pem(pem, &mut storage) {
        Ok(key) => Answer { result: 0, text: format!("RSA {}", key.bits()) },
        Err(error) => Answer::error(error),
    }
}

#[test]
fn the_library_is_the_one_that_is_meant() {
    assert_eq!(oracle::version(), "2.28.3");
}

#[test]
fn the_corpus() {
    let mut listed: BTreeMap<&str, &Difference> = FILES.iter().map(|row| (row.id, row)).collect();
    let mut wrong = String::new();
    let kinds: [(&str, Side, Side); 4] = [
        ("certificates", their_certificates, our_certificates),
        ("files", their_certificates, our_certificates),
        ("public", their_certificates, our_certificates),
        ("keys", their_key, our_key),
    ];
    for (kind, theirs, ours) in kinds {
        for (name, pem) in corpus::files(kind) {
            let id = format!("{kind}/{name}");
            let found = theirs(&pem).difference(&ours(&pem));
            let expected =
                listed.remove(id.as_str()).map(|row| (row.expected.to_owned(), row.actual.to_owned()));
            if found != expected {
                wrong += &format!("{id}: found {found:?}, listed {expected:?}\n");
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    assert!(listed.is_empty(), "without a file: {:?}", listed.keys());
}

#[test]
fn mutated_certificates() {
    let (theirs, ours) = (their_certificates, our_certificates);
    let kinds = &["certificates", "files", "public"];
    Mutated { what: "certificates", kinds, label: "CERTIFICATE", theirs, ours, rules: CERTIFICATE_RULES }
        .hold();
}

#[test]
fn mutated_keys() {
    let (theirs, ours) = (their_key, our_key);
    Mutated { what: "keys", kinds: &["keys"], label: "PRIVATE KEY", theirs, ours, rules: KEY_RULES }.hold();
}

/// Both sides on mutations of all files of some kinds.
struct Mutated {
    what: &'static str,
    kinds: &'static [&'static str],
    label: &'static str,
    theirs: Side,
    ours: Side,
    /// What is allowed to differ.
    rules: &'static [Rule],
}

impl Mutated {
    fn hold(&self) {
        let mut random = Random::from_environment();
        let count = random.count();
        println!("X509_SEED={}", random.seed());
        let (mut wrong, mut tried, mut differ, mut caught) = (String::new(), 0_u32, 0_u32, 0_u32);
        let mut codes = BTreeSet::new();
        for kind in self.kinds {
            for (name, pem) in corpus::files(kind) {
                for _ in 0..count {
                    let mutant = random.mutate_pem(&pem, self.label);
                    if mutant.len() > MAX_FILE_LENGTH {
                        continue;
                    }
                    let (expected, actual) = ((self.theirs)(&mutant), (self.ours)(&mutant));
                    tried += 1;
                    codes.insert(expected.result);
                    differ += u32::from(expected.difference(&actual).is_some());
                    if let Some(found) = self.unexplained(&mutant, &expected, &actual) {
                        wrong += &format!("{kind}/{name}: {found:?}\n{}\n", String::from_utf8_lossy(&mutant));
                    }
                    // The planted fault: a reader that does not mind how a length is written.
                    if caught == 0
                        && let Some(forgiven) = forgive(&mutant, self.label)
                    {
                        caught += u32::from(
                            self.unexplained(&mutant, &expected, &(self.ours)(&forgiven)).is_some(),
                        );
                    }
                }
            }
        }
        println!("{tried} mutations, {} codes, {differ} deliberate differences", codes.len());
        let start: String = wrong.chars().take(20_000).collect();
        assert!(wrong.is_empty(), "X509_SEED={}\n{start}", random.seed());
        assert!(tried > 1000 && codes.len() > 10, "the mutations reach too little");
        assert!(caught > 0, "the control was not found");
        println!("counted: {tried} {}", self.what);
        println!("control found: {}, a reader that takes lengths in any form", self.what);
    }

    /// Where the two part for no known reason.
    fn unexplained(&self, file: &[u8], expected: &Answer, actual: &Answer) -> Option<(String, String)> {
        let found = expected.difference(actual)?;
        let is_known = self.rules.iter().any(|rule| (rule.explains)(file, expected, actual));
        (!is_known).then_some(found)
    }
}

/// The file as a forgiving reader would see it, where that is another.
fn forgive(file: &[u8], label: &str) -> Option<Vec<u8>> {
    let (label, der) = decode(file, label)?;
    let forgiven = grammar::forgiving(&der);
    (forgiven != der).then(|| armour(&label, &forgiven).into_bytes())
}

/// Texts of every kind that are damaged as texts: base64, lines, labels.
#[test]
fn mutated_texts() {
    let mut random = Random::from_environment();
    println!("X509_SEED={}", random.seed());
    let (mut wrong, mut tried, mut caught) = (String::new(), 0_u32, 0_u32);
    let certificates: (Side, Side, &[Rule]) = (their_certificates, our_certificates, CERTIFICATE_RULES);
    for (kind, (theirs, ours, rules)) in [
        ("certificates", certificates),
        ("files", certificates),
        ("keys", (their_key as Side, our_key as Side, KEY_RULES)),
    ] {
        for (name, pem) in corpus::files(kind) {
            for _ in 0..random.count().div_ceil(8) {
                let mutant = random.mutate_text(&pem);
                if mutant.len() > MAX_FILE_LENGTH {
                    continue;
                }
                tried += 1;
                let (expected, actual) = (theirs(&mutant), ours(&mutant));
                let is_known =
                    |answer: &Answer| rules.iter().any(|rule| (rule.explains)(&mutant, &expected, answer));
                if let Some(found) = expected.difference(&actual)
                    && !is_known(&actual)
                {
                    wrong += &format!("{kind}/{name}: {found:?}\n{}\n", String::from_utf8_lossy(&mutant));
                }
                // The planted fault: a reader that passes over what is no letter of base64.
                let letters: Vec<u8> =
                    mutant.iter().copied().filter(|byte| byte.is_ascii_graphic() || *byte == b'\n').collect();
                if caught == 0 {
                    let answer = ours(&letters);
                    caught += u32::from(expected.difference(&answer).is_some() && !is_known(&answer));
                }
            }
        }
    }
    let start: String = wrong.chars().take(20_000).collect();
    assert!(wrong.is_empty(), "X509_SEED={}\n{start}", random.seed());
    assert!(tried > 1000, "the mutations reach too little");
    assert!(caught > 0, "the control was not found");
    println!("counted: {tried} PEM texts");
    println!("control found: PEM texts, a reader that passes over what is no letter of base64");
}

#[test]
fn every_code_has_the_librarys_text() {
    // Ours end at 15 bits, where the device's own range begins.
    for number in (0x0001..0x8000).filter(|number| number & 0x7F == 0 || *number < 0x80) {
        let theirs = oracle::strerror(-number);
        let Some(row) = rows().find(|row| row.error.code() == -number) else { continue };
        assert_eq!(row.error.to_string(), theirs, "-0x{number:04X}");
        for low in rows().filter(|row| row.error.code() > -0x80 && number >= 0x80) {
            let both = row.error.because(low.error);
            assert_eq!(both.to_string(), oracle::strerror(both.code()), "{both:?}");
        }
    }
}

/// The rows of all tables whose numbers are Mbed TLS's.
fn rows() -> impl Iterator<Item = &'static status::Row> {
    use status::{
        aes, asn1, base64, ccm, cipher, ctr_drbg, ecp, entropy, gcm, generic, hmac_drbg, md, md5, mpi, net,
        oid, pem, pk, platform, rsa, sha1, sha256, sha512, ssl, x509,
    };
    [
        ssl::ROWS,
        x509::ROWS,
        pem::ROWS,
        pk::ROWS,
        rsa::ROWS,
        ecp::ROWS,
        md::ROWS,
        cipher::ROWS,
        generic::ROWS,
        mpi::ROWS,
        oid::ROWS,
        ccm::ROWS,
        gcm::ROWS,
        aes::ROWS,
        base64::ROWS,
        md5::ROWS,
        sha1::ROWS,
        sha256::ROWS,
        sha512::ROWS,
        ctr_drbg::ROWS,
        hmac_drbg::ROWS,
        entropy::ROWS,
        net::ROWS,
        asn1::ROWS,
        platform::ROWS,
    ]
    .into_iter()
    .flatten()
}

#[test]
fn every_flag_has_the_librarys_text() {
    let mut seen = 0;
    for bit in 0..32 {
        let theirs = oracle::flags_text(1 << bit);
        let all = status::Flags::ALL;
        if let Some(row) = all.iter().find(|row| row.flag.bits() == 1 << bit) {
            assert_eq!(theirs.trim_end(), row.text);
            seen += 1;
        } else {
            assert!(theirs.starts_with("Unknown reason"), "{theirs}");
        }
    }
    assert_eq!(seen, 20);
}
