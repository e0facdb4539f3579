//! Verification of a server's chain (RFC 5280 §6), one certificate at a time, as Mbed TLS 2.28 builds a path.
//!
//! The verifier looks for the issuer of each certificate first among the anchors, then among the certificates that follow in the message; it skips
//! those in between. Until the issuer is found it keeps only a digest of the certificate, a digest of the issuer's name and, at the end of the lent
//! memory, the signature. Each problem is a flag, and flags are OR-ed.
//!
//! An issuer outside its validity counts only if no valid candidate follows. The message cannot be read twice. So the path goes on through this issuer, and
//! the certificate that it issued is kept as the alternative end of the path, in case a valid candidate follows.
//!
//! Deliberately absent: revocation, name constraints (refused when critical), policies.

mod chain_end;

use core::mem;

use accel::{Accel, Job};
use status::{Alert, Error, Flags, x509};

use crate::{Bundle, Certificate, KeyUsage, Policy, Purpose, Time, bundle::BundleIter};
use chain_end::{Budget, ChainEnd, MAX_SIGNATURE_LENGTH, Position, Scratch, SignaturePlace, time_flags};

/// Bytes of lent memory that any chain needs.
pub const WORKSPACE: usize = {
    let ecdsa = accel::ecdsa_workspace(accel::Curve::P521) + 2 * MAX_SIGNATURE_LENGTH;
    let rsa = rsa_workspace(accel::MAX_MODULUS_LENGTH);
    if rsa > ecdsa { rsa } else { ecdsa }
};

/// Bytes of lent memory for a chain of RSA keys with moduli of up to `modulus` bytes.
#[must_use]
pub const fn rsa_workspace(modulus: usize) -> usize {
    accel::rsa_public_workspace(modulus).saturating_add(modulus.next_multiple_of(16).saturating_mul(2))
}

/// How many intermediate certificates a path may have (`MBEDTLS_X509_MAX_INTERMEDIATE_CA`).
const MAX_INTERMEDIATES: u8 = 8;
/// How many certificates a path may have without its anchor.
pub(crate) const MAX_PATH: usize = MAX_INTERMEDIATES as usize + 1;

/// What a chain is held against. It must be the same for every certificate of a chain.
///
/// ```
/// use x509::{Bundle, Context, Policy, Time};
///
/// fn context(anchors: Bundle<'_>, now: u64) -> Context<'_> {
///     let policy = Policy { sha1: false, ..Policy::default() };
///     Context { anchors: Some(anchors), host: Some("broker.example"), policy, ..Context::new(Time::from_unix(now)) }
/// }
/// # let _ = context;
/// ```
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The certificates that are trusted. Any of them is an anchor, even one of an intermediate.
    pub anchors: Option<Bundle<'a>>,
    /// The algorithms and key lengths that are accepted.
    pub policy: Policy,
    /// The time at which everything must be valid.
    pub now: Time,
    /// The name or address that the server's certificate must be for; without one, any will do.
    pub host: Option<&'a str>,
}

impl<'a> Context<'a> {
    /// No anchors, the default policy, any host.
    #[must_use]
    pub fn new(now: Time) -> Self {
        Self { anchors: None, policy: Policy::default(), now, host: None }
    }
}

/// What the verification of a chain has found.
///
/// ```
/// fn refuse(outcome: x509::Outcome) -> Result<(), status::Alert> {
///     if outcome.flags.is_empty() { Ok(()) } else { Err(x509::alert(outcome.flags)) }
/// }
/// # let _ = refuse;
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// Why the chain is not accepted; none when it is.
    pub flags: Flags,
    /// The place in the path of the first certificate that has a flag; 0 is the server's own.
    pub depth: u8,
}

/// The verification of one chain: 0.3 kB of state, which refers to nothing.
///
/// ```
/// use accel::Accel;
/// use x509::{Bundle, Context, Outcome, Verifier};
///
/// /// Verifies a chain, the server's own certificate first. Where something else can be done meanwhile, it is in place of `block!`.
/// fn verify(chain: Bundle<'_>, context: &Context<'_>, accel: &mut impl Accel) -> Result<Outcome, status::Error> {
///     let (mut verifier, mut job) = (Verifier::new(), None);
///     let mut workspace = [0; x509::verify::WORKSPACE];
///     for certificate in chain.iter() {
///         nb::block!(verifier.push(&certificate, context, accel, &mut workspace, &mut job))?;
///     }
///     Ok(verifier.finish())
/// }
/// ```
pub struct Verifier {
    /// The end of the path: its issuer is not found yet, or is the anchor.
    end: Option<ChainEnd>,
    /// The end of an alternative path: its issuer was found, but outside its validity.
    alternative: Option<ChainEnd>,
    /// The index of the anchor, once it is found.
    anchor: Option<usize>,
    /// Whether the last certificate that was pushed is part of the path.
    has_joined: bool,
    /// An anchor with the issuer's name has a key that no accelerator can use.
    has_unusable_anchor: bool,
    stage: VerifyStage,
    budget: Budget,
    /// The error that ended the verification, which is repeated from then on.
    failure: Option<Error>,
}

