//! Resumption: RFC 5246 §7.3, RFC 5077, RFC 7627 §5.3, RFC 7366 §3.

use status::{Alert, Cause, ssl};
use tests::link::{Link, Pieces};
use tests::server::crypto::SUITES;
use tests::server::{Flight, NEW_SESSION_TICKET, Saved, Script, Server, message};
use tests::throwaway::{NOW, der};
use tls12::{Config, Peer, Suite, Suites, Verification, Want};

use super::{Talk, bounds::LIMITS, bundle, plain};
use crate::handshake::{identity, peer, trusting};

/// A first connection: what the client kept of it, and what the server did.
fn first(config: Config<'static>, script: Script) -> (Vec<u8>, Saved) {
    let talk = Talk::with(config, peer(&[]), script, Pieces::Whole).connected();
    assert!(!talk.connection.resumed());
    assert!(!talk.session().is_empty());
    (talk.session(), talk.link.server.saved())
}

fn again(config: Config<'static>, session: &[u8], script: Script) -> Talk {
    Talk::with(config, peer(session), script, Pieces::Whole)
}

fn by_id(script: Script) -> Script {
    Script { ticket: None, ..script }
}

/// RFC 5077 §3.4.
#[test]
fn a_random_session_id_goes_with_a_ticket() {
    let (session, saved) = first(trusting(), Script::default());
    let mut ids = Vec::new();
    for seed in 1..=2 {
        let script = Script { resume: Some(saved.clone()), ..Script::default() };
        let mut talk = again(trusting(), &session, script);
        talk.accel = accel::rustcrypto::RustCrypto::new(tests::entropy::InsecureSeeded::new(seed));
        let talk = talk.connected();
        assert!(talk.connection.resumed() && talk.link.server.resumed);
        assert_eq!(talk.link.server.hello.extension(35), Some(&saved.ticket[..]));
        ids.push(talk.link.server.hello.session_id.clone());
    }
    assert_eq!(ids[0].len(), 32);
    assert_ne!(ids[0], ids[1]);
    assert_ne!(ids[0], saved.id);
}

#[test]
fn by_its_id_a_session_is_resumed_with_that_id() {
    for suite in SUITES {
        let (session, saved) = first(trusting(), by_id(Script::new(suite)));
        let script = by_id(Script { resume: Some(saved.clone()), ..Script::new(suite) });
        let talk = again(trusting(), &session, script).connected();
        assert!(talk.connection.resumed());
        assert_eq!(talk.link.server.hello.session_id, saved.id);
        assert_eq!(talk.link.server.messages, [1, 20], "abbreviated");
        // And once more, with what the second one kept.
        let script = by_id(Script { resume: Some(saved), ..Script::new(suite) });
        assert!(again(trusting(), &talk.session(), script).connected().connection.resumed());
    }
}

/// Offered to nobody but the server that it was made with, and under no other terms.
#[test]
fn a_session_resumes_only_what_it_was_made_for() {
    let own = Config { identity: Some(identity("client-1024")), ..trusting() };
    let (session, saved) = first(own, Script::default());
    let script = || Script { resume: Some(saved.clone()), ..Script::default() };
    assert!(again(own, &session, script()).connected().connection.resumed());

    let others = [
        ("verification", Config { verification: Verification::None, ..own }),
        ("verification of the chain only", Config { verification: Verification::ChainOnly, ..own }),
        ("another client certificate", Config { identity: Some(identity("client-2048")), ..own }),
        ("no client certificate", Config { identity: None, ..own }),
        ("suite", Config { suites: Suites::new(&Suite::ALL[1..]).unwrap(), ..own }),
        (
            "policy",
            Config {
                policy: {
                    let mut policy = own.policy;
                    policy.sha1 = !policy.sha1;
                    policy
                },
                ..own
            },
        ),
    ];
    for (name, config) in others {
        let script = Script { suite: 0x002F, ..script() };
        let talk = again(config, &session, script).connected();
        assert!(!talk.connection.resumed(), "{name}");
        assert_eq!(talk.link.server.hello.extension(35), Some(&[][..]), "{name}");
        assert!(talk.link.server.hello.session_id.is_empty(), "{name}");
    }
    // Another trust anchor: not even the full handshake succeeds.
    let mut talk = again(Config { anchors: Some(bundle("other-ca.pem")), ..own }, &session, script());
    assert!(talk.run().is_err());
    assert_eq!(talk.link.server.hello.extension(35), Some(&[][..]));
    // Another host.
    let peer = Peer { host: "127.0.0.1", ..peer(&session) };
    let talk = Talk::with(own, peer, script(), Pieces::Whole).connected();
    assert!(!talk.connection.resumed());
    // Damaged bytes.
    for at in [0, 1, 40, session.len() - 1] {
        let mut damaged = session.clone();
        damaged[at] ^= 1;
        let talk = again(own, &damaged, script()).connected();
        assert!(!talk.connection.resumed() && talk.link.server.hello.session_id.is_empty());
    }
}

