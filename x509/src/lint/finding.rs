//! What the lint has found, as data and in plain words.

use core::fmt;

use accel::HashAlgorithm;
use status::{Error, pk};

use crate::{MAX_FILE_LENGTH, Recognized, Time};

/// Something that is wrong.
///
/// ```
/// use x509::lint::{File, Finding, Problem, Severity};
///
/// let finding = Finding { severity: Severity::Error, file: File::Key, number: 0, problem: Problem::KeyMismatch };
/// assert_eq!(finding.to_string(), "private key: error: does not belong to the certificate");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// In which file.
    pub file: File,
    /// Which certificate of the file, from 1; 0 for the file as a whole.
    pub number: usize,
    /// What.
    pub problem: Problem,
}

/// How bad a finding is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Severity {
    /// It may fail with some servers, or is not as safe as it could be.
    Warning,
    /// It will fail.
    Error,
}

/// A file of the settings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum File {
    /// The CA certificate.
    Authority,
    /// The client's certificate, or the server's.
    Certificate,
    /// The private key.
    Key,
}

/// What is wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Problem {
    /// The file cannot be read: its code.
    Unreadable(Error),
    /// The file cannot be read, and what it is instead.
    Mistaken(Error, Recognized),
    /// So many certificates of the file cannot be read.
    SomeUnreadable(usize),
    /// So many bytes are more than a device takes.
    TooLargeForDevice(usize),
    /// The last certificate of the file has no END line, and is passed over.
    CutOff,
    /// A private key stands in a file that is for everybody.
    PrivateKeyInside,
    /// Not valid any more since then.
    Expired(Time),
    /// Not valid before then.
    NotYetValid(Time),
    /// The key has only so many bits.
    WeakKey(usize),
    /// The accelerator cannot compute with a key of so many bits, or with its exponent.
    KeyTooLong(usize),
    /// The key is on a curve that nobody here computes with.
    UnknownCurve,
    /// Signed over this hash, which is not accepted, or soon will not be.
    WeakHash(HashAlgorithm),
    /// Neither a CA's nor self-signed.
    NotAnAuthority,
    /// A CA's whose key usage does not have keyCertSign.
    NoCertificateSigning,
    /// There is a key, but no certificate to go with it.
    NoCertificate,
    /// There is a certificate, but no key to go with it.
    NoKey,
    /// The private key is another certificate's.
    KeyMismatch,
    /// The private key's parts do not belong together: what it signs is wrong.
    KeyDamaged,
    /// The key is on an elliptic curve; the suites are all RSA.
    EllipticCurve,
    /// The server's key usage does not have keyEncipherment.
    NoKeyEncipherment,
    /// The server's extended key usage does not have serverAuth.
    NotForServers,
    /// The client's key usage does not have digitalSignature.
    NoDigitalSignature,
    /// The client's extended key usage does not have clientAuth.
    NotForClients,
    /// The server's certificate is not for this host.
    WrongHost,
    /// Its issuer is in neither of the files.
    MissingIssuer,
    /// The issuer by name is there, but did not sign this chain, or may not.
    NotTrusted,
    /// The chain could not be checked: the code.
    Unchecked(Error),
    /// It is read here, but its encoding breaks a rule that others hold: only from [`strict`](super::strict).
    #[cfg(feature = "der")]
    Strict(super::Deviation),
}

/// `CA certificate 2: error: expired on 2026-11-22 14:23:55`.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.file {
            File::Authority => "CA certificate",
            File::Certificate => "certificate",
            File::Key => "private key",
        })?;
        if self.number > 1 {
            write!(f, " {}", self.number)?;
        }
        f.write_str(match self.severity {
            Severity::Warning => ": warning: ",
            Severity::Error => ": error: ",
        })?;
        write!(f, "{}", self.problem)
    }
}

/// In plain words, without the file.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreadable(pk::PASSWORD_REQUIRED) => {
                return write!(f, "{:?}: it is encrypted; store it without a password", pk::PASSWORD_REQUIRED);
            }
            Self::Unreadable(pk::FEATURE_UNAVAILABLE) => {
                let code = pk::FEATURE_UNAVAILABLE;
                return write!(f, "{code:?}: its key is not of 1024 to 4096 bits, or its exponent is over 64 bits");
            }
            Self::Unreadable(code) => return write!(f, "{code:?} {code}"),
            Self::Mistaken(code, found) => return write!(f, "{code:?}: it is {found}"),
            Self::TooLargeForDevice(length) => {
                return write!(f, "its {length} bytes do not fit the device, which takes {MAX_FILE_LENGTH}");
            }
            Self::CutOff => "its last certificate is cut off: copy it whole, with its END line",
            Self::PrivateKeyInside => "a private key stands in it; keep that to yourself and load the file without it",
            Self::SomeUnreadable(count) => return write!(f, "{count} of the certificates in it cannot be read"),
            Self::Expired(time) => return write!(f, "expired on {time}"),
            Self::NotYetValid(time) => return write!(f, "not valid before {time}"),
            Self::WeakKey(bits) => return write!(f, "its key has only {bits} bits"),
            Self::KeyTooLong(bits) => {
                return write!(f, "its key of {bits} bits is too long, or its exponent is");
            }
            Self::UnknownCurve => "its key is on a curve that is not known here",
            Self::WeakHash(HashAlgorithm::Md5) => "signed over MD5, which can be forged",
            Self::WeakHash(HashAlgorithm::Sha1) => "signed over SHA-1, which newer software refuses",
            Self::WeakHash(_) => "signed over a hash that is not accepted",
            Self::NotAnAuthority => "neither a CA's certificate nor self-signed: nothing can be verified with it",
            Self::NoCertificateSigning => "its key usage does not allow it to sign certificates (keyCertSign)",
            Self::NoCertificate => "there is no certificate to go with it",
            Self::NoKey => "missing: a client certificate needs its private key",
            Self::KeyMismatch => "does not belong to the certificate",
            Self::KeyDamaged => "its parts do not belong together: it cannot sign",
            Self::EllipticCurve => "its key is on an elliptic curve, but all cipher suites here need RSA",
            Self::NoKeyEncipherment => "its key usage has no keyEncipherment, which RSA key exchange needs",
            Self::NotForServers => "its extended key usage has no serverAuth",
            Self::NoDigitalSignature => "its key usage has no digitalSignature, which a client needs",
            Self::NotForClients => "its extended key usage has no clientAuth",
            Self::WrongHost => "it is not for this host",
            Self::MissingIssuer => "its issuer is in neither file: an intermediate certificate is missing, or the CA is another one",
            Self::NotTrusted => "not signed by the CA of that name, or the CA may not sign it",
            Self::Unchecked(code) => return write!(f, "it cannot be checked: {code:?} {code}"),
            #[cfg(feature = "der")]
            Self::Strict(deviation) => {
                return write!(f, "others may refuse its encoding: {deviation}");
            }
        })
    }
}
