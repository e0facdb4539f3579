//! The driver of the STM32F439's units, over models of them: every length, late answers, units that fail, at the start and in
//! the middle of something, and what is left in them afterwards.

use accel::self_test::Algorithm;
use accel::stm32f4::{Stopped, shortest};
use accel::{
    Accel, Cipher, CipherMode, Digest, Direction, Hash, HashAlgorithm, HmacKey, MAX_TAG_LENGTH, NONCE_LENGTH,
    Rng,
};
use peripherals::{Fault, Latency, RngFault};
use status::{Error, cipher, device, entropy, md};
use tests::units::{Accelerator, Units};

const MODES: [CipherMode; 3] = [CipherMode::Gcm, CipherMode::Ccm, CipherMode::Ccm8];
const ON_HASH: [HashAlgorithm; 4] =
    [HashAlgorithm::Md5, HashAlgorithm::Sha1, HashAlgorithm::Sha224, HashAlgorithm::Sha256];
const KEYS: [usize; 3] = [16, 24, 32];
/// ALGOMODE of CTR and of GCM, ALGO of SHA-256: how the models name them.
const CTR: u32 = 6;
const GCM: u32 = 8;
const SHA256: u32 = 3;

fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|at| at.wrapping_mul(167).wrapping_add(at >> 8).to_le_bytes()[0]).collect()
}

fn nonce() -> [u8; NONCE_LENGTH] {
    *bytes(NONCE_LENGTH).first_chunk().unwrap()
}

fn seal(
    accel: &mut impl Accel,
    mode: CipherMode,
    key: &[u8],
    aad: &[u8],
    plain: &[u8],
) -> (Vec<u8>, Vec<u8>) {
    let key = accel.cipher_load(mode, Direction::Encrypt, key).unwrap();
    let (mut data, mut tag) = (plain.to_vec(), vec![0; mode.tag_length()]);
    accel.seal(&key, &nonce(), aad, &mut data, &mut tag).unwrap();
    (data, tag)
}

fn open(
    accel: &mut impl Accel,
    mode: CipherMode,
    key: &[u8],
    aad: &[u8],
    (data, tag): &(Vec<u8>, Vec<u8>),
) -> Result<Vec<u8>, Error> {
    let key = accel.cipher_load(mode, Direction::Decrypt, key).unwrap();
    let mut data = data.clone();
    accel.open(&key, &nonce(), aad, &mut data, tag).map(|()| data)
}

/// A hash of which each piece is an update, so that it is saved in between.
fn in_pieces(accel: &mut impl Hash, algorithm: HashAlgorithm, pieces: &[&[u8]]) -> Digest {
    let mut state = accel.hash_start(algorithm).unwrap();
    for piece in pieces {
        accel.hash_update(&mut state, piece).unwrap();
    }
    accel.hash_finish(state).unwrap()
}

/// Data and associated data of 0 to 80 bytes, every pair of lengths modulo a block among them.
#[test]
fn every_length_of_a_message_and_its_associated_data() {
    for seed in 0..3 {
        let units = Units::late(seed);
        let (mut accel, mut soft) = (units.start(), crate::soft());
        let key = bytes(KEYS[usize::try_from(seed).unwrap()]);
        for mode in MODES {
            for length in 0..=80 {
                for aad in [0, 13, length, 80 - length, length % 16 + 16] {
                    let (plain, aad) = (bytes(length), bytes(aad));
                    let sealed = seal(&mut accel, mode, &key, &aad, &plain);
                    assert_eq!(sealed, seal(&mut soft, mode, &key, &aad, &plain), "{mode:?}, {length} bytes");
                    assert_eq!(open(&mut accel, mode, &key, &aad, &sealed), Ok(plain));
                }
            }
        }
        assert!(accel.failures().is_empty());
        units.assert_well_used();
    }
}