/// RFC 5246 §7.4.1.3: whoever resumes keeps suite and version.
#[test]
fn a_server_that_resumes_otherwise_is_refused() {
    let (session, saved) = first(trusting(), Script::default());
    let script = || Script { resume: Some(saved.clone()), ..Script::default() };
    let illegal = (ssl::BAD_HS_SERVER_HELLO, Some(Alert::ILLEGAL_PARAMETER), Cause::ResumptionMismatch);
    assert_eq!(again(trusting(), &session, Script { suite: 0x009C, ..script() }).fails(&[]), illegal);
    let version = Script { version: [3, 1], ..script() };
    let expected = plain(ssl::BAD_HS_PROTOCOL_VERSION, Alert::PROTOCOL_VERSION);
    assert_eq!(again(trusting(), &session, version).fails(&[]), expected);
}

/// RFC 7627 §5.3.
#[test]
fn extended_master_secret_on_one_side_only_aborts() {
    for extended_master_secret in [true, false] {
        let script = |extended_master_secret| Script { extended_master_secret, ..Script::default() };
        let (session, saved) = first(trusting(), script(extended_master_secret));
        let other = Script { resume: Some(saved), ..script(!extended_master_secret) };
        let expected = (ssl::BAD_HS_SERVER_HELLO, Some(Alert::HANDSHAKE_FAILURE), Cause::ResumptionMismatch);
        assert_eq!(again(trusting(), &session, other).fails(&[]), expected);
    }
}

/// RFC 7366 §3: not a property of the session.
#[test]
fn encrypt_then_mac_is_negotiated_afresh() {
    for suite in [0x003D, 0x0035, 0x003C, 0x002F] {
        for encrypt_then_mac in [true, false] {
            let (session, saved) = first(trusting(), Script { encrypt_then_mac, ..Script::new(suite) });
            let script =
                Script { resume: Some(saved), encrypt_then_mac: !encrypt_then_mac, ..Script::new(suite) };
            let mut talk = again(trusting(), &session, script).connected();
            assert!(talk.connection.resumed());
            talk.link.server.send(b"under the new terms");
            assert!(talk.run().is_ok());
            assert_eq!(talk.data, b"under the new terms");
        }
    }
    let (session, saved) = first(trusting(), Script::default());
    let script = Script { resume: Some(saved), extensions: vec![(22, Vec::new())], ..Script::default() };
    let expected = plain(ssl::BAD_HS_SERVER_HELLO, Alert::ILLEGAL_PARAMETER);
    assert_eq!(again(trusting(), &session, script).fails(&[]), expected);
}

/// RFC 5077 §3.3: the server may change its mind.
#[test]
fn an_empty_new_session_ticket_is_legal() {
    let script = || Script { ticket: Some((0, Vec::new())), ..Script::default() };
    let (session, saved) = first(trusting(), script());
    let script = Script { resume: Some(saved), ..script() };
    let talk = again(trusting(), &session, script).connected();
    assert!(talk.connection.resumed(), "by the session id");
}

