//! What keys and records cost with different secrets, in instructions: for every key length, mode, suite and length of data the same
//! for keys and data of all kinds, and for a record that is refused the same wherever it is wrong. What is public may count: lengths,
//! suites, and whether a record was refused, which an alert tells.
//!
//! Padding and MAC of CBC records have a program of their own, `cbc_records`. A function that does tell its data apart must be
//! noticed. Ends with `records<TAB>ok`.
#![no_std]
#![no_main]

use accel::{Cipher, CipherMode, Direction, Entropy, soft::Soft};
use bench::{Counter, Repeating, board_init, done, fail};
use core::hint::black_box;
use cortex_m_rt::entry;
use cortex_m_semihosting::{debug, hprintln};
use status::{Error, cipher, ssl};
use tls12::Suite;
use tls12::record::{ContentType, Protection};
use tls12::schedule::{Keys, MasterSecret, Randoms, Side};

/// All ten.
const SUITES: [u16; 10] = [0x009D, 0xC09D, 0x003D, 0x0035, 0xC0A1, 0x009C, 0xC09C, 0x003C, 0x002F, 0xC0A0];
const KEY_LENGTHS: [usize; 3] = [16, 24, 32];
const MODES: [(CipherMode, &str); 4] = [
    (CipherMode::Cbc, "CBC"),
    (CipherMode::Gcm, "GCM"),
    (CipherMode::Ccm, "CCM"),
    (CipherMode::Ccm8, "CCM_8"),
];
/// Bytes of data: less than a block, and whole blocks and a part.
const LENGTHS: [usize; 2] = [7, 107];
/// The longest.
const ROOM: usize = 112;
/// A record of that length in any suite.
const RECORD: usize = ROOM + tls12::record::MAX_OVERHEAD;
/// Kinds of keys and data in one comparison.
const SAMPLES: usize = 8;
/// Each is done so often in one count, whose resolution is 40 instructions: two more in one of them are seen.
const TIMES: u64 = 40;

#[entry]
fn main() -> ! {
    board_init();
    let mut samples = Samples(Repeating::new());
    notices(&mut samples);
    for length in KEY_LENGTHS {
        for (mode, name) in MODES {
            every_cipher(&mut samples, length, mode, name);
        }
    }
    for id in SUITES {
        let Some(suite) = Suite::from_id(id) else { stop("suite") };
        for length in LENGTHS {
            every_record(&mut samples, suite, length, false);
            if suite.mode() == CipherMode::Cbc {
                every_record(&mut samples, suite, length, true);
            }
        }
    }
    hprintln!("records\tok");
    done()
}

/// Keys and data: zeros, ones, a single bit, and random ones.
struct Samples(Repeating);

impl Samples {
    fn fill(&mut self, kind: usize, out: &mut [u8]) {
        match kind {
            0 => out.fill(0),
            1 => out.fill(0xFF),
            2 => {
                out.fill(0);
                out[0] = 0x80;
            }
            _ => check(self.0.entropy(out)),
        }
    }
}

/// Without this, equal counts could come from a counter that sees nothing.
fn notices(samples: &mut Samples) {
    let mut span = Span::new();
    for sample in 0..SAMPLES {
        let mut data = [0; ROOM];
        samples.fill(sample, &mut data);
        span.add(count(|| {
            for byte in &data {
                if black_box(*byte) & 1 == 1 {
                    black_box(byte.wrapping_mul(3));
                }
            }
        }));
    }
    if span.is_one() {
        stop("a branch on a secret was not noticed");
    }
}

fn every_cipher(samples: &mut Samples, key_length: usize, mode: CipherMode, name: &str) {
    let mut accel = Repeating::started();
    let (mut loading, mut one_way, mut back) = (Span::new(), Span::new(), Span::new());
    for sample in 0..SAMPLES * SAMPLES {
        let (mut key, mut data, mut tag) = ([0; 32], [0; ROOM], [0; 16]);
        samples.fill(sample % SAMPLES, &mut key);
        samples.fill(sample / SAMPLES, &mut data);
        let (key, tag) = (&key[..key_length], &mut tag[..mode.tag_length()]);
        loading.add(count(|| {
            check(accel.cipher_load(mode, Direction::Encrypt, key));
        }));
        let sealing = check(accel.cipher_load(mode, Direction::Encrypt, key));
        let opening = check(accel.cipher_load(mode, Direction::Decrypt, key));
        let nonce = [sample as u8; 12];
        if mode == CipherMode::Cbc {
            one_way.add(count(|| check(accel.cbc_encrypt(&sealing, &mut [0x5C; 16], &mut data))));
            back.add(count(|| check(accel.cbc_decrypt(&opening, &mut [0x5C; 16], &mut data))));
        } else {
            one_way.add(count(|| check(accel.seal(&sealing, &nonce, &[1; 13], &mut data[1..], tag))));
            back.add(count(|| {
                if accel.open(&opening, &nonce, &[2; 13], &mut data[1..], tag) != Err(cipher::AUTH_FAILED) {
                    stop("another answer than expected");
                }
            }));
        }
    }
    loading.report(&["AES-", name, " key loaded"], key_length);
    one_way.report(&["AES-", name, " encrypted"], key_length);
    back.report(&["AES-", name, " decrypted"], key_length);
}

