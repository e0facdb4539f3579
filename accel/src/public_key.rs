//! Public-key work as jobs: RSA with PKCS#1 v1.5 (RFC 8017 §7.2, §8.2) and ECDSA verification (FIPS 186-4 §6.4).
//!
//! On a microcontroller without an RSA unit these take millions of instructions. A job is started in memory that the caller lends (for
//! example its idle buffers), and stepped in bounded slices, so that network, watchdog and menu go on. Inputs of public operations are
//! copied at the start; a private key is borrowed for the job's life. Lend the same, unchanged memory at every step. It is wiped when a job
//! ends; if you abandon a job, wipe it yourself.

use status::{Error, mpi, pk, rsa};
use zeroize::Zeroize;

use crate::{HashAlgorithm, Rng, soft};

/// The shortest modulus, in bytes (1024 bits).
pub const MIN_MODULUS_LENGTH: usize = 128;
/// The longest modulus, in bytes (4096 bits).
pub const MAX_MODULUS_LENGTH: usize = 512;

/// An RSA public key, as unsigned big-endian integers.
///
/// The parts are not checked here but where they are used: a modulus from 1024 to 4096 bits, odd; an exponent odd, at least
/// 3 and at most 64 bits long.
///
/// ```
/// use accel::{RsaPublicKey, rsa_public_workspace};
///
/// // Without the sign byte that DER writes before a number of this size.
/// let modulus = [0xC5; 256];
/// let key = RsaPublicKey { modulus: &modulus, exponent: &[1, 0, 1] };
/// assert_eq!(key.modulus.len() * 8, 2048);
/// // So much memory is lent to encrypt with it, or to verify.
/// assert!(rsa_public_workspace(key.modulus.len()) > key.modulus.len());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RsaPublicKey<'a> {
    /// The modulus; leading zeros are allowed.
    pub modulus: &'a [u8],
    /// The public exponent; leading zeros are allowed.
    pub exponent: &'a [u8],
}

/// An RSA private key with its CRT parts (RFC 8017 §3.2), as unsigned big-endian integers. Has no Debug.
///
/// ```
/// use accel::{HashAlgorithm, Job, PublicKey, RsaPrivateKey};
///
/// /// Begins to sign the digest of a message.
/// fn sign<'k, A: PublicKey>(
///     accel: &mut A,
///     key: &RsaPrivateKey<'k>,
///     digest: &[u8; 32],
///     workspace: &mut [u8],
/// ) -> Result<Job<'k>, status::Error> {
///     // Lent for the job's life: accel::rsa_private_workspace(key.public.modulus.len()) bytes.
///     accel.rsa_sign(key, HashAlgorithm::Sha256, digest, workspace)
/// }
/// # let _ = sign::<accel::soft::Soft<accel::EntropyFn<fn(&mut [u8]) -> Result<(), status::Error>>>>;
/// ```
#[derive(Clone, Copy)]
pub struct RsaPrivateKey<'a> {
    /// The public half.
    pub public: RsaPublicKey<'a>,
    /// The first prime.
    pub prime1: &'a [u8],
    /// The second prime; it need not be as long as the first, but each has at least a quarter of the modulus' bits.
    pub prime2: &'a [u8],
    /// d mod (prime1 - 1).
    pub exponent1: &'a [u8],
    /// d mod (prime2 - 1).
    pub exponent2: &'a [u8],
    /// prime2^-1 mod prime1.
    pub coefficient: &'a [u8],
}

/// A named curve (RFC 5480 §2.1.1.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Curve {
    /// secp256r1.
    P256,
    /// secp384r1.
    P384,
    /// secp521r1.
    P521,
}

impl Curve {
    /// The size of the field in bits.
    #[must_use]
    pub const fn bits(self) -> usize {
        match self {
            Self::P256 => 256,
            Self::P384 => 384,
            Self::P521 => 521,
        }
    }
}

