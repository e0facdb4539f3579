//! Certificate (RFC 5246 §7.4.2, §7.4.6): the server's chain, and our own.
//!
//! ```text
//!   opaque ASN.1Cert<1..2^24-1>
//!   ASN.1Cert certificate_list<0..2^24-1>
//! ```
//!
//! The server's chain is read one certificate at a time: each is verified before the next one is read, and only the key of the first is kept,
//! with its modulus at the end of the send buffer's memory. Our own chain is written a record at a time, from the bundle.

use core::mem;

use accel::{Accel, MAX_MODULUS_LENGTH, RsaPublicKey};
use status::{Alert, Cause, Error, Flags, oid, ssl, x509 as codes};
use x509::{Certificate, Context, PublicKey, Time, Verifier};

use super::order::NextMessage;
use super::phase::{Common, KeyExchange};
use super::{HEADER_LENGTH, MessageType, Piece};
use crate::config::Config;
use crate::failure::{Failure, Stop};
use crate::input::window_too_small;
use crate::output::Output;
use crate::proof::ChainVerified;
use crate::record::ContentType;
use crate::session::ServerSeen;
use crate::trust::{Presented, Verdict, Verification, is_pinned, sha256};
use crate::wire::{self, copy};

/// The server's key. Only [`ServerCertificate::key`] makes one, and asks for the proof.
#[derive(Clone, Copy)]
pub(super) struct ServerKey<'a> {
    rsa: RsaPublicKey<'a>,
}

impl<'a> ServerKey<'a> {
    pub(super) const fn rsa(self) -> RsaPublicKey<'a> {
        self.rsa
    }
}

/// What is known of the server's chain.
pub(super) struct ServerCertificate {
    /// The length of the list has been read.
    list_is_open: bool,
    verifier: Verifier,
    /// The key of the server's own certificate, the first, has been kept.
    has_leaf: bool,
    /// The server's own certificate is done; the others follow.
    is_above_leaf: bool,
    /// Its key; empty for one that is not RSA.
    key: KeyInMemory,
    /// It is one of the pins, or there are none.
    is_pinned: bool,
    /// The current certificate has been verified.
    is_checked: bool,
    /// The flags that the observer has added.
    objection: Verdict,
    /// Bytes that are left to skip of a certificate that is larger than the receive buffer.
    skipped: usize,
    /// One was skipped.
    has_skipped: bool,
    verified: Option<ChainVerified>,
}

/// An RSA key whose modulus is kept at the end of the send buffer's memory.
struct KeyInMemory {
    modulus_length: usize,
    exponent: [u8; MAX_EXPONENT_LENGTH],
    exponent_length: usize,
}

impl ServerCertificate {
    pub(super) const fn new() -> Self {
        Self {
            list_is_open: false,
            verifier: Verifier::new(),
            has_leaf: false,
            is_above_leaf: false,
            key: KeyInMemory::EMPTY,
            is_pinned: true,
            is_checked: false,
            objection: Verdict::new(Flags::NONE, 0),
            skipped: 0,
            has_skipped: false,
            verified: None,
        }
    }

    /// The key to encrypt to, if the chain was verified; `memory` has its modulus.
    pub(super) fn key<'a>(&'a self, memory: &'a [u8]) -> Option<ServerKey<'a>> {
        let _proof: &ChainVerified = self.verified.as_ref()?;
        let (_, modulus) = memory.split_at_checked(self.key.place(memory.len())?)?;
        let exponent = self.key.exponent.get(..self.key.exponent_length)?;
        (!modulus.is_empty()).then_some(ServerKey { rsa: RsaPublicKey { modulus, exponent } })
    }
}

impl KeyInMemory {
    const EMPTY: Self = Self { modulus_length: 0, exponent: [0; MAX_EXPONENT_LENGTH], exponent_length: 0 };

