//! CRYP: every mode by the manual's recipes, late answers, and drivers that get it wrong (RM0090 §23.3).

use aes::cipher::{
    Array, BlockCipherDecrypt, BlockCipherEncrypt, BlockModeDecrypt, BlockModeEncrypt, KeyInit, KeyIvInit,
    StreamCipher, consts::U12, consts::U16,
};
use aes::{Aes128, Aes192, Aes256};
use aes_gcm::{AesGcm, aead::AeadInOut};
use ccm::Ccm;
use peripherals::{Cryp, Fault, Latency};

use crate::message;

const CR: u32 = 0;
const SR: u32 = 4;
const DIN: u32 = 8;
const DOUT: u32 = 0xC;
const KEY: u32 = 0x20;
const IV: u32 = 0x40;

const DECRYPT: u32 = 1 << 2;
const BYTES: u32 = 2 << 6;
const FFLUSH: u32 = 1 << 14;
const CRYPEN: u32 = 1 << 15;
const ECB: u32 = 4 << 3;
const CBC: u32 = 5 << 3;
const CTR: u32 = 6 << 3;
const PREPARE_KEY: u32 = 7 << 3;
const GCM: u32 = 1 << 19;
const CCM: u32 = 1 << 19 | 1 << 3;

const IFNF: u32 = 2;
const OFNE: u32 = 4;
const BUSY: u32 = 16;

fn wait(cryp: &mut Cryp, flags: u32, value: u32) {
    assert!((0..10_000).any(|_| cryp.read(SR) & flags == value), "the flag never comes");
}

fn wait_disabled(cryp: &mut Cryp) {
    assert!((0..10_000).any(|_| cryp.read(CR) & CRYPEN == 0), "the phase never ends");
}

fn words(bytes: &[u8]) -> impl Iterator<Item = [u8; 4]> + '_ {
    bytes.chunks(4).map(|chunk| chunk.try_into().unwrap())
}

/// KEYSIZE and the key, at the end of the registers.
fn load_key(cryp: &mut Cryp, key: &[u8]) -> u32 {
    let first = 32 - u32::try_from(key.len()).unwrap();
    for (at, word) in (0..).zip(words(key)) {
        cryp.write(KEY + first + 4 * at, u32::from_be_bytes(word));
    }
    u32::try_from(key.len() / 8 - 2).unwrap() << 8
}

fn load_iv(cryp: &mut Cryp, iv: &[u8]) {
    for (at, word) in (0..).zip(words(iv)) {
        cryp.write(IV + 4 * at, u32::from_be_bytes(word));
    }
}

fn push(cryp: &mut Cryp, block: &[u8]) {
    for word in words(block) {
        wait(cryp, IFNF, IFNF);
        cryp.write(DIN, u32::from_le_bytes(word));
    }
}

fn pull(cryp: &mut Cryp) -> Vec<u8> {
    let mut block = Vec::new();
    for _ in 0..4 {
        wait(cryp, OFNE, OFNE);
        block.extend(cryp.read(DOUT).to_le_bytes());
    }
    block
}

/// Two blocks ahead, so that the FIFOs fill.
fn transform(cryp: &mut Cryp, data: &[u8]) -> Vec<u8> {
    let mut output = Vec::new();
    for pair in data.chunks(32) {
        push(cryp, pair);
        for _ in pair.chunks(16) {
            output.extend(pull(cryp));
        }
    }
    output
}

fn simple(cryp: &mut Cryp, mode: u32, key: &[u8], iv: &[u8], data: &[u8]) -> Vec<u8> {
    let keysize = load_key(cryp, key);
    if mode & DECRYPT != 0 && mode & CTR != CTR {
        cryp.write(CR, PREPARE_KEY | keysize | CRYPEN);
        wait_disabled(cryp);
    }
    cryp.write(CR, mode | keysize | BYTES | FFLUSH);
    load_iv(cryp, iv);
    cryp.write(CR, mode | keysize | BYTES | CRYPEN);
    let output = transform(cryp, data);
    cryp.write(CR, 0);
    output
}

fn padded(data: &[u8]) -> Vec<u8> {
    let mut padded = data.to_vec();
    padded.resize(data.len().next_multiple_of(16), 0);
    padded
}

