//! What takes long: whether a certificate file's chain leads to the CA file, and whether a key can sign. Found out in slices.

use core::convert::Infallible;

use accel::{Accel, HashAlgorithm, Job, MAX_MODULUS_LENGTH, RsaPrivateKey};
use nb::Error::{Other, WouldBlock};
use status::{Error, Flags, rsa, x509};

use super::{Decoded, Problem, Request, Role};
use crate::{
    Bundle, Context, PrivateKey, Verifier,
    bundle::BundleIter,
    verify::{self, MAX_PATH},
};

/// Bytes of lent memory for any chain and any key.
pub const WORKSPACE: usize = {
    let sign = accel::rsa_private_workspace(MAX_MODULUS_LENGTH) + MAX_MODULUS_LENGTH;
    if sign > verify::WORKSPACE { sign } else { verify::WORKSPACE }
};

/// The search for a path from the certificate file to the CA file, and then a trial signature with the key: 0.6 kB of state.
///
/// The path is the one that a connection would take: which certificates are on it is part of the [`Verdict`], since what is wrong with
/// the others does no harm. A client's chain need not lead anywhere: its server may know another CA. So nothing is looked for
/// where there is no CA file.
///
/// ```
/// use accel::Accel;
/// use x509::lint::{self, Decoded, Finding, Request, Trust, Verdict};
///
/// /// The whole lint in slices: `other_work` has its turn between them.
/// fn check(
///     files: &Decoded<'_>,
///     request: &Request<'_>,
///     accel: &mut impl Accel,
///     mut other_work: impl FnMut(),
///     report: impl FnMut(Finding),
/// ) {
///     let mut trust = Trust::new(files, request);
///     let mut workspace = [0; lint::WORKSPACE];
///     let verdict: Verdict = loop {
///         match trust.step(accel, &mut workspace) {
///             Ok(verdict) => break verdict,
///             Err(_) => other_work(),
///         }
///     };
///     lint::check_decoded(files, request, verdict, report);
/// }
/// ```
pub struct Trust<'f> {
    /// None where there is no certificate to take a time from.
    context: Option<Context<'f>>,
    chain: Option<Bundle<'f>>,
    /// What the verifier has not taken yet.
    rest: BundleIter<'f>,
    /// Which certificate is the next.
    index: u16,
    verifier: Verifier,
    /// What has not been tried yet.
    key: Option<RsaPrivateKey<'f>>,
    job: Option<Job<'f>>,
    verdict: Verdict,
}

/// What [`Trust`] has found; [`check_decoded`](super::check_decoded) puts it in words.
#[derive(Clone, Copy)]
pub struct Verdict {
    /// Why the chain is not trusted: which certificate, from 1, and what.
    pub(super) chain: Option<(usize, Problem)>,
    /// The certificates of the path by depth, as places in the file.
    path: [u16; MAX_PATH],
    length: usize,
    anchor: Option<usize>,
    /// Why the key cannot sign.
    pub(super) key: Option<Problem>,
}

impl Verdict {
    /// Of nothing that takes long to be looked at.
    pub const NONE: Self = Self { chain: None, path: [0; MAX_PATH], length: 0, anchor: None, key: None };

    /// Whether the path goes through this certificate of the file, from 0.
    pub(super) fn has_on_path(&self, index: usize) -> bool {
        self.path.iter().take(self.length).any(|place| usize::from(*place) == index)
    }

    /// Whether the path ends at this certificate of the CA file, from 0.
    pub(super) fn ends_at(&self, index: usize) -> bool {
        self.anchor == Some(index)
    }
}

impl<'f> Trust<'f> {
    /// Before the first step. The texts of `request` are not looked at.
    #[must_use]
    pub fn new(files: &'f Decoded<'f>, request: &Request<'f>) -> Self {
        let anchors = files.authority.content().copied();
        let chain = files.certificate.content().copied();
        let chain = chain.filter(|_| anchors.is_some() || request.role == Role::Server);
        // Without a time, any at which a path can be found will do.
        let now = request.now.or_else(|| Some(chain?.iter().next()?.not_before()));
        Self {
            context: now.map(|now| Context { anchors, policy: request.policy, ..Context::new(now) }),
            chain,
            rest: BundleIter::of(chain),
            index: 0,
            verifier: Verifier::new(),
            key: files.key.content().map(PrivateKey::rsa),
            job: None,
            verdict: Verdict::NONE,
        }
    }

