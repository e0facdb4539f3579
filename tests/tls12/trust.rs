//! Whom a connection trusts: reports instead of refusals, pins, who looks on, and the name that is sent.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "tests")]

use std::sync::Mutex;

use accel::{Hash, HashAlgorithm, rustcrypto::RustCrypto, soft::Hasher};
use status::{Alert, AlertSeen, Flags, Status, ssl, x509 as codes};
use tests::entropy::InsecureSeeded;
use tests::link::{Link, Pieces};
use tests::server::{Saved, Script, Server};
use tests::throwaway::{self, NOW};
use tls12::session::inspect;
use tls12::{Config, Connection, Observer, Peer, Pin, Presented, ServerName, Verdict, Verification, Want};
use x509::Certificate;

use super::handshake::{Memory, bundle, identity, trusting};

/// 2049, when everything in `vectors/tls12` has expired.
const EXPIRED: u64 = 2_500_000_000;

fn sha256(bytes: &[u8]) -> [u8; 32] {
    Hasher.hash(HashAlgorithm::Sha256, &[bytes]).unwrap().as_bytes().try_into().unwrap()
}

fn certificate_pin(file: &str) -> Pin {
    Pin::Certificate(sha256(&throwaway::der(file)))
}

fn key_pin(file: &str) -> Pin {
    let der = throwaway::der(file);
    Pin::PublicKey(sha256(Certificate::from_der(&der).unwrap().public_key_info()))
}

/// What is left of a handshake.
struct Made {
    verdict: Option<Verdict>,
    certificate: Option<[u8; 32]>,
    session: Vec<u8>,
    resumed: bool,
    is_new: bool,
    server: Server,
}

fn connect(config: &Config<'_>, peer: Peer<'_>, script: Script) -> Result<Made, Status> {
    let mut memory = Memory::new();
    let mut connection = memory.connect(config, peer);
    assert_eq!((connection.verdict(), connection.server_certificate()), (None, None));
    let mut link = Link::new(Server::new(script), Pieces::Whole);
    let result = link.run(&mut connection, &mut RustCrypto::new(InsecureSeeded::new(1)));
    match result {
        Ok(want) => assert!(want.contains(Want::WRITE), "{want:?}"),
        Err(_) => return Err(connection.status().unwrap()),
    }
    Ok(Made {
        verdict: connection.verdict(),
        certificate: connection.server_certificate().copied(),
        session: connection.session().to_vec(),
        resumed: connection.resumed(),
        is_new: connection.has_new_session(),
        server: link.server,
    })
}

fn localhost() -> Peer<'static> {
    Peer::new("localhost", NOW)
}

fn chain(files: &[&str]) -> Script {
    Script { chain: files.iter().map(|file| throwaway::der(file)).collect(), ..Script::default() }
}

fn resuming(saved: Saved) -> Script {
    Script { resume: Some(saved), ..Script::default() }
}

/// A refusal by flags.
#[track_caller]
fn refused(made: Result<Made, Status>, flags: Flags, alert: Alert) {
    let status = made.err().unwrap();
    assert_eq!((status.error, status.flags), (codes::CERT_VERIFY_FAILED, flags));
    assert_eq!(status.alert, Some(AlertSeen::Sent(alert)));
}

#[test]
fn the_getters_after_a_handshake() {
    let witness = Witness::default();
    let config = Config { observer: Some(&witness), ..trusting() };
    let made = connect(&config, localhost(), Script::default()).unwrap();
    assert_eq!(made.verdict, Some(Verdict::default()));
    assert_eq!(made.certificate, Some(sha256(&throwaway::der("server.pem"))));
    assert!(made.is_new && !made.session.is_empty());

    // Resumed: what was found then, and no new session without a new ticket.
    for (ticket, is_new) in [(None, false), (Script::default().ticket, true)] {
        let peer = Peer { session: &made.session, ..localhost() };
        let script = Script { ticket, ..resuming(made.server.saved()) };
        let again = connect(&config, peer, script).unwrap();
        assert!(again.resumed);
        assert_eq!((again.verdict, again.certificate), (made.verdict, made.certificate));
        assert_eq!(again.is_new, is_new);
        assert!(!again.session.is_empty());
    }
    let unverified = Config { verification: Verification::None, ..config };
    let made = connect(&unverified, localhost(), Script::default()).unwrap();
    assert_eq!(made.verdict, None, "nobody has looked");
    assert_eq!(made.certificate, Some(sha256(&throwaway::der("server.pem"))));
}