fn every_record(samples: &mut Samples, suite: Suite, length: usize, encrypt_then_mac: bool) {
    let [mut loading, mut sealing, mut opening, mut refusing] = [const { Span::new() }; 4];
    for sample in 0..SAMPLES {
        let (mut master, mut content) = ([0; 48], [0; ROOM]);
        samples.fill(sample, &mut master);
        samples.fill((sample + 3) % SAMPLES, &mut content);
        let mut accel = Repeating::started();
        let master = MasterSecret::from_bytes(master);
        let randoms = Randoms { client: [1; 32], server: [2; 32] };
        let block = check(
            master.key(&mut accel, suite.prf()).and_then(|key| key.key_block(&mut accel, suite, &randoms)),
        );
        let keys = block.keys(Side::Client);
        loading.add(count(|| {
            protection(&mut accel, &keys, Direction::Encrypt, encrypt_then_mac);
        }));
        let (mut record, mut total) = ([0; RECORD], 0);
        sealing.add(count(|| {
            let mut sealing = protection(&mut accel, &keys, Direction::Encrypt, encrypt_then_mac);
            record[sealing.prefix_length()..][..length].copy_from_slice(&content[..length]);
            match sealing.seal(&mut accel, ContentType::APPLICATION_DATA, &mut record, length) {
                Ok(sealed) => total = sealed,
                Err(_) => stop("sealed"),
            }
        }));
        let record = &record[..total];
        opening.add(open(&mut accel, &keys, record, encrypt_then_mac, true));
        // One wrong bit in the vector or the data, and in the tag or MAC. Where the MAC is encrypted, `cbc_records` looks.
        if encrypt_then_mac || suite.mac().is_none() {
            for at in [13, (13 + total) / 2, total - 8, total - 1] {
                let mut wrong = [0; RECORD];
                wrong[..total].copy_from_slice(record);
                wrong[at] ^= 1 << (sample % 8);
                refusing.add(open(&mut accel, &keys, &wrong[..total], encrypt_then_mac, false));
            }
        }
    }
    let how = if encrypt_then_mac { ", encrypt-then-MAC" } else { "" };
    loading.report(&[suite.name(), how, ": keys loaded"], length);
    sealing.report(&[suite.name(), how, ": sealed"], length);
    opening.report(&[suite.name(), how, ": opened"], length);
    if !refusing.is_empty() {
        refusing.report(&[suite.name(), how, ": refused"], length);
    }
}

fn protection(
    accel: &mut Soft<Repeating>,
    keys: &Keys<'_>,
    direction: Direction,
    encrypt_then_mac: bool,
) -> Protection {
    match Protection::new(accel, keys, direction, encrypt_then_mac) {
        Ok(protection) => protection,
        Err(_) => stop("keys"),
    }
}

/// What it costs to open a copy of the record.
fn open(
    accel: &mut Soft<Repeating>,
    keys: &Keys<'_>,
    record: &[u8],
    encrypt_then_mac: bool,
    is_right: bool,
) -> u64 {
    count(|| {
        let mut copy = [0; RECORD];
        let copy = &mut copy[..record.len()];
        copy.copy_from_slice(record);
        let mut opening = protection(accel, keys, Direction::Decrypt, encrypt_then_mac);
        match opening.open(accel, copy) {
            Ok(_) if is_right => {}
            Err(failure) if !is_right && failure.error() == ssl::INVALID_MAC => {}
            _ => stop("another answer than expected"),
        }
    })
}

fn count(mut work: impl FnMut()) -> u64 {
    let counter = Counter::start();
    for _ in 0..TIMES {
        work();
    }
    counter.instructions()
}

/// The least and the most.
struct Span(u64, u64);

impl Span {
    const fn new() -> Self {
        Self(u64::MAX, 0)
    }

    fn add(&mut self, count: u64) {
        *self = Self(self.0.min(count), self.1.max(count));
    }

    fn is_empty(&self) -> bool {
        self.1 == 0
    }

    /// Two counts of the same course differ by one tick at most.
    fn is_one(&self) -> bool {
        self.1 - self.0 <= 40
    }

    fn report(&self, name: &[&str; 3], length: usize) {
        if self.is_one() {
            hprintln!("{}{}{}, {} bytes\t{}", name[0], name[1], name[2], length, self.1 / TIMES);
        } else {
            let (least, most) = (self.0 / TIMES, self.1 / TIMES);
            hprintln!("{}{}{}, {} bytes: from {} to {}", name[0], name[1], name[2], length, least, most);
            stop("not constant");
        }
    }
}

fn check<T>(result: Result<T, Error>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => fail("records", error),
    }
}

fn stop(what: &str) -> ! {
    hprintln!("records\t{}", what);
    debug::exit(debug::EXIT_FAILURE);
    loop {}
}
