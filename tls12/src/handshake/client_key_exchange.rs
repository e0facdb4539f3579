//! ClientKeyExchange (RFC 5246 §7.4.7.1): the premaster secret, encrypted to the server's key.
//!
//! ```text
//!   opaque encrypted_pre_master_secret<0..2^16-1>      as long as the server's modulus
//! ```
//!
//! The encryption needs a [`super::certificate::ServerKey`], which exists only when the chain was verified. It works in the memory of the
//! receive buffer, as the server sends nothing in our turn, and writes its result to the send buffer. It begins before our Certificate is
//! written, because the server's modulus was in the send buffer until then.

use accel::Accel;
use status::{Error, ssl};

use super::compute;
use super::order::{MessageType, NextMessage};
use super::phase::{Common, HandshakePhase, KeyExchange, Work};
use crate::failure::Stop;
use crate::input::Input;
use crate::output::Output;
use crate::schedule::MasterSecret;

impl<'b> KeyExchange<'b> {
    /// Begins to encrypt a new premaster secret.
    #[inline(never)]
    pub(super) fn start_encryption<A: Accel>(
        &mut self,
        common: &mut Common<'b>,
        output: &mut Output<'b>,
        accel: &mut A,
    ) -> Result<(), Stop> {
        // There is no key without the proof that the chain was verified.
        let key = self.certificate.key(&self.send_memory).ok_or(ssl::INTERNAL_ERROR)?.rsa();
        self.premaster.fill(accel)?;
        let Work { job, memory } = &mut common.work;
        let started = accel.rsa_encrypt(&key, self.premaster.as_bytes(), memory);
        *job = Some(started.map_err(|error| Stop::of_job(error.into()))?);
        output.memory().restore(&mut self.send_memory);
        Err(Stop::BUSY)
    }

    /// The master secret (RFC 5246 §8.1), which RFC 7627 §4 binds to every message up to this one.
    #[inline(never)]
    fn master_secret<A: Accel>(&self, common: &Common<'b>, accel: &mut A) -> Result<MasterSecret, Error> {
        let (premaster, prf) = (self.premaster.as_bytes(), self.agreed.parameters.suite.prf());
        if self.agreed.parameters.extended_master_secret {
            let session_hash = self.agreed.transcript.hash(accel)?;
            MasterSecret::derive_extended(accel, prf, premaster, session_hash.as_bytes())
        } else {
            MasterSecret::derive(accel, prf, premaster, &common.randoms)
        }
    }

    /// Begins our signature over every message up to this one. RFC 5246 §7.4.8: only behind a certificate that can sign.
    #[inline(never)]
    fn start_signature<A: Accel>(&self, common: &mut Common<'b>, accel: &mut A) -> Result<(), Stop> {
        common.next = NextMessage::ClientFinished(None);
        let Some((identity, (algorithm, hash))) = self.signing_identity(common.config) else { return Ok(()) };
        let digest = self.signing.hash(&self.agreed.transcript, accel, hash)?;
        let Work { job, memory } = &mut common.work;
        let started = accel.rsa_sign(&identity.key.rsa(), hash, digest.as_bytes(), memory);
        *job = Some(started.map_err(|error| Stop::of_job(error.into()))?);
        common.next = NextMessage::CertificateVerify(algorithm);
        Ok(())
    }
}

impl<'b> HandshakePhase<'b> {
    /// Steps the encryption. When it is done: writes the message, begins our signature if there is one, and makes the next phase with the master
    /// secret.
    #[inline(never)]
    pub(super) fn write_client_key_exchange<A: Accel>(
        &mut self,
        common: &mut Common<'b>,
        input: &mut Input<'b>,
        output: &mut Output<'b>,
        accel: &mut A,
    ) -> Result<(), Stop> {
        let Self::KeyExchange(exchange) = self else { return Err(Stop::WAITS) };
        let message = compute(&mut common.work, MessageType::CLIENT_KEY_EXCHANGE, &[], output, accel)?;
        exchange.hash_message(accel, message)?;
        let length = message.len();
        output.seal_message(None, accel, length)?;
        common.work.end();
        exchange.start_signature(common, accel)?;
        // Borrowed: `?` would leave a copy on the stack.
        let master = exchange.master_secret(common, accel);
        self.protect(master.as_ref().map_err(|error| *error)?);
        if common.work.job.is_none() {
            input.memory().restore(&mut common.work.memory);
        }
        // The slice ends here: the key block is as much work again.
        Err(Stop::BUSY)
    }

    #[inline(never)]
    fn protect(&mut self, master: &MasterSecret) {
        let Self::KeyExchange(exchange) = self else { return };
        let agreed = exchange.agreed.clone();
        self.begin_protection(&agreed.parameters);
        if let Self::Protected(protected, _) = self {
            protected.agreed = agreed;
            protected.master.set(master.as_bytes());
        }
    }
}