/// A public key on a named curve.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EcPublicKey<'a> {
    /// The curve.
    pub curve: Curve,
    /// The point, uncompressed: 04, x, y (SEC 1 §2.3.3).
    pub point: &'a [u8],
}

/// Public-key work in progress: what does not live in the lent memory. `'k` is the borrow of a private key.
///
/// ```
/// use accel::{Accel, Curve, EcPublicKey, ecdsa_workspace, soft::Soft};
/// use status::{Error, ecp};
///
/// fn verify(accel: &mut impl Accel, key: &EcPublicKey<'_>, digest: &[u8], signature: &[u8]) -> Result<(), Error> {
///     let mut workspace = [0; ecdsa_workspace(Curve::P256)];
///     let mut job = accel.ecdsa_verify(key, digest, signature, &mut workspace)?;
///     loop {
///         match accel.step(&mut job, &mut workspace, &mut []) {
///             Ok(_) => return Ok(()),
///             Err(nb::Error::Other(error)) => return Err(error),
///             Err(nb::Error::WouldBlock) => {} // here: feed the watchdog, serve the network
///         }
///     }
/// }
/// # struct Source;
/// # impl accel::Entropy for Source {
/// #     fn entropy(&mut self, _: &mut [u8]) -> Result<(), Error> { Err(status::entropy::SOURCE_FAILED) }
/// # }
///
/// let key = EcPublicKey { curve: Curve::P256, point: &[4; 65] };
/// assert_eq!(verify(&mut Soft::new(Source), &key, &[1; 32], &[]), Err(ecp::INVALID_KEY));
/// ```
#[must_use = "a job computes nothing before it is stepped"]
pub struct Job<'k> {
    pub(crate) work: JobWork<'k>,
}

/// Whose job it is.
#[allow(clippy::large_enum_variant, reason = "there is no heap that the larger one could live on")]
pub(crate) enum JobWork<'k> {
    /// This crate's own arithmetic.
    Soft(soft::job::SoftJob<'k>),
    /// A backend that finished at the start: so many bytes of result stand at the head of the lent memory, or it failed.
    Finished(Result<usize, Error>),
}

impl Job<'_> {
    /// A job of this crate's own arithmetic.
    fn of_software(job: soft::job::SoftJob<'_>) -> Job<'_> {
        Job { work: JobWork::Soft(job) }
    }

    /// A job of a backend of your own that does everything at the start: so many bytes of result stand at the head of the
    /// lent memory, or why it failed. Its `step` is [`Job::hand_out`].
    pub const fn finished(result: Result<usize, Error>) -> Self {
        Self { work: JobWork::Finished(result) }
    }

    /// The only step of a job made with [`Job::finished`]: copies the result to `output` and wipes the lent memory.
    ///
    /// # Errors
    /// `pk::BAD_INPUT_DATA` (-0x3E80) for any other job, and for one that was handed out before; `rsa::OUTPUT_TOO_LARGE`
    /// (-0x4400) when `output` is too short; the error that the job was made with.
    pub fn hand_out(&mut self, workspace: &mut [u8], output: &mut [u8]) -> Result<usize, Error> {
        let JobWork::Finished(result) = self.work else { return Err(pk::BAD_INPUT_DATA) };
        let handed_out = result.and_then(|length| {
            let made = workspace.get(..length).ok_or(mpi::ALLOC_FAILED)?;
            for (to, from) in output.get_mut(..length).ok_or(rsa::OUTPUT_TOO_LARGE)?.iter_mut().zip(made) {
                *to = *from;
            }
            Ok(length)
        });
        workspace.zeroize();
        self.work = JobWork::Finished(Err(pk::BAD_INPUT_DATA));
        handed_out
    }
}

/// Wipes all of its place, in which there is something of a private key, and whatever was moved along with it. The lent memory is the
/// lender's. A job that ended by itself has been wiped.
impl Zeroize for Job<'_> {
    fn zeroize(&mut self) {
        self.work = JobWork::Soft(soft::job::SoftJob::ended());
    }
}

