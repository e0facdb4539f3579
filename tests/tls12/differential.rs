//! The same server's words, said to the real Mbed TLS 2.28 and to ours: one code, one set of flags and the same alerts, or a row of
//! `docs/parity.md` that says why not.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests"
)]

mod cases;
mod differences;
mod matrix;

use std::rc::Rc;

use accel::rustcrypto::RustCrypto;
use status::Status;
use tests::entropy::InsecureSeeded;
use tests::link::{Link, Pieces};
use tests::oracle_tls::{Client, Settings, Verification, WANT_READ};
use tests::parity;
use tests::server::{Saved, Script, Server};
use tests::throwaway::{self, NOW};
use tls12::{Config, Peer, Want};

use super::handshake::{Memory, bundle};
use differences::DIFFERENCES;

/// How both clients are configured.
#[derive(Clone, Copy)]
struct Setup {
    anchors: Option<&'static str>,
    verification: Verification,
    has_alpn: bool,
    host: &'static str,
    now: u64,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            anchors: Some("ca.pem"),
            verification: Verification::Required,
            has_alpn: false,
            host: "localhost",
            now: NOW,
        }
    }
}

/// What a server does to a client.
#[derive(Clone)]
struct Case {
    id: String,
    setup: Setup,
    /// A connection before, whose session is offered and which the server remembers.
    first: Option<Rc<dyn Fn() -> Script>>,
    script: Rc<dyn Fn() -> Script>,
    /// What it does once the handshake is over.
    then: Rc<dyn Fn(&mut Server)>,
}

impl Case {
    fn server(&self, saved: Option<Saved>) -> Server {
        let mut script = (self.script)();
        script.resume = script.resume.or(saved);
        Server::new(script)
    }
}

/// How a connection went, in the words of `differences.rs`.
#[derive(Default)]
struct Course {
    connected: bool,
    resumed: bool,
    /// What is wrong with a certificate that is not refused.
    flags: u32,
    received: usize,
    end: Option<End>,
    /// The alerts that it has sent, but close_notify.
    alerts: Vec<u8>,
}

enum End {
    /// A code, and flags where the certificate was refused.
    Code(i32, u32),
    /// The stream ended, and nobody thought anything of it.
    Stream,
}

impl Course {
    fn text(&self) -> String {
        let mut parts = Vec::new();
        if self.connected {
            let how = if self.resumed { "resumed" } else { "connected" };
            parts.push(match self.flags {
                0 => String::from(how),
                flags => format!("{how} flags 0x{flags:02X}"),
            });
        }
        if self.received > 0 {
            parts.push(format!("{} bytes", self.received));
        }
        match self.end {
            Some(End::Code(code, 0)) => parts.push(format!("-0x{:04X}", -code)),
            Some(End::Code(code, flags)) => parts.push(format!("-0x{:04X} flags 0x{flags:02X}", -code)),
            Some(End::Stream) => parts.push(String::from("end")),
            None if !self.connected => parts.push(String::from("waits")),
            None => {}
        }
        parts.extend(self.alerts.iter().map(|alert| format!("alert {alert}")));
        parts.join(", ")
    }
}

/// The flags belong to these codes; elsewhere they mean nothing.
fn flags_of(code: i32, flags: u32) -> u32 {
    if [-0x2700, -0x7A00, -0x7680].contains(&code) && flags != u32::MAX { flags } else { 0 }
}

/// What the server has been told, but close_notify.
fn alerts(server: &Server) -> Vec<u8> {
    server.alerts.iter().map(|(_, alert)| *alert).filter(|alert| *alert != 0).collect()
}

/// Ours.
fn ours(case: &Case) -> Course {
    let Setup { anchors, verification, has_alpn, host, now } = case.setup;
    let config = Config {
        anchors: anchors.map(bundle),
        verification: match verification {
            Verification::None => tls12::Verification::None,
            Verification::Optional => tls12::Verification::Optional,
            Verification::Required => tls12::Verification::Required,
        },
        alpn: if has_alpn { &[b"mqtt"] } else { &[] },
        ..Config::default()
    };
    let mut session = Vec::new();
    let saved = case.first.as_ref().map(|script| {
        let mut memory = Memory::new();
        let mut connection = memory.connect(&config, Peer { host, now, session: &[] });
        let mut link = Link::new(Server::new(script()), Pieces::Whole);
        link.run(&mut connection, &mut RustCrypto::new(InsecureSeeded::new(1))).expect("a first connection");
        session.extend(connection.session());
        link.server.saved()
    });
    let mut memory = Memory::new();
    let mut connection = memory.connect(&config, Peer { host, now, session: &session });
    let mut accel = RustCrypto::new(InsecureSeeded::new(2));
    let mut link = Link::new(case.server(saved), Pieces::Whole);
    let mut course = Course::default();
    loop {
        let result = link.run(&mut connection, &mut accel);
        course.received += connection.plaintext().len();
        connection.consume(usize::MAX);
        let is_read = result.is_ok_and(|want| want.contains(Want::READ));
        if is_read || !course.connected && result.is_ok_and(|want| want.contains(Want::WRITE)) {
            if !course.connected {
                course.connected = true;
                course.flags = connection.verdict().map_or(0, |verdict| verdict.flags.bits());
                (case.then)(&mut link.server);
            }
            continue;
        }
        course.resumed = connection.resumed();
        let code = |status: Status| status.error.code();
        course.end = connection
            .status()
            .map(|status| End::Code(code(status), flags_of(code(status), status.flags.bits())));
        course.alerts = alerts(&link.server);
        return course;
    }
}

