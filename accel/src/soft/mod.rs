//! The software backend: no heap, constant-time wherever a secret is touched.
//!
//! [`Soft`] is the whole of it. The hash functions need no state of their own, so [`Hasher`] offers them alone: for a caller
//! that has no entropy source, and for code that must not depend on the accelerator that it was lent.
//! [`compress`], [`initial`], [`pads`] and [`digest`] take a hash apart for the constant-time MAC check of CBC records (RFC 5246
//! §6.2.3.2), which must hash a secret number of bytes in a time that does not tell how many.
//!
//! Deliberately absent: any use of a hash or cipher unit; other backends fall back to this one for what they lack.

mod bignum;
mod drbg;
mod ecdsa;
mod hash;
mod rsa;

pub(crate) mod aes;
pub(crate) mod job;
pub(crate) mod mode;

use status::Error;

use crate::public_key::Work;
use crate::{
    Cipher, CipherKey, CipherMode, Digest, Direction, EcPublicKey, Entropy, Hash, HashAlgorithm, HashState,
    Job, NONCE_LENGTH, PublicKey, Rng, RsaPrivateKey, RsaPublicKey,
};

pub use drbg::{Drbg, RESEED_BYTES, RESEED_REQUESTS};
pub use hash::{Hasher, compress, digest, initial, pads, parts};

/// The software accelerator over a source of entropy.
pub struct Soft<E> {
    rng: Drbg<E>,
}

impl<E: Entropy> Soft<E> {
    /// Makes an accelerator. Nothing is drawn from `entropy` before the first random number is needed.
    pub const fn new(entropy: E) -> Self {
        Self { rng: Drbg::new(entropy) }
    }
}

impl<E: Entropy> Rng for Soft<E> {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), Error> {
        self.rng.fill(out)
    }
}

impl<E: Entropy> Hash for Soft<E> {
    fn hash_start(&mut self, algorithm: HashAlgorithm) -> Result<HashState, Error> {
        Hasher.hash_start(algorithm)
    }

    fn hash_update(&mut self, state: &mut HashState, data: &[u8]) -> Result<(), Error> {
        Hasher.hash_update(state, data)
    }

    fn hash_finish(&mut self, state: HashState) -> Result<Digest, Error> {
        Hasher.hash_finish(state)
    }

    fn hash_finish_in_place(&mut self, state: &mut HashState) -> Result<Digest, Error> {
        Hasher.hash_finish_in_place(state)
    }

    fn hash(&mut self, algorithm: HashAlgorithm, parts: &[&[u8]]) -> Result<Digest, Error> {
        Hasher.hash(algorithm, parts)
    }
}

impl<E: Entropy> Cipher for Soft<E> {
    fn cipher_load(
        &mut self,
        mode: CipherMode,
        direction: Direction,
        key: &[u8],
    ) -> Result<CipherKey, Error> {
        mode::load(mode, direction, key)
    }

    fn cbc_encrypt(&mut self, key: &CipherKey, iv: &mut [u8; 16], data: &mut [u8]) -> Result<(), Error> {
        mode::cbc(key, Direction::Encrypt, iv, data)
    }

    fn cbc_decrypt(&mut self, key: &CipherKey, iv: &mut [u8; 16], data: &mut [u8]) -> Result<(), Error> {
        mode::cbc(key, Direction::Decrypt, iv, data)
    }

    fn seal(
        &mut self,
        key: &CipherKey,
        nonce: &[u8; NONCE_LENGTH],
        aad: &[u8],
        data: &mut [u8],
        tag: &mut [u8],
    ) -> Result<(), Error> {
        mode::sealed(mode::aead(key, Direction::Encrypt, nonce, aad, data, tag.len()), tag)
    }

    fn open(
        &mut self,
        key: &CipherKey,
        nonce: &[u8; NONCE_LENGTH],
        aad: &[u8],
        data: &mut [u8],
        tag: &[u8],
    ) -> Result<(), Error> {
        let computed = mode::aead(key, Direction::Decrypt, nonce, aad, data, tag.len());
        mode::opened(computed, data, tag)
    }
}

impl<E: Entropy> PublicKey for Soft<E> {
    fn rsa_verify(
        &mut self,
        key: &RsaPublicKey<'_>,
        algorithm: HashAlgorithm,
        digest: &[u8],
        signature: &[u8],
        workspace: &mut [u8],
    ) -> Result<Job<'static>, Error> {
        wrap(job::start_rsa_verify(key, algorithm, digest, signature, workspace))
    }

    fn rsa_encrypt(
        &mut self,
        key: &RsaPublicKey<'_>,
        message: &[u8],
        workspace: &mut [u8],
    ) -> Result<Job<'static>, Error> {
        wrap(job::start_rsa_encrypt(key, message, workspace, &mut self.rng))
    }

    fn rsa_sign<'k>(
        &mut self,
        key: &RsaPrivateKey<'k>,
        algorithm: HashAlgorithm,
        digest: &[u8],
        workspace: &mut [u8],
    ) -> Result<Job<'k>, Error> {
        wrap(job::start_rsa_sign(key, algorithm, digest, workspace, &mut self.rng))
    }

    fn ecdsa_verify(
        &mut self,
        key: &EcPublicKey<'_>,
        digest: &[u8],
        signature: &[u8],
        workspace: &mut [u8],
    ) -> Result<Job<'static>, Error> {
        wrap(job::start_ecdsa_verify(key, digest, signature, workspace))
    }

    fn step(
        &mut self,
        job: &mut Job<'_>,
        workspace: &mut [u8],
        output: &mut [u8],
    ) -> nb::Result<usize, Error> {
        match &mut job.work {
            Work::Soft(job) => job::step(job, workspace, output),
            Work::Finished(_) => Err(nb::Error::Other(status::pk::BAD_INPUT_DATA)),
        }
    }
}

fn wrap<'k>(job: Result<job::Job<'k>, Error>) -> Result<Job<'k>, Error> {
    Ok(Job { work: Work::Soft(job?) })
}
