//! The key schedule against published vectors and against the scripted server's own PRF.

use accel::soft::{Hasher, Soft};
use accel::{HashAlgorithm, HmacKey};
use tests::cavp::read;
use tests::entropy::InsecureSeeded;
use tests::hex::hex;
use tests::server::crypto::{SUITES, hash, parameters, prf};
use tests::server::record::State;
use tls12::Suite;
use tls12::schedule::{MasterSecret, PremasterSecret, Randoms, Side, p_hash};

const RANDOMS: Randoms = Randoms { client: [0xC1; 32], server: [0x5E; 32] };

/// RFC 5246 §5.
#[test]
fn the_prf_gives_the_published_output() {
    for case in read("tls12/prf.txt", "hash") {
        let algorithm = match case.text("hash") {
            "SHA256" => HashAlgorithm::Sha256,
            _ => HashAlgorithm::Sha384,
        };
        let expected = case.bytes("output");
        let key = HmacKey::new(&mut Hasher, algorithm, &case.bytes("secret")).unwrap();
        let (label, seed) = (case.bytes("label"), case.bytes("seed"));
        for length in 0..=expected.len() {
            let mut out = vec![0; length];
            p_hash(&mut Hasher, &key, &[&label, &seed], &mut out).unwrap();
            assert_eq!(out, expected.get(..length).unwrap());
        }
    }
}

/// RFC 5246 §8.1 and §7.4.9, RFC 7627 §4, in every suite.
#[test]
fn both_sides_derive_the_same_secrets() {
    let premaster = [0x17; 48];
    for suite in Suite::ALL {
        let kind = parameters(suite.id()).prf;
        let seed = [RANDOMS.client, RANDOMS.server].concat();
        let master = MasterSecret::derive(&mut Hasher, suite.prf(), &premaster, &RANDOMS).unwrap();
        assert_eq!(master.as_bytes().as_slice(), prf(kind, &premaster, "master secret", &seed, 48));

        let transcript = hash(kind, b"everything that was said");
        let extended =
            MasterSecret::derive_extended(&mut Hasher, suite.prf(), &premaster, &transcript).unwrap();
        let expected = prf(kind, &premaster, "extended master secret", &transcript, 48);
        assert_eq!(extended.as_bytes().as_slice(), expected);

        for (side, label) in [(Side::Client, "client finished"), (Side::Server, "server finished")] {
            let key = master.key(&mut Hasher, suite.prf()).unwrap();
            let ours = key.verify_data(&mut Hasher, side, &transcript).unwrap();
            let theirs = prf(kind, master.as_bytes(), label, &transcript, 12);
            assert_eq!(ours.as_bytes().as_slice(), theirs);
            assert!(ours.matches(&theirs));
            assert!(!ours.matches(theirs.get(..11).unwrap()));
            for at in 0..12 {
                let mut wrong = theirs.clone();
                *wrong.get_mut(at).unwrap() ^= 1;
                assert!(!ours.matches(&wrong));
            }
        }
    }
}

/// RFC 5246 §6.3: MAC keys, keys, and for AEAD the salts, the client's first in each pair.
#[test]
fn both_sides_cut_the_key_block_alike() {
    let master = MasterSecret::from_bytes([0x33; 48]);
    for id in SUITES {
        let suite = Suite::from_id(id).unwrap();
        let key = master.key(&mut Hasher, suite.prf()).unwrap();
        let block = key.key_block(&mut Hasher, suite, &RANDOMS).unwrap();
        let theirs = State::pair(parameters(id), false, master.as_bytes(), &RANDOMS.client, &RANDOMS.server);
        for (side, state) in [Side::Client, Side::Server].into_iter().zip(theirs) {
            let keys = block.keys(side);
            assert_eq!((keys.mac, keys.cipher), (state.mac.as_slice(), state.key.as_slice()), "{suite}");
            assert_eq!(keys.salt, state.salt, "{suite}");
        }
    }
}

/// RFC 5246 §7.4.7.1: the version that was offered, then 46 random bytes.
#[test]
fn a_premaster_secret_is_the_version_and_46_random_bytes() {
    let mut accel = Soft::new(InsecureSeeded::new(1));
    let first = PremasterSecret::new(&mut accel).unwrap();
    let second = PremasterSecret::new(&mut accel).unwrap();
    assert_eq!(first.as_bytes().first_chunk(), Some(&[3, 3]));
    assert_eq!(second.as_bytes().first_chunk(), Some(&[3, 3]));
    assert_ne!(first.as_bytes(), second.as_bytes());
    assert!(first.as_bytes().windows(8).all(|window| window != [0; 8]));
}

/// The NSS key log format.
#[test]
fn a_key_log_line_is_what_wireshark_reads() {
    let mut line = String::new();
    tls12::write_key_log(&mut line, &[0xAB; 32], &MasterSecret::from_bytes([0x01; 48])).unwrap();
    let words: Vec<&str> = line.strip_suffix('\n').unwrap().split(' ').collect();
    let [keyword, random, secret] = *words else { panic!("not three words: {line}") };
    assert_eq!(keyword, "CLIENT_RANDOM");
    assert_eq!((hex(random), hex(secret)), (vec![0xAB; 32], vec![0x01; 48]));
}
