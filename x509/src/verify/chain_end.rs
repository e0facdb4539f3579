//! The end of the path: a certificate whose issuer is not found yet. What is kept of it, and how its signature is checked.
//!
//! ```text
//!   lent memory:  workspace of a check | first signature | second signature
//! ```
//! The second signature is that of an alternative end of the path.

use accel::{Accel, Digest, HashAlgorithm, Job, MAX_DIGEST_LENGTH};
use nb::Error::{Other, WouldBlock};
use status::{Error, Flags, ecp, mpi, rsa, x509};

use super::{Context, Outcome};
use crate::{Certificate, KeyUsage, PublicKey, SignatureAlgorithm, name::NameDigest};

/// What is kept of a certificate until its issuer is found, and the flags of the path to it.
pub(super) struct ChainEnd {
    algorithm: SignatureAlgorithm,
    digest: Digest,
    /// Where its signature is kept.
    pub(super) signature_place: SignaturePlace,
    /// 0 for a signature that is too long to be checked.
    signature_length: usize,
    pub(super) issuer_name: NameDigest,
    pub(super) is_self_issued: bool,
    pub(super) position: Position,
}

/// Where a certificate stands in the path.
#[derive(Clone, Copy)]
pub(super) struct Position {
    /// 0 for the server's own.
    pub(super) depth: u8,
    /// How many of the certificates between this one and the server's are self-issued.
    pub(super) self_issued: u32,
    /// What has been found up to and including this one.
    pub(super) found: Outcome,
}

/// One of the two places of lent memory in which a signature is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum SignaturePlace {
    First,
    Second,
}

impl SignaturePlace {
    pub(super) const fn other(self) -> Self {
        match self {
            Self::First => Self::Second,
            Self::Second => Self::First,
        }
    }
}

/// The lent memory, and the place for a check that goes on.
pub(super) struct Scratch<'w, 'k> {
    workspace: &'w mut [u8],
    first: &'w mut [u8],
    second: &'w mut [u8],
    pub(super) job: &'w mut Option<Job<'k>>,
}

impl<'w, 'k> Scratch<'w, 'k> {
    /// Divides the memory: two places for signatures, as large as the signatures that the rest can check.
    pub(super) fn split(memory: &'w mut [u8], job: &'w mut Option<Job<'k>>) -> Self {
        // Linear in the length of a signature, in steps of 16 bytes.
        let free = memory.len().saturating_sub(accel::rsa_public_workspace(0));
        let most = ((free / PER_BYTE) & !15).min(MAX_SIGNATURE_LENGTH);
        let workspace = memory.len().saturating_sub(most.saturating_mul(2));
        let (workspace, signatures) = memory.split_at_mut_checked(workspace).unwrap_or_default();
        let (first, second) = signatures.split_at_mut_checked(most).unwrap_or_default();
        Self { workspace, first, second, job }
    }

    fn signature_place(&mut self, signature_place: SignaturePlace) -> (&mut [u8], &mut [u8]) {
        let kept = match signature_place {
            SignaturePlace::First => &mut *self.first,
            SignaturePlace::Second => &mut *self.second,
        };
        (self.workspace, kept)
    }
}

impl ChainEnd {
    /// Of no certificate yet.
    pub(super) const EMPTY: Self = Self {
        algorithm: SignatureAlgorithm::Rsa(HashAlgorithm::Sha256),
        digest: Digest::new(HashAlgorithm::Sha256, [0; MAX_DIGEST_LENGTH]),
        signature_place: SignaturePlace::First,
        signature_length: 0,
        issuer_name: NameDigest::EMPTY,
        is_self_issued: false,
        position: Position { depth: 0, self_issued: 0, found: Outcome { flags: Flags::NONE, depth: 0 } },
    };

