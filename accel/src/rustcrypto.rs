//! The same traits over the RustCrypto crates: [`Ciphers`] and [`Pc`] for a program on a PC (feature `pc`, no heap), `RustCrypto` as the
//! tests' oracle (feature `rustcrypto`, which needs a heap).
//!
//! This backend shares no computation with [`crate::soft`]: modes, buffering of hashes, RSA and curves are those crates' own, so that a
//! mistake in one backend shows as a difference. Public-key work is done at the start, and `step` only returns the result. Random numbers
//! come directly from the source of entropy.
//!
//! The crate `rsa` refuses public exponents over 2^33 - 1, and the curves' crates take signatures in strict DER only.

mod cipher;
#[cfg(feature = "rustcrypto")]
mod hash;
#[cfg(feature = "rustcrypto")]
mod public_key;

#[cfg(feature = "rustcrypto")]
use status::Error;

use crate::{Compose, Entropy, soft};
#[cfg(feature = "rustcrypto")]
use crate::{Rng, health::Tested};

pub use cipher::Ciphers;
#[cfg(feature = "rustcrypto")]
pub use hash::{Hasher, hmac};
#[cfg(feature = "rustcrypto")]
pub use public_key::PublicKeys;

/// The accelerator of a PC or a gateway over a source of entropy: AES with the processor's instructions where it has them, everything else
/// as in [`soft::Soft`]. The compression of SHA-1 and SHA-2 is those crates' there, too; public-key work is this project's own, constant-time
/// and in slices.
///
/// ```
/// use accel::{Cipher, CipherMode, Direction, rustcrypto::Pc};
/// # struct Unit;
/// # impl accel::Entropy for Unit {
/// #     fn entropy(&mut self, _: &mut [u8]) -> Result<(), status::Error> { Err(status::entropy::SOURCE_FAILED) }
/// # }
///
/// let mut accel = Pc::new(Unit);
/// let key = accel.cipher_load(CipherMode::Gcm, Direction::Encrypt, &[7; 32])?;
/// let (mut data, mut tag) = (*b"a record", [0; 16]);
/// accel.seal(&key, &[1; 12], b"header", &mut data, &mut tag)?;
/// let key = accel.cipher_load(CipherMode::Gcm, Direction::Decrypt, &[7; 32])?;
/// accel.open(&key, &[1; 12], b"header", &mut data, &tag)?;
/// assert_eq!(&data, b"a record");
/// # Ok::<(), status::Error>(())
/// ```
pub type Pc<E> = Compose<soft::Hasher, Ciphers, soft::PublicKeys, soft::Drbg<E>>;

impl<E: Entropy> Pc<E> {
    /// Makes an accelerator. Nothing is drawn from `entropy` before the first random number is needed.
    pub const fn new(entropy: E) -> Self {
        Self {
            hash: soft::Hasher,
            cipher: Ciphers,
            public_key: soft::PublicKeys,
            rng: soft::Drbg::new(entropy),
        }
    }
}

/// The accelerator over a source of entropy.
#[cfg(feature = "rustcrypto")]
pub type RustCrypto<E> = Compose<Hasher, Ciphers, PublicKeys, Source<E>>;

#[cfg(feature = "rustcrypto")]
impl<E: Entropy> RustCrypto<E> {
    /// Makes an accelerator. Nothing is drawn from `entropy` before the first random number is needed.
    pub const fn new(entropy: E) -> Self {
        Self { hash: Hasher, cipher: Ciphers, public_key: PublicKeys, rng: Source(Tested::new(entropy)) }
    }
}

/// A source of entropy whose bytes are the random numbers.
///
/// ```
/// # struct Fixed(u64);
/// # impl accel::Entropy for Fixed {
/// #     fn entropy(&mut self, out: &mut [u8]) -> Result<(), status::Error> {
/// #         out.fill_with(|| {
/// #             self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
/// #             (self.0 >> 56) as u8
/// #         });
/// #         Ok(())
/// #     }
/// # }
/// use accel::{Rng, rustcrypto::{RustCrypto, Source}};
///
/// // What the whole oracle draws its random numbers from.
/// let mut oracle: RustCrypto<_> = RustCrypto::new(Fixed(1));
/// let _: &mut Source<Fixed> = &mut oracle.rng;
/// oracle.fill(&mut [0; 16])?;
/// # Ok::<(), status::Error>(())
/// ```
#[cfg(feature = "rustcrypto")]
pub struct Source<E>(Tested<E>);

#[cfg(feature = "rustcrypto")]
impl<E: Entropy> Rng for Source<E> {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), Error> {
        self.0.entropy(out)
    }
}
