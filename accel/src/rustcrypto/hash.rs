//! The hash crates through their `Digest` interface, and the crate `hmac`.
//!
//! Between two calls a hash is what its crate serializes: the chaining value, the number of blocks, and what does not fill one yet, in the
//! places where a [`HashState`] has chaining value, length and bytes.

use ::hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::digest::common::hazmat::{SerializableState, SerializedState};
use sha2::{Digest as _, Sha224, Sha256, Sha384, Sha512};
use status::{Error, md};
use zeroize::Zeroize;

use crate::hash::Owner;
use crate::{ChainingValue, Digest, Hash, HashAlgorithm, HashState, MAX_DIGEST_LENGTH};

/// The hash functions of the crates `md-5`, `sha1` and `sha2`.
///
/// ```
/// use accel::{Hash, HashAlgorithm, rustcrypto, soft};
///
/// // Two implementations that have nothing in common agree.
/// let ours = soft::Hasher.hash(HashAlgorithm::Sha384, &[b"abc"])?;
/// assert_eq!(ours.as_bytes(), rustcrypto::Hasher.hash(HashAlgorithm::Sha384, &[b"abc"])?.as_bytes());
/// # Ok::<(), status::Error>(())
/// ```
#[derive(Clone, Copy, Default, Debug)]
pub struct Hasher;

impl Hash for Hasher {
    fn hash_start(&mut self, algorithm: HashAlgorithm) -> Result<HashState, Error> {
        let mut state = HashState::of(algorithm, Owner::RustCrypto, ChainingValue::ZERO);
        match algorithm {
            HashAlgorithm::Md5 => save(&mut state, &Md5::new()),
            HashAlgorithm::Sha1 => save(&mut state, &Sha1::new()),
            HashAlgorithm::Sha224 => save(&mut state, &Sha224::new()),
            HashAlgorithm::Sha256 => save(&mut state, &Sha256::new()),
            HashAlgorithm::Sha384 => save(&mut state, &Sha384::new()),
            HashAlgorithm::Sha512 => save(&mut state, &Sha512::new()),
        }
        Ok(state)
    }

    fn hash_update(&mut self, state: &mut HashState, data: &[u8]) -> Result<(), Error> {
        match state.algorithm() {
            HashAlgorithm::Md5 => update::<Md5>(state, data),
            HashAlgorithm::Sha1 => update::<Sha1>(state, data),
            HashAlgorithm::Sha224 => update::<Sha224>(state, data),
            HashAlgorithm::Sha256 => update::<Sha256>(state, data),
            HashAlgorithm::Sha384 => update::<Sha384>(state, data),
            HashAlgorithm::Sha512 => update::<Sha512>(state, data),
        }
    }

    fn hash_finish_in_place(&mut self, state: &mut HashState) -> Result<Digest, Error> {
        let bytes = match state.algorithm() {
            HashAlgorithm::Md5 => padded(&load::<Md5>(state)?.finalize()),
            HashAlgorithm::Sha1 => padded(&load::<Sha1>(state)?.finalize()),
            HashAlgorithm::Sha224 => padded(&load::<Sha224>(state)?.finalize()),
            HashAlgorithm::Sha256 => padded(&load::<Sha256>(state)?.finalize()),
            HashAlgorithm::Sha384 => padded(&load::<Sha384>(state)?.finalize()),
            HashAlgorithm::Sha512 => padded(&load::<Sha512>(state)?.finalize()),
        };
        Ok(Digest::new(state.algorithm(), bytes))
    }
}

fn update<D: SerializableState + sha2::Digest>(state: &mut HashState, data: &[u8]) -> Result<(), Error> {
    let mut hasher: D = load(state)?;
    hasher.update(data);
    let added = u64::try_from(data.len()).map_err(|_| md::BAD_INPUT_DATA)?;
    state.set_length(state.length().checked_add(added).ok_or(md::BAD_INPUT_DATA)?);
    save(state, &hasher);
    Ok(())
}

/// The chaining value's length in bytes.
const fn chain_length(algorithm: HashAlgorithm) -> usize {
    match algorithm {
        HashAlgorithm::Md5 => 16,
        HashAlgorithm::Sha1 => 20,
        HashAlgorithm::Sha224 | HashAlgorithm::Sha256 => 32,
        HashAlgorithm::Sha384 | HashAlgorithm::Sha512 => 64,
    }
}

/// What a crate's hash is, serialized.
struct Serialized<'s> {
    chain: &'s mut [u8],
    /// The number of whole blocks.
    count: &'s mut [u8],
    /// How many bytes wait.
    used: &'s mut u8,
    waiting: &'s mut [u8],
}

fn parts(algorithm: HashAlgorithm, serialized: &mut [u8]) -> Option<Serialized<'_>> {
    let core = serialized.len().checked_sub(algorithm.block_length())?;
    let (core, waiting) = serialized.split_at_mut_checked(core)?;
    let (chain, count) = core.split_at_mut_checked(chain_length(algorithm))?;
    let (used, waiting) = waiting.split_first_mut()?;
    Some(Serialized { chain, count, used, waiting })
}

fn save<D: SerializableState>(state: &mut HashState, hasher: &D) {
    let algorithm = state.algorithm();
    let mut serialized = hasher.serialize();
    if let Some(Serialized { chain, waiting, .. }) = parts(algorithm, &mut serialized) {
        copy(state.chain.bytes_mut(), chain);
        let [_, place @ ..] = &mut state.rest;
        copy(bytemuck::must_cast_slice_mut(place), waiting);
    }
    serialized.as_mut_slice().zeroize();
}

fn load<D: SerializableState>(state: &HashState) -> Result<D, Error> {
    state.owned_by(Owner::RustCrypto)?;
    let algorithm = state.algorithm();
    let block = u64::try_from(algorithm.block_length()).map_err(|_| md::BAD_INPUT_DATA)?;
    let mut serialized = SerializedState::<D>::default();
    if let Some(Serialized { chain, count, used, waiting }) = parts(algorithm, &mut serialized) {
        copy(chain, state.chain.bytes());
        copy(count, &state.length().checked_div(block).unwrap_or_default().to_le_bytes());
        let length = state.length().checked_rem(block).unwrap_or_default();
        *used = u8::try_from(length).map_err(|_| md::BAD_INPUT_DATA)?;
        let [_, place @ ..] = &state.rest;
        let place: &[u8] = bytemuck::must_cast_slice(place);
        copy(waiting, place.get(..usize::from(*used)).unwrap_or_default());
    }
    let hasher = D::deserialize(&serialized).map_err(|_| md::BAD_INPUT_DATA);
    serialized.as_mut_slice().zeroize();
    hasher
}

fn copy(to: &mut [u8], from: &[u8]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
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