/// The library's client, and the scripted server behind it.
struct Theirs {
    client: Client,
    server: Server,
}

impl Theirs {
    fn new(setup: &Setup, server: Server) -> Self {
        let Setup { anchors, verification, has_alpn, host, now } = *setup;
        let anchors = anchors.map(throwaway::text);
        let settings = Settings { anchors: anchors.as_deref(), verification, has_alpn, host, now };
        Self { client: Client::new(&settings).expect("good settings"), server }
    }

    /// Calls until the answer is another than that it wants more bytes, or there are no more.
    fn until_rest<T>(&mut self, mut call: impl FnMut(&mut Client) -> (i32, T)) -> (i32, T) {
        let mut idle = 0;
        loop {
            let answer = call(&mut self.client);
            self.server.receive(&self.client.take_output());
            let bytes = self.server.take_output(usize::MAX);
            assert_eq!(self.client.receive(&bytes), bytes.len(), "more than the bridge holds");
            if self.server.ended {
                self.client.end();
            }
            idle = if bytes.is_empty() { idle + 1 } else { 0 };
            // What one call leaves in the library's buffer, the next one looks at.
            if answer.0 != WANT_READ || idle > MAX_RECORDS_AT_ONCE {
                return answer;
            }
        }
    }

    fn course(&mut self, case: &Case) -> Course {
        let mut course = Course::default();
        let (code, ()) = self.until_rest(|client| (client.handshake(), ()));
        if code != 0 {
            let flags = flags_of(code, self.client.flags());
            course.end = (code != WANT_READ).then_some(End::Code(code, flags));
            return course;
        }
        course.connected = true;
        // Where nobody has asked, the library has its own answer: `SKIP_VERIFY`.
        let is_verified = case.setup.verification != Verification::None;
        course.flags = if is_verified { self.client.flags() } else { 0 };
        course.resumed = self.server.resumed;
        (case.then)(&mut self.server);
        loop {
            match self.until_rest(Client::read) {
                // The library says the same of an empty record, after which it goes on.
                (0, _) if !self.server.ended => continue,
                (0, _) => course.end = Some(End::Stream),
                (WANT_READ, _) => {}
                (code @ ..0, _) => course.end = Some(End::Code(code, 0)),
                (_, data) => {
                    course.received += data.len();
                    continue;
                }
            }
            return course;
        }
    }
}

/// More than a case has behind each other that the library swallows.
const MAX_RECORDS_AT_ONCE: usize = 50;

/// Mbed TLS 2.28.
fn theirs(case: &Case) -> Course {
    let first = case.first.as_ref().map(|script| {
        let mut first = Theirs::new(&case.setup, Server::new(script()));
        assert_eq!(first.until_rest(|client| (client.handshake(), ())).0, 0, "a first connection");
        first
    });
    let mut talk = Theirs::new(&case.setup, case.server(first.as_ref().map(|first| first.server.saved())));
    if let Some(first) = &first {
        assert_eq!(talk.client.resume(&first.client), 0);
    }
    let mut course = talk.course(case);
    course.alerts = alerts(&talk.server);
    course
}

/// Whether both answered as they should.
enum Verdict {
    Fine,
    Wrong(String),
}

/// Mbed TLS at one server and ours at another, which is the same but where a fault is planted.
fn judge(case: &Case, for_us: &Case) -> Verdict {
    let (expected, actual) = (theirs(case).text(), ours(for_us).text());
    let row = DIFFERENCES.iter().find(|row| row.is_of(&case.id));
    let known = row.map(|row| (row.expected, row.actual));
    let is_fine = match known {
        Some(known) => known == (&*expected, &*actual) && expected != actual,
        None => expected == actual,
    };
    if !is_fine {
        return Verdict::Wrong(format!(
            "{}: Mbed TLS {expected:?}, ours {actual:?}, known {known:?}",
            case.id
        ));
    }
    if case.id.starts_with("honest") && !expected.ends_with("ed, 5 bytes") {
        return Verdict::Wrong(format!("{}: the server is not honest: {expected:?}", case.id));
    }
    Verdict::Fine
}

/// Both, and what was not as it should be.
fn compare(cases: Vec<Case>) {
    let mut wrong = Vec::new();
    for case in &cases {
        if let Verdict::Wrong(text) = judge(case, case) {
            wrong.push(text);
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn server_hellos() {
    compare(cases::server_hellos());
}

#[test]
fn messages() {
    compare(cases::messages());
}

#[test]
fn plain_records() {
    compare(cases::plain_records());
}

#[test]
fn endings() {
    compare(cases::endings());
}

#[test]
fn protected_records() {
    compare(cases::protected_records());
}

#[test]
fn certificates() {
    compare(cases::certificates());
}

#[test]
fn resumption() {
    compare(cases::resumption());
}

#[test]
fn every_case_has_one_name_and_every_difference_its_case() {
    let mut ids: Vec<String> = cases::all().into_iter().map(|case| case.id).collect();
    for row in DIFFERENCES {
        assert!(ids.iter().any(|id| row.is_of(id)), "{}", row.id);
        assert!(ids.iter().all(|id| DIFFERENCES.iter().filter(|row| row.is_of(id)).count() <= 1));
    }
    parity::hold("TLS", DIFFERENCES);
    parity::hold_named_tests();
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), count);
}
