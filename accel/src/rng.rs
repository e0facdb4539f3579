//! Random numbers: the source of entropy that a board supplies, and the generator that all other code uses.

use status::Error;

/// A source of entropy, such as a hardware random number generator.
///
/// Whoever draws from it tests it (NIST SP 800-90B §4): a source that repeats itself or counts fails with `entropy::SOURCE_FAILED`. So it is
/// asked for 1 KB more than is needed when it is used for the first time, and after a failure.
///
/// ```
/// use accel::Entropy;
/// use status::{Error, entropy};
///
/// /// The registers of a chip's random number generator.
/// struct Unit;
/// # impl Unit {
/// #     fn word(&mut self) -> Option<u32> { Some(0x1234_5678) }
/// # }
///
/// impl Entropy for Unit {
///     fn entropy(&mut self, out: &mut [u8]) -> Result<(), Error> {
///         for part in out.chunks_mut(4) {
///             // Nothing when it is not ready in time or reports an error: never a constant, never a clock.
///             let word = self.word().ok_or(entropy::SOURCE_FAILED)?;
///             part.copy_from_slice(&word.to_le_bytes()[..part.len()]);
///         }
///         Ok(())
///     }
/// }
///
/// let mut key = [0; 6];
/// Unit.entropy(&mut key)?;
/// # Ok::<(), Error>(())
/// ```
pub trait Entropy {
    /// Fills `out` with bytes of full entropy.
    ///
    /// # Errors
    /// `entropy::SOURCE_FAILED` (-0x003C) when the source fails or its health test does; `out` must not be used then.
    fn entropy(&mut self, out: &mut [u8]) -> Result<(), Error>;
}

impl<T: Entropy + ?Sized> Entropy for &mut T {
    fn entropy(&mut self, out: &mut [u8]) -> Result<(), Error> {
        (**self).entropy(out)
    }
}

/// The source of entropy that a function is, such as the one of a board's driver:
///
/// ```
/// use accel::{Rng, entropy_fn, soft::Soft};
///
/// # let mut state = 1_u64;
/// # let mut driver_fill = |out: &mut [u8]| {
/// #     out.fill_with(|| {
/// #         state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
/// #         (state >> 56) as u8
/// #     })
/// # };
/// let mut accel = Soft::new(entropy_fn(|out| {
///     driver_fill(out);
///     Ok(())
/// }));
/// let mut key = [0; 16];
/// accel.fill(&mut key)?;
/// # Ok::<(), status::Error>(())
/// ```
pub const fn entropy_fn<F: FnMut(&mut [u8]) -> Result<(), Error>>(fill: F) -> EntropyFn<F> {
    EntropyFn(fill)
}

/// What [`entropy_fn`] gives.
///
/// ```
/// use accel::{EntropyFn, Rng, entropy_fn, soft::Soft};
///
/// // The type of an accelerator over a function, for a struct or a static.
/// fn of<F: FnMut(&mut [u8]) -> Result<(), status::Error>>(fill: F) -> Soft<EntropyFn<F>> {
///     Soft::new(entropy_fn(fill))
/// }
/// // A source that says that it has nothing is no source.
/// assert!(of(|_| Err(status::entropy::SOURCE_FAILED)).fill(&mut [0; 16]).is_err());
/// ```
pub struct EntropyFn<F>(F);

impl<F: FnMut(&mut [u8]) -> Result<(), Error>> Entropy for EntropyFn<F> {
    fn entropy(&mut self, out: &mut [u8]) -> Result<(), Error> {
        self.0(out)
    }
}

/// A cryptographically secure random number generator.
pub trait Rng {
    /// Fills `out` with random bytes.
    ///
    /// # Errors
    /// The code of the entropy source underneath, if it failed; `out` is zeroed then.
    fn fill(&mut self, out: &mut [u8]) -> Result<(), Error>;
}