/// A certificate is hashed for pins and for an observer, and for nobody else.
#[test]
fn the_certificates_digest_is_there_for_whoever_asks() {
    let (witness, pins) = (Witness::default(), [certificate_pin("server.pem")]);
    let digest = Some(sha256(&throwaway::der("server.pem")));
    for (config, expected) in [
        (trusting(), None),
        (Config { observer: Some(&witness), ..trusting() }, digest),
        (Config { pins: &pins, ..trusting() }, digest),
    ] {
        let made = connect(&config, localhost(), Script::default()).unwrap();
        let kept = inspect(&mut Hasher, &made.session).unwrap().unwrap();
        assert_eq!((made.certificate, kept.certificate), (expected, expected));
        let peer = Peer { session: &made.session, ..localhost() };
        let again = connect(&config, peer, resuming(made.server.saved())).unwrap();
        assert_eq!((again.resumed, again.certificate), (true, expected));
    }
}

/// A session is bound to what a bundle holds: to the same one with and without its digest beside it, and to no other.
#[test]
fn a_bundle_with_its_digest_is_the_same_bundle() {
    let made = connect(&trusting(), localhost(), Script::default()).unwrap();
    let peer = Peer { session: &made.session, ..localhost() };
    let resumes = |file, place: &mut [u8; 32]| {
        let anchors = Some(bundle(file).with_digest(&mut Hasher, place).unwrap());
        connect(&Config { anchors, ..trusting() }, peer, resuming(made.server.saved()))
            .is_ok_and(|made| made.resumed)
    };
    let (mut place, mut other) = ([0; 32], [0; 32]);
    assert!(resumes("ca.pem", &mut place));
    assert!(!resumes("other-ca.pem", &mut other));
    assert_eq!(place, sha256(&throwaway::der("ca.pem")));
    assert_eq!(other, sha256(&throwaway::der("other-ca.pem")));
}

/// Everything that is wrong is reported, over resumption too, and nothing is refused. Never the default.
#[test]
fn verification_that_reports_without_refusing() {
    assert_eq!(Config::default().verification, Verification::Required);
    let other = Config { anchors: Some(bundle("other-ca.pem")), ..Config::default() };
    let reporting = Config { verification: Verification::Optional, ..other };
    let peer = Peer::new("elsewhere.test", EXPIRED);
    let flags = Flags::EXPIRED | Flags::CN_MISMATCH | Flags::NOT_TRUSTED;
    assert_eq!(connect(&other, peer, Script::default()).err().unwrap().flags, flags);
    let made = connect(&reporting, peer, Script::default()).unwrap();
    let verdict = made.verdict.unwrap();
    assert_eq!((verdict.flags, verdict.depth), (flags, 0));
    let again = Peer { session: &made.session, ..peer };
    let again = connect(&reporting, again, resuming(made.server.saved())).unwrap();
    assert_eq!((again.resumed, again.verdict), (true, Some(verdict)));
    // Its session is worth nothing to whoever refuses.
    let strict = Peer { session: &made.session, ..peer };
    assert_eq!(connect(&other, strict, resuming(made.server.saved())).err().unwrap().flags, flags);

    let good = Config { verification: Verification::Optional, ..trusting() };
    assert_eq!(connect(&good, localhost(), Script::default()).unwrap().verdict, Some(Verdict::default()));
    // What makes a failure later is not the certificate's fault.
    let mut memory = Memory::new();
    let mut connection = memory.connect(&reporting, peer);
    let mut link = Link::new(Server::new(Script::default()), Pieces::Whole);
    let mut accel = RustCrypto::new(InsecureSeeded::new(1));
    link.run(&mut connection, &mut accel).unwrap();
    link.server.alert(2, 80);
    link.run(&mut connection, &mut accel).unwrap_err();
    let status = connection.status().unwrap();
    assert_eq!((status.error, status.flags), (ssl::FATAL_ALERT_MESSAGE, Flags::NONE));
}

