//! `trust.rs`, `endpoint.rs`: whom the program trusts, and what `--insecure` leaves of that.

use std::{fs, os::unix::fs::symlink};

use crate::support::{Broker, HOST, TLS, command, files, folder, ran, talk, text};

const NOT_TRUSTED: &str = "The certificate is not correctly signed by the trusted CA";

#[test]
fn insecure_drops_only_the_name_where_somebody_is_trusted() {
    let elsewhere = files().listener("elsewhere", "elsewhere");
    let broker = Broker::start("trust-insecure", &[&elsewhere]);
    let port = broker.ports[0];
    let (ca, other) = (files().certificate("ca"), files().certificate("other"));
    let message = ["-t", "a", "-m", "b"];
    // The name alone is wrong.
    let line = talk("pub", port, &[&message[..], &["--cafile", &ca]].concat()).failed(8);
    assert!(line.contains("flags 0x04;"), "{line}");
    let dropped = talk("pub", port, &[&message[..], &["--cafile", &ca, "--insecure"]].concat());
    assert!(!dropped.unverified);
    dropped.printed();
    // The chain is wrong, too, and still verified.
    let line = talk("pub", port, &[&message[..], &["--cafile", &other, "--insecure"]].concat()).failed(8);
    assert!(line.contains("flags 0x08") && line.ends_with(&format!("{NOT_TRUSTED})")), "{line}");
    // Alone it turns verification off, and says so unless it is told to be quiet.
    let nothing = talk("pub", port, &[&message[..], &["--insecure"]].concat());
    assert!(nothing.unverified);
    nothing.printed();
    assert!(!talk("pub", port, &[&message[..], &["--insecure", "--quiet"]].concat()).unverified);
}

#[test]
fn a_session_of_a_connection_without_the_name_is_not_resumed_with_it() {
    let broker = Broker::usual("trust-session");
    let session = text(&folder("trust-session-file").join("session"));
    let ca = files().certificate("ca");
    let publish = |more: &[&str]| {
        let common = ["-t", "a", "-m", "b", "-d", "--cafile", &ca, "--session", &session];
        let ran = talk("pub", broker.ports[TLS], &[&common[..], more].concat());
        assert_eq!(ran.code, Some(0), "{ran:?}");
        ran.errors.contains(", resumed\n")
    };
    assert!(!publish(&["--insecure"]));
    assert!(publish(&["--insecure"]));
    assert!(!publish(&[]));
    assert!(publish(&[]));
    assert!(!publish(&["--insecure"]));
}

#[test]
fn certificates_come_from_a_folder_as_openssl_keeps_them() {
    let broker = Broker::usual("trust-folder");
    let folder = folder("trust-folder-of-certificates");
    fs::copy(files().certificate("other"), folder.join("other.pem")).unwrap();
    fs::write(folder.join("README"), "no certificate").unwrap();
    fs::create_dir(folder.join("private")).unwrap();
    let arguments = ["-t", "a", "-m", "b", "--capath", folder.to_str().unwrap()];
    let line = talk("pub", broker.ports[TLS], &arguments).failed(8);
    assert!(line.contains("flags 0x08"), "{line}");
    fs::copy(files().certificate("ca"), folder.join("zz-ca.crt")).unwrap();
    symlink("zz-ca.crt", folder.join("12345678.0")).unwrap();
    talk("pub", broker.ports[TLS], &arguments).printed();

    let empty = crate::support::folder("trust-empty-folder");
    let line = talk("pub", broker.ports[TLS], &["-t", "a", "-m", "b", "--capath", empty.to_str().unwrap()]);
    let place = format!("--capath {}: no certificate in PEM format", empty.display());
    assert!(line.failed(1).ends_with(&format!("({place})")));
}

#[test]
fn the_systems_list_is_the_default_and_can_be_added() {
    let broker = Broker::usual("trust-system");
    let port = broker.ports[TLS].to_string();
    let publish = |list: &str, more: &[&str]| {
        let common = ["pub", "-h", HOST, "-p", &port, "-t", "a", "-m", "b", "-W", "60"];
        let mut command = command(&[&common[..], more].concat());
        ran(&command.env("SSL_CERT_FILE", list).output().unwrap())
    };
    let (ca, other) = (files().certificate("ca"), files().certificate("other"));
    publish(&ca, &[]).printed();
    assert!(publish(&other, &[]).failed(8).contains("flags 0x08"));
    // Whoever names somebody trusts nobody else, unless both are asked for.
    assert!(publish(&ca, &["--cafile", &other]).failed(8).contains("flags 0x08"));
    publish(&ca, &["--cafile", &other, "--tls-use-os-certs"]).printed();
    let line = publish("/nonexistent", &[]).failed(1);
    let place = "(the system's certificates, /nonexistent: No such file or directory)";
    assert_eq!(line, format!("status: -0x3E00 PK - Read/write of file failed {place}"));
}

/// A list as long as a system's, with words around each certificate, a damaged one and one that nobody needs; the right one is the last.
#[test]
fn a_list_of_authorities_may_be_long() {
    let broker = Broker::usual("trust-long");
    let read = |file: String| fs::read_to_string(file).unwrap();
    let (ca, other) = (read(files().certificate("ca")), read(files().certificate("other")));
    let damaged = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
    let list = folder("trust-long-list").join("list.pem");
    let words = "# Some authority of somewhere, valid for long.\n";
    fs::write(&list, format!("{}{damaged}{words}{ca}", format!("{words}{other}\n").repeat(150))).unwrap();
    assert!(fs::metadata(&list).unwrap().len() > 100_000);
    let arguments = ["-t", "a", "-m", "b", "-d", "--cafile", &text(&list)];
    let ran = talk("pub", broker.ports[TLS], &arguments);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.errors.contains("file = 151 certificates of --cafile "), "{ran:?}");
}

/// As OpenSSL does: a folder's file that cannot be read is left out. Where it is the only one, nobody is trusted.
#[test]
fn a_damaged_file_in_a_folder_is_left_out() {
    let broker = Broker::usual("trust-damaged");
    let folder = folder("trust-damaged-folder");
    fs::write(folder.join("a.pem"), "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n")
        .unwrap();
    let arguments = ["-t", "a", "-m", "b", "-d", "--capath", folder.to_str().unwrap()];
    let ran = talk("pub", broker.ports[TLS], &arguments);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.errors.contains("a.pem is left out: X509 - ") && ran.errors.contains("-0x7680 "), "{ran:?}");
    fs::copy(files().certificate("ca"), folder.join("b.pem")).unwrap();
    assert_eq!(talk("pub", broker.ports[TLS], &arguments).code, Some(0));
}
