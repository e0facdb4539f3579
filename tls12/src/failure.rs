//! A failure on its way up: the code, the alert that is owed for it, and which of several reasons it was.
//!
//! The alert is decided where the failure is found and sent in one place, by the connection.

use core::num::{NonZeroU16, NonZeroU32};

use status::{Alert, Cause, Error, mpi, ssl};

/// A failure with what the peer and a person are to be told of it: one number, as nearly everything here can return one, and a
/// register that is zero is the cheapest success.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Failure(NonZeroU32);

/// Where alert and code stand above the cause.
const ALERT: u32 = 8;
const ERROR: u32 = 16;

impl Failure {
    /// A failure for which `alert` is owed.
    pub const fn new(error: Error, alert: Alert) -> Self {
        let number = (error.number().get() as u32) << ERROR | (alert.0 as u32) << ALERT;
        match NonZeroU32::new(number) {
            Some(number) => Self(number),
            None => Self(NonZeroU32::MIN),
        }
    }

    /// A failure that the peer is not told of.
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

/// What an accelerator reports is our own trouble: `internal_error` (RFC 5246 §7.2.2).
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::new(error, Alert::INTERNAL_ERROR)
    }
}

/// Why nothing more is done now: one number too, whose upper half is zero where it is no failure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Stop(NonZeroU32);

impl Stop {
    /// The socket or the application comes first.
    pub(crate) const WAITS: Self = Self(NonZeroU32::MIN);
    /// One slice of a long computation was done, and the device may do something else before the next.
    pub(crate) const BUSY: Self = Self(NonZeroU32::MIN.saturating_add(1));

    /// A public-key job has stopped. One that finds too little memory was lent one of our buffers.
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