#[test]
fn a_malformed_new_session_ticket_is_refused() {
    for body in [&[][..], &[0; 5], &[0, 0, 0, 1, 0, 2, 7], &[0, 0, 0, 1, 0, 1, 7, 7]] {
        let script = Script::default().edited_message(NEW_SESSION_TICKET, move |old| *old = body.to_vec());
        let expected = plain(ssl::BAD_HS_NEW_SESSION_TICKET, Alert::DECODE_ERROR);
        assert_eq!(super::refused(script), expected);
    }
    // One that was not promised.
    let script = by_id(Script::default()).edited_in(Flight::Finish, |items| {
        items.insert(0, message(NEW_SESSION_TICKET, &[0; 6]));
    });
    assert_eq!(super::refused(script), plain(ssl::UNEXPECTED_MESSAGE, Alert::UNEXPECTED_MESSAGE));
}

#[test]
fn the_expiry_of_the_stored_certificate_is_checked_again() {
    // A connection shortly before the certificate's end, 2027-01-01, and others on both sides of it.
    let end = 1_798_761_600;
    let chain = || vec![der("server-until-2027.pem"), der("intermediate.pem")];
    let at = |now: u64, session: &[u8], script: Script| {
        Talk::with(trusting(), Peer { now, ..peer(session) }, script, Pieces::Whole)
    };
    let talk = at(end - 600, &[], Script { chain: chain(), ..Script::default() }).connected();
    let script = || Script { chain: chain(), resume: Some(talk.link.server.saved()), ..Script::default() };
    assert!(at(end - 60, &talk.session(), script()).connected().connection.resumed());
    let mut late = at(end + 60, &talk.session(), script());
    assert!(late.run().is_err(), "a full handshake with an expired certificate");
    assert_eq!(late.link.server.hello.extension(35), Some(&[][..]));
}

#[test]
fn an_old_session_and_one_of_the_future_are_not_offered() {
    let (session, saved) = first(trusting(), Script::default());
    for now in [NOW - 1, NOW + 7201] {
        let script = Script { resume: Some(saved.clone()), ..Script::default() };
        let talk = Talk::with(trusting(), Peer { now, ..peer(&session) }, script, Pieces::Whole).connected();
        assert!(!talk.connection.resumed());
    }
}

/// RFC 5246 §7.2.2.
#[test]
fn a_fatal_alert_drops_the_session() {
    let (session, saved) = first(trusting(), Script::default());
    let script = Script { resume: Some(saved), ..Script::default() };
    let mut talk = again(trusting(), &session, script).connected();
    assert!(!talk.session().is_empty());
    talk.link.server.alert(2, Alert::INTERNAL_ERROR.0);
    assert_eq!(talk.fails(&[]), (ssl::FATAL_ALERT_MESSAGE, None, Cause::None));
    assert!(talk.session().is_empty());
}

#[test]
fn a_refused_ticket_falls_back_to_a_full_handshake() {
    for suite in SUITES {
        let (session, _) = first(trusting(), Script::default());
        // The server has forgotten everything, and has another favourite.
        let talk = again(trusting(), &session, Script::new(suite)).connected();
        assert!(!talk.connection.resumed());
        assert_eq!(talk.link.server.messages, [1, 16, 20]);
        assert!(!talk.session().is_empty());
        assert!(talk.connection.status().is_none());
    }
}

