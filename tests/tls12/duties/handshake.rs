//! Honest servers: every suite in every mode, however the stream and the messages are cut.

use accel::Accel;
use accel::soft::Soft;
use status::{Step, ssl};
use tests::client::{Buffers, Client, Pieces, config, fast, identity, peer};
use tests::entropy::InsecureSeeded;
use tests::server::crypto::SUITES;
use tests::server::{CertificateRequest, Cut, Script, Server};
use tests::throwaway::rsa_public_key;
use tls12::{Config, MaxFragmentLength, Want};

/// More than one record where max_fragment_length is agreed on.
const DATA: u32 = 6000;

/// Shakes hands, exchanges data both ways, and closes.
fn converse<A: Accel>(mut client: Client<A>, script: Script) -> (Client<A>, Server) {
    let suite = script.suite;
    let mut server = Server::new(script);
    let want = client.run(&mut server);
    assert_eq!(server.fault, None, "{suite:04X}");
    assert_eq!(want, Ok(Want::RECV | Want::WRITE), "{suite:04X}: {:?}", client.connection.status());
    assert_eq!(client.connection.suite().map(|suite| suite.id()), Some(suite));
    assert_eq!(client.connection.step(), Step::Traffic);

    let there: Vec<u8> = (0_u32..DATA).map(|at| at.to_le_bytes()[0]).collect();
    assert!(client.write(&there, &mut server).is_ok());
    assert!(server.data == there, "{:?}", server.fault);
    let back: Vec<u8> = there.iter().rev().copied().collect();
    server.send(&back);
    assert!(client.run(&mut server).is_ok());
    assert!(client.data == back);

    client.connection.close();
    assert!(client.run(&mut server).is_ok());
    assert_eq!(server.alerts, [(1, 0)]);
    server.alert(1, 0);
    assert_eq!(client.run(&mut server), Ok(Want::CLOSED));
    assert_eq!(server.fault, None);
    (client, server)
}

#[test]
fn every_suite_with_and_without_the_extensions() {
    for suite in SUITES {
        for (extended_master_secret, encrypt_then_mac) in
            [(true, true), (true, false), (false, true), (false, false)]
        {
            let script = Script { extended_master_secret, encrypt_then_mac, ..Script::new(suite) };
            converse(Client::new(config()), script);
        }
    }
}

#[test]
fn every_suite_byte_by_byte_and_at_random_splits() {
    for suite in SUITES {
        for pieces in Pieces::ALL {
            for cut in [Cut::Together, Cut::Every(1), Cut::Every(500)] {
                converse(Client::new(config()).cut(pieces), Script { cut, ..Script::new(suite) });
            }
        }
    }
}

#[test]
fn every_suite_over_the_software_backend() {
    for suite in SUITES {
        let accel = Soft::new(InsecureSeeded::new(1));
        converse(Client::with(accel, config(), peer(), Buffers::default()), Script::new(suite));
    }
}

#[test]
fn every_suite_with_a_client_certificate() {
    for bits in [1024, 2048, 4096] {
        let own = identity(bits);
        for suite in SUITES {
            let script = Script {
                certificate_request: Some(CertificateRequest::default()),
                client_key: Some(rsa_public_key(&format!("client-{bits}.key"))),
                ..Script::new(suite)
            };
            let (_, server) = converse(Client::new(Config { identity: Some(own), ..config() }), script);
            assert_eq!(server.certificates, Some(own.chain.iter().map(|c| c.der().to_vec()).collect()));
            assert!(server.verified_with.is_some());
        }
    }
}

#[test]
fn every_suite_resumed_by_ticket_and_by_session_id() {
    for suite in SUITES {
        for ticket in [true, false] {
            let script = || {
                let script = Script::new(suite);
                Script { ticket: script.ticket.clone().filter(|_| ticket), ..script }
            };
            let (client, server) = converse(Client::new(config()), script());
            let session = client.connection.session().to_vec();
            let again = Script { resume: Some(server.saved()), ..script() };
            let (client, server) = converse(Client::resuming(config(), &session), again);
            assert!(client.connection.resumed() && server.resumed);
            assert!(!client.connection.session().is_empty());
        }
    }
}

/// RFC 6066 §4: a window of 4 KB is enough for a chain of three when the server keeps to 1024 bytes.
#[test]
fn every_limit_on_fragments() {
    for suite in SUITES {
        for bytes in [512, 1024, 2048, 4096] {
            let max_fragment_length = MaxFragmentLength::from_bytes(bytes);
            let buffers = Buffers { rx: 4096 + 400, ..Buffers::default() };
            let chain = ["server.pem", "intermediate.pem", "ca.pem"].map(tests::throwaway::der).to_vec();
            let config = Config { max_fragment_length, ..config() };
            let script = Script { chain, cut: Cut::Together, ..Script::new(suite) };
            converse(Client::with(fast(), config, peer(), buffers), script);
        }
    }
}

/// RFC 7301 §3.1.
#[test]
fn the_application_protocol_is_the_server_s_choice_among_ours() {
    let offer = Config { alpn: &[b"x-other", b"mqtt"], ..config() };
    let (client, _) =
        converse(Client::new(offer), Script { alpn: Some(b"mqtt".to_vec()), ..Script::default() });
    assert_eq!(client.connection.alpn(), Some(&b"mqtt"[..]));
    let (client, _) = converse(Client::new(offer), Script::default());
    assert_eq!(client.connection.alpn(), None);
}

/// RFC 5246 §7.4.6: without a certificate an empty one is sent.
#[test]
fn without_an_identity_an_empty_certificate_is_sent() {
    let script = || Script { certificate_request: Some(CertificateRequest::default()), ..Script::default() };
    let (_, server) = converse(Client::new(config()), script());
    assert_eq!((server.certificates, server.verified_with), (Some(Vec::new()), None));
    assert_eq!(server.messages, [1, 11, 16, 20]);

    // No algorithm in common: the same.
    let own = Config { identity: Some(identity(1024)), ..config() };
    let request = CertificateRequest { algorithms: vec![0x0403, 0x0804], ..CertificateRequest::default() };
    let script = Script { certificate_request: Some(request), ..Script::default() };
    let (_, server) = converse(Client::new(own), script);
    assert_eq!((server.certificates, server.verified_with), (Some(Vec::new()), None));
}

/// RFC 5246 §7.4.8: the algorithm is one of the server's.
#[test]
fn the_signature_algorithm_is_chosen_from_the_server_s_list() {
    for algorithm in [0x0201, 0x0401, 0x0501, 0x0601] {
        let request =
            CertificateRequest { algorithms: vec![0x0403, algorithm], ..CertificateRequest::default() };
        let script = Script {
            certificate_request: Some(request),
            client_key: Some(rsa_public_key("client-2048.key")),
            ..Script::default()
        };
        let own = Config { identity: Some(identity(2048)), ..config() };
        let (_, server) = converse(Client::new(own), script);
        assert_eq!(server.verified_with, Some(algorithm));
    }
}

#[test]
fn the_end_of_the_server_s_stream_is_told_from_its_close_notify() {
    for (notify, error) in [(true, ssl::PEER_CLOSE_NOTIFY), (false, ssl::CONN_EOF)] {
        let (mut client, mut server) = super::connected(config(), Script::default());
        if notify {
            server.alert(1, 0);
        }
        server.ended = true;
        let want = client.run(&mut server);
        assert!(want.is_ok_and(|want| want.contains(Want::CLOSED)));
        assert_eq!(client.failure().map(|(error, ..)| error), Some(error));
    }
}
