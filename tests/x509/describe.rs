//! Descriptions in the layout of `x509_crt_info`; the differential test holds them against the real one.

use x509::{Certificate, MAX_DER_LENGTH, PrivateKey, describe, describe_key};

use crate::corpus;

const LEAF: &str = "  cert. version     : 3
  serial number     : 12:34:56
  issuer name       : CN=Root, O=Test
  subject name      : CN=localhost, O=Test
  issued  on        : 2020-01-01 00:00:00
  expires on        : 2046-01-01 00:00:00
  signed using      : RSA with SHA-256
  RSA key size      : 2048 bits
  subject alt name  :
      dNSName : localhost
      <unsupported>
  key usage         : Digital Signature, Key Encipherment
  ext key usage     : TLS Web Server Authentication
";

#[test]
fn a_certificate_is_described_line_by_line() {
    let der = corpus::der("leaf");
    let mut text = String::new();
    describe(&Certificate::from_der(&der).unwrap(), "  ", &mut text).unwrap();
    assert_eq!(text, LEAF);
}

/// A name may hold anything: what is shown cannot steer a terminal or a page.
#[test]
fn what_is_not_printable_is_a_question_mark() {
    for (name, _) in corpus::files("certificates") {
        let der = corpus::der(&name);
        let Ok(certificate) = Certificate::from_der(&der) else { continue };
        let mut text = String::new();
        describe(&certificate, "", &mut text).unwrap();
        assert!(text.chars().all(|char| char == '\n' || char.is_ascii_graphic() || char == ' '), "{name}");
    }
}

/// The application note, §1.
#[test]
fn a_key_is_only_called_rsa() {
    let mut storage = [0; MAX_DER_LENGTH];
    let key = PrivateKey::from_pem(&corpus::files("keys")["pkcs8"], &mut storage).unwrap();
    let mut text = String::new();
    describe_key(&key, "", &mut text).unwrap();
    assert_eq!(text, "Name: RSA\n");
}
