//! `gnutls-serv`: a second, independent server with every suite, and with extensions that OpenSSL cannot switch off.

use std::process::Command;

use status::{AlertSeen, ssl};
use tls12::{Config, MaxFragmentLength, Suite};
use xtask::process::{Server, free_port, need};

use crate::{
    files::{only, pki, verifying, with_identity},
    tls_client::{Client, PATIENCE, Tls},
};

pub(crate) const PRIORITY: &str = "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+RSA:+AES-128-CBC:+AES-256-CBC:+AES-128-CCM:+AES-256-CCM:\
                        +AES-128-CCM-8:+AES-256-CCM-8:+SHA256:+SHA1:%PROFILE_VERY_WEAK";

/// Starts an echo server with more words of its priority string and more options.
fn serve(priority: &str, options: &[&str]) -> (Server, u16) {
    let port = free_port().unwrap();
    let mut command = Command::new(need("gnutls-serv").unwrap());
    command.args(["--echo", "--nodb", "--port", &port.to_string()]);
    command.args(["--priority", &format!("{PRIORITY}{priority}")]);
    command.arg("--x509certfile").arg(pki().certificate("server-chain"));
    command.arg("--x509keyfile").arg(pki().key("server")).args(options);
    (Server::start(&command, "done", PATIENCE).unwrap(), port)
}

fn echoed(tls: &mut Tls) {
    tls.write(b"is there anybody out there\n").unwrap();
    assert_eq!(tls.read(27).unwrap(), b"is there anybody out there\n");
}

fn connected(client: &Client, port: u16) -> Tls {
    client.connect(port).unwrap_or_else(|status| panic!("{status}"))
}

#[test]
fn every_suite_with_and_without_the_extensions() {
    for priority in ["", ":%NO_ETM", ":%NO_SESSION_HASH", ":%NO_ETM:%NO_SESSION_HASH", ":%NO_EXTENSIONS"] {
        let (_server, port) = serve(priority, &[]);
        for suite in Suite::ALL {
            let mut tls = connected(&Client::new(only(suite, verifying())), port);
            assert_eq!(tls.connection.suite(), Some(suite), "{priority}");
            echoed(&mut tls);
            tls.close();
        }
    }
}

#[test]
fn every_suite_resumes_by_ticket() {
    for priority in ["", ":%NO_ETM:%NO_SESSION_HASH"] {
        let (_server, port) = serve(priority, &[]);
        for suite in Suite::ALL {
            let client = Client::new(only(suite, verifying()));
            let mut full = connected(&client, port);
            echoed(&mut full);
            full.close();
            let mut again = connected(&client.resuming(&full), port);
            assert!(again.connection.resumed(), "{suite} {priority}");
            echoed(&mut again);
            again.close();
        }
    }
}

#[test]
fn client_certificates_of_each_length() {
    let authority = pki().certificate("ca").to_string_lossy().into_owned();
    let (_server, port) = serve("", &["--require-client-cert", "--x509cafile", &authority]);
    for bits in [1024, 2048, 4096] {
        for suite in Suite::ALL {
            let mut tls = connected(&Client::new(with_identity(bits, only(suite, verifying()))), port);
            echoed(&mut tls);
            tls.close();
        }
    }
    let status = Client::new(verifying()).connect(port).err().unwrap();
    assert_eq!(status.error, ssl::FATAL_ALERT_MESSAGE);
    assert!(matches!(status.alert, Some(AlertSeen::Received(_))));
}

#[test]
fn short_fragments_fit_a_short_window() {
    let (_server, port) = serve("", &[]);
    for limit in [MaxFragmentLength::Bytes512, MaxFragmentLength::Bytes4096] {
        let config = Config { max_fragment_length: Some(limit), ..verifying() };
        let client = Client { window: tls12::Connection::SMALL_RX, ..Client::new(config) };
        let mut tls = connected(&client, port);
        echoed(&mut tls);
        tls.close();
    }
}

#[test]
fn a_renegotiation_is_refused_with_a_warning() {
    let (mut server, port) = serve("", &[]);
    let mut tls = connected(&Client::new(verifying()), port);
    // The server's own command for it. RFC 5746 §4.2: the answer is no_renegotiation, a warning.
    tls.write(b"**REHANDSHAKE**\n").unwrap();
    assert_eq!(tls.read(30).unwrap(), b"Successfully executed command\n");
    server.wait_for("A TLS warning alert has been received", PATIENCE).unwrap();
}
