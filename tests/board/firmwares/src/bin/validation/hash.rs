//! HASH: every algorithm, lengths with last words in parts, and contexts that take turns.

use embassy_stm32::{
    hash::{Algorithm, DataType, Hash},
    mode::Blocking,
    peripherals::HASH,
};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha224, Sha256};

use crate::{check, message};

const UNIT: u32 = 1;
const ALGORITHMS: [Algorithm; 4] = [Algorithm::MD5, Algorithm::SHA1, Algorithm::SHA224, Algorithm::SHA256];
/// Beyond the lengths that are all tried: around multiples of a block and of the driver's own buffer.
const LONGER: [usize; 10] = [191, 192, 195, 196, 197, 255, 260, 261, 323, 1000];

/// The digest that RustCrypto gives, filled up with zeros.
fn expected(algorithm: Algorithm, data: &[u8]) -> [u8; 32] {
    let mut digest = [0; 32];
    match algorithm {
        Algorithm::MD5 => digest[..16].copy_from_slice(&Md5::digest(data)),
        Algorithm::SHA1 => digest[..20].copy_from_slice(&Sha1::digest(data)),
        Algorithm::SHA224 => digest[..28].copy_from_slice(&Sha224::digest(data)),
        Algorithm::SHA256 => digest.copy_from_slice(&Sha256::digest(data)),
    }
    digest
}

/// The digest that the unit gives for the concatenation of pieces.
fn digest(hash: &mut Hash<'_, HASH, Blocking>, algorithm: Algorithm, pieces: &[&[u8]]) -> [u8; 32] {
    let mut context = hash.start(algorithm, DataType::Width8, None);
    for piece in pieces {
        hash.update_blocking(&mut context, piece);
    }
    let mut digest = [0; 32];
    hash.finish_blocking(context, &mut digest);
    digest
}

pub fn validate(mut hash: Hash<'_, HASH, Blocking>) {
    let message = message::<1000>();
    for algorithm in ALGORITHMS {
        for length in (0..=140).chain(LONGER) {
            let data = &message[..length];
            let expected = expected(algorithm, data);
            let (head, tail) = data.split_at(if length % 2 == 0 { length } else { length / 3 });
            check(digest(&mut hash, algorithm, &[head, tail]) == expected, UNIT, algorithm as u32, length);
        }
    }
    take_turns(&mut hash, &message);
}

/// Four messages at once; each piece of one is followed by that of the others.
fn take_turns(hash: &mut Hash<'_, HASH, Blocking>, message: &[u8]) {
    let mut contexts = ALGORITHMS.map(|algorithm| hash.start(algorithm, DataType::Width8, None));
    for piece in message.chunks(97) {
        for context in &mut contexts {
            hash.update_blocking(context, piece);
        }
    }
    for (context, algorithm) in contexts.into_iter().zip(ALGORITHMS) {
        let mut digest = [0; 32];
        hash.finish_blocking(context, &mut digest);
        check(digest == expected(algorithm, message), UNIT, algorithm as u32, usize::MAX);
    }
}