#[test]
fn the_chain_but_not_the_name() {
    let chain_only = Config { verification: Verification::ChainOnly, ..trusting() };
    let elsewhere = Peer::new("elsewhere.test", NOW);
    refused(connect(&trusting(), elsewhere, Script::default()), Flags::CN_MISMATCH, Alert::BAD_CERTIFICATE);
    let made = connect(&chain_only, elsewhere, Script::default()).unwrap();
    assert_eq!(made.verdict, Some(Verdict::default()));
    let untrusted = Config { anchors: Some(bundle("other-ca.pem")), ..chain_only };
    refused(connect(&untrusted, elsewhere, Script::default()), Flags::NOT_TRUSTED, Alert::UNKNOWN_CA);
}

#[test]
fn a_pin_beside_an_anchor() {
    for pin in [certificate_pin("server.pem"), key_pin("server.pem")] {
        let pins = [certificate_pin("ca.pem"), pin];
        let made = connect(&Config { pins: &pins, ..trusting() }, localhost(), Script::default());
        assert_eq!(made.unwrap().verdict, Some(Verdict::default()));
        // The chain still has to be good.
        let untrusted = Config { pins: &pins, anchors: Some(bundle("other-ca.pem")), ..Config::default() };
        refused(connect(&untrusted, localhost(), Script::default()), Flags::NOT_TRUSTED, Alert::UNKNOWN_CA);
    }
    // Those of the server's issuers are not the server's; a key is no certificate, and a certificate no key.
    let Pin::PublicKey(key) = key_pin("server.pem") else { panic!("a key") };
    let pins = [key_pin("ca.pem"), certificate_pin("intermediate.pem"), Pin::Certificate(key)];
    let config = Config { pins: &pins, ..trusting() };
    refused(connect(&config, localhost(), Script::default()), Flags::OTHER, Alert::ACCESS_DENIED);
    // Another certificate of the same key.
    let renewed = || chain(&["server-other-name.pem", "intermediate.pem"]);
    let other = Peer::new("other.example", NOW);
    let chain_only = Config { verification: Verification::ChainOnly, ..trusting() };
    let (by_key, by_certificate) = ([key_pin("server.pem")], [certificate_pin("server.pem")]);
    let made = connect(&Config { pins: &by_key, ..chain_only }, other, renewed());
    assert!(made.is_ok(), "it has the key");
    let made = connect(&Config { pins: &by_certificate, ..chain_only }, other, renewed());
    refused(made, Flags::OTHER, Alert::ACCESS_DENIED);
    // It is only reported where everything is.
    let reporting = Config { pins: &by_certificate, verification: Verification::Optional, ..trusting() };
    let made = connect(&reporting, Peer::new("elsewhere.test", NOW), renewed()).unwrap();
    assert_eq!(made.verdict.unwrap().flags, Flags::OTHER | Flags::CN_MISMATCH);
}

/// RFC 7671 §5.1: a certificate that is known needs no name, no date and no issuer; but its key must be one for this use.
#[test]
fn a_pin_in_place_of_an_anchor() {
    let nobody = Peer::new("elsewhere.test", EXPIRED);
    for pins in [[certificate_pin("server.pem")], [key_pin("server.pem")]] {
        let config = Config { verification: Verification::Pinned, pins: &pins, ..Config::default() };
        for anchors in [None, Some(bundle("other-ca.pem"))] {
            let made = connect(&Config { anchors, ..config }, nobody, Script::default()).unwrap();
            assert_eq!(made.verdict, Some(Verdict::default()));
            // And without its issuers.
            assert!(connect(&Config { anchors, ..config }, nobody, chain(&["server.pem"])).is_ok());
        }
        let strict = x509::Policy { minimum_rsa_bits: 3072, ..x509::Policy::default() };
        let made = connect(&Config { policy: strict, ..config }, nobody, Script::default());
        refused(made, Flags::BAD_KEY, Alert::UNSUPPORTED_CERTIFICATE);
    }
    let pins = [certificate_pin("server-sign-only.pem")];
    let config = Config { verification: Verification::Pinned, pins: &pins, ..Config::default() };
    let status = connect(&config, nobody, chain(&["server-sign-only.pem"])).err().unwrap();
    assert_eq!((status.error, status.flags), (ssl::BAD_HS_CERTIFICATE, Flags::KEY_USAGE));
    refused(connect(&config, nobody, Script::default()), Flags::OTHER, Alert::ACCESS_DENIED);
}