/// A record's worth, and associated data up to what CCM can take.
#[test]
fn long_messages() {
    let units = Units::late(4);
    let (mut accel, mut soft) = (units.start(), crate::soft());
    let (key, plain, aad) = (bytes(32), bytes(0x4000 + 5), bytes(0xFEFF));
    for mode in MODES {
        for aad_length in [0, 13, 14, 15, 16, 30, 31, 255, 256, 0xFEFF] {
            let (aad, plain) = (&aad[..aad_length], if aad_length == 13 { &plain[..] } else { &plain[..50] });
            assert!(
                seal(&mut accel, mode, &key, aad, plain) == seal(&mut soft, mode, &key, aad, plain),
                "{mode:?}, {aad_length}"
            );
        }
    }
    let load = accel.cipher_load(CipherMode::Ccm, Direction::Encrypt, &key).unwrap();
    let refused = accel.seal(&load, &nonce(), &[0; 0xFF00], &mut [0; 4], &mut [0; 16]);
    assert_eq!(refused, Err(cipher::BAD_INPUT_DATA));
    assert!(accel.failures().is_empty(), "a wrong argument is no failure of the unit");
    units.assert_well_used();
}

/// The unit's modes that TLS has no use for by themselves (NIST SP 800-38A).
#[test]
fn ecb_and_ctr() {
    let units = Units::late(5);
    let mut accel = units.start();
    for length in KEYS {
        let key = bytes(length);
        let mut blocks = [[7; 16], [8; 16], [9; 16]];
        let cryp = accel.cryp();
        cryp.ecb(Direction::Encrypt, &key, &mut blocks).unwrap();
        for (block, plain) in blocks.iter().zip([7, 8, 9]) {
            let (mut by_cbc, mut iv) = ([[plain; 16]], [0; 16]);
            cryp.cbc(Direction::Encrypt, &key, &mut iv, &mut by_cbc).unwrap();
            assert_eq!((*block, iv), (by_cbc[0], by_cbc[0]));
        }
        cryp.ecb(Direction::Decrypt, &key, &mut blocks).unwrap();
        assert_eq!(blocks, [[7; 16], [8; 16], [9; 16]]);

        let mut data = bytes(77);
        let mut counter = [0xFF; 16];
        counter[12..].copy_from_slice(&0xFFFF_FFFE_u32.to_be_bytes());
        cryp.ctr(&key, &counter, &mut data).unwrap();
        for (part, count) in data.chunks_mut(16).zip([0xFFFF_FFFE_u32, 0xFFFF_FFFF, 0, 1, 2]) {
            let mut stream = [[0xFF; 16]];
            stream[0][12..].copy_from_slice(&count.to_be_bytes());
            cryp.ecb(Direction::Encrypt, &key, &mut stream).unwrap();
            part.iter_mut().zip(stream[0]).for_each(|(byte, stream)| *byte ^= stream);
        }
        assert_eq!(data, bytes(77));
    }
    let refused = accel.cryp().ecb(Direction::Encrypt, &[0; 17], &mut [[0; 16]]);
    assert_eq!(refused, Err(Stopped { error: status::aes::INVALID_KEY_LENGTH, done: 0 }));
    units.assert_well_used();
}

/// Every length to beyond four stretches, in one piece, in two, and byte by byte.
#[test]
fn every_length_of_a_hash() {
    let units = Units::late(6);
    let (mut accel, mut soft) = (units.start(), crate::soft());
    let message = bytes(300);
    for algorithm in ON_HASH {
        for length in 0..=message.len() {
            let message = &message[..length];
            let expected = soft.hash(algorithm, &[message]).unwrap();
            let whole = accel.hash(algorithm, &[message]).unwrap();
            assert_eq!(whole.as_bytes(), expected.as_bytes(), "{algorithm:?}, {length} bytes");
            let (head, tail) = message.split_at(length / 3);
            for digest in [
                in_pieces(&mut accel, algorithm, &[head, tail]),
                in_pieces(&mut accel, algorithm, &[message]),
                accel.hash(algorithm, &[head, tail]).unwrap(),
            ] {
                assert_eq!(digest.as_bytes(), expected.as_bytes(), "{algorithm:?}, {length} bytes in pieces");
            }
        }
        let mut state = accel.hash_start(algorithm).unwrap();
        for byte in &message {
            accel.hash_update(&mut state, std::slice::from_ref(byte)).unwrap();
        }
        let digest = accel.hash_finish(state).unwrap();
        assert_eq!(digest.as_bytes(), soft.hash(algorithm, &[&message]).unwrap().as_bytes());
    }
    units.assert_well_used();
}

