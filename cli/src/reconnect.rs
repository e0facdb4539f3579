//! After a lost connection: print a line on standard error, wait, connect again and continue.
//!
//! As in Mosquitto's clients, it is a failure if no connection can be made at all. A connection that existed and was lost is made again:
//! by `sub` until it works, by `pub` until `patience` of them in a row brought nothing forward.

use std::io::{self, Write};

use crate::{failure::CommandFailure, options::ConnectionOptions, session::ClientLoop};

/// Runs `job` on one connection after another until it is done. `job` begins with [`ClientLoop::establish`] and continues where the last
/// connection ended.
///
/// # Errors
/// A failure that a new connection does not help against. Any failure before the first connection, with `--no-reconnect`, or after
/// `patience` connections in a row without progress, although something was to be sent.
pub(crate) fn until_done(
    session: &mut ClientLoop<'_, '_, '_>,
    link: &ConnectionOptions,
    patience: u32,
    mut job: impl FnMut(&mut ClientLoop<'_, '_, '_>) -> Result<(), CommandFailure>,
) -> Result<(), CommandFailure> {
    let (mut vain, mut before) = (0_u32, (0, 0));
    loop {
        let failure = match job(session) {
            Err(failure) if link.reconnect && session.connections > 0 && failure.is_passing() => failure,
            result => return result,
        };
        // An attempt that made no connection says nothing about the job.
        if session.connections > before.0 {
            vain = if session.settled > before.1 || !session.is_owing { 0 } else { vain.saturating_add(1) };
            before = (session.connections, session.settled);
        }
        if vain >= patience {
            return Err(failure);
        }
        let pause = session.pause().unwrap_or_default();
        // The hint would suspect the port, but the port has worked before.
        let failure = failure.without_hint();
        tell(link, &format!("{failure}; trying again in {:.1} s", pause.as_secs_f64()));
    }
}

/// Prints a line on standard error, unless `--quiet` is given.
pub(crate) fn tell(link: &ConnectionOptions, what: &str) {
    if !link.quiet {
        // If standard error is closed, nobody can be told.
        let _ = writeln!(io::stderr(), "{what}");
    }
}
