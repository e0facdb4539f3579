//! Whom to trust: certificates in every situation, and sessions that are resumed.

use tests::oracle_tls::Verification;
use tests::pki::strip_armour;
use tests::server::{
    ALERT, CERTIFICATE, FINISHED, Flight, Item, NEW_SESSION_TICKET, SERVER_HELLO_DONE, Saved, Script,
    certificate, message,
};
use tests::strange;
use tests::throwaway::{NOW, der, rsa_key};

use super::{FATAL, MODES, WARNING, case, record, said_honestly};
use crate::differential::{Case, Setup};

pub(in crate::differential) fn certificates() -> Vec<Case> {
    let usual = Setup::default();
    let chains: [(&str, &[&str]); 11] = [
        ("no intermediate", &["server.pem"]),
        ("root sent too", &["server.pem", "intermediate.pem", "ca.pem"]),
        ("an unrelated one between", &["server.pem", "other-ca.pem", "intermediate.pem"]),
        ("in the wrong order", &["intermediate.pem", "server.pem"]),
        ("another name", &["server-other-name.pem", "intermediate.pem"]),
        ("no keyEncipherment", &["server-sign-only.pem", "intermediate.pem"]),
        ("no keyEncipherment and no intermediate", &["server-sign-only.pem"]),
        ("a client's", &["client-2048.pem"]),
        ("a client's of 1024 bits", &["client-1024.pem"]),
        ("an EC key", &["server-ec.pem", "intermediate.pem"]),
        ("a CA's", &["ca.pem"]),
    ];
    let setups = [
        ("", usual),
        (", not verified", Setup { verification: Verification::None, ..usual }),
        (", not verified, no anchors", Setup { verification: Verification::None, anchors: None, ..usual }),
        (", no anchors", Setup { anchors: None, ..usual }),
        (", another anchor", Setup { anchors: Some("other-ca.pem"), ..usual }),
        (", the intermediate as anchor", Setup { anchors: Some("intermediate.pem"), ..usual }),
        (", the server as anchor", Setup { anchors: Some("server.pem"), ..usual }),
        (", another host", Setup { host: "elsewhere.test", ..usual }),
        (", expired", Setup { now: EXPIRED, ..usual }),
        (", not valid yet", Setup { now: TOO_EARLY, ..usual }),
        (
            ", all wrong",
            Setup { now: EXPIRED, host: "elsewhere.test", anchors: Some("other-ca.pem"), ..usual },
        ),
    ];
    let mut cases = Vec::new();
    for (name, setup) in setups {
        cases.push(case(format!("the usual chain{name}"), Script::default).with(setup));
        if setup.verification == Verification::Required {
            let setup = Setup { verification: Verification::Optional, ..setup };
            cases.push(case(format!("the usual chain{name}, only reported"), Script::default).with(setup));
        }
    }
    for (chain, files) in chains {
        let reported = Setup { verification: Verification::Optional, ..usual };
        let reported = [
            (", only reported", reported),
            (", no anchors, only reported", Setup { anchors: None, ..reported }),
        ];
        for (name, setup) in setups[..5].iter().chain(&reported) {
            let key = files[0].replace(".pem", ".key");
            let script = move || Script {
                chain: files.iter().map(|file| der(file)).collect(),
                key: rsa_key(if key.starts_with("server") { "server.key" } else { &key }),
                ..Script::default()
            };
            cases.push(case(format!("chain: {chain}{name}"), script).with(*setup));
        }
    }
    cases.extend(odd_certificates());
    cases.extend(strange_certificates());
    let until_2027 =
        || Script { chain: vec![der("server-until-2027.pem"), der("intermediate.pem")], ..Script::default() };
    for (name, now) in [("before", END_OF_2026 - 1), ("after", END_OF_2026 + 1)] {
        cases.push(case(format!("just {name} the leaf's end"), until_2027).with(Setup { now, ..usual }));
    }
    let reported = (", only reported", Setup { verification: Verification::Optional, ..usual });
    for (name, setup) in setups[..2].iter().chain(&[reported]) {
        cases.push(case(format!("signature of the leaf damaged{name}"), || damaged(0)).with(*setup));
        cases.push(case(format!("signature of the intermediate damaged{name}"), || damaged(1)).with(*setup));
    }
    cases
}

