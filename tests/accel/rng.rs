//! Random numbers: what a failing, stuck or healthy source of entropy leads to.

use std::collections::HashSet;

use accel::soft::{Drbg, MAX_REQUEST, RESEED_REQUESTS, Soft};
use accel::{Accel, Entropy, Rng, rustcrypto::RustCrypto};
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

/// So many requests of 32 bytes are tested and dropped before the first one is used (SP 800-90B §4.3).
const START_UP: u32 = 1024 / 32;

/// A source whose bytes are a function of their place.
struct Made<F> {
    byte: F,
    place: usize,
    /// It begins anew at each request.
    forgets: bool,
}

impl<F: FnMut(usize) -> u8> Entropy for Made<F> {
    fn entropy(&mut self, out: &mut [u8]) -> Result<(), Error> {
        if self.forgets {
            self.place = 0;
        }
        for to in out {
            *to = (self.byte)(self.place);
            self.place += 1;
        }
        Ok(())
    }
}

/// Draws a good source's bytes, to be made worse.
fn drawn(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    InsecureSeeded::new(11).entropy(&mut bytes).unwrap();
    bytes
}

/// What both backends say to a source with these bytes at the first request.
fn verdict(byte: impl FnMut(usize) -> u8 + Clone, forgets: bool) -> Result<(), Error> {
    let made = || Made { byte: byte.clone(), place: 0, forgets };
    let mut out = [0x55; 40];
    let ours = Soft::new(made()).fill(&mut out);
    assert_eq!(ours.is_err(), out == [0; 40]);
    let mut out = [0x55; 40];
    assert_eq!(RustCrypto::new(made()).fill(&mut out), ours);
    assert_eq!(ours.is_err(), out == [0; 40]);
    ours
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
    assert_eq!(source.asked, START_UP + 1);
    drop(Drbg::new(&mut source));
    assert_eq!(source.asked, START_UP + 1);
}

#[test]
fn reseeded_after_so_many_requests() {
    let mut source = Scripted::failing_at(0);
    let mut rng = Drbg::new(&mut source);
    for _ in 0..RESEED_REQUESTS {
        rng.fill(&mut [0; 4]).unwrap();
    }
    drop(rng);
    assert_eq!(source.asked, START_UP + 1);

    let mut source = Scripted::failing_at(0);
    let mut rng = Drbg::new(&mut source);
    for _ in 0..=RESEED_REQUESTS {
        rng.fill(&mut [0; 4]).unwrap();
    }
    drop(rng);
    assert_eq!(source.asked, START_UP + 2);
}

/// SP 800-90A §10.1 table 2: no more than 2^19 bits in a request, so that a long one is several.
#[test]
fn a_long_request_is_several() {
    let mut source = Scripted::failing_at(0);
    let mut rng = Drbg::new(&mut source);
    let (mut long, mut parts) = (vec![0; MAX_REQUEST + 100], vec![0; MAX_REQUEST + 100]);
    rng.fill(&mut long).unwrap();
    let (first, second) = parts.split_at_mut(MAX_REQUEST);
    let mut again = Drbg::new(Scripted::failing_at(0));
    again.fill(first).unwrap();
    again.fill(second).unwrap();
    assert!(long == parts);
}

/// By request, and before every request where prediction resistance is wanted (SP 800-90A §9.3.1).
#[test]
fn reseeded_when_it_is_asked_for() {
    let mut source = Scripted::failing_at(0);
    let mut rng = Drbg::new(&mut source);
    rng.reseed().unwrap();
    rng.fill(&mut [0; 4]).unwrap();
    rng.reseed().unwrap();
    rng.fill(&mut [0; 4]).unwrap();
    drop(rng);
    assert_eq!(source.asked, START_UP + 2);

    let mut source = Scripted::failing_at(START_UP + 4);
    let mut rng = Drbg::prediction_resistant(&mut source);
    for _ in 0..3 {
        rng.fill(&mut [0; 4]).unwrap();
    }
    let mut out = [0x55; 4];
    assert_eq!(rng.fill(&mut out), Err(entropy::SOURCE_FAILED));
    assert_eq!(out, [0; 4]);
    drop(rng);
    assert_eq!(source.asked, START_UP + 4);
}

