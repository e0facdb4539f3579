//! Recognizes a file that is not the wanted PEM certificate or RSA key, and says in plain words what it is, beside the code of Mbed TLS.
//!
//! It looks only at labels, first bytes and the outermost elements. It does not validate: the parsers do, and their codes do not change.

use core::fmt;

use zeroize::Zeroize;

use crate::{
    der::{
        BIT_STRING, GENERALIZED_TIME, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, UTC_TIME, explicit,
    },
    oid,
    pem::{decode_base64, position},
};

/// What a file is wanted for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wanted {
    /// Certificates: a CA's, a client's, a server's chain.
    Certificate,
    /// A private key.
    PrivateKey,
}

/// What a file is instead, and for what it was wanted. In words: what it is, and what to do.
///
/// ```
/// use x509::{Kind, Wanted, recognize};
///
/// let found = recognize(b"-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n", Wanted::Certificate);
/// assert_eq!(found.map(|found| found.kind), Some(Kind::Request));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Recognized {
    /// What the file is.
    pub kind: Kind,
    /// Whether it is DER (X.690), or another binary form, instead of PEM text.
    pub is_binary: bool,
    /// What it was wanted for.
    pub wanted: Wanted,
}

/// What a file can be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Kind {
    /// Nothing but blanks.
    Empty,
    /// Text of 16 bits for each character, as some Windows programs save it.
    Utf16,
    /// A page from the Web, or other markup.
    Html,
    /// A certificate.
    Certificate,
    /// A certificate with OpenSSL's trust settings (`TRUSTED CERTIFICATE`), or with the old label `X509 CERTIFICATE`.
    TrustedCertificate,
    /// A certificate request (RFC 2986), also called CSR.
    Request,
    /// A list of revoked certificates (CRL, RFC 5280 §5).
    RevocationList,
    /// Certificates in PKCS#7 (RFC 2315): `.p7b`.
    Pkcs7,
    /// Certificates and a key in PKCS#12 (RFC 7292): `.pfx`, `.p12`.
    Pkcs12,
    /// A Java key store.
    KeyStore,
    /// An RSA private key.
    RsaKey,
    /// A private key on an elliptic curve: ECDSA, Ed25519.
    EcKey,
    /// A private key that is neither RSA nor on a curve that is known.
    OtherKey,
    /// A private key with a password.
    EncryptedKey,
    /// A private key as OpenSSH or PuTTY writes it.
    SshKey,
    /// A public key.
    PublicKey,
    /// Parameters of a group or curve.
    Parameters,
    /// Something of PGP.
    Pgp,
    /// PEM with a label that is not known here.
    OtherPem,
    /// PEM whose dashes are not the five of RFC 7468, often a word processor's.
    WrongDashes,
    /// PEM without line ends, or with `\n` written out.
    NoLineEnds,
    /// PEM with blanks before its lines.
    Indented,
    /// PEM without its last line.
    CutOff,
    /// Base64 without the lines around it.
    Base64,
    /// Bytes that are no text.
    Binary,
    /// Text without anything that is known.
    Text,
}

/// Says what a file is when it is not what was wanted; nothing when it is, as far as its outside shows.
///
/// It is meant for a file that [`Bundle`](crate::Bundle) or [`PrivateKey`](crate::PrivateKey) has refused, or that was taken and has a
/// private key where none belongs ([`has_private_key`]). Time is linear in the length of the file.
#[must_use]
pub fn recognize(file: &[u8], wanted: Wanted) -> Option<Recognized> {
    let (kind, is_binary) = match raw(file) {
        Some(found) => found,
        None => (text(file, wanted), false),
    };
    let is_wanted = !is_binary
        && match wanted {
            Wanted::Certificate => kind == Kind::Certificate,
            Wanted::PrivateKey => kind == Kind::RsaKey,
        };
    (!is_wanted).then_some(Recognized { kind, is_binary, wanted })
}

/// Whether a PEM file has a private key in it, of any kind, also beside certificates.
#[must_use]
pub fn has_private_key(file: &[u8]) -> bool {
    Labels { rest: file }.any(|(label, _)| label.ends_with(b"PRIVATE KEY"))
}

/// Whether the last certificate of a PEM file has no END line: readers pass over it without a word.
#[must_use]
pub fn is_cut_off(file: &[u8]) -> bool {
    let last = Labels { rest: file }.filter(|(label, _)| *label == b"CERTIFICATE").last();
    last.is_some_and(|(_, body)| position(body, b"-----END CERTIFICATE-----").is_none())
}

