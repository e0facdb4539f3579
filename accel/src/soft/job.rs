//! Public-key jobs of the software backend: how one is started into lent memory and stepped in bounded slices.

use status::{Error, mpi};

use crate::{Curve, EcPublicKey, HashAlgorithm, Rng, RsaPrivateKey, RsaPublicKey};

/// A job's phase and counters; its numbers stand in the lent memory.
pub(crate) struct Job<'k> {
    #[expect(dead_code, reason = "the private operation reads it")]
    key: Option<RsaPrivateKey<'k>>,
}

pub(crate) const fn rsa_public_workspace(modulus_length: usize) -> usize {
    modulus_length.saturating_mul(6).saturating_add(128)
}

pub(crate) const fn rsa_private_workspace(modulus_length: usize) -> usize {
    modulus_length.saturating_mul(8).saturating_add(128)
}

pub(crate) const fn ecdsa_workspace(curve: Curve) -> usize {
    match curve {
        Curve::P256 => 1600,
        Curve::P384 => 2400,
        Curve::P521 => 4096,
    }
}

pub(crate) fn start_rsa_verify(
    _key: &RsaPublicKey<'_>,
    _algorithm: HashAlgorithm,
    _digest: &[u8],
    _signature: &[u8],
    _workspace: &mut [u8],
) -> Result<Job<'static>, Error> {
    Err(mpi::NOT_ACCEPTABLE)
}

pub(crate) fn start_rsa_encrypt(
    _key: &RsaPublicKey<'_>,
    _message: &[u8],
    _workspace: &mut [u8],
    _rng: &mut impl Rng,
) -> Result<Job<'static>, Error> {
    Err(mpi::NOT_ACCEPTABLE)
}

pub(crate) fn start_rsa_sign<'k>(
    _key: &RsaPrivateKey<'k>,
    _algorithm: HashAlgorithm,
    _digest: &[u8],
    _workspace: &mut [u8],
    _rng: &mut impl Rng,
) -> Result<Job<'k>, Error> {
    Err(mpi::NOT_ACCEPTABLE)
}

pub(crate) fn start_ecdsa_verify(
    _key: &EcPublicKey<'_>,
    _digest: &[u8],
    _signature: &[u8],
    _workspace: &mut [u8],
) -> Result<Job<'static>, Error> {
    Err(mpi::NOT_ACCEPTABLE)
}

pub(crate) fn step(_job: &mut Job<'_>, _workspace: &mut [u8], _output: &mut [u8]) -> nb::Result<usize, Error> {
    Err(nb::Error::Other(mpi::NOT_ACCEPTABLE))
}