/// The recipe for GCM with the work-around for a last block in parts: what comes out, and the tag.
fn gcm(
    cryp: &mut Cryp,
    direction: u32,
    key: &[u8],
    nonce: &[u8],
    aad: &[u8],
    data: &[u8],
) -> (Vec<u8>, Vec<u8>) {
    let mode = GCM | direction | BYTES | load_key(cryp, key);
    load_iv(cryp, &[nonce, &[0, 0, 0, 2]].concat());
    cryp.write(CR, mode | FFLUSH);
    cryp.write(CR, mode | CRYPEN);
    wait_disabled(cryp);
    cryp.write(CR, mode | 1 << 16 | CRYPEN);
    push(cryp, &padded(aad));
    wait(cryp, 1 | BUSY, 1);
    cryp.write(CR, mode | 2 << 16);
    cryp.write(CR, mode | 2 << 16 | CRYPEN);
    let whole = if direction == DECRYPT { data.len() } else { data.len() / 16 * 16 };
    let mut output = transform(cryp, &padded(&data[..whole]));
    output.truncate(whole);
    if whole < data.len() {
        wait(cryp, BUSY, 0);
        cryp.write(CR, mode | 2 << 16);
        let counter = cryp.read(0x6C) - 1;
        cryp.write(IV + 12, counter);
        cryp.write(CR, CTR | BYTES | mode & 0x300 | CRYPEN);
        let mut last = transform(cryp, &padded(&data[whole..]));
        last.truncate(data.len() - whole);
        wait(cryp, BUSY, 0);
        cryp.write(CR, mode | 3 << 16);
        cryp.write(CR, mode | 3 << 16 | CRYPEN);
        transform(cryp, &padded(&last));
        output.extend(last);
    }
    wait(cryp, BUSY, 0);
    cryp.write(CR, mode | 3 << 16);
    cryp.write(CR, mode | 3 << 16 | CRYPEN);
    let lengths = [aad.len(), data.len()].map(|length| (length as u64 * 8).to_be_bytes());
    let tag = transform(cryp, lengths.as_flattened());
    cryp.write(CR, 0);
    (output, tag)
}

/// The recipe for CCM with a nonce of 12 bytes, for whole blocks.
fn ccm(
    cryp: &mut Cryp,
    direction: u32,
    key: &[u8],
    nonce: &[u8],
    aad: &[u8],
    data: &[u8],
) -> (Vec<u8>, Vec<u8>) {
    let mode = CCM | direction | BYTES | load_key(cryp, key);
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    load_iv(cryp, &[&[2], nonce, &[0, 0, 1]].concat());
    cryp.write(CR, mode | FFLUSH);
    cryp.write(CR, mode | CRYPEN);
    push(cryp, &[&[if aad.is_empty() { 0x3A } else { 0x7A }], nonce, &length[1..]].concat());
    wait_disabled(cryp);
    if !aad.is_empty() {
        cryp.write(CR, mode | 1 << 16 | CRYPEN);
        let header = [&u16::try_from(aad.len()).unwrap().to_be_bytes()[..], aad].concat();
        push(cryp, &padded(&header));
        wait(cryp, 1 | BUSY, 1);
    }
    cryp.write(CR, mode | 2 << 16);
    cryp.write(CR, mode | 2 << 16 | CRYPEN);
    let output = transform(cryp, data);
    wait(cryp, BUSY, 0);
    cryp.write(CR, mode | 3 << 16);
    cryp.write(CR, mode | 3 << 16 | CRYPEN);
    let tag = transform(cryp, &[&[2], nonce, &[0, 0, 0]].concat());
    cryp.write(CR, 0);
    (output, tag)
}

fn late(seed: u64) -> Cryp {
    let mut cryp = Cryp::default();
    cryp.set_latency(Latency::new(seed, 40));
    cryp
}

macro_rules! each_key_length {
    ($test:ident, $body:ident) => {
        #[test]
        fn $test() {
            $body::<Aes128>(&message(16));
            $body::<Aes192>(&message(24));
            $body::<Aes256>(&message(32));
        }
    };
}

each_key_length!(ecb_cbc_ctr, simple_modes);
each_key_length!(gcm_every_length, gcm_lengths);
each_key_length!(ccm_whole_blocks, ccm_lengths);

