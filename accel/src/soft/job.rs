//! Public-key jobs of the software backend: how one is started into lent memory and stepped in bounded slices.
//!
//! The lent memory need not be aligned, so it must stay at its address; it is wiped when a job ends, however it ends.

use status::{Error, mpi};
use zeroize::Zeroize;

use super::{
    ecdsa::Verification,
    rsa::{private::Private, public::Public},
    slice::{Advance, OVERHEAD, SLICE},
};
use crate::{Curve, EcPublicKey, HashAlgorithm, MAX_MODULUS_LENGTH, Rng, RsaPrivateKey, RsaPublicKey};

/// A job's phase and counters; its numbers stand in the lent memory.
pub(crate) struct Job<'k> {
    work: Work<'k>,
    /// Limbs of lent memory that are in use.
    limbs: usize,
}

enum Work<'k> {
    Public(Public),
    Private(Private<'k>),
    Ecdsa(Verification),
    /// Nothing is left to be done, and nothing is left, neither in the lent memory nor in the place of what was done here.
    Ended(#[expect(dead_code, reason = "it is there to be written")] [u32; PLACE]),
}

/// The words that the other variants of [`Work`] take.
const PLACE: usize = {
    let (mut size, mut align) = (size_of::<Public>(), align_of::<Public>());
    let others = [
        (size_of::<Private<'_>>(), align_of::<Private<'_>>()),
        (size_of::<Verification>(), align_of::<Verification>()),
    ];
    let [(a, b), (c, d)] = others;
    (size, align) = if a > size { (a, b) } else { (size, align) };
    (size, align) = if c > size { (c, d) } else { (size, align) };
    // They begin at their alignment, words right behind the word that tells the variant.
    size.div_ceil(4).saturating_add(align / 4).saturating_sub(1)
};

impl Job<'_> {
    /// A job that has come to its end.
    pub(crate) const fn ended() -> Self {
        Self { work: Work::Ended([0; PLACE]), limbs: 0 }
    }
}

/// Bytes lost to alignment at most: all but one of a limb's, at each end.
const MISALIGNED: usize = 6;

/// Bytes of lent memory for so many limbs, of which up to three on each side are lost to alignment.
const fn bytes(limbs: usize) -> usize {
    limbs.saturating_mul(size_of::<u32>()).saturating_add(MISALIGNED)
}

/// Limbs of a modulus of so many bytes.
const fn modulus_limbs(length: usize) -> usize {
    let length = if length > MAX_MODULUS_LENGTH { MAX_MODULUS_LENGTH } else { length };
    super::bignum::limbs::limbs_for(length.saturating_mul(8))
}

pub(crate) const fn rsa_public_workspace(modulus_length: usize) -> usize {
    bytes(super::rsa::public::memory(modulus_limbs(modulus_length)))
}

pub(crate) const fn rsa_private_workspace(modulus_length: usize) -> usize {
    bytes(super::rsa::private::memory(modulus_limbs(modulus_length)))
}

pub(crate) const fn ecdsa_workspace(curve: Curve) -> usize {
    bytes(super::ecdsa::memory(curve))
}

pub(crate) fn start_rsa_verify(
    key: &RsaPublicKey<'_>,
    algorithm: HashAlgorithm,
    digest: &[u8],
    signature: &[u8],
    workspace: &mut [u8],
) -> Result<Job<'static>, Error> {
    let limbs = super::rsa::public::memory(key_limbs(key));
    start(workspace, limbs, limbs, |memory| {
        Public::verify(key, algorithm, digest, signature, memory).map(Work::Public)
    })
}

pub(crate) fn start_rsa_encrypt(
    key: &RsaPublicKey<'_>,
    message: &[u8],
    workspace: &mut [u8],
    rng: &mut impl Rng,
) -> Result<Job<'static>, Error> {
    let limbs = super::rsa::public::memory(key_limbs(key));
    start(workspace, limbs, limbs, |memory| Public::encrypt(key, message, memory, rng).map(Work::Public))
}