/// Bytes of lent memory for `rsa_verify` and `rsa_encrypt` with a modulus of so many bytes.
#[must_use]
pub const fn rsa_public_workspace(modulus_length: usize) -> usize {
    soft::job::rsa_public_workspace(modulus_length)
}

/// Bytes of lent memory for `rsa_sign` with a modulus of so many bytes; with more, a larger window makes it faster.
#[must_use]
pub const fn rsa_private_workspace(modulus_length: usize) -> usize {
    soft::job::rsa_private_workspace(modulus_length)
}

/// Bytes of lent memory for `ecdsa_verify`.
#[must_use]
pub const fn ecdsa_workspace(curve: Curve) -> usize {
    soft::job::ecdsa_workspace(curve)
}

/// A backend that can do public-key work. [`PublicKeyPart`] is what a unit implements.
///
/// The functions that start a job answer `mpi::ALLOC_FAILED` (-0x0010) when `workspace` is too small.
pub trait PublicKey {
    /// Starts the verification of a PKCS#1 v1.5 signature over `digest`, by rebuilding the whole block and comparing it.
    /// Not constant-time: everything in it is public.
    ///
    /// # Errors
    /// `rsa::BAD_INPUT_DATA` (-0x4080) for a key out of bounds or a digest of the wrong length; a signature as long as the
    /// modulus is required (`rsa::VERIFY_FAILED`, -0x4380, from the last step where it is not).
    fn rsa_verify(
        &mut self,
        key: &RsaPublicKey<'_>,
        algorithm: HashAlgorithm,
        digest: &[u8],
        signature: &[u8],
        workspace: &mut [u8],
    ) -> Result<Job<'static>, Error>;

    /// Starts the encryption of a message of at most modulus - 11 bytes, with non-zero random padding. The last step writes as
    /// many bytes as the modulus has. Constant-time with respect to the message and the padding.
    ///
    /// # Errors
    /// `rsa::BAD_INPUT_DATA` (-0x4080) for a key out of bounds or too long a message; `rsa::RNG_FAILED` (-0x4480) plus the
    /// source's low-level code when there is no randomness.
    fn rsa_encrypt(
        &mut self,
        key: &RsaPublicKey<'_>,
        message: &[u8],
        workspace: &mut [u8],
    ) -> Result<Job<'static>, Error>;

    /// Starts a PKCS#1 v1.5 signature over `digest`: CRT, constant-time, blinded, and checked with the public key before it
    /// leaves. The last step writes as many bytes as the modulus has.
    ///
    /// # Errors
    /// `rsa::BAD_INPUT_DATA` (-0x4080) for a key out of bounds; `rsa::RNG_FAILED` (-0x4480) plus cause;
    /// `rsa::PRIVATE_FAILED` (-0x4300) from a step when the result does not verify: a fault, or parts that do not belong
    /// together.
    fn rsa_sign<'k>(
        &mut self,
        key: &RsaPrivateKey<'k>,
        algorithm: HashAlgorithm,
        digest: &[u8],
        workspace: &mut [u8],
    ) -> Result<Job<'k>, Error>;

    /// Starts the verification of an ECDSA signature (DER, RFC 3279 §2.2.3) over `digest`. Not constant-time: everything
    /// in it is public.
    ///
    /// # Errors
    /// `ecp::INVALID_KEY` (-0x4C80) for a point that is not on its curve; `ecp::VERIFY_FAILED` (-0x4E00) from here or from
    /// the last step for a signature that is malformed or wrong.
    fn ecdsa_verify(
        &mut self,
        key: &EcPublicKey<'_>,
        digest: &[u8],
        signature: &[u8],
        workspace: &mut [u8],
    ) -> Result<Job<'static>, Error>;

    /// Does one slice of a job. `Ok(n)` ends it: n bytes were written to `output` (0 for a verification that succeeded).
    /// `workspace` is the memory of the start; `output` is only written by the last step.
    ///
    /// # Errors
    /// `WouldBlock` while there is more to do; then what the start says; `rsa::OUTPUT_TOO_LARGE` (-0x4400) when `output` is
    /// too short.
    fn step(
        &mut self,
        job: &mut Job<'_>,
        workspace: &mut [u8],
        output: &mut [u8],
    ) -> nb::Result<usize, Error>;
}