fn simple_modes<C>(key: &[u8])
where
    C: KeyInit + BlockCipherEncrypt + BlockCipherDecrypt + aes::cipher::BlockSizeUser<BlockSize = U16>,
{
    let mut cryp = late(1);
    let (plain, iv) = (message(112), message(16));
    let mut expected = plain.clone();
    for block in expected.chunks_mut(16) {
        C::new_from_slice(key).unwrap().encrypt_block(block.try_into().unwrap());
    }
    assert_eq!(simple(&mut cryp, ECB, key, &iv, &plain), expected);
    assert_eq!(simple(&mut cryp, ECB | DECRYPT, key, &iv, &expected), plain);

    let mut expected = plain.clone();
    let blocks = Array::<u8, U16>::cast_slice_from_core_mut(expected.as_chunks_mut().0);
    let array: &Array<u8, U16> = iv.as_slice().try_into().unwrap();
    cbc::Encryptor::<C>::new_from_slices(key, array).unwrap().encrypt_blocks(blocks);
    assert_eq!(simple(&mut cryp, CBC, key, &iv, &plain), expected);
    assert_eq!(cryp.read(IV), u32::from_be_bytes(expected[96..100].try_into().unwrap()));
    assert_eq!(simple(&mut cryp, CBC | DECRYPT, key, &iv, &expected), plain);
    let blocks = Array::<u8, U16>::cast_slice_from_core_mut(expected.as_chunks_mut().0);
    cbc::Decryptor::<C>::new_from_slices(key, array).unwrap().decrypt_blocks(blocks);
    assert_eq!(expected, plain);

    let mut expected = plain.clone();
    ctr::Ctr32BE::<C>::new_from_slices(key, array).unwrap().apply_keystream(&mut expected);
    assert_eq!(simple(&mut cryp, CTR, key, &iv, &plain), expected);
    assert_eq!(simple(&mut cryp, CTR | DECRYPT, key, &iv, &expected), plain);
    assert_eq!(cryp.counters().misuse, 0);
}

fn gcm_lengths<C>(key: &[u8])
where
    C: KeyInit + BlockCipherEncrypt + aes::cipher::BlockSizeUser<BlockSize = U16>,
{
    let mut cryp = late(2);
    let nonce = message(12);
    for length in 0..70 {
        let (aad, plain) = (message(length % 37), message(length));
        let mut expected = plain.clone();
        let cipher = AesGcm::<C, U12>::new_from_slice(key).unwrap();
        let nonce_array: &Array<u8, U12> = nonce.as_slice().try_into().unwrap();
        let tag = cipher.encrypt_inout_detached(nonce_array, &aad, expected.as_mut_slice().into()).unwrap();
        let sealed = gcm(&mut cryp, 0, key, &nonce, &aad, &plain);
        assert_eq!(sealed, (expected.clone(), tag.to_vec()), "{length} bytes");
        assert_eq!(gcm(&mut cryp, DECRYPT, key, &nonce, &aad, &expected), (plain, tag.to_vec()));
    }
    assert_eq!(cryp.counters().misuse, 0);
}

fn ccm_lengths<C>(key: &[u8])
where
    C: KeyInit + BlockCipherEncrypt + aes::cipher::BlockSizeUser<BlockSize = U16>,
{
    let mut cryp = late(3);
    let nonce = message(12);
    for blocks in 0..6 {
        let (aad, plain) = (message(blocks * 7), message(blocks * 16));
        let mut expected = plain.clone();
        let cipher = Ccm::<C, U16, U12>::new_from_slice(key).unwrap();
        let nonce_array: &Array<u8, U12> = nonce.as_slice().try_into().unwrap();
        let tag = cipher.encrypt_inout_detached(nonce_array, &aad, expected.as_mut_slice().into()).unwrap();
        let sealed = ccm(&mut cryp, 0, key, &nonce, &aad, &plain);
        assert_eq!(sealed, (expected.clone(), tag.to_vec()), "{blocks} blocks");
        assert_eq!(ccm(&mut cryp, DECRYPT, key, &nonce, &aad, &expected), (plain, tag.to_vec()));
    }
    assert_eq!(cryp.counters().misuse, 0);
}