/// What is not PEM text at all.
fn raw(file: &[u8]) -> Option<(Kind, bool)> {
    let text = file.strip_prefix(BYTE_ORDER_MARK).unwrap_or(file).trim_ascii();
    let begins = |head: &[u8]| text.starts_with(head);
    let binary = der(file);
    let kind = match file {
        _ if text.is_empty() => Kind::Empty,
        // A byte order mark, or every other byte of an ASCII text.
        [0xFF, 0xFE, ..]
        | [0xFE, 0xFF, ..]
        | [0, 1..=0x7F, 0, 1..=0x7F, ..]
        | [1..=0x7F, 0, 1..=0x7F, 0, ..] => Kind::Utf16,
        [0xFE, 0xED, 0xFE, 0xED, ..] | [0xCE, 0xCE, 0xCE, 0xCE, ..] => return Some((Kind::KeyStore, true)),
        _ if matches!(text, [b'<', b'!' | b'?' | b'a'..=b'z' | b'A'..=b'Z', ..]) => Kind::Html,
        _ if begins(b"PuTTY-User-Key-File") || begins(b"---- BEGIN SSH2 ENCRYPTED") => Kind::SshKey,
        _ if begins(b"ssh-") || begins(b"ecdsa-sha2-") || begins(b"---- BEGIN SSH2") => Kind::PublicKey,
        _ if (Labels { rest: file }).next().is_some() => return None,
        _ if binary.is_some() => return binary.map(|kind| (kind, true)),
        _ if position(file, b"BEGIN CERTIFICATE").is_some() || position(file, b"PRIVATE KEY").is_some() => {
            Kind::WrongDashes
        }
        _ if file.iter().any(|byte| matches!(byte, 0..=8 | 0x0E..=0x1F)) => {
            return Some((Kind::Binary, true));
        }
        _ if is_base64(text.get(..MAX_LABEL).unwrap_or(text)) => Kind::Base64,
        _ => Kind::Text,
    };
    Some((kind, false))
}

/// Whether a text without labels begins as the base64 of a SEQUENCE with a length of two bytes does.
fn is_base64(text: &[u8]) -> bool {
    text.starts_with(b"MII")
        && text.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/=\r\n".contains(byte))
}

/// What PEM text is, by its labels: the first of those that are nearest to what is wanted.
fn text(file: &[u8], wanted: Wanted) -> Kind {
    let mut nearest = None;
    for (label, body) in (Labels { rest: file }) {
        let kind = labelled(label, body);
        let distance = distance(kind, wanted);
        if nearest.is_none_or(|(least, _)| distance < least) {
            let damage = if distance == 0 { damage(body) } else { None };
            nearest = Some((distance, damage.unwrap_or(kind)));
        }
    }
    nearest.map_or(Kind::Text, |(_, kind)| kind)
}

/// How far a kind is from what is wanted: 0 for that itself, more for what tells less of the mistake.
const fn distance(kind: Kind, wanted: Wanted) -> u8 {
    match (kind, wanted) {
        (Kind::Certificate, Wanted::Certificate) | (Kind::RsaKey, Wanted::PrivateKey) => 0,
        (Kind::TrustedCertificate | Kind::Request | Kind::Pkcs7, Wanted::Certificate)
        | (Kind::EcKey | Kind::OtherKey | Kind::EncryptedKey | Kind::SshKey, Wanted::PrivateKey) => 1,
        // Those of a curve stand before a key on it.
        (Kind::Parameters | Kind::OtherPem, _) => 3,
        _ => 2,
    }
}

/// What a block is, by its label and the first bytes of its body.
fn labelled(label: &[u8], body: &[u8]) -> Kind {
    let is_encrypted = body.trim_ascii_start().starts_with(b"Proc-Type: 4,ENCRYPTED");
    match label {
        b"CERTIFICATE" => Kind::Certificate,
        b"TRUSTED CERTIFICATE" | b"X509 CERTIFICATE" => Kind::TrustedCertificate,
        b"CERTIFICATE REQUEST" | b"NEW CERTIFICATE REQUEST" => Kind::Request,
        b"X509 CRL" | b"CRL" => Kind::RevocationList,
        b"PKCS7" | b"PKCS #7 SIGNED DATA" | b"CMS" => Kind::Pkcs7,
        b"PKCS12" => Kind::Pkcs12,
        b"ENCRYPTED PRIVATE KEY" => Kind::EncryptedKey,
        _ if label.ends_with(b"PRIVATE KEY") && is_encrypted => Kind::EncryptedKey,
        b"RSA PRIVATE KEY" => Kind::RsaKey,
        b"EC PRIVATE KEY" => Kind::EcKey,
        b"PRIVATE KEY" => private_key(body),
        b"OPENSSH PRIVATE KEY" | b"SSH2 ENCRYPTED PRIVATE KEY" => Kind::SshKey,
        _ if label.starts_with(b"PGP ") => Kind::Pgp,
        _ if label.ends_with(b"PRIVATE KEY") => Kind::OtherKey,
        _ if label.ends_with(b"PUBLIC KEY") => Kind::PublicKey,
        _ if label.ends_with(b"PARAMETERS") => Kind::Parameters,
        _ => Kind::OtherPem,
    }
}

