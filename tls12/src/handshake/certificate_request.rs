//! CertificateRequest (RFC 5246 §7.4.4): which certificates and signatures the server would take.
//!
//! ```text
//!   ClientCertificateType certificate_types<1..2^8-1>
//!   SignatureAndHashAlgorithm supported_signature_algorithms<2..2^16-2>
//!   DistinguishedName certificate_authorities<0..2^16-1>                  skipped, however long
//! ```

use accel::HashAlgorithm;
use status::{Alert, ssl};

use super::order::NextMessage;
use super::phase::{Common, KeyExchange};
use super::{Piece, skip};
use crate::config::{Config, Identity};
use crate::failure::Failure;
use crate::signature_algorithm::{SignatureAlgorithm, SignatureKey};
use crate::wire::Reader;

/// The message as far as it has been read.
#[derive(Clone, Copy, Default)]
pub(super) struct CertificateRequest {
    part: RequestPart,
    takes_rsa: bool,
    /// The best of the server's algorithms that an RSA key can sign with.
    algorithm: Option<(SignatureAlgorithm, HashAlgorithm)>,
}

/// The field that comes next.
#[derive(Clone, Copy, Default)]
enum RequestPart {
    #[default]
    Types,
    Algorithms,
    AuthoritiesLength,
    Authorities,
}

impl CertificateRequest {
    /// Reads the next field; the message has `left` more bytes.
    fn read(
        &mut self,
        available: &[u8],
        left: usize,
        preferred: Option<HashAlgorithm>,
    ) -> Result<Piece, Failure> {
        let mut reader = Reader::new(available);
        let (length_length, length) = match self.part {
            RequestPart::Types => (1, usize::from(reader.u8())),
            RequestPart::Algorithms | RequestPart::AuthoritiesLength => (2, usize::from(reader.u16())),
            RequestPart::Authorities => return Ok(skip(available)),
        };
        let whole = length.saturating_add(length_length);
        if whole > left {
            return Err(malformed());
        }
        if reader.has_failed() {
            return Ok(Piece::Needs(length_length));
        }
        if matches!(self.part, RequestPart::AuthoritiesLength) {
            self.part = RequestPart::Authorities;
            return if whole == left { Ok(Piece::Taken(length_length)) } else { Err(malformed()) };
        }
        let content = reader.take(length);
        if reader.has_failed() {
            return Ok(Piece::Needs(whole));
        }
        if let RequestPart::Types = self.part {
            self.read_types(content)?;
        } else {
            self.read_algorithms(content, preferred)?;
        }
        Ok(Piece::Taken(whole))
    }

    fn read_types(&mut self, types: &[u8]) -> Result<(), Failure> {
        if types.is_empty() {
            return Err(malformed());
        }
        self.takes_rsa = types.contains(&RSA_SIGN);
        self.part = RequestPart::Algorithms;
        Ok(())
    }

    /// Prefers the hash of the suite, which runs anyway; then the order of our offer.
    fn read_algorithms(&mut self, list: &[u8], preferred: Option<HashAlgorithm>) -> Result<(), Failure> {
        let (pairs, odd) = list.as_chunks();
        if pairs.is_empty() || !odd.is_empty() {
            return Err(malformed());
        }
        for algorithm in SignatureAlgorithm::OFFERED {
            if let Some((SignatureKey::Rsa, hash)) = algorithm.parts()
                && (self.algorithm.is_none() || Some(hash) == preferred)
                && pairs.contains(&algorithm.0.to_be_bytes())
            {
                self.algorithm = Some((algorithm, hash));
            }
        }
        self.part = RequestPart::AuthoritiesLength;
        Ok(())
    }

    /// Whether the whole message has been read.
    const fn is_whole(&self) -> bool {
        matches!(self.part, RequestPart::Authorities)
    }
}

impl<'b> KeyExchange<'b> {
    #[inline(never)]
    pub(super) fn read_certificate_request(
        &mut self,
        available: &[u8],
        left: usize,
    ) -> Result<Piece, Failure> {
        let preferred = Some(self.agreed.parameters.suite.prf());
        self.request.get_or_insert_default().read(available, left, preferred)
    }

    pub(super) fn end_of_certificate_request(&mut self, common: &mut Common<'b>) -> Result<(), Failure> {
        if !self.request.is_some_and(|request| request.is_whole()) {
            return Err(malformed());
        }
        let signing = self.signing_identity(common.config).map(|(_, (_, hash))| hash);
        self.signing.keep(signing);
        common.next = NextMessage::ServerHelloDone;
        Ok(())
    }

    /// Our identity and the algorithm to sign with, if the server accepts one. RFC 5246 §7.4.6: otherwise an empty certificate is sent and nothing
    /// is signed.
    pub(super) fn signing_identity(
        &self,
        config: &Config<'b>,
    ) -> Option<(Identity<'b>, (SignatureAlgorithm, HashAlgorithm))> {
        let request = self.request.filter(|request| request.takes_rsa)?;
        Some((config.identity?, request.algorithm?))
    }
}

/// ClientCertificateType (RFC 5246 §7.4.4).
const RSA_SIGN: u8 = 1;

const fn malformed() -> Failure {
    Failure::new(ssl::BAD_HS_CERTIFICATE_REQUEST, Alert::DECODE_ERROR)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two types, three algorithms, a name of four bytes.
    const BODY: &[u8] = &[2, 64, 1, 0, 6, 4, 3, 5, 1, 4, 1, 0, 6, 0, 4, 1, 2, 3, 4];

    /// Reads a body of which so many bytes more are there each time, and says what was chosen.
    fn read(body: &[u8], more: usize) -> Result<Option<SignatureAlgorithm>, Failure> {
        let mut request = CertificateRequest::default();
        let (mut taken, mut there) = (0_usize, 0_usize);
        while taken < body.len() {
            let available = body.get(taken..there).unwrap_or_default();
            let left = body.len().saturating_sub(taken);
            match request.read(available, left, Some(HashAlgorithm::Sha256))? {
                Piece::Taken(bytes) => taken = taken.saturating_add(bytes),
                Piece::Needs(bytes) => {
                    assert!(bytes > available.len() && bytes <= left);
                    there = there.saturating_add(more).min(body.len());
                }
            }
        }
        assert!(request.is_whole() && request.takes_rsa);
        Ok(request.algorithm.map(|(algorithm, _)| algorithm))
    }

    // RFC 5246 §7.4.4.
    #[test]
    fn it_is_read_in_pieces_of_any_size() {
        for more in 1..=BODY.len() {
            assert_eq!(read(BODY, more), Ok(Some(SignatureAlgorithm::RSA_SHA256)), "{more}");
        }
    }

    #[test]
    fn damage_is_noticed() {
        let damaged: [&[u8]; 7] = [
            &[0, 0, 2, 4, 1, 0, 0],
            &[1, 1, 0, 0, 0, 0],
            &[1, 1, 0, 3, 4, 1, 4, 0, 0],
            &[1, 1, 0, 2, 4, 1, 0, 1],
            &[1, 1, 0, 2, 4, 1, 0, 0, 0],
            &[200, 1, 0, 2, 4, 1, 0, 0],
            &[1, 1, 0xFF, 0xFE, 4, 1, 0, 0],
        ];
        for body in damaged {
            assert_eq!(read(body, 1), Err(malformed()), "{body:?}");
        }
    }
}
