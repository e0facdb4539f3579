//! Whole handshakes against the scripted server: every suite, every way of cutting, resumption, client certificates, and the
//! order of messages.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::type_complexity,
    clippy::unwrap_used,
    reason = "tests"
)]

use accel::Accel;
use accel::rustcrypto::RustCrypto;
use accel::soft::Soft;
use status::{Alert, AlertSeen, Cause, Error, Flags, Status, Step, ssl, x509 as codes};
use tests::entropy::InsecureSeeded;
use tests::link::{Link, Pieces};
use tests::server::{
    APPLICATION_DATA, CERTIFICATE, CERTIFICATE_REQUEST, CertificateRequest, Cut, FINISHED, Flight, HANDSHAKE,
    HELLO_REQUEST, Item, NEW_SESSION_TICKET, SERVER_HELLO, SERVER_HELLO_DONE, SERVER_KEY_EXCHANGE, Saved,
    Script, Server, message, record::Record,
};
use tests::throwaway::{self, NOW};
use tls12::{Config, Connection, Identity, MaxFragmentLength, Peer, Suite, Suites, Verification, Want};

/// The memory that is lent to one connection.
pub(super) struct Memory {
    pub(super) rx: Vec<u8>,
    pub(super) tx: Vec<u8>,
    pub(super) session: Vec<u8>,
}

impl Memory {
    pub(super) fn new() -> Self {
        Self::with_rx(Connection::FULL_RX)
    }

    fn with_rx(length: usize) -> Self {
        Self {
            rx: vec![0xEE; length],
            tx: vec![0xEE; Connection::GOOD_TX],
            session: vec![0xEE; Connection::GOOD_SESSION],
        }
    }

    pub(super) fn connect<'b>(&'b mut self, config: &'b Config<'b>, peer: Peer<'b>) -> Connection<'b> {
        Connection::new(config, peer, &mut self.rx, &mut self.tx, &mut self.session).unwrap()
    }
}

fn lent() -> &'static mut [u8] {
    vec![0; x509::MAX_DER_LENGTH].leak()
}

/// The certificates of a file.
pub(super) fn bundle(name: &str) -> x509::Bundle<'static> {
    x509::Bundle::from_pem(&throwaway::text(name), lent()).unwrap()
}

pub(super) fn identity(name: &str) -> Identity<'static> {
    let chain = bundle(&format!("{name}.pem"));
    let key = x509::PrivateKey::from_pem(&throwaway::text(&format!("{name}.key")), lent()).unwrap();
    Identity { chain, key: Box::leak(Box::new(key)) }
}

/// Verifies the throw-away server and offers everything.
pub(super) fn trusting() -> Config<'static> {
    Config { anchors: Some(bundle("ca.pem")), ..Config::default() }
}

pub(super) fn peer(session: &[u8]) -> Peer<'_> {
    Peer { host: "localhost", now: NOW, session }
}

/// What is left of a connection that was made, used and closed.
struct Used {
    server: Server,
    session: Vec<u8>,
    resumed: bool,
    alpn: Option<Vec<u8>>,
}

/// Connects, says something, hears something, closes.
fn used<A: Accel>(
    accel: &mut A,
    config: &Config<'_>,
    peer: Peer<'_>,
    script: Script,
    pieces: Pieces,
    memory: &mut Memory,
) -> Result<Used, Status> {
    let suite = script.suite;
    let Memory { rx, tx, session } = memory;
    let mut connection = Connection::new(config, peer, rx, tx, session).unwrap();
    let mut link = Link::new(Server::new(script), pieces);
    let mut run = |link: &mut Link, connection: &mut Connection<'_>| {
        let result = link.run(connection, accel);
        result.map_err(|_| connection.status().unwrap())
    };
    let want = run(&mut link, &mut connection)?;
    assert_eq!(link.server.fault, None);
    assert!(want.contains(Want::WRITE), "{want:?}");
    assert_eq!(connection.suite().map(Suite::id), Some(suite));
    assert_eq!((connection.step(), link.server.connected), (Step::Traffic, true));
    assert_eq!(connection.resumed(), link.server.resumed);

    link.server.send(b"from the server");
    assert_eq!(run(&mut link, &mut connection)?, Want::READ | Want::WRITE);
    assert_eq!(connection.plaintext(), b"from the server");
    connection.consume(15);
    connection.close();
    assert_eq!(run(&mut link, &mut connection)?, Want::RECV);
    link.server.alert(1, Alert::CLOSE_NOTIFY.0);
    assert_eq!(run(&mut link, &mut connection)?, Want::CLOSED);
    assert_eq!(link.server.fault, None);
    assert_eq!(link.server.alerts, [(1, Alert::CLOSE_NOTIFY.0)]);
    Ok(Used {
        server: link.server,
        session: connection.session().to_vec(),
        resumed: connection.resumed(),
        alpn: connection.alpn().map(<[u8]>::to_vec),
    })
}

