//! `openssl s_server`: every suite with each extension on and off, client certificates, and how connections end.

use std::{fs, process::Command};

use accel::{Hash, HashAlgorithm, soft::Hasher};
use status::{Alert, AlertSeen, Cause, Flags, ssl, x509 as x509_codes};
use tests::{pki::armour, strange};
use tls12::{Config, Pin, ServerName, Suite, Verdict, Verification};
use xtask::{
    mosquitto::CIPHERS,
    process::{Server, free_port},
};

use crate::{
    files::{bundle, folder, only, pki, trusting, verifying, with_identity},
    tls_client::{Client, PATIENCE, Tls},
};

/// Starts a server with more options, words and all.
pub(crate) fn serve(options: &[&str]) -> (Server, u16) {
    let port = free_port().unwrap();
    let mut command = Command::new(xtask::process::need("openssl").unwrap());
    command
        .args(["s_server", "-accept", &format!("127.0.0.1:{port}"), "-cert"])
        .arg(pki().certificate("server"));
    if !options.contains(&"-cert_chain") {
        command.arg("-cert_chain").arg(pki().certificate("intermediate"));
    }
    command.arg("-key").arg(pki().key("server"));
    if !options.contains(&"-cipher") {
        command.args(["-cipher", CIPHERS]);
    }
    command.args(options).current_dir(folder("openssl"));
    (Server::start(&command, "ACCEPT", PATIENCE).unwrap(), port)
}

/// Starts a server that sends other certificates besides its chain.
fn serve_with(spare: &[Vec<u8>]) -> (Server, u16) {
    let file = folder("openssl").join("spare.pem");
    let intermediate = fs::read_to_string(pki().certificate("intermediate")).unwrap();
    let spare: String = spare.iter().map(|der| armour("CERTIFICATE", der)).collect();
    fs::write(&file, [spare, intermediate].concat()).unwrap();
    serve(&["-rev", "-cert_chain", &file.to_string_lossy(), "-cipher", &format!("{CIPHERS}:@SECLEVEL=0")])
}

/// A certificate that the path does not need is none of our business: other curves, other kinds of key, keys too long.
#[test]
fn a_chain_with_certificates_that_nobody_needs() {
    let kinds = ["key secp256k1", "key brainpoolP512r1", "both Ed25519", "key RSA 8192"];
    let spare: Vec<Vec<u8>> = strange::all()
        .into_iter()
        .filter(|strange| kinds.contains(&strange.kind.as_str()))
        .map(|strange| strange.der)
        .collect();
    assert_eq!(spare.len(), kinds.len());
    let (_server, port) = serve_with(&spare);
    for config in [verifying(), trusting()] {
        let mut tls = connected(&Client::new(config), port);
        reversed(&mut tls);
        tls.close();
    }
}

/// Expects `-rev` to send a line back in reverse.
fn reversed(tls: &mut Tls) {
    tls.write(b"never odd or even, they say\n").unwrap();
    assert_eq!(tls.read(28).unwrap(), b"yas yeht ,neve ro ddo reven\n");
}

fn connected(client: &Client, port: u16) -> Tls {
    client.connect(port).unwrap_or_else(|status| panic!("{status}"))
}

#[test]
fn every_suite_in_every_variant_of_the_server() {
    let variants: [&[&str]; 4] = [
        &["-rev"],
        &["-rev", "-no_etm"],
        &["-rev", "-no_ticket"],
        &["-rev", "-no_etm", "-no_ticket", "-no_renegotiation"],
    ];
    for options in variants {
        let (_server, port) = serve(options);
        for suite in Suite::ALL {
            let client = Client::new(only(suite, verifying()));
            let mut full = connected(&client, port);
            assert_eq!(full.connection.suite(), Some(suite), "{options:?}");
            reversed(&mut full);
            full.close();
            let mut again = connected(&client.resuming(&full), port);
            assert!(again.connection.resumed(), "{suite}, {options:?}");
            reversed(&mut again);
            again.close();
        }
    }
}

#[test]
fn client_certificates_of_each_length_and_signature_algorithm() {
    let authority = pki().certificate("ca").to_string_lossy().into_owned();
    for algorithms in
        ["RSA+SHA512", "RSA+SHA384", "RSA+SHA256", "RSA+SHA224", "RSA+SHA1", "ECDSA+SHA256:RSA+SHA256"]
    {
        let (_server, port) = serve(&[
            "-rev",
            "-Verify",
            "2",
            "-verify_return_error",
            "-CAfile",
            &authority,
            "-client_sigalgs",
            algorithms,
        ]);
        for bits in [1024, 2048, 4096] {
            let mut tls = connected(&Client::new(with_identity(bits, verifying())), port);
            reversed(&mut tls);
            tls.close();
        }
    }
}

