//! CRYP and HASH fail, at the start and in the middle of something: software goes on where it can, and the codes are kept.

use accel::self_test::Algorithm;
use accel::stm32f4::Stopped;
use accel::{Cipher, CipherMode, Direction, Hash, HashAlgorithm};
use peripherals::Fault;
use status::{cipher, device, md};
use tests::units::Units;

use super::{ECB, GCM, MODES, ON_HASH, SHA256, bytes, everything_works, in_pieces, open, seal};

/// Every algorithm of a unit that fails is done by software, and the reason and the code are kept.
#[test]
fn a_unit_that_fails_at_the_start() {
    for (fault, reason) in
        [(Fault::Silent, cipher::HW_ACCEL_FAILED), (Fault::Wrong, device::SELF_TEST_FAILED)]
    {
        let units = Units::late(8);
        units.cryp.0.borrow_mut().fail(fault);
        let mut accel = units.start();
        let failed: Vec<_> = accel.failures().iter().collect();
        let modes = [CipherMode::Cbc, CipherMode::Gcm, CipherMode::Ccm, CipherMode::Ccm8];
        assert_eq!(failed, modes.map(|mode| (Algorithm::Cipher(mode), reason)));
        assert_eq!(accel.failures().code().unwrap().code(), -0x7FA5);
        everything_works(&mut accel);
        units.cryp.0.borrow_mut().clear_counters();
        seal(&mut accel, CipherMode::Gcm, &[1; 16], &[], &[0; 100]);
        assert_eq!(units.cryp.0.borrow().counters().accesses(), 0, "{fault:?}");
    }
    for (fault, reason) in [(Fault::Silent, md::HW_ACCEL_FAILED), (Fault::Wrong, device::SELF_TEST_FAILED)] {
        let units = Units::late(9);
        units.hash.0.borrow_mut().fail(fault);
        let mut accel = units.start();
        let failed: Vec<_> = accel.failures().iter().collect();
        assert_eq!(failed, ON_HASH.map(|algorithm| (Algorithm::Hash(algorithm), reason)));
        assert_eq!(accel.failures().code().unwrap().code(), -0x7FAF);
        everything_works(&mut accel);
        units.hash.0.borrow_mut().clear_counters();
        accel.hash(HashAlgorithm::Sha256, &[&[0; 1000]]).unwrap();
        assert_eq!(units.hash.0.borrow().counters().accesses(), 0, "{fault:?}");
    }
}

/// One algorithm that fails does not take the others with it.
#[test]
fn one_algorithm_that_fails_at_the_start() {
    let units = Units::late(10);
    units.cryp.0.borrow_mut().fail_mode(GCM, Fault::Wrong);
    units.hash.0.borrow_mut().fail_mode(SHA256, Fault::Silent);
    let mut accel = units.start();
    let failed: Vec<_> = accel.failures().iter().collect();
    let expected = [
        (Algorithm::Hash(HashAlgorithm::Sha256), md::HW_ACCEL_FAILED),
        (Algorithm::Cipher(CipherMode::Gcm), device::SELF_TEST_FAILED),
    ];
    assert_eq!(failed, expected);
    assert_eq!(accel.failures().of(Algorithm::Hash(HashAlgorithm::Sha1)), None);
    assert_eq!(accel.failures().code().unwrap().code(), -0x7FB7);
    everything_works(&mut accel);

    // CCM is made of single blocks.
    let units = Units::late(10);
    units.cryp.0.borrow_mut().fail_mode(ECB, Fault::Wrong);
    let accel = units.start();
    assert_eq!(accel.failures().of(Algorithm::Cipher(CipherMode::Cbc)), None);
    assert_eq!(accel.failures().of(Algorithm::Cipher(CipherMode::Ccm)), Some(device::SELF_TEST_FAILED));
}

/// CRYP stops after each number of blocks: the call succeeds all the same, with the right answer, in place.
#[test]
fn cryp_stops_in_the_middle() {
    let mut soft = crate::soft();
    let (key, aad, plain) = (bytes(24), bytes(29), bytes(75));
    for blocks in 0..24 {
        for mode in MODES {
            let expected = seal(&mut soft, mode, &key, &aad, &plain);
            let stopping = || {
                let units = Units::late(11);
                let accel = units.start();
                units.cryp.0.borrow_mut().fail_after(blocks, Fault::Silent);
                (units, accel)
            };
            let (_, mut accel) = stopping();
            assert_eq!(seal(&mut accel, mode, &key, &aad, &plain), expected, "{mode:?}, {blocks}");
            let stopped = accel.failures().of(Algorithm::Cipher(mode));
            assert!(stopped.is_none_or(|reason| reason == cipher::HW_ACCEL_FAILED));
            assert_eq!(stopped.is_some(), accel.failures().of(Algorithm::Cipher(CipherMode::Cbc)).is_some());
            let (units, mut accel) = stopping();
            assert_eq!(
                open(&mut accel, mode, &key, &aad, &expected),
                Ok(plain.clone()),
                "{mode:?}, {blocks}"
            );
            units.cryp.0.borrow_mut().fail(Fault::None);
            let forged = (expected.0.clone(), vec![0; mode.tag_length()]);
            let (_, mut accel) = stopping();
            assert_eq!(open(&mut accel, mode, &key, &aad, &forged), Err(cipher::AUTH_FAILED));
        }
    }
}