/// Public-key work as a part of an accelerator, which is lent the random numbers of another part. What it leaves out is software.
///
/// The functions are those of [`PublicKey`], with the same errors.
///
/// ```
/// use accel::{Curve, EcPublicKey, Job, PublicKeyPart, soft::PublicKeys};
/// use status::{Error, ecp};
///
/// /// A unit for P-256, which answers at once. RSA is software.
/// struct Unit;
///
/// impl PublicKeyPart for Unit {
///     fn ecdsa_verify(
///         &mut self,
///         key: &EcPublicKey<'_>,
///         digest: &[u8],
///         signature: &[u8],
///         workspace: &mut [u8],
///     ) -> Result<Job<'static>, Error> {
///         if key.curve != Curve::P256 {
///             return PublicKeys.ecdsa_verify(key, digest, signature, workspace);
///         }
///         let is_right = false; // here: what the unit says
///         Ok(Job::finished(if is_right { Ok(0) } else { Err(ecp::VERIFY_FAILED) }))
///     }
/// }
///
/// let key = EcPublicKey { curve: Curve::P256, point: &[4; 65] };
/// let mut job = Unit.ecdsa_verify(&key, &[1; 32], &[], &mut [])?;
/// assert_eq!(Unit.step(&mut job, &mut [], &mut []), Err(nb::Error::Other(ecp::VERIFY_FAILED)));
/// # Ok::<(), Error>(())
/// ```
#[expect(clippy::missing_errors_doc, reason = "said once, above")]
pub trait PublicKeyPart {
    /// As [`PublicKey::rsa_verify`].
    fn rsa_verify(
        &mut self,
        key: &RsaPublicKey<'_>,
        algorithm: HashAlgorithm,
        digest: &[u8],
        signature: &[u8],
        workspace: &mut [u8],
    ) -> Result<Job<'static>, Error> {
        soft::job::start_rsa_verify(key, algorithm, digest, signature, workspace).map(Job::of_software)
    }

    /// As [`PublicKey::rsa_encrypt`].
    fn rsa_encrypt(
        &mut self,
        key: &RsaPublicKey<'_>,
        message: &[u8],
        workspace: &mut [u8],
        rng: &mut impl Rng,
    ) -> Result<Job<'static>, Error> {
        soft::job::start_rsa_encrypt(key, message, workspace, rng).map(Job::of_software)
    }

    /// As [`PublicKey::rsa_sign`].
    fn rsa_sign<'k>(
        &mut self,
        key: &RsaPrivateKey<'k>,
        algorithm: HashAlgorithm,
        digest: &[u8],
        workspace: &mut [u8],
        rng: &mut impl Rng,
    ) -> Result<Job<'k>, Error> {
        soft::job::start_rsa_sign(key, algorithm, digest, workspace, rng).map(Job::of_software)
    }

    /// As [`PublicKey::ecdsa_verify`].
    fn ecdsa_verify(
        &mut self,
        key: &EcPublicKey<'_>,
        digest: &[u8],
        signature: &[u8],
        workspace: &mut [u8],
    ) -> Result<Job<'static>, Error> {
        soft::job::start_ecdsa_verify(key, digest, signature, workspace).map(Job::of_software)
    }

    /// As [`PublicKey::step`]. Knows the software's jobs and those made with [`Job::finished`].
    fn step(
        &mut self,
        job: &mut Job<'_>,
        workspace: &mut [u8],
        output: &mut [u8],
    ) -> nb::Result<usize, Error> {
        match &mut job.work {
            JobWork::Soft(job) => soft::job::step(job, workspace, output),
            JobWork::Finished(_) => job.hand_out(workspace, output).map_err(nb::Error::Other),
        }
    }
}