/// A source that dies later stops the generator at the next reseeding, and no output follows without fresh entropy.
#[test]
fn a_source_that_fails_later() {
    let mut source = Scripted::failing_at(START_UP + 2);
    let mut rng = Drbg::new(&mut source);
    for _ in 0..RESEED_REQUESTS {
        rng.fill(&mut [0; 4]).unwrap();
    }
    let mut out = [0x55; 64];
    assert_eq!(rng.fill(&mut out), Err(entropy::SOURCE_FAILED));
    assert_eq!(out, [0; 64]);
    rng.fill(&mut out).unwrap();
    drop(rng);
    assert_eq!(source.asked, 2 * START_UP + 3, "tested anew");

    // After the failure the old key is gone: what follows is what a new generator gives for what the source gives then.
    let mut again = Scripted::failing_at(0);
    (0..START_UP).for_each(|_| again.entropy(&mut [0; 32]).unwrap());
    again.entropy(&mut [0; 48]).unwrap();
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

const REFUSED: Result<(), Error> = Err(entropy::SOURCE_FAILED);

#[test]
fn a_stuck_source_is_noticed() {
    for byte in [0x00, 0xFF, 0x5A] {
        assert_eq!(verdict(move |_| byte, false), REFUSED);
    }
}

/// In bytes and in words, in either order, by ones and by more, from zero and from anywhere.
#[test]
fn a_source_that_counts_is_noticed() {
    for (start, step) in [(0, 1), (0, 2), (7, 3), (0x8F3A_91C2_5577_0113, 1), (1, 0xFFFF_FFFF_FFFF_FFFF)] {
        let count = move |place: usize| (place as u64).wrapping_mul(step).wrapping_add(start);
        for width in [1, 2, 4, 8] {
            let little = move |place: usize| count(place / width).to_le_bytes()[place % width];
            let big = move |place: usize| count(place / width).to_be_bytes()[8 - width + place % width];
            assert_eq!(verdict(little, false), REFUSED, "{start} {step} {width}");
            assert_eq!(verdict(big, false), REFUSED, "{start} {step} {width}");
        }
    }
    let decimal = |place: usize| format!("{:08}", place / 8).as_bytes()[place % 8];
    assert_eq!(verdict(decimal, false), REFUSED);
}

/// At the first request, where the pattern comes round within the start-up; otherwise when it has come round.
#[test]
fn a_source_that_repeats_a_pattern_is_noticed() {
    for length in (1..=40).chain([64, 100, 255, 256, 257, 500, 512, 1000, 1012]) {
        let pattern = drawn(length);
        assert_eq!(verdict(|place| pattern[place % length], false), REFUSED, "{length}");
    }
    for length in [1013, 1024, 1500, 2000, 4096, 5000] {
        let pattern = drawn(length);
        let made = || Made { byte: |place: usize| pattern[place % length], place: 0, forgets: false };
        let (mut ours, mut theirs) = (Drbg::prediction_resistant(made()), RustCrypto::new(made()));
        let seeds = 3 * length.next_power_of_two() / 32;
        assert!((0..seeds).any(|_| ours.fill(&mut [0; 32]) == REFUSED), "{length}");
        assert!((0..seeds).any(|_| theirs.fill(&mut [0; 32]) == REFUSED), "{length}");
    }
    // The same bytes again, although they are not the first ones.
    let (before, pattern) = (drawn(1500), drawn(700));
    let byte = |place: usize| before.get(place).copied().unwrap_or_else(|| pattern[place % 700]);
    let mut late = RustCrypto::new(Made { byte, place: 0, forgets: false });
    assert!((0..200).any(|_| late.fill(&mut [0; 32]) == REFUSED));
}

/// The same seed at each request, however good it looks.
#[test]
fn a_source_that_begins_anew_at_each_request_is_noticed() {
    let pattern = drawn(4096);
    assert_eq!(verdict(|place| pattern[place], true), REFUSED);
}

/// A third of the bytes are the same, seldom many in a row: the adaptive proportion test.
#[test]
fn a_source_that_prefers_a_byte_is_noticed() {
    let noise = drawn(8192);
    let byte = |place: usize| if noise[place + 1024].is_multiple_of(3) { 0x77 } else { noise[place] };
    let mut source = RustCrypto::new(Made { byte, place: 0, forgets: false });
    assert!((0..100).any(|_| source.fill(&mut [0; 32]) == REFUSED));
}

/// What a good source gives is never refused, nor what has no more than 4 bits in a byte.
#[test]
fn a_good_source_is_not_refused() {
    let noise = drawn(1 << 20);
    for keep in [0xFF, 0x0F, 0xF0, 0x3C] {
        let byte = |place: usize| noise.get(place).map_or(0, |byte| byte & keep);
        let mut source = RustCrypto::new(Made { byte, place: 0, forgets: false });
        assert_eq!(source.fill(&mut vec![0; (1 << 20) - 1024]), Ok(()), "{keep:02X}");
    }
    assert_eq!(RustCrypto::new(OperatingSystem).fill(&mut vec![0; 1 << 20]), Ok(()));
}

/// After a failure nothing is given before the source has been tested from the beginning.
#[test]
fn a_source_that_recovers_is_tested_anew() {
    let noise = drawn(1 << 14);
    let byte = |place: usize| if (1024 + 32..1024 + 64).contains(&place) { 9 } else { noise[place] };
    let mut source = Made { byte, place: 0, forgets: false };
    let mut rng = RustCrypto::new(&mut source);
    assert_eq!([(); 3].map(|()| rng.fill(&mut [0; 32])), [Ok(()), REFUSED, Ok(())]);
    drop(rng);
    assert_eq!(source.place, 2 * 1024 + 3 * 32);
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

/// Two requests are not one longer request: the state has changed in between.
#[test]
fn requests_do_not_share_a_state() {
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