/// Some of `vectors/x509` as the server's own: those that do not parse, and those that nobody trusts.
fn odd_certificates() -> Vec<Case> {
    let names = [
        "public/unsupported_extension_critical",
        "public/invalid_version",
        "public/two_basic_constraints",
        "public/badasn1time",
        "public/letsencryptx3",
        "public/post2000utctime",
        "certificates/der-cut",
        "certificates/date-month-13",
        "certificates/algorithm-unknown",
        "certificates/algorithm-mismatch",
        "certificates/extension-critical-odd",
    ];
    let script = |name: &str| {
        let file = format!("{}/../vectors/x509/{name}.pem", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(file).expect("a certificate file");
        let leaf = strip_armour("CERTIFICATE", &text).expect("a certificate");
        Script { chain: vec![leaf, der("intermediate.pem")], ..Script::default() }
    };
    names.into_iter().map(|name| case(format!("leaf: {name}"), move || script(name))).collect()
}

/// One of each kind that this client cannot use, or does not know: as the server's own, and where nobody needs it.
fn strange_certificates() -> Vec<Case> {
    let mut cases = Vec::new();
    for strange in strange::all() {
        for (place, at) in [("first", 0), ("second", 1), ("last", 2)] {
            for (name, verification) in MODES {
                let der = strange.der.clone();
                let script = move || {
                    let mut script = Script::default();
                    script.chain.insert(at, der.clone());
                    script
                };
                let id = format!("strange {place}: {}{name}", strange.kind);
                cases.push(case(id, script).with(Setup { verification, ..Setup::default() }));
            }
        }
    }
    cases
}

/// 2049, when everything in `vectors/tls12` has expired; 2023, when nothing is valid yet; the end of one certificate.
const EXPIRED: u64 = 2_500_000_000;
const TOO_EARLY: u64 = 1_700_000_000;
const END_OF_2026: u64 = 1_798_761_600;
const _: () = assert!(TOO_EARLY < NOW && NOW < END_OF_2026);

/// The usual chain, with the last byte of one signature changed.
fn damaged(index: usize) -> Script {
    let mut script = Script::default();
    script.chain[index].last_mut().into_iter().for_each(|last| *last ^= 1);
    script
}

pub(in crate::differential) fn resumption() -> Vec<Case> {
    let by_id = || Script { ticket: None, ..Script::default() };
    let extended = |extended_master_secret| move || Script { extended_master_secret, ..Script::default() };
    let etm = |encrypt_then_mac| move || Script { encrypt_then_mac, ..Script::new(0x003D) };
    let resumed = |id: &str, edit: fn(&mut Vec<Item>)| {
        case(id, move || by_id().edited_in(Flight::Resumption, edit)).after(by_id)
    };
    let reported = Setup {
        verification: Verification::Optional,
        anchors: Some("other-ca.pem"),
        host: "elsewhere.test",
        ..Setup::default()
    };
    vec![
        case("resumed, only reported", Script::default).after(Script::default).with(reported),
        case("honest, resumed by ticket", Script::default).after(Script::default).then(said_honestly),
        case("honest, resumed by session id", by_id).after(by_id).then(said_honestly),
        case("honest, ticket refused", forgetful).after(Script::default).then(said_honestly),
        case("resumed with encrypt-then-MAC gone", etm(false)).after(etm(true)).then(said_honestly),
        case("honest, resumed with encrypt-then-MAC new", etm(true)).after(etm(false)).then(said_honestly),
        case("resumed with extended master secret gone", extended(false)).after(extended(true)),
        case("resumed with extended master secret new", extended(true)).after(extended(false)),
        case("resumed with another suite", || Script::new(0x009C)).after(Script::default),
        case("resumed with another suite, and a full handshake", || Script {
            ticket: None,
            resume: forgetful().resume,
            ..Script::new(0x009C)
        })
        .after(by_id),
        case("resumed with an older version", || Script { version: [3, 1], ..Script::default() })
            .after(Script::default),
        resumed("resumed, Finished wrong", |items| *items.last_mut().unwrap() = message(FINISHED, &[0; 12])),
        resumed("resumed, no ChangeCipherSpec", |items| drop(items.remove(1))),
        resumed("resumed, but a Certificate follows", |items| {
            items.insert(1, message(CERTIFICATE, &certificate(&[der("server.pem")])));
        }),
        resumed("resumed, but ServerHelloDone follows", |items| {
            items.insert(1, message(SERVER_HELLO_DONE, &[]))
        }),
        resumed("resumed, end before ChangeCipherSpec", |items| {
            items.truncate(1);
            items.push(Item::End);
        }),
        resumed("resumed, close_notify before Finished", |items| {
            items.truncate(2);
            items.push(record(ALERT, &[WARNING, 0]));
        }),
        resumed("resumed, fatal alert", |items| items.insert(0, record(ALERT, &[FATAL, 40]))),
        case("resumed, ticket malformed", || {
            Script::default()
                .edited_in(Flight::Resumption, |items| items[1] = message(NEW_SESSION_TICKET, &[0; 5]))
        })
        .after(Script::default),
    ]
}

/// Knows nothing of any session.
fn forgetful() -> Script {
    let nothing = Saved { id: Vec::new(), ticket: Vec::new(), master: Vec::new() };
    Script { resume: Some(nothing), ..Script::default() }
}
