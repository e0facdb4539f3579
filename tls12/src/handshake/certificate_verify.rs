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

use super::compute;
use super::order::{MessageType, NextMessage};
use super::phase::{Common, Protected};
use crate::failure::Stop;
use crate::input::Input;
use crate::output::Output;
use crate::signature_algorithm::SignatureAlgorithm;

impl<'b> Protected<'b> {
    #[inline(never)]
    pub(super) fn write_certificate_verify<A: Accel>(
        &mut self,
        common: &mut Common<'b>,
        algorithm: SignatureAlgorithm,
        input: &mut Input<'b>,
        output: &mut Output<'b>,
        accel: &mut A,
    ) -> Result<(), Stop> {
        let algorithm = algorithm.0.to_be_bytes();
        let message = compute(&mut common.work, MessageType::CERTIFICATE_VERIFY, &algorithm, output, accel)?;
        self.agreed.transcript.update(accel, message)?;
        let length = message.len();
        output.seal_message(None, accel, length)?;
        common.work.end();
        input.memory().restore(&mut common.work.memory);
        common.next = NextMessage::ClientFinished(None);
        // The last slice ends here: what Finished needs is as much work again.
        Err(Stop::BUSY)
    }
}