    /// Makes `certificate` the end of the path. Works in place, so that nothing large is on the stack.
    ///
    /// # Errors
    /// `mpi::ALLOC_FAILED` (-0x0010) for a signature that there is not enough lent memory for; the accelerator's codes.
    #[inline(never)]
    pub(super) fn fill<A: Accel>(
        &mut self,
        certificate: &Certificate<'_>,
        position: Position,
        context: &Context<'_>,
        accel: &mut A,
        scratch: &mut Scratch<'_, '_>,
    ) -> Result<(), Error> {
        let algorithm = certificate.signature_algorithm();
        let mut flags = time_flags(certificate, context);
        if !context.policy.accepts_signature(algorithm) {
            flags |= Flags::BAD_MD;
        }
        let signature = certificate.signature();
        self.signature_length = if signature.len() <= MAX_SIGNATURE_LENGTH { signature.len() } else { 0 };
        let signature = signature.get(..self.signature_length).unwrap_or_default();
        let (_, kept) = scratch.signature_place(self.signature_place);
        let kept = kept.get_mut(..signature.len()).ok_or(mpi::ALLOC_FAILED)?;
        kept.iter_mut().zip(signature).for_each(|(to, from)| *to = *from);
        self.algorithm = algorithm;
        self.hash(certificate, accel)?;
        self.issuer_name = certificate.issuer().digest(accel)?;
        self.is_self_issued = self.issuer_name == certificate.subject().digest(accel)?;
        self.position = Position { found: position.found.with(flags, position.depth), ..position };
        Ok(())
    }

    /// Hashes what is signed.
    // Not inlined: its stack is free again when the names are hashed.
    #[inline(never)]
    fn hash<A: Accel>(&mut self, certificate: &Certificate<'_>, accel: &mut A) -> Result<(), Error> {
        self.digest = accel.hash(self.algorithm.hash(), &[certificate.signed()])?;
        Ok(())
    }

    /// The position of an issuer in the path, with the flags of this certificate for its signature and the issuer's key.
    pub(super) fn issuer_position(
        &self,
        is_good: bool,
        issuer: &Certificate<'_>,
        context: &Context<'_>,
    ) -> Position {
        let Position { depth, self_issued, mut found } = self.position;
        if !is_good {
            found = found.with(Flags::NOT_TRUSTED, depth);
        }
        if !context.policy.accepts_key(&issuer.public_key()) {
            found = found.with(Flags::BAD_KEY, depth);
        }
        Position {
            depth: depth.saturating_add(1),
            self_issued: self_issued.saturating_add(u32::from(depth > 0 && self.is_self_issued)),
            found,
        }
    }

    /// Whether a certificate of the right name may sign this one (RFC 5280 §6.1.4 (k) to (n)).
    pub(super) fn accepts_issuer(&self, issuer: &Certificate<'_>, is_anchor: bool) -> bool {
        // Versions 1 and 2 cannot say that they are a CA's: only being trusted makes them one.
        let is_ca = (is_anchor && issuer.version() < 3)
            || (issuer.is_ca() && issuer.allows_usage(KeyUsage::KEY_CERT_SIGN));
        let intermediates = u32::from(self.position.depth).saturating_sub(self.position.self_issued);
        is_ca && issuer.path_length().is_none_or(|length| intermediates <= length)
    }

    /// Whether the key may have signed this certificate, but no accelerator can verify it.
    pub(super) fn is_beyond(&self, key: &PublicKey<'_>) -> bool {
        let is_same_kind = match self.algorithm {
            SignatureAlgorithm::Rsa(_) => matches!(key, PublicKey::Rsa(_)),
            SignatureAlgorithm::Ecdsa(_) => !matches!(key, PublicKey::Rsa(_)),
        };
        is_same_kind && !key.is_usable()
    }

