//! The crates `rsa`, `p256`, `p384` and `p521`: done at the start, handed out by `step`.

extern crate alloc;

use alloc::vec::Vec;

use chacha20::ChaCha20Rng;
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use rand_core::SeedableRng;
use rsa::traits::{PrivateKeyParts, PublicKeyParts};
use rsa::{BoxedUint, Pkcs1v15Encrypt, Pkcs1v15Sign};
use status::{Error, ecp, mpi, rsa as code};
use zeroize::Zeroizing;

use crate::{
    Curve, EcPublicKey, HashAlgorithm, Job, PublicKeyPart, Rng, RsaPrivateKey, RsaPublicKey, ecdsa_workspace,
    rsa_private_workspace, rsa_public_workspace,
};

/// RSA of the crate `rsa`, ECDSA of `p256`, `p384` and `p521`. Not constant-time.
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
/// use accel::{rustcrypto::PublicKeys, soft::Soft};
///
/// // In a test: our signatures against those of others. Never in a product, since it is not constant-time.
/// let accel = Soft::new(Fixed(1)).with_public_key(PublicKeys);
/// # let _ = accel;
/// ```
#[derive(Clone, Copy, Default, Debug)]
pub struct PublicKeys;

impl PublicKeyPart for PublicKeys {
    fn rsa_verify(
        &mut self,
        key: &RsaPublicKey<'_>,
        algorithm: HashAlgorithm,
        digest: &[u8],
        signature: &[u8],
        workspace: &mut [u8],
    ) -> Result<Job<'static>, Error> {
        let key = public(key)?;
        room(workspace, rsa_public_workspace(key.size()))?;
        if digest.len() != algorithm.digest_length() {
            return Err(code::BAD_INPUT_DATA);
        }
        let verified = key.verify(padding(algorithm), digest, signature);
        Ok(Job::finished(verified.map(|()| 0).map_err(|_| code::VERIFY_FAILED)))
    }

    fn rsa_encrypt(
        &mut self,
        key: &RsaPublicKey<'_>,
        message: &[u8],
        workspace: &mut [u8],
        rng: &mut impl Rng,
    ) -> Result<Job<'static>, Error> {
        let key = public(key)?;
        room(workspace, rsa_public_workspace(key.size()))?;
        let mut rng = crate_rng(rng)?;
        let encrypted = key.encrypt(&mut rng, Pkcs1v15Encrypt, message);
        leave(&encrypted.map_err(|_| code::BAD_INPUT_DATA)?, workspace)
    }

    fn rsa_sign<'k>(
        &mut self,
        key: &RsaPrivateKey<'k>,
        algorithm: HashAlgorithm,
        digest: &[u8],
        workspace: &mut [u8],
        rng: &mut impl Rng,
    ) -> Result<Job<'k>, Error> {
        let public = public(&key.public)?;
        room(workspace, rsa_private_workspace(public.size()))?;
        if digest.len() != algorithm.digest_length() {
            return Err(code::BAD_INPUT_DATA);
        }
        let mut rng = crate_rng(rng)?;
        let signature = private(&public, key)
            .and_then(|key| key.sign_with_rng(&mut rng, padding(algorithm), digest).ok());
        match signature {
            Some(signature) => leave(&signature, workspace),
            None => Ok(Job::finished(Err(code::PRIVATE_FAILED))),
        }
    }

    fn ecdsa_verify(
        &mut self,
        key: &EcPublicKey<'_>,
        digest: &[u8],
        signature: &[u8],
        workspace: &mut [u8],
    ) -> Result<Job<'static>, Error> {
        room(workspace, ecdsa_workspace(key.curve))?;
        let verified = match key.curve {
            Curve::P256 => p256::ecdsa::VerifyingKey::from_sec1_bytes(key.point).map(|key| {
                p256::ecdsa::Signature::from_der(signature).and_then(|it| key.verify_prehash(digest, &it))
            }),
            Curve::P384 => p384::ecdsa::VerifyingKey::from_sec1_bytes(key.point).map(|key| {
                p384::ecdsa::Signature::from_der(signature).and_then(|it| key.verify_prehash(digest, &it))
            }),
            Curve::P521 => p521::ecdsa::VerifyingKey::from_sec1_bytes(key.point).map(|key| {
                p521::ecdsa::Signature::from_der(signature).and_then(|it| key.verify_prehash(digest, &it))
            }),
        };
        // Those crates take compressed points too (SEC 1 §2.3.3), which a certificate may not have (RFC 8422 §5.1.1).
        let verified = verified.ok().filter(|_| key.point.first() == Some(&0x04)).ok_or(ecp::INVALID_KEY)?;
        Ok(Job::finished(verified.map(|()| 0).map_err(|_| ecp::VERIFY_FAILED)))
    }
}

