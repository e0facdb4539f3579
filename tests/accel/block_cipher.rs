//! CBC, GCM and CCM over a unit that encrypts blocks and nothing else. The vectors of the modes run over it in `cipher.rs`; here is what
//! happens around them.

use accel::{Cipher, CipherMode, Direction, Modes, soft::Ciphers};
use status::{aes, cipher, device};
use tests::block_unit::BlockUnit;

const AEAD: [CipherMode; 3] = [CipherMode::Gcm, CipherMode::Ccm, CipherMode::Ccm8];
const KEY: [u8; 32] = [0x4B; 32];
/// Blocks, and a part of one.
const LENGTHS: [usize; 6] = [0, 5, 16, 33, 64, 75];

fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|at| at.wrapping_mul(167).wrapping_add(at >> 8).to_le_bytes()[0]).collect()
}

/// Everything that can be sealed, opened, encrypted and decrypted, as one list.
fn everything(accel: &mut impl Cipher, length: usize) -> Vec<Vec<u8>> {
    let mut results = Vec::new();
    for mode in AEAD {
        let (mut data, mut tag) = (bytes(length), vec![0; mode.tag_length()]);
        let key = accel.cipher_load(mode, Direction::Encrypt, &KEY).unwrap();
        accel.seal(&key, &[7; 12], &[9; 13], &mut data, &mut tag).unwrap();
        results.extend([data.clone(), tag.clone()]);
        let key = accel.cipher_load(mode, Direction::Decrypt, &KEY).unwrap();
        assert_eq!(accel.open(&key, &[7; 12], &[9; 13], &mut data, &tag), Ok(()));
        assert_eq!(data, bytes(length));
        tag[0] ^= 1;
        assert_eq!(accel.open(&key, &[7; 12], &[9; 13], &mut data, &tag), Err(cipher::AUTH_FAILED));
        assert!(data.iter().all(|byte| *byte == 0));
    }
    let (mut data, mut iv) = (bytes(length / 16 * 16), [3; 16]);
    let key = accel.cipher_load(CipherMode::Cbc, Direction::Encrypt, &KEY).unwrap();
    accel.cbc_encrypt(&key, &mut iv, &mut data).unwrap();
    results.extend([data.clone(), iv.to_vec()]);
    let key = accel.cipher_load(CipherMode::Cbc, Direction::Decrypt, &KEY).unwrap();
    let mut back = [3; 16];
    accel.cbc_decrypt(&key, &mut back, &mut data).unwrap();
    assert_eq!((data, back), (bytes(length / 16 * 16), iv));
    results
}

/// After each call nothing of the key is in the unit, and it did the blocks: of a record of GCM one for each block, one for the tag and one
/// for the key.
#[test]
fn the_unit_does_the_blocks_and_is_cleared() {
    let unit = BlockUnit::default();
    let mut modes = Modes::start(unit.clone());
    assert_eq!(modes.failure(), None);
    for length in LENGTHS {
        assert_eq!(everything(&mut modes, length), everything(&mut Ciphers, length), "{length}");
        assert_eq!(unit.0.borrow().key, None);
    }
    unit.0.borrow_mut().blocks = 0;
    let key = modes.cipher_load(CipherMode::Gcm, Direction::Encrypt, &KEY).unwrap();
    modes.seal(&key, &[7; 12], &[9; 13], &mut bytes(160), &mut [0; 16]).unwrap();
    assert_eq!(unit.0.borrow().blocks, 12);
    unit.0.borrow_mut().blocks = 0;
    let key = modes.cipher_load(CipherMode::Cbc, Direction::Encrypt, &KEY).unwrap();
    modes.cbc_encrypt(&key, &mut [1; 16], &mut bytes(160)).unwrap();
    assert_eq!(unit.0.borrow().blocks, 10);
    assert_eq!(modes.failure(), None);
}

/// Whichever of its answers is missing, software goes on from those blocks on; the unit is left alone afterwards.
#[test]
fn a_unit_that_stops_is_replaced_in_the_middle() {
    for length in LENGTHS {
        let expected = everything(&mut Ciphers, length);
        for answers in 0..60 {
            let unit = BlockUnit::default();
            let mut modes = Modes::start(unit.clone());
            unit.0.borrow_mut().answers = Some(answers);
            assert_eq!(everything(&mut modes, length), expected, "{length}, {answers}");
            assert_eq!(unit.0.borrow().key, None);
            let is_stopped = unit.0.borrow().has_stopped;
            assert_eq!(modes.failure().is_some(), is_stopped, "{length}, {answers}");
            if is_stopped {
                assert_eq!(modes.failure(), Some(cipher::HW_ACCEL_FAILED));
                unit.0.borrow_mut().answers = None;
                unit.0.borrow_mut().blocks = 0;
                assert_eq!(everything(&mut modes, length), expected);
                assert_eq!(unit.0.borrow().blocks, 0);
            }
        }
    }
}

#[test]
fn a_unit_that_fails_its_test_is_not_used() {
    let (silent, wrong) = (BlockUnit::default(), BlockUnit::default());
    silent.0.borrow_mut().answers = Some(0);
    wrong.0.borrow_mut().is_wrong = true;
    for (unit, reason) in [(silent, cipher::HW_ACCEL_FAILED), (wrong, device::SELF_TEST_FAILED)] {
        let mut modes = Modes::start(unit.clone());
        assert_eq!(modes.failure(), Some(reason));
        unit.0.borrow_mut().blocks = 0;
        assert_eq!(everything(&mut modes, 75), everything(&mut Ciphers, 75));
        assert_eq!(unit.0.borrow().blocks, 0);
    }
}

/// Keys of a length that the unit does not take are software's, the others are not.
#[test]
fn a_unit_for_one_key_length() {
    let unit = BlockUnit::default();
    unit.0.borrow_mut().key_length = Some(16);
    let mut modes = Modes::start(unit.clone());
    assert_eq!(modes.failure(), None);
    unit.0.borrow_mut().blocks = 0;
    assert_eq!(everything(&mut modes, 33), everything(&mut Ciphers, 33));
    assert_eq!(unit.0.borrow().blocks, 0);
    let key = modes.cipher_load(CipherMode::Ccm, Direction::Encrypt, &[1; 16]).unwrap();
    modes.seal(&key, &[7; 12], &[], &mut bytes(33), &mut [0; 16]).unwrap();
    assert!(unit.0.borrow().blocks > 0);
    let refused = modes.cipher_load(CipherMode::Gcm, Direction::Encrypt, &[1; 17]).err();
    assert_eq!(refused, Some(aes::INVALID_KEY_LENGTH));
}
