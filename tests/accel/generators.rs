//! Generators of `rand_core` as sources of entropy, and an accelerator as a generator of `rand_core`.

use accel::{Entropy, FromRandCore, Rng, ToRandCore, soft::Drbg, soft::Soft};
use rand_core::{TryCryptoRng, TryRng};
use status::{Error, entropy};
use tests::entropy::InsecureSeeded;

/// A driver's generator, which fails at a request; its error is the driver's own.
struct Driver {
    source: InsecureSeeded,
    fails: bool,
}

impl TryRng for Driver {
    type Error = std::fmt::Error;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        rand_core::utils::next_word_via_fill(self)
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        rand_core::utils::next_word_via_fill(self)
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
        self.source.entropy(out).unwrap();
        if self.fails { Err(std::fmt::Error) } else { Ok(()) }
    }
}

impl TryCryptoRng for Driver {}

#[test]
fn a_generator_is_a_source_of_entropy() {
    let driver = Driver { source: InsecureSeeded::new(1), fails: false };
    let (mut ours, mut expected) = ([0; 32], [0; 32]);
    Soft::new(FromRandCore(driver)).fill(&mut ours).unwrap();
    Soft::new(InsecureSeeded::new(1)).fill(&mut expected).unwrap();
    assert_eq!(ours, expected);

    let mut failing = FromRandCore(Driver { source: InsecureSeeded::new(1), fails: true });
    let mut out = [0x55; 32];
    assert_eq!(failing.entropy(&mut out), Err(entropy::SOURCE_FAILED));
    assert_eq!(out, [0; 32], "what came with an error is not kept");
}

/// Every kind of request is one to the generator underneath, and its error is passed on.
#[test]
fn an_accelerator_is_a_generator() {
    fn takes(rng: &mut impl TryCryptoRng<Error = Error>) -> Result<(u32, u64, [u8; 5]), Error> {
        let mut bytes = [0; 5];
        let numbers = (rng.try_next_u32()?, rng.try_next_u64()?);
        rng.try_fill_bytes(&mut bytes)?;
        Ok((numbers.0, numbers.1, bytes))
    }
    let (mut accel, mut same) = (crate::soft(), crate::soft());
    let (mut word, mut long, mut bytes) = ([0; 4], [0; 8], [0; 5]);
    same.fill(&mut word).unwrap();
    same.fill(&mut long).unwrap();
    same.fill(&mut bytes).unwrap();
    let expected = (u32::from_le_bytes(word), u64::from_le_bytes(long), bytes);
    assert_eq!(takes(&mut ToRandCore(&mut accel)), Ok(expected));

    let mut dead = Drbg::new(FromRandCore(Driver { source: InsecureSeeded::new(1), fails: true }));
    assert_eq!(takes(&mut ToRandCore(&mut dead)), Err(entropy::SOURCE_FAILED));
}
