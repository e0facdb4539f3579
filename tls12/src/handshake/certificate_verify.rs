//! CertificateVerify (RFC 5246 §7.4.8): our signature over every message so far.
//!
//! ```text
//!   SignatureAndHashAlgorithm algorithm       one that the CertificateRequest lists
//!   opaque signature<0..2^16-1>
//! ```
//!
//! It takes a microcontroller up to seconds, in slices. The job began with ClientKeyExchange, the last message that is signed. It works in the
//! memory of the receive buffer, as the server sends nothing in our turn; the messages before can be sent meanwhile.

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
        // The slice ends here: the key block is as much work again.
        Err(Stop::BUSY)
    }
}
