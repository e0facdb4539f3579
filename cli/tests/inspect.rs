//! `inspect.rs`: descriptions in the layout of Mbed TLS, or its codes.

use std::{fs, process::Command};

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
    let request = openssl(&["req", "-new", "-subj", "/CN=x", "-key", &vector("tls12/client-1024.key")]);
    let curve = openssl(&["ecparam", "-genkey", "-name", "prime256v1"]);
    let wide: Vec<u8> = pem.bytes().flat_map(|byte| [byte, 0]).collect();
    let files: [(&str, Vec<u8>, &str, &str); 14] = [
        ("empty", vec![], "-0x2180 X509 - ", "an empty file: choose another one"),
        (
            "text",
            b"hello\n".to_vec(),
            "-0x2180 X509 - ",
            "a text without PEM: a certificate in PEM is needed",
        ),
        (
            "der",
            openssl(&["x509", "-outform", "DER", "-in", &vector("tls12/ca.pem")]),
            "-0x2180 X509 - ",
            "a certificate in binary form (DER): convert it: openssl x509 -inform DER -in OLD -out NEW",
        ),
        ("wide", wide, "-0x2180 X509 - ", "UTF-16 text: save it as ASCII or UTF-8"),
        (
            "request",
            request,
            "-0x2180 X509 - ",
            "a certificate request (CSR): the CA makes the certificate from it",
        ),
        (
            "page",
            b"<html>".to_vec(),
            "-0x2180 X509 - ",
            "a web page (HTML): the download failed or needs a log-in",
        ),
        (
            "no-end",
            pem.as_bytes()[..pem.len() - 30].to_vec(),
            "-0x2780 X509 - ",
            "PEM that is cut off: copy it whole, with its END line",
        ),
        ("bad-base64", pem.replacen(&pem[body + 1..body + 5], "MI!D", 1).into_bytes(), "-0x112C PEM - ", ""),
        ("cut-body", pem.replacen(&pem[body + 1..body + 66], "", 1).into_bytes(), "-0x2180 X509 - ", ""),
        (
            "locked.key",
            ENCRYPTED.as_bytes().to_vec(),
            "-0x3C00 PK - Private key password can't be empty",
            "an encrypted private key: remove the password: openssl pkey -in OLD -out NEW",
        ),
        ("curve.key", curve, "-0x3C80 PK - ", "a private key on an elliptic curve: an RSA key is needed"),
        (
            "public.key",
            b"-----BEGIN PUBLIC KEY-----\n".to_vec(),
            "-0x2180 X509 - ",
            "a public key: a certificate in PEM is needed",
        ),
        (
            "odd.key",
            b"-----BEGIN PUBLIC PRIVATE KEY-----\n".to_vec(),
            "-0x3D00 PK - ",
            "a private key that is not RSA: an RSA key is needed",
        ),
        (
            "cut.key",
            key.as_bytes()[..key.len() - 30].to_vec(),
            "-0x3D00 PK - ",
            "PEM that is cut off: copy it whole, with its END line",
        ),
    ];
    for (name, bytes, expected, told) in files {
        let file = folder.join(name);
        fs::write(&file, bytes).unwrap();
        let line = mqtts(&["inspect", &text(&file)]).failed(1);
        assert!(line.starts_with(&format!("status: {expected}")), "{line}");
        let told = if told.is_empty() { String::new() } else { format!(": it is {told}") };
        assert!(line.ends_with(&format!(" ({}{told})", file.display())), "{line}");
    }
}

/// The system's bundle has some 140 certificates; text may stand around each.
#[test]
fn a_file_may_be_of_any_length() {
    let file = folder("inspect-long").join("bundle.pem");
    let pem = fs::read_to_string(vector("tls12/ca.pem")).unwrap();
    fs::write(&file, format!("# A comment about what follows.\n{pem}\n").repeat(150)).unwrap();
    let printed = mqtts(&["inspect", &text(&file)]).printed();
    assert_eq!(printed.matches("cert. version").count(), 150);
    // A device would not take it.
    let ran = mqtts(&["lint", "--cafile", &text(&file), "--at", "2026-06-01"]);
    let length = fs::metadata(&file).unwrap().len();
    let finding = format!("its {length} bytes do not fit the device, which takes 4096");
    assert_eq!(ran.printed(), format!("{}: CA certificate: warning: {finding}\n", file.display()));
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

fn openssl(arguments: &[&str]) -> Vec<u8> {
    let output = Command::new("openssl").args(arguments).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    output.stdout
}
