//! The clock: what it says before and after it was set, and whom it believes (RFC 4330).

use firmware::clock::{
    Clock,
    sntp::{LENGTH, Refusal, answer, request},
};
use proptest::prelude::*;

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

#[test]
fn a_clock_knows_nothing_before_it_was_set() {
    let clock = Clock::default();
    assert_eq!(clock.now(), None);
    clock.set(1_700_000_000_999);
    // The time since boot is that of this process, which is younger than a minute here.
    let now = clock.now().unwrap();
    assert!((1_700_000_000..1_700_000_060).contains(&now), "{now}");
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