/// The same for CBC, which goes on with the initialization vector of the block where the unit stopped.
#[test]
fn cryp_stops_in_the_middle_of_cbc() {
    let mut soft = crate::soft();
    let load =
        |accel: &mut dyn Cipher, direction| accel.cipher_load(CipherMode::Cbc, direction, &[3; 32]).unwrap();
    let (sealer, opener) = (load(&mut soft, Direction::Encrypt), load(&mut soft, Direction::Decrypt));
    let (mut expected, mut last) = (bytes(96), [5; 16]);
    soft.cbc_encrypt(&sealer, &mut last, &mut expected).unwrap();
    let mut back = expected.clone();
    soft.cbc_decrypt(&opener, &mut [5; 16], &mut back).unwrap();
    for blocks in 0..8 {
        let units = Units::late(12);
        let mut accel = units.start();
        let (sealer, opener) = (load(&mut accel, Direction::Encrypt), load(&mut accel, Direction::Decrypt));
        units.cryp.0.borrow_mut().fail_after(blocks, Fault::Silent);
        let (mut data, mut iv) = (bytes(96), [5; 16]);
        accel.cbc_encrypt(&sealer, &mut iv, &mut data).unwrap();
        assert_eq!((&data, iv), (&expected, last), "{blocks}");
        assert_eq!(accel.failures().is_empty(), blocks >= 6);
        let mut iv = [5; 16];
        accel.cbc_decrypt(&opener, &mut iv, &mut data).unwrap();
        assert_eq!((data, iv), (bytes(96), last), "{blocks}");
        assert!(!accel.failures().is_empty());
        assert_eq!(accel.failures().of(Algorithm::Hash(HashAlgorithm::Sha256)), None);
        // A key that was loaded for the unit is still good, and one loaded now is software's.
        let (mut data, mut iv) = (bytes(96), [5; 16]);
        accel.cbc_encrypt(&sealer, &mut iv, &mut data).unwrap();
        assert_eq!(data, expected);
        assert!(load(&mut accel, Direction::Encrypt).bytes(CipherMode::Cbc, Direction::Encrypt).is_err());
    }
}

/// HASH stops: what was not in it goes on in software, what was saved from it is lost, and the code says so.
#[test]
fn hash_stops_in_the_middle() {
    let (units, mut soft, message) = (Units::late(13), crate::soft(), bytes(500));
    let mut accel = units.start();
    let mut saved = accel.hash_start(HashAlgorithm::Sha256).unwrap();
    accel.hash_update(&mut saved, &message[..100]).unwrap();
    let mut waiting = accel.hash_start(HashAlgorithm::Sha1).unwrap();
    accel.hash_update(&mut waiting, &message[..67]).unwrap();
    let mut setting_out = accel.hash_start(HashAlgorithm::Sha256).unwrap();
    accel.hash_update(&mut setting_out, &message[..33]).unwrap();
    units.hash.0.borrow_mut().fail_after(2, Fault::Silent);

    accel.hash_update(&mut setting_out, &message[33..400]).unwrap();
    for algorithm in ON_HASH {
        assert_eq!(accel.failures().of(Algorithm::Hash(algorithm)), Some(md::HW_ACCEL_FAILED));
    }
    accel.hash_update(&mut setting_out, &message[400..]).unwrap();
    let digest = accel.hash_finish(setting_out).unwrap();
    assert_eq!(digest.as_bytes(), soft.hash(HashAlgorithm::Sha256, &[&message]).unwrap().as_bytes());

    let short = accel.hash_finish(waiting.clone()).unwrap();
    assert_eq!(short.as_bytes(), soft.hash(HashAlgorithm::Sha1, &[&message[..67]]).unwrap().as_bytes());
    accel.hash_update(&mut waiting, &message[67..]).unwrap();
    let digest = accel.hash_finish(waiting).unwrap();
    assert_eq!(digest.as_bytes(), soft.hash(HashAlgorithm::Sha1, &[&message]).unwrap().as_bytes());

    units.hash.0.borrow_mut().clear_counters();
    assert_eq!(accel.hash_update(&mut saved.clone(), &message), Err(md::HW_ACCEL_FAILED));
    assert_eq!(accel.hash_finish(saved).err(), Some(md::HW_ACCEL_FAILED));
    assert_eq!(units.hash.0.borrow().counters().accesses(), 0, "a unit that was given up is left alone");
    everything_works(&mut accel);
}

/// A message that goes through at once, and the end of one that waited, are taken over as well.
#[test]
fn hash_stops_at_the_end() {
    for at_once in [true, false] {
        hash_stops_on(at_once);
    }
}

fn hash_stops_on(at_once: bool) {
    let (units, mut soft) = (Units::late(14), crate::soft());
    let mut accel = units.start();
    units.hash.0.borrow_mut().fail(Fault::Silent);
    let algorithm = HashAlgorithm::Sha224;
    let digest = match at_once {
        true => accel.hash(algorithm, &[b"abc"]).unwrap(),
        false => in_pieces(&mut accel, algorithm, &[b"abc"]),
    };
    assert_eq!(digest.as_bytes(), soft.hash(HashAlgorithm::Sha224, &[b"abc"]).unwrap().as_bytes());
    assert_eq!(accel.failures().code().unwrap().code(), -0x7FAF);
}

/// Both codes of the kind, for a unit that stops while software may not help out.
#[test]
fn the_drivers_own_codes() {
    let units = Units::default();
    let mut accel = units.start();
    units.cryp.0.borrow_mut().fail_after(2, Fault::Silent);
    let stopped = accel.cryp().cbc(Direction::Encrypt, &[0; 16], &mut [0; 16], &mut [[0; 16]; 5]);
    assert_eq!(stopped, Err(Stopped { error: cipher::HW_ACCEL_FAILED, done: 32 }));
    let polls = units.cryp.0.borrow().counters().reads;
    assert!(polls < 30_000, "{polls} reads, and it came back");
}
