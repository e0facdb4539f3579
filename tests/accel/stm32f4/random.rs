//! The random numbers come from RNG; what a failing, stuck or dying one leads to.

use accel::{MAX_TAG_LENGTH, Rng, self_test::Algorithm};
use peripherals::RngFault;
use status::{Error, entropy};
use tests::units::Units;

fn random(units: &Units) -> Result<[u8; 64], Error> {
    let mut out = [0; 64];
    units.start().fill(&mut out).map(|()| out)
}

#[test]
fn random_numbers_come_from_the_unit() {
    let (first, second) = (Units::late(15), Units::late(15));
    second.rng.0.borrow_mut().set_key([1; 32]);
    assert_eq!(random(&first), random(&Units::late(16)), "the model repeats");
    assert_ne!(random(&first).unwrap(), random(&second).unwrap());
    assert!(first.rng.0.borrow().touched());
}

/// A disturbance that passes is survived; what stays is refused with its code, and noted.
#[test]
fn errors_of_the_random_number_generator() {
    let units = Units::late(17);
    units.rng.0.borrow_mut().fail(RngFault::Seed);
    assert!(random(&units).is_ok());
    for fault in [RngFault::SeedAgain, RngFault::Clock, RngFault::Silent, RngFault::Stuck(0x1234_5678)] {
        let units = Units::late(18);
        units.rng.0.borrow_mut().fail(fault);
        assert_eq!(random(&units), Err(entropy::SOURCE_FAILED), "{fault:?}");
        let accel = units.start();
        assert_eq!(accel.failures().of(Algorithm::Rng), Some(entropy::SOURCE_FAILED));
        assert_eq!(accel.failures().code().unwrap().code(), -0x7FBC);
        assert!(units.rng.0.borrow().counters().reads < 200_000);

        units.rng.0.borrow_mut().fail(RngFault::None);
        assert!(random(&units).is_ok(), "it recovers by itself");
    }
}

/// A generator that dies later stops all random numbers at the next reseeding, and comes back when it does.
#[test]
fn a_generator_that_dies_later() {
    let units = Units::late(19);
    let mut accel = units.start();
    units.rng.0.borrow_mut().fail(RngFault::Stuck(0));
    let mut out = [0; 16];
    let failed = (0..2000).find_map(|_| accel.fill(&mut out).err());
    assert_eq!(failed, Some(entropy::SOURCE_FAILED));
    assert_eq!(out, [0; 16]);
    assert_eq!(accel.fill(&mut out), Err(entropy::SOURCE_FAILED));
    units.rng.0.borrow_mut().fail(RngFault::None);
    assert_eq!(accel.fill(&mut out), Ok(()));
    let mut tag = [0; MAX_TAG_LENGTH];
    accel.fill(&mut tag).unwrap();
    assert_ne!(out, tag);
}
