//! Makes the files under `vectors/x509` (`cargo test -p tests --test x509 -- --ignored generate`), and reads them for the tests.
//!
//! Certificates are valid from 2020 to 2046 where nothing else is the point; tests pass the time at which they look.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use tests::pki::{
    Template, algorithm, armour, element, extension, name, oid, openssl, plain_name, sequence, strip_armour,
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
    keys();
    certificates();
    damaged_files();
}

fn key_path(name: &str) -> PathBuf {
    folder().join("keys").join(format!("{name}.pem"))
}

fn write(kind: &str, name: &str, text: impl AsRef<[u8]>) {
    fs::write(folder().join(kind).join(format!("{name}.pem")), text).unwrap();
}

/// Makes the keys that are missing, and every form of a private key file.
fn keys() {
    for (name, arguments) in [
        ("ca", &["genrsa", "2048"][..]),
        ("other", &["genrsa", "2048"]),
        ("intermediate", &["genrsa", "2048"]),
        ("leaf", &["genrsa", "2048"]),
        ("rsa-1024", &["genrsa", "1024"]),
        ("rsa-512", &["genrsa", "512"]),
        ("rsa-3072", &["genrsa", "3072"]),
        ("rsa-4096", &["genrsa", "4096"]),
        ("rsa-2047", &["genrsa", "2047"]),
        ("p256", &["ecparam", "-name", "prime256v1", "-genkey", "-noout"]),
        ("p384", &["ecparam", "-name", "secp384r1", "-genkey", "-noout"]),
        ("p521", &["ecparam", "-name", "secp521r1", "-genkey", "-noout"]),
        ("secp256k1", &["ecparam", "-name", "secp256k1", "-genkey", "-noout"]),
        (
            "explicit-curve",
            &["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-param_enc", "explicit"],
        ),
        ("ed25519", &["genpkey", "-algorithm", "ed25519"]),
    ] {
        if !key_path(name).exists() {
            write("keys", name, openssl(arguments, &[]));
        }
    }
    let leaf = fs::read(key_path("leaf")).unwrap();
    let p256 = fs::read(key_path("p256")).unwrap();
    let pkcs1 = openssl(&["rsa", "-traditional"], &leaf);
    let pkcs8 = openssl(&["pkcs8", "-topk8", "-nocrypt"], &leaf);
    write("keys", "pkcs1", &pkcs1);
    write("keys", "pkcs8", &pkcs8);
    write("keys", "pkcs8-ec", openssl(&["pkcs8", "-topk8", "-nocrypt"], &p256));
    write("keys", "public", openssl(&["rsa", "-pubout"], &leaf));
    for cipher in ["aes-128-cbc", "aes-192-cbc", "aes-256-cbc", "des-ede3-cbc"] {
        let option = format!("-{cipher}");
        let arguments = ["rsa", "-traditional", &option, "-passout", "pass:secret"];
        write("keys", &format!("pkcs1-encrypted-{cipher}"), openssl(&arguments, &leaf));
    }
    write("keys", "pkcs8-encrypted", openssl(&["pkcs8", "-topk8", "-passout", "pass:secret"], &leaf));
    write("keys", "sec1-encrypted", openssl(&["ec", "-aes128", "-passout", "pass:secret"], &p256));

    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (pkcs1, pkcs8) = (text(&pkcs1), text(&pkcs8));
    let encrypted = text(&fs::read(key_path("pkcs1-encrypted-aes-128-cbc")).unwrap());
    write("keys", "encrypted-rc2", encrypted.replace("AES-128-CBC", "RC2-CBC"));
    write("keys", "encrypted-aes-512", encrypted.replace("AES-128-CBC", "AES-512-CBC"));
    write("keys", "encrypted-short-iv", encrypted.replacen("CBC,", "CBC,Z", 1));
    write("keys", "wrong-label", pkcs1.replace("RSA PRIVATE", "DSA PRIVATE"));
    write("keys", "pkcs8-in-pkcs1-label", pkcs8.replace("PRIVATE", "RSA PRIVATE"));
    write("keys", "pkcs1-in-pkcs8-label", pkcs1.replace("RSA PRIVATE", "PRIVATE"));
    write("keys", "no-last-line", pkcs1.replace("-----END", "-----ENDE"));
    write("keys", "bad-digit", pkcs1.replacen("MII", "M!I", 1));
    write("keys", "cut", armour("RSA PRIVATE KEY", &strip_armour("RSA PRIVATE KEY", &pkcs1).unwrap()[..500]));
    write("keys", "empty", "-----BEGIN RSA PRIVATE KEY-----\n-----END RSA PRIVATE KEY-----\n");
    write("keys", "empty-line", "-----BEGIN RSA PRIVATE KEY-----\n\n-----END RSA PRIVATE KEY-----\n");
    write("keys", "crlf", pkcs1.replace('\n', "\r\n"));
    write("keys", "leading-text", format!("Bag Attributes: none\n{pkcs8}trailing text"));
    write("keys", "garbage", armour("RSA PRIVATE KEY", b"this is no key at all"));
    let mut der = strip_armour("RSA PRIVATE KEY", &pkcs1).unwrap();
    der[6] = 5;
    write("keys", "version-5", armour("RSA PRIVATE KEY", &der));
    der[6] = 0;
    let trailing = [der.as_slice(), &[0, 1, 2]].concat();
    write("keys", "trailing-bytes", armour("RSA PRIVATE KEY", &trailing));
    der[11] |= 1;
    let last_of_modulus = 11 + 257 - 1;
    der[last_of_modulus] ^= 2;
    write("keys", "flipped-modulus", armour("RSA PRIVATE KEY", &der));
    der[last_of_modulus] ^= 1;
    write("keys", "even-modulus", armour("RSA PRIVATE KEY", &der));
    write("keys", "with-certificate", format!("{}{pkcs1}", armour("CERTIFICATE", b"nothing")));
}

