//! The number space: the note's tables row by row, sums, and the printed form.

use status::{Error, asn1, base64, device, mqtt, oid, pem, ssl, x509};

/// The names and numbers of the application note's appendix, in its order.
const APPENDIX: &str = include_str!("../../vectors/status/appendix.txt");

#[test]
fn every_row_of_the_note_is_there_in_its_order() {
    let expected: Vec<String> = APPENDIX.lines().map(str::to_owned).collect();
    let row = |module: &str, name: &str, error: Error| format!("MBEDTLS_ERR_{module}_{name} {error:?}");
    let ssl_rows = ssl::ROWS.iter().zip(ssl::NAMES).map(|(r, name)| row(ssl::MODULE, name, r.error));
    let x509_rows = x509::ROWS.iter().zip(x509::NAMES).map(|(r, name)| row(x509::MODULE, name, r.error));
    let ours: Vec<String> = ssl_rows.chain(x509_rows).collect();
    assert_eq!(ours, expected);
    assert_eq!((ssl::ROWS.len(), x509::ROWS.len()), (58, 20));
}

#[test]
fn code_is_the_negative_number() {
    assert_eq!(ssl::FATAL_ALERT_MESSAGE.code(), -0x7780);
    assert_eq!(asn1::OUT_OF_DATA.code(), -0x60);
}

#[test]
fn a_cause_is_summed() {
    let error = x509::INVALID_FORMAT.because(asn1::OUT_OF_DATA);
    assert_eq!(error.code(), -0x21E0);
    assert_eq!(error.high(), Some(x509::INVALID_FORMAT));
    assert_eq!(error.low(), Some(asn1::OUT_OF_DATA));
    assert_eq!(pem::INVALID_DATA.because(base64::INVALID_CHARACTER).code(), -0x112C);
    assert_eq!(x509::UNKNOWN_SIG_ALG.because(oid::NOT_FOUND).code(), -0x262E);
}

#[test]
fn a_sum_never_reaches_another_row() {
    let error = x509::INVALID_FORMAT.because(asn1::OUT_OF_DATA);
    assert_eq!(error.because(asn1::INVALID_DATA), error, "a second cause changes nothing");
    assert_eq!(
        ssl::INVALID_MAC.because(ssl::TIMEOUT),
        ssl::INVALID_MAC,
        "a high-level cause changes nothing"
    );
    assert_eq!(asn1::OUT_OF_DATA.because(oid::NOT_FOUND), asn1::OUT_OF_DATA);
}

#[test]
fn printed_as_mbedtls_strerror_prints() {
    let error = x509::INVALID_EXTENSIONS.because(asn1::UNEXPECTED_TAG);
    assert_eq!(
        error.to_string(),
        "X509 - The extension tag or value is invalid : ASN1 - ASN1 tag was of an unexpected value"
    );
    assert_eq!(asn1::OUT_OF_DATA.to_string(), "ASN1 - Out of data when parsing an ASN1 data structure");
    // A fatal alert never shows a low-level part.
    let alert = ssl::FATAL_ALERT_MESSAGE.because(asn1::OUT_OF_DATA);
    assert_eq!(alert.to_string(), "SSL - A fatal alert message was received from our peer");
    assert_eq!(format!("{error:?}"), "-0x2562");
}

#[test]
fn the_packed_texts_are_the_ones_of_the_tables() {
    macro_rules! tables {
        ($($module:ident)*) => { [$((status::$module::MODULE, status::$module::ROWS),)*] };
    }
    let tables = tables! {
        ssl x509 pem pk rsa ecp md cipher generic mpi oid ccm gcm aes base64 md5 sha1 sha256 sha512 ctr_drbg
        hmac_drbg entropy net asn1 platform device mqtt
    };
    for (module, rows) in tables {
        for row in rows {
            assert_eq!(row.error.to_string(), format!("{module} - {}", row.text));
        }
    }
}

#[test]
fn our_own_range_lies_below_every_number_of_mbedtls() {
    for row in device::ROWS.iter().chain(mqtt::ROWS) {
        assert!(row.error.code() < -0x7FFF, "{row:?}");
        assert_eq!(row.error.low(), None, "{row:?}: the low bits are for a cause");
    }
}

#[test]
fn no_number_stands_twice() {
    let rows: Vec<_> = ssl::ROWS.iter().chain(x509::ROWS).chain(device::ROWS).chain(mqtt::ROWS).collect();
    for row in &rows {
        assert_eq!(rows.iter().filter(|other| other.error == row.error).count(), 1, "{row:?}");
        assert_eq!(row.error.find().map(|(_, text)| text), Some(row.text));
    }
}

#[test]
fn two_bytes_with_or_without_an_option() {
    assert_eq!(size_of::<Error>(), 2);
    assert_eq!(size_of::<Option<Error>>(), 2);
}

#[test]
fn a_code_that_a_table_has_comes_back_and_no_other() {
    let mut known = 0;
    for number in 1..=0xFFFF_i32 {
        if let Some(error) = Error::from_code(-number) {
            known += 1;
            assert_eq!(error.code(), -number);
            assert!(error.high().is_none_or(|high| high.find().is_some()));
            assert!(error.low().is_none_or(|low| low.find().is_some()));
        }
    }
    assert!(known > 1000, "{known}");
    for code in [0, 1, 0x7780, -0x1_0000, i32::MIN, -0x7F, -0x8000] {
        assert_eq!(Error::from_code(code), None, "{code}");
    }
    let sum = x509::INVALID_FORMAT.because(asn1::OUT_OF_DATA);
    assert_eq!(Error::from_code(-0x21E0), Some(sum));
}

/// A number that stands in no table is printed as `mbedtls_strerror` prints it, each part of a sum for itself.
#[test]
fn a_number_of_no_table_is_said_to_be_unknown() {
    let unknown = |number: u16| Error::from_number(number.try_into().expect("not zero")).to_string();
    assert_eq!(unknown(0x7F79), "SSL - Memory allocation failed : UNKNOWN ERROR CODE (0079)");
    assert_eq!(unknown(0x0F80), "UNKNOWN ERROR CODE (0F80)");
    assert_eq!(
        unknown(0x0FE0),
        "UNKNOWN ERROR CODE (0F80) : ASN1 - Out of data when parsing an ASN1 data structure"
    );
    assert_eq!(unknown(0x0FFF), "UNKNOWN ERROR CODE (0F80) : UNKNOWN ERROR CODE (007F)");
    assert_eq!(unknown(0x0079), "UNKNOWN ERROR CODE (0079)");
}

/// A device reads its codes back: what has a part that no table has is not one.
#[test]
fn a_code_with_an_unknown_part_is_none() {
    for code in [-0x7F79, -0x0F80, -0x0FE0, -0x0079, 0, 0x7780, -0x1_7780, i32::MIN] {
        assert_eq!(Error::from_code(code), None, "{code:#x}");
    }
    for error in
        [ssl::FATAL_ALERT_MESSAGE, asn1::OUT_OF_DATA, x509::INVALID_FORMAT.because(asn1::OUT_OF_DATA)]
    {
        assert_eq!(Error::from_code(error.code()), Some(error));
    }
}