/// A transcript, an HMAC and a cipher take turns, as in a handshake; each is what it is alone.
#[test]
fn contexts_interleave() {
    let units = Units::late(7);
    let (mut accel, mut soft) = (units.start(), crate::soft());
    let message = bytes(999);
    let mut transcripts = ON_HASH.map(|algorithm| accel.hash_start(algorithm).unwrap());
    let key = HmacKey::new(&mut accel, HashAlgorithm::Sha256, b"secret").unwrap();
    let mut mac = key.start();
    for part in message.chunks(111) {
        for transcript in &mut transcripts {
            accel.hash_update(transcript, part).unwrap();
            let fork = accel.hash_finish(transcript.clone()).unwrap();
            assert_eq!(fork.algorithm(), transcript.algorithm());
        }
        accel.hash_update(&mut mac, part).unwrap();
        seal(&mut accel, CipherMode::Gcm, &[1; 16], &[2; 13], part);
        key.mac(&mut accel, &[part]).unwrap();
    }
    for transcript in transcripts {
        let algorithm = transcript.algorithm();
        let digest = accel.hash_finish(transcript).unwrap();
        assert_eq!(digest.as_bytes(), soft.hash(algorithm, &[&message]).unwrap().as_bytes());
    }
    let mac = key.finish(&mut accel, &mut mac).unwrap();
    let soft_key = HmacKey::new(&mut soft, HashAlgorithm::Sha256, b"secret").unwrap();
    assert_eq!(mac.as_bytes(), soft_key.mac(&mut soft, &[&message]).unwrap().as_bytes());
    units.assert_well_used();
}

/// What begins in software stays there; what begins in the unit is in it.
#[test]
fn the_threshold_chooses() {
    let units = Units::default();
    let mut accel = units.start();
    let mut blocks_of = |algorithm, parts: &[&[u8]]| {
        units.hash.0.borrow_mut().clear_counters();
        in_pieces(&mut accel, algorithm, parts);
        units.hash.0.borrow().counters().blocks
    };
    assert_eq!(shortest(HashAlgorithm::Md5), Some(196));
    assert_eq!(blocks_of(HashAlgorithm::Md5, &[&[0; 195]]), 0);
    assert_eq!(blocks_of(HashAlgorithm::Md5, &[&[0; 196]]), 4);
    assert_eq!(blocks_of(HashAlgorithm::Md5, &[&[0; 70], &[0; 1000]]), 0, "it stays where it began");
    assert_eq!(blocks_of(HashAlgorithm::Md5, &[&[0; 67], &[0; 1000]]), 17);
    assert_eq!(blocks_of(HashAlgorithm::Sha256, &[&[0; 1]]), 1);
    assert_eq!(blocks_of(HashAlgorithm::Sha256, &[]), 1);
    assert_eq!(blocks_of(HashAlgorithm::Sha384, &[&[0; 1000]]), 0);
    assert_eq!(shortest(HashAlgorithm::Sha512), None);
}

/// The figures of the driver's documentation: register accesses of each job with units that answer at once.
#[test]
fn accesses_per_job() {
    let units = Units::default();
    let mut accel = units.start();
    let mut sealed = |mode, length: usize| {
        units.cryp.0.borrow_mut().clear_counters();
        seal(&mut accel, mode, &[1; 16], &[2; 13], &vec![3; length]);
        units.cryp.0.borrow().counters().accesses()
    };
    let per_kib = [CipherMode::Gcm, CipherMode::Ccm].map(|mode| sealed(mode, 2048) - sealed(mode, 1024));
    assert_eq!(per_kib, [576, 1152], "four in, one look, four out; CCM twice");
    assert!(sealed(CipherMode::Gcm, 16) <= 90);
    assert!(sealed(CipherMode::Ccm, 16) <= 110);

    let mut hashed = |algorithm, parts: &[&[u8]]| {
        units.hash.0.borrow_mut().clear_counters();
        accel.hash(algorithm, parts).unwrap();
        units.hash.0.borrow().counters().accesses()
    };
    let per_kib = hashed(HashAlgorithm::Sha256, &[&[0; 2048]]) - hashed(HashAlgorithm::Sha256, &[&[0; 1024]]);
    assert_eq!(per_kib, 272, "sixteen in and one look for each block");
    assert!(hashed(HashAlgorithm::Sha256, &[&[0; 20]]) <= 24);
    let once = hashed(HashAlgorithm::Sha256, &[&[0; 132], &[0; 64]]);
    units.hash.0.borrow_mut().clear_counters();
    in_pieces(&mut accel, HashAlgorithm::Sha256, &[&[0; 132], &[0; 64]]);
    let saved = units.hash.0.borrow().counters().accesses();
    assert_eq!(saved - once, 2 * 80, "twice saved and brought back");
}

