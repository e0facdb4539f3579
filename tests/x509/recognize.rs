//! Files that are something else than what was wanted are called by their names.

use tests::pki::{algorithm, armour, element, openssl, plain_name, sequence};
use x509::{
    Bundle, Kind, MAX_DER_LENGTH, PrivateKey,
    Wanted::{self, Certificate, PrivateKey as Key},
    has_private_key, recognize,
};

use crate::corpus;

fn kind(file: &[u8], wanted: Wanted) -> Option<(Kind, bool)> {
    recognize(file, wanted).map(|found| (found.kind, found.is_binary))
}

/// What is recognized whatever was wanted, and refused by the parser.
fn assert_kind(file: &[u8], expected: Kind, is_binary: bool) {
    for wanted in [Certificate, Key] {
        let text = String::from_utf8_lossy(&file[..file.len().min(60)]).into_owned();
        assert_eq!(kind(file, wanted), Some((expected, is_binary)), "{wanted:?}: {text}");
        let mut storage = [0; MAX_DER_LENGTH];
        let is_refused = match wanted {
            Certificate => Bundle::from_pem(file, &mut storage).is_err(),
            Key => PrivateKey::from_pem(file, &mut storage).is_err(),
        };
        assert!(is_refused, "{text}");
    }
}

fn text(file: &[u8]) -> String {
    String::from_utf8(file.to_vec()).unwrap()
}

fn key_file(name: &str) -> Vec<u8> {
    corpus::files("keys")[name].clone()
}

/// `openssl` with the corpus's key or certificate as its input, in PEM and in DER.
fn both(arguments: &str, input: &[u8]) -> [Vec<u8>; 2] {
    ["PEM", "DER"].map(|form| {
        let arguments = format!("{arguments} -outform {form}");
        openssl(&arguments.split(' ').collect::<Vec<_>>(), input)
    })
}

#[test]
fn what_is_wanted_has_no_other_name() {
    for name in ["leaf", "root", "version-1", "leaf-p256", "key-secp256k1", "algorithm-pss"] {
        assert_eq!(kind(&corpus::pem(name), Certificate), None, "{name}");
    }
    for name in
        ["pkcs1", "pkcs8", "crlf", "leading-text", "rsa-4096", "with-certificate", "rsa-512", "garbage"]
    {
        assert_eq!(kind(&key_file(name), Key), None, "{name}");
    }
    let with_certificate = key_file("with-certificate");
    assert_eq!(kind(&with_certificate, Certificate), None);
    assert!(has_private_key(&with_certificate) && !has_private_key(&corpus::pem("leaf")));
}

#[test]
fn one_in_the_place_of_the_other() {
    assert_eq!(kind(&corpus::pem("leaf"), Key), Some((Kind::Certificate, false)));
    for (name, expected) in [
        ("pkcs1", Kind::RsaKey),
        ("pkcs8", Kind::RsaKey),
        ("p256", Kind::EcKey),
        ("pkcs8-ec", Kind::EcKey),
        ("ed25519", Kind::EcKey),
        ("secp256k1", Kind::EcKey),
        ("pkcs1-encrypted-aes-128-cbc", Kind::EncryptedKey),
        ("pkcs8-encrypted", Kind::EncryptedKey),
        ("sec1-encrypted", Kind::EncryptedKey),
    ] {
        let file = key_file(name);
        assert_eq!(kind(&file, Certificate), Some((expected, false)), "{name}");
        let as_key = (expected != Kind::RsaKey).then_some((expected, false));
        assert_eq!(kind(&file, Key), as_key, "{name}");
        assert!(has_private_key(&file), "{name}");
        // Beside a certificate, as a server's combined file.
        let combined = [corpus::pem("leaf"), file].concat();
        assert_eq!(kind(&combined, Certificate), None, "{name}");
        assert_eq!(kind(&combined, Key), as_key, "{name}");
        assert!(has_private_key(&combined), "{name}");
    }
    // A curve's parameters stand before the key that `openssl ecparam -genkey` writes.
    let parameters = armour("EC PARAMETERS", &[6, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 7]);
    assert_kind(parameters.as_bytes(), Kind::Parameters, false);
    assert_kind(&[parameters.as_bytes(), &key_file("p256")].concat(), Kind::EcKey, false);
    assert_kind(armour("DSA PRIVATE KEY", &[0x30, 0]).as_bytes(), Kind::OtherKey, false);
}

