//! Makes the files under `vectors/x509` (`cargo test -p tests --test x509 -- --ignored generate`), and reads them for the tests.
//!
//! Certificates are valid from 2020 to 2046 where nothing else is the point; tests pass the time at which they look.

mod chains;
mod files;
mod keys;
mod names;
mod odd;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use tests::pki::{
    Template, algorithm, armour, element, extension, oid, openssl, plain_name, sequence, strip_armour,
};

/// The moment at which the tests look: 2030-01-01 00:00:00.
pub(crate) const NOW: u64 = 1_893_456_000;

/// `vectors/x509`.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/x509")
}

/// The files of a folder of the corpus, by name without ending.
pub(crate) fn files(kind: &str) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder().join(kind)).expect("the corpus") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        files.insert(name, fs::read(&path).expect("a file"));
    }
    files
}

/// A certificate's PEM file.
pub(crate) fn pem(name: &str) -> Vec<u8> {
    let path = folder().join("certificates").join(format!("{name}.pem"));
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A certificate's DER.
pub(crate) fn der(name: &str) -> Vec<u8> {
    strip_armour("CERTIFICATE", &String::from_utf8(pem(name)).expect("PEM is ASCII")).expect("a certificate")
}

const SHA256_RSA: &str = "1.2.840.113549.1.1.11";

#[test]
#[ignore = "rewrites vectors/x509"]
fn generate() {
    for kind in ["certificates", "keys", "files"] {
        fs::create_dir_all(folder().join(kind)).unwrap();
    }
    keys::keys();
    certificates();
    files::damaged_files();
}

pub(crate) fn key_path(name: &str) -> PathBuf {
    folder().join("keys").join(format!("{name}.pem"))
}

fn write(kind: &str, name: &str, text: impl AsRef<[u8]>) {
    fs::write(folder().join(kind).join(format!("{name}.pem")), text).unwrap();
}

/// The maker of certificates: templates to vary. The corpus is made of them, and so are single chains of the tests.
pub(crate) struct Maker {
    pub(crate) leaf: Template,
    pub(crate) ca: Template,
}

pub(crate) fn public_key(key: &str) -> Vec<u8> {
    openssl(&["pkey", "-in", &key_path(key).display().to_string(), "-pubout", "-outform", "DER"], &[])
}

pub(crate) fn time(text: &str) -> Vec<u8> {
    element(if text.len() == 15 { 0x18 } else { 0x17 }, text.as_bytes())
}

pub(crate) fn key_usage(bits: &[u8]) -> Vec<u8> {
    extension("2.5.29.15", true, &element(0x03, &[&[0], bits].concat()))
}

pub(crate) fn basic_constraints(is_ca: bool, path_length: Option<u8>) -> Vec<u8> {
    let length = path_length.map(|length| element(0x02, &[length])).unwrap_or_default();
    extension("2.5.29.19", true, &sequence(&[if is_ca { &[1, 1, 0xFF] } else { &[] }, &length]))
}

pub(crate) fn purposes(dotted: &[&str]) -> Vec<u8> {
    let list: Vec<Vec<u8>> = dotted.iter().map(|purpose| oid(purpose)).collect();
    extension("2.5.29.37", false, &element(0x30, &list.concat()))
}

pub(crate) fn alternative_names(names: &[(u8, &[u8])]) -> Vec<u8> {
    let list: Vec<Vec<u8>> = names.iter().map(|(tag, value)| element(*tag, value)).collect();
    extension("2.5.29.17", false, &element(0x30, &list.concat()))
}

const SERVER: &str = "1.3.6.1.5.5.7.3.1";
pub(crate) const CLIENT: &str = "1.3.6.1.5.5.7.3.2";

impl Maker {
    pub(crate) fn new() -> Self {
        let base = Template {
            version: 2,
            serial: element(0x02, &[0x12, 0x34, 0x56]),
            algorithm: algorithm(SHA256_RSA, true),
            outer_algorithm: None,
            hash: "-sha256",
            issuer: plain_name("Root"),
            validity: [time("200101000000Z"), time("460101000000Z")],
            subject: plain_name("localhost"),
            public_key: public_key("leaf"),
            unique_identifiers: Vec::new(),
            extensions: Vec::new(),
        };
        let leaf = Template {
            extensions: vec![
                key_usage(&[0xA0]),
                purposes(&[SERVER]),
                alternative_names(&[(0x82, b"localhost"), (0x87, &[127, 0, 0, 1])]),
            ],
            ..base.clone()
        };
        let ca = Template {
            subject: plain_name("Root"),
            public_key: public_key("ca"),
            extensions: vec![basic_constraints(true, None), key_usage(&[0x06])],
            ..base
        };
        Self { leaf, ca }
    }

    fn leaf(&self, name: &str, key: &str, change: impl FnOnce(&mut Template)) {
        let mut template = self.leaf.clone();
        change(&mut template);
        write("certificates", name, armour("CERTIFICATE", &template.sign(&key_path(key))));
    }

    fn ca(&self, name: &str, key: &str, change: impl FnOnce(&mut Template)) {
        let mut template = self.ca.clone();
        change(&mut template);
        write("certificates", name, armour("CERTIFICATE", &template.sign(&key_path(key))));
    }

    fn bytes(name: &str, der: &[u8]) {
        write("certificates", name, armour("CERTIFICATE", der));
    }
}

fn certificates() {
    let maker = Maker::new();
    chains::authorities(&maker);
    chains::leaves(&maker);
    names::names(&maker);
    odd::odd_fields(&maker);
    odd::odd_extensions(&maker);
    odd::odd_keys(&maker);
    odd::broken_der();
}