/// Neither keys nor data nor chaining values can be read from the units when a call is over.
#[test]
fn nothing_is_left_in_the_units() {
    let units = Units::default();
    let mut accel = units.start();
    for mode in MODES {
        seal(&mut accel, mode, &[0xA5; 32], &[0xA5; 20], &[0xA5; 50]);
        let mut cryp = units.cryp.0.borrow_mut();
        assert!((0x40..0x90).step_by(4).all(|offset| cryp.read(offset) == 0), "{mode:?}");
        // The key cannot be read, but used.
        cryp.write(0, 4 << 3 | 2 << 8 | 1 << 15);
        (0..4).for_each(|_| cryp.write(8, 0));
        let word = cryp.read(12);
        cryp.write(0, 0);
        assert_eq!(word, 0xDC95_C078, "AES-256 of zeros with a key of zeros");
        cryp.reset();
    }
    let mut state = accel.hash_start(HashAlgorithm::Sha256).unwrap();
    accel.hash_update(&mut state, &[0xA5; 100]).unwrap();
    let fresh = {
        let mut hash = peripherals::Hash::default();
        hash.write(0, 4);
        (0..38).map(|at| hash.read(0xF8 + 4 * at)).collect::<Vec<_>>()
    };
    let left = || (0..38).map(|at| units.hash.0.borrow_mut().read(0xF8 + 4 * at)).collect::<Vec<_>>();
    assert_eq!(left(), fresh);
    accel.hash_finish(state).unwrap();
    assert_eq!(left(), fresh);
}

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

    // CTR is half of CCM.
    let units = Units::late(10);
    units.cryp.0.borrow_mut().fail_mode(CTR, Fault::Wrong);
    let accel = units.start();
    assert_eq!(accel.failures().of(Algorithm::Cipher(CipherMode::Cbc)), None);
    assert_eq!(accel.failures().of(Algorithm::Cipher(CipherMode::Ccm)), Some(device::SELF_TEST_FAILED));
}

/// The accelerator's answers are the software's, whatever its units do.
fn everything_works(accel: &mut Accelerator) {
    let mut soft = crate::soft();
    for algorithm in crate::hash::ALL {
        let (head, tail) = (bytes(150), bytes(77));
        let expected = soft.hash(algorithm, &[&head, &tail]).unwrap();
        assert_eq!(accel.hash(algorithm, &[&head, &tail]).unwrap().as_bytes(), expected.as_bytes());
        assert_eq!(in_pieces(accel, algorithm, &[&head, &tail]).as_bytes(), expected.as_bytes());
    }
    for mode in MODES {
        let sealed = seal(accel, mode, &bytes(32), &bytes(13), &bytes(99));
        assert_eq!(sealed, seal(&mut soft, mode, &bytes(32), &bytes(13), &bytes(99)));
        assert_eq!(open(accel, mode, &bytes(32), &bytes(13), &sealed), Ok(bytes(99)));
    }
    let (sealer, soft_sealer) = (
        accel.cipher_load(CipherMode::Cbc, Direction::Encrypt, &bytes(16)).unwrap(),
        soft.cipher_load(CipherMode::Cbc, Direction::Encrypt, &bytes(16)).unwrap(),
    );
    let (mut ours, mut theirs) = (bytes(64), bytes(64));
    accel.cbc_encrypt(&sealer, &mut [4; 16], &mut ours).unwrap();
    soft.cbc_encrypt(&soft_sealer, &mut [4; 16], &mut theirs).unwrap();
    assert_eq!(ours, theirs);
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

/// Whatever the latency, nothing changes but the time.
#[test]
fn any_latency() {
    for most in [0, 1, 2, 7, 100, 1000] {
        let units = Units::default();
        let latency = Latency::new(u64::from(most), most);
        units.cryp.0.borrow_mut().set_latency(latency);
        units.hash.0.borrow_mut().set_latency(latency);
        let mut accel = units.start();
        assert!(accel.failures().is_empty(), "{most}");
        everything_works(&mut accel);
        units.assert_well_used();
    }
}
