//! Several certificates in one file.

use status::{device, x509 as code};
use x509::{Bundle, MAX_DER_LENGTH, MAX_FILE_LENGTH, PrivateKey, der_length};

use crate::corpus;

#[test]
fn certificates_come_in_the_files_order() {
    let text = [corpus::pem("leaf"), corpus::pem("root")].concat();
    let mut storage = [0; MAX_DER_LENGTH];
    let bundle = Bundle::from_pem(&text, &mut storage).unwrap();
    let found: Vec<&[u8]> = bundle.iter().map(|certificate| certificate.der()).collect();
    assert_eq!(found, [corpus::der("leaf"), corpus::der("root")]);
    assert_eq!((bundle.len(), bundle.failed(), bundle.is_empty()), (2, 0, false));
    assert_eq!(bundle.der(), found.concat());
}

/// Mbed TLS's positive return value.
#[test]
fn bad_certificates_beside_good_ones_are_counted() {
    for (name, count, failed) in
        [("good-bad", 1, 1), ("bad-good", 1, 1), ("bad-good-bad", 1, 2), ("two", 2, 0)]
    {
        let mut storage = [0; MAX_DER_LENGTH];
        let bundle = Bundle::from_pem(&corpus::files("files")[name], &mut storage).unwrap();
        assert_eq!((bundle.len(), bundle.failed()), (count, failed), "{name}");
        assert_eq!(bundle.iter().count(), count, "{name}");
    }
}

/// Bytes after a certificate inside its block belong to nothing.
#[test]
fn trailing_bytes_are_not_kept() {
    let text = [corpus::pem("der-trailing"), corpus::pem("root")].concat();
    let mut storage = [0; MAX_DER_LENGTH];
    let bundle = Bundle::from_pem(&text, &mut storage).unwrap();
    assert_eq!(bundle.der(), [corpus::der("leaf"), corpus::der("root")].concat());
}

/// A PC's list of 140 authorities, with text around each. The device's limit is one of its own.
#[test]
fn a_long_file_is_read_where_the_limit_is_not_the_devices() {
    let text = [b"# Some words.\n".as_slice(), &corpus::pem("leaf"), b"\n", &corpus::pem("root")].concat();
    let text = text.repeat(70);
    let mut storage = vec![0; der_length(text.len())];
    assert_eq!(Bundle::from_pem(&text, &mut storage).err(), Some(device::FILE_TOO_LARGE));
    let bundle = Bundle::from_long_pem(&text, &mut storage).unwrap();
    assert_eq!((bundle.len(), bundle.failed(), bundle.iter().count()), (140, 0, 140));
    let damaged = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
    for (before, after, begins) in [(damaged, "", true), ("", damaged, false)] {
        let text = [before.as_bytes(), &text, after.as_bytes()].concat();
        let bundle = Bundle::from_long_pem(&text, &mut storage).unwrap();
        assert_eq!((bundle.len(), bundle.failed(), bundle.begins_with_failure()), (140, 1, begins));
        assert_eq!(bundle.failure(), Bundle::from_pem(damaged.as_bytes(), &mut [0; 10]).err());
    }
    let key = [" \n".repeat(MAX_FILE_LENGTH).as_bytes(), &corpus::files("keys")["pkcs8"]].concat();
    let mut storage = vec![0; der_length(key.len())];
    assert_eq!(PrivateKey::from_pem(&key, &mut storage).err(), Some(device::FILE_TOO_LARGE));
    assert_eq!(PrivateKey::from_long_pem(&key, &mut storage).unwrap().bits(), 2048);
}

#[test]
fn several_bundles_become_one() {
    let mut all = Vec::new();
    for name in ["leaf", "root"] {
        let mut storage = [0; MAX_DER_LENGTH];
        all.extend(Bundle::from_pem(&corpus::pem(name), &mut storage).unwrap().der());
    }
    let bundle = Bundle::from_der(&all).unwrap();
    assert_eq!((bundle.len(), bundle.failed(), bundle.der()), (2, 0, all.as_slice()));
    let found: Vec<&[u8]> = bundle.iter().map(|certificate| certificate.der()).collect();
    assert_eq!(found, [corpus::der("leaf"), corpus::der("root")]);
    assert_eq!(Bundle::from_der(&[]).err(), Some(code::INVALID_FORMAT));
    assert_eq!(Bundle::from_der(&all[..all.len() - 1]).err(), Some(code::INVALID_FORMAT));
}