/// The maker of one corpus: a template to vary, and what signs it.
struct Maker {
    leaf: Template,
    ca: Template,
}

fn public_key(key: &str) -> Vec<u8> {
    openssl(&["pkey", "-in", &key_path(key).display().to_string(), "-pubout", "-outform", "DER"], &[])
}

fn time(text: &str) -> Vec<u8> {
    element(if text.len() == 15 { 0x18 } else { 0x17 }, text.as_bytes())
}

fn key_usage(bits: &[u8]) -> Vec<u8> {
    extension("2.5.29.15", true, &element(0x03, &[&[0], bits].concat()))
}

fn basic_constraints(is_ca: bool, path_length: Option<u8>) -> Vec<u8> {
    let length = path_length.map(|length| element(0x02, &[length])).unwrap_or_default();
    extension("2.5.29.19", true, &sequence(&[if is_ca { &[1, 1, 0xFF] } else { &[] }, &length]))
}

fn purposes(dotted: &[&str]) -> Vec<u8> {
    let list: Vec<Vec<u8>> = dotted.iter().map(|purpose| oid(purpose)).collect();
    extension("2.5.29.37", false, &element(0x30, &list.concat()))
}

fn alternative_names(names: &[(u8, &[u8])]) -> Vec<u8> {
    let list: Vec<Vec<u8>> = names.iter().map(|(tag, value)| element(*tag, value)).collect();
    extension("2.5.29.17", false, &element(0x30, &list.concat()))
}

const SERVER: &str = "1.3.6.1.5.5.7.3.1";
const CLIENT: &str = "1.3.6.1.5.5.7.3.2";

