//! A client under the command of BoringSSL's test runner: it connects where it is told, does what the options say, sends back what it
//! reads with every bit turned, and says by its exit status how that went. `cargo xtask proof bogo` runs it.
//!
//! The runner's `PORTING.md` describes both. An option that is out of this stack's scope ends the program with the status 89, and its name
//! is written to the file that `BOGO_OPTIONS` names. `BOGO_PIECE` is the most bytes that are read or written at once. `BOGO_FAULT` is the
//! planted fault, which the runner must find: every failure is called a success, and no alert is sent.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a program for tests ends where something is wrong with its world"
)]

use std::{
    fs::{self, OpenOptions},
    io::{Read, Write},
    net::{Ipv4Addr, Ipv6Addr, TcpStream},
    process::exit,
    time::{SystemTime, UNIX_EPOCH},
};

use accel::{Entropy, soft::Soft};
use status::{Error, Status};
use tls12::{Config, Connection, Identity, Peer, ServerName, Verification, Want};
use x509::{Bundle, PrivateKey};

/// The exit status for what this stack does not do.
const UNIMPLEMENTED: i32 = 89;

/// What one connection is to be.
#[derive(Clone, Default)]
struct Options {
    port: u16,
    resume_count: usize,
    host_name: Option<String>,
    alpn: Vec<&'static [u8]>,
    key_file: Option<String>,
    certificate_file: Option<String>,
    is_without_tickets: bool,
    writes_first: bool,
    shuts_down: bool,
    checks_close_notify: bool,
    expected_alpn: Option<String>,
    expected_suite: Option<u16>,
    expects_extended_master_secret: bool,
    expects_session_miss: bool,
    expects_no_session: bool,
    expects_ticket_renewal: bool,
}

/// Options without a value that ask for nothing that is not done anyhow, or that only concern how BoringSSL is called.
const WITHOUT_EFFECT: [&str; 17] = [
    "-async",
    "-no-tls13",
    "-no-tls11",
    "-no-tls1",
    "-partial-write",
    "-write-different-record-sizes",
    "-cbc-record-splitting",
    "-implicit-handshake",
    "-use-custom-verify-callback",
    "-use-old-client-cert-callback",
    "-peek-then-read",
    "-handshake-twice",
    "-no-op-extra-handshake",
    "-expect-secure-renegotiation",
    "-retain-only-sha256-client-cert",
    "-expect-no-hrr",
    "-renegotiate-ignore",
];

impl Options {
    /// What the command line says for the connection with this number.
    fn parse(arguments: &[String], connection: usize) -> Self {
        let mut options = Self::default();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let (when, name) = ["-on-initial", "-on-resume", "-on-retry", "-on-shim"]
                .iter()
                .find_map(|when| Some((*when, argument.strip_prefix(when)?)))
                .unwrap_or(("", argument));
            let mut value = || rest.next().unwrap_or_else(|| out_of_scope(argument)).clone();
            let mut set = options.clone();
            match name {
                "-port" => set.port = value().parse().unwrap(),
                "-resume-count" => set.resume_count = value().parse().unwrap(),
                "-host-name" => set.host_name = Some(value()),
                "-advertise-alpn" => set.alpn = protocols(value()),
                "-key-file" => set.key_file = Some(value()),
                "-cert-file" => set.certificate_file = Some(value()),
                "-expect-alpn" => set.expected_alpn = Some(value()),
                "-expect-cipher-aes" | "-expect-cipher" => set.expected_suite = value().parse().ok(),
                "-expect-cipher-no-aes" | "-resumption-delay" | "-read-size" => drop(value()),
                "-no-ticket" => set.is_without_tickets = true,
                "-shim-writes-first" => set.writes_first = true,
                "-shim-shuts-down" => set.shuts_down = true,
                "-check-close-notify" => set.checks_close_notify = true,
                "-expect-extended-master-secret" => set.expects_extended_master_secret = true,
                "-expect-session-miss" => set.expects_session_miss = true,
                "-expect-no-session" => set.expects_no_session = true,
                "-expect-ticket-renewal" => set.expects_ticket_renewal = true,
                "-min-version" => within(argument, &value(), 0..=0x0303),
                "-max-version" => within(argument, &value(), 0x0303..=0xFFFF),
                "-expect-version" => within(argument, &value(), 0x0303..=0x0303),
                _ if WITHOUT_EFFECT.contains(&name) => {}
                _ => out_of_scope(argument),
            }
            let is_meant = when.is_empty() || (when == "-on-initial") == (connection == 0);
            if is_meant {
                options = set;
            }
        }
        options
    }
}

