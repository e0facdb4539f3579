//! Several certificates in one file.

use status::{base64, device, pem, x509 as code};
use tests::oracle;
use x509::{Bundle, BundleBuilder, MAX_DER_LENGTH, MAX_FILE_LENGTH, PrivateKey, der_length};

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

/// A list of CAs in several files: a refused one changes nothing, and what could not be read is counted over all of them.
#[test]
fn a_bundle_grows_by_further_files() {
    let damaged = &corpus::files("files")["good-bad"];
    let (leaf, root) = (corpus::der("leaf"), corpus::der("root"));
    let mut storage = vec![0; 3 * MAX_DER_LENGTH];
    let mut builder = BundleBuilder::new(&mut storage);
    assert_eq!(builder.add_pem(&corpus::pem("leaf")), Ok(1));
    assert_eq!(builder.add_pem(b"no certificate"), Err(code::INVALID_FORMAT));
    assert_eq!(builder.add_der(&[leaf.clone(), root.clone()].concat()), Ok(2));
    assert_eq!(builder.add_der(&root[..9]), Err(code::INVALID_FORMAT));
    assert_eq!(builder.add_pem(damaged), Ok(1));
    let mut alone = [0; MAX_DER_LENGTH];
    let alone = Bundle::from_pem(damaged, &mut alone).unwrap();
    let bundle = builder.finish().unwrap();
    assert_eq!((bundle.len(), bundle.iter().count(), bundle.failed()), (4, 4, 1));
    assert_eq!((bundle.failure(), bundle.begins_with_failure()), (alone.failure(), false));
    assert_eq!(bundle.der(), [&leaf, &leaf, &root, alone.der()].concat());

    let mut builder = BundleBuilder::new(&mut storage[..leaf.len()]);
    assert_eq!(builder.add_der(&leaf), Ok(1));
    assert_eq!(builder.add_der(&root), Err(code::ALLOC_FAILED));
    assert_eq!(builder.add_pem(&corpus::pem("root")), Err(code::ALLOC_FAILED));
    assert_eq!(builder.finish().unwrap().der(), leaf);
    assert_eq!(BundleBuilder::new(&mut storage).finish().err(), Some(code::CERT_UNKNOWN_FORMAT));
}

/// Mbed TLS 2.28 answers with the first failure of a file without a good certificate, also where that one is only of an unknown kind. What
/// [`Bundle::failure`] tells beside a good one is another question.
#[test]
fn the_first_of_several_failures_is_the_answer() {
    let unknown = corpus::pem("key-ed25519");
    let damaged = b"-----BEGIN CERTIFICATE-----\nM!A=\n-----END CERTIFICATE-----\n".to_vec();
    let (kind, character) =
        (status::pk::UNKNOWN_PK_ALG, pem::INVALID_DATA.because(base64::INVALID_CHARACTER));
    for (first, second, answer) in [(&unknown, &damaged, kind), (&damaged, &unknown, character)] {
        let text = [first.as_slice(), second].concat();
        let mut storage = [0; MAX_DER_LENGTH];
        assert_eq!(Bundle::from_pem(&text, &mut storage).err(), Some(answer));
        assert_eq!(oracle::certificates(&text).result, answer.code());
        let text = [text, corpus::pem("root")].concat();
        let mut storage = [0; 2 * MAX_DER_LENGTH];
        let bundle = Bundle::from_long_pem(&text, &mut storage).unwrap();
        assert_eq!((bundle.failed(), bundle.failure()), (2, Some(character)));
    }
}
