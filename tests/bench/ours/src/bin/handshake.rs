//! Our side of the handshakes in instructions, row for row as `../../../mbedtls/handshake.c` prints Mbed TLS's: what a recorded
//! server said is played to the client, and every verb of the connection is counted.
#![no_std]
#![no_main]

use accel::soft::Hasher;
use bench::play::{Play, SEND, check};
use bench::{board_init, done, row};
use cortex_m_rt::entry;
use tls12::{Config, Connection, Identity, Verification};
use x509::{Bundle, PrivateKey};

macro_rules! recorded {
    ($name:literal) => {
        include_bytes!(concat!(env!("BENCH_FLIGHTS"), "/", $name))
    };
}

macro_rules! vector {
    ($name:literal) => {
        include_bytes!(concat!("../../../../../vectors/tls12/", $name))
    };
}

#[entry]
fn main() -> ! {
    board_init();
    let mut storage = [[0; 4096]; 6];
    let [root, intermediate, chain_1024, chain_2048, key_1024, key_2048] = &mut storage;
    let mut digests = [[0; 32]; 4];
    let [of_root, of_intermediate, of_1024, of_2048] = &mut digests;
    let root = bundle(vector!("ca.pem"), root, of_root);
    let intermediate = bundle(vector!("intermediate.pem"), intermediate, of_intermediate);
    let key_1024 = key(vector!("client-1024.key"), key_1024);
    let key_2048 = key(vector!("client-2048.key"), key_2048);
    let small = Identity { chain: bundle(vector!("client-1024.pem"), chain_1024, of_1024), key: &key_1024 };
    let large = Identity { chain: bundle(vector!("client-2048.pem"), chain_2048, of_2048), key: &key_2048 };

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
    again(&with_large, recorded!("client-2048"));
    play("verification, chain of 2", &chained, recorded!("chain-2"), &[]);
    play("verification, chain of 3", &chained, recorded!("chain-3"), &[]);
    let name = "client certificate 2048, smallest send buffer";
    play_in(name, &with_large, recorded!("client-2048"), &[], &mut [0; Connection::MIN_TX]);
    done()
}

/// Certificates with their digest, as a device keeps them that connects more than once.
fn bundle<'a>(pem: &[u8], storage: &'a mut [u8], digest: &'a mut [u8; 32]) -> Bundle<'a> {
    let bundle = check("certificate", Bundle::from_pem(pem, storage));
    check("digest", bundle.with_digest(&mut Hasher, digest))
}

fn key<'a>(pem: &[u8], storage: &'a mut [u8]) -> PrivateKey<'a> {
    check("key", PrivateKey::from_pem(pem, storage))
}

fn play(name: &str, config: &Config<'_>, said: &[u8], session: &[u8]) {
    play_in(name, config, said, session, &mut [0; SEND]);
}

fn play_in(name: &str, config: &Config<'_>, said: &[u8], session: &[u8], tx: &mut [u8]) {
    let (mut rx, mut kept) = ([0; Connection::SMALL_RX], [0; Connection::GOOD_SESSION]);
    let (_, cost, lent) = Play::handshake(name, config, said, session, [&mut rx, tx, &mut kept]);
    bench::handshake_rows(name, cost.total, cost.longest, lent.stack as u64);
}

/// Connecting once more with the same key, certificates and buffers, without a session.
fn again(config: &Config<'_>, said: &[u8]) {
    let (mut rx, mut tx) = ([0; Connection::SMALL_RX], [0; SEND]);
    let (mut play, _, _) = Play::handshake("again", config, said, &[], [&mut rx, &mut tx, &mut []]);
    row("handshake, client certificate 2048, again", play.again(said).total);
}

/// Records of all sizes after a handshake, in buffers for the longest.
fn records(config: &Config<'_>, said: &[u8]) {
    let (mut rx, mut tx) = ([0; Connection::FULL_RX], [0; Connection::FULL_RX]);
    let (mut play, _, _) = Play::handshake("records", config, said, &[], [&mut rx, &mut tx, &mut []]);
    for (name, length) in [
        ("record write, 64 bytes", 64),
        ("record write, 256 bytes", 256),
        ("record write, 1 KiB", 1024),
        ("record write, 4 KiB", 4096),
        ("record write, 16 KiB", 16_384),
    ] {
        row(name, play.write(length));
    }
    for name in [
        "record read, 64 bytes",
        "record read, 256 bytes",
        "record read, 1 KiB",
        "record read, 4 KiB",
        "record read, 16 KiB",
    ] {
        row(name, play.read());
    }
}
