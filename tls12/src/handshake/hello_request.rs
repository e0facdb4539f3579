//! HelloRequest (RFC 5246 §7.4.1.1): the server asks for a renegotiation. We refuse it, and the connection goes on.
//!
//! It is not part of the transcript.

use accel::Accel;
use status::Alert;

use crate::failure::Failure;
use crate::output::{AlertLevel, Output};
use crate::record::{Idle, Protection};

/// RFC 5746 §4.2: answers with the warning no_renegotiation. Without room for it, or after our close_notify, there is no answer, which RFC 5246
/// allows too.
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