    /// Keeps a key; `None` if it is too long.
    fn fill(&mut self, key: &RsaPublicKey<'_>, memory: &mut [u8]) -> Option<()> {
        let (modulus, exponent) = (significant(key.modulus), significant(key.exponent));
        copy(self.exponent.get_mut(..exponent.len())?, exponent);
        self.exponent_length = exponent.len();
        if modulus.len() > MAX_MODULUS_LENGTH {
            return None;
        }
        self.modulus_length = modulus.len();
        let place = self.place(memory.len())?;
        copy(memory.get_mut(place..)?, modulus);
        Some(())
    }

    /// The offset of the modulus in memory of this length.
    const fn place(&self, memory: usize) -> Option<usize> {
        memory.checked_sub(self.modulus_length)
    }
}

impl<'b> KeyExchange<'b> {
    /// Reads the length of the list, or one certificate.
    #[inline(never)]
    pub(super) fn read_certificate<A: Accel>(
        &mut self,
        common: &mut Common<'b>,
        available: &[u8],
        left: usize,
        accel: &mut A,
    ) -> Result<Piece, Stop> {
        let server = &mut self.certificate;
        if server.skipped > 0 {
            let length = available.len().min(server.skipped);
            server.skipped = server.skipped.saturating_sub(length);
            return Ok(if length > 0 { Piece::Taken(length) } else { Piece::Needs(1) });
        }
        if left < LENGTH {
            return Err(malformed().into());
        }
        let Some((length, rest)) = available.split_first_chunk::<LENGTH>() else {
            return Ok(Piece::Needs(LENGTH));
        };
        let length = wire::u24(*length);
        let whole = length.saturating_add(LENGTH);
        if !server.list_is_open {
            // RFC 5246 §7.4.2: a server always has a certificate here.
            if whole != left || length == 0 {
                return Err(malformed().into());
            }
            server.list_is_open = true;
            return Ok(Piece::Taken(LENGTH));
        }
        if whole > left || length < MIN_CERTIFICATE_LENGTH {
            return Err(malformed().into());
        }
        let Some(der) = rest.get(..length) else { return Ok(Piece::Needs(whole)) };
        // Borrowed: a match by value would copy it.
        match &Certificate::from_der(der) {
            Ok(certificate) => self.take_certificate(common, certificate, whole, accel),
            // Skipped: perhaps the path does not need it.
            Err(error) if Certificate::is_unknown(*error) && server.has_leaf => Ok(Piece::Taken(whole)),
            Err(error) => Err(Failure::new(*error, parse_alert(*error)).into()),
        }
    }

    /// Decides about the chain at its end.
    #[inline(never)]
    pub(super) fn end_of_certificate(&mut self, common: &mut Common<'b>) -> Result<(), Failure> {
        let config = common.config;
        let server = &mut self.certificate;
        let seen = &mut self.agreed.server;
        seen.verdict = server.verdict(config);
        // Where an expired certificate is accepted, its session is too.
        if seen.verdict.flags.contains(Flags::EXPIRED) {
            seen.not_after = ServerSeen::NOTHING.not_after;
        }
        let is_optional = config.verification == Verification::Optional;
        let refusing = if is_optional { server.objection.flags } else { seen.verdict.flags };
        let verified = ChainVerified::unless_refused(refusing);
        server.verified = Some(verified.ok_or_else(|| server.refusal(refusing, config))?);
        if server.key.modulus_length == 0 {
            return Err(Failure::new(ssl::PK_TYPE_MISMATCH, Alert::UNSUPPORTED_CERTIFICATE));
        }
        common.next = NextMessage::CertificateRequest;
        Ok(())
    }

