//! Public-key jobs of the software backend: each is started in lent memory and stepped in bounded slices.
//!
//! The lent memory need not be aligned. A job finds its numbers by the memory's address, so the memory must not move. It is wiped when
//! the job ends, with success or failure.

use status::{Error, mpi};
use zeroize::Zeroize;

use super::{
    ecdsa::EcdsaVerification,
    rsa::{private::Signing, public::PublicOperation},
    slice::{Advance, OVERHEAD, SLICE},
};
use crate::{Curve, EcPublicKey, HashAlgorithm, MAX_MODULUS_LENGTH, Rng, RsaPrivateKey, RsaPublicKey};

/// A job's phase and counters. Its numbers are in the lent memory.
pub(crate) struct SoftJob<'k> {
    operation: KeyOperation<'k>,
    /// Limbs of lent memory that are in use.
    limbs: usize,
}

enum KeyOperation<'k> {
    RsaPublic(PublicOperation),
    RsaSign(Signing<'k>),
    EcdsaVerify(EcdsaVerification),
    /// The job has ended. The words overwrite whichever operation was here.
    Ended(#[expect(dead_code, reason = "it is there to be written")] [u32; OPERATION_WORDS]),
}

/// The words that the largest other variant of [`KeyOperation`] takes.
const OPERATION_WORDS: usize = {
    let (mut size, mut align) = (size_of::<PublicOperation>(), align_of::<PublicOperation>());
    let others = [
        (size_of::<Signing<'_>>(), align_of::<Signing<'_>>()),
        (size_of::<EcdsaVerification>(), align_of::<EcdsaVerification>()),
    ];
    let [(a, b), (c, d)] = others;
    (size, align) = if a > size { (a, b) } else { (size, align) };
    (size, align) = if c > size { (c, d) } else { (size, align) };
    // The variants begin at their alignment; words begin right behind the word that tells the variant.
    size.div_ceil(4).saturating_add(align / 4).saturating_sub(1)
};

impl SoftJob<'_> {
    /// A job that has come to its end.
    pub(crate) const fn ended() -> Self {
        Self { operation: KeyOperation::Ended([0; OPERATION_WORDS]), limbs: 0 }
    }
}

/// The most bytes that alignment can cost: all but one of a limb's bytes, at each end.
const MISALIGNED: usize = 6;

/// Bytes of lent memory for so many limbs, wherever it begins.
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
) -> Result<SoftJob<'static>, Error> {
    let limbs = super::rsa::public::memory(key_limbs(key));
    start(workspace, limbs, limbs, |memory| {
        PublicOperation::verify(key, algorithm, digest, signature, memory).map(KeyOperation::RsaPublic)
    })
}

pub(crate) fn start_rsa_encrypt(
    key: &RsaPublicKey<'_>,
    message: &[u8],
    workspace: &mut [u8],
    rng: &mut impl Rng,
) -> Result<SoftJob<'static>, Error> {
    let limbs = super::rsa::public::memory(key_limbs(key));
    start(workspace, limbs, limbs, |memory| {
        PublicOperation::encrypt(key, message, memory, rng).map(KeyOperation::RsaPublic)
    })
}

pub(crate) fn start_rsa_sign<'k>(
    key: &RsaPrivateKey<'k>,
    algorithm: HashAlgorithm,
    digest: &[u8],
    workspace: &mut [u8],
    rng: &mut impl Rng,
) -> Result<SoftJob<'k>, Error> {
    let length = key_limbs(&key.public);
    let (least, most) = super::rsa::private::memory_range(length);
    start(workspace, least, most, |memory| {
        Signing::start(key, algorithm, digest, memory, rng).map(KeyOperation::RsaSign)
    })
}

pub(crate) fn start_ecdsa_verify(
    key: &EcPublicKey<'_>,
    digest: &[u8],
    signature: &[u8],
    workspace: &mut [u8],
) -> Result<SoftJob<'static>, Error> {
    let limbs = super::ecdsa::memory(key.curve);
    start(workspace, limbs, limbs, |memory| {
        EcdsaVerification::start(key, digest, signature, memory).map(KeyOperation::EcdsaVerify)
    })
}

/// Does one slice.
pub(crate) fn step(
    job: &mut SoftJob<'_>,
    workspace: &mut [u8],
    output: &mut [u8],
) -> nb::Result<usize, Error> {
    let memory = aligned(workspace).get_mut(..job.limbs).unwrap_or_default();
    let result =
        if memory.len() < job.limbs { Err(mpi::ALLOC_FAILED) } else { job.operation.slice(memory, output) };
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

impl KeyOperation<'_> {
    /// Works until the slice is used up or the result is there: the number of bytes written then.
    fn slice(&mut self, memory: &mut [u32], output: &mut [u8]) -> Result<Option<usize>, Error> {
        let mut left = SLICE;
        while left >= self.largest_cost() {
            match self.advance(memory)? {
                Advance::More(cost) => left = left.saturating_sub(cost.saturating_add(OVERHEAD)),
                Advance::Done => return self.finish(memory, output).map(Some),
            }
        }
        Ok(None)
    }

    /// The largest cost of one step of the operation.
    fn largest_cost(&self) -> usize {
        match self {
            Self::RsaPublic(work) => work.largest_cost(),
            Self::RsaSign(work) => work.largest_cost(),
            Self::EcdsaVerify(work) => work.largest_cost(),
            Self::Ended(_) => 0,
        }
    }

    fn advance(&mut self, memory: &mut [u32]) -> Result<Advance, Error> {
        match self {
            Self::RsaPublic(work) => work.advance(memory),
            Self::RsaSign(work) => work.advance(memory),
            Self::EcdsaVerify(work) => work.advance(memory),
            Self::Ended(_) => Err(mpi::BAD_INPUT_DATA),
        }
    }

    fn finish(&self, memory: &mut [u32], output: &mut [u8]) -> Result<usize, Error> {
        match self {
            Self::RsaPublic(work) => work.finish(memory, output),
            Self::RsaSign(work) => work.finish(memory, output),
            Self::EcdsaVerify(_) => Ok(0),
            Self::Ended(_) => Err(mpi::BAD_INPUT_DATA),
        }
    }
}

fn key_limbs(key: &RsaPublicKey<'_>) -> usize {
    modulus_limbs(super::bignum::limbs::trim_vartime(key.modulus).len())
}

/// Starts a job in a workspace of at least `least` limbs, of which it uses at most `most`.
fn start<'k>(
    workspace: &mut [u8],
    least: usize,
    most: usize,
    begin: impl FnOnce(&mut [u32]) -> Result<KeyOperation<'k>, Error>,
) -> Result<SoftJob<'k>, Error> {
    let memory = aligned(workspace);
    let limbs = memory.len().min(most);
    let memory = memory.get_mut(..limbs).unwrap_or_default();
    if limbs < least {
        return Err(mpi::ALLOC_FAILED);
    }
    match begin(memory) {
        Ok(operation) => Ok(SoftJob { operation, limbs }),
        Err(error) => {
            memory.zeroize();
            Err(error)
        }
    }
}

fn finish(job: &mut SoftJob<'_>, memory: &mut [u32]) {
    memory.zeroize();
    *job = SoftJob::ended();
}

fn aligned(workspace: &mut [u8]) -> &mut [u32] {
    let (_, limbs, _) = bytemuck::pod_align_to_mut(workspace);
    limbs
}

#[cfg(test)]
mod tests;