/// RFC 5246 §7.3: a session resumes nothing but what it was made for; pins and the name that was sent (RFC 6066 §3) are part of that.
#[test]
fn a_session_belongs_to_its_pins_and_its_name() {
    let pins = [certificate_pin("server.pem")];
    let pinned = Config { pins: &pins, ..trusting() };
    let made = connect(&pinned, localhost(), Script::default()).unwrap();
    let peer = Peer { session: &made.session, ..localhost() };
    let resumed = |config: &Config<'_>| {
        connect(config, peer, resuming(made.server.saved())).map(|made| made.resumed).unwrap()
    };
    assert!(resumed(&pinned));
    assert!(!resumed(&trusting()));
    let others = [pins[0], key_pin("ca.pem")];
    assert!(!resumed(&Config { pins: &others, ..pinned }));
    assert!(!resumed(&Config { server_name: ServerName::Omit, ..pinned }));
    assert!(!resumed(&Config { server_name: ServerName::Other("other.example"), ..pinned }));
    assert!(resumed(&Config { server_name: ServerName::Other("localhost"), ..pinned }), "the same name");
}

/// RFC 6066 §3.
#[test]
fn the_name_that_is_sent_and_the_one_that_is_verified() {
    let sent = |host, server_name| {
        let config = Config { server_name, verification: Verification::None, ..Config::default() };
        let server = connect(&config, Peer::new(host, NOW), Script::default()).unwrap().server;
        // The list of one name, behind its length, its type and its own length.
        server.hello.extension(0).map(|list| String::from_utf8(list[5..].to_vec()).unwrap())
    };
    assert_eq!(sent("localhost", ServerName::Host).as_deref(), Some("localhost"));
    assert_eq!(sent("localhost.", ServerName::Host).as_deref(), Some("localhost"));
    assert_eq!(sent("localhost", ServerName::Omit), None);
    assert_eq!(sent("localhost", ServerName::Other("tenant.example")).as_deref(), Some("tenant.example"));
    assert_eq!(sent("192.0.2.1", ServerName::Host), None);
    assert_eq!(sent("192.0.2.1", ServerName::Other("tenant.example.")).as_deref(), Some("tenant.example"));
    // What is verified is the host all the same.
    let config = Config { server_name: ServerName::Other("tenant.example"), ..trusting() };
    assert!(connect(&config, localhost(), Script::default()).is_ok());
    let elsewhere = Peer::new("tenant.example", NOW);
    let config = Config { server_name: ServerName::Other("localhost"), ..trusting() };
    refused(connect(&config, elsewhere, Script::default()), Flags::CN_MISMATCH, Alert::BAD_CERTIFICATE);
}

/// Writes down what it sees, and objects to what it is told.
#[derive(Default)]
struct Witness {
    seen: Mutex<Vec<String>>,
    against: Flags,
    against_all: Flags,
}

impl Observer for Witness {
    fn certificate(&self, presented: &Presented<'_, '_>) -> Flags {
        let name = presented.certificate.subject().common_name().unwrap_or_default().to_vec();
        let name = String::from_utf8(name).unwrap();
        self.seen.lock().unwrap().push(format!("{name} {:?} {:?}", presented.depth, presented.flags));
        if presented.depth == Some(1) { self.against } else { Flags::NONE }
    }

    fn verdict(&self, verdict: Verdict) -> Flags {
        self.seen.lock().unwrap().push(format!("{:?} at {}", verdict.flags, verdict.depth));
        self.against_all
    }
}

fn name_of(file: &str) -> String {
    let der = throwaway::der(file);
    let name = Certificate::from_der(&der).unwrap().subject().common_name().unwrap_or_default().to_vec();
    String::from_utf8(name).unwrap()
}

