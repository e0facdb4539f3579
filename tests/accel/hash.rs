//! MD5, SHA-1 and SHA-2 against NIST's vectors and RFC 1321, and a hash in progress as data.

use accel::{
    Accel, ChainingValue, Compression, Digest, Hash, HashAlgorithm, HashState, Hashes, HmacKey, soft,
};
use proptest::{collection::vec, prelude::any};
use status::{Error, device, md};
use tests::{cavp, hex::hex};

pub(crate) const ALL: [HashAlgorithm; 6] = [
    HashAlgorithm::Md5,
    HashAlgorithm::Sha1,
    HashAlgorithm::Sha224,
    HashAlgorithm::Sha256,
    HashAlgorithm::Sha384,
    HashAlgorithm::Sha512,
];

/// The algorithms that NIST has vectors for, with the names of the files.
const SHA: [(HashAlgorithm, &str); 5] = [
    (HashAlgorithm::Sha1, "SHA1"),
    (HashAlgorithm::Sha224, "SHA224"),
    (HashAlgorithm::Sha256, "SHA256"),
    (HashAlgorithm::Sha384, "SHA384"),
    (HashAlgorithm::Sha512, "SHA512"),
];

on_each_backend!(md5, short, long, monte_carlo, splits, fork, interleaved, nothing_at_all);

fn md5(accel: &mut impl Accel) {
    messages(accel, HashAlgorithm::Md5, "accel/sha/MD5.txt");
}

fn short(accel: &mut impl Accel) {
    for (algorithm, name) in SHA {
        messages(accel, algorithm, &format!("accel/sha/{name}ShortMsg.rsp"));
    }
}

fn long(accel: &mut impl Accel) {
    for (algorithm, name) in SHA {
        messages(accel, algorithm, &format!("accel/sha/{name}LongMsg.rsp"));
    }
}

fn messages(accel: &mut impl Accel, algorithm: HashAlgorithm, path: &str) {
    for record in cavp::read(path, "Len") {
        let mut message = record.bytes("Msg");
        message.truncate(record.number("Len") / 8);
        let digest = accel.hash(algorithm, &[&message]).unwrap();
        assert_eq!(digest.as_bytes(), record.bytes("MD"), "{path}, {} bits", record.text("Len"));
        assert_eq!(digest.as_bytes().len(), algorithm.digest_length());
        assert_eq!(digest.algorithm(), algorithm);
    }
}

/// SHAVS §6.4: each digest is of the three before it, and every thousandth is checked.
fn monte_carlo(accel: &mut impl Accel) {
    for (algorithm, name) in SHA {
        let mut seed = Vec::new();
        for record in cavp::read(&format!("accel/sha/{name}Monte.rsp"), "COUNT") {
            if record.number("COUNT") == 0 {
                seed = record.bytes("Seed");
            }
            let mut last = [seed.clone(), seed.clone(), seed.clone()];
            for _ in 0..1000 {
                let digest = accel.hash(algorithm, &[&last[0], &last[1], &last[2]]).unwrap();
                last.rotate_left(1);
                last[2] = digest.as_bytes().to_vec();
            }
            seed = last[2].clone();
            assert_eq!(seed, record.bytes("MD"), "{name}, {}", record.text("COUNT"));
        }
    }
}

/// However a message is cut, the digest is the same.
fn splits(accel: &mut impl Accel) {
    let parts = vec(vec(any::<u8>(), 0..300), 0..8);
    let accel = std::cell::RefCell::new(accel);
    crate::tries(128)
        .run(&parts, |parts| {
            let mut accel = accel.borrow_mut();
            for algorithm in ALL {
                let whole = accel.hash(algorithm, &[&parts.concat()]).unwrap();
                let slices: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
                assert_eq!(accel.hash(algorithm, &slices).unwrap().as_bytes(), whole.as_bytes());
            }
            Ok(())
        })
        .unwrap();
}

/// A transcript is forked at every length: the fork ends, the trunk goes on.
fn fork(accel: &mut impl Accel) {
    let message: Vec<u8> = (0..=255).chain(0..=44).collect();
    for algorithm in ALL {
        let mut trunk = accel.hash_start(algorithm).unwrap();
        for (length, byte) in message.iter().enumerate() {
            let digest = accel.hash_finish(trunk.clone()).unwrap();
            let expected = accel.hash(algorithm, &[&message[..length]]).unwrap();
            assert_eq!(digest.as_bytes(), expected.as_bytes(), "{algorithm:?}, {length} bytes");
            accel.hash_update(&mut trunk, &[*byte]).unwrap();
        }
        let digest = accel.hash_finish(trunk).unwrap();
        assert_eq!(digest.as_bytes(), accel.hash(algorithm, &[&message]).unwrap().as_bytes());
    }
}