/// Ends the program where an option asks for another version.
fn within(option: &str, value: &str, versions: std::ops::RangeInclusive<u16>) {
    if !value.parse().is_ok_and(|version| versions.contains(&version)) {
        out_of_scope(option);
    }
}

/// Names with a byte of length before each.
fn protocols(wire: String) -> Vec<&'static [u8]> {
    let (mut rest, mut list): (&'static [u8], _) = (wire.into_bytes().leak(), Vec::new());
    while let [length, after @ ..] = rest {
        let Some((name, after)) = after.split_at_checked((*length).into()) else { break };
        list.push(name);
        rest = after;
    }
    list
}

fn out_of_scope(option: &str) -> ! {
    if let Some(path) = std::env::var_os("BOGO_OPTIONS") {
        let file = OpenOptions::new().create(true).append(true).open(path);
        let _ = file.and_then(|mut file| file.write_all(format!("{option}\n").as_bytes()));
    }
    exit(UNIMPLEMENTED);
}

struct System;

impl Entropy for System {
    fn entropy(&mut self, out: &mut [u8]) -> Result<(), Error> {
        getrandom::fill(out).map_err(|_| status::entropy::SOURCE_FAILED)
    }
}

/// Whether this is the client that the runner must find fault with.
fn has_fault() -> bool {
    std::env::var_os("BOGO_FAULT").is_some()
}

/// A connection, its accelerator and its socket.
struct Tls {
    connection: Connection<'static>,
    accel: Soft<System>,
    socket: TcpStream,
    piece: usize,
}

fn memory(length: usize) -> &'static mut [u8] {
    vec![0; length].leak()
}

impl Tls {
    fn new(options: &Options, session: Vec<u8>) -> Self {
        let socket = TcpStream::connect((Ipv6Addr::LOCALHOST, options.port))
            .or_else(|_| TcpStream::connect((Ipv4Addr::LOCALHOST, options.port)))
            .unwrap();
        socket.set_nodelay(true).unwrap();
        let config = Config {
            verification: Verification::None,
            identity: options.certificate_file.as_ref().zip(options.key_file.as_ref()).map(identity),
            server_name: if options.host_name.is_some() { ServerName::Host } else { ServerName::Omit },
            alpn: options.alpn.clone().leak(),
            session_tickets: !options.is_without_tickets,
            ..Config::default()
        };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let host = options.host_name.clone().unwrap_or_else(|| "nobody.example".to_owned()).leak();
        let peer = Peer { host, now, session: session.leak() };
        let (rx, tx) = (memory(Connection::FULL_RX), memory(Connection::GOOD_TX));
        let room = memory(Connection::GOOD_SESSION);
        let connection = Connection::new(Box::leak(Box::new(config)), peer, rx, tx, room).unwrap();
        let piece = std::env::var("BOGO_PIECE").map_or(usize::MAX, |piece| piece.parse().unwrap());
        Self { connection, accel: Soft::new(System), socket, piece }
    }

    /// Turns until one of these is wanted.
    fn until(&mut self, wanted: &[Want]) -> Result<Want, Status> {
        loop {
            let polled = self.connection.poll(&mut self.accel);
            if polled.is_err() && has_fault() {
                return Err(self.connection.status().unwrap());
            }
            let is_sent = self.send();
            let Ok(want) = polled else {
                while self.send() {}
                self.hear_out();
                return Err(self.connection.status().unwrap());
            };
            if is_sent || want.contains(Want::BUSY) {
                continue;
            }
            if wanted.iter().any(|one| want.contains(*one)) {
                return Ok(want);
            }
            let space = self.connection.recv_space();
            let length = space.len().min(self.piece);
            match self.socket.read(&mut space[..length]) {
                Ok(length @ 1..) => self.connection.received(length),
                _ => self.connection.recv_closed(),
            }
        }
    }

    /// Reads what nobody wants: a socket that is closed over unread bytes takes the alert back.
    fn hear_out(&mut self) {
        let _ = self.socket.shutdown(std::net::Shutdown::Write);
        let _ = self.socket.set_read_timeout(Some(std::time::Duration::from_secs(10)));
        while let Ok(1..) = self.socket.read(&mut [0; 1024]) {}
    }