    /// Keeps the key of the first certificate, and verifies each of them, a slice at a time.
    #[inline(never)]
    fn take_certificate<A: Accel>(
        &mut self,
        common: &mut Common<'b>,
        certificate: &Certificate<'_>,
        whole: usize,
        accel: &mut A,
    ) -> Result<Piece, Stop> {
        let config = common.config;
        let Self { certificate: server, agreed, send_memory: memory, .. } = self;
        if !server.has_leaf {
            server.has_leaf = true;
            if let PublicKey::Rsa(key) = certificate.public_key() {
                let too_long = Failure::new(ssl::FEATURE_UNAVAILABLE, Alert::UNSUPPORTED_CERTIFICATE);
                server.key.fill(&key, memory).ok_or(too_long)?;
            }
            // The digest is not needed otherwise.
            if config.observer.is_some() || !config.pins.is_empty() {
                let digest = sha256(accel, certificate.der())?;
                server.is_pinned =
                    config.pins.is_empty() || is_pinned(config.pins, certificate, &digest, accel)?;
                agreed.server.certificate = Some(digest);
            }
            if config.verification.builds_path() {
                agreed.server.not_after = certificate.not_after().to_unix();
            }
            // Verifying is the next slice.
            return Err(Stop::BUSY);
        }
        let is_verified = config.verification.builds_path()
            || (config.verification == Verification::Pinned && !server.is_above_leaf);
        if !is_verified || mem::take(&mut server.is_checked) {
            server.show(certificate, config);
            server.is_above_leaf = true;
            return Ok(Piece::Taken(whole));
        }
        let mut context = Context::new(Time::from_unix(common.peer.now));
        context.anchors = config.anchors.filter(|_| config.verification.builds_path());
        context.policy = config.policy;
        context.host = config.verification.asks_for_host().then_some(common.peer.host);
        // Without the modulus at the end; empty, and so too small, where there is less memory than that.
        let place = server.key.place(memory.len()).unwrap_or_default();
        let memory = memory.get_mut(..place).unwrap_or_default();
        match server.verifier.push(certificate, &context, accel, memory, &mut common.work.job) {
            // Hashing it is the next slice.
            Ok(()) => {
                server.is_checked = true;
                Err(Stop::BUSY)
            }
            Err(nb::Error::Other(codes::FATAL_ERROR)) => {
                let failure = Failure::new(codes::FATAL_ERROR, Alert::CERTIFICATE_UNKNOWN);
                Err(failure.with(Cause::Budget).into())
            }
            Err(error) => Err(Stop::of_job(error)),
        }
    }

    /// Writes a record of our chain, or an empty chain (RFC 5246 §7.4.6) when the server does not accept ours.
    #[inline(never)]
    pub(super) fn write_certificate<A: Accel>(
        &mut self,
        common: &mut Common<'b>,
        sent: usize,
        output: &mut Output<'b>,
        accel: &mut A,
    ) -> Result<(), Stop> {
        let whole = self.copy_certificate(common.config, usize::MAX, &mut [])?;
        let left = whole.saturating_sub(sent);
        let is_waiting = !output.pending().is_empty();
        let space = output.space(None);
        if space.len() < left.min(MIN_PIECE) {
            return if is_waiting { Err(Stop::WAITS) } else { Err(ssl::BUFFER_TOO_SMALL.into()) };
        }
        let piece = space.len().min(left);
        let piece = space.get_mut(..piece).unwrap_or_default();
        self.copy_certificate(common.config, sent, piece)?;
        self.hash_message(accel, piece)?;
        let length = piece.len();
        output.seal(None, accel, ContentType::HANDSHAKE, length)?;
        let sent = sent.saturating_add(length);
        common.next = if sent == whole {
            NextMessage::ClientKeyExchange
        } else {
            NextMessage::ClientCertificate { sent }
        };
        Ok(())
    }

    /// Copies our Certificate message from the offset `from` on, as far as it fits into `out`, and returns the length of the whole message.
    fn copy_certificate(&self, config: &Config<'b>, from: usize, out: &mut [u8]) -> Result<usize, Error> {
        let chain = self.signing_identity(config).map(|(identity, _)| identity.chain);
        let list =
            chain.map_or(0, |chain| chain.len().saturating_mul(LENGTH).saturating_add(chain.der().len()));
        let mut part = CertificatePart { skip: from, out };
        part.put(&[MessageType::CERTIFICATE.0]);
        part.put(&u24(list.saturating_add(LENGTH))?);
        part.put(&u24(list)?);
        if let Some(chain) = chain {
            for certificate in chain.iter() {
                part.put(&u24(certificate.der().len())?);
                part.put(certificate.der());
            }
        }
        Ok(list.saturating_add(LENGTH).saturating_add(HEADER_LENGTH))
    }
}

