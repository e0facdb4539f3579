//! Whether a file can be read or written without blocking.

use std::{os::fd::BorrowedFd, time::Duration};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::{failure::CommandFailure, limits::Limits};

/// Whether one of `flags` is set, or the other end is closed.
pub(crate) fn now(file: BorrowedFd<'_>, flags: PollFlags) -> bool {
    within(file, flags, Duration::ZERO)
}

/// Waits until [`now`] is true.
///
/// # Errors
/// As [`Limits::check`].
pub(crate) fn wait(file: BorrowedFd<'_>, flags: PollFlags, limits: &Limits) -> Result<(), CommandFailure> {
    loop {
        limits.check()?;
        if within(file, flags, limits.tick()) {
            return Ok(());
        }
    }
}

fn within(file: BorrowedFd<'_>, flags: PollFlags, wait: Duration) -> bool {
    let wait = Timespec::try_from(wait).ok();
    poll(&mut [PollFd::from_borrowed_fd(file, flags)], wait.as_ref()).is_ok_and(|ready| ready > 0)
}