fn rustcrypto() -> RustCrypto<InsecureSeeded> {
    RustCrypto::new(InsecureSeeded::new(1))
}

/// An honest connection over the second backend, whole.
fn honest(config: &Config<'_>, session: &[u8], script: Script) -> Used {
    let result = used(&mut rustcrypto(), config, peer(session), script, Pieces::Whole, &mut Memory::new());
    result.unwrap_or_else(|status| panic!("{status}"))
}

/// A handshake that must fail, and what the server was told.
fn refused(config: &Config<'_>, session: &[u8], script: Script) -> (Status, Vec<(u8, u8)>) {
    let mut memory = Memory::new();
    let mut connection = memory.connect(config, peer(session));
    let mut link = Link::new(Server::new(script), Pieces::Whole);
    let result = link.run(&mut connection, &mut rustcrypto());
    assert!(result.is_err(), "{result:?}");
    (connection.status().unwrap(), link.server.alerts)
}

/// Refused with this code, and the server was told with this alert.
fn assert_refused(script: Script, error: Error, alert: Alert) -> Status {
    let (status, alerts) = refused(&trusting(), &[], script);
    assert_eq!((status.error, alerts), (error, vec![(2, alert.0)]), "{status}");
    assert_eq!(status.alert, Some(AlertSeen::Sent(alert)));
    status
}

/// Every way to carry a stream.
pub(super) const PIECES: [Pieces; 3] = [Pieces::Whole, Pieces::Bytes, Pieces::Random(0xC0FFEE)];

fn in_every_way<T: Clone>(what: T) -> impl Iterator<Item = (T, Pieces)> {
    PIECES.into_iter().map(move |pieces| (what.clone(), pieces))
}

/// Every suite, with encrypt-then-MAC and without, carried in every way.
fn every_suite<A: Accel>(mut accel: A) {
    for suite in Suite::ALL {
        for (pieces, encrypt_then_mac) in PIECES.into_iter().zip([true, false, true]) {
            let config = Config { suites: Suites::new(&[suite]).unwrap(), ..trusting() };
            let script = Script { encrypt_then_mac, ..Script::new(suite.id()) };
            let result = used(&mut accel, &config, peer(&[]), script, pieces, &mut Memory::new());
            let used = result.unwrap_or_else(|status| panic!("{suite} {pieces:?}: {status}"));
            assert_eq!(used.server.messages, [1, 16, 20]);
        }
    }
}

/// A ticket and a session id, each with every suite's PRF and record protection.
fn resumption<A: Accel>(mut accel: A) {
    for suite in Suite::ALL {
        for (ticket, pieces) in [Some((7200, b"ticket".to_vec())), None].into_iter().flat_map(in_every_way) {
            let config = Config { suites: Suites::new(&[suite]).unwrap(), ..trusting() };
            let script = || Script { ticket: ticket.clone(), ..Script::new(suite.id()) };
            let mut connect = |session: &[u8], script: Script| {
                used(&mut accel, &config, peer(session), script, pieces, &mut Memory::new()).unwrap()
            };
            let first = connect(&[], script());
            let resume = Some(first.server.saved());
            let second = connect(&first.session, Script { resume: resume.clone(), ..script() });
            assert!(second.resumed && !second.session.is_empty());
            assert_eq!(second.server.messages, [1, 20]);
            let third = connect(&second.session, Script { resume, ..script() });
            assert!(third.resumed);
        }
    }
}

