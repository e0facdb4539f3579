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

mod choice;
mod cryp;
mod failures;
mod hash;
mod regs;
mod rng;

use status::Error;

pub use cryp::{Cryp, Stopped};
pub use failures::Failures;
pub use hash::{HashUnit, shortest};
pub use regs::Regs;
pub use rng::TrueRng;

pub(crate) use hash::Context;

use crate::self_test::{self, Algorithm};
use crate::soft::Soft;
use crate::{EcPublicKey, HashAlgorithm, Job, PublicKey, Rng, RsaPrivateKey, RsaPublicKey};

/// The accelerator over the registers of CRYP (`C`), HASH (`H`) and RNG (`E`).
pub struct Stm32f4<C, H, E> {
    cryp: Cryp<C>,
    hash: HashUnit<H>,
    soft: Soft<TrueRng<E>>,
    failures: Failures,
    /// During the self-test a unit's failure is not made good by software.
    testing: bool,
}

impl<C: Regs, H: Regs, E: Regs> Stm32f4<C, H, E> {
    /// Tests every algorithm on its unit and makes the accelerator, with software for what failed.
    ///
    /// The clocks of the units are on, RNG's too (PLL48CLK at 48 MHz), and they come out of a reset. Takes a few thousand
    /// register accesses; [`Stm32f4::failures`] says what was found.
    pub fn start(cryp: C, hash: H, rng: E) -> Self {
        let mut accel = Self {
            cryp: Cryp::new(cryp),
            hash: HashUnit::new(hash),
            soft: Soft::new(TrueRng::new(rng)),
            failures: Failures::NONE,
            testing: true,
        };
        for algorithm in Algorithm::ALL {
            if let Err(error) = self_test::check(&mut accel, algorithm) {
                accel.failures.note(algorithm, error);
            }
        }
        accel.testing = false;
        accel
    }

    /// What failed since the start, and is done by software now.
    pub const fn failures(&self) -> &Failures {
        &self.failures
    }

    /// The driver of CRYP, for modes that [`crate::Cipher`] does not offer.
    pub const fn cryp(&mut self) -> &mut Cryp<C> {
        &mut self.cryp
    }

    /// The driver of HASH, for its registers.
    pub const fn hash_unit(&mut self) -> &mut HashUnit<H> {
        &mut self.hash
    }

    /// Whether the unit does it.
    fn works(&self, algorithm: Algorithm) -> bool {
        self.failures.of(algorithm).is_none()
    }
}

impl<C: Regs, H: Regs, E: Regs> Rng for Stm32f4<C, H, E> {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), Error> {
        self.soft.fill(out)
    }
}

impl<C: Regs, H: Regs, E: Regs> PublicKey for Stm32f4<C, H, E> {
    fn rsa_verify(
        &mut self,
        key: &RsaPublicKey<'_>,
        algorithm: HashAlgorithm,
        digest: &[u8],
        signature: &[u8],
        workspace: &mut [u8],
    ) -> Result<Job<'static>, Error> {
        self.soft.rsa_verify(key, algorithm, digest, signature, workspace)
    }

    fn rsa_encrypt(
        &mut self,
        key: &RsaPublicKey<'_>,
        message: &[u8],
        workspace: &mut [u8],
    ) -> Result<Job<'static>, Error> {
        self.soft.rsa_encrypt(key, message, workspace)
    }

    fn rsa_sign<'k>(
        &mut self,
        key: &RsaPrivateKey<'k>,
        algorithm: HashAlgorithm,
        digest: &[u8],
        workspace: &mut [u8],
    ) -> Result<Job<'k>, Error> {
        self.soft.rsa_sign(key, algorithm, digest, workspace)
    }

    fn ecdsa_verify(
        &mut self,
        key: &EcPublicKey<'_>,
        digest: &[u8],
        signature: &[u8],
        workspace: &mut [u8],
    ) -> Result<Job<'static>, Error> {
        self.soft.ecdsa_verify(key, digest, signature, workspace)
    }

    fn step(
        &mut self,
        job: &mut Job<'_>,
        workspace: &mut [u8],
        output: &mut [u8],
    ) -> nb::Result<usize, Error> {
        self.soft.step(job, workspace, output)
    }
}