impl ServerCertificate {
    /// Skips a certificate that is larger than the receive buffer, unless it is the server's own.
    pub(super) fn skip(&mut self, whole: usize) -> Result<(), Stop> {
        if !self.has_leaf {
            return Err(window_too_small().into());
        }
        (self.skipped, self.has_skipped) = (whole, true);
        Ok(())
    }

    /// Shows a certificate to the observer, and keeps the flags that it adds.
    fn show(&mut self, certificate: &Certificate<'_>, config: &Config<'_>) {
        let Some(observer) = config.observer else { return };
        let is_leaf = !self.is_above_leaf;
        let builds_path = config.verification.builds_path();
        let depth = if builds_path { self.verifier.joined() } else { is_leaf.then_some(0) };
        let flags = if builds_path || is_leaf { self.found(config) } else { Flags::NONE };
        let objection = observer.certificate(&Presented { certificate, depth, flags });
        self.objection.add(objection, depth.unwrap_or_default());
    }

    /// The flags of verification so far, as far as they count.
    fn found(&self, config: &Config<'_>) -> Flags {
        counted(self.verifier.found().flags, config)
    }

    /// The verdict on the whole chain.
    fn verdict(&mut self, config: &Config<'_>) -> Verdict {
        let mut verdict = Verdict::default();
        if config.verification != Verification::None {
            let outcome = self.verifier.finish();
            verdict.add(counted(outcome.flags, config), outcome.depth);
        }
        if !self.is_pinned {
            verdict.add(Flags::OTHER, 0);
        }
        verdict.add(self.objection.flags, self.objection.depth);
        if let Some(observer) = config.observer {
            let objection = observer.verdict(verdict);
            self.objection.add(objection, 0);
            verdict.add(objection, 0);
        }
        verdict
    }

    /// The failure for a refused chain, with Mbed TLS's code.
    fn refusal(&self, flags: Flags, config: &Config<'_>) -> Failure {
        // The missing issuer may be the one that was skipped.
        if self.has_skipped && flags.contains(Flags::NOT_TRUSTED) {
            return window_too_small();
        }
        let usage = Flags::KEY_USAGE | Flags::EXTENDED_KEY_USAGE;
        let error = if config.anchors.is_none() && flags.contains(Flags::NOT_TRUSTED) {
            ssl::CA_CHAIN_REQUIRED
        } else if usage.contains(flags) {
            ssl::BAD_HS_CERTIFICATE
        } else {
            codes::CERT_VERIFY_FAILED
        };
        Failure::new(error, x509::alert(flags))
    }
}

/// The flags that count. Signature, issuer and dates of a pinned certificate do not matter.
const fn counted(flags: Flags, config: &Config<'_>) -> Flags {
    const OF_A_KNOWN_ONE: Flags = Flags::NOT_TRUSTED.or(Flags::BAD_MD).or(Flags::EXPIRED).or(Flags::FUTURE);
    match config.verification {
        Verification::Pinned => flags.without(OF_A_KNOWN_ONE),
        _ => flags,
    }
}

/// Copies a section of a message that is longer than a record: skips bytes, then fills `out`.
struct CertificatePart<'a> {
    skip: usize,
    out: &'a mut [u8],
}

impl CertificatePart<'_> {
    fn put(&mut self, bytes: &[u8]) {
        let visible = bytes.get(self.skip..).unwrap_or_default();
        self.skip = self.skip.saturating_sub(bytes.len());
        let length = visible.len().min(self.out.len());
        let (head, tail) = core::mem::take(&mut self.out).split_at_mut_checked(length).unwrap_or_default();
        for (to, from) in head.iter_mut().zip(visible) {
            *to = *from;
        }
        self.out = tail;
    }
}