#[test]
fn an_observer_sees_each_certificate_and_the_verdict() {
    let (leaf, issuer, other) = (name_of("server.pem"), name_of("intermediate.pem"), name_of("other-ca.pem"));
    let script = || chain(&["server.pem", "other-ca.pem", "intermediate.pem"]);
    let seen = |config: Config<'_>, host| {
        let witness = Witness::default();
        let made = connect(&Config { observer: Some(&witness), ..config }, Peer::new(host, NOW), script());
        (witness.seen.into_inner().unwrap(), made.is_ok())
    };
    let good = [
        format!("{leaf} Some(0) 0x00"),
        format!("{other} None 0x00"),
        format!("{issuer} Some(1) 0x00"),
        String::from("0x00 at 0"),
    ];
    assert_eq!(seen(trusting(), "localhost"), (good.to_vec(), true));
    let another = [
        format!("{leaf} Some(0) 0x04"),
        format!("{other} None 0x04"),
        format!("{issuer} Some(1) 0x04"),
        String::from("0x04 at 0"),
    ];
    assert_eq!(seen(trusting(), "elsewhere.test"), (another.to_vec(), false), "it is asked, and refused");
    let unverified = Config { verification: Verification::None, ..Config::default() };
    let plain = [
        format!("{leaf} Some(0) 0x00"),
        format!("{other} None 0x00"),
        format!("{issuer} None 0x00"),
        String::from("0x00 at 0"),
    ];
    assert_eq!(seen(unverified, "localhost"), (plain.to_vec(), true));
}

/// It may refuse what is good, whatever is verified, and can do nothing for what is bad.
#[test]
fn an_observer_adds_flags_and_takes_none_away() {
    let modes = [Verification::Required, Verification::ChainOnly, Verification::Optional, Verification::None];
    for verification in modes {
        for (against, against_all, depth) in
            [(Flags::REVOKED, Flags::NONE, 1), (Flags::NONE, Flags::REVOKED, 0)]
        {
            let witness = Witness { against, against_all, ..Witness::default() };
            let config = Config { verification, observer: Some(&witness), ..trusting() };
            let made = connect(&config, localhost(), Script::default());
            // Without a path there is no place but the leaf's.
            if verification == Verification::None && depth == 1 {
                assert!(made.is_ok());
                continue;
            }
            let depth_of = made.as_ref().err().map(|status| status.depth);
            refused(made, Flags::REVOKED, Alert::CERTIFICATE_REVOKED);
            assert_eq!(depth_of, Some(depth));
        }
    }
    let silent = Witness::default();
    let config = Config { anchors: Some(bundle("other-ca.pem")), observer: Some(&silent), ..trusting() };
    refused(connect(&config, localhost(), Script::default()), Flags::NOT_TRUSTED, Alert::UNKNOWN_CA);
    // A signature that is wrong stays wrong.
    let mut script = Script::default();
    *script.chain[0].last_mut().unwrap() ^= 1;
    let config = Config { observer: Some(&silent), ..trusting() };
    refused(connect(&config, localhost(), script), Flags::NOT_TRUSTED, Alert::UNKNOWN_CA);
}

/// Nobody is asked about a certificate that does not come.
#[test]
fn an_observer_is_not_asked_when_a_session_is_resumed() {
    let before = Witness::default();
    let observed = Config { observer: Some(&before), ..trusting() };
    let made = connect(&observed, localhost(), Script::default()).unwrap();
    let witness = Witness { against: Flags::OTHER, ..Witness::default() };
    let config = Config { observer: Some(&witness), ..trusting() };
    let peer = Peer { session: &made.session, ..localhost() };
    let again = connect(&config, peer, resuming(made.server.saved())).unwrap();
    assert!(again.resumed && witness.seen.into_inner().unwrap().is_empty());
}

/// A session that was made for nobody does not know the certificate, so an observer is shown it in a handshake.
#[test]
fn an_observer_resumes_no_session_without_the_certificate() {
    let made = connect(&trusting(), localhost(), Script::default()).unwrap();
    let witness = Witness::default();
    let config = Config { observer: Some(&witness), ..trusting() };
    let peer = Peer { session: &made.session, ..localhost() };
    let again = connect(&config, peer, resuming(made.server.saved())).unwrap();
    assert_eq!((again.resumed, again.certificate), (false, Some(sha256(&throwaway::der("server.pem")))));
    assert!(!witness.seen.into_inner().unwrap().is_empty());
}

/// A connection with an observer can still be moved to another thread, and a configuration kept in a static.
#[test]
fn a_connection_is_send_and_a_configuration_sync() {
    const fn is_send<T: Send>() {}
    const fn is_sync<T: Sync>() {}
    is_send::<Connection<'_>>();
    is_sync::<Config<'_>>();
    let _ = identity("client-2048");
}