/// RFC 6066 §4: the limit belongs to the session. It is offered with the same limit only, and goes on to hold.
#[test]
fn a_session_is_offered_with_its_own_max_fragment_length_only() {
    let config = |limit| Config { max_fragment_length: limit, ..trusting() };
    for limit in LIMITS {
        let (session, saved) = first(config(Some(limit)), Script::default());
        for other in LIMITS.map(Some).into_iter().chain([None]) {
            let script = Script { resume: Some(saved.clone()), ..Script::default() };
            let talk = again(config(other), &session, script).connected();
            assert_eq!(talk.connection.resumed(), other == Some(limit), "{limit:?} and {other:?}");
        }
        // The server need not say so again.
        let script = Script { resume: Some(saved.clone()), max_fragment_length: false, ..Script::default() };
        let mut talk = again(config(Some(limit)), &session, script).connected();
        assert!(talk.connection.resumed());
        assert!(talk.connection.write_space().len() <= limit.bytes(), "{limit:?}");
    }
    // A session without a limit goes with any.
    let (session, saved) = first(config(None), Script::default());
    let script = Script { resume: Some(saved), ..Script::default() };
    assert!(again(config(Some(LIMITS[2])), &session, script).connected().connection.resumed());
}

/// A ticket that was kept is not shown while tickets are off.
#[test]
fn without_tickets_a_kept_ticket_is_not_offered() {
    let (session, saved) = first(trusting(), Script::default());
    let config = Config { session_tickets: false, ..trusting() };
    let script = Script { resume: Some(saved), ..Script::default() };
    let talk = again(config, &session, script).connected();
    assert_eq!(talk.link.server.hello.extension(35), None);
    assert!(talk.link.server.hello.session_id.is_empty() || talk.connection.resumed());
}

/// RFC 5077 §3.3: a new ticket takes the old one's place; the session is as old as it was.
#[test]
fn a_ticket_that_comes_with_a_resumption_is_the_next_one_to_offer() {
    let (session, mut saved) = first(trusting(), Script::default());
    let fresh = b"the second ticket, which is longer than the first one".to_vec();
    let script =
        Script { resume: Some(saved.clone()), ticket: Some((7200, fresh.clone())), ..Script::default() };
    let second = again(trusting(), &session, script).connected();
    assert!(second.connection.resumed());

    saved.ticket = fresh.clone();
    let at = |now, session: &[u8]| {
        let script = Script { resume: Some(saved.clone()), ticket: None, ..Script::default() };
        Talk::with(trusting(), Peer { now, ..peer(session) }, script, Pieces::Whole).connected()
    };
    let third = at(NOW + 7200, &second.session());
    assert!(third.connection.resumed());
    assert_eq!(third.link.server.hello.extension(35), Some(&fresh[..]));
    // Without another ticket the same one is kept.
    let fourth = at(NOW + 7200, &third.session());
    assert_eq!(fourth.link.server.hello.extension(35), Some(&fresh[..]));
    // Its hint counts from the full handshake.
    assert!(!at(NOW + 7201, &third.session()).connection.resumed());
}

/// RFC 5246 §7.4.9: before both Finished messages nothing has been agreed on that could be resumed.
#[test]
fn there_is_no_session_before_the_handshake_is_over() {
    let (session, saved) = first(trusting(), Script::default());
    for (offered, script) in
        [(&[][..], Script::default()), (&session[..], Script { resume: Some(saved), ..Script::default() })]
    {
        let config = trusting();
        let mut memory = crate::handshake::Memory::new();
        let mut connection = memory.connect(&config, peer(offered));
        let mut accel = accel::rustcrypto::RustCrypto::new(tests::entropy::InsecureSeeded::new(1));
        let mut server = Server::new(script);
        let mut turns = 0;
        loop {
            let want = connection.poll(&mut accel).unwrap();
            if want.contains(Want::WRITE) {
                break;
            }
            assert!(connection.session().is_empty(), "{:?}", connection.step());
            turns += 1;
            if want.contains(Want::SEND) {
                server.receive(&connection.send_bytes()[..1]);
                connection.sent(1);
            } else if want.contains(Want::RECV) {
                let byte = server.take_output(1);
                connection.recv_space()[0] = byte[0];
                connection.received(1);
            }
        }
        assert!(turns > 200, "{turns}");
        assert!(!connection.session().is_empty());
    }
}

