//! A failure: its code, the alert to send for it, and its cause.
//!
//! The place that finds a failure decides its alert; the connection sends it in one place (`fail`).

use core::num::{NonZeroU16, NonZeroU32};

use status::{Alert, Cause, Error, mpi, ssl};

/// A failure, packed in one `u32` so that a `Result` returns in a register.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Failure(NonZeroU32);

/// The bits at which alert and code begin; the cause has the lowest eight.
const ALERT: u32 = 8;
const ERROR: u32 = 16;

impl Failure {
    /// A failure for which `alert` is sent.
    pub const fn new(error: Error, alert: Alert) -> Self {
        let number = (error.number().get() as u32) << ERROR | (alert.0 as u32) << ALERT;
        match NonZeroU32::new(number) {
            Some(number) => Self(number),
            None => Self(NonZeroU32::MIN),
        }
    }

    /// A failure for which no alert is sent.
    pub const fn silent(error: Error) -> Self {
        Self::new(error, Alert::CLOSE_NOTIFY)
    }

    /// The code.
    pub fn error(self) -> Error {
        let [high, low, ..] = self.0.get().to_be_bytes();
        NonZeroU16::new(u16::from_be_bytes([high, low])).map_or(ssl::INTERNAL_ERROR, Error::from_number)
    }

    /// The fatal alert to send; none where the peer is gone or has failed first.
    pub fn alert(self) -> Option<Alert> {
        let [_, _, alert, _] = self.0.get().to_be_bytes();
        (Alert(alert) != Alert::CLOSE_NOTIFY).then_some(Alert(alert))
    }

    /// The same failure for a named cause.
    #[must_use]
    pub const fn with(self, cause: Cause) -> Self {
        match NonZeroU32::new(self.0.get() | cause as u32) {
            Some(number) => Self(number),
            None => self,
        }
    }

    /// Tells failures of the same code apart.
    pub fn cause(self) -> Cause {
        let [.., cause] = self.0.get().to_be_bytes();
        Cause::ALL.get(usize::from(cause)).copied().unwrap_or_default()
    }
}

/// An error of the accelerator: the peer is told `internal_error` (RFC 5246 §7.2.2).
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::new(error, Alert::INTERNAL_ERROR)
    }
}

/// Why `poll` returns: nothing can be done now, or a failure. Packed like [`Failure`]; the upper half is zero if it is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Stop(NonZeroU32);

impl Stop {
    /// The socket or the application must act first.
    pub(crate) const WAITS: Self = Self(NonZeroU32::MIN);
    /// A slice of a long computation was done. The next `poll` goes on.
    pub(crate) const BUSY: Self = Self(NonZeroU32::MIN.saturating_add(1));

    /// What a public-key job returned. If it found too little memory, our buffer is too small.
    #[inline(never)]
    pub(crate) fn of_job(error: nb::Error<Error>) -> Self {
        match error {
            nb::Error::WouldBlock => Self::BUSY,
            nb::Error::Other(mpi::ALLOC_FAILED) => ssl::BUFFER_TOO_SMALL.into(),
            nb::Error::Other(error) => error.into(),
        }
    }

    /// The failure, if it is one.
    pub(crate) fn failure(self) -> Option<Failure> {
        (self != Self::WAITS && self != Self::BUSY).then_some(Failure(self.0))
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self(failure.0)
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Failure::from(error).into()
    }
}
