//! The same faults at every suite, with and without extended master secret and encrypt-then-MAC: what a client answers does not depend
//! on how records are protected.

use std::rc::Rc;

use tests::server::Script;
use tests::server::crypto::SUITES;

use super::{Case, Verdict, cases, judge};

/// What servers do: names of cases. Each is held as it is known where it stands first, with its row of `docs/parity.md` if it has one.
const FAULTS: [&str; 34] = [
    "version 3.2",
    "suite C02F",
    "compression 1",
    "session id of 33 bytes",
    "ServerHello with a byte behind it",
    "extension 5 once more or unasked",
    "HelloRequest first",
    "ServerHello twice",
    "no Certificate",
    "ServerKeyExchange",
    "ServerHelloDone with content",
    "message of an unknown type",
    "CertificateRequest twice",
    "Certificate with a byte behind it",
    "Certificate with an empty list",
    "signature of the leaf damaged",
    "application data at 1",
    "ChangeCipherSpec at 1",
    "fatal alert 40 first",
    "messages cut Every(1000)",
    "Finished without ChangeCipherSpec",
    "NewSessionTicket not promised",
    "message after ChangeCipherSpec",
    "Finished of 11 bytes",
    "ChangeCipherSpec [2]",
    "application data before ChangeCipherSpec",
    "GCM: Finished wrong",
    "GCM: Finished's record damaged",
    "GCM: data before Finished",
    "GCM: last byte damaged",
    "GCM: replayed",
    "GCM: another type",
    "HelloRequest in traffic",
    "end in traffic",
];

impl Case {
    /// The same server with another protection.
    fn at(&self, suite: u16, extended_master_secret: bool, encrypt_then_mac: bool) -> Self {
        let script = Rc::clone(&self.script);
        Self {
            script: Rc::new(move || Script { suite, extended_master_secret, encrypt_then_mac, ..script() }),
            ..self.clone()
        }
    }
}

/// 34 faults, ten suites, both extensions: 1 360 servers with `TLS12_SERVERS=all`, every 19th of them otherwise.
#[test]
fn every_fault_at_every_suite() {
    // 19 has no factor in common with the 34 faults, so that each of them is tried.
    let step = if std::env::var("TLS12_SERVERS").is_ok_and(|which| which == "all") { 1 } else { 19 };
    let faults: Vec<Case> = cases::all().into_iter().filter(|case| FAULTS.contains(&&*case.id)).collect();
    assert_eq!(faults.len(), FAULTS.len());
    let (mut wrong, mut tried, mut number) = (Vec::new(), 0, 0);
    for suite in SUITES {
        for (extended, encrypt) in [(true, true), (true, false), (false, true), (false, false)] {
            for fault in &faults {
                number += 1;
                if number % step != 0 {
                    continue;
                }
                tried += 1;
                let case = fault.at(suite, extended, encrypt);
                if let Verdict::Wrong(text) = judge(&case, &case) {
                    wrong.push(format!("suite {suite:04X}, {extended}, {encrypt}: {text}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
    // The planted fault: a client that does not look at what is wrong, which here is one that meets an honest server.
    for fault in &faults {
        let honest = Case { id: fault.id.clone(), ..cases::honest() };
        assert!(matches!(judge(fault, &honest), Verdict::Wrong(_)), "not found: {}", fault.id);
    }
    println!("counted: {tried} scripted servers");
    println!("control found: a client that overlooks any of the {} faults", FAULTS.len());
}