#[test]
fn requests_lists_and_containers() {
    let (key, leaf) = (key_file("leaf"), corpus::pem("leaf"));
    let folder = std::env::temp_dir().join(format!("recognize-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("leaf.pem").display().to_string();
    std::fs::write(&path, &leaf).unwrap();
    for (files, expected) in [
        (both("req -new -key /dev/stdin -subj /CN=x", &key), Kind::Request),
        (both(&format!("crl2pkcs7 -nocrl -certfile {path}"), &[]), Kind::Pkcs7),
        (both("pkey -pubout", &key), Kind::PublicKey),
        (both("rsa -RSAPublicKey_out", &key), Kind::PublicKey),
    ] {
        assert_kind(&files[0], expected, false);
        assert_kind(&files[1], expected, true);
    }
    std::fs::remove_dir_all(&folder).unwrap();
    let renamed = text(&leaf).replace("CERTIFICATE", "NEW CERTIFICATE REQUEST");
    assert_kind(renamed.as_bytes(), Kind::Request, false);
    let trusted = openssl(&["x509", "-trustout", "-addtrust", "serverAuth"], &leaf);
    assert!(text(&trusted).starts_with("-----BEGIN TRUSTED CERTIFICATE-----"));
    assert_kind(&trusted, Kind::TrustedCertificate, false);
    let old = text(&leaf).replace("CERTIFICATE", "X509 CERTIFICATE");
    assert_kind(old.as_bytes(), Kind::TrustedCertificate, false);
    let both = [key.as_slice(), &leaf].concat();
    let pkcs12 = openssl(&["pkcs12", "-export", "-passout", "pass:x"], &both);
    assert_kind(&pkcs12, Kind::Pkcs12, true);
    // Others write it with indefinite lengths (X.690 §8.1.3.6).
    assert_kind(&[0x30, 0x80, 2, 1, 3, 0x30, 0x80, 6, 9], Kind::Pkcs12, true);
    assert_kind(&[0xFE, 0xED, 0xFE, 0xED, 0, 0, 0, 2], Kind::KeyStore, true);
}

/// RFC 5280 §5.1: with a version, and without one.
#[test]
fn revocation_lists() {
    let rest =
        [algorithm("1.2.840.113549.1.1.11", true), plain_name("Root"), element(0x17, b"300101000000Z")];
    for version in [&[2, 1, 1][..], &[]] {
        let signed = sequence(&[version, &rest[0], &rest[1], &rest[2]]);
        let list = sequence(&[&signed, &rest[0], &element(3, &[0; 257])]);
        assert_kind(armour("X509 CRL", &list).as_bytes(), Kind::RevocationList, false);
        assert_kind(&list, Kind::RevocationList, true);
    }
}

#[test]
fn der_is_told_from_pem() {
    for name in ["leaf", "version-1", "leaf-p256", "key-secp256k1"] {
        assert_kind(&corpus::der(name), Kind::Certificate, true);
    }
    for (name, label, expected) in [
        ("pkcs1", "RSA PRIVATE KEY", Kind::RsaKey),
        ("pkcs8", "PRIVATE KEY", Kind::RsaKey),
        ("pkcs8-encrypted", "ENCRYPTED PRIVATE KEY", Kind::EncryptedKey),
        ("pkcs8-ec", "PRIVATE KEY", Kind::EcKey),
        ("ed25519", "PRIVATE KEY", Kind::EcKey),
        ("p256", "EC PRIVATE KEY", Kind::EcKey),
    ] {
        let der = tests::pki::strip_armour(label, &text(&key_file(name))).unwrap();
        assert_kind(&der, expected, true);
        // As much of it as an upload keeps.
        assert_kind(&der[..der.len() - 5], expected, true);
    }
}

#[test]
fn text_that_is_not_as_it_should_be() {
    let (leaf, key) = (corpus::pem("leaf"), key_file("pkcs8"));
    for (unit, mark) in [(true, true), (true, false), (false, true), (false, false)] {
        let mut wide: Vec<u8> = if mark { vec![0xFF, 0xFE] } else { Vec::new() };
        wide.extend(leaf.iter().flat_map(|byte| [*byte, 0]));
        if unit {
            wide.chunks_exact_mut(2).for_each(|pair| pair.swap(0, 1));
        }
        assert_kind(&wide, Kind::Utf16, false);
    }
    assert_kind(b"", Kind::Empty, false);
    assert_kind(b"\xEF\xBB\xBF \r\n\t\n", Kind::Empty, false);
    assert_kind(b"<!DOCTYPE html><html>", Kind::Html, false);
    assert_kind(b"\n<html>-----BEGIN CERTIFICATE-----", Kind::Html, false);
    assert_kind(b"<?xml version=\"1.0\"?>", Kind::Html, false);
    assert_kind(b"hello", Kind::Text, false);
    assert_kind(b"0123456789012345678901234567890123456789", Kind::Text, false);
    assert_kind(b"\x7FELF\x01\x00", Kind::Binary, true);
    assert_kind(b"PK\x03\x04\x14\x00", Kind::Binary, true);
    assert_kind(b"ssh-rsa AAAAB3NzaC1yc2E me@here", Kind::PublicKey, false);
    assert_kind(b"---- BEGIN SSH2 PUBLIC KEY ----\nAAAA", Kind::PublicKey, false);
    assert_kind(b"PuTTY-User-Key-File-2: ssh-rsa\n", Kind::SshKey, false);
    let ssh = armour("OPENSSH PRIVATE KEY", b"openssh-key-v1\0");
    assert_kind(ssh.as_bytes(), Kind::SshKey, false);
    assert_kind(armour("PGP PUBLIC KEY BLOCK", b"x").as_bytes(), Kind::Pgp, false);
    assert_kind(armour("SOMETHING", b"x").as_bytes(), Kind::OtherPem, false);
    let body: String =
        text(&leaf).lines().filter(|line| !line.starts_with('-')).map(|l| format!("{l}\n")).collect();
    assert_kind(body.as_bytes(), Kind::Base64, false);
    assert_kind(text(&leaf).replace("-----", "\u{2014}").as_bytes(), Kind::WrongDashes, false);
    assert_kind(text(&leaf).replace("-----", "----").as_bytes(), Kind::WrongDashes, false);
    // What is wanted, but damaged so that its outside shows it.
    for (file, wanted) in [(&leaf, Certificate), (&key, Key)] {
        let file = text(file);
        for (damaged, expected) in [
            (file.replace('\n', ""), Kind::NoLineEnds),
            (file.replace('\n', " "), Kind::NoLineEnds),
            (file.replace('\n', "\\n"), Kind::NoLineEnds),
            (file.replace('\n', "\r"), Kind::NoLineEnds),
            (file.replace('\n', "\n  "), Kind::Indented),
            (file[..file.len() - 40].to_owned(), Kind::CutOff),
            (format!("{}{file}", &file[..200]), Kind::CutOff),
        ] {
            assert_eq!(kind(damaged.as_bytes(), wanted), Some((expected, false)), "{damaged}");
        }
    }
}

#[test]
fn names_come_with_what_to_do() {
    for (file, wanted, expected) in [
        (
            corpus::der("leaf"),
            Certificate,
            "a certificate in binary form (DER): convert it: openssl x509 -inform DER -in OLD -out NEW",
        ),
        (corpus::pem("leaf"), Key, "a certificate: an RSA private key in PEM is needed"),
        (key_file("pkcs8"), Certificate, "a private key: a certificate is needed here; keep the key secret"),
        (
            key_file("pkcs8-encrypted"),
            Key,
            "an encrypted private key: remove the password: openssl pkey -in OLD -out NEW",
        ),
        (key_file("p256"), Key, "a private key on an elliptic curve: an RSA key is needed"),
        (key_file("public"), Key, "a public key: an RSA private key in PEM is needed"),
        (
            vec![0x30, 0x80, 2, 1, 3, 0x30, 0x80],
            Key,
            "PKCS#12 (.pfx, .p12): take it apart: openssl pkcs12 -in OLD -noenc -out NEW",
        ),
    ] {
        assert_eq!(recognize(&file, wanted).unwrap().to_string(), expected);
    }
}

/// Any bytes at all: an answer, and no panic.
#[test]
fn damaged_files_are_something_too() {
    let mut random = crate::mutation::Random::from_environment();
    println!("X509_SEED={}", random.seed());
    let mut kinds = std::collections::BTreeSet::new();
    for (name, pem) in corpus::files("files").into_iter().chain(corpus::files("keys")) {
        for _ in 0..50 {
            let mutant = random.mutate_pem(&pem, "");
            let der = random.mutate_der(&mutant);
            for file in [mutant, der] {
                for wanted in [Certificate, Key] {
                    let Some(found) = recognize(&file, wanted) else { continue };
                    assert_eq!(found.wanted, wanted, "{name}");
                    assert!(found.to_string().contains(": "), "{name}");
                    kinds.insert(found.kind.name());
                }
            }
        }
    }
    assert!(kinds.len() > 10, "{kinds:?}");
}