fn client_certificates<A: Accel>(mut accel: A) {
    for (name, pieces) in ["client-1024", "client-2048", "client-4096"].into_iter().flat_map(in_every_way) {
        let config = Config { identity: Some(identity(name)), ..trusting() };
        let script = Script {
            certificate_request: Some(CertificateRequest::default()),
            client_key: Some(throwaway::rsa_public_key(&format!("{name}.key"))),
            ..Script::default()
        };
        let result = used(&mut accel, &config, peer(&[]), script, pieces, &mut Memory::new());
        let used = result.unwrap_or_else(|status| panic!("{name} {pieces:?}: {status}"));
        assert_eq!(used.server.messages, [1, 11, 16, 15, 20]);
        assert_eq!(used.server.certificates, Some(vec![throwaway::der(&format!("{name}.pem"))]));
        // The hash that the suite uses anyway.
        assert_eq!(used.server.verified_with, Some(0x0501));
    }
}

macro_rules! backends {
    ($($name:ident)*) => {
        mod soft { use super::*; $(#[test] fn $name() { super::$name(Soft::new(InsecureSeeded::new(1))); })* }
        mod second { use super::*; $(#[test] fn $name() { super::$name(rustcrypto()); })* }
    };
}

backends! { every_suite resumption client_certificates }

#[test]
fn messages_are_reassembled_however_they_are_cut() {
    for cut in [Cut::Together, Cut::Every(1), Cut::Every(3), Cut::Every(100), Cut::Every(1000)] {
        let certificate_request = Some(CertificateRequest::default());
        let used = honest(&trusting(), &[], Script { cut, certificate_request, ..Script::default() });
        assert_eq!(used.server.certificates, Some(vec![]));
    }
}

// RFC 5246 §7.4.1.2, RFC 5746 §3.4, RFC 6066 §3: byte for byte what is offered, and in which order.
#[test]
fn the_client_hello_is_the_documented_one() {
    let alpn: [&[u8]; 2] = [b"mqtt", b"x"];
    let limit = MaxFragmentLength::from_bytes(4096);
    let config = Config { alpn: &alpn, max_fragment_length: limit, ..trusting() };
    let used = honest(&config, &[], Script { alpn: Some(b"mqtt".to_vec()), ..Script::default() });
    let hello = &used.server.hello;
    let suites = [0x009D, 0xC09D, 0x003D, 0x0035, 0xC0A1, 0x009C, 0xC09C, 0x003C, 0x002F, 0xC0A0, 0x00FF];
    assert_eq!(hello.suites, suites);
    assert_eq!((hello.version, hello.session_id.len(), &hello.compressions[..]), ([3, 3], 0, &[0][..]));
    let algorithms = [0, 20, 6, 3, 6, 1, 5, 3, 5, 1, 4, 3, 4, 1, 3, 3, 3, 1, 2, 3, 2, 1];
    let extensions: [(u16, &[u8]); 7] = [
        (0, b"\x00\x0C\x00\x00\x09localhost"),
        (13, &algorithms),
        (1, &[4]),
        (22, &[]),
        (23, &[]),
        (16, b"\x00\x07\x04mqtt\x01x"),
        (35, &[]),
    ];
    let seen: Vec<(u16, &[u8])> =
        hello.extensions.iter().map(|(kind, body)| (*kind, body.as_slice())).collect();
    assert_eq!(seen, extensions);
    assert_eq!(used.alpn.as_deref(), Some(&b"mqtt"[..]));
}

// RFC 6066 §3: literal addresses are not permitted in server_name.
#[test]
fn an_address_is_verified_but_not_sent_as_a_name() {
    for host in ["127.0.0.1", "::1", "192.0.2.7"] {
        let mut memory = Memory::new();
        let config = trusting();
        let mut connection = memory.connect(&config, Peer { host, ..peer(&[]) });
        let mut link = Link::new(Server::new(Script::default()), Pieces::Whole);
        let result = link.run(&mut connection, &mut rustcrypto());
        assert_eq!(link.server.hello.extension(0), None, "{host}");
        // The throw-away certificate names the first one.
        assert_eq!(result.is_ok(), host == "127.0.0.1");
    }
}

#[test]
fn what_is_not_wanted_is_not_offered() {
    let config = Config { session_tickets: false, ..trusting() };
    let used = honest(&config, &[], Script::default());
    assert_eq!((used.server.hello.extension(35), used.server.hello.extension(1)), (None, None));
    assert_eq!(used.server.hello.extension(16), None);
}

// RFC 6066 §4: 4 KB are enough for a chain of three when the server cuts its records.
#[test]
fn a_small_window_takes_a_chain_of_three() {
    for bytes in [512, 1024, 2048, 4096] {
        let limit = MaxFragmentLength::from_bytes(bytes);
        let config =
            Config { max_fragment_length: limit, identity: Some(identity("client-4096")), ..trusting() };
        let script = Script {
            chain: ["server.pem", "intermediate.pem", "ca.pem"].map(throwaway::der).to_vec(),
            certificate_request: Some(CertificateRequest {
                authorities: vec![vec![0x30; 120]; 100],
                ..CertificateRequest::default()
            }),
            client_key: Some(throwaway::rsa_public_key("client-4096.key")),
            cut: Cut::Together,
            ..Script::default()
        };
        let mut memory = Memory::with_rx(Connection::SMALL_RX);
        let result = used(&mut rustcrypto(), &config, peer(&[]), script, Pieces::Random(5), &mut memory);
        let used = result.unwrap_or_else(|status| panic!("{bytes}: {status}"));
        assert!(used.server.verified_with.is_some());
    }
}

#[test]
fn a_chain_can_be_verified_without_the_name() {
    let flags = |config: Config<'static>, host| {
        let mut memory = Memory::with_rx(Connection::SMALL_RX);
        let mut connection = memory.connect(&config, Peer { host, ..peer(&[]) });
        let mut link = Link::new(Server::new(Script::default()), Pieces::Whole);
        match link.run(&mut connection, &mut rustcrypto()) {
            Ok(_) => None,
            Err(error) => Some((error, connection.status().unwrap().flags)),
        }
    };
    let chain_only = Config { verification: Verification::ChainOnly, ..trusting() };
    let refused = codes::CERT_VERIFY_FAILED;
    assert_eq!(flags(trusting(), "elsewhere.example"), Some((refused, Flags::CN_MISMATCH)));
    assert_eq!(flags(chain_only, "elsewhere.example"), None);
    // Everything else is verified as ever.
    let untrusted = Config { anchors: Some(bundle("other-ca.pem")), ..chain_only };
    assert_eq!(flags(untrusted, "localhost"), Some((refused, Flags::NOT_TRUSTED)));
    let nobody = Config { anchors: None, ..chain_only };
    assert_eq!(flags(nobody, "localhost"), Some((ssl::CA_CHAIN_REQUIRED, Flags::NOT_TRUSTED)));
}

#[test]
fn one_certificate_larger_than_the_window_is_refused_by_name() {
    let open = Config { verification: Verification::None, ..Config::default() };
    let (server, large) = (throwaway::der("server.pem"), vec![0x30; 3000]);
    // The server's own, which is always needed; and what may have been the parent of one that has none.
    for (config, chain) in [(open, vec![large.clone()]), (trusting(), vec![server, large])] {
        let mut memory = Memory::with_rx(2048);
        let mut connection = memory.connect(&config, peer(&[]));
        let mut link = Link::new(Server::new(Script { chain, ..Script::default() }), Pieces::Whole);
        assert_eq!(link.run(&mut connection, &mut rustcrypto()), Err(ssl::BAD_INPUT_DATA));
        let status = connection.status().unwrap();
        assert_eq!((status.cause, status.step), (Cause::WindowTooSmall, Step::ServerCertificate));
        assert_eq!(link.server.alerts, [(2, Alert::INTERNAL_ERROR.0)]);
    }
}

/// A certificate that the path does not need may be of any length, as those with keys of other kinds are.
#[test]
fn one_certificate_larger_than_the_window_that_nobody_needs_is_passed_over() {
    let usual = Script::default().chain;
    for at in 1..=usual.len() {
        for (length, pieces) in [2100, 6000, 40_000].into_iter().flat_map(in_every_way) {
            let mut chain = usual.clone();
            chain.insert(at, vec![0x30; length]);
            let mut memory = Memory::with_rx(2048);
            let script = || Script { chain: chain.clone(), ..Script::default() };
            let result = used(&mut rustcrypto(), &trusting(), peer(&[]), script(), pieces, &mut memory);
            assert!(result.is_ok(), "{length} at {at}, {pieces:?}: {:?}", result.err());
        }
    }
    // Nothing is needed where nothing is verified.
    let open = Config { verification: Verification::None, ..Config::default() };
    let script = Script { chain: vec![throwaway::der("server.pem"), vec![0x30; 3000]], ..Script::default() };
    let mut memory = Memory::with_rx(2048);
    assert!(used(&mut rustcrypto(), &open, peer(&[]), script, Pieces::Whole, &mut memory).is_ok());
}

#[test]
fn one_protected_record_larger_than_the_window_is_refused_by_name() {
    let config = trusting();
    let mut memory = Memory::with_rx(Connection::SMALL_RX);
    let mut connection = memory.connect(&config, peer(&[]));
    let mut accel = rustcrypto();
    let mut link = Link::new(Server::new(Script::default()), Pieces::Whole);
    link.run(&mut connection, &mut accel).unwrap();
    link.server.send(&[7; 8000]);
    assert_eq!(link.run(&mut connection, &mut accel), Err(ssl::BAD_INPUT_DATA));
    assert_eq!(connection.status().unwrap().cause, Cause::WindowTooSmall);
}

// RFC 5246 §7.4.4, §7.4.6.
#[test]
fn without_a_suitable_certificate_an_empty_one_is_sent() {
    let with =
        |types: Vec<u8>, algorithms: Vec<u16>| CertificateRequest { types, algorithms, authorities: vec![] };
    let requests = [
        with(vec![64], vec![0x0401]),
        with(vec![1, 64], vec![0x0403, 0x0503]),
        with(vec![1], vec![0x0804, 0x0101]),
    ];
    let config = Config { identity: Some(identity("client-1024")), ..trusting() };
    for certificate_request in requests {
        let script = Script { certificate_request: Some(certificate_request), ..Script::default() };
        let used = honest(&config, &[], script);
        assert_eq!(used.server.messages, [1, 11, 16, 20]);
        assert_eq!(used.server.certificates, Some(vec![]));
    }
}

// RFC 5246 §7.4.8.
#[test]
fn the_signature_algorithm_is_one_of_the_servers() {
    for algorithm in [0x0201, 0x0401, 0x0501, 0x0601] {
        for suite in [0x009D, 0x003C] {
            let request =
                CertificateRequest { algorithms: vec![0x0403, algorithm], ..CertificateRequest::default() };
            let script = Script {
                certificate_request: Some(request),
                client_key: Some(throwaway::rsa_public_key("client-1024.key")),
                ..Script::new(suite)
            };
            let config = Config { identity: Some(identity("client-1024")), ..trusting() };
            assert_eq!(honest(&config, &[], script).server.verified_with, Some(algorithm));
        }
    }
}

// RFC 5077 §3.4.
#[test]
fn a_refused_ticket_falls_back_to_a_full_handshake() {
    let first = honest(&trusting(), &[], Script::default());
    let second = honest(&trusting(), &first.session, Script::default());
    assert_eq!(second.server.hello.extension(35), Some(&b"a ticket of the scripted server"[..]));
    assert_eq!(second.server.hello.session_id.len(), 32, "random, so that an echo tells");
    assert!(!second.resumed && !second.session.is_empty());
}

#[test]
fn a_ticket_that_does_not_fit_the_send_buffer_is_not_offered() {
    let alpn = [&[b'a'; 250][..], &[b'b'; 250]];
    let anchors = Some(bundle("ca.pem"));
    let config = Config { anchors, verification: Verification::None, alpn: &alpn, ..Config::default() };
    let script = || Script { ticket: Some((0, vec![7; 1800])), ..Script::default() };
    let first = honest(&config, &[], script());
    let mut memory = Memory { tx: vec![0; Connection::MIN_TX], ..Memory::new() };
    let second = used(&mut rustcrypto(), &config, peer(&first.session), script(), Pieces::Whole, &mut memory);
    let hello = second.unwrap_or_else(|status| panic!("{status}")).server.hello;
    assert_eq!((hello.extension(35), hello.session_id.len()), (Some(&[][..]), 0));
}

// RFC 5077 §3.3.
#[test]
fn an_over_long_ticket_is_skipped() {
    let script = Script { ticket: Some((0, vec![7; 12_000])), ..Script::default() };
    let mut memory = Memory::with_rx(Connection::SMALL_RX);
    let used = used(&mut rustcrypto(), &trusting(), peer(&[]), script, Pieces::Whole, &mut memory).unwrap();
    assert!(!used.session.is_empty(), "the session id is left");
}

/// Java's tickets, which hold the session itself, as the recommended buffers keep them and offer them again; the longest with a
/// client certificate.
#[test]
fn java_s_tickets_resume_with_the_recommended_buffers() {
    use MaxFragmentLength::{Bytes512, Bytes4096};
    let certified = Config { identity: Some(identity("client-2048")), ..trusting() };
    for (length, config) in [(1950, trusting()), (2781, certified)] {
        for limit in [None, Some(Bytes512), Some(Bytes4096)] {
            let config = Config { max_fragment_length: limit, ..config };
            let script = || Script {
                ticket: Some((86_400, vec![0x77; length])),
                session_id: Vec::new(),
                certificate_request: config.identity.map(|_| CertificateRequest::default()),
                client_key: Some(throwaway::rsa_public_key("client-2048.key")),
                ..Script::default()
            };
            let connect = |session: &[u8], script| {
                let mut memory = Memory::with_rx(Connection::SMALL_RX);
                memory.session = vec![0; Connection::GOOD_SESSION];
                memory.tx = vec![0; Connection::GOOD_TX];
                let result =
                    used(&mut rustcrypto(), &config, peer(session), script, Pieces::Whole, &mut memory);
                result.unwrap_or_else(|status| panic!("{length}, {limit:?}: {status}"))
            };
            let first = connect(&[], script());
            let resuming = || Script { resume: Some(first.server.saved()), ..script() };
            let second = connect(&first.session, resuming());
            assert!(second.resumed, "{length}, {limit:?}");
            assert!(connect(&second.session, resuming()).resumed, "with the ticket that was renewed");
        }
    }
}

/// A ticket over what the session's memory holds costs the resumption and nothing else, at whatever length.
#[test]
fn a_ticket_that_no_session_holds_is_left_out() {
    let scripted =
        |length| Script { ticket: Some((0, vec![7; length])), session_id: Vec::new(), ..Script::default() };
    // Without an identifier, and without the digest of a certificate that nobody asked for.
    let most = Connection::GOOD_SESSION - (tls12::session::MAX_LENGTH_WITHOUT_TICKET - 32 - 32);
    for (length, is_kept) in
        [(most, true), (most + 1, false), (4080, false), (5000, false), (0xFFFF - 6, false)]
    {
        for rx in [Connection::SMALL_RX, Connection::FULL_RX] {
            let mut memory = Memory::with_rx(rx);
            memory.session = vec![0; Connection::GOOD_SESSION];
            let result =
                used(&mut rustcrypto(), &trusting(), peer(&[]), scripted(length), Pieces::Whole, &mut memory);
            let used = result.unwrap_or_else(|status| panic!("{length}: {status}"));
            assert_eq!(!used.session.is_empty(), is_kept, "{length}");
        }
    }
}

#[test]
fn without_memory_for_a_session_there_is_none() {
    let mut memory = Memory { session: Vec::new(), ..Memory::new() };
    let used = used(&mut rustcrypto(), &trusting(), peer(&[]), Script::default(), Pieces::Whole, &mut memory)
        .unwrap();
    assert!(used.session.is_empty());
}

#[test]
fn what_resumption_saves_is_what_the_server_saved() {
    let first = honest(&trusting(), &[], Script { extended_master_secret: false, ..Script::default() });
    let Saved { id, ticket, master } = first.server.saved();
    assert!(first.session.windows(48).any(|bytes| bytes == master));
    assert!(first.session.windows(ticket.len()).any(|bytes| bytes == ticket));
    assert!(first.session.windows(32).any(|bytes| bytes == id));
}

/// In front of the message at this place of this flight stands another one.
fn inserted(flight: Flight, at: usize, kind: u8, body: &'static [u8]) -> Script {
    let script = Script { certificate_request: Some(CertificateRequest::default()), ..Script::default() };
    script.edited_in(flight, move |items| items.insert(at, message(kind, body)))
}

// RFC 5246 §7.3: every message that a server could send, in every place where it does not belong.
#[test]
fn messages_out_of_order_are_refused() {
    let kinds = [
        HELLO_REQUEST,
        1,
        SERVER_HELLO,
        NEW_SESSION_TICKET,
        CERTIFICATE,
        SERVER_KEY_EXCHANGE,
        CERTIFICATE_REQUEST,
        SERVER_HELLO_DONE,
        15,
        16,
        FINISHED,
        24,
    ];
    let places = [
        (Flight::Hello, 0, SERVER_HELLO, ssl::BAD_HS_SERVER_HELLO),
        (Flight::Hello, 1, CERTIFICATE, ssl::BAD_HS_CERTIFICATE),
        (Flight::Hello, 2, CERTIFICATE_REQUEST, ssl::BAD_HS_SERVER_HELLO_DONE),
        (Flight::Hello, 3, SERVER_HELLO_DONE, ssl::BAD_HS_SERVER_HELLO_DONE),
        (Flight::Finish, 0, NEW_SESSION_TICKET, ssl::BAD_HS_NEW_SESSION_TICKET),
        (Flight::Finish, 1, 0xFF, ssl::UNEXPECTED_MESSAGE),
        (Flight::Finish, 2, FINISHED, ssl::BAD_HS_FINISHED),
    ];
    for (flight, at, right, error) in places {
        for kind in kinds {
            let is_done_early = at == 2 && flight == Flight::Hello && kind == SERVER_HELLO_DONE;
            if kind != right && !is_done_early {
                assert_refused(inserted(flight, at, kind, &[0; 4]), error, Alert::UNEXPECTED_MESSAGE);
            }
        }
    }
}

#[test]
fn nothing_may_follow_what_gives_us_the_turn() {
    for kind in [HELLO_REQUEST, SERVER_HELLO_DONE] {
        let script = Script { cut: Cut::Together, ..Script::default() };
        let script = script.edited_in(Flight::Hello, move |items| items.push(message(kind, &[])));
        assert_refused(script, ssl::UNEXPECTED_MESSAGE, Alert::UNEXPECTED_MESSAGE);
    }
}

// RFC 5246 §7.4.9: no application data before Finished.
#[test]
fn application_data_during_the_handshake_is_refused() {
    for (flight, at) in [(Flight::Hello, 0), (Flight::Hello, 1), (Flight::Finish, 0), (Flight::Finish, 2)] {
        let script = Script::default().edited_in(flight, move |items| {
            items.insert(at, Item::Record(Record::new(APPLICATION_DATA, b"early")));
        });
        assert_refused(script, ssl::UNEXPECTED_MESSAGE, Alert::UNEXPECTED_MESSAGE);
    }
}

#[test]
fn malformed_messages_are_refused_with_the_code_of_the_message() {
    let cases: [(u8, Error, fn(&mut Vec<u8>)); 9] = [
        (SERVER_HELLO, ssl::BAD_HS_SERVER_HELLO, |body| body.truncate(20)),
        (SERVER_HELLO, ssl::BAD_HS_SERVER_HELLO, |body| body.push(0)),
        (CERTIFICATE, ssl::BAD_HS_CERTIFICATE, Vec::clear),
        (CERTIFICATE, ssl::BAD_HS_CERTIFICATE, |body| *body = vec![0, 0, 0]),
        (CERTIFICATE, ssl::BAD_HS_CERTIFICATE, |body| body[5] ^= 0xFF),
        (CERTIFICATE_REQUEST, ssl::BAD_HS_CERTIFICATE_REQUEST, |body| body[0] = 0),
        (CERTIFICATE_REQUEST, ssl::BAD_HS_CERTIFICATE_REQUEST, |body| body.push(1)),
        (SERVER_HELLO_DONE, ssl::BAD_HS_SERVER_HELLO_DONE, |body| body.push(0)),
        (NEW_SESSION_TICKET, ssl::BAD_HS_NEW_SESSION_TICKET, |body| body.truncate(5)),
    ];
    for (kind, error, edit) in cases {
        let script = Script { certificate_request: Some(CertificateRequest::default()), ..Script::default() };
        assert_refused(script.edited_message(kind, edit), error, Alert::DECODE_ERROR);
    }
}

// RFC 5246 §7.4.9.
#[test]
fn a_wrong_finished_is_refused() {
    for (length, alert) in [(12, Alert::DECRYPT_ERROR), (11, Alert::DECODE_ERROR), (0, Alert::DECODE_ERROR)] {
        let script = Script::default().edited_in(Flight::Finish, move |items| {
            items.pop();
            items.push(message(FINISHED, &vec![9; length]));
        });
        assert_refused(script, ssl::BAD_HS_FINISHED, alert);
    }
}

#[test]
fn a_message_longer_than_any_is_refused() {
    let script = Script::default().edited_in(Flight::Hello, |items| {
        items.insert(0, Item::Record(Record::new(HANDSHAKE, &[SERVER_HELLO, 0xFF, 0xFF, 0xFF])));
    });
    assert_eq!(
        assert_refused(script, ssl::BAD_INPUT_DATA, Alert::ILLEGAL_PARAMETER).cause,
        Cause::MessageTooLong
    );
}

#[test]
fn a_chain_that_is_not_trusted_is_refused_with_its_flags() {
    let chain = |names: &[&str]| Script {
        chain: names.iter().map(|name| throwaway::der(name)).collect(),
        ..Script::default()
    };
    let cases = [
        (chain(&["server.pem"]), codes::CERT_VERIFY_FAILED, Flags::NOT_TRUSTED, Alert::UNKNOWN_CA),
        (
            chain(&["server-other-name.pem", "intermediate.pem"]),
            codes::CERT_VERIFY_FAILED,
            Flags::CN_MISMATCH,
            Alert::BAD_CERTIFICATE,
        ),
        (
            chain(&["server-sign-only.pem", "intermediate.pem"]),
            ssl::BAD_HS_CERTIFICATE,
            Flags::KEY_USAGE,
            Alert::UNSUPPORTED_CERTIFICATE,
        ),
    ];
    for (script, error, flags, alert) in cases {
        assert_eq!(assert_refused(script, error, alert).flags, flags);
    }
    let (status, _) = refused(&Config::default(), &[], Script::default());
    assert_eq!((status.error, status.flags), (ssl::CA_CHAIN_REQUIRED, Flags::NOT_TRUSTED));
}

#[test]
fn without_verification_any_chain_will_do() {
    let config = Config { verification: Verification::None, ..Config::default() };
    for names in [&["server.pem"][..], &["server-sign-only.pem", "other-ca.pem"]] {
        let chain = names.iter().map(|name| throwaway::der(name)).collect();
        let key = throwaway::rsa_key(&names[0].replace(".pem", ".key").replace("-sign-only", ""));
        let used = honest(&config, &[], Script { chain, key, ..Script::default() });
        assert!(!used.session.is_empty());
    }
}
