//! The hash crates through their `Digest` interface, and the crate `hmac`.

extern crate alloc;

use alloc::boxed::Box;

use ::hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest as _, Sha224, Sha256, Sha384, Sha512};
use status::{Error, md};

use crate::{Chain, Digest, Hash, HashAlgorithm, HashState, MAX_DIGEST_LENGTH};

/// A hash in progress, which each crate wipes. On the heap: the room of the longest of them would leave in a state, where it is moved,
/// what stood on the stack before.
#[derive(Clone)]
pub(crate) struct Running(Box<Kind>);

#[derive(Clone)]
enum Kind {
    Md5(Md5),
    Sha1(Sha1),
    Sha224(Sha224),
    Sha256(Sha256),
    Sha384(Sha384),
    Sha512(Sha512),
}

/// The hash functions of the crates `md-5`, `sha1` and `sha2`.
#[derive(Clone, Copy, Default, Debug)]
pub struct Hasher;

impl Hash for Hasher {
    fn hash_start(&mut self, algorithm: HashAlgorithm) -> Result<HashState, Error> {
        let mut state = HashState::new(algorithm, Chain::words32([0; 8]));
        state.other = Some(Running(Box::new(match algorithm {
            HashAlgorithm::Md5 => Kind::Md5(Md5::new()),
            HashAlgorithm::Sha1 => Kind::Sha1(Sha1::new()),
            HashAlgorithm::Sha224 => Kind::Sha224(Sha224::new()),
            HashAlgorithm::Sha256 => Kind::Sha256(Sha256::new()),
            HashAlgorithm::Sha384 => Kind::Sha384(Sha384::new()),
            HashAlgorithm::Sha512 => Kind::Sha512(Sha512::new()),
        })));
        Ok(state)
    }

    fn hash_update(&mut self, state: &mut HashState, data: &[u8]) -> Result<(), Error> {
        match state.other.as_mut().ok_or(md::BAD_INPUT_DATA)?.0.as_mut() {
            Kind::Md5(hasher) => hasher.update(data),
            Kind::Sha1(hasher) => hasher.update(data),
            Kind::Sha224(hasher) => hasher.update(data),
            Kind::Sha256(hasher) => hasher.update(data),
            Kind::Sha384(hasher) => hasher.update(data),
            Kind::Sha512(hasher) => hasher.update(data),
        }
        Ok(())
    }

    fn hash_finish_in_place(&mut self, state: &mut HashState) -> Result<Digest, Error> {
        let bytes = match *state.other.take().ok_or(md::BAD_INPUT_DATA)?.0 {
            Kind::Md5(hasher) => padded(&hasher.finalize()),
            Kind::Sha1(hasher) => padded(&hasher.finalize()),
            Kind::Sha224(hasher) => padded(&hasher.finalize()),
            Kind::Sha256(hasher) => padded(&hasher.finalize()),
            Kind::Sha384(hasher) => padded(&hasher.finalize()),
            Kind::Sha512(hasher) => padded(&hasher.finalize()),
        };
        Ok(Digest::new(state.algorithm, bytes))
    }
}

/// HMAC of `data` by the crate `hmac`, to hold [`crate::HmacKey`] against.
///
/// # Errors
/// None that could happen: HMAC takes keys of any length.
pub fn hmac(algorithm: HashAlgorithm, key: &[u8], data: &[u8]) -> Result<Digest, Error> {
    let bytes = match algorithm {
        HashAlgorithm::Md5 => mac::<Hmac<Md5>>(key, data),
        HashAlgorithm::Sha1 => mac::<Hmac<Sha1>>(key, data),
        HashAlgorithm::Sha224 => mac::<Hmac<Sha224>>(key, data),
        HashAlgorithm::Sha256 => mac::<Hmac<Sha256>>(key, data),
        HashAlgorithm::Sha384 => mac::<Hmac<Sha384>>(key, data),
        HashAlgorithm::Sha512 => mac::<Hmac<Sha512>>(key, data),
    }?;
    Ok(Digest::new(algorithm, bytes))
}

fn mac<M: Mac + KeyInit>(key: &[u8], data: &[u8]) -> Result<[u8; MAX_DIGEST_LENGTH], Error> {
    let mac = <M as KeyInit>::new_from_slice(key).map_err(|_| md::BAD_INPUT_DATA)?;
    Ok(padded(&mac.chain_update(data).finalize().into_bytes()))
}

fn padded(digest: &[u8]) -> [u8; MAX_DIGEST_LENGTH] {
    let mut bytes = [0; MAX_DIGEST_LENGTH];
    for (to, from) in bytes.iter_mut().zip(digest) {
        *to = *from;
    }
    bytes
}