/// A generator of the kind that those crates want, seeded anew.
fn crate_rng(rng: &mut impl Rng) -> Result<ChaCha20Rng, Error> {
    let mut seed = Zeroizing::new([0; 32]);
    rng.fill(seed.as_mut_slice()).map_err(|cause| code::RNG_FAILED.because(cause))?;
    Ok(ChaCha20Rng::from_seed(*seed))
}

fn public(key: &RsaPublicKey<'_>) -> Result<rsa::PublicKey, Error> {
    let modulus = BoxedUint::from_be_slice_vartime(key.modulus);
    let exponent = BoxedUint::from_be_slice_vartime(key.exponent);
    if exponent.bit_width_vartime() < 2 {
        return Err(code::BAD_INPUT_DATA);
    }
    rsa::PublicKey::new_with_size_limits(modulus, exponent, 1024..=4096).map_err(|_| code::BAD_INPUT_DATA)
}

/// The crate's key, if all parts belong together. It wants the private exponent, and derives the CRT parts itself.
fn private(public: &rsa::PublicKey, key: &RsaPrivateKey<'_>) -> Option<rsa::PrivateKey> {
    let prime1 = BoxedUint::from_be_slice_vartime(key.prime1);
    let prime2 = BoxedUint::from_be_slice_vartime(key.prime2);
    let exponent = private_exponent(public, &prime1, &prime2)?;
    let modulus = public.n().as_ref().clone();
    let primes = Vec::from([prime1, prime2]);
    let made =
        rsa::PrivateKey::from_components_with_wide_primes(modulus, public.e().clone(), exponent, primes)
            .ok()?;
    let parts = [(made.dp()?.clone(), key.exponent1), (made.dq()?.clone(), key.exponent2)];
    let coefficient = (made.qinv()?.retrieve(), key.coefficient);
    let same = |(made, given): &(BoxedUint, &[u8])| *made == BoxedUint::from_be_slice_vartime(given);
    (parts.iter().all(same) && same(&coefficient)).then_some(made)
}

/// e^-1 mod (prime1 - 1)(prime2 - 1).
fn private_exponent(public: &rsa::PublicKey, prime1: &BoxedUint, prime2: &BoxedUint) -> Option<BoxedUint> {
    let precision = public.n_bits_precision();
    let wide = |number: &BoxedUint| {
        let bytes = number.to_be_bytes();
        let start = bytes.iter().position(|byte| *byte != 0)?;
        BoxedUint::from_be_slice(bytes.get(start..)?, precision).ok()
    };
    let one = BoxedUint::one_with_precision(precision);
    let sum = wide(prime1)?.wrapping_add(&wide(prime2)?);
    let totient = wide(public.n().as_ref())?.wrapping_sub(&sum).wrapping_add(&one);
    wide(public.e())?.invert_mod(&totient.to_nz().into_option()?).into_option()
}

fn padding(algorithm: HashAlgorithm) -> Pkcs1v15Sign {
    match algorithm {
        HashAlgorithm::Md5 => Pkcs1v15Sign::new::<md5::Md5>(),
        HashAlgorithm::Sha1 => Pkcs1v15Sign::new::<sha1::Sha1>(),
        HashAlgorithm::Sha224 => Pkcs1v15Sign::new::<sha2::Sha224>(),
        HashAlgorithm::Sha256 => Pkcs1v15Sign::new::<sha2::Sha256>(),
        HashAlgorithm::Sha384 => Pkcs1v15Sign::new::<sha2::Sha384>(),
        HashAlgorithm::Sha512 => Pkcs1v15Sign::new::<sha2::Sha512>(),
    }
}

fn room(workspace: &[u8], needed: usize) -> Result<(), Error> {
    if workspace.len() < needed { Err(mpi::ALLOC_FAILED) } else { Ok(()) }
}

/// Puts a result where `step` looks for it.
fn leave<'k>(result: &[u8], workspace: &mut [u8]) -> Result<Job<'k>, Error> {
    let place = workspace.get_mut(..result.len()).ok_or(mpi::ALLOC_FAILED)?;
    place.copy_from_slice(result);
    Ok(Job::finished(Ok(result.len())))
}
