//! Whether a certificate file's chain leads to the CA file, found out in slices.

use core::convert::Infallible;

use accel::{Accel, Job};
use nb::Error::{Other, WouldBlock};
use status::{Error, Flags, x509};

use super::{Decoded, File, Finding, Problem, Request, Role, Severity};
use crate::{Bundle, Context, Verifier, bundle::Certificates};

/// The search for a path from the certificate file to the CA file: 0.5 kB of state.
///
/// Only trust counts here; what else is wrong with a certificate is found without this. A client's chain need not lead anywhere: its
/// server may know another CA. So nothing is said where there is no CA file, and only warned of where there is one.
pub struct Trust<'f> {
    role: Role,
    /// None where there is no certificate to take a time from.
    context: Option<Context<'f>>,
    chain: Option<Bundle<'f>>,
    /// What the verifier has not taken yet.
    rest: Certificates<'f>,
    is_first: bool,
    verifier: Verifier,
    job: Option<Job<'static>>,
}

impl<'f> Trust<'f> {
    /// Before the first step. The texts of `request` are not looked at.
    #[must_use]
    pub fn new(files: &Decoded<'f>, request: &Request<'_>) -> Self {
        let anchors = files.authority.content().copied();
        let chain = files.certificate.content().copied();
        let chain = chain.filter(|_| anchors.is_some() || request.role == Role::Server);
        // Times are looked at elsewhere; any will do here.
        let now = request.now.or_else(|| Some(chain?.iter().next()?.not_before()));
        Self {
            role: request.role,
            context: now.map(|now| Context { anchors, policy: request.policy, ..Context::new(now) }),
            chain,
            rest: Certificates::of(chain),
            is_first: true,
            verifier: Verifier::new(),
            job: None,
        }
    }

    /// One slice of the work: `WouldBlock` until the end, and then what there is to say of the chain. `workspace` has
    /// [`WORKSPACE`](super::WORKSPACE) bytes, which stay untouched between two steps.
    ///
    /// # Errors
    /// None but `WouldBlock`: an accelerator's code is part of the finding.
    pub fn step<A: Accel>(
        &mut self,
        accel: &mut A,
        workspace: &mut [u8],
    ) -> nb::Result<Option<Finding>, Infallible> {
        let problem = match self.advance(accel, workspace) {
            Ok(problem) => problem,
            Err(WouldBlock) => return Err(WouldBlock),
            Err(Other(code)) => Some((1, Problem::Unchecked(code))),
        };
        let severity = match self.role {
            Role::Server => Severity::Error,
            Role::Client => Severity::Warning,
        };
        Ok(problem.map(|(number, problem)| Finding { severity, file: File::Certificate, number, problem }))
    }

    fn advance<A: Accel>(
        &mut self,
        accel: &mut A,
        workspace: &mut [u8],
    ) -> nb::Result<Option<(usize, Problem)>, Error> {
        let Some(chain) = self.chain else { return Ok(None) };
        let context = self.context.as_ref().ok_or(Other(x509::BAD_INPUT_DATA))?;
        if self.is_first {
            self.is_first = false;
            if let Some(number) = missing_issuer(chain, context.anchors, accel)? {
                return Ok(Some((number, Problem::MissingIssuer)));
            }
        }
        while let Some(certificate) = self.rest.clone().next() {
            self.verifier.push(&certificate, context, accel, workspace, &mut self.job)?;
            self.rest.next();
        }
        let is_trusted = !self.verifier.finish().flags.contains(Flags::NOT_TRUSTED);
        Ok((!is_trusted).then_some((1, Problem::NotTrusted)))
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
