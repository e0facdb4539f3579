//! MD5, SHA-1 and SHA-2 against NIST's vectors and RFC 1321, and a hash in progress as data.

use accel::{Accel, Chain, ChainValue, Digest, Hash, HashAlgorithm, HashState, soft};
use proptest::{collection::vec, prelude::any};
use status::{Error, md};
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
}

/// The pieces that a constant-time MAC check is made of (RFC 5246 §6.2.3.2) make a whole hash by hand.
#[test]
fn taken_apart_and_put_together() {
    let message = [0x5A; 300];
    for algorithm in ALL {
        let mut state = soft::Hasher.hash_start(algorithm).unwrap();
        soft::Hasher.hash_update(&mut state, &message).unwrap();
        let (chain, waiting, length) = soft::parts(&state);
        assert_eq!(length, 300);

        let block = algorithm.block_length();
        let mut last = waiting.to_vec();
        last.push(0x80);
        last.resize(last.len() + block / 8 - 8, 0);
        while !(last.len() + 8).is_multiple_of(block) {
            last.push(0);
        }
        let bits = length * 8;
        last.extend(if algorithm == HashAlgorithm::Md5 { bits.to_le_bytes() } else { bits.to_be_bytes() });
        let mut chain = chain.clone();
        soft::compress(&mut chain, algorithm, &last);
        let expected = soft::Hasher.hash(algorithm, &[&message]).unwrap();
        assert_eq!(soft::digest(&chain, algorithm).as_bytes(), expected.as_bytes(), "{algorithm:?}");
    }
}

#[test]
fn compress_takes_whole_blocks_of_the_right_kind_only() {
    let mut chain = soft::initial(HashAlgorithm::Sha256);
    soft::compress(&mut chain, HashAlgorithm::Sha256, &[7; 63]);
    soft::compress(&mut chain, HashAlgorithm::Sha512, &[7; 128]);
    let initial = soft::initial(HashAlgorithm::Sha256);
    let (ChainValue::Words32(words), ChainValue::Words32(initial)) = (chain.value(), initial.value()) else {
        panic!("SHA-256 has 32-bit words");
    };
    assert_eq!(words, initial);
    soft::compress(&mut chain, HashAlgorithm::Sha256, &[7; 65]);
    let mut once = soft::initial(HashAlgorithm::Sha256);
    soft::compress(&mut once, HashAlgorithm::Sha256, &[7; 64]);
    let digest = |chain: &Chain| soft::digest(chain, HashAlgorithm::Sha256).as_bytes().to_vec();
    assert_eq!(digest(&chain), digest(&once));
}

/// A unit of which a user's backend has the compression function only: its state is a [`HashState`] too.
struct Compressor;

impl Hash for Compressor {
    fn hash_start(&mut self, algorithm: HashAlgorithm) -> Result<HashState, Error> {
        Ok(HashState::new(algorithm, soft::initial(algorithm)))
    }

    fn hash_update(&mut self, state: &mut HashState, data: &[u8]) -> Result<(), Error> {
        let algorithm = state.algorithm();
        let (chain, block, length) = state.parts_mut();
        for byte in data {
            let at = usize::try_from(*length).unwrap() % algorithm.block_length();
            block[at] = *byte;
            *length += 1;
            if at + 1 == algorithm.block_length() {
                soft::compress(chain, algorithm, &block[..=at]);
            }
        }
        Ok(())
    }

    fn hash_finish_in_place(&mut self, state: &mut HashState) -> Result<Digest, Error> {
        let (algorithm, bits) = (state.algorithm(), *state.parts_mut().2 * 8);
        let block = algorithm.block_length();
        self.hash_update(state, &[0x80])?;
        while !(usize::try_from(*state.parts_mut().2).unwrap() + block / 8).is_multiple_of(block) {
            self.hash_update(state, &[0])?;
        }
        self.hash_update(state, &vec![0; block / 8 - 8])?;
        let bits = if algorithm == HashAlgorithm::Md5 { bits.to_le_bytes() } else { bits.to_be_bytes() };
        self.hash_update(state, &bits)?;
        Ok(soft::digest(state.parts_mut().0, algorithm))
    }
}

#[test]
fn a_backend_outside_keeps_its_state() {
    for algorithm in ALL {
        for length in [0, 3, 63, 64, 111, 200] {
            let ours = Compressor.hash(algorithm, &[&[1; 3], &vec![9; length]]).unwrap();
            let expected = soft::Hasher.hash(algorithm, &[&[1; 3], &vec![9; length]]).unwrap();
            assert_eq!(ours.as_bytes(), expected.as_bytes(), "{algorithm:?}, {length} bytes");
        }
    }
}
