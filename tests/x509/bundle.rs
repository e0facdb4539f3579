//! Several certificates in one file.

use x509::{Bundle, MAX_DER_LENGTH};

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
