//! The clock: what it says before and after it was set, and whom it believes (RFC 4330).

use std::{cell::RefCell, rc::Rc};

use embassy_futures::block_on;
use firmware::{
    backup::{self, Slot},
    clock::{
        self, BOUND, BUILT, Clock, FAR, Told, Verdict,
        sntp::{LENGTH, Refusal, answer, request},
    },
    storage::{Earlier, Key, Storage},
};
use proptest::prelude::*;

use crate::{flash::Flash, rig::Memory};

const NONCE: [u8; 8] = [1, 2, 3, 4, 5, 6, 7, 8];

/// A good answer: stratum 2, the transmit timestamp 2024-01-01 00:00:00.5 UTC.
fn good() -> [u8; LENGTH] {
    let mut packet = [0; LENGTH];
    packet[0] = 0b00_100_100;
    packet[1] = 2;
    packet[24..32].copy_from_slice(&NONCE);
    packet[40..44].copy_from_slice(&(1_704_067_200_u32 + 2_208_988_800).to_be_bytes());
    packet[44..48].copy_from_slice(&0x8000_0000_u32.to_be_bytes());
    packet
}

/// The same but for one byte.
fn with(place: usize, byte: u8) -> [u8; LENGTH] {
    let mut packet = good();
    packet[place] = byte;
    packet
}

/// That it is this many seconds since 1970.
fn told(seconds: u64) -> Told {
    Told::now(seconds * 1000).unwrap()
}

/// What the clock says is that, by a process that is not that slow.
fn is(clock: &Clock, seconds: u64) -> bool {
    clock.now().is_some_and(|now| (seconds..seconds + 300).contains(&now))
}

const DAY: u64 = 24 * 60 * 60;
const KNOWN: u64 = 1_800_000_000;

#[test]
fn a_clock_knows_nothing_before_it_was_set() {
    let clock = Clock::new(KNOWN);
    assert_eq!(clock.now(), None);
    assert_eq!(clock.offer(told(KNOWN + 500)), Verdict::Set);
    assert!(is(&clock, KNOWN + 500));
}

#[test]
fn the_build_is_a_time_of_this_project() {
    // The day before the first commit, and a time that no commit is from yet.
    assert!((1_700_000_000..2_500_000_000).contains(&BUILT), "{BUILT}");
    assert_eq!(Clock::default().offer(told(BUILT - BOUND - 1)), Verdict::Past);
}

#[test]
fn no_answer_sets_the_clock_before_what_is_known() {
    let clock = Clock::new(KNOWN);
    for past in [0, 990_000_000, KNOWN - DAY, KNOWN - BOUND - 300] {
        let told = told(past + 100);
        assert_eq!(clock.offer(told), Verdict::Past);
        assert_eq!(clock.confirm(told, told), Verdict::Past, "not even two");
        assert!(clock.now().is_none() && clock.is_misled());
    }
    // A server that is a little behind: right, but time does not go back.
    assert_eq!(clock.offer(told(KNOWN - 900)), Verdict::Set);
    assert_eq!(clock.now(), Some(KNOWN));
    assert!(!clock.is_misled());
}

#[test]
fn one_answer_moves_the_clock_by_no_more_than_the_bound() {
    let clock = Clock::new(KNOWN);
    let (far, near) = (told(KNOWN + 100 * DAY), told(KNOWN + 100 * DAY + 5));
    assert_eq!(clock.offer(far), Verdict::Doubtful);
    assert_eq!(clock.now(), None);
    assert_eq!(clock.confirm(far, told(KNOWN + 101 * DAY)), Verdict::Doubtful, "they do not agree");
    assert_eq!(clock.now(), None);
    assert_eq!(clock.confirm(far, near), Verdict::Set);
    assert!(is(&clock, KNOWN + 100 * DAY));
    // It is set: forward by one answer, not too far, and never back.
    let now = clock.now().unwrap();
    assert_eq!(clock.offer(told(now + BOUND + 300)), Verdict::Doubtful);
    assert!(is(&clock, now));
    assert_eq!(clock.offer(told(now + BOUND - 300)), Verdict::Set);
    assert!(is(&clock, now + BOUND - 300));
    let now = clock.now().unwrap();
    assert_eq!(clock.offer(told(now - 600)), Verdict::Set);
    assert_eq!(clock.now(), Some(now));
    assert_eq!(clock.offer(told(now - BOUND - 600)), Verdict::Past);
    clock.forget();
    assert_eq!((clock.now(), clock.offer(far)), (None, Verdict::Doubtful));
}

/// Whoever sets the clock to a distant future locks nobody out: the right time is not past by it, until a certificate was verified
/// at that time.
#[test]
fn a_distant_future_is_not_kept_before_somebody_vouches_for_it() {
    let clock = Clock::new(KNOWN);
    let (future, right) = (told(KNOWN + 30 * 365 * DAY), told(KNOWN + 2 * DAY));
    assert_eq!(clock.confirm(future, future), Verdict::Set);
    assert!(is(&clock, KNOWN + 30 * 365 * DAY));
    assert_eq!(clock.offer(right), Verdict::Doubtful);
    assert_eq!(clock.confirm(right, right), Verdict::Set);
    assert!(is(&clock, KNOWN + 2 * DAY) && !clock.is_misled());
    // What is known by now holds, as ever.
    assert_eq!(clock.offer(told(KNOWN)), Verdict::Past);
    // A device that was off for years, at its broker.
    assert_eq!(clock.confirm(future, future), Verdict::Set);
    clock.vouch();
    assert!(is(&clock, KNOWN + 30 * 365 * DAY));
    assert_eq!(clock.offer(right), Verdict::Past);
    // Up to the bound nobody needs to vouch.
    let clock = Clock::new(KNOWN);
    let far = told(KNOWN + FAR - DAY);
    assert_eq!(clock.confirm(far, far), Verdict::Set);
    assert!(is(&clock, KNOWN + FAR - DAY));
    assert_eq!(clock.offer(right), Verdict::Past);
}