pub(crate) fn start_rsa_sign<'k>(
    key: &RsaPrivateKey<'k>,
    algorithm: HashAlgorithm,
    digest: &[u8],
    workspace: &mut [u8],
    rng: &mut impl Rng,
) -> Result<Job<'k>, Error> {
    let length = key_limbs(&key.public);
    let (least, most) = super::rsa::private::memory_range(length);
    start(workspace, least, most, |memory| {
        Private::sign(key, algorithm, digest, memory, rng).map(Work::Private)
    })
}

pub(crate) fn start_ecdsa_verify(
    key: &EcPublicKey<'_>,
    digest: &[u8],
    signature: &[u8],
    workspace: &mut [u8],
) -> Result<Job<'static>, Error> {
    let limbs = super::ecdsa::memory(key.curve);
    start(workspace, limbs, limbs, |memory| {
        Verification::start(key, digest, signature, memory).map(Work::Ecdsa)
    })
}

/// Does one slice.
pub(crate) fn step(job: &mut Job<'_>, workspace: &mut [u8], output: &mut [u8]) -> nb::Result<usize, Error> {
    let memory = aligned(workspace).get_mut(..job.limbs).unwrap_or_default();
    let result =
        if memory.len() < job.limbs { Err(mpi::ALLOC_FAILED) } else { job.work.slice(memory, output) };
    match result {
        Ok(None) => Err(nb::Error::WouldBlock),
        Ok(Some(written)) => {
            finish(job, memory);
            Ok(written)
        }
        Err(error) => {
            finish(job, memory);
            Err(nb::Error::Other(error))
        }
    }
}

impl Work<'_> {
    /// Works until the slice is spent or the job has ended: the bytes written at its end.
    fn slice(&mut self, memory: &mut [u32], output: &mut [u8]) -> Result<Option<usize>, Error> {
        let mut left = SLICE;
        while left >= self.unit() {
            match self.advance(memory)? {
                Advance::More(cost) => left = left.saturating_sub(cost.saturating_add(OVERHEAD)),
                Advance::Done => return self.finish(memory, output).map(Some),
            }
        }
        Ok(None)
    }

    /// The largest cost of an operation.
    fn unit(&self) -> usize {
        match self {
            Self::Public(work) => work.unit(),
            Self::Private(work) => work.unit(),
            Self::Ecdsa(work) => work.unit(),
            Self::Ended(_) => 0,
        }
    }

    fn advance(&mut self, memory: &mut [u32]) -> Result<Advance, Error> {
        match self {
            Self::Public(work) => work.advance(memory),
            Self::Private(work) => work.advance(memory),
            Self::Ecdsa(work) => work.advance(memory),
            Self::Ended(_) => Err(mpi::BAD_INPUT_DATA),
        }
    }

    fn finish(&self, memory: &mut [u32], output: &mut [u8]) -> Result<usize, Error> {
        match self {
            Self::Public(work) => work.finish(memory, output),
            Self::Private(work) => work.finish(memory, output),
            Self::Ecdsa(_) => Ok(0),
            Self::Ended(_) => Err(mpi::BAD_INPUT_DATA),
        }
    }
}

fn key_limbs(key: &RsaPublicKey<'_>) -> usize {
    modulus_limbs(super::bignum::limbs::trim_vartime(key.modulus).len())
}

/// Starts a job in at most `most` limbs of a workspace that has at least `least`.
fn start<'k>(
    workspace: &mut [u8],
    least: usize,
    most: usize,
    work: impl FnOnce(&mut [u32]) -> Result<Work<'k>, Error>,
) -> Result<Job<'k>, Error> {
    let memory = aligned(workspace);
    let limbs = memory.len().min(most);
    let memory = memory.get_mut(..limbs).unwrap_or_default();
    if limbs < least {
        return Err(mpi::ALLOC_FAILED);
    }
    match work(memory) {
        Ok(work) => Ok(Job { work, limbs }),
        Err(error) => {
            memory.zeroize();
            Err(error)
        }
    }
}

fn finish(job: &mut Job<'_>, memory: &mut [u32]) {
    memory.zeroize();
    *job = Job::ended();
}

fn aligned(workspace: &mut [u8]) -> &mut [u32] {
    let (_, limbs, _) = bytemuck::pod_align_to_mut(workspace);
    limbs
}

#[cfg(test)]
mod tests;
