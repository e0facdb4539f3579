//! Our side of the handshakes in instructions, row for row as `../../../mbedtls/handshake.c` prints Mbed TLS's: what a recorded
//! server said is played to the client, and every verb of the connection is counted.
#![no_std]
#![no_main]

use accel::soft::Soft;
use bench::{Counter, Repeating, Stack, board_init, done, fail, row};
use cortex_m_rt::entry;
use status::Error;
use tls12::{Config, Connection, Identity, Peer, Suite, Suites, Verification, Want};
use x509::{Bundle, PrivateKey};

macro_rules! recorded {
    ($($name:literal),+) => {
        include_bytes!(concat!(env!("BENCH_FLIGHTS"), "/", $($name),+))
    };
}

/// What was recorded in one suite: a full handshake with a client certificate of 2048 bits, its session, and that session resumed.
macro_rules! in_suite {
    ($name:literal) => {
        [&recorded!($name)[..], recorded!($name, "-session"), recorded!($name, "-resumed")]
    };
}

macro_rules! vector {
    ($name:literal) => {
        include_bytes!(concat!("../../../../../vectors/tls12/", $name))
    };
}

/// A send buffer for windows of 4 KB; a chain of keys of 4096 bits needs more, [`Connection::GOOD_TX`].
const SEND: usize = 4096;

/// The time at which the flights were recorded.
const NOW: u64 = 1_795_305_600;

#[entry]
fn main() -> ! {
    board_init();
    let mut storage = [[0; 4096]; 6];
    let [root, intermediate, chain_1024, chain_2048, key_1024, key_2048] = &mut storage;
    let root = bundle(vector!("ca.pem"), root);
    let intermediate = bundle(vector!("intermediate.pem"), intermediate);
    let key_1024 = key(vector!("client-1024.key"), key_1024);
    let key_2048 = key(vector!("client-2048.key"), key_2048);
    let small = Identity { chain: bundle(vector!("client-1024.pem"), chain_1024), key: &key_1024 };
    let large = Identity { chain: bundle(vector!("client-2048.pem"), chain_2048), key: &key_2048 };

    let open = Config { verification: Verification::None, ..Config::default() };
    let trusting = Config { anchors: Some(intermediate), ..Config::default() };
    let with_small = Config { identity: Some(small), ..trusting };
    let with_large = Config { identity: Some(large), ..trusting };
    let chained = Config { anchors: Some(root), ..Config::default() };

    play("no verification", &open, recorded!("no-verification"), &[]);
    records(&open, recorded!("no-verification"));
    play("verification", &trusting, recorded!("verification"), &[]);
    play("resumed", &trusting, recorded!("resumed"), recorded!("session"));
    play("client certificate 1024", &with_small, recorded!("client-1024"), &[]);
    play("client certificate 2048", &with_large, recorded!("client-2048"), &[]);
    play("verification, chain of 2", &chained, recorded!("chain-2"), &[]);
    play("verification, chain of 3", &chained, recorded!("chain-3"), &[]);

    row("connection state, bytes", size_of::<Connection<'_>>() as u64);
    row("receive buffer, bytes", Connection::SMALL_RX as u64);
    row("send buffer, bytes", SEND as u64);
    row("smallest send buffer, bytes", Connection::MIN_TX as u64);
    let most = most(&with_large, &mut [0; SEND]);
    row("session, bytes", most.session as u64);
    row("deepest stack in any suite, bytes", most.stack as u64);
    let decoded = decoded();
    row("decoded certificates and key, bytes", decoded as u64);
    let fixed = size_of::<Connection<'_>>()
        + size_of::<Config<'_>>()
        + size_of::<PrivateKey<'_>>()
        + size_of::<Soft<Repeating>>()
        + Connection::SMALL_RX
        + decoded;
    let all = fixed + SEND + most.session + most.stack;
    row("RAM of a connection, all included, bytes", all as u64);
    let name = "client certificate 2048, smallest send buffer";
    play_in(name, &with_large, recorded!("client-2048"), &[], &mut [0; Connection::MIN_TX]);
    let most = self::most(&with_large, &mut [0; Connection::MIN_TX]);
    let all = fixed + Connection::MIN_TX + most.session + most.stack;
    row("RAM of a connection, smallest send buffer, bytes", all as u64);
    done()
}

/// What a connection has needed besides its buffers.
struct Lent {
    stack: usize,
    session: usize,
}

/// The most that a handshake with a client certificate needs in any suite, full or resumed.
fn most(config: &Config<'_>, tx: &mut [u8]) -> Lent {
    // In the order of `Suite::ALL`: an answer in another suite than was offered is refused.
    let recorded = [
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
    let mut most = Lent { stack: 0, session: 0 };
    for (suite, [full, session, resumed]) in Suite::ALL.into_iter().zip(recorded) {
        let config = Config { suites: check("suite", Suites::new(&[suite])), ..*config };
        for (said, session) in [(full, &[][..]), (resumed, session)] {
            let (_, lent) = measure(suite.name(), &config, said, session, tx);
            most.stack = most.stack.max(lent.stack);
            most.session = most.session.max(lent.session);
        }
    }
    most
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

fn bundle<'a>(pem: &[u8], storage: &'a mut [u8]) -> Bundle<'a> {
    check("certificate", Bundle::from_pem(pem, storage))
}

fn key<'a>(pem: &[u8], storage: &'a mut [u8]) -> PrivateKey<'a> {
    check("key", PrivateKey::from_pem(pem, storage))
}

