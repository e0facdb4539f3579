//! HASH: every algorithm and length, late answers, contexts, and drivers that get it wrong (RM0090 §25.3, §25.4).

use md5::Md5;
use peripherals::{Fault, Hash, Latency};
use sha1::Sha1;
use sha2::{Digest, Sha224, Sha256};

use crate::message;

const CR: u32 = 0;
const DIN: u32 = 4;
const STR: u32 = 8;
const SR: u32 = 0x24;
const CSR: u32 = 0xF8;
const HR: u32 = 0x310;

const INIT: u32 = 4;
const BYTES: u32 = 2 << 4;
const DCAL: u32 = 1 << 8;
const READY: u32 = 1;
const DONE: u32 = 2;
const BUSY: u32 = 8;

/// The bits of ALGO in CR, and the digest's words.
const ALGORITHMS: [(u32, u32); 4] = [(0, 5), (1 << 7, 4), (1 << 18, 7), (1 << 18 | 1 << 7, 8)];

fn expected(algorithm: usize, data: &[u8]) -> Vec<u8> {
    match algorithm {
        0 => Sha1::digest(data).to_vec(),
        1 => Md5::digest(data).to_vec(),
        2 => Sha224::digest(data).to_vec(),
        _ => Sha256::digest(data).to_vec(),
    }
}

fn wait(hash: &mut Hash, flag: u32) {
    assert!((0..10_000).any(|_| hash.read(SR) & flag != 0), "the flag never comes");
}

fn feed(hash: &mut Hash, data: &[u8]) {
    for chunk in data.chunks(4) {
        let mut word = [0; 4];
        word[..chunk.len()].copy_from_slice(chunk);
        hash.write(DIN, u32::from_le_bytes(word));
    }
}

fn finish(hash: &mut Hash, words: u32, last: &[u8]) -> Vec<u8> {
    feed(hash, last);
    hash.write(STR, u32::try_from(last.len() % 4 * 8).unwrap());
    hash.write(STR, DCAL);
    wait(hash, DONE);
    (0..words).flat_map(|at| hash.read(HR + 4 * at).to_be_bytes()).collect()
}

fn save(hash: &mut Hash) -> (u32, Vec<u32>) {
    wait(hash, READY);
    (hash.read(CR), (0..38).map(|at| hash.read(CSR + 4 * at)).collect())
}

fn restore(hash: &mut Hash, (cr, context): &(u32, Vec<u32>)) {
    hash.write(CR, *cr | INIT);
    for (at, word) in (0..).zip(context) {
        hash.write(CSR + 4 * at, *word);
    }
}

#[test]
fn every_length() {
    let mut hash = Hash::default();
    hash.set_latency(Latency::new(5, 40));
    for (algorithm, (bits, words)) in ALGORITHMS.into_iter().enumerate() {
        for length in 0..200 {
            let data = message(length);
            hash.write(CR, bits | BYTES | INIT);
            assert_eq!(finish(&mut hash, words, &data), expected(algorithm, &data), "{algorithm}, {length}");
        }
    }
    assert_eq!(hash.counters().misuse, 0);
}

/// Four messages take turns, each of which is saved one word behind the end of a block.
#[test]
fn contexts_take_turns() {
    let mut hash = Hash::default();
    hash.set_latency(Latency::new(6, 40));
    let data = message(400);
    let mut contexts = ALGORITHMS.map(|(bits, _)| {
        hash.write(CR, bits | BYTES | INIT);
        save(&mut hash)
    });
    for (from, to) in [(0, 68), (68, 132), (132, 324)] {
        for context in &mut contexts {
            restore(&mut hash, context);
            feed(&mut hash, &data[from..to]);
            *context = save(&mut hash);
        }
    }
    for (algorithm, (_, words)) in ALGORITHMS.into_iter().enumerate() {
        restore(&mut hash, &contexts[algorithm]);
        assert_eq!(finish(&mut hash, words, &data[324..399]), expected(algorithm, &data[..399]));
    }
    assert_eq!(hash.counters().misuse, 0);
}

