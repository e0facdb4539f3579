//! A failure on its way up: the code, the alert that is owed for it, and which of several reasons it was.
//!
//! The alert is decided where the failure is found and sent in one place, by the connection.

use status::{Alert, Cause, Error, mpi, ssl};

/// A failure with what the peer and a person are to be told of it: four bytes, as nearly everything here can return one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Failure {
    /// The code.
    pub error: Error,
    /// The fatal alert to send; close_notify, which is none, where the peer is gone or has failed first.
    alert: Alert,
    /// Tells failures of the same code apart.
    pub cause: Cause,
}

impl Failure {
    /// A failure for which `alert` is owed.
    pub const fn new(error: Error, alert: Alert) -> Self {
        Self { error, alert, cause: Cause::None }
    }

    /// A failure that the peer is not told of.
    pub const fn silent(error: Error) -> Self {
        Self { error, alert: Alert::CLOSE_NOTIFY, cause: Cause::None }
    }

    /// The fatal alert to send; none where the peer is gone or has failed first.
    pub fn alert(self) -> Option<Alert> {
        (self.alert != Alert::CLOSE_NOTIFY).then_some(self.alert)
    }

    /// The same failure for a named cause.
    #[must_use]
    pub const fn with(self, cause: Cause) -> Self {
        Self { cause, ..self }
    }
}

/// What an accelerator reports is our own trouble: `internal_error` (RFC 5246 §7.2.2). A job that finds too little memory lent
/// has been lent one of our buffers.
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let error = if error == mpi::ALLOC_FAILED { ssl::BUFFER_TOO_SMALL } else { error };
        Self::new(error, Alert::INTERNAL_ERROR)
    }
}
