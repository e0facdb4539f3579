//! ClientKeyExchange (RFC 5246 §7.4.7.1): the premaster secret, encrypted to the server's key.
//!
//! ```text
//!   opaque encrypted_pre_master_secret<0..2^16-1>      as long as the server's modulus
//! ```
//!
//! A [`super::certificate::ServerKey`] is needed to begin: there is none before the chain is verified. The job works in the receive
//! buffer, in which nothing can arrive now, and its result is written where it is sent from. It is started before our Certificate is
//! written: that goes to where the key has been kept.

use accel::Accel;
use status::ssl;

use super::{HEADER_LENGTH, Handshake, MessageType, Progress, State, frame};
use crate::failure::Failure;
use crate::input::Input;
use crate::output::Output;
use crate::schedule::{HandshakeSecret, MasterSecret, PremasterSecret};

impl<'b> Handshake<'b> {
    /// Begins our turn of a full handshake.
    #[inline(never)]
    pub(super) fn start_key_exchange<A: Accel>(
        &mut self,
        input: &mut Input<'b>,
        output: &mut Output<'b>,
        accel: &mut A,
    ) -> Result<Progress, Failure> {
        let workspace = input.workspace()?;
        let kept = output.workspace()?;
        // Without the proof that the chain was verified there is no key, and it ends here.
        let key = self.phase.exchange()?.server.key(kept).ok_or(ssl::INTERNAL_ERROR)?.rsa();
        self.secret = HandshakeSecret::Premaster(PremasterSecret::new(accel)?);
        self.job = Some(accel.rsa_encrypt(&key, self.secret.premaster()?.as_bytes(), workspace)?);
        Ok(Progress::Busy)
    }

    #[inline(never)]
    pub(super) fn write_client_key_exchange<A: Accel>(
        &mut self,
        input: &mut Input<'b>,
        output: &mut Output<'b>,
        accel: &mut A,
    ) -> Result<Progress, Failure> {
        let Some(job) = &mut self.job else { return self.start_key_exchange(input, output, accel) };
        let workspace = input.workspace()?;
        let is_waiting = !output.pending().is_empty();
        let message = output.message_space(None);
        if message.len() < MAX_LENGTH && is_waiting {
            return Ok(Progress::Waits);
        }
        let (length, encrypted) = message
            .get_mut(HEADER_LENGTH..)
            .and_then(<[u8]>::split_first_chunk_mut::<PREFIX>)
            .ok_or(ssl::BUFFER_TOO_SMALL)?;
        let written = match accel.step(job, workspace, encrypted) {
            Err(nb::Error::WouldBlock) => return Ok(Progress::Busy),
            Err(nb::Error::Other(error)) => return Err(error.into()),
            Ok(written) => written,
        };
        let [.., high, low] = written.to_be_bytes();
        *length = [high, low];
        let whole = frame(MessageType::CLIENT_KEY_EXCHANGE, message, written.saturating_add(PREFIX))?;
        self.hash_message(accel, message.get(..whole).unwrap_or_default())?;
        self.end_job();
        self.derive_master_secret(accel)?;
        output.seal_message(None, accel, whole)?;
        self.state = if self.signing_identity().is_some() {
            State::CertificateVerify
        } else {
            State::ClientFinished(None)
        };
        // The last slice ends here: what Finished needs is as much work again.
        Ok(Progress::Busy)
    }

    /// RFC 5246 §8.1; RFC 7627 §4: with the extension, bound to every message up to this one.
    #[inline(never)]
    fn derive_master_secret<A: Accel>(&mut self, accel: &mut A) -> Result<(), Failure> {
        let parameters = self.parameters()?;
        let (premaster, prf) = (self.secret.premaster()?, parameters.suite.prf());
        self.secret = HandshakeSecret::Master(if parameters.extended_master_secret {
            let session_hash = self.transcript.hash(accel)?;
            MasterSecret::derive_extended(accel, prf, premaster.as_bytes(), session_hash.as_bytes())?
        } else {
            MasterSecret::derive(accel, prf, premaster.as_bytes(), &self.randoms)?
        });
        Ok(())
    }
}

/// A length.
const PREFIX: usize = 2;
/// What is encrypted to a key of 4096 bits, with everything before it.
const MAX_LENGTH: usize = HEADER_LENGTH + PREFIX + accel::MAX_MODULUS_LENGTH;