impl Maker {
    fn new() -> Self {
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
    authorities(&maker);
    leaves(&maker);
    names(&maker);
    odd_fields(&maker);
    odd_extensions(&maker);
    odd_keys(&maker);
    broken_der();
}

fn authorities(maker: &Maker) {
    let by_intermediate = |template: &mut Template| template.issuer = plain_name("Intermediate");
    maker.ca("root", "ca", |_| {});
    maker.ca("root-same-name", "other", |t| t.public_key = public_key("other"));
    maker.ca("root-other", "other", |t| {
        (t.issuer, t.subject, t.public_key) = (plain_name("Other"), plain_name("Other"), public_key("other"));
    });
    maker.ca("root-expired", "ca", |t| t.validity[1] = time("250101000000Z"));
    maker.ca("root-future", "ca", |t| t.validity[0] = time("400101000000Z"));
    maker.ca("root-v1", "ca", |t| (t.version, t.extensions) = (0, vec![]));
    maker.ca("root-not-ca", "ca", |t| t.extensions = vec![basic_constraints(false, None)]);
    maker.ca("root-sha1", "ca", |t| {
        (t.algorithm, t.hash) = (algorithm("1.2.840.113549.1.1.5", true), "-sha1")
    });
    maker.ca("root-1024", "rsa-1024", |t| t.public_key = public_key("rsa-1024"));
    maker.ca("root-4096", "rsa-4096", |t| t.public_key = public_key("rsa-4096"));
    maker.ca("root-printable", "ca", |t| {
        t.subject = name(&[("2.5.4.3", 0x13, b"ROOT"), ("2.5.4.10", 0x13, b"tEST")]);
    });
    maker.ca("root-rollover", "ca", |t| t.public_key = public_key("other"));
    for (file, hash, oid, key) in [
        ("root-p256", "-sha256", "1.2.840.10045.4.3.2", "p256"),
        ("root-p384", "-sha384", "1.2.840.10045.4.3.3", "p384"),
        ("root-p521", "-sha512", "1.2.840.10045.4.3.4", "p521"),
    ] {
        maker.ca(file, key, |t| {
            (t.algorithm, t.hash, t.public_key) = (algorithm(oid, false), hash, public_key(key))
        });
    }
    let intermediate = |t: &mut Template| {
        t.subject = plain_name("Intermediate");
        t.public_key = public_key("intermediate");
        t.extensions = vec![basic_constraints(true, Some(0)), key_usage(&[0x06])];
    };
    let vary = |file: &str, change: &dyn Fn(&mut Template)| {
        maker.ca(file, "ca", |t| {
            intermediate(t);
            change(t);
        });
    };
    vary("intermediate", &|_| {});
    vary("intermediate-any-length", &|t| t.extensions[0] = basic_constraints(true, None));
    vary("intermediate-expired", &|t| t.validity[1] = time("250101000000Z"));
    vary("intermediate-future", &|t| t.validity[0] = time("400101000000Z"));
    vary("intermediate-no-constraints", &|t| drop(t.extensions.remove(0)));
    vary("intermediate-not-ca", &|t| t.extensions[0] = basic_constraints(false, None));
    vary("intermediate-length-only", &|t| t.extensions[0] = basic_constraints(false, Some(5)));
    vary("intermediate-no-cert-sign", &|t| t.extensions[1] = key_usage(&[0x80]));
    vary("intermediate-no-usage", &|t| drop(t.extensions.remove(1)));
    vary("intermediate-other-key", &|t| t.public_key = public_key("other"));
    vary("intermediate-1024", &|t| t.public_key = public_key("rsa-1024"));
    vary("intermediate-md5", &|t| (t.algorithm, t.hash) = (algorithm("1.2.840.113549.1.1.4", true), "-md5"));
    vary("intermediate-p256", &|t| t.public_key = public_key("p256"));
    maker.ca("second", "intermediate", |t| {
        by_intermediate(t);
        (t.subject, t.public_key) = (plain_name("Second"), public_key("other"));
    });
    maker.leaf("leaf-by-second", "other", |t| t.issuer = plain_name("Second"));
    // A path of ten: Root, Deep 1 to Deep 9, leaf.
    for level in 1..=9 {
        let issuer = if level == 1 { plain_name("Root") } else { plain_name(&format!("Deep {}", level - 1)) };
        maker.ca(&format!("deep-{level}"), "ca", |t| {
            (t.issuer, t.subject) = (issuer, plain_name(&format!("Deep {level}")));
        });
        maker.leaf(&format!("leaf-by-deep-{level}"), "ca", |t| {
            t.issuer = plain_name(&format!("Deep {level}"))
        });
    }
}

fn leaves(maker: &Maker) {
    let rsa = |number: u8| algorithm(&format!("1.2.840.113549.1.1.{number}"), true);
    maker.leaf("leaf", "ca", |_| {});
    maker.leaf("leaf-by-same-name", "other", |_| {});
    maker.leaf("leaf-by-other", "other", |t| t.issuer = plain_name("Other"));
    maker.leaf("leaf-by-1024", "rsa-1024", |_| {});
    maker.leaf("leaf-by-4096", "rsa-4096", |_| {});
    maker.leaf("leaf-by-intermediate", "intermediate", |t| t.issuer = plain_name("Intermediate"));
    maker.leaf("leaf-by-intermediate-p256", "p256", |t| {
        t.issuer = plain_name("Intermediate");
        (t.algorithm, t.outer_algorithm) = (algorithm("1.2.840.10045.4.3.2", false), None);
    });
    maker.leaf("leaf-by-intermediate-1024", "rsa-1024", |t| t.issuer = plain_name("Intermediate"));
    maker.leaf("leaf-expired", "ca", |t| t.validity[1] = time("250101000000Z"));
    maker.leaf("leaf-future", "ca", |t| t.validity[0] = time("400101000000Z"));
    maker.leaf("leaf-expired-other-name-by-other", "other", |t| {
        t.validity[1] = time("250101000000Z");
        (t.issuer, t.extensions) =
            (plain_name("Other"), vec![alternative_names(&[(0x82, b"elsewhere.example")])]);
    });
    maker.leaf("leaf-self-signed", "leaf", |t| t.issuer = plain_name("localhost"));
    maker.leaf("leaf-1024", "ca", |t| t.public_key = public_key("rsa-1024"));
    maker.leaf("leaf-2047", "ca", |t| t.public_key = public_key("rsa-2047"));
    maker.leaf("leaf-512", "ca", |t| t.public_key = public_key("rsa-512"));
    maker.leaf("leaf-3072", "ca", |t| t.public_key = public_key("rsa-3072"));
    maker.leaf("leaf-4096", "rsa-4096", |t| t.public_key = public_key("rsa-4096"));
    maker.leaf("leaf-md5", "ca", |t| (t.algorithm, t.hash) = (rsa(4), "-md5"));
    maker.leaf("leaf-sha1", "ca", |t| (t.algorithm, t.hash) = (rsa(5), "-sha1"));
    maker
        .leaf("leaf-sha1-oiw", "ca", |t| (t.algorithm, t.hash) = (algorithm("1.3.14.3.2.29", true), "-sha1"));
    maker.leaf("leaf-sha224", "ca", |t| (t.algorithm, t.hash) = (rsa(14), "-sha224"));
    maker.leaf("leaf-sha384", "ca", |t| (t.algorithm, t.hash) = (rsa(12), "-sha384"));
    maker.leaf("leaf-sha512", "ca", |t| (t.algorithm, t.hash) = (rsa(13), "-sha512"));
    maker.leaf("leaf-no-usage", "ca", |t| drop(t.extensions.remove(0)));
    maker.leaf("leaf-no-key-encipherment", "ca", |t| t.extensions[0] = key_usage(&[0x80]));
    maker.leaf("leaf-no-purpose", "ca", |t| drop(t.extensions.remove(1)));
    maker.leaf("leaf-any-purpose", "ca", |t| t.extensions[1] = purposes(&["2.5.29.37.0"]));
    maker.leaf("leaf-client", "ca", |t| t.extensions[1] = purposes(&[CLIENT]));
    maker.leaf("leaf-no-key-encipherment-client", "ca", |t| {
        (t.extensions[0], t.extensions[1]) = (key_usage(&[0x80]), purposes(&[CLIENT]));
    });
    for (file, hash, oid, key) in [
        ("leaf-p256", "-sha256", "1.2.840.10045.4.3.2", "p256"),
        ("leaf-p384", "-sha384", "1.2.840.10045.4.3.3", "p384"),
        ("leaf-p521", "-sha512", "1.2.840.10045.4.3.4", "p521"),
        ("leaf-p256-sha1", "-sha1", "1.2.840.10045.4.1", "p256"),
        ("leaf-p256-sha224", "-sha224", "1.2.840.10045.4.3.1", "p256"),
        ("leaf-p256-sha512", "-sha512", "1.2.840.10045.4.3.4", "p256"),
    ] {
        maker.leaf(file, key, |t| {
            (t.algorithm, t.hash, t.public_key) = (algorithm(oid, false), hash, public_key(key))
        });
    }
    maker.leaf("leaf-p256-by-rsa", "ca", |t| t.public_key = public_key("p256"));
    let mut der = der("leaf");
    let last = der.len() - 1;
    der[last] ^= 1;
    Maker::bytes("leaf-bad-signature", &der);
}

fn names(maker: &Maker) {
    let without_alternatives = |t: &mut Template| drop(t.extensions.remove(2));
    maker.leaf("name-wildcard", "ca", |t| t.extensions[2] = alternative_names(&[(0x82, b"*.Example.com")]));
    maker.leaf("name-wildcard-inside", "ca", |t| {
        t.extensions[2] = alternative_names(&[(0x82, b"www.*.com"), (0x82, b"w*.a.b")])
    });
    maker.leaf("name-wildcard-top", "ca", |t| {
        t.extensions[2] = alternative_names(&[(0x82, b"*.com"), (0x82, b"*")])
    });
    maker.leaf("name-wildcard-address", "ca", |t| {
        t.extensions[2] = alternative_names(&[(0x82, b"*.168.1.1")])
    });
    maker.leaf("name-addresses", "ca", |t| {
        let v6 = [0x20, 1, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
        t.extensions[2] = alternative_names(&[(0x87, &[192, 168, 1, 1]), (0x87, &v6)]);
    });
    maker.leaf("name-address-as-dns", "ca", |t| {
        t.extensions[2] = alternative_names(&[(0x82, b"192.168.1.1")])
    });
    maker.leaf("name-kinds", "ca", |t| {
        let other = [oid("1.2.3.4"), element(0xA0, &element(0x0C, b"x"))].concat();
        let directory = plain_name("localhost");
        t.extensions[2] = alternative_names(&[
            (0xA0, &other),
            (0x81, b"a@example.com"),
            (0xA4, &directory),
            (0x86, b"https://example.com"),
            (0x88, &[0x2A, 3]),
            (0x82, b"example.com"),
            (0x82, b"tab\there\xFF"),
        ]);
    });
    maker.leaf("name-other-malformed", "ca", |t| {
        t.extensions[2] = alternative_names(&[(0xA0, b"\x04\x01x"), (0x82, b"a")])
    });
    maker.leaf("name-other-malformed-last", "ca", |t| {
        t.extensions[2] = alternative_names(&[(0x82, b"a"), (0xA0, b"\x04\x01x")])
    });
    maker.leaf("name-hardware-module", "ca", |t| {
        let module = sequence(&[&oid("1.3.6.1.4.1.17.3"), &element(0x04, b"123456")]);
        let other = [oid("1.3.6.1.5.5.7.8.4"), element(0xA0, &module)].concat();
        t.extensions[2] = alternative_names(&[(0xA0, &other), (0x82, b"a")]);
    });
    maker.leaf("name-none", "ca", |t| t.extensions[2] = alternative_names(&[]));
    maker.leaf("name-not-context", "ca", |t| t.extensions[2] = alternative_names(&[(0x02, b"a")]));
    maker.leaf("name-common", "ca", without_alternatives);
    maker.leaf("name-common-address", "ca", |t| {
        without_alternatives(t);
        t.subject = plain_name("192.168.1.1");
    });
    maker.leaf("name-common-twice", "ca", |t| {
        without_alternatives(t);
        t.subject = name(&[("2.5.4.3", 0x0C, b"first.example"), ("2.5.4.3", 0x13, b"*.second.example")]);
    });
    maker.leaf("name-nul", "ca", |t| {
        without_alternatives(t);
        t.subject = plain_name("localhost\0.evil.example");
    });
    maker.leaf("name-empty-subject", "ca", |t| t.subject = vec![0x30, 0]);
    maker.leaf("name-empty-issuer", "ca", |t| t.issuer = vec![0x30, 0]);
    maker.leaf("name-attributes", "ca", |t| {
        let kinds = [3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 16, 17, 42, 43, 44, 45, 46, 65]
            .map(|last| format!("2.5.4.{last}"));
        let mut list: Vec<(&str, u8, &[u8])> =
            kinds.iter().map(|kind| (kind.as_str(), 0x0C, &b"v"[..])).collect();
        list.push(("1.2.840.113549.1.9.1", 0x16, b"a@b"));
        list.push(("0.9.2342.19200300.100.1.25", 0x16, b"dc"));
        list.push(("0.9.2342.19200300.100.1.1", 0x16, b"uid"));
        t.subject = name(&list);
    });
    maker.leaf("name-special", "ca", |t| {
        let value: Vec<u8> = (0..=255).collect();
        t.subject = name(&[
            ("2.5.4.3", 0x0C, &value[1..64]),
            ("2.5.4.3", 0x14, &value[64..200]),
            ("2.5.4.3", 0x1E, &value[..4]),
            ("2.5.4.3", 0x1C, b" #lead"),
            ("2.5.4.3", 0x03, b"\0bits "),
        ]);
    });
    maker.leaf("name-long", "ca", |t| t.subject = plain_name(&"x".repeat(255)));
    maker.leaf("name-too-long", "ca", |t| t.subject = plain_name(&"x".repeat(256)));
    maker.leaf("name-merged", "ca", |t| {
        let pair = |kind: &str, value: &[u8]| sequence(&[&oid(kind), &element(0x0C, value)]);
        let set =
            element(0x31, &[pair("2.5.4.3", b"a"), pair("2.5.4.10", b"b"), pair("2.5.4.11", b"c")].concat());
        t.subject = element(0x30, &[set, element(0x31, &pair("2.5.4.6", b"BG"))].concat());
    });
    maker.leaf("name-wrong-tag", "ca", |t| t.subject = name(&[("2.5.4.3", 0x04, b"octets")]));
    maker.leaf("name-empty-set", "ca", |t| t.subject = element(0x30, &[0x31, 0]));
}

fn odd_fields(maker: &Maker) {
    let serial = |bytes: &[u8]| element(0x02, bytes);
    for (file, bytes) in [
        ("serial-zero", serial(&[0])),
        ("serial-negative", serial(&[0x80, 1])),
        ("serial-empty", serial(&[])),
        ("serial-leading-zero", serial(&[0, 0, 0x80])),
        ("serial-32", serial(&[0xAB; 32])),
        ("serial-33", serial(&[0xAB; 33])),
        ("serial-33-zero", serial(&[[0].as_slice(), &[0xAB; 32]].concat())),
        ("serial-context", element(0x82, &[1])),
        ("serial-string", element(0x0C, b"1")),
    ] {
        maker.leaf(file, "ca", |t| t.serial = bytes);
    }
    maker.leaf("version-1", "ca", |t| (t.version, t.extensions) = (0, vec![]));
    maker.leaf("version-2", "ca", |t| (t.version, t.extensions) = (1, vec![]));
    maker.leaf("version-1-extensions", "ca", |t| t.version = 0);
    maker.leaf("version-2-extensions", "ca", |t| t.version = 1);
    maker.leaf("version-2-identifiers", "ca", |t| {
        (t.version, t.extensions) = (1, vec![]);
        t.unique_identifiers = [element(0xA1, &[3, 2, 0, 1]), element(0xA2, &[3, 2, 0, 2])].concat();
    });
    maker.leaf("version-3-identifiers", "ca", |t| t.unique_identifiers = element(0xA2, &[3, 2, 0, 2]));
    maker.leaf("version-4", "ca", |t| t.version = 3);
    maker.leaf("version-128", "ca", |t| t.version = 128);
    for (file, text) in [
        ("date-generalized", "20460101000000Z"),
        ("date-generalized-far", "99991231235959Z"),
        ("date-1950", "500101000000Z"),
        ("date-2049", "491231235959Z"),
        ("date-no-seconds", "4601010000Z"),
        ("date-no-z", "460101000000"),
        ("date-offset", "460101000000+0100"),
        ("date-leap", "440229000000Z"),
        ("date-no-leap", "450229000000Z"),
        ("date-century-no-leap", "21000229000000Z"),
        ("date-month-0", "460001000000Z"),
        ("date-month-13", "461301000000Z"),
        ("date-day-0", "460100000000Z"),
        ("date-day-31", "460431000000Z"),
        ("date-hour-24", "460101240000Z"),
        ("date-minute-60", "460101006000Z"),
        ("date-second-60", "460101000060Z"),
        ("date-letters", "46010100000xZ"),
        ("date-fraction", "20460101000000.5Z"),
        ("date-empty", ""),
    ] {
        let tag =
            if text.len() >= 15 && text.starts_with("2") || text.starts_with("99") { 0x18 } else { 0x17 };
        maker.leaf(file, "ca", |t| t.validity[1] = element(tag, text.as_bytes()));
    }
    maker.leaf("date-string", "ca", |t| t.validity[0] = element(0x13, b"200101000000Z"));
    maker.leaf("date-third", "ca", |t| t.validity[1].extend(time("460101000000Z")));
    let pss = sequence(&[&oid("1.2.840.113549.1.1.10"), &[0x30, 0]]);
    for (file, inner, outer) in [
        ("algorithm-mismatch", algorithm(SHA256_RSA, true), Some(algorithm("1.2.840.113549.1.1.5", true))),
        ("algorithm-mismatch-null", algorithm(SHA256_RSA, true), Some(algorithm(SHA256_RSA, false))),
        ("algorithm-no-null", algorithm(SHA256_RSA, false), None),
        ("algorithm-parameters", sequence(&[&oid(SHA256_RSA), &[2, 1, 0]]), None),
        ("algorithm-long-null", sequence(&[&oid(SHA256_RSA), &[5, 1, 0]]), None),
        ("algorithm-trailing", sequence(&[&oid(SHA256_RSA), &[5, 0, 5, 0]]), None),
        ("algorithm-empty", vec![0x30, 0], None),
        ("algorithm-unknown", algorithm("1.2.3.4.5", true), None),
        ("algorithm-md2", algorithm("1.2.840.113549.1.1.2", true), None),
        ("algorithm-pss", pss, None),
        ("algorithm-ed25519", algorithm("1.3.101.112", false), None),
        ("algorithm-ecdsa", algorithm("1.2.840.10045.4.3.2", false), None),
    ] {
        maker.leaf(file, "ca", |t| (t.algorithm, t.outer_algorithm) = (inner, outer));
    }
}

fn odd_extensions(maker: &Maker) {
    let one = |file: &str, list: Vec<Vec<u8>>| maker.leaf(file, "ca", |t| t.extensions = list);
    let policies = |list: &[&str]| {
        let list: Vec<Vec<u8>> = list.iter().map(|policy| sequence(&[&oid(policy)])).collect();
        element(0x30, &list.concat())
    };
    one("extension-unknown", vec![extension("1.2.3.4", false, b"anything")]);
    one("extension-unknown-critical", vec![extension("1.2.3.4", true, b"anything")]);
    one("extension-name-constraints", vec![extension("2.5.29.30", false, &[0x30, 0])]);
    one("extension-name-constraints-critical", vec![extension("2.5.29.30", true, &[0x30, 0])]);
    one("extension-subject-key-identifier", vec![extension("2.5.29.14", false, &element(4, &[1; 20]))]);
    one("extension-twice", vec![key_usage(&[0xA0]), key_usage(&[0xA0])]);
    one(
        "extension-unknown-twice",
        vec![extension("1.2.3.4", false, b"a"), extension("1.2.3.4", false, b"a")],
    );
    one("extension-critical-false", vec![sequence(&[&oid("1.2.3.4"), &[1, 1, 0], &element(4, b"a")])]);
    one("extension-critical-odd", vec![sequence(&[&oid("1.2.3.4"), &[1, 1, 7], &element(4, b"a")])]);
    one("extension-critical-long", vec![sequence(&[&oid("1.2.3.4"), &[1, 2, 0, 0], &element(4, b"a")])]);
    one("extension-no-value", vec![sequence(&[&oid("1.2.3.4")])]);
    one("extension-trailing", vec![sequence(&[&oid("1.2.3.4"), &element(4, b"a"), &[0]])]);
    one("extension-empty", vec![vec![0x30, 0]]);
    one("policies-any", vec![extension("2.5.29.32", true, &policies(&["2.5.29.32.0"]))]);
    one("policies-other", vec![extension("2.5.29.32", false, &policies(&["2.23.140.1.2.1", "2.5.29.32.0"]))]);
    one("policies-other-critical", vec![extension("2.5.29.32", true, &policies(&["2.23.140.1.2.1"]))]);
    one("policies-none", vec![extension("2.5.29.32", false, &policies(&[]))]);
    let qualified = sequence(&[&sequence(&[&oid("2.5.29.32.0"), &sequence(&[&oid("1.2.3")])])]);
    one("policies-qualifier", vec![extension("2.5.29.32", true, &qualified)]);
    let numbered = sequence(&[&sequence(&[&oid("2.5.29.32.0"), &[2, 1, 0]])]);
    one("policies-bad-qualifier", vec![extension("2.5.29.32", false, &numbered)]);
    one(
        "policies-trailing",
        vec![extension("2.5.29.32", false, &[policies(&["2.5.29.32.0"]), vec![0]].concat())],
    );
    for (file, value) in [
        ("usage-all", &[3, 3, 7, 0xFF, 0x80][..]),
        ("usage-three-bytes", &[3, 4, 0, 0xFF, 0x80, 0x55]),
        ("usage-empty", &[3, 1, 0]),
        ("usage-no-bits", &[3, 0]),
        ("usage-unused-8", &[3, 2, 8, 0xA0]),
        ("usage-trailing", &[3, 2, 0, 0xA0, 0]),
        ("usage-zero", &[3, 2, 0, 0]),
        ("usage-octets", &[4, 1, 0xA0]),
    ] {
        one(file, vec![extension("2.5.29.15", true, value)]);
    }
    for (file, value) in [
        ("constraints-empty", &[0x30, 0][..]),
        ("constraints-false", &[0x30, 3, 1, 1, 0]),
        ("constraints-length", &[0x30, 6, 1, 1, 0xFF, 2, 1, 3]),
        ("constraints-length-only", &[0x30, 3, 2, 1, 3]),
        ("constraints-integers", &[0x30, 6, 2, 1, 1, 2, 1, 3]),
        ("constraints-length-negative", &[0x30, 6, 1, 1, 0xFF, 2, 1, 0xFF]),
        ("constraints-length-maximum", &[0x30, 9, 1, 1, 0xFF, 2, 4, 0x7F, 0xFF, 0xFF, 0xFF]),
        ("constraints-length-long", &[0x30, 10, 1, 1, 0xFF, 2, 5, 0, 0x7F, 0xFF, 0xFF, 0xFE]),
        ("constraints-length-overflow", &[0x30, 10, 1, 1, 0xFF, 2, 5, 1, 0, 0, 0, 0]),
        ("constraints-length-empty", &[0x30, 5, 1, 1, 0xFF, 2, 0]),
        ("constraints-outside", &[0x30, 0, 1, 1, 0xFF]),
        ("constraints-trailing", &[0x30, 6, 1, 1, 0xFF, 2, 1, 3, 0]),
        ("constraints-string", &[0x30, 3, 4, 1, 1]),
        ("constraints-nothing", &[]),
    ] {
        one(file, vec![extension("2.5.29.19", true, value)]);
    }
    one(
        "purposes-known",
        vec![purposes(&[SERVER, CLIENT, "1.3.6.1.5.5.7.3.3", "1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.8"])],
    );
    one(
        "purposes-more",
        vec![purposes(&[
            "1.3.6.1.5.5.7.3.9",
            "2.5.29.37.0",
            "1.3.6.1.4.1.45605.1",
            "1.3.6.1.4.1.311.10.3.3",
        ])],
    );
    one("purposes-none", vec![purposes(&[])]);
    one("purposes-wrong-tag", vec![extension("2.5.29.37", false, &[0x30, 2, 5, 0])]);
    one("netscape-all", vec![extension("2.16.840.1.113730.1.1", false, &[3, 2, 0, 0xFF])]);
    one("netscape-server", vec![extension("2.16.840.1.113730.1.1", false, &[3, 2, 6, 0x40])]);
    one("netscape-two", vec![extension("2.16.840.1.113730.1.1", false, &[3, 3, 0, 0x40, 0])]);
}

fn odd_keys(maker: &Maker) {
    let info = |algorithm: &[u8], bits: &[u8]| sequence(&[algorithm, &element(3, &[&[0], bits].concat())]);
    let rsa = |modulus: &[u8], exponent: &[u8]| {
        let key = sequence(&[&element(2, modulus), &element(2, exponent)]);
        info(&algorithm("1.2.840.113549.1.1.1", true), &key)
    };
    let ec_algorithm = sequence(&[&oid("1.2.840.10045.2.1"), &oid("1.2.840.10045.3.1.7")]);
    let ec = |point: &[u8]| info(&ec_algorithm, point);
    let odd = [0xC1; 256];
    let even = [0xC2; 256];
    let p256 = public_key("p256");
    let point = &p256[p256.len() - 65..];
    let compressed = [&[2 + (point[64] & 1)], &point[1..33]].concat();
    let not_on_curve = [&point[..64], &[point[64] ^ 1]].concat();
    for (file, key) in [
        ("key-odd", rsa(&odd, &[1, 0, 1])),
        ("key-even-modulus", rsa(&even, &[1, 0, 1])),
        ("key-exponent-1", rsa(&odd, &[1])),
        ("key-exponent-2", rsa(&odd, &[2])),
        ("key-exponent-3", rsa(&odd, &[3])),
        ("key-exponent-0", rsa(&odd, &[0])),
        ("key-exponent-empty", rsa(&odd, &[])),
        ("key-exponent-long", rsa(&odd, &[0x11; 9])),
        ("key-exponent-larger", rsa(&odd, &[0xC3; 256])),
        ("key-modulus-0", rsa(&[0], &[1, 0, 1])),
        ("key-modulus-127", rsa(&[0x41; 16], &[1, 0, 1])),
        ("key-modulus-128", rsa(&[0xC1; 16], &[1, 0, 1])),
        ("key-modulus-8192", rsa(&[0xC1; 1024], &[1, 0, 1])),
        ("key-modulus-8200", rsa(&[0xC1; 1025], &[1, 0, 1])),
        (
            "key-rsa-no-null",
            info(&algorithm("1.2.840.113549.1.1.1", false), &sequence(&[&element(2, &odd), &[2, 1, 3]])),
        ),
        (
            "key-rsa-parameters",
            info(
                &sequence(&[&oid("1.2.840.113549.1.1.1"), &oid("1.2.3")]),
                &sequence(&[&element(2, &odd), &[2, 1, 3]]),
            ),
        ),
        (
            "key-rsa-trailing",
            info(&algorithm("1.2.840.113549.1.1.1", true), &sequence(&[&element(2, &odd), &[2, 1, 3], &[0]])),
        ),
        ("key-dsa", info(&algorithm("1.2.840.10040.4.1", false), b"x")),
        ("key-ed25519", public_key("ed25519")),
        ("key-secp256k1", public_key("secp256k1")),
        ("key-explicit-curve", public_key("explicit-curve")),
        ("key-p256", ec(point)),
        ("key-ecdh", info(&sequence(&[&oid("1.3.132.1.12"), &oid("1.2.840.10045.3.1.7")]), point)),
        ("key-curve-missing", info(&algorithm("1.2.840.10045.2.1", false), point)),
        ("key-curve-null", info(&algorithm("1.2.840.10045.2.1", true), point)),
        ("key-curve-unknown", info(&sequence(&[&oid("1.2.840.10045.2.1"), &oid("1.2.3.4")]), point)),
        ("key-point-compressed", ec(&compressed)),
        ("key-point-not-on-curve", ec(&not_on_curve)),
        ("key-point-infinity", ec(&[0])),
        ("key-point-zero", ec(&[0, 0])),
        ("key-point-empty", ec(&[])),
        ("key-point-short", ec(&point[..64])),
        ("key-unused-bits", sequence(&[&ec_algorithm, &element(3, &[&[1], point].concat())])),
        ("key-no-bits", sequence(&[&ec_algorithm, &[3, 0]])),
        ("key-trailing", sequence(&[&ec_algorithm, &element(3, &[&[0], point].concat()), &[5, 0]])),
    ] {
        maker.leaf(file, "ca", |t| t.public_key = key);
    }
}

fn broken_der() {
    let leaf = der("leaf");
    Maker::bytes("der-cut", &leaf[..leaf.len() - 20]);
    Maker::bytes("der-trailing", &[leaf.as_slice(), &[0; 5]].concat());
    Maker::bytes("der-wrong-tag", &[&[0x31], &leaf[1..]].concat());
    Maker::bytes("der-indefinite", &[&[0x30, 0x80], &leaf[4..], &[0, 0]].concat());
    Maker::bytes("der-long-length", &[&[0x30, 0x84, 0, 0], &leaf[2..]].concat());
    Maker::bytes("der-longer-length", &[&[0x30, 0x85, 0, 0, 0], &leaf[2..]].concat());
    Maker::bytes("der-nothing", &[]);
    Maker::bytes("der-empty-sequence", &[0x30, 0]);
    Maker::bytes("der-nested-empty", &[0x30, 2, 0x30, 0]);
}

/// PEM files that are wrong around the DER, and unusual ones that are right.
fn damaged_files() {
    let good = String::from_utf8(pem("leaf")).unwrap();
    let root = String::from_utf8(pem("root")).unwrap();
    let bad = good.replacen("MII", "M!I", 1);
    let (begin, end) = ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----");
    let body = good.replace(begin, "").replace(end, "").replace('\n', "");
    let files: &[(&str, String)] = &[
        ("two", format!("{good}{root}")),
        ("good-bad", format!("{good}{bad}")),
        ("bad-good", format!("{bad}{good}")),
        ("bad-good-bad", format!("{bad}{good}{}", armour("CERTIFICATE", b"nothing"))),
        ("bad-bad", format!("{bad}{}", armour("CERTIFICATE", b"nothing"))),
        ("good-begin", format!("{good}{begin}\n")),
        ("crlf", good.replace('\n', "\r\n")),
        ("cr-only", good.replace('\n', "\r")),
        ("leading-text", format!("subject=localhost\n\n{good}between\n{root}after")),
        ("one-line", good.replace('\n', "")),
        ("one-line-body", format!("{begin}\n{body}\n{end}")),
        ("no-last-line-feed", good.trim_end().to_owned()),
        ("no-line-feed-before-end", format!("{begin}\n{body}{end}\n")),
        ("spaces-at-line-ends", good.replace('\n', "  \n")),
        ("space-after-begin", good.replacen('\n', " \n", 1)),
        ("two-spaces-after-begin", good.replacen('\n', "  \n", 1)),
        ("spaces-inside", good.replacen("MII", "M II", 1)),
        ("tab-inside", good.replacen("MII", "M\tII", 1)),
        ("indented", good.replace('\n', "\n  ")),
        ("blank-lines", good.replace('\n', "\n\n")),
        ("no-padding", good.replace('=', "")),
        ("padding-inside", good.replacen("MII", "M=I", 1)),
        ("padding-three", format!("{begin}\n{}===\n{end}\n", body.trim_end_matches('='))),
        ("bad-digit", bad.clone()),
        ("high-bytes", good.replacen("MII", "M\u{e9}I", 1)),
        (
            "line-missing",
            good.lines().enumerate().filter(|(n, _)| *n != 3).map(|(_, l)| format!("{l}\n")).collect(),
        ),
        ("no-end", good.replace(end, "")),
        ("end-first", format!("{end}\n{good}")),
        ("no-begin", good.replace(begin, "")),
        ("trusted-label", good.replace("CERTIFICATE", "TRUSTED CERTIFICATE")),
        ("x509-label", good.replace("CERTIFICATE", "X509 CERTIFICATE")),
        ("request-label", good.replace("CERTIFICATE", "CERTIFICATE REQUEST")),
        ("lower-case-label", good.replace("CERTIFICATE", "certificate")),
        ("four-dashes", good.replace("-----", "----")),
        ("six-dashes", good.replace("-----", "------")),
        ("empty-body", format!("{begin}\n{end}\n")),
        ("blank-body", format!("{begin}\n\n{end}\n")),
        ("space-body", format!("{begin}\n   \n{end}\n")),
        ("padding-body", format!("{begin}\n==\n{end}\n")),
        ("one-digit-body", format!("{begin}\nM\n{end}\n")),
        (
            "proc-type",
            good.replacen('\n', "\nProc-Type: 4,ENCRYPTED\nDEK-Info: DES-CBC,0011223344556677\n\n", 1),
        ),
        ("proc-type-no-dek", good.replacen('\n', "\nProc-Type: 4,ENCRYPTED\n\n", 1)),
        ("proc-type-no-line", good.replacen('\n', "\nProc-Type: 4,ENCRYPTED", 1)),
        ("text", "This is no certificate.\n".to_owned()),
        ("nothing", String::new()),
        ("nul-inside", good.replacen("MII", "MII\0", 1)),
        ("nul-after", format!("{good}\0{bad}")),
        ("byte-order-mark", format!("\u{feff}{good}")),
        ("begin-twice", format!("{begin}\n{good}")),
    ];
    for (name, text) in files {
        write("files", name, text);
    }
}