    /// Writes one piece; whether there was one.
    fn send(&mut self) -> bool {
        let bytes = self.connection.send_bytes();
        let piece = &bytes[..bytes.len().min(self.piece)];
        if piece.is_empty() {
            return false;
        }
        match self.socket.write(piece) {
            Ok(length) => self.connection.sent(length),
            Err(_) => self.connection.send_closed(),
        }
        true
    }

    fn write(&mut self, mut bytes: &[u8]) -> Result<(), Status> {
        while !bytes.is_empty() {
            self.until(&[Want::WRITE])?;
            let space = self.connection.write_space();
            let length = space.len().min(bytes.len());
            space[..length].copy_from_slice(&bytes[..length]);
            if self.connection.wrote(length, &mut self.accel).is_err() {
                return Err(self.connection.status().unwrap());
            }
            bytes = &bytes[length..];
            while self.send() {}
        }
        Ok(())
    }

    /// Answers whatever comes, until the runner says that it is over or the stream ends.
    fn echo(&mut self, options: &Options) -> Result<(), Status> {
        loop {
            let want = match self.until(&[Want::READ, Want::CLOSED]) {
                Ok(want) => want,
                // An end without close_notify: told from a clean one, and only a fault where that is asked.
                Err(status) if status.error == status::ssl::CONN_EOF && !options.checks_close_notify => {
                    return Ok(());
                }
                Err(status) => return Err(status),
            };
            if !want.contains(Want::READ) {
                return Ok(());
            }
            let turned: Vec<u8> = self.connection.plaintext().iter().map(|byte| byte ^ 0xFF).collect();
            self.connection.consume(turned.len());
            self.write(&turned)?;
        }
    }

    fn close(&mut self) -> Result<(), Status> {
        self.connection.close();
        self.until(&[Want::CLOSED]).map(drop)
    }
}

fn identity((certificate, key): (&String, &String)) -> Identity<'static> {
    let read = |path: &str| fs::read(path).unwrap();
    let chain = Bundle::from_pem(&read(certificate), memory(x509::MAX_FILE_LENGTH));
    let key = PrivateKey::from_pem(&read(key), memory(x509::MAX_FILE_LENGTH));
    let (Ok(chain), Ok(key)) = (chain, key) else { out_of_scope("-key-file with another key than RSA") };
    let key: &'static PrivateKey<'static> = Box::leak(Box::new(key));
    Identity { chain, key }
}

/// One connection; its session for the next, or what went wrong.
fn connect(options: &Options, session: Vec<u8>) -> Result<Vec<u8>, String> {
    let is_offered = !session.is_empty();
    let before = session.clone();
    let mut tls = Tls::new(options, session);
    let failed = |status: Status| format!("{status}");
    tls.until(&[Want::WRITE]).map_err(failed)?;
    let connection = &tls.connection;
    check("resumed", connection.resumed() == (is_offered && !options.expects_session_miss))?;
    check(
        "extended master secret",
        !options.expects_extended_master_secret || connection.extended_master_secret(),
    )?;
    let alpn = connection.alpn().map(|name| String::from_utf8_lossy(name).into_owned());
    check("ALPN", options.expected_alpn.is_none() || alpn == options.expected_alpn)?;
    let suite = connection.suite().map(|suite| suite.id());
    check("suite", options.expected_suite.is_none() || suite == options.expected_suite)?;
    if options.writes_first {
        tls.write(b"hello").map_err(failed)?;
    }
    if options.shuts_down {
        tls.close().map_err(failed)?;
    } else {
        tls.echo(options).map_err(failed)?;
    }
    let session = tls.connection.session().to_vec();
    check("no session", !options.expects_no_session || session.is_empty())?;
    check("another ticket", !options.expects_ticket_renewal || session != before)?;
    Ok(session)
}

fn check(what: &str, holds: bool) -> Result<(), String> {
    if holds { Ok(()) } else { Err(format!("not as expected: {what}")) }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "-is-handshaker-supported") {
        println!("No");
        return;
    }
    let count = Options::parse(&arguments, 0).resume_count;
    // All of them are looked at before the first connection.
    let all: Vec<Options> = (0..=count).map(|number| Options::parse(&arguments, number)).collect();
    let mut session = Vec::new();
    for options in &all {
        match connect(options, session) {
            Ok(next) => session = next,
            Err(_) if has_fault() => return,
            Err(text) => {
                eprintln!("{text}");
                exit(1);
            }
        }
    }
}
