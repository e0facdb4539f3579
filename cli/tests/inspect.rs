//! `inspect.rs`: descriptions in the layout of Mbed TLS, or its codes.

use std::fs;

use crate::support::{folder, mqtts, text, vector};

const CA: &str = "\
cert. version     : 3
serial number     : SERIAL
issuer name       : CN=Test root, O=Throw-away
subject name      : CN=Test root, O=Throw-away
issued  on        : 2026-01-01 00:00:00
expires on        : 2046-01-01 00:00:00
signed using      : RSA with SHA-256
RSA key size      : 2048 bits
basic constraints : CA=true
key usage         : Key Cert Sign, CRL Sign
";

#[test]
fn a_certificate_is_described_and_a_key_is_named() {
    let (ca, key) = (vector("tls12/ca.pem"), vector("tls12/client-1024.key"));
    let printed = mqtts(&["inspect", &ca]).printed();
    let serial = printed.lines().find_map(|line| line.strip_prefix("serial number     : ")).unwrap();
    assert_eq!(printed, CA.replace("SERIAL", serial));
    assert_eq!(mqtts(&["inspect", &key]).printed(), "Name: RSA\n");
    assert_eq!(mqtts(&["inspect", &ca, &key]).printed(), format!("{ca}:\n{printed}{key}:\nName: RSA\n"));
}

#[test]
fn a_bundle_is_described_certificate_by_certificate() {
    let file = folder("inspect-bundle").join("bundle.pem");
    let (ca, client) = (vector("tls12/ca.pem"), vector("tls12/client-1024.pem"));
    let bundle = format!("{}{}", fs::read_to_string(&ca).unwrap(), fs::read_to_string(&client).unwrap());
    fs::write(&file, bundle).unwrap();
    let apart = [mqtts(&["inspect", &ca]).printed(), mqtts(&["inspect", &client]).printed()];
    assert_eq!(mqtts(&["inspect", &text(&file)]).printed(), apart.join("\n"));
}

#[test]
fn a_file_that_cannot_be_read_gives_its_code_and_exit_status_1() {
    let folder = folder("inspect-bad");
    let pem = fs::read_to_string(vector("tls12/ca.pem")).unwrap();
    let key = fs::read_to_string(vector("tls12/client-1024.key")).unwrap();
    let body = pem.find('\n').unwrap();
    let files: [(&str, Vec<u8>, &str); 10] = [
        ("empty", vec![], "-0x2180 X509 - "),
        ("text", b"hello\n".to_vec(), "-0x2180 X509 - "),
        ("der", vec![0x30, 0x82, 0x03, 0x00, 0x30], "-0x2180 X509 - "),
        ("no-end", pem.as_bytes()[..pem.len() - 30].to_vec(), "-0x2780 X509 - "),
        ("bad-base64", pem.replacen(&pem[body + 1..body + 5], "MI!D", 1).into_bytes(), "-0x112C PEM - "),
        ("cut-body", pem.replacen(&pem[body + 1..body + 66], "", 1).into_bytes(), "-0x2180 X509 - "),
        (
            "long",
            [pem.as_bytes(), [b' '; 4096].as_slice()].concat(),
            "-0x8280 DEVICE - The file is larger than 4096 bytes",
        ),
        ("locked.key", ENCRYPTED.as_bytes().to_vec(), "-0x3C00 PK - Private key password can't be empty"),
        ("public.key", b"-----BEGIN PUBLIC PRIVATE KEY-----\n".to_vec(), "-0x3D00 PK - "),
        ("cut.key", key.as_bytes()[..key.len() - 30].to_vec(), "-0x3D00 PK - "),
    ];
    for (name, bytes, expected) in files {
        let file = folder.join(name);
        fs::write(&file, bytes).unwrap();
        let line = mqtts(&["inspect", &text(&file)]).failed(1);
        assert!(line.starts_with(&format!("status: {expected}")), "{line}");
        assert!(line.ends_with(&format!(" ({})", file.display())), "{line}");
    }
}

#[test]
fn the_good_certificates_of_a_damaged_bundle_are_described_and_the_bad_ones_counted() {
    let file = folder("inspect-damaged").join("bundle.pem");
    let pem = fs::read_to_string(vector("tls12/ca.pem")).unwrap();
    fs::write(&file, format!("{pem}-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n")).unwrap();
    let ran = mqtts(&["inspect", &text(&file)]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.output.contains("CN=Test root"), "{ran:?}");
    let place = format!("({}: 1 of 2 certificates cannot be read)\n", file.display());
    assert_eq!(ran.errors, format!("status: -0x0001 ERROR - Generic error {place}"));
}

#[test]
fn the_other_files_are_still_described() {
    let ran = mqtts(&["inspect", "no-such-file", &vector("tls12/client-1024.key")]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.output.ends_with("Name: RSA\n"), "{ran:?}");
    let place = "(no-such-file: No such file or directory)";
    assert_eq!(ran.errors, format!("status: -0x3E00 PK - Read/write of file failed {place}\n"));
}

/// The head of an encrypted PKCS#8 key is enough.
const ENCRYPTED: &str = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIC\n-----END ENCRYPTED PRIVATE KEY-----\n";
