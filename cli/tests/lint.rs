//! `lint.rs`: what would fail on the wire is said beforehand, file by file, with exit status 1.

use std::fs;

use crate::support::{folder, mqtts, text, vector};

/// A moment in the validity of all of the throw-away certificates.
const NOW: &str = "2026-06-01T12:00:00Z";

/// Runs `mqtts lint` on files of `vectors/tls12`, and returns its lines and exit status.
fn lint(arguments: &[(&str, &str)]) -> (Vec<String>, i32) {
    let mut words = vec!["lint".to_owned()];
    let mut at = NOW;
    for (option, value) in arguments {
        match *option {
            "--host" => words.extend([(*option).to_owned(), (*value).to_owned()]),
            "--at" => at = value,
            _ if value.starts_with('/') => words.extend([(*option).to_owned(), (*value).to_owned()]),
            _ => words.extend([(*option).to_owned(), vector(&format!("tls12/{value}"))]),
        }
    }
    words.extend(["--at".to_owned(), at.to_owned()]);
    let ran = mqtts(&words.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(ran.errors, "", "{ran:?}");
    let lines = ran.output.lines().map(|line| {
        // The folder is the test's own; the name is what counts.
        let (file, finding) = line.split_once(": ").unwrap();
        format!("{}: {finding}", file.rsplit('/').next().unwrap())
    });
    (lines.collect(), ran.code.unwrap())
}

#[test]
fn files_that_will_work_have_no_findings() {
    let nothing = (Vec::new(), 0);
    assert_eq!(lint(&[("--cafile", "ca.pem")]), nothing);
    let chain = folder("lint-chain").join("chain.pem");
    let parts =
        ["server", "intermediate"].map(|name| fs::read(vector(&format!("tls12/{name}.pem"))).unwrap());
    fs::write(&chain, parts.concat()).unwrap();
    let chain = text(&chain);
    for host in ["localhost", "127.0.0.1"] {
        // The server sends the intermediate, or the client trusts it (as "R3" in the application note §4).
        for (anchor, certificate) in [("ca.pem", chain.as_str()), ("intermediate.pem", "server.pem")] {
            let files =
                [("--cafile", anchor), ("--cert", certificate), ("--key", "server.key"), ("--host", host)];
            assert_eq!(lint(&files), nothing);
        }
    }
    assert_eq!(
        lint(&[("--cafile", "ca.pem"), ("--cert", "client-2048.pem"), ("--key", "client-2048.key")]),
        nothing
    );
}

#[test]
fn what_will_fail_is_named_with_its_file() {
    let server =
        |name: &'static str, key: &'static str| [("--cert", name), ("--key", key), ("--host", "localhost")];
    let client = |name: &'static str, key: &'static str| [("--cert", name), ("--key", key)];
    let ca = [("--cafile", "ca.pem")];
    let cases: [(Vec<(&str, &str)>, &str); 11] = [
        (
            [&ca[..], &server("server.pem", "server.key")].concat(),
            "server.pem: certificate: error: its issuer is in neither file: an intermediate certificate is missing",
        ),
        (
            [&ca[..], &client("client-2048.pem", "client-1024.key")].concat(),
            "client-1024.key: private key: error: does not belong to the certificate",
        ),
        (
            [&ca[..], &server("server-sign-only.pem", "server.key")].concat(),
            "server-sign-only.pem: certificate: error: its key usage has no keyEncipherment, which RSA key exchange needs",
        ),
        (
            [&ca[..], &server("server-other-name.pem", "server.key")].concat(),
            "server-other-name.pem: certificate: error: it is not for this host, but for: elsewhere.example",
        ),
        (
            [&ca[..], &server("server-until-2027.pem", "server.key"), &[("--at", "2030-01-01")]].concat(),
            "server-until-2027.pem: certificate: error: expired on 2027-01-01 00:00:00",
        ),
        (
            vec![("--cafile", "ca.pem"), ("--at", "2025-12-31")],
            "ca.pem: CA certificate: error: not valid before 2026-01-01 00:00:00",
        ),
        (
            [&[("--cafile", "other-ca.pem")][..], &server("server.pem", "server.key")].concat(),
            "server.pem: certificate: error: its issuer is in neither file: an intermediate certificate is missing, or the CA \
             is another one",
        ),
        (
            [&ca[..], &server("server-ec.pem", "server.key")].concat(),
            "server-ec.pem: certificate: error: its key is on an elliptic curve, but all cipher suites here need RSA",
        ),
        (vec![("--cert", "client-2048.pem")], "error: missing: a client certificate needs its private key"),
        (
            vec![("--cafile", "server.key")],
            "server.key: CA certificate: error: -0x2180: it is a private key: a certificate is needed here; keep the key secret",
        ),
        (
            vec![("--cert", "client-2048.pem"), ("--key", "client-2048.pem")],
            "client-2048.pem: private key: error: -0x3D00: it is a certificate: an RSA private key in PEM is needed",
        ),
    ];
    for (files, expected) in cases {
        let (lines, code) = lint(&files);
        assert!(lines.iter().any(|line| line.contains(expected)), "{files:?}: {lines:?}");
        assert_eq!(code, 1, "{lines:?}");
    }
}

#[test]
fn an_encrypted_key_is_told() {
    let locked = folder("lint-files").join("locked.key");
    fs::write(&locked, "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIC\n-----END ENCRYPTED PRIVATE KEY-----\n")
        .unwrap();
    let (lines, code) = lint(&[("--cert", "client-2048.pem"), ("--key", &text(&locked))]);
    let expected = "locked.key: private key: error: -0x3C00: it is an encrypted private key: remove the password: openssl pkey \
                    -in OLD -out NEW";
    assert_eq!((lines, code), (vec![expected.to_owned()], 1));
}

/// What a device would not take works here, with a warning where a device is to have it.
#[test]
fn a_file_that_is_too_long_for_the_device_is_a_warning() {
    let folder = folder("lint-long");
    let long = |name: &str| {
        let file = folder.join(name);
        let text = fs::read_to_string(vector(&format!("tls12/{name}"))).unwrap();
        fs::write(&file, format!("{}\n{text}", "# text\n".repeat(600))).unwrap();
        crate::support::text(&file)
    };
    let (ca, certificate, key) = (long("ca.pem"), long("client-2048.pem"), long("client-2048.key"));
    let (lines, code) = lint(&[("--cafile", &ca), ("--cert", &certificate), ("--key", &key)]);
    assert_eq!(code, 0, "{lines:?}");
    assert_eq!(lines.len(), 3, "{lines:?}");
    for (line, file) in lines.iter().zip(["CA certificate", "certificate", "private key"]) {
        assert!(
            line.contains(&format!("{file}: warning: its ")) && line.ends_with("which takes 4096"),
            "{line}"
        );
    }
    // A server's chain never comes to a device.
    let (server, intermediate) = (long("server.pem"), long("intermediate.pem"));
    let chain = folder.join("chain.pem");
    fs::write(&chain, [fs::read(server).unwrap(), fs::read(intermediate).unwrap()].concat()).unwrap();
    let files = [("--cafile", "ca.pem"), ("--cert", &text(&chain)), ("--host", "localhost")];
    assert_eq!(lint(&files), (vec![], 0));
}

#[test]
fn a_private_key_in_the_ca_file_is_told() {
    let both = folder("lint-key-inside").join("ca.pem");
    let parts = ["ca.pem", "ca.key"].map(|name| fs::read(vector(&format!("tls12/{name}"))).unwrap());
    fs::write(&both, parts.concat()).unwrap();
    let finding = "a private key stands in it; keep that to yourself and load the file without it";
    assert_eq!(
        lint(&[("--cafile", &text(&both))]),
        (vec![format!("ca.pem: CA certificate: warning: {finding}")], 0)
    );
}

#[test]
fn a_private_key_in_the_client_s_file_is_told() {
    let both = folder("lint-key-beside").join("client.pem");
    let parts = ["client-2048.pem", "client-2048.key"]
        .map(|name| fs::read(vector(&format!("tls12/{name}"))).unwrap());
    fs::write(&both, parts.concat()).unwrap();
    let finding = "a private key stands in it; keep that to yourself and load the file without it";
    assert_eq!(
        lint(&[("--cert", &text(&both)), ("--key", "client-2048.key")]),
        (vec![format!("client.pem: certificate: warning: {finding}")], 0)
    );
}

/// A reader that finds no END line says nothing, and the server misses an intermediate.
#[test]
fn a_second_certificate_without_its_end_is_told() {
    let cut = folder("lint-cut").join("cut.pem");
    let read = |name: &str| fs::read_to_string(vector(&format!("tls12/{name}"))).unwrap();
    let finding = "its last certificate is cut off: copy it whole, with its END line";
    let (client, ca) = (read("client-2048.pem"), read("ca.pem"));
    for end in [ca.len() / 2, ca.len() - 10] {
        fs::write(&cut, format!("{client}{}", &ca[..end])).unwrap();
        assert_eq!(
            lint(&[("--cert", &text(&cut)), ("--key", "client-2048.key")]),
            (vec![format!("cut.pem: certificate: warning: {finding}")], 0)
        );
        fs::write(&cut, format!("{ca}{}", &client[..client.len() / 2])).unwrap();
        assert_eq!(
            lint(&[("--cafile", &text(&cut))]),
            (vec![format!("cut.pem: CA certificate: warning: {finding}")], 0)
        );
    }
    fs::write(&cut, format!("{client}{}", ca.trim_end())).unwrap();
    assert_eq!(lint(&[("--cert", &text(&cut)), ("--key", "client-2048.key")]), (vec![], 0));
}

#[test]
fn a_warning_alone_is_no_failure() {
    let (lines, code) =
        lint(&[("--cafile", "ca.pem"), ("--cert", "client-1024.pem"), ("--key", "client-1024.key")]);
    assert_eq!(
        (lines, code),
        (vec!["client-1024.pem: certificate: warning: its key has only 1024 bits".to_owned()], 0)
    );
    let certificates = vector("x509/certificates");
    let file = |name: &str| format!("{certificates}/{name}.pem");
    let (lines, code) =
        lint(&[("--cert", &file("leaf-sha1")), ("--host", "localhost"), ("--cafile", &file("root"))]);
    assert!(
        lines.iter().any(|line| line.contains("leaf-sha1.pem: certificate: warning: signed over SHA-1")),
        "{lines:?}"
    );
    assert_eq!(code, 0, "{lines:?}");
}

/// What is read here, but perhaps not elsewhere, is a warning beside the others.
#[test]
fn an_encoding_that_others_may_refuse_is_told() {
    let file = vector("x509/certificates/serial-negative.pem");
    let (lines, code) = lint(&[("--cafile", "ca.pem"), ("--cert", &file), ("--host", "localhost")]);
    let expected = "serial-negative.pem: certificate: warning: others may refuse its encoding: byte 13: a negative serial \
                    number (RFC 5280 §4.1.2.2)";
    assert!(lines.iter().any(|line| line == expected), "{lines:?}");
    // Its authority is another one, which the connection would fail of.
    assert_eq!(code, 1);
}

#[test]
fn times_are_understood_in_three_ways() {
    let files = [("--cafile", "ca.pem")];
    for (at, is_valid) in [
        ("2025-12-31T23:59:59Z", false),
        ("2026-01-01T00:00:00Z", true),
        ("2026-01-01", true),
        ("1767225599", false),
        ("1767225600", true),
        ("2046-01-01", true),
        ("2046-01-01T00:00:01Z", false),
        ("2048-02-29", false),
    ] {
        let (lines, code) = lint(&[&files[..], &[("--at", at)]].concat());
        assert_eq!(code == 0, is_valid, "{at}: {lines:?}");
    }
}

#[test]
fn a_missing_file_is_a_failure_with_its_name() {
    let line = mqtts(&["lint", "--cafile", "no-such-file"]).failed(1);
    let place = "(--cafile no-such-file: No such file or directory)";
    assert_eq!(line, format!("status: -0x3E00 PK - Read/write of file failed {place}"));
}
