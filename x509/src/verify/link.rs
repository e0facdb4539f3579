//! A certificate of a path whose parent is looked for: what is kept of it, and how its signature is checked.

use accel::{Accel, Digest, HashAlgorithm, Job, MAX_DIGEST_LENGTH};
use nb::Error::{Other, WouldBlock};
use status::{Error, Flags, ecp, rsa, x509};

use super::{Context, Outcome};
use crate::{Certificate, KeyUsage, PublicKey, SignatureAlgorithm, name::NameDigest};

/// What is kept of a certificate whose parent is looked for, and what has been found on the path to it.
pub(super) struct Link {
    algorithm: SignatureAlgorithm,
    digest: Digest,
    signature: [u8; MAX_SIGNATURE_LENGTH],
    /// 0 for a signature that is too long to be checked.
    signature_length: usize,
    pub(super) issuer: NameDigest,
    pub(super) is_self_issued: bool,
    pub(super) place: Place,
}

/// Where a certificate stands in the path.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// 0 for the server's own.
    pub(super) depth: u8,
    /// How many of the certificates between this one and the server's are self-issued.
    pub(super) self_issued: u32,
    /// What has been found up to and including this one.
    pub(super) found: Outcome,
}

impl Link {
    /// Of no certificate yet.
    pub(super) const EMPTY: Self = Self {
        algorithm: SignatureAlgorithm::Rsa(HashAlgorithm::Sha256),
        digest: Digest::new(HashAlgorithm::Sha256, [0; MAX_DIGEST_LENGTH]),
        signature: [0; MAX_SIGNATURE_LENGTH],
        signature_length: 0,
        issuer: NameDigest::EMPTY,
        is_self_issued: false,
        place: Place { depth: 0, self_issued: 0, found: Outcome { flags: Flags::NONE, depth: 0 } },
    };

    /// Makes it that of `certificate`. Where it is, so that it is never on the stack.
    #[inline(never)]
    pub(super) fn fill<A: Accel>(
        &mut self,
        certificate: &Certificate<'_>,
        place: Place,
        context: &Context<'_>,
        accel: &mut A,
    ) -> Result<(), Error> {
        let algorithm = certificate.signature_algorithm();
        let mut flags = time_flags(certificate, context);
        if !context.policy.accepts_signature(algorithm) {
            flags |= Flags::BAD_MD;
        }
        for (to, from) in self.signature.iter_mut().zip(certificate.signature()) {
            *to = *from;
        }
        let length = certificate.signature().len();
        self.signature_length = if length <= MAX_SIGNATURE_LENGTH { length } else { 0 };
        self.algorithm = algorithm;
        self.digest = accel.hash(algorithm.hash(), &[certificate.signed()])?;
        self.issuer = certificate.issuer().digest(accel)?;
        self.is_self_issued = self.issuer == certificate.subject().digest(accel)?;
        self.place = Place { found: place.found.with(flags, place.depth), ..place };
        Ok(())
    }

    /// The place of a parent, with what the signature and the parent's key bring upon this certificate.
    pub(super) fn above(&self, is_good: bool, parent: &Certificate<'_>, context: &Context<'_>) -> Place {
        let Place { depth, self_issued, mut found } = self.place;
        if !is_good {
            found = found.with(Flags::NOT_TRUSTED, depth);
        }
        if !context.policy.accepts_key(&parent.public_key()) {
            found = found.with(Flags::BAD_KEY, depth);
        }
        Place {
            depth: depth.saturating_add(1),
            self_issued: self_issued.saturating_add(u32::from(depth > 0 && self.is_self_issued)),
            found,
        }
    }

    /// Whether a certificate of the right name may sign this one (RFC 5280 §6.1.4 (k) to (n)).
    pub(super) fn accepts_parent(&self, parent: &Certificate<'_>, is_anchor: bool) -> bool {
        // Versions 1 and 2 cannot say that they are a CA's: only being trusted makes them one.
        let is_ca = (is_anchor && parent.version() < 3)
            || (parent.is_ca() && parent.allows_usage(KeyUsage::KEY_CERT_SIGN));
        let intermediates = u32::from(self.place.depth).saturating_sub(self.place.self_issued);
        is_ca && parent.path_length().is_none_or(|length| intermediates <= length)
    }

    /// Starts the check of this certificate's signature; nothing if the key is of the wrong kind.
    fn start_check<A: Accel>(
        &self,
        key: &PublicKey<'_>,
        accel: &mut A,
        workspace: &mut [u8],
    ) -> Result<Option<Job<'static>>, Error> {
        let signature = self.signature.get(..self.signature_length).unwrap_or_default();
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

    /// Starts the check of a certificate's signature, or does a slice of it; `job` is nothing before and after.
    pub(super) fn check<A: Accel>(
        &mut self,
        link: &Link,
        key: &PublicKey<'_>,
        job: &mut Option<Job<'static>>,
        accel: &mut A,
        workspace: &mut [u8],
    ) -> nb::Result<bool, Error> {
        let result = match job {
            Some(job) => accel.step(job, workspace, &mut []).map(|_| true),
            None => match self.start(link, key, accel, workspace) {
                Ok(Some(started)) => {
                    *job = Some(started);
                    return Err(WouldBlock);
                }
                Ok(None) => Ok(false),
                Err(error) => Err(Other(error)),
            },
        };
        if !matches!(result, Err(WouldBlock)) {
            *job = None;
        }
        match result {
            Err(Other(error)) if is_signatures_fault(error) => Ok(false),
            result => result,
        }
    }

    fn start<A: Accel>(
        &mut self,
        link: &Link,
        key: &PublicKey<'_>,
        accel: &mut A,
        workspace: &mut [u8],
    ) -> Result<Option<Job<'static>>, Error> {
        if self.spent >= MAX_SIGNATURE_CHECKS {
            return Err(x509::FATAL_ERROR);
        }
        self.spent = self.spent.saturating_add(1);
        link.start_check(key, accel, workspace)
    }
}

/// Whether the certificates are to be blamed for this code; anything else is the accelerator's own failure.
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

/// How many signatures are checked for one chain: two anchors of the same name for every certificate of the longest path, and
/// as much again. Mbed TLS has no such bound.
const MAX_SIGNATURE_CHECKS: u8 = 32;
/// The longest signature that can be checked, in bytes: RSA of 4096 bits.
const MAX_SIGNATURE_LENGTH: usize = accel::MAX_MODULUS_LENGTH;