/// The length of a 24-bit length.
const LENGTH: usize = 3;
/// The longest exponent that a job computes with.
const MAX_EXPONENT_LENGTH: usize = 8;
/// No record of our chain is shorter, unless it is the last one.
const MIN_PIECE: usize = 256;
/// A shorter certificate cannot hold a key that is long enough.
const MIN_CERTIFICATE_LENGTH: usize = 128;

/// What [`Certificate::from_der`] says of a signature algorithm that it does not know.
const UNKNOWN_ALGORITHM: Error = codes::UNKNOWN_SIG_ALG.because(oid::NOT_FOUND);

const fn malformed() -> Failure {
    Failure::new(ssl::BAD_HS_CERTIFICATE, Alert::DECODE_ERROR)
}

/// The alert for a certificate that cannot be read (RFC 5246 §7.2.2).
fn parse_alert(error: Error) -> Alert {
    if error == codes::UNKNOWN_VERSION || error == UNKNOWN_ALGORITHM {
        Alert::UNSUPPORTED_CERTIFICATE
    } else {
        Alert::BAD_CERTIFICATE
    }
}

/// An unsigned big-endian number without leading zeros.
fn significant(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

fn u24(length: usize) -> Result<[u8; LENGTH], Error> {
    match u32::try_from(length).map(u32::to_be_bytes) {
        Ok([0, a, b, c]) => Ok([a, b, c]),
        _ => Err(ssl::CERTIFICATE_TOO_LARGE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_in_parts_is_the_text() {
        let pieces: [&[u8]; 4] = [b"one", b"", b"and", b"another"];
        let whole = b"oneandanother";
        for length in 0..=whole.len() {
            for skip in 0..=whole.len().saturating_add(1) {
                let mut out = [b'.'; 13];
                let mut part = CertificatePart { skip, out: out.get_mut(..length).unwrap_or_default() };
                pieces.iter().for_each(|piece| part.put(piece));
                let visible = whole.get(skip..).unwrap_or_default();
                let visible = visible.get(..length).unwrap_or(visible);
                assert_eq!(out.get(..visible.len()), Some(visible));
                assert!(out.iter().skip(visible.len()).all(|byte| *byte == b'.'));
            }
        }
    }

    #[test]
    fn numbers_lose_their_leading_zeros_only() {
        assert_eq!(significant(&[0, 0, 1, 0]), [1, 0]);
        assert_eq!(significant(&[0]), []);
        assert_eq!(u24(0x01_0203), Ok([1, 2, 3]));
        assert_eq!(u24(0x100_0000), Err(ssl::CERTIFICATE_TOO_LARGE));
    }

    // RFC 5246 §7.4.7.1: what keeps the premaster secret from whoever has not been verified.
    #[test]
    fn there_is_no_key_without_the_proof() {
        let key = RsaPublicKey { modulus: &[0xC5; 256], exponent: &[1, 0, 1] };
        let mut memory = [0; 1000];
        let mut server = ServerCertificate::new();
        assert!(server.key.fill(&key, &mut memory).is_some());
        assert!(server.key(&memory).is_none());
        server.verified = ChainVerified::unless_refused(Flags::OTHER);
        assert!(server.key(&memory).is_none());
        server.verified = ChainVerified::unless_refused(Flags::NONE);
        assert_eq!(server.key(&memory).map(ServerKey::rsa), Some(key));
        server.key = KeyInMemory::EMPTY;
        assert!(server.key(&memory).is_none());
        assert!(server.key.fill(&RsaPublicKey { modulus: &[0xC5; 513], ..key }, &mut memory).is_none());
        assert!(server.key.fill(&RsaPublicKey { exponent: &[1; 9], ..key }, &mut memory).is_none());
        assert!(server.key.fill(&key, &mut [0; 255]).is_none());
    }
}