    /// Starts the check of this certificate's signature; nothing if the key is of the wrong kind.
    fn start_check<A: Accel>(
        &self,
        key: &PublicKey<'_>,
        accel: &mut A,
        scratch: &mut Scratch<'_, '_>,
    ) -> Result<Option<Job<'static>>, Error> {
        let (workspace, kept) = scratch.signature_place(self.signature_place);
        let signature = kept.get(..self.signature_length).unwrap_or_default();
        let digest = self.digest.as_bytes();
        match (self.algorithm, key) {
            _ if signature.is_empty() => Ok(None),
            (SignatureAlgorithm::Rsa(hash), PublicKey::Rsa(key)) => {
                accel.rsa_verify(key, hash, digest, signature, workspace).map(Some)
            }
            (SignatureAlgorithm::Ecdsa(_), PublicKey::Ec(key)) => {
                accel.ecdsa_verify(key, digest, signature, workspace).map(Some)
            }
            _ => Ok(None),
        }
    }
}

/// RFC 5280 §6.1.3 (a) (2).
pub(super) fn time_flags(certificate: &Certificate<'_>, context: &Context<'_>) -> Flags {
    let mut flags = Flags::NONE;
    if context.now > certificate.not_after() {
        flags |= Flags::EXPIRED;
    }
    if context.now < certificate.not_before() {
        flags |= Flags::FUTURE;
    }
    flags
}

/// How many signatures have been checked, so that a chain cannot ask for any number.
pub(super) struct Budget {
    spent: u8,
}

impl Budget {
    pub(super) const NEW: Self = Self { spent: 0 };

    /// Starts the check of a certificate's signature, or does a slice of it; there is no job before and after.
    pub(super) fn check<A: Accel>(
        &mut self,
        end: &ChainEnd,
        key: &PublicKey<'_>,
        accel: &mut A,
        scratch: &mut Scratch<'_, '_>,
    ) -> nb::Result<bool, Error> {
        let result = match scratch.job {
            Some(job) => accel.step(job, scratch.workspace, &mut []).map(|_| true),
            None => match self.start(end, key, accel, scratch) {
                Ok(Some(started)) => {
                    *scratch.job = Some(started);
                    return Err(WouldBlock);
                }
                Ok(None) => Ok(false),
                Err(error) => Err(Other(error)),
            },
        };
        if !matches!(result, Err(WouldBlock)) {
            *scratch.job = None;
        }
        match result {
            Err(Other(error)) if is_signatures_fault(error) => Ok(false),
            result => result,
        }
    }

    fn start<A: Accel>(
        &mut self,
        end: &ChainEnd,
        key: &PublicKey<'_>,
        accel: &mut A,
        scratch: &mut Scratch<'_, '_>,
    ) -> Result<Option<Job<'static>>, Error> {
        if self.spent >= MAX_SIGNATURE_CHECKS {
            return Err(x509::FATAL_ERROR);
        }
        self.spent = self.spent.saturating_add(1);
        end.start_check(key, accel, scratch)
    }
}

/// Whether the code says that a signature or key is wrong. Any other code is a failure of the accelerator.
const fn is_signatures_fault(error: Error) -> bool {
    matches!(
        error,
        rsa::BAD_INPUT_DATA
            | rsa::VERIFY_FAILED
            | rsa::PUBLIC_FAILED
            | rsa::INVALID_PADDING
            | ecp::INVALID_KEY
            | ecp::VERIFY_FAILED
            | ecp::BAD_INPUT_DATA
            | ecp::FEATURE_UNAVAILABLE
    )
}

/// The most signatures that are checked for one chain. The longest path takes 26 if two anchors have each issuer's name: two for each of
/// its 9 certificates, and one for each of its 8 intermediates. Mbed TLS has no such bound.
const MAX_SIGNATURE_CHECKS: u8 = 32;
/// The longest signature that can be checked, in bytes: RSA of 4096 bits.
pub(super) const MAX_SIGNATURE_LENGTH: usize = accel::MAX_MODULUS_LENGTH;
/// Bytes of lent memory for a byte of an RSA signature: what its check needs, and twice itself.
const PER_BYTE: usize = (accel::rsa_public_workspace(512) - accel::rsa_public_workspace(0)) / 512 + 2;