/// The algorithm of a PKCS#8 key stands in its first bytes. What cannot be told counts as RSA, whose parser then says more.
fn private_key(body: &[u8]) -> Kind {
    let mut head = [0; 24];
    // That there is more is no error here.
    let _ = decode_base64(body, &mut head);
    let kind = der(&head);
    // The secret of a short key can begin there.
    head.zeroize();
    kind.unwrap_or(Kind::RsaKey)
}

/// What makes a block with a good label unreadable, if its outside shows it.
fn damage(body: &[u8]) -> Option<Kind> {
    let line = body.strip_prefix(b" ").unwrap_or(body);
    let line = line.strip_prefix(b"\r").unwrap_or(line);
    let end = position(body, b"-----END ");
    match line {
        [b'\n', b' ' | b'\t', ..] => Some(Kind::Indented),
        [b'\n', ..] if end.is_none_or(|end| position(body, BEGIN).is_some_and(|begin| begin < end)) => {
            Some(Kind::CutOff)
        }
        [b'\n', ..] => None,
        _ => Some(Kind::NoLineEnds),
    }
}

/// What DER is, by its outermost elements; the bytes may end early.
fn der(bytes: &[u8]) -> Option<Kind> {
    let mut outer = Elements { rest: bytes };
    let (tag, content) = outer.next()?;
    if tag != SEQUENCE {
        return None;
    }
    let mut elements = Elements { rest: content };
    let (first, value) = elements.next()?;
    let second = elements.next();
    let tag = second.map(|(tag, _)| tag);
    Some(match (first, tag) {
        (OBJECT_IDENTIFIER, _) => Kind::Pkcs7,
        (INTEGER, Some(SEQUENCE)) if matches!(value, [3]) => Kind::Pkcs12,
        (INTEGER, Some(SEQUENCE)) => algorithm(second.unwrap_or_default().1),
        (INTEGER, Some(OCTET_STRING)) => Kind::EcKey,
        (INTEGER, Some(INTEGER)) if matches!(value, [0 | 1]) => Kind::RsaKey,
        (INTEGER, Some(INTEGER)) => Kind::PublicKey,
        (SEQUENCE, Some(BIT_STRING)) => Kind::PublicKey,
        (SEQUENCE, Some(OCTET_STRING)) => Kind::EncryptedKey,
        (SEQUENCE, Some(SEQUENCE) | None) => signed(value)?,
        _ => return None,
    })
}

/// A certificate, a request or a revocation list, by what is signed.
fn signed(content: &[u8]) -> Option<Kind> {
    let mut elements = Elements { rest: content }.map(|(tag, _)| tag);
    let mut first = elements.next();
    if first == Some(explicit(0)) {
        return Some(Kind::Certificate);
    }
    // The version or the serial number; a revocation list of version 1 has neither.
    let has_number = first == Some(INTEGER);
    if has_number {
        first = elements.next();
    }
    Some(match (first, elements.next(), elements.next()) {
        (Some(SEQUENCE), Some(SEQUENCE), Some(UTC_TIME | GENERALIZED_TIME)) => Kind::RevocationList,
        (Some(SEQUENCE), Some(SEQUENCE), Some(SEQUENCE)) => Kind::Certificate,
        (Some(SEQUENCE), Some(SEQUENCE), _) if has_number => Kind::Request,
        _ => return None,
    })
}

/// The kind of a PKCS#8 key.
fn algorithm(content: &[u8]) -> Kind {
    match (Elements { rest: content }).next() {
        Some((OBJECT_IDENTIFIER, oid::RSA)) => Kind::RsaKey,
        // Ed25519, Ed448 and their kin (RFC 8410 §3).
        Some((OBJECT_IDENTIFIER, oid::EC_PUBLIC_KEY | [0x2B, 0x65, _])) => Kind::EcKey,
        _ => Kind::OtherKey,
    }
}

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";
const BEGIN: &[u8] = b"-----BEGIN ";
/// The longest label that is looked at, in bytes.
const MAX_LABEL: usize = 64;

/// The labels of a PEM text, each with what follows its line's dashes.
struct Labels<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Labels<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<(&'a [u8], &'a [u8])> {
        loop {
            let begin = position(self.rest, BEGIN)?;
            self.rest = self.rest.get(begin.saturating_add(BEGIN.len())..)?;
            let line = self.rest.get(..MAX_LABEL).unwrap_or(self.rest);
            if let Some((label, body)) =
                position(line, DASHES).and_then(|end| self.rest.split_at_checked(end))
            {
                self.rest = body;
                return Some((label, body.get(DASHES.len()..)?));
            }
        }
    }
}

