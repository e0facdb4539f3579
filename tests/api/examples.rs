//! Every struct, enum and trait that a user names has an example in its documentation, which the doctests compile.

use std::{collections::BTreeMap, fs};

use crate::{LIBRARIES, list};

/// Types without an example of their own: whose example shows them.
const SHOWN: &[(&str, &str)] = &[
    ("accel::Accel", "accel::Job"),
    ("accel::BlockCipher", "accel::Modes"),
    ("accel::Cipher", "accel::CipherKey"),
    ("accel::CipherMode", "accel::CipherKey"),
    ("accel::Curve", "accel::Job"),
    ("accel::Direction", "accel::CipherKey"),
    ("accel::EcPublicKey", "accel::Job"),
    ("accel::Hash", "accel::Digest"),
    ("accel::HashAlgorithm", "accel::Digest"),
    ("accel::Hashes", "accel::Compression"),
    ("accel::PublicKey", "accel::RsaPrivateKey"),
    ("accel::Rng", "accel::soft::Drbg"),
    ("accel::soft::Ciphers", "accel::Parts"),
    ("accel::soft::Hasher", "accel::Parts"),
    ("accel::soft::PublicKeys", "accel::Parts"),
    ("accel::stm32f4::Ciphers", "accel::stm32f4::Hasher"),
    ("accel::stm32f4::Stopped", "accel::stm32f4::Cryp"),
    ("mqtts::blocking::Network", "mqtts::blocking::Session"),
    ("mqtts::embedded::Clock", "mqtts::embedded::Sockets"),
    ("mqtts::embedded::Connect", "mqtts::embedded::Sockets"),
    ("mqtts::nonblocking::Network", "mqtts::nonblocking::Session"),
    ("tls12::Pin", "tls12::Verification"),
    ("tls12::Presented", "tls12::Observer"),
    ("tls12::Verdict", "tls12::Observer"),
    ("tls12::io::nonblocking::Socket", "tls12::io::Stream"),
    ("x509::Kind", "x509::Recognized"),
    ("x509::Wanted", "x509::Recognized"),
    ("x509::lint::Decoded", "x509::lint::Slot"),
    ("x509::lint::File", "x509::lint::Finding"),
    ("x509::lint::Memory", "x509::lint::Request"),
    ("x509::lint::Problem", "x509::lint::Finding"),
    ("x509::lint::Role", "x509::lint::Request"),
    ("x509::lint::Severity", "x509::lint::Finding"),
    ("x509::lint::Verdict", "x509::lint::Trust"),
];

fn documents() -> BTreeMap<String, String> {
    let of = |library: &str| {
        let folder = xtask::root().join(library).join("src");
        list::documents(library, &|file| fs::read_to_string(folder.join(file)).ok())
    };
    LIBRARIES.iter().flat_map(|library| of(library)).collect()
}

/// The code between the fences of a document, but for what is no Rust.
fn code(document: &str) -> String {
    let mut code = String::new();
    for (number, part) in document.split("```").enumerate() {
        if number % 2 == 1 && !part.starts_with("text") {
            code.push_str(part);
        }
    }
    code
}

fn names(code: &str, name: &str) -> bool {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    code.split(|letter| !is_word(letter)).any(|word| word == name)
}

#[test]
fn every_public_type_has_an_example() {
    let documents = documents();
    let shown: BTreeMap<_, _> = SHOWN.iter().copied().collect();
    let mut faults = Vec::new();
    for (path, document) in &documents {
        let name = path.rsplit("::").next().unwrap();
        let own = !code(document).is_empty();
        match shown.get(path.as_str()) {
            Some(_) if own => faults.push(format!("{path}: has an example; off the list with it")),
            Some(other) if !documents.get(*other).is_some_and(|document| names(&code(document), name)) => {
                faults.push(format!("{path}: {other} has no example that names it"));
            }
            None if !own => faults.push(format!("{path}: no example")),
            Some(_) | None => {}
        }
    }
    faults.extend(
        shown
            .keys()
            .filter(|path| !documents.contains_key(**path))
            .map(|path| format!("{path}: no such type")),
    );
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The control: a library with a type that shows itself, one whose implementation does, and one that does not.
#[test]
fn an_example_is_found_where_it_stands() {
    let read = |file: &str| {
        (file == "lib.rs").then(|| {
            "/// Text.\n/// ```\n/// example::A;\n/// ```\npub struct A; pub struct B; pub enum C {}
             /// ```text\n/// a picture\n/// ```\npub trait D {} struct E;
             /// ```\n/// example::B;\n/// ```\nimpl B {}"
                .to_owned()
        })
    };
    let documents = list::documents("example", &read);
    let found: Vec<_> =
        documents.iter().map(|(path, document)| (path.as_str(), !code(document).is_empty())).collect();
    let expected = [("example::A", true), ("example::B", true), ("example::C", false), ("example::D", false)];
    assert_eq!(found, expected);
    assert!(names(&code(&documents["example::A"]), "A") && !names(&code(&documents["example::A"]), "B"));
}
