//! What can be wrong with a ServerHello.

use tests::server::crypto::SUITES;
use tests::server::{SERVER_HELLO, Script};

use super::{body, case, said_honestly};
use crate::differential::{Case, Setup};

pub(in crate::differential) fn server_hellos() -> Vec<Case> {
    let mut cases = Vec::new();
    for suite in SUITES {
        for (has_both, name) in [(true, ""), (false, " without extensions")] {
            let script = move || Script {
                encrypt_then_mac: has_both,
                extended_master_secret: has_both,
                ..Script::new(suite)
            };
            cases.push(case(format!("honest, suite {suite:04X}{name}"), script).then(said_honestly));
        }
    }
    for version in [[2, 0], [3, 0], [3, 1], [3, 2], [3, 4], [4, 3], [254, 253]] {
        let [major, minor] = version;
        cases.push(case(format!("version {major}.{minor}"), move || Script { version, ..Script::default() }));
    }
    // A name that nobody knows, one of TLS 1.3, known ones that were not offered, the signalling value.
    for suite in [0x0000, 0x1301, 0xC02F, 0x000A, 0x00FF, 0xFEFE] {
        let script = move || {
            Script::default().edited_message(SERVER_HELLO, move |body| {
                body[67..69].copy_from_slice(&u16::to_be_bytes(suite));
            })
        };
        cases.push(case(format!("suite {suite:04X}"), script));
    }
    for compression in [1, 64] {
        cases.push(case(format!("compression {compression}"), move || Script {
            compression,
            ..Script::default()
        }));
    }
    for length in [0, 33, 255] {
        let script = move || Script { session_id: vec![7; length], ..Script::default() };
        cases.push(case(format!("session id of {length} bytes"), script));
    }
    for length in [0, 1, 2, 33, 34, 35, 37, 38, 67, 69, 70, 71, 72, 73, 75, 76] {
        let id = format!("ServerHello cut to {length} bytes");
        cases.push(case(id, move || {
            Script::default().edited_message(SERVER_HELLO, move |body| body.truncate(length))
        }));
    }
    cases.extend([
        body("ServerHello with a byte behind it", SERVER_HELLO, |body| body.push(0)),
        body("extensions' length too large", SERVER_HELLO, |body| body[71] += 1),
        body("extensions' length too small", SERVER_HELLO, |body| body[71] -= 1),
        body("extensions' length zero", SERVER_HELLO, |body| body[71] = 0),
        body("first extension's length too large", SERVER_HELLO, |body| body[75] = 200),
        body("no extensions", SERVER_HELLO, |body| body.truncate(70)),
        case("renegotiation_info missing", || Script { renegotiation_info: None, ..Script::default() }),
    ]);
    for content in [&[][..], &[1], &[0, 0], &[1, 0], &[12; 13]] {
        let script = move || Script { renegotiation_info: Some(content.to_vec()), ..Script::default() };
        cases.push(case(format!("renegotiation_info {content:?}"), script));
    }
    for (kind, name) in [(22, "encrypt_then_mac"), (23, "extended_master_secret"), (35, "session_ticket")] {
        cases.push(case(format!("{name} with content"), move || {
            let script = Script { extensions: vec![(kind, vec![0])], ..Script::new(0x003D) };
            Script { encrypt_then_mac: false, extended_master_secret: false, ticket: None, ..script }
        }));
    }
    for (kind, content) in [
        (0, &[][..]),
        (1, &[1]),
        (5, &[]),
        (13, &[0, 2, 4, 1]),
        (16, &[0, 5, 4, 109, 113, 116, 116]),
        (23, &[]),
    ] {
        let script = move || Script { extensions: vec![(kind, content.to_vec())], ..Script::default() };
        cases.push(case(format!("extension {kind} once more or unasked"), script));
    }
    // What some servers send to every client: supported_groups and ec_point_formats.
    for (kind, content) in [
        (10, &[][..]),
        (10, &[0, 2, 0, 23]),
        (10, &[7]),
        (11, &[]),
        (11, &[0]),
        (11, &[1, 0]),
        (11, &[1, 1]),
        (11, &[1, 2]),
        (11, &[3, 0, 1, 2]),
        (11, &[3, 2, 1, 0]),
        (11, &[2, 0]),
        (11, &[1, 0, 0]),
    ] {
        let script = move || Script { extensions: vec![(kind, content.to_vec())], ..Script::default() };
        cases.push(case(format!("extension {kind} unasked: {content:?}"), script).then(said_honestly));
    }
    for kind in [10, 11] {
        let script = move || Script { extensions: vec![(kind, vec![1, 0]); 2], ..Script::default() };
        cases.push(case(format!("extension {kind} unasked, twice"), script));
    }
    cases.push(case("encrypt_then_mac with an AEAD suite", || Script {
        extensions: vec![(22, vec![])],
        ..Script::default()
    }));
    cases.extend(application_protocols());
    cases
}

fn application_protocols() -> Vec<Case> {
    let offers = Setup { has_alpn: true, ..Setup::default() };
    let answers: [(&str, &[u8]); 7] = [
        ("of another name", b"\0\x02\x01x"),
        ("of two names", b"\0\x0A\x04mqtt\x04mqtt"),
        ("empty", b""),
        ("with an empty list", b"\0\0"),
        ("with an empty name", b"\0\x01\0"),
        ("with a wrong length", b"\0\x05\x05mqtt"),
        ("with a byte behind it", b"\0\x05\x04mqtt\0"),
    ];
    let mut cases: Vec<Case> = answers
        .into_iter()
        .map(|(name, content)| {
            let script = move || Script { extensions: vec![(16, content.to_vec())], ..Script::default() };
            case(format!("ALPN {name}"), script).with(offers)
        })
        .collect();
    let chosen = || Script { alpn: Some(b"mqtt".to_vec()), ..Script::default() };
    cases.push(case("honest, ALPN", chosen).with(offers).then(said_honestly));
    cases.push(case("honest, ALPN not answered", Script::default).with(offers).then(said_honestly));
    cases
}
