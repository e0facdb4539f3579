//! The software backend: no heap, constant-time wherever a secret is touched.
//!
//! [`Soft`] is the whole accelerator; its parts are [`Hasher`], [`Ciphers`], [`PublicKeys`] and [`Drbg`]. Their functions are the defaults of
//! the traits, so that a backend has software for all that it leaves out. [`Hasher`] also serves callers without a source of entropy, and code
//! that must not depend on a lent accelerator.
//! [`compress`], [`pads`] and [`digest`] take a hash apart for the constant-time MAC check of CBC records (RFC 5246
//! §6.2.3.2), which must hash a secret number of bytes in a time that does not depend on it.
//!
//! Deliberately absent: any use of a hash or cipher unit.

mod bignum;
mod drbg;
mod ecdsa;
mod rsa;
mod slice;

pub(crate) mod aes;
pub(crate) mod hash;
pub(crate) mod job;
pub(crate) mod mode;

use crate::{Cipher, Compose, Entropy, PublicKeyPart};

pub use drbg::{Drbg, MAX_REQUEST, RESEED_REQUESTS};
pub use hash::{Hasher, compress, digest, pads};

/// The software accelerator over a source of entropy.
///
/// ```
/// use accel::{Hash, HashAlgorithm, Rng, soft::Soft};
/// # struct Unit(u64);
/// # impl accel::Entropy for Unit {
/// #     fn entropy(&mut self, out: &mut [u8]) -> Result<(), status::Error> {
/// #         for byte in out {
/// #             self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
/// #             *byte = (self.0 >> 56) as u8;
/// #         }
/// #         Ok(())
/// #     }
/// # }
///
/// let mut accel = Soft::new(Unit(1));
/// accel.fill(&mut [0; 32])?;
/// accel.hash(HashAlgorithm::Sha384, &[b"a message"])?;
/// # Ok::<(), status::Error>(())
/// ```
pub type Soft<E> = Compose<Hasher, Ciphers, PublicKeys, Drbg<E>>;

impl<E: Entropy> Soft<E> {
    /// Makes an accelerator. Nothing is drawn from `entropy` before the first random number is needed.
    pub const fn new(entropy: E) -> Self {
        Self { hash: Hasher, cipher: Ciphers, public_key: PublicKeys, rng: Drbg::new(entropy) }
    }
}

/// AES in its modes, constant-time and without a table.
#[derive(Clone, Copy, Default, Debug)]
pub struct Ciphers;

impl Cipher for Ciphers {}

/// RSA and ECDSA in slices.
#[derive(Clone, Copy, Default, Debug)]
pub struct PublicKeys;

impl PublicKeyPart for PublicKeys {}
