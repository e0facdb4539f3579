//! One accelerator made of parts: for example a hash unit, a cipher unit, and software for the rest.
//!
//! Each unit of a chip is a part, which implements one trait; functions that it leaves out are software. [`Compose`] joins four parts to a
//! whole accelerator ([`crate::Accel`]):
//!
//! ```text
//!   hash         Hash           soft::Hasher, or your unit      MD5, SHA-1, SHA-2
//!   cipher       Cipher         soft::Ciphers, Modes<your unit> AES in its modes
//!   public_key   PublicKeyPart  soft::PublicKeys, or your unit  RSA, ECDSA
//!   rng          Rng            soft::Drbg over your source     random numbers, for public_key too
//! ```
//!
//! Your own type can hold its parts in another way: if it implements [`Parts`], it is an accelerator too. Only this file passes the calls on.

use status::Error;

use crate::{
    Cipher, CipherKey, CipherMode, Digest, Direction, EcPublicKey, Hash, HashAlgorithm, HashState, Job,
    NONCE_LENGTH, PublicKey, PublicKeyPart, Rng, RsaPrivateKey, RsaPublicKey,
};

/// An accelerator of four parts. [`crate::soft::Soft`] is the one that is all software; take it and exchange what your chip has a unit
/// for:
///
/// ```
/// use accel::{Digest, Hash, HashAlgorithm, soft::{Hasher, Soft}};
/// use status::Error;
///
/// /// A unit for messages that are there as a whole. Those that come in pieces are software, as what is left out is.
/// struct HashUnit;
///
/// impl Hash for HashUnit {
///     fn hash(&mut self, algorithm: HashAlgorithm, parts: &[&[u8]]) -> Result<Digest, Error> {
///         Hasher.hash(algorithm, parts) // here: into the unit
///     }
/// }
/// # struct Source;
/// # impl accel::Entropy for Source {
/// #     fn entropy(&mut self, _: &mut [u8]) -> Result<(), Error> { Err(status::entropy::SOURCE_FAILED) }
/// # }
/// let mut accel = Soft::new(Source).with_hash(HashUnit);
/// assert_eq!(accel.hash(HashAlgorithm::Sha256, &[b"abc"])?.as_bytes()[..4], [0xBA, 0x78, 0x16, 0xBF]);
/// # Ok::<(), Error>(())
/// ```
pub struct Compose<H, C, P, R> {
    /// The hash functions.
    pub hash: H,
    /// AES in its modes.
    pub cipher: C,
    /// RSA and ECDSA.
    pub public_key: P,
    /// Random numbers, for the public-key part too.
    pub rng: R,
}

impl<H, C, P, R> Compose<H, C, P, R> {
    /// The same with another part for the hash functions.
    pub fn with_hash<N: Hash>(self, hash: N) -> Compose<N, C, P, R> {
        Compose { hash, cipher: self.cipher, public_key: self.public_key, rng: self.rng }
    }

    /// The same with another part for AES.
    pub fn with_cipher<N: Cipher>(self, cipher: N) -> Compose<H, N, P, R> {
        Compose { hash: self.hash, cipher, public_key: self.public_key, rng: self.rng }
    }

    /// The same with another part for RSA and ECDSA.
    pub fn with_public_key<N: PublicKeyPart>(self, public_key: N) -> Compose<H, C, N, R> {
        Compose { hash: self.hash, cipher: self.cipher, public_key, rng: self.rng }
    }

    /// The same with another generator.
    pub fn with_rng<N: Rng>(self, rng: N) -> Compose<H, C, P, N> {
        Compose { hash: self.hash, cipher: self.cipher, public_key: self.public_key, rng }
    }
}

/// An accelerator that is made of parts: whoever lends them has [`Hash`], [`Cipher`], [`PublicKey`] and [`Rng`].
///
/// Each function lends a part for one call, or says why that call fails.
///
/// ```
/// use accel::{Hash, HashAlgorithm, Parts, soft::{Ciphers, Drbg, Hasher, PublicKeys, Soft}};
/// use status::{Error, md};
/// # struct Source;
/// # impl accel::Entropy for Source {
/// #     fn entropy(&mut self, _: &mut [u8]) -> Result<(), Error> { Err(status::entropy::SOURCE_FAILED) }
/// # }
///
/// /// Software that counts its calls and fails after so many: for a test.
/// struct Failing {
///     soft: Soft<Source>,
///     calls: u32,
/// }
///
/// impl Failing {
///     fn call(&mut self) -> Result<&mut Soft<Source>, Error> {
///         self.calls = self.calls.checked_sub(1).ok_or(md::HW_ACCEL_FAILED)?;
///         Ok(&mut self.soft)
///     }
/// }
///
/// impl Parts for Failing {
///     type Hash = Hasher;
///     type Cipher = Ciphers;
///     type PublicKey = PublicKeys;
///     type Rng = Drbg<Source>;
///
///     fn hash_part(&mut self) -> Result<&mut Hasher, Error> {
///         self.call()?.hash_part()
///     }
///     fn cipher_part(&mut self) -> Result<&mut Ciphers, Error> {
///         self.call()?.cipher_part()
///     }
///     fn public_key_part(&mut self) -> Result<(&mut PublicKeys, &mut Drbg<Source>), Error> {
///         self.call()?.public_key_part()
///     }
///     fn rng_part(&mut self) -> Result<&mut Drbg<Source>, Error> {
///         self.call()?.rng_part()
///     }
/// }
///
/// let mut accel = Failing { soft: Soft::new(Source), calls: 1 };
/// assert!(accel.hash(HashAlgorithm::Sha1, &[]).is_ok());
/// assert_eq!(accel.hash(HashAlgorithm::Sha1, &[]).err(), Some(md::HW_ACCEL_FAILED));
/// ```
#[expect(clippy::missing_errors_doc, reason = "said once, above")]
pub trait Parts {
    /// What hashes.
    type Hash: Hash;
    /// What encrypts.
    type Cipher: Cipher;
    /// What does RSA and ECDSA.
    type PublicKey: PublicKeyPart;
    /// What makes random numbers.
    type Rng: Rng;

