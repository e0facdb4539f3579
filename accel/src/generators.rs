//! Adapters between this crate's random numbers and those of `rand_core` 0.10 (feature `rand_core`), in both directions.

use rand_core::{TryCryptoRng, TryRng, utils};
use status::{Error, entropy};
use zeroize::Zeroize;

use crate::{Entropy, Rng};

/// A generator of `rand_core` as a source of entropy: a chip's driver, or the operating system's. It must give full entropy, not what a
/// seed was stretched to, and is tested as every source is.
///
/// ```
/// use accel::{FromRandCore, Rng, soft::Soft};
/// # struct Driver(u64);
/// # impl rand_core::TryRng for Driver {
/// #     type Error = core::convert::Infallible;
/// #     fn try_next_u32(&mut self) -> Result<u32, Self::Error> { rand_core::utils::next_word_via_fill(self) }
/// #     fn try_next_u64(&mut self) -> Result<u64, Self::Error> { rand_core::utils::next_word_via_fill(self) }
/// #     fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
/// #         for byte in out {
/// #             self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
/// #             *byte = (self.0 >> 56) as u8;
/// #         }
/// #         Ok(())
/// #     }
/// # }
/// # impl rand_core::TryCryptoRng for Driver {}
/// # let driver = Driver(1);
///
/// let mut accel = Soft::new(FromRandCore(driver));
/// accel.fill(&mut [0; 32])?;
/// # Ok::<(), status::Error>(())
/// ```
pub struct FromRandCore<R>(pub R);

impl<R: TryCryptoRng> Entropy for FromRandCore<R> {
    /// As [`Entropy::entropy`]; `entropy::SOURCE_FAILED` (-0x003C) for any error of the generator.
    fn entropy(&mut self, out: &mut [u8]) -> Result<(), Error> {
        self.0.try_fill_bytes(out).map_err(|_| {
            out.zeroize();
            entropy::SOURCE_FAILED
        })
    }
}

/// An accelerator's random numbers, or a [`crate::soft::Drbg`], for whoever wants a generator of `rand_core`.
///
/// ```
/// use accel::{ToRandCore, soft::Drbg};
/// use rand_core::TryRng;
/// # struct Source(u64);
/// # impl accel::Entropy for Source {
/// #     fn entropy(&mut self, out: &mut [u8]) -> Result<(), status::Error> {
/// #         for byte in out {
/// #             self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
/// #             *byte = (self.0 >> 56) as u8;
/// #         }
/// #         Ok(())
/// #     }
/// # }
/// # let source = Source(1);
///
/// let mut drbg = Drbg::new(source);
/// let number = ToRandCore(&mut drbg).try_next_u32()?;
/// # Ok::<(), status::Error>(())
/// ```
pub struct ToRandCore<'r, R: ?Sized>(pub &'r mut R);

impl<R: Rng + ?Sized> TryRng for ToRandCore<'_, R> {
    type Error = Error;

    fn try_next_u32(&mut self) -> Result<u32, Error> {
        utils::next_word_via_fill(self)
    }

    fn try_next_u64(&mut self) -> Result<u64, Error> {
        utils::next_word_via_fill(self)
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Error> {
        self.0.fill(out)
    }
}

impl<R: Rng + ?Sized> TryCryptoRng for ToRandCore<'_, R> {}