    /// One slice of the work: `WouldBlock` until the end, and then what has been found. `workspace` has [`WORKSPACE`] bytes, which stay
    /// untouched between two steps. It holds parts of the key: wipe it if the last step is never made.
    ///
    /// # Errors
    /// None but `WouldBlock`: an accelerator's code is part of what has been found.
    pub fn step<A: Accel>(&mut self, accel: &mut A, workspace: &mut [u8]) -> nb::Result<Verdict, Infallible> {
        if let Some(chain) = self.chain {
            self.verdict.chain = match self.verify(chain, accel, workspace) {
                Ok(problem) => problem,
                Err(WouldBlock) => return Err(WouldBlock),
                Err(Other(code)) => Some((1, Problem::Unchecked(code))),
            };
            self.verdict.anchor = self.verifier.anchor();
            (self.chain, self.job) = (None, None);
        }
        if let Some(key) = self.key {
            self.verdict.key = match self.sign(&key, accel, workspace) {
                Ok(()) => None,
                Err(WouldBlock) => return Err(WouldBlock),
                Err(Other(rsa::BAD_INPUT_DATA | rsa::PRIVATE_FAILED)) => Some(Problem::KeyDamaged),
                Err(Other(code)) => Some(Problem::Unchecked(code)),
            };
            (self.key, self.job) = (None, None);
        }
        Ok(self.verdict)
    }

    fn verify<A: Accel>(
        &mut self,
        chain: Bundle<'f>,
        accel: &mut A,
        workspace: &mut [u8],
    ) -> nb::Result<Option<(usize, Problem)>, Error> {
        let context = self.context.as_ref().ok_or(Other(x509::BAD_INPUT_DATA))?;
        while let Some(certificate) = self.rest.clone().next() {
            self.verifier.push(&certificate, context, accel, workspace, &mut self.job)?;
            if let Some(depth) = self.verifier.joined() {
                // What stood at this depth and above belongs to a path that was given up.
                self.verdict.length = usize::from(depth).saturating_add(1);
                if let Some(place) = self.verdict.path.get_mut(usize::from(depth)) {
                    *place = self.index;
                }
            }
            self.rest.next();
            self.index = self.index.saturating_add(1);
        }
        if !self.verifier.finish().flags.contains(Flags::NOT_TRUSTED) {
            return Ok(None);
        }
        let missing = missing_issuer(chain, context.anchors, accel)?;
        Ok(Some(missing.map_or((1, Problem::NotTrusted), |number| (number, Problem::MissingIssuer))))
    }

    /// A signature over a digest of which nobody knows a text; it is checked with the public key, and thrown away.
    fn sign<A: Accel>(
        &mut self,
        key: &RsaPrivateKey<'f>,
        accel: &mut A,
        workspace: &mut [u8],
    ) -> nb::Result<(), Error> {
        let length = workspace.len().saturating_sub(MAX_MODULUS_LENGTH);
        let (workspace, signature) = workspace.split_at_mut_checked(length).unwrap_or_default();
        match &mut self.job {
            Some(job) => accel.step(job, workspace, signature).map(|_| ()),
            None => {
                let hash = HashAlgorithm::Sha256;
                let digest = [0; 32];
                self.job = Some(accel.rsa_sign(key, hash, &digest, workspace)?);
                Err(WouldBlock)
            }
        }
    }
}

/// Follows the issuers' names; the number of the certificate whose issuer is nowhere.
fn missing_issuer<A: Accel>(
    chain: Bundle<'_>,
    authorities: Option<Bundle<'_>>,
    accel: &mut A,
) -> Result<Option<usize>, Error> {
    let mut at = 0;
    for (certificate, index) in chain.iter().zip(0_usize..) {
        if index != at {
            continue;
        }
        let issuer = certificate.issuer().digest(accel)?;
        for authority in authorities.iter().flat_map(Bundle::iter) {
            if authority.subject().digest(accel)? == issuer {
                return Ok(None);
            }
        }
        for (candidate, index) in chain.iter().zip(0_usize..).skip(at.saturating_add(1)) {
            if candidate.subject().digest(accel)? == issuer {
                at = index;
                break;
            }
        }
        if index == at {
            return Ok(Some(at.saturating_add(1)));
        }
    }
    Ok(None)
}
