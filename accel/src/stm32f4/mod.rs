//! The accelerator of the STM32F437 and STM32F439: CRYP, HASH and RNG, with software for what they lack (feature `stm32f4`).
//!
//! | | unit | software |
//! |---|---|---|
//! | MD5, SHA-1, SHA-224, SHA-256 | HASH, from [`shortest`] on | shorter messages of MD5 |
//! | SHA-384, SHA-512 | | all |
//! | AES-CBC, -GCM, -CCM, -CCM_8 | CRYP, every length | |
//! | RSA, ECDSA, the check of CBC records | | all |
//! | random numbers | RNG seeds.. | ..the generator of [`crate::soft`] |
//!
//! CRYP has no threshold: a key is kept as its bytes, and setting the unit up for one block takes about 60 accesses, while
//! software takes 5800 instructions for a block of CBC and expands the key before (docs/benchmarks.md).
//!
//! [`Stm32f4::start`] tests every algorithm; one that fails is done by software from then on, and its code is kept in
//! [`Failures`]. A unit that stops later, in the middle of something, is given up as well:
//! - CRYP: software finishes the call in place, from the block on where the unit stopped. The call succeeds.
//! - HASH: a message that has no part in the unit yet is done by software, and its call succeeds. One that was saved cannot be
//!   taken over, as nobody but the unit can read its context: `md::HW_ACCEL_FAILED` (-0x5280), and the connection has to be
//!   made anew.
//! - RNG: nothing replaces it. A request fails with `entropy::SOURCE_FAILED` (-0x003C), and the next one tries again.
//!
//! A unit that answers wrongly after it passed the test at its start is not noticed here, but by the peer's MACs.
//!
//! Deliberately absent: DMA and interrupts. A call holds its unit to its end, so no call can see another's keys.

mod ciphers;
mod cryp;
mod failures;
mod hash;
mod hasher;
mod regs;
mod rng;

use status::Error;

pub use ciphers::Ciphers;
pub use cryp::{Cryp, Stopped};
pub use failures::Failures;
pub use hash::{HashUnit, shortest};
pub use hasher::Hasher;
pub use regs::Regs;
pub use rng::TrueRng;

use crate::Parts;
use crate::self_test::{self, Algorithm};
use crate::soft::{Drbg, PublicKeys};

/// The accelerator over the registers of CRYP (`C`), HASH (`H`) and RNG (`E`).
///
/// ```
/// use accel::stm32f4::{Regs, Stm32f4};
///
/// /// The three units of a board, which its own code has switched on.
/// fn accelerator<C: Regs, H: Regs, E: Regs>(cryp: C, hash: H, rng: E) -> Stm32f4<C, H, E> {
///     let accel = Stm32f4::start(cryp, hash, rng);
///     for (algorithm, code) in accel.failures().iter() {
///         // Software does it now; a log tells which and why.
///         let _ = (algorithm, code);
///     }
///     accel
/// }
/// # struct Dead;
/// # impl Regs for Dead {
/// #     fn read(&mut self, _: u32) -> u32 { 0 }
/// #     fn write(&mut self, _: u32, _: u32) {}
/// # }
/// // Units that are not switched on: everything that software can do is done.
/// assert!(!accelerator(Dead, Dead, Dead).failures().is_empty());
/// ```
pub struct Stm32f4<C, H, E> {
    cipher: Ciphers<C>,
    hash: Hasher<H>,
    public_key: PublicKeys,
    rng: Drbg<TrueRng<E>>,
    rng_failures: Failures,
}

impl<C: Regs, H: Regs, E: Regs> Stm32f4<C, H, E> {
    /// Tests every algorithm on its unit and makes the accelerator, with software for what failed.
    ///
    /// The clocks of the units are on, RNG's too (PLL48CLK at 48 MHz), and they come out of a reset. Takes a few thousand
    /// register accesses; [`Stm32f4::failures`] says what was found.
    pub fn start(cryp: C, hash: H, rng: E) -> Self {
        let mut accel = Self {
            cipher: Ciphers { unit: Cryp::new(cryp), failures: Failures::NONE, is_testing: true },
            hash: Hasher { unit: HashUnit::new(hash), failures: Failures::NONE, is_testing: true },
            public_key: PublicKeys,
            rng: Drbg::new(TrueRng::new(rng)),
            rng_failures: Failures::NONE,
        };
        for algorithm in Algorithm::ALL {
            if let Err(error) = self_test::check(&mut accel, algorithm) {
                let failures = match algorithm {
                    Algorithm::Hash(_) => &mut accel.hash.failures,
                    Algorithm::Cipher(_) => &mut accel.cipher.failures,
                    Algorithm::Rng => &mut accel.rng_failures,
                };
                failures.note(algorithm, error);
            }
        }
        accel.cipher.is_testing = false;
        accel.hash.is_testing = false;
        accel
    }

    /// What failed since the start, and is done by software now.
    pub fn failures(&self) -> Failures {
        self.hash.failures.and(&self.cipher.failures).and(&self.rng_failures)
    }

    /// The driver of CRYP, for modes that [`crate::Cipher`] does not offer.
    pub const fn cryp(&mut self) -> &mut Cryp<C> {
        &mut self.cipher.unit
    }

    /// The driver of HASH, for its registers.
    pub const fn hash_unit(&mut self) -> &mut HashUnit<H> {
        &mut self.hash.unit
    }
}

impl<C: Regs, H: Regs, E: Regs> Parts for Stm32f4<C, H, E> {
    type Hash = Hasher<H>;
    type Cipher = Ciphers<C>;
    type PublicKey = PublicKeys;
    type Rng = Drbg<TrueRng<E>>;

    fn hash_part(&mut self) -> Result<&mut Hasher<H>, Error> {
        Ok(&mut self.hash)
    }

    fn cipher_part(&mut self) -> Result<&mut Ciphers<C>, Error> {
        Ok(&mut self.cipher)
    }

    fn public_key_part(&mut self) -> Result<(&mut PublicKeys, &mut Drbg<TrueRng<E>>), Error> {
        Ok((&mut self.public_key, &mut self.rng))
    }

    fn rng_part(&mut self) -> Result<&mut Drbg<TrueRng<E>>, Error> {
        Ok(&mut self.rng)
    }
}
