//! CertificateVerify (RFC 5246 §7.4.8): our signature over every message so far.
//!
//! ```text
//!   SignatureAndHashAlgorithm algorithm       one that the CertificateRequest lists
//!   opaque signature<0..2^16-1>
//! ```
//!
//! Seconds of work on a microcontroller, in slices. The job works in the receive buffer, in which nothing can arrive now; what has
//! been written before can be sent meanwhile.

use accel::Accel;
use status::ssl;

use super::{HEADER_LENGTH, Handshake, MessageType, Progress, State, frame};
use crate::failure::Failure;
use crate::input::Input;
use crate::output::Output;

impl<'b> Handshake<'b> {
    #[inline(never)]
    pub(super) fn write_certificate_verify<A: Accel>(
        &mut self,
        input: &mut Input<'b>,
        output: &mut Output<'b>,
        accel: &mut A,
    ) -> Result<Progress, Failure> {
        // RFC 5246 §7.4.8: only behind a certificate that can sign.
        let Some((identity, (algorithm, hash))) = self.signing_identity() else {
            self.state = State::ClientFinished(None);
            return Ok(Progress::Made);
        };
        let workspace = input.workspace()?;
        let Some(job) = &mut self.job else {
            let digest = self.hash_to_sign(accel, hash)?;
            self.job = Some(accel.rsa_sign(&identity.key.rsa(), hash, digest.as_bytes(), workspace)?);
            return Ok(Progress::Busy);
        };
        let is_waiting = !output.pending().is_empty();
        let message = output.message_space(None);
        if message.len() < MAX_LENGTH && is_waiting {
            return Ok(Progress::Waits);
        }
        let (prefix, signature) = message
            .get_mut(HEADER_LENGTH..)
            .and_then(<[u8]>::split_first_chunk_mut::<PREFIX>)
            .ok_or(ssl::BUFFER_TOO_SMALL)?;
        let written = match accel.step(job, workspace, signature) {
            Err(nb::Error::WouldBlock) => return Ok(Progress::Busy),
            Err(nb::Error::Other(error)) => return Err(error.into()),
            Ok(written) => written,
        };
        let [a, b] = algorithm.0.to_be_bytes();
        let [.., c, d] = written.to_be_bytes();
        *prefix = [a, b, c, d];
        let whole = frame(MessageType::CERTIFICATE_VERIFY, message, written.saturating_add(PREFIX))?;
        self.hash_message(accel, message.get(..whole).unwrap_or_default())?;
        self.phase.exchange()?.signing.keep(None);
        self.end_job();
        output.seal_message(None, accel, whole)?;
        self.state = State::ClientFinished(None);
        // The last slice ends here: what Finished needs is as much work again.
        Ok(Progress::Busy)
    }
}

/// The algorithm and a length.
const PREFIX: usize = 4;
/// A signature of 4096 bits with everything before it.
const MAX_LENGTH: usize = HEADER_LENGTH + PREFIX + accel::MAX_MODULUS_LENGTH;