/// Six hashes in progress on one accelerator do not disturb each other.
fn interleaved(accel: &mut impl Accel) {
    let pieces: [&[u8]; 4] = [&[1; 63], &[2; 2], &[3; 127], &[4; 65]];
    let mut states = ALL.map(|algorithm| accel.hash_start(algorithm).unwrap());
    for piece in pieces {
        for state in &mut states {
            accel.hash_update(state, piece).unwrap();
        }
    }
    for state in states {
        let algorithm = state.algorithm();
        let digest = accel.hash_finish(state).unwrap();
        assert_eq!(digest.as_bytes(), accel.hash(algorithm, &pieces).unwrap().as_bytes());
    }
}

/// No parts and empty parts are the empty message.
fn nothing_at_all(accel: &mut impl Accel) {
    let md5 = hex("d41d8cd98f00b204e9800998ecf8427e");
    assert_eq!(accel.hash(HashAlgorithm::Md5, &[]).unwrap().as_bytes(), md5);
    assert_eq!(accel.hash(HashAlgorithm::Md5, &[&[], &[]]).unwrap().as_bytes(), md5);
}

#[test]
fn backends_agree_on_every_length() {
    let (mut soft, mut oracle) = (crate::soft(), crate::rustcrypto());
    let message: Vec<u8> = (0..600_u32).map(|n| n.wrapping_mul(167).to_le_bytes()[0]).collect();
    for algorithm in ALL {
        for length in 0..=message.len() {
            let ours = soft.hash(algorithm, &[&message[..length]]).unwrap();
            let theirs = oracle.hash(algorithm, &[&message[..length]]).unwrap();
            assert_eq!(ours.as_bytes(), theirs.as_bytes(), "{algorithm:?}, {length} bytes");
        }
    }
}

#[test]
fn a_state_of_another_backend_is_refused() {
    let state = soft::Hasher.hash_start(HashAlgorithm::Sha256).unwrap();
    assert_eq!(crate::rustcrypto().hash_update(&mut state.clone(), b"x"), Err(md::BAD_INPUT_DATA));
    assert_eq!(crate::rustcrypto().hash_finish(state).err(), Some(md::BAD_INPUT_DATA));
    let mut state = crate::rustcrypto().hash_start(HashAlgorithm::Sha256).unwrap();
    assert_eq!(soft::Hasher.hash_update(&mut state, b"x"), Err(md::BAD_INPUT_DATA));
    assert_eq!(state.memory_mut().err(), Some(md::BAD_INPUT_DATA));
    assert_eq!(soft::Hasher.hash_finish(state).err(), Some(md::BAD_INPUT_DATA));
    assert!(soft::Hasher.hash_finish(HashState::new(HashAlgorithm::Sha256)).is_err());
}

/// The pieces that a constant-time MAC check is made of (RFC 5246 §6.2.3.2) make a whole hash by hand.
#[test]
fn taken_apart_and_put_together() {
    let message = [0x5A; 300];
    for algorithm in ALL {
        let block = algorithm.block_length();
        let mut padded = message.to_vec();
        padded.push(0x80);
        padded.resize(padded.len() + block / 8 - 8, 0);
        while !(padded.len() + 8).is_multiple_of(block) {
            padded.push(0);
        }
        let bits = 8 * 300_u64;
        padded.extend(if algorithm == HashAlgorithm::Md5 { bits.to_le_bytes() } else { bits.to_be_bytes() });
        let mut chain = ChainingValue::initial(algorithm);
        let (first, rest) = padded.split_at(block);
        soft::compress(&mut chain, algorithm, first);
        soft::compress(&mut chain, algorithm, rest);
        let expected = soft::Hasher.hash(algorithm, &[&message]).unwrap();
        assert_eq!(soft::digest(&chain, algorithm).as_bytes(), expected.as_bytes(), "{algorithm:?}");
    }
}

#[test]
fn compress_takes_whole_blocks_only() {
    let mut chain = ChainingValue::initial(HashAlgorithm::Sha256);
    soft::compress(&mut chain, HashAlgorithm::Sha256, &[7; 63]);
    assert_eq!(chain.words32(), ChainingValue::initial(HashAlgorithm::Sha256).words32());
    soft::compress(&mut chain, HashAlgorithm::Sha256, &[7; 65]);
    let mut once = ChainingValue::initial(HashAlgorithm::Sha256);
    soft::compress(&mut once, HashAlgorithm::Sha256, &[7; 64]);
    assert_eq!(chain.words32(), once.words32());
    let mut long = ChainingValue::initial(HashAlgorithm::Sha512);
    soft::compress(&mut long, HashAlgorithm::Sha512, &[7; 127]);
    assert_eq!(long.words64(), ChainingValue::initial(HashAlgorithm::Sha512).words64());
}

