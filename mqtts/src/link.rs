//! The transport between socket and MQTT: TLS or plain, with the same functions, chosen at run time.

use accel::Accel;
use status::{Error, Status, Step};
use tls12::{Connection, Want};

use crate::plain::PlainTransport;

/// TLS or plain.
#[expect(clippy::large_enum_variant, reason = "there is no heap that the larger one could live on")]
pub(crate) enum Link<'b> {
    /// Bytes pass unchanged.
    Plain(PlainTransport<'b>),
    /// Bytes are encrypted.
    Tls(Connection<'b>),
}

/// Calls the function of the present variant.
macro_rules! verb {
    ($self:ident.$verb:ident($($argument:expr),*)) => {
        match $self {
            Link::Plain(plain) => plain.$verb($($argument),*),
            Link::Tls(tls) => tls.$verb($($argument),*),
        }
    };
}

impl<'b> Link<'b> {
    /// Begins again for a new network connection; `unix_time` in seconds.
    pub(crate) fn restart(&mut self, unix_time: u64) {
        match self {
            Self::Plain(plain) => plain.restart(),
            Self::Tls(tls) => tls.restart(unix_time),
        }
    }

    pub(crate) fn poll<A: Accel>(&mut self, accel: &mut A) -> Result<Want, Status> {
        match self {
            Self::Plain(plain) => Ok(plain.poll()),
            Self::Tls(tls) => {
                tls.poll(accel).map_err(|error| tls.status().unwrap_or_else(|| Status::new(error)))
            }
        }
    }

    pub(crate) fn recv_space(&mut self) -> &mut [u8] {
        verb!(self.recv_space())
    }

    pub(crate) fn received(&mut self, n: usize) {
        verb!(self.received(n));
    }

    pub(crate) fn recv_closed(&mut self) {
        verb!(self.recv_closed());
    }

    pub(crate) fn send_bytes(&self) -> &[u8] {
        verb!(self.send_bytes())
    }

    pub(crate) fn sent(&mut self, n: usize) {
        verb!(self.sent(n));
    }

    pub(crate) fn send_closed(&mut self) {
        verb!(self.send_closed());
    }

    pub(crate) fn plaintext(&self) -> &[u8] {
        verb!(self.plaintext())
    }

    pub(crate) fn consume(&mut self, n: usize) {
        verb!(self.consume(n));
    }

    pub(crate) fn write_space(&mut self) -> &mut [u8] {
        verb!(self.write_space())
    }

    pub(crate) fn wrote<A: Accel>(&mut self, n: usize, accel: &mut A) -> Result<(), Error> {
        match self {
            Self::Plain(plain) => plain.wrote(n),
            Self::Tls(tls) => tls.wrote(n, accel)?,
        }
        Ok(())
    }

    pub(crate) fn close(&mut self) {
        verb!(self.close());
    }

    pub(crate) fn status(&self) -> Option<Status> {
        verb!(self.status())
    }

    /// How far the handshake has come. Without TLS there is none, so it is always application data.
    pub(crate) const fn step(&self) -> Step {
        match self {
            Self::Plain(_) => Step::Traffic,
            Self::Tls(tls) => tls.step(),
        }
    }

    /// Offers an earlier TLS session.
    pub(crate) fn offer(&mut self, session: &[u8]) {
        if let Self::Tls(tls) = self {
            tls.offer(session);
        }
    }

    pub(crate) const fn tls(&self) -> Option<&Connection<'b>> {
        match self {
            Self::Plain(_) => None,
            Self::Tls(tls) => Some(tls),
        }
    }
}
