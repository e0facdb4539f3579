//! HelloRequest (RFC 5246 §7.4.1.1): the server would like to renegotiate. It is told that it cannot, and nothing else changes.
//!
//! Not part of any transcript.

use accel::Accel;
use status::Alert;

use crate::failure::Failure;
use crate::output::{AlertLevel, Output};
use crate::record::{Idle, Protection};

/// RFC 5746 §4.2: answered by the warning no_renegotiation; left unanswered, as RFC 5246 allows too, while there is no room for it or we are
/// closing.
///
/// # Errors
/// Those of [`Idle::warning_alert`]: too many in a row.
pub(super) fn answer<A: Accel>(
    output: &mut Output<'_>,
    write: Option<&mut Protection>,
    idle: &mut Idle,
    accel: &mut A,
) -> Result<(), Failure> {
    idle.warning_alert()?;
    if output.takes_warning() {
        output.alert(write, accel, AlertLevel::Warning, Alert::NO_RENEGOTIATION)?;
    }
    Ok(())
}
