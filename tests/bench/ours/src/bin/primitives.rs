//! Our primitives in instructions, row for row as `../../../mbedtls/primitives.c` prints Mbed TLS's. Runs on RISC-V, too.
#![no_std]
#![no_main]

use accel::{Accel, CipherMode, Direction, EcPublicKey, HashAlgorithm, HmacKey, Job, RsaPrivateKey};
use bench::ecdsa::{VECTORS, Vector};
use bench::{Counter, Repeating, board_init, done, fail, row, slice_row};
use status::Error;
use tls12::schedule::p_hash;
use x509::{Bundle, PrivateKey};

const CA: &[u8] = include_bytes!("../../../../../vectors/tls12/ca.pem");
const CHAIN_2048: &[u8] = include_bytes!("../../../../../vectors/tls12/client-2048.pem");
const CLIENT_1024: &[u8] = include_bytes!("../../../../../vectors/tls12/client-1024.key");
const CLIENT_2048: &[u8] = include_bytes!("../../../../../vectors/tls12/client-2048.key");
const CLIENT_4096: &[u8] = include_bytes!("../../../../../vectors/tls12/client-4096.key");

/// As large as the idle receive buffer of a connection with 4 KiB windows.
const WORKSPACE: usize = tls12::Connection::SMALL_RX;

static mut DATA: [u8; 16 * 1024] = [0; 16 * 1024];

bench::start!(main);

fn main() -> ! {
    board_init();
    let counter = Counter::start();
    let mut accel = Repeating::started();
    row("random numbers: tests of the source at its start, and a seed", counter.instructions());
    load();
    rsa(&mut accel, CLIENT_1024, ["RSA-1024 sign, cold", "RSA-1024 verify, cold", "RSA-1024 encrypt, cold"]);
    rsa(&mut accel, CLIENT_2048, ["RSA-2048 sign, cold", "RSA-2048 verify, cold", "RSA-2048 encrypt, cold"]);
    rsa(&mut accel, CLIENT_4096, ["RSA-4096 sign, cold", "RSA-4096 verify, cold", "RSA-4096 encrypt, cold"]);
    for (name, vector) in &VECTORS {
        ecdsa(&mut accel, name, vector);
    }
    // SAFETY: the only reference, in the only thread.
    let data = unsafe { &mut *(&raw mut DATA) };
    hashes(&mut accel, data);
    prf(&mut accel);
    ciphers(&mut accel, data);
    done()
}

fn check<T>(what: &str, result: Result<T, Error>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => fail(what, error),
    }
}

/// What a device reads before its first connection.
fn load() {
    let (mut ca, mut chain, mut key) = ([0; 3072], [0; 3072], [0; 3072]);
    let counter = Counter::start();
    let bundles = [Bundle::from_pem(CA, &mut ca), Bundle::from_pem(CHAIN_2048, &mut chain)];
    let key = PrivateKey::from_pem(CLIENT_2048, &mut key);
    row("CA, certificate and key of 2048 bits from PEM", counter.instructions());
    for bundle in bundles {
        check("certificate", bundle);
    }
    check("key", key);
}

/// Steps a job to its end; the largest slice is the longest time that a device is kept from other work.
fn run(accel: &mut impl Accel, mut job: Job<'_>, workspace: &mut [u8], output: &mut [u8]) -> (usize, u64) {
    let mut longest = 0;
    loop {
        let counter = Counter::start();
        let result = accel.step(&mut job, workspace, output);
        longest = longest.max(counter.instructions());
        match result {
            Ok(length) => return (length, longest),
            Err(nb::Error::WouldBlock) => {}
            Err(nb::Error::Other(error)) => fail("step", error),
        }
    }
}

fn rsa(accel: &mut impl Accel, pem: &[u8], [sign, verify, encrypt]: [&str; 3]) {
    let mut storage = [0; 4096];
    let key = check("key", PrivateKey::from_pem(pem, &mut storage));
    let key: RsaPrivateKey<'_> = key.rsa();
    let mut workspace = [0; WORKSPACE];
    let mut signature = [0; 512];
    let mut output = [0; 512];
    let digest = [7; 32];

    let counter = Counter::start();
    let job = check("sign", accel.rsa_sign(&key, HashAlgorithm::Sha256, &digest, &mut workspace));
    let (length, slice) = run(accel, job, &mut workspace, &mut signature);
    row(sign, counter.instructions());
    let signature = &signature[..length];
    slice_row(sign, slice);

    let counter = Counter::start();
    let job = check(
        "verify",
        accel.rsa_verify(&key.public, HashAlgorithm::Sha256, &digest, signature, &mut workspace),
    );
    let (_, slice) = run(accel, job, &mut workspace, &mut output);
    row(verify, counter.instructions());
    slice_row(verify, slice);

    let counter = Counter::start();
    let job = check("encrypt", accel.rsa_encrypt(&key.public, &[3; 48], &mut workspace));
    let (_, slice) = run(accel, job, &mut workspace, &mut output);
    row(encrypt, counter.instructions());
    slice_row(encrypt, slice);
}

