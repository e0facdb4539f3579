//! What would fail on the wire, and why, before anything is connected.
//!
//! Looks at the three files of the settings together. Findings are data: a command prints them, a menu shows them beside the
//! fields. What takes long, the signatures of a chain, is a [`Trust`] of its own that works in slices. No more memory is needed than
//! is lent.

mod finding;
mod trust;

use accel::{Accel, HashAlgorithm};
use status::Error;

use crate::{Bundle, Certificate, KeyUsage, MAX_DER_LENGTH, Policy, PrivateKey, PublicKey, Purpose, Time};

pub use crate::verify::WORKSPACE;
pub use finding::{File, Finding, Problem, Severity};
pub use trust::Trust;

/// The files, and what they are for.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The CA file's text.
    pub authority: Option<&'a [u8]>,
    /// The certificate file's text.
    pub certificate: Option<&'a [u8]>,
    /// The private key file's text.
    pub key: Option<&'a [u8]>,
    /// Whose certificate it is.
    pub role: Role,
    /// The name or address of the server, if its certificate is to be held against it.
    pub host: Option<&'a str>,
    /// The time at which everything must be valid; without one, times are not looked at.
    pub now: Option<Time>,
    /// The algorithms and key lengths that are accepted.
    pub policy: Policy,
}

/// Whose certificate is looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// The device's own, which a server will look at.
    Client,
    /// A server's, which the device will look at.
    Server,
}

/// Memory for the decoded files and for checking signatures.
pub struct Memory {
    authority: [u8; MAX_DER_LENGTH],
    certificate: [u8; MAX_DER_LENGTH],
    key: [u8; MAX_DER_LENGTH],
    workspace: [u8; WORKSPACE],
}

impl Memory {
    /// Empty memory.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            authority: [0; MAX_DER_LENGTH],
            certificate: [0; MAX_DER_LENGTH],
            key: [0; MAX_DER_LENGTH],
            workspace: [0; WORKSPACE],
        }
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

/// The files decoded, for [`check_decoded`].
pub struct Decoded<'a> {
    /// The CA file.
    pub authority: Slot<Bundle<'a>>,
    /// The certificate file.
    pub certificate: Slot<Bundle<'a>>,
    /// The private key file.
    pub key: Slot<PrivateKey<'a>>,
}

/// What became of one file.
#[derive(Clone, Copy)]
pub enum Slot<T> {
    /// There is none.
    Absent,
    /// It cannot be read: its code.
    Unreadable(Error),
    /// Its content.
    Read(T),
}

impl<T> Slot<T> {
    /// A file's content, if it could be read.
    #[must_use]
    pub const fn content(&self) -> Option<&T> {
        match self {
            Self::Read(content) => Some(content),
            Self::Absent | Self::Unreadable(_) => None,
        }
    }
}

impl<T> From<Option<Result<T, Error>>> for Slot<T> {
    fn from(file: Option<Result<T, Error>>) -> Self {
        match file {
            None => Self::Absent,
            Some(Err(code)) => Self::Unreadable(code),
            Some(Ok(content)) => Self::Read(content),
        }
    }
}

/// Looks at the files and reports what is wrong, file by file. Blocks while signatures are checked.
pub fn check<A: Accel>(
    request: &Request<'_>,
    memory: &mut Memory,
    accel: &mut A,
    report: impl FnMut(Finding),
) {
    let Memory { authority, certificate, key, workspace } = memory;
    let files = Decoded {
        authority: request.authority.map(|text| Bundle::from_pem(text, authority)).into(),
        certificate: request.certificate.map(|text| Bundle::from_pem(text, certificate)).into(),
        key: request.key.map(|text| PrivateKey::from_pem(text, key)).into(),
    };
    let mut trust = Trust::new(&files, request);
    let Ok(distrust) = nb::block!(trust.step(accel, workspace));
    check_decoded(&files, request, distrust, report);
}

/// Like [`check`] for files that are decoded already: the texts of `request` are not looked at. `distrust` is what [`Trust`] has found.
pub fn check_decoded(
    files: &Decoded<'_>,
    request: &Request<'_>,
    distrust: Option<Finding>,
    mut report: impl FnMut(Finding),
) {
    let mut lint = Lint { request, report: &mut report };
    let authorities = lint.bundle(&files.authority, File::Authority);
    let chain = lint.bundle(&files.certificate, File::Certificate);
    for (certificate, number) in authorities.iter().flat_map(Bundle::iter).zip(1..) {
        lint.authority(&certificate, number);
    }
    for (certificate, number) in chain.iter().flat_map(Bundle::iter).zip(1..) {
        lint.any(File::Certificate, &certificate, number);
        lint.hash(&certificate, number);
    }
    if let Some(leaf) = chain.as_ref().and_then(|chain| chain.iter().next()) {
        lint.leaf(&leaf);
    }
    if let Some(finding) = distrust {
        (lint.report)(finding);
    }
    lint.key(files);
}

struct Lint<'a, R> {
    request: &'a Request<'a>,
    report: &'a mut R,
}