    /// Lends what hashes.
    fn hash_part(&mut self) -> Result<&mut Self::Hash, Error>;

    /// Lends what encrypts.
    fn cipher_part(&mut self) -> Result<&mut Self::Cipher, Error>;

    /// Lends what does RSA and ECDSA, and the random numbers for it.
    fn public_key_part(&mut self) -> Result<(&mut Self::PublicKey, &mut Self::Rng), Error>;

    /// Lends what makes random numbers.
    fn rng_part(&mut self) -> Result<&mut Self::Rng, Error>;
}

impl<H: Hash, C: Cipher, P: PublicKeyPart, R: Rng> Parts for Compose<H, C, P, R> {
    type Hash = H;
    type Cipher = C;
    type PublicKey = P;
    type Rng = R;

    fn hash_part(&mut self) -> Result<&mut H, Error> {
        Ok(&mut self.hash)
    }

    fn cipher_part(&mut self) -> Result<&mut C, Error> {
        Ok(&mut self.cipher)
    }

    fn public_key_part(&mut self) -> Result<(&mut P, &mut R), Error> {
        Ok((&mut self.public_key, &mut self.rng))
    }

    fn rng_part(&mut self) -> Result<&mut R, Error> {
        Ok(&mut self.rng)
    }
}

impl<T: Parts> Hash for T {
    fn hash_start(&mut self, algorithm: HashAlgorithm) -> Result<HashState, Error> {
        self.hash_part()?.hash_start(algorithm)
    }

    fn hash_update(&mut self, state: &mut HashState, data: &[u8]) -> Result<(), Error> {
        self.hash_part()?.hash_update(state, data)
    }

    fn hash_finish_in_place(&mut self, state: &mut HashState) -> Result<Digest, Error> {
        self.hash_part()?.hash_finish_in_place(state)
    }

    fn hash(&mut self, algorithm: HashAlgorithm, parts: &[&[u8]]) -> Result<Digest, Error> {
        self.hash_part()?.hash(algorithm, parts)
    }
}

impl<T: Parts> Cipher for T {
    fn cipher_load(
        &mut self,
        mode: CipherMode,
        direction: Direction,
        key: &[u8],
    ) -> Result<CipherKey, Error> {
        self.cipher_part()?.cipher_load(mode, direction, key)
    }

    fn cbc_encrypt(&mut self, key: &CipherKey, iv: &mut [u8; 16], data: &mut [u8]) -> Result<(), Error> {
        self.cipher_part()?.cbc_encrypt(key, iv, data)
    }

    fn cbc_decrypt(&mut self, key: &CipherKey, iv: &mut [u8; 16], data: &mut [u8]) -> Result<(), Error> {
        self.cipher_part()?.cbc_decrypt(key, iv, data)
    }

    fn seal(
        &mut self,
        key: &CipherKey,
        nonce: &[u8; NONCE_LENGTH],
        aad: &[u8],
        data: &mut [u8],
        tag: &mut [u8],
    ) -> Result<(), Error> {
        self.cipher_part()?.seal(key, nonce, aad, data, tag)
    }

    fn open(
        &mut self,
        key: &CipherKey,
        nonce: &[u8; NONCE_LENGTH],
        aad: &[u8],
        data: &mut [u8],
        tag: &[u8],
    ) -> Result<(), Error> {
        self.cipher_part()?.open(key, nonce, aad, data, tag)
    }
}

impl<T: Parts> PublicKey for T {
    fn rsa_verify(
        &mut self,
        key: &RsaPublicKey<'_>,
        algorithm: HashAlgorithm,
        digest: &[u8],
        signature: &[u8],
        workspace: &mut [u8],
    ) -> Result<Job<'static>, Error> {
        self.public_key_part()?.0.rsa_verify(key, algorithm, digest, signature, workspace)
    }

    fn rsa_encrypt(
        &mut self,
        key: &RsaPublicKey<'_>,
        message: &[u8],
        workspace: &mut [u8],
    ) -> Result<Job<'static>, Error> {
        let (part, rng) = self.public_key_part()?;
        part.rsa_encrypt(key, message, workspace, rng)
    }

    fn rsa_sign<'k>(
        &mut self,
        key: &RsaPrivateKey<'k>,
        algorithm: HashAlgorithm,
        digest: &[u8],
        workspace: &mut [u8],
    ) -> Result<Job<'k>, Error> {
        let (part, rng) = self.public_key_part()?;
        part.rsa_sign(key, algorithm, digest, workspace, rng)
    }

    fn ecdsa_verify(
        &mut self,
        key: &EcPublicKey<'_>,
        digest: &[u8],
        signature: &[u8],
        workspace: &mut [u8],
    ) -> Result<Job<'static>, Error> {
        self.public_key_part()?.0.ecdsa_verify(key, digest, signature, workspace)
    }

    fn step(
        &mut self,
        job: &mut Job<'_>,
        workspace: &mut [u8],
        output: &mut [u8],
    ) -> nb::Result<usize, Error> {
        self.public_key_part()?.0.step(job, workspace, output)
    }
}

impl<T: Parts> Rng for T {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), Error> {
        self.rng_part()?.fill(out)
    }
}