/// The same buffers, connection after connection: what the first has kept lies where the next one offers it from.
#[test]
fn a_connection_that_is_restarted_offers_what_it_has_kept() {
    for (script, again) in [
        (Script::default as fn() -> Script, Script::default as fn() -> Script),
        (|| by_id(Script::default()), || by_id(Script::default())),
        // Resumed without a new ticket: the same one is offered once more.
        (Script::default, || Script { ticket: None, ..Script::default() }),
    ] {
        let mut talk = Talk::with(trusting(), peer(&[]), script(), Pieces::Whole).connected();
        let mut saved = talk.link.server.saved();
        for round in 0..3 {
            talk.connection.restart(NOW + 60);
            assert!(talk.connection.session().is_empty() && talk.connection.send_bytes().is_empty());
            let script = Script { resume: Some(saved.clone()), ..again() };
            talk.link = Link::new(Server::new(script), Pieces::Whole);
            talk = talk.connected();
            assert!(talk.connection.resumed(), "round {round}");
            if again().ticket.is_some() {
                saved = talk.link.server.saved();
            }
        }
        // A server that has forgotten everything gets a full handshake, and the next one resumes that.
        talk.connection.restart(NOW + 60);
        let forgetful = Script { session_id: vec![0x77; 32], ..Script::default() };
        talk.link = Link::new(Server::new(forgetful), Pieces::Whole);
        let mut talk = talk.connected();
        assert!(!talk.connection.resumed());
        let saved = talk.link.server.saved();
        talk.connection.restart(NOW + 60);
        talk.link =
            Link::new(Server::new(Script { resume: Some(saved), ..Script::default() }), Pieces::Whole);
        assert!(talk.connected().connection.resumed());
    }
}

/// Nothing of a handshake that broke off is offered: neither what the server had sent, nor what it may have hung up over.
#[test]
fn a_connection_that_is_restarted_after_a_failure_begins_anew() {
    let first = || Talk::with(trusting(), peer(&[]), Script::default(), Pieces::Whole).connected();
    let offers_nothing = |mut talk: Talk| {
        talk.connection.restart(NOW);
        talk.link = Link::new(Server::new(Script::default()), Pieces::Whole);
        let talk = talk.connected();
        assert_eq!(talk.link.server.hello.extension(35), Some(&[][..]));
    };
    // A fatal alert in traffic.
    let mut talk = first();
    talk.link.server.alert(2, Alert::INTERNAL_ERROR.0);
    assert!(talk.run().is_err());
    offers_nothing(talk);
    // A stream that ends behind the ticket of a resumption, before Finished.
    let mut talk = first();
    let saved = talk.link.server.saved();
    talk.connection.restart(NOW);
    let script = Script { resume: Some(saved), ..Script::default() };
    let script = script.edited_in(Flight::Resumption, |items| {
        items.truncate(2);
        items.push(tests::server::Item::End);
    });
    talk.link = Link::new(Server::new(script), Pieces::Whole);
    assert_eq!(talk.run(), Err(ssl::CONN_EOF));
    offers_nothing(talk);
    // The application gave up in the middle.
    let mut talk = Talk::new(Script::default().edited_in(Flight::Finish, |items| items.truncate(1)));
    assert!(talk.run().is_ok());
    offers_nothing(talk);
}

/// Nobody has looked at the certificate, so its end is nobody's business.
#[test]
fn without_verification_a_certificates_end_does_not_end_the_session() {
    let end = 1_798_761_600;
    let config = Config { verification: Verification::None, ..trusting() };
    let chain = || vec![der("server-until-2027.pem"), der("intermediate.pem")];
    let at = |now: u64, session: &[u8], script: Script| {
        Talk::with(config, Peer { now, ..peer(session) }, script, Pieces::Whole).connected()
    };
    let talk = at(end - 600, &[], Script { chain: chain(), ..Script::default() });
    let script = Script { chain: chain(), resume: Some(talk.link.server.saved()), ..Script::default() };
    assert!(at(end + 600, &talk.session(), script).connection.resumed());
}