#[test]
fn no_signature_algorithm_in_common_sends_an_empty_certificate() {
    let authority = pki().certificate("ca").to_string_lossy().into_owned();
    // The server asks, but does not insist.
    let (mut server, port) =
        serve(&["-rev", "-verify", "2", "-CAfile", &authority, "-client_sigalgs", "ECDSA+SHA256"]);
    let mut tls = connected(&Client::new(with_identity(2048, verifying())), port);
    reversed(&mut tls);
    tls.close();
    // It insists.
    server.kill();
    let (_server, port) =
        serve(&["-rev", "-Verify", "2", "-CAfile", &authority, "-client_sigalgs", "ECDSA+SHA256"]);
    let status = Client::new(with_identity(2048, verifying())).connect(port).err().unwrap();
    assert_eq!(status.error, ssl::FATAL_ALERT_MESSAGE);
    assert_eq!(status.alert, Some(AlertSeen::Received(Alert(40))));
}

#[test]
fn a_large_file_arrives_whole_in_every_suite() {
    let file: Vec<u8> =
        (0..300_000_u32).flat_map(|number| number.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    fs::write(folder("openssl").join("large"), &file).unwrap();
    for options in [&["-WWW"][..], &["-WWW", "-no_etm"]] {
        let (_server, port) = serve(options);
        for suite in Suite::ALL {
            let mut tls = connected(&Client::new(only(suite, verifying())), port);
            tls.write(b"GET /large HTTP/1.0\r\n\r\n").unwrap();
            let (response, _) = tls.read_to_end();
            assert!(response.ends_with(&file), "{suite}, {options:?}: {} bytes", response.len());
        }
    }
}

#[test]
fn a_server_that_insists_on_a_renegotiation_ends_the_connection() {
    let (mut server, port) = serve(&[]);
    let mut tls = connected(&Client::new(verifying()), port);
    server.wait_for("CIPHER is", PATIENCE).unwrap();
    server.type_in("R\n").unwrap();
    // RFC 5246 §7.2.2: what our warning no_renegotiation means is the server's choice; OpenSSL takes it for an end.
    let (bytes, status) = tls.read_to_end();
    assert_eq!(bytes, b"");
    let status = status.unwrap();
    assert_eq!(status.error, ssl::FATAL_ALERT_MESSAGE);
    assert_eq!(status.alert, Some(AlertSeen::Received(Alert(40))));
    assert_eq!(server.log().matches("CIPHER is").count(), 1, "{}", server.log());
}

#[test]
fn a_stream_that_is_cut_off_is_told_from_one_that_ends() {
    // Here `s_server` closes its socket without a word, as it does when it is killed.
    for is_killed in [false, true] {
        let (mut server, port) = serve(&[]);
        let mut tls = connected(&Client::new(verifying()), port);
        server.wait_for("CIPHER is", PATIENCE).unwrap();
        server.type_in("farewell\n").unwrap();
        assert_eq!(tls.read(9).unwrap(), b"farewell\n");
        if is_killed {
            server.kill();
        } else {
            server.type_in("Q\n").unwrap();
        }
        let (bytes, status) = tls.read_to_end();
        assert_eq!(bytes, b"");
        let status = status.unwrap();
        assert_eq!((status.error, status.cause), (ssl::CONN_EOF, Cause::Truncated));
    }
    // After a page it says close_notify.
    fs::write(folder("openssl").join("page"), b"a page").unwrap();
    let (_server, port) = serve(&["-WWW"]);
    let mut tls = connected(&Client::new(verifying()), port);
    tls.write(b"GET /page HTTP/1.0\r\n\r\n").unwrap();
    let (bytes, status) = tls.read_to_end();
    assert!(bytes.ends_with(b"a page"));
    let status = status.unwrap();
    assert_eq!((status.error, status.cause), (ssl::PEER_CLOSE_NOTIFY, Cause::None));
}

#[test]
fn what_the_server_refuses_arrives_as_its_alert() {
    // Neither a suite nor a version in common: handshake_failure, protocol_version (RFC 5246 §7.2.2).
    let cases: [(&[&str], u8); 2] = [(&["-cipher", "ECDHE-RSA-AES128-GCM-SHA256"], 40), (&["-tls1_3"], 70)];
    for (options, alert) in cases {
        let (_server, port) = serve(options);
        let status = Client::new(verifying()).connect(port).err().unwrap();
        assert_eq!(status.error, ssl::FATAL_ALERT_MESSAGE, "{options:?}");
        assert_eq!(status.alert, Some(AlertSeen::Received(Alert(alert))), "{options:?}");
    }
}

#[test]
fn the_first_suite_in_common_is_the_clients_choice() {
    let (_server, port) = serve(&["-rev"]);
    let tls = connected(&Client::new(trusting()), port);
    assert_eq!(tls.connection.suite(), Some(Suite::ALL[0]));
    let (_server, port) = serve(&["-rev", "-cipher", "AES128-SHA:AES128-CCM8:@SECLEVEL=0"]);
    let tls = connected(&Client::new(trusting()), port);
    assert_eq!(tls.connection.suite(), Suite::from_name("TLS_RSA_WITH_AES_128_CBC_SHA"));
}

#[test]
fn an_application_protocol_is_agreed_on() {
    let (_server, port) = serve(&["-rev", "-alpn", "mqtt,http/1.1"]);
    let config = Config { alpn: &[b"x-amzn-mqtt-ca", b"mqtt"], ..verifying() };
    assert_eq!(connected(&Client::new(config), port).connection.alpn(), Some(&b"mqtt"[..]));
    assert_eq!(connected(&Client::new(verifying()), port).connection.alpn(), None);
}

/// A pin in place of an anchor and beside one; what is wrong is an alert for the server, or a report for us.
#[test]
fn pins_and_reports() {
    let (mut server, port) = serve(&["-rev"]);
    let certificates = bundle("server");
    let certificate = certificates.iter().next().unwrap();
    let sha256 = |bytes: &[u8]| -> [u8; 32] {
        Hasher.hash(HashAlgorithm::Sha256, &[bytes]).unwrap().as_bytes().try_into().unwrap()
    };
    let certificate_digest = sha256(certificate.der());
    let pins: [&'static [Pin]; 2] = [
        vec![Pin::Certificate(certificate_digest)].leak(),
        vec![Pin::PublicKey(sha256(certificate.public_key_info()))].leak(),
    ];
    for pins in pins {
        let pinned = Config { verification: Verification::Pinned, pins, ..Config::default() };
        for config in [pinned, Config { pins, ..verifying() }] {
            let mut tls = connected(&Client::new(config), port);
            assert_eq!(tls.connection.server_certificate(), Some(&certificate_digest));
            assert_eq!(tls.connection.verdict(), Some(Verdict::default()));
            reversed(&mut tls);
            tls.close();
        }
    }
    let foreign: &'static [Pin] = &[Pin::PublicKey([0; 32])];
    for config in [
        Config { verification: Verification::Pinned, pins: foreign, ..Config::default() },
        Config { pins: foreign, ..verifying() },
    ] {
        let status = Client::new(config).connect(port).err().unwrap();
        assert_eq!((status.error, status.flags), (x509_codes::CERT_VERIFY_FAILED, Flags::OTHER));
        assert_eq!(status.alert, Some(AlertSeen::Sent(Alert::ACCESS_DENIED)));
        server.wait_for("tlsv1 alert access denied", PATIENCE).unwrap();
    }
    let reporting = Config { verification: Verification::Optional, pins: foreign, ..Config::default() };
    let client = Client { host: "elsewhere.test", ..Client::new(reporting) };
    let mut tls = connected(&client, port);
    let flags = Flags::OTHER | Flags::CN_MISMATCH | Flags::NOT_TRUSTED;
    assert_eq!(tls.connection.verdict().map(|verdict| verdict.flags), Some(flags));
    reversed(&mut tls);
    let resuming = client.resuming(&tls);
    tls.close();
    let tls = connected(&resuming, port);
    assert!(tls.connection.resumed());
    assert_eq!(tls.connection.verdict().map(|verdict| verdict.flags), Some(flags));
}

#[test]
fn another_name_is_sent_than_the_one_that_is_verified_or_none() {
    let (certificate, key) = (pki().certificate("server"), pki().key("server"));
    let (certificate, key) = (certificate.to_str().unwrap(), key.to_str().unwrap());
    let options = ["-servername", "tenant.example", "-cert2", certificate, "-key2", key];
    let (mut server, port) = serve(&options);
    // The certificate for that name comes without its chain; the name in it is another one.
    let server_name = ServerName::Other("tenant.example");
    let config = Config { server_name, ..trusting() };
    connected(&Client { host: "localhost", ..Client::new(config) }, port).close();
    server.wait_for("Hostname in TLS extension: \"tenant.example\"", PATIENCE).unwrap();
    let (mut server, port) = serve(&options);
    let config = Config { server_name: ServerName::Omit, ..verifying() };
    connected(&Client { host: "localhost", ..Client::new(config) }, port).close();
    server.wait_for("DONE", PATIENCE).unwrap();
    assert!(!server.log().contains("Hostname in TLS extension"), "{}", server.log());
}

#[test]
fn the_servers_name_is_sent_but_never_an_address() {
    let (certificate, key) = (pki().certificate("server"), pki().key("server"));
    let (certificate, key) = (certificate.to_str().unwrap(), key.to_str().unwrap());
    let options = ["-servername", "localhost", "-cert2", certificate, "-key2", key];
    let (mut server, port) = serve(&options);
    // The certificate for that name comes without its chain.
    connected(&Client { host: "localhost", ..Client::new(trusting()) }, port).close();
    server.wait_for("Hostname in TLS extension: \"localhost\"", PATIENCE).unwrap();
    // RFC 6066 §3.
    let (mut server, port) = serve(&options);
    connected(&Client::new(verifying()), port).close();
    server.wait_for("DONE", PATIENCE).unwrap();
    assert!(!server.log().contains("Hostname in TLS extension"), "{}", server.log());
}
