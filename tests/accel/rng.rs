//! Random numbers: what a failing, stuck or healthy source of entropy leads to.

use std::collections::HashSet;

use accel::soft::{Drbg, RESEED_BYTES, RESEED_REQUESTS, Soft};
use accel::{Accel, Entropy, Rng, rustcrypto::RustCrypto};
use sha2::{Digest as _, Sha256};
use status::{Error, entropy};
use tests::entropy::{InsecureSeeded, OperatingSystem};

on_each_backend!(nothing_repeats, bits_are_balanced);

/// A source that can be told to fail, and counts how often it was asked.
#[derive(Clone)]
struct Scripted {
    source: InsecureSeeded,
    asked: u32,
    /// The request that fails, counted from 1; none for 0.
    failing: u32,
}

impl Scripted {
    const fn failing_at(failing: u32) -> Self {
        Self { source: InsecureSeeded::new(7), asked: 0, failing }
    }
}

impl Entropy for Scripted {
    fn entropy(&mut self, out: &mut [u8]) -> Result<(), Error> {
        self.asked += 1;
        if self.asked == self.failing {
            out.fill(0xEE);
            return Err(entropy::SOURCE_FAILED);
        }
        self.source.entropy(out)
    }
}

/// A source that always gives the same byte.
struct Stuck(u8);

impl Entropy for Stuck {
    fn entropy(&mut self, out: &mut [u8]) -> Result<(), Error> {
        out.fill(self.0);
        Ok(())
    }
}

fn nothing_repeats(accel: &mut impl Accel) {
    let mut seen = HashSet::new();
    for _ in 0..5000 {
        let mut out = [0; 16];
        accel.fill(&mut out).unwrap();
        assert!(seen.insert(out));
    }
}

/// 2^20 bits: within six standard deviations of half of them are ones, in each of the eight places of a byte.
fn bits_are_balanced(accel: &mut impl Accel) {
    let mut out = vec![0_u8; 1 << 17];
    accel.fill(&mut out).unwrap();
    for bit in 0..8 {
        let ones = out.iter().filter(|byte| *byte >> bit & 1 == 1).count();
        assert!(ones.abs_diff(1 << 16) < 6 * 181, "{ones} ones in place {bit}");
    }
}

#[test]
fn a_failing_source_fails_every_backend_with_its_code() {
    fn check(rng: &mut impl Rng) {
        let mut out = [0x55; 40];
        assert_eq!(rng.fill(&mut out), Err(entropy::SOURCE_FAILED));
        assert_eq!(out, [0; 40]);
        assert_eq!(rng.fill(&mut out), Ok(()));
        assert_ne!(out, [0; 40]);
    }
    check(&mut Soft::new(Scripted::failing_at(1)));
    check(&mut RustCrypto::new(Scripted::failing_at(1)));
}

#[test]
fn no_entropy_is_drawn_before_it_is_needed() {
    let mut source = Scripted::failing_at(0);
    let mut rng = Drbg::new(&mut source);
    rng.fill(&mut [0; 1]).unwrap();
    rng.fill(&mut [0; 1]).unwrap();
    drop(rng);
    assert_eq!(source.asked, 1);
    drop(Drbg::new(&mut source));
    assert_eq!(source.asked, 1);
}

#[test]
fn reseeded_after_so_many_requests() {
    let mut source = Scripted::failing_at(0);
    let mut rng = Drbg::new(&mut source);
    for _ in 0..RESEED_REQUESTS {
        rng.fill(&mut [0; 4]).unwrap();
    }
    drop(rng);
    assert_eq!(source.asked, 1);

    let mut source = Scripted::failing_at(0);
    let mut rng = Drbg::new(&mut source);
    for _ in 0..=RESEED_REQUESTS {
        rng.fill(&mut [0; 4]).unwrap();
    }
    drop(rng);
    assert_eq!(source.asked, 2);
}

#[test]
fn reseeded_after_so_many_bytes() {
    let mut source = Scripted::failing_at(0);
    let mut rng = Drbg::new(&mut source);
    rng.fill(&mut vec![0; RESEED_BYTES - 1]).unwrap();
    rng.fill(&mut [0; 100]).unwrap();
    rng.fill(&mut [0; 1]).unwrap();
    drop(rng);
    assert_eq!(source.asked, 2);
}