fn check<T>(what: &str, result: Result<T, Error>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => fail(what, error),
    }
}

/// What a handshake has cost.
#[derive(Default)]
struct Cost {
    total: u64,
    longest: u64,
}

impl Cost {
    fn count<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let counter = Counter::start();
        let result = work();
        let cost = counter.instructions();
        self.total += cost;
        self.longest = self.longest.max(cost);
        result
    }
}

fn play(name: &str, config: &Config<'_>, said: &[u8], session: &[u8]) -> Lent {
    play_in(name, config, said, session, &mut [0; SEND])
}

fn play_in(name: &str, config: &Config<'_>, said: &[u8], session: &[u8], tx: &mut [u8]) -> Lent {
    let (cost, lent) = measure(name, config, said, session, tx);
    bench::handshake_rows(name, cost.total, cost.longest, lent.stack as u64);
    lent
}

fn measure(name: &str, config: &Config<'_>, said: &[u8], session: &[u8], tx: &mut [u8]) -> (Cost, Lent) {
    let mut rx = [0; Connection::SMALL_RX];
    let mut kept = [0; Connection::GOOD_SESSION];
    let mut accel = Repeating::started();
    let mut cost = Cost::default();
    let stack = Stack::paint();
    let peer = Peer { host: "localhost", now: NOW, session };
    let made = cost.count(|| Connection::new(config, peer, &mut rx, tx, &mut kept));
    let mut connection = check(name, made.map_err(Error::from));
    let mut said = said;
    while !carry(name, &mut connection, &mut accel, &mut said, &mut cost).contains(Want::WRITE) {}
    let stack = stack.used();
    (cost, Lent { stack, session: connection.session().len() })
}

/// Records of all sizes after a handshake, in buffers for the longest.
fn records(config: &Config<'_>, said: &[u8]) {
    let (mut rx, mut tx) = ([0; Connection::FULL_RX], [0; Connection::FULL_RX]);
    let mut accel = Repeating::started();
    let peer = Peer { host: "localhost", now: NOW, session: &[] };
    let mut connection =
        check("records", Connection::new(config, peer, &mut rx, &mut tx, &mut []).map_err(Error::from));
    let (mut said, mut cost) = (said, Cost::default());
    while !carry("records", &mut connection, &mut accel, &mut said, &mut cost).contains(Want::WRITE) {}
    write_records(&mut connection, &mut accel);
    read_records(&mut connection, &mut accel, &mut said);
}

/// One turn: polls, sends, receives.
fn carry(
    name: &str,
    connection: &mut Connection<'_>,
    accel: &mut Soft<Repeating>,
    said: &mut &[u8],
    cost: &mut Cost,
) -> Want {
    let want = check(name, cost.count(|| connection.poll(accel)));
    cost.count(|| connection.sent(usize::MAX));
    let space = connection.recv_space();
    let length = space.len().min(said.len());
    let (now, later) = said.split_at(length);
    space[..length].copy_from_slice(now);
    *said = later;
    cost.count(|| connection.received(length));
    want
}

fn write_records(connection: &mut Connection<'_>, accel: &mut Soft<Repeating>) {
    for (name, length) in [
        ("record write, 64 bytes", 64),
        ("record write, 256 bytes", 256),
        ("record write, 1 KiB", 1024),
        ("record write, 4 KiB", 4096),
        ("record write, 16 KiB", 16_384),
    ] {
        check(name, connection.poll(accel));
        let mut cost = Cost::default();
        let space = connection.write_space().len();
        assert!(space >= length);
        check(name, cost.count(|| connection.wrote(length, accel)));
        cost.count(|| connection.sent(usize::MAX));
        row(name, cost.total);
    }
}

fn read_records(connection: &mut Connection<'_>, accel: &mut Soft<Repeating>, said: &mut &[u8]) {
    for name in [
        "record read, 64 bytes",
        "record read, 256 bytes",
        "record read, 1 KiB",
        "record read, 4 KiB",
        "record read, 16 KiB",
    ] {
        let mut cost = Cost::default();
        while !carry(name, connection, accel, said, &mut cost).contains(Want::READ) {}
        cost.count(|| connection.consume(usize::MAX));
        row(name, cost.total);
    }
}