const DASHES: &[u8] = b"-----";

/// The elements of DER or BER, tag and content each, as far as there are bytes.
struct Elements<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Elements<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (&[tag, first], rest) = self.rest.split_first_chunk()?;
        let (length, rest) = match first {
            // An indefinite length (X.690 §8.1.3.6): to the end.
            0x80 => (usize::MAX, rest),
            0..0x80 => (usize::from(first), rest),
            _ => {
                let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7F))?;
                (
                    bytes.iter().fold(0, |length: usize, &byte| length.wrapping_shl(8) | usize::from(byte)),
                    rest,
                )
            }
        };
        let (content, rest) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        self.rest = rest;
        Some((tag, content))
    }
}

impl Kind {
    /// What it is, as part of a sentence.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Empty => "an empty file",
            Self::Utf16 => "UTF-16 text",
            Self::Html => "a web page (HTML)",
            Self::Certificate => "a certificate",
            Self::TrustedCertificate => "a TRUSTED CERTIFICATE of OpenSSL",
            Self::Request => "a certificate request (CSR)",
            Self::RevocationList => "a revocation list (CRL)",
            Self::Pkcs7 => "PKCS#7 (.p7b)",
            Self::Pkcs12 => "PKCS#12 (.pfx, .p12)",
            Self::KeyStore => "a Java key store",
            Self::RsaKey => "a private key",
            Self::EcKey => "a private key on an elliptic curve",
            Self::OtherKey => "a private key that is not RSA",
            Self::EncryptedKey => "an encrypted private key",
            Self::SshKey => "a private key of OpenSSH or PuTTY",
            Self::PublicKey => "a public key",
            Self::Parameters => "parameters without a key",
            Self::Pgp => "something of PGP",
            Self::OtherPem => "PEM of another kind",
            Self::WrongDashes => "PEM whose dashes are not the right ones",
            Self::NoLineEnds => "PEM that has lost its line ends",
            Self::Indented => "PEM with blanks before its lines",
            Self::CutOff => "PEM that is cut off",
            Self::Base64 => "base64 without BEGIN and END lines",
            Self::Binary => "a binary file",
            Self::Text => "a text without PEM",
        }
    }
}

impl Recognized {
    /// What to do, as part of a sentence.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        use Kind as K;
        use Wanted::{Certificate, PrivateKey};
        match (self.kind, self.wanted) {
            (K::Empty, _) => "choose another one",
            (K::Utf16, _) => "save it as ASCII or UTF-8",
            (K::Html, _) => "the download failed or needs a log-in",
            (K::Certificate, Certificate) => "convert it: openssl x509 -inform DER -in OLD -out NEW",
            (K::TrustedCertificate, Certificate) => "convert it: openssl x509 -in OLD -out NEW",
            (K::Request, Certificate) => "the CA makes the certificate from it",
            (K::Pkcs7, Certificate) => "convert it: openssl pkcs7 -print_certs -in OLD -out NEW",
            (K::Pkcs12, _) => "take it apart: openssl pkcs12 -in OLD -noenc -out NEW",
            (K::KeyStore, _) => "export it as PEM",
            (K::RsaKey, PrivateKey) => "convert it: openssl pkey -inform DER -in OLD -out NEW",
            (K::EncryptedKey, PrivateKey) => "remove the password: openssl pkey -in OLD -out NEW",
            (K::EcKey | K::OtherKey, PrivateKey) => "an RSA key is needed",
            (K::SshKey, PrivateKey) => "convert it: ssh-keygen -p -m PEM -f FILE",
            (K::NoLineEnds, _) => "each line of PEM stands on its own",
            (K::Indented, _) => "remove them",
            (K::CutOff, _) => "copy it whole, with its END line",
            (K::WrongDashes, _) => "there are five hyphens on each side of BEGIN and END",
            (K::Base64, Certificate) => "put the lines BEGIN CERTIFICATE and END CERTIFICATE around it",
            (K::RsaKey | K::EcKey | K::OtherKey | K::EncryptedKey | K::SshKey, Certificate) => {
                "a certificate is needed here; keep the key secret"
            }
            (_, Certificate) => "a certificate in PEM is needed",
            (_, PrivateKey) => "an RSA private key in PEM is needed",
        }
    }
}

/// `a certificate request (CSR): the CA makes the certificate from it`.
impl fmt::Display for Recognized {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let has_form = !matches!(self.kind, Kind::Binary | Kind::KeyStore | Kind::Pkcs12);
        let form = if self.is_binary && has_form { " in binary form (DER)" } else { "" };
        write!(f, "{}{form}: {}", self.kind.name(), self.advice())
    }
}
