//! What an RSA signature costs with different keys of the same size, different messages and different blinding factors, in
//! instructions: all rows show the same number, to the resolution of the counter.
//!
//! Every row begins with a generator in the same state but for the draws before, so that the blinding factors differ too; as no
//! step depends on the factor, nothing of the blinding is left out. Ends with `constant time<TAB>ok` if all rows are the same.
#![no_std]
#![no_main]

use accel::{HashAlgorithm, PublicKey, Rng, RsaPrivateKey};
use bench::{Counter, Repeating, board_init, done, fail, row};
use cortex_m_rt::entry;
use cortex_m_semihosting::{debug, hprintln};
use status::Error;
use x509::PrivateKey;

/// Throw-away keys of 2048 bits with e = 65537; of the last two a part begins with a byte that is zero.
const KEYS: [(&str, &[u8]); 7] = [
    ("2048, ca.key", include_bytes!("../../../../../vectors/tls12/ca.key")),
    ("2048, client-2048.key", include_bytes!("../../../../../vectors/tls12/client-2048.key")),
    ("2048, intermediate.key", include_bytes!("../../../../../vectors/tls12/intermediate.key")),
    ("2048, other-ca.key", include_bytes!("../../../../../vectors/tls12/other-ca.key")),
    ("2048, server.key", include_bytes!("../../../../../vectors/tls12/server.key")),
    ("2048, short-exponent.key", include_bytes!("../../../../../vectors/tls12/short-exponent.key")),
    ("2048, short-coefficient.key", include_bytes!("../../../../../vectors/tls12/short-coefficient.key")),
];
/// Every byte of the digest.
const DIGESTS: [u8; 3] = [0x00, 0x07, 0xFF];
/// One tick of the counter: an instruction and a quarter, as `cargo xtask test` runs this.
const RESOLUTION: u64 = 40;

#[entry]
fn main() -> ! {
    board_init();
    let (mut least, mut most) = (u64::MAX, 0);
    for (number, (name, pem)) in KEYS.iter().enumerate() {
        let mut storage = [0; 4096];
        let key = check(PrivateKey::from_pem(pem, &mut storage));
        for digest in DIGESTS {
            let count = sign(&key.rsa(), digest, number);
            row(name, count);
            (least, most) = (least.min(count), most.max(count));
        }
    }
    if most - least > RESOLUTION {
        hprintln!("constant time\tnot: from {} to {}", least, most);
        debug::exit(debug::EXIT_FAILURE);
    }
    hprintln!("constant time\tok");
    done()
}

/// Instructions of one signature, after a draw that makes the blinding factor another one.
fn sign(key: &RsaPrivateKey<'_>, digest: u8, draws: usize) -> u64 {
    let mut accel = Repeating::started();
    let mut drawn = [0; 32];
    for _ in 0..=usize::from(digest) % 5 + draws {
        check(accel.fill(&mut drawn));
    }
    let mut workspace = [0; tls12::Connection::SMALL_RX];
    let mut signature = [0; 256];
    let counter = Counter::start();
    let mut job = check(accel.rsa_sign(key, HashAlgorithm::Sha256, &[digest; 32], &mut workspace));
    loop {
        match accel.step(&mut job, &mut workspace, &mut signature) {
            Ok(_) => return counter.instructions(),
            Err(nb::Error::WouldBlock) => {}
            Err(nb::Error::Other(error)) => fail("step", error),
        }
    }
}

fn check<T>(result: Result<T, Error>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => fail("sign", error),
    }
}
