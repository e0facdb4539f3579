//! What it costs to open a CBC record whose MAC comes before encryption (RFC 5246 §6.2.3.2), in instructions: the same for every
//! padding that a good record can have; and for a bad one the same whatever is wrong with it and wherever, with the same code.
//!
//! Good and bad differ by what follows the verdict, which an alert tells anyway: a bad record is wiped. Ends with
//! `cbc records<TAB>ok`.
#![no_std]
#![no_main]

use accel::{Cipher, CipherMode, Direction, HmacKey, soft::Soft};
use bench::{Counter, Repeating, board_init, done, fail, row};
use cortex_m_rt::entry;
use cortex_m_semihosting::{debug, hprintln};
use status::{Error, ssl};
use tls12::Suite;
use tls12::record::Protection;
use tls12::schedule::{KeyBlock, Keys, MasterSecret, Randoms, Side};

/// AES-256 with SHA-256, AES-128 with SHA-1.
const SUITES: [u16; 2] = [0x003D, 0x002F];
/// What is encrypted: whole blocks, with room for the longest padding and the longest MAC.
const CONTENT: usize = 320;
const HEADER: usize = 5;
const VECTOR: usize = 16;
const RECORD: usize = HEADER + VECTOR + CONTENT;
/// Each record is opened so often in one count, whose resolution is 40 instructions.
const TIMES: u64 = 4;

#[entry]
fn main() -> ! {
    board_init();
    let mut accel = Repeating::started();
    for id in SUITES {
        let Some(suite) = Suite::from_id(id) else { stop("suite") };
        let master = MasterSecret::from_bytes([0x33; 48]);
        let randoms = Randoms { client: [1; 32], server: [2; 32] };
        let block = check(
            master.key(&mut accel, suite.prf()).and_then(|key| key.key_block(&mut accel, suite, &randoms)),
        );
        every_record(&mut accel, &block);
    }
    hprintln!("cbc records\tok");
    done()
}

fn every_record(accel: &mut Soft<Repeating>, block: &KeyBlock) {
    let keys = block.keys(Side::Server);
    let mac = keys.suite.mac().map_or(0, |hash| hash.digest_length());
    let (mut good, mut bad) = (Span::new(), Span::new());
    for padding in 0..=255 {
        let plain = CONTENT - mac - 1 - usize::from(padding);
        let sound = content(accel, &keys, padding);
        good.add(open(accel, &keys, &sound, Some(plain)));
        // One wrong bit in the padding, its nearest byte and its farthest, and in the MAC.
        for at in [plain + mac, CONTENT - 2, plain, plain + mac - 1] {
            let is_padding = at >= plain + mac;
            if !is_padding || padding > 0 {
                bad.add(wrong(accel, &keys, padding, at));
            }
        }
    }
    for at in 0..CONTENT - 1 {
        // Plaintext, MAC, padding: every byte of the record with the longest padding.
        bad.add(wrong(accel, &keys, 255, at));
    }
    for length in 0..=255_u8 {
        // A length that the bytes before it do not confirm, also one that leaves no room for a MAC.
        let mut content = content(accel, &keys, 0);
        content[CONTENT - 2] = !length;
        content[CONTENT - 1] = length;
        bad.add(open(accel, &keys, &content, None));
    }
    good.report("good record");
    bad.report("bad record");
}

fn wrong(accel: &mut Soft<Repeating>, keys: &Keys<'_>, padding: u8, at: usize) -> u64 {
    let mut content = content(accel, keys, padding);
    content[at] ^= 1;
    open(accel, keys, &content, None)
}

/// Plaintext, its MAC, and so much padding, which says its own length.
fn content(accel: &mut Soft<Repeating>, keys: &Keys<'_>, padding: u8) -> [u8; CONTENT] {
    let Some(hash) = keys.suite.mac() else { stop("mac") };
    let key = check(HmacKey::new(accel, hash, keys.mac));
    let mut content = [padding; CONTENT];
    let length = CONTENT - hash.digest_length() - 1 - usize::from(padding);
    content[..length].fill(0xA7);
    let [.., high, low] = length.to_be_bytes();
    let additional = [0, 0, 0, 0, 0, 0, 0, 0, 23, 3, 3, high, low];
    let digest = check(key.mac(accel, &[&additional, &content[..length]]));
    content[length..][..digest.as_bytes().len()].copy_from_slice(digest.as_bytes());
    content
}

/// What it costs to open the record with this content.
fn open(
    accel: &mut Soft<Repeating>,
    keys: &Keys<'_>,
    content: &[u8; CONTENT],
    expected: Option<usize>,
) -> u64 {
    let mut sealed = [0; RECORD];
    let (header, body) = sealed.split_at_mut(HEADER);
    let (vector, encrypted) = body.split_at_mut(VECTOR);
    let [.., high, low] = (VECTOR + CONTENT).to_be_bytes();
    header.copy_from_slice(&[23, 3, 3, high, low]);
    vector.fill(0x5C);
    encrypted.copy_from_slice(content);
    let key = check(accel.cipher_load(CipherMode::Cbc, Direction::Encrypt, keys.cipher));
    check(accel.cbc_encrypt(&key, &mut [0x5C; 16], encrypted));

    let counter = Counter::start();
    for _ in 0..TIMES {
        let mut record = sealed;
        let Ok(mut protection) = Protection::new(accel, keys, Direction::Decrypt, false) else {
            stop("keys")
        };
        let opened = protection.open(accel, &mut record);
        match (opened, expected) {
            (Ok(range), Some(length)) if range.len() == length => {}
            (Err(failure), None) if failure.error() == ssl::INVALID_MAC => {}
            _ => stop("another answer than expected"),
        }
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

    /// Two counts of the same course differ by one tick at most.
    fn report(&self, name: &str) {
        row(name, self.1 / TIMES);
        if self.1 - self.0 > 40 {
            hprintln!("{} takes from {} to {} instructions", name, self.0 / TIMES, self.1 / TIMES);
            stop("not constant");
        }
    }
}

fn check<T>(result: Result<T, Error>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => fail("cbc records", error),
    }
}

fn stop(what: &str) -> ! {
    hprintln!("cbc records\t{}", what);
    debug::exit(debug::EXIT_FAILURE);
    loop {}
}