/// What is done next with a certificate.
enum VerifyStage {
    /// Nothing done yet.
    Start,
    /// Checks whether it is the issuer of this certificate of the path.
    Issuer(Subject),
    /// Looks for its issuer among the anchors.
    Anchors { index: usize, outside_validity: Option<usize> },
}

/// The certificate of which another one may be the issuer.
#[derive(Clone, Copy)]
enum Subject {
    End,
    Alternative,
}

impl Default for Verifier {
    fn default() -> Self {
        Self::new()
    }
}

impl Verifier {
    /// Before the first certificate.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            end: None,
            alternative: None,
            anchor: None,
            has_joined: false,
            has_unusable_anchor: false,
            stage: VerifyStage::Start,
            budget: Budget::NEW,
            failure: None,
        }
    }

    /// Takes the next certificate of the message, the server's own first. One call does one slice of work: call it again with the same
    /// arguments while it answers `WouldBlock`. `memory` has at least [`WORKSPACE`] bytes, or [`rsa_workspace`] for RSA keys. Lend the same,
    /// unchanged `memory` and `job` until the last certificate has been taken; `job` is `None` at first.
    ///
    /// # Errors
    /// `x509::FATAL_ERROR` (-0x3000) for a path with more than 8 intermediate certificates, or with too many signatures to check;
    /// the accelerator's code if the accelerator fails. An error is repeated at each later call. A certificate that is not accepted is not
    /// an error, but a flag of the [`Outcome`].
    pub fn push<A: Accel>(
        &mut self,
        certificate: &Certificate<'_>,
        context: &Context<'_>,
        accel: &mut A,
        memory: &mut [u8],
        job: &mut Option<Job<'_>>,
    ) -> nb::Result<(), Error> {
        if let Some(error) = self.failure {
            return Err(nb::Error::Other(error));
        }
        let result = self.advance(certificate, context, accel, &mut Scratch::split(memory, job));
        if let Err(nb::Error::Other(error)) = result {
            self.failure = Some(error);
        }
        result
    }

    /// What has been found, after the last certificate.
    #[must_use]
    pub fn finish(&self) -> Outcome {
        match &self.end {
            Some(end) if self.anchor.is_some() && self.failure.is_none() => end.position.found,
            Some(end) => {
                let key = if self.has_unusable_anchor { Flags::BAD_KEY } else { Flags::NONE };
                end.position.found.with(Flags::NOT_TRUSTED.or(key), end.position.depth)
            }
            None => Outcome { flags: Flags::NOT_TRUSTED, depth: 0 },
        }
    }

    /// Whether a trusted path has been found, so that certificates still to come make no difference.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.anchor.is_some() && self.alternative.is_none() && self.failure.is_none()
    }

    /// Which of the anchors the path ends at so far.
    pub(crate) const fn anchor(&self) -> Option<usize> {
        self.anchor
    }

    /// What has been found so far. `NOT_TRUSTED` for a missing anchor is only added by [`Verifier::finish`].
    #[must_use]
    pub fn found(&self) -> Outcome {
        self.end.as_ref().map_or(Outcome { flags: Flags::NONE, depth: 0 }, |end| end.position.found)
    }

    /// The place in the path of the certificate that was pushed last, 0 for the server's own; `None` if it is not part of the path.
    #[must_use]
    pub fn joined(&self) -> Option<u8> {
        self.end.as_ref().filter(|_| self.has_joined).map(|end| end.position.depth)
    }

    fn advance<A: Accel>(
        &mut self,
        certificate: &Certificate<'_>,
        context: &Context<'_>,
        accel: &mut A,
        scratch: &mut Scratch<'_, '_>,
    ) -> nb::Result<(), Error> {
        // A certificate starts, may be the issuer of the path's end, and then looks for its own: three turns at most.
        loop {
            let is_done = match self.stage {
                VerifyStage::Start => self.start(certificate, context, accel, scratch)?,
                VerifyStage::Issuer(subject) => {
                    let is_good = self.check_issuer(subject, certificate, accel, scratch)?;
                    self.extend(subject, is_good, certificate, context, accel, scratch)?;
                    false
                }
                VerifyStage::Anchors { .. } => self.check_anchors(context, accel, scratch)?,
            };
            if is_done {
                self.stage = VerifyStage::Start;
                return Ok(());
            }
        }
    }

    /// Decides whether the certificate can be part of the path; true if it cannot, so that nothing is left to be done.
    // Not inlined, as the other steps are not: none needs the stack of another.
    #[inline(never)]
    fn start<A: Accel>(
        &mut self,
        certificate: &Certificate<'_>,
        context: &Context<'_>,
        accel: &mut A,
        scratch: &mut Scratch<'_, '_>,
    ) -> Result<bool, Error> {
        self.has_joined = self.end.is_none();
        if self.has_joined {
            let found = Outcome { flags: end_entity_flags(certificate, context), depth: 0 };
            let end = self.end.insert(ChainEnd::EMPTY);
            end.fill(certificate, Position { depth: 0, self_issued: 0, found }, context, accel, scratch)?;
            self.anchor = if end.is_self_issued { index_of(certificate, context) } else { None };
            self.stage = VerifyStage::ANCHORS;
            return Ok(self.anchor.is_some());
        }
        let subject = certificate.subject().digest(accel)?;
        let is_issuer = |end: &Option<ChainEnd>| {
            end.as_ref()
                .is_some_and(|end| subject == end.issuer_name && end.accepts_issuer(certificate, false))
        };
        let is_valid = time_flags(certificate, context).is_empty();
        let issued = if is_valid && is_issuer(&self.alternative) {
            Subject::Alternative
        } else if self.anchor.is_none() && is_issuer(&self.end) {
            Subject::End
        } else {
            return Ok(true);
        };
        self.stage = VerifyStage::Issuer(issued);
        Ok(false)
    }

    /// Checks the signature on a certificate of the path with the key of the candidate, slice by slice.
    fn check_issuer<A: Accel>(
        &mut self,
        subject: Subject,
        certificate: &Certificate<'_>,
        accel: &mut A,
        scratch: &mut Scratch<'_, '_>,
    ) -> nb::Result<bool, Error> {
        let end = match subject {
            Subject::End => &self.end,
            Subject::Alternative => &self.alternative,
        };
        let Some(end) = end else { return Ok(false) };
        self.budget.check(end, &certificate.public_key(), accel, scratch)
    }

    /// Appends an issuer that is not an anchor to the path.
    #[inline(never)]
    fn extend<A: Accel>(
        &mut self,
        subject: Subject,
        is_good: bool,
        certificate: &Certificate<'_>,
        context: &Context<'_>,
        accel: &mut A,
        scratch: &mut Scratch<'_, '_>,
    ) -> Result<(), Error> {
        let is_alternative = matches!(subject, Subject::Alternative);
        let child = if is_alternative { &self.alternative } else { &self.end };
        let Some(child) = child else { return Ok(()) };
        if child.position.depth >= MAX_INTERMEDIATES {
            return Err(x509::FATAL_ERROR);
        }
        let position = child.issuer_position(is_good, certificate, context);
        if is_alternative {
            self.alternative = None;
            self.anchor = None;
        } else if self.alternative.is_none() && !time_flags(certificate, context).is_empty() {
            // Where the path's end was is room for the new one.
            mem::swap(&mut self.end, &mut self.alternative);
        }
        let end = self.end.get_or_insert(ChainEnd::EMPTY);
        end.signature_place =
            self.alternative.as_ref().map_or(SignaturePlace::First, |other| other.signature_place.other());
        end.fill(certificate, position, context, accel, scratch)?;
        self.has_joined = true;
        self.stage = VerifyStage::ANCHORS;
        Ok(())
    }

    /// Looks for an issuer of the end of the path among the anchors; true when the search is over.
    fn check_anchors<A: Accel>(
        &mut self,
        context: &Context<'_>,
        accel: &mut A,
        scratch: &mut Scratch<'_, '_>,
    ) -> nb::Result<bool, Error> {
        if let Some(index) = self.find_anchor(context, accel, scratch)? {
            self.end_at(index, context);
        }
        Ok(true)
    }

    /// The first anchor that has signed the end of the path and is valid, else the first that has signed it.
    #[inline(never)]
    fn find_anchor<A: Accel>(
        &mut self,
        context: &Context<'_>,
        accel: &mut A,
        scratch: &mut Scratch<'_, '_>,
    ) -> nb::Result<Option<usize>, Error> {
        let (Some(end), VerifyStage::Anchors { index, outside_validity }) = (&mut self.end, &mut self.stage)
        else {
            return Ok(None);
        };
        for anchor in BundleIter::of(context.anchors).skip(*index) {
            let is_candidate = scratch.job.is_some()
                || (end.accepts_issuer(&anchor, true) && anchor.subject().digest(accel)? == end.issuer_name);
            self.has_unusable_anchor |= is_candidate && end.is_beyond(&anchor.public_key());
            if is_candidate && self.budget.check(end, &anchor.public_key(), accel, scratch)? {
                if time_flags(&anchor, context).is_empty() {
                    return Ok(Some(*index));
                }
                outside_validity.get_or_insert(*index);
            }
            *index = index.saturating_add(1);
        }
        Ok(*outside_validity)
    }

    /// The path ends at this anchor.
    #[inline(never)]
    fn end_at(&mut self, index: usize, context: &Context<'_>) {
        let (Some(anchor), Some(end)) = (BundleIter::of(context.anchors).nth(index), &mut self.end) else {
            return;
        };
        self.anchor = Some(index);
        // RFC 5280 §6.1.1 (d) leaves an anchor's validity open; Mbed TLS asks for it.
        let Position { depth, found, .. } = end.issuer_position(true, &anchor, context);
        end.position.found = found.with(time_flags(&anchor, context), depth);
    }
}

