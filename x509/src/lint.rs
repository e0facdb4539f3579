//! What would fail on the wire, and why, before anything is connected.
//!
//! Looks at the three files of the settings together. Findings are data: a command prints them, a menu shows them beside the
//! fields. What takes long, the signatures of a chain and one with the key, is a [`Trust`] of its own that works in slices. No more
//! memory is needed than is lent.
//!
//! An error is what will fail, and nothing else: of a server's chain and the CA file only the certificates of the path that a
//! connection takes can cause one; of a client's chain its own certificate; of a CA file alone all of it together.
//!
//! With the feature `der` there is `strict` besides: which encodings other implementations refuse, although this one reads them.

mod finding;
#[cfg(feature = "der")]
mod strict;
mod trust;

use accel::{Accel, HashAlgorithm};
use status::{Error, device, pk};

use crate::{
    Bundle, Certificate, KeyUsage, MAX_DER_LENGTH, MAX_FILE_LENGTH, Policy, PrivateKey, PublicKey, Purpose,
    Time, Wanted, has_private_key, is_cut_off, recognize,
};

pub use finding::{File, Finding, Problem, Severity};
#[cfg(feature = "der")]
pub use strict::{Deviation, Rule, strict};
pub use trust::{Trust, Verdict, WORKSPACE};

/// The files, and what they are for. Fields may come: begin with [`Request::new`].
///
/// ```
/// use x509::lint;
///
/// /// Prints what would fail with these files.
/// fn check(ca: &[u8], chain: &[u8], key: &[u8], accel: &mut impl accel::Accel) {
///     let request = lint::Request {
///         authority: Some(ca),
///         certificate: Some(chain),
///         key: Some(key),
///         ..lint::Request::new(lint::Role::Client)
///     };
///     lint::check(&request, &mut lint::Memory::new(), accel, |finding| println!("{finding}"));
/// }
/// ```
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

impl Request<'_> {
    /// No files yet, at no time, for no host.
    #[must_use]
    pub fn new(role: Role) -> Self {
        Self {
            authority: None,
            certificate: None,
            key: None,
            role,
            host: None,
            now: None,
            policy: Policy::default(),
        }
    }
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
///
/// ```
/// use x509::{Bundle, lint::{Decoded, Slot}};
///
/// // One file of three, and it is no certificate.
/// let mut storage = [0; x509::MAX_DER_LENGTH];
/// let authority = Some(Bundle::from_pem(b"hello", &mut storage));
/// let files = Decoded { authority: authority.into(), certificate: Slot::Absent, key: Slot::Absent };
/// assert!(matches!(files.authority, Slot::Unreadable(_)) && files.key.content().is_none());
/// ```
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
///
/// Files over 4096 bytes cannot be read here; who has the memory for them decodes them with [`Bundle::from_long_pem`] and goes on with
/// [`Trust`] and [`check_decoded`].
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
    let Ok(verdict) = nb::block!(trust.step(accel, workspace));
    check_decoded(&files, request, verdict, report);
}

/// Like [`check`] for files that are decoded already. `verdict` is what [`Trust`] has found. The texts of `request`, if there are any,
/// are only asked what they are where they could not be decoded, how long they are, and whether a key stands where none belongs.
pub fn check_decoded(
    files: &Decoded<'_>,
    request: &Request<'_>,
    verdict: Verdict,
    mut report: impl FnMut(Finding),
) {
    let mut lint = Lint { request, verdict: &verdict, report: &mut report };
    let authorities = lint.bundle(&files.authority, File::Authority);
    let chain = lint.bundle(&files.certificate, File::Certificate);
    if let Some(authorities) = &authorities {
        let is_against_chain = chain.is_some() && request.role == Role::Server;
        lint.authorities(authorities, is_against_chain);
    }
    for (certificate, index) in chain.iter().flat_map(Bundle::iter).zip(0..) {
        lint.certificate(&certificate, index);
    }
    if let Some(leaf) = chain.as_ref().and_then(|chain| chain.iter().next()) {
        lint.leaf(&leaf);
    }
    if let Some((number, problem)) = verdict.chain {
        let severity = if request.role == Role::Server { Severity::Error } else { Severity::Warning };
        lint.say(severity, File::Certificate, number, problem);
    }
    lint.key(files);
}

