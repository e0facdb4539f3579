//! Our side of the ten suites, row for row as `../../../mbedtls/suites.c` prints Mbed TLS's, and the RAM of a connection.
#![no_std]
#![no_main]

use accel::soft::Soft;
use bench::play::{Lent, Play, SEND, check};
use bench::{Repeating, board_init, done, row, suite_row};
use cortex_m_rt::entry;
use tls12::{Config, Connection, Identity, Suite, Suites};
use x509::{Bundle, PrivateKey};

macro_rules! recorded {
    ($($name:literal),+) => {
        include_bytes!(concat!(env!("BENCH_FLIGHTS"), "/", $($name),+))
    };
}

/// What was recorded in one suite.
struct Recorded {
    /// A full handshake with a client certificate of 2048 bits.
    full: &'static [u8],
    /// Its session, and that session resumed.
    session: &'static [u8],
    resumed: &'static [u8],
    /// The same, without another ticket.
    resumed_only: &'static [u8],
    /// A full handshake without a client certificate, and a record of 1 KiB.
    verified: &'static [u8],
}

macro_rules! in_suite {
    ($name:literal) => {
        Recorded {
            full: recorded!($name),
            session: recorded!($name, "-session"),
            resumed: recorded!($name, "-resumed"),
            resumed_only: recorded!($name, "-resumed-only"),
            verified: recorded!($name, "-verification"),
        }
    };
}

/// In the order of `Suite::ALL`: an answer in another suite than was offered is refused.
const RECORDED: [Recorded; 10] = [
    in_suite!("suite-009D"),
    in_suite!("suite-C09D"),
    in_suite!("suite-003D"),
    in_suite!("suite-0035"),
    in_suite!("suite-C0A1"),
    in_suite!("suite-009C"),
    in_suite!("suite-C09C"),
    in_suite!("suite-003C"),
    in_suite!("suite-002F"),
    in_suite!("suite-C0A0"),
];

macro_rules! vector {
    ($name:literal) => {
        include_bytes!(concat!("../../../../../vectors/tls12/", $name))
    };
}

#[entry]
fn main() -> ! {
    board_init();
    let mut storage = [[0; 4096]; 3];
    let [anchors, chain, key] = &mut storage;
    let anchors = check("anchors", Bundle::from_pem(vector!("intermediate.pem"), anchors));
    let key = check("key", PrivateKey::from_pem(vector!("client-2048.key"), key));
    let chain = check("chain", Bundle::from_pem(vector!("client-2048.pem"), chain));
    let trusting = Config { anchors: Some(anchors), ..Config::default() };
    let identified = Config { identity: Some(Identity { chain, key: &key }), ..trusting };

    let decoded = decoded();
    let fixed = size_of::<Connection<'_>>()
        + size_of::<Config<'_>>()
        + size_of::<PrivateKey<'_>>()
        + size_of::<Soft<Repeating>>()
        + decoded;
    // As long as the signature of a key of 2048 bits wants it.
    let smallest_rx = Connection::MIN_RX.max(accel::rsa_private_workspace(256));
    let windows = fixed + Connection::SMALL_RX + SEND;
    let (mut all, mut smallest) = (Lent::default(), Lent::default());
    for (suite, recorded) in Suite::ALL.into_iter().zip(&RECORDED) {
        let name = suite.name().trim_start_matches("TLS_RSA_WITH_");
        let suites = check(name, Suites::new(&[suite]));
        speed(name, &Config { suites, ..trusting }, recorded);
        let config = Config { suites, ..identified };
        resume(name, &config, recorded);
        let [full, resumed] = memory(name, &config, recorded, &mut [0; Connection::SMALL_RX], &mut [0; SEND]);
        suite_row(name, "stack, client certificate 2048, bytes", full.stack as u64);
        suite_row(name, "stack, resumed, bytes", resumed.stack as u64);
        let most = worse(full, resumed);
        suite_row(name, "RAM of a connection, bytes", (windows + most.session + most.stack) as u64);
        all = worse(all, most);
        let [full, resumed] = memory(
            name,
            &config,
            recorded,
            &mut [0; Connection::SMALL_RX][..smallest_rx],
            &mut [0; Connection::MIN_TX],
        );
        smallest = worse(smallest, worse(full, resumed));
    }
    row("connection state, bytes", size_of::<Connection<'_>>() as u64);
    row("receive buffer, bytes", Connection::SMALL_RX as u64);
    row("send buffer, bytes", SEND as u64);
    row("smallest receive buffer, bytes", smallest_rx as u64);
    row("smallest send buffer, bytes", Connection::MIN_TX as u64);
    row("session, bytes", all.session as u64);
    row("decoded certificates and key, bytes", decoded as u64);
    row("deepest stack in any suite, bytes", all.stack as u64);
    row("RAM of a connection, worst of all suites, bytes", (windows + all.session + all.stack) as u64);
    let smallest = fixed + smallest_rx + Connection::MIN_TX + smallest.session + smallest.stack;
    row("RAM of a connection, smallest windows, bytes", smallest as u64);
    done()
}

/// Instructions of a handshake, and of a record each way.
fn speed(name: &str, config: &Config<'_>, recorded: &Recorded) {
    let (mut rx, mut tx, mut kept) = ([0; Connection::SMALL_RX], [0; SEND], [0; Connection::GOOD_SESSION]);
    let buffers = [&mut rx[..], &mut tx, &mut kept];
    let (mut play, cost, _) = Play::handshake(name, config, recorded.verified, &[], buffers);
    suite_row(name, "handshake, verification", cost.total);
    suite_row(name, "record write, 1 KiB", play.write(1024));
    suite_row(name, "record read, 1 KiB", play.read());
}

/// Instructions of a resumed handshake.
fn resume(name: &str, config: &Config<'_>, recorded: &Recorded) {
    let (mut rx, mut tx, mut kept) = ([0; Connection::SMALL_RX], [0; SEND], [0; Connection::GOOD_SESSION]);
    let buffers = [&mut rx[..], &mut tx, &mut kept];
    let (_, cost, _) = Play::handshake(name, config, recorded.resumed_only, recorded.session, buffers);
    suite_row(name, "handshake, resumed", cost.total);
}

/// What a full handshake with a client certificate and a resumed one need.
fn memory(name: &str, config: &Config<'_>, recorded: &Recorded, rx: &mut [u8], tx: &mut [u8]) -> [Lent; 2] {
    [(recorded.full, &[][..]), (recorded.resumed, recorded.session)].map(|(said, session)| {
        let mut kept = [0; Connection::GOOD_SESSION];
        Play::handshake(name, config, said, session, [rx, tx, &mut kept]).2
    })
}

fn worse(one: Lent, other: Lent) -> Lent {
    Lent { stack: one.stack.max(other.stack), session: one.session.max(other.session) }
}

/// The least storage for an anchor, a client certificate and its key of 2048 bits.
fn decoded() -> usize {
    let mut storage = [0; 4096];
    let mut least = |decodes: &dyn Fn(&mut [u8]) -> bool| {
        (0..4096).find(|length| decodes(&mut storage[..*length])).unwrap_or(usize::MAX)
    };
    least(&|storage| Bundle::from_pem(vector!("intermediate.pem"), storage).is_ok())
        + least(&|storage| Bundle::from_pem(vector!("client-2048.pem"), storage).is_ok())
        + least(&|storage| PrivateKey::from_pem(vector!("client-2048.key"), storage).is_ok())
}