impl VerifyStage {
    const ANCHORS: Self = Self::Anchors { index: 0, outside_validity: None };
}

impl Outcome {
    /// Adds flags of the certificate at this depth.
    const fn with(self, flags: Flags, depth: u8) -> Self {
        let is_first = self.flags.is_empty();
        Self { flags: self.flags.or(flags), depth: if is_first { depth } else { self.depth } }
    }
}

/// The alert for a chain that is not accepted, in the order in which Mbed TLS 2.28 asks (RFC 5246 §7.2.2).
#[must_use]
pub const fn alert(flags: Flags) -> Alert {
    const UNSUPPORTED: Flags = Flags::KEY_USAGE
        .or(Flags::EXTENDED_KEY_USAGE)
        .or(Flags::NS_CERT_TYPE)
        .or(Flags::BAD_PK)
        .or(Flags::BAD_KEY);
    if flags.intersects(Flags::OTHER) {
        Alert::ACCESS_DENIED
    } else if flags.intersects(Flags::CN_MISMATCH) {
        Alert::BAD_CERTIFICATE
    } else if flags.intersects(UNSUPPORTED) {
        Alert::UNSUPPORTED_CERTIFICATE
    } else if flags.intersects(Flags::EXPIRED) {
        Alert::CERTIFICATE_EXPIRED
    } else if flags.intersects(Flags::REVOKED) {
        Alert::CERTIFICATE_REVOKED
    } else if flags.intersects(Flags::NOT_TRUSTED) {
        Alert::UNKNOWN_CA
    } else {
        Alert::CERTIFICATE_UNKNOWN
    }
}

/// The checks of the server's own certificate.
fn end_entity_flags(certificate: &Certificate<'_>, context: &Context<'_>) -> Flags {
    let mut flags = Flags::NONE;
    if context.host.is_some_and(|host| !certificate.is_for_host(host)) {
        flags |= Flags::CN_MISMATCH;
    }
    if !context.policy.accepts_key(&certificate.public_key()) {
        flags |= Flags::BAD_KEY;
    }
    // RFC 5246 §7.4.2: with RSA key exchange the key enciphers the premaster secret.
    if !certificate.allows_usage(KeyUsage::KEY_ENCIPHERMENT) {
        flags |= Flags::KEY_USAGE;
    }
    if !certificate.allows_purpose(Purpose::Server) {
        flags |= Flags::EXTENDED_KEY_USAGE;
    }
    flags
}

/// The index of the certificate itself in the CA file.
#[inline(never)]
fn index_of(certificate: &Certificate<'_>, context: &Context<'_>) -> Option<usize> {
    BundleIter::of(context.anchors).position(|anchor| anchor.der() == certificate.der())
}