/// Each of these is spoilt: one word of the context missing, a restore without INIT, a save in the middle of a block.
#[test]
fn contexts_must_be_exact() {
    let data = message(200);
    let digest_after = |spoil: fn(&mut Hash, &mut (u32, Vec<u32>))| {
        let mut hash = Hash::default();
        hash.write(CR, ALGORITHMS[3].0 | BYTES | INIT);
        feed(&mut hash, &data[..132]);
        let mut context = save(&mut hash);
        hash.write(CR, ALGORITHMS[0].0 | BYTES | INIT);
        feed(&mut hash, &[1; 64]);
        spoil(&mut hash, &mut context);
        let digest = finish(&mut hash, 8, &data[132..]);
        (digest == expected(3, &data), hash.counters().misuse > 0)
    };
    assert_eq!(digest_after(|hash, context| restore(hash, context)), (true, false));
    for word in 0..38 {
        let mut hash = Hash::default();
        hash.write(CR, ALGORITHMS[3].0 | BYTES | INIT);
        feed(&mut hash, &data[..132]);
        let mut context = save(&mut hash);
        context.1[word] ^= 1;
        restore(&mut hash, &context);
        assert_ne!(finish(&mut hash, 8, &data[132..]), expected(3, &data), "word {word}");
    }
    let without_init = digest_after(|hash, context| {
        hash.write(CR, context.0);
        for (at, word) in (0..).zip(&context.1) {
            hash.write(CSR + 4 * at, *word);
        }
    });
    assert_eq!(without_init, (false, true));

    let mut hash = Hash::default();
    hash.write(CR, BYTES | INIT);
    feed(&mut hash, &data[..64]);
    assert_eq!(hash.read(SR), 0, "the block waits for the first word of the next one");
    hash.read(CSR);
    assert_eq!(hash.counters().misuse, 1);
}

/// NBLW is not set by a write that sets DCAL, and outlives the message.
#[test]
fn valid_bits_of_the_last_word() {
    let mut hash = Hash::default();
    hash.write(CR, BYTES | INIT);
    feed(&mut hash, b"abcde");
    hash.write(STR, DCAL | 8);
    assert_eq!(hash.read(HR), u32::from_be_bytes(Sha1::digest(b"abcde\0\0\0")[..4].try_into().unwrap()));

    hash.write(STR, 8);
    for _ in 0..2 {
        hash.write(CR, BYTES | INIT);
        feed(&mut hash, b"abcde");
        hash.write(STR, DCAL);
        assert_eq!(hash.read(HR), u32::from_be_bytes(Sha1::digest(b"abcde")[..4].try_into().unwrap()));
        assert_eq!(hash.read(0x0C), hash.read(HR));
    }
}

#[test]
fn who_does_not_wait_gets_nothing() {
    let mut hash = Hash::default();
    hash.set_latency(Latency::new(1, 1000));
    hash.write(CR, BYTES | INIT);
    feed(&mut hash, &[0; 68]);
    assert_eq!(hash.read(SR), BUSY);
    assert_eq!(hash.read(CSR), 0);
    hash.write(STR, DCAL);
    assert_eq!(hash.read(HR), 0);
    assert_eq!(hash.counters().misuse, 2);
}

#[test]
fn words_are_turned() {
    for (datatype, bytes) in [(0, *b"dcba"), (1, *b"badc"), (2, *b"abcd"), (3, [0x86, 0x46, 0xC6, 0x26])] {
        let mut hash = Hash::default();
        hash.write(CR, datatype << 4 | INIT);
        hash.write(STR, 0);
        hash.write(DIN, u32::from_le_bytes(*b"abcd"));
        hash.write(STR, DCAL);
        assert_eq!(hash.read(HR).to_be_bytes(), Sha1::digest(bytes)[..4], "{datatype}");
    }
}

#[test]
fn faults() {
    let mut hash = Hash::default();
    hash.fail_mode(3, Fault::Wrong);
    for (algorithm, (bits, words)) in ALGORITHMS.into_iter().enumerate() {
        hash.write(CR, bits | BYTES | INIT);
        assert_eq!(finish(&mut hash, words, b"abc") == expected(algorithm, b"abc"), algorithm != 3);
    }
    hash.fail_after(1, Fault::Silent);
    hash.write(CR, BYTES | INIT);
    feed(&mut hash, &[0; 68]);
    wait(&mut hash, READY);
    feed(&mut hash, &[0; 64]);
    assert!((0..1000).all(|_| hash.read(SR) == BUSY));
    hash.fail(Fault::None);
    hash.reset();
    hash.write(CR, BYTES | INIT);
    assert_eq!(finish(&mut hash, 5, b"abc"), expected(0, b"abc"));
    assert!(hash.touched());
}

#[test]
fn interrupts() {
    let mut hash = Hash::default();
    assert!(!hash.interrupt());
    hash.write(0x20, 1);
    assert!(hash.interrupt());
    hash.write(DIN, 0);
    assert!(!hash.interrupt());
    hash.write(0x20, 2);
    hash.write(STR, DCAL);
    assert!(hash.interrupt());
    hash.write(SR, 0);
    assert!(!hash.interrupt());
}

#[cfg(feature = "serde")]
#[test]
fn state_is_data() {
    let mut hash = Hash::default();
    hash.write(CR, BYTES | INIT);
    feed(&mut hash, &[1; 100]);
    let text = serde_json::to_string(&hash).unwrap();
    let mut copy: Hash = serde_json::from_str(&text).unwrap();
    assert_eq!(copy, hash);
    assert_eq!(finish(&mut copy, 5, &[1; 9]), expected(0, &[1; 109]));
}
