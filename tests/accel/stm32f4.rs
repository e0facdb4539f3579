//! The driver of the STM32F439's units, over models of them: every length, late answers, and what is left in the units
//! afterwards. What units do that fail is in files of its own.

mod faults;
mod random;

use accel::stm32f4::{Stopped, shortest};
use accel::{Accel, Cipher, CipherMode, Digest, Direction, Hash, HashAlgorithm, HmacKey, NONCE_LENGTH};
use peripherals::Latency;
use status::{Error, cipher};
use tests::units::{Accelerator, Units};

const MODES: [CipherMode; 3] = [CipherMode::Gcm, CipherMode::Ccm, CipherMode::Ccm8];
const ON_HASH: [HashAlgorithm; 4] =
    [HashAlgorithm::Md5, HashAlgorithm::Sha1, HashAlgorithm::Sha224, HashAlgorithm::Sha256];
const KEYS: [usize; 3] = [16, 24, 32];
/// ALGOMODE of ECB and of GCM, ALGO of SHA-256: how the models name them.
const ECB: u32 = 4;
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