/// Keys that were not prepared, or prepared for nothing; DES instead of AES; a phase left out; words not turned.
#[test]
fn wrong_recipes_give_wrong_answers() {
    let (key, iv, data) = (message(16), message(16), message(32));
    let mut cryp = Cryp::default();
    let encrypted = simple(&mut cryp, CBC, &key, &iv, &data);
    load_iv(&mut cryp, &iv);
    cryp.write(CR, CBC | DECRYPT | BYTES | CRYPEN);
    assert_ne!(transform(&mut cryp, &encrypted), data);
    cryp.write(CR, PREPARE_KEY | CRYPEN);
    wait_disabled(&mut cryp);
    cryp.write(CR, CTR | BYTES | CRYPEN);
    transform(&mut cryp, &data);
    assert!(cryp.counters().misuse >= 4);
    cryp.write(CR, 0);
    cryp.clear_counters();
    assert_ne!(simple(&mut cryp, 2 << 3, &key, &iv, &data), simple(&mut cryp, ECB, &key, &iv, &data));
    assert_eq!(cryp.counters().misuse, 2);

    let (good, mode) = (gcm(&mut cryp, 0, &key, &iv[..12], &[], &data), GCM | BYTES);
    cryp.write(CR, FFLUSH);
    load_iv(&mut cryp, &[&iv[..12], &[0, 0, 0, 2]].concat());
    cryp.write(CR, mode | 2 << 16 | CRYPEN);
    assert_ne!(transform(&mut cryp, &data), good.0, "no init phase");
    cryp.write(CR, 0);
    assert_eq!(gcm(&mut cryp, 0, &key, &iv[..12], &[], &data), good);

    cryp.write(CR, FFLUSH);
    load_iv(&mut cryp, &iv);
    cryp.write(CR, CTR | CRYPEN);
    let turned = transform(&mut cryp, &data);
    assert_ne!(turned, simple(&mut cryp, CTR, &key, &iv, &data), "DATATYPE 0");
}

#[test]
fn who_does_not_wait_loses() {
    let mut cryp = Cryp::default();
    cryp.set_latency(Latency::new(1, 1000));
    load_key(&mut cryp, &[1; 16]);
    cryp.write(CR, ECB | CRYPEN);
    for _ in 0..4 {
        cryp.write(DIN, 0);
    }
    assert_eq!(cryp.read(SR) & BUSY, BUSY);
    assert_eq!(cryp.read(DOUT), 0);
    cryp.write(CR, CBC | CRYPEN);
    cryp.write(KEY + 16, 0);
    cryp.write(IV, 1);
    assert_eq!((cryp.read(CR), cryp.read(IV)), (ECB | CRYPEN, 0));
    for _ in 0..9 {
        cryp.write(DIN, 0);
    }
    assert_eq!(cryp.read(SR) & IFNF, 0, "the FIFO is full");
    assert!(cryp.counters().misuse >= 5);
}

#[test]
fn faults() {
    let (key, data) = (message(16), message(64));
    let mut cryp = Cryp::default();
    let good = simple(&mut cryp, ECB, &key, &[0; 16], &data);
    cryp.fail_mode(6, Fault::Wrong);
    assert_eq!(simple(&mut cryp, ECB, &key, &[0; 16], &data), good);
    cryp.fail_mode(4, Fault::Wrong);
    assert_ne!(simple(&mut cryp, ECB, &key, &[0; 16], &data), good);
    cryp.fail_after(1, Fault::Silent);
    cryp.write(CR, ECB | BYTES | CRYPEN);
    push(&mut cryp, &data[..16]);
    pull(&mut cryp);
    push(&mut cryp, &data[..16]);
    assert!((0..1000).all(|_| cryp.read(SR) & (BUSY | OFNE) == BUSY));
    cryp.write(CR, FFLUSH);
    assert_eq!(cryp.read(SR) & BUSY, BUSY, "only a reset helps");
    cryp.fail(Fault::None);
    cryp.reset();
    assert_eq!(simple(&mut cryp, ECB, &key, &[0; 16], &data), good);
    assert!(cryp.touched());
}

#[test]
fn interrupts() {
    let mut cryp = Cryp::default();
    cryp.write(0x14, 3);
    assert!(!cryp.interrupt());
    cryp.write(CR, ECB | CRYPEN);
    assert!(cryp.interrupt(), "room for input");
    cryp.write(0x14, 2);
    assert!(!cryp.interrupt());
    push(&mut cryp, &[0; 16]);
    assert!(cryp.interrupt(), "something to read");
    pull(&mut cryp);
    assert!(!cryp.interrupt());
}

#[cfg(feature = "serde")]
#[test]
fn state_is_data() {
    let mut cryp = Cryp::default();
    cryp.write(CR, ECB | BYTES);
    push(&mut cryp, &message(16));
    let copy: Cryp = serde_json::from_str(&serde_json::to_string(&cryp).unwrap()).unwrap();
    assert_eq!(copy, cryp);
}
