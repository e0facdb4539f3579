//! PEM text: RFC 7468 as Mbed TLS 2.28 reads it.

use status::{Error, asn1, base64, device, pem, x509 as code};
use x509::{Bundle, MAX_DER_LENGTH, MAX_FILE_LENGTH};

use crate::corpus;

/// A file of the corpus, and its code.
const REFUSED: &[(&str, Error)] = &[
    ("text", code::INVALID_FORMAT),
    ("nothing", code::INVALID_FORMAT),
    ("trusted-label", code::INVALID_FORMAT),
    ("request-label", code::INVALID_FORMAT),
    ("no-begin", code::INVALID_FORMAT),
    ("no-end", code::CERT_UNKNOWN_FORMAT),
    ("end-first", code::CERT_UNKNOWN_FORMAT),
    ("end-shares-hyphens", code::CERT_UNKNOWN_FORMAT),
    ("one-line", code::CERT_UNKNOWN_FORMAT),
    ("bad-digit", pem::INVALID_DATA.because(base64::INVALID_CHARACTER)),
    ("spaces-inside", pem::INVALID_DATA.because(base64::INVALID_CHARACTER)),
    ("padding-inside", pem::INVALID_DATA.because(base64::INVALID_CHARACTER)),
    ("empty-body", pem::INVALID_DATA),
    ("blank-body", code::INVALID_FORMAT),
    ("line-missing", code::INVALID_FORMAT),
    ("bad-bad", pem::INVALID_DATA.because(base64::INVALID_CHARACTER)),
    ("proc-type", pem::PASSWORD_REQUIRED),
];

#[test]
fn damaged_files_have_their_code() {
    for (name, expected) in REFUSED {
        let text = &corpus::files("files")[*name];
        let mut storage = [0; MAX_DER_LENGTH];
        assert_eq!(Bundle::from_pem(text, &mut storage).err(), Some(*expected), "{name}");
    }
}

#[test]
fn line_ends_and_text_around_do_not_matter() {
    let good = corpus::der("leaf");
    for name in [
        "crlf",
        "leading-text",
        "no-last-line-feed",
        "one-line-body",
        "space-after-begin",
        "blank-lines",
        "byte-order-mark",
    ] {
        let mut storage = [0; MAX_DER_LENGTH];
        let bundle = Bundle::from_pem(&corpus::files("files")[name], &mut storage).unwrap();
        assert_eq!(bundle.iter().next().unwrap().der(), good, "{name}");
    }
}

#[test]
fn a_file_is_at_most_4096_bytes() {
    let mut text = corpus::pem("leaf");
    text.resize(MAX_FILE_LENGTH, b'\n');
    let mut storage = [0; MAX_DER_LENGTH];
    assert_eq!(Bundle::from_pem(&text, &mut storage).unwrap().len(), 1);
    text.push(b'\n');
    assert_eq!(Bundle::from_pem(&text, &mut storage).err(), Some(device::FILE_TOO_LARGE));
}

/// The application note, §1: DER is not supported.
#[test]
fn a_der_file_is_refused() {
    let mut storage = [0; MAX_DER_LENGTH];
    assert_eq!(Bundle::from_pem(&corpus::der("leaf"), &mut storage).err(), Some(code::INVALID_FORMAT));
}

#[test]
fn storage_that_is_too_small_is_told_apart() {
    let der = corpus::der("leaf");
    let mut storage = vec![0; der.len() - 1];
    assert_eq!(Bundle::from_pem(&corpus::pem("leaf"), &mut storage).err(), Some(code::ALLOC_FAILED));
    storage.push(0);
    assert!(Bundle::from_pem(&corpus::pem("leaf"), &mut storage).is_ok());
}

/// RFC 4648 §10, and every byte as a digit.
#[test]
fn base64_is_that_of_the_rfc() {
    let decode = |body: &str| {
        let mut storage = [0; MAX_DER_LENGTH];
        // A SEQUENCE that is no certificate shows that it was decoded.
        let text = format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n");
        Bundle::from_pem(text.as_bytes(), &mut storage).err().unwrap()
    };
    let sequence = code::INVALID_FORMAT.because(asn1::UNEXPECTED_TAG);
    // 30 01 xx
    assert_eq!(decode("MAFm"), sequence);
    assert_eq!(decode("MAFm\nZg=="), sequence);
    for byte in (0x21..0x7F_u8).filter(|byte| *byte != b'=') {
        let is_digit = byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/';
        let expected = if is_digit { sequence } else { pem::INVALID_DATA.because(base64::INVALID_CHARACTER) };
        // Its two low bits begin the byte after the length; the SEQUENCE's own content is never SEQUENCE's tag.
        assert_eq!(
            decode(&format!("MAE{}", char::from(byte))),
            if byte == b'w' { code::INVALID_FORMAT.because(asn1::OUT_OF_DATA) } else { expected },
            "{byte:#x}"
        );
    }
}