/// A backend outside of the crate, which keeps all of a short message in its state.
struct Keeper;

impl Hash for Keeper {
    fn hash_start(&mut self, algorithm: HashAlgorithm) -> Result<HashState, Error> {
        Ok(HashState::new(algorithm))
    }

    fn hash_update(&mut self, state: &mut HashState, data: &[u8]) -> Result<(), Error> {
        let (head, rest) = state.memory_mut()?;
        for byte in data {
            let at = usize::try_from(rest[0]).unwrap();
            let place = if at < 64 { &mut head[at / 8] } else { &mut rest[1 + (at - 64) / 8] };
            let shift = at % 8 * 8;
            *place = *place & !(0xFF << shift) | u64::from(*byte) << shift;
            rest[0] += 1;
        }
        Ok(())
    }

    fn hash_finish_in_place(&mut self, state: &mut HashState) -> Result<Digest, Error> {
        let algorithm = state.algorithm();
        let (head, rest) = state.memory_mut()?;
        let length = usize::try_from(rest[0]).unwrap();
        let words = head.iter().chain(&rest[1..]).flat_map(|word| word.to_le_bytes());
        soft::Hasher.hash(algorithm, &[&words.take(length).collect::<Vec<u8>>()])
    }
}

#[test]
fn a_backend_outside_keeps_its_state() {
    for algorithm in ALL {
        for length in [0, 3, 63, 64, 111, 200] {
            let ours = Keeper.hash(algorithm, &[&[1; 3], &vec![9; length]]).unwrap();
            let expected = soft::Hasher.hash(algorithm, &[&[1; 3], &vec![9; length]]).unwrap();
            assert_eq!(ours.as_bytes(), expected.as_bytes(), "{algorithm:?}, {length} bytes");
        }
        // An HMAC key keeps the head of what is there after a block, and a block of 128 bytes does not fit into this backend's.
        if algorithm.block_length() == 64 {
            let key = HmacKey::new(&mut Keeper, algorithm, b"key").unwrap();
            let expected = HmacKey::new(&mut soft::Hasher, algorithm, b"key").unwrap();
            let expected = expected.mac(&mut soft::Hasher, &[b"message"]).unwrap();
            assert_eq!(key.mac(&mut Keeper, &[b"message"]).unwrap().as_bytes(), expected.as_bytes());
        }
    }
}

/// A unit for compression, which has one algorithm, and stops after so many answers.
struct Compressor {
    algorithm: HashAlgorithm,
    answers: usize,
    is_wrong: bool,
}

impl Compression for Compressor {
    fn compress(
        &mut self,
        chain: &mut ChainingValue,
        algorithm: HashAlgorithm,
        blocks: &[u8],
    ) -> Result<(), Error> {
        assert!(blocks.len().is_multiple_of(algorithm.block_length()) && !blocks.is_empty());
        if algorithm != self.algorithm {
            return Err(md::FEATURE_UNAVAILABLE);
        }
        soft::compress(chain, algorithm, if self.is_wrong { &[1; 128] } else { blocks });
        self.answers = self.answers.checked_sub(1).ok_or(md::HW_ACCEL_FAILED)?;
        Ok(())
    }
}

/// Whatever the unit does not have, or stops doing, is done by software, with the same state.
#[test]
fn a_unit_for_compression() {
    let message = [0x3C; 500];
    for algorithm in ALL {
        for answers in [0, 1, 2, 3, 5, 1000] {
            let mut hashes = Hashes::start(Compressor { algorithm, answers: 1000, is_wrong: false });
            assert_eq!(hashes.failure(), None);
            let used = 1000 - hashes.unit().answers;
            assert!(used > 0);
            hashes.unit().answers = answers;
            for each in ALL {
                for parts in [[&message[..]].as_slice(), &[&message[..3], &message[3..200], &message[200..]]]
                {
                    let digest = hashes.hash(each, parts).unwrap();
                    assert_eq!(digest.as_bytes(), soft::Hasher.hash(each, &[&message]).unwrap().as_bytes());
                }
            }
            assert_eq!(
                hashes.failure(),
                (answers < 10).then_some(md::HW_ACCEL_FAILED),
                "{algorithm:?} {answers}"
            );
        }
        let wrong = Hashes::start(Compressor { algorithm, answers: 1000, is_wrong: true }).failure();
        assert_eq!(wrong, Some(device::SELF_TEST_FAILED));
    }
}