impl<R: FnMut(Finding)> Lint<'_, R> {
    /// The certificates of a file, as far as they can be read.
    fn bundle<'m>(&mut self, slot: &Slot<Bundle<'m>>, file: File) -> Option<Bundle<'m>> {
        match *slot {
            Slot::Absent => None,
            Slot::Unreadable(code) => {
                self.error(file, 0, Problem::Unreadable(code));
                None
            }
            Slot::Read(bundle) => {
                if bundle.failed() > 0 {
                    self.error(file, 0, Problem::SomeUnreadable(bundle.failed()));
                }
                Some(bundle)
            }
        }
    }

    fn error(&mut self, file: File, number: usize, problem: Problem) {
        (self.report)(Finding { severity: Severity::Error, file, number, problem });
    }

    fn warning(&mut self, file: File, number: usize, problem: Problem) {
        (self.report)(Finding { severity: Severity::Warning, file, number, problem });
    }

    /// What any certificate may be asked for.
    fn any(&mut self, file: File, certificate: &Certificate<'_>, number: usize) {
        if let Some(now) = self.request.now {
            if now > certificate.not_after() {
                self.error(file, number, Problem::Expired(certificate.not_after()));
            }
            if now < certificate.not_before() {
                self.error(file, number, Problem::NotYetValid(certificate.not_before()));
            }
        }
        let key = certificate.public_key();
        if self.request.policy.accepts_key(&key) {
            return;
        }
        if key.bits() >= self.request.policy.minimum_rsa_bits.into() {
            self.error(file, number, Problem::KeyTooLong(key.bits()));
        } else if file == File::Authority || self.request.role == Role::Server {
            self.error(file, number, Problem::WeakKey(key.bits()));
        } else {
            // The application note recommends 1024 bits for a client's key; what a server thinks of it is another matter.
            self.warning(file, number, Problem::WeakKey(key.bits()));
        }
    }

    fn hash(&mut self, certificate: &Certificate<'_>, number: usize) {
        let algorithm = certificate.signature_algorithm();
        let problem = Problem::WeakHash(algorithm.hash());
        if !self.request.policy.accepts_signature(algorithm) {
            self.error(File::Certificate, number, problem);
        } else if matches!(algorithm.hash(), HashAlgorithm::Md5 | HashAlgorithm::Sha1) {
            self.warning(File::Certificate, number, problem);
        }
    }

    fn authority(&mut self, certificate: &Certificate<'_>, number: usize) {
        self.any(File::Authority, certificate, number);
        // A trusted certificate of version 1 or 2 counts as a CA's, and a server's self-signed one is trusted as it is.
        let is_self_signed = certificate.issuer().der() == certificate.subject().der();
        if certificate.version() < 3 || (!certificate.is_ca() && is_self_signed) {
        } else if !certificate.is_ca() {
            self.error(File::Authority, number, Problem::NotAnAuthority);
        } else if !certificate.allows_usage(KeyUsage::KEY_CERT_SIGN) {
            self.error(File::Authority, number, Problem::NoCertificateSigning);
        }
    }

    /// What the first certificate of the certificate file must be good for.
    fn leaf(&mut self, leaf: &Certificate<'_>) {
        let Request { role, host, .. } = *self.request;
        let mut require = |is_met: bool, problem| {
            if !is_met {
                self.error(File::Certificate, 1, problem);
            }
        };
        require(matches!(leaf.public_key(), PublicKey::Rsa(_)), Problem::EllipticCurve);
        match role {
            Role::Server => {
                require(leaf.allows_usage(KeyUsage::KEY_ENCIPHERMENT), Problem::NoKeyEncipherment);
                require(leaf.allows_purpose(Purpose::Server), Problem::NotForServers);
                require(host.is_none_or(|host| leaf.is_for_host(host)), Problem::WrongHost);
            }
            Role::Client => {
                // RFC 5246 §7.4.8: CertificateVerify is a signature.
                require(leaf.allows_usage(KeyUsage::DIGITAL_SIGNATURE), Problem::NoDigitalSignature);
                require(leaf.allows_purpose(Purpose::Client), Problem::NotForClients);
            }
        }
    }

    fn key(&mut self, files: &Decoded<'_>) {
        let leaf = files.certificate.content().and_then(|chain| chain.iter().next());
        match (&files.key, leaf) {
            (Slot::Absent, Some(_)) if self.request.role == Role::Client => {
                self.error(File::Key, 0, Problem::NoKey);
            }
            (Slot::Absent, _) => {}
            (Slot::Unreadable(code), _) => self.error(File::Key, 0, Problem::Unreadable(*code)),
            (Slot::Read(key), Some(leaf)) if !key.is_private_half_of(&leaf.public_key()) => {
                self.error(File::Key, 0, Problem::KeyMismatch);
            }
            (Slot::Read(_), None) if matches!(files.certificate, Slot::Absent) => {
                self.error(File::Key, 0, Problem::NoCertificate);
            }
            (Slot::Read(_), _) => {}
        }
    }
}