#[test]
fn a_start_knows_what_was_known() {
    let memory = || Memory(Rc::new(RefCell::new(vec![0x5A; backup::CAPACITY])));
    let flash = |time: &[u8]| {
        let mut storage = Storage::new(Flash::new(2));
        block_on(storage.write(Key::Time, time, Earlier::MayStay)).unwrap();
        storage
    };
    let (early, late) = ((BUILT + DAY).to_be_bytes(), (BUILT + 40 * DAY).to_be_bytes());
    for (in_backup, in_flash, known) in [
        (None, None, BUILT),
        (None, Some(late), BUILT + 40 * DAY),
        (Some(late), Some(early), BUILT + 40 * DAY),
        (Some(early), Some(late), BUILT + 40 * DAY),
        // A newer firmware knows more than the last one did.
        (Some(5_u64.to_be_bytes()), None, BUILT),
    ] {
        let mut backup = memory();
        if let Some(time) = in_backup {
            assert!(backup::write(&mut backup, Slot::Time, &time));
        }
        let mut storage = in_flash.map_or(Storage::new(Flash::new(2)), |time| flash(&time));
        let clock = block_on(clock::start(&mut backup, &mut storage));
        assert_eq!(clock.offer(told(known - BOUND - 300)), Verdict::Past);
        assert_eq!(clock.offer(told(known)), Verdict::Set);
    }
    // Forgotten.
    let clock = block_on(clock::start(&mut memory(), &mut flash(&[])));
    assert_eq!(clock.offer(told(BUILT)), Verdict::Set);
}

#[test]
fn a_request_is_a_clients_of_version_4_and_has_the_nonce() {
    let packet = request(NONCE);
    assert_eq!(packet[0], 0b00_100_011);
    assert_eq!(packet[40..], NONCE);
    assert!(packet[1..40].iter().all(|byte| *byte == 0));
}

#[test]
fn an_answer_has_the_time_in_milliseconds() {
    assert_eq!(answer(&good(), NONCE), Ok(1_704_067_200_500));
    // What follows is for extensions.
    assert_eq!(answer(&[good().as_slice(), &[0; 20]].concat(), NONCE), Ok(1_704_067_200_500));
}

/// RFC 4330 §3: after 2036 the seconds begin again.
#[test]
fn the_second_era_follows_the_first() {
    let at = |seconds: u32| {
        let mut packet = good();
        packet[40..44].copy_from_slice(&seconds.to_be_bytes());
        answer(&packet, NONCE).map(|milliseconds| milliseconds / 1000)
    };
    assert_eq!(at(u32::MAX), Ok(2_085_978_495));
    assert_eq!(at(0), Ok(2_085_978_496));
    assert_eq!(at(0x7FFF_FFFF), Ok(2_085_978_496 + 0x7FFF_FFFF));
    // The first half of the era before 1970.
    assert_eq!(at(0x8000_0000), Err(Refusal::Unsynchronized));
}

/// RFC 4330 §5: each of the checks.
#[test]
fn what_is_no_answer_to_this_request_is_not_believed() {
    for (name, packet, refusal) in [
        ("mode 3", with(0, 0b00_100_011), Refusal::Foreign),
        ("mode 5", with(0, 0b00_100_101), Refusal::Foreign),
        ("version 0", with(0, 0b00_000_100), Refusal::Foreign),
        ("version 5", with(0, 0b00_101_100), Refusal::Foreign),
        ("another originate", with(31, 9), Refusal::Foreign),
        ("leap alarm", with(0, 0b11_100_100), Refusal::Unsynchronized),
        ("stratum 16", with(1, 16), Refusal::Unsynchronized),
    ] {
        assert_eq!(answer(&packet, NONCE), Err(refusal), "{name}");
    }
    let mut zero = good();
    zero[40..].fill(0);
    assert_eq!(answer(&zero, NONCE), Err(Refusal::Unsynchronized));
    let mut kiss = with(1, 0);
    kiss[12..16].copy_from_slice(b"RATE");
    assert_eq!(answer(&kiss, NONCE), Err(Refusal::KissOfDeath(*b"RATE")));
    // Any version that exists, any stratum that is synchronized.
    for packet in [with(0, 0b00_011_100), with(0, 0b01_100_100), with(1, 1), with(1, 15)] {
        assert_eq!(answer(&packet, NONCE), Ok(1_704_067_200_500));
    }
    for length in 0..LENGTH {
        assert_eq!(answer(&good()[..length], NONCE), Err(Refusal::Foreign));
    }
}

proptest! {
    #[test]
    fn nobody_who_has_not_seen_the_request_is_believed(packet in proptest::collection::vec(any::<u8>(), 0..64)) {
        prop_assume!(packet.get(24..32) != Some(&NONCE));
        prop_assert_eq!(answer(&packet, NONCE), Err(Refusal::Foreign));
    }
}