fn ecdsa(accel: &mut impl Accel, name: &str, vector: &Vector) {
    let mut workspace = [0; WORKSPACE];
    let digest = [7; 64];
    let key = EcPublicKey { curve: vector.curve, point: vector.point };
    let counter = Counter::start();
    let digest = &digest[..vector.hash.digest_length()];
    let job = check("ecdsa", accel.ecdsa_verify(&key, digest, vector.signature, &mut workspace));
    let (_, slice) = run(accel, job, &mut workspace, &mut []);
    row(name, counter.instructions());
    slice_row(name, slice);
}

/// The cost of one more KiB: 16 KiB less 1 KiB, by fifteen.
fn per_kib(name: &str, data: &mut [u8], mut work: impl FnMut(&mut [u8])) {
    let counter = Counter::start();
    work(&mut data[..1024]);
    let one = counter.instructions();
    let counter = Counter::start();
    work(data);
    row(name, (counter.instructions() - one) / 15);
}

fn hashes(accel: &mut impl Accel, data: &mut [u8]) {
    for (name, algorithm) in [
        ("MD5 per KiB", HashAlgorithm::Md5),
        ("SHA-1 per KiB", HashAlgorithm::Sha1),
        ("SHA-256 per KiB", HashAlgorithm::Sha256),
        ("SHA-384 per KiB", HashAlgorithm::Sha384),
    ] {
        per_kib(name, data, |data| {
            check(name, accel.hash(algorithm, &[data]));
        });
    }
    per_kib("HMAC-SHA-256 per KiB", data, |data| {
        let key = check("hmac", HmacKey::new(accel, HashAlgorithm::Sha256, &[7; 32]));
        check("hmac", key.mac(accel, &[data]));
    });
}

/// The PRF of a connection's secrets, the key's preparation included: of a handshake's three expansions of the master secret only the
/// first pays for it.
fn prf(accel: &mut impl Accel) {
    let hashes = [
        (
            HashAlgorithm::Sha256,
            ["PRF SHA-256 master secret", "PRF SHA-256 key block, 72 bytes", "PRF SHA-256 finished"],
        ),
        (
            HashAlgorithm::Sha384,
            ["PRF SHA-384 master secret", "PRF SHA-384 key block, 72 bytes", "PRF SHA-384 finished"],
        ),
    ];
    for (algorithm, names) in hashes {
        let seed = &[7; 64][..];
        let digest = &seed[..algorithm.digest_length()];
        let expansions = [
            (&b"extended master secret"[..], digest, 48),
            (b"key expansion", seed, 72),
            (b"client finished", digest, 12),
        ];
        for (name, (label, seed, length)) in names.into_iter().zip(expansions) {
            let mut out = [0; 72];
            let counter = Counter::start();
            let key = check(name, HmacKey::new(accel, algorithm, &[7; 48]));
            check(name, p_hash(accel, &key, &[label, seed], &mut out[..length]));
            row(name, counter.instructions());
        }
    }
}

fn ciphers(accel: &mut impl Accel, data: &mut [u8]) {
    let key = [7; 32];
    for (names, length) in [
        (
            [
                "AES-128-CBC encrypt per KiB",
                "AES-128-CBC decrypt per KiB",
                "AES-128-GCM seal per KiB",
                "AES-128-GCM open per KiB",
                "AES-128-CCM seal per KiB",
            ],
            16,
        ),
        (
            [
                "AES-256-CBC encrypt per KiB",
                "AES-256-CBC decrypt per KiB",
                "AES-256-GCM seal per KiB",
                "AES-256-GCM open per KiB",
                "AES-256-CCM seal per KiB",
            ],
            32,
        ),
    ] {
        let key = &key[..length];
        let loaded = check("key", accel.cipher_load(CipherMode::Cbc, Direction::Encrypt, key));
        per_kib(names[0], data, |data| check("cbc", accel.cbc_encrypt(&loaded, &mut [0; 16], data)));
        let loaded = check("key", accel.cipher_load(CipherMode::Cbc, Direction::Decrypt, key));
        per_kib(names[1], data, |data| check("cbc", accel.cbc_decrypt(&loaded, &mut [0; 16], data)));
        let loaded = check("key", accel.cipher_load(CipherMode::Gcm, Direction::Encrypt, key));
        let mut tag = [0; 16];
        per_kib(names[2], data, |data| check("gcm", accel.seal(&loaded, &[0; 12], &[0; 13], data, &mut tag)));
        // A wrong tag costs what a right one does, but for wiping the data.
        let loaded = check("key", accel.cipher_load(CipherMode::Gcm, Direction::Decrypt, key));
        per_kib(names[3], data, |data| {
            let _ = accel.open(&loaded, &[0; 12], &[0; 13], data, &[0; 16]);
        });
        let loaded = check("key", accel.cipher_load(CipherMode::Ccm, Direction::Encrypt, key));
        per_kib(names[4], data, |data| check("ccm", accel.seal(&loaded, &[0; 12], &[0; 13], data, &mut tag)));
    }
}