/// A source that dies later stops the generator at the next reseeding, and no output follows without fresh entropy.
#[test]
fn a_source_that_fails_later() {
    let mut source = Scripted::failing_at(2);
    let mut rng = Drbg::new(&mut source);
    for _ in 0..RESEED_REQUESTS {
        rng.fill(&mut [0; 4]).unwrap();
    }
    let mut out = [0x55; 64];
    assert_eq!(rng.fill(&mut out), Err(entropy::SOURCE_FAILED));
    assert_eq!(out, [0; 64]);
    rng.fill(&mut out).unwrap();
    drop(rng);
    assert_eq!(source.asked, 3);

    // After the failure the old key is gone: what follows is what a new generator gives for the third seed.
    let mut again = Scripted::failing_at(0);
    again.entropy(&mut [0; 32]).unwrap();
    let mut expected = [0; 64];
    Drbg::new(again).fill(&mut expected).unwrap();
    assert_eq!(out, expected);
}

#[test]
fn a_source_that_keeps_failing() {
    struct Dead;
    impl Entropy for Dead {
        fn entropy(&mut self, _out: &mut [u8]) -> Result<(), Error> {
            Err(status::platform::HW_ACCEL_FAILED)
        }
    }
    let mut rng = Drbg::new(Dead);
    for _ in 0..10 {
        let mut out = [0x55; 8];
        assert_eq!(rng.fill(&mut out), Err(status::platform::HW_ACCEL_FAILED));
        assert_eq!(out, [0; 8]);
    }
}

#[test]
fn a_stuck_source_is_noticed() {
    for byte in [0x00, 0xFF, 0x5A] {
        let mut out = [0x55; 8];
        assert_eq!(Drbg::new(Stuck(byte)).fill(&mut out), Err(entropy::SOURCE_FAILED));
        assert_eq!(out, [0; 8]);
    }
}

#[test]
fn the_seed_decides() {
    let stream = |seed| {
        let mut out = [0; 100];
        Soft::new(InsecureSeeded::new(seed)).fill(&mut out).unwrap();
        out
    };
    assert_eq!(stream(1), stream(1));
    assert_ne!(stream(1), stream(2));
}

/// The answer is SHA-256 of key and counter, behind the digest that is the next key.
#[test]
fn the_stream_is_sha_256_in_counter_mode() {
    let digest = |key: &[u8], counter: u64| {
        Sha256::new().chain_update(key).chain_update(counter.to_be_bytes()).finalize()
    };
    let mut seed = [0; 32];
    InsecureSeeded::new(5).entropy(&mut seed).unwrap();
    let mut rng = Drbg::new(InsecureSeeded::new(5));
    let (mut first, mut second) = ([0; 40], [0; 32]);
    rng.fill(&mut first).unwrap();
    rng.fill(&mut second).unwrap();
    assert_eq!(first[..32], digest(&seed, 1)[..]);
    assert_eq!(first[32..], digest(&seed, 2)[..8]);
    assert_eq!(second[..], digest(&digest(&seed, 0), 1)[..]);
}

/// Two requests are not one longer request: the key has been erased in between.
#[test]
fn requests_do_not_share_a_key() {
    let (mut parts, mut whole) = ([[0; 32]; 2], [0; 64]);
    let mut rng = Soft::new(InsecureSeeded::new(3));
    for part in &mut parts {
        rng.fill(part).unwrap();
    }
    Soft::new(InsecureSeeded::new(3)).fill(&mut whole).unwrap();
    assert_eq!(parts[0], whole[..32]);
    assert_ne!(parts[1], whole[32..]);
}

#[test]
fn the_operating_system_is_a_source() {
    let (mut first, mut second) = ([0; 32], [0; 32]);
    Soft::new(OperatingSystem).fill(&mut first).unwrap();
    Soft::new(OperatingSystem).fill(&mut second).unwrap();
    assert_ne!(first, second);
}