struct Lint<'a, R> {
    request: &'a Request<'a>,
    verdict: &'a Verdict,
    report: &'a mut R,
}

impl<R: FnMut(Finding)> Lint<'_, R> {
    fn say(&mut self, severity: Severity, file: File, number: usize, problem: Problem) {
        (self.report)(Finding { severity, file, number, problem });
    }

    fn error(&mut self, file: File, number: usize, problem: Problem) {
        self.say(Severity::Error, file, number, problem);
    }

    fn warning(&mut self, file: File, number: usize, problem: Problem) {
        self.say(Severity::Warning, file, number, problem);
    }

    fn text(&self, file: File) -> Option<&[u8]> {
        match file {
            File::Authority => self.request.authority,
            File::Certificate => self.request.certificate,
            File::Key => self.request.key,
        }
    }

    /// Why a file cannot be read, and what it is instead.
    fn unreadable(&mut self, file: File, code: Error) {
        let wanted = if file == File::Key { Wanted::PrivateKey } else { Wanted::Certificate };
        // Of one that is too large nothing else is known.
        let text = self.text(file).filter(|_| code != device::FILE_TOO_LARGE);
        let found = text.and_then(|text| recognize(text, wanted));
        let problem = found.map_or(Problem::Unreadable(code), |found| Problem::Mistaken(code, found));
        // A server may have been told the password.
        let is_servers = code == pk::PASSWORD_REQUIRED && self.request.role == Role::Server;
        self.say(if is_servers { Severity::Warning } else { Severity::Error }, file, 0, problem);
    }

    /// What the file as a whole is, once it could be read.
    fn readable(&mut self, file: File) {
        let Some(text) = self.text(file) else { return };
        let length = text.len();
        let (has_key, is_cut_off) =
            (file != File::Key && has_private_key(text), file != File::Key && is_cut_off(text));
        // A server's files never come to a device.
        let is_for_device = file == File::Authority || self.request.role == Role::Client;
        if is_for_device && length > MAX_FILE_LENGTH {
            self.warning(file, 0, Problem::TooLargeForDevice(length));
        }
        if is_for_device && has_key {
            self.warning(file, 0, Problem::PrivateKeyInside);
        }
        if is_cut_off {
            self.warning(file, 0, Problem::CutOff);
        }
    }

    /// The certificates of a file, as far as they can be read.
    fn bundle<'m>(&mut self, slot: &Slot<Bundle<'m>>, file: File) -> Option<Bundle<'m>> {
        match *slot {
            Slot::Absent => None,
            Slot::Unreadable(code) => {
                self.unreadable(file, code);
                None
            }
            Slot::Read(bundle) => {
                self.readable(file);
                if let Some(code) = bundle.failure() {
                    self.partly_unreadable(&bundle, code, file);
                }
                Some(bundle)
            }
        }
    }

    fn partly_unreadable(&mut self, bundle: &Bundle<'_>, code: Error, file: File) {
        if file == File::Certificate && bundle.begins_with_failure() {
            return self.error(file, 1, Problem::Unreadable(code));
        }
        // What a server sends must not be damaged.
        let is_servers = file == File::Certificate && self.request.role == Role::Server;
        let ends_handshake = is_servers && !Certificate::is_unknown(code);
        let severity = if ends_handshake { Severity::Error } else { Severity::Warning };
        self.say(severity, file, 0, Problem::SomeUnreadable(bundle.failed()));
    }

    /// The CA file: what is wrong with one of its certificates only matters if the path ends there, or if no other is better.
    fn authorities(&mut self, authorities: &Bundle<'_>, is_against_chain: bool) {
        let is_trusted = is_against_chain && self.verdict.chain.is_none();
        let is_any_good = authorities
            .iter()
            .any(|authority| unfit(&authority).is_none() && self.problems(&authority) == [None; 3]);
        for (authority, index) in authorities.iter().zip(0..) {
            let is_needed = self.verdict.ends_at(index) || !(is_trusted || is_any_good);
            let severity = if is_needed { Severity::Error } else { Severity::Warning };
            for problem in self.problems(&authority).into_iter().chain([unfit(&authority)]).flatten() {
                self.say(severity, File::Authority, number(index), problem);
            }
            if unfit(&authority).is_none() && authority.is_ca() && !may_sign(&authority) {
                self.warning(File::Authority, number(index), Problem::NoCertificateSigning);
            }
        }
    }

    /// What any certificate may be asked for.
    fn problems(&self, certificate: &Certificate<'_>) -> [Option<Problem>; 3] {
        let (since, until) = (certificate.not_before(), certificate.not_after());
        let is_after = |time| self.request.now.is_some_and(|now| now > time);
        let is_before = |time| self.request.now.is_some_and(|now| now < time);
        let key = certificate.public_key();
        let is_too_short = key.bits() < self.request.policy.minimum_rsa_bits.into();
        let key = (!self.request.policy.accepts_key(&key)).then(|| match key {
            PublicKey::Rsa(_) if is_too_short => Problem::WeakKey(key.bits()),
            PublicKey::Rsa(_) => Problem::KeyTooLong(key.bits()),
            PublicKey::Ec(_) | PublicKey::OtherCurve { .. } => Problem::UnknownCurve,
        });
        [
            is_after(until).then_some(Problem::Expired(until)),
            is_before(since).then_some(Problem::NotYetValid(since)),
            key,
        ]
    }

    /// A certificate of the certificate file.
    fn certificate(&mut self, certificate: &Certificate<'_>, index: usize) {
        let is_needed = match self.request.role {
            Role::Server => self.verdict.has_on_path(index),
            // Which of the others a server needs is its own matter.
            Role::Client => index == 0,
        };
        let severity = if is_needed { Severity::Error } else { Severity::Warning };
        for problem in self.problems(certificate).into_iter().flatten() {
            // The application note recommends 1024 bits for a client's key; what a server thinks of it is another matter.
            let is_clients = matches!(problem, Problem::WeakKey(_)) && self.request.role == Role::Client;
            let severity = if is_clients { Severity::Warning } else { severity };
            self.say(severity, File::Certificate, number(index), problem);
        }
        let algorithm = certificate.signature_algorithm();
        let problem = Problem::WeakHash(algorithm.hash());
        if !self.request.policy.accepts_signature(algorithm) {
            self.say(severity, File::Certificate, number(index), problem);
        } else if matches!(algorithm.hash(), HashAlgorithm::Md5 | HashAlgorithm::Sha1) {
            self.warning(File::Certificate, number(index), problem);
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
        let key = match &files.key {
            Slot::Absent => {
                if self.request.role == Role::Client && files.certificate.content().is_some() {
                    self.error(File::Key, 0, Problem::NoKey);
                }
                return;
            }
            Slot::Unreadable(code) => return self.unreadable(File::Key, *code),
            Slot::Read(key) => key,
        };
        self.readable(File::Key);
        if let Some(problem) = self.verdict.key {
            // OpenSSL does without the parts that are for speed when they are wrong.
            let is_sure = self.request.role == Role::Client && problem == Problem::KeyDamaged;
            self.say(if is_sure { Severity::Error } else { Severity::Warning }, File::Key, 0, problem);
        }
        match files.certificate.content().and_then(|chain| chain.iter().next()) {
            Some(leaf) if !key.is_private_half_of(&leaf.public_key()) => {
                self.error(File::Key, 0, Problem::KeyMismatch);
            }
            None if matches!(files.certificate, Slot::Absent) => {
                self.error(File::Key, 0, Problem::NoCertificate);
            }
            _ => {}
        }
    }
}

/// From 1.
const fn number(index: usize) -> usize {
    index.saturating_add(1)
}

/// Why nothing can be verified with a certificate of the CA file. One of version 1 or 2 counts as a CA's when it is trusted, and a
/// server's self-issued one is trusted as it is.
fn unfit(authority: &Certificate<'_>) -> Option<Problem> {
    if authority.version() < 3 || authority.issuer().is_same(&authority.subject()) {
        None
    } else if !authority.is_ca() {
        Some(Problem::NotAnAuthority)
    } else if !may_sign(authority) {
        Some(Problem::NoCertificateSigning)
    } else {
        None
    }
}

fn may_sign(authority: &Certificate<'_>) -> bool {
    authority.allows_usage(KeyUsage::KEY_CERT_SIGN)
}
